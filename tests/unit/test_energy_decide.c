#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/energy.h"

static struct energy_policy policy;
static struct energy_battery battery;
static struct gnm_grant grant;

#define HOUR_MS 3600000

static void setup(void)
{
    energy_policy_default(&policy);
    policy.train_soc_ratio = 0.68;
    energy_battery_start(&battery);
}

/* A battery whose newest reading is at 1000 s. */
static void given(double soc, double uncertainty, enum gnm_stage stage, double pv_w, double load_w)
{
    battery.soc_ratio = soc;
    battery.uncertainty_ratio = uncertainty;
    battery.last_mono_ms = battery.last.mono_ms = 1000000;
    battery.last.value[GNM_STAGE] = stage;
    battery.last.value[GNM_PV_W] = pv_w;
    battery.last.value[GNM_LOAD_W] = load_w;
    battery.last.value[GNM_BATTERY_V] = 13.2;
}

static void ask(enum gnm_purpose purpose, int running, enum gnm_mode mode, double age_s)
{
    struct energy_request request = { purpose, running, 1000000 + (int64_t)(age_s * 1e3), 1, 1000000 + 9 * HOUR_MS };
    memset(&grant, 0x55, sizeof grant);
    energy_decide(&policy, &battery, mode, &request, &grant);
}

static void expect(int allowed, const char *reason)
{
    ck_assert_msg(grant.allowed == allowed, "allowed %d: %s", grant.allowed, grant.reason);
    ck_assert_str_eq(grant.reason, reason);
}

static const struct { double soc, uncertainty; enum gnm_stage stage; double pv_w, load_w; int running; enum gnm_mode mode; double age_s; int allowed; const char *reason; } table[] = {
    { .65, .04, GNM_STAGE_OFF, 0, 12, 0, GNM_NORMAL, 30, 0, "61 % and 9 h to sunrise; need 68 %" },
    { .75, .04, GNM_STAGE_OFF, 0, 12, 0, GNM_NORMAL, 30, 1, "71 % and 9 h to sunrise; needs 68 %" },
    { .65, .04, GNM_STAGE_OFF, 0, 12, 1, GNM_NORMAL, 30, 1, "61 % and 9 h to sunrise; needs 58 %" },
    { .60, .04, GNM_STAGE_OFF, 0, 12, 1, GNM_NORMAL, 30, 0, "56 % and 9 h to sunrise; need 58 %" },
    { .65, .04, GNM_STAGE_BULK, 20, 12, 0, GNM_NORMAL, 30, 0, "61 % and PV 20 W; need 68 %" },
    { .40, .04, GNM_STAGE_FLOAT, 84, 12, 0, GNM_NORMAL, 30, 1, "float, PV 84 W above load 12 W" },
    { .40, .04, GNM_STAGE_ABSORPTION, 84, 12, 0, GNM_NORMAL, 30, 1, "absorption, PV 84 W above load 12 W" },
    { .40, .04, GNM_STAGE_BULK, 84, 12, 0, GNM_NORMAL, 30, 0, "36 % and PV 84 W; need 68 %" },
    { .40, .04, GNM_STAGE_FLOAT, 10, 12, 0, GNM_NORMAL, 30, 0, "36 % and PV 10 W; need 68 %" },
    { .40, .04, GNM_STAGE_FLOAT, 10, 12, 1, GNM_NORMAL, 30, 1, "float, PV 10 W carries the load, battery -2 W" },
    { .40, .04, GNM_STAGE_FLOAT, 10, 0, 0, GNM_NORMAL, 30, 1, "float, PV 10 W above load 8 W" },
    { .40, .04, GNM_STAGE_FLOAT, 7, 0, 0, GNM_NORMAL, 30, 0, "36 % and PV 7 W; need 68 %" },
    { .95, .02, GNM_STAGE_FLOAT, 84, 12, 0, GNM_NORMAL, 301, 0, "last reading 5 min old; at most 5 min" },
    { .95, .02, GNM_STAGE_FLOAT, 84, 12, 1, GNM_NORMAL, 720, 0, "last reading 12 min old; at most 5 min" },
    { .95, .02, GNM_STAGE_FLOAT, 84, 12, 1, GNM_NORMAL, 7300, 0, "charge controller lost, last reading 2 h ago" },
    { .95, .02, GNM_STAGE_FLOAT, 84, 12, 0, GNM_SAVER1, 30, 0, "mode saver1, 95 % +-2" },
    { .30, .05, GNM_STAGE_BULK, 84, 12, 1, GNM_SAVER2, 30, 0, "mode saver2, 30 % +-5" },
    { NAN, NAN, GNM_STAGE_BULK, 0, 12, 0, GNM_NORMAL, 30, 0, "state of charge unknown; need 68 %" },
    { NAN, NAN, GNM_STAGE_BULK, 84, 12, 0, GNM_SAVER1, 30, 0, "mode saver1, 13.2 V" },
    { NAN, NAN, GNM_STAGE_FLOAT, 84, 12, 0, GNM_NORMAL, 30, 1, "float, PV 84 W above load 12 W" },
};

START_TEST(training)
{
    given(table[_i].soc, table[_i].uncertainty, table[_i].stage, table[_i].pv_w, table[_i].load_w);
    ask(GNM_TRAIN, table[_i].running, table[_i].mode, table[_i].age_s);
    expect(table[_i].allowed, table[_i].reason);
    ck_assert_int_gt(grant.until_ms, 1000000);
}
END_TEST

START_TEST(a_search_needs_more)
{
    given(.75, .02, GNM_STAGE_OFF, 0, 12);
    ask(GNM_SEARCH, 0, GNM_NORMAL, 30);
    expect(0, "73 % and 9 h to sunrise; need 78 %");
}
END_TEST

START_TEST(a_measured_current_decides_over_powers)
{
    given(.40, .04, GNM_STAGE_FLOAT, 84, 12);
    battery.last.value[GNM_BATTERY_A] = -2;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_int_eq(grant.allowed, 0);
    battery.last.value[GNM_BATTERY_A] = 0.1;
    battery.last.value[GNM_PV_W] = 11;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    expect(1, "float, PV 11 W carries the load, battery +1 W");
}
END_TEST

START_TEST(faults_and_temperature_refuse)
{
    given(.95, .02, GNM_STAGE_FLOAT, 84, 12);
    battery.last.value[GNM_BATTERY_C] = -3;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    expect(0, "battery at -3 C cannot be charged");
    battery.last.value[GNM_BATTERY_C] = 55;
    ask(GNM_TRAIN, 1, GNM_NORMAL, 30);
    expect(0, "battery at 55 C is too hot");
    battery.last.value[GNM_BATTERY_C] = 20;
    battery.last.value[GNM_FAULTS] = 6;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    expect(0, "the charge controller reports a fault (bits 0x6)");
    battery.last.value[GNM_FAULTS] = 0;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_int_eq(grant.allowed, 1);
}
END_TEST

START_TEST(no_reading_no_training)
{
    ask(GNM_TRAIN, 0, GNM_NORMAL, 0);
    expect(0, "no reading from the charge controller yet");
    ask(GNM_SEARCH, 1, GNM_NORMAL, 0);
    ck_assert_int_eq(grant.allowed, 0);
}
END_TEST

START_TEST(light_work)
{
    static const enum gnm_purpose light[] = { GNM_FETCH, GNM_IMPORT, GNM_REFRESH, GNM_PREDICT, GNM_PUBLISH };
    given(.2, .02, GNM_STAGE_OFF, 0, 12);
    for (size_t i = 0; i < 5; i++) {
        ask(light[i], 0, GNM_NORMAL, 1e6);
        expect(1, "mode normal");
        ask(light[i], 0, GNM_SAVER1, 1e6);
        expect(1, "mode saver1");
        ask(light[i], 1, GNM_SAVER2, 30);
        expect(0, "mode saver2, 20 % +-2");
        ask(light[i], 0, GNM_HALT, 30);
        ck_assert_int_eq(grant.allowed, 0);
    }
    ask(GNM_POLL, 0, GNM_HALT, 1e6);
    expect(1, "always");
    ask(GNM_IDLE, 0, GNM_HALT, 1e6);
    expect(1, "always");
}
END_TEST

START_TEST(a_grant_does_not_outlive_its_reading)
{
    given(.95, .02, GNM_STAGE_FLOAT, 84, 12);
    ask(GNM_TRAIN, 1, GNM_NORMAL, 0);
    ck_assert_int_eq(grant.until_ms, 1000000 + 60000);
    ask(GNM_TRAIN, 1, GNM_NORMAL, 290);
    ck_assert_int_eq(grant.until_ms, 1000000 + 300000);
}
END_TEST

START_TEST(calendar_ages_run_with_the_speed)
{
    struct energy_request request = { GNM_TRAIN, 0, 1000000 + 1000, 600, GNM_NEVER };   /* one second later: ten minutes of calendar time */
    given(.95, .02, GNM_STAGE_FLOAT, 84, 12);
    energy_decide(&policy, &battery, GNM_NORMAL, &request, &grant);
    expect(0, "last reading 10 min old; at most 5 min");
    ck_assert_int_eq(grant.until_ms, request.now_ms + 1000);
}
END_TEST

/* ---- modes ---- */

static const struct { enum energy_chemistry chemistry; double soc, uncertainty; enum gnm_mode previous, mode; } modes[] = {
    { ENERGY_LIFEPO4, .80, .02, GNM_NORMAL, GNM_NORMAL }, { ENERGY_LIFEPO4, .51, .02, GNM_NORMAL, GNM_SAVER1 }, { ENERGY_LIFEPO4, .60, .02, GNM_SAVER1, GNM_SAVER1 },
    { ENERGY_LIFEPO4, .63, .02, GNM_SAVER1, GNM_NORMAL }, { ENERGY_LIFEPO4, .26, .02, GNM_SAVER1, GNM_SAVER2 }, { ENERGY_LIFEPO4, .36, .02, GNM_SAVER2, GNM_SAVER2 },
    { ENERGY_LIFEPO4, .38, .02, GNM_SAVER2, GNM_SAVER1 }, { ENERGY_LIFEPO4, .14, .02, GNM_SAVER2, GNM_HALT },   { ENERGY_LIFEPO4, .24, .02, GNM_HALT, GNM_HALT },
    { ENERGY_LIFEPO4, .26, .02, GNM_HALT, GNM_SAVER2 },   { ENERGY_LIFEPO4, .16, .15, GNM_SAVER2, GNM_SAVER2 }, { ENERGY_LIFEPO4, .55, .25, GNM_NORMAL, GNM_SAVER1 },
    { ENERGY_AGM, .46, .02, GNM_NORMAL, GNM_SAVER2 },     { ENERGY_AGM, .34, .02, GNM_SAVER2, GNM_HALT },       { ENERGY_AGM, .51, .02, GNM_NORMAL, GNM_SAVER1 },
    { ENERGY_LIFEPO4, NAN, NAN, GNM_NORMAL, GNM_NORMAL }, { ENERGY_LIFEPO4, NAN, NAN, GNM_SAVER2, GNM_SAVER2 }, { ENERGY_LIFEPO4, NAN, NAN, GNM_HALT, GNM_SAVER2 },
};

START_TEST(mode_table)
{
    given(modes[_i].soc, modes[_i].uncertainty, GNM_STAGE_BULK, 0, 8);
    policy.chemistry = modes[_i].chemistry;
    policy.reserve_ratio = energy_reserve_default(modes[_i].chemistry);
    ck_assert_int_eq(energy_mode(&policy, &battery, modes[_i].previous), modes[_i].mode);
}
END_TEST

START_TEST(float_is_proof_and_low_voltage_is_too)
{
    given(.30, .25, GNM_STAGE_FLOAT, 40, 8);
    ck_assert_int_eq(energy_mode(&policy, &battery, GNM_SAVER2), GNM_NORMAL);
    battery.last.value[GNM_BATTERY_V] = 11.7;
    ck_assert_int_eq(energy_mode(&policy, &battery, GNM_NORMAL), GNM_HALT);
    given(.90, .05, GNM_STAGE_OFF, 0, 8);
    battery.last.value[GNM_BATTERY_V] = 12.2;
    ck_assert_int_eq(energy_mode(&policy, &battery, GNM_HALT), GNM_HALT);
    ck_assert_int_eq(energy_mode(&policy, &battery, GNM_NORMAL), GNM_NORMAL);
    battery.last.value[GNM_BATTERY_V] = 12.5;
    ck_assert_int_eq(energy_mode(&policy, &battery, GNM_HALT), GNM_NORMAL);
}
END_TEST

START_TEST(costs)
{
    struct gnm_cost cost;
    energy_cost(&policy, 10, NAN, &cost);
    ck_assert_double_eq(cost.joules, 70);
    ck_assert_int_eq(cost.method, GNM_CPU_CONFIG);
    energy_cost(&policy, 10, 33.5, &cost);
    ck_assert_double_eq(cost.joules, 33.5);
    ck_assert_int_eq(cost.method, GNM_RAPL);
    ck_assert_double_eq(cost.cpu_s, 10);
    energy_cost(&policy, NAN, -1, &cost);
    ck_assert_double_eq(cost.joules, 0);
    ck_assert_int_eq(cost.method, GNM_CPU_CONFIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decide");
    TCase *tests = tcase_create("grants and modes");
    tcase_set_timeout(tests, 10);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, training, 0, sizeof table / sizeof table[0]);
    tcase_add_test(tests, a_search_needs_more);
    tcase_add_test(tests, a_measured_current_decides_over_powers);
    tcase_add_test(tests, faults_and_temperature_refuse);
    tcase_add_test(tests, no_reading_no_training);
    tcase_add_test(tests, light_work);
    tcase_add_test(tests, a_grant_does_not_outlive_its_reading);
    tcase_add_test(tests, calendar_ages_run_with_the_speed);
    tcase_add_loop_test(tests, mode_table, 0, sizeof modes / sizeof modes[0]);
    tcase_add_test(tests, float_is_proof_and_low_voltage_is_too);
    tcase_add_test(tests, costs);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
