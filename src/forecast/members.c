#include "forecast/members.h"

#include <errno.h>
#include <math.h>

#include "features/level.h"
#include "forecast/hw.h"
#include "forecast/naive.h"
#include "forecast/theta.h"

enum { MEMORY = 400, WEEKS = 160, MONTHS = 72, CUT_DAYS = 364 };

static int memory_of(enum gnm_step step)
{
    return step == GNM_DAY ? MEMORY : step == GNM_WEEK ? WEEKS : MONTHS;
}

static int count_observed(const double *y, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += !isnan(y[i]);
    return count;
}

double member_scale(const struct panel *panel, size_t series, int origin, int *observed)
{
    const struct cadence *c = cadence_of(panel_step(panel));
    double y[MEMORY];
    int n = memory_of(panel_step(panel));
    panel_window(panel, series, origin - n + 1, n, panel_period_end_s(panel, origin), y);
    *observed = count_observed(y, n);
    for (int i = 0; i < n; i++)
        y[i] = fabs(y[i]);
    double scale = newest_mean(y, n, c->scale);
    return scale < 1e-6 ? 1e-6 : scale;
}

/* Closed days are missing to the smoothing members, and zero in their answer. */
static int smooth_member(const struct cadence *c, enum member member, double *y, int n, int origin, int horizon, double *ret)
{
    unsigned closed = level_close(c, origin, y, n);
    int rc = member == MEMBER_HW ? hw_forecast(c, y, n, horizon, ret) : theta_forecast(c, y, n, horizon, ret);
    if (rc < 0 && member == MEMBER_THETA && c->phases == 1 && count_observed(y, n) > 0) {
        yearago_forecast(c, y, n, horizon, ret);
        rc = 0;
    }
    for (int h = 1; rc == 0 && closed != 0 && h <= horizon; h++)
        if (closed >> cadence_phase(c, origin + h) & 1)
            ret[h - 1] = 0;
    return rc;
}

int member_is_blind(const struct plan *plan, const struct panel *panel, size_t series, int period, int64_t decision_s)
{
    return plan->step == GNM_DAY && plan->rare.n > 0 && plan_any(plan, &plan->rare, panel, series, period, decision_s);
}

static void cut_events(const struct plan *plan, const struct panel *panel, size_t series, int origin, double *y, int n)
{
    int64_t decision_s = panel_period_end_s(panel, origin);
    for (int i = n > CUT_DAYS ? n - CUT_DAYS : 0; i < n; i++)
        if (!isnan(y[i]) && member_is_blind(plan, panel, series, origin - (n - 1 - i), decision_s))
            y[i] = NAN;
}

int member_forecast(const struct plan *plan, const struct panel *panel, size_t series, int origin, enum member member, int horizon, double *ret)
{
    const struct cadence *c = cadence_of(panel_step(panel));
    double y[MEMORY];
    int n = memory_of(panel_step(panel));
    panel_window(panel, series, origin - n + 1, n, panel_period_end_s(panel, origin), y);
    if (count_observed(y, n) == 0)
        return -ENODATA;
    if ((member == MEMBER_THETA || member == MEMBER_HW) && plan != NULL)
        cut_events(plan, panel, series, origin, y, n);
    if (member == MEMBER_THETA || member == MEMBER_HW)
        return smooth_member(c, member, y, n, origin, horizon, ret);
    if (member == MEMBER_YEARAGO)
        yearago_forecast(c, y, n, horizon, ret);
    else
        naive_forecast(c, y, n, horizon, ret);
    return 0;
}
