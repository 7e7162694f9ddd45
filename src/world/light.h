/* Sunlight through air and cloud, in W/m2. Pure.
 * The clear sky follows Ineichen and Perez (2002) at sea level with a seasonal turbidity and the diffuse share follows Erbs (1982): deliberately
 * other formulas than the ones the daemon plans with, so that its outlook has to be learned. */
#ifndef WORLD_LIGHT_H
#define WORLD_LIGHT_H

#include <stdint.h>

#include "almanac/sun.h"

struct light { double clear_w, ghi_w, dni_w, dhi_w; };

/* The season from -1 (deepest winter) to 1, and the sun's radiation relative to its mean over the year. */
void light_season(int64_t utc_s, double latitude_deg, double *summer, double *distance);
/* Without a cloud; 0 when the sun is down. */
double light_clear_w(const struct sun *sun, double summer, double distance);
/* Splits a known global irradiance into beam and diffuse; `diffuse` is the share of the latter, NaN when nobody measured it. */
void light_split(const struct sun *sun, double distance, double clear_w, double ghi_w, double diffuse, struct light *ret);

void light_through(const struct sun *sun, double summer, double distance, double cloud_ratio, double opacity, struct light *ret);
/* Irradiance on a tilted plane: isotropic sky, 20 % ground reflection. Azimuth clockwise from north. */
double light_on_plane_w(const struct light *light, const struct sun *sun, double tilt_deg, double azimuth_deg);

#endif
