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

/* Keeps date order; two holidays on one day (Ascension on 1 May) stay two. */
static void insert(struct holiday *list, int n, struct holiday new)
{
    for (; n > 0 && list[n - 1].day > new.day; n--)
        list[n] = list[n - 1];
    list[n] = new;
}

int holiday_list(const char *country, const char *region, int year, struct holiday ret[HOLIDAYS_MAX])
{
    int n = 0, known = 0;
    for (size_t i = 0; i < holiday_rules_n; i++) {
        const struct holiday_rule *rule = &holiday_rules[i];
        if (strcmp(rule->country, country) != 0)
            continue;
        known = 1;
        if (holds(rule, region, year) && n < HOLIDAYS_MAX)
            insert(ret, n++, (struct holiday){ rule_day(rule, year), rule->name });
    }
    return known ? n : -ENOENT;
}
