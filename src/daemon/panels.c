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
    int index;                    /* in its panel; -1: in none */
};

/* `row` holds the observations of one series, `reading`, until those of the next begin. */
struct loading {
    struct daemon *d;
    struct panels *panels;
    struct entry *entry, *last;   /* last: the one found last */
    size_t n, cap;
    struct entry *reading;
    struct row *row;
    size_t n_rows, cap_rows;
    int64_t first_day, last_day;
    int decides_now;
    struct gnm_why *why;
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

static int by_day(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (x->fetched_s > y->fetched_s) - (x->fetched_s < y->fetched_s);
}

/* They come by day and availability, which is the order in which they were fetched but for late news about the past. */
static void sort_rows(struct loading *l)
{
    size_t i = 1;
    while (i < l->n_rows && by_day(&l->row[i - 1], &l->row[i]) <= 0)
        i++;
    if (i < l->n_rows)
        qsort(l->row, l->n_rows, sizeof *l->row, by_day);
}

/* ---- the step of a series, from the most frequent distance between its dates ---- */

static enum gnm_step step_of(const struct loading *l)
{
    size_t daily = 0, weekly = 0, monthly = 0;
    for (size_t i = 1; i < l->n_rows; i++) {
        int64_t gap = l->row[i].day - l->row[i - 1].day;
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

static int settle_step(struct loading *l, struct entry *e)
{
    int declared = configured_step(l->d, e->series.series);
    enum gnm_step step = declared >= 0 ? (enum gnm_step)declared : step_of(l);
    if (step == e->series.step)
        return 0;
    e->series.step = step;
    return store_series_put(l->d->store, &e->series, l->why);
}

/* ---- filling ---- */

static int add_rows(struct loading *l, struct panel *panel, const struct entry *e)
{
    int r = 0;
    for (size_t i = 0; i < l->n_rows && r == 0; i++) {
        /* the first value of a period counts as known at its end; a later one is a correction, known when it came */
        int correction = i > 0 && l->row[i].day == l->row[i - 1].day;
        r = panel_activity(panel, e->index, l->row[i].day, l->row[i].value, correction ? l->row[i].fetched_s : GNM_NEVER);
    }
    if (r == 0)
        r = closed_declare(l->d->config, e->series.series, panel, e->index, l->row[0].day, l->row[l->n_rows - 1].day);
    return r < 0 ? gnm_fail(l->why, r, "no memory for %s", e->series.series) : 0;
}

static int add_series(struct loading *l, struct entry *e)
{
    struct panel **panel = &l->panels->panel[e->series.step];
    int r = *panel == NULL ? panel_new(l->d->zone, panel, l->why) : 0;
    if (r < 0)
        return r;
    e->index = panel_series(*panel, e->series.series);
    if (e->index < 0)
        return gnm_fail(l->why, e->index, "no memory for series %s", e->series.series);
    panel_series_options(*panel, e->index, e->series.non_negative, e->series.currency[0] != '\0');
    l->panels->n_series++;
    return add_rows(l, *panel, e);
}

/* All of a series has been read: it goes into its panel, if there is enough of it. */
static int end_series(struct loading *l)
{
    int r = 0;
    if (l->reading != NULL && l->n_rows >= 2) {
        sort_rows(l);
        r = settle_step(l, l->reading);
        if (r == 0)
            r = add_series(l, l->reading);
    }
    l->reading = NULL;
    l->n_rows = 0;
    return r;
}

static int add_row(struct loading *l, const struct gnm_activity *row)
{
    if (l->n_rows == l->cap_rows) {
        size_t cap = l->cap_rows == 0 ? 2048 : l->cap_rows * 2;
        struct row *grown = reallocarray(l->row, cap, sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        l->row = grown;
        l->cap_rows = cap;
    }
    l->row[l->n_rows++] = (struct row){ row->day, row->fetched_s, row->value };
    l->first_day = row->day < l->first_day ? row->day : l->first_day;
    l->last_day = row->day > l->last_day ? row->day : l->last_day;
    return 0;
}

/* The store gives one series after the other, in the order of their names. */
static int take_activity(void *ctx, const struct gnm_activity *row)
{
    struct loading *l = ctx;
    struct entry *e = find(l, row->series);
    if (e == NULL)
        return 0;
    if (e != l->reading) {
        int r = end_series(l);
        if (r < 0)
            return r;
        l->reading = e;
    }
    return add_row(l, row);
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

/* The newest period of each step that is over ended no longer ago than that: its length, and some. */
static int64_t decided_from_s(const struct loading *l)
{
    static const int days[PANELS_STEPS] = { [GNM_DAY] = 3, [GNM_WEEK] = 10, [GNM_MONTH] = 40 };
    int64_t longest = 0;
    for (int step = 0; step < PANELS_STEPS; step++)
        if (l->panels->panel[step] != NULL && days[step] > longest)
            longest = days[step];
    return l->decides_now ? common_wall_s(l->d) - longest * 86400 : 0;
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
        r = end_series(l);
    if (r == 0 && l->panels->n_series == 0)
        r = gnm_fail(why, -ENODATA, "no series has two observations yet");
    if (r == 0)
        r = store_each_driver(store, take_driver, l, why);
    if (r == 0)
        r = drivers_fill(l->d, l->panels->panel, l->first_day, l->last_day, decided_from_s(l), why);
    return r == 0 ? seal(l, why) : r;
}

static int load(struct daemon *d, int decides_now, struct panels *ret, struct gnm_why *why)
{
    struct panels panels = { 0 };
    struct loading l = { .d = d, .panels = &panels, .first_day = INT64_MAX, .last_day = INT64_MIN, .decides_now = decides_now, .why = why };
    gnm_fail(why, 0, "panels");
    int r = fill(&l, why);
    free(l.row);
    free(l.entry);
    if (r < 0) {
        panels_free(&panels);
        return why != NULL && why->code == 0 ? gnm_fail(why, r, "loading the history failed: %s", strerror(-r)) : r;
    }
    *ret = panels;
    return 0;
}

int panels_load(struct daemon *d, struct panels *ret, struct gnm_why *why)
{
    return load(d, 0, ret, why);
}

int panels_load_now(struct daemon *d, struct panels *ret, struct gnm_why *why)
{
    return load(d, 1, ret, why);
}

void panels_free(struct panels *panels)
{
    for (int step = 0; step < PANELS_STEPS; step++) {
        panel_free(panels->panel[step]);
        panels->panel[step] = NULL;
    }
}
