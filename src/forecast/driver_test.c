#include "forecast/driver_test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/driver_fit.h"

enum { SHIFTS = 10, ROWS_MIN = 150, OWN_ROWS_MIN = 3, USED_MAX = 24 };
#define GAIN_MIN 0.02
#define OWN_GAIN_MIN 0.1
#define CUT (8 * 1.4826)

int driver_is_tested(const struct plan *plan, int driver)
{
    const struct plan_driver *d = &plan->driver[driver];
    return d->feast < 0 && !d->seen && !d->holiday && d->at >= 0;
}

static struct driver_span columns_of(const struct plan *plan, int driver)
{
    struct driver_span s = { 0, 0 };
    for (int j = 0; j < plan->n_columns; j++)
        if (plan->column[j].driver == driver && s.n++ == 0)
            s.first = j;
    return s;
}

/* ---- rows ---- */

static int allocate(struct driver_fit *t, size_t rows, size_t origins)
{
    size_t p = (size_t)t->p;
    t->x = malloc((rows + 1) * p * sizeof *t->x);
    t->level_of = malloc((rows + 1) * sizeof *t->level_of);
    t->level = malloc((origins + 1) * sizeof *t->level);
    t->target = malloc((rows + 1) * sizeof *t->target);
    t->fold = malloc(rows + 1);
    t->z = malloc((rows + 1) * sizeof *t->z);
    t->said = malloc((rows + 1) * sizeof *t->said);
    t->column = calloc(p, sizeof *t->column);
    t->gram = calloc((DRIVER_FOLDS + 1) * driver_order(t) * driver_order(t), sizeof *t->gram);
    t->work = malloc((p + 2) * (p + 3) * sizeof *t->work);
    t->root = malloc(DRIVER_FOLDS * (p + 1) * (p + 1) * sizeof *t->root);
    t->half = malloc(DRIVER_FOLDS * (p + 1) * sizeof *t->half);
    t->block = malloc(((rows / DRIVER_FOLDS + 3) + p + 2) * (p + 2) * sizeof *t->block);
    t->in = calloc(p + 1, 1);
    return t->x && t->level_of && t->level && t->target && t->fold && t->z && t->said && t->column && t->gram && t->work && t->root && t->half && t->block && t->in ? 0 : -ENOMEM;
}

static void release(struct driver_fit *t)
{
    free(t->x);
    free(t->level_of);
    free(t->level);
    free(t->target);
    free(t->fold);
    free(t->z);
    free(t->said);
    free(t->column);
    free(t->gram);
    free(t->work);
    free(t->root);
    free(t->half);
    free(t->block);
    free(t->in);
}

static void add_origin(struct driver_fit *t, int origin, int last, int step)
{
    const struct cadence *c = cadence_of(t->plan->step);
    struct level *level = &t->level[t->n_levels];
    float offset;
    if (level_read(t->plan, t->view, t->series, origin, level) < 0)
        return;
    t->n_levels++;
    int non_negative = panel_series_non_negative(t->view, t->series);
    for (int h = 1; h <= step && origin + h <= last; h++) {
        double y;
        panel_window(t->view, t->series, origin + h, 1, t->decision_s, &y);
        if (isnan(y) || (level->closed >> cadence_phase(c, origin + h) & 1) != 0)
            continue;
        row_fill(t->plan, t->view, t->series, level, h, 0, t->p, NULL, &t->x[(size_t)t->n * (size_t)t->p], &offset);
        t->level_of[t->n] = t->n_levels - 1;
        t->target[t->n] = origin + h;
        t->z[t->n++] = (float)(level_root((non_negative && y < 0 ? 0 : y) / level->scale) - level->level);
    }
}

static void make_rows(struct driver_fit *t, int origin, int origins)
{
    const struct cadence *c = cadence_of(t->plan->step);
    int first, last;
    if (!panel_series_range(t->view, t->series, &first, &last))
        return;
    double y = NAN;
    for (; isnan(y) && first <= last && first <= origin; first++)      /* what became known later did not count then */
        panel_window(t->view, t->series, first, 1, t->decision_s, &y);
    first--;
    for (int i = origins; i >= 1; i--)
        if (origin - i * c->origin_step >= first + c->history)
            add_origin(t, origin - i * c->origin_step, origin, c->origin_step);
    for (int i = 0; i < t->n; i++)
        t->fold[i] = (unsigned char)((size_t)i * DRIVER_FOLDS / (size_t)t->n);
}

static int by_float(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float median_of(const float *x, int n, float centre, float *work)
{
    for (int i = 0; i < n; i++)
        work[i] = centre == centre ? fabsf(x[i] - centre) : x[i];
    qsort(work, (size_t)n, sizeof *work, by_float);
    return work[n / 2];
}

static int clip_target(struct driver_fit *t)
{
    float *work = malloc((size_t)t->n * sizeof *work);
    if (work == NULL)
        return -ENOMEM;
    float middle = median_of(t->z, t->n, NAN, work), cut = (float)CUT * fmaxf(median_of(t->z, t->n, middle, work), 1e-3f);
    for (int i = 0; i < t->n; i++)
        t->z[i] = fminf(fmaxf(t->z[i] - middle, -cut), cut);
    free(work);
    return 0;
}

/* Columns first .. first + n - 1 by mean and deviation over all rows; constant ones are 0. */
static void standardise(struct driver_fit *t, struct driver_span s)
{
    for (int j = s.first; j < s.first + s.n; j++) {
        double sum = 0, square = 0;
        for (int i = 0; i < t->n; i++) {
            double v = t->x[(size_t)i * (size_t)t->p + (size_t)j];
            sum += v;
            square += v * v;
        }
        double mean = sum / t->n, variance = square / t->n - mean * mean, scale = variance > 1e-12 ? 1 / sqrt(variance) : 0;
        for (int i = 0; i < t->n; i++) {
            float *v = &t->x[(size_t)i * (size_t)t->p + (size_t)j];
            *v = (float)((*v - mean) * scale);
        }
    }
}

static void let_in(struct driver_fit *t, struct driver_span s, int in)
{
    memset(t->in + s.first, in, (size_t)s.n);
}

/* ---- shifted copies ---- */

static void fill_columns(struct driver_fit *t, struct driver_span s)
{
    int column[PLAN_COLUMNS];
    for (int k = 0; k < s.n; k++)
        column[k] = s.first + k;
    for (int i = 0; i < t->n; i++) {
        const struct level *level = &t->level[t->level_of[i]];
        row_refill(t->plan, t->view, t->series, level, t->target[i] - level->origin, column, s.n, NULL, &t->x[(size_t)i * (size_t)t->p]);
    }
    standardise(t, s);
    driver_sums(t, s.first + 1, s.n);
}

/* By whole years as far as the driver reaches back, then by years and weeks; a short one by weeks alone. */
static int shift_of(const struct driver_fit *t, int first, int i)
{
    const struct cadence *c = cadence_of(t->plan->step);
    int reach = t->target[0] - first, years = reach / c->year, season = c->phases > 1 ? c->season : 1;
    if (years > 0)
        return c->year * (1 + i % years) + season * (i / years);
    int weeks = (t->target[t->n - 1] - t->target[0]) / season / 3;
    return season * (2 + i * (weeks > SHIFTS ? weeks / SHIFTS : 1));
}

static float best_shifted(struct driver_fit *t, int driver, struct driver_span s, double without, float enough)
{
    float best = -1;
    struct panel_driver_facts facts;
    panel_driver_facts(t->view, (size_t)t->plan->driver[driver].at, t->decision_s, &facts);
    for (int i = 0; i < SHIFTS && best < enough; i++) {
        panel_view_shift(t->view, (size_t)t->plan->driver[driver].at, shift_of(t, facts.first, i));
        fill_columns(t, s);
        best = fmaxf(best, (float)(1 - driver_score(t, s, NULL).all / without));
    }
    panel_view_shift(t->view, (size_t)t->plan->driver[driver].at, 0);
    fill_columns(t, s);
    return best;
}

/* ---- choice ---- */

static void mark_own(const struct driver_fit *t, int driver, unsigned char *mark)
{
    for (int i = 0; i < t->n; i++)
        mark[i] = plan_event(t->plan, t->view, driver, t->series, t->target[i], t->decision_s) != 0;
}

static void measure(struct driver_fit *t, int driver, double without, unsigned char *mark, struct driver_verdict *v)
{
    struct driver_span s = columns_of(t->plan, driver);
    int rare = t->plan->driver[driver].rare;
    struct driver_errors before = { 0, 0, 0 };
    if (rare) {
        mark_own(t, driver, mark);
        before = driver_score(t, (struct driver_span){ 0, 0 }, mark);
    }
    struct driver_errors after = driver_score(t, s, rare ? mark : NULL);
    v->gain = (float)(1 - after.all / without);
    v->own_gain = rare && before.n_own >= OWN_ROWS_MIN && before.own > 0 ? (float)(1 - after.own / before.own) : NAN;
}

static int promising(const struct driver_verdict *v)
{
    return v->gain >= GAIN_MIN || (v->own_gain >= OWN_GAIN_MIN && v->gain > 0);
}

/* What was far from its place in an earlier round is not asked again. */
static int near(const struct driver_verdict *v)
{
    return v->gain >= GAIN_MIN / 2 || v->own_gain >= OWN_GAIN_MIN / 2;
}

/* One round: the most promising driver still out is let in, or rejected by its shifted copies. 0 when none is left. */
static int enter_best(struct driver_fit *t, int round, unsigned char *mark, struct driver_verdict *ret)
{
    int best = -1;
    driver_factor(t);
    double without = driver_score(t, (struct driver_span){ 0, 0 }, NULL).all;
    if (!(without > 0))
        return 0;
    for (int d = 0; d < t->plan->n_drivers; d++) {
        if (ret[d].state != DRIVER_UNTESTED || !driver_is_tested(t->plan, d) || columns_of(t->plan, d).n == 0 || (round > 0 && !near(&ret[d])))
            continue;
        measure(t, d, without, mark, &ret[d]);
        if (promising(&ret[d]) && (best < 0 || ret[d].gain > ret[best].gain))
            best = d;
    }
    if (best < 0)
        return 0;
    struct driver_span s = columns_of(t->plan, best);
    ret[best].shifted = best_shifted(t, best, s, without, ret[best].gain);
    ret[best].state = ret[best].shifted < ret[best].gain ? DRIVER_USED : DRIVER_REJECTED;
    let_in(t, s, ret[best].state == DRIVER_USED);
    return 1;
}

static int choose(struct driver_fit *t, struct driver_verdict *ret)
{
    unsigned char *mark = malloc((size_t)t->n + 1);
    if (mark == NULL || clip_target(t) < 0) {
        free(mark);
        return -ENOMEM;
    }
    standardise(t, (struct driver_span){ 0, t->p });
    driver_sums(t, 0, t->p + 2);
    for (int j = 0; j < t->p; j++)
        t->in[j] = t->plan->column[j].driver < 0 || !driver_is_tested(t->plan, t->plan->column[j].driver);
    for (int i = 0; i < USED_MAX && enter_best(t, i, mark, ret); i++)
        ;
    for (int d = 0; d < t->plan->n_drivers; d++)
        if (ret[d].state == DRIVER_UNTESTED && driver_is_tested(t->plan, d))
            ret[d].state = DRIVER_REJECTED;
    free(mark);
    return 0;
}

int driver_test(const struct plan *plan, struct panel *view, size_t series, int origin, int origins, struct driver_verdict *ret)
{
    struct driver_fit t = { .plan = plan, .view = view, .series = series, .p = plan->n_columns, .decision_s = panel_period_end_s(view, origin) };
    for (int d = 0; d < plan->n_drivers; d++)
        ret[d] = (struct driver_verdict){ 0, NAN, NAN, DRIVER_UNTESTED };
    int rc = allocate(&t, (size_t)origins * (size_t)cadence_of(plan->step)->origin_step, (size_t)origins);
    if (rc == 0)
        make_rows(&t, origin, origins);
    if (rc == 0 && t.n >= ROWS_MIN)
        rc = choose(&t, ret);
    release(&t);
    return rc;
}
