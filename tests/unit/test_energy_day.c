/* Days of a simulated box: a panel, a battery that is truly counted, a controller that stages, and a daemon that polls every 30 s and wants to train all day. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "energy/energy.h"

enum { STEP_S = 30, DAY_S = 86400, JOB_S = 3600 };
#define BASE_W 8.0
#define TRAIN_W 7.0

struct plan {
    double panel_w;               /* at noon of a clear day */
    int true_current;             /* the controller measures the battery's current */
    double lost_from_h, lost_to_h;/* of each day: no answer from the controller */
    double start_ratio, offset_a; /* true charge at the start; error of the current sensor */
    int days, dark_from;          /* day from which the panel is covered, 0 = never */
};

struct outcome {
    int starts, flaps;            /* trainings begun; stops within ten minutes of a start */
    int stale_starts, stale_runs; /* begun, or still running, on a reading older than allowed */
    double train_h, lowest_ratio, worst_error, worst_beyond;   /* error of the estimate once it was full; beyond its own uncertainty */
    int full_seen, mode_changes;
};

struct box { double soc, stage; };

static double sun_w(const struct plan *plan, double t_s)
{
    double hour = fmod(t_s, DAY_S) / 3600, day = floor(t_s / DAY_S);
    double clear = sin((hour - 6) / 12 * acos(-1)), cloud = fmod(day, 3) == 2 ? 0.35 : 1 - 0.4 * (fmod(floor(t_s / 1200), 5) == 3);
    if (plan->dark_from > 0 && day >= plan->dark_from)
        return 0;
    return clear > 0 ? plan->panel_w * clear * cloud : 0;
}

/* One step of the truth. Returns the net power into the battery; `*pv_w` is what the controller drew. */
static double advance(struct box *box, const struct energy_policy *policy, double available_w, double load_w, double *pv_w)
{
    double wh = policy->capacity_ah * 12.8, accept_w = box->soc < 0.97 ? 0.5 * wh : 0.5 * wh * (1 - box->soc) / 0.03 + 0.5;
    *pv_w = fmin(available_w, accept_w + load_w);
    double net_w = *pv_w - load_w;
    box->soc += (net_w > 0 ? net_w * 0.97 : net_w / 0.97) * STEP_S / 3600.0 / wh;
    box->soc = fmin(1, fmax(0, box->soc));
    if (available_w < 1 || net_w < -1)
        box->stage = available_w < 1 ? GNM_STAGE_OFF : GNM_STAGE_BULK;
    else if (box->soc > 0.995)
        box->stage = GNM_STAGE_FLOAT;
    else if (box->soc > 0.97)
        box->stage = box->stage == GNM_STAGE_FLOAT ? GNM_STAGE_FLOAT : GNM_STAGE_ABSORPTION;
    else if (box->stage != GNM_STAGE_FLOAT || box->soc < 0.9)
        box->stage = GNM_STAGE_BULK;
    return net_w;
}

static struct gnm_reading measure(const struct plan *plan, const struct box *box, double t_s, double pv_w, double net_w)
{
    struct gnm_reading r = { .at_ms = (int64_t)(t_s * 1e3), .mono_ms = (int64_t)(t_s * 1e3) };
    for (int i = 0; i < GNM_FIELDS; i++)
        r.value[i] = NAN;
    double v = 12.9 + 0.4 * box->soc + (net_w > 0 ? 0.3 : 0);
    /* The estimate counts ampere-hours at 12.8 V; the truth counts watt-hours: the current follows from the same charge. */
    double charge_a = (net_w > 0 ? net_w * 0.97 / 0.99 : net_w / 0.97) / 12.8;
    r.value[GNM_BATTERY_V] = v;
    r.value[GNM_PV_W] = pv_w;
    r.value[GNM_STAGE] = box->stage;
    if (plan->true_current)
        r.value[GNM_BATTERY_A] = charge_a + plan->offset_a;
    else
        r.value[GNM_LOAD_W] = 0;
    return r;
}

static void judge_estimate(const struct energy_battery *battery, const struct box *box, struct outcome *ret)
{
    ret->full_seen |= strcmp(battery->source, "full") == 0;
    if (!ret->full_seen)
        return;
    double error = fabs(battery->soc_ratio - box->soc);
    ret->worst_error = fmax(ret->worst_error, error);
    ret->worst_beyond = fmax(ret->worst_beyond, error - battery->uncertainty_ratio);
}

/* A forecast that knows the sky of every hour, and a dull one of half of it. */
static void look_ahead(const struct plan *plan, double t_s, struct energy_outlook *ret)
{
    *ret = (struct energy_outlook){ .source = ENERGY_FORECAST, .judged = 1, .from_hour = (int64_t)(t_s / 3600) };
    for (int i = 0; i < ENERGY_HOURS; i++) {
        ret->median_w[i] = (float)sun_w(plan, (double)(ret->from_hour + i) * 3600 + 1800);
        ret->dull_w[i] = 0.5F * ret->median_w[i];
        ret->load_w[i] = BASE_W;
    }
}

static void simulate(const struct plan *plan, struct outcome *ret)
{
    struct energy_policy policy;
    struct energy_battery battery;
    struct box box = { plan->start_ratio, GNM_STAGE_OFF };
    enum gnm_mode mode = GNM_NORMAL, before;
    int running = 0;
    struct energy_outlook outlook = { 0 };
    double started_s = 0, read_s = -1e9, pv_w = 0, changed_s = 0;
    energy_policy_default(&policy);
    energy_battery_start(&battery);
    memset(ret, 0, sizeof *ret);
    ret->lowest_ratio = 1;
    for (double t = STEP_S; t < (double)plan->days * DAY_S; t += STEP_S) {
        double hour = fmod(t, DAY_S) / 3600, net_w = advance(&box, &policy, sun_w(plan, t), BASE_W + (running ? TRAIN_W : 0), &pv_w);
        if (hour < plan->lost_from_h || hour >= plan->lost_to_h) {
            struct gnm_reading r = measure(plan, &box, t, pv_w, net_w);
            battery.own_w = running ? TRAIN_W : 0;
            energy_battery_update(&battery, &policy, &r, 1);
            read_s = t;
        }
        before = mode;
        if (fmod(t, 3600) < STEP_S)
            look_ahead(plan, t, &outlook);
        struct energy_ahead ahead;
        energy_look_ahead(&policy, &battery, &outlook, (int64_t)t, &ahead);
        mode = energy_mode(&policy, &battery, &ahead, mode, t - changed_s);
        ret->mode_changes += mode != before;
        changed_s = mode != before ? t : changed_s;
        struct energy_request ask = { .purpose = GNM_TRAIN, .running = running, .now_ms = (int64_t)(t * 1e3), .speed = 1, .now_s = (int64_t)t, .solar_hour = hour, .job_s = JOB_S,
                                      .since_s = DAY_S, .cpu_c = NAN, .outlook = &outlook };
        struct gnm_grant grant;
        energy_decide(&policy, &battery, mode, &ask, &grant);
        int stale = t - read_s > policy.stale_s;
        ret->stale_starts += grant.allowed && !running && stale;
        ret->stale_runs += grant.allowed && stale;
        if (grant.allowed && !running) {
            ret->starts++;
            started_s = t;
        }
        ret->flaps += !grant.allowed && running && t - started_s < 600;
        running = grant.allowed;
        ret->train_h += running * STEP_S / 3600.0;
        ret->lowest_ratio = fmin(ret->lowest_ratio, box.soc);
        if (t == read_s)          /* between readings the age speaks for itself */
            judge_estimate(&battery, &box, ret);
    }
}

static void print(const char *name, const struct outcome *o)
{
    printf("%-12s %4.1f h trained in %d starts, %d flaps, charge >= %.0f %%, worst error %.1f points (%.1f beyond its bound), %d mode changes\n", name, o->train_h, o->starts,
           o->flaps, 100 * o->lowest_ratio, 100 * o->worst_error, 100 * o->worst_beyond, o->mode_changes);
}

START_TEST(with_a_true_current)
{
    struct plan plan = { 120, 1, 25, 25, 0.6, 0, 9, 0 };
    struct outcome o;
    simulate(&plan, &o);
    print("true current", &o);
    ck_assert_int_eq(o.full_seen, 1);
    ck_assert_double_gt(o.train_h, 20);
    ck_assert_double_lt(o.worst_error, 0.03);
    ck_assert_double_le(o.worst_beyond, 0);
    ck_assert_int_eq(o.flaps, 0);
    ck_assert_int_le(o.starts, 2 * plan.days);
}
END_TEST

START_TEST(with_powers_only)
{
    struct plan plan = { 120, 0, 25, 25, 0.6, 0, 9, 0 };
    struct outcome o;
    simulate(&plan, &o);
    print("powers only", &o);
    ck_assert_int_eq(o.full_seen, 1);
    ck_assert_double_lt(o.worst_error, 0.20);                 /* after a day without full, voltage at rest replaces the balance, and is no better */
    ck_assert_double_le(o.worst_beyond, 0.05);
    ck_assert_int_le(o.flaps, 1);
    ck_assert_int_le(o.starts, 3 * plan.days);
}
END_TEST

START_TEST(a_silent_controller_stops_training)
{
    struct plan plan = { 120, 1, 11, 14, 0.9, 0, 4, 0 };
    struct outcome o;
    simulate(&plan, &o);
    print("lost at noon", &o);
    ck_assert_int_gt(o.starts, 0);
    ck_assert_int_eq(o.stale_starts, 0);
    ck_assert_int_eq(o.stale_runs, 0);
    ck_assert_double_lt(o.worst_beyond, 0.01);
}
END_TEST

START_TEST(a_poor_panel_never_drains_the_battery)
{
    struct plan plan = { 35, 1, 25, 25, 0.9, 0, 12, 0 };
    struct outcome o, idle;
    simulate(&plan, &o);
    print("poor panel", &o);
    ck_assert_double_gt(o.lowest_ratio, 0.2);
    ck_assert_int_eq(o.flaps, 0);
    plan.start_ratio = 0.5;
    simulate(&plan, &idle);
    ck_assert_msg(idle.train_h < 1, "trained %g h on a battery that was never full", idle.train_h);
}
END_TEST

START_TEST(a_biased_sensor_is_caught_by_full)
{
    struct plan plan = { 120, 1, 25, 25, 0.6, 0.05, 9, 0 };
    struct outcome o;
    simulate(&plan, &o);
    print("biased", &o);
    ck_assert_double_lt(o.worst_error, 0.06);
}
END_TEST

START_TEST(a_night_at_the_threshold_does_not_flap)
{
    struct plan plan = { 120, 1, 25, 25, 0.6, 0, 3, 1 };
    struct outcome o;
    simulate(&plan, &o);
    print("then dark", &o);
    ck_assert_int_eq(o.full_seen, 1);
    ck_assert_int_ge(o.starts, 1);
    ck_assert_int_le(o.starts, 2);
    ck_assert_int_eq(o.flaps, 0);
    ck_assert_int_le(o.mode_changes, 6);        /* up to normal in the first morning, then down one by one */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("day");
    TCase *tests = tcase_create("simulated days");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, with_a_true_current);
    tcase_add_test(tests, with_powers_only);
    tcase_add_test(tests, a_silent_controller_stops_training);
    tcase_add_test(tests, a_poor_panel_never_drains_the_battery);
    tcase_add_test(tests, a_biased_sensor_is_caught_by_full);
    tcase_add_test(tests, a_night_at_the_threshold_does_not_flap);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
