/* Big pools: a full training of 5,000 daily series of three years with all members and intervals, and the forecast of 1,000 series for 28 days. Prints CPU
 * seconds, the longest slice and the private memory; fails above the budgets (120 s, 300 MiB, 0.2 s). SERIES=N makes it smaller. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "forecast/learner_state.h"
#include "measure.h"

enum { DAYS = 1095, FIRST = 19000, HORIZON = 28, UNITS = 10000000, ASKED = 1000 };
#define CPU_BUDGET_S 120.0
#define FORECAST_BUDGET_S 0.2
#define MEMORY_BUDGET_KIB (300 * 1024.0)

static struct panel *town(int series)
{
    struct panel *panel;
    struct random r;
    random_seed(&r, 1);
    if (panel_new(NULL, &panel, NULL) < 0)
        return NULL;
    for (int s = 0; s < series; s++) {
        char name[16];
        snprintf(name, sizeof name, "b%05d", s);
        int id = panel_series(panel, name);
        double size = 50 + 20 * (s % 97), week = .1 + .03 * (s % 11);
        for (int i = 0; i < DAYS; i++)
            panel_activity(panel, id, FIRST + i, size * (1 + week * (i % 7 == 5) + .2 * sin(i / 58.1)) * exp(.15 * random_normal(&r)), GNM_NEVER);
    }
    for (int i = 0; i < DAYS + 60; i += 37)
        panel_driver(panel, "event_fair", -1, FIRST + i, 1, GNM_ALWAYS);
    return panel_seal(panel, NULL) < 0 ? NULL : panel;
}

static double forecast_s(const void *model, size_t len)
{
    struct panel *panel = town(ASKED);
    struct gnm_forecast *row;
    struct model *loaded;
    size_t n;
    double start = measure_cpu_s();
    if (panel == NULL || model_load(model, len, &loaded, NULL) < 0 || model_predict(loaded, panel, FIRST + DAYS - 1, HORIZON, &row, &n, NULL) < 0)
        exit(1);
    start = measure_cpu_s() - start;
    free(row);
    model_free(loaded);
    panel_free(panel);
    return start;
}

int main(void)
{
    int series = getenv("SERIES") != NULL ? atoi(getenv("SERIES")) : 5000;
    struct panel *panel = town(series);
    struct learner *learner;
    struct settings settings;
    settings_defaults(&settings);
    settings.automatic.tolerance = 0;            /* on this town trees are not worth their energy; here they are to be paid for */
    struct learner_options options = { .horizon = HORIZON, .settings = &settings };
    double phase_s[PHASE_DONE + 1] = { 0 }, phase_max_s[PHASE_DONE + 1] = { 0 };
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
        phase_s[phase] += measure_cpu_s() - slice;
        phase_max_s[phase] = fmax(phase_max_s[phase], measure_cpu_s() - slice);
        longest = fmax(longest, measure_cpu_s() - slice);
        most = fmax(most, measure_kib("RssAnon:"));
    }
    double spent = measure_cpu_s() - start;
    for (int i = 0; getenv("GNOMON_BENCH_VERBOSE") != NULL && i <= PHASE_DONE; i++)
        printf("phase %d: %.2f s, longest slice %.3f s\n", i, phase_s[i], phase_max_s[i]);
    void *model;
    size_t len;
    if (learner_model(learner, &model, &len, NULL) < 0)
        return 1;
    learner_free(learner);
    panel_free(panel);
    double asked = forecast_s(model, len);
    free(model);
    printf("scale: %d series x %d days: %.1f s CPU (budget %.0f), longest slice %.0f ms, private memory %.0f MiB of data, %.0f MiB at most (budget %.0f); %d series x %d "
           "days forecast in %.3f s (budget %.1f)\n",
           series, DAYS, spent, CPU_BUDGET_S, 1e3 * longest, memory / 1024, most / 1024, MEMORY_BUDGET_KIB / 1024, ASKED, HORIZON, asked, FORECAST_BUDGET_S);
    return spent <= CPU_BUDGET_S && most <= MEMORY_BUDGET_KIB && asked <= FORECAST_BUDGET_S ? 0 : 1;
}
