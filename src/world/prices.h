/* Consumer prices of a country: annual rates by month as first estimated and as final, and the index that goes with them. Pure. */
#ifndef WORLD_PRICES_H
#define WORLD_PRICES_H

#include <stdint.h>

/* `month` counts from 1970-01. Rates in percent with one decimal. */
double prices_final_pct(uint64_t seed, const char *geo, int64_t month);
/* The final rate as the tables of revised data show it on a day: one month in four is corrected by a tenth, a year and some later. */
double prices_revised_pct(uint64_t seed, const char *geo, int64_t month, int64_t today);
double prices_flash_pct(uint64_t seed, const char *geo, int64_t month);
double prices_index(uint64_t seed, const char *geo, int64_t month);    /* 2015 = 100 */
/* The rate of the country's own index, which is not the harmonised one: two decimals. */
double prices_national_pct(uint64_t seed, const char *geo, int64_t month);
/* Days on which they are published: the flash on the last day of the month, the final about the 18th of the next (of January, the 25th). */
int64_t prices_flash_day(int64_t month);
int64_t prices_final_day(int64_t month);

#endif
