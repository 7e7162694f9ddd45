/* Open-Meteo /v1/forecast: parallel arrays by hour and by day, in the zone that was asked for. Past hours are what happened. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "world/open_meteo.h"
#include "world/providers.h"

static int fail(struct reply *ret, const char *reason, const char *what)
{
    return reply_say(ret, 400, "application/json", "{\"error\":true,\"reason\":\"%s%.120s\"}", reason, what);
}

static int take_span(const struct ask *ask, struct open_meteo *om, struct reply *ret)
{
    double past, ahead;
    int64_t today = zone_day(om->zone, ask->now_s);
    const char *start = ask_get(ask, "start_date"), *end = ask_get(ask, "end_date");
    if (ask_number(ask, "past_days", 0, 92, 0, &past) < 0)
        return fail(ret, "Past days is invalid. Allowed range 0 to 92.", "");
    if (ask_number(ask, "forecast_days", 0, 16, 7, &ahead) < 0)
        return fail(ret, "Forecast days is invalid. Allowed range 0 to 16.", "");
    om->first_day = today - (int64_t)past;
    om->last_day = today + (int64_t)ahead - 1;
    if ((start == NULL) != (end == NULL))
        return fail(ret, "Both 'start_date' and 'end_date' must be set", "");
    if (start != NULL && (civil_parse_date(start, &om->first_day) < 0 || civil_parse_date(end, &om->last_day) < 0))
        return fail(ret, "Invalid date format. Make sure to use 'YYYY-MM-DD'", "");
    if (om->last_day < om->first_day - 1 || om->last_day > today + 16 || om->last_day - om->first_day > 400)
        return fail(ret, "Parameter 'start_date' or 'end_date' is out of allowed range", "");
    return 0;
}

static int take_zone(const struct providers *providers, const struct ask *ask, struct open_meteo *om, struct reply *ret)
{
    const char *zone = ask_get(ask, "timezone");
    om->zone_name = "GMT";
    if (ask_get(ask, "daily") != NULL && zone == NULL)
        return fail(ret, "Timezone is required for daily variables", "");
    if (zone == NULL || strcmp(zone, "GMT") == 0 || strcmp(zone, "UTC") == 0)
        return 0;
    if (strcmp(zone, "auto") != 0 && strcmp(zone, providers->zone_name) != 0)
        return fail(ret, "Invalid timezone", "");
    om->zone = providers->zone;
    om->zone_name = providers->zone_name;
    return 0;
}

static int take_place(const struct ask *ask, struct open_meteo *om, struct reply *ret)
{
    double south;
    const char *wind = ask_get(ask, "wind_speed_unit"), *format = ask_get(ask, "timeformat");
    if (ask_get(ask, "latitude") == NULL || ask_number(ask, "latitude", -90, 90, 0, &om->latitude) < 0)
        return fail(ret, "Latitude must be in range of -90 to 90.", "");
    if (ask_get(ask, "longitude") == NULL || ask_number(ask, "longitude", -180, 180, 0, &om->longitude) < 0)
        return fail(ret, "Longitude must be in range of -180 to 180.", "");
    if (ask_number(ask, "tilt", 0, 90, 0, &om->tilt_deg) < 0 || ask_number(ask, "azimuth", -180, 180, 0, &south) < 0)
        return fail(ret, "Invalid tilt or azimuth", "");
    om->azimuth_deg = fmod(south + 540, 360);    /* they count from south, we from north */
    if (wind != NULL && strcmp(wind, "kmh") != 0 && strcmp(wind, "ms") != 0)
        return fail(ret, "Invalid wind speed unit", "");
    om->metres = wind != NULL && strcmp(wind, "ms") == 0;
    if (format != NULL && strcmp(format, "unixtime") != 0 && strcmp(format, "iso8601") != 0)
        return fail(ret, "Invalid time format", "");
    om->unix_time = format != NULL && strcmp(format, "unixtime") == 0;
    return 0;
}

static int head(const struct open_meteo *om, struct text *body)
{
    return text_printf(body,
                       "{\"latitude\":%.2f,\"longitude\":%.2f,\"generationtime_ms\":0.2,\"utc_offset_seconds\":%d,\"timezone\":\"%s\","
                       "\"timezone_abbreviation\":\"%s\",\"elevation\":20.0",
                       round(om->latitude * 50) / 50, round(om->longitude * 50) / 50, zone_offset_s(om->zone, om->now_s), om->zone_name,
                       om->zone == NULL ? "GMT" : "local");
}

int provider_open_meteo(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    if (strcmp(ask->path, "/v1/forecast") != 0)
        return 0;
    struct open_meteo om = {.now_s = ask->now_s};
    if (take_place(ask, &om, ret) != 0 || ret->status != 0 || take_zone(providers, ask, &om, ret) != 0 || ret->status != 0 || take_span(ask, &om, ret) != 0 ||
        ret->status != 0)
        return 1;
    const char *hourly = ask_get(ask, "hourly"), *daily = ask_get(ask, "daily"), *unknown = open_meteo_unknown(hourly, daily);
    if (unknown != NULL)
        return fail(ret, "Cannot initialize WeatherVariable from invalid String value ", unknown) == 0 ? 1 : -ENOMEM;
    struct sky there;
    sky_elsewhere(providers->sky, om.latitude, om.longitude, &there);
    om.sky = &there;
    ret->status = 200;
    ret->type = "application/json";
    int bad = head(&om, &ret->body);
    bad |= hourly != NULL ? open_meteo_hourly(&om, hourly, &ret->body) : 0;
    bad |= daily != NULL ? open_meteo_daily(&om, daily, &ret->body) : 0;
    bad |= text_append(&ret->body, "}", 1);
    return bad == 0 ? 1 : -ENOMEM;
}
