/* Calendars: Nager.Date's holidays of a country (versions 3 and 4) and OpenHolidays' school holidays of a community, as far as they are announced by now. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "world/noise.h"
#include "world/providers.h"
#include "world/school.h"

enum { FIRST_YEAR = 1974, LAST_YEAR = 2074, SPAN_DAYS = 1095 };

/* "new_year" becomes "New Year". */
static void title_of(const char *name, char ret[64])
{
    size_t n = 0;
    for (; name[n] != '\0' && n < 63; n++)
        ret[n] = name[n] == '_' ? ' ' : (char)(n == 0 || name[n - 1] == '_' ? toupper((unsigned char)name[n]) : name[n]);
    ret[n] = '\0';
}

static int one_holiday(const struct holiday *holiday, const char *country, int version, struct text *ret)
{
    static const char *const type[] = {[HOLIDAY_PUBLIC] = "Public", [HOLIDAY_BANK] = "Bank", [HOLIDAY_REGIONAL] = "Public", [HOLIDAY_OBSERVANCE] = "Observance"};
    const char *whole = holiday->class == HOLIDAY_REGIONAL ? "false" : "true";
    char date[11], title[64];
    civil_format_date(holiday->day, date);
    title_of(holiday->name, title);
    int bad = text_printf(ret, "{\"date\":\"%s\",\"localName\":\"%s\",\"name\":\"%s\",\"countryCode\":\"%s\",", date, title, title, country);
    if (version == 3)
        return bad | text_printf(ret, "\"fixed\":false,\"global\":%s,\"counties\":null,\"launchYear\":null,\"types\":[\"%s\"]}", whole, type[holiday->class]);
    return bad | text_printf(ret, "\"nationalHoliday\":%s,\"subdivisionCodes\":null,\"holidayTypes\":[\"%s\"]}", whole, type[holiday->class]);
}

/* "2026/BE" in version 3, "BE/2026" in version 4. */
static int take_year(const char *path, int version, char country[3], int64_t *year)
{
    char number[5];
    if (strlen(path) != 7 || path[version == 3 ? 4 : 2] != '/')
        return -EINVAL;
    const char *code = version == 3 ? path + 5 : path;
    snprintf(number, sizeof number, "%.4s", version == 3 ? path : path + 3);
    snprintf(country, 3, "%c%c", toupper((unsigned char)code[0]), toupper((unsigned char)code[1]));
    return text_int(number, FIRST_YEAR, LAST_YEAR, year);
}

int provider_nager(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    struct holiday list[HOLIDAYS_MAX];
    char country[3];
    int64_t year;
    int version = ask->path[strlen("/api/v")] - '0';
    (void)providers;
    if (take_year(strchr(ask->path + strlen("/api/v3/"), '/') + 1, version, country, &year) < 0)
        return reply_say(ret, 400, "application/json", "{\"title\":\"Bad Request\",\"status\":400}") == 0 ? 1 : -ENOMEM;
    int n = holiday_list_all(country, NULL, (int)year, list);
    if (n < 0)
        return reply_say(ret, 404, "application/json", "{\"title\":\"Not Found\",\"status\":404}") == 0 ? 1 : -ENOMEM;
    reply_begin(ret, "application/json; charset=utf-8");
    int bad = text_append(&ret->body, "[", 1);
    for (int i = 0; i < n; i++) {
        bad |= i > 0 ? text_append(&ret->body, ",", 1) : 0;
        bad |= one_holiday(&list[i], country, version, &ret->body);
    }
    return (bad | text_append(&ret->body, "]", 1)) == 0 ? 1 : -ENOMEM;
}

/* ---- school holidays ---- */

static int one_break(const struct school_break *holiday, const char *group, struct text *ret)
{
    char first[11], last[11];
    uint64_t own = noise_child(noise_stream(0, group), holiday->first);
    civil_format_date(holiday->first, first);
    civil_format_date(holiday->last, last);
    int bad = text_printf(ret, "%s{\"id\":\"%08x-%04x-4%03x-8%03x-%012llx\",\"startDate\":\"%s\",\"endDate\":\"%s\",\"type\":\"School\",\"name\":[{\"language\":\"EN\",\"text\":\"%s\"}],"
                               "\"regionalScope\":\"Regional\",\"temporalScope\":\"FullDay\",\"nationwide\":false,\"subdivisions\":[],\"groups\":[{\"code\":",
                          ret->len > 1 ? "," : "", (unsigned)(own >> 32), (unsigned)(own >> 16) & 0xffff, (unsigned)(own >> 4) & 0xfff, (unsigned)own & 0xfff,
                          (unsigned long long)(noise_child(own, 1) & 0xffffffffffff), first, last, holiday->name);
    bad |= text_json_string(ret, group);
    bad |= text_printf(ret, ",\"shortName\":");
    bad |= text_json_string(ret, strchr(group, '-') != NULL ? strchr(group, '-') + 1 : group);
    return bad | text_append(ret, "}]}", 3);
}

static int breaks(const char *group, int64_t from, int64_t to, int64_t today, struct text *ret)
{
    size_t len = strlen(group);
    int second = len >= 2 && strcmp(group + len - 2, "FR") == 0, year, month, mday;
    struct school_break holiday[SCHOOL_BREAKS];
    int bad = text_append(ret, "[", 1);
    civil_date(from, &year, &month, &mday);
    for (year--; year <= school_announced(today, second) && civil_day(year, 9, 1) <= to; year++) {
        school_year(year, second, holiday);
        for (int i = 0; i < SCHOOL_BREAKS; i++)
            bad |= holiday[i].last >= from && holiday[i].first <= to ? one_break(&holiday[i], group, ret) : 0;
    }
    return bad | text_append(ret, "]", 1);
}

int provider_open_holidays(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    const char *group = ask_get(ask, "groupCode"), *country = ask_get(ask, "countryIsoCode");
    int64_t from = INT64_MIN, to = INT64_MIN;
    if (group == NULL)
        group = ask_get(ask, "subdivisionCode");
    if (country == NULL || ask_day(ask, "validFrom", &from) < 0 || ask_day(ask, "validTo", &to) < 0 || from == INT64_MIN || to < from || to - from > SPAN_DAYS)
        return reply_say(ret, 400, "application/json", "{\"title\":\"One or more validation errors occurred.\",\"status\":400}") == 0 ? 1 : -ENOMEM;
    reply_begin(ret, "application/json; charset=utf-8");
    if (group == NULL || strlen(group) < 2 || strcmp(country, providers->country) != 0)    /* nobody announces anything there */
        return text_append(&ret->body, "[]", 2) == 0 ? 1 : -ENOMEM;
    return breaks(group, from, to, zone_day(providers->zone, ask->now_s), &ret->body) == 0 ? 1 : -ENOMEM;
}
