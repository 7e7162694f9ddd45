/* Dates of rows. A date without a time of day is taken literally and never goes through UTC; a time is UTC, has an offset, or (date_tz =
 * local) stands in the site's zone. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
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

/* Wall time to UTC. Of the hour that comes twice in autumn the first is meant, unless rows come in order and the first is used up. */
static int64_t from_wall(const struct zone *zone, int64_t wall_s, int64_t previous_s)
{
    int64_t utc_s = zone_to_utc_s(zone, wall_s);
    if (previous_s == INT64_MIN || utc_s > previous_s)
        return utc_s;
    int drop_s = zone_offset_s(zone, utc_s) - zone_offset_s(zone, utc_s + 3600);
    return drop_s == 3600 && utc_s + 3600 > previous_s ? utc_s + 3600 : utc_s;
}

static int parse_unix(const char *text, struct stamp *ret)
{
    double s;
    if (text_double(text, &s) < 0 || s < (double)oldest_s || s >= (double)newest_s)
        return -EINVAL;
    *ret = (struct stamp){ .s = (int64_t)floor(s), .timed = 1 };
    return 0;
}

/* "+0200" at the end becomes "+02:00": both spellings are in use. */
static void spell_offset(char *text, size_t size)
{
    size_t len = strlen(text);
    if (len < 16 || len + 2 > size || (text[len - 5] != '+' && text[len - 5] != '-'))
        return;
    for (size_t i = len - 4; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return;
    memmove(text + len - 1, text + len - 2, 3);
    text[len - 2] = ':';
}

static void put_utc(const struct feed *feed, const struct zone *zone, int64_t s, int64_t previous_s, struct stamp *ret)
{
    *ret = (struct stamp){ .s = feed->date_local ? from_wall(zone, s, previous_s) : s, .timed = 1 };
}

static int parse_iso(const struct feed *feed, const struct zone *zone, const char *text, int64_t previous_s, struct stamp *ret)
{
    static const char *const bare[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M" };
    char copy[STAMP_TEXT];
    int64_t day, s;
    int has_time;
    if (text_copy(copy, sizeof copy, text) < 0)
        return -EINVAL;
    if (civil_parse_date(copy, &day) == 0) {
        *ret = (struct stamp){ .s = day * 86400, .timed = 0 };
        return 0;
    }
    spell_offset(copy, sizeof copy);
    if (civil_parse_time(copy, &s) == 0) {
        *ret = (struct stamp){ .s = s, .timed = 1 };
        return 0;
    }
    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++)
        if (civil_parse_format(copy, bare[i], &s, &has_time) == 0) {
            put_utc(feed, zone, s, previous_s, ret);
            return 0;
        }
    return -EINVAL;
}

static int parse_format(const struct feed *feed, const struct zone *zone, const char *text, int64_t previous_s, struct stamp *ret)
{
    int64_t s;
    int has_time;
    if (civil_parse_format(text, feed->date_format, &s, &has_time) < 0)
        return -EINVAL;
    if (has_time)
        put_utc(feed, zone, s, previous_s, ret);
    else
        *ret = (struct stamp){ .s = s, .timed = 0 };
    return 0;
}

int stamp_parse(const struct feed *feed, const struct zone *zone, const char *text, int64_t previous_s, struct stamp *ret)
{
    struct stamp stamp;
    int err;
    if (feed->dating == DATING_UNIX)
        err = parse_unix(text, &stamp);
    else if (feed->dating == DATING_ISO)
        err = parse_iso(feed, zone, text, previous_s, &stamp);
    else
        err = parse_format(feed, zone, text, previous_s, &stamp);
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
    char text[STAMP_TEXT] = "";
    if (stencil_text(r, stencil, text, sizeof text) < 0)
        return -EINVAL;
    return stamp_parse(r->feed, r->zone, text, r->ordered ? r->previous_s : INT64_MIN, ret);
}

int64_t reader_day(const struct reader *r, const struct stamp *stamp)
{
    return stamp->timed ? zone_day(r->zone, stamp->s) : stamp->s / 86400 - (stamp->s % 86400 < 0);
}

/* The provider's issue time: RFC 3339, or Unix seconds. */
int stamp_issued(const struct cell *cell, int64_t *utc_s)
{
    char text[STAMP_TEXT];
    struct stamp stamp;
    if (cell_text(cell, text, sizeof text) < 0)
        return -EINVAL;
    spell_offset(text, sizeof text);
    if (civil_parse_time(text, utc_s) == 0)
        return 0;
    if (parse_unix(text, &stamp) < 0)
        return -EINVAL;
    *utc_s = stamp.s;
    return 0;
}
