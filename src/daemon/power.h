/* Joules and budgets in the daemon: what a minute drew and did, what each purpose has used of its day and month. Helpers of the jobs, no job itself.
 */
#ifndef DAEMON_POWER_H
#define DAEMON_POWER_H

#include "daemon/state.h"

/* From state.db: the learned watts, and what the ledger says was used today and this month. Needs the zone. */
void power_recall(struct daemon *d);
/* What state.db knows of the battery: needs no zone. */
void power_recall_battery(struct daemon *d);
/* The battery's estimate to the database, and whether a low battery has sunk since: its last voltage must be known when the load is cut. */
int power_keep_battery(struct daemon *d, struct gnm_why *why);
int power_sinks(const struct daemon *d);
/* A reading of the whole plant between two minutes. */
void power_sample(struct daemon *d, const struct gnm_reading *reading);
/* `span_s` that end now kept processors busy for `busy_s` core seconds (NaN unknown). Without a reading in between it waits for the next one. */
void power_minute(struct daemon *d, double busy_s, double package_j, double span_s);
/* Joules booked to a purpose count against its budget. */
void power_use(struct daemon *d, enum gnm_purpose purpose, double joules);
/* 1 and the refusal when the purpose's budget is used up. */
int power_refuses(struct daemon *d, enum gnm_purpose purpose, struct gnm_grant *ret);
/* Watts of a busy core: learned, or as configured. */
double power_core_w(const struct daemon *d);
/* Writes watts, battery and health; inside a transaction. */
int power_keep(struct daemon *d, struct gnm_why *why);

#endif
