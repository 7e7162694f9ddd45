/* Which members serve a series, and with what weights: decided on past origins whose whole window has ended (learner_make_past gives no others). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/learner_state.h"

enum { ORIGIN_HALF_LIFE = 8, CHOICES_MAX = 64, TOGETHER_MAX = 3 };
#define SHARPNESS 30.0            /* a choice 1 % worse in the logarithm of its error weighs exp(-0.3) */
#define OWN_SHARE 0.5
#define OWN_PRIOR 28.0
#define WEIGHT_MIN 0.05
#define SHARE_MIN 0.5             /* of the most often heard member: who speaks at fewer past periods cannot be compared */

/* Averages of one to three members. */
struct choices { int n; unsigned mask[CHOICES_MAX]; };

static int heard(const struct learner *l, unsigned mask, size_t i)
{
    for (int m = 0; m < MEMBERS; m++)
        if ((mask >> m & 1) != 0 && isnan(l->past_point[m][i]))
            return 0;
    return !isnan(l->past_actual[i]);
}

/* Members that were heard often enough to be compared. */
static unsigned comparable(const struct learner *l)
{
    size_t cells = l->n_series * (size_t)l->n_past * (size_t)l->options.horizon, count[MEMBERS] = { 0 }, most = 0;
    for (int m = 0; m < MEMBERS; m++) {
        for (size_t i = 0; l->wanted[m] && i < cells; i++)
            count[m] += heard(l, 1u << m, i) != 0;
        most = count[m] > most ? count[m] : most;
    }
    unsigned mask = 0;
    for (int m = 0; m < MEMBERS; m++)
        if (count[m] > 0 && (double)count[m] >= SHARE_MIN * (double)most)
            mask |= 1u << m;
    return mask;
}

static struct choices make_choices(const struct learner *l, unsigned members)
{
    struct choices c = { 0 };
    for (unsigned mask = 1; mask < 1u << MEMBERS && c.n < CHOICES_MAX; mask++) {
        int size = __builtin_popcount(mask);
        if ((mask & ~members) != 0 || size > TOGETHER_MAX || (size > 1 && (mask & (1u << MEMBER_NAIVE)) != 0))
            continue;
        if (l->options.kind == MODEL_AUTO || (mask & (1u << MEMBER_NAIVE)) == 0)
            c.mask[c.n++] = mask;
    }
    return c;
}

/* On days that rare events move, what has no say of them is left out, as in serving. */
static double average(const struct learner *l, unsigned mask, size_t i)
{
    struct blend equal = { { 0 } };
    double point[MEMBERS];
    for (int m = 0; m < MEMBERS; m++) {
        equal.weight[m] = (mask >> m & 1) != 0;
        point[m] = l->past_point[m][i];
    }
    return blend_point(&equal, point, l->past_blind[i]);
}

/* Log of each choice's error over the mean of all of them, newer origins weighing more; returns the scored periods. */
static int own_errors(const struct learner *l, const struct choices *c, unsigned members, size_t s, double *ret)
{
    int n = 0;
    memset(ret, 0, (size_t)c->n * sizeof *ret);
    for (int o = 0; o < l->n_past; o++)
        for (int h = 1; h <= l->options.horizon; h++) {
            size_t i = learner_past_at(l, s, o, h);
            if (!heard(l, members, i))
                continue;
            double weight = exp2(-(double)o / ORIGIN_HALF_LIFE);
            for (int k = 0; k < c->n; k++)
                ret[k] += weight * fabs(average(l, c->mask[k], i) - l->past_actual[i]);
            n++;
        }
    double mean = 0;
    for (int k = 0; k < c->n; k++)
        mean += ret[k] / c->n;
    for (int k = 0; k < c->n; k++)
        ret[k] = n == 0 || mean <= 0 ? 0 : log(fmax(ret[k] / mean, 1e-3));
    return mean > 0 ? n : 0;
}

static struct blend blend_of(const struct choices *c, const double *error)
{
    struct blend b = { { 0 } };
    double best = INFINITY, sum = 0;
    for (int k = 0; k < c->n; k++)
        best = fmin(best, error[k]);
    for (int k = 0; k < c->n; k++) {
        double weight = exp(-SHARPNESS * (error[k] - best));
        for (int m = 0; m < MEMBERS; m++)
            b.weight[m] += (c->mask[k] >> m & 1) != 0 ? (float)(weight / __builtin_popcount(c->mask[k])) : 0.0f;
        sum += weight;
    }
    double kept = 0;
    for (int m = 0; m < MEMBERS; m++) {
        b.weight[m] = b.weight[m] < (float)(WEIGHT_MIN * sum) ? 0 : b.weight[m];
        kept += b.weight[m];
    }
    for (int m = 0; m < MEMBERS; m++)
        b.weight[m] = (float)(b.weight[m] / kept);
    return b;
}

/* Half the series' own experience, half that of all: every series has one voice. */
static int choose(struct learner *l, const struct choices *c, unsigned members)
{
    double *own = calloc(l->n_series * (size_t)c->n + 1, sizeof *own), pooled[CHOICES_MAX] = { 0 }, mixed[CHOICES_MAX], count = 0;
    int *n = calloc(l->n_series + 1, sizeof *n);
    for (size_t s = 0; own != NULL && n != NULL && s < l->n_series; s++) {
        n[s] = own_errors(l, c, members, s, &own[s * (size_t)c->n]);
        for (int k = 0; k < c->n; k++)
            pooled[k] += own[s * (size_t)c->n + (size_t)k];
        count += n[s] > 0;
    }
    for (int k = 0; k < c->n; k++)
        pooled[k] = count > 0 ? pooled[k] / count : 0;
    l->model.blend = blend_of(c, pooled);
    for (size_t s = 0; own != NULL && n != NULL && s < l->n_series; s++) {
        double share = OWN_SHARE * n[s] / (n[s] + OWN_PRIOR);
        for (int k = 0; k < c->n; k++)
            mixed[k] = pooled[k] + share * (own[s * (size_t)c->n + (size_t)k] - pooled[k]);
        l->model.series[s].blend = blend_of(c, mixed);
    }
    int rc = own == NULL || n == NULL ? -ENOMEM : 0;
    free(own);
    free(n);
    return rc;
}

static void serve_alone(struct learner *l, enum member member)
{
    memset(&l->model.blend, 0, sizeof l->model.blend);
    l->model.blend.weight[member] = 1;
    for (size_t s = 0; s < l->n_series; s++)
        l->model.series[s].blend = l->model.blend;
}

int blend_choose(struct learner *l)
{
    if (l->options.kind != MODEL_AUTO && l->options.kind != MODEL_MEAN) {
        serve_alone(l, (enum member)(l->options.kind - MODEL_NAIVE));
        return 0;
    }
    unsigned members = comparable(l);
    if (l->options.kind == MODEL_MEAN)
        members &= ~(1u << MEMBER_NAIVE);
    struct choices c = make_choices(l, members);
    if (c.n > 0)
        return choose(l, &c, members);
    serve_alone(l, MEMBER_THETA);
    for (int m = MEMBER_THETA; m < MEMBERS; m++)
        l->model.blend.weight[m] = (l->wanted[m] != 0) / 4.0f;
    return 0;
}
