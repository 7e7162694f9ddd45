/* The inside of a panel, shared by the files of this folder only. */
#ifndef FEATURES_PANEL_DATA_H
#define FEATURES_PANEL_DATA_H

#include "features/panel.h"

struct panel_raw {
    int series;                   /* -1: common to all */
    int32_t day;
    int64_t available_s;
    double value;
};

/* One value track: every vintage of every period. Entries of period first + i are start[i] .. start[i + 1], ordered by day, then available. */
struct panel_track {
    int first, n;
    uint32_t *start;
    int32_t *day;
    int64_t *available_s;
    double *value;
    double *flat;                 /* of drivers known since ever: the value of each period, NaN where there is none; else NULL */
};

struct panel_note {
    char key[GNM_ID], text[64];
};

struct panel_company {
    char name[GNM_ID];
    int non_negative, is_money;
    unsigned closed;              /* weekdays, bit 0 = Monday */
    int divided;                  /* of a view: the track's values are its own */
    struct panel_track track;
    struct panel_note *note;
    size_t n_notes;
};

struct panel_share { int series, like; };

enum { PANEL_HIDDEN = -2 };       /* a slot of a view: not even the common track is read */

struct panel_source {
    char name[GNM_ID];
    enum panel_role role;
    int role_set, known;
    struct panel_raw *raw;
    size_t n_raw, cap_raw;
    struct panel_share *share;    /* until sealed */
    size_t n_share, cap_share;
    struct panel_track *track;    /* the tracks that exist */
    int n_tracks;
    int *slot;                    /* series + 1 -> track, -1 where there is none */
    int shift;                    /* of a view: periods read earlier */
};

struct panel {
    const struct zone *zone;
    struct panel_company *company;
    size_t n_company, cap_company;
    int *place;                   /* of a name's hash, open addressing: index of the company + 1; a view borrows it */
    size_t cap_place;             /* a power of two */
    struct panel_source *source;
    size_t n_source, cap_source;
    struct panel_raw *raw;        /* activity until sealed */
    size_t n_raw, cap_raw;
    enum gnm_step step;
    int week_start;               /* weekday (0 = Monday) on which a week begins */
    int monday_labels;            /* a Monday names the week it begins; any other day the week it ends */
    int month_end;                /* monthly labels are last days */
    int sealed;
    int closes;                   /* something declares closed days */
    int *view_slots;              /* of a view: the slots of all its drivers */
    int64_t first_period, last_period;
    uint64_t *active;             /* of n_active periods from active_first: bit i = source i counts there for somebody, for sources in `noted`; NULL without any */
    int active_first, n_active;
    uint64_t noted;               /* a view leaves out what it shifts */
    uint16_t *feast;              /* masks of n_feasts periods from feast_first: every row asks several times; NULL without activity */
    int feast_first, n_feasts;
};

int panel_raw_order(const void *a, const void *b);
/* `rows` sorted by panel_raw_order and of one series. */
int panel_track_build(const struct panel *panel, const struct panel_raw *rows, size_t n, struct panel_track *ret);
/* Fills `flat` of every track when no value ever became known late: most calendars, and what every row asks about. */
int panel_flatten(const struct panel *panel, struct panel_source *source);
int panel_keep_feasts(struct panel *panel);
int panel_keep_active(struct panel *panel);
void panel_track_free(struct panel_track *track);
/* Finds step and label rule from the sorted activity rows. */
int panel_find_step(struct panel *panel, struct gnm_why *why);

#endif
