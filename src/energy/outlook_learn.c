/* The panel's profile: least squares that forget, one small system per hour of the day, and how wrong it was. */
#include <math.h>
#include <string.h>

#include "almanac/civil.h"
#include "almanac/sun.h"
#include "energy/outlook_profile.h"

#define PRIOR_WEIGHT 3e4 /* (W/m2)^2: a third of one bright hour */
#define COVERED_S 3300.0
#define LOAD_S 600.0
#define LOAD_DAYS 7.0
#define LIGHT_W 50.0      /* clear sky below this is no daylight worth judging */
#define OFF_CLEAR_W 150.0 /* a charger that is off in more light than this is not off for want of it */
#define SECOND_W 50.0
#define LEAST_HOURS 3
#define PRIOR_GHI_W 1000.0 /* before the first usable hour: the largest output ever seen came from at most this */
#define CLIMATE_DAYS 60.0

void outlook_start(struct outlook_profile *profile)
{
    memset(profile, 0, sizeof *profile);
    profile->day = profile->planned_day = INT64_MIN;
    for (int k = 0; k < OUTLOOK_BINS; k++) {
        profile->bin[k].load_w = NAN;
        profile->seen_w[k] = NAN;
    }
    for (int i = 0; i < OUTLOOK_PLANS; i++)
        profile->plan[i].day = INT64_MIN;
}

int outlook_bin(int64_t hour)
{
    return (int)(((hour % OUTLOOK_BINS) + OUTLOOK_BINS) % OUTLOOK_BINS);
}

int outlook_month(int64_t hour)
{
    int year, month, mday;
    civil_date((hour - outlook_bin(hour)) / OUTLOOK_BINS, &year, &month, &mday);
    return month - 1;
}

int64_t outlook_day(const struct outlook_site *site, int64_t hour)
{
    double s = (double)hour * 3600 + 1800 + (isnan(site->longitude_deg) ? 0 : 240 * site->longitude_deg);
    return (int64_t)floor(s / 86400);
}

static void sun_of_hour(const struct outlook_site *site, int64_t hour, struct sun *ret)
{
    sun_position(hour * 3600 + 1800, site->latitude_deg, site->longitude_deg, ret);
}

double outlook_clear_w(const struct outlook_site *site, int64_t hour)
{
    struct sun sun;
    sun_of_hour(site, hour, &sun);
    return sun_clear_ghi_w(&sun, civil_day_of_year((hour - outlook_bin(hour)) / OUTLOOK_BINS));
}

double outlook_gain(const struct outlook_profile *profile)
{
    if (profile->ghi_wh > 0)
        return profile->pv_wh / profile->ghi_wh;
    return profile->largest_w > 0 ? profile->largest_w / PRIOR_GHI_W : NAN;
}

/* The second regressor tells bright (direct) from dull (diffuse) hours, which a tilted panel converts differently. */
static double second(const struct outlook_site *site, int64_t hour, double ghi_w)
{
    struct sun sun;
    sun_of_hour(site, hour, &sun);
    return ghi_w * ghi_w / fmax(0.75 * 1361 * fmax(sun.cos_zenith, 0), SECOND_W);
}

/* P in W of this hour, by the profile; NaN while there is none. */
double outlook_pv_w(const struct outlook_profile *profile, const struct outlook_site *site, int64_t hour, double ghi_w)
{
    const struct outlook_bin *b = &profile->bin[outlook_bin(hour)];
    if (ghi_w <= 0)
        return 0;
    double gain = outlook_gain(profile), a11 = b->a11 + PRIOR_WEIGHT, a22 = b->a22 + PRIOR_WEIGHT, r1 = b->r1 + PRIOR_WEIGHT * gain, r2 = b->r2;
    double det = a11 * a22 - b->a12 * b->a12;
    double a = (r1 * a22 - r2 * b->a12) / det, c = (r2 * a11 - r1 * b->a12) / det;
    double w = a * ghi_w + c * second(site, hour, ghi_w);
    return isnan(w) ? NAN : fmin(fmax(w, 0), 1.1 * profile->largest_w);      /* fmax would take the NaN of an unknown gain for 0 */
}

static void learn_bin(struct outlook_profile *profile, const struct energy_policy *policy, double ghi_w, double ghi2_w, double pv_w, int k)
{
    struct outlook_bin *b = &profile->bin[k];
    double keep = exp(-1 / policy->profile_d);
    b->a11 = keep * b->a11 + ghi_w * ghi_w;
    b->a12 = keep * b->a12 + ghi_w * ghi2_w;
    b->a22 = keep * b->a22 + ghi2_w * ghi2_w;
    b->r1 = keep * b->r1 + ghi_w * pv_w;
    b->r2 = keep * b->r2 + ghi2_w * pv_w;
    profile->pv_wh += pv_w;
    profile->ghi_wh += ghi_w;
}

static void learn_load(struct outlook_profile *profile, const struct outlook_hour *hour, int k)
{
    struct outlook_bin *b = &profile->bin[k];
    if (hour->load_s < LOAD_S)
        return;
    double load_w = hour->load_ws / hour->load_s;
    b->load_w = isnan(b->load_w) ? load_w : b->load_w + (1 - exp(-1 / LOAD_DAYS)) * (load_w - b->load_w);
    profile->changed |= OUTLOOK_ROW(k);
}

static int is_usable(const struct outlook_hour *hour, double clear_w)
{
    return !hour->throttled && hour->covered_s >= COVERED_S && (hour->off_s == 0 || clear_w < OFF_CLEAR_W);
}

static void learn_climate(struct outlook_profile *profile, int64_t hour, double ghi_w, double clear_w)
{
    int month = outlook_month(hour);
    double keep = exp(-1 / (CLIMATE_DAYS * 10));
    profile->climate_ghi[month] = keep * profile->climate_ghi[month] + ghi_w;
    profile->climate_clear[month] = keep * profile->climate_clear[month] + clear_w;
}

/* ---- the end of a day ---- */

static void judge_lead(struct outlook_profile *profile, const float *foreseen_w, int lead)
{
    double given = 0, foreseen = 0;
    int n = 0;
    for (int k = 0; k < OUTLOOK_BINS; k++) {
        if (isnan(profile->seen_w[k]) || isnan(foreseen_w[k]))
            continue;
        given += profile->seen_w[k];
        foreseen += foreseen_w[k];
        n++;
    }
    if (n < LEAST_HOURS || foreseen < 1)
        return;
    struct outlook_ratios *r = &profile->ratio[lead];
    r->value[r->at] = (float)fmin(given / foreseen, 3);
    r->at = (r->at + 1) % OUTLOOK_RATIOS;
    r->n += r->n < OUTLOOK_RATIOS;
    profile->changed |= OUTLOOK_ROW(ROW_RATIO + lead);
}

static void close_day(struct outlook_profile *profile, const struct energy_policy *policy, int64_t next)
{
    int64_t slot = ((profile->day % OUTLOOK_PLANS) + OUTLOOK_PLANS) % OUTLOOK_PLANS;
    const struct outlook_plan *plan = &profile->plan[slot];
    for (int lead = 0; lead < OUTLOOK_LEADS && profile->day != INT64_MIN && plan->day == profile->day; lead++)
        judge_lead(profile, plan->pv_w[lead], lead);
    double keep = exp(-1 / policy->profile_d);
    profile->pv_wh *= keep;
    profile->ghi_wh *= keep;
    for (int k = 0; k < OUTLOOK_BINS; k++)
        profile->seen_w[k] = NAN;
    profile->day = next;
    profile->changed |= OUTLOOK_ROW(ROW_REST);
}

void outlook_learn(struct outlook_profile *profile, const struct energy_policy *policy, const struct outlook_site *site,
                   const struct outlook_hour *hour, double ghi_w)
{
    int k = outlook_bin(hour->hour);
    int64_t day = outlook_day(site, hour->hour);
    double clear_w = outlook_clear_w(site, hour->hour), pv_w = hour->covered_s > 0 ? hour->pv_ws / hour->covered_s : NAN;
    if (day != profile->day)
        close_day(profile, policy, day);
    learn_load(profile, hour, k);
    if (hour->covered_s >= COVERED_S && pv_w > profile->largest_w) {
        profile->largest_w = pv_w;
        profile->changed |= OUTLOOK_ROW(ROW_REST);
    }
    if (isnan(ghi_w) || !(clear_w > LIGHT_W))
        return;
    learn_climate(profile, hour->hour, ghi_w, clear_w);
    if (!is_usable(hour, clear_w))
        return;
    profile->seen_w[k] = (float)pv_w;
    learn_bin(profile, policy, ghi_w, second(site, hour->hour, ghi_w), pv_w, k);
    profile->changed |= OUTLOOK_ROW(k);
}
