#include "daemon/shown.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "daemon/common.h"
#include "daemon/places.h"

enum { WEEK = 7, YEAR_DAYS = 365, LEAST = 60, HOLIDAY_RANK = 60 };

/* ---- holidays ---- */

static void title_of(const char *name, char *ret, size_t size)
{
    size_t n = 0;
    for (; name[n] != '\0' && n + 1 < size; n++)
        ret[n] = (char)(name[n] == '_' ? ' ' : n == 0 ? toupper((unsigned char)name[n]) : name[n]);
    ret[n] = '\0';
}

static void whole_days(const struct daemon *d, int64_t first, int64_t last, struct store_event *ret)
{
    ret->first_day = first;
    ret->last_day = last;
    ret->all_day = 1;
    ret->start_s = zone_day_start_s(d->zone, first);
    ret->end_s = zone_day_start_s(d->zone, last + 1);
    ret->fetched_s = common_wall_s(d);
}

static int put_year(struct daemon *d, int place, int year, struct gnm_why *why)
{
    struct holiday list[HOLIDAYS_MAX];
    struct store_event row[HOLIDAYS_MAX];
    const char *country = places_country(d->config, place), *region = places_region(d->config, place);
    int n = holiday_list(country, region, year, list);
    for (int i = 0; i < n; i++) {
        row[i] = (struct store_event){ .feed = "holidays", .category = "holiday", .available_s = GNM_ALWAYS, .importance = HOLIDAY_RANK, .attendance = NAN };
        snprintf(row[i].place, sizeof row[i].place, "%s%s%s", country, region[0] != '\0' ? "-" : "", region);
        snprintf(row[i].id, sizeof row[i].id, "%d-%.80s", year, list[i].name);
        title_of(list[i].name, row[i].title, sizeof row[i].title);
        whole_days(d, list[i].day, list[i].day, &row[i]);
    }
    return n > 0 ? store_events(d->store, row, (size_t)n, NULL, why) : 0;
}

static int put_holidays(struct daemon *d, int64_t today, struct gnm_why *why)
{
    int year, month, mday, r = 0;
    unsigned used = places_used(d->config);
    civil_date(today, &year, &month, &mday);
    for (int place = 0; place < PLACES && r == 0; place++)
        for (int next = 0; next < 2 && r == 0 && (used & 1u << place) != 0; next++)
            r = put_year(d, place, year + next, why);
    return r;
}

/* ---- indices ---- */

struct index_reading {
    struct daemon *d;
    const struct feed_slot *slot;
    int64_t today;
    char series[GNM_ID];
    double day[YEAR_DAYS];        /* the newest word on each of the last days, by age; NaN none */
    struct store_event row[8];
    size_t n;
};

static double mean(const double *x, int n, int *count)
{
    double sum = 0;
    *count = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(x[i])) {
            sum += x[i];
            ++*count;
        }
    return *count > 0 ? sum / *count : NAN;
}

static void end_series(struct index_reading *r)
{
    int n_week, n_year, newest = 0;
    while (newest < WEEK && isnan(r->day[newest]))
        newest++;
    double week = mean(r->day + newest, WEEK, &n_week), year = mean(r->day, YEAR_DAYS, &n_year), ratio = week / year;
    if (r->series[0] == '\0' || newest == WEEK || n_year < LEAST || !(year > 0) || r->n == sizeof r->row / sizeof *r->row)
        return;
    struct store_event *e = &r->row[r->n++];
    *e = (struct store_event){ .category = "index", .attendance = NAN, .importance = (int)fmin(100, fmax(0, round(50 * ratio))) };
    snprintf(e->feed, sizeof e->feed, "%s", feed_name(r->slot->feed));
    snprintf(e->place, sizeof e->place, "%s", r->slot->place);
    snprintf(e->id, sizeof e->id, "index-%s", r->series);
    snprintf(e->title, sizeof e->title, "%.60s: last %d days %.2f times its year", r->series, WEEK, ratio);
    whole_days(r->d, r->today - newest - WEEK + 1, r->today - newest, e);
    e->available_s = e->fetched_s;
}

static int take_index(void *ctx, const struct gnm_signal *s)
{
    struct index_reading *r = ctx;
    if (strcmp(r->series, s->series) != 0) {
        end_series(r);
        snprintf(r->series, sizeof r->series, "%s", s->series);
        for (int i = 0; i < YEAR_DAYS; i++)
            r->day[i] = NAN;
    }
    int64_t age = r->today - s->valid;
    if (s->quality != GNM_PARTIAL && s->step == GNM_DAY && age >= 0 && age < YEAR_DAYS)
        r->day[age] = s->value;
    return 0;
}

static int put_index(struct daemon *d, const struct feed_slot *slot, int64_t today, struct gnm_why *why)
{
    struct index_reading r = { .d = d, .slot = slot, .today = today };
    struct store_pick pick = { .feed = feed_name(slot->feed), .place = slot->place, .without_hours = 1, .since_day = today - YEAR_DAYS };
    int rc = store_each_signal_of(d->store, &pick, take_index, &r, why);
    if (rc < 0)
        return rc;
    end_series(&r);
    return r.n > 0 ? store_events(d->store, r.row, r.n, NULL, why) : 0;
}

int shown_update(struct daemon *d, struct gnm_why *why)
{
    int64_t today = zone_day(d->zone, common_wall_s(d));
    if (d->shown_day == today)
        return 0;
    int r = put_holidays(d, today, why);
    for (size_t i = 0; i < d->fetch.n && r == 0; i++)
        if (feed_is_index(d->fetch.slot[i].feed))
            r = put_index(d, &d->fetch.slot[i], today, why);
    if (r == 0)
        d->shown_day = today;
    return r;
}
