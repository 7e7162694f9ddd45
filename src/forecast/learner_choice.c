/* What there is to choose from, and how each choice fared at past origins whose whole window has ended (learner_make_past gives no others).
 *
 * Days: trees in fifths beside the ridge or a smoothing member, or two of those; a member alone. Weeks and months have few windows to judge by: plain means of the
 * members that learn or smooth; a member alone. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/learner_state.h"

enum { ORIGIN_HALF_LIFE = 8, SHARES = 5 };
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

/* Members of the mask share `weight` evenly; twice the same is one choice. */
static void add_choice(struct choices *c, unsigned allowed, unsigned trees_mask, double trees, unsigned mask)
{
    float weight[MEMBERS] = { 0 };
    unsigned whole = mask | trees_mask;
    if (c->n == CHOICES_MAX || (whole & ~allowed) != 0 || whole == 0)
        return;
    for (int m = 0; m < MEMBERS; m++)
        if ((mask >> m & 1) != 0)
            weight[m] = (float)((1 - trees) / __builtin_popcount(mask));
    if (trees_mask != 0)
        weight[MEMBER_BOOST] = (float)trees;
    c->mask[c->n] = whole;
    memcpy(c->weight[c->n++], weight, sizeof weight);
}

static void add_days(struct choices *c, unsigned allowed)
{
    static const unsigned beside[] = { 1u << MEMBER_RIDGE, 1u << MEMBER_THETA, 1u << MEMBER_HW, 1u << MEMBER_RIDGE | 1u << MEMBER_THETA,
                                       1u << MEMBER_RIDGE | 1u << MEMBER_HW, 1u << MEMBER_THETA | 1u << MEMBER_HW };
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        for (int share = 0; share < SHARES; share++)
            add_choice(c, allowed, share > 0 ? 1u << MEMBER_BOOST : 0, (double)share / SHARES, beside[i]);
    add_choice(c, allowed, 1u << MEMBER_BOOST, 1, 0);
    add_choice(c, allowed, 0, 0, 1u << MEMBER_NAIVE);
    add_choice(c, allowed, 0, 0, 1u << MEMBER_YEARAGO);
}

static void add_means(struct choices *c, unsigned allowed)
{
    unsigned plain = 1u << MEMBER_NAIVE | 1u << MEMBER_YEARAGO;
    for (unsigned mask = 1; mask < 1u << MEMBERS; mask++)
        if (__builtin_popcount(mask) == 1 || (mask & plain) == 0)
            add_choice(c, allowed, 0, 0, mask);
}

int choices_make(struct learner *l)
{
    l->choosers = comparable(l);
    if (l->options.kind == MODEL_MEAN)
        l->choosers &= ~(1u << MEMBER_NAIVE);
    l->choices.n = 0;
    if (l->cadence->phases > 1)
        add_days(&l->choices, l->choosers);
    else
        add_means(&l->choices, l->choosers);
    l->choice_error = calloc(l->n_series * (size_t)l->choices.n + 1, sizeof *l->choice_error);
    l->choice_count = calloc(l->n_series + 1, sizeof *l->choice_count);
    return l->choice_error == NULL || l->choice_count == NULL ? -ENOMEM : 0;
}

static void add_cell(const struct learner *l, const struct choices *c, size_t i, double *ret)
{
    double point[MEMBERS], actual = l->past_actual[i];
    struct blend blend;
    for (int m = 0; m < MEMBERS; m++)
        point[m] = l->past_point[m][i];
    for (int k = 0; k < c->n; k++) {
        memcpy(blend.weight, c->weight[k], sizeof blend.weight);
        ret[k] += fabs(blend_point(&blend, point, l->past_blind[i]) - actual);
    }
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

void choices_judge(struct learner *l, size_t s)
{
    if (l->choices.n > 0)
        l->choice_count[s] = own_errors(l, &l->choices, l->choosers, s, &l->choice_error[s * (size_t)l->choices.n]);
}
