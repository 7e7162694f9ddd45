#include "forecast/driver_test.h"

#include <cblas.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/ridge.h"

enum { FOLDS = 10, SHIFTS = 10, ROWS_MIN = 150, OWN_ROWS_MIN = 3, USED_MAX = 24 };
#define GAIN_MIN 0.02
#define OWN_GAIN_MIN 0.1
#define LAMBDA 0.01
#define CUT (8 * 1.4826)

struct test {
    const struct plan *plan;
    struct panel *view;
    size_t series;
    int64_t decision_s;
    int n, p;                     /* rows, columns */
    float *x;                     /* n x p, standardised */
    int *level_of, *target;       /* per row */
    struct level *level;          /* per origin */
    int n_levels;
    unsigned char *fold;
    float *z, *said;
    struct ridge_column *column;
    double *gram;                 /* (FOLDS + 1) x order^2, full symmetric: 1, x, z; the last is the sum of all */
    double *work, *train;
    float *block;                 /* rows of one fold with 1 and z, then their sums */
    unsigned char *in;            /* columns in the model */
};

struct span { int first, n; };

int driver_is_tested(const struct plan *plan, int driver)
{
    const struct plan_driver *d = &plan->driver[driver];
    return d->feast < 0 && !d->seen && !d->holiday && d->at >= 0;
}

static struct span columns_of(const struct plan *plan, int driver)
{
    struct span s = { 0, 0 };
    for (int j = 0; j < plan->n_columns; j++)
        if (plan->column[j].driver == driver && s.n++ == 0)
            s.first = j;
    return s;
}

static size_t order(const struct test *t)
{
    return (size_t)t->p + 2;
}

/* ---- rows ---- */

static int allocate(struct test *t, size_t rows, size_t origins)
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
    t->gram = calloc((FOLDS + 1) * order(t) * order(t), sizeof *t->gram);
    t->work = malloc((p + 2) * (p + 3) * sizeof *t->work);
    t->train = malloc((p + 3) * (p + 3) * sizeof *t->train);
    t->block = malloc(((rows / FOLDS + 3) + p + 2) * (p + 2) * sizeof *t->block);
    t->in = calloc(p + 1, 1);
    return t->x && t->level_of && t->level && t->target && t->fold && t->z && t->said && t->column && t->gram && t->work && t->train && t->block && t->in ? 0 : -ENOMEM;
}

static void release(struct test *t)
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
    free(t->train);
    free(t->block);
    free(t->in);
}

static void add_origin(struct test *t, int origin, int last, int step)
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

static void make_rows(struct test *t, int origin, int origins)
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
        t->fold[i] = (unsigned char)((size_t)i * FOLDS / (size_t)t->n);
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

static int clip_target(struct test *t)
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
static void standardise(struct test *t, struct span s)
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

/* ---- sums ---- */

static double cell(const struct test *t, int row, int k)
{
    return k == 0 ? 1 : k <= t->p ? (double)t->x[(size_t)row * (size_t)t->p + (size_t)k - 1] : (double)t->z[row];
}

/* One fold's sums of columns first .. first + n - 1 with all, row by row of the fold; `row0`, `row1`: its rows. */
static void fold_sums(struct test *t, int fold, int row0, int row1, int first, int n, float *block, float *sums)
{
    int w = (int)order(t), rows = row1 - row0;
    for (int i = 0; i < rows; i++)
        for (int k = 0; k < w; k++)
            block[(size_t)i * (size_t)w + (size_t)k] = (float)cell(t, row0 + i, k);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n, w, rows, 1, block + first, w, block, w, 0, sums, w);
    for (int a = 0; a < n; a++)
        for (int b = 0; b < w; b++) {
            double one = (double)sums[(size_t)a * (size_t)w + (size_t)b];
            t->gram[((size_t)fold * order(t) + (size_t)(first + a)) * order(t) + (size_t)b] = one;
            t->gram[((size_t)fold * order(t) + (size_t)b) * order(t) + (size_t)(first + a)] = one;
        }
}

/* Sums of the given columns with all: only what a shifted copy changes is made again. */
static void add_sums(struct test *t, int first, int n)
{
    size_t w = order(t);
    int row = 0;
    for (int f = 0; f < FOLDS; f++) {
        int begin = row;
        while (row < t->n && t->fold[row] == f)
            row++;
        fold_sums(t, f, begin, row, first, n, t->block, t->block + (size_t)(t->n / FOLDS + 2) * w);
    }
    for (int a = first; a < first + n; a++)
        for (size_t b = 0; b < w; b++) {
            double sum = 0;
            for (size_t f = 0; f < FOLDS; f++)
                sum += t->gram[(f * w + (size_t)a) * w + b];
            t->gram[(FOLDS * w + (size_t)a) * w + b] = t->gram[(FOLDS * w + b) * w + (size_t)a] = sum;
        }
}

/* The training sums of one fold for the chosen columns, laid out as the ridge wants them. */
static int train_sums(struct test *t, int fold, const int *use, int n)
{
    size_t w = order(t), o = (size_t)n + 3;
    for (int a = 0; a <= n + 1; a++)
        for (int b = a; b <= n + 1; b++) {
            size_t i = a == 0 ? 0 : a <= n ? (size_t)use[a - 1] + 1 : w - 1, j = b == 0 ? 0 : b <= n ? (size_t)use[b - 1] + 1 : w - 1;
            t->train[(size_t)(a > n ? n + 2 : a) * o + (size_t)(b > n ? n + 2 : b)] =
                t->gram[((size_t)FOLDS * w + i) * w + j] - t->gram[((size_t)fold * w + i) * w + j];
        }
    for (size_t a = 0; a < o; a++)
        t->train[(a < (size_t)n + 1 ? a : (size_t)n + 1) * o + (a < (size_t)n + 1 ? (size_t)n + 1 : a)] = 0;
    return ridge_solve(t->train, n, LAMBDA, 0, t->work, t->work + (size_t)n * (size_t)n);
}

struct errors { double all, own; int n_own; };

/* What the fit without fold `f` says of its rows begin..end: into t->said. Columns that are not used count nothing, so that the rows are read in one go. */
static void ask_fold(struct test *t, int f, int begin, int end, const int *use, int n)
{
    float beta[PLAN_COLUMNS] = { 0 };
    const double *solved = t->work + (size_t)n * (size_t)n;
    int ok = train_sums(t, f, use, n) == 0, p = t->p;
    for (int k = 0; ok && k < n; k++)
        beta[use[k]] = (float)solved[k + 1];
    for (int i = begin; i < end; i++)
        t->said[i] = ok ? (float)solved[0] : 0;
    cblas_sgemv(CblasRowMajor, CblasNoTrans, end - begin, p, 1, &t->x[(size_t)begin * (size_t)p], p, beta, 1, 1, &t->said[begin], 1);
}

/* Out-of-fold errors with the columns in `in`; `mark`: rows of a rare event. */
static struct errors score(struct test *t, const unsigned char *mark)
{
    struct errors e = { 0, 0, 0 };
    int use[PLAN_COLUMNS], n = 0;
    for (int j = 0; j < t->p; j++)
        if (t->in[j])
            use[n++] = j;
    for (int f = 0, begin = 0, end = 0; f < FOLDS; f++, begin = end) {
        while (end < t->n && t->fold[end] == f)
            end++;
        ask_fold(t, f, begin, end, use, n);
    }
    for (int i = 0; i < t->n; i++) {
        double miss = fabs((double)t->said[i] - (double)t->z[i]);
        e.all += miss;
        e.own += mark != NULL && mark[i] ? miss : 0;
        e.n_own += mark != NULL && mark[i];
    }
    return e;
}

static void let_in(struct test *t, struct span s, int in)
{
    memset(t->in + s.first, in, (size_t)s.n);
}

/* ---- shifted copies ---- */

static void fill_columns(struct test *t, struct span s)
{
    float x[PLAN_COLUMNS], offset;
    for (int i = 0; i < t->n; i++) {
        const struct level *level = &t->level[t->level_of[i]];
        row_fill(t->plan, t->view, t->series, level, t->target[i] - level->origin, s.first, s.first + s.n, NULL, x, &offset);
        memcpy(&t->x[(size_t)i * (size_t)t->p + (size_t)s.first], x, (size_t)s.n * sizeof *x);
    }
    standardise(t, s);
    add_sums(t, s.first + 1, s.n);
}

/* By whole years as far as the driver reaches back, then by years and weeks; a short one by weeks alone. */
static int shift_of(const struct test *t, int driver, int i)
{
    const struct cadence *c = cadence_of(t->plan->step);
    struct panel_driver_facts facts;
    panel_driver_facts(t->view, (size_t)t->plan->driver[driver].at, t->decision_s, &facts);
    int reach = t->target[0] - facts.first, years = reach / c->year, season = c->phases > 1 ? c->season : 1;
    if (years > 0)
        return c->year * (1 + i % years) + season * (i / years);
    int weeks = (t->target[t->n - 1] - t->target[0]) / season / 3;
    return season * (2 + i * (weeks > SHIFTS ? weeks / SHIFTS : 1));
}

static float best_shifted(struct test *t, int driver, struct span s, double without, float enough)
{
    float best = -1;
    for (int i = 0; i < SHIFTS && best < enough; i++) {
        panel_view_shift(t->view, (size_t)t->plan->driver[driver].at, shift_of(t, driver, i));
        fill_columns(t, s);
        best = fmaxf(best, (float)(1 - score(t, NULL).all / without));
    }
    panel_view_shift(t->view, (size_t)t->plan->driver[driver].at, 0);
    fill_columns(t, s);
    return best;
}

/* ---- choice ---- */

static void mark_own(const struct test *t, int driver, unsigned char *mark)
{
    for (int i = 0; i < t->n; i++)
        mark[i] = plan_event(t->plan, t->view, driver, t->series, t->target[i], t->decision_s) != 0;
}

static void measure(struct test *t, int driver, double without, unsigned char *mark, struct driver_verdict *v)
{
    struct span s = columns_of(t->plan, driver);
    int rare = t->plan->driver[driver].rare;
    struct errors before = { 0, 0, 0 };
    if (rare) {
        mark_own(t, driver, mark);
        before = score(t, mark);
    }
    let_in(t, s, 1);
    struct errors after = score(t, rare ? mark : NULL);
    let_in(t, s, 0);
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
static int enter_best(struct test *t, int round, unsigned char *mark, struct driver_verdict *ret)
{
    int best = -1;
    double without = score(t, NULL).all;
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
    struct span s = columns_of(t->plan, best);
    let_in(t, s, 1);
    ret[best].shifted = best_shifted(t, best, s, without, ret[best].gain);
    ret[best].state = ret[best].shifted < ret[best].gain ? DRIVER_USED : DRIVER_REJECTED;
    let_in(t, s, ret[best].state == DRIVER_USED);
    return 1;
}

static int choose(struct test *t, struct driver_verdict *ret)
{
    unsigned char *mark = malloc((size_t)t->n + 1);
    if (mark == NULL || clip_target(t) < 0) {
        free(mark);
        return -ENOMEM;
    }
    standardise(t, (struct span){ 0, t->p });
    add_sums(t, 0, t->p + 2);
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
    struct test t = { .plan = plan, .view = view, .series = series, .p = plan->n_columns, .decision_s = panel_period_end_s(view, origin) };
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
