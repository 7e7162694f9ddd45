/* A finished model: plain data that can be written, read back and asked. Pure. */
#ifndef FORECAST_MODEL_H
#define FORECAST_MODEL_H

#include "forecast/bands.h"
#include "forecast/ridge.h"

struct blend { float theta, ridge; };    /* weights of the served mean; sum 1 */

struct model_series {
    char name[GNM_ID];
    float spread;                 /* of scaled errors */
    float bias;                   /* mean over median: sums of medians are too low */
    struct blend blend;
};

struct model {
    enum gnm_step step;
    enum model_kind kind;
    int horizon;
    int64_t trained_label;        /* newest period it has seen */
    int has_ridge;
    struct plan plan;
    struct ridge_column column[PLAN_COLUMNS];
    double beta[PLAN_COLUMNS + 1];
    double lambda, mu, kappa;
    struct blend blend;
    struct bands bands;
    double bias;                  /* pooled */
    size_t n_series;
    struct model_series *series;
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
/* The ridge alone; `delta` NULL: pooled. -ENODATA when the series has no recent level. */
int ridge_predict(const struct model *model, const struct plan *plan, const double *beta, const float *delta, const struct panel *panel, size_t series,
                  int origin, int horizon, double *ret);
double blend_point(const struct blend *blend, double theta, double ridge);
/* The value a ridge row stands for. */
double ridge_value(double scale, double level, double z, int non_negative);

int model_write(const struct model *model, void **ret, size_t *len, struct gnm_why *why);

#endif
