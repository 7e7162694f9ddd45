/* From state.db to panels: one panel per step, with activity, drivers, signals and computed holidays as they were known. */
#ifndef DAEMON_PANELS_H
#define DAEMON_PANELS_H

#include "daemon/state.h"

enum { PANELS_STEPS = GNM_MONTH + 1 };

struct panels {
    struct panel *panel[PANELS_STEPS];     /* by gnm_step; NULL where no series has this step */
    int64_t origin[PANELS_STEPS];          /* label of the newest period that is over, or was observed */
    int64_t next_origin_s;                 /* when the first of these moves on by itself */
    size_t n_series;
};

/* Loads everything and writes back a step found from the dates. -ENODATA when there is no series with two observations. */
int panels_load(struct daemon *d, struct panels *ret, struct gnm_why *why);
/* The same for who decides at the origins alone: of signals it has what is known there, not what was known before. */
int panels_load_now(struct daemon *d, struct panels *ret, struct gnm_why *why);
void panels_free(struct panels *panels);

#endif
