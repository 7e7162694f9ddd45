/* gnomon probe against pymodbus, over TCP and a pseudo-terminal pair: the right map, a section that can be used as it is, and the exit status. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/process.h"

struct bench { char folder[128]; pid_t server, bridge; };

static int has_tools(void)
{
    int has = system("/usr/bin/python3 -c 'import pymodbus' 2>/dev/null && command -v socat >/dev/null 2>&1") == 0;
    if (!has)
        fprintf(stderr, "skip: no python3-pymodbus or no socat\n");
    return has;
}

static void start_server(struct bench *b, const char *kind, const char *where, const char *log)
{
    char script[300], path[300];
    snprintf(script, sizeof script, "%s/tests/system/replay_server.py", support_root());
    snprintf(path, sizeof path, "%s/tests/replay/%s", support_root(), log);
    char *argv[] = { "/usr/bin/python3", script, (char *)kind, (char *)where, path, NULL };
    b->server = support_start(b->folder, "server.log", argv);
}

/* Exit status; what was said is in the file "out". */
static int probe(const struct bench *b, const char *arguments)
{
    char command[900];
    snprintf(command, sizeof command, "%s/gnomon probe --maps %s/config/controllers %s >%s/out 2>%s/err", support_build(), support_root(), arguments, b->folder, b->folder);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void says(const struct bench *b, const char *expected)
{
    char *out = support_read(b->folder, "out");
    ck_assert_msg(strstr(out, expected) != NULL, "\"%s\" is not in:\n%s", expected, out);
    free(out);
}

/* Each kind that is shipped is told from all others. */
START_TEST(over_tcp)
{
    static const struct { const char *log, *map; int unit; } row[] = {
        { "renogy.log@255", "renogy", 255 }, { "sunspec.log", "sunspec", 1 }, { "epever.log", "epever", 1 }, { "tristar-mppt.log", "tristar-mppt", 1 },
        { "prostar-mppt.log", "prostar-mppt", 1 }, { "sunsaver-mppt.log", "sunsaver-mppt", 1 }, { "outback.log", "outback", 1 }, { "victron-gx.log", "victron-gx", 100 },
    };
    struct bench b = { 0 };
    if (!has_tools())
        return;
    support_folder(b.folder);
    pid_t server[sizeof row / sizeof *row];
    char port[sizeof row / sizeof *row][16];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        snprintf(port[i], sizeof port[i], "%d", support_free_port());
        start_server(&b, "tcp", port[i], row[i].log);
        server[i] = b.server;
    }
    support_sleep(4);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char arguments[100], section[200];
        snprintf(arguments, sizeof arguments, "--line tcp:127.0.0.1:%s --unit %d", port[i], row[i].unit);
        ck_assert_msg(probe(&b, arguments) == 0, "%s", row[i].map);
        snprintf(section, sizeof section, "[controller %s]\nmap = %s\nline = tcp:127.0.0.1:%s\nunit = %d\n", row[i].map, row[i].map, port[i], row[i].unit);
        says(&b, section);
        char *out = support_read(b.folder, "out");
        ck_assert_msg(strstr(strstr(out, "[controller") + 1, "[controller") == NULL, "two sections for one device:\n%s", out);
        free(out);
        support_stop(server[i], SIGKILL, 2, NULL);
    }
    support_remove(b.folder);
}
END_TEST

START_TEST(over_a_serial_line)
{
    struct bench b = { 0 };
    char left[200], right[200], device[200], arguments[300], expected[300];
    if (!has_tools())
        return;
    support_folder(b.folder);
    snprintf(left, sizeof left, "pty,raw,echo=0,link=%s/adapter", b.folder);
    snprintf(right, sizeof right, "pty,raw,echo=0,link=%s/server", b.folder);
    snprintf(device, sizeof device, "%s/server", b.folder);
    char *argv[] = { "socat", left, right, NULL };
    b.bridge = support_start(b.folder, "socat.log", argv);
    support_sleep(0.5);
    start_server(&b, "serial", device, "epever.log");
    support_sleep(1.5);
    snprintf(arguments, sizeof arguments, "--json --unit 1 --line %s/adapter", b.folder);
    ck_assert_int_eq(probe(&b, arguments), 0);
    snprintf(expected, sizeof expected, "[controller epever]\\nmap = epever\\nline = rtu:%s/adapter:115200:8N1\\nunit = 1\\n", b.folder);
    says(&b, expected);
    says(&b, "\"found\":true");
    says(&b, "\"battery_v\":12.3,\"battery_a\":-1.5");
    /* A port that another program holds is left alone. */
    char path[200];
    snprintf(path, sizeof path, "%s/adapter", b.folder);
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    ck_assert_int_eq(probe(&b, arguments), 75);
    says(&b, "another program uses this port");
    close(fd);
    support_stop(b.server, SIGKILL, 2, NULL);
    support_stop(b.bridge, SIGKILL, 2, NULL);
    support_remove(b.folder);
}
END_TEST

START_TEST(nothing_there)
{
    struct bench b = { 0 };
    char arguments[200];
    support_folder(b.folder);
    snprintf(arguments, sizeof arguments, "--line tcp:127.0.0.1:%d", support_free_port());
    ck_assert_int_eq(probe(&b, arguments), 69);
    says(&b, "cannot connect");
    ck_assert_int_eq(probe(&b, "--line /nowhere/port"), 69);
    ck_assert_int_eq(probe(&b, "--line ttyUSB0"), 64);
    ck_assert_int_eq(probe(&b, "--unit 256"), 64);
    ck_assert_int_eq(probe(&b, "--line tcp:127.0.0.1:1 --maps /nowhere"), 78);
    support_remove(b.folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("system probe");
    TCase *tests = tcase_create("probe");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, over_tcp);
    tcase_add_test(tests, over_a_serial_line);
    tcase_add_test(tests, nothing_there);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
