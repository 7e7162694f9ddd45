/* Work of a stated length and draw that a run asks of its box: "20min/day@7W". It waits for a grant as the daemon's own trainings do, runs in virtual time,
 * pauses when the grant ends, goes on where it was (also after a loss of power), and learns nothing.
 *
 * Each period wants it once. What has not begun when the next period begins is missed; what has begun is finished, and the period in which it went on has none
 * of its own. Work of more than half an hour asks as a search, shorter work as a training. */
#ifndef CLI_SIMULATE_JOBS_H
#define CLI_SIMULATE_JOBS_H

#include "gnomon/types.h"
#include "gnomon/why.h"

enum { SIMULATE_JOBS = 4 };

struct simulate_job {
    char name[32];                /* as it was written */
    double length_s, w;
    int64_t period_ms;
    enum gnm_purpose purpose;
    /* of the run; times since its start */
    int64_t next_ms, wanted_ms;   /* when the next is wanted; since when this one is, -1: none waits */
    int64_t last_ms;              /* done last then; before the first: a period before the run */
    int64_t granted_ms, ask_ms;   /* of the daemon's clock: granted until then; ask again then */
    double left_s, cpu_s;
    int running;
    unsigned wanted, done, missed;
    double delay_s, worked_s;     /* sums: from wanted to done; of all work, finished or not */
};

struct simulate;

/* -EINVAL when `text` is not like 20min/day@7W or 120min/week@7W. */
int simulate_job_parse(const char *text, struct simulate_job *ret);
/* The jobs as a task of the daemon's loop: call after each start of the daemon. */
void simulate_jobs_join(struct simulate *s);

#endif
