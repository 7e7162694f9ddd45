/* Days that change business in most of the world, by rule and without a calendar: year's end and the feasts around Easter. Pure.
 *
 * They stand in where nobody gave a calendar of public holidays. */
#ifndef FEATURES_FEAST_H
#define FEATURES_FEAST_H

#include <stdint.h>

enum { FEASTS = 11 };
extern const char *const feast_names[FEASTS];

unsigned feast_mask(int64_t day);                 /* bit i: feast i falls on this day */
int feast_is_wide(int feast);                     /* shows in a whole week, too */
int feast_is_eve(int feast);                      /* Christmas Eve, New Year's Eve */
int feast_moves(int feast);                       /* with Easter */
/* How many days before this one the same date was, in the weeks around Christmas; 0 outside of them. */
int feast_year(int64_t day);

#endif
