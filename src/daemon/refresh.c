#include "daemon/refresh.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/common.h"
#include "daemon/panels.h"

enum { SETTLE_S = 20, SETTLED_S = 300, FORECAST_UNITS = 1250, REFUSED_S = 600 };

/* NULL when none is serving or the stored one is bad: the ladder then stands on its lower rungs. */
static struct model *serving(struct daemon *d, int step)
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
    return model;
}

static void degrade(struct gnm_forecast *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (row[i].quality == GNM_OK)
            row[i].quality = GNM_DEGRADED;
}

static int forecast_step(struct daemon *d, const struct panels *panels, int step, struct gnm_why *why)
{
    struct gnm_forecast *row = NULL;
    size_t n = 0;
    struct model *model = serving(d, step);
    int r = model_predict(model, panels->panel[step], panels->origin[step], common_horizon(d, (enum gnm_step)step), &row, &n, why);
    model_free(model);
    if (r < 0)
        return r;
    if (!d->trusted)
        degrade(row, n);
    r = store_forecasts(d->store, common_wall_s(d), row, n, why);
    free(row);
    if (r == 0)
        d->n_forecasts += n;
    return r;
}

static int forecast_all(struct daemon *d, struct gnm_why *why)
{
    struct panels panels;
    int r = panels_load(d, &panels, why);
    if (r < 0)
        return r;
    d->n_series = panels.n_series;
    d->n_forecasts = 0;
    for (int step = 0; step < PANELS_STEPS && r == 0; step++)
        if (panels.panel[step] != NULL)
            r = forecast_step(d, &panels, step, why);
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
    malloc_trim(0);                              /* the history is gone again; so should its pages */
    struct gnm_cost cost = common_close(d, &work, GNM_REFRESH, r == 0 ? "refresh" : NULL);
    d->publish_due = 1;
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

int64_t refresh_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait)
{
    (void)wait;
    int64_t next_s = d->last_refresh_s + d->config->forecast.refresh_s;
    struct gnm_grant grant;
    if (!d->refresh_due && common_wall_s(d) < next_s)
        return common_when_ms(d, now_ms, next_s);
    if (!common_trusted(d) || !settled(d, common_wall_s(d)))
        return now_ms + common_span_ms(d, SETTLE_S);
    if (!common_grant(d, GNM_REFRESH, 0, now_ms, &grant))
        return now_ms + common_span_ms(d, REFUSED_S);
    d->refresh_due = 0;
    d->last_refresh_s = common_wall_s(d);
    do_refresh(d);
    loop_wake(&d->loop, TASK_PUBLISH, now_ms);
    return common_when_ms(d, now_ms, d->last_refresh_s + d->config->forecast.refresh_s);
}
