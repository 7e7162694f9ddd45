#include "energy/health.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "energy/row.h"

#define SMALL_STEP 0.15 /* a warning ends that much above where it begins */
#define DROP_STEP 0.2
#define WHOLE_DAY_H 20.0

enum { LEAST_DAYS = 14, RECENT = 5, LEAST_RATIOS = 15 };

void energy_health_start(struct energy_health *health)
{
    memset(health, 0, sizeof *health);
    health->day = INT64_MIN;
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double median(const float *value, int n)
{
    float sorted[HEALTH_DAYS];
    memcpy(sorted, value, (size_t)n * sizeof *value);
    qsort(sorted, (size_t)n, sizeof sorted[0], ascending);
    return 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
}

/* A throttled panel shows what was used, not what it could: then the outlook of the morning counts. */
static double possible_wh(const struct outlook_profile *profile, int64_t day, double measured_wh)
{
    const struct outlook_plan *plan = &profile->plan[((day % OUTLOOK_PLANS) + OUTLOOK_PLANS) % OUTLOOK_PLANS];
    double foreseen = 0;
    for (int k = 0; k < 24 && plan->day == day; k++)
        foreseen += isnan(plan->pv_w[0][k]) ? 0 : plan->pv_w[0][k];
    return fmax(measured_wh, foreseen);
}

static void close_day(struct energy_health *h, const struct outlook_profile *profile)
{
    if (h->hours >= WHOLE_DAY_H && h->load_wh > 0) {
        h->ratio[h->at] = (float)(possible_wh(profile, h->day, h->pv_wh) / h->load_wh);
        h->at = (h->at + 1) % HEALTH_DAYS;
        h->n += h->n < HEALTH_DAYS;
    }
    h->pv_wh = h->load_wh = h->hours = 0;
}

void energy_health_hour(struct energy_health *health, const struct outlook_profile *profile, const struct outlook_site *site,
                        const struct outlook_hour *hour)
{
    int64_t day = outlook_day(site, hour->hour);
    if (day != health->day)
        close_day(health, profile);
    health->day = day;
    health->hours += hour->covered_s / 3600;
    health->pv_wh += hour->pv_ws / 3600;
    if (hour->load_s > 0)
        health->load_wh += hour->load_ws / hour->load_s * hour->covered_s / 3600;
}

/* ---- the warnings ---- */

static double drop(const struct outlook_profile *profile)
{
    const struct outlook_ratios *r = &profile->ratio[0];
    if (r->n < LEAST_RATIOS)
        return 1;
    double recent = 0, usual = median(r->value, r->n);
    for (int i = 1; i <= RECENT; i++)
        recent += r->value[(r->at + OUTLOOK_RATIOS - i) % OUTLOOK_RATIOS] / RECENT;
    return usual > 0 ? recent / usual : 1;
}

static int holds(const struct energy_health *h, enum energy_warning warning, const struct energy_policy *policy,
                 const struct outlook_profile *profile, int64_t now_s)
{
    int was = h->warned[warning];
    switch (warning) {
    case ENERGY_UNDERSIZED:
        return h->n >= LEAST_DAYS && median(h->ratio, h->n) < policy->undersized_ratio + (was ? SMALL_STEP : 0);
    case ENERGY_PANEL_DROP:
        return drop(profile) < policy->drop_ratio + (was ? DROP_STEP : 0);
    default:
        return policy->chemistry != ENERGY_LIFEPO4 && h->full_s > 0 && (double)(now_s - h->full_s) > policy->never_full_s;
    }
}

int energy_health_says(const struct energy_health *health, enum energy_warning warning, const struct outlook_profile *profile, int64_t now_s,
                       char *ret, size_t size)
{
    if (!health->warned[warning])
        return 0;
    if (warning == ENERGY_UNDERSIZED)
        snprintf(ret, size,
                 "the panel is too small: on half of the last %d days it could give less than %.1f times what is used; a larger panel or a smaller "
                 "load would help",
                 health->n, median(health->ratio, health->n));
    else if (warning == ENERGY_PANEL_DROP)
        snprintf(ret, size, "the panel gives %.0f %% of what it gave in the same light before: snow, dirt, shade or a broken one",
                 100 * drop(profile));
    else
        snprintf(ret, size, "the lead battery was not full for %.0f days and sulphates; no searches until it is",
                 (double)(now_s - health->full_s) / 86400);
    return 1;
}

int energy_health_news(struct energy_health *health, const struct energy_policy *policy, const struct outlook_profile *profile,
                       const struct energy_battery *battery, int64_t now_s, int *begins, char *ret, size_t size)
{
    static const char *const over[ENERGY_WARNINGS] = {"the panel is large enough again", "the panel gives what it gave before again",
                                                      "the lead battery is full again"};
    if (strcmp(battery->source, "full") == 0 || health->full_s == 0)
        health->full_s = now_s;
    for (int i = 0; i < ENERGY_WARNINGS; i++) {
        int now = holds(health, (enum energy_warning)i, policy, profile, now_s);
        if (now == health->warned[i])
            continue;
        health->warned[i] = *begins = now;
        if (!now || !energy_health_says(health, (enum energy_warning)i, profile, now_s, ret, size))
            snprintf(ret, size, "%s", over[i]);
        return 1;
    }
    return 0;
}

/* ---- rows ---- */

void energy_health_row(const struct energy_health *health, char *ret, size_t size)
{
    struct row_writer w = {ret, size};
    ret[0] = '\0';
    row_put(&w, (double)health->full_s, 12);
    for (int i = 0; i < ENERGY_WARNINGS; i++)
        row_put(&w, health->warned[i], 1);
    for (int i = 0; i < health->n; i++)
        row_put(&w, health->ratio[(health->at + HEALTH_DAYS - health->n + i) % HEALTH_DAYS], 4);
}

void energy_health_restore(struct energy_health *health, const char *text)
{
    double x;
    if (!row_take(&text, &x) || !(x >= 0))
        return;
    health->full_s = (int64_t)x;
    for (int i = 0; i < ENERGY_WARNINGS && row_take(&text, &x); i++)
        health->warned[i] = x == 1;
    while (health->n < HEALTH_DAYS && row_take(&text, &x))
        if (x >= 0)
            health->ratio[health->n++] = (float)x;
    health->at = health->n % HEALTH_DAYS;
}
