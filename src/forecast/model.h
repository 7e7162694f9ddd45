/* A finished model: plain data that can be written, read back and asked. Pure. */
#ifndef FORECAST_MODEL_H
#define FORECAST_MODEL_H

#include "forecast/bands.h"
#include "forecast/boost.h"
#include "forecast/driver_test.h"
#include "forecast/frugal.h"
#include "forecast/ridge.h"

struct blend { float weight[MEMBERS]; }; /* of what is served; sum 1 */
enum { MODEL_BAG = 8 };

struct model_series {
    char name[GNM_ID];
    float spread;                 /* of scaled errors */
    float mu;                     /* how firmly its ridge is held to the pooled one */
    float bias;                   /* mean over median: sums of medians are too low */
    struct blend blend;
    int deflated;                 /* modelled in constant prices */
};

/* Page and Hinkley's test of the newest errors, pooled: the sum of what exceeds their mean, and its least. */
struct drift { double mean, n, sum, least; int alarm; };

struct model {
    enum gnm_step step;
    enum model_kind kind;
    int horizon;
    int64_t trained_label;        /* newest period it has seen */
    int64_t full_label;           /* newest period of the last full training */
    struct drift drift;
    int has_ridge;
    struct plan plan;
    struct ridge_column column[PLAN_COLUMNS];
    struct ridge_target target;
    double beta[PLAN_COLUMNS + 1];
    double lambda, mu, kappa;
    int n_boost;                  /* trees grown from as many seeds, averaged */
    struct boost_model *boost[MODEL_BAG];
    int boost_takes_events;       /* the ridge's word on rare events is added to the trees' */
    double boost_kappa, boost_feast;      /* share of the year-ago offset the trees start from; of what Christmas was a year ago */
    struct blend blend;
    struct frugal frugal;         /* why these members */
    struct bands bands;
    double bias;                  /* pooled */
    size_t n_series;
    struct model_series *series;
    struct driver_verdict *verdict;      /* n_series x plan.n_drivers; what the tests said of each driver */
    float *delta;                 /* n_series x (columns + 1) */
};

/* Where a model and a panel meet: the plan bound to the panel's drivers. */
struct cell {
    double point, mean, baseline, q[MODEL_LEVELS_MAX];
    const char *model;
    enum gnm_quality quality;
};

/* Forecasts of one series for 1..horizon; `plan` is the model's, bound. `model` may be NULL. Always answers. -ENOMEM. */
int model_series_predict(const struct model *model, const struct plan *plan, const struct panel *panel, size_t series, int origin, int horizon,
                         struct cell *ret);
/* The series' place in the model, -1 for a stranger. */
int model_find_series(const struct model *model, const struct panel *panel, size_t series);
/* What is kept of a series for a question that differs in the drivers of the plan only. What the members that learn nothing said, point[horizon * MEMBER_RIDGE], holds while no
 * rare one differs (`filled`); its size and its baselines[2 * horizon], 0 where it has none, read no driver (`based`). Where all that differs from the question before is one driver that
 * is not rare, `hidden`, the rows of ridge and trees are `asked` anew only if they differ. `usual` is of all series (`has_usual`). NULL: nothing is kept. */
struct asked;
struct members_memo { int filled, based, has_baseline, has_usual, hidden; double scale, usual, *point, *baseline; struct asked *asked; };
struct asked *asked_new(void);   /* NULL: no memory; free()d */
/* Who speaks for a series: its trees, its ridge (columns + 1; NULL without one), its place in training (negative: a stranger). */
struct boost_speaker { struct boost_model *const *boost; int n_boost; const float *beta; int id; };
/* Ridge and trees at one origin, each where its `ret` is not NULL. -ENODATA when the series has no recent level. */
int model_rows_predict(const struct model *model, const struct plan *plan, const struct boost_speaker *who, const struct panel *panel, size_t series, int origin,
                       int horizon, struct members_memo *memo, double *ridge, double *trees);
/* The same by the model's own; NaN where it has nothing to say. */
void model_learned_predict(const struct model *model, const struct plan *plan, const struct panel *panel, size_t series, int origin, int horizon,
                           struct members_memo *memo, double *ridge, double *trees);
/* What the ridge `beta` says of the rare events in a row of all columns; 0 without events. */
double boost_events(const struct ridge_column *column, const struct plan *plan, const float *beta, const float *x);
/* point[MEMBERS], NaN where a member is silent: the others take its share; NaN when all of weight are. `blind`: only ridge and trees may speak, if they do. */
double blend_point(const struct blend *blend, const double *point, int blind);
/* The value a ridge row stands for. */
double ridge_value(double scale, double level, double z, int non_negative);

/* A view of the panel as the model wants to see it at an origin: hidden from a series what does not move it, money in constant prices where it is modelled so.
 * `plan` is the model's, bound to the panel. -ENOMEM. */
int model_view(const struct model *model, const struct plan *plan, const struct panel *panel, int origin, struct panel **ret);
/* What the model says through its view, in money of its own day; `model` NULL: view is the panel. */
int model_view_predict(const struct model *model, const struct plan *plan, const struct panel *panel, const struct panel *view, size_t series, int origin, int horizon,
                       struct members_memo *memo, struct cell *ret);
/* Effects of drivers (effects.h), found series by series once it was forecast with this memo; they hide drivers from the series in `view`. `out` has its horizon. -ENOMEM; to be
 * ended nevertheless. */
struct effects;
struct effects_search;
int effects_begin(const struct model *model, const struct plan *plan, const struct panel *panel, struct panel *view, int origin, struct effects *out, struct effects_search **ret);
struct members_memo *effects_memo(struct effects_search *search);      /* for the next series */
int effects_add(struct effects_search *search, size_t series, const struct cell *cell);
void effects_end(struct effects_search *search);
/* Whether the model's series `at` (negative: a stranger) may see a tested driver. Where it was not tested, most of the others decide: others[n_drivers]. With verdicts only. */
void model_ask_others(const struct model *model, int *ret);
int model_is_used(const struct model *model, long at, int driver, const int *others);
void model_hide(const struct model *model, const struct plan *plan, struct panel *view);
int model_is_deflated(const struct model *model, const struct panel *panel, size_t series);
/* Forecasts 1..horizon of a series in constant prices, back in money of their own day; `level`: of the cells' quantiles. */
void model_inflate(const struct panel *panel, size_t series, int origin, int horizon, int n_levels, const double *level, struct cell *cell);
/* What was found of the plan's `driver` for the model's `series`; NULL when nothing was tested. "Sport does not matter to you" is an answer. */
const struct driver_verdict *model_verdict(const struct model *model, size_t series, int driver);

void model_clear(struct model *model);   /* frees what it holds, not itself */
int model_write(const struct model *model, void **ret, size_t *len, struct gnm_why *why);

#endif
