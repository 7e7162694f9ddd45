/* The distributions a town draws from, and their medians. Pure. */
#ifndef WORLD_TOWN_DRAW_H
#define WORLD_TOWN_DRAW_H

#include <stdint.h>

#include "base/random.h"

/* A count with this mean, its rate gamma-distributed with this shape: negative binomial. */
int64_t draw_count(struct random *r, double mean, double shape);
int64_t count_median(double mean, double shape);
/* Money with this mean, gamma-distributed. */
double draw_money(struct random *r, double mean, double shape);
double money_median(double mean, double shape);

#endif
