/* `gnomon simulate` from inside: a month with every fault once, the same bytes from the same seed, bad input refused in one sentence; and, with GNOMON_NIGHTLY
 * set, the year of twenty towns (GNOMON_SEEDS of them) against limits. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/process.h"
#include "almanac/civil.h"
#include "base/file.h"
#include "base/hash.h"
#include "cli/simulate.h"

enum { FILE_MAX = 256 << 20, BUDGET_BYTES = 8000000, MEMORY_KIB = 64, SEEDS = 20 };

static const char *share(void)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/config", support_root());
    return path;
}

static struct simulate_args plain(int64_t days, int64_t series)
{
    struct simulate_args a = { .days = days, .seed = 1, .series = series, .latitude_deg = 50.85, .longitude_deg = 4.35, .chemistry = "lifepo4", .forecast_skill = 1, .poll_s = 30, .share = share() };
    int64_t day = civil_day(2025, 5, 1);
    plant_config_default(&a.plant);
    a.start_s = day * 86400;
    return a;
}

static void add_job(struct simulate_args *a, const char *text)
{
    ck_assert_int_eq(simulate_job_parse(text, &a->job[a->n_jobs++]), 0);
}

static void run(struct simulate *s, const struct simulate_args *a)
{
    struct gnm_why why = { 0 };
    memset(s, 0, sizeof *s);
    ck_assert_msg(simulate_open(s, a, &why) == 0, "%s", why.text);
    ck_assert_msg(simulate_run(s, &why) == 0, "%s", why.text);
    ck_assert_msg(simulate_judge(s, &why) == 0, "%s", why.text);
}

static char *query(const struct simulate *s, const char *database, const char *sql)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", s->state, database);
    return support_sql(path, sql);
}

static void expect_sql(const struct simulate *s, const char *database, const char *sql, const char *wanted)
{
    char *got = query(s, database, sql);
    ck_assert_msg(strcmp(got, wanted) == 0, "%s: %s gives %s, not %s", database, sql, got, wanted);
    free(got);
}

/* What must hold however the run went: a forecast for each series and day, none twice, a whole ledger, whole files. */
static void expect_sound(const struct simulate *s)
{
    double off_s = s->sim.total.off_s + s->sim.total.cut_s;
    ck_assert_msg(s->score.missed == 0 || off_s > 86400, "%ld of %ld forecasts missed", s->score.missed, s->score.wanted);
    ck_assert_int_gt(s->score.wanted, 0);
    ck_assert_int_eq(s->score.repeated, 0);
    expect_sql(s, "state.db", "PRAGMA integrity_check", "ok");
    expect_sql(s, "public/forecast.db", "PRAGMA integrity_check", "ok");
    expect_sql(s, "state.db", "SELECT count(*) FROM (SELECT 1 FROM minute GROUP BY key HAVING count(*) > 1)", "0");
}

static double number(const struct simulate *s, const char *format, int64_t from_s, int64_t until_s)
{
    char sql[400];
    snprintf(sql, sizeof sql, format, (long long)from_s, (long long)until_s);
    char *text = query(s, "state.db", sql);
    double ret = atof(text);
    free(text);
    return ret;
}

/* The ledger of the hot day: training refused for the heat, none done while it lasts, granted and done within a day of its end. */
static void expect_refused_while_hot(const struct simulate *s)
{
    size_t i = 0;
    while (i < s->faults.n && s->faults.fault[i].kind != SIM_HOT)
        i++;
    ck_assert_uint_lt(i, s->faults.n);
    int64_t from_s = s->args.start_s + s->faults.fault[i].from_ms / 1000, until_s = s->args.start_s + s->faults.fault[i].until_ms / 1000;
    int64_t refused_s = (int64_t)number(s, "SELECT ifnull(min(at_s), 0) FROM decision WHERE purpose = 5 AND allowed = 0 AND reason LIKE 'battery at %% C is too hot; at most 50 C'"
                                           " AND at_s BETWEEN %lld AND %lld", from_s, until_s);
    ck_assert_msg(refused_s > 0, "no training was refused for the heat");
    ck_assert_double_eq(number(s, "SELECT count(*) FROM cost WHERE purpose = 5 AND at_s BETWEEN %lld AND %lld", refused_s, until_s), 0);
    ck_assert_double_ge(number(s, "SELECT count(*) FROM decision WHERE purpose = 5 AND allowed = 1 AND at_s BETWEEN %lld AND %lld", until_s, until_s + 86400), 1);
    ck_assert_double_ge(number(s, "SELECT count(*) FROM cost WHERE purpose = 5 AND at_s BETWEEN %lld AND %lld", until_s, until_s + 86400), 1);
}

START_TEST(a_month_with_every_fault)
{
    struct simulate *s = calloc(1, sizeof *s);
    struct simulate_args a = plain(30, 8);
    char faults[300];
    snprintf(faults, sizeof faults, "%s/tests/sim/every-fault.faults", support_root());
    a.faults = faults;
    run(s, &a);
    expect_sound(s);
    expect_refused_while_hot(s);
    unsigned cuts = 0, kinds = 0, providers = 0;
    for (size_t i = 0; i < s->faults.n; i++) {
        cuts += s->faults.fault[i].kind == SIM_POWERCUT;
        kinds |= 1u << s->faults.fault[i].kind;
    }
    for (size_t i = 0; i < s->provider_faults.n; i++)
        providers |= 1u << s->provider_faults.fault[i].kind;
    ck_assert_uint_eq(kinds, (1u << SIM_FAULTS) - 1);
    ck_assert_uint_eq(providers, (1u << PROVIDER_FAULT_KINDS) - 1);
    ck_assert_uint_eq(s->disk.cuts, cuts);
    ck_assert_uint_eq(s->starts, cuts + 2);                          /* the first, and the one with the wrong clock */
    ck_assert_uint_gt(s->disk.taken_back, 0);
    ck_assert_msg(s->ledger_gap_s < 3 * 3600, "%g s without a line in the ledger", s->ledger_gap_s);     /* the cuts, the full disk and a stepped clock */
    ck_assert_uint_ge(s->sim.total.failed_polls, 5 * 120);
    ck_assert_uint_ge(s->provider_faults.n, 8);
    ck_assert_uint_gt(s->sim.total.answered, 100);
    ck_assert_uint_lt(s->sim.total.answered, s->sim.total.asked);
    ck_assert_uint_ge(s->learned, 10);
    expect_sql(s, "state.db", "SELECT count(*) FROM minute WHERE key >> 4 < (SELECT max(key >> 4) FROM minute) - 40 * 1440", "0");
    char *minutes = query(s, "state.db", "SELECT count(*) FROM minute");
    ck_assert_msg(atof(minutes) > 0.9 * 30 * 1440, "%s minutes kept", minutes);
    free(minutes);
    ck_assert_double_lt(s->score.wape, s->score.naive_wape);
    ck_assert_double_gt(s->score.wape, s->score.floor_wape * 0.8);
    simulate_close(s);
    free(s);
}
END_TEST

/* How many numbers the daily businesses wrote down. */
static int reported(const struct simulate *s, int64_t first_day, int days)
{
    int n = 0;
    double value;
    for (size_t i = 0; i < town_size(s->sim.world.town); i++)
        for (int k = 0; k < days && !town_business(s->sim.world.town, i)->kind->weekly; k++)
            n += town_value(s->sim.world.town, i, first_day + k, &value);
    return n;
}

/* Whatever write the power fails in, the next start finds whole files and nothing that was made durable is missing. */
START_TEST(a_cut_in_any_write_leaves_whole_files)
{
    enum { CUTS = 48 };
    char folder[128], path[200];
    struct text lines = { 0 };
    struct simulate *s = calloc(1, sizeof *s);
    struct simulate_args a = plain(4, 3);
    for (int i = 0; i < CUTS; i++)
        ck_assert_int_eq(text_printf(&lines, "%.4f powercut 3m %d\n", 0.2 + 0.078 * i, 1 + i * i % 53), 0);
    support_folder(folder);
    support_write(folder, "cuts", "%s", lines.data);
    snprintf(path, sizeof path, "%s/cuts", folder);
    a.faults = path;
    a.seed = 20 + _i;
    run(s, &a);
    expect_sound(s);
    ck_assert_uint_ge(s->disk.cuts, CUTS * 9 / 10);
    ck_assert_uint_eq(s->starts, s->disk.cuts + 1);
    char wanted[16];
    snprintf(wanted, sizeof wanted, "%d", reported(s, civil_day(2025, 5, 1), 3));
    expect_sql(s, "state.db", "SELECT count(*) FROM activity_view WHERE date >= '2025-05-01' AND date < '2025-05-04'", wanted);
    char *minutes = query(s, "state.db", "SELECT count(*) FROM minute");      /* each cut may cost the ten minutes of the commit it strikes, its own three, the start and the minute begun */
    ck_assert_msg(atof(minutes) > 4 * 1440 - CUTS * 15, "%s minutes kept", minutes);
    free(minutes);
    simulate_close(s);
    free(s);
    text_free(&lines);
    support_remove(folder);
}
END_TEST

static uint64_t hash_of(const struct simulate *s, const char *name)
{
    char path[300], *data;
    size_t len;
    struct gnm_why why = { 0 };
    snprintf(path, sizeof path, "%s/%s", s->state, name);
    ck_assert_msg(file_read(path, FILE_MAX, &data, &len, &why) == 0, "%s", why.text);
    uint64_t hash = hash_bytes(HASH_START, data, len);
    free(data);
    return hash;
}

static uint64_t hash_of_run(int64_t seed)
{
    struct simulate *s = calloc(1, sizeof *s);
    struct simulate_args a = plain(4, 6);
    a.seed = seed;
    a.plant.soc_ratio = 0.9;
    run(s, &a);
    ck_assert_uint_gt(s->learned, 0);
    uint64_t hash = hash_of(s, "state.db");
    simulate_close(s);
    free(s);
    return hash;
}

START_TEST(the_same_seed_gives_the_same_bytes)
{
    uint64_t first = hash_of_run(5), again = hash_of_run(5), other = hash_of_run(6);
    printf("state.db of seed 5: %016llx\n", (unsigned long long)first);
    ck_assert_uint_eq(first, again);
    ck_assert_uint_ne(first, other);
}
END_TEST

/* How far what was said of the cloud a day ahead lies from what was said last, in percent of the sky; -1 when nobody said anything. */
static double cloud_off_by(double skill)
{
    struct simulate *s = calloc(1, sizeof *s);
    struct simulate_args a = plain(8, 0);
    a.forecast_skill = skill;
    run(s, &a);
    char *text = query(s, "state.db", "WITH said AS MATERIALIZED (SELECT valid, value, 24 * (julianday(valid) - julianday(issued)) AS lead_h FROM signal_view "
                                      "WHERE feed = 'met-norway' AND series = 'cloud_hour') SELECT coalesce(avg(abs(a.value - b.value)), -1) FROM said a JOIN said b "
                                      "USING (valid) WHERE a.lead_h BETWEEN 24 AND 36 AND b.lead_h BETWEEN 0 AND 5");
    double ret = atof(text);
    ck_assert_int_eq((int)s->sim.total.answered > 20, skill >= 0);
    free(text);
    simulate_close(s);
    free(s);
    return ret;
}

START_TEST(weather_services_know_much_little_or_nothing)
{
    double good = cloud_off_by(1), poor = cloud_off_by(0.5), none = cloud_off_by(-1);
    ck_assert_msg(good > 1 && good < 25, "%g", good);
    ck_assert_msg(poor > 1.3 * good, "%g after %g", poor, good);
    ck_assert_double_eq(none, -1);
}
END_TEST

/* So little sun that the load is cut: the run says so and who caused it. */
START_TEST(a_small_panel_in_winter_runs_dry)
{
    struct simulate *s = calloc(1, sizeof *s);
    struct simulate_args a = plain(12, 3);
    a.start_s = civil_day(2025, 12, 1) * 86400;
    a.plant.panel_w = 60;
    a.plant.battery_ah = 30;
    run(s, &a);
    ck_assert_uint_ge(s->sim.total.outages, 1);
    ck_assert_uint_eq(s->starts, s->sim.total.outages + 1 - (unsigned)!s->sim.world.plant.load_on);
    ck_assert_double_gt(s->sim.total.off_anyway_s, 0);
    ck_assert_double_le(s->sim.total.off_anyway_s, s->sim.total.off_s);
    expect_sql(s, "state.db", "PRAGMA integrity_check", "ok");
    simulate_close(s);
    free(s);
}
END_TEST

/* Heavy work on a policy that never refuses empties a battery that the sun alone would have kept. */
START_TEST(a_job_costs_what_it_draws)
{
    struct simulate *s = calloc(1, sizeof *s);
    struct simulate_args a = plain(5, 3);
    add_job(&a, "20min/day@7W");
    a.plant.soc_ratio = 0.9;
    run(s, &a);
    ck_assert_uint_ge(s->learned, 4);
    double wh = s->purpose_j[GNM_TRAIN] / 3600 / s->learned;
    ck_assert_msg(wh > 0.97 * 7.0 / 3 && wh < 1.05 * 7.0 / 3, "%g Wh a job of 20 minutes at 7 W, by the watts learned at the battery", wh);
    double extra_wh = s->sim.world.plant.load_wh - s->sim.alone.load_wh;
    ck_assert_msg(extra_wh > 0.9 * s->learned * 7.0 / 3 && extra_wh < 1.2 * s->learned * 7.0 / 3, "the plant carried %g Wh more", extra_wh);
    simulate_close(s);
    free(s);
}
END_TEST

/* ---- bad input ---- */

static void refuse_faults(const char *text, const char *wanted)
{
    struct sim_faults faults = { .n = 0 };
    struct gnm_why why = { 0 };
    ck_assert_int_eq(sim_faults_read("f", text, strlen(text), &faults, &why), -EINVAL);
    ck_assert_msg(strstr(why.text, wanted) != NULL, "%s", why.text);
    ck_assert_uint_eq(faults.n, 0);
}

START_TEST(malformed_faults_are_named_by_line)
{
    refuse_faults("1 silent\n2 slient\n", "f:2: there is no fault 'slient'; did you mean silent?");
    refuse_faults("x silent\n", "f:1: 'x' is not a day");
    refuse_faults("\n\n3\n", "f:3: a day without a fault");
    refuse_faults("1 silent 5q\n", "f:1: silent takes a duration, not '5q'");
    refuse_faults("1 garbled 5h 2\n", "f:1: '2' is not a number from 0.001 to 1");
    refuse_faults("1 hot 5h 20 30\n", "more than DAY KIND DURATION ARG");
    refuse_faults("-1 silent\n", "f:1: '-1' is not a day");
    struct sim_faults faults = { .n = 0 };
    ck_assert_int_eq(sim_faults_read("f", "# a comment\n0.5 powercut 1h 3 # so\n", 34, &faults, NULL), 0);
    ck_assert_uint_eq(faults.n, 1);
    ck_assert_int_eq(faults.fault[0].from_ms, 43200000);
    ck_assert_int_eq(faults.fault[0].until_ms, 46800000);
    ck_assert_ptr_nonnull(sim_fault_at(&faults, SIM_POWERCUT, 43200000));
    ck_assert_ptr_null(sim_fault_at(&faults, SIM_POWERCUT, 46800000));
    ck_assert_ptr_null(sim_fault_at(&faults, SIM_SILENT, 43200000));
}
END_TEST

static void refuse(const struct simulate_args *a, const char *wanted)
{
    struct simulate *s = calloc(1, sizeof *s);
    struct gnm_why why = { 0 };
    int r = simulate_open(s, a, &why);
    ck_assert_msg(r < 0 && strstr(why.text, wanted) != NULL, "%d: %s", r, why.text);
    simulate_close(s);
    free(s);
}

START_TEST(impossible_boxes_do_not_run)
{
    struct simulate_args a = plain(2, 2);
    a.latitude_deg = 91;
    refuse(&a, "latitude");
    a = plain(2, 2);
    a.plant.panel_w = -5;
    refuse(&a, "panel");
    a = plain(2, 2);
    a.plant.battery_ah = 0;
    refuse(&a, "battery");
    a = plain(2, 2);
    a.set = "train_sok_ratio=1";
    refuse(&a, "train_sok_ratio");
    a = plain(2, 2);
    a.zone = "Mars/Olympus";
    refuse(&a, "Mars/Olympus");
    a = plain(2, 2);
    a.irradiance = "/nowhere.csv";
    refuse(&a, "/nowhere.csv");
    a = plain(2, 2);
    a.country = "XX";
    refuse(&a, "XX");
}
END_TEST

START_TEST(a_measured_year_with_a_bad_line_is_refused)
{
    char folder[128], path[200];
    struct simulate_args a = plain(2, 2);
    support_folder(folder);
    support_write(folder, "sun.csv", "time_utc,ghi_wm2\n01-01T00:00,0\n01-01T01:00,bright\n");
    snprintf(path, sizeof path, "%s/sun.csv", folder);
    a.irradiance = path;
    refuse(&a, "3");
    support_remove(folder);
}
END_TEST

START_TEST(the_picture_is_whole)
{
    struct simulate *s = calloc(1, sizeof *s);
    struct simulate_args a = plain(3, 2);
    struct text svg = { 0 };
    run(s, &a);
    ck_assert_int_eq(simulate_picture(s, &svg), 0);
    ck_assert_ptr_nonnull(strstr(svg.data, "</svg>"));
    ck_assert_ptr_null(strstr(svg.data, "nan"));
    ck_assert_ptr_null(strstr(svg.data, "inf"));
    text_free(&svg);
    simulate_close(s);
    free(s);
}
END_TEST

/* ---- nightly ---- */

START_TEST(a_year_of_another_town)
{
    if (getenv("GNOMON_NIGHTLY") == NULL)
        return;
    char folder[128], faults[200];
    struct simulate *s = calloc(1, sizeof *s);
    struct simulate_args a = plain(365, 30);
    support_folder(folder);
    support_write(folder, "hot.faults", "169.75 hot 20h 50\n");      /* from the evening before, as a job is wanted from midnight on */
    snprintf(faults, sizeof faults, "%s/hot.faults", folder);
    a.faults = faults;
    a.seed = 100 + _i;
    a.start_s = civil_day(2025, 1, 1) * 86400;
    add_job(&a, "20min/day@7W");
    run(s, &a);
    support_remove(folder);
    expect_sound(s);
    expect_refused_while_hot(s);
    double lost_s = s->starts > 1 ? 3600 + s->sim.total.off_s : 0;      /* an outage takes the hour that was not booked yet */
    ck_assert_msg(s->ledger_gap_s < 60 + lost_s, "%g s without a line in the ledger", s->ledger_gap_s);
    ck_assert_msg((double)s->written.device_bytes / 365 <= BUDGET_BYTES, "%g bytes a day", (double)s->written.device_bytes / 365);
    ck_assert_uint_ge(s->months, 11);            /* a box that is empty on the last day of December has no memory to look at */
    size_t last = s->months - 1;
    size_t from = (size_t)(s->started_ms / (30 * 86400000LL)) + 1;      /* a box that was off in winter begins again with an empty memory */
    double grown_kib = from < last ? s->private_kib[last] - s->private_kib[from] : 0;
    ck_assert_msg(grown_kib <= MEMORY_KIB, "%g KiB more in month %zu than in month %zu", grown_kib, last + 1, from + 1);
    printf("seed %d: %.1f CPU s, %.1f s; %.2f MB a day; %+.0f KiB; WAPE %.3f, floor %.3f\n", 100 + _i, s->cpu_s, s->wall_s, (double)s->written.device_bytes / 365e6,
           grown_kib, s->score.wape, s->score.floor_wape);
    simulate_close(s);
    free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim year");
    TCase *month = tcase_create("months"), *input = tcase_create("input"), *nightly = tcase_create("nightly");
    tcase_set_timeout(month, 240);
    tcase_add_test(month, a_month_with_every_fault);
    tcase_add_loop_test(month, a_cut_in_any_write_leaves_whole_files, 0, 3);
    tcase_add_test(month, the_same_seed_gives_the_same_bytes);
    tcase_add_test(month, a_small_panel_in_winter_runs_dry);
    tcase_add_test(month, a_job_costs_what_it_draws);
    tcase_add_test(month, the_picture_is_whole);
    tcase_add_test(month, weather_services_know_much_little_or_nothing);
    tcase_set_timeout(input, 30);
    tcase_add_test(input, malformed_faults_are_named_by_line);
    tcase_add_test(input, impossible_boxes_do_not_run);
    tcase_add_test(input, a_measured_year_with_a_bad_line_is_refused);
    tcase_set_timeout(nightly, 3600);     /* fifty seconds of CPU, on a machine that does other things at night */
    int first = 0, end = getenv("GNOMON_NIGHTLY") == NULL ? 1 : SEEDS;
    if (getenv("GNOMON_SEEDS") != NULL)            /* "7": so many; "10-20": from the tenth on, for machines that share the work */
        first = sscanf(getenv("GNOMON_SEEDS"), "%d-%d", &first, &end) == 2 ? first : (end = first, 0);
    tcase_add_loop_test(nightly, a_year_of_another_town, first, end);
    suite_add_tcase(suite, month);
    suite_add_tcase(suite, input);
    suite_add_tcase(suite, nightly);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
