/* From a driver back to the event it counts, so that a reader of v1_driver finds the row of v1_event. */
#ifndef DAEMON_DRIVER_SOURCES_H
#define DAEMON_DRIVER_SOURCES_H

#include "daemon/driver_rows.h"
#include "daemon/state.h"

struct source;
struct driver_sources { struct daemon *d; struct driver_rows rows; struct source *source; size_t n, cap; };

/* The events of these days as they are known now. */
int driver_sources_open(struct daemon *d, int64_t since_day, int64_t until_day, struct driver_sources *ret, struct gnm_why *why);
/* v1_event.event_id of the most important event of these days that this driver of the series counts; NULL when none does: holidays by rule, imported drivers, weather. */
const char *driver_sources_find(const struct driver_sources *s, const char *driver, const char *series, int64_t first_day, int64_t last_day);
void driver_sources_free(struct driver_sources *s);

#endif
