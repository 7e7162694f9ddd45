/* The simulated weather of one place: a pure function of seed, place and time, in any order. Pure.
 *
 * Behind each quantity stands a hidden normal variable that persists from hour to hour and from day to day. A forecast of a given
 * vintage sees the same hidden variables through an error that grows with the lead, so it has the right climate and the wrong day.
 * The object keeps what it computed last; copies and new objects give the same answers. */
#ifndef WORLD_SKY_H
#define WORLD_SKY_H

#include <stdint.h>

#include "world/light.h"
#include "world/sky_hidden.h"

struct sky_now {
    double cloud_ratio, temperature_c, rain_mm_h, wind_m_s, wind_deg, humidity_pct, pressure_hpa;
    struct light light;
};

enum { SKY_SAMPLES = 4 };          /* moments that stand for an hour */

struct sky_day { double temp_max_c, temp_min_c, rain_mm, ghi_mj, clear_mj, wind_max_m_s, sunshine_s, cloud_ratio; };

void sky_start(struct sky *sky, uint64_t seed, double latitude_deg, double longitude_deg);
/* The sky over another place: the same one within about 30 km, a different one beyond. */
void sky_elsewhere(const struct sky *home, double latitude_deg, double longitude_deg, struct sky *ret);
/* From now on the light (and where the file has it, the temperature) of a measured year, which must outlive the sky. */
void sky_measure(struct sky *sky, const struct sky_measured *measured);

/* The newest vintage at a time: forecasts are made each six hours. */
int64_t sky_vintage_s(int64_t utc_s);
/* The truth, or what the forecast made at `vintage_s` says. */
void sky_at(struct sky *sky, int64_t utc_s, int64_t vintage_s, struct sky_now *ret);
/* What really falls on a tilted plane, and the air's temperature: every two minutes, between them on a line. Cheap to ask again and again as time goes on. */
double sky_on_plane_w(struct sky *sky, int64_t utc_ms, double tilt_deg, double azimuth_deg, double *outside_c);
/* Mean over the hour that starts at `hour` x 3600; rain in it in mm. */
void sky_hour(struct sky *sky, int64_t hour, int64_t vintage_s, struct sky_now *ret);
/* rain_mm_h of sky_hour alone, for less. */
double sky_hour_rain_mm(struct sky *sky, int64_t hour, int64_t vintage_s);
void sky_day(struct sky *sky, int64_t start_s, int64_t end_s, int64_t vintage_s, struct sky_day *ret);

#endif
