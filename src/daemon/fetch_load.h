/* Which feeds are in use: definitions from `share`/feeds, what the configuration says of them, what state.db remembers. */
#ifndef DAEMON_FETCH_LOAD_H
#define DAEMON_FETCH_LOAD_H

#include "daemon/state.h"

/* A definition that is wrong, or that lacks something (a contact, a secret, a value of its own), is left out with a warning that names file and line; the other
 * feeds run, and `gnomon check` says it again. A [feed] section without a definition, and more feeds than there is room for, are errors: all or nothing. */
int fetch_open(struct daemon *d, struct gnm_why *why);
void fetch_close(struct daemon *d);

/* Loads one definition file, and what the configuration says about its templates; also what `gnomon check` calls. */
int fetch_load(const char *path, struct feed **ret, struct gnm_why *why);
void fetch_site(const struct config *config, const struct config_feed *feed, struct feed_site *ret);
/* The same at a place by number, see places.h. */
void fetch_site_at(const struct config *config, const struct config_feed *feed, int place, struct feed_site *ret);
/* A systemd credential by name; `ctx` is 256 bytes for it. */
const char *fetch_secret(void *ctx, const char *name);

#endif
