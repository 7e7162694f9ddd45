#include "world/sky.h"

#include <math.h>
#include <string.h>

#include "world/noise.h"

static const double two_pi = 6.283185307179586;

void sky_start(struct sky *sky, uint64_t seed, double latitude_deg, double longitude_deg)
{
    memset(sky, 0, sizeof *sky);
    sky->seed = noise_stream(seed, "sky");
    sky->latitude_deg = latitude_deg;
    sky->longitude_deg = longitude_deg;
}

void sky_elsewhere(const struct sky *home, double latitude_deg, double longitude_deg, struct sky *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->seed = home->seed;
    ret->latitude_deg = latitude_deg;
    ret->longitude_deg = longitude_deg;
    if (fabs(latitude_deg - home->latitude_deg) < 0.3 && fabs(longitude_deg - home->longitude_deg) < 0.45)
        return;
    int64_t cell = (int64_t)floor(latitude_deg * 2) * 1000 + (int64_t)floor(longitude_deg * 2);
    ret->seed = noise_stream(home->seed + (uint64_t)cell, "elsewhere");
}

int64_t sky_vintage_s(int64_t utc_s)
{
    int64_t rest = utc_s % SKY_VINTAGE_S;
    return utc_s - (rest < 0 ? rest + SKY_VINTAGE_S : rest);
}

/* 1 around 20 July, -1 half a year later; the other way round south of the equator. */
static double season(double latitude_deg, double utc_s)
{
    double years = (utc_s / 86400 - 200) / 365.2425;
    return (latitude_deg < 0 ? -1 : 1) * cos(two_pi * years);
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* U-shaped, as measured cloud cover is: mostly closed or mostly open, more closed in winter. */
static double cloud_ratio(double hidden, double summer)
{
    return logistic(0.80 - 0.35 * summer + 1.9 * hidden);
}

/* Broken cloud passes within minutes; forecasts do not know when. */
static double with_passing_cloud(const struct sky *sky, double ratio, int64_t utc_s)
{
    double flicker = noise_between(noise_stream(sky->seed, "passing"), 0.3, (double)utc_s / 600);
    return fmin(fmax(ratio + 1.2 * ratio * (1 - ratio) * flicker, 0), 1);
}

static double mix(double a, double b, double f)
{
    return a + f * (b - a);
}

static void hidden_between(struct sky *sky, int64_t utc_s, int64_t vintage_s, struct sky_hidden *ret)
{
    int64_t hour = (int64_t)floor((double)utc_s / 3600);
    double f = (double)(utc_s - hour * 3600) / 3600;
    struct sky_hidden a, b;
    sky_hidden_at(sky, hour, vintage_s, &a);
    sky_hidden_at(sky, hour + 1, vintage_s, &b);
    *ret = (struct sky_hidden){
        .cloud = mix(a.cloud, b.cloud, f),
        .cloud_day = mix(a.cloud_day, b.cloud_day, f),
        .opacity = mix(a.opacity, b.opacity, f),
        .temperature = mix(a.temperature, b.temperature, f),
        .wet = mix(a.wet, b.wet, f),
        .wind = mix(a.wind, b.wind, f),
        .wind_direction = mix(a.wind_direction, b.wind_direction, f),
    };
}

/* Seasonal mean, the day's anomaly, and a daily swing that is large under an open sky; cloud warms winter and cools summer. */
static void temperature(const struct sky *sky, const struct sky_hidden *hidden, double summer, double solar_hour, struct sky_now *ret)
{
    double latitude = fabs(sky->latitude_deg), closed = cloud_ratio(hidden->cloud_day, summer);
    double mean_c = 27 - 0.32 * latitude + 0.15 * latitude * summer;
    double swing_c = (1.2 + 4.6 * (1 - closed)) * (0.8 + 0.3 * summer) * cos(two_pi * (solar_hour - 15) / 24);
    ret->temperature_c = mean_c + 3.2 * hidden->temperature + 4 * (0.6 - closed) * summer + swing_c;
    double dry = 2.6 * swing_c + 14 * (0.5 - closed);
    ret->humidity_pct = fmin(fmax(79 - dry + 4 * hidden->wet - 5 * summer, 22), 100);
    ret->pressure_hpa = 1015.5 - 6.5 * hidden->cloud_day - 2.5 * hidden->wind;
}

static void rain_and_wind(const struct sky_hidden *hidden, double summer, double solar_hour, struct sky_now *ret)
{
    double wet = 0.60 * hidden->cloud + 0.80 * hidden->wet - 1.18;
    ret->rain_mm_h = wet > 0 && ret->cloud_ratio > 0.5 ? (1.9 + 0.9 * summer) * pow(wet, 1.3) : 0;
    double by_day = 1 + 0.18 * cos(two_pi * (solar_hour - 14) / 24);
    ret->wind_m_s = exp(1.36 - 0.10 * summer + 0.40 * hidden->wind) * by_day;
    ret->wind_deg = fmod(225 + 70 * hidden->wind_direction + 720, 360);
}

void sky_at(struct sky *sky, int64_t utc_s, int64_t vintage_s, struct sky_now *ret)
{
    struct sky_hidden hidden;
    hidden_between(sky, utc_s, vintage_s, &hidden);
    double summer = season(sky->latitude_deg, (double)utc_s);
    double solar_hour = fmod((double)utc_s / 3600 + sky->longitude_deg / 15 + 48, 24);
    ret->cloud_ratio = cloud_ratio(hidden.cloud, summer);
    if (vintage_s == SKY_TRUTH)
        ret->cloud_ratio = with_passing_cloud(sky, ret->cloud_ratio, utc_s);
    temperature(sky, &hidden, summer, solar_hour, ret);
    rain_and_wind(&hidden, summer, solar_hour, ret);
    struct sun sun;
    sun_position(utc_s, sky->latitude_deg, sky->longitude_deg, &sun);
    double distance = 1 + 0.0334 * cos(two_pi * ((double)utc_s / 86400 - 3) / 365.2425);
    light_through(&sun, summer, distance, ret->cloud_ratio, hidden.opacity, &ret->light);
}
