/* The clock port in its three forms. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "gnomon/ports.h"

struct clock_state {
    int64_t mono0_ms, wall0_ms;   /* origin of the --speed form; virtual time itself in `mono0_ms` and `wall0_ms` */
    double speed;
    int trusted;                  /* virtual and speed forms: what `trusted` answers */
    int64_t floor_ms;             /* real form: wall time at or after this counts as trusted */
    const char *sync_path;        /* real form: exists once the time is synchronised; NULL = timesyncd's path */
};

/* Kernel time; `trusted` when synchronised or wall time >= floor_ms. */
void clock_real(struct gnm_clock *clock, struct clock_state *state, int64_t floor_ms);
/* Real sockets, calendar time `speed` times faster, starting at wall time `start_ms`. */
void clock_speed(struct gnm_clock *clock, struct clock_state *state, int64_t start_ms, double speed);
/* No descriptors: `wait` jumps to its deadline. */
void clock_virtual(struct gnm_clock *clock, struct clock_state *state, int64_t start_ms);

#endif
