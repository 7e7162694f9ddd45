#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/loop.h"

struct counter { int calls; int64_t every_ms, last_ms; struct loop *loop; int stop_after; };

static int64_t tick(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    (void)wait;
    struct counter *c = ctx;
    c->calls++;
    c->last_ms = now_ms;
    if (c->stop_after != 0 && c->calls >= c->stop_after)
        c->loop->stop = 1;
    return now_ms + c->every_ms;
}

START_TEST(virtual_time_jumps_to_the_next_deadline)
{
    struct gnm_clock clock;
    struct clock_state state = { 0 };
    clock_virtual(&clock, &state, 1000000);
    struct loop loop;
    loop_init(&loop, &clock);
    struct counter slow = { .every_ms = 60000, .loop = &loop }, fast = { .every_ms = 1000, .loop = &loop, .stop_after = 86400 };
    loop_add(&loop, "slow", tick, &slow, 0);
    loop_add(&loop, "fast", tick, &fast, 0);
    ck_assert_int_eq(loop_run(&loop), 0);
    ck_assert_int_eq(fast.calls, 86400);
    ck_assert_int_ge(slow.calls, 1440);
    ck_assert_int_le(slow.calls, 1441);
}
END_TEST

START_TEST(slack_saves_wake_ups)
{
    struct gnm_clock clock;
    struct clock_state state = { 0 };
    clock_virtual(&clock, &state, 0);
    struct loop loop;
    loop_init(&loop, &clock);
    struct counter poll = { .every_ms = 30000, .loop = &loop, .stop_after = 100 }, minute = { .every_ms = 58000, .loop = &loop };
    loop_add(&loop, "poll", tick, &poll, 0);
    loop_add(&loop, "minute", tick, &minute, 30000);
    loop_run(&loop);
    ck_assert_uint_eq(loop.rounds, 100);
    ck_assert_int_ge(minute.calls, 49);
}
END_TEST

struct pipe_reader { int fd, got; struct loop *loop; };

static int64_t read_pipe(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    (void)now_ms;
    struct pipe_reader *p = ctx;
    char byte;
    if (read(p->fd, &byte, 1) == 1) {
        p->got = byte;
        p->loop->stop = 1;
    }
    wait->fd[0] = (struct pollfd){ .fd = p->fd, .events = POLLIN };
    wait->n = 1;
    return GNM_NEVER;
}

static int64_t write_pipe(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    (void)wait;
    int *fd = ctx;
    if (*fd >= 0 && write(*fd, "x", 1) == 1)
        *fd = -1;
    (void)now_ms;
    return GNM_NEVER;
}

START_TEST(a_descriptor_wakes_its_task)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    struct gnm_clock clock;
    struct clock_state state = { 0 };
    clock_real(&clock, &state, 0);
    struct loop loop;
    loop_init(&loop, &clock);
    struct pipe_reader reader = { .fd = ends[0], .loop = &loop };
    int writer = ends[1];
    loop_add(&loop, "reader", read_pipe, &reader, 0);
    loop_add(&loop, "writer", write_pipe, &writer, 0);
    ck_assert_int_eq(loop_run(&loop), 0);
    ck_assert_int_eq(reader.got, 'x');
    close(ends[0]);
    close(ends[1]);
}
END_TEST

static int64_t only_a_deadline(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    struct counter *c = ctx;
    c->last_ms = now_ms;
    c->loop->stop = ++c->calls == 3;
    wait->deadline_ms = now_ms + 250;            /* a line that must be quiet for a while has nothing to watch */
    return GNM_NEVER;
}

START_TEST(a_deadline_without_descriptor_counts)
{
    struct gnm_clock clock;
    struct clock_state state = { 0 };
    clock_virtual(&clock, &state, 0);
    struct loop loop;
    loop_init(&loop, &clock);
    struct counter c = { .loop = &loop };
    loop_add(&loop, "line", only_a_deadline, &c, 0);
    ck_assert_int_eq(loop_run(&loop), 0);
    ck_assert_int_eq(c.last_ms, 500);
}
END_TEST

START_TEST(waking_moves_a_task_forward_only)
{
    struct gnm_clock clock;
    struct clock_state state = { 0 };
    clock_virtual(&clock, &state, 0);
    struct loop loop;
    loop_init(&loop, &clock);
    struct counter c = { .every_ms = 100000, .loop = &loop, .stop_after = 2 };
    size_t task = loop_add(&loop, "task", tick, &c, 0);
    loop_once(&loop);
    int64_t first_ms = c.last_ms;
    loop_wake(&loop, task, first_ms + 200000);
    loop_wake(&loop, task, first_ms + 500);
    loop_run(&loop);
    ck_assert_int_eq(c.last_ms, first_ms + 500);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("daemon loop");
    TCase *tests = tcase_create("loop");
    tcase_set_timeout(tests, 10);
    tcase_add_test(tests, virtual_time_jumps_to_the_next_deadline);
    tcase_add_test(tests, slack_saves_wake_ups);
    tcase_add_test(tests, a_descriptor_wakes_its_task);
    tcase_add_test(tests, a_deadline_without_descriptor_counts);
    tcase_add_test(tests, waking_moves_a_task_forward_only);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
