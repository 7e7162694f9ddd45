/* Which members serve a series, and with what weights: decided on past origins whose whole window has ended (learner_make_past gives no others). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/learner_state.h"

enum { ORIGIN_HALF_LIFE = 8, TOGETHER_MAX = 3 };
#define OWN_PRIOR 28.0
#define WEIGHT_MIN 0.05
#define RATIO_MIN 0.01
#define SHARE_MIN 0.5             /* of the most often heard member: who speaks at fewer past periods cannot be compared */

/* Members that were heard often enough to be compared. */
static unsigned comparable(const struct learner *l)
{
    size_t cells = l->n_series * (size_t)l->n_past * (size_t)l->options.horizon, count[MEMBERS] = { 0 }, most = 0;
    for (int m = 0; m < MEMBERS; m++) {
        for (size_t i = 0; l->wanted[m] && i < cells; i++)
            count[m] += learner_heard(l, 1u << m, i) != 0;
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
static double average(const double *point, unsigned mask, int blind)
{
    unsigned aware = (1u << MEMBER_RIDGE | 1u << MEMBER_BOOST);
    double sum = 0;
    int n = 0;
    if (blind)
        mask = (mask & aware) != 0 ? mask & aware : aware;
    for (int pass = 0; pass < 2 && n == 0; pass++, mask = ~0u)
        for (int m = 0; m < MEMBERS; m++)
            if ((mask >> m & 1) != 0 && !isnan(point[m])) {
                sum += point[m];
                n++;
            }
    return sum / n;
}

static void add_cell(const struct learner *l, const struct choices *c, size_t i, double *ret)
{
    double point[MEMBERS], actual = l->past_actual[i];
    for (int m = 0; m < MEMBERS; m++)
        point[m] = l->past_point[m][i];
    for (int k = 0; k < c->n; k++)
        ret[k] += fabs(average(point, c->mask[k], l->past_blind[i]) - actual);
}

/* Errors of each choice in the window of one past origin, over their mean; returns the scored periods. */
static int window_errors(const struct learner *l, const struct choices *c, unsigned members, size_t s, int o, double *ret)
{
    int n = 0;
    double mean = 0;
    memset(ret, 0, CHOICES_MAX * sizeof *ret);
    for (int h = 1; h <= l->options.horizon; h++) {
        size_t i = learner_past_at(l, s, o, h);
        if (!learner_heard(l, members, i))
            continue;
        add_cell(l, c, i, ret);
        n++;
    }
    for (int k = 0; k < c->n; k++)
        mean += ret[k] / c->n;
    for (int k = 0; k < c->n; k++)
        ret[k] = mean > 0 ? ret[k] / mean : 1;
    return mean > 0 ? n : 0;
}

/* Mean over past origins of the logarithm of each choice's error, newer ones weighing more. One window has one voice, so that the few of a hard season
 * do not decide for all the others. Returns the scored periods. */
static int own_errors(const struct learner *l, const struct choices *c, unsigned members, size_t s, double *ret)
{
    double window[CHOICES_MAX], sum = 0;
    int n = 0;
    for (int o = 0; o < l->n_past; o++) {
        int scored = window_errors(l, c, members, s, o, window);
        double weight = scored > 0 ? exp2(-(double)o / ORIGIN_HALF_LIFE) : 0;
        for (int k = 0; k < c->n; k++)
            ret[k] += weight * log(fmax(window[k], RATIO_MIN));
        sum += weight;
        n += scored;
    }
    for (int k = 0; k < c->n; k++)
        ret[k] = sum > 0 ? ret[k] / sum : 0;
    return n;
}

/* Members that alone are clearly worse than the best one: an average with them that happened to do well lately is luck more often than not. */
static unsigned clearly_worse(const struct choices *c, unsigned allowed, const double *error, double drop)
{
    double best = INFINITY;
    unsigned worse = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < c->n; k++) {
            if (__builtin_popcount(c->mask[k]) > 1 || (c->mask[k] & ~allowed) != 0)
                continue;
            best = fmin(best, error[k]);
            worse |= pass == 1 && error[k] > best + log1p(drop) ? c->mask[k] : 0;
        }
    return worse;
}

static struct blend blend_of(const struct learner *l, unsigned allowed, const double *error)
{
    const struct settings_auto *with = &l->settings.automatic;
    const struct choices *c = &l->choices;
    struct blend b = { { 0 } };
    int daily = l->cadence->phases > 1;
    double best = INFINITY, sum = 0, sharpness = daily ? with->sharpness : with->sharpness_week;
    unsigned out = clearly_worse(c, allowed, error, daily ? with->drop : with->drop_week) | ~allowed;
    for (int k = 0; k < c->n; k++)
        best = (c->mask[k] & out) == 0 ? fmin(best, error[k]) : best;
    for (int k = 0; k < c->n; k++) {
        double weight = (c->mask[k] & out) == 0 ? exp(-sharpness * (error[k] - best)) : 0;
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

static void give_credit(const struct learner *l, double *error)
{
    for (int k = 0; k < l->choices.n; k++)
        if ((l->choices.mask[k] >> MEMBER_BOOST & 1) != 0)
            error[k] -= l->settings.automatic.boost_credit / __builtin_popcount(l->choices.mask[k]);
}

static void pool(const struct learner *l, double *ret)
{
    const struct choices *c = &l->choices;
    double count = 0;
    memset(ret, 0, CHOICES_MAX * sizeof *ret);
    for (size_t s = 0; s < l->n_series; s++) {
        for (int k = 0; k < c->n; k++)
            ret[k] += l->choice_error[s * (size_t)c->n + (size_t)k];
        count += l->choice_count[s] > 0;
    }
    for (int k = 0; k < c->n; k++)
        ret[k] = count > 0 ? ret[k] / count : 0;
}

/* The series' own experience beside that of all: every series has one voice. */
static void choose(struct learner *l, const double *pooled, unsigned allowed)
{
    const struct choices *c = &l->choices;
    double mixed[CHOICES_MAX];
    memcpy(mixed, pooled, sizeof mixed);
    give_credit(l, mixed);
    l->model.blend = blend_of(l, allowed, mixed);
    for (size_t s = 0; s < l->n_series; s++) {
        double share = l->settings.automatic.own_share * l->choice_count[s] / (l->choice_count[s] + OWN_PRIOR);
        for (int k = 0; k < c->n; k++)
            mixed[k] = pooled[k] + share * (l->choice_error[s * (size_t)c->n + (size_t)k] - pooled[k]);
        give_credit(l, mixed);
        l->model.series[s].blend = blend_of(l, allowed, mixed);
    }
}

/* ---- which classes are worth their energy ---- */

static unsigned members_until(int class)
{
    unsigned smooth = 1u << MEMBER_NAIVE | 1u << MEMBER_YEARAGO | 1u << MEMBER_THETA | 1u << MEMBER_HW;
    unsigned ridge = smooth | 1u << MEMBER_RIDGE;
    return class == FRUGAL_NAIVE ? 1u << MEMBER_NAIVE : class == FRUGAL_SMOOTH ? smooth : class == FRUGAL_RIDGE ? ridge : ridge | 1u << MEMBER_BOOST;
}

/* Each class with the best it can choose from; the cheapest that is good enough serves. */
static void choose_class(struct learner *l)
{
    struct frugal *f = &l->model.frugal;
    double pooled[CHOICES_MAX], window[FRUGAL_CLASSES][LEARNER_ORIGINS_MAX];
    int best = -1;
    pool(l, pooled);
    for (int c = 0; c < FRUGAL_CLASSES; c++) {
        unsigned more = members_until(c) & ~(c > 0 ? members_until(c - 1) : 0);
        if (l->options.kind != MODEL_AUTO || (more & l->choosers) == 0)
            continue;
        choose(l, pooled, members_until(c));
        frugal_measure(l, c, window[c], f);
        best = best < 0 || f->error[c] < f->error[best] ? c : best;
    }
    for (int c = 0; c < FRUGAL_CLASSES; c++)
        f->unsure[c] = isnan(f->error[c]) ? 0 : frugal_unsure(l, window[c], window[best]);
    frugal_choose(f, l->settings.automatic.tolerance);
    choose(l, pooled, f->chosen >= 0 ? members_until(f->chosen) : ~0u);
}

static void serve_alone(struct learner *l, enum member member)
{
    memset(&l->model.blend, 0, sizeof l->model.blend);
    l->model.blend.weight[member] = 1;
    for (size_t s = 0; s < l->n_series; s++)
        l->model.series[s].blend = l->model.blend;
}

static int alone(const struct learner *l)
{
    return l->options.kind != MODEL_AUTO && l->options.kind != MODEL_MEAN;
}

/* What there is to choose from; -ENOMEM. */
int blend_begin(struct learner *l)
{
    l->choosers = alone(l) ? 0 : comparable(l);
    if (l->options.kind == MODEL_MEAN)
        l->choosers &= ~(1u << MEMBER_NAIVE);
    l->choices = alone(l) ? (struct choices){ 0 } : make_choices(l, l->choosers);
    free(l->choice_error);
    free(l->choice_count);
    l->choice_error = calloc(l->n_series * (size_t)l->choices.n + 1, sizeof *l->choice_error);
    l->choice_count = calloc(l->n_series + 1, sizeof *l->choice_count);
    return l->choice_error == NULL || l->choice_count == NULL ? -ENOMEM : 0;
}

void blend_series(struct learner *l, size_t s)
{
    if (l->choices.n > 0)
        l->choice_count[s] = own_errors(l, &l->choices, l->choosers, s, &l->choice_error[s * (size_t)l->choices.n]);
}

/* Ridge and trees that no past origin could judge yet count as much as the choice among the others: a plain mean until there is experience. */
static void admit_unjudged(const struct learner *l, struct blend *b)
{
    int learned[] = { MEMBER_RIDGE, MEMBER_BOOST }, has[] = { l->model.has_ridge && l->wanted[MEMBER_RIDGE], l->model.n_boost > 0 }, n = 1;
    for (int i = 0; i < 2; i++)
        n += has[i] && (l->choosers >> learned[i] & 1) == 0;
    for (int m = 0; n > 1 && m < MEMBERS; m++)
        b->weight[m] /= (float)n;
    for (int i = 0; i < 2; i++)
        if (has[i] && (l->choosers >> learned[i] & 1) == 0)
            b->weight[learned[i]] = 1 / (float)n;
}

void blend_end(struct learner *l)
{
    if (alone(l)) {
        serve_alone(l, (enum member)(l->options.kind - MODEL_NAIVE));
        return;
    }
    if (l->choices.n > 0) {
        choose_class(l);
        admit_unjudged(l, &l->model.blend);
        for (size_t s = 0; s < l->n_series; s++)
            admit_unjudged(l, &l->model.series[s].blend);
        return;
    }
    serve_alone(l, MEMBER_THETA);                /* nothing to compare by: the members as they come */
    for (int m = MEMBER_THETA; m < MEMBERS; m++)
        l->model.blend.weight[m] = l->wanted[m] ? 1 : 0;
    double sum = 0;
    for (int m = 0; m < MEMBERS; m++)
        sum += l->model.blend.weight[m];
    for (int m = 0; m < MEMBERS; m++)
        l->model.blend.weight[m] = (float)(l->model.blend.weight[m] / sum);
    for (size_t s = 0; s < l->n_series; s++)
        l->model.series[s].blend = l->model.blend;
}
