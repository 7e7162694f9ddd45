/* A folder of its own for each test, and rows to put into a store. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

static char dir[64];
static struct gnm_why why;

static void fixture_setup(void)
{
    strcpy(dir, "/tmp/gnomon-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(chmod(dir, 0755), 0);
    why = (struct gnm_why){ 0 };
}

static void fixture_teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0)
        fprintf(stderr, "%s could not be removed\n", dir);
}

/* A path in the test's folder; two may be in use at a time. */
__attribute__((unused)) static const char *at(const char *name)
{
    static char path[2][160];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

#define ok(call) ck_assert_msg((call) == 0, "%s: %d %s", #call, why.code, why.text)

__attribute__((unused)) static struct store *open_store(void)
{
    struct store *store = NULL;
    ok(store_open(at("state.db"), 0, &store, NULL, &why));
    return store;
}

__attribute__((unused)) static struct store_minute minute_row(const char *controller, int64_t minute, double v)
{
    struct store_minute row = { .minute = minute, .n = 2 };
    snprintf(row.controller, sizeof row.controller, "%s", controller);
    for (int i = 0; i < GNM_FIELDS; i++)
        row.mean[i] = row.min[i] = row.max[i] = row.last[i] = NAN;
    row.last[GNM_BATTERY_V] = v;
    row.mean[GNM_BATTERY_V] = v + 0.01;
    row.min[GNM_BATTERY_V] = v - 0.5;
    row.max[GNM_BATTERY_V] = v + 0.5;
    row.last[GNM_STAGE] = GNM_STAGE_FLOAT;
    return row;
}

__attribute__((unused)) static struct gnm_signal signal_row(const char *series, int64_t valid, int64_t available, double value)
{
    struct gnm_signal s = { .feed = "sky", .place = "home", .step = GNM_DAY, .valid = valid, .issued_s = available - 60, .available_s = available,
                            .fetched_s = available + 5, .value = value, .rows = 24 };
    snprintf(s.series, sizeof s.series, "%s", series);
    return s;
}

__attribute__((unused)) static struct gnm_activity activity_row(const char *series, int64_t day, int64_t available, double value)
{
    struct gnm_activity a = { .day = day, .available_s = available, .fetched_s = available, .value = value };
    snprintf(a.series, sizeof a.series, "%s", series);
    return a;
}

__attribute__((unused)) static struct gnm_forecast forecast_row(const char *series, int64_t origin, int horizon, double p50)
{
    struct gnm_forecast f = { .model = "ridge-1", .step = GNM_DAY, .origin = origin, .target = origin + horizon, .horizon = horizon, .mean = p50 + 1, .baseline = p50 - 2 };
    snprintf(f.series, sizeof f.series, "%s", series);
    for (int i = 0; i < GNM_LEVELS; i++)
        f.q[i] = p50 + 10 * (gnm_levels[i] - 0.5);
    return f;
}

static int fixture_main(const char *name, void (*add)(TCase *), double seconds)
{
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, seconds);
    add(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
