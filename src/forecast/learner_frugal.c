/* What frugality does to a training: trees that were rejected are not grown again before their time, and rejected ones are not kept. */
#include "forecast/learner_state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int has_rejected_trees(const struct frugal *f)
{
    return f->chosen >= 0 && f->chosen < FRUGAL_TREES && !isnan(f->error[FRUGAL_TREES]);
}

void learner_frugal_begin(struct learner *l)
{
    int64_t since = panel_label(l->panel, l->origin) - l->before.tried_label;
    if (l->refit || l->options.kind != MODEL_AUTO || !has_rejected_trees(&l->before) || since < 0 || since >= l->before.wait_days)
        return;
    l->wanted[MEMBER_BOOST] = 0;
}

/* Not tried this time: what was found then still stands. */
static void keep_record(const struct frugal *before, struct frugal *f)
{
    f->error[FRUGAL_TREES] = f->error[f->chosen] * before->error[FRUGAL_TREES] / before->error[before->chosen];
    f->total[FRUGAL_TREES] = f->total[f->chosen] * before->total[FRUGAL_TREES] / before->total[before->chosen];
    f->units[FRUGAL_TREES] = before->units[FRUGAL_TREES];
    f->tried_label = before->tried_label;
    f->wait_days = before->wait_days;
}

void learner_frugal_end(struct learner *l)
{
    struct frugal *f = &l->model.frugal;
    f->tried_label = panel_label(l->panel, l->origin);
    if (f->chosen >= 0 && !l->wanted[MEMBER_BOOST] && has_rejected_trees(&l->before) && l->options.kind == MODEL_AUTO) {
        keep_record(&l->before, f);
        return;
    }
    if (!has_rejected_trees(f))
        return;
    if (has_rejected_trees(&l->before))
        f->wait_days = l->before.wait_days * 2 > FRUGAL_WAIT_MAX ? FRUGAL_WAIT_MAX : l->before.wait_days * 2;
    while (l->model.n_boost > 0)
        boost_model_free(l->model.boost[--l->model.n_boost]);
}

/* ---- how the classes compare ---- */

struct missed { double error, size; };

/* What the chosen average of one series missed in one past window, and what came. */
static struct missed missed_at(const struct learner *l, size_t s, int o)
{
    struct missed ret = { 0, 0 };
    double point[MEMBERS];
    for (int h = 1; h <= l->options.horizon; h++) {
        size_t i = learner_past_at(l, s, o, h);
        if (!learner_heard(l, l->choosers, i))
            continue;
        for (int m = 0; m < MEMBERS; m++)
            point[m] = l->past_point[m][i];
        ret.error += fabs(blend_point(&l->model.series[s].blend, point, l->past_blind[i]) - l->past_actual[i]);
        ret.size += fabs((double)l->past_actual[i]);
    }
    return ret;
}

void frugal_measure(const struct learner *l, int class, double *window, struct frugal *ret)
{
    double sum = 0, count = 0;
    struct missed all = { 0, 0 }, at[LEARNER_ORIGINS_MAX];
    memset(window, 0, LEARNER_ORIGINS_MAX * sizeof *window);
    for (size_t s = 0; s < l->n_series; s++) {
        struct missed one = { 0, 0 };
        for (int o = 0; o < l->n_past; o++) {
            at[o] = missed_at(l, s, o);
            one.error += at[o].error;
            one.size += at[o].size;
        }
        if (!(one.size > 0))
            continue;
        for (int o = 0; o < l->n_past; o++)
            window[o] += at[o].error / one.size;
        sum += log(fmax(one.error / one.size, 1e-3));
        all.error += one.error;
        all.size += one.size;
        count++;
    }
    ret->error[class] = count > 0 ? exp(sum / count) : NAN;
    ret->total[class] = count > 0 ? fmax(all.error / all.size, 1e-3) : NAN;
}

/* Windows that overlap share one voice. */
double frugal_unsure(const struct learner *l, const double *window, const double *best)
{
    double sum = 0, square = 0, n = 0, apart = (l->options.horizon + l->cadence->origin_step - 1) / l->cadence->origin_step;
    for (int o = 0; o < l->n_past; o++) {
        if (!(window[o] > 0 && best[o] > 0))
            continue;
        double ratio = log(window[o] / best[o]);
        sum += ratio;
        square += ratio * ratio;
        n++;
    }
    return n > 0 ? sqrt(fmax(square / n - sum / n * sum / n, 0) * apart / n) : 0;
}

void learner_choice(const struct learner *l, char *ret, size_t size)
{
    char text[FRUGAL_TEXT];
    frugal_say(&l->model.frugal, text);
    snprintf(ret, size, "%s", text);
}
