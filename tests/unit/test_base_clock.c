#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base_suite.h"

START_TEST(virtual_time_jumps)
{
    struct gnm_clock clock;
    struct clock_state state;
    clock_virtual(&clock, &state, INT64_C(1800000000000));
    int64_t start = clock.mono_ms(clock.ctx);
    ck_assert_int_eq(clock.wall_ms(clock.ctx), INT64_C(1800000000000));
    ck_assert_int_eq(clock.trusted(clock.ctx), 1);
    ck_assert(clock.speed == 1);
    ck_assert_int_eq(clock.wait(clock.ctx, start + 86400000, NULL, 0), 0);
    ck_assert_int_eq(clock.mono_ms(clock.ctx), start + 86400000);
    ck_assert_int_eq(clock.wall_ms(clock.ctx), INT64_C(1800086400000));
    ck_assert_int_eq(clock.wait(clock.ctx, start, NULL, 0), 0);
    ck_assert_int_eq(clock.mono_ms(clock.ctx), start + 86400000);       /* never back */
    ck_assert_int_eq(clock.wait(clock.ctx, GNM_NEVER, NULL, 0), -EDEADLK);
    state.trusted = 0;
    ck_assert_int_eq(clock.trusted(clock.ctx), 0);
}
END_TEST

START_TEST(real_time_is_the_kernels)
{
    struct gnm_clock clock;
    struct clock_state state;
    clock_real(&clock, &state, 0);
    ck_assert_int_le(llabs(clock.wall_ms(clock.ctx) - (int64_t)time(NULL) * 1000), 2000);
    int64_t start = clock.mono_ms(clock.ctx);
    ck_assert_int_eq(clock.wait(clock.ctx, start + 30, NULL, 0), 0);
    int64_t took = clock.mono_ms(clock.ctx) - start;
    ck_assert_msg(took >= 30 && took < 5000, "%lld ms", (long long)took);
    ck_assert_int_eq(clock.wait(clock.ctx, start, NULL, 0), 0);
    ck_assert_int_eq(clock.wait(clock.ctx, INT64_MIN, NULL, 0), 0);
}
END_TEST

START_TEST(descriptors_end_the_wait)
{
    struct gnm_clock clock;
    struct clock_state state;
    clock_real(&clock, &state, 0);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    struct pollfd fd = { .fd = ends[0], .events = POLLIN };
    ck_assert_int_eq(clock.wait(clock.ctx, GNM_NEVER, &fd, 1), 1);
    ck_assert_int_eq(fd.revents, POLLIN);
}
END_TEST

static void on_alarm(int unused) { (void)unused; }

START_TEST(signals_end_the_wait_without_error)
{
    struct gnm_clock clock;
    struct clock_state state;
    clock_real(&clock, &state, 0);
    struct sigaction action = { .sa_handler = on_alarm };
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    struct itimerval soon = { .it_value = { 0, 30000 } };
    ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    ck_assert_int_eq(clock.wait(clock.ctx, GNM_NEVER, NULL, 0), 0);
}
END_TEST

START_TEST(trust_needs_a_reason)
{
    struct gnm_clock clock;
    struct clock_state state;
    clock_real(&clock, &state, INT64_MAX);
    state.sync_path = "/nonexistent/synchronized";
    ck_assert_int_eq(clock.trusted(clock.ctx), 0);
    state.sync_path = "/dev/null";
    ck_assert_int_eq(clock.trusted(clock.ctx), 1);
    state.sync_path = "/nonexistent/synchronized";
    state.floor_ms = (int64_t)time(NULL) * 1000 - 60000;
    ck_assert_int_eq(clock.trusted(clock.ctx), 1);
    state.floor_ms += 3600000;
    ck_assert_int_eq(clock.trusted(clock.ctx), 0);
}
END_TEST

START_TEST(speed_moves_the_calendar_only)
{
    struct gnm_clock clock;
    struct clock_state state;
    clock_speed(&clock, &state, INT64_C(1800000000000), 3600);
    ck_assert(clock.speed == 3600);
    int64_t mono = clock.mono_ms(clock.ctx);
    ck_assert_int_eq(clock.wait(clock.ctx, mono + 50, NULL, 0), 0);
    int64_t wall = clock.wall_ms(clock.ctx) - INT64_C(1800000000000), passed = clock.mono_ms(clock.ctx) - state.mono0_ms;
    ck_assert_msg(wall >= 50 * 3600 && wall <= passed * 3600, "%lld calendar ms in %lld", (long long)wall, (long long)passed);
    ck_assert_int_eq(clock.trusted(clock.ctx), 1);
}
END_TEST

struct kept { int n; enum log_level level; char id[40], text[1100]; };

static void keep(void *ctx, enum log_level level, const char *id, const char *text)
{
    struct kept *kept = ctx;
    kept->n++;
    kept->level = level;
    snprintf(kept->id, sizeof kept->id, "%s", id == NULL ? "none" : id);
    snprintf(kept->text, sizeof kept->text, "%s", text);
}

START_TEST(lines_reach_the_sink_cleaned)
{
    struct kept kept = { 0 };
    struct log log;
    log_init(&log);
    log.sink = keep;
    log.ctx = &kept;
    log_line(&log, LOG_WARNING, "0123456789abcdef0123456789abcdef", "feed %s: %s", "x", "bad\n<2>forged");
    ck_assert_int_eq(kept.n, 1);
    ck_assert_int_eq(kept.level, 4);
    ck_assert_str_eq(kept.text, "feed x: bad?<2>forged");
    ck_assert_str_eq(kept.id, "0123456789abcdef0123456789abcdef");
    log_line(&log, LOG_DETAIL, NULL, "hidden");
    ck_assert_int_eq(kept.n, 1);
    log.max = LOG_DETAIL;
    log_line(&log, LOG_DETAIL, NULL, "shown");
    ck_assert_int_eq(kept.n, 2);
    log_line(&log, LOG_ROUTINE, NULL, "%2000s", "long");
    ck_assert_uint_eq(strlen(kept.text), 1023);
}
END_TEST

START_TEST(default_sink_is_stderr_with_priority)
{
    struct log log;
    log_init(&log);
    int ends[2], old = dup(2);
    char got[64] = "";
    ck_assert(pipe(ends) == 0 && dup2(ends[1], 2) == 2);
    log_line(&log, LOG_ERROR, NULL, "lost the line");
    dup2(old, 2);
    ck_assert_int_gt(read(ends[0], got, sizeof got - 1), 0);
    ck_assert_str_eq(got, "<3>lost the line\n");
}
END_TEST

START_TEST(states_are_said_once)
{
    struct kept kept = { 0 };
    struct log log = { keep, &kept, LOG_DETAIL };
    struct log_once once = { 0 };
    log_change(&log, &once, 0, 1000, LOG_NOTICE, NULL, "down");
    ck_assert_int_eq(kept.n, 1);
    for (int64_t t = 100; t < 1000; t += 100)
        log_change(&log, &once, t, 1000, LOG_NOTICE, NULL, "down");
    ck_assert_int_eq(kept.n, 1);
    log_change(&log, &once, 1000, 1000, LOG_NOTICE, NULL, "down");
    ck_assert_int_eq(kept.n, 2);
    ck_assert_str_eq(kept.text, "down (and 9 times since)");
    log_change(&log, &once, 1001, 1000, LOG_NOTICE, NULL, "up");
    ck_assert_int_eq(kept.n, 3);
    ck_assert_str_eq(kept.text, "up");
    log_change(&log, &once, 1002, 1000, LOG_NOTICE, NULL, "up");
    ck_assert_int_eq(kept.n, 3);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { virtual_time_jumps, 0 }, { real_time_is_the_kernels, 0 }, { descriptors_end_the_wait, 0 }, { signals_end_the_wait_without_error, 0 },
        { trust_needs_a_reason, 0 }, { speed_moves_the_calendar_only, 0 }, { lines_reach_the_sink_cleaned, 0 },
        { default_sink_is_stderr_with_priority, 0 }, { states_are_said_once, 0 },
    };
    return base_suite_run("base clock and log", tests, COUNT(tests));
}
