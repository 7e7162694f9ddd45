/* gnomond polls a Modbus server that shares no code with it, over TCP and over a pseudo-terminal pair, for minutes of its calendar and
 * through a restart of that server: the rows of state.db are what was served. */
#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../support/process.h"

#define SPEED "20"                /* seven minutes of calendar in 22 s */
#define BEFORE_V 13.20
#define AFTER_V 12.84

struct bench { char folder[128]; pid_t server, bridge, daemon; };

static pid_t start_server(const struct bench *b, const char *kind, const char *where, const char *volts)
{
    char script[300];
    snprintf(script, sizeof script, "%s/tests/system/epever_server.py", support_root());
    char *argv[] = { "/usr/bin/python3", script, (char *)kind, (char *)where, (char *)volts, NULL };
    return support_start(b->folder, "server.log", argv);
}

static int has_pymodbus(void)
{
    return system("/usr/bin/python3 -c 'import pymodbus' 2>/dev/null") == 0;
}

static void start_daemon(struct bench *b, const char *line)
{
    char config[200], binary[300];
    support_write(b->folder, "gnomon.conf",
                  "[site]\nname = polls\nlatitude = 50.85\nlongitude = 4.35\nzone = Europe/Brussels\ncontact = test@example.org\n"
                  "[paths]\nstate = %s/state\nruntime = %s/run\nshare = %s/config\n[controller main]\nmap = epever\nline = %s\npoll = 10s\n"
                  "[feed met-norway]\nuse = no\n[feed eurostat-hicp]\nuse = no\n[feed eurostat-hicp-first]\nuse = no\n[feed gdelt-raw]\nuse = no\n",
                  b->folder, b->folder, support_root(), line);
    snprintf(config, sizeof config, "%s/gnomon.conf", b->folder);
    snprintf(binary, sizeof binary, "%s/gnomond", support_build());
    char *argv[] = { binary, "-c", config, "--speed", SPEED, NULL };
    b->daemon = support_start(b->folder, "log", argv);
}

static double number(const struct bench *b, const char *query)
{
    char path[300];
    snprintf(path, sizeof path, "%s/state/state.db", b->folder);
    char *text = support_sql(path, query);
    double x = text[0] == '\0' ? NAN : strtod(text, NULL);
    free(text);
    return x;
}

/* Everything the server holds, as it must stand in the minutes: constant before and after the restart, nothing else in between. */
static void compare(const struct bench *b)
{
    char *log = support_read(b->folder, "log");
    ck_assert_msg(number(b, "SELECT count(*) FROM reading_view WHERE battery_v_last = 13.2") >= 1, "no minute of the first server\n%s", log);
    ck_assert_msg(number(b, "SELECT count(*) FROM reading_view WHERE battery_v_last = 12.84") >= 1, "no minute of the second server\n%s", log);
    ck_assert_double_eq(number(b, "SELECT count(*) FROM reading_view WHERE battery_v_min NOT IN (13.2, 12.84) OR battery_v_max NOT IN (13.2, 12.84)"), 0);
    static const struct { const char *field; double value; } served[] = {
        { "pv_v", 18.50 }, { "pv_a", 4.20 }, { "pv_w", 77.70 }, { "charge_a", 5.70 }, { "load_a", 0.92 }, { "battery_c", 18.75 }, { "case_c", 24.60 }, { "battery_a", 4.78 },
    };
    for (size_t i = 0; i < sizeof served / sizeof served[0]; i++) {
        char query[300];
        snprintf(query, sizeof query, "SELECT count(*) FROM reading_view WHERE abs(%s_last - %.4f) > 1e-9 OR abs(%s_min - %.4f) > 1e-9 OR abs(%s_mean - %.4f) > 1e-3", served[i].field,
                 served[i].value, served[i].field, served[i].value, served[i].field, served[i].value);
        ck_assert_msg(number(b, query) == 0, "%s is not what was served", served[i].field);
    }
    ck_assert_double_eq(number(b, "SELECT count(*) FROM reading_view WHERE stage <> 'float'"), 0);
    ck_assert_msg(strstr(log, "no controller measures its net current") == NULL, "this one does\n%s", log);
    free(log);
}

static void stop_daemon(struct bench *b)
{
    int status;
    int64_t took_ms = support_stop(b->daemon, SIGTERM, 5, &status);
    ck_assert_msg(took_ms >= 0 && took_ms <= 1000, "SIGTERM took %lld ms", (long long)took_ms);
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}

/* 8 s before, 2.5 s without, 11 s after: seven minutes of the daemon's calendar. */
static void poll_through_a_restart(struct bench *b, const char *kind, const char *where)
{
    b->server = start_server(b, kind, where, "13.20");
    support_sleep(1.5);
    char line[200];
    snprintf(line, sizeof line, strcmp(kind, "tcp") == 0 ? "tcp:127.0.0.1:%s" : "rtu:%s/daemon:115200:8N1", strcmp(kind, "tcp") == 0 ? where : b->folder);
    start_daemon(b, line);
    ck_assert_int_eq(support_wait_for(b->folder, "log", "controller main: answers", 1, 10), 0);
    support_sleep(8);
    support_stop(b->server, SIGKILL, 2, NULL);
    support_sleep(2.5);
    b->server = start_server(b, kind, where, "12.84");
    support_sleep(11);                           /* a serial line may find the server back before it calls the sample lost */
    stop_daemon(b);
    support_stop(b->server, SIGKILL, 2, NULL);
    compare(b);
}

START_TEST(over_tcp)
{
    struct bench b = { 0 };
    char port[16];
    if (!has_pymodbus()) {
        fprintf(stderr, "skip: no python3-pymodbus\n");
        return;
    }
    support_folder(b.folder);
    snprintf(port, sizeof port, "%d", support_free_port());
    poll_through_a_restart(&b, "tcp", port);
    support_remove(b.folder);
}
END_TEST

START_TEST(over_a_pseudo_terminal)
{
    struct bench b = { 0 };
    char left[200], right[200], device[200];
    if (!has_pymodbus() || system("command -v socat >/dev/null 2>&1") != 0) {
        fprintf(stderr, "skip: no python3-pymodbus or no socat\n");
        return;
    }
    support_folder(b.folder);
    snprintf(left, sizeof left, "pty,raw,echo=0,link=%s/daemon", b.folder);
    snprintf(right, sizeof right, "pty,raw,echo=0,link=%s/server", b.folder);
    snprintf(device, sizeof device, "%s/server", b.folder);
    char *argv[] = { "socat", left, right, NULL };
    b.bridge = support_start(b.folder, "socat.log", argv);
    support_sleep(0.5);
    poll_through_a_restart(&b, "serial", device);
    support_stop(b.bridge, SIGKILL, 2, NULL);
    support_remove(b.folder);
}
END_TEST

/* ---- two controllers on one line: each reads in its turn ---- */

static void start_two(struct bench *b, const char *line, const char *first, const char *second)
{
    char config[200], binary[300];
    support_write(b->folder, "gnomon.conf",
                  "[site]\nname = polls\nlatitude = 50.85\nlongitude = 4.35\nzone = Europe/Brussels\ncontact = test@example.org\n"
                  "[paths]\nstate = %s/state\nruntime = %s/run\nshare = %s/config\n[controller one]\nmap = %s\nline = %s\npoll = 20s\n"
                  "[controller two]\nmap = %s\nline = %s\nunit = 255\npoll = 20s\n"
                  "[feed met-norway]\nuse = no\n[feed eurostat-hicp]\nuse = no\n[feed eurostat-hicp-first]\nuse = no\n[feed gdelt-raw]\nuse = no\n",
                  b->folder, b->folder, support_root(), first, line, second, line);
    snprintf(config, sizeof config, "%s/gnomon.conf", b->folder);
    snprintf(binary, sizeof binary, "%s/gnomond", support_build());
    char *argv[] = { binary, "-c", config, "--speed", "10", NULL };
    b->daemon = support_start(b->folder, "log", argv);
}

static void start_replay(struct bench *b, const char *kind, const char *where, const char *first, const char *second)
{
    char script[300], log[2][300];
    snprintf(script, sizeof script, "%s/tests/system/replay_server.py", support_root());
    snprintf(log[0], sizeof log[0], "%s/tests/replay/%s.log", support_root(), first);
    snprintf(log[1], sizeof log[1], "%s/tests/replay/%s.log@255", support_root(), second);
    char *argv[] = { "/usr/bin/python3", script, (char *)kind, (char *)where, log[0], log[1], NULL };
    b->server = support_start(b->folder, "server.log", argv);
    support_sleep(1.5);
}

/* Every value is the controller's own, and neither went without. */
static void compare_two(const struct bench *b, double one_v, double two_v)
{
    static const char *const names[] = { "one", "two" };
    char *log = support_read(b->folder, "log");
    for (int i = 0; i < 2; i++) {
        char query[300];
        double volts = i == 0 ? one_v : two_v;
        snprintf(query, sizeof query, "SELECT count(*) FROM reading_view WHERE controller = '%s' AND battery_v_last = %.2f", names[i], volts);
        ck_assert_msg(number(b, query) >= 1, "%s was not read\n%s", names[i], log);
        snprintf(query, sizeof query, "SELECT count(*) FROM reading_view WHERE controller = '%s' AND (battery_v_min <> %.2f OR battery_v_max <> %.2f)", names[i], volts, volts);
        ck_assert_msg(number(b, query) == 0, "%s has a foreign value", names[i]);
    }
    ck_assert_msg(strstr(log, "working without it") == NULL, "%s", log);
    free(log);
}

static void poll_two(struct bench *b, const char *line, const char *first, const char *second, double one_v, double two_v)
{
    start_two(b, line, first, second);
    ck_assert_int_eq(support_wait_for(b->folder, "log", "controller one: answers", 1, 10), 0);
    ck_assert_int_eq(support_wait_for(b->folder, "log", "controller two: answers", 1, 10), 0);
    support_sleep(6);
    stop_daemon(b);
    support_stop(b->server, SIGKILL, 2, NULL);
    compare_two(b, one_v, two_v);
}

START_TEST(two_on_one_gateway)
{
    struct bench b = { 0 };
    char port[16], line[64];
    if (!has_pymodbus()) {
        fprintf(stderr, "skip: no python3-pymodbus\n");
        return;
    }
    support_folder(b.folder);
    snprintf(port, sizeof port, "%d", support_free_port());
    snprintf(line, sizeof line, "tcp:127.0.0.1:%s", port);
    start_replay(&b, "tcp", port, "sunspec", "renogy");
    poll_two(&b, line, "sunspec", "renogy", 13.19, 12.3);
    support_remove(b.folder);
}
END_TEST

/* Without a net current the charge rests on a balance with the configured draw of the box: said once, however often they answer. */
START_TEST(an_own_balance_is_told_once)
{
    struct bench b = { 0 };
    char port[16], line[64];
    if (!has_pymodbus()) {
        fprintf(stderr, "skip: no python3-pymodbus\n");
        return;
    }
    support_folder(b.folder);
    snprintf(port, sizeof port, "%d", support_free_port());
    snprintf(line, sizeof line, "tcp:127.0.0.1:%s", port);
    start_replay(&b, "tcp", port, "tristar-mppt", "tristar-mppt");
    start_two(&b, line, "tristar-mppt", "tristar-mppt");
    ck_assert_int_eq(support_wait_for(b.folder, "log", "controller two: answers", 1, 10), 0);
    support_sleep(8);                           /* a minute of its calendar */
    stop_daemon(&b);
    support_stop(b.server, SIGKILL, 2, NULL);
    ck_assert_msg(number(&b, "SELECT count(*) FROM reading_view WHERE controller = 'one'") >= 1, "nothing was read");
    char *log = support_read(b.folder, "log"), *said = strstr(log, "battery: no controller measures its net current; the charge is counted from the panel's power less the configured base_w");
    ck_assert_msg(said != NULL && strstr(said + 20, "no controller measures") == NULL, "%s", log);
    free(log);
    support_remove(b.folder);
}
END_TEST

START_TEST(two_on_one_serial_line)
{
    struct bench b = { 0 };
    char left[200], right[200], device[200], line[200];
    if (!has_pymodbus() || system("command -v socat >/dev/null 2>&1") != 0) {
        fprintf(stderr, "skip: no python3-pymodbus or no socat\n");
        return;
    }
    support_folder(b.folder);
    snprintf(left, sizeof left, "pty,raw,echo=0,link=%s/daemon", b.folder);
    snprintf(right, sizeof right, "pty,raw,echo=0,link=%s/server", b.folder);
    snprintf(device, sizeof device, "%s/server", b.folder);
    snprintf(line, sizeof line, "rtu:%s/daemon", b.folder);
    char *argv[] = { "socat", left, right, NULL };
    b.bridge = support_start(b.folder, "socat.log", argv);
    support_sleep(0.5);
    start_replay(&b, "serial", device, "sunspec", "renogy");
    poll_two(&b, line, "sunspec", "renogy", 13.19, 12.3);
    support_stop(b.bridge, SIGKILL, 2, NULL);
    support_remove(b.folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("system polls");
    TCase *tests = tcase_create("pymodbus");
    tcase_set_timeout(tests, 90);
    tcase_add_test(tests, over_tcp);
    tcase_add_test(tests, over_a_pseudo_terminal);
    tcase_add_test(tests, two_on_one_gateway);
    tcase_add_test(tests, an_own_balance_is_told_once);
    tcase_add_test(tests, two_on_one_serial_line);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
