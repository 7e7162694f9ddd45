/* The panel's profile on a synthetic sky: what it learns, what it must not learn from, how sure it is, and what survives a restart. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/sun.h"
#include "base/random.h"
#include "energy/outlook.h"

#define FIRST_DAY 20500           /* in February */

static struct energy_policy policy;
static struct outlook_profile profile;
static struct outlook_site site;
static struct energy_outlook outlook;

static void setup(void)
{
    energy_policy_default(&policy);
    outlook_start(&profile);
    site = (struct outlook_site){ 52, 5 };
}

/* Cloudiness of an hour, the same in truth and forecast, and the error of the forecast of a day. */
static double clearness(int64_t hour)
{
    struct random r;
    random_seed(&r, (uint64_t)(hour / 24) + 7);
    double day = 0.25 + 0.75 * random_unit(&r);
    random_seed(&r, (uint64_t)hour + 1000);
    return fmin(1, day * (0.8 + 0.4 * random_unit(&r)));
}

static double ghi_w(int64_t hour)
{
    return outlook_clear_w(&site, hour) * clearness(hour);
}

/* A 200 W panel on a roof that looks south-west: beam by geometry, diffuse by the sky it sees. */
static double panel_w(int64_t hour)
{
    struct sun sun;
    sun_position(hour * 3600 + 1800, site.latitude_deg, site.longitude_deg, &sun);
    double ghi = ghi_w(hour), diffuse = ghi * fmin(1, 1.1 - clearness(hour)), beam = ghi - diffuse, rad = acos(-1) / 180;
    double zenith = acos(sun.cos_zenith), tilt = 40 * rad, azimuth = 220 * rad;
    double incidence = cos(zenith) * cos(tilt) + sin(zenith) * sin(tilt) * cos(sun.azimuth_deg * rad - azimuth);
    return 0.17 * (beam * fmax(incidence, 0) / fmax(sun.cos_zenith, 0.1) + 0.88 * diffuse);
}

static void learn(int64_t hour, double pv_w, double told_w, int throttled)
{
    struct outlook_hour h = { .hour = hour, .covered_s = 3600, .pv_ws = pv_w * 3600, .load_ws = 9 * 3600, .load_s = 3600, .throttled = throttled };
    outlook_learn(&profile, &policy, &site, &h, told_w);
}

static struct outlook_weather weather_from(int64_t hour, double factor)
{
    struct outlook_weather w = { .from_hour = hour, .age_s = 1800 };
    for (int i = 0; i < ENERGY_HOURS; i++)
        w.ghi_w[i] = factor * ghi_w(hour + i);
    return w;
}

/* Days of hours, each looked ahead from and then learned; a throttled one is told at what the battery wanted. */
static void live(int64_t first_day, int days, int throttled_from_h, double foreseen)
{
    for (int64_t hour = first_day * 24; hour < (first_day + days) * 24; hour++) {
        struct outlook_weather w = weather_from(hour, foreseen);
        outlook_make(&profile, &policy, &site, hour * 3600, &w, &outlook);
        int throttled = throttled_from_h >= 0 && hour % 24 >= throttled_from_h;
        learn(hour, throttled ? fmin(10, panel_w(hour)) : panel_w(hour), ghi_w(hour), throttled);
    }
}

/* Sum of hourly errors / energy of the days after, irradiance known. */
static double error_of(int64_t first_day, int days)
{
    double wrong = 0, all = 0;
    for (int64_t day = first_day; day < first_day + days; day++) {
        struct outlook_weather w = weather_from(day * 24, 1);
        struct outlook_profile copy = profile;
        for (int lead = 0; lead < OUTLOOK_LEADS; lead++)
            copy.ratio[lead].n = 0;
        outlook_make(&copy, &policy, &site, day * 86400, &w, &outlook);
        for (int i = 0; i < 24; i++) {
            wrong += fabs(outlook.median_w[i] - panel_w(day * 24 + i));
            all += panel_w(day * 24 + i);
        }
    }
    return wrong / all;
}

START_TEST(a_panel_nobody_described_is_known_after_a_month)
{
    live(FIRST_DAY, 30, -1, 1);
    double error = error_of(FIRST_DAY + 30, 10);
    printf("40 degrees, south-west: error %.3f of the energy, irradiance known\n", error);
    ck_assert_double_lt(error, 0.15);
    double plain = 0, all = 0;                    /* what one ratio for all hours would do */
    for (int64_t hour = (FIRST_DAY + 30) * 24; hour < (FIRST_DAY + 40) * 24; hour++) {
        plain += fabs(outlook_gain(&profile) * ghi_w(hour) - panel_w(hour));
        all += panel_w(hour);
    }
    ck_assert_msg(error < 0.7 * plain / all, "%.3f with a profile, %.3f with one ratio", error, plain / all);
}
END_TEST

START_TEST(throttled_hours_teach_nothing)
{
    live(FIRST_DAY, 30, -1, 1);
    double before = error_of(FIRST_DAY + 60, 5);
    live(FIRST_DAY + 30, 30, 10, 1);              /* full from ten o'clock on, every day */
    double after = error_of(FIRST_DAY + 60, 5);
    ck_assert_msg(after < before + 0.02, "%.3f before, %.3f after a month of throttled noons", before, after);
    double noon = outlook.median_w[12];
    ck_assert_double_gt(noon, 30);
}
END_TEST

START_TEST(missing_minutes_and_darkness_teach_nothing)
{
    struct outlook_hour gap = { .hour = FIRST_DAY * 24 + 12, .covered_s = 1800, .pv_ws = 100 * 1800.0 }, off = { .hour = FIRST_DAY * 24 + 12, .covered_s = 3600, .off_s = 60 };
    outlook_learn(&profile, &policy, &site, &gap, 300);
    outlook_learn(&profile, &policy, &site, &off, 300);
    learn(FIRST_DAY * 24 + 12, 50, NAN, 0);
    ck_assert_double_eq(profile.ghi_wh, 0);
    learn(FIRST_DAY * 24 + 12, 50, 300, 0);
    ck_assert_double_eq(profile.ghi_wh, 300);
}
END_TEST

START_TEST(before_any_history_little_is_promised)
{
    struct outlook_weather w = weather_from(FIRST_DAY * 24, 1);
    outlook_make(&profile, &policy, &site, FIRST_DAY * 86400, &w, &outlook);
    ck_assert_int_eq(outlook.source, ENERGY_FORECAST);
    for (int i = 0; i < 24; i++)
        ck_assert_double_eq(outlook.median_w[i], 0);
    learn(FIRST_DAY * 24 + 12, 60, 200, 1);       /* throttled: it can do at least this */
    outlook_make(&profile, &policy, &site, FIRST_DAY * 86400 + 3600, &w, &outlook);
    ck_assert_double_gt(outlook.median_w[11], 0);
    ck_assert_double_lt(outlook.median_w[11], 0.061 * ghi_w(FIRST_DAY * 24 + 12) + 0.1);
    ck_assert_double_eq_tol(outlook.dull_w[11], 0.35 * outlook.median_w[11], 1e-3);
}
END_TEST

START_TEST(its_own_errors_make_the_quantiles)
{
    live(FIRST_DAY, 40, -1, 2);                   /* a service that promises twice the light, day after day */
    struct outlook_weather w = weather_from((FIRST_DAY + 40) * 24, 2);
    outlook_make(&profile, &policy, &site, (FIRST_DAY + 40) * 86400, &w, &outlook);
    double foreseen = 0, given = 0, dull = 0;
    for (int i = 0; i < 24; i++) {
        foreseen += outlook.median_w[i];
        dull += outlook.dull_w[i];
        given += panel_w((FIRST_DAY + 40) * 24 + i);
    }
    ck_assert_int_ge(profile.ratio[1].n, 25);
    ck_assert_msg(foreseen < 1.4 * given && dull <= foreseen, "foreseen %.0f, dull %.0f, given %.0f Wh", foreseen, dull, given);
}
END_TEST

START_TEST(snow_is_noticed_in_two_days)
{
    live(FIRST_DAY, 30, -1, 1);
    for (int64_t hour = (FIRST_DAY + 30) * 24; hour <= (FIRST_DAY + 32) * 24; hour++) {
        struct outlook_weather w = weather_from(hour, 1);
        outlook_make(&profile, &policy, &site, hour * 3600, &w, &outlook);
        learn(hour, 0.05 * panel_w(hour), ghi_w(hour), 0);
    }
    struct outlook_weather w = weather_from((FIRST_DAY + 32) * 24, 1);
    outlook_make(&profile, &policy, &site, (FIRST_DAY + 32) * 86400, &w, &outlook);
    double foreseen = 0, bare = 0;
    for (int i = 0; i < 24; i++) {
        foreseen += outlook.dull_w[i];
        bare += panel_w((FIRST_DAY + 32) * 24 + i);
    }
    ck_assert_msg(foreseen < 0.3 * bare, "%.0f Wh under snow, %.0f without", foreseen, bare);
}
END_TEST

START_TEST(older_forecast_then_climate)
{
    live(FIRST_DAY, 30, -1, 1);
    int64_t hour = (FIRST_DAY + 30) * 24;
    struct outlook_weather w = weather_from(hour, 1);
    double sum[4] = { 0 };
    static const double age_h[4] = { 1, 20, 40, 1e9 };
    static const enum energy_source source[4] = { ENERGY_FORECAST, ENERGY_OLD_FORECAST, ENERGY_CLIMATE, ENERGY_CLIMATE };
    for (int k = 0; k < 4; k++) {
        w.age_s = age_h[k] * 3600;
        outlook_make(&profile, &policy, &site, hour * 3600, k < 3 ? &w : NULL, &outlook);
        ck_assert_int_eq(outlook.source, source[k]);
        for (int i = 0; i < 72; i++)
            sum[k] += outlook.dull_w[i];
    }
    ck_assert_msg(sum[1] <= sum[0] && sum[3] > 0 && sum[3] == sum[2], "%.0f fresh, %.0f old, %.0f %.0f by climate", sum[0], sum[1], sum[2], sum[3]);
    site.latitude_deg = NAN;
    outlook_make(&profile, &policy, &site, hour * 3600, &w, &outlook);
    ck_assert_int_eq(outlook.source, ENERGY_UNKNOWN);
}
END_TEST

START_TEST(it_survives_a_restart)
{
    char text[1200];
    live(FIRST_DAY, 20, -1, 1.2);
    live(FIRST_DAY + 20, 1, 14, 1.2);
    struct outlook_profile before = profile;
    struct energy_outlook expected;
    struct outlook_weather w = weather_from((FIRST_DAY + 21) * 24, 1);
    outlook_start(&profile);
    for (size_t i = OUTLOOK_ROWS; i-- > 0; ) {
        outlook_row(&before, i, text, sizeof text);
        ck_assert_uint_lt(strlen(text), sizeof text - 1);
        outlook_restore(&profile, i, text);
    }
    outlook_make(&before, &policy, &site, (FIRST_DAY + 21) * 86400, &w, &expected);
    outlook_make(&profile, &policy, &site, (FIRST_DAY + 21) * 86400, &w, &outlook);
    for (int i = 0; i < ENERGY_HOURS; i++) {
        ck_assert_double_eq_tol(outlook.median_w[i], expected.median_w[i], 1e-3 * expected.median_w[i] + 1e-3);
        ck_assert_double_eq_tol(outlook.dull_w[i], expected.dull_w[i], 1e-3 * expected.dull_w[i] + 1e-3);
        ck_assert_double_eq_tol(outlook.load_w[i], expected.load_w[i], 1e-6);
    }
    for (int k = 0; k < 24; k++)
        ck_assert(isnan(profile.seen_w[k]) == isnan(before.seen_w[k]));
}
END_TEST

START_TEST(rubbish_is_not_restored)
{
    static const char *const bad[] = { "", "1 2 3", "x y z a b c d e", "20500 1 -5 0 0 0 0 0", "20500 1 1 99 1 0 0 0", "nan nan nan nan nan nan nan nan", "9e999 1 2 9 4 5 6 7" };
    struct outlook_profile fresh = profile;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        outlook_restore(&profile, 3, bad[i]);
    ck_assert_int_eq(memcmp(&fresh.bin, &profile.bin, sizeof fresh.bin), 0);
    outlook_restore(&profile, OUTLOOK_ROWS - 1, "1 2 -3");
    outlook_restore(&profile, 25, "0.5 7 -1 x 0.25");
    ck_assert_int_eq(profile.ratio[1].n, 2);
    outlook_restore(&profile, 99, "1");
}
END_TEST

static struct gnm_reading reading(enum gnm_stage stage, double pv_w)
{
    struct gnm_reading r = { .at_ms = 0 };
    for (int i = 0; i < GNM_FIELDS; i++)
        r.value[i] = NAN;
    r.value[GNM_STAGE] = stage;
    r.value[GNM_PV_W] = pv_w;
    r.value[GNM_LOAD_W] = 8;
    r.value[GNM_BATTERY_V] = 13.2;
    return r;
}

START_TEST(hours_of_readings)
{
    struct outlook_hour hour = { .hour = 1 };
    struct gnm_reading bulk = reading(GNM_STAGE_BULK, 60), full = reading(GNM_STAGE_FLOAT, 9), off = reading(GNM_STAGE_OFF, 0), unknown = reading(GNM_STAGE_UNKNOWN, 60);
    outlook_hour_add(&hour, &policy, &bulk, 30, 0);
    outlook_hour_add(&hour, &policy, &off, 30, 1);
    outlook_hour_add(&hour, &policy, &unknown, 30, 0);
    ck_assert_int_eq(hour.throttled, 0);
    ck_assert_double_eq(hour.covered_s, 90);
    ck_assert_double_eq(hour.pv_ws, 3600);
    ck_assert_double_eq(hour.off_s, 30);
    ck_assert_msg(hour.load_s == 60 && hour.load_ws == 480, "our own work is no habit");
    unknown.value[GNM_BATTERY_V] = 14.1;
    outlook_hour_add(&hour, &policy, &unknown, 30, 0);
    ck_assert_msg(hour.throttled == 1, "near the absorption voltage a charger without a stage may hold back");
    hour.throttled = 0;
    outlook_hour_add(&hour, &policy, &full, 30, 0);
    ck_assert_int_eq(hour.throttled, 1);
}
END_TEST

START_TEST(two_controllers_are_one_plant)
{
    struct gnm_reading part[2] = { reading(GNM_STAGE_BULK, 60), reading(GNM_STAGE_FLOAT, 5) }, whole;
    part[0].value[GNM_BATTERY_A] = 3;
    part[1].value[GNM_BATTERY_A] = -1;
    part[1].value[GNM_BATTERY_C] = 12;
    energy_sum_plant(part, 2, 2, 0, &whole);
    ck_assert_double_eq(whole.value[GNM_BATTERY_A], 2);
    ck_assert_double_eq(whole.value[GNM_PV_W], 65);
    ck_assert_double_eq(whole.value[GNM_LOAD_W], 16);
    ck_assert_double_eq(whole.value[GNM_BATTERY_V], 13.2);
    ck_assert_double_eq(whole.value[GNM_BATTERY_C], 12);
    ck_assert_msg(whole.value[GNM_STAGE] == GNM_STAGE_LIMITED, "one holds back: neither full nor all the sun had");
    part[1].value[GNM_STAGE] = GNM_STAGE_OFF;
    energy_sum_plant(part, 2, 2, 0, &whole);
    ck_assert_double_eq(whole.value[GNM_STAGE], GNM_STAGE_BULK);
    energy_sum_plant(part, 1, 2, 0, &whole);
    ck_assert_msg(isnan(whole.value[GNM_BATTERY_A]), "half of the current is not the current");
    ck_assert_double_eq(whole.value[GNM_PV_W], 60);
}
END_TEST

START_TEST(a_second_controller_adds_what_it_moves)
{
    struct gnm_reading part[2] = { reading(GNM_STAGE_BULK, 60), reading(GNM_STAGE_BULK, 40) }, whole;
    part[0].value[GNM_BATTERY_A] = 3;
    part[1].value[GNM_BATTERY_A] = NAN;
    part[1].value[GNM_CHARGE_A] = 2.5;
    part[1].value[GNM_LOAD_A] = 0.5;
    energy_sum_plant(part, 2, 2, 0, &whole);
    ck_assert_msg(whole.value[GNM_BATTERY_A] == 5, "%g", whole.value[GNM_BATTERY_A]);
    part[1].value[GNM_CHARGE_A] = NAN;
    energy_sum_plant(part, 2, 2, 0, &whole);
    ck_assert_msg(isnan(whole.value[GNM_BATTERY_A]), "nobody knows what the second one moves");
    part[0].value[GNM_BATTERY_A] = NAN;
    part[1].value[GNM_BATTERY_A] = 4;                         /* a shunt: it sees the first one's current too */
    part[1].value[GNM_BATTERY_V] = 13.4;
    part[1].value[GNM_SOC_PCT] = 77;
    part[0].value[GNM_SOC_PCT] = 90;
    part[0].value[GNM_CHARGE_A] = 4.5;
    energy_sum_plant(part, 2, 2, 2, &whole);
    ck_assert_double_eq(whole.value[GNM_BATTERY_A], 4);
    ck_assert_double_eq(whole.value[GNM_BATTERY_V], 13.4);
    ck_assert_double_eq(whole.value[GNM_SOC_PCT], 77);
    ck_assert_double_eq(whole.value[GNM_PV_W], 100);
    energy_sum_plant(part + 1, 1, 2, 1, &whole);
    ck_assert_msg(whole.value[GNM_BATTERY_A] == 4, "it knows the whole current also while the other is silent");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outlook");
    TCase *tests = tcase_create("sun");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_panel_nobody_described_is_known_after_a_month);
    tcase_add_test(tests, throttled_hours_teach_nothing);
    tcase_add_test(tests, missing_minutes_and_darkness_teach_nothing);
    tcase_add_test(tests, before_any_history_little_is_promised);
    tcase_add_test(tests, its_own_errors_make_the_quantiles);
    tcase_add_test(tests, snow_is_noticed_in_two_days);
    tcase_add_test(tests, older_forecast_then_climate);
    tcase_add_test(tests, it_survives_a_restart);
    tcase_add_test(tests, rubbish_is_not_restored);
    tcase_add_test(tests, hours_of_readings);
    tcase_add_test(tests, two_controllers_are_one_plant);
    tcase_add_test(tests, a_second_controller_adds_what_it_moves);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
