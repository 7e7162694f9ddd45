/* A time zone from TZif data passed in by the caller (who read /usr/share/zoneinfo). Pure. zone == NULL means UTC everywhere. */
#ifndef ALMANAC_ZONE_H
#define ALMANAC_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/why.h"

struct zone;

struct zone *zone_new(const void *tzif, size_t len, struct gnm_why *why);   /* versions 2+ with a POSIX footer rule */
void zone_free(struct zone *zone);
int zone_offset_s(const struct zone *zone, int64_t utc_s);
/* The same for who asks often: it holds for all moments in [*from_s, *until_s), of which `utc_s` is one (none of a marker beyond all moments). */
int zone_span_s(const struct zone *zone, int64_t utc_s, int64_t *from_s, int64_t *until_s);
int64_t zone_day(const struct zone *zone, int64_t utc_s);                   /* local civil day number */
int64_t zone_day_start_s(const struct zone *zone, int64_t day);             /* first moment of the local day; days have 23..25 hours */
/* Local wall time (seconds as if UTC) to UTC: the first of two in autumn, shifted forward in the spring gap. */
int64_t zone_to_utc_s(const struct zone *zone, int64_t local_s);

#endif
