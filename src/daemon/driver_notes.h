/* What the forecasts of one step read, and on which rung each value stands: a weather forecast, an older one because its feed is silent, or climatology because
 * there is none. Events are noted on the days they happen. Forecasts that rest on a silent feed are marked degraded. */
#ifndef DAEMON_DRIVER_NOTES_H
#define DAEMON_DRIVER_NOTES_H

#include "daemon/state.h"
#include "forecast/effects.h"
#include "forecast/model.h"

/* `reads` tells whether the model in charge reads a driver, `effects` what each adds. Marks rows of `row`, then stores the notes. */
int driver_notes(struct daemon *d, const struct panel *panel, int64_t origin_label, int (*reads)(void *ctx, const char *driver), void *ctx, const struct effects *effects, struct gnm_forecast *row, size_t n,
                 struct gnm_why *why);
/* 1 when the feed yields this driver. */
int driver_notes_yields(const struct feed *feed, const char *driver);

#endif
