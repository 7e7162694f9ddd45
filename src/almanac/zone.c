#include "almanac/zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/zone_rule.h"

enum { HEADER = 44, TYPES_MAX = 256, CHANGES_MAX = 10000, OFFSET_LOW = -89999, OFFSET_HIGH = 93599 };

/* Beyond this (31 million years) arithmetic on times would overflow; such times are markers, not moments. */
#define MOMENT_MAX INT64_C(1000000000000000)

struct zone {
    size_t n;
    int64_t *at;                  /* n moments at which the offset changes, rising */
    int32_t *offset_s;            /* the offset from at[i] on */
    int32_t first_s;              /* before at[0] */
    int has_rule;
    struct zone_rule rule;        /* from at[n - 1] on */
};

struct counts { uint64_t utc, standard, leap, change, type, character; };

static uint32_t big32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t big64(const unsigned char *p)
{
    return (int64_t)((uint64_t)big32(p) << 32 | big32(p + 4));
}

static int read_header(const unsigned char *p, size_t len, struct counts *ret, struct gnm_why *why)
{
    if (len < HEADER || memcmp(p, "TZif", 4) != 0)
        return gnm_fail(why, -EINVAL, "time zone: not a TZif file");
    if (p[4] < '2')
        return gnm_fail(why, -EINVAL, "time zone: TZif version 1 has no rule for the future");
    *ret = (struct counts){ big32(p + 20), big32(p + 24), big32(p + 28), big32(p + 32), big32(p + 36), big32(p + 40) };
    return 0;
}

/* Bytes of a data block whose times have `width` bytes. Six counts of 32 bits cannot overflow 64. */
static uint64_t block_size(const struct counts *c, uint64_t width)
{
    return c->change * (width + 1) + c->type * 6 + c->character + c->leap * (width + 4) + c->standard + c->utc;
}

static int check_counts(const struct counts *c, size_t len, struct gnm_why *why)
{
    if (block_size(c, 8) > len)
        return gnm_fail(why, -EINVAL, "time zone: TZif file is cut off");
    if (c->type == 0 || c->type > TYPES_MAX || c->change > CHANGES_MAX)
        return gnm_fail(why, -EINVAL, "time zone: %llu types and %llu changes", (unsigned long long)c->type, (unsigned long long)c->change);
    if (c->leap != 0)
        return gnm_fail(why, -EINVAL, "time zone: counts leap seconds; take the file outside \"right/\"");
    return 0;
}

static int read_types(const unsigned char *p, size_t n, int32_t ret[TYPES_MAX], struct gnm_why *why)
{
    for (size_t i = 0; i < n; i++) {
        ret[i] = (int32_t)big32(p + 6 * i);
        if (ret[i] < OFFSET_LOW || ret[i] > OFFSET_HIGH)
            return gnm_fail(why, -EINVAL, "time zone: an offset of %ld s", (long)ret[i]);
    }
    return 0;
}

static int read_changes(struct zone *zone, const unsigned char *p, const struct counts *c, struct gnm_why *why)
{
    int32_t type_s[TYPES_MAX];
    const unsigned char *index = p + 8 * c->change;
    if (read_types(index + c->change, c->type, type_s, why) < 0)
        return -EINVAL;
    zone->first_s = type_s[0];
    for (size_t i = 0; i < c->change; i++) {
        zone->at[i] = big64(p + 8 * i);
        if (index[i] >= c->type || (i > 0 && zone->at[i] <= zone->at[i - 1]))
            return gnm_fail(why, -EINVAL, "time zone: change %zu is out of order or of no type", i);
        zone->offset_s[i] = type_s[index[i]];
    }
    zone->n = c->change;
    return 0;
}

/* "\n" rule "\n"; an empty rule means that the last offset stays. */
static int read_footer(struct zone *zone, const char *p, size_t len, struct gnm_why *why)
{
    const char *end = len < 2 || p[0] != '\n' ? NULL : memchr(p + 1, '\n', len - 1);
    if (end == NULL)
        return gnm_fail(why, -EINVAL, "time zone: TZif file has no footer");
    zone->has_rule = end > p + 1;
    if (zone->has_rule && zone_rule_parse(p + 1, (size_t)(end - p) - 1, &zone->rule) < 0)
        return gnm_fail(why, -EINVAL, "time zone: rule not understood");
    return 0;
}

static int read_block(struct zone *zone, const unsigned char *p, size_t len, struct gnm_why *why)
{
    struct counts c;
    int r = read_header(p, len, &c, why);
    if (r == 0)
        r = check_counts(&c, len - HEADER, why);
    if (r < 0)
        return r;
    zone->at = calloc(c.change + 1, sizeof *zone->at);
    zone->offset_s = calloc(c.change + 1, sizeof *zone->offset_s);
    if (zone->at == NULL || zone->offset_s == NULL)
        return gnm_fail(why, -ENOMEM, "time zone: out of memory");
    r = read_changes(zone, p + HEADER, &c, why);
    size_t used = HEADER + (size_t)block_size(&c, 8);
    return r < 0 ? r : read_footer(zone, (const char *)p + used, len - used, why);
}

struct zone *zone_new(const void *tzif, size_t len, struct gnm_why *why)
{
    struct counts old;
    if (read_header(tzif, len, &old, why) < 0)
        return NULL;
    if (block_size(&old, 4) > len - HEADER)
        return gnm_fail(why, -EINVAL, "time zone: TZif file is cut off"), NULL;
    struct zone *zone = calloc(1, sizeof *zone);
    if (zone == NULL)
        return gnm_fail(why, -ENOMEM, "time zone: out of memory"), NULL;
    size_t skip = HEADER + (size_t)block_size(&old, 4);
    if (read_block(zone, (const unsigned char *)tzif + skip, len - skip, why) < 0) {
        zone_free(zone);
        return NULL;
    }
    return zone;
}

void zone_free(struct zone *zone)
{
    if (zone == NULL)
        return;
    free(zone->at);
    free(zone->offset_s);
    free(zone);
}

/* How many changes lie at or before `utc_s`. */
static size_t changes_until(const struct zone *zone, int64_t utc_s)
{
    size_t low = 0, high = zone->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int zone_span_s(const struct zone *zone, int64_t utc_s, int64_t *from_s, int64_t *until_s)
{
    *from_s = INT64_MIN;
    *until_s = INT64_MAX;
    if (zone == NULL)
        return 0;
    if (utc_s > MOMENT_MAX || utc_s < -MOMENT_MAX)
        return *from_s = *until_s = utc_s, 0;
    size_t i = changes_until(zone, utc_s);
    int offset_s = i == 0 ? zone->first_s : zone->offset_s[i - 1];
    if (i == zone->n && zone->has_rule)
        offset_s = zone_rule_span(&zone->rule, utc_s, from_s, until_s);
    if (i > 0 && zone->at[i - 1] > *from_s)
        *from_s = zone->at[i - 1];
    if (i < zone->n)
        *until_s = zone->at[i];
    return offset_s;
}

int zone_offset_s(const struct zone *zone, int64_t utc_s)
{
    int64_t from_s, until_s;
    return zone_span_s(zone, utc_s, &from_s, &until_s);
}

int64_t zone_day(const struct zone *zone, int64_t utc_s)
{
    int64_t local = utc_s + zone_offset_s(zone, utc_s);
    return local / 86400 - (local % 86400 < 0);
}

int64_t zone_day_start_s(const struct zone *zone, int64_t day)
{
    return zone_to_utc_s(zone, day * 86400);
}

/* The offsets a day before and a day after are the only ones that can hold: no place changes twice within two days. A midnight that a
 * spring change skips becomes the change itself, which is the first moment of that day. */
int64_t zone_to_utc_s(const struct zone *zone, int64_t local_s)
{
    if (zone == NULL || local_s > MOMENT_MAX || local_s < -MOMENT_MAX)
        return local_s;
    int before_s = zone_offset_s(zone, local_s - 86400), after_s = zone_offset_s(zone, local_s + 86400);
    if (before_s == after_s)
        return local_s - before_s;
    int64_t early = local_s - before_s, late = local_s - after_s;
    int early_holds = zone_offset_s(zone, early) == before_s, late_holds = zone_offset_s(zone, late) == after_s;
    if (early_holds && late_holds)
        return early < late ? early : late;
    return late_holds ? late : early;
}
