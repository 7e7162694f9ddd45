#include "cli/simulate_jobs.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/simulate.h"
#include "daemon/common.h"

enum { SLICE_MS = 10000, LONG_S = 1800 };

static int number_before(const char **text, const char *unit, double low, double high, double *ret)
{
    char copy[24];
    const char *end = strstr(*text, unit);
    if (end == NULL || (size_t)(end - *text) >= sizeof copy)
        return -EINVAL;
    memcpy(copy, *text, (size_t)(end - *text));
    copy[end - *text] = '\0';
    *text = end + strlen(unit);
    return text_double(copy, ret) == 0 && *ret >= low && *ret <= high ? 0 : -EINVAL;
}

int simulate_job_parse(const char *text, struct simulate_job *ret)
{
    double minutes;
    const char *rest = text;
    memset(ret, 0, sizeof *ret);
    if (strlen(text) >= sizeof ret->name || number_before(&rest, "min/", 0.1, 1440, &minutes) < 0)
        return -EINVAL;
    int week = strncmp(rest, "week@", 5) == 0;
    if (!week && strncmp(rest, "day@", 4) != 0)
        return -EINVAL;
    rest += week ? 5 : 4;
    if (number_before(&rest, "W", 0.1, 200, &ret->w) < 0 || *rest != '\0')
        return -EINVAL;
    strcpy(ret->name, text);
    ret->length_s = minutes * 60;
    ret->period_ms = (week ? 7 : 1) * 86400000LL;
    ret->purpose = ret->length_s > LONG_S ? GNM_SEARCH : GNM_TRAIN;
    ret->wanted_ms = -1;
    ret->last_ms = -ret->period_ms;
    return 0;
}

/* ---- wanted, missed, done ---- */

static void want(struct simulate_job *job, int64_t now_ms)
{
    for (; now_ms >= job->next_ms; job->next_ms += job->period_ms) {
        job->wanted++;
        if (job->wanted_ms >= 0)
            job->missed++;
        if (job->wanted_ms >= 0 && job->left_s < job->length_s)      /* begun: it is finished first */
            continue;
        job->wanted_ms = job->next_ms;
        job->left_s = job->length_s;
        job->cpu_s = 0;
    }
}

static void finish(struct simulate *s, struct simulate_job *job)
{
    struct daemon *d = s->daemon;
    struct gnm_why why = { 0 };
    struct store_cost row = { .at_s = common_wall_s(d), .purpose = job->purpose, .wall_s = (double)(sim_now_ms(&s->sim) - job->wanted_ms) / 1000, .soc_ratio = d->battery.soc_ratio };
    energy_cost(&d->config->energy, &d->watts, NULL, job->cpu_s, NAN, NAN, &row.cost);
    snprintf(row.job, sizeof row.job, "%s", job->name);
    common_store_result(d, store_cost(d->store, &row, 1, &why), &why);
    job->done++;
    job->delay_s += row.wall_s;
    job->wanted_ms = -1;
    job->last_ms = sim_now_ms(&s->sim);
    job->running = 0;
    simulate_note_done(s);
}

/* ---- the task ---- */

static int ask(struct simulate *s, struct simulate_job *job, int64_t now_ms)
{
    struct gnm_grant grant;
    const struct errand errand = { job->purpose, job->running, job->left_s, (double)(sim_now_ms(&s->sim) - job->last_ms) / 1000 };
    int allowed = common_ask(s->daemon, &errand, now_ms, &grant);
    simulate_note_answer(s, allowed, grant.reason);
    job->running = allowed;
    if (allowed)
        job->granted_ms = grant.until_ms;
    else
        job->ask_ms = grant.until_ms > now_ms ? grant.until_ms : now_ms + 60000;
    return allowed;
}

static void slice(struct simulate *s, struct simulate_job *job, int64_t now_ms)
{
    struct daemon *d = s->daemon;
    struct stretch work;
    double ms = fmin(fmin(job->left_s * 1000, SLICE_MS), fmax((double)(job->granted_ms - now_ms), 1));
    common_open(d, &work);
    d->clock->wait(d->clock->ctx, now_ms + (int64_t)ceil(ms), NULL, 0);
    double took_s = (double)(s->sim.time.mono_ms - now_ms) / 1000;
    job->cpu_s += common_close(d, &work, job->purpose, NULL).cpu_s;
    job->worked_s += took_s;
    job->left_s -= took_s;
    if (job->left_s < 1e-6)
        finish(s, job);
}

static int64_t turn(struct simulate *s, struct simulate_job *job, int64_t now_ms)
{
    want(job, sim_now_ms(&s->sim));
    if (job->wanted_ms < 0)
        return job->next_ms + s->sim.mono0_ms;
    if (!job->running && now_ms < job->ask_ms)
        return job->ask_ms;
    if ((!job->running || now_ms >= job->granted_ms) && !ask(s, job, now_ms))
        return job->ask_ms;
    slice(s, job, now_ms);
    return s->sim.time.mono_ms;
}

static int64_t run_jobs(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    (void)wait;
    struct simulate *s = ctx;
    int64_t due_ms = GNM_NEVER;
    if (!common_trusted(s->daemon))
        return now_ms + 60000;
    for (size_t i = 0; i < s->args.n_jobs; i++) {
        int64_t next_ms = turn(s, &s->job[i], s->sim.time.mono_ms > now_ms ? s->sim.time.mono_ms : now_ms);
        due_ms = next_ms < due_ms ? next_ms : due_ms;
    }
    return due_ms;
}

void simulate_jobs_join(struct simulate *s)
{
    if (s->args.n_jobs == 0)
        return;
    for (size_t i = 0; i < s->args.n_jobs; i++) {
        s->job[i].running = 0;               /* a new daemon has granted nothing */
        s->job[i].ask_ms = 0;
    }
    loop_add(&s->daemon->loop, "job", run_jobs, s, 0);
}
