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

/* What happens when the day falls on a weekend; the day itself stays in the list. */
enum holiday_move {
    HOLIDAY_STAYS,
    HOLIDAY_NEXT_FREE,     /* the next working day that is no holiday is off as well: Great Britain */
    HOLIDAY_NEAREST,       /* Saturday: the Friday before, Sunday: the Monday after, in offices and banks: United States */
    HOLIDAY_MONDAY         /* Sunday: regions may take the Monday after: Spain */
};

struct holiday_rule {
    char country[3];
    unsigned char kind, class, move;
    signed char a, b, c;
    short from, to;                   /* years, inclusive; 0 is open */
    const char *regions;              /* NULL everywhere, or codes between blanks */
    const char *name;
    const char *moved;                /* name of the other day */
};

extern const struct holiday_rule holiday_rules[];
extern const size_t holiday_rules_n;

#endif
