#include "daemon/loop.h"

#include <assert.h>
#include <string.h>

void loop_init(struct loop *loop, const struct gnm_clock *clock)
{
    memset(loop, 0, sizeof *loop);
    loop->clock = clock;
}

size_t loop_add(struct loop *loop, const char *name, loop_fn *run, void *ctx, int64_t slack_ms)
{
    assert(loop->n < LOOP_TASKS);
    loop->task[loop->n] = (struct loop_task){ .name = name, .run = run, .ctx = ctx, .slack_ms = slack_ms, .wait.deadline_ms = GNM_NEVER };
    return loop->n++;
}

void loop_wake(struct loop *loop, size_t task, int64_t at_ms)
{
    if (task < loop->n && at_ms < loop->task[task].due_ms)
        loop->task[task].due_ms = at_ms;
}

static int64_t earliest(const struct loop *loop)
{
    int64_t first = GNM_NEVER;
    for (size_t i = 0; i < loop->n; i++) {
        const struct loop_task *t = &loop->task[i];
        if (t->due_ms < first)
            first = t->due_ms;
        if (t->wait.deadline_ms < first)
            first = t->wait.deadline_ms;
    }
    return first;
}

static size_t gather(const struct loop *loop, struct pollfd *fds)
{
    size_t n = 0;
    for (size_t i = 0; i < loop->n; i++)
        for (size_t k = 0; k < loop->task[i].wait.n; k++)
            fds[n++] = loop->task[i].wait.fd[k];
    return n;
}

static int touched(const struct loop_task *task, const struct pollfd *fds)
{
    for (size_t k = 0; k < task->wait.n; k++)
        if (fds[k].revents != 0)
            return 1;
    return 0;
}

static int is_due(const struct loop_task *t, int64_t now_ms)
{
    return (t->due_ms != GNM_NEVER && t->due_ms - t->slack_ms <= now_ms) || t->wait.deadline_ms <= now_ms;
}

static void run_task(struct loop_task *task, int64_t now_ms)
{
    struct gnm_wait wait = { .deadline_ms = GNM_NEVER };
    task->due_ms = GNM_NEVER;      /* before the call, so that a wake during it is kept */
    int64_t next_ms = task->run(task->ctx, now_ms, &wait);
    if (next_ms < task->due_ms)
        task->due_ms = next_ms;
    task->wait = wait;
}

int loop_once(struct loop *loop)
{
    struct pollfd fds[LOOP_TASKS * GNM_WAIT_FDS];
    size_t n = gather(loop, fds);
    int r = loop->clock->wait(loop->clock->ctx, earliest(loop), fds, n);
    if (r < 0)
        return r;
    loop->rounds++;
    const struct pollfd *ready = fds;
    for (size_t i = 0; i < loop->n && !loop->stop; i++) {
        struct loop_task *task = &loop->task[i];
        int64_t now_ms = loop->clock->mono_ms(loop->clock->ctx);
        size_t watched = task->wait.n;
        if (is_due(task, now_ms) || touched(task, ready))
            run_task(task, now_ms);
        ready += watched;
    }
    return 0;
}

int loop_run(struct loop *loop)
{
    while (!loop->stop) {
        int r = loop_once(loop);
        if (r < 0)
            return r;
    }
    return 0;
}
