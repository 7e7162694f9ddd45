#include "store/period.h"

#include "almanac/civil.h"

enum { HOUR_S = 3600, MONDAY = 0 };

struct period period_of(enum gnm_step step, int64_t label, const struct zone *zone)
{
    if (step == GNM_HOUR)
        return (struct period){ label * HOUR_S, (label + 1) * HOUR_S, zone_day(zone, label * HOUR_S) };
    int64_t first = label, after = label + 1;
    if (step == GNM_WEEK) {
        first = civil_weekday(label) == MONDAY ? label : label - 6;
        after = first + 7;
    } else if (step == GNM_MONTH) {
        first = civil_month_first(civil_month_index(label));
        after = civil_month_first(civil_month_index(label) + 1);
    }
    return (struct period){ zone_day_start_s(zone, first), zone_day_start_s(zone, after), label };
}

int64_t period_count(enum gnm_step step, int64_t first, int64_t last)
{
    if (step == GNM_MONTH)
        return civil_month_index(last) - civil_month_index(first) + 1;
    return (last - first) / (step == GNM_WEEK ? 7 : 1) + 1;
}
