#include "world/sky.h"

#include <math.h>
#include <string.h>

#include "world/noise.h"

static const double two_pi = 6.283185307179586;

enum { PASSING_S = 600, LOOK_S = 120 };

static void start(struct sky *sky, uint64_t seed, double latitude_deg, double longitude_deg)
{
    memset(sky, 0, sizeof *sky);
    sky->seed = seed;
    sky->latitude_deg = latitude_deg;
    sky->longitude_deg = longitude_deg;
    sky->skill = 1;
    sky_climate(latitude_deg, &sky->climate);
    sky_hidden_start(sky);
}

void sky_start(struct sky *sky, uint64_t seed, double latitude_deg, double longitude_deg)
{
    start(sky, noise_stream(seed, "sky"), latitude_deg, longitude_deg);
}

void sky_elsewhere(const struct sky *home, double latitude_deg, double longitude_deg, struct sky *ret)
{
    int near = fabs(latitude_deg - home->latitude_deg) < 0.3 && fabs(longitude_deg - home->longitude_deg) < 0.45;
    int64_t cell = (int64_t)floor(latitude_deg * 2) * 1000 + (int64_t)floor(longitude_deg * 2);
    start(ret, near ? home->seed : noise_child(home->seed, cell), latitude_deg, longitude_deg);
    ret->skill = home->skill;
    if (near) {
        ret->measured = home->measured;
        ret->climate = home->climate;
    }
}

void sky_measure(struct sky *sky, const struct sky_measured *measured)
{
    sky->measured = measured;
    sky_hidden_start(sky);
}

int64_t sky_vintage_s(int64_t utc_s)
{
    int64_t rest = utc_s % SKY_VINTAGE_S;
    return utc_s - (rest < 0 ? rest + SKY_VINTAGE_S : rest);
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static int64_t hour_of(int64_t utc_s)
{
    return utc_s / 3600 - (utc_s % 3600 < 0);
}

/* The year has three waves of cloud: the season, its half, and a lag behind the sun. */
static double usual_cloud(const struct sky *sky, int64_t utc_s)
{
    const struct sky_climate *climate = &sky->climate;
    double phase = two_pi * ((double)utc_s / 86400 - 172) / 365.2425, south = sky->latitude_deg < 0 ? -1 : 1;
    return climate->cloud - south * climate->cloud_summer * cos(phase) + climate->cloud_half * cos(2 * phase) - south * climate->cloud_quarter * sin(phase);
}

static const struct sky_season *season_at(struct sky *sky, int64_t utc_s)
{
    int64_t hour = hour_of(utc_s);
    struct sky_season *season = &sky->season[(uint64_t)hour % 2];
    if (!season->used || season->hour != hour) {
        *season = (struct sky_season){.hour = hour, .used = 1, .usual_cloud = usual_cloud(sky, hour * 3600)};
        light_season(hour * 3600, sky->latitude_deg, &season->summer, &season->distance);
    }
    return season;
}

/* U-shaped, as measured cloud cover is: mostly closed or mostly open. */
static double cloud_ratio(const struct sky_season *season, double hidden)
{
    return logistic(season->usual_cloud + 1.84 * hidden);
}

/* Broken cloud passes within minutes; forecasts do not know when. */
static double with_passing_cloud(struct sky *sky, double ratio, int64_t utc_s)
{
    struct sky_passing *passed = &sky->passed;
    int64_t slot = utc_s / PASSING_S - (utc_s % PASSING_S < 0);
    if (!passed->used || passed->slot != slot)
        *passed = (struct sky_passing){.slot = slot, .used = 1, .from = noise_ar(sky->passing, 0.3, slot), .to = noise_ar(sky->passing, 0.3, slot + 1)};
    double flicker = noise_blend(passed->from, passed->to, 0.3, (double)(utc_s - slot * PASSING_S) / PASSING_S);
    return fmin(fmax(ratio + 1.2 * ratio * (1 - ratio) * flicker, 0), 1);
}

static double mix(double a, double b, double f)
{
    return a + f * (b - a);
}

static void blend(const struct sky_hidden *a, const struct sky_hidden *b, double f, struct sky_hidden *ret)
{
    *ret = (struct sky_hidden){
        .cloud = mix(a->cloud, b->cloud, f),
        .cloud_day = mix(a->cloud_day, b->cloud_day, f),
        .opacity = mix(a->opacity, b->opacity, f),
        .temperature = mix(a->temperature, b->temperature, f),
        .wet = mix(a->wet, b->wet, f),
        .wind = mix(a->wind, b->wind, f),
        .wind_direction = mix(a->wind_direction, b->wind_direction, f),
    };
}

static void hidden_between(struct sky *sky, int64_t utc_s, int64_t vintage_s, struct sky_hidden *ret)
{
    int64_t hour = hour_of(utc_s);
    struct sky_hidden a, b;
    sky_hidden_at(sky, hour, vintage_s, &a);
    sky_hidden_at(sky, hour + 1, vintage_s, &b);
    blend(&a, &b, (double)(utc_s - hour * 3600) / 3600, ret);
}

/* Seasonal mean, the day's anomaly, and a daily swing that is large under an open sky; cloud warms winter and cools summer. */
static void temperature(const struct sky *sky, const struct sky_hidden *hidden, double closed, double summer, double solar_hour, struct sky_now *ret)
{
    const struct sky_climate *climate = &sky->climate;
    double mean_c = climate->mean_c + climate->summer_c * summer;
    double swing_c = climate->swing_c * (0.27 + 1.05 * (1 - closed)) * (0.8 + 0.3 * summer) * cos(two_pi * (solar_hour - 15) / 24);
    ret->temperature_c = mean_c + 3.2 * hidden->temperature + 4 * (0.6 - closed) * summer + swing_c;
    double dry = 1.75 * swing_c + 14 * (0.5 - closed);
    ret->humidity_pct = fmin(fmax(79 - dry + 4 * hidden->wet - 5 * summer, 22), 100);
    ret->pressure_hpa = 1015.5 - 6.5 * hidden->cloud_day - 2.5 * hidden->wind;
}

static double wetness(const struct sky_hidden *hidden)
{
    return 0.60 * hidden->cloud + 0.80 * hidden->wet - 1.18;
}

static double rain_mm_h(const struct sky *sky, double wet, double closed, double summer)
{
    return wet > 0 && closed > 0.5 ? sky->climate.rain * (1.9 + 0.9 * summer) * wet * sqrt(sqrt(wet)) : 0;
}

static void rain_and_wind(const struct sky *sky, const struct sky_hidden *hidden, double summer, double solar_hour, struct sky_now *ret)
{
    ret->rain_mm_h = rain_mm_h(sky, wetness(hidden), ret->cloud_ratio, summer);
    double by_day = 1 + 0.18 * cos(two_pi * (solar_hour - 14) / 24);
    ret->wind_m_s = exp(1.36 - 0.10 * summer + 0.40 * hidden->wind) * by_day;
    ret->wind_deg = fmod(225 + 70 * hidden->wind_direction + 720, 360);
}

/* Under a measured year the file says how much light there is; forecasts of it are blurred as all others are. */
static double measured_clearness(const struct sky *sky, int64_t hour, int64_t vintage_s, double hidden_cloud)
{
    if (vintage_s == SKY_TRUTH || hour * 3600 <= vintage_s)
        return (double)sky->measured->clear[sky_measured_index(hour)];
    return sky_measured_clearness(sky->measured, hour, hidden_cloud);
}

static void measured_light(struct sky *sky, const struct sky_hidden *hidden, int64_t utc_s, int64_t vintage_s, const struct sun *sun, double clear_w, double distance,
                           struct sky_now *ret)
{
    int64_t hour = hour_of(utc_s);
    int index = sky_measured_index(hour);
    double clearness = measured_clearness(sky, hour, vintage_s, hidden->cloud), diffuse = NAN;
    if (vintage_s == SKY_TRUTH && sky->measured->ghi_w[index] > 1)
        diffuse = (double)(sky->measured->dhi_w[index] / sky->measured->ghi_w[index]);
    light_split(sun, distance, clear_w, clearness * clear_w, diffuse, &ret->light);
    ret->cloud_ratio = sqrt(fmin(fmax(1 - clearness, 0) / 0.8, 1));
}

static double measured_c(struct sky *sky, int64_t utc_s, int64_t vintage_s, const struct sky_hidden *hidden, double invented_c)
{
    int64_t hour = hour_of(utc_s);
    double a = (double)sky->measured->temperature_c[sky_measured_index(hour)], b = (double)sky->measured->temperature_c[sky_measured_index(hour + 1)];
    double c = mix(a, b, (double)(utc_s - hour * 3600) / 3600);
    struct sky_hidden truth;
    if (isnan(c))
        return invented_c;
    if (vintage_s == SKY_TRUTH)
        return c;
    hidden_between(sky, utc_s, SKY_TRUTH, &truth);
    return c + 3.2 * (hidden->temperature - truth.temperature);
}

static void look(struct sky *sky, int64_t utc_s, int64_t vintage_s, const struct sun *sun, struct sky_now *ret)
{
    struct sky_hidden hidden;
    const struct sky_season *season = season_at(sky, utc_s);
    double summer = season->summer, distance = season->distance;
    hidden_between(sky, utc_s, vintage_s, &hidden);
    double solar_hour = fmod((double)(utc_s % 86400) / 3600 + sky->longitude_deg / 15 + 48, 24);
    ret->cloud_ratio = cloud_ratio(season, hidden.cloud);
    if (vintage_s == SKY_TRUTH)
        ret->cloud_ratio = with_passing_cloud(sky, ret->cloud_ratio, utc_s);
    if (sky->measured != NULL)
        measured_light(sky, &hidden, utc_s, vintage_s, sun, light_clear_w(sun, summer, distance), distance, ret);
    else
        light_through(sun, summer, distance, ret->cloud_ratio, hidden.opacity, &ret->light);
    temperature(sky, &hidden, cloud_ratio(season, hidden.cloud_day), summer, solar_hour, ret);
    if (sky->measured != NULL)
        ret->temperature_c = measured_c(sky, utc_s, vintage_s, &hidden, ret->temperature_c);
    rain_and_wind(sky, &hidden, summer, solar_hour, ret);
}

void sky_at(struct sky *sky, int64_t utc_s, int64_t vintage_s, struct sky_now *ret)
{
    struct sun sun;
    sun_position(utc_s, sky->latitude_deg, sky->longitude_deg, &sun);
    look(sky, utc_s, vintage_s, &sun, ret);
}

/* The same number as sky_at gives, without the sun. */
static double rain_at(struct sky *sky, const struct sky_hidden *hidden, int64_t utc_s, int64_t vintage_s)
{
    struct sky_now now;
    double wet = wetness(hidden);
    if (wet <= 0)
        return 0;
    if (sky->measured != NULL) {
        sky_at(sky, utc_s, vintage_s, &now);
        return now.rain_mm_h;
    }
    const struct sky_season *season = season_at(sky, utc_s);
    double closed = cloud_ratio(season, hidden->cloud);
    return rain_mm_h(sky, wet, vintage_s == SKY_TRUTH ? with_passing_cloud(sky, closed, utc_s) : closed, season->summer);
}

/* Providers add up the rain of hundreds of hours: the two ends of each are looked up once. */
double sky_hour_rain_mm(struct sky *sky, int64_t hour, int64_t vintage_s)
{
    struct sky_hidden a, b, hidden;
    double sum = 0;
    sky_hidden_at(sky, hour, vintage_s, &a);
    sky_hidden_at(sky, hour + 1, vintage_s, &b);
    if (wetness(&a) <= 0 && wetness(&b) <= 0)
        return 0;
    for (int i = 0; i < SKY_SAMPLES; i++) {
        int64_t second = (2 * i + 1) * (3600 / (2 * SKY_SAMPLES));
        blend(&a, &b, (double)second / 3600, &hidden);
        sum += 1.0 / SKY_SAMPLES * rain_at(sky, &hidden, hour * 3600 + second, vintage_s);
    }
    return sum;
}

/* Sun and clouds move within minutes; between two looks lies a line. */
static const struct sky_look *look_of(struct sky *sky, int64_t number, double tilt_deg, double azimuth_deg)
{
    struct sky_look *memo = &sky->looks[(uint64_t)number % 2];
    if (memo->used && memo->number == number && memo->tilt_deg == tilt_deg && memo->azimuth_deg == azimuth_deg)
        return memo;
    struct sky_now now;
    struct sun sun;
    sun_position(number * LOOK_S, sky->latitude_deg, sky->longitude_deg, &sun);
    look(sky, number * LOOK_S, SKY_TRUTH, &sun, &now);
    *memo = (struct sky_look){.number = number, .used = 1, .tilt_deg = tilt_deg, .azimuth_deg = azimuth_deg, .outside_c = now.temperature_c};
    memo->plane_w = now.light.clear_w > 0 ? light_on_plane_w(&now.light, &sun, tilt_deg, azimuth_deg) : 0;
    return memo;
}

double sky_on_plane_w(struct sky *sky, int64_t utc_ms, double tilt_deg, double azimuth_deg, double *outside_c)
{
    const int64_t span_ms = LOOK_S * 1000, number = utc_ms / span_ms - (utc_ms % span_ms < 0);
    double f = (double)(utc_ms - number * span_ms) / (double)span_ms;
    const struct sky_look *a = look_of(sky, number, tilt_deg, azimuth_deg), *b = look_of(sky, number + 1, tilt_deg, azimuth_deg);
    *outside_c = mix(a->outside_c, b->outside_c, f);
    return mix(a->plane_w, b->plane_w, f);
}
