/* What panels give: forecast.solar for today and tomorrow, from the newest forecast of the sky; PVGIS for years that are long over, from what the sky did. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "world/providers.h"

/* Losses of both services' models; the years PVGIS has; the steps of two days by the hour with sunrise and sunset. */
#define PERFORMANCE 0.86
enum { PVGIS_FIRST = 2005, PVGIS_LATE = 3, STEPS = 60, DAYS = 2 };

struct plane { double latitude_deg, longitude_deg, tilt_deg, azimuth_deg, peak_kw; };

static double plane_w(struct sky *sky, const struct plane *plane, int64_t utc_s, int64_t vintage_s, struct sun *sun, struct sky_now *now)
{
    sky_at(sky, utc_s, vintage_s, now);
    sun_position(utc_s, plane->latitude_deg, plane->longitude_deg, sun);
    return light_on_plane_w(&now->light, sun, plane->tilt_deg, fmod(plane->azimuth_deg + 540, 360));    /* they count from south, we from north */
}

/* ---- forecast.solar ---- */

struct step { int64_t at_s; int day; double power_w, part_wh, sum_wh; };
struct estimate { struct step step[STEPS]; int n; int64_t day[DAYS]; double day_wh[DAYS]; };

static void add_step(struct estimate *estimate, struct sky *sky, const struct plane *plane, int64_t vintage_s, int64_t at_s, int day, int edge)
{
    const struct step *before = estimate->n > 0 && estimate->step[estimate->n - 1].day == day ? &estimate->step[estimate->n - 1] : NULL;
    struct sun sun;
    struct sky_now now;
    if (estimate->n == STEPS)
        return;
    struct step step = {.at_s = at_s, .day = day, .power_w = edge ? 0 : plane->peak_kw * PERFORMANCE * plane_w(sky, plane, at_s, vintage_s, &sun, &now)};
    if (before != NULL)
        step.part_wh = plane->peak_kw * PERFORMANCE * plane_w(sky, plane, (before->at_s + at_s) / 2, vintage_s, &sun, &now) * (double)(at_s - before->at_s) / 3600;
    estimate->day_wh[day] = step.sum_wh = estimate->day_wh[day] + step.part_wh;
    estimate->step[estimate->n++] = step;
}

static int is_up(const struct plane *plane, int64_t utc_s)
{
    struct sun sun;
    sun_position(utc_s, plane->latitude_deg, plane->longitude_deg, &sun);
    return sun.elevation_deg > -0.833;
}

/* From sunrise to sunset, in whole hours between them. */
static void one_day(struct estimate *estimate, struct sky *sky, const struct plane *plane, int64_t vintage_s, int64_t start_s, int64_t end_s, int day)
{
    int64_t rise_s = is_up(plane, start_s) ? start_s : sun_next_rise_s(start_s, plane->latitude_deg, plane->longitude_deg), set_s = rise_s;
    if (rise_s >= end_s)
        return;
    while (set_s + 60 < end_s && is_up(plane, set_s + 60))
        set_s += 60;
    add_step(estimate, sky, plane, vintage_s, rise_s, day, 1);
    for (int64_t t = rise_s - rise_s % 3600 + 3600; t < set_s; t += 3600)
        add_step(estimate, sky, plane, vintage_s, t, day, 0);
    add_step(estimate, sky, plane, vintage_s, set_s, day, 1);
}

static double of_step(const struct step *step, int what)
{
    return what == 0 ? step->power_w : what == 1 ? step->part_wh : step->sum_wh;
}

static int stamps(const struct estimate *estimate, const struct zone *zone, int what, const char *name, struct text *ret)
{
    int bad = text_printf(ret, "\"%s\":{", name);
    for (int i = 0; i < estimate->n && bad == 0; i++) {
        char time[21];
        civil_format_time(estimate->step[i].at_s + zone_offset_s(zone, estimate->step[i].at_s), time);
        if (zone != NULL)
            time[10] = ' ';
        bad = text_printf(ret, "%s\"%.19s%s\":%.0f", i > 0 ? "," : "", time, zone == NULL ? "+00:00" : "", of_step(&estimate->step[i], what));
    }
    return bad | text_append(ret, "},", 2);
}

static int estimate_text(const struct estimate *estimate, const struct zone *zone, struct text *ret)
{
    static const char *const name[] = {"watts", "watt_hours_period", "watt_hours"};
    int bad = text_printf(ret, "{\"result\":{");
    for (int what = 0; what < 3; what++)
        bad |= stamps(estimate, zone, what, name[what], ret);
    bad |= text_printf(ret, "\"watt_hours_day\":{");
    for (int i = 0; i < DAYS; i++) {
        char date[11];
        civil_format_date(estimate->day[i], date);
        bad |= text_printf(ret, "%s\"%s\":%.0f", i > 0 ? "," : "", date, estimate->day_wh[i]);
    }
    return bad | text_printf(ret, "}},\"message\":{\"code\":0,\"type\":\"success\",\"text\":\"\",\"ratelimit\":{\"zone\":\"IP ADDRESS\",\"period\":3600,\"limit\":12,"
                                  "\"remaining\":11}}}");
}

/* "/estimate/LATITUDE/LONGITUDE/TILT/AZIMUTH/KWP" */
static int take_plane(const char *path, struct plane *ret)
{
    static const double low[] = {-90, -180, 0, -180, 0}, high[] = {90, 180, 90, 180, 10000};
    double number[5];
    for (int i = 0; i < 5; i++) {
        char part[24];
        size_t len = strcspn(path, "/");
        if (len >= sizeof part)
            return -EINVAL;
        snprintf(part, sizeof part, "%.*s", (int)len, path);
        path += len + (path[len] == '/');
        if (text_double(part, &number[i]) < 0 || number[i] < low[i] || number[i] > high[i])
            return -EINVAL;
    }
    *ret = (struct plane){number[0], number[1], number[2], number[3], number[4]};
    return path[0] == '\0' ? 0 : -EINVAL;
}

int provider_forecast_solar(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    struct plane plane;
    struct estimate estimate = {.n = 0};
    const struct zone *zone = ask_is(ask, "time", "utc") ? NULL : providers->zone;
    if (take_plane(ask->path + strlen("/estimate/"), &plane) < 0)
        return reply_say(ret, 422, "application/json", "{\"result\":null,\"message\":{\"code\":422,\"type\":\"error\",\"text\":\"Invalid plane\"}}") == 0 ? 1 : -ENOMEM;
    struct sky there;
    sky_elsewhere(providers->sky, plane.latitude_deg, plane.longitude_deg, &there);
    for (int i = 0; i < DAYS; i++) {
        estimate.day[i] = zone_day(zone, ask->now_s) + i;
        one_day(&estimate, &there, &plane, sky_vintage_s(ask->now_s), zone_day_start_s(zone, estimate.day[i]), zone_day_start_s(zone, estimate.day[i] + 1), i);
    }
    reply_begin(ret, "application/json");
    return estimate_text(&estimate, zone, &ret->body) == 0 ? 1 : -ENOMEM;
}

/* ---- PVGIS ---- */

static int pv_hour(struct sky *sky, const struct plane *plane, double loss_pct, int64_t at_s, int first, struct text *ret)
{
    struct sun sun;
    struct sky_now now;
    char time[21];
    double light_w = plane_w(sky, plane, at_s, SKY_TRUTH, &sun, &now);
    civil_format_time(at_s, time);
    return text_printf(ret, "%s{\"time\":\"%.4s%.2s%.2s:%.2s%.2s\",\"P\":%.1f,\"G(i)\":%.1f,\"H_sun\":%.1f,\"T2m\":%.1f,\"WS10m\":%.1f,\"Int\":0.0}", first ? "" : ",", time, time + 5,
                       time + 8, time + 11, time + 14, plane->peak_kw * light_w * (1 - loss_pct / 100), light_w, fmax(sun.elevation_deg, 0), now.temperature_c, now.wind_m_s);
}

static int pv_years(struct sky *sky, const struct plane *plane, double loss_pct, int from, int to, struct text *ret)
{
    int64_t start_s = civil_day(from, 1, 1) * 86400 + 600, end_s = civil_day(to + 1, 1, 1) * 86400;
    int bad = text_printf(ret, "{\"inputs\":{\"location\":{\"latitude\":%.4f,\"longitude\":%.4f,\"elevation\":20.0},\"meteo_data\":{\"radiation_db\":\"PVGIS-SARAH3\",\"year_min\":%d,"
                               "\"year_max\":%d},\"pv_module\":{\"technology\":\"c-Si\",\"peak_power\":%.2f,\"system_loss\":%.1f}},\"outputs\":{\"hourly\":[",
                          plane->latitude_deg, plane->longitude_deg, from, to, plane->peak_kw, loss_pct);
    for (int64_t t = start_s; t < end_s && bad == 0; t += 3600)
        bad = pv_hour(sky, plane, loss_pct, t, t == start_s, ret);
    return bad | text_printf(ret, "]},\"meta\":{}}");
}

static int pv_refuse(struct reply *ret, const char *what, int low, int high)
{
    return reply_say(ret, 400, "application/json", "{\"message\":\"%s: Incorrect value. Please, enter a number between %d and %d.\",\"status\":400}", what, low, high) == 0 ? 1 : -ENOMEM;
}

int provider_pvgis(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    struct plane plane;
    double loss_pct, from, to;
    int year, month, mday;
    civil_date(ask->now_s / 86400, &year, &month, &mday);
    int last = year - PVGIS_LATE;
    if (ask_number(ask, "lat", -90, 90, NAN, &plane.latitude_deg) < 0 || isnan(plane.latitude_deg))
        return pv_refuse(ret, "lat", -90, 90);
    if (ask_number(ask, "lon", -180, 180, NAN, &plane.longitude_deg) < 0 || isnan(plane.longitude_deg))
        return pv_refuse(ret, "lon", -180, 180);
    if (ask_number(ask, "angle", 0, 90, 0, &plane.tilt_deg) < 0 || ask_number(ask, "aspect", -180, 180, 0, &plane.azimuth_deg) < 0)
        return pv_refuse(ret, "angle or aspect", -180, 180);
    if (ask_number(ask, "peakpower", 0, 100000, 1, &plane.peak_kw) < 0 || ask_number(ask, "loss", 0, 100, 14, &loss_pct) < 0)
        return pv_refuse(ret, "peakpower or loss", 0, 100);
    if (ask_number(ask, "startyear", PVGIS_FIRST, last, PVGIS_FIRST, &from) < 0 || ask_number(ask, "endyear", from, last, last, &to) < 0)
        return pv_refuse(ret, "startyear or endyear", PVGIS_FIRST, last);
    if (!ask_is(ask, "outputformat", "json"))
        return reply_say(ret, 400, "text/plain", "this world writes outputformat=json only\n") == 0 ? 1 : -ENOMEM;
    struct sky there;
    sky_elsewhere(providers->sky, plane.latitude_deg, plane.longitude_deg, &there);
    reply_begin(ret, "application/json");
    return pv_years(&there, &plane, loss_pct, (int)from, (int)to, &ret->body) == 0 ? 1 : -ENOMEM;
}
