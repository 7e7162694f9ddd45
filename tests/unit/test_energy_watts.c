/* Joules told truly: the learned watts per busy core, the direct measurement of a long job, the order of methods; and budgets. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "energy/budget.h"
#include "energy/watts.h"

#define TRUE_W 6.5

static struct energy_policy policy;
static struct energy_watts watts;
static struct random dice;

static void setup(void)
{
    energy_policy_default(&policy);
    energy_watts_start(&watts);
    random_seed(&dice, 5);
}

static double noise(double size)
{
    return size * (random_unit(&dice) + random_unit(&dice) + random_unit(&dice) - 1.5) * 2;
}

/* Minutes of a box whose other loads wander by watts over the hours. */
static void minutes(int from, int n, double busy, struct energy_direct *job)
{
    for (int i = from; i < from + n; i++) {
        double idle = 0.002 + 0.002 * random_unit(&dice), others = 8 + 2 * sin(i / 200.0) + ((i / 37) % 5 == 0 ? 1.5 : 0);
        double cores = busy > 0 ? busy : idle;
        energy_watts_minute(&watts, cores, others + TRUE_W * cores + noise(0.15), 60, job);
    }
}

START_TEST(the_slope_is_found_among_other_loads)
{
    double w, half;
    minutes(0, 1440, 0, NULL);
    ck_assert_msg(!energy_watts_core(&watts, &w, &half), "an idle day teaches nothing");
    for (int i = 0; i < 2; i++) {                 /* the calibration: five minutes on, five off */
        minutes(1440 + 10 * i, 5, 1, NULL);
        minutes(1445 + 10 * i, 5, 0, NULL);
    }
    ck_assert(energy_watts_core(&watts, &w, &half));
    printf("calibration: %.2f +-%.2f W, truth %.2f\n", w, half, TRUE_W);
    ck_assert_double_eq_tol(w, TRUE_W, 0.1 * TRUE_W);
    ck_assert_double_eq_tol(w, TRUE_W, half);
    for (int day = 0; day < 14; day++) {
        minutes(1460 + 1440 * day, 1420, 0, NULL);
        minutes(2880 + 1440 * day, 20, 0.97, NULL);
    }
    ck_assert(energy_watts_core(&watts, &w, &half));
    ck_assert_double_eq_tol(w, TRUE_W, 0.05 * TRUE_W);
    ck_assert_double_lt(half, 0.1 * TRUE_W);
}
END_TEST

START_TEST(gaps_and_rubbish_break_the_series_only)
{
    double w, half;
    minutes(0, 100, 0, NULL);
    energy_watts_minute(&watts, 1, NAN, 60, NULL);
    energy_watts_minute(&watts, NAN, 9, 60, NULL);
    energy_watts_minute(&watts, 0, 60, 60, NULL);     /* after a gap another level is the new beginning, not a step */
    for (int i = 0; i < 50; i++)
        energy_watts_minute(&watts, 0.003, 60 + noise(0.1), 60, NULL);
    ck_assert(!energy_watts_core(&watts, &w, &half));
    ck_assert_double_lt(watts.syy, 100 * 9);
}
END_TEST

START_TEST(a_constant_load_does_not_pretend)
{
    double w, half;
    for (int i = 0; i < 200; i++)                 /* busy, but the sensor cannot see it */
        energy_watts_minute(&watts, i % 10 < 3, 8 + noise(2), 60, NULL);
    if (energy_watts_core(&watts, &w, &half))
        ck_abort_msg("%.2f +-%.2f W out of noise", w, half);
}
END_TEST

START_TEST(a_long_job_is_measured_directly)
{
    struct energy_direct job = { 0 };
    double j, half;
    minutes(0, 60, 0, NULL);
    minutes(60, 9, 1, &job);
    ck_assert_msg(!energy_direct_j(&job, &j, &half), "nine minutes are too few");
    minutes(69, 11, 1, &job);
    ck_assert(energy_direct_j(&job, &j, &half));
    printf("20 min job: %.0f +-%.0f J, truth %.0f\n", j, half, TRUE_W * 1200);
    ck_assert_double_eq_tol(j, TRUE_W * 1200, half);
    ck_assert_double_eq_tol(j, TRUE_W * 1200, 0.25 * TRUE_W * 1200);
}
END_TEST

START_TEST(methods_in_order)
{
    struct gnm_cost cost;
    struct energy_direct job = { .sum_ws = 9000, .s = 1200, .before_var = 0.01 };
    energy_cost(&policy, &watts, NULL, 10, NAN, NAN, &cost);
    ck_assert(cost.joules == 70 && cost.method == GNM_CPU_CONFIG && cost.half_j == 0.6 * 70);
    energy_cost(&policy, NULL, NULL, 10, 67, 0.5, &cost);
    ck_assert(cost.joules == 33.5 && cost.method == GNM_RAPL && cost.cpu_s == 10);
    energy_cost(&policy, NULL, NULL, NAN, -1, NAN, &cost);
    ck_assert(cost.joules == 0 && cost.method == GNM_CPU_CONFIG);
    minutes(0, 60, 0, NULL);
    minutes(60, 20, 1, NULL);
    energy_cost(&policy, &watts, NULL, 10, 67, 0.5, &cost);
    ck_assert_int_eq(cost.method, GNM_CPU_DC);
    ck_assert_double_eq_tol(cost.joules, 10 * TRUE_W, cost.half_j);
    energy_cost(&policy, &watts, &job, 10, 67, 0.5, &cost);
    ck_assert(cost.method == GNM_DC && cost.joules == 9000 && cost.half_j > 0);
}
END_TEST

START_TEST(the_box_is_seen_by_load_or_by_difference)
{
    struct gnm_reading r = { .at_ms = 0 };
    for (int i = 0; i < GNM_FIELDS; i++)
        r.value[i] = NAN;
    ck_assert(isnan(energy_dc_w(&r)));
    r.value[GNM_LOAD_W] = 9.5;
    ck_assert_double_eq(energy_dc_w(&r), 9.5);
    r.value[GNM_LOAD_W] = 0;
    r.value[GNM_CHARGE_W] = 40, r.value[GNM_BATTERY_A] = 2, r.value[GNM_BATTERY_V] = 13;
    ck_assert_double_eq(energy_dc_w(&r), 14);
    r.value[GNM_BATTERY_A] = NAN;
    ck_assert(isnan(energy_dc_w(&r)));
}
END_TEST

START_TEST(it_survives_a_restart)
{
    char text[200];
    double w[2], half[2];
    minutes(0, 60, 0, NULL);
    minutes(60, 20, 1, NULL);
    watts.calibrated_s = 1790000000;
    energy_watts_core(&watts, &w[0], &half[0]);
    energy_watts_row(&watts, text, sizeof text);
    energy_watts_start(&watts);
    energy_watts_restore(&watts, "-1 2 3 4 5");
    energy_watts_restore(&watts, "1 99 1 4 5");
    ck_assert_double_eq(watts.n, 0);
    energy_watts_restore(&watts, text);
    ck_assert(energy_watts_core(&watts, &w[1], &half[1]));
    ck_assert_double_eq_tol(w[0], w[1], 1e-6);
    ck_assert_int_eq(watts.calibrated_s, 1790000000);
}
END_TEST

START_TEST(budgets_refuse_and_say_when_they_refill)
{
    struct energy_limit limit = { 5, NAN };
    struct energy_used used = { .day_end_s = 1795388400, .month_end_s = 1796079600 };      /* 2026-11-22T23:00 and 2026-11-30T23:00 UTC */
    struct gnm_grant grant = { .allowed = 1 };
    int64_t now_s = 1795388400 - 5 * 3600;
    used.day_j[GNM_TRAIN] = 4.99 * 3600;
    ck_assert_int_eq(energy_budget_refuses(&limit, &used, GNM_TRAIN, 48, now_s, &grant), 0);
    used.day_j[GNM_TRAIN] = 5.2 * 3600;
    ck_assert_int_eq(energy_budget_refuses(&limit, &used, GNM_TRAIN, 48, now_s, &grant), 1);
    ck_assert_str_eq(grant.reason, "budget of train is used up: 5.2 of 5 Wh today; it refills at 2026-11-22T23:00:00Z, in 5 h");
    ck_assert_int_eq(grant.allowed, 0);
    ck_assert_int_eq(energy_budget_refuses(&limit, &used, GNM_SEARCH, 48, now_s, &grant), 0);
    limit = (struct energy_limit){ NAN, 2 };
    used.month_j[GNM_TRAIN] = 50 * 3600;                      /* 2.4 g at 48 g a kWh */
    ck_assert_int_eq(energy_budget_refuses(&limit, &used, GNM_TRAIN, 48, now_s, &grant), 1);
    ck_assert_str_eq(grant.reason, "budget of train is used up: 2.4 of 2 g CO2e this month; it refills at 2026-11-30T23:00:00Z, in 197 h");
    limit.g_per_month = NAN;
    ck_assert_int_eq(energy_budget_refuses(&limit, &used, GNM_TRAIN, 48, now_s, &grant), 0);
}
END_TEST

/* A processor whose second of work may cost 4 or 9 W by its own counter, of which the battery sees 1.25 times as much. */
START_TEST(the_counter_splits_what_the_battery_gave)
{
    struct energy_watts package;
    struct gnm_cost cost = { .cpu_s = 100, .joules = 700, .method = GNM_CPU_DC, .half_j = 20 };
    energy_watts_start(&package);
    ck_assert_int_eq(energy_cost_split(&package, 600, 100, 1, &cost), 0);
    for (int i = 0; i < 3000; i++) {
        int busy = i % 100 < 12, hard = (i / 100) % 2;
        double package_w = 1.2 + noise(0.05) + (busy ? hard ? 9 : 4 : 0);
        energy_watts_package(&package, package_w, !busy, 6 + 1.25 * package_w + sin(i / 200.0) + noise(0.15));
    }
    ck_assert_int_eq(energy_cost_split(&package, (1.2 + 9) * 100, 100, 1, &cost), 1);
    printf("split by the counter: %.0f +-%.0f J, truth %.0f\n", cost.joules, cost.half_j, 1.25 * 9 * 100);
    ck_assert_double_eq_tol(cost.joules, 1.25 * 9 * 100, 0.06 * 1.25 * 9 * 100);
    ck_assert(cost.method == GNM_RAPL && cost.half_j > 0 && cost.cpu_s == 100);
    ck_assert_int_eq(energy_cost_split(&package, (1.2 + 4) * 100, 100, 0.5, &cost), 1);
    ck_assert_double_eq_tol(cost.joules, 0.5 * 1.25 * 4 * 100, 0.08 * 0.5 * 1.25 * 4 * 100);
    cost.joules = 7;
    ck_assert(energy_cost_split(&package, NAN, 100, 1, &cost) == 0 && energy_cost_split(&package, 10, 100, NAN, &cost) == 0 && cost.joules == 7);
    energy_watts_package(&package, NAN, 0, 9);        /* a box without a counter, a reading that is missing: a gap, no zero */
    ck_assert(isnan(package.mean_busy));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watts");
    TCase *tests = tcase_create("joules and budgets");
    tcase_set_timeout(tests, 10);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, the_slope_is_found_among_other_loads);
    tcase_add_test(tests, gaps_and_rubbish_break_the_series_only);
    tcase_add_test(tests, a_constant_load_does_not_pretend);
    tcase_add_test(tests, a_long_job_is_measured_directly);
    tcase_add_test(tests, methods_in_order);
    tcase_add_test(tests, the_box_is_seen_by_load_or_by_difference);
    tcase_add_test(tests, it_survives_a_restart);
    tcase_add_test(tests, budgets_refuse_and_say_when_they_refill);
    tcase_add_test(tests, the_counter_splits_what_the_battery_gave);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
