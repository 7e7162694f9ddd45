/* The loop: a handful of tasks over an injected clock.
 *
 * A task is a function that does one bounded slice of work and says when it wants to be called again and which descriptors would
 * bring that forward. Nothing blocks but the clock's `wait`, which in virtual time only moves the time. Tasks run in table order, so none is starved.
 */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include "gnomon/ports.h"

enum { LOOP_TASKS = 16 };

/* Returns the monotonic time of the next call (GNM_NEVER: only by descriptor or loop_wake) and fills `wait` (empty at entry). */
typedef int64_t loop_fn(void *ctx, int64_t now_ms, struct gnm_wait *wait);

struct loop_task {
    const char *name;
    loop_fn *run;
    void *ctx;
    int64_t due_ms, slack_ms;     /* may run up to `slack_ms` early when the loop is awake anyway: saves wake-ups */
    struct gnm_wait wait;
};

struct loop {
    const struct gnm_clock *clock;
    struct loop_task task[LOOP_TASKS];
    size_t n;
    int stop;                     /* set by a task: the round is finished, then loop_run returns */
    uint64_t rounds;              /* wake-ups so far */
};

void loop_init(struct loop *loop, const struct gnm_clock *clock);
/* Returns the task's number for loop_wake. A full table is a programming error. */
size_t loop_add(struct loop *loop, const char *name, loop_fn *run, void *ctx, int64_t slack_ms);
void loop_wake(struct loop *loop, size_t task, int64_t at_ms);     /* at the latest at this time */
/* One wait and one round. 0 or the negative errno of a broken wait. */
int loop_once(struct loop *loop);
int loop_run(struct loop *loop);

#endif
