#include "almanac/zone_rule.h"

#include <errno.h>
#include <string.h>

#include "almanac/civil.h"

struct cursor { const char *at, *end; };

static int peek(const struct cursor *c)
{
    return c->at < c->end ? (unsigned char)*c->at : -1;
}

static int take(struct cursor *c, char wanted)
{
    if (peek(c) != wanted)
        return 0;
    c->at++;
    return 1;
}

static int number(struct cursor *c, int low, int high, int *ret)
{
    int value = 0, n = 0;
    for (; n < 3 && peek(c) >= '0' && peek(c) <= '9'; n++)
        value = value * 10 + (*c->at++ - '0');
    if (n == 0 || value < low || value > high)
        return -EINVAL;
    *ret = value;
    return 0;
}

static int is_letter(int c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "CET" or "<+03>": only its end matters. */
static int skip_name(struct cursor *c)
{
    const char *start = c->at;
    if (take(c, '<')) {
        while (peek(c) >= 0 && peek(c) != '>')
            c->at++;
        return take(c, '>') && c->at - start >= 5 ? 0 : -EINVAL;
    }
    while (is_letter(peek(c)))
        c->at++;
    return c->at - start >= 3 ? 0 : -EINVAL;
}

/* [+-]hh[:mm[:ss]] */
static int time_of(struct cursor *c, int hours_max, int *ret)
{
    int sign = take(c, '-') ? -1 : 1, hours = 0, minutes = 0, seconds = 0;
    if (sign > 0)
        take(c, '+');
    if (number(c, 0, hours_max, &hours) < 0)
        return -EINVAL;
    if (take(c, ':') && number(c, 0, 59, &minutes) < 0)
        return -EINVAL;
    if (take(c, ':') && number(c, 0, 59, &seconds) < 0)
        return -EINVAL;
    *ret = sign * (hours * 3600 + minutes * 60 + seconds);
    return 0;
}

static int month_rule(struct cursor *c, struct zone_change *ret)
{
    ret->kind = CHANGE_MONTH;
    if (number(c, 1, 12, &ret->month) < 0 || !take(c, '.') || number(c, 1, 5, &ret->week) < 0 || !take(c, '.'))
        return -EINVAL;
    return number(c, 0, 6, &ret->day);
}

static int change_of(struct cursor *c, struct zone_change *ret)
{
    int r;
    if (!take(c, ','))
        return -EINVAL;
    if (take(c, 'M')) {
        r = month_rule(c, ret);
    } else {
        ret->kind = take(c, 'J') ? CHANGE_JULIAN : CHANGE_DAY;
        r = number(c, ret->kind == CHANGE_JULIAN, 365, &ret->day);
    }
    ret->time_s = 7200;
    return r == 0 && take(c, '/') ? time_of(c, 167, &ret->time_s) : r;
}

static int summer_of(struct cursor *c, struct zone_rule *ret)
{
    ret->has_summer = 1;
    ret->summer_s = ret->standard_s + 3600;
    if (skip_name(c) < 0)
        return -EINVAL;
    if (peek(c) != ',') {
        int west;
        if (time_of(c, 24, &west) < 0)
            return -EINVAL;
        ret->summer_s = -west;
    }
    return change_of(c, &ret->start) < 0 ? -EINVAL : change_of(c, &ret->end);
}

int zone_rule_parse(const char *text, size_t len, struct zone_rule *ret)
{
    struct cursor c = { text, text + len };
    struct zone_rule rule;
    memset(&rule, 0, sizeof rule);
    int west;
    if (skip_name(&c) < 0 || time_of(&c, 24, &west) < 0)
        return -EINVAL;
    rule.standard_s = -west;      /* POSIX counts westwards */
    if (c.at < c.end && summer_of(&c, &rule) < 0)
        return -EINVAL;
    if (c.at != c.end)
        return -EINVAL;
    *ret = rule;
    return 0;
}

/* Sunday is 0 in the rule and 6 in the almanac. */
static int64_t month_change_day(const struct zone_change *change, int year)
{
    int64_t first = civil_day(year, change->month, 1);
    int weekday = (change->day + 6) % 7, length = civil_month_length(year, change->month);
    int in_month = (weekday - civil_weekday(first) + 7) % 7 + 7 * (change->week - 1);
    while (in_month >= length)
        in_month -= 7;            /* week 5 is the last one, whether fourth or fifth */
    return first + in_month;
}

static int64_t change_day(const struct zone_change *change, int year)
{
    int64_t first = civil_day(year, 1, 1);
    int leap = civil_month_length(year, 2) == 29;
    switch (change->kind) {
    case CHANGE_JULIAN: return first + change->day - 1 + (leap && change->day > 59);
    case CHANGE_DAY: return first + change->day;
    default: return month_change_day(change, year);
    }
}

/* The latest change at or before `utc_s` decides; those of the neighbour years count because local and UTC years differ, and because
 * southern summers cross the year. On equal times the later one wins, which lets "summer all year" rules work. */
int zone_rule_span(const struct zone_rule *rule, int64_t utc_s, int64_t *from_s, int64_t *until_s)
{
    int year, month, mday, offset_s = rule->standard_s;
    int64_t newest = INT64_MIN, next = INT64_MAX;
    *from_s = newest;
    *until_s = next;
    if (!rule->has_summer)
        return rule->standard_s;
    civil_date(utc_s / 86400 - (utc_s % 86400 < 0), &year, &month, &mday);
    for (int i = 0; i < 6; i++) {
        const struct zone_change *change = i % 2 == 0 ? &rule->start : &rule->end;
        int64_t at = change_day(change, year - 1 + i / 2) * 86400 + change->time_s - (i % 2 == 0 ? rule->standard_s : rule->summer_s);
        if (at > utc_s) {
            next = at < next ? at : next;
        } else if (at >= newest) {
            newest = at;
            offset_s = i % 2 == 0 ? rule->summer_s : rule->standard_s;
        }
    }
    *from_s = newest;
    *until_s = next;
    return offset_s;
}
