/* MET Norway Locationforecast 2.0, compact: hours first, then steps of six; manners enforced as the real service does. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "almanac/civil.h"
#include "world/providers.h"

enum { HOURLY = 60, LAST_HOUR = 234 };

static int too_exact(const char *text)
{
    const char *point = strchr(text, '.');
    return point != NULL && strlen(point + 1) > 4;
}

/* The service asks programs to say who runs them: a mail address or a site. */
static int anonymous(const char *user_agent)
{
    return user_agent == NULL || (strchr(user_agent, '@') == NULL && strstr(user_agent, "://") == NULL);
}

static const char *symbol(const struct sky_now *now)
{
    if (now->rain_mm_h > 1.5)
        return "heavyrain";
    if (now->rain_mm_h > 0.1)
        return "lightrain";
    if (now->cloud_ratio > 0.85)
        return "cloudy";
    const char *const open[2][2] = {{"partlycloudy_night", "clearsky_night"}, {"partlycloudy_day", "clearsky_day"}};
    return open[now->light.clear_w > 0][now->cloud_ratio < 0.25];
}

static int put(struct text *body, const char *text)
{
    return text_append(body, text, strlen(text));
}

/* A label and a number with one decimal: thousands of them a day, for which printf takes too long. */
static int tenths(struct text *body, const char *label, double value)
{
    char digits[24], *at = digits + sizeof digits;
    int64_t whole = llround(fabs(value) * 10), left = whole / 10;
    *--at = (char)('0' + whole % 10);
    *--at = '.';
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0 && whole > 0)
        *--at = '-';
    return put(body, label) | text_append(body, at, (size_t)(digits + sizeof digits - at));
}

static int outlook(struct text *body, const char *before, const struct sky_now *now, double rain_mm)
{
    int bad = put(body, before) | put(body, symbol(now));
    return bad | tenths(body, "\"},\"details\":{\"precipitation_amount\":", rain_mm) | put(body, "}}");
}

/* Rain of the hours from the vintage on: each belongs to one outlook of an hour and up to six of six hours. */
static void rain_of_hours(struct sky *sky, int64_t vintage_s, double ret[LAST_HOUR + 6])
{
    for (int i = 0; i < LAST_HOUR + 6; i++)
        ret[i] = sky_hour_rain_mm(sky, vintage_s / 3600 + i, vintage_s);
}

static int one_step(struct sky *sky, int64_t vintage_s, int lead, const double *rain_mm, struct text *body)
{
    struct sky_now now;
    char time[21];
    int64_t hour = vintage_s / 3600 + lead;
    sky_at(sky, hour * 3600, vintage_s, &now);
    civil_format_time(hour * 3600, time);
    int bad = put(body, "{\"time\":\"") | put(body, time) | tenths(body, "\",\"data\":{\"instant\":{\"details\":{\"air_pressure_at_sea_level\":", now.pressure_hpa);
    bad |= tenths(body, ",\"air_temperature\":", now.temperature_c) | tenths(body, ",\"cloud_area_fraction\":", 100 * now.cloud_ratio);
    bad |= tenths(body, ",\"relative_humidity\":", now.humidity_pct) | tenths(body, ",\"wind_from_direction\":", now.wind_deg);
    bad |= tenths(body, ",\"wind_speed\":", now.wind_m_s) | put(body, "}}");
    if (lead < HOURLY)
        bad |= outlook(body, ",\"next_1_hours\":{\"summary\":{\"symbol_code\":\"", &now, rain_mm[lead]);
    bad |= put(body, ",\"next_12_hours\":{\"summary\":{\"symbol_code\":\"") | put(body, symbol(&now)) | put(body, "\"},\"details\":{}}");
    double six_mm = 0;
    for (int i = 0; i < 6; i++)
        six_mm += rain_mm[lead + i];
    bad |= outlook(body, ",\"next_6_hours\":{\"summary\":{\"symbol_code\":\"", &now, six_mm);
    return bad | put(body, "}}");
}

static int forecast(struct sky *sky, int64_t vintage_s, struct text *body)
{
    char time[21];
    double rain_mm[LAST_HOUR + 6];
    rain_of_hours(sky, vintage_s, rain_mm);
    civil_format_time(vintage_s, time);
    int bad = text_printf(body,
                          "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[%.4f,%.4f,20]},\"properties\":{\"meta\":{\"updated_at\":"
                          "\"%s\",\"units\":{\"air_pressure_at_sea_level\":\"hPa\",\"air_temperature\":\"celsius\",\"cloud_area_fraction\":\"%%\","
                          "\"precipitation_amount\":\"mm\",\"relative_humidity\":\"%%\",\"wind_from_direction\":\"degrees\",\"wind_speed\":\"m/s\"}},"
                          "\"timeseries\":[",
                          sky->longitude_deg, sky->latitude_deg, time);
    for (int lead = 0; lead < LAST_HOUR && bad == 0; lead += lead < HOURLY ? 1 : 6) {
        if (lead > 0)
            bad |= text_append(body, ",", 1);
        bad |= one_step(sky, vintage_s, lead, rain_mm, body);
    }
    return bad | text_append(body, "]}}\n", 4);
}

static int same_place(const struct provider_kept *kept, const struct sky *sky, double latitude_deg, double longitude_deg)
{
    return kept->sky == sky && kept->latitude_deg == latitude_deg && kept->longitude_deg == longitude_deg && kept->there.measured == sky->measured && kept->there.skill == sky->skill;
}

/* The same place and vintage give the same document, and clients ask several times for each: the last one is kept. */
static int kept_forecast(struct providers *providers, double latitude_deg, double longitude_deg, int64_t vintage_s, struct text *body)
{
    struct provider_kept *kept = &providers->kept;
    int same = same_place(kept, providers->sky, latitude_deg, longitude_deg);
    if (!same || kept->body.len == 0 || kept->vintage_s != vintage_s) {
        if (!same)
            sky_elsewhere(providers->sky, latitude_deg, longitude_deg, &kept->there);
        kept->sky = providers->sky;
        kept->vintage_s = vintage_s;
        kept->latitude_deg = latitude_deg;
        kept->longitude_deg = longitude_deg;
        text_free(&kept->body);
        if (forecast(&kept->there, vintage_s, &kept->body) != 0) {
            text_free(&kept->body);
            return -ENOMEM;
        }
    }
    return text_append(body, kept->body.data, kept->body.len);
}

static int refused(const struct ask *ask, struct reply *ret)
{
    const char *lat = ask_get(ask, "lat"), *lon = ask_get(ask, "lon");
    double number;
    if (anonymous(ask->user_agent))
        return reply_say(ret, 403, "text/plain", "Forbidden: identify yourself in the User-Agent header with a way to reach you\n"), 1;
    if (lat == NULL || lon == NULL || ask_number(ask, "lat", -90, 90, 0, &number) < 0 || ask_number(ask, "lon", -180, 180, 0, &number) < 0)
        return reply_say(ret, 400, "text/html", "<html><body><h1>400 Bad Request</h1>lat and lon are required</body></html>\n"), 1;
    if (too_exact(lat) || too_exact(lon))
        return reply_say(ret, 403, "text/plain", "Forbidden: at most 4 decimals in coordinates\n"), 1;
    return 0;
}

int provider_met(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    if (strcmp(ask->path, "/weatherapi/locationforecast/2.0/compact") != 0)
        return 0;
    if (refused(ask, ret))
        return 1;
    double lat, lon;
    ask_number(ask, "lat", -90, 90, 0, &lat);
    ask_number(ask, "lon", -180, 180, 0, &lon);
    int64_t vintage_s = sky_vintage_s(ask->now_s);
    char stamp[32];
    reply_time(vintage_s, stamp);
    ret->last_modified_s = vintage_s;
    /* Half an hour and some, different for each place and hour, so that clients do not march in step. */
    ret->expires_s = ask->now_s + 1800 + (ask->now_s / 3600 * 7919 + (int64_t)(100 * lat) * 31) % 300;
    ret->type = "application/json";
    ret->status = 200;
    if (ask->if_modified_since != NULL && strcmp(ask->if_modified_since, stamp) == 0) {
        ret->status = 304;
        return 1;
    }
    return kept_forecast(providers, lat, lon, vintage_s, &ret->body) == 0 ? 1 : -ENOMEM;
}
