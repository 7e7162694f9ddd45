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
    size_t first, end;
    struct span cover;
    int64_t longest_s;
    struct gnm_signal common;    /* what all values of the series share */
};

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->series != y->series)
        return x->series < y->series ? -1 : 1;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->stamp != y->stamp)
        return x->stamp < y->stamp ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
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

static int64_t period_end_day(const struct feed *feed, int64_t day)
{
    if (feed->period == PERIOD_DAY)
        return day + 1;
    return civil_month_start(day + (feed->period == PERIOD_YEAR ? 366 : 31));      /* `day` is the first of its period */
}

static struct span period_of(const struct reader *r, const struct series_def *s, const struct entry *e)
{
    if (s->hourly)
        return (struct span){ e->key * 3600, e->key * 3600 + 3600 };
    struct span span;
    reader_days_s(r, e->key, period_end_day(r->feed, e->key), &span.start_s, &span.end_s);
    return span;
}

/* A date the provider wrote without a time may mean his day or ours: such a day is over when both are. Months may be published early. */
static int is_over(const struct reader *r, const struct entry *e, const struct span *period)
{
    int64_t end_s = period->end_s, utc_s = (e->key + 1) * 86400;
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
    if (r->feed->series[e->series].hourly)
        return 1;
    size_t at = (size_t)(e - r->entry), first = at > run->first ? at : at + 1, end = at + rows < run->end ? at + rows + 1 : run->end;
    for (size_t i = first; i < end; i++)
        if (r->entry[i].stamp - r->entry[i - 1].stamp > run->longest_s)
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
    const struct series_def *s = &r->feed->series[e->series];
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
static int64_t available(const struct reader *r, const struct entry *last, const struct span *period)
{
    const struct feed *feed = r->feed;
    int64_t at = r->now_s;
    if (feed->kind == FEED_CALENDAR)
        return GNM_ALWAYS;
    if (feed->lead_s != FEED_UNSET)
        at = (feed->kind == FEED_FORECAST && last->timed ? last->stamp - feed->series[last->series].shift_s : period->start_s) - feed->lead_s;
    else if (period->end_s <= r->now_s)
        at = period->end_s + lag_of(feed, &feed->series[last->series]);
    return at > r->now_s ? r->now_s : at;
}

static void make_signal(const struct reader *r, const struct run *run, const struct entry *e, size_t n, struct gnm_signal *ret)
{
    const struct series_def *s = &r->feed->series[e->series];
    const struct entry *last = &e[n - 1];
    struct span period = period_of(r, s, e);
    *ret = run->common;
    ret->valid = e->key;
    ret->value = fold(e, n, s->agg);
    ret->rows = (int)n;
    ret->available_s = available(r, last, &period);
    ret->issued_s = r->feed->lead_s != FEED_UNSET && r->feed->issued == NO_SLOT ? ret->available_s : last->issued_s;
    ret->quality = judge(r, run, e, &period, n);
}

/* The run of one series that starts at `first`. Sorted by period it is sorted by time. */
static struct run find_run(const struct reader *r, size_t first)
{
    struct run run = { .first = first, .end = first };
    const struct entry *e = r->entry;
    while (run.end < r->n && e[run.end].series == e[first].series && e[run.end].name == e[first].name)
        run.end++;
    int64_t last_s = e[run.end - 1].stamp, gap_s = 0;
    for (size_t i = run.end - 1; i > first && gap_s == 0; i--)
        gap_s = last_s - e[i - 1].stamp;
    int64_t usual_s = run.end - first > 1 ? (last_s - e[first].stamp) / (int64_t)(run.end - first - 1) : 0;
    run.longest_s = usual_s + usual_s / 20 > SAMPLE_GAP_S ? usual_s + usual_s / 20 : SAMPLE_GAP_S;
    run.common = (struct gnm_signal){ .step = feed_series_step(r->feed, (size_t)e[first].series), .fetched_s = r->now_s };
    strcpy(run.common.feed, r->feed->name);
    strcpy(run.common.series, e[first].name >= 0 ? r->name[e[first].name] : r->feed->series[e[first].series].name);
    strcpy(run.common.place, r->place);
    run.cover.start_s = e[first].stamp;
    run.cover.end_s = last_s + (gap_s > run.longest_s ? run.longest_s : gap_s);
    return run;
}

static size_t bucket_end(const struct reader *r, const struct run *run, size_t at)
{
    size_t end = at + 1;
    while (end < run->end && r->entry[end].key == r->entry[at].key)
        end++;
    return end;
}

static size_t count_buckets(const struct reader *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += i == 0 || r->entry[i].key != r->entry[i - 1].key || r->entry[i].series != r->entry[i - 1].series ||
             r->entry[i].name != r->entry[i - 1].name;
    return n;
}

static int in_order(const struct entry *e, size_t n)
{
    size_t i = 1;
    while (i < n && compare(&e[i - 1], &e[i]) <= 0)
        i++;
    return i >= n;
}

/* Rows bring one value for each series in turn: dealt out by series they are nearly always in order of time already. */
static int deal(struct reader *r)
{
    size_t next[FEED_SERIES + 1] = { 0 }, first;
    struct entry *dealt = malloc(r->n * sizeof *dealt);
    if (dealt == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < r->n; i++)
        next[r->entry[i].series + 1]++;
    for (size_t s = 1; s <= r->feed->n_series; s++)
        next[s] += next[s - 1];
    for (size_t i = 0; i < r->n; i++)
        dealt[next[r->entry[i].series]++] = r->entry[i];
    reader_set_entries(r, dealt);
    first = 0;
    for (size_t s = 0; s < r->feed->n_series; first = next[s], s++)
        if (!in_order(dealt + first, next[s] - first))
            qsort(dealt + first, next[s] - first, sizeof *dealt, compare);
    return 0;
}

int reader_fold(struct reader *r, struct gnm_signal **ret, size_t *n, struct gnm_why *why)
{
    size_t used = 0;
    *ret = NULL;
    *n = 0;
    if (r->n == 0)
        return 0;
    if (!in_order(r->entry, r->n) && deal(r) < 0)
        return gnm_fail(why, -ENOMEM, "no memory");
    struct gnm_signal *signal = malloc(count_buckets(r) * sizeof *signal);
    if (signal == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    for (size_t i = 0; i < r->n;) {
        struct run run = find_run(r, i);
        while (i < run.end) {
            size_t end = bucket_end(r, &run, i);
            make_signal(r, &run, &r->entry[i], end - i, &signal[used++]);
            i = end;
        }
    }
    *ret = signal;
    *n = used;
    return 0;
}
