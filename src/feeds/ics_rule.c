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
    return NULL;
}
