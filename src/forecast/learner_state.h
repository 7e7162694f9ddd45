/* The inside of a learner, shared by the files that make it. */
#ifndef FORECAST_LEARNER_STATE_H
#define FORECAST_LEARNER_STATE_H

#include <math.h>

#include "base/random.h"
#include "forecast/learner.h"
#include "forecast/members.h"
#include "forecast/model.h"
#include "forecast/settings.h"

enum {
    LEARNER_ORIGINS = 12,         /* past origins, default */
    LEARNER_ORIGINS_MAX = 26,
    LEARNER_SAMPLE = 4096,        /* rows kept for percentiles */
    LEARNER_LAMBDAS = 7, LEARNER_KAPPAS = 3, LEARNER_MUS = 6,
    LEARNER_ROWS_MIN = 300,       /* of trees */
    LEARNER_MU_SERIES = 60,       /* series that choose mu */
    LEARNER_BLOCKS = LEARNER_ORIGINS_MAX + 2
};

enum learner_phase { PHASE_DRIVERS, PHASE_STATS, PHASE_SCALE, PHASE_GRAM, PHASE_CHOOSE, PHASE_MU, PHASE_DELTA, PHASE_ROWS, PHASE_BOOST, PHASE_MEMBERS, PHASE_FINISH, PHASE_DONE };

/* How one series fared under one kind, bands taken from the other origins only. */
struct learner_tally { double error, actual, bias, base, pinball, inside, width; int n; };

/* The trees' rows in order of their origins, and where their making stands. A fit ends at a cut: only rows whose target is known by then take part; the
 * last fits have all rows and are kept, the others only speak at past origins after their cut. */
enum { LEARNER_FITS = 4, LEARNER_RANKS = 4 };
struct learner_boost {
    float *x, *z, *weight, *fit_weight, *fit_z;
    float *events;                /* rows x (n_cuts + 1): what the ridge of that time says rare events do; trees see too few of them */
    float *cut_beta;              /* n_series x n_cuts x (columns + 1): that ridge */
    int *target;
    size_t rows, cap;
    int n_origins, origin_step;   /* pseudo-origins gathered from, the newest one step before the origin */
    double keep_origin, keep_row; /* shares drawn, so that the rows stay in budget */
    double *keep;                 /* of the rows of each series */
    struct random random;
    int n_cuts, cut[LEARNER_FITS], first_past[LEARNER_FITS + 1];      /* past origins first_past[i] - 1 down to first_past[i + 1] speak by fit i */
    struct boost *boost;          /* being made */
    struct boost_model *model;    /* of the cut being asked */
    int categorical[PLAN_COLUMNS];
    int trials, seeds;            /* of the search, one trial without */
    struct settings_boost with, best;     /* of this trial, and the best so far */
    double best_error;
    struct settings_boost rank[LEARNER_RANKS];    /* the best of all trials: what is kept is grown with them in turn */
    double rank_error[LEARNER_RANKS];
    float *said;                  /* of this trial at past origins, as past_point */
    double done;                  /* of the fit under way, 0..1 */
    int resuming;
    size_t resume_cursor;         /* where PHASE_BOOST goes on once the rows are made again */
    void *saved;                  /* of the fit that was under way */
    size_t saved_len;
};

/* Averages of members; the mask says whose. */
enum { CHOICES_MAX = 64 };
struct choices { int n; unsigned mask[CHOICES_MAX]; float weight[CHOICES_MAX][MEMBERS]; };

struct learner_sum { double sum, square, low, high; };    /* of one column over all rows */

struct learner {
    const struct panel *panel;    /* what is learned from: the view of the whole */
    const struct panel *whole;
    struct panel *view;
    struct learner_options options;
    struct settings settings;
    const struct cadence *cadence;
    int origin, oldest;           /* oldest: first period with a known value */
    size_t n_series;
    enum learner_phase phase;
    size_t cursor;                /* tasks of the phase done */
    uint64_t data_hash, bound_hash;       /* bound: with the earlier model, what a checkpoint belongs to */
    struct frugal before;         /* of the earlier model, where it was trained in full and this one is too */
    int refit;                    /* the ridge alone, all else from an earlier model */

    struct matrix_range range;
    struct model model;           /* grows field by field; complete at PHASE_DONE */

    /* stats */
    double rows;
    struct learner_sum *sum;      /* columns */
    float *sample;                /* LEARNER_SAMPLE x (columns + 1): the row and its target less the prior */
    size_t n_sample;
    struct random random;
    struct ridge_target target;

    /* grams by target date: block b holds targets in (bound[b - 1], bound[b]] */
    int n_past, past[LEARNER_ORIGINS_MAX];                /* past origins, newest first */
    int n_bounds, bound[LEARNER_ORIGINS_MAX + 1];
    int valid_from;               /* rows of this origin and later choose lambda and mu */
    double *gram, *own;           /* (n_bounds + 1) x order^2: pooled, and of one series */
    double block_rows[LEARNER_BLOCKS];
    double *refit_own;            /* of a refit, n_series x order^2 while that is small: the rows need not be summed twice; NaN first: not made */

    /* choices */
    double kappa[LEARNER_KAPPAS];
    int n_kappas;
    double *candidate;            /* lambdas x kappas x (columns + 1) */
    double error[LEARNER_LAMBDAS * LEARNER_KAPPAS], error_mu[LEARNER_MU_SERIES][LEARNER_MUS], scored;
    double *beta_past;            /* n_past x (columns + 1) */
    unsigned char usable_past[LEARNER_ORIGINS_MAX];

    /* what each member said at past origins: n_series x n_past x horizon */
    float *past_point[MEMBERS], *past_actual, *past_error;
    unsigned char *past_blind;    /* a rare event moves this period */
    float *past_scale;            /* n_series x n_past */

    struct choices choices;
    unsigned choosers;            /* members compared */
    double *choice_error;         /* n_series x choices: logarithm over their mean */
    int *choice_count;
    struct learner_score *score;
    size_t n_scores;
    struct learner_tally *tally;  /* per series, of the kind being scored */
    float *spread, *noise;        /* per series; noise: root mean square error of the naive */

    double drift_sum, drift_n;    /* log errors of the newest period */
    int wanted[MEMBERS];          /* members this kind asks for */
    struct learner_boost trees;

    /* scratch, made again after a restore */
    struct matrix matrix;         /* a view of the rows in hand */
    struct matrix made, *kept;    /* kept: per series, while there is room */
    size_t kept_bytes;
    double *block_work, *solve_work;
    unsigned char *block_of;
    size_t cap_block_of;
};

/* Which drivers each series may see. */
int learner_drivers_begin(struct learner *l, struct gnm_why *why);
size_t learner_drivers_count(const struct learner *l);
size_t learner_drivers_units(const struct learner *l);
int learner_drivers_task(struct learner *l, size_t i, struct gnm_why *why);
void learner_drivers_end(struct learner *l);
/* Tasks of the ridge; each does number `cursor` of its phase. */
int learner_stats_task(struct learner *l, size_t i, struct gnm_why *why);
int learner_scale_task(struct learner *l, size_t i, struct gnm_why *why);
int learner_gram_task(struct learner *l, size_t i, struct gnm_why *why);
int learner_choose_task(struct learner *l, size_t i, struct gnm_why *why);
int learner_mu_task(struct learner *l, size_t i, struct gnm_why *why);
int learner_delta_task(struct learner *l, size_t i, struct gnm_why *why);
/* Into l->matrix, from the first origin wanted; kept while there is room. */
int learner_make_rows(struct learner *l, size_t series, int origin_first, struct gnm_why *why);
/* Ends of phases that turn sums into choices. */
void learner_scale_begin(struct learner *l);
void learner_choose_begin(struct learner *l);
void learner_choose_end(struct learner *l);
void learner_mu_end(struct learner *l);
void learner_delta_begin(struct learner *l);
size_t learner_mu_count(const struct learner *l);
/* Which past origins exist, where the blocks end. */
void learner_make_past(struct learner *l);
void learner_drop_rows(struct learner *l);
int learner_scratch(struct learner *l, struct gnm_why *why);

/* Takes over the earlier model when it may serve on; 1 or 0. */
int learner_adopt(struct learner *l, const struct learner_options *options);
void learner_thin(struct learner *l);
int learner_drift_task(struct learner *l, size_t i, struct gnm_why *why);
void learner_drift_end(struct learner *l);

/* The trees. A boost task may be far from done: *spent units later it wants to be called again (LEARNER_CONTINUE). */
int learner_boost_begin(struct learner *l, struct gnm_why *why);
int learner_rows_begin(struct learner *l, struct gnm_why *why);
void learner_rows_end(struct learner *l);
size_t learner_tree_columns(const struct learner *l);
double learner_rows_series(const struct learner *l);     /* with history enough to give rows */
/* The coefficients that speak for rare events in the fit of a cut (n_cuts: the kept ones); NULL: none. `scratch`: columns + 1. */
const float *learner_events_beta(const struct learner *l, int fit, size_t series, float *scratch);
void learner_keep_cut(struct learner *l, size_t series, int past, const double *sum);     /* the ridge of that past origin */
size_t learner_rows_count(const struct learner *l);
int learner_rows_task(struct learner *l, size_t i, struct gnm_why *why);
size_t learner_boost_count(const struct learner *l);
size_t learner_boost_units(const struct learner *l, size_t i);
int learner_boost_grows(const struct learner *l, size_t i);      /* 1: the task makes trees, 0: it asks them */
int learner_boost_task(struct learner *l, size_t i, size_t units, struct gnm_why *why);
void learner_boost_end(struct learner *l);
/* What the units of a search buy is settled beforehand; a trial that is over is kept when it was better, and the next one drawn up. */
void learner_search_begin(struct learner *l);
void learner_search_judge(struct learner *l, int trial);
const struct settings_boost *learner_search_kept(const struct learner *l, int seed);     /* what a kept fit is grown with */
size_t learner_fit_units(const struct learner *l);
size_t learner_ask_units(const struct learner *l, int pasts);
void learner_boost_forget(struct learner *l);     /* every tree made so far */
void learner_boost_free(struct learner *l);

/* What comes after the ridge. */
void learner_keep_actual(struct learner *l, size_t series, int past);
int learner_members_task(struct learner *l, size_t i, struct gnm_why *why);
size_t learner_finish_count(const struct learner *l);
size_t learner_finish_units(const struct learner *l, size_t i);
int learner_finish_task(struct learner *l, size_t i, struct gnm_why *why);
void learner_frugal_begin(struct learner *l);     /* leaves out what was lately tried in vain */
void learner_frugal_end(struct learner *l);       /* drops trees that are not worth their energy */
/* Errors at past origins of what the series' weights say, into those of `class`; `window` gets the sum over series of each past window's error, every series
 * in units of its own size. */
void frugal_measure(const struct learner *l, int class, double *window, struct frugal *ret);
double frugal_unsure(const struct learner *l, const double *window, const double *best);
int blend_begin(struct learner *l);
/* What there is to choose from; -ENOMEM. Then each series' own errors. */
int choices_make(struct learner *l);
void choices_judge(struct learner *l, size_t series);
void blend_end(struct learner *l);

static inline size_t learner_past_at(const struct learner *l, size_t series, int past, int h)
{
    return (series * (size_t)l->n_past + (size_t)past) * (size_t)l->options.horizon + (size_t)(h - 1);
}

/* All members of the mask spoke of this past period, and it came. */
static inline int learner_heard(const struct learner *l, unsigned mask, size_t i)
{
    for (int m = 0; m < MEMBERS; m++)
        if ((mask >> m & 1) != 0 && isnan(l->past_point[m][i]))
            return 0;
    return !isnan(l->past_actual[i]);
}
/* Numbers of a Gram, and of coefficients with the intercept. */
static inline size_t learner_order2(const struct learner *l)
{
    size_t order = ridge_order(l->model.plan.n_columns);
    return order * order;
}

static inline size_t learner_width(const struct learner *l)
{
    return (size_t)l->model.plan.n_columns + 1;
}

uint64_t learner_hash(const struct learner *l);

#endif
