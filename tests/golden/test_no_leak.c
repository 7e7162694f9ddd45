/* Files cut to what was available at the origin give byte for byte the forecasts of the whole files: real sets and a made-up one, through the command. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "cli/cli.h"

enum { MAX = 1 << 26 };

static char *slurp(const char *path, size_t *len)
{
    char *data;
    struct gnm_why why = { .text = "" };
    ck_assert_msg(file_read(path, MAX, &data, len, &why) == 0, "%s", why.text);
    return data;
}

struct cutter { struct text out; int64_t origin; int rows, kept; };

/* Known at the origin: activity up to it, drivers whose `available` (empty: the end of their date) is not later. */
static int is_known(char **field, size_t n, int64_t origin)
{
    int64_t day, available;
    ck_assert_int_eq(civil_parse_date(field[n == 3 ? 1 : 2], &day), 0);
    if (n == 3)
        return day <= origin;
    if (strcmp(field[4], "always") == 0)
        return 1;
    available = day + 1;
    if (field[4][0] != '\0')
        ck_assert_int_eq(civil_parse_date(field[4], &available), 0);
    return available <= origin + 1;
}

static int cut_row(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct cutter *c = ctx;
    (void)line;
    (void)why;
    if (c->rows++ > 0 && !is_known(field, n, c->origin))
        return 0;
    c->kept++;
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(text_printf(&c->out, "%s%s", i > 0 ? "," : "", field[i]), 0);
    return text_append(&c->out, "\n", 1);
}

static void cut_file(const char *from, const char *to, int64_t origin)
{
    size_t len;
    char *data = slurp(from, &len);
    struct cutter c = { .origin = origin };
    ck_assert_int_eq(csv_read(data, len, ',', cut_row, &c, NULL), 0);
    ck_assert_int_lt(c.kept, c.rows);
    FILE *file = fopen(to, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(c.out.data, 1, c.out.len, file), c.out.len);
    ck_assert_int_eq(fclose(file), 0);
    text_free(&c.out);
    free(data);
}

static void put(const char *dir, const char *name, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* The command in a child of its own, its table thrown away. */
static void backtest(const char *activity, const char *drivers, const char *splits, const char *out)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        char *argv[] = { "gnomon backtest", "--activity", (char *)activity, "--drivers", (char *)drivers, "--splits", (char *)splits,
                         "--predictions", (char *)out, NULL };
        if (freopen("/dev/null", "w", stdout) == NULL)
            _exit(99);
        _exit(cli_backtest(9, argv));
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}

static void same_files(const char *a, const char *b)
{
    size_t n, m;
    char *x = slurp(a, &n), *y = slurp(b, &m);
    ck_assert_uint_gt(n, 1000);
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(x, y, n);
    free(x);
    free(y);
}

static void check_split(const char *activity, const char *drivers, const char *origin, int horizon, const char *dir)
{
    char split[100], path[6][640];
    static const char *const names[] = { "splits.csv", "activity.csv", "drivers.csv", "whole.csv", "cut.csv", "again.csv" };
    for (int i = 0; i < 6; i++)
        snprintf(path[i], sizeof path[i], "%s/%s", dir, names[i]);
    snprintf(split, sizeof split, "split,train_end,horizon\nR1,%s,%d\n", origin, horizon);
    put(dir, names[0], split);
    int64_t day;
    ck_assert_int_eq(civil_parse_date(origin, &day), 0);
    cut_file(activity, path[1], day);
    cut_file(drivers, path[2], day);
    backtest(activity, drivers, path[0], path[3]);
    backtest(path[1], path[2], path[0], path[4]);
    backtest(activity, drivers, path[0], path[5]);
    same_files(path[3], path[4]);
    same_files(path[3], path[5]);             /* and again the same bytes */
    for (int i = 0; i < 6; i++)
        unlink(path[i]);
}

static void check_set(const char *set, const char *origin, int horizon)
{
    const char *data = getenv("GNOMON_DATA"), *root = getenv("GNOMON_ROOT");
    char activity[600], drivers[600], dir[] = "/tmp/gnomon-leak-XXXXXX";
    if (data == NULL)
        snprintf(activity, sizeof activity, "%s/../shared/data/activity/%s/activity.csv", root != NULL ? root : ".", set);
    else
        snprintf(activity, sizeof activity, "%s/activity/%s/activity.csv", data, set);
    snprintf(drivers, sizeof drivers, "%.*sdrivers.csv", (int)(strlen(activity) - strlen("activity.csv")), activity);
    if (access(activity, R_OK) != 0) {
        fprintf(stderr, "SKIP no data for %s: set GNOMON_DATA\n", set);
        return;
    }
    ck_assert_ptr_nonnull(mkdtemp(dir));
    check_split(activity, drivers, origin, horizon, dir);
    rmdir(dir);
}

START_TEST(walmart)
{
    check_set("walmart", "2012-05-11", 8);
}
END_TEST

START_TEST(kiel_bakery)
{
    check_set("kiel-bakery", "2018-06-05", 14);
}
END_TEST

/* Two years of a shop: announced events, a price index that comes late, weather, a series that begins after the origin. */
static void write_town(const char *activity, const char *drivers)
{
    FILE *a = fopen(activity, "w"), *d = fopen(drivers, "w");
    ck_assert(a != NULL && d != NULL);
    struct random r;
    random_seed(&r, 17);
    fprintf(a, "series,date,value\n");
    fprintf(d, "series,driver,date,value,available\n");
    for (int i = 0; i < 860; i++) {
        char date[11], later[11];
        int64_t day = civil_day(2021, 3, 1) + i;
        civil_format_date(day, date);
        civil_format_date(day + 45, later);
        for (int s = 0; s < 3; s++)
            if (s < 2 || i > 780)
                fprintf(a, "s%d,%s,%.3f\n", s, date, (100 + 30 * (civil_weekday(day) == 5) + 40 * (i % 37 == 0)) * (s + 1) * (.9 + .2 * random_unit(&r)));
        if (i % 37 == 0)
            fprintf(d, ",event_fair,%s,1,always\n", date);
        fprintf(d, ",temperature,%s,%.2f,\n,cpi,%s,%.2f,%s\n", date, 10 + 5 * random_unit(&r), date, 100 + i * .02, later);
        civil_format_date(day - 2, later);
        if (i % 50 < 3)
            fprintf(d, "s1,match_post,%s,1,%s\n", date, later);
    }
    ck_assert(fclose(a) == 0 && fclose(d) == 0);
}

START_TEST(made_up_town)
{
    char dir[] = "/tmp/gnomon-leak-XXXXXX", activity[64], drivers[64];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(activity, sizeof activity, "%s/all.csv", dir);
    snprintf(drivers, sizeof drivers, "%s/facts.csv", dir);
    write_town(activity, drivers);
    check_split(activity, drivers, "2023-04-20", 28, dir);
    unlink(activity);
    unlink(drivers);
    rmdir(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("no leak");
    TCase *tc = tcase_create("no leak");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, made_up_town);
    tcase_add_test(tc, walmart);
    tcase_add_test(tc, kiel_bakery);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
