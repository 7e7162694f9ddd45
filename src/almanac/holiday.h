/* Holidays by rule: BE FR NL LU DE (16 states) GB (4 nations) US ES IT PT (by region). Pure. */
#ifndef ALMANAC_HOLIDAY_H
#define ALMANAC_HOLIDAY_H

#include <stddef.h>
#include <stdint.h>

/* Public: shops and offices rest by law in the whole country. Regional: the same in the region asked for. Bank: banks and offices only, and other days that
 * stand in for a holiday there. Observance: noted by many, off for some. */
enum holiday_class { HOLIDAY_PUBLIC, HOLIDAY_BANK, HOLIDAY_REGIONAL, HOLIDAY_OBSERVANCE };
extern const char *const holiday_class_names[4];      /* "public", "bank", "regional", "observance" */

enum { HOLIDAYS_MAX = 64 };
struct holiday {
    int64_t day;
    const char *name;                                 /* as a driver's suffix: "new_year", "easter_monday", "christmas_substitute" */
    enum holiday_class class;
};

int64_t easter_day(int year);                         /* Gregorian */
/* The public and regional holidays of a year, days that stand in for one included, in date order; returns the count, -ENOENT for a country without rules.
 * `region` may be NULL: only what the whole country has. "DE-SH" and "SH" name the same. */
int holiday_list(const char *country, const char *region, int year, struct holiday ret[HOLIDAYS_MAX]);
/* The same with bank days and observances. */
int holiday_list_all(const char *country, const char *region, int year, struct holiday ret[HOLIDAYS_MAX]);

#endif
