#include "daemon/learn.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "daemon/common.h"
#include "daemon/learn_book.h"
#include "daemon/panels.h"

enum { WATCH_S = 60, RETRY_S = 3600, CHECKPOINT_CPU_S = 10, CHECKPOINT_MAX = 64 * 1024 * 1024, SLICE_TARGET_MS = 40, FULL_DAYS = 28, FIRST_SEARCH_S = 86400 };
#define SEARCH_UNITS_PER_S 1e9    /* a stated rate: the same search on every box, and after every restart */

static void checkpoint_name(const struct learn *learn, char ret[48])
{
    snprintf(ret, 48, "%s-%s.checkpoint", learn->purpose == GNM_SEARCH ? "search" : "training", gnm_step_names[learn->step]);
}

static void checkpoint_path(const struct daemon *d, char *ret, size_t size)
{
    char name[48];
    checkpoint_name(&d->learn, name);
    snprintf(ret, size, "%s/%s", d->config->paths.state, name);
}

static void write_checkpoint(struct daemon *d)
{
    char name[48];
    void *data = NULL;
    size_t len;
    struct gnm_why why = { 0 };
    checkpoint_name(&d->learn, name);
    int r = learner_checkpoint(d->learn.learner, &data, &len, &why);
    if (r == 0)
        r = file_publish_on(d->disk, d->config->paths.state, name, data, len, 0600, &why);
    free(data);
    if (r < 0)
        log_line(&d->log, LOG_WARNING, NULL, "train: no checkpoint: %s; a power cut would start it anew", why.text);
    d->learn.checkpoint_cpu_s = d->learn.cpu_s;
    learn_book_part(d);
}

static void read_checkpoint(struct daemon *d)
{
    char path[320];
    char *data;
    size_t len;
    struct gnm_why why = { 0 };
    checkpoint_path(d, path, sizeof path);
    if (file_read(path, CHECKPOINT_MAX, &data, &len, &why) < 0)
        return;
    if (learner_restore(d->learn.learner, data, len, &why) == 0)
        log_line(&d->log, LOG_NOTICE, NULL, "train: resumed at %.0f %% from its checkpoint", 100.0 * learner_progress(d->learn.learner));
    else
        file_remove(d->disk, path);
    free(data);
}

static void drop(struct daemon *d)
{
    learner_free(d->learn.learner);
    panel_free(d->learn.panel);
    d->learn.learner = NULL;
    d->learn.panel = NULL;
}

void learn_park(struct daemon *d)
{
    if (d->learn.learner != NULL)
        write_checkpoint(d);
    drop(d);
}

/* ---- start ---- */

static int *done(struct daemon *d)
{
    return d->learn.purpose == GNM_SEARCH ? &d->learn.steps_searched : &d->learn.steps_done;
}

static int next_step(struct daemon *d, const struct panels *panels)
{
    for (int step = 0; step < PANELS_STEPS; step++)
        if (panels->panel[step] != NULL && (*done(d) & 1 << step) == 0)
            return step;
    return -1;
}

static int start_step(struct daemon *d, struct panels *panels, int step, struct gnm_why *why)
{
    struct learner_options options = { .seed = 1, .horizon = common_horizon(d, (enum gnm_step)step), .refit_days = FULL_DAYS, .settings = &d->learn.settings };
    struct store_model serving;
    void *previous = NULL;
    if (d->learn.purpose == GNM_SEARCH)
        options.search_units = (uint64_t)((double)d->config->forecast.search_effort_s * SEARCH_UNITS_PER_S / PANELS_STEPS);
    else if (store_model_get(d->store, gnm_step_names[step], &serving, &previous, &options.previous_len, NULL) == 0)
        options.previous = previous, options.previous_hash = serving.data_hash;
    int r = learner_begin(panels->panel[step], &options, panels->origin[step], &d->learn.learner, why);
    free(previous);
    if (r < 0)
        return r;
    d->learn.panel = panels->panel[step];        /* the learner reads it until the end */
    panels->panel[step] = NULL;
    d->learn.step = (enum gnm_step)step;
    d->learn.cpu_s = d->learn.checkpoint_cpu_s = d->learn.booked_cpu_s = d->learn.booked_j = 0;
    d->learn.direct = (struct energy_direct){ 0 };
    d->learn.spent = (struct gnm_cost){ 0 };
    d->learn.wall_s = (double)common_wall_s(d);
    read_checkpoint(d);
    return 0;
}

/* 1: a learner is ready, 0: nothing is left in this round, negative: not possible now. */
static int start(struct daemon *d, struct gnm_why *why)
{
    struct panels panels;
    int r = panels_load(d, &panels, why);
    if (r < 0)
        return r;
    int step = next_step(d, &panels);
    r = 0;
    while (step >= 0 && r == 0) {
        int began = start_step(d, &panels, step, why);
        if (began == -EALREADY)                  /* a day without a new week needs no refit of the weekly model: it is as new as its data */
            d->learn.last_train_s = common_wall_s(d);
        if (began == 0)
            r = 1;
        else if (began != -ENODATA && began != -EALREADY)
            r = began;
        else
            *done(d) |= 1 << step;
        step = r == 0 ? next_step(d, &panels) : -1;
    }
    panels_free(&panels);
    return r;
}

/* ---- finish ---- */

static int keep_scores(struct daemon *d, struct gnm_why *why)
{
    const struct learner_score *score;
    size_t n;
    learner_scores(d->learn.learner, &score, &n);
    struct store_accuracy *row = calloc(n > 0 ? n : 1, sizeof *row);
    if (row == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for %zu scores", n);
    for (size_t i = 0; i < n; i++) {
        const struct learner_score *s = &score[i];
        row[i] = (struct store_accuracy){ .baseline = "naive", .n = s->n, .mae = s->mae, .wape = s->wape, .bias = s->bias, .mase = s->mase, .pinball = s->pinball,
                                          .coverage_80 = s->coverage_80, .width_80 = s->width_80, .baseline_mae = s->baseline_mae, .skill = s->skill,
                                          .window_start = s->window_start, .window_end = s->window_end };
        memcpy(row[i].series, s->series, sizeof row[i].series);
        memcpy(row[i].model, s->model, sizeof row[i].model);
    }
    int r = store_accuracies(d->store, row, n, why);
    free(row);
    return r;
}

static int keep_model(struct daemon *d, struct gnm_why *why)
{
    void *blob = NULL;
    size_t len;
    char stamp[21];
    int r = learner_model(d->learn.learner, &blob, &len, why);
    if (r < 0)
        return r;
    struct store_model row = { .trained_s = common_wall_s(d), .data_hash = learner_data_hash(d->learn.learner), .serving = 1 };
    civil_format_time(row.trained_s, stamp);
    snprintf(row.model, sizeof row.model, "%s-%s", gnm_step_names[d->learn.step], stamp);
    snprintf(row.family, sizeof row.family, "%s", gnm_step_names[d->learn.step]);
    learner_choice(d->learn.learner, row.choice, sizeof row.choice);
    r = store_model_put(d->store, &row, blob, len, why);
    free(blob);
    return r == 0 ? keep_scores(d, why) : r;
}

static void finish_step(struct daemon *d)
{
    struct gnm_why why = { 0 };
    char path[320];
    int r = keep_model(d, &why);
    common_store_result(d, r, &why);
    if (r == 0) {
        learn_book_run(d);
        d->learn.runs++;
        d->learn.last_train_s = common_wall_s(d);
    } else {
        d->learn.unkept = 1;                     /* a full disk: trained again in an hour, not tomorrow */
    }
    checkpoint_path(d, path, sizeof path);
    file_remove(d->disk, path);
    *done(d) |= 1 << d->learn.step;
    drop(d);
}

/* ---- slices ---- */

static void slice(struct daemon *d, int64_t now_ms)
{
    struct learn *l = &d->learn;
    struct gnm_why why = { 0 };
    struct stretch work;
    size_t units = common_units(d, SLICE_TARGET_MS);
    common_open(d, &work);
    int r = learner_step(l->learner, units, &why);
    common_worked(d, units, now_ms);
    struct gnm_cost cost = common_close(d, &work, l->purpose, NULL);
    l->cpu_s += cost.cpu_s;
    l->spent = (struct gnm_cost){ l->spent.cpu_s + cost.cpu_s, l->spent.joules + cost.joules, cost.method, l->spent.half_j + cost.half_j };
    if (r == LEARNER_FINISHED)
        finish_step(d);
    else if (r < 0) {
        log_line(&d->log, LOG_WARNING, NULL, "%s: failed: %s; the serving model stays", gnm_purpose_names[l->purpose], why.text);
        *done(d) |= 1 << l->step;
        drop(d);
    } else if (l->cpu_s - l->checkpoint_cpu_s > CHECKPOINT_CPU_S)
        write_checkpoint(d);
}

static int64_t due_s(const struct daemon *d)
{
    const struct learn *l = &d->learn;
    int searches = d->config->forecast.search_effort_s > 0 && l->next_search_s > 0 && l->next_search_s < l->next_train_s;
    return searches ? l->next_search_s : l->next_train_s;
}

static int64_t end_search(struct daemon *d, int64_t now_ms, double wait_s)
{
    char text[24];
    struct gnm_why why = { 0 };
    d->learn.steps_searched = 0;
    d->learn.next_search_s = common_wall_s(d) + (int64_t)wait_s;
    snprintf(text, sizeof text, "%lld", (long long)d->learn.next_search_s);
    common_store_result(d, store_meta_set(d->store, "search.next", text, &why), &why);
    return now_ms;
}

static int64_t end_round(struct daemon *d, int64_t now_ms, double wait_s)
{
    if (d->learn.purpose == GNM_SEARCH)
        return end_search(d, now_ms, wait_s);
    if (d->learn.next_search_s == 0 && d->learn.last_train_s > 0)      /* a model serves for a day before better settings are looked for */
        end_search(d, now_ms, FIRST_SEARCH_S);
    d->learn.steps_done = 0;
    d->learn.next_train_s = common_wall_s(d) + (int64_t)wait_s;
    return common_when_ms(d, now_ms, due_s(d));
}

static int64_t begin(struct daemon *d, int64_t now_ms)
{
    struct gnm_why why = { 0 };
    int r = start(d, &why);
    if (r > 0)
        return now_ms;
    if (r == -ENODATA)
        return end_round(d, now_ms, RETRY_S);
    if (r < 0) {
        log_line(&d->log, LOG_WARNING, NULL, "%s: cannot start: %s", gnm_purpose_names[d->learn.purpose], why.text);
        return end_round(d, now_ms, RETRY_S);
    }
    d->refresh_due |= *done(d) != 0;      /* the new models serve at once */
    loop_wake(&d->loop, TASK_REFRESH, now_ms);
    double wait_s = d->learn.unkept ? RETRY_S : (double)(d->learn.purpose == GNM_SEARCH ? d->config->forecast.search_s : d->config->forecast.train_s);
    d->learn.unkept = 0;
    return end_round(d, now_ms, wait_s);
}

/* Fresh models first. A search waits for the first training and goes on between two of them; one that is disturbed by news starts anew, as its data changed. */
static void choose(struct daemon *d)
{
    struct learn *l = &d->learn;
    enum gnm_purpose purpose = common_wall_s(d) >= l->next_train_s ? GNM_TRAIN : GNM_SEARCH;
    if (purpose == l->purpose || (l->learner != NULL && purpose == GNM_SEARCH))
        return;
    learn_park(d);
    l->purpose = purpose;
    l->granted_until_ms = 0;
}

/* A refused search does not keep a training waiting. */
static int64_t again_ms(const struct daemon *d, int64_t now_ms, const struct gnm_grant *grant)
{
    int64_t ms = grant->until_ms > now_ms ? grant->until_ms : now_ms + common_span_ms(d, WATCH_S);
    int64_t train_ms = common_when_ms(d, now_ms, d->learn.next_train_s);
    return d->learn.purpose == GNM_SEARCH && train_ms < ms ? train_ms : ms;
}

int64_t learn_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait)
{
    (void)wait;
    struct learn *l = &d->learn;
    struct gnm_grant grant;
    if (d->never_learns)
        return GNM_NEVER;
    choose(d);
    int running = l->learner != NULL;
    if (d->mode == GNM_HALT) {                   /* power may go at any moment */
        learn_park(d);
        return now_ms + common_span_ms(d, WATCH_S);
    }
    if (!running && common_wall_s(d) < due_s(d))
        return common_when_ms(d, now_ms, due_s(d));
    if (!common_trusted(d) || d->n_series == 0)   /* nothing to learn is not worth a question */
        return now_ms + common_span_ms(d, WATCH_S);
    if (now_ms >= l->granted_until_ms && !common_grant(d, l->purpose, running, now_ms, &grant)) {
        l->refusals += l->purpose == GNM_TRAIN;
        if (running && l->cpu_s > l->checkpoint_cpu_s)      /* paused: once, not at every refusal */
            write_checkpoint(d);
        return again_ms(d, now_ms, &grant);
    }
    if (now_ms >= l->granted_until_ms)
        l->granted_until_ms = grant.until_ms;
    if (!running)
        return begin(d, now_ms);
    slice(d, now_ms);
    return now_ms;
}
