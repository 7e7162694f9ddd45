#include "daemon/withdraw.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct search {
    const char *feed, *place;
    struct feed_yield *yield;
    size_t listed;                /* rows the answer itself had; sorted */
    int64_t first, last, now_s;
    struct gnm_signal previous;   /* newest vintage of the day the walk stands on; rows 0 = none */
    int r;
};

static int by_series_and_day(const void *a, const void *b)
{
    const struct gnm_signal *x = a, *y = b;
    int order = strcmp(x->series, y->series);
    return order != 0 ? order : (x->valid > y->valid) - (x->valid < y->valid);
}

static int append(struct search *s)
{
    struct feed_yield *yield = s->yield;
    struct gnm_signal *grown = reallocarray(yield->signal, yield->n + 1, sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    yield->signal = grown;
    grown[yield->n] = s->previous;
    grown[yield->n].value = NAN;
    grown[yield->n].issued_s = grown[yield->n].available_s = grown[yield->n].fetched_s = s->now_s;
    yield->n++;
    return 0;
}

static void settle_previous(struct search *s)
{
    int known = s->previous.rows > 0 && !isnan(s->previous.value);
    if (known && s->r == 0 && bsearch(&s->previous, s->yield->signal, s->listed, sizeof s->previous, by_series_and_day) == NULL)
        s->r = append(s);
    s->previous.rows = 0;
}

/* Rows come by series and day, vintages in order: the last of a day is what is known. */
static int look(void *ctx, const struct gnm_signal *row)
{
    struct search *s = ctx;
    if (s->previous.rows > 0 && by_series_and_day(&s->previous, row) != 0)
        settle_previous(s);
    if (row->valid >= s->first && row->valid <= s->last)
        s->previous = *row;
    return s->r;
}

int withdraw_missing(struct store *store, const struct feed *feed, const char *place, int64_t now_s, struct feed_yield *yield, struct gnm_why *why)
{
    struct search s = { .feed = feed_name(feed), .place = place, .yield = yield, .listed = yield->n, .first = INT64_MAX, .last = INT64_MIN, .now_s = now_s };
    if ((feed_kind(feed) != FEED_SCHEDULE && feed_kind(feed) != FEED_CALENDAR) || yield->n == 0)
        return 0;
    qsort(yield->signal, yield->n, sizeof *yield->signal, by_series_and_day);
    for (size_t i = 0; i < yield->n; i++) {
        s.first = yield->signal[i].valid < s.first ? yield->signal[i].valid : s.first;
        s.last = yield->signal[i].valid > s.last ? yield->signal[i].valid : s.last;
    }
    int r = store_each_signal_of(store, &(struct store_pick){ .feed = s.feed, .place = place, .since_day = s.first }, look, &s, why);
    if (r == 0) {
        settle_previous(&s);
        r = s.r;
    }
    return r == -ENOMEM ? gnm_fail(why, r, "no memory for %zu values", yield->n) : r;
}
