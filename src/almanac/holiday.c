#include "almanac/holiday.h"

#include <errno.h>
#include <string.h>

#include "almanac/civil.h"
#include "almanac/holiday_rules.h"

/* The anonymous Gregorian computation (Meeus, Jones, Butcher). */
int64_t easter_day(int y)
{
    int a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
    int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
    int m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;
    return civil_day(y, n / 31, n % 31 + 1);
}

/* Feeds and people write "DE-BY" and "BY": both name the region "BY" of a rule. */
static int region_matches(const char *regions, const char *region)
{
    if (regions == NULL)
        return 1;
    if (region == NULL)
        return 0;
    const char *dash = strchr(region, '-');
    const char *code = dash == NULL ? region : dash + 1;
    size_t len = strlen(code);
    for (const char *p = regions; len > 0 && (p = strstr(p, code)) != NULL; p += len)
        if ((p == regions || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
            return 1;
    return 0;
}

const char *const holiday_class_names[4] = { "public", "bank", "regional", "observance" };

static int holds(const struct holiday_rule *rule, const char *region, int year)
{
    return region_matches(rule->regions, region) && (rule->from == 0 || year >= rule->from) && (rule->to == 0 || year <= rule->to);
}

static int64_t rule_day(const struct holiday_rule *rule, int year)
{
    if (rule->kind == HOLIDAY_EASTER)
        return easter_day(year) + rule->a;
    int64_t day = civil_day(year, rule->a, rule->b);
    if (rule->kind == HOLIDAY_NOT_SUNDAY)
        return day - (civil_weekday(day) == 6);
    return rule->kind == HOLIDAY_FROM ? day + (rule->c - civil_weekday(day) + 7) % 7 : day;
}

struct days { struct holiday *list; int n; };

/* Keeps date order; two holidays on one day (Ascension on 1 May) stay two. */
static void insert(struct days *days, int64_t day, const char *name, enum holiday_class class)
{
    if (days->n == HOLIDAYS_MAX)
        return;
    int at = days->n++;
    for (; at > 0 && days->list[at - 1].day > day; at--)
        days->list[at] = days->list[at - 1];
    days->list[at] = (struct holiday){ day, name, class };
}

static int is_taken(const struct days *days, int64_t day)
{
    for (int i = 0; i < days->n; i++)
        if (days->list[i].day == day)
            return 1;
    return 0;
}

/* The day that stands in for one on a weekend; `day` itself when none does. */
static int64_t other_day(const struct holiday_rule *rule, const struct days *days, int64_t day)
{
    int weekday = civil_weekday(day);
    if (weekday < 5 || rule->move == HOLIDAY_STAYS)
        return day;
    if (rule->move == HOLIDAY_NEAREST)
        return weekday == 5 ? day - 1 : day + 1;
    if (rule->move == HOLIDAY_MONDAY)
        return weekday == 6 ? day + 1 : day;
    while (civil_weekday(day) >= 5 || is_taken(days, day))
        day++;
    return day;
}

static enum holiday_class other_class(const struct holiday_rule *rule)
{
    return rule->move == HOLIDAY_NEXT_FREE ? (enum holiday_class)rule->class : rule->move == HOLIDAY_NEAREST ? HOLIDAY_BANK : HOLIDAY_OBSERVANCE;
}

static int is_off(enum holiday_class class)
{
    return class == HOLIDAY_PUBLIC || class == HOLIDAY_REGIONAL;
}

/* Days that stand in come after all others are known, in order of the rules; New Year's may lie in the year before. */
static void add_others(const char *country, const char *region, int year, int all, struct days *days)
{
    int64_t first = civil_day(year, 1, 1), end = civil_day(year + 1, 1, 1);
    for (size_t i = 0; i < holiday_rules_n; i++) {
        const struct holiday_rule *rule = &holiday_rules[i];
        if (rule->move == HOLIDAY_STAYS || strcmp(rule->country, country) != 0 || !(all || is_off(other_class(rule))))
            continue;
        for (int y = year; y <= year + 1; y++) {
            int64_t day = rule_day(rule, y), other = holds(rule, region, y) ? other_day(rule, days, day) : day;
            if (other != day && other >= first && other < end)
                insert(days, other, rule->moved, other_class(rule));
        }
    }
}

static int list_of(const char *country, const char *region, int year, int all, struct holiday *ret)
{
    struct days days = { .list = ret };
    int known = 0;
    for (size_t i = 0; i < holiday_rules_n; i++) {
        const struct holiday_rule *rule = &holiday_rules[i];
        if (strcmp(rule->country, country) != 0)
            continue;
        known = 1;
        if (holds(rule, region, year) && (all || is_off((enum holiday_class)rule->class)))
            insert(&days, rule_day(rule, year), rule->name, (enum holiday_class)rule->class);
    }
    if (known)
        add_others(country, region, year, all, &days);
    return known ? days.n : -ENOENT;
}

int holiday_list(const char *country, const char *region, int year, struct holiday ret[HOLIDAYS_MAX])
{
    return list_of(country, region, year, 0, ret);
}

int holiday_list_all(const char *country, const char *region, int year, struct holiday ret[HOLIDAYS_MAX])
{
    return list_of(country, region, year, 1, ret);
}
