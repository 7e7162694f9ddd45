/* Days of the whole daemon in virtual time, asserting limits. The plant decides when training may run; nothing here is scripted. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../support/box.h"
#include "../support/process.h"
#include "almanac/civil.h"

static int64_t at(const char *text)
{
    int64_t utc_s = 0;
    ck_assert_int_eq(civil_parse_time(text, &utc_s), 0);
    return utc_s;
}

START_TEST(three_days_in_may)
{
    struct box box;
    box_new(&box, 3, at("2026-05-12T01:00:00Z"), 0.45);
    box_history(&box);
    box_begin(&box);
    box_run(&box, 3);
    ck_assert_msg(box_logged(&box, "train: refused") >= 1, "%s", box.log.data);
    ck_assert_int_eq(box_logged(&box, "train: granted"), 0);
    ck_assert_msg(box_number(&box, "public/forecast.db", "SELECT count(*) FROM v1_forecast WHERE quality='fallback'") >= 14, "forecasts before the first training: %s", box.log.data);
    box_run(&box, 69);
    ck_assert_msg(box_logged(&box, "train: granted") >= 1, "%s", box.log.data);
    ck_assert_int_ge(box_logged(&box, "series learned"), 1);
    ck_assert_uint_ge(box.sim.total.polls, 3 * 1440);      /* every 60 s while saving, every 30 s otherwise */
    ck_assert_uint_le(box.sim.total.polls, 3 * 2880 + 5);
    box_end(&box);
    double minutes = box_number(&box, "state.db", "SELECT count(*) FROM reading_view");
    ck_assert_msg(minutes >= 0.85 * 3 * 1440 && minutes <= 3 * 1440 + 2, "%g minutes", minutes);
    double series = box_number(&box, "public/forecast.db", "SELECT count(*) FROM v1_series WHERE step='day'");
    ck_assert_int_ge((int)series, 3);
    ck_assert_double_eq(box_number(&box, "public/forecast.db", "SELECT count(DISTINCT series_id) FROM v1_forecast"), series);
    ck_assert_double_ge(box_number(&box, "public/forecast.db", "SELECT count(*) FROM v1_forecast WHERE p10<=p50 AND p50<=p90"), 14 * series);
    ck_assert_double_ge(box_number(&box, "public/forecast.db", "SELECT count(*) FROM v1_accuracy"), series);
    ck_assert_double_gt(box_number(&box, "public/forecast.db", "SELECT min(d) FROM (SELECT sum(co2e_g) AS d FROM v1_energy GROUP BY period_start)"), 0);
    ck_assert_double_ge(box_number(&box, "state.db", "SELECT count(*) FROM decision_view WHERE purpose='train' AND allowed=0"), 1);
    ck_assert_double_ge(box_number(&box, "state.db", "SELECT count(*) FROM decision_view WHERE purpose='train' AND allowed=1"), 1);
    box_free(&box);
}
END_TEST

START_TEST(a_silent_controller_stops_training_only)
{
    struct box box;
    box_new(&box, 4, at("2026-05-12T08:00:00Z"), 0.95);
    box_fault(&box, SIM_SILENT, 1);
    box_history(&box);
    box_begin(&box);
    box_run(&box, 24);
    ck_assert_int_eq(box_logged(&box, "train: granted"), 0);
    ck_assert_int_ge(box_logged(&box, "forecast: "), 1);
    int lines = box_logged(&box, "controller main");
    ck_assert_msg(lines >= 1 && lines <= 2, "%d lines", lines);       /* once a day */
    ck_assert_double_eq(box_number(&box, "state.db", "SELECT count(*) FROM reading_view"), 0);     /* no minute without a reading */
    box_fault(&box, SIM_SILENT, 0);
    box_run(&box, 6);
    ck_assert_int_eq(box_logged(&box, "answers again"), 1);
    box_free(&box);
}
END_TEST

START_TEST(a_dead_feed_costs_one_line_a_day)
{
    struct box box;
    box_new(&box, 5, at("2026-05-12T08:00:00Z"), 0.5);
    box_fault(&box, SIM_OFFLINE, 1);
    box_begin(&box);
    box_run(&box, 72);
    int lines = box_logged(&box, "feed met-norway");
    ck_assert_msg(lines >= 1 && lines <= 4, "%d lines:\n%s", lines, box.log.data);
    unsigned feeds = (unsigned)box.daemon->fetch.n;
    ck_assert_msg(box.sim.total.asked >= 10 * feeds && box.sim.total.asked <= 25 * feeds, "%u requests for %u feeds", box.sim.total.asked, feeds);
    box_fault(&box, SIM_OFFLINE, 0);
    unsigned before = box.sim.total.asked;
    box_run(&box, 24);
    ck_assert_msg(box.sim.total.asked - before <= 25 * feeds, "%u requests after the outage: a burst", box.sim.total.asked - before);
    ck_assert_double_ge(box_number(&box, "state.db", "SELECT count(*) FROM signal_view"), 1);
    box_free(&box);
}
END_TEST

START_TEST(an_untrusted_clock_polls_only_and_is_corrected)
{
    struct box box;
    box_new(&box, 6, at("2026-05-12T07:51:00Z"), 0.9);
    box_fault(&box, SIM_BADCLOCK, 1);
    box_begin(&box);
    box_run(&box, 0.15);
    ck_assert_msg(box.sim.total.polls >= 9, "%u polls: %s", box.sim.total.polls, box.log.data);      /* each 60 s while an unsure battery saves */
    ck_assert_uint_eq(box.sim.total.asked, 0);
    ck_assert_int_eq(box_logged(&box, "published"), 0);
    box_fault(&box, SIM_BADCLOCK, 0);           /* the time daemon has found the time */
    box_run(&box, 0.5);
    box_end(&box);
    double early = box_number(&box, "state.db", "SELECT count(*) FROM reading_view WHERE at < '2026-05-12'");
    double late = box_number(&box, "state.db", "SELECT count(*) FROM reading_view WHERE at >= '2026-05-12'");
    ck_assert_msg(early == 0 && late >= 35, "%g minutes in the wrong year, %g in the right one", early, late);
    box_free(&box);
}
END_TEST

START_TEST(a_restart_goes_on_where_it_was)
{
    struct box box;
    box_new(&box, 7, at("2026-05-12T10:00:00Z"), 0.97);
    box_history(&box);
    box_begin(&box);
    box_run(&box, 8);
    ck_assert_msg(box_logged(&box, "series learned") >= 1, "%s", box.log.data);
    box_end(&box);
    text_free(&box.log);
    box_begin(&box);
    box_run(&box, 2);
    ck_assert_int_eq(box_logged(&box, "series learned"), 0);
    ck_assert_double_ge(box_number(&box, "public/forecast.db", "SELECT count(*) FROM v1_forecast WHERE quality='ok'"), 14);
    box_free(&box);
}
END_TEST

/* Frugality is a choice, not a lack: with the sun throwing energy away an exhausted budget refuses until it refills. */
START_TEST(a_full_battery_does_not_loosen_a_budget)
{
    struct box box;
    box_new(&box, 9, at("2026-05-12T09:00:00Z"), 0.99);
    box_history(&box);
    box_begin(&box);
    box_run(&box, 0.02);
    box.daemon->used.day_j[GNM_TRAIN] = 1.01 * 3600 * box.daemon->config->limit[GNM_TRAIN].wh_per_day;
    box_run(&box, 6);
    ck_assert_msg(energy_is_float(&box.daemon->battery.last) && box.daemon->battery.soc_ratio > 0.99, "%s", box.log.data);
    ck_assert_msg(box_logged(&box, "train: refused, budget of train is used up: ") == 1, "%s", box.log.data);
    ck_assert_msg(box_logged(&box, "train: granted") == 0, "%s", box.log.data);
    box_run(&box, 24);
    ck_assert_msg(box_logged(&box, "train: granted") >= 1, "it refills at midnight\n%s", box.log.data);
    box_free(&box);
}
END_TEST

/* Spare sun goes into a search, around noon of a day after the first training; it is booked as what it was, and the daily trainings go on. */
START_TEST(spare_sun_searches_for_better_settings)
{
    struct box box;
    char path[200];
    box_new(&box, 9, at("2026-05-12T10:00:00Z"), 0.97);
    snprintf(path, sizeof path, "%s/gnomon.conf.d", box.folder);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    support_write(path, "search.conf", "[forecast]\nsearch_effort = 3\n");
    box_history(&box);
    box_begin(&box);
    box_run(&box, 20);
    ck_assert_int_ge(box_logged(&box, "train: day series learned"), 1);
    ck_assert_msg(box_logged(&box, "search: day series learned") == 0, "a model serves for a day first");
    box_run(&box, 52);
    ck_assert_int_eq(box_logged(&box, "search: day series learned"), 1);
    ck_assert_int_ge(box_logged(&box, "train: day series learned"), 2);
    box_end(&box);
    double hour = box_number(&box, "state.db", "SELECT min(CAST(strftime('%H', at) AS INTEGER)) FROM cost_view WHERE purpose = 'search' AND job LIKE 'search day%'");
    ck_assert_msg(hour >= 8 && hour < 16, "%g h UTC", hour);
    ck_assert_double_gt(box_number(&box, "state.db", "SELECT sum(joules) FROM cost_view WHERE purpose = 'search' AND job LIKE 'search day%'"), 1);
    ck_assert_double_eq(box_number(&box, "state.db", "SELECT count(*) FROM cost_view WHERE purpose = 'search' AND job = 'hour'"), 0);
    box_free(&box);
}
END_TEST

/* Power that may go at any moment ends a training under way, which goes on later where it was. */
START_TEST(halt_parks_a_training_with_its_checkpoint)
{
    struct box box;
    char path[200];
    struct stat st;
    box_new(&box, 9, at("2026-05-12T10:00:00Z"), 0.97);
    box_history(&box);
    box_begin(&box);
    box.daemon->units_per_ms /= 150;            /* half an hour of work */
    for (int i = 0; i < 400 && box_logged(&box, "train: granted") == 0; i++)
        box_run(&box, 0.01);
    box_run(&box, 0.05);
    ck_assert(box.daemon->learn.learner != NULL);
    double guard_v = box.daemon->config->energy.guard_v;
    box.daemon->config->energy.guard_v = 20;
    box_run(&box, 0.1);
    ck_assert_int_eq(box.daemon->mode, GNM_HALT);
    ck_assert_ptr_null(box.daemon->learn.learner);
    snprintf(path, sizeof path, "%s/state/training-day.checkpoint", box.folder);
    ck_assert_int_eq(stat(path, &st), 0);
    box.daemon->config->energy.guard_v = guard_v;
    box_run(&box, 3);
    ck_assert_int_eq(box_logged(&box, "train: resumed at"), 1);
    ck_assert_int_ge(box_logged(&box, "train: day series learned"), 1);
    box_free(&box);
}
END_TEST

/* Just above the voltage at which the load was cut before, at night: all work stops and what is known is written out, once. */
START_TEST(a_nearly_empty_battery_halts_and_writes_out)
{
    struct box box;
    char path[200];
    struct stat st;
    box_new(&box, 8, at("2026-05-12T20:00:00Z"), 0.175);
    box_history(&box);
    box_begin(&box);
    box.daemon->battery.soc_ratio = 0.175;      /* known from before */
    box.daemon->battery.uncertainty_ratio = 0.02;
    box.daemon->battery.cut_v = 12.80;
    int halted = 0;
    for (int i = 0; i < 40 && !halted; i++) {
        box_run(&box, 0.25);
        halted = box.daemon->mode == GNM_HALT;
    }
    ck_assert_msg(halted && box.sim.powered, "%s", box.log.data);
    ck_assert_int_eq(box_logged(&box, "mode: halt"), 1);
    ck_assert_double_eq(box_number(&box, "state.db", "SELECT count(*) FROM decision_view WHERE reason LIKE 'halt: %'"), 1);
    ck_assert_int_eq(box_logged(&box, "train: granted"), 0);
    snprintf(path, sizeof path, "%s/state/state.db-wal", box.folder);
    ck_assert_msg(stat(path, &st) != 0 || st.st_size < 262144, "%lld bytes are still in the log", (long long)st.st_size);
    ck_assert_double_ge(box_number(&box, "state.db", "SELECT count(*) FROM meta WHERE key = 'power.battery'"), 1);
    box_free(&box);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim days");
    TCase *tests = tcase_create("virtual time");
    tcase_set_timeout(tests, 150);
    tcase_add_test(tests, three_days_in_may);
    tcase_add_test(tests, a_silent_controller_stops_training_only);
    tcase_add_test(tests, a_dead_feed_costs_one_line_a_day);
    tcase_add_test(tests, an_untrusted_clock_polls_only_and_is_corrected);
    tcase_add_test(tests, a_restart_goes_on_where_it_was);
    tcase_add_test(tests, halt_parks_a_training_with_its_checkpoint);
    tcase_add_test(tests, a_full_battery_does_not_loosen_a_budget);
    tcase_add_test(tests, spare_sun_searches_for_better_settings);
    tcase_add_test(tests, a_nearly_empty_battery_halts_and_writes_out);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
