#include "forecast/money.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/price.h"
#include "forecast/naive.h"
#include "forecast/theta.h"

enum { ORIGINS = 12, WINDOW = 400, HORIZON_MAX = 60, ORIGINS_MIN = 3 };
#define NEVER_BELOW 0.10
#define ALWAYS_FROM 0.20

static int window_of(enum gnm_step step)
{
    return step == GNM_DAY ? 400 : step == GNM_WEEK ? 160 : 72;
}

/* Mean of what Theta and last year with growth say; Theta's silence leaves the other. -ENODATA without a year. */
static int plain_forecast(const struct cadence *c, const double *y, int n, int horizon, double *ret)
{
    double theta[HORIZON_MAX];
    int seen = 0;
    for (int i = 0; i < n; i++)
        seen += !isnan(y[i]);
    if (seen < c->year + c->level && seen < 2 * c->scale)
        return -ENODATA;
    yearago_forecast(c, y, n, horizon, ret);
    int has_theta = theta_forecast(c, y, n, horizon, theta) == 0;
    for (int h = 0; has_theta && h < horizon; h++)
        ret[h] = (ret[h] + theta[h]) / 2;
    return 0;
}

struct duel { double nominal, deflated; int n; };

static void ask_origin(const struct panel *panel, size_t series, int origin, int past, int horizon, struct duel *d)
{
    const struct cadence *c = cadence_of(panel_step(panel));
    double y[WINDOW], actual[HORIZON_MAX], nominal[HORIZON_MAX], deflated[HORIZON_MAX];
    struct price price;
    int n = window_of(panel_step(panel));
    panel_window(panel, series, past - n + 1, n, panel_period_end_s(panel, past), y);
    panel_window(panel, series, past + 1, horizon, panel_period_end_s(panel, origin), actual);
    if (price_read(panel, series, past, &price) < 0 || plain_forecast(c, y, n, horizon, nominal) < 0)
        return;
    for (int i = 0; i < n; i++)
        y[i] /= price_ratio(&price, panel, past - n + 1 + i);
    if (plain_forecast(c, y, n, horizon, deflated) < 0)
        return;
    for (int h = 0; h < horizon; h++) {
        if (isnan(actual[h]) || !(actual[h] > 0))
            continue;
        d->nominal += fabs(nominal[h] - actual[h]) / actual[h];
        d->deflated += fabs(deflated[h] * price_ratio(&price, panel, past + 1 + h) - actual[h]) / actual[h];
    }
    d->n++;
}

static int won_by_prices(const struct panel *panel, size_t series, int origin, int horizon)
{
    enum gnm_step unit = panel_step(panel);
    int step = unit == GNM_DAY ? 28 : unit == GNM_WEEK ? 4 : 1;
    struct duel d = { 0, 0, 0 };
    horizon = horizon > HORIZON_MAX ? HORIZON_MAX : horizon;
    for (int i = 0; i < ORIGINS; i++)
        ask_origin(panel, series, origin, origin - horizon - i * step, horizon, &d);
    return d.n >= ORIGINS_MIN && d.deflated < d.nominal;
}

int money_is_deflated(const struct panel *panel, size_t series, int origin, int horizon)
{
    struct price price;
    const char *unit = panel_series_note(panel, series, "unit");
    if (unit != NULL && strcmp(unit, "money") != 0)
        return 0;
    if (price_read(panel, series, origin, &price) < 0 || price.yearly_ratio < NEVER_BELOW)
        return 0;
    if (panel_series_is_money(panel, series) && price.yearly_ratio >= ALWAYS_FROM)
        return 1;
    return won_by_prices(panel, series, origin, horizon);
}

int money_deflate(const struct panel *panel, size_t series, int origin, struct panel *view)
{
    struct price price;
    int first, last;
    if (!panel_series_range(panel, series, &first, &last) || price_read(panel, series, origin, &price) < 0)
        return 0;
    size_t n = (size_t)(last - first + 1);
    double *ratio = malloc(n * sizeof *ratio);
    if (ratio == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        ratio[i] = price_ratio(&price, panel, first + (int)i);
    int rc = panel_view_divide(view, series, first, (int)n, ratio);
    free(ratio);
    return rc;
}
