/* A zone named as in our own tables is taken from there: they are newer than what calendars carry, and known to be sane. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "base/text.h"
#include "feeds/ics.h"

#define ZONES "/usr/share/zoneinfo/"
enum { ZONE_FILE_MAX = 65536, OBSERVANCES = 16, CHANGES = 400 };

static int is_plain(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+/");
    return len > 0 && len < 64 && name[len] == '\0' && name[0] != '/' && name[0] != '-' && name[len - 1] != '/' && strstr(name, "//") == NULL;
}

static struct zone *load(const char *name)
{
    char path[128], *data;
    size_t len;
    if (!is_plain(name))
        return NULL;
    snprintf(path, sizeof path, ZONES "%s", name);
    if (file_read(path, ZONE_FILE_MAX, &data, &len, NULL) < 0)
        return NULL;
    struct zone *zone = zone_new(data, len, NULL);
    free(data);
    return zone;
}

/* "/freeassociation.sourceforge.net/Europe/Brussels" and "/example.com/20240101/Europe/Brussels" mean Europe/Brussels. */
static struct zone *load_by_tail(const char *name)
{
    struct zone *zone = load(name);
    const char *last = strrchr(name, '/');
    if (zone != NULL || last == NULL)
        return zone;
    while (last > name && last[-1] != '/')
        last--;
    return last > name ? load(last) : NULL;
}

static struct ics_zone *known(struct ics_zones *zones, const char *name)
{
    for (size_t i = 0; i < zones->n; i++)
        if (strcmp(zones->zone[i].name, name) == 0)
            return &zones->zone[i];
    return NULL;
}

static struct ics_zone *add(struct ics_zones *zones, const char *name)
{
    struct ics_zone *z = &zones->zone[zones->n];
    if (zones->n == ICS_ZONES || text_copy(z->name, sizeof z->name, name) < 0)
        return NULL;
    z->own = NULL;
    z->defined = NULL;
    zones->n++;
    return z;
}

/* libical writes out all changes of a zone for centuries: only yearly rules, few of them, from a year that exists. */
static int is_sane(icalcomponent *zone)
{
    int observances = 0, changes = 0;
    for (icalcomponent *c = icalcomponent_get_first_component(zone, ICAL_ANY_COMPONENT); c != NULL;
         c = icalcomponent_get_next_component(zone, ICAL_ANY_COMPONENT)) {
        if (++observances > OBSERVANCES)
            return 0;
        for (icalproperty *p = icalcomponent_get_first_property(c, ICAL_ANY_PROPERTY); p != NULL; p = icalcomponent_get_next_property(c, ICAL_ANY_PROPERTY)) {
            icalproperty_kind kind = icalproperty_isa(p);
            const char *value = kind == ICAL_RRULE_PROPERTY ? icalproperty_get_value_as_string(p) : NULL;
            if (++changes > CHANGES || (kind == ICAL_RRULE_PROPERTY && (value == NULL || ics_rule_refused(value, 1) != NULL)))
                return 0;
            if (kind == ICAL_DTSTART_PROPERTY && (icalproperty_get_dtstart(p).year < 1600 || icalproperty_get_dtstart(p).year > 2200))
                return 0;
        }
    }
    return observances > 0;
}

void ics_zone_define(struct ics_zones *zones, icalcomponent *vtimezone)
{
    icalproperty *id = icalcomponent_get_first_property(vtimezone, ICAL_TZID_PROPERTY);
    const char *name = id == NULL ? NULL : icalproperty_get_tzid(id);
    struct ics_zone *z = name == NULL || known(zones, name) != NULL ? NULL : add(zones, name);
    if (z == NULL)
        return;
    z->own = load_by_tail(name);
    icalcomponent *copy = z->own != NULL || !is_sane(vtimezone) ? NULL : icalcomponent_new_clone(vtimezone);
    z->defined = copy == NULL ? NULL : icaltimezone_new();
    if (z->defined != NULL && icaltimezone_set_component(z->defined, copy))
        return;
    if (copy != NULL)
        icalcomponent_free(copy);
    if (z->defined != NULL)
        icaltimezone_free(z->defined, 1);
    z->defined = NULL;
}

const struct ics_zone *ics_zone_find(struct ics_zones *zones, const char *name)
{
    struct ics_zone *z = known(zones, name);
    if (z == NULL && (z = add(zones, name)) != NULL)
        z->own = load_by_tail(name);
    return z != NULL && (z->own != NULL || z->defined != NULL) ? z : NULL;
}

void ics_zones_free(struct ics_zones *zones)
{
    for (size_t i = 0; i < zones->n; i++) {
        zone_free(zones->zone[i].own);
        if (zones->zone[i].defined != NULL)
            icaltimezone_free(zones->zone[i].defined, 1);
    }
    zones->n = 0;
}

static int in_range(const struct icaltimetype *t)
{
    return t->year >= 1900 && t->year < 2200 && t->month >= 1 && t->month <= 12 && t->day >= 1 && t->day <= civil_month_length(t->year, t->month) &&
           (t->is_date || (t->hour >= 0 && t->hour < 24 && t->minute >= 0 && t->minute < 60 && t->second >= 0 && t->second <= 60));
}

int ics_time(struct ics_zones *zones, icalproperty *property, struct icaltimetype t, struct ics_time *ret)
{
    if (icaltime_is_null_time(t) || !in_range(&t))
        return -EINVAL;
    icalparameter *tzid = property == NULL ? NULL : icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
    *ret = (struct ics_time){ .wall_s = civil_day(t.year, t.month, t.day) * 86400, .frame = ICS_DATE };
    if (t.is_date)
        return 0;
    ret->wall_s += t.hour * 3600 + t.minute * 60 + t.second;
    ret->frame = icaltime_is_utc(t) ? ICS_UTC : ICS_FLOATING;
    if (ret->frame == ICS_UTC || tzid == NULL)
        return 0;
    ret->frame = ICS_ZONED;
    ret->zone = ics_zone_find(zones, icalparameter_get_tzid(tzid));
    return ret->zone == NULL ? -ENOENT : 0;
}

static struct icaltimetype as_icaltime(int64_t wall_s)
{
    int64_t day = wall_s / 86400 - (wall_s % 86400 < 0), s = wall_s - day * 86400;
    struct icaltimetype t = icaltime_null_time();
    civil_date(day, &t.year, &t.month, &t.day);
    t.hour = (int)(s / 3600);
    t.minute = (int)(s / 60 % 60);
    t.second = (int)(s % 60);
    return t;
}

int64_t ics_utc_s(const struct ics_zones *zones, const struct ics_time *t)
{
    if (t->frame == ICS_UTC || t->frame == ICS_DATE)
        return t->wall_s;
    if (t->frame == ICS_FLOATING)
        return zone_to_utc_s(zones->site, t->wall_s);
    if (t->zone->own != NULL)
        return zone_to_utc_s(t->zone->own, t->wall_s);
    struct icaltimetype wall = as_icaltime(t->wall_s);
    int summer = 0;
    return t->wall_s - icaltimezone_get_utc_offset(t->zone->defined, &wall, &summer);
}
