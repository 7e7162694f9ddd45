/* A small made-up town for tests: weekday and yearly pattern, announced fairs, promotions whose plan is corrected, sales that are corrected, weather
 * known on its day only. What became known after `origin` can be kept, left out or replaced by noise. */
#ifndef TESTS_FORECAST_TOWN_H
#define TESTS_FORECAST_TOWN_H

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/random.h"
#include "features/panel_period.h"

enum town_after { TOWN_KEEP, TOWN_CUT, TOWN_NOISE };
struct town { uint64_t seed; int series, days, origin; enum town_after after; double noise, fair; int weekly; };

enum { TOWN_FIRST = 18262 };      /* 2020-01-01 */

struct town_writer { const struct town *town; struct panel *panel; struct random noise; int64_t decision_s; };

/* The value as this town gives it away; 0 when it is left out. */
static int town_value(struct town_writer *w, int64_t available_s, double *value)
{
    if (w->town->after == TOWN_KEEP || available_s <= w->decision_s)
        return 1;
    *value = 1000 * random_unit(&w->noise);
    return w->town->after == TOWN_NOISE;
}

static void town_activity(struct town_writer *w, int series, int64_t day, double value, int64_t available_s)
{
    if (town_value(w, available_s, &value))
        ck_assert_int_eq(panel_activity(w->panel, series, day, value, available_s), 0);
}

static void town_driver(struct town_writer *w, const char *name, int64_t day, double value, int64_t available_s)
{
    if (available_s == GNM_ALWAYS || town_value(w, available_s, &value))
        ck_assert_int_eq(panel_driver(w->panel, name, -1, day, value, available_s), 0);
}

static int town_is_fair(const struct town *town, int i)
{
    return (i * 7919 + (int)town->seed * 31) % 29 == 0;
}

static void town_series(struct town_writer *w, int series, struct random *r)
{
    const struct town *town = w->town;
    static const double week[7] = { .9, .85, .9, 1, 1.2, 1.5, .65 };
    char name[16];
    snprintf(name, sizeof name, "s%02d", series);
    int id = panel_series(w->panel, name), step = town->weekly ? 7 : 1;
    ck_assert_int_ge(id, 0);
    double base = 20 * exp2(series % 5);
    for (int i = 0; i < town->days; i++) {
        int64_t day = TOWN_FIRST + (int64_t)i * step, end_s = (day + 1) * 86400;
        double y = base * (town->weekly ? 1 : week[civil_weekday(day)]) * (1 + .15 * sin(6.283185307 * (double)day / 365.25 + .3));
        y *= (town_is_fair(town, i) ? town->fair : 1) * exp(town->noise * random_normal(r));
        if (i % 53 == 7 && !town->weekly) {
            town_activity(w, id, day, y * .8, end_s);
            town_activity(w, id, day, y, end_s + 5 * 86400);
        } else {
            town_activity(w, id, day, y, town->weekly ? GNM_NEVER : end_s);
        }
    }
}

__attribute__((unused)) static struct panel *town_panel(const struct town *town)
{
    struct town_writer w = { .town = town };
    struct random r;
    random_seed(&r, town->seed);
    random_seed(&w.noise, 99);
    w.decision_s = ((int64_t)TOWN_FIRST + town->origin + 1) * 86400;
    ck_assert_int_eq(panel_new(NULL, &w.panel, NULL), 0);
    for (int s = 0; s < town->series; s++)
        town_series(&w, s, &r);
    int step = town->weekly ? 7 : 1;
    for (int i = -30; i < town->days + 60; i++) {
        int64_t day = TOWN_FIRST + (int64_t)i * step, start_s = day * 86400;
        if (i >= 0 && town_is_fair(town, i))
            town_driver(&w, "event_fair", day, 1, GNM_ALWAYS);
        town_driver(&w, "temperature", day, 10 + 8 * random_normal(&r), start_s + 86400);
        double promo = i % 11 == 3;
        town_driver(&w, "promo", day, promo, start_s - 40 * 86400);
        if (i % 5 == 0)
            town_driver(&w, "promo", day, 1 - promo, start_s - 3 * 86400);
    }
    struct gnm_why why = { .text = "" };
    ck_assert_msg(panel_seal(w.panel, &why) == 0, "%s", why.text);
    return w.panel;
}

static int town_main(const char *name, void (*fill)(TCase *tc))
{
    Suite *suite = suite_create(name);
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, 240);
    fill(tc);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
