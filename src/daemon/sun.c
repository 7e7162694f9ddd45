#include "daemon/sun.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "almanac/sun.h"
#include "daemon/common.h"

enum { CLOUDS = SUN_HOURS + 8, GAP_H = 6, ROW_MAX = 1200 };

static struct outlook_site site_of(const struct daemon *d)
{
    return (struct outlook_site){d->config->site.latitude, d->config->site.longitude};
}

void sun_recall(struct daemon *d)
{
    char key[24], text[ROW_MAX];
    struct gnm_why why;
    outlook_start(&d->sun.profile);
    for (size_t i = OUTLOOK_ROWS; i-- > 0;) { /* the last row says which day the others belong to */
        snprintf(key, sizeof key, "sun.%02zu", i);
        if (store_meta_get(d->store, key, text, sizeof text, &why) == 0)
            outlook_restore(&d->sun.profile, i, text);
    }
    d->sun.profile.changed = 0;
}

int sun_keep(struct daemon *d, struct gnm_why *why)
{
    char key[24], text[ROW_MAX];
    int r = 0;
    for (size_t i = 0; i < OUTLOOK_ROWS && r == 0; i++) {
        if ((d->sun.profile.changed >> i & 1) == 0)
            continue;
        snprintf(key, sizeof key, "sun.%02zu", i);
        outlook_row(&d->sun.profile, i, text, sizeof text);
        r = store_meta_set(d->store, key, text, why);
    }
    return r;
}

/* ---- readings ---- */

void sun_sample(struct daemon *d, const struct gnm_reading *reading, double step_s)
{
    struct sun_state *s = &d->sun;
    int64_t hour = reading->at_ms / 3600000;
    if (hour != s->hour.hour) {
        s->done = s->hour;
        s->hour = (struct outlook_hour){.hour = hour};
    }
    outlook_hour_add(&s->hour, &d->config->energy, reading, step_s, d->learn.learner != NULL && d->told[d->learn.purpose].allowed);
}

/* ---- weather ---- */

/* Forecasts far ahead come in steps of hours: what lies between two of them lies on the line. */
static void bridge(double *cloud, size_t n)
{
    size_t last = n;
    for (size_t i = 0; i < n; i++) {
        if (isnan(cloud[i]))
            continue;
        for (size_t k = last + 1; last < n && i - last <= GAP_H && k < i; k++)
            cloud[k] = cloud[last] + (cloud[i] - cloud[last]) * (double)(k - last) / (double)(i - last);
        last = i;
    }
}

/* The same hours come back each time the sky is looked at, and a place does not move. */
static double clear_w(struct daemon *d, int64_t hour)
{
    const struct outlook_site site = site_of(d);
    struct sun_clear *clear = &d->sun.clear[(uint64_t)hour % SUN_HOURS];
    if (memcmp(&d->sun.clear_site, &site, sizeof site) != 0) {
        memset(d->sun.clear, 0, sizeof d->sun.clear);
        d->sun.clear_site = site;
    }
    if (clear->hour != hour)
        *clear = (struct sun_clear){ hour, outlook_clear_w(&site, hour) };
    return clear->w;
}

/* Cloud cover is told at the full hour: an hour's is the mean of its ends. */
static int from_clouds(struct daemon *d, int64_t from, double *ghi_w, struct gnm_why *why)
{
    double cloud[CLOUDS];
    int r = store_hours(d->store, "cloud_hour", "", from, CLOUDS, cloud, why);
    bridge(cloud, CLOUDS);
    for (int i = 0; r == 0 && i < SUN_HOURS; i++) {
        double mean = isnan(cloud[i + 1]) ? cloud[i] : isnan(cloud[i]) ? cloud[i + 1] : 0.5 * (cloud[i] + cloud[i + 1]);
        if (isnan(ghi_w[i]) && !isnan(mean))
            ghi_w[i] = sun_cloudy_ghi_w(clear_w(d, from + i), mean / 100);
    }
    return r;
}

/* When the newest answer came of a feed that tells light by the hour; 0 when none ever did. */
static int64_t told_s(const struct daemon *d)
{
    int64_t newest_s = 0;
    for (size_t i = 0; i < d->fetch.n; i++) {
        const struct feed_slot *slot = &d->fetch.slot[i];
        if (slot->tells_light && slot->state.last_ok_s > newest_s)
            newest_s = slot->state.last_ok_s;
    }
    return newest_s;
}

static int read_light(struct daemon *d, int64_t from, int64_t told, struct gnm_why *why)
{
    struct sun_light *light = &d->sun.light;
    light->told_s = told;
    light->from = from - SUN_BEHIND_H;
    int r = store_hours(d->store, "ghi_w", "", light->from, SUN_HOURS, light->ghi_w, why);
    if (r == 0)
        r = from_clouds(d, light->from, light->ghi_w, why);
    if (r < 0)
        light->from = INT64_MIN / 2;             /* read again the next time */
    return r;
}

/* `n` hours, at most ENERGY_HOURS: what is known since the newest answer. */
static int read_weather(struct daemon *d, int64_t from, int n, double *ghi_w, struct gnm_why *why)
{
    const struct sun_light *light = &d->sun.light;
    int64_t told = told_s(d);
    int known = light->told_s == told && from >= light->from && from + n <= light->from + SUN_HOURS;
    int r = known ? 0 : read_light(d, from, told, why);
    if (r == 0)
        memcpy(ghi_w, light->ghi_w + (from - light->from), (size_t)n * sizeof *ghi_w);
    return r;
}

/* ---- once a minute ---- */

static void learn_hour(struct daemon *d)
{
    const struct outlook_site site = site_of(d);
    double ghi_w;
    struct gnm_why why;
    struct outlook_hour done = d->sun.done;
    d->sun.done = (struct outlook_hour){0};
    energy_health_hour(&d->health, &d->sun.profile, &site, &done);
    if (isnan(site.latitude_deg) || read_weather(d, done.hour, 1, &ghi_w, &why) < 0)
        return;
    outlook_learn(&d->sun.profile, &d->config->energy, &site, &done, ghi_w);
}

static void look_ahead(struct daemon *d, int64_t now_s, int64_t newest_s)
{
    const struct outlook_site site = site_of(d);
    struct outlook_weather weather = {.from_hour = now_s / 3600, .age_s = newest_s > 0 ? (double)(now_s - newest_s) : INFINITY};
    struct gnm_why why;
    int known = read_weather(d, weather.from_hour, ENERGY_HOURS, weather.ghi_w, &why) == 0;
    outlook_make(&d->sun.profile, &d->config->energy, &site, now_s, known ? &weather : NULL, &d->sun.outlook);
    d->sun.weather_s = newest_s;
}

/* A warning that begins or ends is one line; what holds is in the status. */
static void tell_health(struct daemon *d)
{
    char text[200];
    int begins;
    while (energy_health_news(&d->health, &d->config->energy, &d->sun.profile, &d->battery, common_wall_s(d), &begins, text, sizeof text))
        log_line(&d->log, begins ? LOG_WARNING : LOG_NOTICE, NULL, "energy: %s", text);
}

void sun_tick(struct daemon *d)
{
    int64_t now_s = common_wall_s(d), newest_s = told_s(d);
    if (!common_trusted(d))
        return;
    if (d->sun.done.covered_s > 0) {
        learn_hour(d);
        tell_health(d);
    }
    if (d->sun.outlook.from_hour != now_s / 3600 || newest_s != d->sun.weather_s)
        look_ahead(d, now_s, newest_s);
}
