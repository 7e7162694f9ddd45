#include "world/sky_hidden.h"

#include <math.h>
#include <string.h>

#include "world/noise.h"

/* Persistence from one day or hour to the next, and the day's part of the variance. A regime lasts one to three weeks. */
static const double daily_phi[SKY_DAYS] = {[SKY_DAY_REGIME] = 0.93, [SKY_DAY_CLOUD] = 0.35, [SKY_DAY_OPACITY] = 0.5,
                                           [SKY_DAY_TEMPERATURE] = 0.80, [SKY_DAY_WIND] = 0.62, [SKY_DAY_DIRECTION] = 0.7};
static const double hourly_phi[SKY_HOURS] = {[SKY_HOUR_CLOUD] = 0.85, [SKY_HOUR_OPACITY] = 0.7, [SKY_HOUR_WET] = 0.78, [SKY_HOUR_WIND] = 0.85};
static const double regime_share = 0.22, cloud_share = 0.78;
static const double opacity_share = 0.6, wind_share = 0.7;

const double sky_skill_by_day[SKY_LEADS] = {0.94, 0.89, 0.84, 0.75, 0.61};

static void start_source(struct sky_source *source, uint64_t seed)
{
    for (int i = 0; i < SKY_DAYS; i++)
        source->daily[i] = noise_child(seed, i);
    for (int i = 0; i < SKY_HOURS; i++)
        source->hourly[i] = noise_child(seed, 100 + i);
}

void sky_hidden_start(struct sky *sky)
{
    start_source(&sky->truth, noise_stream(sky->seed, "truth"));
    start_source(&sky->common, noise_stream(sky->seed, "forecast"));
    sky->own = noise_stream(sky->seed, "vintage");
    sky->passing = noise_stream(sky->seed, "passing");
    memset(sky->memo, 0, sizeof sky->memo);
    memset(sky->true_hour, 0, sizeof sky->true_hour);
    memset(sky->common_hour, 0, sizeof sky->common_hour);
    memset(sky->days, 0, sizeof sky->days);
    sky->season[0].used = sky->season[1].used = 0;
    sky->passed.used = sky->looks[0].used = sky->looks[1].used = 0;
}

/* The part of the day in all variables; 24 hours share two ends. `key` names the source in its place of the memory. */
static void daily_parts(struct sky_days *memo, const struct sky_source *source, int64_t key, int64_t hour, double ret[SKY_DAYS])
{
    int64_t day = hour / 24 - (hour % 24 < 0);
    if (!memo->used || memo->day != day || memo->key != key) {
        for (int i = 0; i < SKY_DAYS; i++) {
            memo->from[i] = noise_ar(source->daily[i], daily_phi[i], day);
            memo->to[i] = noise_ar(source->daily[i], daily_phi[i], day + 1);
        }
        memo->day = day;
        memo->key = key;
        memo->used = 1;
    }
    for (int i = 0; i < SKY_DAYS; i++)
        ret[i] = noise_blend(memo->from[i], memo->to[i], daily_phi[i], (double)(hour - 24 * day) / 24);
}

static double joined(double day, double hour, double share)
{
    return sqrt(share) * day + sqrt(1 - share) * hour;
}

static void draw(struct sky_days *memo, const struct sky_source *source, int64_t key, int64_t hour, struct sky_hidden *ret)
{
    double day[SKY_DAYS], fine[SKY_HOURS];
    daily_parts(memo, source, key, hour, day);
    for (int i = 0; i < SKY_HOURS; i++)
        fine[i] = noise_ar_kept(&memo->hourly[i], source->hourly[i], hourly_phi[i], hour);
    ret->cloud_day = joined(day[SKY_DAY_REGIME], day[SKY_DAY_CLOUD], regime_share);
    ret->cloud = joined(ret->cloud_day, fine[SKY_HOUR_CLOUD], cloud_share);
    ret->opacity = joined(day[SKY_DAY_OPACITY], fine[SKY_HOUR_OPACITY], opacity_share);
    ret->temperature = day[SKY_DAY_TEMPERATURE];
    ret->wet = fine[SKY_HOUR_WET];
    ret->wind = joined(day[SKY_DAY_WIND], fine[SKY_HOUR_WIND], wind_share);
    ret->wind_direction = day[SKY_DAY_DIRECTION];
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

/* The place of an hour in a memory, forgotten when it held another. */
static struct sky_memo *recall(struct sky_memo memo[SKY_MEMO], int64_t hour, int64_t vintage_s)
{
    struct sky_memo *ret = &memo[(uint64_t)hour % SKY_MEMO];
    if (ret->hour != hour || ret->vintage_s != vintage_s)
        *ret = (struct sky_memo){.hour = hour, .vintage_s = vintage_s};
    return ret;
}

static const struct sky_hidden *true_hour(struct sky *sky, int64_t hour)
{
    struct sky_memo *memo = recall(sky->true_hour, hour, SKY_TRUTH);
    if (!memo->used) {
        draw(&sky->days[0], &sky->truth, 0, hour, &memo->hidden);
        if (sky->measured != NULL)
            memo->hidden.cloud = memo->hidden.cloud_day = sky_measured_score(sky->measured, hour);
        memo->used = 1;
    }
    return &memo->hidden;
}

static const struct sky_hidden *common_hour(struct sky *sky, int64_t hour)
{
    struct sky_memo *memo = recall(sky->common_hour, hour, SKY_TRUTH);
    if (!memo->used)
        draw(&sky->days[1], &sky->common, 0, hour, &memo->hidden);
    memo->used = 1;
    return &memo->hidden;
}

static void blur(struct sky *sky, int64_t hour, int64_t vintage_s, struct sky_hidden *hidden)
{
    const struct sky_hidden *common = common_hour(sky, hour);
    struct sky_hidden own;
    struct sky_source source;
    start_source(&source, noise_child(sky->own, vintage_s));
    draw(&sky->days[2], &source, vintage_s, hour, &own);
    double skill = sky->skill * sky_skill((double)hour - (double)vintage_s / 3600);
    double easy = 1 - 0.5 * (1 - skill);    /* temperature and wind are easier than cloud */
    hidden->cloud = blurred(hidden->cloud, common->cloud, own.cloud, skill);
    hidden->cloud_day = blurred(hidden->cloud_day, common->cloud_day, own.cloud_day, skill);
    hidden->opacity = blurred(hidden->opacity, common->opacity, own.opacity, skill);
    hidden->wet = blurred(hidden->wet, common->wet, own.wet, 0.9 * skill);
    hidden->temperature = blurred(hidden->temperature, common->temperature, own.temperature, easy);
    hidden->wind = blurred(hidden->wind, common->wind, own.wind, easy);
    hidden->wind_direction = blurred(hidden->wind_direction, common->wind_direction, own.wind_direction, easy);
}

void sky_hidden_at(struct sky *sky, int64_t hour, int64_t vintage_s, struct sky_hidden *ret)
{
    if (vintage_s == SKY_TRUTH || hour * 3600 <= vintage_s) {
        *ret = *true_hour(sky, hour);
        return;
    }
    struct sky_memo *memo = recall(sky->memo, hour, vintage_s);
    if (!memo->used) {
        memo->hidden = *true_hour(sky, hour);
        blur(sky, hour, vintage_s, &memo->hidden);
        memo->used = 1;
    }
    *ret = memo->hidden;
}
