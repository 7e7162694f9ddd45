/* The hidden normal variables behind the weather: persistence, and the growing error of forecasts. Pure. */
#ifndef WORLD_SKY_HIDDEN_H
#define WORLD_SKY_HIDDEN_H

#include "world/sky.h"

void sky_hidden_at(struct sky *sky, int64_t hour, int64_t vintage_s, struct sky_hidden *ret);
/* How well a forecast knows the hidden variables after `lead_h` hours: a correlation. */
double sky_skill(double lead_h);

#endif
