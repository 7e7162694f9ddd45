/* One sample from a controller as a state machine: open, settle, ask piece by piece, judge, deliver. Private to controller*.c.
 *
 *   IDLE -> OPEN -> (TCP) CONNECT -> SEND <-> ANSWER -> IDLE
 *             \-> (RTU) SETTLE ---> /  \<- SETTLE <-/ after an error
 *
 * A serial answer does not say which question it answers. So after any error the line has to fall silent, and after a time-out it has to
 * stay so for one more time-out or deliver the late answer, before the next question is asked. On TCP the connection is made anew. */
#ifndef DEVICE_CONTROLLER_SAMPLE_H
#define DEVICE_CONTROLLER_SAMPLE_H

#include <errno.h>

#include "device/controller.h"
#include "device/image.h"
#include "device/link.h"
#include "device/plan.h"
#include "device/plausible.h"

enum {
    SAMPLE_ERRORS = 3,            /* in a row, then the line is closed */
    SAMPLE_QUIET_MS = 50,         /* without a byte: the line is silent */
    SAMPLE_OPEN_MS = 100,         /* a freshly opened port is emptied that long: adapters keep bytes of the former process */
    SAMPLE_NOISE_MS = 5000,       /* a line that does not fall silent for so long is in error once more */
    SAMPLE_CONNECT_MS = 3000,
    SAMPLE_BACKOFF_MS = 1000, SAMPLE_BACKOFF_MAX_MS = 60000,
    SAMPLE_PLAN_MS = 3600000,     /* what a device refused is asked again that much later: it may have had a bad minute */
    SAMPLE_OUT_MS = 300000,       /* an optional block that only times out is left alone that long */
    SAMPLE_RECENT_MS = 600000,    /* a delivered sample can confirm the first one after a reconnection that long */
    SAMPLE_TURN_MS = 300,         /* how often a line that another controller reads on is looked at */
    SAMPLE_TURN_MAX_MS = 20000,
    SAMPLE_ROUNDS = 3             /* readings taken to find two that agree */
};

enum search { SEARCH_NONE, SEARCH_MODELS, SEARCH_UNIT };

/* Under which unit the blocks of one list of the map are read. */
struct service { int unit, known; size_t next; int64_t again_ms; };

enum sample_phase { SAMPLE_IDLE, SAMPLE_OPEN, SAMPLE_CONNECT, SAMPLE_SETTLE, SAMPLE_SEND, SAMPLE_ANSWER };

struct controller {
    const struct map *map;
    int unit;
    struct link link;
    struct plan plan;
    struct image image;
    struct plausible plausible;
    enum search search;           /* what the present request is for */
    struct sunspec models;
    struct service service[MAP_LISTS];
    size_t searched;              /* list */
    enum sample_phase phase;
    const struct controller **turn;       /* who reads on a line that several share; NULL = the line is ours */
    int64_t begin_ms;

    int64_t wake_ms;              /* when the phase has to be looked at again, at the latest */
    short events;                 /* what to wait for on the line meanwhile, 0 = only the time */

    int errors, backoff_ms, keep_plan;
    int patience;                 /* errors in a row before the line is closed */
    int64_t retry_ms;             /* a closed line is not opened before */
    struct gnm_why trouble;       /* the last one */

    size_t next;                  /* piece to ask, or asked */
    int tries, asked, round, slow;
    int64_t send_ms, slow_ms;     /* not before; slow blocks are due */
    int64_t plan_ms;              /* when the plan was made */
    struct frame_request request;
    int64_t sent_ms, heard_ms;
    int64_t settle_ms, settle_start_ms;
    size_t dropped;               /* bytes drained since the time-out */

    int unconfirmed;              /* the line was opened anew or had an error: two readings must agree */
    struct gnm_reading held, last;
    int has_last;
    uint64_t finger;              /* of the raw registers of the last sample */
    struct controller_status status;
};

/* Starts from the map's own blocks again. */
void sample_replan(struct controller *c, int64_t now_ms);
/* One step. 0: go on; -EAGAIN: wait as wake_ms and events say; 1: `ret` is filled; another error: the sample failed. */
int sample_step(struct controller *c, int64_t now_ms, int64_t wall_ms, struct gnm_reading *ret, struct gnm_why *why);
/* controller_line.c: what happens to the line. Each returns as sample_step does. */
int sample_open(struct controller *c, int64_t now_ms, struct gnm_why *why);
int sample_connect(struct controller *c, int64_t now_ms, struct gnm_why *why);
int sample_settle(struct controller *c, int64_t now_ms, struct gnm_why *why);
/* An answer failed as `c->trouble` says; `silent_ms` = from when on silence counts. */
int sample_error(struct controller *c, int64_t now_ms, int64_t silent_ms, struct gnm_why *why);
/* The line is gone, as `c->trouble` says. */
int sample_gone(struct controller *c, int64_t now_ms, struct gnm_why *why);
/* Gives up: closes the line, backs off, fails the sample with `c->trouble`. */
int sample_down(struct controller *c, int64_t now_ms, struct gnm_why *why);
/* Lets the next controller read on a shared line. */
void sample_pass_turn(struct controller *c);
/* controller_search.c: finding models and units. `opened`: nothing is known any more but where things were; `begin`: before each sample. */
void search_opened(struct controller *c);
void search_begin(struct controller *c, int64_t now_ms);
/* Once in a while: looks again for models that were not there. */
void search_again(struct controller *c);
/* Tells the image which blocks were found. */
void search_expect(struct controller *c);
int search_needed(struct controller *c);
void search_request(struct controller *c);
/* What came: 1 when all models are found and the plan has to be made, 0 to go on, or an error in `c->trouble`: the device cannot be read. */
int search_take(struct controller *c, const uint16_t *words);
int search_refused(struct controller *c, int64_t now_ms);
void search_failed(struct controller *c, int64_t now_ms);
/* The gateway says that a service has left its unit. */
void search_lost(struct controller *c, size_t list, int64_t now_ms);
/* Whether an answer that should begin with a model's number and length does; else `c->trouble` says so and everything is looked for anew. */
int search_is_model(struct controller *c, const struct piece *p, const uint16_t *words);
/* controller_finish.c: every piece was asked. */
int sample_finish(struct controller *c, int64_t now_ms, int64_t wall_ms, struct gnm_reading *ret, struct gnm_why *why);

static inline int sample_wait(struct controller *c, short events, int64_t wake_ms)
{
    c->events = events;
    c->wake_ms = wake_ms;
    return -EAGAIN;
}

#endif
