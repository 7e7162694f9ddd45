#include "forecast/learner.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/hash.h"
#include "forecast/learner_state.h"

enum { LEARNER_VERSION = 1, DEFAULT_HORIZON = 28, ROWS_MAX = 600000, ORIGINS_MIN = 26 };

/* Trees lean on the ridge for rare events. */
static int needs_ridge(const struct learner *l)
{
    return l->wanted[MEMBER_RIDGE] || (l->wanted[MEMBER_BOOST] && l->settings.boost.events);
}

static int has_ridge(const struct learner *l)
{
    return l->model.has_ridge;
}

/* Pseudo-origins back to the oldest allowed; big pools take fewer, so that a retrain stays in seconds. */
static void make_range(struct learner *l)
{
    const struct cadence *c = l->cadence;
    size_t fit = ROWS_MAX / ((size_t)l->options.horizon * (l->n_series + 1));
    int origins = fit > (size_t)c->origins ? c->origins : fit < ORIGINS_MIN ? ORIGINS_MIN : (int)fit;
    l->range.last = l->origin;
    l->range.horizon = l->options.horizon;
    l->range.origin_step = c->origin_step;
    l->range.origin_last = l->origin - c->origin_step;
    l->range.origin_first = l->range.origin_last - (origins - 1) * c->origin_step;
}

static int first_observed(const struct panel *panel, size_t series, int origin, int64_t decision_s)
{
    int first, last;
    if (!panel_series_range(panel, series, &first, &last))
        return INT32_MAX;
    for (int p = first; p <= last && p <= origin; p++) {
        double value;
        panel_window(panel, series, p, 1, decision_s, &value);
        if (!isnan(value))
            return p;
    }
    return INT32_MAX;
}

/* Origins older than any series' usable history are not visited. */
static int find_history(struct learner *l)
{
    int64_t decision_s = panel_period_end_s(l->panel, l->origin);
    int oldest = INT32_MAX;
    for (size_t s = 0; s < l->n_series; s++) {
        int first = first_observed(l->panel, s, l->origin, decision_s);
        oldest = first < oldest ? first : oldest;
    }
    if (oldest == INT32_MAX)
        return -ENODATA;
    l->oldest = oldest;
    int step = l->range.origin_step, usable = oldest + l->cadence->history;
    while (l->range.origin_first < usable && l->range.origin_first <= l->range.origin_last)
        l->range.origin_first += step;
    l->model.has_ridge = l->range.origin_first <= l->range.origin_last && needs_ridge(l);
    return 0;
}

static int allocate_past(struct learner *l)
{
    size_t cells = l->n_series * (size_t)l->n_past * (size_t)l->options.horizon, origins = l->n_series * (size_t)l->n_past;
    int ok = 1;
    for (int k = 0; k < MEMBERS; k++)
        ok &= (l->past_point[k] = calloc(cells + 1, sizeof(float))) != NULL;
    ok &= (l->past_actual = calloc(cells + 1, sizeof(float))) != NULL;
    ok &= (l->past_error = calloc(cells + 1, sizeof(float))) != NULL;
    ok &= (l->past_blind = calloc(cells + 1, 1)) != NULL;
    ok &= (l->past_scale = calloc(origins + 1, sizeof(float))) != NULL;
    for (size_t i = 0; ok && i < cells; i++) {
        for (int k = 0; k < MEMBERS; k++)
            l->past_point[k][i] = NAN;
        l->past_actual[i] = NAN;
    }
    return ok ? 0 : -ENOMEM;
}

static int allocate_ridge(struct learner *l)
{
    size_t p = (size_t)l->model.plan.n_columns, square = ridge_order((int)p) * ridge_order((int)p), blocks = (size_t)l->n_bounds + 1;
    l->sum = calloc(p, sizeof *l->sum);
    l->sample = calloc(LEARNER_SAMPLE * (p + 1), sizeof *l->sample);
    l->gram = calloc(blocks * square, sizeof *l->gram);
    l->own = calloc(blocks * square, sizeof *l->own);
    l->candidate = calloc((size_t)LEARNER_LAMBDAS * LEARNER_KAPPAS * (p + 1), sizeof *l->candidate);
    l->beta_past = calloc((size_t)l->n_past * (p + 1) + 1, sizeof *l->beta_past);
    if (l->model.delta == NULL)
        l->model.delta = calloc(l->n_series * (p + 1), sizeof *l->model.delta);
    return l->sum != NULL && l->sample != NULL && l->gram != NULL && l->own != NULL && l->candidate != NULL && l->beta_past != NULL
                   && l->model.delta != NULL
               ? 0
               : -ENOMEM;
}

static int allocate(struct learner *l, struct gnm_why *why)
{
    l->model.n_series = l->n_series;
    if (l->model.series == NULL)
        l->model.series = calloc(l->n_series, sizeof *l->model.series);
    if (l->model.series == NULL || allocate_past(l) < 0 || (has_ridge(l) && allocate_ridge(l) < 0))
        return gnm_fail(why, -ENOMEM, "no memory to learn %zu series", l->n_series);
    for (size_t s = 0; s < l->n_series; s++)
        memcpy(l->model.series[s].name, panel_series_name(l->panel, s), GNM_ID);
    return learner_scratch(l, why);
}

/* Everything the result depends on, as known at the decision. */
uint64_t learner_hash(const struct learner *l)
{
    int64_t decision_s = panel_period_end_s(l->panel, l->origin);
    int head[] = { LEARNER_VERSION, l->origin, l->options.horizon, l->options.origins, (int)l->options.kind, l->options.gaussian, l->options.n_levels };
    uint64_t hash = hash_bytes(plan_hash(&l->model.plan), head, sizeof head);
    hash = hash_bytes(hash, &l->options.seed, sizeof l->options.seed);
    hash = hash_bytes(hash, &l->options.search_units, sizeof l->options.search_units);
    hash = settings_hash(hash_bytes(hash, l->options.level, (size_t)l->options.n_levels * sizeof(double)), &l->settings);
    for (size_t s = 0; s < l->n_series; s++) {
        int first, last;
        hash = hash_bytes(hash, panel_series_name(l->panel, s), strlen(panel_series_name(l->panel, s)));
        if (!panel_series_range(l->panel, s, &first, &last))
            continue;
        for (int p = first; p <= last && p <= l->origin; p++) {
            double value;
            panel_window(l->panel, s, p, 1, decision_s, &value);
            value = isnan(value) ? -0.0 : value;
            hash = hash_bytes(hash, &p, sizeof p);
            hash = hash_bytes(hash, &value, sizeof value);
        }
        for (int d = 0; d < l->model.plan.n_drivers; d++) {
            if (l->model.plan.driver[d].at < 0)
                continue;
            for (int p = last < l->origin ? last : l->origin - 400; p <= l->origin + l->options.horizon; p++) {
                double value = panel_driver_value(l->panel, (size_t)l->model.plan.driver[d].at, s, p, decision_s);
                value = isnan(value) ? -0.0 : value;
                hash = hash_bytes(hash, &value, sizeof value);
            }
        }
    }
    return hash;
}

uint64_t learner_data_hash(const struct learner *learner)
{
    return learner->data_hash;
}

/* The naive is always there: it is what all are compared with. */
static void want_members(struct learner *l)
{
    enum model_kind kind = l->options.kind;
    for (int m = 0; m < MEMBERS; m++)
        l->wanted[m] = kind == MODEL_AUTO || kind == kind_of_member((enum member)m);
    l->wanted[MEMBER_NAIVE] = 1;
    if (kind == MODEL_MEAN)
        l->wanted[MEMBER_THETA] = l->wanted[MEMBER_RIDGE] = l->wanted[MEMBER_BOOST] = 1;
}

static int set_options(struct learner *l, const struct learner_options *options, struct gnm_why *why)
{
    l->options = *options;
    if (options->settings != NULL)
        l->settings = *options->settings;
    else
        settings_defaults(&l->settings);
    l->options.settings = NULL;
    l->options.previous = NULL;
    want_members(l);
    if (l->options.origins == 0)
        l->options.origins = l->settings.bands.origins;
    if (l->options.horizon == 0)
        l->options.horizon = DEFAULT_HORIZON;
    if (l->options.n_levels == 0) {
        l->options.n_levels = GNM_LEVELS;
        memcpy(l->options.level, gnm_levels, sizeof gnm_levels);
    }
    if (l->options.horizon < 1 || l->options.horizon > MODEL_HORIZON_MAX)
        return gnm_fail(why, -EINVAL, "a horizon of %d periods is outside 1..%d", l->options.horizon, MODEL_HORIZON_MAX);
    if (l->options.n_levels < 0 || l->options.n_levels > MODEL_LEVELS_MAX)
        return gnm_fail(why, -EINVAL, "%d quantile levels are more than %d", l->options.n_levels, MODEL_LEVELS_MAX);
    if (l->options.origins < 1 || l->options.origins > LEARNER_ORIGINS_MAX)
        return gnm_fail(why, -EINVAL, "%d past origins are outside 1..%d", l->options.origins, LEARNER_ORIGINS_MAX);
    return 0;
}

static int prepare(struct learner *l, const struct learner_options *options, struct gnm_why *why)
{
    make_range(l);
    if (find_history(l) < 0)
        return gnm_fail(why, -ENODATA, "no series has a value by the decision time");
    int kept_ridge = l->model.has_ridge;
    if (learner_adopt(l, options))
        learner_thin(l);
    else
        plan_make(l->panel, l->origin, &l->model.plan);
    learner_frugal_begin(l);
    l->model.has_ridge = kept_ridge;
    l->model.step = panel_step(l->panel);
    l->model.kind = l->options.kind;
    l->model.horizon = l->options.horizon;
    l->model.trained_label = panel_label(l->panel, l->origin);
    if (!l->refit) {
        l->model.full_label = l->model.trained_label;
        learner_make_past(l);
    }
    random_seed(&l->random, l->options.seed);
    l->data_hash = learner_hash(l);
    if (l->refit && options->previous_hash != 0 && options->previous_hash == l->data_hash)
        return gnm_fail(why, -EALREADY, "nothing is new since the model was made");
    l->bound_hash = l->refit ? hash_bytes(l->data_hash, options->previous, options->previous_len) : hash_bytes(l->data_hash, l->wanted, sizeof l->wanted);
    l->phase = has_ridge(l) ? PHASE_DRIVERS : PHASE_ROWS;
    int rc = allocate(l, why);
    rc = rc == 0 ? learner_drivers_begin(l, why) : rc;
    return rc == 0 && !l->refit ? learner_boost_begin(l, why) : rc;
}

int learner_begin(const struct panel *panel, const struct learner_options *options, int64_t origin_label, struct learner **ret, struct gnm_why *why)
{
    struct learner *l = calloc(1, sizeof *l);
    if (l == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for a learner");
    l->panel = l->whole = panel;
    l->cadence = cadence_of(panel_step(panel));
    l->origin = panel_period(panel, origin_label);
    l->n_series = panel_series_count(panel);
    frugal_begin(&l->before);
    frugal_begin(&l->model.frugal);
    int rc = set_options(l, options, why);
    if (rc == 0 && l->n_series == 0)
        rc = gnm_fail(why, -ENODATA, "there is no series to learn");
    if (rc == 0)
        rc = prepare(l, options, why);
    if (rc < 0) {
        learner_free(l);
        return rc;
    }
    *ret = l;
    return 0;
}

void learner_free(struct learner *l)
{
    if (l == NULL)
        return;
    for (int k = 0; k < MEMBERS; k++)
        free(l->past_point[k]);
    learner_boost_free(l);
    free(l->past_actual);
    free(l->past_error);
    free(l->past_scale);
    free(l->past_blind);
    free(l->sum);
    free(l->sample);
    free(l->gram);
    free(l->own);
    free(l->refit_own);
    free(l->candidate);
    free(l->beta_past);
    model_clear(&l->model);
    free(l->choice_error);
    free(l->choice_count);
    free(l->score);
    free(l->tally);
    free(l->spread);
    free(l->noise);
    free(l->block_work);
    free(l->solve_work);
    free(l->block_of);
    learner_drop_rows(l);
    free(l->kept);
    panel_view_free(l->view);
    free(l);
}

int learner_is_refit(const struct learner *l)
{
    return l->refit;
}

const struct model *learner_result(const struct learner *l)
{
    return l->phase == PHASE_DONE ? &l->model : NULL;
}

int learner_model(const struct learner *l, void **ret, size_t *len, struct gnm_why *why)
{
    if (l->phase != PHASE_DONE)
        return gnm_fail(why, -EAGAIN, "the learner has not finished");
    return model_write(&l->model, ret, len, why);
}

int learner_scores(const struct learner *l, const struct learner_score **ret, size_t *n)
{
    if (l->phase != PHASE_DONE)
        return -EAGAIN;
    *ret = l->score;
    *n = l->n_scores;
    return 0;
}
