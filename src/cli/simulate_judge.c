/* What the run was worth: energy by purpose from the ledger, forecasts against what the town then did. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/simulate.h"

enum { Q10 = 1, MEDIAN = 3, Q90 = 5 };     /* in gnm_levels */

struct said { float q10, median, q90; int made; };

struct judge {
    struct simulate *s;
    int64_t first_day, last_day;      /* local days of the run that are over */
    size_t series;
    struct said *said;                /* series x day: the newest forecast made before the day began */
    double off, floor_off, naive_off, sum;
    long n, inside;
    char last[GNM_ID];
    size_t last_index;
    struct { int64_t issued_s, target; size_t series; } previous;
};

static size_t index_of(struct judge *j, const char *name)
{
    const struct town *town = j->s->sim.world.town;
    if (strcmp(j->last, name) == 0)
        return j->last_index;
    size_t i = 0;
    while (i < j->series && strcmp(town_business(town, i)->series, name) != 0)
        i++;
    snprintf(j->last, sizeof j->last, "%s", name);
    j->last_index = i;
    return i;
}

static size_t days_of(const struct judge *j)
{
    return (size_t)(j->last_day - j->first_day + 1);
}

/* Each day is judged by what was said of it last before it began. */
static int take_forecast(void *ctx, int64_t issued_s, const struct gnm_forecast *row)
{
    struct judge *j = ctx;
    if (row->step != GNM_DAY)
        return 0;
    size_t i = index_of(j, row->series);
    if (i == j->series)
        return 0;
    j->s->score.repeated += j->previous.issued_s == issued_s && j->previous.series == i && j->previous.target == row->target;
    j->previous.issued_s = issued_s;
    j->previous.series = i;
    j->previous.target = row->target;
    if (row->target < j->first_day || row->target > j->last_day || issued_s >= zone_day_start_s(j->s->zone, row->target))
        return 0;
    j->said[i * days_of(j) + (size_t)(row->target - j->first_day)] = (struct said){ (float)row->q[Q10], (float)row->q[MEDIAN], (float)row->q[Q90], 1 };
    return 0;
}

static void score(struct judge *j, size_t i, int64_t day, const struct said *said)
{
    struct town *town = j->s->sim.world.town;
    double value, best, before;
    if (!town_value(town, i, day, &value) || isnan(said->median))
        return;
    if (!town_median_from(town, i, day, day - 1, &best))
        best = 0;
    if (!town_value(town, i, day - 7, &before))
        before = 0;
    j->off += fabs((double)said->median - value);
    j->floor_off += fabs(best - value);
    j->naive_off += fabs(before - value);
    j->sum += value;
    j->inside += (double)said->q10 <= value && value <= (double)said->q90;
    j->n++;
}

static int take_cost(void *ctx, const struct store_cost *row)
{
    struct simulate *s = ctx;
    s->purpose_j[row->purpose] += row->cost.joules;
    if (row->purpose == GNM_IDLE) {
        double gap_s = (double)row->at_s - s->ledger_last_s - row->wall_s;
        if (s->ledger_last_s > 0 && gap_s > s->ledger_gap_s)
            s->ledger_gap_s = gap_s;
        s->ledger_last_s = (double)row->at_s;
    }
    return 0;
}

static void finish(struct judge *j)
{
    struct simulate_score *ret = &j->s->score;
    for (size_t i = 0; i < j->series; i++) {
        if (town_business(j->s->sim.world.town, i)->kind->weekly)
            continue;
        for (size_t k = 1; k < days_of(j); k++) {      /* on the first day it only gets to know the series */
            const struct said *said = &j->said[i * days_of(j) + k];
            ret->wanted++;
            ret->missed += !said->made;
            if (said->made)
                score(j, i, j->first_day + (int64_t)k, said);
        }
    }
    ret->n = j->n;
    ret->wape = j->off / j->sum;
    ret->floor_wape = j->floor_off / j->sum;
    ret->naive_wape = j->naive_off / j->sum;
    ret->coverage_80 = (double)j->inside / (double)j->n;
}

int simulate_judge(struct simulate *s, struct gnm_why *why)
{
    char path[SIMULATE_FOLDER + 32];
    struct store *store = NULL;
    struct judge j = { .s = s, .series = town_size(s->sim.world.town), .first_day = zone_day(s->zone, s->args.start_s), .last_day = zone_day(s->zone, sim_true_s(&s->sim)) - 1 };
    snprintf(path, sizeof path, "%s/state.db", s->state);
    if (j.last_day < j.first_day)
        j.last_day = j.first_day;
    j.said = calloc(j.series * days_of(&j) + 1, sizeof *j.said);
    if (j.said == NULL)
        return gnm_fail(why, -ENOMEM, "no memory to judge %zu series", j.series);
    int r = store_open(path, 1, &store, NULL, why);
    if (r == 0)
        r = store_each_cost(store, 0, take_cost, s, why);
    if (r == 0)
        r = store_each_forecast(store, 0, take_forecast, &j, why);
    store_close(store);
    if (r == 0)
        finish(&j);
    free(j.said);
    return r;
}
