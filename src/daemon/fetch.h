/* Feeds: which to ask when, one request at a time, answers into dated values. */
#ifndef DAEMON_FETCH_H
#define DAEMON_FETCH_H

#include "daemon/state.h"

/* Loads the definitions named by the configuration from `share`/feeds and what state.db knows of them. All or nothing. */
int fetch_open(struct daemon *d, struct gnm_why *why);
void fetch_close(struct daemon *d);
int64_t fetch_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait);

/* Loads one definition file, and what the configuration says about its templates; also what `gnomon check` calls. */
int fetch_load(const char *path, struct feed **ret, struct gnm_why *why);
void fetch_site(const struct config *config, const struct config_feed *feed, struct feed_site *ret);

#endif
