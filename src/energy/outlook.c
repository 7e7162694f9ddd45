/* The coming hours: forecast, older forecast or climate, each at its own quantile. */
#include "energy/outlook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/outlook_profile.h"
#include "energy/policy.h"

#define CAUTION 0.5      /* times the quantile, for an older forecast and the climate */
#define SNOW_RATIO 0.3      /* two days below this: snow or a cover, which thirty days would take a week to notice */
#define OWN_CLEAR_W 20000.0 /* clear-sky Wh/m2 of this month seen, so that half the climate is the place's own */
#define WAIT_S (3 * 3600.0)

enum { LEAST_RATIOS = 9 };

/* ---- the light of the season ---- */

/* What of the clear sky's light reaches the ground in a mean month: cloudier in winter and towards 55 degrees, by published means of Europe and North
 * America. */
static double usual_clearness(double latitude_deg, int month)
{
    double far = fmin(fmax((fabs(latitude_deg) - 30) / 25, 0), 1),
           summer = -cos(2 * 3.14159265358979323846 * (month + 0.5) / 12) * (latitude_deg < 0 ? -1 : 1);
    return 0.80 - 0.26 * far + (0.03 + 0.07 * far) * summer;
}

static double climate_ghi_w(const struct outlook_profile *profile, const struct outlook_site *site, int64_t hour)
{
    int month = outlook_month(hour);
    double usual = usual_clearness(site->latitude_deg, month);
    double clearness = (profile->climate_ghi[month] + usual * OWN_CLEAR_W) / (profile->climate_clear[month] + OWN_CLEAR_W);
    return clearness * outlook_clear_w(site, hour);
}

/* ---- quantiles ---- */

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Before there are enough days: half of what is foreseen, less for less likely. */
static double assumed(double q, int lead)
{
    double centre = lead == OUTLOOK_CLIMATE_LEAD ? 0.5 : 1;
    return q >= 0.5 ? centre : centre * (0.2 + 1.5 * q);
}

static double quantile(const struct outlook_ratios *r, double q, int lead)
{
    float sorted[OUTLOOK_RATIOS];
    if (r->n < LEAST_RATIOS)
        return assumed(q, lead);
    memcpy(sorted, r->value, sizeof sorted);
    qsort(sorted, (size_t)r->n, sizeof sorted[0], ascending);
    double at = q * (r->n - 1);
    int low = (int)at, high = low + 1 < r->n ? low + 1 : low;
    return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/* The better of the last two days when both were far too dark, else no limit. */
static double snow_limit(const struct outlook_profile *profile)
{
    const struct outlook_ratios *r = &profile->ratio[0];
    if (r->n < 2)
        return INFINITY;
    float last = r->value[(r->at + OUTLOOK_RATIOS - 1) % OUTLOOK_RATIOS], before = r->value[(r->at + OUTLOOK_RATIOS - 2) % OUTLOOK_RATIOS];
    return last < SNOW_RATIO && before < SNOW_RATIO ? fmax(last, before) : INFINITY;
}

/* ---- the hours ---- */

struct making {
    struct outlook_profile *profile;
    const struct energy_policy *policy;
    const struct outlook_site *site;
    const struct outlook_weather *weather; /* NULL: none that may be used */
    double factor[2][OUTLOOK_LEADS];       /* dull, median */
    int64_t today;
};

static double weather_ghi_w(const struct outlook_weather *weather, int64_t hour)
{
    int64_t i = weather != NULL ? hour - weather->from_hour : -1;
    return i >= 0 && i < ENERGY_HOURS ? weather->ghi_w[i] : NAN;
}

static void fill_hour(const struct making *m, int64_t hour, size_t i, struct energy_outlook *ret)
{
    double ghi_w = weather_ghi_w(m->weather, hour);
    int64_t lead = outlook_day(m->site, hour) - m->today;
    int at = isnan(ghi_w) ? OUTLOOK_CLIMATE_LEAD : (int)(lead < 0 ? 0 : lead > 3 ? 3 : lead);
    if (isnan(ghi_w))
        ghi_w = climate_ghi_w(m->profile, m->site, hour);
    double pv_w = outlook_pv_w(m->profile, m->site, hour, ghi_w);
    if (isnan(pv_w))
        pv_w = 0; /* nothing was ever seen of this panel */
    ret->dull_w[i] = (float)(m->factor[0][at] * pv_w);
    ret->median_w[i] = (float)(m->factor[1][at] * pv_w);
}

static double mean_load_w(const struct outlook_profile *profile, const struct energy_policy *policy)
{
    double sum = 0;
    int n = 0;
    for (int k = 0; k < OUTLOOK_BINS; k++)
        if (!isnan(profile->bin[k].load_w)) {
            sum += profile->bin[k].load_w;
            n++;
        }
    return n > 0 ? sum / n : policy->base_w;
}

/* What is foreseen for a day is written down when it is still ahead: at its beginning and on each of the three days before. */
static void plan_day(const struct making *m, int64_t day)
{
    struct outlook_plan *plan = &m->profile->plan[((day % OUTLOOK_PLANS) + OUTLOOK_PLANS) % OUTLOOK_PLANS];
    int lead = (int)(day - m->today);
    if (plan->day != day) {
        plan->day = day;
        for (int i = 0; i < OUTLOOK_LEADS * 24; i++)
            plan->pv_w[i / 24][i % 24] = NAN;
    }
    int64_t first = (day - 1) * 24;
    for (int64_t hour = first; hour < first + 72; hour++) {
        if (outlook_day(m->site, hour) != day || outlook_clear_w(m->site, hour) < 50)
            continue;
        double ghi_w = weather_ghi_w(m->weather, hour);
        plan->pv_w[lead][outlook_bin(hour)] = (float)outlook_pv_w(m->profile, m->site, hour, ghi_w);
        plan->pv_w[OUTLOOK_CLIMATE_LEAD][outlook_bin(hour)] =
            (float)outlook_pv_w(m->profile, m->site, hour, climate_ghi_w(m->profile, m->site, hour));
    }
    m->profile->changed |= OUTLOOK_ROW(ROW_PLAN + (int)(((day % OUTLOOK_PLANS) + OUTLOOK_PLANS) % OUTLOOK_PLANS));
}

/* Once a day, when there is a forecast to judge; without one the climate is judged, some hours later. */
static void plan_days(const struct making *m, int64_t now_s)
{
    struct outlook_profile *p = m->profile;
    double solar_s = (double)now_s + 240 * m->site->longitude_deg;
    if (p->planned_day == m->today || isnan(outlook_gain(p)) || (m->weather == NULL && fmod(solar_s, 86400) < WAIT_S))
        return;
    for (int64_t day = m->today; day < m->today + OUTLOOK_CLIMATE_LEAD; day++)
        plan_day(m, day);
    p->planned_day = m->today;
    p->changed |= OUTLOOK_ROW(ROW_REST);
}

static void set_factors(struct making *m, int is_old)
{
    double limit = snow_limit(m->profile);
    for (int lead = 0; lead < OUTLOOK_LEADS; lead++) {
        double q = is_old || lead == OUTLOOK_CLIMATE_LEAD ? CAUTION * m->policy->quantile : m->policy->quantile;
        m->factor[0][lead] = fmin(quantile(&m->profile->ratio[lead], q, lead), limit);
        m->factor[1][lead] = fmin(quantile(&m->profile->ratio[lead], 0.5, lead), limit);
    }
}

void outlook_make(struct outlook_profile *profile, const struct energy_policy *policy, const struct outlook_site *site, int64_t now_s,
                  const struct outlook_weather *weather, struct energy_outlook *ret)
{
    int64_t first = now_s >= 0 ? now_s / 3600 : 0;
    *ret = (struct energy_outlook){.from_hour = first};
    if (isnan(site->latitude_deg) || isnan(site->longitude_deg))
        return;
    int usable = weather != NULL && weather->age_s <= policy->forecast_max_s, old = usable && weather->age_s > policy->fresh_s;
    struct making m = {.profile = profile, .policy = policy, .site = site, .weather = usable ? weather : NULL, .today = outlook_day(site, first)};
    set_factors(&m, old);
    double load_w = mean_load_w(profile, policy);
    for (int i = 0; i < ENERGY_HOURS; i++) {
        const struct outlook_bin *b = &profile->bin[outlook_bin(first + i)];
        fill_hour(&m, first + i, (size_t)i, ret);
        ret->load_w[i] = (float)(isnan(b->load_w) ? load_w : b->load_w);
    }
    for (int lead = 0; lead < OUTLOOK_LEADS; lead++)
        ret->judged |= profile->ratio[lead].n > 0;
    ret->source = !usable ? ENERGY_CLIMATE : old ? ENERGY_OLD_FORECAST : ENERGY_FORECAST;
    plan_days(&m, now_s);
}
