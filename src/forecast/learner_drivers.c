/* Which drivers each series may see: tested before anything is fitted, and hidden from it where they did not earn their place. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "features/price.h"
#include "forecast/learner_state.h"
#include "forecast/money.h"

enum { TESTED_MAX = 400, FEW_SERIES = 20, ORIGINS_FEW = 208, ORIGINS = 104, UNITS_A_ROW = 6 };

static size_t n_drivers(const struct model *m)
{
    return (size_t)m->plan.n_drivers;
}

/* The yardsticks stay in the money of their day. */
static int follows_prices(enum model_kind kind)
{
    return kind == MODEL_AUTO || kind == MODEL_MEAN || kind == MODEL_RIDGE || kind == MODEL_BOOST;
}

static int deflate(struct learner *l, size_t s)
{
    struct price price;
    struct model_series *series = &l->model.series[s];
    if (!l->refit)
        series->deflated = follows_prices(l->options.kind) && money_is_deflated(l->whole, s, l->origin, l->options.horizon);
    if (!series->deflated || price_read(l->whole, s, l->origin, &price) < 0)
        return 0;
    l->data_hash = hash_bytes(l->data_hash, price.log_index, sizeof price.log_index);
    return money_deflate(l->whole, s, l->origin, l->view);
}

int learner_drivers_begin(struct learner *l, struct gnm_why *why)
{
    if (panel_view_new(l->whole, &l->view) < 0)
        return gnm_fail(why, -ENOMEM, "no memory for a view of %zu series", l->n_series);
    l->panel = l->view;
    if (l->model.verdict == NULL)
        l->model.verdict = calloc(l->n_series * n_drivers(&l->model) + 1, sizeof *l->model.verdict);
    if (l->model.verdict == NULL)
        return gnm_fail(why, -ENOMEM, "no memory to judge %zu drivers", n_drivers(&l->model));
    for (size_t s = 0; s < l->n_series; s++)
        if (deflate(l, s) < 0)
            return gnm_fail(why, -ENOMEM, "no memory for '%s' in constant prices", panel_series_name(l->whole, s));
    return 0;
}

static int origins_of(const struct learner *l)
{
    return l->n_series <= FEW_SERIES ? ORIGINS_FEW : ORIGINS;
}

size_t learner_drivers_count(const struct learner *l)
{
    int tested = 0;
    for (int d = 0; d < l->model.plan.n_drivers; d++)
        tested += driver_is_tested(&l->model.plan, d);
    if (tested == 0 || l->refit)
        return 0;
    return l->n_series < TESTED_MAX ? l->n_series : TESTED_MAX;
}

size_t learner_drivers_units(const struct learner *l)
{
    size_t p = (size_t)l->model.plan.n_columns;
    return (size_t)origins_of(l) * (size_t)l->cadence->origin_step * p * (UNITS_A_ROW + p / 16);
}

int learner_drivers_task(struct learner *l, size_t i, struct gnm_why *why)
{
    size_t s = i * l->n_series / learner_drivers_count(l);
    if (driver_test(&l->model.plan, l->view, s, l->origin, origins_of(l), &l->model.verdict[s * n_drivers(&l->model)]) < 0)
        return gnm_fail(why, -ENOMEM, "no memory to judge the drivers of '%s'", panel_series_name(l->panel, s));
    return 0;
}

void learner_drivers_end(struct learner *l)
{
    model_hide(&l->model, &l->model.plan, l->view);
}
