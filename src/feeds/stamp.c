/* Dates of rows. A date without a time of day is taken literally and never goes through UTC; a time is UTC, has an offset, or (date_tz =
 * local) stands in the site's zone. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/text.h"
#include "feeds/extract.h"

enum { STAMP_TEXT = 96 };
static const int64_t oldest_s = -2208988800;     /* 1900 */
static const int64_t newest_s = 7258118400;      /* 2200 */

static int in_range(int64_t s)
{
    return s >= oldest_s && s < newest_s;
}

static int64_t floor_day(int64_t s)
{
    return s / 86400 - (s % 86400 < 0);
}

/* Wall time to UTC; on a day of 24 hours the clock is not changed. Of the hour that comes twice in autumn the first is meant, unless rows come in order and
 * the first is used up. */
static int64_t from_wall(const struct reader *r, int64_t wall_s, int64_t previous_s)
{
    const struct zone *zone = r->zone;
    int64_t day = floor_day(wall_s), start_s = reader_day_start_s(r, day);
    if (reader_day_start_s(r, day + 1) - start_s == 86400)
        return start_s + wall_s - day * 86400;
    int64_t utc_s = zone_to_utc_s(zone, wall_s);
    if (previous_s == INT64_MIN || utc_s > previous_s)
        return utc_s;
    int drop_s = zone_offset_s(zone, utc_s) - zone_offset_s(zone, utc_s + 3600);
    return drop_s == 3600 && utc_s + 3600 > previous_s ? utc_s + 3600 : utc_s;
}

static int from_unix(double s, struct stamp *ret)
{
    if (!(s >= (double)oldest_s) || s >= (double)newest_s)
        return -EINVAL;
    *ret = (struct stamp){ .s = (int64_t)floor(s), .timed = 1 };
    return 0;
}

static int parse_unix(const char *text, struct stamp *ret)
{
    double s;
    return text_double(text, &s) < 0 ? -EINVAL : from_unix(s, ret);
}

static void put_utc(const struct reader *r, int64_t s, int64_t previous_s, struct stamp *ret)
{
    *ret = (struct stamp){ .s = r->feed->date_local ? from_wall(r, s, previous_s) : s, .timed = 1 };
}

static int parse_iso(const struct reader *r, const char *text, int64_t previous_s, struct stamp *ret)
{
    static const char *const bare[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M" };
    int64_t day, s;
    int has_time;
    if (civil_parse_date(text, &day) == 0) {
        *ret = (struct stamp){ .s = day * 86400, .timed = 0 };
        return 0;
    }
    if (civil_parse_time(text, &s) == 0) {
        *ret = (struct stamp){ .s = s, .timed = 1 };
        return 0;
    }
    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++)
        if (civil_parse_format(text, bare[i], &s, &has_time) == 0) {
            put_utc(r, s, previous_s, ret);
            return 0;
        }
    return -EINVAL;
}

static int parse_format(const struct reader *r, const char *text, int64_t previous_s, struct stamp *ret)
{
    int64_t s;
    int has_time;
    if (civil_parse_format(text, r->feed->date_format, &s, &has_time) < 0)
        return -EINVAL;
    if (has_time)
        put_utc(r, s, previous_s, ret);
    else
        *ret = (struct stamp){ .s = s, .timed = 0 };
    return 0;
}

int stamp_parse(const struct reader *r, const char *text, int64_t previous_s, struct stamp *ret)
{
    struct stamp stamp;
    int err;
    if (r->feed->dating == DATING_UNIX)
        err = parse_unix(text, &stamp);
    else if (r->feed->dating == DATING_ISO)
        err = parse_iso(r, text, previous_s, &stamp);
    else
        err = parse_format(r, text, previous_s, &stamp);
    if (err < 0 || !in_range(stamp.s))
        return -EINVAL;
    *ret = stamp;
    return 0;
}

int stencil_text(const struct reader *r, const struct stencil *stencil, char *ret, size_t size)
{
    size_t used = 0;
    ret[0] = '\0';
    for (int i = 0; i < stencil->n; i++) {
        size_t len = strlen(stencil->part[i].literal);
        if (used + len >= size)
            return -EINVAL;
        memcpy(ret + used, stencil->part[i].literal, len + 1);
        used += len;
        if (stencil->part[i].slot == NO_SLOT)
            continue;
        if (cell_text(&r->cell[stencil->part[i].slot], ret + used, size - used) < 0)
            return -EINVAL;
        used += strlen(ret + used);
    }
    return 0;
}

int stamp_read(const struct reader *r, const struct stencil *stencil, struct stamp *ret)
{
    char space[STAMP_TEXT] = "";
    const char *text = space;
    int alone = stencil->n == 1 && stencil->part[0].literal[0] == '\0' && stencil->part[0].slot != NO_SLOT;
    const struct cell *cell = alone ? &r->cell[stencil->part[0].slot] : NULL;
    const char *whole = alone ? cell_string(cell) : NULL;
    double s;
    if (whole != NULL)
        text = whole;
    else if (alone && cell->kind == CELL_NODE && r->feed->dating == DATING_UNIX && json_number(cell->node, &s) == 0)
        return from_unix(s, ret);
    else if (stencil_text(r, stencil, space, sizeof space) < 0)
        return -EINVAL;
    return stamp_parse(r, text, r->ordered ? r->previous_s : INT64_MIN, ret);
}

void reader_start_days(struct day_cache *days)
{
    for (size_t i = 0; i < DAY_SLOTS; i++)
        days->day[i] = INT64_MIN;
    days->offset_s = 0;
}

int64_t reader_day_start_s(const struct reader *r, int64_t day)
{
    struct day_cache *days = r->days;
    size_t slot = (size_t)day % DAY_SLOTS;
    if (days->day[slot] != day) {
        days->start_s[slot] = zone_day_start_s(r->zone, day);
        days->day[slot] = day;
    }
    return days->start_s[slot];
}

/* The last offset from UTC is nearly always right; the day it leads to proves it. */
int64_t reader_day(const struct reader *r, const struct stamp *stamp)
{
    if (!stamp->timed)
        return floor_day(stamp->s);
    int64_t day = floor_day(stamp->s + r->days->offset_s);
    if (reader_day_start_s(r, day) <= stamp->s && stamp->s < reader_day_start_s(r, day + 1))
        return day;
    r->days->offset_s = zone_offset_s(r->zone, stamp->s);
    return floor_day(stamp->s + r->days->offset_s);
}

/* The provider's issue time: RFC 3339, or Unix seconds. */
int stamp_issued(const struct cell *cell, int64_t *utc_s)
{
    char text[STAMP_TEXT];
    struct stamp stamp;
    if (cell_text(cell, text, sizeof text) < 0)
        return -EINVAL;
    if (civil_parse_time(text, utc_s) == 0)
        return 0;
    if (parse_unix(text, &stamp) < 0)
        return -EINVAL;
    *utc_s = stamp.s;
    return 0;
}
