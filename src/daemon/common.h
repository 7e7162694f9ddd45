/* Small things every job needs: calendar time, booking of work, grants, one way to log. */
#ifndef DAEMON_COMMON_H
#define DAEMON_COMMON_H

#include "daemon/state.h"

int64_t common_wall_s(const struct daemon *d);
/* Monotonic milliseconds that `calendar_s` seconds take on this clock. */
int64_t common_span_ms(const struct daemon *d, double calendar_s);
/* Monotonic time of a wall time. */
int64_t common_when_ms(const struct daemon *d, int64_t now_ms, int64_t wall_s);
int common_trusted(struct daemon *d);

/* How many periods of this step are forecast, and so learned for. */
int common_horizon(const struct daemon *d, enum gnm_step step);

/* A question (for a search: GNM_SEARCH with the CPU seconds it still needs in job_s; ask again at grant->until_ms, with `running` 1): what is to be done, whether it is under way, what it still takes and how long ago it was done last (INFINITY: never). */
struct errand { enum gnm_purpose purpose; int running; double job_s, since_s; };
int common_ask(struct daemon *d, const struct errand *errand, int64_t now_ms, struct gnm_grant *grant);
/* The same where length and age follow from the purpose. Asks energy, writes the answer to ledger and log when it changed, returns `allowed`. */
int common_grant(struct daemon *d, enum gnm_purpose purpose, int running, int64_t now_ms, struct gnm_grant *grant);

/* A measured stretch of work. `common_close` books CPU seconds and joules to a purpose and, with a job name, writes a ledger row. */
struct stretch { struct gnm_meter_sample start; int64_t start_ms; };
void common_open(struct daemon *d, struct stretch *s);
struct gnm_cost common_close(struct daemon *d, const struct stretch *s, enum gnm_purpose purpose, const char *job);

/* Work units that fit a slice of `ms`, and what a slice took: adapts the rate, or lets virtual time pay. */
size_t common_units(const struct daemon *d, double ms);
void common_worked(struct daemon *d, size_t units, int64_t start_ms);
/* Work that is not sliced: in virtual time it takes what `n` pieces of `units` take; in real time it has taken it already. */
void common_pay(struct daemon *d, size_t n, double units);

/* A failed write of state.db: said once, polling goes on. 0 clears. */
void common_store_result(struct daemon *d, int r, const struct gnm_why *why);

#endif
