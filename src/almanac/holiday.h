/* Public holidays by rule. Pure. Belgium first; other countries are added as rule tables. */
#ifndef ALMANAC_HOLIDAY_H
#define ALMANAC_HOLIDAY_H

#include <stddef.h>
#include <stdint.h>

enum { HOLIDAYS_MAX = 64 };
struct holiday { int64_t day; const char *name; };    /* names as driver suffixes: "new_year", "easter_monday" */

int64_t easter_day(int year);                         /* Gregorian */
/* Fills `ret` in date order; returns the count, -ENOENT for a country without rules. `region` may be NULL. */
int holiday_list(const char *country, const char *region, int year, struct holiday ret[HOLIDAYS_MAX]);

#endif
