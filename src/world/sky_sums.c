/* Hours and days of the sky: what providers and towns ask for. */
#include <math.h>

#include "world/sky.h"

static void add(struct sky_now *sum, const struct sky_now *now, double weight)
{
    sum->cloud_ratio += weight * now->cloud_ratio;
    sum->temperature_c += weight * now->temperature_c;
    sum->rain_mm_h += weight * now->rain_mm_h;
    sum->wind_m_s += weight * now->wind_m_s;
    sum->humidity_pct += weight * now->humidity_pct;
    sum->pressure_hpa += weight * now->pressure_hpa;
    sum->light.clear_w += weight * now->light.clear_w;
    sum->light.ghi_w += weight * now->light.ghi_w;
    sum->light.dni_w += weight * now->light.dni_w;
    sum->light.dhi_w += weight * now->light.dhi_w;
}

void sky_hour(struct sky *sky, int64_t hour, int64_t vintage_s, struct sky_now *ret)
{
    struct sky_now sum = {0}, now;
    for (int i = 0; i < SKY_SAMPLES; i++) {
        sky_at(sky, hour * 3600 + (2 * i + 1) * (3600 / (2 * SKY_SAMPLES)), vintage_s, &now);
        add(&sum, &now, 1.0 / SKY_SAMPLES);
        if (i == SKY_SAMPLES / 2)
            sum.wind_deg = now.wind_deg;    /* a mean of angles means nothing across north */
    }
    *ret = sum;
}

void sky_day(struct sky *sky, int64_t start_s, int64_t end_s, int64_t vintage_s, struct sky_day *ret)
{
    struct sky_day day = {.temp_max_c = -INFINITY, .temp_min_c = INFINITY};
    int64_t first = (int64_t)floor((double)start_s / 3600), last = (int64_t)floor((double)(end_s - 1) / 3600);
    for (int64_t hour = first; hour <= last; hour++) {
        struct sky_now now;
        sky_hour(sky, hour, vintage_s, &now);
        day.temp_max_c = fmax(day.temp_max_c, now.temperature_c);
        day.temp_min_c = fmin(day.temp_min_c, now.temperature_c);
        day.rain_mm += now.rain_mm_h;
        day.ghi_mj += now.light.ghi_w * 3600e-6;
        day.clear_mj += now.light.clear_w * 3600e-6;
        day.wind_max_m_s = fmax(day.wind_max_m_s, now.wind_m_s);
        day.sunshine_s += now.light.dni_w > 120 ? 3600 * fmin(now.light.dni_w / 400, 1) : 0;
        day.cloud_ratio += now.cloud_ratio / (double)(last - first + 1);
    }
    *ret = day;
}
