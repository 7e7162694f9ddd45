/* The real programs and energy: a battery that cannot be true stops the start, a refused training exits with 75 and says when to try again. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "../support/process.h"
#include "store/store.h"

static char folder[128], conf[160], daemon_path[300], command_path[300];

static void set_up(void)
{
    support_folder(folder);
    snprintf(conf, sizeof conf, "%s/gnomon.conf", folder);
    snprintf(daemon_path, sizeof daemon_path, "%s/gnomond", support_build());
    snprintf(command_path, sizeof command_path, "%s/gnomon", support_build());
}

static void tear_down(void)
{
    support_remove(folder);
}

static void configure(const char *extra)
{
    support_write(folder, "gnomon.conf",
                  "[site]\nname = test box\nzone = Europe/Brussels\ncontact = test@example.org\n[paths]\nstate = %s/state\nruntime = %s/run\nshare = %s/nothing\n%s", folder, folder,
                  folder, extra);
}

static int ends_with(pid_t pid, double seconds)
{
    int status = 0;
    for (int64_t until_ms = support_now_ms() + (int64_t)(seconds * 1e3); support_now_ms() < until_ms; support_sleep(0.02))
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    support_stop(pid, SIGKILL, 1, NULL);
    return -1000;
}

static const struct { const char *section, *sentence; } impossible[] = {
    { "capacity_ah = 0\n", "[battery] capacity_ah = '0': expected 1..5000 Ah" },
    { "capacity_ah = -80\n", "[battery] capacity_ah = '-80': expected 1..5000 Ah" },
    { "reserve_ratio = 1.5\n", "[battery] reserve_ratio = '1.5': expected 0.05..0.9 of the capacity" },
    { "chemistry = nuclear\n", "[battery] chemistry = 'nuclear': expected one of: lifepo4 agm gel flooded" },
    { "nominal_v = 400\n", "[battery] nominal_v = '400': expected 0..60 V" },
    { "capacity_ah = plenty\n", "[battery] capacity_ah = 'plenty': expected 1..5000 Ah" },
    { "reserve_ratio = 0.9\n[energy]\nstart_margin_ratio = 0.4\n", "are more than the battery holds" },
};

START_TEST(a_battery_that_cannot_be_true_stops_the_start)
{
    char extra[200];
    snprintf(extra, sizeof extra, "[battery]\n%s", impossible[_i].section);
    configure(extra);
    char *argv[] = { daemon_path, "-c", conf, NULL };
    int status = ends_with(support_start(folder, "log", argv), 5);
    char *log = support_read(folder, "log");
    ck_assert_msg(status == EX_CONFIG, "status %d: %s", status, log);
    ck_assert_msg(strstr(log, impossible[_i].sentence) != NULL, "%s", log);
    ck_assert_msg(strchr(log, '\n') == log + strlen(log) - 1, "one sentence, not %s", log);
    free(log);
}
END_TEST

static int train(char **said)
{
    char *argv[] = { command_path, "train", "-c", conf, "--timeout", "10", NULL };
    int status = ends_with(support_start(folder, "said", argv), 15);
    *said = support_read(folder, "said");
    return status;
}

static pid_t start_daemon(void)
{
    char path[200], *argv[] = { daemon_path, "-c", conf, NULL };
    snprintf(path, sizeof path, "%s/nothing", folder);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/nothing/feeds", folder);
    mkdir(path, 0755);
    pid_t pid = support_start(folder, "log", argv);
    ck_assert_int_eq(support_wait_for(folder, "log", "ready:", 1, 10), 0);
    return pid;
}

/* As if eight watt-hours of training had been booked a moment ago. */
static void spend(void)
{
    char path[200];
    struct store *store;
    struct gnm_why why = { 0 };
    struct store_cost row = { .at_s = (int64_t)time(NULL), .purpose = GNM_TRAIN, .job = "train day", .cost = { 4000, 8 * 3600, GNM_CPU_DC, 900 }, .soc_ratio = 0.9 };
    snprintf(path, sizeof path, "%s/state", folder);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/state/state.db", folder);
    ck_assert_msg(store_open(path, 0, &store, NULL, &why) == 0, "%s", why.text);
    ck_assert_msg(store_cost(store, &row, 1, &why) == 0, "%s", why.text);
    store_close(store);
}

START_TEST(a_used_up_budget_survives_a_restart_and_exits_with_75)
{
    char *said;
    configure("[budget]\ntrain_wh_per_day = 5\n");
    spend();
    pid_t pid = start_daemon();
    int status = train(&said);
    ck_assert_msg(status == EX_TEMPFAIL, "status %d: %s", status, said);
    ck_assert_msg(strstr(said, "budget of train is used up: 8 of 5 Wh today; it refills at ") != NULL, "%s", said);
    free(said);
    support_stop(pid, SIGTERM, 5, NULL);
}
END_TEST

START_TEST(a_refusal_says_why)
{
    char *said;
    configure("");
    pid_t pid = start_daemon();
    int status = train(&said);
    ck_assert_msg(status == EX_TEMPFAIL && strstr(said, "train: refused, no reading from the charge controller yet") != NULL, "status %d: %s", status, said);
    free(said);
    support_stop(pid, SIGTERM, 5, NULL);
}
END_TEST

START_TEST(without_a_daemon_nobody_decides)
{
    char *said;
    configure("");
    int status = train(&said);
    ck_assert_msg(status == EX_UNAVAILABLE && strstr(said, "no daemon runs") != NULL, "status %d: %s", status, said);
    free(said);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("power");
    TCase *tests = tcase_create("energy of the real programs");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_battery_that_cannot_be_true_stops_the_start, 0, sizeof impossible / sizeof impossible[0]);
    tcase_add_test(tests, a_used_up_budget_survives_a_restart_and_exits_with_75);
    tcase_add_test(tests, a_refusal_says_why);
    tcase_add_test(tests, without_a_daemon_nobody_decides);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
