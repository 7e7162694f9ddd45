#include "almanac/holiday.h"

#include <errno.h>
#include <string.h>

#include "almanac/civil.h"

/* The anonymous Gregorian computation (Meeus, Jones, Butcher). */
int64_t easter_day(int y)
{
    int a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
    int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
    int m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;
    return civil_day(y, n / 31, n % 31 + 1);
}

enum kind {
    FIXED,      /* month `a`, day `b` */
    EASTER,     /* `a` days after Easter Sunday */
    WEEKDAY     /* in month `a`, the `c`-th (negative: from the end) weekday `b`, 0 = Monday */
};

/* One rule of one country. `region` NULL: everywhere; else the code as in ISO 3166-2 or the feeds' group. Years are inclusive, 0: open. */
struct rule {
    const char *country, *region, *name;
    enum kind kind;
    int a, b, c;
    int from, to;
};

static const struct rule rules[] = {
    { "BE", NULL, "new_year", FIXED, 1, 1, 0, 0, 0 },
    { "BE", NULL, "easter_monday", EASTER, 1, 0, 0, 0, 0 },
    { "BE", NULL, "labour_day", FIXED, 5, 1, 0, 1948, 0 },
    { "BE", NULL, "ascension", EASTER, 39, 0, 0, 0, 0 },
    { "BE", NULL, "whit_monday", EASTER, 50, 0, 0, 0, 0 },
    { "BE", NULL, "national_day", FIXED, 7, 21, 0, 1890, 0 },
    { "BE", NULL, "assumption", FIXED, 8, 15, 0, 0, 0 },
    { "BE", NULL, "all_saints", FIXED, 11, 1, 0, 0, 0 },
    { "BE", NULL, "armistice", FIXED, 11, 11, 0, 1922, 0 },
    { "BE", NULL, "christmas", FIXED, 12, 25, 0, 0, 0 },
};

/* "BE-NL" is the region of a rule for "NL" too: feeds and people write both. */
static int region_matches(const char *rule, const char *region)
{
    if (rule == NULL)
        return 1;
    if (region == NULL)
        return 0;
    const char *dash = strchr(region, '-');
    return strcmp(rule, region) == 0 || (dash != NULL && strcmp(rule, dash + 1) == 0);
}

static int64_t weekday_of_month(int year, int month, int weekday, int which)
{
    int64_t first = civil_day(year, month, 1);
    if (which > 0)
        return first + (weekday - civil_weekday(first) + 7) % 7 + 7 * (which - 1);
    int64_t last = first + civil_month_length(year, month) - 1;
    return last - (civil_weekday(last) - weekday + 7) % 7 + 7 * (which + 1);
}

static int64_t rule_day(const struct rule *rule, int year)
{
    switch (rule->kind) {
    case FIXED: return civil_day(year, rule->a, rule->b);
    case EASTER: return easter_day(year) + rule->a;
    default: return weekday_of_month(year, rule->a, rule->b, rule->c);
    }
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
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *rule = &rules[i];
        if (strcmp(rule->country, country) != 0)
            continue;
        known = 1;
        if (!region_matches(rule->region, region) || (rule->from != 0 && year < rule->from) || (rule->to != 0 && year > rule->to))
            continue;
        if (n < HOLIDAYS_MAX)
            insert(ret, n++, (struct holiday){ rule_day(rule, year), rule->name });
    }
    return known ? n : -ENOENT;
}
