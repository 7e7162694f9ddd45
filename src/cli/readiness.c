#include "cli/readiness.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"

struct limit { const char *one, *many; size_t values; unsigned missing_pct; int64_t gap; };

static const struct limit limits[] = {
    [GNM_HOUR] = { "hour", "hours", 4320, 20, 168 },
    [GNM_DAY] = { "day", "days", 180, 20, 7 },
    [GNM_WEEK] = { "week", "weeks", 104, 10, 5 },
    [GNM_MONTH] = { "month", "months", 24, 10, 3 },
};

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The middle distance between neighbours decides: a few gaps or corrections do not change it. */
static enum gnm_step step_of(const int64_t *day, size_t n)
{
    int64_t middle = 1, *distance = n > 1 ? calloc(n - 1, sizeof *distance) : NULL;
    if (distance == NULL)
        return GNM_DAY;
    for (size_t i = 0; i + 1 < n; i++)
        distance[i] = day[i + 1] - day[i];
    qsort(distance, n - 1, sizeof *distance, ascending);
    middle = distance[(n - 1) / 2];
    free(distance);
    return middle >= 21 ? GNM_MONTH : middle >= 5 ? GNM_WEEK : GNM_DAY;
}

/* Open days after `from` and before `to`; *first is the first of them. */
static int64_t open_days(int64_t from, int64_t to, unsigned closed, int64_t *first)
{
    int64_t n = 0;
    for (int64_t day = from + 1; day < to; day++) {
        if (closed & (1u << civil_weekday(day)))
            continue;
        if (n++ == 0)
            *first = day;
    }
    return n;
}

static int64_t between(enum gnm_step step, int64_t from, int64_t to, unsigned closed, int64_t *first)
{
    *first = from + 1;
    if (step == GNM_DAY)
        return open_days(from, to, closed, first);
    if (step == GNM_WEEK)
        return (to - from + 3) / 7 - 1 > 0 ? (to - from + 3) / 7 - 1 : 0;
    int64_t months = civil_month_index(to) - civil_month_index(from) - 1;
    return months > 0 ? months : 0;
}

void readiness_measure(const int64_t *day, size_t n, unsigned closed, struct readiness *ret)
{
    unsigned seen = 0;
    *ret = (struct readiness){ .step = step_of(day, n), .n = n };
    for (size_t i = 0; i < n; i++) {
        seen |= 1u << civil_weekday(day[i]);
        int64_t first = 0, gap = i > 0 ? between(ret->step, day[i - 1], day[i], closed, &first) : 0;
        ret->missing += (size_t)gap;
        if (gap > ret->gap) {
            ret->gap = gap;
            ret->gap_day = first;
        }
    }
    ret->weekdays = __builtin_popcount(seen);
}

static void add(char *ret, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add(char *ret, size_t size, const char *format, ...)
{
    size_t used = strlen(ret);
    va_list args;
    if (used > 0 && used + 2 < size) {
        memcpy(ret + used, "; ", 3);
        used += 2;
    }
    va_start(args, format);
    vsnprintf(ret + used, size - used, format, args);
    va_end(args);
}

int readiness_judge(const struct readiness *r, char *ret, size_t size)
{
    const struct limit *limit = &limits[r->step];
    size_t all = r->n + r->missing;
    ret[0] = '\0';
    if (r->n < limit->values)
        add(ret, size, "%zu %s, at least %zu are needed", r->n, r->n == 1 ? limit->one : limit->many, limit->values);
    if (all > 0 && r->missing * 100 > all * limit->missing_pct)
        add(ret, size, "%zu %% of the %s are missing, at most %u %% may be", (r->missing * 100 + all / 2) / all, limit->many, limit->missing_pct);
    if (r->gap > limit->gap) {
        char date[11];
        civil_format_date(r->gap_day, date);
        add(ret, size, "a gap of %lld %s from %s, at most %lld", (long long)r->gap, limit->many, date, (long long)limit->gap);
    }
    if (r->step == GNM_WEEK && r->weekdays > 1)
        add(ret, size, "the weeks' dates fall on %d weekdays, one is needed", r->weekdays);
    if (ret[0] != '\0')
        return 0;
    add(ret, size, "%zu %s, %zu missing", r->n, limit->many, r->missing);
    if (r->gap == READINESS_GAP_UNKNOWN)
        add(ret, size, "gaps could not be looked at (state.db is not readable here)");
    return 1;
}
