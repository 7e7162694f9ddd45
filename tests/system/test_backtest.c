/* gnomon backtest on what people really send: every file ends in a clear sentence with its line, or in finite forecasts. */
#include "../support/process.h"

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/text.h"

enum { ARGS_MAX = 24, FIRST = 19000, DAYS = 200, HORIZON = 7, ORIGINS = 2 };      /* 2022-01-08, a Saturday */
#define MODELS "naive,theta,ridge,boost,auto"

static char folder[128];

static void set_up(void)
{
    support_folder(folder);
}

static void tear_down(void)
{
    support_remove(folder);
}

static char *path_of(const char *name)
{
    char *path;
    ck_assert_int_gt(asprintf(&path, "%s/%s", folder, name), 0);
    return path;
}

static void redirect(int fd, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(125);
}

/* `args` in the test's folder; its outputs are the files out and err. */
static int run(const char *const args[])
{
    char *root = realpath(support_build(), NULL), program[300];
    ck_assert_ptr_nonnull(root);
    snprintf(program, sizeof program, "%s/gnomon", root);
    free(root);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        char *argv[ARGS_MAX] = { program, "backtest" };
        for (int i = 0; args[i] != NULL; i++)
            argv[i + 2] = (char *)args[i];
        redirect(STDOUT_FILENO, "out");
        redirect(STDERR_FILENO, "err");
        if (chdir(folder) == 0)
            execv(program, argv);
        _exit(126);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

#define BACKTEST(...) run((const char *const[]){ __VA_ARGS__, NULL })

static FILE *open_file(const char *name, const char *header)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "we");
    free(path);
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%s\n", header);
    return file;
}

static void put_day(FILE *file, const char *series, int day, double value)
{
    char date[11];
    civil_format_date(FIRST + day, date);
    fprintf(file, "%s,%s,%.9g\n", series, date, value);
}

static double usual(int day)
{
    return 100 + 10 * (day % 7) + day % 13;
}

/* ---- files that are refused: the usual series, then these lines ---- */

static const struct { const char *activity, *drivers, *needle; } refused[] = {
    { "A,2022-01-18,999\n", NULL, "a.csv: line 202 says again what line 12 says: series 'A', date 2022-01-18" },
    { "A,2022-01-18,120\n", NULL, "a.csv: line 202 says again what line 12 says: series 'A', date 2022-01-18" },
    { "B,2022-01-18,nan\n", NULL, "a.csv: line 202: not a number: 'nan'" },
    { "B,2022-01-18,inf\n", NULL, "a.csv: line 202: not a number: 'inf'" },
    { "B,2022-01-18,-1e308\n", NULL, "a.csv: line 202: outside -1e15..1e15: '-1e308'" },
    { "B,2022-01-18,1e999\n", NULL, "a.csv: line 202: outside -1e15..1e15: '1e999'" },
    { "B,2022-02-30,1\nB,2022-02-31,1\n", NULL, "a.csv: line 202: no such day: '2022-02-30' (and 1 more bad lines)" },
    { "\"two\nlines\",2022-01-18,1\n", NULL, "a.csv: line 202: a name is not printable UTF-8" },
    { ",2022-01-18,1\n", NULL, "a.csv: line 202: the series is empty" },
    { "A;2022-09-18;1\n", NULL, "a.csv: line 202: 1 fields where the first line names 3" },
    { "B,2022-01-01,1\nB,2022-02-01,1\n", "A,temp,2022-01-18,1e17,\n", "d.csv: 1 of 1 lines are bad; line 2: outside -1e15..1e15: '1e17'" },
    { "", "A,temp,2022-01-18,1,2022-01-17\nA,temp,2022-01-18,2,2022-01-17\nA,temp,2022-01-19,2,\nA,temp,2022-01-20,2,\nA,temp,2022-01-21,2,\n",
      "d.csv: line 3 says again what line 2 says: series 'A', driver 'temp', date 2022-01-18, available at the same time" },
    { "", ",temp,2022-01-18,1,\n,temp,2022-01-18,1,\n", "d.csv: line 3 says again what line 2 says: all series, driver 'temp', date 2022-01-18" },
};

START_TEST(bad_lines_are_named)
{
    FILE *file = open_file("a.csv", "series,date,value");
    for (int i = 0; i < DAYS; i++)
        put_day(file, "A", i, usual(i));
    fputs(refused[_i].activity, file);
    fclose(file);
    file = open_file("d.csv", "series,driver,date,value,available");
    fputs(refused[_i].drivers != NULL ? refused[_i].drivers : "A,temp,2022-01-18,1,\n", file);
    fclose(file);
    int status = BACKTEST("--activity", "a.csv", "--drivers", "d.csv", "--horizon", "7", "--origins", "1", "--models", "naive", "--predictions", "o.csv");
    char *err = support_read(folder, "err"), *out = support_read(folder, "out");
    ck_assert_msg(status == EX_DATAERR, "status %d: %s", status, err);
    ck_assert_msg(strstr(err, refused[_i].needle) != NULL, "'%s' is not in: %s", refused[_i].needle, err);
    ck_assert_str_eq(out, "");
    free(err);
    free(out);
}
END_TEST

START_TEST(one_point_alone_cannot_be_judged)
{
    FILE *file = open_file("a.csv", "series,date,value");
    put_day(file, "A", 0, 5);
    fclose(file);
    ck_assert_int_eq(BACKTEST("--activity", "a.csv", "--horizon", "7", "--origins", "1"), EX_DATAERR);
    ck_assert_int_eq(support_count(folder, "err", "split R1: no series has a value by the decision time"), 1);
}
END_TEST

START_TEST(priors_are_refused_by_name)
{
    ck_assert_int_eq(BACKTEST("--activity", "a.csv", "--horizon", "7", "--origins", "1", "--priors", "p.csv"), EX_USAGE);
    ck_assert_int_eq(support_count(folder, "err", "--priors"), 1);
}
END_TEST

/* ---- awkward series that get an answer ---- */

static const struct { const char *name, *written; int from, to, backwards; double level, swing; } awkward[] = {
    { "usual", NULL, 0, DAYS, 0, 100, 10 },
    { "one", NULL, DAYS - 30, DAYS - 29, 0, 5, 0 },
    { "zeros", NULL, -3650, DAYS, 0, 0, 0 },
    { "stops", NULL, 0, DAYS / 2, 0, 40, 3 },
    { "starts", NULL, DAYS - 3, DAYS, 0, 40, 3 },
    { "backwards", NULL, 0, DAYS, 1, 70, 4 },
    { "huge", NULL, 0, DAYS, 0, 9e14, 1e13 },
    { "tiny", NULL, 0, DAYS, 0, 1e-12, 1e-13 },
    { "say \"hi\"", "\"say \"\"hi\"\"\"", 0, DAYS, 0, 9, 1 },
    { "a,b", "\"a,b\"", 0, DAYS, 0, 9, 1 },
    { "x'); DROP TABLE forecast;--", "x'); DROP TABLE forecast;--", 0, DAYS, 0, 9, 1 },
};
enum { AWKWARD = sizeof awkward / sizeof *awkward };

static void write_awkward(void)
{
    FILE *file = open_file("a.csv", "series,date,value");
    for (int s = 0; s < AWKWARD; s++)
        for (int i = awkward[s].from; i < awkward[s].to; i++) {
            int day = awkward[s].backwards ? awkward[s].to - 1 - i : i;
            put_day(file, awkward[s].written != NULL ? awkward[s].written : awkward[s].name, day, awkward[s].level + awkward[s].swing * ((day % 7 + 7) % 7));
        }
    fclose(file);
    file = open_file("d.csv", "series,driver,date,value");
    for (int i = -100; i < DAYS / 2; i++)
        put_day(file, ",temp", i, 10 + i % 9);                  /* a driver that stops */
    put_day(file, ",once", 3, 1);
    fclose(file);
}

struct seen { int rows[AWKWARD], header; };

static void check_number(const char *text, const char *series)
{
    double x;
    ck_assert_msg(text_double(text, &x) == 0 && fabs(x) < 1e17, "'%s' forecasts '%s'", series, text);
}

static int on_row(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct seen *seen = ctx;
    (void)line;
    (void)why;
    ck_assert_uint_eq(n, 13);
    if (!seen->header) {
        seen->header = 1;
        return 0;
    }
    int s = 0;
    while (s < AWKWARD && strcmp(awkward[s].name, field[0]) != 0)
        s++;
    ck_assert_msg(s < AWKWARD, "no series is named '%s'", field[0]);
    seen->rows[s]++;
    for (size_t i = 5; i < n; i++)
        check_number(field[i], field[0]);
    return 0;
}

static void check_predictions(int models)
{
    struct seen seen = { .header = 0 };
    char *text = support_read(folder, "o.csv");
    ck_assert_int_eq(csv_read(text, strlen(text), ',', on_row, &seen, NULL), 0);
    free(text);
    for (int s = 0; s < AWKWARD; s++) {
        int origins = strcmp(awkward[s].name, "starts") == 0 ? 0 : ORIGINS;       /* not known by then */
        ck_assert_msg(seen.rows[s] == models * origins * HORIZON, "%s: %d rows", awkward[s].name, seen.rows[s]);
    }
}

static double number(const struct json *at, const char *pointer)
{
    double x = NAN;
    ck_assert_msg(json_number(json_pointer(at, pointer), &x) == 0, "no number at %s", pointer);
    return x;
}

static double sum_of(const struct json *model, const char *list, int *ret_n)
{
    double sum = 0;
    *ret_n = 0;
    for (const struct json *one = json_first(json_member(model, list)); one != NULL; one = json_next(one), ++*ret_n)
        sum += number(one, "/observed");
    return sum;
}

/* Splits, series and steps ahead cut the same observations three ways. */
static void check_parts(const struct json *model)
{
    int splits, series, steps;
    double observed = sum_of(model, "splits", &splits);
    ck_assert_double_gt(observed, 0);
    ck_assert_double_eq(sum_of(model, "by_series", &series), observed);
    ck_assert_double_eq(sum_of(model, "by_horizon", &steps), observed);
    ck_assert_int_eq(splits, ORIGINS);
    ck_assert_int_eq(series, AWKWARD - 1);
    ck_assert_int_eq(steps, HORIZON);
    for (const struct json *one = json_first(json_member(model, "by_series")); one != NULL; one = json_next(one))
        ck_assert_ptr_nonnull(json_string(json_member(one, "quality")));
    ck_assert_str_eq(json_string(json_pointer(model, "/by_series/0/series")), "usual");
    ck_assert_double_lt(number(model, "/by_series/0/wape"), .2);
}

START_TEST(awkward_series_get_finite_forecasts)
{
    write_awkward();
    int status = BACKTEST("--activity", "a.csv", "--drivers", "d.csv", "--horizon", "7", "--origins", "2", "--models", MODELS, "--set", "boost.trees=10",
                          "--predictions", "o.csv", "--json");
    char *err = support_read(folder, "err"), *out = support_read(folder, "out");
    ck_assert_msg(status == 0, "status %d: %s", status, err);
    check_predictions(5);
    struct json *doc = json_parse(out, strlen(out), 0, NULL);      /* strict: no NaN */
    ck_assert_ptr_nonnull(doc);
    for (const struct json *model = json_first(json_member(doc, "models")); model != NULL; model = json_next(model))
        check_parts(model);
    json_free(doc);
    free(err);
    free(out);
}
END_TEST

static int count_lines(const char *name)
{
    char *path = path_of(name), line[512];
    FILE *file = fopen(path, "re");
    int n = 0;
    free(path);
    ck_assert_ptr_nonnull(file);
    for (; fgets(line, sizeof line, file) != NULL; n++)
        ck_assert_msg(strstr(line, "nan") == NULL && strstr(line, "inf") == NULL, "%s", line);
    fclose(file);
    return n;
}

/* Search is paid in work units, not seconds: what a slow and a fast machine write is the same. */
START_TEST(effort_repeats_byte_for_byte)
{
    char *first = NULL;
    write_awkward();
    for (int i = 0; i < 3; i++) {
        const char *effort = i < 2 ? ".4" : "0";
        int status = BACKTEST("--activity", "a.csv", "--series", "usual,stops,huge", "--horizon", "7", "--origins", "2", "--models", "boost", "--set",
                              "boost.trees=10", "--effort", effort, "--predictions", "o.csv");
        char *err = support_read(folder, "err"), *text = support_read(folder, "o.csv");
        ck_assert_msg(status == 0, "status %d: %s", status, err);
        free(err);
        ck_assert_str_ne(text, "");
        if (i == 1)
            ck_assert_str_eq(text, first);
        if (i == 2)
            ck_assert_str_ne(text, first);       /* it does search */
        if (i > 0)
            free(text);
        else
            first = text;
    }
    free(first);
}
END_TEST

/* As many names as are taken at all, a day's rows after the other as exports come, and one more. */
START_TEST(a_hundred_thousand_names)
{
    enum { NAMES = 100000 };
    FILE *file = open_file("a.csv", "series,date,value");
    for (int i = 0; i < 3; i++)
        for (int s = 0; s < NAMES; s++) {
            char name[16];
            snprintf(name, sizeof name, "s%d", s);
            put_day(file, name, i, s % 100);
        }
    fclose(file);
    ck_assert_int_eq(BACKTEST("--activity", "a.csv", "--horizon", "1", "--origins", "1", "--models", "naive", "--predictions", "o.csv"), 0);
    ck_assert_int_eq(count_lines("o.csv"), NAMES + 1);
    char *path = path_of("a.csv");
    file = fopen(path, "ae");
    free(path);
    ck_assert_ptr_nonnull(file);
    put_day(file, "another", 0, 1);
    fclose(file);
    ck_assert_int_eq(BACKTEST("--activity", "a.csv", "--horizon", "1", "--origins", "1", "--models", "naive"), EX_DATAERR);
    ck_assert_int_eq(support_count(folder, "err", "line 300002: more than 100000 series"), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backtest");
    TCase *tc = tcase_create("input");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, bad_lines_are_named, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tc, one_point_alone_cannot_be_judged);
    tcase_add_test(tc, priors_are_refused_by_name);
    tcase_add_test(tc, awkward_series_get_finite_forecasts);
    tcase_add_test(tc, effort_repeats_byte_for_byte);
    tcase_add_test(tc, a_hundred_thousand_names);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
