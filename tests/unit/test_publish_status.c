#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/json.h"
#include "publish/status.h"
#include "publish/table.h"

static const int64_t now_s = 1800000000;

static struct status *sample(void)
{
    struct status *s = calloc(1, sizeof *s);
    ck_assert_ptr_nonnull(s);
    strcpy(s->version, "0.1.0");
    strcpy(s->site, "Box \"1\" \xC3\xA9");
    strcpy(s->zone, "Europe/Brussels");
    strcpy(s->message, "feed met-norway stale");
    s->now_s = now_s;
    s->started_s = now_s - 5 * 3600;
    s->mode = GNM_SAVER1;
    s->time_trusted = 1;
    s->reading.at_ms = (now_s - 12) * 1000;
    for (int i = 0; i < GNM_FIELDS; i++)
        s->reading.value[i] = NAN;
    s->reading.value[GNM_BATTERY_V] = 13.24;
    s->reading.value[GNM_PV_W] = 84;
    s->reading.value[GNM_LOAD_W] = 12;
    s->reading.value[GNM_STAGE] = GNM_STAGE_FLOAT;
    s->soc_ratio = 0.61;
    s->soc_uncertainty_ratio = 0.04;
    strcpy(s->soc_source, "counted");
    s->n_sources = 2;
    s->source[0] = (struct status_source){ "main", "controller", "ok", "", now_s - 12, now_s + 18 };
    s->source[1] = (struct status_source){ "met-norway", "feed", "failed", "connection refused", 0, now_s + 7300 };
    s->n_jobs = 1;
    s->job[0] = (struct status_job){ "train", "refused", "61 % and 9 h to sunrise; need 68 %", now_s - 3 * 86400, now_s + 600 };
    s->cpu_s = 12.5;
    s->joules_today = 1800;
    strcpy(s->joules_method, "cpu_config");
    s->last_publish_s = now_s - 900;
    s->series = 30;
    s->forecasts = 420;
    return s;
}

START_TEST(json_comes_back_whole)
{
    struct status *s = sample(), *back = calloc(1, sizeof *back);
    struct text json = { 0 };
    struct gnm_why why = { 0 };
    ck_assert_int_eq(status_json(s, &json), 0);
    ck_assert_msg(status_parse(json.data, json.len, back, &why) == 0, "%s", why.text);
    ck_assert_str_eq(back->version, s->version);
    ck_assert_str_eq(back->site, s->site);
    ck_assert_str_eq(back->zone, s->zone);
    ck_assert_str_eq(back->message, s->message);
    ck_assert_int_eq(back->now_s, s->now_s);
    ck_assert_int_eq(back->started_s, s->started_s);
    ck_assert_int_eq(back->mode, s->mode);
    ck_assert_int_eq(back->time_trusted, 1);
    ck_assert_int_eq(back->reading.at_ms, s->reading.at_ms);
    for (int i = 0; i < GNM_FIELDS; i++)
        ck_assert_msg(isnan(back->reading.value[i]) ? isnan(s->reading.value[i]) : back->reading.value[i] == s->reading.value[i], "%s", gnm_field_names[i]);
    ck_assert_double_eq(back->soc_ratio, s->soc_ratio);
    ck_assert_str_eq(back->soc_source, "counted");
    ck_assert_uint_eq(back->n_sources, 2);
    ck_assert_str_eq(back->source[1].text, "connection refused");
    ck_assert_int_eq(back->source[1].last_ok_s, 0);
    ck_assert_int_eq(back->source[0].next_s, now_s + 18);
    ck_assert_uint_eq(back->n_jobs, 1);
    ck_assert_str_eq(back->job[0].reason, s->job[0].reason);
    ck_assert_int_eq(back->job[0].last_s, s->job[0].last_s);
    ck_assert_double_eq(back->joules_today, 1800);
    ck_assert_str_eq(back->joules_method, "cpu_config");
    ck_assert_int_eq(back->last_publish_s, s->last_publish_s);
    ck_assert_int_eq(back->last_train_s, 0);
    ck_assert_uint_eq(back->forecasts, 420);
    text_free(&json);
    free(s);
    free(back);
}
END_TEST

START_TEST(json_is_a_contract)
{
    struct status *s = sample();
    struct text json = { 0 };
    ck_assert_int_eq(status_json(s, &json), 0);
    struct json *doc = json_parse(json.data, json.len, 0, NULL);
    ck_assert_ptr_nonnull(doc);
    double x = 0;
    char time[21];
    civil_format_time(now_s, time);
    ck_assert_str_eq(json_string(json_member(doc, "contract")), "1.0");
    ck_assert_str_eq(json_string(json_member(doc, "generated_at")), time);
    ck_assert_str_eq(json_string(json_pointer(doc, "/reading/stage")), "float");
    ck_assert_int_eq(json_number(json_pointer(doc, "/reading/battery_v"), &x), 0);
    ck_assert_double_eq(x, 13.24);
    ck_assert_ptr_null(json_pointer(doc, "/reading/battery_c"));
    ck_assert_int_eq(json_type(json_pointer(doc, "/sources/1/last_ok_at")), JSON_NULL);
    ck_assert_int_eq(json_type(json_member(doc, "last_train_at")), JSON_NULL);
    json_free(doc);
    text_free(&json);
    free(s);
}
END_TEST

START_TEST(before_the_first_reading)
{
    struct status *s = calloc(1, sizeof *s), *back = calloc(1, sizeof *back);
    struct text json = { 0 }, text = { 0 };
    s->now_s = now_s;
    s->soc_ratio = s->soc_uncertainty_ratio = s->cpu_s = s->joules_today = NAN;
    ck_assert_int_eq(status_json(s, &json), 0);
    ck_assert_int_eq(status_parse(json.data, json.len, back, NULL), 0);
    ck_assert_int_eq(back->reading.at_ms, 0);
    ck_assert(isnan(back->soc_ratio) && isnan(back->reading.value[GNM_BATTERY_V]));
    ck_assert_int_eq(status_text(back, now_s, &text), 0);
    ck_assert_int_eq(text_append(&text, "", 1), 0);
    ck_assert_msg(strstr(text.data, "charge unknown, no reading yet") != NULL, "%s", text.data);
    ck_assert_msg(strstr(text.data, "nan") == NULL, "%s", text.data);
    text_free(&json);
    text_free(&text);
    free(s);
    free(back);
}
END_TEST

static const char *const bad[] = { "", "{}", "[]", "{\"contract\":\"2.0\"}", "{\"contract\":1}", "{\"contract\":\"1.0\"", "null" };

START_TEST(foreign_files_are_refused)
{
    struct status *s = calloc(1, sizeof *s);
    struct gnm_why why = { 0 };
    s->series = 77;
    ck_assert_int_lt(status_parse(bad[_i], strlen(bad[_i]), s, &why), 0);
    ck_assert_int_lt(status_parse(bad[_i], strlen(bad[_i]), s, NULL), 0);
    ck_assert(why.text[0] != '\0');
    ck_assert_uint_eq(s->series, 77);
    free(s);
}
END_TEST

START_TEST(odd_members_do_no_harm)
{
    static const char text[] = "{\"contract\":\"1.7\",\"new\":{},\"mode\":\"turbo\",\"series\":1e300,\"sources\":[3,{\"name\":7,\"last_ok_at_unix\":\"x\"}],\"jobs\":{},\"reading\":[],\"battery\":5}";
    struct status *s = calloc(1, sizeof *s);
    ck_assert_int_eq(status_parse(text, strlen(text), s, NULL), 0);
    ck_assert_int_eq(s->mode, GNM_NORMAL);
    ck_assert_uint_eq(s->series, 0);
    ck_assert_uint_eq(s->n_sources, 2);
    ck_assert_int_eq(s->reading.at_ms, 0);
    free(s);
}
END_TEST

static void expect(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no '%s' in:\n%s", part, text);
}

START_TEST(text_fits_a_screen)
{
    struct status *s = sample();
    struct text text = { 0 };
    memset(s->source[1].text, 'x', sizeof s->source[1].text - 1);
    memset(s->job[0].reason, 'y', sizeof s->job[0].reason - 1);
    memset(s->message, 'z', sizeof s->message - 1);
    ck_assert_int_eq(status_text(s, now_s + 30, &text), 0);
    ck_assert_int_eq(text_append(&text, "", 1), 0);
    for (char *line = text.data; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t n = strcspn(line, "\n");
        ck_assert_msg(n <= 101, "%zu columns: %.*s", n, (int)n, line);      /* one name has a two-byte letter */
        ck_assert(n == 0 || line[n - 1] != ' ');
    }
    text_free(&text);
    free(s);
}
END_TEST

START_TEST(text_says_it_all)
{
    struct status *s = sample();
    struct text text = { 0 };
    ck_assert_int_eq(status_text(s, now_s + 30, &text), 0);
    ck_assert_int_eq(text_append(&text, "", 1), 0);
    expect(text.data, "up 5 h, mode saver1\n");
    expect(text.data, "battery   61 % +-4 (counted)  13.24 V, 42 s ago");
    expect(text.data, "sun        PV 84 W  load 12 W  stage float");
    expect(text.data, "forecasts 420 of 30 series, published 15 min ago, trained never\n");
    expect(text.data, "0.50 Wh today by cpu_config");
    expect(text.data, "ok       42 s     now\n");
    expect(text.data, "connection refused");
    expect(text.data, "refused  3 d      in 9 min    61 % and 9 h to sunrise; need 68 %");
    ck_assert_msg(strstr(text.data, "does not run") == NULL, "%s", text.data);
    text.len = 0;
    ck_assert_int_eq(status_text(s, now_s + 7200, &text), 0);
    ck_assert_int_eq(text_append(&text, "", 1), 0);
    expect(text.data, "! this picture is 2 h old: gnomond does not run");
    text_free(&text);
    free(s);
}
END_TEST

static const struct { int64_t then; const char *text; } ages[] = {
    { 0, "never" }, { 1800000000, "0 s" }, { 1800000000 - 119, "119 s" }, { 1800000000 - 120, "2 min" }, { 1800000000 - 7200, "2 h" },
    { 1800000000 - 172800, "2 d" }, { 1800000000 + 60, "in 60 s" },
};

START_TEST(age_table)
{
    char text[32];
    status_age(now_s, ages[_i].then, text, sizeof text);
    ck_assert_str_eq(text, ages[_i].text);
}
END_TEST

START_TEST(forecast_table)
{
    struct gnm_forecast row[3] = { 0 };
    struct text text = { 0 };
    for (int i = 0; i < 3; i++) {
        strcpy(row[i].series, i < 2 ? "Caf\xC3\xA9" : "visits");
        row[i].target = civil_day(2025, 1, 2 + i);
        for (int k = 0; k < GNM_LEVELS; k++)
            row[i].q[k] = i < 2 ? 1200.4 + k : 2.25 + k;
        row[i].baseline = i < 2 ? 1180 : NAN;
        row[i].quality = i == 1 ? GNM_FALLBACK : GNM_OK;
    }
    ck_assert_int_eq(table_forecasts(row, 3, &text), 0);
    ck_assert_int_eq(text_append(&text, "", 1), 0);
    ck_assert_str_eq(text.data, "series  date               p10         p50         p90    baseline  quality\n"
                                "Caf\xC3\xA9    2025-01-02        1201        1203        1205        1180  ok\n"
                                "        2025-01-03        1201        1203        1205        1180  fallback\n"
                                "visits  2025-01-04        3.25        5.25        7.25           -  ok\n");
    text.len = 0;
    ck_assert_int_eq(table_forecasts(NULL, 0, &text), 0);
    ck_assert_uint_gt(text.len, 20);
    text_free(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tests = tcase_create("live picture");
    tcase_set_timeout(tests, 10);
    tcase_add_test(tests, json_comes_back_whole);
    tcase_add_test(tests, json_is_a_contract);
    tcase_add_test(tests, before_the_first_reading);
    tcase_add_loop_test(tests, foreign_files_are_refused, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, odd_members_do_no_harm);
    tcase_add_test(tests, text_fits_a_screen);
    tcase_add_test(tests, text_says_it_all);
    tcase_add_loop_test(tests, age_table, 0, sizeof ages / sizeof ages[0]);
    tcase_add_test(tests, forecast_table);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
