/* Events as drivers: how many there are on a day, for each venue, as it was known.
 *
 * A driver is named category_VENUE (fair_brussels_expo), match_TEAM where teams play (match_rsc_anderlecht: the home team stands for the venue, which answers
 * name in many ways), event_TITLE for a public holiday where gnomon has no rules of its own, else by the feed. An onset or a crisis is VENUE_onset, a mark on
 * its first day only. A name listed under `venue` of the [feed] section takes the place of VENUE. Which events drive which series is told in gnomon.conf(5) under [feed] venue and tags. */
#ifndef DAEMON_DRIVER_EVENTS_H
#define DAEMON_DRIVER_EVENTS_H

#include "daemon/driver_rows.h"
#include "daemon/state.h"

int driver_events_add(struct daemon *d, struct driver_rows *rows, struct gnm_why *why);
/* The request an event came with, NULL when it is asked no more. */
const struct feed_slot *driver_events_slot(const struct daemon *d, const struct store_event *e);
/* Where a series of the feed has a driver of its own (school holidays), or our rules know the calendar, or it is an index, events are for people: 0. */
int driver_events_drive(const struct daemon *d, const struct feed_slot *slot, const struct store_event *e);
/* Which driver an event counts for, and whom: 1; 0 when it is only shown; -ENOMEM. */
int driver_events_kind(struct driver_rows *rows, const struct feed_slot *slot, const struct store_event *e, struct driver_kind *ret);
/* Letters and digits in lower case, '_' between words; words of digits (years) are left out. */
void driver_events_slug(const char *text, char *ret, size_t size);

#endif
