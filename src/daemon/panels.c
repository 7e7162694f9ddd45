#include "daemon/panels.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/closed.h"
#include "daemon/common.h"
#include "daemon/drivers.h"

struct row { int64_t day, fetched_s; double value; };

struct entry {
    struct store_series series;
    struct row *row;
    size_t n, cap;
    int index;                    /* in its panel */
};

struct loading {
    struct daemon *d;
    struct panels *panels;
    struct entry *entry, *last;   /* last: the one found last */
    size_t n, cap;
    int64_t first_day, last_day;
};

/* ---- reading ---- */

/* Rows come series by series, so the last one found is the likely one. */
static struct entry *find(struct loading *l, const char *name)
{
    size_t low = 0, high = l->n;
    if (l->last != NULL && strcmp(l->last->series.series, name) == 0)
        return l->last;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(l->entry[middle].series.series, name);
        if (order == 0)
            return l->last = &l->entry[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int by_series(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return strcmp(x->series.series, y->series.series);
}

static int take_series(void *ctx, const struct store_series *series)
{
    struct loading *l = ctx;
    if (l->n == l->cap) {
        size_t cap = l->cap == 0 ? 32 : l->cap * 2;
        struct entry *grown = reallocarray(l->entry, cap, sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        l->entry = grown;
        l->cap = cap;
    }
    l->entry[l->n++] = (struct entry){ .series = *series, .index = -1 };
    return 0;
}

static int take_activity(void *ctx, const struct gnm_activity *row)
{
    struct loading *l = ctx;
    struct entry *e = find(l, row->series);
    if (e == NULL)
        return 0;
    if (e->n == e->cap) {
        size_t cap = e->cap == 0 ? 256 : e->cap * 2;
        struct row *grown = reallocarray(e->row, cap, sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        e->row = grown;
        e->cap = cap;
    }
    e->row[e->n++] = (struct row){ row->day, row->fetched_s, row->value };
    l->first_day = row->day < l->first_day ? row->day : l->first_day;
    l->last_day = row->day > l->last_day ? row->day : l->last_day;
    return 0;
}

static int by_day(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (x->fetched_s > y->fetched_s) - (x->fetched_s < y->fetched_s);
}

/* They come by day and availability, which is the order in which they were fetched but for late news about the past. */
static void sort_rows(struct entry *e)
{
    size_t i = 1;
    while (i < e->n && by_day(&e->row[i - 1], &e->row[i]) <= 0)
        i++;
    if (i < e->n)
        qsort(e->row, e->n, sizeof *e->row, by_day);
}

/* ---- the step of a series, from the most frequent distance between its dates ---- */

static enum gnm_step step_of(const struct entry *e)
{
    size_t daily = 0, weekly = 0, monthly = 0;
    for (size_t i = 1; i < e->n; i++) {
        int64_t gap = e->row[i].day - e->row[i - 1].day;
        daily += gap >= 1 && gap <= 4;
        weekly += gap == 7;
        monthly += gap >= 28 && gap <= 31;
    }
    if (daily >= weekly && daily >= monthly)
        return GNM_DAY;
    return weekly >= monthly ? GNM_WEEK : GNM_MONTH;
}

static int configured_step(const struct daemon *d, const char *name)
{
    for (size_t i = 0; i < d->config->n_series; i++)
        if (strcmp(d->config->series[i].name, name) == 0)
            return d->config->series[i].step;
    return -1;
}

static int settle_step(struct loading *l, struct entry *e, struct gnm_why *why)
{
    int declared = configured_step(l->d, e->series.series);
    enum gnm_step step = declared >= 0 ? (enum gnm_step)declared : step_of(e);
    if (step == e->series.step)
        return 0;
    e->series.step = step;
    return store_series_put(l->d->store, &e->series, why);
}

/* ---- filling ---- */

static int add_series(struct loading *l, struct entry *e, struct gnm_why *why)
{
    struct panel **panel = &l->panels->panel[e->series.step];
    if (*panel == NULL) {
        int r = panel_new(l->d->zone, panel, why);
        if (r < 0)
            return r;
    }
    e->index = panel_series(*panel, e->series.series);
    if (e->index < 0)
        return gnm_fail(why, e->index, "no memory for series %s", e->series.series);
    panel_series_options(*panel, e->index, e->series.non_negative, e->series.currency[0] != '\0');
    for (size_t i = 0; i < e->n; i++) {
        /* the first value of a period counts as known at its end; a later one is a correction, known when it came */
        int correction = i > 0 && e->row[i].day == e->row[i - 1].day;
        int r = panel_activity(*panel, e->index, e->row[i].day, e->row[i].value, correction ? e->row[i].fetched_s : GNM_NEVER);
        if (r < 0)
            return gnm_fail(why, r, "no memory for %s", e->series.series);
    }
    int r = closed_declare(l->d->config, e->series.series, *panel, e->index, e->row[0].day, e->row[e->n - 1].day);
    if (r < 0)
        return gnm_fail(why, r, "no memory for the closed days of %s", e->series.series);
    l->panels->n_series++;
    return 0;
}

static int add_all_series(struct loading *l, struct gnm_why *why)
{
    int r = 0;
    for (size_t i = 0; i < l->n && r == 0; i++) {
        struct entry *e = &l->entry[i];
        if (e->n < 2)
            continue;
        sort_rows(e);
        r = settle_step(l, e, why);
        if (r == 0)
            r = add_series(l, e, why);
    }
    return r;
}

static int add_driver(struct loading *l, const char *driver, const char *series, int64_t day, double value, int64_t available_s)
{
    const struct entry *only = series[0] != '\0' ? find(l, series) : NULL;
    if (series[0] != '\0' && (only == NULL || only->index < 0))
        return 0;
    for (int step = 0; step < PANELS_STEPS; step++) {
        struct panel *panel = l->panels->panel[step];
        if (panel == NULL || (only != NULL && only->series.step != (enum gnm_step)step))
            continue;
        int r = panel_driver(panel, driver, only != NULL ? only->index : -1, day, value, available_s);
        if (r < 0)
            return r;
    }
    return 0;
}

static int take_driver(void *ctx, const struct store_driver *row)
{
    return add_driver(ctx, row->driver, row->series, row->day, row->value, row->available_s);
}

/* The newest period that is over, or that somebody already reported. */
static void find_origin(struct loading *l, int step)
{
    struct panel *panel = l->panels->panel[step];
    int64_t now_s = common_wall_s(l->d), last = panel_last_label(panel), origin = last;
    while (panel_decision_s(panel, panel_label_after(panel, origin, 1)) <= now_s)
        origin = panel_label_after(panel, origin, 1);
    l->panels->origin[step] = origin;
    int64_t next_s = panel_decision_s(panel, panel_label_after(panel, origin, 1));
    l->panels->next_origin_s = l->panels->next_origin_s == 0 || next_s < l->panels->next_origin_s ? next_s : l->panels->next_origin_s;
}

static int seal(struct loading *l, struct gnm_why *why)
{
    for (int step = 0; step < PANELS_STEPS; step++) {
        if (l->panels->panel[step] == NULL)
            continue;
        int r = panel_seal(l->panels->panel[step], why);
        if (r < 0)
            return r;
        find_origin(l, step);
    }
    return 0;
}

static int fill(struct loading *l, struct gnm_why *why)
{
    struct store *store = l->d->store;
    int r = store_each_series(store, take_series, l, why);
    if (l->n > 1)
        qsort(l->entry, l->n, sizeof *l->entry, by_series);
    if (r == 0)
        r = store_each_activity(store, take_activity, l, why);
    if (r == 0)
        r = add_all_series(l, why);
    if (r == 0 && l->panels->n_series == 0)
        r = gnm_fail(why, -ENODATA, "no series has two observations yet");
    if (r == 0)
        r = store_each_driver(store, take_driver, l, why);
    if (r == 0)
        r = drivers_fill(l->d, l->panels->panel, l->first_day, l->last_day, why);
    return r == 0 ? seal(l, why) : r;
}

int panels_load(struct daemon *d, struct panels *ret, struct gnm_why *why)
{
    struct panels panels = { 0 };
    struct loading l = { .d = d, .panels = &panels, .first_day = INT64_MAX, .last_day = INT64_MIN };
    gnm_fail(why, 0, "panels");
    int r = fill(&l, why);
    for (size_t i = 0; i < l.n; i++)
        free(l.entry[i].row);
    free(l.entry);
    if (r < 0) {
        panels_free(&panels);
        return why != NULL && why->code == 0 ? gnm_fail(why, r, "loading the history failed: %s", strerror(-r)) : r;
    }
    *ret = panels;
    return 0;
}

void panels_free(struct panels *panels)
{
    for (int step = 0; step < PANELS_STEPS; step++) {
        panel_free(panels->panel[step]);
        panels->panel[step] = NULL;
    }
}
