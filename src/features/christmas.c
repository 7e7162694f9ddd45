#include "features/christmas.h"

#include <math.h>

#include "features/feast.h"

#define NOISE 2.0                 /* variances of the noise a departure is weighed against: that of the day and that of the level behind it */

/* From the level and the weekday of a year ago, as far as they are known. */
static double departure(const struct cadence *c, const struct level *l, int period)
{
    return level_at(l, period) - l->year_level - l->profile[cadence_phase(c, period)];
}

/* The neighbours say whether a day was a peak of the season or an accident. */
static double mean_square(const struct cadence *c, const struct level *l, int period)
{
    double sum = 0;
    int n = 0;
    for (int p = period - 1; p <= period + 1; p++) {
        double d = departure(c, l, p);
        sum += isnan(d) ? 0 : d * d;
        n += !isnan(d);
    }
    return n > 0 ? sum / n : 0;
}

struct christmas christmas_prior(const struct plan *plan, const struct panel *panel, const struct level *level, int h, double own, double trust)
{
    const struct cadence *c = cadence_of(plan->step);
    int target = level->origin + h, back = plan->step == GNM_DAY && trust > 0 ? feast_year(panel_period_start(panel, target)) : 0;
    if (back == 0)
        return (struct christmas){ 0, 0 };
    double start = departure(c, level, target - back), square = mean_square(c, level, target - back);
    if (isnan(start)) {
        start = own - level->profile[cadence_phase(c, target)];
        square = start * start;
    }
    if (!(square > 0))
        return (struct christmas){ 0, 0 };
    double share = trust * square / (square + NOISE * level->spread * level->spread);
    return (struct christmas){ share * start, share };
}
