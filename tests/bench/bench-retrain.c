/* A full retrain with intervals and scores: 30 businesses, three years of days, about 60 features. Prints CPU seconds, the longest slice of a million work
 * units, and the most private memory (RssAnon) the learning took; fails above the budgets of the box (2 s, 32 MiB). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "forecast/learner.h"
#include "forecast/learner_state.h"
#include "measure.h"

enum { SERIES = 30, DAYS = 1095, FIRST = 19000, HORIZON = 28, UNITS = 1000000 };
#define CPU_BUDGET_S 2.0
#define MEMORY_BUDGET_KIB (32 * 1024.0)

static void add_drivers(struct panel *panel)
{
    static const char *const names[] = { "event_fair", "event_market", "event_match", "school_holiday", "event_sale", "event_concert" };
    for (int d = 0; d < 6; d++)
        for (int i = 0; i < DAYS + 60; i++) {
            int on = d == 3 ? i % 90 < 14 : i % (37 + 11 * d) == d;
            if (on || d == 3)
                panel_driver(panel, names[d], -1, FIRST + i, on, GNM_ALWAYS);
        }
}

static struct panel *town(void)
{
    struct panel *panel;
    struct random r;
    random_seed(&r, 1);
    if (panel_new(NULL, &panel, NULL) < 0)
        return NULL;
    for (int s = 0; s < SERIES; s++) {
        char name[16];
        snprintf(name, sizeof name, "b%02d", s);
        int id = panel_series(panel, name);
        for (int i = 0; i < DAYS; i++)
            panel_activity(panel, id, FIRST + i, (50 + 20 * s) * (1 + .3 * (i % 7 == 5) + .2 * sin(i / 58.1)) * exp(.15 * random_normal(&r)), GNM_NEVER);
    }
    add_drivers(panel);
    return panel_seal(panel, NULL) < 0 ? NULL : panel;
}

int main(void)
{
    struct panel *panel = town();
    struct learner *learner;
    struct settings settings;
    settings_defaults(&settings);
    settings.automatic.tolerance = 0;            /* on this town trees are not worth their energy; here they are to be paid for */
    struct learner_options options = { .horizon = HORIZON, .settings = &settings };
    if (panel == NULL)
        return 1;
    double memory = measure_kib("RssAnon:"), most = memory, start = measure_cpu_s(), longest = 0;
    if (learner_begin(panel, &options, FIRST + DAYS - 1, &learner, NULL) < 0)
        return 1;
    for (int rc = LEARNER_CONTINUE; rc == LEARNER_CONTINUE;) {
        double slice = measure_cpu_s();
        int phase = (int)learner->phase;
        rc = learner_step(learner, UNITS, NULL);
        if (rc < 0)
            return 1;
        slice = measure_cpu_s() - slice;
        if (getenv("GNOMON_BENCH_VERBOSE") != NULL)
            printf("phase %d: %.4f s\n", phase, slice);
        longest = fmax(longest, slice);
        most = fmax(most, measure_kib("RssAnon:"));
    }
    double spent = measure_cpu_s() - start;
    void *model;
    size_t len;
    if (learner_model(learner, &model, &len, NULL) < 0)
        return 1;
    struct learner_options refit = { .horizon = HORIZON, .previous = model, .previous_len = len, .refit_days = 28 };
    struct learner *again;
    start = measure_cpu_s();
    if (learner_begin(panel, &refit, FIRST + DAYS - 1, &again, NULL) < 0 || learner_step(again, SIZE_MAX, NULL) != LEARNER_FINISHED || !learner_is_refit(again))
        return 1;
    printf("refit of the ridge alone: %.3f s CPU\n", measure_cpu_s() - start);
    learner_free(again);
    start = measure_cpu_s();
    struct gnm_forecast *row;
    size_t n;
    struct model *loaded;
    if (model_load(model, len, &loaded, NULL) < 0 || model_predict(loaded, panel, FIRST + DAYS - 1, HORIZON, &row, &n, NULL) < 0)
        return 1;
    printf("retrain: %d series x %d days x %d columns: %.2f s CPU (budget %.1f), longest slice %.0f ms, private memory +%.1f MiB to %.1f MiB (budget %.0f), "
           "model %zu bytes; %zu forecasts in %.4f s\n",
           SERIES, DAYS, learner->model.plan.n_columns, spent, CPU_BUDGET_S, 1e3 * longest, (most - memory) / 1024, most / 1024, MEMORY_BUDGET_KIB / 1024,
           len, n, measure_cpu_s() - start);
    free(row);
    free(model);
    model_free(loaded);
    learner_free(learner);
    panel_free(panel);
    return spent <= CPU_BUDGET_S && most <= MEMORY_BUDGET_KIB ? 0 : 1;
}
