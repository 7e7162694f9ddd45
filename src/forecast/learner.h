/* Learning as a resumable state machine, and the model it makes. Pure.
 *
 * begin, step until finished, then model and scores. Pausing is not calling. A step does at most about `units` work units (row x column visits).
 * Checkpoint and resume give the same model bytes. The model file carries its own CRC, feature hash and version; a bad one is refused. */
#ifndef FORECAST_LEARNER_H
#define FORECAST_LEARNER_H

#include "features/panel.h"
#include "forecast/kind.h"

struct settings;

struct learner_options {
    int horizon;                  /* periods */
    int origins;                  /* past origins scored for intervals and accuracy; 0 = default */
    uint64_t seed;
    /* The rest may stay zero: what the daemon serves. */
    enum model_kind kind;
    int gaussian;                 /* intervals from the standard deviation instead of quantiles of past errors */
    int n_levels;                 /* 0 = gnm_levels */
    double level[MODEL_LEVELS_MAX];
    /* An earlier model's bytes (not kept) and for how many days its hyper-parameters, trees, weights and bands may serve on: then only the ridge is solved
     * again, for a twentieth of the cost. New series, other columns, an alarm of drift or age make it a full training all the same. */
    const void *previous;
    size_t previous_len;
    int refit_days;
    uint64_t previous_hash;       /* learner_data_hash() of the earlier one; where nothing is new since, begin answers -EALREADY. 0: not asked */
    uint64_t search_units;        /* work spent on other settings of the trees and on more seeds; 0: none */
    const struct settings *settings;      /* copied; NULL = settings_defaults() */
};

enum { LEARNER_CONTINUE = 1, LEARNER_FINISHED = 0 };

struct learner;

/* `panel` must outlive the learner. `origin_label` is the newest period that may be used. -ENODATA with the reason when no series can be learned,
 * -EALREADY when a refit would see nothing new. */
int learner_begin(const struct panel *panel, const struct learner_options *options, int64_t origin_label, struct learner **ret, struct gnm_why *why);
int learner_step(struct learner *learner, size_t units, struct gnm_why *why);
int learner_is_refit(const struct learner *learner);
double learner_progress(const struct learner *learner);          /* 0..1 */
void learner_free(struct learner *learner);

/* A checkpoint is bound to a hash of data, options and version; restore answers -ESTALE when it does not match. `*ret` is free()d. */
int learner_checkpoint(const struct learner *learner, void **ret, size_t *len, struct gnm_why *why);
int learner_restore(struct learner *learner, const void *data, size_t len, struct gnm_why *why);

/* After LEARNER_FINISHED. `*ret` is free()d. */
int learner_model(const struct learner *learner, void **ret, size_t *len, struct gnm_why *why);

/* Which class of models serves and why, in one sentence; "" when nothing could be compared. */
void learner_choice(const struct learner *learner, char *ret, size_t size);

struct learner_score {            /* out-of-sample, over the past origins */
    char series[GNM_ID], model[GNM_ID];
    int n;
    double mae, wape, bias, mase, pinball, coverage_80, width_80, baseline_mae, skill;
    int64_t window_start, window_end;
};
int learner_scores(const struct learner *learner, const struct learner_score **ret, size_t *n);   /* owned by the learner */

struct model;
/* The same without the detour over bytes; owned by the learner, NULL before the end. */
const struct model *learner_result(const struct learner *learner);
int model_load(const void *data, size_t len, struct model **ret, struct gnm_why *why);
void model_free(struct model *model);
/* 1 when its features look at this driver; 0 for NULL. Levels read price indices and onsets besides, whatever the model. */
int model_reads(const struct model *model, const char *driver);
uint64_t learner_data_hash(const struct learner *learner);        /* of data and options, whatever model came before */

/* Forecasts of every series for 1..horizon as known at the end of `origin_label`. `model` NULL (or a series it does not know, or one with too little history): the ladder down to
 * the seasonal baseline and climatology with quality GNM_FALLBACK and a wide band. `*ret` is free()d; series x horizon rows, sorted. */
int model_predict(const struct model *model, const struct panel *panel, int64_t origin_label, int horizon, struct gnm_forecast **ret, size_t *n, struct gnm_why *why);
/* The same, and what each driver adds (forecast/effects.h); no row without a model or by one that reads no driver. */
struct effects;
int model_predict_why(const struct model *model, const struct panel *panel, int64_t origin_label, int horizon, struct gnm_forecast **ret, size_t *n, struct effects *effects,
                      struct gnm_why *why);

#endif
