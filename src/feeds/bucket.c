/* From entries to signals: one per series and period, with its four times and its quality. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/text.h"
#include "feeds/extract.h"

enum { SAMPLE_GAP_S = 6 * 3600 };

struct span { int64_t start_s, end_s; };

/* The rows of one series: they cover the time from the first stamp to the last plus the distance of the last two. A hole longer than
 * `longest_s` (six hours, or the usual distance where that is longer: daily stamps) is not covered. */
struct run {
    const struct entry *entry;   /* of the series' list */
    int series;
    size_t first, end;
    struct span cover;
    int64_t longest_s;
    const char *name;
    enum gnm_step step;
};

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->stamp != y->stamp)
        return x->stamp < y->stamp ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* `lent` ends with the first growth. */
static int make_room(struct entries *list)
{
    size_t cap = list->cap * 2 > FEW_ENTRIES ? list->cap * 2 : FEW_ENTRIES;
    struct entry *grown = realloc(list->lent ? NULL : list->at, cap * sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    if (list->lent)
        memcpy(grown, list->at, list->n * sizeof *grown);
    list->lent = 0;
    list->at = grown;
    list->cap = cap;
    return 0;
}

struct entry *entries_add(struct entries *list, int32_t name, int32_t key, int64_t stamp_s)
{
    if (list->n == list->cap && make_room(list) < 0)
        return NULL;
    struct entry *e = &list->at[list->n++];
    e->name = name;
    e->key = key;
    e->stamp = stamp_s;
    int other = list->n == 1 || e[-1].name != name || e[-1].key != key;
    list->groups += (size_t)other;
    list->mixed |= list->n > 1 && (name < e[-1].name || (name == e[-1].name && (key < e[-1].key || (key == e[-1].key && stamp_s < e[-1].stamp))));
    return e;
}

static double fold(const struct entry *e, size_t n, int agg)
{
    if (n == 1 && agg < AGG_COUNT)
        return e[0].value;
    double sum = 0, low = e[0].value, high = e[0].value, any = 0;
    for (size_t i = 0; i < n; i++) {
        sum += e[i].value;
        low = e[i].value < low ? e[i].value : low;
        high = e[i].value > high ? e[i].value : high;
        any = e[i].value != 0 ? 1 : any;
    }
    switch (agg) {
    case AGG_SUM: return sum;
    case AGG_MEAN: return sum / (double)n;
    case AGG_MIN: return low;
    case AGG_MAX: return high;
    case AGG_COUNT: return (double)n;
    case AGG_ANY: return any;
    default: return e[n - 1].value;
    }
}

/* Where the next month or year is there as well, it begins where this one ends. */
static int64_t period_end_day(const struct feed *feed, int64_t day, const struct entry *next)
{
    int64_t longest = feed->period == PERIOD_YEAR ? 366 : 31;
    if (feed->period == PERIOD_DAY)
        return day + 1;
    return next != NULL && next->key - day <= longest ? next->key : civil_month_start(day + longest);      /* `day` is the first of its period */
}

static struct span period_of(const struct reader *r, const struct series_def *s, const struct entry *e, const struct entry *next)
{
    if (s->hourly)
        return (struct span){ (int64_t)e->key * 3600, (int64_t)e->key * 3600 + 3600 };
    struct span span;
    reader_days_s(r, e->key, period_end_day(r->feed, e->key, next), &span.start_s, &span.end_s);
    return span;
}

/* A date the provider wrote without a time may mean his day or ours: such a day is over when both are. Months may be published early. */
static int is_over(const struct reader *r, const struct entry *e, const struct span *period)
{
    int64_t end_s = period->end_s, utc_s = ((int64_t)e->key + 1) * 86400;
    if (r->feed->period != PERIOD_DAY)
        return 1;
    return (!e->timed && utc_s > end_s ? utc_s : end_s) <= r->now_s;
}

/* Is the series sampled, so that a day with rows for a part of it only is incomplete? Events are not. */
static int is_sampled(const struct feed *feed, const struct series_def *s)
{
    return s->agg != AGG_COUNT && s->agg != AGG_ANY && (feed->kind == FEED_OBSERVATION || feed->kind == FEED_FORECAST);
}

/* A day is covered when the rows reach over both its ends and leave no hole; an hour when it has a row and lies inside. */
static int is_covered(const struct reader *r, const struct run *run, const struct entry *e, size_t rows, const struct span *period)
{
    if (run->cover.start_s > period->start_s || run->cover.end_s < period->end_s)
        return 0;
    if (r->feed->series[run->series].hourly)
        return 1;
    size_t at = (size_t)(e - run->entry), first = at > run->first ? at : at + 1, end = at + rows < run->end ? at + rows + 1 : run->end;
    for (size_t i = first; i < end; i++)
        if (run->entry[i].stamp - run->entry[i - 1].stamp > run->longest_s)
            return 0;
    return 1;
}

static int enough_rows(const struct series_def *s, const struct span *period, size_t rows)
{
    int64_t need = s->min_rows;
    if (!s->hourly && need > 1)
        need = need * (period->end_s - period->start_s) / 86400;    /* days of 23 and 25 hours */
    return (int64_t)rows >= need;
}

static enum gnm_quality judge(const struct reader *r, const struct run *run, const struct entry *e, const struct span *period, size_t rows)
{
    const struct series_def *s = &r->feed->series[run->series];
    if (r->feed->period == PERIOD_DAY && !enough_rows(s, period, rows))
        return GNM_PARTIAL;
    int observed = r->feed->kind == FEED_OBSERVATION || r->feed->kind == FEED_ACTIVITY;
    if (observed && !is_over(r, e, period))
        return GNM_PARTIAL;
    return e->timed && is_sampled(r->feed, s) && !is_covered(r, run, e, rows, period) ? GNM_PARTIAL : GNM_OK;
}

static int64_t lag_of(const struct feed *feed, const struct series_def *s)
{
    if (s->lag_s != FEED_UNSET)
        return s->lag_s;
    return feed->lag_s != FEED_UNSET ? feed->lag_s : 0;
}

/* Never later than now: we have it. A forecast with a fixed lead was complete when its last row was made, a schedule `lead` before the day. */
static int64_t available(const struct reader *r, const struct series_def *s, const struct entry *last, const struct span *period)
{
    const struct feed *feed = r->feed;
    int64_t at = r->now_s;
    if (feed->kind == FEED_CALENDAR)
        return GNM_ALWAYS;
    if (feed->lead_s != FEED_UNSET)
        at = (feed->kind == FEED_FORECAST && last->timed ? last->stamp - s->shift_s : period->start_s) - feed->lead_s;
    else if (period->end_s <= r->now_s)
        at = period->end_s + lag_of(feed, s);
    return at > r->now_s ? r->now_s : at;
}

static void make_signal(const struct reader *r, const struct run *run, const struct entry *e, size_t n, struct gnm_signal *ret)
{
    const struct series_def *s = &r->feed->series[run->series];
    const struct entry *last = &e[n - 1];
    struct span period = period_of(r, s, e, e + n < run->entry + run->end ? e + n : NULL);
    memcpy(ret->feed, r->feed->name, sizeof ret->feed);
    memcpy(ret->series, run->name, sizeof ret->series);
    memcpy(ret->place, r->place, sizeof ret->place);
    ret->step = run->step;
    ret->fetched_s = r->now_s;
    ret->valid = e->key;
    ret->value = fold(e, n, s->agg);
    ret->rows = (int)n;
    ret->available_s = available(r, s, last, &period);
    ret->issued_s = r->feed->lead_s != FEED_UNSET && r->feed->issued == NO_SLOT ? ret->available_s : last->issued_s;
    ret->quality = judge(r, run, e, &period, n);
}

/* The run of one name that starts at `first`. Sorted by period it is sorted by time. */
static struct run find_run(const struct reader *r, int series, size_t first)
{
    const struct entries *list = &r->list[series];
    const struct entry *e = list->at;
    struct run run = { .entry = e, .series = series, .first = first, .end = first, .step = feed_series_step(r->feed, (size_t)series) };
    run.name = e[first].name >= 0 ? r->name[e[first].name] : r->feed->series[series].name;
    while (run.end < list->n && e[run.end].name == e[first].name)
        run.end++;
    int64_t last_s = e[run.end - 1].stamp, gap_s = 0;
    for (size_t i = run.end - 1; i > first && gap_s == 0; i--)
        gap_s = last_s - e[i - 1].stamp;
    int64_t usual_s = run.end - first > 1 ? (last_s - e[first].stamp) / (int64_t)(run.end - first - 1) : 0;
    run.longest_s = usual_s + usual_s / 20 > SAMPLE_GAP_S ? usual_s + usual_s / 20 : SAMPLE_GAP_S;
    run.cover.start_s = e[first].stamp;
    run.cover.end_s = last_s + (gap_s > run.longest_s ? run.longest_s : gap_s);
    return run;
}

static size_t bucket_end(const struct run *run, size_t at)
{
    size_t end = at + 1;
    while (end < run->end && run->entry[end].key == run->entry[at].key)
        end++;
    return end;
}

static size_t fold_series(const struct reader *r, int series, struct gnm_signal *signal)
{
    size_t used = 0;
    struct entries *list = &r->list[series];
    if (list->mixed)
        qsort(list->at, list->n, sizeof *list->at, compare);
    for (size_t i = 0; i < list->n;) {
        struct run run = find_run(r, series, i);
        while (i < run.end) {
            size_t end = bucket_end(&run, i);
            make_signal(r, &run, &list->at[i], end - i, &signal[used++]);
            i = end;
        }
    }
    return used;
}

int reader_fold(struct reader *r, struct gnm_signal **ret, size_t *n, struct gnm_why *why)
{
    size_t groups = 0, used = 0;
    *ret = NULL;
    *n = 0;
    if (r->n == 0)
        return 0;
    for (size_t i = 0; i < r->feed->n_series; i++)
        groups += r->list[i].groups;
    struct gnm_signal *signal = malloc(groups * sizeof *signal);
    if (signal == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    for (size_t i = 0; i < r->feed->n_series; i++)
        used += fold_series(r, (int)i, signal + used);
    *ret = signal;
    *n = used;
    return 0;
}
