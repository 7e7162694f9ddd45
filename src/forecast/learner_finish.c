#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/learner_state.h"
#include "forecast/members.h"

#define NOISE_MIN 0.01
#define BIAS_MIN 0.8
#define BIAS_MAX 1.25
enum { BIAS_PRIOR = 100 };

void learner_keep_actual(struct learner *l, size_t series, int o)
{
    int horizon = l->options.horizon, non_negative = panel_series_non_negative(l->panel, series);
    double actual[MODEL_HORIZON_MAX];
    panel_window(l->panel, series, l->past[o] + 1, horizon, panel_period_end_s(l->panel, l->origin), actual);
    int64_t then_s = panel_period_end_s(l->panel, l->past[o]);
    for (int h = 1; h <= horizon; h++)
        l->past_blind[learner_past_at(l, series, o, h)] =
            (unsigned char)member_is_blind(&l->model.plan, l->panel, series, l->past[o] + h, then_s);
    for (int h = 1; h <= horizon; h++)
        l->past_actual[learner_past_at(l, series, o, h)] = (float)(non_negative && actual[h - 1] < 0 ? 0 : actual[h - 1]);
}

int learner_members_task(struct learner *l, size_t i, struct gnm_why *why)
{
    (void)why;
    int horizon = l->options.horizon, observed;
    double point[MODEL_HORIZON_MAX];
    for (int o = 0; o < l->n_past; o++) {
        double scale = member_scale(l->panel, i, l->past[o], &observed);
        l->past_scale[i * (size_t)l->n_past + (size_t)o] = (float)scale;
        learner_keep_actual(l, i, o);
        for (int m = MEMBER_NAIVE; m < MEMBER_RIDGE; m++) {
            int rc = l->wanted[m] ? member_forecast(&l->model.plan, l->panel, i, l->past[o], (enum member)m, horizon, point) : -ENODATA;
            for (int h = 1; rc == 0 && h <= horizon; h++)
                l->past_point[m][learner_past_at(l, i, o, h)] = (float)point[h - 1];
        }
    }
    return 0;
}

/* What `kind` would have said at a past origin. */
static double past_point(const struct learner *l, enum model_kind kind, size_t s, size_t i)
{
    double point[MEMBERS];
    if (kind != MODEL_AUTO && kind != MODEL_MEAN)
        return l->past_point[kind - MODEL_NAIVE][i];
    for (int m = 0; m < MEMBERS; m++)
        point[m] = l->past_point[m][i];
    return blend_point(&l->model.series[s].blend, point, l->past_blind[i]);
}

static void find_errors(struct learner *l, enum model_kind kind)
{
    for (size_t s = 0; s < l->n_series; s++)
        for (int o = 0; o < l->n_past; o++)
            for (int h = 1; h <= l->options.horizon; h++) {
                size_t i = learner_past_at(l, s, o, h);
                double scale = l->past_scale[s * (size_t)l->n_past + (size_t)o];
                l->past_error[i] = (float)(level_root(l->past_actual[i] / scale) - level_root(past_point(l, kind, s, i) / scale));
            }
}

/* Sum of values over sum of forecasts, in units of each series' scale so that the largest does not decide alone. */
static void find_bias(struct learner *l)
{
    double all_y = 0, all_f = 0;
    for (int pass = 0; pass < 2; pass++) {
        l->model.bias = all_f > 0 ? fmin(fmax(all_y / all_f, BIAS_MIN), BIAS_MAX) : 1;
        for (size_t s = 0; s < l->n_series; s++) {
            double y = 0, f = 0;
            int n = 0;
            for (int o = 0; o < l->n_past; o++)
                for (int h = 1; h <= l->options.horizon; h++) {
                    size_t i = learner_past_at(l, s, o, h);
                    double point = past_point(l, l->model.kind, s, i), scale = l->past_scale[s * (size_t)l->n_past + (size_t)o];
                    if (isnan(point) || isnan(l->past_actual[i]))
                        continue;
                    y += l->past_actual[i] / scale;
                    f += point / scale;
                    n++;
                }
            all_y += pass == 0 ? y : 0;
            all_f += pass == 0 ? f : 0;
            double own = f > 0 ? y / f : 1;
            l->model.series[s].bias = (float)fmin(fmax((n * own + BIAS_PRIOR * l->model.bias) / (n + BIAS_PRIOR), BIAS_MIN), BIAS_MAX);
        }
    }
}

static struct bands_errors errors_of(const struct learner *l, int skip)
{
    const struct settings_bands *b = &l->settings.bands;
    int apart = (l->options.horizon + l->cadence->origin_step - 1) / l->cadence->origin_step;
    return (struct bands_errors){ l->past_error, l->n_series, l->n_past, l->options.horizon, skip, apart, b->half_life, b->prior_count, b->trust, l->noise };
}

/* What is known of a past forecast of the kind whose errors are in hand; see baselines_apart. */
static void read_cell(const void *of, size_t s, int o, int h, struct bands_cell *ret)
{
    const struct learner *l = of;
    size_t i = learner_past_at(l, s, o, h);
    double scale = l->past_scale[s * (size_t)l->n_past + (size_t)o], point = past_point(l, l->model.kind, s, i);
    *ret = (struct bands_cell){ .root = level_root(point / scale), .phase = cadence_phase(l->cadence, l->past[o] + h), .h = h };
    ret->beside = (h > 1 && l->past_blind[i - 1]) || (h < l->options.horizon && l->past_blind[i + 1]);
    ret->apart = baselines_apart(l->model.kind, ret->root, level_root(l->past_point[MEMBER_NAIVE][i] / scale), level_root(l->past_point[MEMBER_YEARAGO][i] / scale));
}

/* Errors in units of what was to be expected of each. */
static void untilt(struct learner *l)
{
    for (size_t s = 0; s < l->n_series; s++)
        for (int o = 0; o < l->n_past; o++)
            for (int h = 1; h <= l->options.horizon; h++) {
                struct bands_cell cell;
                read_cell(l, s, o, h, &cell);
                l->past_error[learner_past_at(l, s, o, h)] /= (float)bands_tilt(&l->model.bands, l->spread[s], &cell);
            }
}

static void tally_cell(const struct learner *l, const struct bands *bands, double spread, enum model_kind kind, size_t s, int o, int h, struct learner_tally *t)
{
    size_t i = learner_past_at(l, s, o, h);
    double y = l->past_actual[i], point = past_point(l, kind, s, i), q[MODEL_LEVELS_MAX];
    double scale = l->past_scale[s * (size_t)l->n_past + (size_t)o];
    if (isnan(y) || isnan(point) || isnan(scale))
        return;
    struct bands_cell cell;
    read_cell(l, s, o, h, &cell);
    spread *= kind == l->model.kind ? bands_tilt(bands, l->model.series[s].spread, &cell) : 1;
    bands_apply(bands, spread, scale, point, h, panel_series_non_negative(l->panel, s), q);
    double low = NAN, high = NAN, pinball = 0;
    for (int k = 0; k < bands->n_levels; k++) {
        double p = bands->level[k];
        low = p == 0.1 ? q[k] : low;
        high = p == 0.9 ? q[k] : high;
        pinball += fmax(p * (y - q[k]), (p - 1) * (y - q[k]));
    }
    t->n++;
    t->error += fabs(point - y);
    t->actual += fabs(y);
    t->bias += point - y;
    t->base += fabs(l->past_point[MEMBER_NAIVE][i] - y);
    t->pinball += pinball / bands->n_levels;
    t->inside += low <= y && y <= high;
    t->width += high - low;
}

/* Mean seasonal difference of the training part. */
static double seasonal_difference(const struct learner *l, size_t s)
{
    double sum = 0;
    int n = 0, first, last, m = l->cadence->season;
    int64_t decision_s = panel_period_end_s(l->panel, l->origin);
    if (!panel_series_range(l->panel, s, &first, &last))
        return NAN;
    for (int p = first + m; p <= last && p <= l->origin; p++) {
        double now, then;
        panel_window(l->panel, s, p, 1, decision_s, &now);
        panel_window(l->panel, s, p - m, 1, decision_s, &then);
        if (isnan(now) || isnan(then))
            continue;
        sum += fabs(now - then);
        n++;
    }
    return n > 0 && sum > 0 ? sum / n : NAN;
}

static void put_score(const struct learner *l, size_t s, enum model_kind kind, const struct learner_tally *t, struct learner_score *ret)
{
    memset(ret, 0, sizeof *ret);
    memcpy(ret->series, panel_series_name(l->panel, s), GNM_ID);
    strncpy(ret->model, model_kind_names[kind], GNM_ID - 1);
    ret->n = t->n;
    ret->mae = t->error / t->n;
    ret->wape = t->actual > 0 ? t->error / t->actual : NAN;
    ret->bias = t->actual > 0 ? t->bias / t->actual : NAN;
    ret->mase = ret->mae / seasonal_difference(l, s);
    ret->pinball = t->pinball / t->n;
    ret->coverage_80 = t->inside / t->n;
    ret->width_80 = t->actual > 0 ? t->width / t->actual : NAN;
    ret->baseline_mae = t->base / t->n;
    ret->skill = t->base > 0 ? 1 - t->error / t->base : NAN;
    ret->window_start = panel_label(l->panel, l->past[l->n_past - 1] + 1);
    ret->window_end = panel_label(l->panel, l->past[0] + l->options.horizon);
}

static size_t kinds_scored(const struct learner *l, enum model_kind *ret)
{
    size_t n = 0;
    int many = l->options.kind == MODEL_AUTO || l->options.kind == MODEL_MEAN;
    for (int m = 0; many && m < MEMBERS; m++)
        if (l->wanted[m])
            ret[n++] = kind_of_member((enum member)m);
    ret[n++] = l->options.kind;
    return n;
}

/* Errors at one past origin under bands from the others. */
static int score_origin(struct learner *l, enum model_kind kind, int o)
{
    struct bands bands = l->model.bands;
    struct bands_errors errors = errors_of(l, o);
    int rc = bands_fit(&errors, l->model.step, l->options.gaussian, l->options.n_levels, l->options.level, &bands, l->spread);
    for (size_t s = 0; rc == 0 && s < l->n_series; s++)
        for (int h = 1; h <= l->options.horizon; h++)
            tally_cell(l, &bands, l->spread[s], kind, s, o, h, &l->tally[s]);
    return rc;
}

/* A series never scored counts as noisy as the pool. */
static void find_noise(struct learner *l)
{
    struct bands_errors errors = errors_of(l, -1);
    double all = 0, count = 0, n;
    find_errors(l, MODEL_NAIVE);
    errors.n_series = 1;
    errors.noise = NULL;
    for (int pass = 0; pass < 2; pass++)
        for (size_t s = 0; s < l->n_series; s++) {
            errors.error = &l->past_error[learner_past_at(l, s, 0, 1)];
            double sum = bands_square_sum(&errors, 0, &n);
            all += pass == 0 ? sum : 0;
            count += pass == 0 ? n : 0;
            double square = n > 0 ? sum / n : count > 0 ? all / count : 1;
            l->noise[s] = (float)sqrt(fmax(square, NOISE_MIN * NOISE_MIN));
        }
}

static int make_room(struct learner *l)
{
    enum model_kind kinds[MODEL_KINDS];
    size_t n_kinds = kinds_scored(l, kinds);
    l->n_scores = 0;
    free(l->score);
    free(l->tally);
    free(l->spread);
    free(l->noise);
    l->score = calloc(n_kinds * l->n_series, sizeof *l->score);
    l->tally = calloc(l->n_series, sizeof *l->tally);
    l->spread = calloc(l->n_series, sizeof *l->spread);
    l->noise = calloc(l->n_series, sizeof *l->noise);
    return l->score == NULL || l->tally == NULL || l->spread == NULL || l->noise == NULL ? -ENOMEM : 0;
}

static void make_tilt(struct learner *l)
{
    struct bands_errors errors = errors_of(l, -1);
    struct bands_cells cells = { read_cell, l };
    if (l->options.gaussian)
        return;
    bands_spreads(&errors, 0, &l->model.bands, l->spread);
    bands_tilt_fit(&errors, &cells, l->spread, &l->model.bands);
    untilt(l);
}

static int make_bands(struct learner *l)
{
    struct bands_errors errors = errors_of(l, -1);
    int rc = bands_half_life(&errors, &errors.half_life);
    if (rc == 0)
        rc = bands_fit(&errors, l->model.step, l->options.gaussian, l->options.n_levels, l->options.level, &l->model.bands, l->spread);
    if (rc == 0)
        rc = bands_calibrate(&errors, l->model.step, l->options.gaussian, &l->model.bands, l->spread);
    for (size_t s = 0; rc == 0 && s < l->n_series; s++)
        l->model.series[s].spread = l->spread[s];
    return rc;
}

/* The model itself, in parts: of thousands of series each takes a good part of a second. */
enum { FINISH_NOISE, FINISH_CHOICE, FINISH_BIAS, FINISH_TILT, FINISH_BANDS, FINISH_PARTS };

static int finish_part(struct learner *l, size_t part)
{
    switch (part) {
    case FINISH_NOISE:
        if (make_room(l) < 0)
            return -ENOMEM;
        find_noise(l);
        return 0;
    case FINISH_CHOICE:
        blend_end(l);
        learner_frugal_end(l);
        return 0;
    case FINISH_BIAS:
        find_errors(l, l->model.kind);
        find_bias(l);
        return 0;
    case FINISH_TILT:
        make_tilt(l);
        return 0;
    default:
        return make_bands(l);
    }
}

static int finish_score(struct learner *l, size_t i)
{
    enum model_kind kinds[MODEL_KINDS];
    kinds_scored(l, kinds);
    enum model_kind kind = kinds[i / (size_t)l->n_past];
    int o = (int)(i % (size_t)l->n_past);
    if (o == 0) {
        find_errors(l, kind);
        for (size_t s = 0; s < l->n_series; s++)
            l->spread[s] = l->model.series[s].spread;
        if (kind == l->model.kind)
            untilt(l);
        memset(l->tally, 0, l->n_series * sizeof *l->tally);
    }
    int rc = score_origin(l, kind, o);
    for (size_t s = 0; rc == 0 && o == l->n_past - 1 && s < l->n_series; s++)
        if (l->tally[s].n > 0)
            put_score(l, s, kind, &l->tally[s], &l->score[l->n_scores++]);
    return rc;
}

/* The choice series by series, the model, then one task per kind and past origin. */
size_t learner_finish_count(const struct learner *l)
{
    enum model_kind kinds[MODEL_KINDS];
    return l->n_series + FINISH_PARTS + kinds_scored(l, kinds) * (size_t)l->n_past;
}

size_t learner_finish_units(const struct learner *l, size_t i)
{
    size_t cells = (size_t)l->n_past * (size_t)l->options.horizon;
    return i < l->n_series ? cells * 100 : l->n_series * cells * (i < l->n_series + FINISH_PARTS ? 100 : 10);
}

int learner_finish_task(struct learner *l, size_t i, struct gnm_why *why)
{
    int rc = i == 0 ? blend_begin(l) : 0;
    if (rc == 0 && i < l->n_series)
        choices_judge(l, i);
    else if (rc == 0)
        rc = i < l->n_series + FINISH_PARTS ? finish_part(l, i - l->n_series) : finish_score(l, i - l->n_series - FINISH_PARTS);
    return rc < 0 ? gnm_fail(why, rc, "no memory for intervals and scores") : 0;
}
