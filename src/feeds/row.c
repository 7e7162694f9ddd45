/* One row: conditions, dates and values, in this order; what it is worth becomes entries. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/text.h"
#include "feeds/extract.h"

void reader_constants(struct reader *r, const struct json *doc)
{
    for (size_t i = 0; i < r->feed->n_paths; i++) {
        const struct path *path = &r->feed->path[i];
        struct cell *cell = &r->cell[i];
        *cell = (struct cell){ .kind = CELL_ABSENT };
        if (path->kind == PATH_NUMBER)
            *cell = (struct cell){ .kind = CELL_NUMBER, .number = path->number };
        if (path->kind != PATH_DOCUMENT)
            continue;
        cell->node = json_follow(doc, path->names, path->n_names);
        cell->kind = cell->node == NULL ? CELL_ABSENT : CELL_NODE;
    }
}

static int passes(const struct reader *r, int series)
{
    for (size_t i = 0; i < r->feed->n_conditions; i++) {
        const struct condition *c = &r->feed->condition[i];
        if (c->series == series && !condition_holds(c, r->cell))
            return 0;
    }
    return 1;
}

static int read_value(const struct reader *r, const struct series_def *s, double *ret)
{
    double x, by;
    const struct cell *cell = &r->cell[s->value];
    if ((cell->kind == CELL_NODE ? json_number(cell->node, &x) : cell_number(cell, &x)) < 0)
        return -ENODATA;
    if (s->divide != NO_SLOT) {
        if (cell_number(&r->cell[s->divide], &by) < 0 || by == 0)
            return -ENODATA;
        x /= by;
    }
    x = x * s->scale + s->offset;
    if (!isfinite(x))
        return -ENODATA;
    x = x < s->min ? s->min : x;
    x = x > s->max ? s->max : x;
    *ret = x + 0.0;              /* -0 becomes 0 */
    return 0;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The period of a row; -EINVAL when a series of hours meets a date without a time. */
static int key_of(const struct reader *r, const struct series_def *s, struct stamp stamp, int64_t *key)
{
    stamp.s += s->shift_s;
    if (s->hourly) {
        if (!stamp.timed)
            return -EINVAL;
        *key = floor_div(stamp.s, 3600);
        return 0;
    }
    *key = reader_day(r, &stamp);
    if (r->feed->period != PERIOD_DAY && s->shift_s != 0)
        *key = civil_month_start(*key);        /* a date without a day is the first */
    return 0;
}

static int append(struct reader *r, int series, int name, int64_t key, const struct stamp *stamp, int64_t issued_s, double value, struct gnm_why *why)
{
    if (r->n == FEED_ENTRIES)
        return gnm_fail(why, -E2BIG, "the answer holds more than %d values", FEED_ENTRIES);
    struct entry *e = entries_add(&r->list[series], name, (int32_t)key, stamp->s + r->feed->series[series].shift_s);
    if (e == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    e->issued_s = issued_s;
    e->value = value;
    e->order = (int32_t)r->n++;
    e->timed = stamp->timed;
    return 0;
}

/* The series' name in the answer, as an index; -EINVAL when it is no identifier. */
static int intern(struct reader *r, const struct cell *cell, struct gnm_why *why)
{
    char name[GNM_ID];
    if (cell_text(cell, name, sizeof name) < 0 || name[0] == '\0' ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")] != '\0')
        return -EINVAL;
    if (r->last_name < r->n_names && strcmp(r->name[r->last_name], name) == 0)
        return (int)r->last_name;
    for (size_t i = 0; i < r->n_names; i++)
        if (strcmp(r->name[i], name) == 0)
            return (int)(r->last_name = i);
    if (r->n_names == FEED_NAMES)
        return gnm_fail(why, -E2BIG, "the answer names more than %d series", FEED_NAMES);
    if (r->name == NULL && (r->name = malloc(FEED_NAMES * sizeof *r->name)) == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    memcpy(r->name[r->n_names], name, sizeof name);
    r->last_name = r->n_names;
    return (int)r->n_names++;
}

void reader_drop(struct reader *r, const char *series, size_t count, const char *format, ...)
{
    char reason[sizeof r->room->drop[0].reason];
    if (count > FEED_DROPS_EACH || r->n_drops == FEED_DROPS)
        return;
    struct feed_drop *drop = &r->room->drop[r->n_drops++];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    *drop = (struct feed_drop){ .row = r->rows_seen };
    text_clean(drop->reason, sizeof drop->reason, reason, strlen(reason));
    if (series != NULL)
        text_copy(drop->series, sizeof drop->series, series);
}

/* The text of a cell for people. */
static const char *shown(const struct cell *cell, char *space, size_t size)
{
    int err = cell_text(cell, space, size);
    return err == 0 ? space : cell->kind == CELL_ABSENT ? "(absent)" : cell->kind == CELL_NODE && json_type(cell->node) == JSON_NULL ? "null" : "(no text or number)";
}

static void drop_value(struct reader *r, const struct series_def *s)
{
    char space[64];
    r->dropped_value++;
    if (r->dropped_value <= FEED_DROPS_EACH)
        reader_drop(r, s->name, r->dropped_value, "no number at %.60s: %.50s", r->feed->path[s->value].kind == PATH_SELF ? "@self" : r->feed->path[s->value].text,
                    shown(&r->cell[s->value], space, sizeof space));
}

static void drop_name(struct reader *r, const struct series_def *s)
{
    char space[64];
    r->dropped_value++;
    if (r->dropped_value <= FEED_DROPS_EACH)
        reader_drop(r, s->name, r->dropped_value, "the series' name is no identifier: %.60s", shown(&r->cell[s->naming], space, sizeof space));
}

static void drop_date(struct reader *r)
{
    char space[96] = "";
    r->dropped_date++;
    if (r->dropped_date > FEED_DROPS_EACH)
        return;
    int err = stencil_text(r, &r->feed->date, space, sizeof space);
    reader_drop(r, NULL, r->dropped_date, "no date as %.40s: %.60s", r->feed->date_format, err == 0 ? space : "(absent)");
}

static int take_series(struct reader *r, int index, const struct stamp *stamp, int64_t days, int64_t issued_s, struct gnm_why *why)
{
    const struct series_def *s = &r->feed->series[index];
    double value;
    int64_t key;
    int name = -1, err = 0;
    if (!passes(r, index))
        return 0;
    if (read_value(r, s, &value) < 0 || key_of(r, s, *stamp, &key) < 0) {
        drop_value(r, s);
        return 0;
    }
    if (s->naming != NO_SLOT) {
        name = intern(r, &r->cell[s->naming], why);
        if (name == -EINVAL) {
            drop_name(r, s);
            return 0;
        }
        if (name < 0)
            return name;
    }
    for (int64_t i = 0; i < days && err == 0; i++)
        err = append(r, index, name, key + i, stamp, issued_s, value, why);
    return err;
}

/* School terms and fixtures are announced years ahead; a measured or predicted value beyond a year is a wrong clock or a joke. */
static int is_too_far(const struct reader *r, const struct stamp *stamp)
{
    int announced = r->feed->kind == FEED_SCHEDULE || r->feed->kind == FEED_CALENDAR;
    return !announced && stamp->s > r->now_s + FEED_AHEAD_DAYS * INT64_C(86400);
}

/* A row covers its day, or the days up to and with its date_end. Between two times less than a day counts for the day it begins on: a concert past
 * midnight is one evening. */
static int read_when(const struct reader *r, struct when *ret)
{
    struct when when = { .days = 1, .end_s = GNM_NEVER };
    if (stamp_read(r, &r->feed->date, &when.stamp) < 0)
        return -EINVAL;
    if (r->feed->date_end.n > 0) {
        struct stamp end;
        if (stamp_read(r, &r->feed->date_end, &end) < 0)
            return -EINVAL;
        if (end.timed && when.stamp.timed) {
            when.end_s = end.s;
            end.s = end.s - when.stamp.s < 86400 && end.s >= when.stamp.s ? when.stamp.s : end.s - 1;
        }
        when.days = reader_day(r, &end) - reader_day(r, &when.stamp) + 1;
    }
    if (when.days < 1 || when.days > FEED_SPAN_DAYS || is_too_far(r, &when.stamp))
        return -EINVAL;
    *ret = when;
    return 0;
}

/* Columns are one series of times: they may not run backwards (an hour's repeat in autumn aside). */
static int check_order(struct reader *r, const struct stamp *stamp, struct gnm_why *why)
{
    if (r->ordered && r->previous_s != INT64_MIN && stamp->s < r->previous_s - 3600)
        return gnm_fail(why, -EBADMSG, "row %zu: its time lies before that of the row above", r->rows_seen);
    r->previous_s = stamp->s;
    return 0;
}

int reader_admits(struct reader *r)
{
    r->rows_seen++;
    if (passes(r, -1))
        return 1;
    r->filtered++;
    if (r->filtered <= FEED_DROPS_EACH)
        reader_drop(r, NULL, r->filtered, "a condition (where) does not hold");
    return 0;
}

int reader_take(struct reader *r, const struct when *when, struct gnm_why *why)
{
    int64_t issued_s = r->now_s;
    int err = check_order(r, &when->stamp, why);
    if (r->feed->issued != NO_SLOT && stamp_issued(&r->cell[r->feed->issued], &issued_s) < 0)
        issued_s = r->now_s;
    issued_s = issued_s > r->now_s ? r->now_s : issued_s;
    for (size_t i = 0; i < r->feed->n_series && err == 0; i++)
        err = take_series(r, (int)i, &when->stamp, when->days, issued_s, why);
    return err;
}

int reader_row(struct reader *r, struct gnm_why *why)
{
    struct when when;
    if (!reader_admits(r))
        return 0;
    if (read_when(r, &when) < 0) {
        drop_date(r);
        return 0;
    }
    int err = reader_take(r, &when, why);
    if (err == 0 && r->feed->title.n > 0)
        err = reader_event(r, &when, GNM_NEVER, 0, why);
    return err;
}
