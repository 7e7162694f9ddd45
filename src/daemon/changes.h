/* What moved since a CRM was last told: targets whose median moved by more than a tenth of their 80 % band, and why. */
#ifndef DAEMON_CHANGES_H
#define DAEMON_CHANGES_H

#include "daemon/state.h"
#include "forecast/effects.h"

/* Before the new rows and effects are stored: both are held against those of the last issue. `trained_s`: when the serving model was trained, 0 without one. */
int changes_note(struct daemon *d, const struct panel *panel, const struct effects *effects, int64_t trained_s, const struct gnm_forecast *row, size_t n, struct gnm_why *why);

#endif
