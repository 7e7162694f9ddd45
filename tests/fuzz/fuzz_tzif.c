/* Time zone files: refused, or offsets within the format's range at every moment, and spans that hold it. */
#include <stdint.h>
#include <stdlib.h>

#include "almanac/zone.h"
#include "almanac/zone_rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT_S = 26 * 3600 };

static void check_offset(int offset_s)
{
    if (offset_s < -LIMIT_S || offset_s > LIMIT_S)
        abort();
}

static void check_rule(const uint8_t *data, size_t size)
{
    struct zone_rule rule;
    if (zone_rule_parse((const char *)data, size, &rule) < 0)
        return;
    for (int64_t t = -INT64_C(9000000000); t < INT64_C(9000000000); t += INT64_C(123456789)) {
        int64_t from_s, until_s;
        check_offset(zone_rule_span(&rule, t, &from_s, &until_s));
        if (from_s > t || until_s <= t)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gnm_why why = { 0 };
    check_rule(data, size);
    struct zone *zone = zone_new(data, size, &why);
    if (zone == NULL && (why.code >= 0 || why.text[0] == '\0'))
        abort();
    for (int64_t t = -INT64_C(9000000000); t < INT64_C(9000000000); t += INT64_C(123456789)) {
        check_offset(zone_offset_s(zone, t));
        check_offset((int)(zone_to_utc_s(zone, t) - t));
        zone_day_start_s(zone, zone_day(zone, t));
    }
    zone_offset_s(zone, INT64_MAX);
    zone_to_utc_s(zone, INT64_MIN);
    zone_free(zone);
    return 0;
}
