/* The four ports through which the daemon sees the world, as small structs of functions.
 *
 * Real ports: base/clock, device/controller, device/meter, feeds/web. Simulated ones come from src/world. Nothing behind a port
 * blocks: work that is not ready answers -EAGAIN and says in `struct gnm_wait` which descriptors and which time to wait for.
 * `now_ms` is always the clock's monotonic time.
 */
#ifndef GNOMON_PORTS_H
#define GNOMON_PORTS_H

#include <poll.h>
#include <stdint.h>

#include "gnomon/types.h"
#include "gnomon/why.h"

enum { GNM_WAIT_FDS = 16 };

struct gnm_wait {
    struct pollfd fd[GNM_WAIT_FDS];
    size_t n;
    int64_t deadline_ms;          /* monotonic; GNM_NEVER when only the descriptors matter */
};

/* Monotonic time never goes back; calendar time is `wall_ms` and may jump. `speed` calendar milliseconds pass in one monotonic
 * millisecond (1 but for --speed N): schedules are divided by it, I/O time-outs are not. */
struct gnm_clock {
    int64_t (*mono_ms)(void *ctx);
    int64_t (*wall_ms)(void *ctx);
    int (*trusted)(void *ctx);                                   /* 1 when the wall time is known to be right */
    int (*wait)(void *ctx, int64_t until_ms, struct pollfd *fds, size_t n);  /* ready descriptors, 0 at the time, or -errno */
    double speed;
    void *ctx;
};

/* One poll of a charge controller. `begin` starts a sample; `poll` is called until it does not answer -EAGAIN. 0: `ret` is a new
 * sample. Another error: the sample failed, `why` says how; the port keeps its own back-off and reopening, `begin` again at the
 * next poll time. `stop` abandons what is under way and closes the line at once. */
struct gnm_controller {
    int (*begin)(void *ctx, int64_t now_ms, struct gnm_why *why);
    int (*poll)(void *ctx, int64_t now_ms, int64_t wall_ms, struct gnm_reading *ret, struct gnm_wait *wait, struct gnm_why *why);
    void (*stop)(void *ctx);
    void *ctx;
    int whole_battery;            /* its battery current is that of the whole battery (a shunt, a BMS), not only of what passes through it */
};

struct gnm_request {
    char url[2048];               /* expanded; may hold secrets, so never log it */
    char name[GNM_ID];            /* what to call it in a log: the feed's name */
    const char *header[8];        /* "Name: value", NULL after the last; copied by submit */
    size_t max_bytes;             /* of decoded body; 0 = 2 MiB */
    int redirects;                /* on the same host */
    int local, http;              /* may reach loopback and private addresses; may use plain http */
};

struct gnm_answer {
    int status;                   /* HTTP status */
    char *body;                   /* decoded, NUL after `len`; owned by the taker, free() */
    size_t len;
    uint64_t body_hash;           /* of the body, once somebody worked it out; 0: not yet */
    int64_t traffic_bytes;        /* request and answer as they were sent: compressed, with their headers */
    char etag[256], last_modified[64];   /* verbatim, empty when absent */
    int64_t expires_s;            /* UTC; GNM_NEVER when not stated */
    int64_t retry_after_s;        /* seconds from now, 0 when not stated */
};

struct gnm_web {
    int (*submit)(void *ctx, const struct gnm_request *request, struct gnm_why *why);   /* id >= 0 or -errno */
    int (*take)(void *ctx, int id, int64_t now_ms, struct gnm_answer *ret, struct gnm_wait *wait, struct gnm_why *why);
    void (*cancel)(void *ctx, int id);
    void *ctx;
};

struct gnm_meter_sample {
    double own_cpu_s;             /* CPU seconds of this process so far */
    double box_busy_s;            /* busy core seconds of the whole box so far, NaN where unknown */
    double package_j;             /* RAPL counter unwrapped, NaN where unreadable */
    double cpu_c;                 /* processor temperature, NaN where unknown */
};

struct gnm_meter {
    int (*read)(void *ctx, struct gnm_meter_sample *ret, struct gnm_why *why);
    void *ctx;
};

#endif
