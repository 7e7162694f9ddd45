#include "features/cadence.h"

static const struct cadence daily = { .season = 7, .phases = 7, .year = 364, .year_half = 3, .scale = 56, .level = 28, .window = { 7, 14, 56, 182 },
                                      .history = 100, .origin_step = 7, .origins = 104, .lookback = 400, .days = 1 };
static const struct cadence weekly = { .season = 52, .phases = 1, .year = 52, .year_half = 1, .scale = 16, .level = 8, .window = { 1, 4, 26, 52 },
                                       .history = 60, .origin_step = 2, .origins = 60, .lookback = 120, .days = 7 };
static const struct cadence monthly = { .season = 12, .phases = 1, .year = 12, .year_half = 0, .scale = 12, .level = 3, .window = { 1, 2, 6, 12 },
                                        .history = 24, .origin_step = 1, .origins = 96, .lookback = 40, .days = 30.4375 };

const struct cadence *cadence_of(enum gnm_step step)
{
    return step == GNM_WEEK ? &weekly : step == GNM_MONTH ? &monthly : &daily;
}

int cadence_phase(const struct cadence *cadence, int period)
{
    if (cadence->phases == 1)
        return 0;
    int phase = (period + 3) % 7;
    return phase < 0 ? phase + 7 : phase;
}
