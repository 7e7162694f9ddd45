/* Warnings about the plant: when they begin, that they end, that they survive a restart. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/health.h"

static struct energy_policy policy;
static struct energy_battery battery;
static struct energy_health health;
static struct outlook_profile profile;
static const struct outlook_site site = { 52, 0 };
static char text[200];
static int begins;

static void setup(void)
{
    energy_policy_default(&policy);
    energy_battery_start(&battery);
    energy_health_start(&health);
    outlook_start(&profile);
}

static int news(int64_t now_s)
{
    return energy_health_news(&health, &policy, &profile, &battery, now_s, &begins, text, sizeof text);
}

/* Days in which the panel gives `pv_wh` and 192 Wh are used. */
static void days(int first, int n, double pv_wh)
{
    for (int64_t hour = (int64_t)first * 24; hour < (int64_t)(first + n) * 24; hour++) {
        struct outlook_hour h = { .hour = hour, .covered_s = 3600, .pv_ws = hour % 24 >= 8 && hour % 24 < 16 ? pv_wh / 8 * 3600 : 0, .load_ws = 8 * 3600, .load_s = 3600 };
        energy_health_hour(&health, &profile, &site, &h);
    }
}

START_TEST(a_small_panel_is_told_of_once_and_when_it_is_over)
{
    days(20000, 10, 150);
    ck_assert_int_eq(news(20010 * 86400), 0);
    days(20010, 10, 150);
    ck_assert_int_eq(news(20020 * 86400), 1);
    ck_assert_int_eq(begins, 1);
    ck_assert_msg(strstr(text, "too small") != NULL && strstr(text, "0.8 times") != NULL, "%s", text);
    ck_assert_int_eq(news(20020 * 86400 + 3600), 0);
    days(20020, 25, 400);
    ck_assert_int_eq(news(20045 * 86400), 1);
    ck_assert_int_eq(begins, 0);
    days(20045, 10, 200);                         /* between the two limits nothing changes */
    ck_assert_int_eq(news(20055 * 86400), 0);
}
END_TEST

START_TEST(a_throttled_panel_is_not_a_small_one)
{
    for (int day = 20000; day < 20020; day++) {
        struct outlook_plan *plan = &profile.plan[(day + 1) % OUTLOOK_PLANS];
        plan->day = day + 1;
        for (int i = 0; i < OUTLOOK_LEADS * 24; i++)
            plan->pv_w[i / 24][i % 24] = i % 24 >= 8 && i % 24 < 16 ? 60 : NAN;
        days(day, 1, 195);                        /* what is used, and the battery is full */
    }
    ck_assert_int_eq(news(20020 * 86400), 0);
}
END_TEST

START_TEST(a_panel_that_gives_less_is_noticed)
{
    struct outlook_ratios *r = &profile.ratio[0];
    for (int i = 0; i < OUTLOOK_RATIOS; i++)
        r->value[i] = i < 25 ? 0.95F : 0.4F;
    r->n = OUTLOOK_RATIOS;
    ck_assert_int_eq(news(20020 * 86400), 1);
    ck_assert_msg(begins && strstr(text, "gives 42 %") != NULL, "%s", text);
    for (int i = 25; i < OUTLOOK_RATIOS; i++)
        r->value[i] = 0.9F;
    ck_assert_int_eq(news(20021 * 86400), 1);
    ck_assert_int_eq(begins, 0);
}
END_TEST

START_TEST(lead_wants_to_be_full)
{
    policy.chemistry = ENERGY_GEL;
    ck_assert_int_eq(news(20000 * 86400), 0);
    ck_assert_int_eq(news(20013 * 86400), 0);
    ck_assert_int_eq(news(20015 * 86400), 1);
    ck_assert_msg(strstr(text, "15 days") != NULL, "%s", text);
    char row[400];
    energy_health_row(&health, row, sizeof row);
    energy_health_start(&health);
    energy_health_restore(&health, row);
    ck_assert_msg(news(20015 * 86400) == 0 && health.warned[ENERGY_NEVER_FULL], "a restart does not tell it again");
    strcpy(battery.source, "full");
    ck_assert_int_eq(news(20016 * 86400), 1);
    ck_assert_int_eq(begins, 0);
    strcpy(battery.source, "counted");
    policy.chemistry = ENERGY_LIFEPO4;
    ck_assert_int_eq(news(20099 * 86400), 0);
}
END_TEST

START_TEST(rubbish_is_not_restored)
{
    energy_health_restore(&health, "");
    energy_health_restore(&health, "x 1 1 1 3");
    energy_health_restore(&health, "-5 1 1 1 3");
    ck_assert_int_eq(health.n, 0);
    energy_health_restore(&health, "5 0 1 7 3 - x -2 4");
    ck_assert_int_eq(health.n, 2);
    ck_assert_int_eq(health.warned[2], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("health");
    TCase *tests = tcase_create("warnings");
    tcase_set_timeout(tests, 10);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_small_panel_is_told_of_once_and_when_it_is_over);
    tcase_add_test(tests, a_throttled_panel_is_not_a_small_one);
    tcase_add_test(tests, a_panel_that_gives_less_is_noticed);
    tcase_add_test(tests, lead_wants_to_be_full);
    tcase_add_test(tests, rubbish_is_not_restored);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
