/* The parts of a publication. Private to this folder. */
#ifndef STORE_SNAPSHOT_OUT_H
#define STORE_SNAPSHOT_OUT_H

#include <string.h>

#include "store/energy_days.h"
#include "store/snapshot.h"

struct snapshot {
    struct store *in;              /* state.db: read only here */
    struct store out;              /* the connection of the file being built */
    const char *company;           /* NULL: all */
    const struct snapshot_status *status;
    /* When the file before is gone on with (see snapshot_kept.h): */
    int kept, same_rows, same_events;   /* same_rows: of series, forecasts, drivers and accuracies */
    uint64_t events_key;           /* what the published events follow from */
    uint64_t epoch, generation;    /* of `in`, see db.h */
    const struct energy_days *days;
    int64_t published_s, last_cost;   /* of that file; afterwards last_cost is that of this one */
};

extern const char *const snapshot_schema[];
extern const size_t snapshot_schema_n;

/* 1: the feed is another company's. */
static inline int snapshot_hides(const struct snapshot *s, const char *feed)
{
    for (size_t i = 0; i < s->status->n_hidden; i++)
        if (strcmp(s->status->hidden[i], feed) == 0)
            return 1;
    return 0;
}

int snapshot_series(struct snapshot *s, struct gnm_why *why);       /* before the others, which join it */
int snapshot_forecasts(struct snapshot *s, struct gnm_why *why);
int snapshot_drivers(struct snapshot *s, struct gnm_why *why);
int snapshot_changes(struct snapshot *s, struct gnm_why *why);
int snapshot_accuracies(struct snapshot *s, struct gnm_why *why);
int snapshot_models(struct snapshot *s, struct gnm_why *why);
int snapshot_feeds(struct snapshot *s, struct gnm_why *why);
int snapshot_events(struct snapshot *s, struct gnm_why *why);
int snapshot_events_key(struct snapshot *s, struct gnm_why *why);   /* sets events_key */
int snapshot_energy(struct snapshot *s, struct gnm_why *why);

#endif
