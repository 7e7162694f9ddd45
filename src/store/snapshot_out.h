/* The parts of a publication. Private to this folder. */
#ifndef STORE_SNAPSHOT_OUT_H
#define STORE_SNAPSHOT_OUT_H

#include "store/db.h"
#include "store/snapshot.h"

struct snapshot {
    struct store *in;              /* state.db: read only here */
    struct store out;              /* the connection of the file being built */
    const char *company;           /* NULL: all */
    const struct snapshot_status *status;
};

extern const char *const snapshot_schema[];
extern const size_t snapshot_schema_n;

int snapshot_series(struct snapshot *s, struct gnm_why *why);       /* before the others, which join it */
int snapshot_forecasts(struct snapshot *s, struct gnm_why *why);
int snapshot_accuracies(struct snapshot *s, struct gnm_why *why);
int snapshot_feeds(struct snapshot *s, struct gnm_why *why);
int snapshot_energy(struct snapshot *s, struct gnm_why *why);

#endif
