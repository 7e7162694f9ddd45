#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "almanac/civil.h"
#include "features/intake.h"

static struct intake got;
static struct gnm_why why;

static int read_text(const char *text)
{
    intake_free(&got);
    memset(&got, 0, sizeof got);
    memset(&why, 0, sizeof why);
    return intake_read(text, strlen(text), "shop", &got, &why);
}

static void expect_ok(const char *text, enum intake_kind kind, size_t n)
{
    ck_assert_msg(read_text(text) == 0, "refused: %s", why.text);
    ck_assert_int_eq(got.kind, kind);
    ck_assert_uint_eq(got.n, n);
}

static void expect_refused(const char *text, const char *reason)
{
    ck_assert_int_lt(read_text(text), 0);
    ck_assert_msg(strstr(why.text, reason) != NULL, "'%s' does not say '%s'", why.text, reason);
    ck_assert_ptr_null(got.row);
}

static void expect_row(size_t i, const char *series, int64_t day, double value)
{
    ck_assert_uint_lt(i, got.n);
    ck_assert_str_eq(got.row[i].series, series);
    ck_assert_int_eq(got.row[i].day, day);
    ck_assert_double_eq_tol(got.row[i].value, value, 1e-12);
}

START_TEST(plain_activity)
{
    expect_ok("series,date,value\nA,2025-01-02,3.5\nB,2025-01-02,-4\n", INTAKE_ACTIVITY, 2);
    expect_row(0, "A", civil_day(2025, 1, 2), 3.5);
    expect_row(1, "B", civil_day(2025, 1, 2), -4);
    ck_assert(got.row[0].available_s == GNM_NEVER);
    ck_assert_str_eq(got.row[0].key, "");
    ck_assert_int_eq(got.row[1].line, 3);
    ck_assert_uint_eq(got.n_lines, 2);
    ck_assert_str_eq(got.detected, "separator ',', decimal point, dates year-month-day");
}
END_TEST

START_TEST(one_series_takes_the_name)
{
    expect_ok("date,demand\n2025-01-02,3\n2025-01-03,4\n", INTAKE_ACTIVITY, 2);
    expect_row(1, "shop", civil_day(2025, 1, 3), 4);
    ck_assert_int_lt(intake_read("date,value\n2025-01-02,3\n", 24, NULL, &got, &why), 0);
}
END_TEST

START_TEST(columns_in_any_order_with_bom_quotes_and_extras)
{
    expect_ok("\xEF\xBB\xBF\"Value\";colour;\"Date\";ID\r\n\"1,5\";red;31.12.2024;\"a;b\"\r\n2;;01.01.2025;c\r\n", INTAKE_ACTIVITY, 2);
    expect_row(0, "a;b", civil_day(2024, 12, 31), 1.5);
    expect_row(1, "c", civil_day(2025, 1, 1), 2);
    ck_assert_str_eq(got.detected, "separator ';', decimal comma, dates day.month.year");
}
END_TEST

static const struct { const char *text; double value; } commas[] = {
    { "series;date;value\nA;2025-01-01;1,5\nA;2025-01-02;1.234,25\n", 1234.25 },
    { "series;date;value\nA;2025-01-01;1,5\nA;2025-01-02;1.234\n", 1234 },
    { "series;date;value\nA;2025-01-01;1,5\nA;2025-01-02;12 345,5\n", 12345.5 },
    { "series;date;value\nA;2025-01-01;1,5\nA;2025-01-02;12\xC2\xA0" "345\n", 12345 },
    { "series\tdate\tvalue\nA\t2025-01-01\t1.5\nA\t2025-01-02\t1,234\n", 1234 },
    { "series,date,value\nA,2025-01-01,5\nA,2025-01-02,\"1,234,567\"\n", 1234567 },
    { "series;date;value\nA;2025-01-01;5\nA;2025-01-02;1.234.567\n", 1234567 },
    { "series;date;value\nA;2025-01-01;0,123\nA;2025-01-02;1,234\n", 1.234 },
    { "series,date,value\nA,2025-01-01,1.234\nA,2025-01-02,2.345\n", 2.345 },
    { "series,date,value\nA,2025-01-01,1\nA,2025-01-02,1.5e3\n", 1500 },
};

START_TEST(number_notations)
{
    expect_ok(commas[_i].text, INTAKE_ACTIVITY, 2);
    expect_row(1, "A", civil_day(2025, 1, 2), commas[_i].value);
}
END_TEST

static const struct { const char *text; int year, month, mday; } dates[] = {
    { "date,value\n13/01/2025,1\n02/03/2025,2\n", 2025, 3, 2 },   { "date,value\n01/13/2025,1\n02/03/2025,2\n", 2025, 2, 3 },
    { "date,value\n13-01-2025,1\n2-3-2025,2\n", 2025, 3, 2 },     { "date,value\n01.01.2025,1\n02.03.2025,2\n", 2025, 3, 2 },
    { "date,value\n2025/01/13,1\n2025/03/02,2\n", 2025, 3, 2 },   { "date,value\n20250113,1\n20250302,2\n", 2025, 3, 2 },
    { "date,value\n2025-01-13 00:00:00,1\n2025-03-02T00:00:00Z,2\n", 2025, 3, 2 },
};

START_TEST(date_notations)
{
    expect_ok(dates[_i].text, INTAKE_ACTIVITY, 2);
    expect_row(1, "shop", civil_day(dates[_i].year, dates[_i].month, dates[_i].mday), 2);
}
END_TEST

static const struct { const char *text, *reason; } refused[] = {
    { "", "empty" },
    { "\n \n", "blanks" },
    { "date,value\n", "no line with a value" },
    { "a,b,c\n1,2,3\n", "no column value" },
    { "series,value\nA,3\n", "no column date" },
    { "series,id,date,value\nA,A,2025-01-01,3\n", "two columns mean the same" },
    { "date,value\n01/02/2025,1\n03/04/2025,2\n", "write YYYY-MM-DD" },
    { "date,value\n13/02/2025,1\n03/14/2025,2\n", "day first on line 2 and month first on line 3" },
    { "date;value\n2025-01-01;1,234\n2025-01-02;950\n", "1234 or 1.234" },
    { "date;value\n2025-01-01;1.234\n2025-01-02;950\n", "between semicolons" },
    { "date,value\n2025-01-01,1\n2025-01-32,1\n", "1 of 2 lines are bad; line 3: no such day: '2025-01-32'" },
    { "date,value\n01.01.25,1\n", "four digits" },
    { "date,value\n1700-01-01,1\n", "outside 1900..2199" },
    { "date,value\n2025-01-01T10:00:00Z,1\n", "not a date" },
    { "date,value\n2025-01-01,nan\n", "not a number" },
    { "date,value\n2025-01-01,0x10\n", "not a number" },
    { "date,value\n2025-01-01,1e308\n", "line 2: outside -1e15..1e15: '1e308'" },
    { "date,value\n2025-01-01,-1.1e15\n", "outside -1e15..1e15" },
    { "date,value\n2025-01-01,1e999\n", "outside -1e15..1e15" },
    { "{\"date\":\"2025-01-01\",\"value\":1e300}\n", "outside -1e15..1e15" },
    { "date,value\n2025-01-01,1,5\n", "3 fields where the first line names 2" },
    { "series,date,value\n,2025-01-01,1\n", "the series is empty" },
    { "driver,date,value\n,2025-01-01,1\n", "the driver is empty" },
    { "series,driver,date,value,available\nA,d,2025-01-01,1,soon\n", "available is neither" },
    { "series,date,value\nABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ,2025-01-01,1\n", "63 bytes" },
    { "series,date,value\nM\xFCnchen,2025-01-01,1\n", "not printable UTF-8" },
    { "\xFF\xFE" "d", "UTF-16" },
    { "[{\"date\":\"2025-01-01\",\"value\":1}", "not closed" },
    { "[{\"date\":\"2025-01-01\",\"value\":1}{", "',' or ']'" },
    { "[{\"date\":\"2025-01-01\",\"value\":1}] x", "follows the array" },
    { "[3]", "an object was expected" },
    { "{\"date\":\"2025-01-01\",\"value\":true}\n", "neither text nor number" },
    { "{\"date\":\"2025-01-01\",\"value\":1,\"demand\":1}\n", "two members mean the same" },
    { "{broken\n", "1 of 1 lines are bad" },
};

START_TEST(refused_files)
{
    expect_refused(refused[_i].text, refused[_i].reason);
}
END_TEST

START_TEST(zero_bytes_are_refused)
{
    ck_assert_int_lt(intake_read("date,value\n2025-01-01,1\n\0", 25, "x", &got, &why), 0);
    ck_assert(strstr(why.text, "zero bytes") != NULL);
}
END_TEST

START_TEST(bad_lines_are_rejected_singly)
{
    expect_ok("series,date,value\nA,2025-01-01,1\nA,2025-02-30,1\nA,2025-01-03,1\nA,2025-01-04,1\nA,2025-01-05,1\nA,2025-01-06,1\n", INTAKE_ACTIVITY, 5);
    ck_assert_uint_eq(got.n_rejected, 1);
    ck_assert_uint_eq(got.n_lines, 6);
    ck_assert_int_eq(got.reject[0].line, 3);
    ck_assert_str_eq(got.reject[0].reason, "no such day: '2025-02-30'");
}
END_TEST

START_TEST(one_in_five_is_the_limit)
{
    char text[400] = "date,value\n";
    for (int i = 1; i <= 4; i++)
        sprintf(text + strlen(text), "2025-01-0%d,1\n", i);
    strcat(text, "2025-01-05,x\n");
    expect_ok(text, INTAKE_ACTIVITY, 4);
    strcat(text, "2025-01-06,y\n");
    expect_refused(text, "2 of 6 lines are bad; line 6");
}
END_TEST

START_TEST(a_quoted_line_break_keeps_line_numbers)
{
    expect_ok("series,date,value,note\nA,2025-01-01,1,\"two\nlines\"\nA,2025-01-02,1,\nA,2025-01-03,1,\nA,2025-01-04,1,\nA,2025-01-05,oops,\n", INTAKE_ACTIVITY, 4);
    ck_assert_int_eq(got.reject[0].line, 7);
}
END_TEST

START_TEST(empty_values_are_not_observed)
{
    expect_ok("date,value\n2025-01-01,\n2025-01-02,0\n2025-01-03,\n", INTAKE_ACTIVITY, 1);
    expect_row(0, "shop", civil_day(2025, 1, 2), 0);
    ck_assert_uint_eq(got.n_rejected, 0);
    ck_assert(strstr(got.detected, "2 empty values skipped") != NULL);
}
END_TEST

START_TEST(drivers_and_availability)
{
    const int64_t day = civil_day(2025, 1, 2);
    expect_ok("series,driver,date,value,available\n,holiday,2025-01-02,1,always\n,cpi,2025-01-02,2,2025-02-16\nA,rain,2025-01-02,3,\nA,wind,2025-01-02,4,2025-01-03T12:00:00+01:00\n",
              INTAKE_DRIVERS, 4);
    ck_assert_str_eq(got.row[0].series, "");
    ck_assert_str_eq(got.row[0].key, "holiday");
    ck_assert(got.row[0].available_s == GNM_ALWAYS);
    ck_assert_int_eq(got.row[1].available_s, civil_day(2025, 2, 16) * 86400);
    ck_assert_int_eq(got.row[2].available_s, (day + 1) * 86400);
    ck_assert_int_eq(got.row[3].available_s, (day + 1) * 86400 + 11 * 3600);
    expect_ok("driver,date,value\nrain,2025-01-02,1\n", INTAKE_DRIVERS, 1);
    ck_assert_str_eq(got.row[0].series, "");
    ck_assert_int_eq(got.row[0].available_s, (day + 1) * 86400);
}
END_TEST

START_TEST(the_last_column_may_be_left_out)
{
    expect_ok("series,driver,date,value,available\nA,rain,2025-01-02,3\nA,rain,2025-01-03,3,\n", INTAKE_DRIVERS, 2);
    ck_assert_uint_eq(got.n_rejected, 0);
}
END_TEST

START_TEST(statics_long_and_wide)
{
    expect_ok("series,key,value\nA,unit,money\nA,size,120\n", INTAKE_STATIC, 2);
    ck_assert_str_eq(got.row[0].key, "unit");
    ck_assert_str_eq(got.row[0].text, "money");
    ck_assert(isnan(got.row[0].value));
    ck_assert_double_eq(got.row[1].value, 120);
    expect_ok("series,type,size\nS01,A,151315\nS02,,202307\n", INTAKE_STATIC, 3);
    ck_assert_str_eq(got.row[1].key, "size");
    ck_assert_double_eq(got.row[1].value, 151315);
    ck_assert_str_eq(got.row[2].series, "S02");
    ck_assert_uint_eq(got.n_lines, 2);
    ck_assert_str_eq(got.detected, "separator ',', decimal point");
}
END_TEST

START_TEST(duplicates_of_activity)
{
    expect_ok("series,date,value\nA,2025-01-03,1\nA,2025-01-01,2\nA,2025-01-03,1\n", INTAKE_ACTIVITY, 2);
    expect_row(0, "A", civil_day(2025, 1, 3), 1);
    expect_row(1, "A", civil_day(2025, 1, 1), 2);
    ck_assert_uint_eq(got.n_rejected, 0);
    ck_assert_uint_eq(got.n_repeats, 1);
    ck_assert_int_eq(got.repeat.line, 4);
    expect_ok("series,date,value\nA,2025-01-03,1\nA,2025-01-01,2\nA,2025-01-03,7\nA,2025-01-04,1\nA,2025-01-05,1\n", INTAKE_ACTIVITY, 4);
    ck_assert_uint_eq(got.n_rejected, 1);
    ck_assert_int_eq(got.reject[0].line, 4);
    ck_assert_str_eq(got.reject[0].reason, "differs from line 2, which says the same series and date: 'A 2025-01-03'");
    ck_assert_uint_eq(got.n_repeats, 1);
    ck_assert_int_eq(got.repeat.line, 4);
    ck_assert_int_eq(got.repeat.first, 2);
    ck_assert_str_eq(got.repeat.row.series, "A");
    ck_assert_int_eq(got.repeat.row.day, civil_day(2025, 1, 3));
}
END_TEST

START_TEST(vintages_of_drivers)
{
    const char *head = "driver,date,value,available\n";
    char text[300];
    snprintf(text, sizeof text, "%scpi,2025-01-01,5,2025-03-01\ncpi,2025-01-01,4,2025-02-01\ncpi,2025-01-01,4,2025-02-01\n", head);
    expect_ok(text, INTAKE_DRIVERS, 2);
    ck_assert_uint_eq(got.n_rejected, 0);
    snprintf(text, sizeof text, "%scpi,2025-01-01,5,2025-03-01\ncpi,2025-01-01,4,2025-03-01\na,2025-01-01,4,\nb,2025-01-01,4,\nc,2025-01-01,4,\n", head);
    expect_ok(text, INTAKE_DRIVERS, 4);
    ck_assert_uint_eq(got.n_rejected, 1);
}
END_TEST

START_TEST(json_lines_and_arrays)
{
    expect_ok("{\"series\":\"A\",\"date\":\"2025-01-02\",\"value\":3.25}\n{\"series\":\"A\",\"date\":\"2025-01-03\",\"value\":\"4\"}\r\n\n", INTAKE_ACTIVITY, 2);
    expect_row(0, "A", civil_day(2025, 1, 2), 3.25);
    ck_assert_str_eq(got.detected, "JSON lines, decimal point, dates year-month-day");
    expect_ok("\xEF\xBB\xBF[\n {\"date\":\"2025-01-02\",\n  \"demand\":3, \"note\":\"a ] } \\\" b\"},\n {\"date\":\"2025-01-03\",\"demand\":null},\n {\"date\":\"2025-01-04\",\"demand\":1e3}\n]\n",
              INTAKE_ACTIVITY, 2);
    expect_row(1, "shop", civil_day(2025, 1, 4), 1000);
    ck_assert_int_eq(got.row[1].line, 5);
    expect_ok("{\"driver\":\"rain\",\"date\":\"2025-01-02\",\"value\":3,\"available\":\"always\"}", INTAKE_DRIVERS, 1);
    ck_assert(got.row[0].available_s == GNM_ALWAYS);
    expect_ok("{\"series\":\"A\",\"key\":\"unit\",\"value\":\"money\"}", INTAKE_STATIC, 1);
    expect_ok("{\"series\":\"A\",\"unit\":\"money\",\"size\":12}", INTAKE_STATIC, 2);
    ck_assert_double_eq(got.row[1].value, 12);
}
END_TEST

START_TEST(a_cut_json_line_loses_only_itself)
{
    char text[600] = "";
    for (int i = 1; i <= 5; i++)
        sprintf(text + strlen(text), i == 3 ? "{\"date\":\"2025-01-0%d\",\"val\n" : "{\"date\":\"2025-01-0%d\",\"value\":1}\n", i);
    expect_ok(text, INTAKE_ACTIVITY, 4);
    ck_assert_uint_eq(got.n_rejected, 1);
    ck_assert_int_eq(got.reject[0].line, 3);
}
END_TEST

START_TEST(big_files_are_quick)
{
    size_t cap = 60000 * 32 + 64;
    char *text = malloc(cap), *at = text + sprintf(text, "series,date,value\n");
    for (int i = 0; i < 60000; i++) {
        char date[11];
        civil_format_date(i % 2000, date);
        at += sprintf(at, "S%d,%s,%d.5\n", 29 - i / 2000, date, i % 977);          /* series in descending order: the sorting path */
    }
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    expect_ok(text, INTAKE_ACTIVITY, 60000);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    double took_s = (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
    printf("60000 rows in %.0f ms\n", took_s * 1e3);
#ifndef __SANITIZE_ADDRESS__
    ck_assert_double_lt(took_s, 0.2);
#endif
    free(text);
}
END_TEST

/* Every public table of the yardstick is read without a single bad line. */
START_TEST(public_tables)
{
    static const char *const sets[] = { "argentina-supermarkets", "bike-sharing", "chicago-stations", "europe-flights", "kiel-bakery", "m5-foods", "walmart" };
    static const char *const files[] = { "activity.csv", "drivers.csv", "static.csv" };
    const char *data = getenv("GNOMON_DATA"), *root = getenv("GNOMON_ROOT");
    int seen = 0;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        for (size_t f = 0; f < 3; f++) {
            char path[512];
            snprintf(path, sizeof path, "%s%s/activity/%s/%s", data ? data : root ? root : ".", data ? "" : "/../shared/data", sets[i], files[f]);
            FILE *in = fopen(path, "rb");
            if (in == NULL)
                continue;
            static char buffer[8 << 20];
            size_t len = fread(buffer, 1, sizeof buffer, in);
            fclose(in);
            intake_free(&got);
            ck_assert_msg(intake_read(buffer, len, "x", &got, &why) == 0, "%s: %s", path, why.text);
            ck_assert_uint_eq(got.n_rejected, 0);
            ck_assert_int_eq(got.kind, f);
            ck_assert_uint_gt(got.n, 10);
            seen++;
        }
    }
    if (seen == 0)
        printf("SKIP public_tables: no data (set GNOMON_DATA)\n");
}
END_TEST

START_TEST(cut_anywhere_never_harms)
{
    static const char whole[] = "series;date;value\n\"a\";01.02.2025;1.234,5\nb;2.2.2025;\n";
    static const char json[] = "[{\"series\":\"a\",\"date\":\"2025-01-01\",\"value\":1},{\"series\":\"a\"}]";
    for (size_t i = 0; i < sizeof whole; i++)
        if (intake_read(whole, i, "x", &got, NULL) == 0)
            intake_free(&got);
    for (size_t i = 0; i < sizeof json; i++)
        if (intake_read(json, i, "x", &got, NULL) == 0)
            intake_free(&got);
    intake_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake");
    TCase *tests = tcase_create("files");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, plain_activity);
    tcase_add_test(tests, one_series_takes_the_name);
    tcase_add_test(tests, columns_in_any_order_with_bom_quotes_and_extras);
    tcase_add_loop_test(tests, number_notations, 0, sizeof commas / sizeof commas[0]);
    tcase_add_loop_test(tests, date_notations, 0, sizeof dates / sizeof dates[0]);
    tcase_add_loop_test(tests, refused_files, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(tests, zero_bytes_are_refused);
    tcase_add_test(tests, bad_lines_are_rejected_singly);
    tcase_add_test(tests, one_in_five_is_the_limit);
    tcase_add_test(tests, a_quoted_line_break_keeps_line_numbers);
    tcase_add_test(tests, empty_values_are_not_observed);
    tcase_add_test(tests, drivers_and_availability);
    tcase_add_test(tests, the_last_column_may_be_left_out);
    tcase_add_test(tests, statics_long_and_wide);
    tcase_add_test(tests, duplicates_of_activity);
    tcase_add_test(tests, vintages_of_drivers);
    tcase_add_test(tests, json_lines_and_arrays);
    tcase_add_test(tests, a_cut_json_line_loses_only_itself);
    tcase_add_test(tests, big_files_are_quick);
    tcase_add_test(tests, public_tables);
    tcase_add_test(tests, cut_anywhere_never_harms);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
