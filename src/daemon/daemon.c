#include "daemon/daemon.h"

#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/announce.h"
#include "daemon/calibrate.h"
#include "daemon/collect.h"
#include "daemon/common.h"
#include "daemon/fetch.h"
#include "daemon/house.h"
#include "daemon/inbox.h"
#include "daemon/inside.h"
#include "daemon/learn.h"
#include "daemon/learn_book.h"
#include "daemon/notify.h"
#include "daemon/power.h"
#include "daemon/refresh.h"
#include "daemon/sun.h"
#include "store/disk.h"

enum { MINUTE_SLACK_S = 20, START_RATE = 500000, MMAP_BYTES = 65536 };

/* ---- signals ---- */

static void restart_tasks(struct daemon *d)
{
    int64_t now_ms = d->clock->mono_ms(d->clock->ctx);
    memset(d->collect, 0, sizeof d->collect);
    for (size_t i = 0; i < d->loop.n; i++) {
        d->loop.task[i].wait = (struct gnm_wait){ .deadline_ms = GNM_NEVER };
        loop_wake(&d->loop, i, now_ms);
    }
}

/* All or nothing: a configuration with an error changes nothing, and so does one whose feeds or maps cannot be opened. */
static void reload(struct daemon *d)
{
    struct config *fresh = NULL, *old = d->config;
    struct gnm_why why = { 0 };
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    notify_reloading((int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    int watch = d->inotify_fd >= 0;
    if (config_load(d->config_path, &fresh, &why) < 0 || strcmp(fresh->paths.state, old->paths.state) != 0) {
        log_line(&d->log, LOG_ERROR, NULL, "reload: %s; going on with the old configuration", fresh == NULL ? why.text : "[paths] state can only change with a restart");
        config_free(fresh);
        notify_ready();
        return;
    }
    learn_park(d);
    collect_commit(d, 1);
    inside_close(d);
    d->config = fresh;
    if (inside_folders(fresh, d->disk, &why) < 0 || inside_open(d, watch, &why) < 0) {
        log_line(&d->log, LOG_ERROR, NULL, "reload: %s; going on with the old configuration", why.text);
        d->config = old;
        config_free(fresh);
        if (inside_open(d, watch, &why) < 0)
            d->loop.stop = 1;
    } else {
        config_free(old);
        log_line(&d->log, LOG_NOTICE, NULL, "reload: %s taken", d->config_path);
    }
    restart_tasks(d);
    notify_ready();
}

static int64_t task_signals(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    (void)now_ms;
    struct daemon *d = ctx;
    struct signalfd_siginfo info;
    if (d->signal_fd < 0)
        return GNM_NEVER;
    while (read(d->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            reload(d);
        } else {
            log_line(&d->log, LOG_NOTICE, NULL, "stopping: %s", info.ssi_signo == SIGINT ? "interrupted" : "asked to");
            d->loop.stop = 1;
        }
    }
    wait->fd[0] = (struct pollfd){ .fd = d->signal_fd, .events = POLLIN };
    wait->n = 1;
    return GNM_NEVER;
}

/* ---- the tasks ---- */

/* READY: the database is open and the first poll has begun, answered or not. */
static void say_ready(struct daemon *d)
{
    if (d->ready_said)
        return;
    d->ready_said = 1;
    log_line(&d->log, LOG_NOTICE, "cd4cb634ea644f8684158d0afefc15ba", "ready: %s, %zu controllers, %zu feeds, %s", d->config->site.name, d->ports.n_controllers, d->fetch.n,
             d->config->site.zone);
    notify_ready();
}

static int64_t task_poll0(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    struct daemon *d = ctx;
    int64_t next_ms = collect_poll(d, 0, now_ms, wait);
    say_ready(d);
    return next_ms;
}

static int64_t task_poll1(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    return collect_poll(ctx, 1, now_ms, wait);
}

static int64_t task_tick(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    return house_run(ctx, now_ms, wait);
}

static int64_t task_fetch(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    return fetch_run(ctx, now_ms, wait);
}

static int64_t task_inbox(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    return inbox_run(ctx, now_ms, wait);
}

static int64_t task_refresh(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    return refresh_run(ctx, now_ms, wait);
}

static int64_t task_train(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    return learn_run(ctx, now_ms, wait);
}

static int64_t task_publish(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    return announce_run(ctx, now_ms, wait);
}

static int64_t task_calibrate(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    return calibrate_run(ctx, now_ms, wait);
}

/* In the order of enum daemon_task. */
static void add_tasks(struct daemon *d)
{
    static const struct { const char *name; loop_fn *run; int slack_s; } table[TASKS] = {
        [TASK_SIGNALS] = { "signals", task_signals, 0 }, [TASK_POLL0] = { "poll", task_poll0, 0 }, [TASK_POLL1] = { "poll", task_poll1, MINUTE_SLACK_S / 6 },
        [TASK_TICK] = { "tick", task_tick, MINUTE_SLACK_S }, [TASK_FETCH] = { "fetch", task_fetch, 0 }, [TASK_INBOX] = { "inbox", task_inbox, MINUTE_SLACK_S },
        [TASK_REFRESH] = { "refresh", task_refresh, 0 }, [TASK_TRAIN] = { "train", task_train, 0 }, [TASK_PUBLISH] = { "publish", task_publish, 0 },
        [TASK_CALIBRATE] = { "calibrate", task_calibrate, 3 * MINUTE_SLACK_S },      /* never a wake-up of its own */
    };
    loop_init(&d->loop, d->clock);
    for (int i = 0; i < TASKS; i++)
        loop_add(&d->loop, table[i].name, table[i].run, d, common_span_ms(d, table[i].slack_s));
}

/* ---- start and stop ---- */

static int open_store(struct daemon *d, const char *vfs, struct gnm_why *why)
{
    char path[300];
    int renamed = 0;
    snprintf(path, sizeof path, "%s/state.db", d->config->paths.state);
    int r = store_open_on(path, vfs, d->disk, &d->store, &renamed, why);
    if (r == 0 && renamed)
        log_line(&d->log, LOG_ERROR, NULL, "store: %s was damaged and set aside; an empty one was begun", path);
    return r;
}

static void recall(struct daemon *d)
{
    struct store_model row;
    struct gnm_why why;
    void *blob = NULL;
    size_t len;
    for (int step = GNM_DAY; step <= GNM_MONTH; step++)
        if (store_model_get(d->store, gnm_step_names[step], &row, &blob, &len, &why) == 0) {
            free(blob);
            d->learn.last_train_s = row.trained_s > d->learn.last_train_s ? row.trained_s : d->learn.last_train_s;
        }
    if (d->learn.last_train_s > 0)
        d->learn.next_train_s = d->learn.last_train_s + d->config->forecast.train_s;
}

static void start_state(struct daemon *d, const struct daemon_options *options)
{
    d->clock = options->clock;
    d->maker = options->ports;
    d->log = options->log;
    d->signal_fd = options->signal_fd;
    d->inotify_fd = -1;
    d->fixed_rate = options->units_per_ms > 0;
    d->units_per_ms = d->fixed_rate ? options->units_per_ms : START_RATE;
    d->never_learns = options->never_learns;
    d->disk = options->disk;
    d->started_ms = d->mode_ms = d->commit_ms = d->ledger_ms = d->clock->mono_ms(d->clock->ctx);
    d->started_s = common_wall_s(d);
    d->retain_ms = d->started_ms - common_span_ms(d, 23 * 3600);
    d->trusted = 1;
    d->refresh_due = 1;
    d->kept_v = INFINITY;
    snprintf(d->config_path, sizeof d->config_path, "%s", options->config_path != NULL ? options->config_path : "");
    random_seed(&d->random, options->seed);
    energy_battery_start(&d->battery);
    add_tasks(d);
}

int daemon_new(const struct daemon_options *options, struct config *config, struct daemon **ret, struct gnm_why *why)
{
    mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);       /* histories, bodies and models go back to the kernel as a whole; in the heap they would leave holes that grow by the month */
    struct daemon *d = calloc(1, sizeof *d);
    struct minute_row *minutes = d != NULL ? malloc(DAEMON_MINUTES * sizeof *minutes) : NULL;
    if (minutes == NULL) {
        free(d);
        config_free(config);
        return gnm_fail(why, -ENOMEM, "no memory to start");
    }
    d->config = config;
    d->minutes = minutes;
    start_state(d, options);
    int r = inside_folders(config, d->disk, why);
    if (r == 0)
        r = open_store(d, options->vfs, why);
    if (r == 0) {
        recall(d);
        sun_recall(d);
        power_recall_battery(d);
        learn_book_recall(d);
        r = inside_open(d, options->watch_inbox, why);
    }
    if (r < 0) {
        daemon_free(d);
        return r;
    }
    power_recall(d);
    d->today = zone_day(d->zone, d->started_s);
    *ret = d;
    return 0;
}

int daemon_run(struct daemon *d)
{
    return loop_run(&d->loop);
}

void daemon_stop(struct daemon *d)
{
    d->loop.stop = 1;
}

int64_t daemon_newest_s(struct daemon *d)
{
    int64_t newest_s = 0;
    struct gnm_why why;
    return store_newest_s(d->store, &newest_s, &why) < 0 ? 0 : newest_s;
}

void daemon_free(struct daemon *d)
{
    if (d == NULL)
        return;
    if (d->store != NULL && d->ports.owner != NULL) {
        notify_stopping();
        learn_park(d);
        house_book(d);
        collect_commit(d, 1);
    }
    inside_close(d);
    store_close(d->store);
    config_free(d->config);
    free(d->minutes);
    free(d);
}
