/* The CRM of the town: drops the history into gnomon's inbox and then, each evening after closing time, the numbers of the day. */
#ifndef WORLD_SERVE_INBOX_H
#define WORLD_SERVE_INBOX_H

#include "gnomon/why.h"
#include "world/world.h"

struct crm { const char *dir; int64_t next_day; };    /* the next local day to report */

int crm_open(struct crm *inbox, const char *dir, struct world *world, struct gnm_why *why);
/* Drops what is due at the world's time. */
int crm_run(struct crm *inbox, struct world *world, struct gnm_why *why);
/* When the next drop is due, UTC. */
int64_t crm_due_s(const struct crm *inbox, const struct world *world);

#endif
