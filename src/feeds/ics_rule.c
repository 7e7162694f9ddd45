/* Rules are let through by their form: only those whose days are sure to come again soon. libical looks for a day that never comes until the year 2582, one
 * step at a time ("the sixth Tuesday of the month": more than 20 s), and nobody's calendar needs such a rule. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feeds/ics.h"

enum { RULE = 512 };
enum freq { NO_FREQ, DAILY, WEEKLY, MONTHLY, YEARLY };
enum { HAS_MONTH = 1, HAS_MONTHDAY = 2, HAS_DAY = 4, HAS_SETPOS = 8, HAS_WEEKNO = 16, HAS_YEARDAY = 32 };

struct rule {
    enum freq freq;
    int has;
    long interval;
    unsigned months;             /* bit per month */
    int monthday_low;            /* the least absolute day asked for */
    int days, ordinal_high;      /* weekdays asked for, the highest absolute number before one */
    int setpos_high, weekno_high, yearday_high;
};

/* Each number of a list within +-high; their highest and lowest absolute values. 0 or -EINVAL. */
static int numbers(const char *p, const char *end, int high, int *least, int *most, unsigned *mask)
{
    for (; p < end; p++) {
        char *stop;
        long x = strtol(p, &stop, 10), size = labs(x);
        if (stop == p || stop > end || (stop < end && *stop != ',') || size < 1 || size > high)
            return -EINVAL;
        *least = *least == 0 || size < *least ? (int)size : *least;
        *most = size > *most ? (int)size : *most;
        *mask |= x > 0 && x < 32 ? 1u << x : 0;
        p = stop;
    }
    return *most > 0 ? 0 : -EINVAL;
}

/* "MO,-1SU". */
static int weekdays(struct rule *r, const char *p, const char *end)
{
    for (; p < end; p++) {
        char *stop = (char *)p;
        long x = *p == '+' || *p == '-' || (*p >= '0' && *p <= '9') ? strtol(p, &stop, 10) : 0;
        if (end - stop < 2 || memmem("MOTUWETHFRSASU", 14, stop, 2) == NULL || labs(x) > 53 || (end - stop > 2 && stop[2] != ','))
            return -EINVAL;
        r->ordinal_high = labs(x) > r->ordinal_high ? (int)labs(x) : r->ordinal_high;
        r->days++;
        p = stop + 2;
    }
    return r->days > 0 ? 0 : -EINVAL;
}

static int is_word(const char *p, const char *end, const char *word)
{
    return (size_t)(end - p) == strlen(word) && strncasecmp(p, word, (size_t)(end - p)) == 0;
}

static int frequency(struct rule *r, const char *p, const char *end)
{
    static const char *const names[] = { "", "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
    for (int i = DAILY; i <= YEARLY; i++)
        if (is_word(p, end, names[i]))
            r->freq = (enum freq)i;
    return r->freq == NO_FREQ ? -EINVAL : 0;
}

static int count(const char *p, const char *end, long *ret)
{
    char *stop;
    *ret = strtol(p, &stop, 10);
    return stop == end && *ret >= 1 && *ret <= 100000 ? 0 : -EINVAL;
}

static int take(struct rule *r, const char *key, size_t len, const char *p, const char *end)
{
    static const char *const names[] = { "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYWEEKNO", "BYYEARDAY" };
    int least = 0, most = 0;
    long n;
    unsigned mask = 0;
    if (is_word(key, key + len, "FREQ"))
        return frequency(r, p, end);
    if (is_word(key, key + len, "INTERVAL"))
        return count(p, end, &r->interval);
    if (is_word(key, key + len, "COUNT"))
        return count(p, end, &n);
    if (is_word(key, key + len, "UNTIL") || is_word(key, key + len, "WKST"))
        return 0;                /* libical reads them, and they only end or shift what is found */
    int which = 0;
    while (which < 6 && !is_word(key, key + len, names[which]))
        which++;
    if (which == 6 || (r->has & 1 << which) != 0)
        return -EINVAL;
    r->has |= 1 << which;
    switch (1 << which) {
    case HAS_MONTH: return numbers(p, end, 12, &least, &most, &r->months);
    case HAS_MONTHDAY: return numbers(p, end, 31, &r->monthday_low, &most, &mask);
    case HAS_DAY: return weekdays(r, p, end);
    case HAS_SETPOS: return numbers(p, end, 366, &least, &r->setpos_high, &mask);
    case HAS_WEEKNO: return numbers(p, end, 53, &least, &r->weekno_high, &mask);
    default: return numbers(p, end, 366, &least, &r->yearday_high, &mask);
    }
}

static int read_rule(const char *text, struct rule *ret)
{
    *ret = (struct rule){ .interval = 1 };
    for (const char *p = text; *p != '\0';) {
        const char *end = strchrnul(p, ';'), *equals = memchr(p, '=', (size_t)(end - p));
        if (equals == NULL || take(ret, p, (size_t)(equals - p), equals + 1, end) < 0)
            return -EINVAL;
        p = *end == ';' ? end + 1 : end;
    }
    return ret->freq == NO_FREQ ? -EINVAL : 0;
}

/* Some month asked for has the day. */
static int day_exists(const struct rule *r)
{
    static const int length[] = { 0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    for (int m = 1; m <= 12; m++)
        if ((r->months & 1u << m) != 0 && r->monthday_low <= length[m])
            return 1;
    return (r->has & HAS_MONTH) == 0;
}

/* The days of a month that a rule may choose: dates, weekdays, the n-th weekday, the n-th of some weekdays. Four of each weekday are sure. */
static int sure_in_month(const struct rule *r)
{
    switch (r->has & ~HAS_MONTH) {
    case 0: return 1;
    case HAS_MONTHDAY: return day_exists(r);
    case HAS_DAY: return r->ordinal_high <= 5;
    case HAS_DAY | HAS_SETPOS: return r->ordinal_high == 0 && r->setpos_high <= 4 * r->days + 1;
    case HAS_DAY | HAS_MONTHDAY: return r->ordinal_high == 0 && day_exists(r) && r->interval == 1;    /* Friday the 13th */
    default: return 0;
    }
}

static int sure(const struct rule *r)
{
    switch (r->freq) {
    case DAILY: return (r->has & ~(HAS_DAY | HAS_MONTH)) == 0 && r->ordinal_high == 0 && (r->has == 0 || r->interval == 1);
    case WEEKLY: return (r->has & ~(HAS_DAY | HAS_MONTH)) == 0 && r->ordinal_high == 0 && ((r->has & HAS_MONTH) == 0 || r->interval == 1);
    case MONTHLY: return ((r->has & HAS_MONTH) == 0 || r->interval == 1) && sure_in_month(r);
    default: break;
    }
    if (r->has == HAS_YEARDAY || r->has == (HAS_WEEKNO | HAS_DAY))
        return r->interval == 1 && r->ordinal_high == 0;
    if ((r->has & HAS_MONTH) == 0 && (r->has & HAS_DAY) != 0)
        return r->has == HAS_DAY && r->ordinal_high <= 52;
    return sure_in_month(r);
}

int ics_rule_is_elaborate(const char *text)
{
    struct rule r;
    if (read_rule(text, &r) < 0)
        return 1;
    return r.freq >= MONTHLY && (r.ordinal_high == 5 || (r.has & (HAS_WEEKNO | HAS_YEARDAY)) != 0 || (r.has & (HAS_DAY | HAS_MONTHDAY)) == (HAS_DAY | HAS_MONTHDAY) ||
                                 r.monthday_low > 28);
}

const char *ics_rule_refused(const char *text, int in_zone)
{
    struct rule r;
    if (strlen(text) >= RULE)
        return "a rule of more than 511 bytes";
    if (read_rule(text, &r) < 0)
        return "a rule by less than a day, or with parts that are unknown or out of range";
    if (in_zone && r.freq != YEARLY)
        return "a zone that does not change by the year";
    return sure(&r) ? NULL : "a rule for days that may never come";
}
