#include "world/open_meteo.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "almanac/sun.h"

enum { REVISED_S = 30 * 3600 };
enum hourly { TEMPERATURE, HUMIDITY, RAIN, CLOUD, WIND, PRESSURE, RADIATION, TILTED, DIRECT, DIFFUSE };
enum daily { TEMP_MAX, TEMP_MIN, RAIN_SUM, RADIATION_SUM, WIND_MAX, SUNSHINE };

struct variable { const char *name, *unit; int what; };

static const struct variable hourly_variable[] = {
    {"temperature_2m", "°C", TEMPERATURE},      {"relative_humidity_2m", "%", HUMIDITY},     {"precipitation", "mm", RAIN},
    {"cloud_cover", "%", CLOUD},                {"wind_speed_10m", "km/h", WIND},            {"pressure_msl", "hPa", PRESSURE},
    {"shortwave_radiation", "W/m²", RADIATION}, {"global_tilted_irradiance", "W/m²", TILTED}, {"direct_normal_irradiance", "W/m²", DIRECT},
    {"diffuse_radiation", "W/m²", DIFFUSE},     {NULL, NULL, 0},
};

static const struct variable daily_variable[] = {
    {"temperature_2m_max", "°C", TEMP_MAX},
    {"temperature_2m_min", "°C", TEMP_MIN},
    {"precipitation_sum", "mm", RAIN_SUM},
    {"shortwave_radiation_sum", "MJ/m²", RADIATION_SUM},
    {"wind_speed_10m_max", "km/h", WIND_MAX},
    {"sunshine_duration", "s", SUNSHINE},
    {NULL, NULL, 0},
};

/* Which variable a name of `len` bytes is, and for _previous_dayN which lead. */
static const struct variable *find(const struct variable *table, const char *name, size_t len, int *lead_days)
{
    static const char suffix[] = "_previous_day";
    size_t tail = sizeof suffix - 1;
    *lead_days = -1;
    if (len > tail + 1 && memcmp(name + len - tail - 1, suffix, tail) == 0 && name[len - 1] >= '0' && name[len - 1] <= '7') {
        *lead_days = name[len - 1] - '0';
        len -= tail + 1;
    }
    for (; table->name != NULL; table++) {
        if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
            return table;
    }
    return NULL;
}

static const char *unknown_in(const struct variable *table, const char *names)
{
    int lead;
    for (const char *p = names; p != NULL; p = strchr(p, ',') != NULL ? strchr(p, ',') + 1 : NULL) {
        if (find(table, p, strcspn(p, ","), &lead) == NULL || (lead >= 0 && table == daily_variable))
            return p;
    }
    return NULL;
}

const char *open_meteo_unknown(const char *hourly, const char *daily)
{
    const char *unknown = unknown_in(hourly_variable, hourly);
    return unknown != NULL ? unknown : unknown_in(daily_variable, daily);
}

/* Of a local day that is over, its first forecast stands until the measurements are in; after that, what happened. */
static int64_t past_vintage(const struct open_meteo *om, int64_t valid_s)
{
    int64_t day = zone_day(om->zone, valid_s - 1);    /* midnight is the end of a day */
    return zone_day_start_s(om->zone, day + 1) > om->now_s - REVISED_S ? sky_vintage_s(zone_day_start_s(om->zone, day)) : SKY_TRUTH;
}

static int64_t vintage_of(const struct open_meteo *om, int64_t valid_s, int lead_days)
{
    if (lead_days > 0)
        return sky_vintage_s((valid_s < om->now_s ? valid_s : om->now_s) - lead_days * INT64_C(86400));
    return valid_s <= om->now_s ? past_vintage(om, valid_s) : sky_vintage_s(om->now_s);
}

static double instant(const struct open_meteo *om, int what, const struct sky_now *now)
{
    switch (what) {
    case TEMPERATURE:
        return now->temperature_c;
    case HUMIDITY:
        return now->humidity_pct;
    case CLOUD:
        return 100 * now->cloud_ratio;
    case WIND:
        return now->wind_m_s * (om->metres ? 1 : 3.6);
    default:
        return now->pressure_hpa;
    }
}

static double tilted_w(const struct open_meteo *om, int64_t hour, const struct light *light)
{
    struct sun sun;
    sun_position(hour * 3600 + 1800, om->latitude, om->longitude, &sun);
    return light_on_plane_w(light, &sun, om->tilt_deg, om->azimuth_deg);
}

/* Sums and means belong to the hour before their stamp. */
static double preceding(const struct open_meteo *om, int what, int64_t hour, const struct sky_now *now)
{
    switch (what) {
    case RAIN:
        return now->rain_mm_h;
    case RADIATION:
        return now->light.ghi_w;
    case TILTED:
        return tilted_w(om, hour, &now->light);
    case DIRECT:
        return now->light.dni_w;
    default:
        return now->light.dhi_w;
    }
}

static double hourly_value(const struct open_meteo *om, int what, int lead_days, int64_t stamp_s)
{
    struct sky_now now;
    int64_t hour = stamp_s / 3600;
    int64_t vintage_s = vintage_of(om, stamp_s, lead_days);
    if (what != RAIN && what < RADIATION) {
        sky_at(om->sky, stamp_s, vintage_s, &now);
        return instant(om, what, &now);
    }
    sky_hour(om->sky, hour - 1, vintage_s, &now);
    return preceding(om, what, hour - 1, &now);
}

static int time_text(const struct open_meteo *om, int64_t utc_s, int with_hour, struct text *ret)
{
    if (om->unix_time)
        return text_printf(ret, "%lld", (long long)utc_s);
    char text[21];
    civil_format_time(utc_s + zone_offset_s(om->zone, utc_s), text);
    return text_printf(ret, "\"%.*s\"", with_hour ? 16 : 10, text);
}

static int units(const struct open_meteo *om, const struct variable *table, const char *section, const char *names, struct text *ret)
{
    int bad = text_printf(ret, ",\"%s_units\":{\"time\":\"%s\"", section, om->unix_time ? "unixtime" : "iso8601"), lead;
    for (const char *p = names; p != NULL; p = strchr(p, ',') != NULL ? strchr(p, ',') + 1 : NULL) {
        int len = (int)strcspn(p, ",");
        const struct variable *variable = find(table, p, (size_t)len, &lead);
        const char *unit = om->metres && strcmp(variable->unit, "km/h") == 0 ? "m/s" : variable->unit;
        bad |= text_printf(ret, ",\"%.*s\":\"%s\"", len, p, unit);
    }
    return bad | text_printf(ret, "},\"%s\":{\"time\":[", section);
}

static int hourly_array(const struct open_meteo *om, const char *name, int len, int64_t start_s, int64_t end_s, struct text *ret)
{
    int lead_days, bad = text_printf(ret, ",\"%.*s\":[", len, name);
    const struct variable *variable = find(hourly_variable, name, (size_t)len, &lead_days);
    for (int64_t t = start_s; t < end_s && bad == 0; t += 3600)
        bad = text_printf(ret, t > start_s ? ",%.1f" : "%.1f", hourly_value(om, variable->what, lead_days, t));
    return bad | text_append(ret, "]", 1);
}

int open_meteo_hourly(const struct open_meteo *om, const char *names, struct text *ret)
{
    int64_t start_s = zone_day_start_s(om->zone, om->first_day), end_s = zone_day_start_s(om->zone, om->last_day + 1);
    int bad = units(om, hourly_variable, "hourly", names, ret);
    for (int64_t t = start_s; t < end_s && bad == 0; t += 3600) {
        bad |= t > start_s ? text_append(ret, ",", 1) : 0;
        bad |= time_text(om, t, 1, ret);
    }
    bad |= text_append(ret, "]", 1);
    for (const char *p = names; p != NULL && bad == 0; p = strchr(p, ',') != NULL ? strchr(p, ',') + 1 : NULL)
        bad = hourly_array(om, p, (int)strcspn(p, ","), start_s, end_s, ret);
    return bad | text_append(ret, "}", 1);
}

static double daily_value(const struct open_meteo *om, int what, const struct sky_day *day)
{
    switch (what) {
    case TEMP_MAX:
        return day->temp_max_c;
    case TEMP_MIN:
        return day->temp_min_c;
    case RAIN_SUM:
        return day->rain_mm;
    case RADIATION_SUM:
        return day->ghi_mj;
    case WIND_MAX:
        return day->wind_max_m_s * (om->metres ? 1 : 3.6);
    default:
        return day->sunshine_s;
    }
}

static int daily_array(const struct open_meteo *om, const char *name, int len, const struct sky_day *day, int64_t n, struct text *ret)
{
    int lead, bad = text_printf(ret, ",\"%.*s\":[", len, name);
    const struct variable *variable = find(daily_variable, name, (size_t)len, &lead);
    for (int64_t i = 0; i < n && bad == 0; i++)
        bad = text_printf(ret, i > 0 ? ",%.2f" : "%.2f", daily_value(om, variable->what, &day[i]));
    return bad | text_append(ret, "]", 1);
}

int open_meteo_daily(const struct open_meteo *om, const char *names, struct text *ret)
{
    struct sky_day day[512];
    int64_t n = om->last_day - om->first_day + 1;
    if (n > 512)
        return -ENOMEM;
    int bad = units(om, daily_variable, "daily", names, ret);
    for (int64_t i = 0; i < n && bad == 0; i++) {
        int64_t start_s = zone_day_start_s(om->zone, om->first_day + i), end_s = zone_day_start_s(om->zone, om->first_day + i + 1);
        sky_day(om->sky, start_s, end_s, vintage_of(om, end_s, -1), &day[i]);
        bad |= i > 0 ? text_append(ret, ",", 1) : 0;
        bad |= time_text(om, start_s, 0, ret);
    }
    bad |= text_append(ret, "]", 1);
    for (const char *p = names; p != NULL && bad == 0; p = strchr(p, ',') != NULL ? strchr(p, ',') + 1 : NULL)
        bad = daily_array(om, p, (int)strcspn(p, ","), day, n, ret);
    return bad | text_append(ret, "}", 1);
}
