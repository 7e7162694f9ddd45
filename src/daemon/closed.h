/* Days on which a series is closed by rule: `closed` of its [series] section, told to its panel. */
#ifndef DAEMON_CLOSED_H
#define DAEMON_CLOSED_H

#include "daemon/config.h"
#include "features/panel.h"

/* Bit per weekday (0 = Monday) on which the series is closed. */
unsigned closed_weekdays(const struct config *config, const char *series);
/* Tells the panel: weekdays, and from `first_day` to some years after `last_day` the holidays of the series' place. -ENOMEM. */
int closed_declare(const struct config *config, const char *series, struct panel *panel, int index, int64_t first_day, int64_t last_day);

#endif
