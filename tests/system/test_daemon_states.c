/* The real gnomond in every bad state: it starts, says so once, degrades that source only, and SIGTERM ends it within a second. */
#include <check.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/process.h"

/* No test may ask the real providers. */
#define OTHERS_OFF "[feed eurostat-hicp]\nuse = no\n[feed eurostat-hicp-first]\nuse = no\n[feed gdelt-raw]\nuse = no\n"
#define NO_FEEDS OTHERS_OFF "[feed met-norway]\nuse = no\n"

struct box { char folder[128], binary[300]; pid_t pid; };

static void configure(const struct box *box, const char *extra)
{
    support_write(box->folder, "gnomon.conf",
                  "[site]\nname = test box\nlatitude = 50.85\nlongitude = 4.35\nzone = Europe/Brussels\ncountry = BE\ncontact = test@example.org\n"
                  "[paths]\nstate = %s/state\nruntime = %s/run\nshare = %s/config\n%s",
                  box->folder, box->folder, support_root(), extra);
}

static void setup_box(struct box *box, const char *extra)
{
    support_folder(box->folder);
    snprintf(box->binary, sizeof box->binary, "%s/gnomond", support_build());
    configure(box, extra);
}

static void start_box(struct box *box)
{
    char path[200];
    snprintf(path, sizeof path, "%s/gnomon.conf", box->folder);
    char *argv[] = { box->binary, "-c", path, NULL };
    box->pid = support_start(box->folder, "log", argv);
}

static void show_log(const struct box *box)
{
    char *text = support_read(box->folder, "log");
    fprintf(stderr, "---- log of %s\n%s----\n", box->folder, text);
    free(text);
}

static void wait_ready(const struct box *box)
{
    if (support_wait_for(box->folder, "log", "ready:", 1, 10) != 0) {
        show_log(box);
        ck_abort_msg("not ready within 10 s");
    }
}

static void stop_box(struct box *box)
{
    int status = 0;
    int64_t took_ms = support_stop(box->pid, SIGTERM, 5, &status);
    if (took_ms < 0 || took_ms > 1000 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        show_log(box);
    ck_assert_msg(took_ms >= 0 && took_ms <= 1000, "SIGTERM took %lld ms", (long long)took_ms);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}

static char *sql(const struct box *box, const char *file, const char *query)
{
    char path[300];
    snprintf(path, sizeof path, "%s/state/%s", box->folder, file);
    return support_sql(path, query);
}

static double number(const struct box *box, const char *file, const char *query)
{
    char *text = sql(box, file, query);
    double x = strtod(text, NULL);
    free(text);
    return x;
}

START_TEST(nothing_connected)
{
    struct box box;
    setup_box(&box, NO_FEEDS);
    start_box(&box);
    wait_ready(&box);
    ck_assert_int_eq(support_wait_for(box.folder, "state/public/forecast.db", "SQLite format 3", 1, 5), 0);
    ck_assert_double_eq(number(&box, "public/forecast.db", "SELECT count(*) FROM v1_status"), 1);
    ck_assert_int_eq(support_wait_for(box.folder, "run/status.json", "\"contract\"", 1, 5), 0);
    stop_box(&box);
    ck_assert_double_eq(number(&box, "public/forecast.db", "SELECT count(*) FROM v1_status"), 1);
    support_remove(box.folder);
}
END_TEST

START_TEST(controller_absent)
{
    struct box box;
    setup_box(&box, "[controller main]\nmap = epever\nline = rtu:/dev/serial/by-id/gnomon-does-not-exist:115200:8N1\npoll = 5s\n" NO_FEEDS);
    start_box(&box);
    wait_ready(&box);
    ck_assert_int_eq(support_wait_for(box.folder, "log", "controller main", 1, 5), 0);
    support_sleep(6);
    ck_assert_int_eq(support_count(box.folder, "log", "controller main"), 1);
    stop_box(&box);
    support_remove(box.folder);
}
END_TEST

START_TEST(controller_answers_nothing)
{
    struct box box;
    char extra[400];
    int port = support_free_port();
    snprintf(extra, sizeof extra, "[controller main]\nmap = epever\nline = tcp:127.0.0.1:%d\npoll = 5s\n" NO_FEEDS, port);
    setup_box(&box, extra);
    char script[300];
    snprintf(script, sizeof script, "import socket,time; s=socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1',%d)); s.listen(5); "
             "c=[s.accept() for _ in range(9)]; time.sleep(60)", port);
    char *argv[] = { "/usr/bin/python3", "-c", script, NULL };
    pid_t silent = support_start(box.folder, "silent.log", argv);
    support_sleep(0.5);
    start_box(&box);
    wait_ready(&box);
    support_sleep(1.0);                          /* now it waits for an answer */
    stop_box(&box);
    support_stop(silent, SIGKILL, 2, NULL);
    support_remove(box.folder);
}
END_TEST

START_TEST(controller_address_is_a_black_hole)
{
    struct box box;
    setup_box(&box, "[controller main]\nmap = epever\nline = tcp:192.0.2.1:502\npoll = 5s\n" NO_FEEDS);
    start_box(&box);
    wait_ready(&box);
    support_sleep(0.7);
    stop_box(&box);
    support_remove(box.folder);
}
END_TEST

START_TEST(feed_refuses)
{
    struct box box;
    char extra[400];
    snprintf(extra, sizeof extra, OTHERS_OFF "[feed met-norway]\nuse = yes\nlocal = yes\nbase = http://127.0.0.1:%d\n", support_free_port());
    setup_box(&box, extra);
    start_box(&box);
    wait_ready(&box);
    ck_assert_int_eq(support_wait_for(box.folder, "log", "feed met-norway", 1, 10), 0);
    support_sleep(1);
    ck_assert_int_eq(support_count(box.folder, "log", "feed met-norway"), 1);
    stop_box(&box);
    support_remove(box.folder);
}
END_TEST

/* A wrong key, a missing secret and a bad path are told with file and line; the feed beside them is asked. */
START_TEST(bad_definitions_leave_the_others_alone)
{
    struct box box;
    char dir[200];
    setup_box(&box, "");
    snprintf(dir, sizeof dir, "%s/share", box.folder);
    ck_assert_int_eq(mkdir(dir, 0755), 0);
    snprintf(dir, sizeof dir, "%s/share/feeds", box.folder);
    ck_assert_int_eq(mkdir(dir, 0755), 0);
    support_write(box.folder, "share/feeds/a-key.conf", "[feed a-key]\nurl = https://a.example/\nvalu = 1\n");
    support_write(box.folder, "share/feeds/b-path.conf", "[feed b-path]\nurl = https://b.example/\ndate = d*/x\n[series v]\nvalue = /v\n");
    support_write(box.folder, "share/feeds/c-secret.conf", "[feed c-secret]\nurl = https://c.example/\nheader = X-Token: {secret:none}\ndate = /d\n[series v]\nvalue = /v\n");
    support_write(box.folder, "share/feeds/d-fine.conf", "[feed d-fine]\nurl = http://127.0.0.1:%d/\nhttp = yes\nlocal = yes\ndate = /d\n[series v]\nvalue = /v\n", support_free_port());
    support_write(box.folder, "gnomon.conf", "[site]\nname = test box\nzone = Europe/Brussels\n[paths]\nstate = %s/state\nruntime = %s/run\nshare = %s/share\n[feed c-secret]\nuse = yes\n",
                  box.folder, box.folder, box.folder);
    start_box(&box);
    wait_ready(&box);
    ck_assert_int_eq(support_wait_for(box.folder, "log", "feed d-fine", 1, 10), 0);
    static const char *const told[] = { "a-key.conf:3", "b-path.conf:3", "c-secret.conf:3" };
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        ck_assert_msg(support_count(box.folder, "log", told[i]) == 1, "%s is not told once", told[i]);
    stop_box(&box);
    support_remove(box.folder);
}
END_TEST

START_TEST(feed_never_answers)
{
    struct box box;
    char extra[400];
    snprintf(extra, sizeof extra, OTHERS_OFF "[feed met-norway]\nuse = yes\nlocal = yes\nbase = http://192.0.2.1\n");
    setup_box(&box, extra);
    start_box(&box);
    wait_ready(&box);
    support_sleep(0.7);
    stop_box(&box);
    support_remove(box.folder);
}
END_TEST

/* Runs argv-like shell text in namespaces of its own; 0 where the kernel does not let us. */
static int may_unshare(const char *flags)
{
    char command[200];
    snprintf(command, sizeof command, "unshare %s true 2>/dev/null", flags);
    return system(command) == 0;
}

START_TEST(name_server_is_silent)
{
    struct box box;
    if (!may_unshare("-rnm")) {
        fprintf(stderr, "skip: no network namespaces here\n");
        return;
    }
    setup_box(&box, OTHERS_OFF "[feed met-norway]\nuse = yes\n");
    support_write(box.folder, "resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:3\n");
    support_write(box.folder, "silent.py",
                  "import fcntl,os,socket,struct,sys\n"
                  "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
                  "fcntl.ioctl(s,0x8914,struct.pack('16sh14x',b'lo',0x41))\n"       /* lo up */
                  "s.bind(('127.0.0.1',53))\n"
                  "pid=os.fork()\n"
                  "if pid==0:\n    import time\n    time.sleep(60)\n    sys.exit()\n"
                  "os.execv(sys.argv[1],sys.argv[1:])\n");
    char command[900];
    snprintf(command, sizeof command, "exec unshare -rnm sh -c 'mount --bind %s/resolv.conf /etc/resolv.conf && exec /usr/bin/python3 %s/silent.py %s -c %s/gnomon.conf'", box.folder,
             box.folder, box.binary, box.folder);
    char *argv[] = { "sh", "-c", command, NULL };
    box.pid = support_start(box.folder, "log", argv);
    wait_ready(&box);
    support_sleep(1.5);                          /* the look-up is under way */
    stop_box(&box);
    ck_assert_int_ge(system("pkill -f gnomon-test.*silent.py >/dev/null 2>&1"), 0);
    support_remove(box.folder);
}
END_TEST

/* At 60 times the calendar's speed the ten minutes between two attempts are ten seconds. */
START_TEST(disk_is_full)
{
    struct box box;
    if (!may_unshare("-rm")) {
        fprintf(stderr, "skip: no mount namespaces here\n");
        return;
    }
    setup_box(&box, NO_FEEDS);
    char command[1200];
    const char *f = box.folder;
    snprintf(command, sizeof command, "exec unshare -rm sh -c 'mkdir %s/state && mount -t tmpfs -o size=2500k tmpfs %s/state && mkdir %s/state/inbox && "
             "(sleep 2; cp %s/rows.csv %s/state/inbox/.rows; dd if=/dev/zero of=%s/state/ballast bs=1k 2>/dev/null; mv %s/state/inbox/.rows %s/state/inbox/rows.csv; "
             "sleep 6; rm %s/state/ballast) & exec %s -c %s/gnomon.conf --speed 60'",
             f, f, f, f, f, f, f, f, f, box.binary, f);
    char *rows = malloc(1 << 20);
    size_t used = (size_t)sprintf(rows, "series,date,value\n");
    for (int i = 0; i < 9000; i++)
        used += (size_t)sprintf(rows + used, "shop%d,20%02d-%02d-%02d,%d\n", i / 300, 10 + i % 300 / 100, 1 + i % 12, 1 + i % 25, i);
    support_write(box.folder, "rows.csv", "%s", rows);
    free(rows);
    char *argv[] = { "sh", "-c", command, NULL };
    box.pid = support_start(box.folder, "log", argv);
    wait_ready(&box);
    int full = support_wait_for(box.folder, "log", "store:", 1, 10);
    int mended = support_wait_for(box.folder, "log", "writing again", 1, 25);
    int taken = support_wait_for(box.folder, "log", "inbox: rows.csv", 1, 10);
    if (full != 0 || mended != 0 || taken != 0)
        show_log(&box);
    ck_assert_int_eq(full, 0);
    ck_assert_int_eq(mended, 0);
    ck_assert_int_eq(taken, 0);
    ck_assert_int_eq(support_count(box.folder, "log", "nothing is kept meanwhile"), 1);
    stop_box(&box);
    support_remove(box.folder);
}
END_TEST

START_TEST(second_daemon_is_refused)
{
    struct box box, other;
    int status;
    setup_box(&box, NO_FEEDS);
    start_box(&box);
    wait_ready(&box);
    other = box;
    start_box(&other);
    ck_assert_int_eq(waitpid(other.pid, &status, 0), other.pid);
    ck_assert_int_eq(WEXITSTATUS(status), 75);
    stop_box(&box);
    support_remove(box.folder);
}
END_TEST

START_TEST(bad_configuration_names_line_key_and_range)
{
    struct box box;
    int status;
    setup_box(&box, "[battery]\nreserve_ratio = 1.5\n");
    start_box(&box);
    ck_assert_int_eq(waitpid(box.pid, &status, 0), box.pid);
    ck_assert_int_eq(WEXITSTATUS(status), 78);
    char *log = support_read(box.folder, "log");
    ck_assert_ptr_nonnull(strstr(log, "gnomon.conf:13"));
    ck_assert_ptr_nonnull(strstr(log, "reserve_ratio"));
    ck_assert_ptr_nonnull(strstr(log, "1.5"));
    free(log);
    support_remove(box.folder);
}
END_TEST

START_TEST(reload_is_all_or_nothing)
{
    struct box box;
    setup_box(&box, NO_FEEDS);
    start_box(&box);
    wait_ready(&box);
    configure(&box, NO_FEEDS "[battery]\ncapacity = 5\n");
    kill(box.pid, SIGHUP);
    ck_assert_int_eq(support_wait_for(box.folder, "log", "going on with the old configuration", 1, 5), 0);
    ck_assert_int_eq(support_count(box.folder, "log", "capacity_ah"), 1);      /* did you mean */
    configure(&box, NO_FEEDS "[battery]\ncapacity_ah = 60\n");
    kill(box.pid, SIGHUP);
    ck_assert_int_eq(support_wait_for(box.folder, "log", "taken", 1, 5), 0);
    stop_box(&box);
    support_remove(box.folder);
}
END_TEST

START_TEST(inbox_answers)
{
    struct box box;
    char path[300], from[300];
    setup_box(&box, NO_FEEDS);
    start_box(&box);
    wait_ready(&box);
    support_write(box.folder, "good.csv", "series,date,value\nshop,2026-01-01,10\nshop,2026-01-02,12\nshop,2026-01-03,oops\nshop,2026-01-04,9\nshop,2026-01-05,11\nshop,2026-01-06,8\n");
    support_write(box.folder, "bad.csv", "series,date,value\nshop,x,1\nshop,y,2\n");
    const char *const names[] = { "good.csv", "bad.csv" };
    for (int i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%s/%s", box.folder, names[i]);
        snprintf(path, sizeof path, "%s/state/inbox/%s", box.folder, names[i]);
        ck_assert_int_eq(rename(from, path), 0);
    }
    ck_assert_int_eq(support_wait_for(box.folder, "state/done/good.csv", "\"added\":5", 1, 5), 0);
    ck_assert_int_eq(support_count(box.folder, "state/done/good.csv", "\"line\":4"), 1);
    ck_assert_int_eq(support_wait_for(box.folder, "state/rejected/bad.csv", "\"reason\"", 1, 5), 0);
    ck_assert_int_eq(support_count(box.folder, "state/rejected/bad.csv.original", "shop,x,1"), 1);
    stop_box(&box);
    ck_assert_double_eq(number(&box, "state.db", "SELECT count(*) FROM activity_view"), 5);
    support_remove(box.folder);
}
END_TEST

/* What a CRM of another user sees: the same before, during and after. */
static void read_as_other(const struct box *box, const char *when)
{
    char path[300], uri[360];
    struct stat s;
    snprintf(path, sizeof path, "%s/state/public/forecast.db", box->folder);
    ck_assert_msg(stat(path, &s) == 0 && (s.st_mode & 0004) != 0, "%s: forecast.db is not readable by others", when);
    struct passwd *nobody = getpwnam("nobody");
    if (getuid() != 0 || nobody == NULL)
        return;
    snprintf(uri, sizeof uri, "file:%s?mode=ro", path);
    pid_t pid = fork();
    if (pid == 0) {
        if (setgid(nobody->pw_gid) != 0 || setuid(nobody->pw_uid) != 0)
            _exit(3);
        execlp("sqlite3", "sqlite3", "-bail", uri, "SELECT 1/(count(*)=1) FROM v1_status; SELECT count(*) FROM v1_forecast", (char *)NULL);
        _exit(127);
    }
    int status;
    waitpid(pid, &status, 0);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: another user cannot read forecast.db", when);
}

START_TEST(forecast_db_is_readable_running_stopped_killed)
{
    struct box box;
    setup_box(&box, NO_FEEDS);
    start_box(&box);
    wait_ready(&box);
    ck_assert_int_eq(support_wait_for(box.folder, "state/public/forecast.db", "SQLite format 3", 1, 5), 0);
    read_as_other(&box, "running");
    support_stop(box.pid, SIGKILL, 2, NULL);
    read_as_other(&box, "killed");
    start_box(&box);
    ck_assert_int_eq(support_wait_for(box.folder, "log", "ready:", 2, 10), 0);
    stop_box(&box);
    read_as_other(&box, "stopped");
    support_remove(box.folder);
}
END_TEST

START_TEST(one_thread)
{
    struct box box;
    char path[64], line[200];
    int threads = 0;
    setup_box(&box, NO_FEEDS);
    start_box(&box);
    wait_ready(&box);
    snprintf(path, sizeof path, "/proc/%d/status", (int)box.pid);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL)
        sscanf(line, "Threads: %d", &threads);
    fclose(file);
    ck_assert_int_eq(threads, 1);
    stop_box(&box);
    support_remove(box.folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("system states");
    TCase *tests = tcase_create("gnomond");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, nothing_connected);
    tcase_add_test(tests, controller_absent);
    tcase_add_test(tests, controller_answers_nothing);
    tcase_add_test(tests, controller_address_is_a_black_hole);
    tcase_add_test(tests, feed_refuses);
    tcase_add_test(tests, bad_definitions_leave_the_others_alone);
    tcase_add_test(tests, feed_never_answers);
    tcase_add_test(tests, name_server_is_silent);
    tcase_add_test(tests, disk_is_full);
    tcase_add_test(tests, second_daemon_is_refused);
    tcase_add_test(tests, bad_configuration_names_line_key_and_range);
    tcase_add_test(tests, reload_is_all_or_nothing);
    tcase_add_test(tests, inbox_answers);
    tcase_add_test(tests, forecast_db_is_readable_running_stopped_killed);
    tcase_add_test(tests, one_thread);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
