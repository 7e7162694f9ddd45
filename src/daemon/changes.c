#include "daemon/changes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/common.h"
#include "forecast/kind.h"

enum { MEDIAN = 3, LOW = 1, HIGH = 5 };        /* of gnm_levels: .5, .1, .9 */
#define BAND_SHARE 0.1            /* less is noise */
#define BLAME_SHARE 0.5           /* of a move that a driver must explain to be its reason */

struct move {
    struct store_change change;
    int was, is;                  /* horizon then and now */
    int64_t origin_then, origin_now;
    double largest, sum;          /* of what drivers moved towards it */
};

struct moves {
    const struct effects *effects;
    size_t series;                /* of the panel */
    const struct gnm_forecast *row;
    size_t n_rows;
    struct move move[MODEL_HORIZON_MAX];
    size_t n;
    unsigned char *seen;          /* of the effects: the driver had one before */
};

static int find_move(void *ctx, const struct store_told *told)
{
    struct moves *m = ctx;
    size_t i = 0;
    while (i < m->n_rows && m->row[i].target != told->target)
        i++;
    if (i == m->n_rows || isnan(told->p50))
        return 0;
    const struct gnm_forecast *f = &m->row[i];
    double by = f->q[MEDIAN] - told->p50;
    if (!(fabs(by) > BAND_SHARE * (f->q[HIGH] - f->q[LOW])) || m->n == MODEL_HORIZON_MAX)
        return 0;
    m->move[m->n++] = (struct move){ .change = { .target = f->target, .previous_issued_s = told->issued_s, .previous = told->p50, .now = f->q[MEDIAN] },
                                     .was = told->horizon, .is = f->horizon, .origin_then = told->origin, .origin_now = f->origin };
    return 0;
}

/* Adds what a driver moved; `then` NULL: it had no effect before, `now` NULL: it has none any more. */
static void blame(struct moves *m, const char *driver, const double *then, int n_then, const double *now)
{
    for (size_t i = 0; i < m->n; i++) {
        struct move *v = &m->move[i];
        double before = then != NULL && v->was <= n_then ? then[v->was - 1] : 0, after = now != NULL ? now[v->is - 1] : 0;
        double towards = (after - before) * (v->change.now > v->change.previous ? 1 : -1);
        if (isnan(towards))
            continue;
        v->sum += towards;
        if (towards > v->largest) {
            v->largest = towards;
            memcpy(v->change.reason, driver, strlen(driver) + 1);
        }
    }
}

static int is_of(const struct moves *m, size_t i, const char *driver)
{
    return m->effects->row[i].series == m->series && strcmp(m->effects->row[i].driver, driver) == 0;
}

static int blame_known(void *ctx, const char *driver, const double *then, int n)
{
    struct moves *m = ctx;
    blame(m, driver, then, n, effects_of(m->effects, m->series, driver));
    for (size_t i = 0; i < m->effects->n; i++)
        m->seen[i] |= is_of(m, i, driver);
    return 0;
}

/* Drivers that added nothing then. */
static void blame_new(struct moves *m)
{
    for (size_t i = 0; i < m->effects->n; i++)
        if (m->effects->row[i].series == m->series && !m->seen[i])
            blame(m, m->effects->row[i].driver, NULL, 0, &m->effects->value[i * (size_t)m->effects->horizon]);
}

/* A driver that explains half of the move; several that do together; else new activity, or a new model where there was none. */
static void give_reason(const struct move *v, int64_t trained_s, char ret[GNM_ID])
{
    double by = fabs(v->change.now - v->change.previous);
    if (v->largest >= BLAME_SHARE * by)
        return;
    const char *reason = v->sum >= BLAME_SHARE * by ? "drivers" : v->origin_now == v->origin_then && trained_s > v->change.previous_issued_s ? "model" : "activity";
    strcpy(ret, reason);
}

static int keep_moves(struct daemon *d, const struct moves *m, int64_t trained_s, struct gnm_why *why)
{
    struct store_change *change = calloc(m->n + 1, sizeof *change);
    if (change == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for what moved");
    for (size_t i = 0; i < m->n; i++) {
        change[i] = m->move[i].change;
        give_reason(&m->move[i], trained_s, change[i].reason);
    }
    int r = store_changes(d->store, m->row[0].series, common_wall_s(d), m->row[0].target, change, m->n, why);
    free(change);
    return r;
}

static int note_series(struct daemon *d, struct moves *m, enum gnm_step step, int64_t trained_s, struct gnm_why *why)
{
    m->n = 0;
    memset(m->seen, 0, m->effects->n);
    int r = store_each_told(d->store, m->row[0].series, find_move, m, why);
    if (r == 0 && m->n > 0)
        r = store_each_effects(d->store, step, m->row[0].series, blame_known, m, why);
    if (r < 0)
        return r;
    blame_new(m);
    return keep_moves(d, m, trained_s, why);
}

int changes_note(struct daemon *d, const struct panel *panel, const struct effects *effects, int64_t trained_s, const struct gnm_forecast *row, size_t n, struct gnm_why *why)
{
    struct moves *m = calloc(1, sizeof *m);
    int r = m == NULL || (m->seen = malloc(effects->n + 1)) == NULL ? gnm_fail(why, -ENOMEM, "no memory for what moved") : 0;
    for (size_t first = 0, end; first < n && r == 0; first = end) {
        for (end = first + 1; end < n && strcmp(row[end].series, row[first].series) == 0; end++)
            ;
        m->effects = effects;
        m->row = &row[first];
        m->n_rows = end - first;
        m->series = (size_t)panel_find_series(panel, row[first].series);
        r = note_series(d, m, panel_step(panel), trained_s, why);
    }
    if (m != NULL)
        free(m->seen);
    free(m);
    return r;
}
