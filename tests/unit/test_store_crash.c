/* kill -9 at random moments: every row whose commit was reported is there, and the file is sound. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "base/random.h"
#include "store_fixture.h"

/* Commits batch after batch of all kinds, reporting each number once its commit returned. */
static void write_for_ever(int report, int64_t first)
{
    struct store *store = NULL;
    if (store_open(at("state.db"), 0, &store, NULL, NULL) != 0)
        _exit(1);
    for (int64_t i = first;; i++) {
        struct store_minute m[10];
        struct gnm_signal s[10];
        for (int k = 0; k < 10; k++) {
            m[k] = minute_row("roof", 1000 + i * 10 + k, (double)i);
            s[k] = signal_row("x", k, 1000 + i, (double)i);
        }
        struct gnm_activity a = activity_row("shop", i, 1000, (double)i);
        char number[32];
        snprintf(number, sizeof number, "%lld", (long long)i);
        int r = store_begin(store, NULL);
        r = r == 0 ? store_minutes(store, m, 10, NULL) : r;
        r = r == 0 ? store_signals(store, s, 10, NULL, NULL) : r;
        r = r == 0 ? store_activity(store, &a, 1, NULL, NULL) : r;
        r = r == 0 ? store_meta_set(store, "batch", number, NULL) : r;
        r = r == 0 ? store_commit(store, NULL) : r;
        if (r != 0 || write(report, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

/* The last batch reported by a child that was killed after `ms`; -1 when there was none. */
static int64_t run_and_kill(int64_t first, int ms)
{
    int report[2];
    ck_assert_int_eq(pipe(report), 0);
    pid_t child = fork();
    if (child == 0) {
        close(report[0]);
        write_for_ever(report[1], first);
    }
    close(report[1]);
    poll(NULL, 0, ms);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ck_assert_msg(WIFSIGNALED(status), "the writer ended by itself: %d", status);
    int64_t i, last = -1;
    while (read(report[0], &i, sizeof i) == sizeof i)
        last = i;
    close(report[0]);
    return last;
}

struct seen { int64_t minutes, signals, activity; int wrong; };

static int see_minute(void *ctx, const struct store_minute *row)
{
    struct seen *seen = ctx;
    seen->wrong += row->minute != 1000 + seen->minutes++;
    return 0;
}

static int see_signal(void *ctx, const struct gnm_signal *row)
{
    struct seen *seen = ctx;
    seen->wrong += !(row->value == (double)(row->available_s - 1000));
    seen->signals++;
    return 0;
}

static int see_activity(void *ctx, const struct gnm_activity *row)
{
    struct seen *seen = ctx;
    seen->wrong += row->day != seen->activity++;
    return 0;
}

START_TEST(every_reported_commit_survives_kill_nine)
{
    struct random random;
    random_seed(&random, 20260417);
    int64_t next = 0, reports = 0;
    for (int round = 0; round < 25; round++) {
        int64_t last = run_and_kill(next, (int)random_below(&random, 60));
        struct store *store = NULL;
        int renamed = 0;
        ok(store_open(at("state.db"), 0, &store, &renamed, &why));
        ck_assert_int_eq(renamed, 0);
        ok(store_check(store, 10000, &why));
        char text[32] = "-1";
        int r = store_meta_get(store, "batch", text, sizeof text, &why);
        ck_assert(r == 0 || r == -ENOENT);
        int64_t kept = strtoll(text, NULL, 10);
        ck_assert_msg(kept >= last, "batch %lld was reported, %lld is there", (long long)last, (long long)kept);
        struct seen seen = { 0, 0, 0, 0 };
        ok(store_each_minute(store, 0, INT64_MAX, see_minute, &seen, &why));
        ok(store_each_signal(store, see_signal, &seen, &why));
        ok(store_each_activity(store, see_activity, &seen, &why));
        /* Whole batches, all of them, none twice. */
        ck_assert_int_eq(seen.minutes, (kept + 1) * 10);
        ck_assert_int_eq(seen.signals, (kept + 1) * 10);
        ck_assert_int_eq(seen.activity, kept + 1);
        ck_assert_int_eq(seen.wrong, 0);
        store_close(store);
        reports += last >= next;
        next = kept + 1;
    }
    ck_assert_int_gt(reports, 5);
}
END_TEST

/* Killed while it opens, creates or migrates: the next one goes on. */
START_TEST(killed_while_opening)
{
    for (int round = 0; round < 20; round++) {
        if (round % 5 == 0)
            (void)unlink(at("state.db"));
        pid_t child = fork();
        if (child == 0) {
            struct store *store = NULL;
            int r = store_open(at("state.db"), 0, &store, NULL, NULL);
            store_close(store);
            _exit(r == 0 ? 0 : 1);
        }
        poll(NULL, 0, round % 10);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        struct store *store = NULL;
        int renamed = 0;
        ok(store_open(at("state.db"), 0, &store, &renamed, &why));
        ck_assert_int_eq(renamed, 0);
        ok(store_check(store, 10000, &why));
        store_close(store);
    }
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, every_reported_commit_survives_kill_nine);
    tcase_add_test(t, killed_while_opening);
}

int main(void)
{
    return fixture_main("store crash", add, 30);
}
