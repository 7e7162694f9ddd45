#include "device/plausible.h"

#include <math.h>

static const struct { double low, high; } limit[GNM_FIELDS] = {
    [GNM_BATTERY_V] = { 8, 17 }, [GNM_BATTERY_A] = { -150, 150 }, [GNM_CHARGE_A] = { -150, 150 }, [GNM_SOC_PCT] = { 0, 100 },
    [GNM_BATTERY_C] = { -40, 90 }, [GNM_CASE_C] = { -40, 120 },
    [GNM_PV_V] = { 0, 160 }, [GNM_PV_A] = { -1, 150 }, [GNM_PV_W] = { -20, 5000 }, [GNM_CHARGE_W] = { -20, 5000 },
    [GNM_LOAD_V] = { 0, 32 }, [GNM_LOAD_A] = { -150, 150 }, [GNM_LOAD_W] = { -20, 5000 },
    [GNM_STAGE] = { 0, GNM_STAGE_UNKNOWN }, [GNM_FAULTS] = { 0, 9007199254740992.0 },
    [GNM_PV_TODAY_KWH] = { 0, 200 }, [GNM_LOAD_TODAY_KWH] = { 0, 200 }, [GNM_PV_TOTAL_KWH] = { 0, 1e7 }, [GNM_LOAD_TOTAL_KWH] = { 0, 1e7 },
};

enum { STEP_MEMORY_MS = 600000 };  /* after that long without a voltage any voltage is news */
static const double STEP_V = 3, SOC_ZERO_V = 12.2;

void plausible_limits(enum gnm_field field, double *low, double *high)
{
    *low = limit[field].low;
    *high = limit[field].high;
}

static void refuse(struct gnm_reading *r, enum gnm_field field)
{
    r->value[field] = NAN;
    r->rejected++;
}

/* A voltage jump is believed when the next sample says the same: a stale block or a swapped word does not repeat itself. */
static void check_step(struct plausible *p, struct gnm_reading *r)
{
    double v = r->value[GNM_BATTERY_V];
    if (isnan(v))
        return;
    int known = p->has_last && r->mono_ms - p->last_ms <= STEP_MEMORY_MS;
    int confirmed = p->has_pending && fabs(v - p->pending_v) <= STEP_V;
    if (known && fabs(v - p->last_v) > STEP_V && !confirmed) {
        p->pending_v = v;
        p->has_pending = 1;
        refuse(r, GNM_BATTERY_V);
        return;
    }
    *p = (struct plausible){ .last_v = v, .last_ms = r->mono_ms, .has_last = 1 };
}

/* Power against volts times amps: the three are not read at the same instant, so the margin is wide. */
static void check_power(struct gnm_reading *r, enum gnm_field w, enum gnm_field v, enum gnm_field a)
{
    double product = r->value[v] * r->value[a], off = fabs(r->value[w] - product);
    if (off > fmax(10, 0.25 * fmax(fabs(product), fabs(r->value[w]))))
        refuse(r, w);
}

void plausible_apply(struct plausible *p, struct gnm_reading *r)
{
    for (int i = 0; i < GNM_FIELDS; i++)
        if (!isnan(r->value[i]) && !(r->value[i] >= limit[i].low && r->value[i] <= limit[i].high))
            refuse(r, (enum gnm_field)i);
    check_power(r, GNM_PV_W, GNM_PV_V, GNM_PV_A);
    check_power(r, GNM_CHARGE_W, GNM_BATTERY_V, GNM_CHARGE_A);
    check_power(r, GNM_LOAD_W, GNM_LOAD_V, GNM_LOAD_A);
    if (r->value[GNM_SOC_PCT] == 0 && !(r->value[GNM_BATTERY_V] <= SOC_ZERO_V))   /* a battery monitor that is offline says 0 */
        refuse(r, GNM_SOC_PCT);
    check_step(p, r);
}

static int near(const struct gnm_reading *a, const struct gnm_reading *b, enum gnm_field field, double most)
{
    return !(fabs(a->value[field] - b->value[field]) > most);   /* true also when one of them is missing */
}

int plausible_agree(const struct gnm_reading *a, const struct gnm_reading *b)
{
    return near(a, b, GNM_BATTERY_V, 1) && near(a, b, GNM_SOC_PCT, 10) && near(a, b, GNM_BATTERY_C, 5) && near(a, b, GNM_CASE_C, 20)
        && near(a, b, GNM_PV_TOTAL_KWH, 1) && near(a, b, GNM_LOAD_TOTAL_KWH, 1);
}
