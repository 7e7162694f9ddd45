/* Several controllers, one battery. */
#include <math.h>

#include "energy/energy.h"

static int is_added(enum gnm_field field)
{
    switch (field) {
    case GNM_CHARGE_A:
    case GNM_PV_A:
    case GNM_PV_W:
    case GNM_CHARGE_W:
    case GNM_LOAD_A:
    case GNM_LOAD_W:
    case GNM_PV_TODAY_KWH:
    case GNM_LOAD_TODAY_KWH:
    case GNM_PV_TOTAL_KWH:
    case GNM_LOAD_TOTAL_KWH:
        return 1;
    default:
        return 0;
    }
}

/* Values that are missing in one part are taken from the others; of what cannot be added the first one counts. */
static double join(const struct gnm_reading *part, size_t n, enum gnm_field field)
{
    double sum = NAN;
    for (size_t i = 0; i < n; i++) {
        double x = part[i].value[field];
        if (isnan(sum))
            sum = x;
        else if (is_added(field) && !isnan(x))
            sum += x;
    }
    return sum;
}

/* How far charging has come: a fault before all, then the least advanced; off says nothing beside one that works. */
static int rank(double stage)
{
    static const int order[] = {[GNM_STAGE_OFF] = 8,      [GNM_STAGE_BULK] = 2,    [GNM_STAGE_ABSORPTION] = 4, [GNM_STAGE_FLOAT] = 6,
                                [GNM_STAGE_EQUALIZE] = 5, [GNM_STAGE_LIMITED] = 3, [GNM_STAGE_FAULT] = 0,      [GNM_STAGE_UNKNOWN] = 9};
    return stage >= 0 && stage <= GNM_STAGE_UNKNOWN ? order[(int)stage] : 9;
}

/* One in bulk beside one that holds back: not full, and not all the sun had. */
static double join_stage(const struct gnm_reading *part, size_t n)
{
    double least = NAN, most = NAN;
    for (size_t i = 0; i < n; i++) {
        double stage = part[i].value[GNM_STAGE];
        if (isnan(stage))
            continue;
        least = isnan(least) || rank(stage) < rank(least) ? stage : least;
        most = isnan(most) || (rank(stage) > rank(most) && stage != GNM_STAGE_OFF) ? stage : most;
    }
    return least == GNM_STAGE_BULK && rank(most) > rank(least) && rank(most) < rank(GNM_STAGE_OFF) ? GNM_STAGE_LIMITED : least;
}

static int measures_whole(const struct gnm_reading *part, size_t i, unsigned whole)
{
    return (whole >> i & 1) != 0 && !isnan(part[i].value[GNM_BATTERY_A]);
}

/* What each of them moves, where at least one measures a net current: then it can be told of the others too. */
static double join_battery_a(const struct gnm_reading *part, size_t n)
{
    double sum = 0;
    int measured = 0;
    for (size_t i = 0; i < n; i++) {
        const double *value = part[i].value;
        measured |= !isnan(value[GNM_BATTERY_A]);
        sum += !isnan(value[GNM_BATTERY_A]) ? value[GNM_BATTERY_A] : value[GNM_CHARGE_A] - (isnan(value[GNM_LOAD_A]) ? 0 : value[GNM_LOAD_A]);
    }
    return measured ? sum : NAN;
}

static void join_battery(const struct gnm_reading *part, size_t n, size_t n_all, unsigned whole, struct gnm_reading *ret)
{
    static const enum gnm_field taken[] = {GNM_BATTERY_A, GNM_BATTERY_V, GNM_SOC_PCT};
    ret->value[GNM_BATTERY_A] = n == n_all ? join_battery_a(part, n) : NAN;
    for (size_t i = 0; i < n; i++) {
        if (!measures_whole(part, i, whole))
            continue;
        for (size_t k = 0; k < sizeof taken / sizeof taken[0]; k++)
            if (!isnan(part[i].value[taken[k]]))
                ret->value[taken[k]] = part[i].value[taken[k]];
        return;
    }
}

void energy_sum_plant(const struct gnm_reading *part, size_t n, size_t n_all, unsigned whole, struct gnm_reading *ret)
{
    for (int f = 0; f < GNM_FIELDS; f++)
        ret->value[f] = n == 1 ? part[0].value[f] : join(part, n, (enum gnm_field)f);
    ret->rejected = 0;
    for (size_t i = 0; i < n; i++)
        ret->rejected += part[i].rejected;
    if (n > 1) {
        unsigned long long faults = 0;
        for (size_t i = 0; i < n; i++)
            faults |= part[i].value[GNM_FAULTS] > 0 ? (unsigned long long)part[i].value[GNM_FAULTS] : 0;
        ret->value[GNM_FAULTS] = isnan(ret->value[GNM_FAULTS]) ? NAN : (double)faults;
        ret->value[GNM_STAGE] = join_stage(part, n);
    }
    if (n_all > 1)
        join_battery(part, n, n_all, whole, ret);
}
