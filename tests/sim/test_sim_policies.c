/* The refill rule in its hardest weeks, held against no work at all and against a state of charge: tests/bench/policies.sh in short. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/process.h"
#include "almanac/civil.h"
#include "cli/simulate.h"

enum { SEEDS = 2, DAYS = 42 };

struct outcome { double off_h, halt_h, thrown_wh, work_wh; unsigned done, wanted, outages; };

/* A small panel at 52 N from the equinox on: first the battery is full every day, in the end it is empty. */
static struct simulate_args autumn(int seed, const char *policy)
{
    static char share[300];
    struct simulate_args a = { .days = DAYS, .seed = seed, .latitude_deg = 52, .longitude_deg = 4.35, .chemistry = "lifepo4", .policy = policy, .forecast_skill = 1, .poll_s = 300,
                               .share = share, .n_jobs = 2 };
    snprintf(share, sizeof share, "%s/config", support_root());
    a.start_s = civil_day(2025, 9, 15) * 86400;
    plant_config_default(&a.plant);
    a.plant.panel_w = 100;
    a.plant.battery_ah = 50;
    ck_assert_int_eq(simulate_job_parse("20min/day@7W", &a.job[0]), 0);
    ck_assert_int_eq(simulate_job_parse("120min/week@7W", &a.job[1]), 0);
    return a;
}

static struct outcome run(const struct simulate_args *a)
{
    struct outcome ret = { 0 };
    struct gnm_why why = { 0 };
    struct simulate *s = calloc(1, sizeof *s);
    ck_assert_msg(simulate_open(s, a, &why) == 0, "%s", why.text);
    ck_assert_msg(simulate_run(s, &why) == 0, "%s", why.text);
    const struct sim_total *t = &s->sim.total;
    ret = (struct outcome){ .off_h = (t->off_s + t->halt_s) / 3600, .halt_h = t->halt_s / 3600, .outages = t->outages, .thrown_wh = t->wasted_wh, .work_wh = t->work_wh };
    for (size_t i = 0; i < a->n_jobs; i++) {
        ret.done += s->job[i].done;
        ret.wanted += s->job[i].wanted;
        ck_assert_uint_le(s->job[i].done + s->job[i].missed, s->job[i].wanted);
    }
    simulate_close(s);
    free(s);
    return ret;
}

static struct outcome under(int seed, const char *policy)
{
    struct simulate_args a = autumn(seed, policy);
    return run(&a);
}

START_TEST(refill_takes_what_would_be_thrown_away)
{
    double soc_h = 0, refill_h = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
        struct outcome none = under(seed, "none"), refill = under(seed, "refill"), soc = under(seed, "soc:50,40");
        double work_wh = refill.work_wh - none.work_wh, share = (none.thrown_wh - refill.thrown_wh) / work_wh;
        printf("seed %d: refill %+.2f h, %u of %u, %.0f %% of %.0f Wh from light thrown away; 50/40 %+.2f h, %u\n", seed, refill.off_h - none.off_h, refill.done, refill.wanted,
               100 * share, work_wh, soc.off_h - none.off_h, soc.done);
        ck_assert_uint_eq(none.done, 0);
        ck_assert_uint_ge(refill.done, 10);
        ck_assert_double_ge(share, 0.95);
        ck_assert_double_le(refill.off_h - none.off_h, 0.5);
        ck_assert_double_gt(soc.off_h - none.off_h, 2);
        refill_h += refill.off_h - none.off_h;
        soc_h += soc.off_h - none.off_h;
    }
    ck_assert_double_lt(refill_h, 0.05 * soc_h);
}
END_TEST

/* A box that dims itself while it saves runs longer, and the plant carries less. */
START_TEST(saving_keeps_the_box_alive)
{
    struct simulate_args a = autumn(2, "none");
    a.n_jobs = 0;
    a.set = "publish.every=24h";
    struct outcome plain = run(&a);
    a.saver_w = 1.5;
    struct outcome dimmed = run(&a);
    printf("not running %.1f h, with 1.5 W less while saving %.1f h\n", plain.off_h, dimmed.off_h);
    ck_assert_double_gt(plain.off_h, 10);
    ck_assert_double_lt(dimmed.off_h, plain.off_h / 3);
}
END_TEST

/* The first cut teaches where this controller cuts; before the others the box stops itself, and not hours too early. */
START_TEST(halt_comes_just_before_the_cut)
{
    struct simulate_args a = autumn(1, "none");
    a.n_jobs = 0;
    a.set = "publish.every=24h";
    a.start_s = civil_day(2025, 1, 1) * 86400;
    struct outcome january = run(&a);
    printf("%u cuts, without power %.0f h, in halt before them %.2f h\n", january.outages, january.off_h - january.halt_h, january.halt_h);
    ck_assert_uint_ge(january.outages, 4);
    ck_assert_double_ge(january.halt_h, 0.05 * (january.outages - 1));
    ck_assert_double_le(january.halt_h, 0.75 * (january.outages - 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim policies");
    TCase *tests = tcase_create("autumn");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, refill_takes_what_would_be_thrown_away);
    tcase_add_test(tests, halt_comes_just_before_the_cut);
    tcase_add_test(tests, saving_keeps_the_box_alive);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
