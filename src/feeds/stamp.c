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

/* Midnights and other wall times are asked for every row and every value, and most lie between the same two changes of the clock. */
static int settle(struct offset_span *span, const struct zone *zone, int64_t low_s, int64_t high_s)
{
    if (span->from_s <= low_s && high_s < span->until_s)
        return 1;
    span->offset_s = zone_span_s(zone, low_s, &span->from_s, &span->until_s);
    return high_s < span->until_s;
}

/* The offsets of a day before and a day after decide about a wall time (almanac/zone.h). Of the hour that comes twice in autumn the first is meant, unless rows
 * come in order and the first is used up. */
static int64_t from_wall(const struct reader *r, int64_t wall_s, int64_t previous_s)
{
    if (settle(r->span, r->zone, wall_s - 86400, wall_s + 86400))
        return wall_s - r->span->offset_s;
    int64_t utc_s = zone_to_utc_s(r->zone, wall_s);
    if (previous_s == INT64_MIN || utc_s > previous_s)
        return utc_s;
    int drop_s = zone_offset_s(r->zone, utc_s) - zone_offset_s(r->zone, utc_s + 3600);
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
    if (civil_parse_layout(&r->feed->date_layout, text, r->recent, &s) == 0) {
        *ret = (struct stamp){ .s = s, .timed = 1 };
        return 0;
    }
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
    int has_time = r->feed->timed;
    if (civil_parse_layout(&r->feed->date_layout, text, r->recent, &s) < 0 && civil_parse_format(text, r->feed->date_format, &s, &has_time) < 0)
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

/* The cell a stencil of one path and nothing else stands for. */
static const struct cell *alone(const struct reader *r, const struct stencil *stencil)
{
    return stencil->n == 1 && stencil->part[0].literal[0] == '\0' && stencil->part[0].slot != NO_SLOT ? &r->cell[stencil->part[0].slot] : NULL;
}

const char *stencil_view(const struct reader *r, const struct stencil *stencil, char *space, size_t size)
{
    const struct cell *cell = alone(r, stencil);
    const char *text = cell == NULL ? NULL : cell_string(cell);
    return text != NULL ? text : stencil_text(r, stencil, space, size) == 0 ? space : NULL;
}

int stamp_read(const struct reader *r, const struct stencil *stencil, struct stamp *ret)
{
    char space[STAMP_TEXT];
    double s;
    if (r->feed->dating == DATING_UNIX) {
        const struct cell *cell = alone(r, stencil);
        if (cell != NULL && cell->kind == CELL_NODE && json_number(cell->node, &s) == 0)
            return from_unix(s, ret);
    }
    const char *text = stencil_view(r, stencil, space, sizeof space);
    return text == NULL ? -EINVAL : stamp_parse(r, text, r->ordered ? r->previous_s : INT64_MIN, ret);
}

int64_t reader_day_start_s(const struct reader *r, int64_t day)
{
    return from_wall(r, day * 86400, INT64_MIN);
}

void reader_days_s(const struct reader *r, int64_t first, int64_t end, int64_t *start_s, int64_t *end_s)
{
    if (settle(r->span, r->zone, first * 86400 - 86400, end * 86400 + 86400)) {
        *start_s = first * 86400 - r->span->offset_s;
        *end_s = end * 86400 - r->span->offset_s;
    } else {
        *start_s = reader_day_start_s(r, first);
        *end_s = reader_day_start_s(r, end);
    }
}

int64_t reader_day(const struct reader *r, const struct stamp *stamp)
{
    if (!stamp->timed)
        return floor_day(stamp->s);
    (void)settle(r->span, r->zone, stamp->s, stamp->s);
    return floor_day(stamp->s + r->span->offset_s);
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
