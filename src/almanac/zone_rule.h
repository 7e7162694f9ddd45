/* The POSIX rule in the footer of a TZif file ("CET-1CEST,M3.5.0,M10.5.0/3"), which holds after the last listed change. Pure. */
#ifndef ALMANAC_ZONE_RULE_H
#define ALMANAC_ZONE_RULE_H

#include <stddef.h>
#include <stdint.h>

struct zone_change {
    enum { CHANGE_JULIAN, CHANGE_DAY, CHANGE_MONTH } kind;   /* Jn (no leap day), n (from 0), Mm.w.d */
    int month, week, day;         /* day: of the year, or of the week with 0 = Sunday */
    int time_s;                   /* local time of the change, -167 h .. 167 h */
};

struct zone_rule {
    int standard_s, summer_s;     /* east positive; summer may lie behind standard (Dublin) */
    int has_summer;
    struct zone_change start, end;
};

int zone_rule_parse(const char *text, size_t len, struct zone_rule *ret);      /* 0 or -EINVAL */
/* The offset at `utc_s`, and [*from_s, *until_s): the moments around it between the changes. */
int zone_rule_span(const struct zone_rule *rule, int64_t utc_s, int64_t *from_s, int64_t *until_s);

#endif
