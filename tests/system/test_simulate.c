/* `gnomon simulate` as a person meets it: started from anywhere, on a terminal or not, with a measured year, with input that cannot be. */
#include "../support/process.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "base/json.h"

enum { ARGS_MAX = 40 };

struct told { int status; char *out, *err; };

static char folder[128], program[300], share[300];

static void set_up(void)
{
    char *root = realpath(support_root(), NULL), *build = realpath(support_build(), NULL);
    ck_assert(root != NULL && build != NULL);
    support_folder(folder);
    snprintf(program, sizeof program, "%s/gnomon", build);
    snprintf(share, sizeof share, "%s/config", root);
    free(root);
    free(build);
}

static void tear_down(void)
{
    support_remove(folder);
}

static void redirect(int fd, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(125);
}

static void exec_in(const char *cwd, const char *path, const char *const args[])
{
    char *argv[ARGS_MAX] = { (char *)"gnomon", (char *)"simulate" };
    for (int i = 0; args[i] != NULL && i < ARGS_MAX - 3; i++)
        argv[i + 2] = (char *)args[i];
    if (chdir(cwd) == 0)
        execv(path, argv);
    _exit(126);
}

static struct told run_at(const char *cwd, const char *path, const char *const args[])
{
    struct told ret = { .status = -1 };
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        redirect(STDOUT_FILENO, "out");
        redirect(STDERR_FILENO, "err");
        exec_in(cwd, path, args);
    }
    ck_assert_int_eq(waitpid(pid, &ret.status, 0), pid);
    ret.status = WIFEXITED(ret.status) ? WEXITSTATUS(ret.status) : -1;
    ret.out = support_read(folder, "out");
    ret.err = support_read(folder, "err");
    return ret;
}

static void forget(struct told *t)
{
    free(t->out);
    free(t->err);
}

#define RUN(...) run_at("/", program, (const char *const[]){ __VA_ARGS__, NULL })

static double number(const char *json, const char *pointer)
{
    struct gnm_why why = { 0 };
    double x = NAN;
    struct json *doc = json_parse(json, strlen(json), 0, &why);
    ck_assert_msg(doc != NULL, "%s: %s", why.text, json);
    ck_assert_msg(json_number(json_pointer(doc, pointer), &x) == 0, "no %s in %s", pointer, json);
    json_free(doc);
    return x;
}

/* ---- from anywhere ---- */

static void copy_program(const char *to)
{
    char command[800];
    snprintf(command, sizeof command, "cp '%s' '%s'", program, to);
    ck_assert_int_eq(system(command), 0);
}

/* The private library lies beside: where it was built, or in PREFIX/lib. */
static void link_library(const char *at)
{
    char to[300];
    snprintf(to, sizeof to, "%s", program);
    strcpy(strrchr(to, '/'), "/lib");
    ck_assert_int_eq(symlink(to, at), 0);
}

static void make(const char *name, char ret[200])
{
    snprintf(ret, 200, "%s/%s", folder, name);
    ck_assert_int_eq(mkdir(ret, 0755), 0);
}

/* A run that found its definitions asks the weather service. */
static void expect_weather(const char *path)
{
    char log[200];
    snprintf(log, sizeof log, "%s/log", folder);
    struct told t = run_at("/", path, (const char *const[]){ "--days", "1", "--series", "1", "--log", log, NULL });
    ck_assert_msg(t.status == 0, "%d: %s", t.status, t.err);
    ck_assert_int_ge(support_count(folder, "log", "feed met-norway: "), 4);
    forget(&t);
}

START_TEST(an_installed_one_finds_its_definitions)
{
    char at[200], bin[220], link[240];
    make("usr", at);
    make("usr/bin", at);
    snprintf(bin, sizeof bin, "%s/gnomon", at);
    make("usr/share", at);
    snprintf(link, sizeof link, "%s/usr/lib", folder);
    link_library(link);
    snprintf(link, sizeof link, "%s/gnomon", at);
    copy_program(bin);
    ck_assert_int_eq(symlink(share, link), 0);
    expect_weather(bin);
}
END_TEST

START_TEST(a_built_one_finds_its_tree)
{
    char at[200], bin[220], link[240];
    make("build", at);
    snprintf(bin, sizeof bin, "%s/gnomon", at);
    snprintf(link, sizeof link, "%s/lib", at);
    link_library(link);
    snprintf(link, sizeof link, "%s/config", folder);
    copy_program(bin);
    ck_assert_int_eq(symlink(share, link), 0);
    expect_weather(bin);
}
END_TEST

/* ---- a measured year ---- */

/* Every day of `year.csv` like the first: light from 8 to 16 o'clock UTC, or none. */
static void write_year(double noon_w)
{
    char path[200];
    snprintf(path, sizeof path, "%s/year.csv", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "time_utc,ghi_wm2,dhi_wm2,temperature_c\n");
    for (int hour = 0; hour < 8760; hour++) {
        int year, month, mday;
        civil_date(civil_day(2025, 1, 1) + hour / 24, &year, &month, &mday);
        double light = fmax(0, 1 - fabs((double)(hour % 24) - 12) / 4);
        fprintf(file, "%02d-%02dT%02d:00,%.1f,%.1f,%.1f\n", month, mday, hour % 24, noon_w * light, 0.3 * noon_w * light, 5.0);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static double possible_wh(const char *file)
{
    struct told t = RUN("--days", "3", "--series", "0", "--site", "45,8", "--irradiance", file, "--share", share, "--json");
    ck_assert_msg(t.status == 0, "%d: %s", t.status, t.err);
    double wh = number(t.out, "/harvested_wh") + number(t.out, "/thrown_away_wh");
    forget(&t);
    return wh;
}

/* The panel lives on the light of the file: none gives nothing, and twice the light about twice the energy. */
START_TEST(a_measured_year_is_the_sun)
{
    char path[200];
    snprintf(path, sizeof path, "%s/year.csv", folder);
    write_year(0);
    double dark = possible_wh(path);
    write_year(200);
    double dim = possible_wh(path);
    write_year(400);
    double bright = possible_wh(path);
    ck_assert_msg(dark == 0, "%g Wh in the dark", dark);
    ck_assert_msg(dim > 3 * 120 && dim < 3 * 900, "%g Wh", dim);           /* 800 Wh/m2 a day on the flat, 300 W, tilted to a low sun */
    ck_assert_msg(bright > 1.8 * dim && bright < 2.4 * dim, "%g Wh, then %g", dim, bright);
}
END_TEST

START_TEST(the_measured_year_at_45_north)
{
    char command[500], path[200];
    const char *data = getenv("GNOMON_DATA");
    snprintf(path, sizeof path, "%s/tmy.csv", folder);
    snprintf(command, sizeof command, "zcat '%s/solar/tmy_pvgis_45N_8E_hourly.csv.gz' >'%s' 2>/dev/null", data != NULL ? data : "../shared/data", path);
    if (system(command) != 0) {
        printf("SKIP: no measured year at 45 N\n");
        return;
    }
    double wh = possible_wh(path);
    ck_assert_msg(wh > 3 * 200 && wh < 3 * 2000, "%g Wh in three days of January", wh);
}
END_TEST

/* ---- everything that can be asked, and all that is told ---- */

#define ASKED "--site", "45,8", "--panel", "200,30,170", "--load", "6", "--forecast", "poor", "--policy", "noon", "--job", "20min/day@7W", "--share", share

static void expect_all(const char *text, const char *const wanted[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(strstr(text, wanted[i]) != NULL, "no \"%s\" in %.3000s", wanted[i], text);
}
#define EXPECT_ALL(text, ...) expect_all(text, (const char *const[]){ __VA_ARGS__ }, sizeof (const char *const[]){ __VA_ARGS__ } / sizeof (const char *))

/* Every option in one run, and what a person wants to know of it. */
START_TEST(the_summary_names_all_that_was_asked_for)
{
    char sun[200], faults[200], picture[200];
    snprintf(sun, sizeof sun, "%s/year.csv", folder);
    snprintf(faults, sizeof faults, "%s/faults", folder);
    snprintf(picture, sizeof picture, "%s/run.svg", folder);
    write_year(900);
    support_write(folder, "faults", "0.5 silent 2h\n1.2 powercut 30m\n2 met down 4h\n");
    struct told t = RUN("--days", "4", "--seed", "3", "--series", "3", "--battery", "60,gel", "--irradiance", sun, "--faults", faults, "--picture", picture, ASKED);
    ck_assert_msg(t.status == 0, "%d: %s", t.status, t.err);
    EXPECT_ALL(t.out, "4 days from 2025-01-01 at 45.00,8.00, seed 3", "200 W panel, 60 Ah gel, 6.0 W load, 3 series", "running", "% of the time, 2 starts", "battery empty",
               "base load alone", "added by gnomon's work", "power cut by the schedule", "without an answer", "harvested", "thrown away", "battery full", "by purpose", "idle", "poll",
               "train", "publish", "WORK", "asked for power", "times granted", "refused", "such as: ", "finished", "missed", "off by (WAPE)", "noise floor", "a week ago", "written", "MB  a day");
    forget(&t);
    char *svg = support_read(folder, "run.svg");
    EXPECT_ALL(svg, "4 days from 2025-01-01", "State of charge", "not running", "Sun in each hour", "used", "thrown away", "Training", "done", "refused", "</svg>");
    free(svg);
}
END_TEST

START_TEST(programs_are_told_the_same)
{
    struct told t = RUN("--days", "2", "--series", "2", "--json", ASKED);
    ck_assert_msg(t.status == 0, "%d: %s", t.status, t.err);
    EXPECT_ALL(t.out, "\"up_ratio\"", "\"battery_empty_h\"", "\"battery_empty_anyway_h\"", "\"harvested_wh\"", "\"thrown_away_wh\"", "\"load_wh\"", "\"joules\":{\"idle\"", "\"asked\"",
               "\"granted\"", "\"refused\"", "\"refusals\":[", "\"policy\":\"noon\"", "\"jobs\":[{\"job\":\"20min/day@7W\"", "\"forecasts_missed\"", "\"wape\"", "\"wape_floor\"",
               "\"device_bytes\"");
    forget(&t);
}
END_TEST

static const char *const chemistries[] = { "lifepo4", "agm", "gel", "flooded" };

START_TEST(every_battery_runs)
{
    char battery[40], wanted[60];
    snprintf(battery, sizeof battery, "70,%s", chemistries[_i]);
    snprintf(wanted, sizeof wanted, "70 Ah %s", chemistries[_i]);
    struct told t = RUN("--days", "1", "--series", "0", "--battery", battery, ASKED);
    ck_assert_msg(t.status == 0 && strstr(t.out, wanted) != NULL, "%d: %s%s", t.status, t.err, t.out);
    forget(&t);
}
END_TEST

/* The manual says what --help says. */
START_TEST(every_option_is_in_the_manual)
{
    struct told t = RUN("--help");
    char *manual = support_read(support_root(), "man/gnomon.1");
    int n = 0;
    for (const char *at = strstr(t.out, "      --"); at != NULL; at = strstr(at + 1, "      --"), n++) {
        char wanted[40];
        snprintf(wanted, sizeof wanted, "Fl -%.*s ", (int)strcspn(at + 8, "= \n"), at + 8);
        if (strcmp(wanted, "Fl -usage ") != 0 && strcmp(wanted, "Fl -json ") != 0 && strcmp(wanted, "Fl -share ") != 0)
            ck_assert_msg(strstr(strstr(manual, ".Sh SIMULATE"), wanted) != NULL, "man/gnomon.1 does not know %s", wanted);
    }
    ck_assert_int_ge(n, 20);
    free(manual);
    forget(&t);
}
END_TEST

/* ---- progress ---- */

/* What a terminal sees of the run. */
static void watch(const char *const args[], char *seen, size_t size, int *status)
{
    int terminal;
    size_t n = 0;
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        exec_in("/", program, args);
    for (ssize_t got; (got = read(terminal, seen + n, size - 1 - n)) > 0; )
        n += (size_t)got;
    seen[n] = '\0';
    close(terminal);
    ck_assert_int_eq(waitpid(pid, status, 0), pid);
}

START_TEST(a_terminal_sees_progress)
{
    static char seen[65536];
    int status;
    watch((const char *const[]){ "--days", "4", "--series", "0", "--share", share, NULL }, seen, sizeof seen, &status);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", seen);
    for (int day = 0; day <= 4; day++) {
        char wanted[40];
        snprintf(wanted, sizeof wanted, "] day %d of 4", day);
        ck_assert_msg(strstr(seen, wanted) != NULL, "no \"%s\" in %s", wanted, seen);
    }
    ck_assert_ptr_nonnull(strstr(seen, "\r[####################                    ] day 2 of 4"));
    const char *last = strstr(seen, "day 4 of 4"), *summary = strstr(seen, "THE BOX");
    ck_assert(summary != NULL && last < summary);
    ck_assert_ptr_nonnull(strstr(last, "\r  "));      /* wiped away before the summary */
}
END_TEST

START_TEST(a_pipe_sees_none)
{
    struct told t = RUN("--days", "1", "--series", "0", "--share", share);
    ck_assert_int_eq(t.status, 0);
    ck_assert_str_eq(t.err, "");
    ck_assert_ptr_null(strchr(t.out, '\r'));
    forget(&t);
}
END_TEST

/* ---- input that cannot be ---- */

static void refuse(const char *option, const char *value, int status, const char *wanted)
{
    struct told t = RUN("--days", "1", "--series", "0", "--share", share, option, value);
    ck_assert_msg(t.status == status && strstr(t.err, wanted) != NULL, "%s %s: status %d, %s", option, value, t.status, t.err);
    ck_assert_msg(status == EX_USAGE || strchr(t.err, '\n') == t.err + strlen(t.err) - 1, "more than a sentence: %s", t.err);
    ck_assert_str_eq(t.out, "");
    forget(&t);
}

START_TEST(impossible_plants_and_sites)
{
    refuse("--panel", "0,35,180", EX_DATAERR, "panel in W must be from 1 to 3000, not 0");
    refuse("--panel", "300,95,180", EX_DATAERR, "tilt in degrees must be from 0 to 90, not 95");
    refuse("--panel", "300,35", EX_USAGE, "--panel '300,35' is not like 300,35,180");
    refuse("--battery", "0,agm", EX_DATAERR, "battery in Ah must be from 1 to 5000, not 0");
    refuse("--battery", "80,nickel", EX_USAGE, "agm, gel, flooded");
    refuse("--load", "-1", EX_DATAERR, "base load in W must be from 0");
    refuse("--site", "91,4", EX_DATAERR, "site 91,4: latitude");
    refuse("--site", "50", EX_USAGE, "--site '50' is not like 50.85,4.35");
    refuse("--job", "20min/month@7W", EX_USAGE, "is not like 20min/day@7W");
    refuse("--saver-w", "8.5", EX_DATAERR, "--saver-w");
    refuse("--policy", "soc:40,50", EX_USAGE, "refill");
}
END_TEST

START_TEST(bad_lines_are_named)
{
    char sun[200], faults[200];
    snprintf(sun, sizeof sun, "%s/sun.csv", folder);
    snprintf(faults, sizeof faults, "%s/faults", folder);
    support_write(folder, "sun.csv", "time_utc,ghi_wm2\n01-01T00:00,0\n01-01T01:00,bright\n");
    refuse("--irradiance", sun, EX_DATAERR, "sun.csv: line 3: ghi must be a number from -20 to 1500, not \"bright\"");
    support_write(folder, "sun.csv", "time_utc,ghi_wm2\n01-01T00:00,0\n01-01T02:00,0\n");
    refuse("--irradiance", sun, EX_DATAERR, "sun.csv: line 3: hours must follow each other without a gap");
    support_write(folder, "sun.csv", "time_utc,ghi_wm2\n01-01T00:00,0\n");
    refuse("--irradiance", sun, EX_DATAERR, "the year ends here, after 1 of 8760 hours");
    support_write(folder, "sun.csv", "when,how much\n");
    refuse("--irradiance", sun, EX_DATAERR, "sun.csv: line 1: the heading needs the columns time_utc and ghi_wm2");
    refuse("--irradiance", "/nowhere", EX_NOINPUT, "/nowhere");
    support_write(folder, "faults", "# planned\n0.5 silent 2h\n1 slient\n");
    refuse("--faults", faults, EX_DATAERR, "faults:3: there is no fault 'slient'; did you mean silent?");
    support_write(folder, "faults", "0.5 silent 2h\n1 met gnoe 4h\n");
    refuse("--faults", faults, EX_DATAERR, "line 2: there is no fault 'gnoe'");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simulate");
    TCase *tests = tcase_create("command");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_installed_one_finds_its_definitions);
    tcase_add_test(tests, a_built_one_finds_its_tree);
    tcase_add_test(tests, a_measured_year_is_the_sun);
    tcase_add_test(tests, the_measured_year_at_45_north);
    tcase_add_test(tests, the_summary_names_all_that_was_asked_for);
    tcase_add_test(tests, programs_are_told_the_same);
    tcase_add_loop_test(tests, every_battery_runs, 0, (int)(sizeof chemistries / sizeof *chemistries));
    tcase_add_test(tests, every_option_is_in_the_manual);
    tcase_add_test(tests, a_terminal_sees_progress);
    tcase_add_test(tests, a_pipe_sees_none);
    tcase_add_test(tests, impossible_plants_and_sites);
    tcase_add_test(tests, bad_lines_are_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
