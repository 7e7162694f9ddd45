/* Which members serve a series, and with what weights: decided on past origins whose whole window has ended (learner_make_past gives no others). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/learner_state.h"

#define OWN_PRIOR 28.0
#define WEIGHT_MIN 0.05

static struct blend blend_of(const struct learner *l, unsigned allowed, const double *error)
{
    const struct settings_auto *with = &l->settings.automatic;
    const struct choices *c = &l->choices;
    struct blend b = { { 0 } };
    double best = INFINITY, sum = 0, sharpness = l->cadence->phases > 1 ? with->sharpness : with->sharpness_week;
    for (int k = 0; k < c->n; k++)
        best = (c->mask[k] & ~allowed) == 0 ? fmin(best, error[k]) : best;
    for (int k = 0; k < c->n; k++) {
        double weight = (c->mask[k] & ~allowed) == 0 ? exp(-sharpness * (error[k] - best)) : 0;
        for (int m = 0; m < MEMBERS; m++)
            b.weight[m] += (float)(weight * c->weight[k][m]);
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

/* Trees are judged by older models of one seed and serve fresh ones of several; and where past windows hardly tell, they are the better guess. */
static double credit(const struct learner *l)
{
    return l->cadence->phases > 1 ? l->settings.automatic.boost_credit : 0;
}

static void give_credit(const struct learner *l, double *error)
{
    for (int k = 0; k < l->choices.n; k++)
        error[k] -= credit(l) * l->choices.weight[k][MEMBER_BOOST];
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

/* What the share of trees in the choice is worth, as a factor of the error. */
static double trees_credit(const struct learner *l)
{
    double share = 0;
    for (size_t s = 0; s < l->n_series; s++)
        share += l->model.series[s].blend.weight[MEMBER_BOOST] / (double)l->n_series;
    return exp(-credit(l) * share);
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
        f->error[c] *= trees_credit(l);
        f->total[c] *= trees_credit(l);
        best = best < 0 || f->error[c] < f->error[best] ? c : best;
    }
    for (int c = 0; c < FRUGAL_CLASSES; c++)
        f->unsure[c] = isnan(f->error[c]) ? 0 : frugal_unsure(l, window[c], window[best]);
    frugal_choose(f, l->cadence->phases > 1 ? l->settings.automatic.tolerance : 0);        /* weeks and months have too few windows to give anything away */
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

int blend_begin(struct learner *l)
{
    free(l->choice_error);
    free(l->choice_count);
    l->choice_error = NULL;
    l->choice_count = NULL;
    l->choices.n = 0;
    l->choosers = 0;
    return alone(l) ? 0 : choices_make(l);
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
