/* The holiday rules as data: another country is more rows. Pure. */
#ifndef ALMANAC_HOLIDAY_RULES_H
#define ALMANAC_HOLIDAY_RULES_H

#include <stddef.h>

enum holiday_kind {
    HOLIDAY_FIXED,         /* month `a`, day `b` */
    HOLIDAY_NOT_SUNDAY,    /* the same, a day earlier when that is a Sunday */
    HOLIDAY_EASTER,        /* `a` days after Easter Sunday */
    HOLIDAY_FROM           /* the first weekday `c` (0 = Monday) on or after month `a`, day `b`: 22 November, Thursday is the fourth one */
};

struct holiday_rule {
    const char *country, *regions;    /* regions: NULL everywhere, or codes between blanks */
    const char *name;
    enum holiday_kind kind;
    int a, b, c;
    int from, to;                     /* years, inclusive; 0 is open */
};

extern const struct holiday_rule holiday_rules[];
extern const size_t holiday_rules_n;

#endif
