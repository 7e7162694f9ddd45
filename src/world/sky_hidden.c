#include "world/sky_hidden.h"

#include <math.h>

#include "world/noise.h"

/* A part that changes from day to day and a part that changes within the day; `share` is the day's part of the variance. */
static double two_scales(uint64_t seed, const char *day_label, const char *hour_label, int64_t hour, double share, double day_phi, double hour_phi,
                         double *day_part)
{
    double day = noise_between(noise_stream(seed, day_label), day_phi, (double)hour / 24);
    double fine = noise_ar(noise_stream(seed, hour_label), hour_phi, hour);
    if (day_part != NULL)
        *day_part = day;
    return sqrt(share) * day + sqrt(1 - share) * fine;
}

static void draw(uint64_t seed, int64_t hour, struct sky_hidden *ret)
{
    ret->cloud = two_scales(seed, "cloud day", "cloud hour", hour, 0.62, 0.60, 0.85, &ret->cloud_day);
    ret->opacity = two_scales(seed, "opacity day", "opacity hour", hour, 0.6, 0.5, 0.7, NULL);
    ret->temperature = noise_between(noise_stream(seed, "temperature day"), 0.80, (double)hour / 24);
    ret->wet = noise_ar(noise_stream(seed, "wet hour"), 0.78, hour);
    ret->wind = two_scales(seed, "wind day", "wind hour", hour, 0.7, 0.62, 0.85, NULL);
    ret->wind_direction = noise_between(noise_stream(seed, "direction day"), 0.7, (double)hour / 24);
}

double sky_skill(double lead_h)
{
    static const struct { double lead_h, skill; } table[] = {{0, 0.97}, {24, 0.92}, {48, 0.88}, {72, 0.80}, {96, 0.65}, {168, 0.35}, {264, 0.10}};
    enum { N = sizeof table / sizeof table[0] };
    if (lead_h <= 0)
        return table[0].skill;
    for (int i = 1; i < N; i++) {
        if (lead_h > table[i].lead_h)
            continue;
        double f = (lead_h - table[i - 1].lead_h) / (table[i].lead_h - table[i - 1].lead_h);
        return table[i - 1].skill + f * (table[i].skill - table[i - 1].skill);
    }
    return table[N - 1].skill;
}

/* Two thirds of an error are common to all vintages: consecutive forecasts agree with each other more than with the truth. */
static double blurred(double truth, double common, double own, double skill)
{
    double error = 0.8 * common + 0.6 * own;
    return skill * truth + sqrt(1 - skill * skill) * error;
}

static void blur(uint64_t seed, int64_t hour, int64_t vintage_s, struct sky_hidden *hidden)
{
    struct sky_hidden common, own;
    draw(noise_stream(seed, "forecast"), hour, &common);
    draw(noise_stream(seed, "vintage") + (uint64_t)vintage_s, hour, &own);
    double skill = sky_skill((double)hour - (double)vintage_s / 3600);
    double easy = 1 - 0.5 * (1 - skill);    /* temperature and wind are easier than cloud */
    hidden->cloud = blurred(hidden->cloud, common.cloud, own.cloud, skill);
    hidden->cloud_day = blurred(hidden->cloud_day, common.cloud_day, own.cloud_day, skill);
    hidden->opacity = blurred(hidden->opacity, common.opacity, own.opacity, skill);
    hidden->wet = blurred(hidden->wet, common.wet, own.wet, 0.9 * skill);
    hidden->temperature = blurred(hidden->temperature, common.temperature, own.temperature, easy);
    hidden->wind = blurred(hidden->wind, common.wind, own.wind, easy);
    hidden->wind_direction = blurred(hidden->wind_direction, common.wind_direction, own.wind_direction, easy);
}

void sky_hidden_at(struct sky *sky, int64_t hour, int64_t vintage_s, struct sky_hidden *ret)
{
    struct sky_memo *memo = &sky->memo[(uint64_t)hour % SKY_MEMO];
    if (!memo->used || memo->hour != hour || memo->vintage_s != vintage_s) {
        *memo = (struct sky_memo){.hour = hour, .vintage_s = vintage_s, .used = 1};
        draw(sky->seed, hour, &memo->hidden);
        if (vintage_s != SKY_TRUTH && hour * 3600 > vintage_s)
            blur(sky->seed, hour, vintage_s, &memo->hidden);
    }
    *ret = memo->hidden;
}
