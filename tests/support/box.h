/* A solar box in virtual time: the real daemon over the simulated surroundings of src/world, stopped and looked at whenever a test wants to. */
#ifndef SUPPORT_BOX_H
#define SUPPORT_BOX_H

#include "daemon/daemon.h"
#include "world/sim.h"

struct box {
    char folder[128];
    struct sim sim;               /* total.polls, total.asked: what the daemon did */
    struct sim_faults faults;
    struct zone *zone;
    struct daemon *daemon;
    struct port_maker maker;
    struct text log;
};

/* No searches, unless a file of gnomon.conf.d says otherwise. */
/* A fresh folder and world of a month at the most; `start_s` is the true wall time. Not to be moved. */
void box_new(struct box *box, uint64_t seed, int64_t start_s, double soc_ratio);
/* Drops two years of history of the town into the inbox. */
void box_history(struct box *box);
/* From now on, or no longer. SIM_BADCLOCK before box_begin: the box comes up with the time of 1970. */
void box_fault(struct box *box, enum sim_fault_kind kind, int on);
void box_begin(struct box *box);            /* makes the daemon on the folder's state */
void box_run(struct box *box, double hours);
void box_end(struct box *box);              /* stops the daemon as SIGTERM would */
void box_free(struct box *box);

int box_logged(const struct box *box, const char *needle);   /* how often */
/* First column of the first row of a query on state.db or forecast.db, as a number. */
double box_number(const struct box *box, const char *database, const char *query);

#endif
