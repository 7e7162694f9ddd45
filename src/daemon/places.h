/* Places by number: 0 is the site, 1 + i the i-th [place]. What a place does not state it takes from the site. Pure. */
#ifndef DAEMON_PLACES_H
#define DAEMON_PLACES_H

#include "daemon/config.h"

enum { PLACES = 1 + CONFIG_PLACES };

/* -1 for a name that has no section; "" and "site" are the site. */
int places_find(const struct config *config, const char *name);
/* "" for the site. */
const char *places_name(const struct config *config, int place);
/* A place in another country than the site's has no region unless it says so. */
const char *places_country(const struct config *config, int place);
const char *places_region(const struct config *config, int place);
double places_latitude(const struct config *config, int place);
double places_longitude(const struct config *config, int place);

/* One bit per place that a series stands at; the site is always in use. */
unsigned places_used(const struct config *config);
/* Of a series by name: its section's place, else the site. */
int places_of_series(const struct config *config, const char *series);
const struct config_series *places_series(const struct config *config, const char *series);   /* NULL without a section */

/* 1 when one of the blank- or comma-separated `words` stands in `list`. */
int places_share_word(const char *list, const char *words);

#endif
