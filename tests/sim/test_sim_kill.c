/* A training killed with SIGKILL after a checkpoint goes on from there and ends with the bit-identical model; with other data it starts anew. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/box.h"
#include "../support/process.h"
#include "almanac/civil.h"
#include "store/store.h"

#define LEARNED "train: day series learned"

static int64_t at(const char *text)
{
    int64_t utc_s = 0;
    ck_assert_int_eq(civil_parse_time(text, &utc_s), 0);
    return utc_s;
}

static void prepare(struct box *box)
{
    box_new(box, 9, at("2026-05-12T10:00:00Z"), 0.97);
    box_history(box);
}

static void run_until_learned(struct box *box)
{
    for (int i = 0; i < 40 && box_logged(box, LEARNED) == 0; i++)
        box_run(box, 0.5);
    ck_assert_msg(box_logged(box, LEARNED) == 1, "%s", box->log.data);
}

/* The model that serves; free() it. */
static void *model_of(struct box *box, size_t *len)
{
    struct store_model row;
    struct gnm_why why = { 0 };
    void *blob = NULL;
    ck_assert_msg(store_model_get(box->daemon->store, "day", &row, &blob, len, &why) == 0, "%s", why.text);
    return blob;
}

static int has_checkpoint(const struct box *box)
{
    char path[200];
    snprintf(path, sizeof path, "%s/state/training-day.checkpoint", box->folder);
    return access(path, F_OK) == 0;
}

/* In a child, so that the kill is a real one: everything in memory is gone, only the folder stays. Returns how long it lived, in simulated milliseconds. */
static int64_t die_in_training(struct box *box)
{
    int fds[2], status = 0;
    int64_t lived_ms = -1;
    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        box_begin(box);
        while (!has_checkpoint(box) && sim_now_ms(&box->sim) < 20 * 3600000)
            if (loop_once(&box->daemon->loop) != 0)
                _exit(1);
        for (int i = 0; i < 20; i++)              /* some work that the checkpoint does not have */
            loop_once(&box->daemon->loop);
        lived_ms = sim_now_ms(&box->sim);
        if (box->daemon->learn.learner == NULL || write(fds[1], &lived_ms, sizeof lived_ms) != sizeof lived_ms)
            _exit(2);
        kill(getpid(), SIGKILL);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "ended with %d before a checkpoint", status);
    ck_assert_int_eq(read(fds[0], &lived_ms, sizeof lived_ms), sizeof lived_ms);
    close(fds[0]);
    close(fds[1]);
    return lived_ms;
}

/* The parent's world waits until the time the child died at. */
static void catch_up(struct box *box, int64_t lived_ms)
{
    struct pollfd none[1];
    const struct gnm_clock *clock = &box->sim.clock;
    clock->wait(clock->ctx, clock->mono_ms(clock->ctx) + lived_ms + 1000, none, 0);
}

START_TEST(the_same_model_after_a_kill)
{
    struct box whole, killed;
    size_t n = 0, m = 0;
    prepare(&whole);
    box_begin(&whole);
    run_until_learned(&whole);
    ck_assert_int_eq(box_logged(&whole, "resumed at"), 0);
    void *expected = model_of(&whole, &n);
    prepare(&killed);
    catch_up(&killed, die_in_training(&killed));
    box_begin(&killed);
    run_until_learned(&killed);
    ck_assert_msg(box_logged(&killed, "train: resumed at") == 1, "%s", killed.log.data);
    void *model = model_of(&killed, &m);
    ck_assert_msg(n == m && memcmp(expected, model, n) == 0, "another model: %zu and %zu bytes", n, m);
    ck_assert_int_eq(has_checkpoint(&killed), 0);
    double booked_s = box_number(&killed, "state.db", "SELECT sum(cpu_s) FROM cost_view WHERE job = 'train day (part)'");
    ck_assert_msg(booked_s >= 9, "%g CPU s of the killed run are in the ledger: budgets would forget the rest", booked_s);
    free(expected);
    free(model);
    box_end(&whole);
    box_end(&killed);
    box_free(&whole);
    box_free(&killed);
}
END_TEST

START_TEST(other_data_discards_the_checkpoint)
{
    struct box box;
    char inbox[160];
    prepare(&box);
    catch_up(&box, die_in_training(&box));
    ck_assert_int_eq(has_checkpoint(&box), 1);
    snprintf(inbox, sizeof inbox, "%s/state/inbox", box.folder);
    support_write(inbox, "late.csv", "series,date,value\nlatecomer,2026-05-01,12\nlatecomer,2026-05-02,15\nlatecomer,2026-05-03,11\n");
    box_begin(&box);
    run_until_learned(&box);
    ck_assert_msg(box_logged(&box, "train: resumed at") == 0, "%s", box.log.data);
    ck_assert_int_eq(has_checkpoint(&box), 0);
    box_end(&box);
    box_free(&box);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim kill");
    TCase *tests = tcase_create("checkpoint");
    tcase_set_timeout(tests, 150);
    tcase_add_test(tests, the_same_model_after_a_kill);
    tcase_add_test(tests, other_data_discards_the_checkpoint);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
