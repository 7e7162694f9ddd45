/* The parts of the commands that need no program: readiness limits, file names, tables, JSON. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "base/json.h"
#include "cli/import.h"
#include "cli/readiness.h"
#include "cli/show.h"

/* ---- readiness ---- */

enum { DAYS_MAX = 1200 };

static size_t days(int64_t *day, int64_t first, size_t n, int64_t step)
{
    for (size_t i = 0; i < n; i++)
        day[i] = first + (int64_t)i * step;
    return n;
}

static int judge(const int64_t *day, size_t n, unsigned closed, char text[240])
{
    struct readiness r;
    readiness_measure(day, n, closed, &r);
    return readiness_judge(&r, text, 240);
}

START_TEST(half_a_year_of_days_is_enough_and_a_day_less_is_not)
{
    int64_t day[DAYS_MAX];
    char text[240];
    ck_assert_int_eq(judge(day, days(day, 20000, 180, 1), 0, text), 1);
    ck_assert_str_eq(text, "180 days, 0 missing");
    ck_assert_int_eq(judge(day, days(day, 20000, 179, 1), 0, text), 0);
    ck_assert_str_eq(text, "179 days, at least 180 are needed");
}
END_TEST

START_TEST(a_gap_of_seven_days_passes_and_of_eight_does_not)
{
    int64_t day[DAYS_MAX];
    char text[240];
    days(day, civil_day(2025, 1, 1), 300, 1);
    for (size_t i = 100; i < 300; i++)
        day[i] += 7;
    ck_assert_int_eq(judge(day, 300, 0, text), 1);
    for (size_t i = 100; i < 300; i++)
        day[i] += 1;
    ck_assert_int_eq(judge(day, 300, 0, text), 0);
    ck_assert_str_eq(text, "a gap of 8 days from 2025-04-11, at most 7");
}
END_TEST

START_TEST(closed_weekdays_are_not_missing)
{
    int64_t day[DAYS_MAX];
    size_t n = 0;
    char text[240];
    unsigned weekend = 1u << 5 | 1u << 6;
    for (int64_t d = 20000; n < 200; d++)
        if (!(weekend & (1u << civil_weekday(d))))
            day[n++] = d;
    ck_assert_int_eq(judge(day, n, weekend, text), 1);
    ck_assert_str_eq(text, "200 days, 0 missing");
    ck_assert_int_eq(judge(day, n, 0, text), 0);
    ck_assert_ptr_nonnull(strstr(text, "% of the days are missing, at most 20 %"));
}
END_TEST

START_TEST(weeks_want_two_years_and_one_weekday)
{
    int64_t day[DAYS_MAX];
    char text[240];
    ck_assert_int_eq(judge(day, days(day, 20000, 104, 7), 0, text), 1);
    ck_assert_int_eq(judge(day, days(day, 20000, 103, 7), 0, text), 0);
    days(day, 20000, 110, 7);
    day[50] += 1;
    ck_assert_int_eq(judge(day, 110, 0, text), 0);
    ck_assert_str_eq(text, "the weeks' dates fall on 2 weekdays, one is needed");
    days(day, 20000, 110, 7);
    for (size_t i = 60; i < 110; i++)
        day[i] += 7 * 6;
    ck_assert_int_eq(judge(day, 110, 0, text), 0);
    ck_assert_ptr_nonnull(strstr(text, "a gap of 6 weeks"));
}
END_TEST

START_TEST(months_of_any_length_are_months)
{
    int64_t day[DAYS_MAX];
    char text[240];
    size_t n = 0;
    for (int64_t month = civil_month_index(20000); n < 30; month++)
        day[n++] = civil_month_first(month);
    ck_assert_int_eq(judge(day, n, 0, text), 1);
    ck_assert_str_eq(text, "30 months, 0 missing");
}
END_TEST

START_TEST(few_values_are_no_crash)
{
    int64_t day[2] = { 20000, 20001 };
    char text[240];
    ck_assert_int_eq(judge(day, 0, 0, text), 0);
    ck_assert_int_eq(judge(day, 1, 0, text), 0);
    ck_assert_str_eq(text, "1 day, at least 180 are needed");
    ck_assert_int_eq(judge(day, 2, 0, text), 0);
}
END_TEST

/* ---- import ---- */

START_TEST(inbox_names_keep_the_stem_and_get_a_suffix)
{
    static const struct { const char *path, *name; int r; } cases[] = {
        { "sales.csv", "sales.csv", 0 },         { "/tmp/a b/Shop North.CSV", "Shop North.csv", 0 }, { "x.jsonl", "x.jsonl", 0 },
        { "data/export.txt", "export.csv", 0 },  { "noend", "noend.csv", 0 },                        { ".hidden.json", "hidden.json", 0 },
        { "dir/", NULL, -EINVAL },               { "..", NULL, -EINVAL },                            { "", NULL, -EINVAL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[128] = "untouched";
        ck_assert_int_eq(import_name(cases[i].path, name, sizeof name), cases[i].r);
        ck_assert_str_eq(name, cases[i].r == 0 ? cases[i].name : "untouched");
    }
    char longest[300], name[128];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_int_eq(import_name(longest, name, sizeof name), -ENAMETOOLONG);
}
END_TEST

/* ---- output ---- */

START_TEST(cells_count_characters_not_bytes)
{
    struct cli_out out = { 0 };
    out_cell(&out, "Café", 6);
    out_printf(&out, "|");
    out_cell(&out, "Bäckerei", 3);
    out_printf(&out, "|");
    ck_assert_str_eq(out.text.data, "Café  |Bäc|");
    text_free(&out.text);
}
END_TEST

START_TEST(json_is_whole_and_missing_is_null)
{
    struct cli_out out = { 0 };
    struct gnm_why why = { 0 };
    double x;
    out_json_begin(&out, 0);
    out_json_text(&out, "quote\"", "a\nb");
    out_json_number(&out, "nan", NAN);
    out_json_time(&out, "never", 0);
    out_json_open(&out, "list", '[');
    for (int i = 0; i < 2; i++) {
        out_json_open(&out, NULL, '{');
        out_json_number(&out, "i", i);
        out_json_close(&out, '}');
    }
    out_json_close(&out, ']');
    out_json_close(&out, '}');
    struct json *doc = json_parse(out.text.data, out.text.len, 0, &why);
    ck_assert_msg(doc != NULL, "%s in %s", why.text, out.text.data);
    ck_assert_str_eq(json_string(json_member(doc, "contract")), "1.0");
    ck_assert_str_eq(json_string(json_member(doc, "generated_at")), "1970-01-01T00:00:00Z");
    ck_assert_str_eq(json_string(json_member(doc, "quote\"")), "a\nb");
    ck_assert_int_eq(json_type(json_member(doc, "nan")), JSON_NULL);
    ck_assert_int_eq(json_type(json_member(doc, "never")), JSON_NULL);
    ck_assert_int_eq(json_number(json_pointer(doc, "/list/1/i"), &x), 0);
    ck_assert_double_eq(x, 1);
    json_free(doc);
    text_free(&out.text);
}
END_TEST

START_TEST(ages_read_as_people_say_them)
{
    char text[CLI_AGE];
    ck_assert_str_eq(cli_age(-5, text), "0 s");
    ck_assert_str_eq(cli_age(119, text), "119 s");
    ck_assert_str_eq(cli_age(120, text), "2 min");
    ck_assert_str_eq(cli_age(7200, text), "2 h");
    ck_assert_str_eq(cli_age(172800, text), "2 d");
    ck_assert_str_eq(cli_age(INT64_MAX, text), "106751991167300 d");
}
END_TEST

/* ---- tables ---- */

static struct query_forecast forecast(const char *series, const char *date, double p50)
{
    struct query_forecast f = { .data_age_s = 7200, .horizon = 1, .mean = p50, .p10 = p50 - 2, .p50 = p50, .p90 = p50 + 2, .baseline = NAN };
    snprintf(f.series, sizeof f.series, "%s", series);
    snprintf(f.target_date, sizeof f.target_date, "%s", date);
    snprintf(f.unit, sizeof f.unit, "visits");
    snprintf(f.quality, sizeof f.quality, "fallback");
    snprintf(f.model, sizeof f.model, "naive");
    return f;
}

START_TEST(the_table_shows_only_its_series_and_the_next_periods)
{
    struct query_series series[2] = { { .series = "a", .step = "day", .last_date = "2026-05-13" }, { .series = "b", .step = "day" } };
    struct query_forecast row[3] = { forecast("a", "2026-05-14", 20), forecast("a", "2026-05-15", 30), forecast("b", "2026-05-14", 99) };
    struct show_list list = { series, 2, row, 3 };
    struct cli_out out = { 0 };
    show_forecast(&list, 0, 1, &out);
    ck_assert_str_eq(out.text.data, "\na (visits by day), data to 2026-05-13 (2 h old)\n"
                                    "  day               p10        p50        p90   baseline  quality   model\n"
                                    "  2026-05-14       18.0       20.0       22.0          -  fallback  naive\n");
    text_free(&out.text);
    list.n = 2;
    show_forecast(&list, 1, 0, &out);
    ck_assert_str_eq(out.text.data, "\nb (by day): no forecast yet\n");
    text_free(&out.text);
}
END_TEST

static struct query_energy energy(const char *purpose, const char *method, double wh, double g)
{
    struct query_energy e = { .start_s = 86400, .end_s = 172800, .energy_wh = wh, .co2e_g = g, .uncertainty_pct = 20, .intensity_g_per_kwh = 48 };
    snprintf(e.purpose, sizeof e.purpose, "%s", purpose);
    snprintf(e.method, sizeof e.method, "%s", method);
    return e;
}

START_TEST(energy_is_summed_and_never_zero_grams)
{
    struct query_energy row[4] = {energy("train", "cpu_config", 0.001, 0.000048), energy("train", "cpu_config", 0.003, 0.000144),
                                  energy("train", "rapl", 1, 0.048), energy("poll", "", NAN, NAN)};
    struct show_energy sum[SHOW_ENERGY_MAX];
    struct cli_out out = { 0 };
    ck_assert_uint_eq(show_energy_sum(row, 4, sum), 3);
    ck_assert_double_eq_tol(sum[0].wh, 0.004, 1e-12);
    ck_assert_double_eq_tol(sum[0].uncertainty_pct, 20, 1e-9);
    show_energy(sum, 3, &out);
    ck_assert_ptr_nonnull(strstr(out.text.data, "0.00019  cpu_config"));
    ck_assert_ptr_nonnull(strstr(out.text.data, "not measured"));
    ck_assert_ptr_null(strstr(out.text.data, " 0  "));
    text_free(&out.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli_parts");
    TCase *tcase = tcase_create("parts");
    tcase_set_timeout(tcase, 10);
    tcase_add_test(tcase, half_a_year_of_days_is_enough_and_a_day_less_is_not);
    tcase_add_test(tcase, a_gap_of_seven_days_passes_and_of_eight_does_not);
    tcase_add_test(tcase, closed_weekdays_are_not_missing);
    tcase_add_test(tcase, weeks_want_two_years_and_one_weekday);
    tcase_add_test(tcase, months_of_any_length_are_months);
    tcase_add_test(tcase, few_values_are_no_crash);
    tcase_add_test(tcase, inbox_names_keep_the_stem_and_get_a_suffix);
    tcase_add_test(tcase, cells_count_characters_not_bytes);
    tcase_add_test(tcase, json_is_whole_and_missing_is_null);
    tcase_add_test(tcase, ages_read_as_people_say_them);
    tcase_add_test(tcase, the_table_shows_only_its_series_and_the_next_periods);
    tcase_add_test(tcase, energy_is_summed_and_never_zero_grams);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
