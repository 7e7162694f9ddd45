/* Effects of drivers as the text they are kept in, and moves of forecasts. Private to this folder. */
#ifndef STORE_CHANGES_H
#define STORE_CHANGES_H

#include "store/db.h"

enum { EFFECT_WIDTH = 10 };       /* "-1.234e+05"; the views of forecast.db count on it */

char *effects_text(const double *effect, int n);       /* free(); NULL: no memory */

#endif
