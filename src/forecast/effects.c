#include "forecast/effects.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/model.h"

enum { AROUND = 7 };              /* periods before and after, which columns about an event may read */

struct effects_search {
    const struct model *model;
    const struct plan *plan;      /* bound */
    const struct panel *panel;
    struct panel *view;
    int origin, median;           /* index of the level .5 */
    struct cell *cell;
    struct members_memo memo;
    double *before;               /* medians so far */
    int others[PLAN_DRIVERS];
    struct effects *out;
    size_t cap;
};

static int median_level(const struct model *model)
{
    int i = model->bands.n_levels - 1;
    while (i >= 0 && model->bands.level[i] != 0.5)
        i--;
    return i;
}

static int medians(struct effects_search *s, size_t series, double *ret)
{
    int rc = model_view_predict(s->model, s->plan, s->panel, s->view, series, s->origin, s->out->horizon, &s->memo, s->cell);
    for (int h = 0; h < s->out->horizon && rc == 0; h++)
        ret[h] = s->cell[h].q[s->median];
    return rc;
}

/* A driver that is not tested (a holiday) is looked at after all that are. */
static float gain_of(const struct effects_search *s, int at, int driver)
{
    const struct driver_verdict *v = at < 0 ? NULL : model_verdict(s->model, (size_t)at, driver);
    return v == NULL || v->state != DRIVER_USED || isnan(v->gain) ? 0 : v->gain;
}

/* An event that is neither ahead nor around the horizon adds nothing; most of a year's holidays are such, and each asked about costs a forecast. */
static int is_in_sight(const struct effects_search *s, size_t series, int driver)
{
    enum panel_role role = panel_driver_role(s->panel, (size_t)driver);
    if (role != PANEL_EVENT && role != PANEL_ONSET)
        return 1;
    int64_t decision_s = panel_period_end_s(s->panel, s->origin);
    for (int p = s->origin + 1 - AROUND; p <= s->origin + s->out->horizon + AROUND; p++) {
        double value = panel_driver_value(s->panel, (size_t)driver, series, p, decision_s);
        if (!isnan(value) && value != 0)
            return 1;
    }
    return 0;
}

/* The drivers to hide, best first. */
static int choose(const struct effects_search *s, size_t series, int ret[EFFECTS_MAX])
{
    int n = 0, at = model_find_series(s->model, s->panel, series);
    for (int d = 0; d < s->plan->n_drivers; d++) {
        if (s->plan->driver[d].at < 0 || (driver_is_tested(s->plan, d) && s->model->verdict != NULL && !model_is_used(s->model, at, d, s->others)))
            continue;
        if (!is_in_sight(s, series, s->plan->driver[d].at))
            continue;
        int k = n < EFFECTS_MAX ? n++ : EFFECTS_MAX;
        for (; k > 0 && gain_of(s, at, ret[k - 1]) < gain_of(s, at, d); k--)
            if (k < EFFECTS_MAX)
                ret[k] = ret[k - 1];
        if (k < EFFECTS_MAX)
            ret[k] = d;
    }
    return n;
}

static double *add(struct effects_search *s, size_t series, int driver)
{
    struct effects *e = s->out;
    if (e->n == s->cap) {
        size_t cap = s->cap == 0 ? 32 : 2 * s->cap;
        struct effects_row *row = reallocarray(e->row, cap, sizeof *row);
        if (row != NULL)
            e->row = row;
        double *value = row == NULL ? NULL : reallocarray(e->value, cap * (size_t)e->horizon, sizeof *value);
        if (value == NULL)
            return NULL;
        e->value = value;
        s->cap = cap;
    }
    e->row[e->n].series = series;
    memcpy(e->row[e->n].driver, s->plan->driver[driver].name, GNM_ID);
    return &e->value[e->n++ * (size_t)e->horizon];
}

struct members_memo *effects_memo(struct effects_search *s)
{
    s->memo.filled = s->memo.based = 0;
    s->memo.hidden = -1;
    return &s->memo;
}

int effects_add(struct effects_search *s, size_t series, const struct cell *cell)
{
    int driver[EFFECTS_MAX], n = s->median >= 0 ? choose(s, series, driver) : 0, rc = 0;
    for (int h = 0; h < s->out->horizon && n > 0; h++)
        s->before[h] = cell[h].q[s->median];
    for (int i = 0; i < n && rc == 0; i++) {
        const struct plan_driver *d = &s->plan->driver[driver[i]];
        double *effect = add(s, series, driver[i]);
        if (effect == NULL)
            return -ENOMEM;
        panel_view_hide(s->view, (size_t)d->at, series);
        s->memo.filled &= !d->rare;
        s->memo.hidden = d->rare ? -1 : driver[i];
        rc = medians(s, series, effect);
        for (int h = 0; h < s->out->horizon && rc == 0; h++) {
            double without = effect[h];
            effect[h] = s->before[h] - without;
            s->before[h] = without;
        }
    }
    return rc;
}

int effects_begin(const struct model *model, const struct plan *plan, const struct panel *panel, struct panel *view, int origin, struct effects *out, struct effects_search **ret)
{
    struct effects_search *s = calloc(1, sizeof *s);
    if (s == NULL)
        return -ENOMEM;
    size_t n = (size_t)out->horizon;
    *s = (struct effects_search){ .model = model, .plan = plan, .panel = panel, .view = view, .origin = origin, .median = median_level(model), .out = out };
    s->cell = calloc(n, sizeof *s->cell);
    s->before = calloc(n, sizeof *s->before);
    s->memo.point = calloc(n * MEMBER_RIDGE, sizeof *s->memo.point);
    s->memo.baseline = calloc(2 * n, sizeof *s->memo.baseline);
    s->memo.asked = asked_new();
    *ret = s;
    if (model->verdict != NULL)
        model_ask_others(model, s->others);
    return s->cell == NULL || s->before == NULL || s->memo.point == NULL || s->memo.baseline == NULL || s->memo.asked == NULL ? -ENOMEM : 0;
}

void effects_end(struct effects_search *s)
{
    if (s == NULL)
        return;
    free(s->cell);
    free(s->before);
    free(s->memo.point);
    free(s->memo.baseline);
    free(s->memo.asked);
    free(s);
}

const double *effects_of(const struct effects *effects, size_t series, const char *driver)
{
    for (size_t i = 0; i < effects->n; i++)
        if (effects->row[i].series == series && strcmp(effects->row[i].driver, driver) == 0)
            return &effects->value[i * (size_t)effects->horizon];
    return NULL;
}

void effects_free(struct effects *effects)
{
    if (effects == NULL)
        return;
    free(effects->row);
    free(effects->value);
    *effects = (struct effects){ .n = 0 };
}
