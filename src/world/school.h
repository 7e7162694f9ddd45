/* School holidays of the world's country, by rule and for any year: two communities that differ by weeks, as where the language of the school decides. Pure. */
#ifndef WORLD_SCHOOL_H
#define WORLD_SCHOOL_H

#include <stdint.h>

enum { SCHOOL_BREAKS = 5 };
struct school_break { int64_t first, last; const char *name; };    /* days, both included */

/* The breaks of the school year that begins in `year`, in order. `second`: those of the second community. */
void school_year(int year, int second, struct school_break ret[SCHOOL_BREAKS]);
/* The last school year (its first calendar year) that is announced by a day: the second community decides late. */
int school_announced(int64_t day, int second);

#endif
