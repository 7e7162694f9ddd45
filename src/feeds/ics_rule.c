/* Rules are let through by their form: what may make libical search for centuries is refused, and nobody's calendar needs it. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feeds/ics.h"

enum { RULE = 512 };

/* The value of `key` in "FREQ=WEEKLY;BYDAY=SA", with its length; NULL when absent. */
static const char *part(const char *rule, const char *key, size_t *len)
{
    size_t n = strlen(key);
    for (const char *p = rule; p != NULL; p = strchr(p, ';') == NULL ? NULL : strchr(p, ';') + 1)
        if (strncasecmp(p, key, n) == 0 && p[n] == '=') {
            *len = strcspn(p + n + 1, ";");
            return p + n + 1;
        }
    return NULL;
}

static int has(const char *rule, const char *key)
{
    size_t len;
    return part(rule, key, &len) != NULL;
}

static int is(const char *rule, const char *key, const char *value)
{
    size_t len;
    const char *p = part(rule, key, &len);
    return p != NULL && len == strlen(value) && strncasecmp(p, value, len) == 0;
}

static int lists(const char *rule, const char *key)
{
    size_t len;
    const char *p = part(rule, key, &len);
    return p != NULL && memchr(p, ',', len) != NULL;
}

/* Days and weeks are stepped one by one over centuries when the days asked for never come. */
static int can_miss(const char *rule)
{
    size_t len;
    const char *interval = part(rule, "INTERVAL", &len);
    int stepped = interval != NULL && atoi(interval) != 1;
    if (has(rule, "BYMONTHDAY") || has(rule, "BYYEARDAY") || has(rule, "BYWEEKNO") || has(rule, "BYSETPOS"))
        return 1;
    return stepped && (has(rule, "BYMONTH") || (is(rule, "FREQ", "DAILY") && has(rule, "BYDAY")));
}

/* One of the numbers of a list, 0 at its end. */
static int number(const char **at, const char *end)
{
    if (*at >= end)
        return 0;
    int x = atoi(*at);
    const char *comma = memchr(*at, ',', (size_t)(end - *at));
    *at = comma == NULL ? end : comma + 1;
    return x;
}

/* "BYMONTH=2;BYMONTHDAY=30": libical would look for it until the year 2582. */
static int never_comes(const char *rule)
{
    static const int length[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    size_t months_len, days_len;
    const char *months = part(rule, "BYMONTH", &months_len), *days = part(rule, "BYMONTHDAY", &days_len);
    if (months == NULL || days == NULL)
        return 0;
    for (const char *m = months; m < months + months_len;) {
        int month = number(&m, months + months_len);
        for (const char *d = days; d < days + days_len && month >= 1 && month <= 12;)
            if (abs(number(&d, days + days_len)) <= length[month - 1])
                return 0;
    }
    return 1;
}

int ics_rule_is_elaborate(const char *rule)
{
    static const char *const picks[] = { "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYWEEKNO", "BYYEARDAY" };
    int n = 0;
    for (size_t i = 0; i < sizeof picks / sizeof picks[0]; i++)
        n += has(rule, picks[i]);
    int usual = n < 2 || (n == 2 && has(rule, "BYMONTH") && (has(rule, "BYMONTHDAY") || has(rule, "BYDAY")));
    return !usual && !is(rule, "FREQ", "WEEKLY") && !is(rule, "FREQ", "DAILY");
}

const char *ics_rule_refused(const char *rule, int in_zone)
{
    int yearly = is(rule, "FREQ", "YEARLY"), monthly = is(rule, "FREQ", "MONTHLY"), weekly = is(rule, "FREQ", "WEEKLY"), daily = is(rule, "FREQ", "DAILY");
    if (strlen(rule) >= RULE)
        return "a rule of more than 511 bytes";
    if (in_zone && !yearly)
        return "a zone that does not change by the year";
    if (!yearly && !monthly && !weekly && !daily)
        return "a rule by less than a day";
    if (has(rule, "BYSECOND") || has(rule, "BYMINUTE") || lists(rule, "BYHOUR"))
        return "a rule by less than a day";
    if (has(rule, "RSCALE") || has(rule, "SKIP"))
        return "a rule in another calendar than ours";
    if ((weekly || daily) && can_miss(rule))
        return "a rule by days that picks days by another count";
    if (never_comes(rule))
        return "a rule for days that never come";
    return NULL;
}
