#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "energy/energy.h"

static struct energy_policy policy;
static struct energy_battery battery;
static struct gnm_grant grant;

static struct energy_outlook outlook;
static struct energy_request request;

#define NOW_S (20000 * INT64_C(86400) + 21 * 3600)

static void outlook_of(double sun_w);

static void setup(void)
{
    energy_policy_default(&policy);
    policy.saver1_ratio = 0.5;
    policy.early_h = 90;                                      /* the rule by itself, at night; the tests that wait for the sun say so */
    energy_battery_start(&battery);
    outlook_of(60);
    request = (struct energy_request){ .speed = 1, .now_s = NOW_S, .solar_hour = 21, .job_s = 600, .since_s = 86400, .cpu_c = NAN, .outlook = &outlook };
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
    request.purpose = purpose;
    request.running = running;
    request.now_ms = 1000000 + (int64_t)(age_s * 1e3);
    memset(&grant, 0x55, sizeof grant);
    energy_decide(&policy, &battery, mode, &request, &grant);
}

static void expect(int allowed, const char *reason)
{
    ck_assert_msg(grant.allowed == allowed, "allowed %d: %s", grant.allowed, grant.reason);
    ck_assert_str_eq(grant.reason, reason);
}

/* Nights from 18 to 6 h, days of `sun_w` (dull) or twice that (median), a load of 8 W; it is 21 h, and day 0 of the outlook is dark. */
static void outlook_of(double sun_w)
{
    outlook = (struct energy_outlook){ .source = ENERGY_FORECAST, .judged = 1, .from_hour = NOW_S / 3600 };
    for (int i = 0; i < ENERGY_HOURS; i++) {
        int hour = (int)((outlook.from_hour + i) % 24), day = hour >= 6 && hour < 18;
        outlook.dull_w[i] = (float)(day ? sun_w : 0);
        outlook.median_w[i] = 2 * outlook.dull_w[i];
        outlook.load_w[i] = 8;
    }
}

static const struct { double soc, uncertainty; enum gnm_stage stage; double pv_w, load_w, sun_w; int running; enum gnm_mode mode; double age_s; int allowed; const char *reason; } table[] = {
    { .65, .04, GNM_STAGE_OFF, 0, 12, 60, 0, GNM_NORMAL, 30, 1, "full again in 16 h on a dull forecast (61 %, not below 49 %, job 1.2 Wh)" },
    { .65, .04, GNM_STAGE_OFF, 0, 12, 20, 0, GNM_NORMAL, 30, 0, "61 %; no refill in 72 h on a dull forecast (0 Wh spare, need 2.3)" },
    { .41, .04, GNM_STAGE_OFF, 0, 12, 20, 0, GNM_NORMAL, 30, 0, "37 %; reserve of 25 % reached in 7 h on a dull forecast" },
    { .38, .04, GNM_STAGE_OFF, 0, 12, 200, 0, GNM_NORMAL, 30, 0, "34 %; need 35 % to start" },
    { .36, .04, GNM_STAGE_BULK, 20, 12, 60, 1, GNM_NORMAL, 30, 0, "32 %; reserve of 25 % reached in 3 h on a dull forecast" },
    { .40, .04, GNM_STAGE_FLOAT, 84, 12, 0, 0, GNM_NORMAL, 30, 1, "float, PV 84 W covers load 12 W and the job" },
    { .40, .04, GNM_STAGE_ABSORPTION, 84, 12, 0, 0, GNM_NORMAL, 30, 1, "absorption, PV 84 W covers load 12 W and the job" },
    { .40, .04, GNM_STAGE_BULK, 84, 12, 0, 0, GNM_NORMAL, 30, 0, "36 %; reserve of 25 % reached in 7 h on a dull forecast" },
    { .99, .02, GNM_STAGE_FLOAT, 13, 12, 0, 0, GNM_NORMAL, 30, 0, "97 %; reserve of 25 % reached in 54 h on a dull forecast" },
    { .99, .02, GNM_STAGE_FLOAT, 13, 12, 0, 1, GNM_NORMAL, 30, 1, "float, PV 13 W covers load 12 W and the job" },
    { .95, .02, GNM_STAGE_FLOAT, 84, 12, 60, 0, GNM_NORMAL, 301, 0, "last reading 5 min old; at most 5 min" },
    { .95, .02, GNM_STAGE_FLOAT, 84, 12, 60, 1, GNM_NORMAL, 720, 0, "last reading 12 min old; at most 5 min" },
    { .95, .02, GNM_STAGE_FLOAT, 84, 12, 60, 1, GNM_NORMAL, 7300, 0, "charge controller lost, last reading 2 h ago" },
    { .48, .02, GNM_STAGE_FLOAT, 84, 12, 60, 0, GNM_SAVER1, 30, 0, "mode saver1, 48 % +-2" },
    { .95, .02, GNM_STAGE_FLOAT, 84, 12, 60, 0, GNM_SAVER1, 30, 1, "float, PV 84 W covers load 12 W and the job" },
    { .30, .05, GNM_STAGE_BULK, 84, 12, 60, 1, GNM_SAVER2, 30, 0, "mode saver2, 30 % +-5" },
    { NAN, NAN, GNM_STAGE_BULK, 0, 12, 60, 0, GNM_NORMAL, 30, 0, "state of charge unknown" },
    { NAN, NAN, GNM_STAGE_BULK, 84, 12, 60, 0, GNM_SAVER1, 30, 0, "mode saver1, 13.2 V" },
    { NAN, NAN, GNM_STAGE_FLOAT, 84, 12, 60, 0, GNM_NORMAL, 30, 1, "float, PV 84 W covers load 12 W and the job" },
};

START_TEST(training)
{
    outlook_of(table[_i].sun_w);
    given(table[_i].soc, table[_i].uncertainty, table[_i].stage, table[_i].pv_w, table[_i].load_w);
    ask(GNM_TRAIN, table[_i].running, table[_i].mode, table[_i].age_s);
    expect(table[_i].allowed, table[_i].reason);
    ck_assert_int_gt(grant.until_ms, 1000000);
}
END_TEST

START_TEST(a_search_needs_more)
{
    given(.75, .02, GNM_STAGE_OFF, 0, 12);
    request.job_s = 2 * 3600;
    ask(GNM_SEARCH, 0, GNM_NORMAL, 30);
    expect(0, "no search outside of 9..15 h solar time or float, it is 21 h");
    request.solar_hour = 12;
    outlook_of(30);                                           /* 264 Wh a day: some of it is left, but less than three times the job */
    ask(GNM_SEARCH, 0, GNM_NORMAL, 30);
    ck_assert_int_eq(grant.allowed, 1);
    outlook_of(22);
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_msg(grant.allowed, "%s", grant.reason);
    ask(GNM_SEARCH, 0, GNM_NORMAL, 30);
    ck_assert_msg(!grant.allowed && strstr(grant.reason, "no refill in 72 h") != NULL, "%s", grant.reason);
    request.solar_hour = NAN;
    ask(GNM_SEARCH, 0, GNM_NORMAL, 30);
    expect(0, "no search outside of float: [site] has no longitude to tell noon by");
}
END_TEST

static void use_lead(void)
{
    policy.chemistry = ENERGY_AGM;
    policy.capacity_ah = 100;
    policy.reserve_ratio = energy_reserve_default(ENERGY_AGM);
}

/* 16 h before the sun can spare what a job takes it might still not come; 3 h before, a lithium battery is nearly full. */
START_TEST(work_begins_when_the_spare_sun_is_near)
{
    given(.90, .02, GNM_STAGE_OFF, 0, 12);
    policy.early_h = NAN;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    expect(0, "88 %; sun to spare in 12 h, begins at most 3 h before");
    ask(GNM_TRAIN, 1, GNM_NORMAL, 30);
    ck_assert_msg(grant.allowed, "what runs goes on: %s", grant.reason);
    request.now_s = NOW_S + 10 * 3600;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    expect(1, "full again in 2 h on a dull forecast (88 %, not below 88 %, job 1.2 Wh)");
    request.now_s = NOW_S;
    request.since_s = 29 * 86400.0;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_msg(grant.allowed, "an old model does not wait: %s", grant.reason);
    request.since_s = 86400;
    request.job_s = 300;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_msg(grant.allowed, "a small job risks nothing: %s", grant.reason);
    policy.small_job_ratio = 0;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_int_eq(grant.allowed, 0);
    policy.early_h = 12;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_msg(grant.allowed, "%s", grant.reason);
}
END_TEST

START_TEST(lead_is_spared_cycles)
{
    use_lead();
    given(.90, .02, GNM_STAGE_OFF, 0, 12);
    request.job_s = 3600;
    outlook_of(100);
    policy.early_h = NAN;
    request.now_s = NOW_S + 9 * 3600;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_msg(!grant.allowed && strstr(grant.reason, "begins at most 0 h before") != NULL, "%s", grant.reason);
    policy.early_h = 3;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_msg(grant.allowed, "%s", grant.reason);
    policy.margin = 20;
    policy.lead_margin = 50;                                  /* 7 kWh: more than three such days have */
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_msg(!grant.allowed && strstr(grant.reason, "no refill in 72 h") != NULL, "%s", grant.reason);
}
END_TEST

START_TEST(an_absorbing_lead_battery_comes_first)
{
    use_lead();
    given(.85, .05, GNM_STAGE_ABSORPTION, 80, 12);
    battery.last.value[GNM_BATTERY_A] = 4.5;                  /* 60 W of the 80: what a job takes now is made up for in part only */
    outlook_of(10);
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_msg(!grant.allowed, "%s", grant.reason);
    battery.last.value[GNM_BATTERY_A] = 2;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    expect(1, "absorption, PV 80 W covers load 12 W and the job");
    struct energy_refill found;
    struct energy_job job = { .job_w = 7, .job_s = 3600, .margin = 1 };
    battery.soc_ratio = .80;
    battery.uncertainty_ratio = 0;
    policy.lookahead_h = 10.5;                                /* from 21 h on: an hour and a half of sun, of which lead turns much away before it is full */
    outlook_of(300);
    energy_refill(&policy, &battery, &outlook, NOW_S, &job, &found);
    ck_assert_int_eq(found.allowed, 0);
    ck_assert_msg(found.spare_wh == 0, "%.1f Wh", found.spare_wh);
}
END_TEST

START_TEST(an_old_model_is_trained_with_more_courage)
{
    given(.65, .04, GNM_STAGE_OFF, 0, 12);
    outlook_of(15);                                           /* 180 Wh a day is less than the load of 192; twice that is not */
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_int_eq(grant.allowed, 0);
    request.since_s = 29 * 86400.0;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_msg(grant.allowed && strstr(grant.reason, "median") != NULL, "%s", grant.reason);
    outlook_of(0);
    given(.95, .02, GNM_STAGE_OFF, 0, 12);
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_int_eq(grant.allowed, 0);
    request.since_s = 91 * 86400.0;
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    expect(1, "93 %, and the model is older than 90 days");
    given(.91, .02, GNM_STAGE_OFF, 0, 12);
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_int_eq(grant.allowed, 0);
}
END_TEST

START_TEST(without_an_outlook_only_surplus_counts)
{
    outlook.source = ENERGY_UNKNOWN;
    given(.99, .01, GNM_STAGE_OFF, 0, 12);
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    expect(0, "98 %; no sun outlook without latitude and longitude in [site]");
    given(.99, .01, GNM_STAGE_FLOAT, 84, 12);
    ask(GNM_TRAIN, 0, GNM_NORMAL, 30);
    ck_assert_int_eq(grant.allowed, 1);
}
END_TEST

static const struct { const char *rule; double soc; enum gnm_stage stage; double pv_w, hour; int running, allowed; } others[] = {
    { "none", .99, GNM_STAGE_FLOAT, 84, 12, 1, 0 },    { "soc:50,40", .50, GNM_STAGE_OFF, 0, 2, 0, 1 },      { "soc:50,40", .49, GNM_STAGE_OFF, 0, 2, 0, 0 },
    { "soc:50,40", .41, GNM_STAGE_OFF, 0, 2, 1, 1 },   { "soc:50,40", .39, GNM_STAGE_OFF, 0, 2, 1, 0 },      { "soc:0.5,0.4", .45, GNM_STAGE_OFF, 0, 2, 1, 1 },
    { "noon", .30, GNM_STAGE_BULK, 10, 12.5, 0, 1 },   { "noon", .99, GNM_STAGE_FLOAT, 84, 15, 0, 0 },       { "noon", .30, GNM_STAGE_BULK, 10, 15, 1, 1 },
    { "throttled", .95, GNM_STAGE_FLOAT, 20, 9, 0, 1 },{ "throttled", .95, GNM_STAGE_BULK, 84, 12, 0, 0 },   { "throttled", .95, GNM_STAGE_FLOAT, 8, 18, 0, 0 },
    { "throttled", .95, GNM_STAGE_FLOAT, 9, 18, 1, 1 },
};

START_TEST(rules_to_compare_with)
{
    ck_assert_int_eq(energy_rule_parse(others[_i].rule, &policy), 0);
    given(others[_i].soc, .3, others[_i].stage, others[_i].pv_w, 12);
    request.solar_hour = others[_i].hour;
    ask(GNM_TRAIN, others[_i].running, GNM_SAVER1, 30);       /* they know no saver mode */
    ck_assert_msg(grant.allowed == others[_i].allowed, "%s", grant.reason);
}
END_TEST

START_TEST(a_decision_takes_less_than_a_millisecond)
{
    given(.45, .04, GNM_STAGE_OFF, 0, 12);
    outlook_of(15.9);                                         /* never full, never empty: all 72 hours are walked */
    clock_t start = clock();
    for (int i = 0; i < 2000; i++)
        ask(GNM_TRAIN, 1, GNM_NORMAL, 30);
    double ms = 1e3 * (double)(clock() - start) / CLOCKS_PER_SEC / 2000;
    printf("one decision: %.4f ms\n", ms);
    ck_assert_double_lt(ms, 1);
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
    expect(0, "battery at 55 C is too hot; at most 50 C");
    battery.last.value[GNM_BATTERY_C] = 20;
    request.cpu_c = 91;
    ask(GNM_TRAIN, 1, GNM_NORMAL, 30);
    expect(0, "processor at 91 C is too hot; at most 85 C");
    request.cpu_c = NAN;
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
        request.since_s = 3600;
        ask(light[i], 1, GNM_SAVER2, 30);
        expect(0, "mode saver2, once in 24 h");
        request.since_s = 86400;
        ask(light[i], 1, GNM_SAVER2, 30);
        expect(1, "mode saver2");
        ask(light[i], 0, GNM_HALT, 30);
        ck_assert_int_eq(grant.allowed, 0);
    }
    request.since_s = 3600;
    ask(GNM_FETCH, 0, GNM_SAVER1, 30);
    expect(0, "mode saver1, once in 6 h");
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
    given(.95, .02, GNM_STAGE_FLOAT, 84, 12);
    request.purpose = GNM_TRAIN;
    request.now_ms = 1000000 + 1000;                          /* one second later: ten minutes of calendar time */
    request.speed = 600;
    energy_decide(&policy, &battery, GNM_NORMAL, &request, &grant);
    expect(0, "last reading 10 min old; at most 5 min");
    ck_assert_int_eq(grant.until_ms, request.now_ms + 1000);
}
END_TEST

/* ---- modes ---- */

static const struct { enum energy_chemistry chemistry; double soc, uncertainty; enum gnm_mode previous, mode; } modes[] = {
    { ENERGY_LIFEPO4, .80, .02, GNM_NORMAL, GNM_NORMAL }, { ENERGY_LIFEPO4, .51, .02, GNM_NORMAL, GNM_SAVER1 }, { ENERGY_LIFEPO4, .60, .02, GNM_SAVER1, GNM_SAVER1 },
    { ENERGY_LIFEPO4, .63, .02, GNM_SAVER1, GNM_NORMAL }, { ENERGY_LIFEPO4, .26, .02, GNM_SAVER1, GNM_SAVER2 }, { ENERGY_LIFEPO4, .36, .02, GNM_SAVER2, GNM_SAVER2 },
    { ENERGY_LIFEPO4, .38, .02, GNM_SAVER2, GNM_SAVER1 }, { ENERGY_LIFEPO4, .14, .02, GNM_SAVER2, GNM_SAVER2 }, { ENERGY_LIFEPO4, .24, .02, GNM_HALT, GNM_SAVER2 },
    { ENERGY_LIFEPO4, .26, .02, GNM_HALT, GNM_SAVER2 },   { ENERGY_LIFEPO4, .16, .15, GNM_SAVER2, GNM_SAVER2 }, { ENERGY_LIFEPO4, .55, .25, GNM_NORMAL, GNM_SAVER1 },
    { ENERGY_AGM, .46, .02, GNM_NORMAL, GNM_SAVER2 },     { ENERGY_AGM, .34, .02, GNM_SAVER2, GNM_SAVER2 },     { ENERGY_AGM, .51, .02, GNM_NORMAL, GNM_SAVER1 },
    { ENERGY_LIFEPO4, NAN, NAN, GNM_NORMAL, GNM_NORMAL }, { ENERGY_LIFEPO4, NAN, NAN, GNM_SAVER2, GNM_SAVER2 }, { ENERGY_LIFEPO4, NAN, NAN, GNM_HALT, GNM_SAVER2 },
};

START_TEST(mode_table)
{
    given(modes[_i].soc, modes[_i].uncertainty, GNM_STAGE_BULK, 0, 8);
    policy.chemistry = modes[_i].chemistry;
    policy.reserve_ratio = energy_reserve_default(modes[_i].chemistry);
    battery.last.value[GNM_BATTERY_A] = -1;
    struct energy_ahead ahead;
    energy_look_ahead(&policy, &battery, NULL, NOW_S, &ahead);
    ck_assert_int_eq(isnan(ahead.lowest_ratio), isnan(modes[_i].soc));
    ck_assert_int_eq(energy_mode(&policy, &battery, &ahead, modes[_i].previous, 3600), modes[_i].mode);
}
END_TEST

static enum gnm_mode mode_after(enum gnm_mode previous, double held_s)
{
    struct energy_ahead ahead;
    energy_look_ahead(&policy, &battery, &outlook, NOW_S, &ahead);
    return energy_mode(&policy, &battery, &ahead, previous, held_s);
}

START_TEST(float_is_proof_and_low_voltage_is_too)
{
    given(.30, .25, GNM_STAGE_FLOAT, 40, 8);
    ck_assert_int_eq(mode_after(GNM_SAVER2, 3600), GNM_NORMAL);
    battery.last.value[GNM_BATTERY_V] = 11.7;
    battery.low_s = 30;
    ck_assert_msg(mode_after(GNM_NORMAL, 3600) == GNM_NORMAL, "one low reading is no evidence");
    battery.low_s = 90;
    ck_assert_int_eq(mode_after(GNM_NORMAL, 0), GNM_HALT);
    given(.90, .05, GNM_STAGE_OFF, 0, 8);
    battery.low_s = 0;
    battery.last.value[GNM_BATTERY_V] = 12.2;
    ck_assert_int_eq(mode_after(GNM_HALT, 3600), GNM_HALT);
    ck_assert_int_eq(mode_after(GNM_NORMAL, 3600), GNM_NORMAL);
    battery.last.value[GNM_BATTERY_V] = 12.5;
    ck_assert_int_eq(mode_after(GNM_HALT, 3600), GNM_NORMAL);
}
END_TEST

/* A minute at this voltage, in two readings; `battery_a` below 0 discharges. */
static void live_at(double battery_v, double battery_a)
{
    struct gnm_reading r = battery.last;
    r.value[GNM_BATTERY_V] = battery_v;
    r.value[GNM_BATTERY_A] = battery_a;
    for (int i = 0; i < 3; i++) {
        r.mono_ms = battery.last_mono_ms + 30000;
        energy_battery_update(&battery, &policy, &r, 1);
    }
}

START_TEST(halt_follows_the_voltage_of_earlier_cuts)
{
    given(.40, .02, GNM_STAGE_OFF, 0, 8);
    live_at(12.70, -1);
    ck_assert_msg(mode_after(GNM_SAVER1, 60) == GNM_SAVER1, "no cut is known, and the chemistry's last warning is far");
    battery.cut_v = 12.60;
    live_at(12.61, -1);
    ck_assert_int_eq(mode_after(GNM_SAVER1, 60), GNM_SAVER1);
    live_at(12.60, -1);
    ck_assert_msg(mode_after(GNM_SAVER1, 60) == GNM_HALT, "whatever the estimate says");
    policy.halt_margin_v = 0.05;
    live_at(12.64, -1);
    ck_assert_int_eq(mode_after(GNM_SAVER1, 60), GNM_HALT);
    live_at(12.72, -1);
    ck_assert_msg(mode_after(GNM_HALT, 3600) == GNM_HALT, "a load that went off gives that back");
    live_at(12.80, -1);
    ck_assert_int_eq(mode_after(GNM_HALT, 3600), GNM_SAVER1);
    live_at(12.60, 4);
    ck_assert_msg(mode_after(GNM_HALT, 3600) == GNM_SAVER1, "it ends with the sun");
    ck_assert_msg(mode_after(GNM_HALT, 60) == GNM_HALT, "a state lasts 15 minutes unless it gets worse");
}
END_TEST

START_TEST(halt_begins_and_ends_as_configured)
{
    given(.40, .02, GNM_STAGE_OFF, 0, 8);
    battery.cut_v = 12.60;
    live_at(12.68, -1);
    ck_assert_int_eq(mode_after(GNM_HALT, 3600), GNM_HALT);
    policy.halt_leave_v = 0.05;
    ck_assert_int_eq(mode_after(GNM_HALT, 3600), GNM_SAVER1);
    policy.guard_leave_v = 1.0;                               /* above 11.8 */
    ck_assert_int_eq(mode_after(GNM_HALT, 3600), GNM_HALT);
    live_at(12.60, -1);
    policy.halt_after_s = battery.low_s + 1;
    ck_assert_int_eq(mode_after(GNM_SAVER1, 60), GNM_SAVER1);
    policy.halt_after_s = battery.low_s;
    ck_assert_int_eq(mode_after(GNM_SAVER1, 60), GNM_HALT);
}
END_TEST

START_TEST(an_estimate_alone_halts_nothing_but_is_told)
{
    given(.11, .02, GNM_STAGE_OFF, 0, 8);
    battery.last.value[GNM_BATTERY_A] = -1;
    ck_assert_int_eq(mode_after(GNM_SAVER2, 60), GNM_SAVER2);
    ck_assert_int_eq(energy_near_cut(&policy, &battery), 1);
    battery.soc_ratio = .16;
    ck_assert_int_eq(energy_near_cut(&policy, &battery), 0);
    battery.soc_ratio = NAN;
    ck_assert_int_eq(energy_near_cut(&policy, &battery), 0);
}
END_TEST

START_TEST(a_low_battery_that_will_be_full_tomorrow_does_not_save)
{
    given(.48, .02, GNM_STAGE_OFF, 0, 8);
    battery.last.value[GNM_BATTERY_A] = -1;
    outlook_of(100);
    ck_assert_int_eq(mode_after(GNM_NORMAL, 3600), GNM_NORMAL);
    outlook_of(30);
    ck_assert_int_eq(mode_after(GNM_NORMAL, 3600), GNM_SAVER1);
    outlook_of(100);
    ck_assert_msg(mode_after(GNM_SAVER1, 3600) == GNM_SAVER1, "left by charge, not by hope");
}
END_TEST

/* What it is spared on the first of the dark days is there on the last. */
START_TEST(a_full_battery_before_dark_days_saves)
{
    given(.97, .02, GNM_STAGE_OFF, 0, 8);
    battery.last.value[GNM_BATTERY_A] = -1;
    policy.saver1_ratio = .7;
    outlook_of(10);                                           /* each day 76 of 640 Wh less */
    struct energy_ahead ahead;
    energy_look_ahead(&policy, &battery, &outlook, NOW_S, &ahead);
    ck_assert(ahead.lowest_ratio > .55 && ahead.lowest_ratio < .65 && isinf(ahead.full_h));
    ck_assert_int_eq(mode_after(GNM_NORMAL, 3600), GNM_SAVER1);
    outlook_of(17);                                           /* more each day than the night takes, less than fills it */
    ck_assert_msg(mode_after(GNM_NORMAL, 3600) == GNM_NORMAL, "it does not sink");
    ck_assert_msg(mode_after(GNM_SAVER1, 3600) == GNM_NORMAL, "and saves no longer");
    outlook_of(10);
    policy.saver1_ahead_h = 12;
    ck_assert_msg(mode_after(GNM_NORMAL, 3600) == GNM_NORMAL, "it may be told to look less far");
    policy.saver1_ahead_h = 72;
    outlook.judged = 0;
    ck_assert_msg(mode_after(GNM_NORMAL, 3600) == GNM_NORMAL, "of a new panel nothing is known: only the charge counts");
    outlook.judged = 1;
    battery.last.value[GNM_BATTERY_C] = -5;
    ck_assert_msg(mode_after(GNM_NORMAL, 3600) == GNM_NORMAL, "what a frozen battery will take is not known: only its charge counts");
}
END_TEST

START_TEST(cold_lead_gives_less)
{
    policy.chemistry = ENERGY_AGM;
    policy.reserve_ratio = 0.45;
    given(.56, .02, GNM_STAGE_OFF, 0, 8);
    policy.saver1_ahead_h = 0;                                /* by its charge alone */
    battery.last.value[GNM_BATTERY_A] = -1;
    ck_assert_int_eq(mode_after(GNM_NORMAL, 3600), GNM_NORMAL);
    battery.last.value[GNM_BATTERY_C] = 0;                    /* a fifth is locked away: 0.34 / 0.8 is left */
    ck_assert_int_eq(mode_after(GNM_NORMAL, 3600), GNM_SAVER2);
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
    tcase_add_test(tests, an_old_model_is_trained_with_more_courage);
    tcase_add_test(tests, work_begins_when_the_spare_sun_is_near);
    tcase_add_test(tests, lead_is_spared_cycles);
    tcase_add_test(tests, an_absorbing_lead_battery_comes_first);
    tcase_add_test(tests, without_an_outlook_only_surplus_counts);
    tcase_add_loop_test(tests, rules_to_compare_with, 0, sizeof others / sizeof others[0]);
    tcase_add_test(tests, a_decision_takes_less_than_a_millisecond);
    tcase_add_test(tests, faults_and_temperature_refuse);
    tcase_add_test(tests, no_reading_no_training);
    tcase_add_test(tests, light_work);
    tcase_add_test(tests, a_grant_does_not_outlive_its_reading);
    tcase_add_test(tests, calendar_ages_run_with_the_speed);
    tcase_add_loop_test(tests, mode_table, 0, sizeof modes / sizeof modes[0]);
    tcase_add_test(tests, float_is_proof_and_low_voltage_is_too);
    tcase_add_test(tests, halt_follows_the_voltage_of_earlier_cuts);
    tcase_add_test(tests, halt_begins_and_ends_as_configured);
    tcase_add_test(tests, an_estimate_alone_halts_nothing_but_is_told);
    tcase_add_test(tests, a_low_battery_that_will_be_full_tomorrow_does_not_save);
    tcase_add_test(tests, a_full_battery_before_dark_days_saves);
    tcase_add_test(tests, cold_lead_gives_less);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
