/* What people are shown beside the forecasts, as events: the holidays that rules know, and indices of the news, which no model ever sees. */
#ifndef DAEMON_SHOWN_H
#define DAEMON_SHOWN_H

#include "daemon/state.h"

/* Once a day; writes only what changed. An index (category = index in its definition) has the mean of its last seven values over that of its year in its
 * title, and 50 times that as rank: 50 is an ordinary week, 100 twice as much. */
int shown_update(struct daemon *d, struct gnm_why *why);

#endif
