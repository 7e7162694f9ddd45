/* The plan of a design matrix: which columns it has, decided from what is known at one decision time. Pure.
 *
 * A plan is plain data: it is kept in the model and bound again by name to the panel of the day. */
#ifndef FEATURES_PLAN_H
#define FEATURES_PLAN_H

#include "features/cadence.h"
#include "features/panel_period.h"

enum { PLAN_COLUMNS = 320, PLAN_DRIVERS = 96, PLAN_NOTES = 8 };

enum column_kind {
    COLUMN_MOMENTUM,              /* arg: window */
    COLUMN_SPREAD, COLUMN_SIZE, COLUMN_HORIZON,
    COLUMN_PROFILE, COLUMN_LAST_SAME, COLUMN_MEAN_SAME,
    COLUMN_WEEKDAY,               /* arg: weekday */
    COLUMN_YEAR, COLUMN_YEAR_SMOOTH, COLUMN_YEAR_TWO, COLUMN_YEAR_GROWTH, COLUMN_YEAR_KNOWN, COLUMN_YEAR_EVENT, COLUMN_YEAR_SHIFT,
    COLUMN_SEASON_SIN, COLUMN_SEASON_COS,          /* arg: harmonic */
    COLUMN_MONTHDAY_SIN, COLUMN_MONTHDAY_COS,
    COLUMN_EVENT,                 /* arg: -1 the period before the target, 0 the target, +1 the one after */
    COLUMN_EVENT_MOVED,           /* on the target less on the same period a year before */
    COLUMN_EVENT_LAST, COLUMN_EVENT_MEAN, COLUMN_EVENT_LEVEL,   /* what the lags contain: last same phase, last four, level window */
    COLUMN_NUMBER, COLUMN_NUMBER_LEVEL,
    COLUMN_HOLIDAY_WEEKDAY, COLUMN_HOLIDAY_NEXT, COLUMN_HOLIDAY_LAST,
    /* For trees alone; unknown is NaN. */
    COLUMN_LAG,                   /* arg: periods before the origin */
    COLUMN_SAME,                  /* arg: the arg-th newest period of the target's phase */
    COLUMN_WINDOW, COLUMN_WINDOW_SPREAD,           /* arg: width */
    COLUMN_YEAR_AT,               /* arg: periods beside the one a year before the target */
    COLUMN_PHASE, COLUMN_MONTHDAY, COLUMN_YEARDAY, COLUMN_WEEK_OF_MONTH,
    COLUMN_CHRISTMAS, COLUMN_EASTER,               /* days since the nearest one, cut at three weeks */
    COLUMN_SERIES, COLUMN_NOTE,   /* categories; note: arg-th key of the plan, a number where every text is one */
    COLUMN_SEEN,                  /* a number only measured on its own day: mean of the newest arg values */
    COLUMN_YEARS,                 /* arg: half width. As the year-ago columns, but the mean of as many years as are known, three at most */
    COLUMN_KINDS
};

struct column {
    char name[GNM_ID + 16];
    enum column_kind kind;
    int arg, driver;              /* driver: index into the plan's, -1 none */
};

struct plan_driver {
    char name[GNM_ID];
    int event, rare, holiday;     /* rare: its periods are cut out of the levels */
    int seen;                     /* only its past is known: for trees alone */
    int feast;                    /* computed by rule instead of read, -1 none */
    double fill;                  /* what an unknown number counts as */
    int at;                       /* index in the bound panel, -1 when it has none */
};

/* Some of the plan's drivers, so that a long list costs one look: feasts stand together in one mask, the first 64 drivers of the bound panel in another. */
struct plan_set {
    int n, driver[PLAN_DRIVERS];
    unsigned feasts;
    uint64_t first;
    int others;                   /* there are more */
};

struct plan {
    enum gnm_step step;
    int yearly;                   /* last-year columns and Fourier terms are in */
    int n_columns, n_drivers;
    int n_wide;                   /* the ridge reads columns 0..n_columns - 1, trees tree_first..n_wide - 1 */
    int tree_first;
    int n_notes;
    char note[PLAN_NOTES][GNM_ID];
    int note_is_text[PLAN_NOTES];
    struct column column[PLAN_COLUMNS];
    struct plan_driver driver[PLAN_DRIVERS];
    struct plan_set rare, holiday;
};

int column_is_category(const struct plan *plan, const struct column *column);
int column_keeps(enum column_kind kind);          /* the same for every horizon of one origin */
void plan_make(const struct panel *panel, int origin, struct plan *ret);
/* Finds the plan's drivers in another panel by name; -EINVAL when the step differs. */
int plan_bind(struct plan *plan, const struct panel *panel, struct gnm_why *why);
/* Of the columns' meaning, for binding models and checkpoints to it. */
uint64_t plan_hash(const struct plan *plan);

/* 1 when the driver is active in the period as known then; absent means no. */
double plan_event(const struct plan *plan, const struct panel *panel, int driver, size_t series, int period, int64_t decision_s);
int plan_any(const struct plan *plan, const struct plan_set *set, const struct panel *panel, size_t series, int period, int64_t decision_s);
/* Which drivers are rare, which holidays: from what stands of each. */
void plan_list(struct plan *plan);

#endif
