/* The sun: position and clear-sky irradiance. Pure. Degrees; azimuth clockwise from north. */
#ifndef ALMANAC_SUN_H
#define ALMANAC_SUN_H

#include <stdint.h>

struct sun { double elevation_deg, azimuth_deg, cos_zenith; };

void sun_position(int64_t utc_s, double latitude_deg, double longitude_deg, struct sun *ret);   /* within 0.3 degrees, 1950..2100 */
double sun_clear_ghi_w(const struct sun *sun, int day_of_year);                                    /* Haurwitz, W/m2 on the flat */
/* Next sunrise (elevation crosses -0.833 upwards) after `utc_s`; GNM_NEVER when none within 366 days. */
int64_t sun_next_rise_s(int64_t utc_s, double latitude_deg, double longitude_deg);
/* Global irradiance from cloud cover where a feed gives no radiation: G_clear (1 - 0.75 c^3.4). */
double sun_cloudy_ghi_w(double clear_w, double cloud_ratio);

#endif
