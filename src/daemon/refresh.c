#include "daemon/refresh.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/changes.h"
#include "daemon/common.h"
#include "daemon/driver_notes.h"
#include "daemon/panels.h"
#include "features/panel_period.h"

enum { SETTLE_S = 20, SETTLED_S = 300, FORECAST_UNITS = 31250, REFUSED_S = 600, DRIVERS_S = 8 * 3600, PATIENCE = 1000 };

/* NULL when none is serving or the stored one is bad: the ladder then stands on its lower rungs. */
static struct model *serving(struct daemon *d, int step, int64_t *trained_s)
{
    struct store_model row;
    struct gnm_why why = { 0 };
    struct model *model = NULL;
    void *blob = NULL;
    size_t len;
    if (store_model_get(d->store, gnm_step_names[step], &row, &blob, &len, &why) < 0)
        return NULL;
    if (model_load(blob, len, &model, &why) < 0)
        log_line(&d->log, LOG_WARNING, "201a21dd654d430e97f5a03fc7a01c02", "forecast: the stored model %s is not usable: %s; seasonal baseline instead", row.model, why.text);
    free(blob);
    *trained_s = row.trained_s;
    return model;
}

/* ---- which feeds matter ---- */

/* Levels read prices and onsets whatever the columns are. */
static int is_read(const struct model *model, const struct panel *panel, size_t driver)
{
    enum panel_role role = panel_driver_role(panel, driver);
    return role == PANEL_PRICE || role == PANEL_ONSET || role == PANEL_CLOSED || model_reads(model, panel_driver_name(panel, driver));
}

static void note_reading(struct daemon *d, const struct model *model, const struct panel *panel)
{
    for (size_t k = 0; model != NULL && k < panel_driver_count(panel); k++) {
        if (!is_read(model, panel, k))
            continue;
        for (size_t i = 0; i < d->fetch.n; i++)
            if (d->fetch.slot[i].unread && driver_notes_yields(d->fetch.slot[i].feed, panel_driver_name(panel, k)))
                d->fetch.slot[i].unread = 0;
    }
}

static void set_unread(struct daemon *d, int unread)
{
    for (size_t i = 0; i < d->fetch.n; i++)
        d->fetch.slot[i].unread = unread;
}

/* ---- the work ---- */

static void degrade(struct gnm_forecast *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (row[i].quality == GNM_OK)
            row[i].quality = GNM_DEGRADED;
}

static int reads(void *ctx, const char *driver)
{
    return model_reads(ctx, driver);
}

/* Where the forecasts of a step come from. */
struct made { struct model *model; int64_t trained_s; struct effects effects; };

/* Together: forecasts are never seen without what they rest on, and a card is written once. */
static int keep_forecast(struct daemon *d, const struct panels *panels, int step, const struct made *made, struct gnm_forecast *row, size_t n, struct gnm_why *why)
{
    int r = store_begin(d->store, why);
    if (r < 0)
        return r;
    r = changes_note(d, panels->panel[step], &made->effects, made->trained_s, row, n, why);
    if (r == 0)
        r = driver_notes(d, panels->panel[step], panels->origin[step], reads, made->model, &made->effects, row, n, why);
    if (!d->trusted)
        degrade(row, n);
    if (r == 0)
        r = store_forecasts(d->store, common_wall_s(d), row, n, why);
    if (r == 0)
        r = store_commit(d->store, why);
    if (r < 0)
        store_rollback(d->store);
    return r;
}

static int forecast_step(struct daemon *d, const struct panels *panels, int step, struct gnm_why *why)
{
    struct gnm_forecast *row = NULL;
    size_t n = 0;
    struct made made = { .effects.n = 0 };
    made.model = serving(d, step, &made.trained_s);
    int r = model_predict_why(made.model, panels->panel[step], panels->origin[step], common_horizon(d, (enum gnm_step)step), &row, &n, &made.effects, why);
    note_reading(d, made.model, panels->panel[step]);
    if (r == 0)
        r = keep_forecast(d, panels, step, &made, row, n, why);
    effects_free(&made.effects);
    model_free(made.model);
    free(row);
    if (r == 0)
        d->n_forecasts += n;
    return r;
}

static int forecast_all(struct daemon *d, struct gnm_why *why)
{
    struct panels panels;
    int r = panels_load_now(d, &panels, why);
    if (r < 0)
        return r;
    d->n_series = panels.n_series;
    d->n_forecasts = 0;
    d->next_origin_s = panels.next_origin_s;
    set_unread(d, 1);
    for (int step = 0; step < PANELS_STEPS && r == 0; step++)
        if (panels.panel[step] != NULL)
            r = forecast_step(d, &panels, step, why);
    if (r < 0)
        set_unread(d, 0);                        /* not known: all of them may matter */
    panels_free(&panels);
    return r;
}

static void do_refresh(struct daemon *d)
{
    struct gnm_why why = { 0 };
    struct stretch work;
    common_open(d, &work);
    int r = forecast_all(d, &why);
    common_pay(d, d->n_forecasts, FORECAST_UNITS);
    struct gnm_cost cost = common_close(d, &work, GNM_REFRESH, r == 0 ? "refresh" : NULL);
    d->publish_due = d->untrimmed = 1;
    if (r == 0) {
        d->last_refresh_s = common_wall_s(d);
        log_line(&d->log, LOG_ROUTINE, NULL, "forecast: %zu rows for %zu series (%.2f CPU s, %.2f J by %s)", d->n_forecasts, d->n_series, cost.cpu_s, cost.joules,
                 gnm_method_names[cost.method]);
    } else if (r != -ENODATA) {
        log_line(&d->log, LOG_WARNING, "201a21dd654d430e97f5a03fc7a01c02", "forecast: not made: %s; the last one stays", why.text);
    }
}

/* Changes of a minute (a row of inbox files, eight feeds after start) make one refresh, not eight; but a dead network does not hold it up. */
static int settled(const struct daemon *d, int64_t now_s)
{
    return d->fetch.running == 0 || d->last_refresh_s == 0 || now_s - d->last_refresh_s > SETTLED_S;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* At once for activity and new models, when a period ends, some hours after the last one for what feeds bring, and at the configured interval whatever happens. */
static int64_t due_s(const struct daemon *d)
{
    int64_t due = d->last_refresh_s + d->config->forecast.refresh_s;
    if (d->refresh_due)
        return 0;
    if (d->drivers_changed)
        due = earlier(due, d->last_refresh_s + DRIVERS_S);
    return d->next_origin_s > 0 ? earlier(due, d->next_origin_s) : due;
}

int64_t refresh_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait)
{
    (void)wait;
    struct gnm_grant grant;
    if (common_wall_s(d) < due_s(d))
        return common_when_ms(d, now_ms, due_s(d));
    if (!common_trusted(d) || !settled(d, common_wall_s(d)))
        return now_ms + common_span_ms(d, SETTLE_S);
    if (d->inbox_more > 0 && d->inbox_more < PATIENCE)
        return now_ms + 1;                       /* the inbox takes a file a round */
    if (!common_grant(d, GNM_REFRESH, 0, now_ms, &grant))
        return now_ms + common_span_ms(d, REFUSED_S);
    d->refresh_due = d->drivers_changed = 0;
    d->next_origin_s = 0;
    d->last_refresh_s = common_wall_s(d);
    do_refresh(d);
    loop_wake(&d->loop, TASK_PUBLISH, now_ms);
    return common_when_ms(d, now_ms, due_s(d));
}
