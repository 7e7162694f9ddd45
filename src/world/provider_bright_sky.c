/* Bright Sky: the hours of a station, measured where they are over and forecast where they are not. What a station reported in a hurry is replaced a day and a half
 * later by the checked file; now and then a value is missing. Sums belong to the hour before their stamp. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "almanac/civil.h"
#include "world/noise.h"
#include "world/providers.h"

enum { CHECKED_S = 36 * 3600, STATION = 6447, QUICK_STATION = 300001, DAYS_MAX = 366 };

struct station { struct sky *sky; const struct zone *zone; uint64_t hasty, gaps; int64_t now_s; };

static int refuse(struct reply *ret, int status, const char *detail)
{
    return reply_say(ret, status, "application/json", "{\"detail\":\"%s\"}", detail) == 0 ? 1 : -ENOMEM;
}

static int quick(const struct station *station, int64_t stamp_s)
{
    return stamp_s > station->now_s - CHECKED_S;
}

/* A quick report is a little off; a forecast has its own error. */
static double hurry(const struct station *station, int64_t stamp_s)
{
    return quick(station, stamp_s) && stamp_s <= station->now_s ? noise_normal(station->hasty, stamp_s / 3600) : 0;
}

static int value(const struct station *station, const char *name, int decimals, double x, int64_t key, struct text *ret)
{
    if (noise_unit(station->gaps, key) < 0.004)
        return text_printf(ret, ",\"%s\":null", name);
    return text_printf(ret, ",\"%s\":%.*f", name, decimals, x);
}

static int stamp(const struct station *station, int64_t utc_s, struct text *ret)
{
    char local[21];
    int offset_s = zone_offset_s(station->zone, utc_s), minutes = offset_s < 0 ? -offset_s / 60 : offset_s / 60;
    civil_format_time(utc_s + offset_s, local);
    return text_printf(ret, "{\"timestamp\":\"%.19s%c%02d:%02d\"", local, offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static int one_hour(const struct station *station, int64_t stamp_s, struct text *ret)
{
    struct sky_now now, hour;
    int64_t vintage_s = stamp_s <= station->now_s ? SKY_TRUTH : sky_vintage_s(station->now_s), key = stamp_s / 3600 * 8;
    double off = hurry(station, stamp_s), clear;
    sky_at(station->sky, stamp_s, vintage_s, &now);
    sky_hour(station->sky, stamp_s / 3600 - 1, vintage_s, &hour);
    clear = hour.light.dni_w > 120 ? 60 * fmin(hour.light.dni_w / 400, 1) : 0;
    int bad = stamp(station, stamp_s, ret);
    bad |= text_printf(ret, ",\"source_id\":%d,\"wind_direction\":%.0f,\"relative_humidity\":%.0f,\"condition\":\"%s\"", quick(station, stamp_s) ? QUICK_STATION : STATION,
                       now.wind_deg, now.humidity_pct, hour.rain_mm_h > 0.1 ? "rain" : "dry");
    bad |= value(station, "temperature", 1, now.temperature_c + 0.15 * off, key, ret);
    bad |= value(station, "precipitation", 1, hour.rain_mm_h, key + 1, ret);
    bad |= value(station, "solar", 3, hour.light.ghi_w / 1000 * (1 + 0.03 * off), key + 2, ret);
    bad |= value(station, "sunshine", 0, clear, key + 3, ret);
    bad |= value(station, "wind_speed", 1, 3.6 * now.wind_m_s, key + 4, ret);
    bad |= value(station, "cloud_cover", 0, 100 * now.cloud_ratio, key + 5, ret);
    bad |= value(station, "pressure_msl", 1, now.pressure_hpa, key + 6, ret);
    return bad | text_append(ret, "}", 1);
}

static int source(const struct station *station, int id, const char *type, struct text *ret)
{
    return text_printf(ret, "{\"id\":%d,\"dwd_station_id\":\"%05d\",\"observation_type\":\"%s\",\"lat\":%.4f,\"lon\":%.4f,\"distance\":1900}", id, STATION, type,
                       station->sky->latitude_deg, station->sky->longitude_deg);
}

static int answer(const struct station *station, int64_t first_s, int64_t last_s, struct text *ret)
{
    int bad = text_printf(ret, "{\"weather\":[");
    for (int64_t t = first_s; t <= last_s && bad == 0; t += 3600) {
        bad |= t > first_s ? text_append(ret, ",", 1) : 0;
        bad |= one_hour(station, t, ret);
    }
    bad |= text_printf(ret, "],\"sources\":[");
    bad |= source(station, STATION, "historical", ret);
    bad |= text_append(ret, ",", 1);
    bad |= source(station, QUICK_STATION, "current", ret);
    return bad | text_append(ret, "]}", 2);
}

int provider_bright_sky(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    double latitude, longitude;
    int64_t first = INT64_MIN, last;
    const char *zone = ask_get(ask, "tz");
    struct station station = {.now_s = ask->now_s, .hasty = noise_stream(providers->seed, "station in a hurry"), .gaps = noise_stream(providers->seed, "station gaps")};
    if (ask_number(ask, "lat", -90, 90, NAN, &latitude) < 0 || ask_number(ask, "lon", -180, 180, NAN, &longitude) < 0 || isnan(latitude + longitude))
        return refuse(ret, 400, "lat and lon are required");
    if (ask_day(ask, "date", &first) < 0 || first == INT64_MIN)
        return refuse(ret, 400, "date is required");
    last = first + 1;
    if (ask_day(ask, "last_date", &last) < 0 || last < first || last - first > DAYS_MAX)
        return refuse(ret, 400, "last_date is invalid");
    if (zone != NULL && strcmp(zone, providers->zone_name) == 0)
        station.zone = providers->zone;
    else if (zone != NULL && strcmp(zone, "Etc/UTC") != 0 && strcmp(zone, "UTC") != 0)
        return refuse(ret, 400, "unknown time zone");
    /* Ten days ahead the forecast ends; before 2010 nothing was kept. */
    last = last > ask->now_s / 86400 + 10 ? ask->now_s / 86400 + 10 : last;
    if (first < civil_day(2010, 1, 1) || last < first)
        return refuse(ret, 404, "no sources match your criteria");
    struct sky there;
    sky_elsewhere(providers->sky, latitude, longitude, &there);
    station.sky = &there;
    reply_begin(ret, "application/json");
    return answer(&station, zone_day_start_s(station.zone, first), zone_day_start_s(station.zone, last), &ret->body) == 0 ? 1 : -ENOMEM;
}
