/* What others may see: forecast.db for every company, status.json for the operator, one line for systemd. */
#ifndef DAEMON_ANNOUNCE_H
#define DAEMON_ANNOUNCE_H

#include "daemon/state.h"

/* Builds and renames forecast.db when a refresh asked for it, and at least every six hours. */
int64_t announce_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait);
/* The live picture, once a minute. */
void announce_status(struct daemon *d);

/* The feeds a company's file says nothing of: another company's own, and those of nobody in particular that bring some company's activity. Names are borrowed. */
enum { ANNOUNCE_HIDDEN = CONFIG_FEEDS + DAEMON_SLOTS };
size_t announce_hidden(const struct daemon *d, const char *company, const char *ret[ANNOUNCE_HIDDEN]);

#endif
