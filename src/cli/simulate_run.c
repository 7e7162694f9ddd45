/* The run itself: the daemon's own loop, round by round, in the time of the simulated surroundings. */
#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "cli/simulate.h"

/* A work unit is about a nanosecond of a desktop core, two of a box. */
enum { UNITS_PER_MS = 500000, MONTH_DAYS = 30 };
#define LOW_RATIO 0.01

/* ---- the daemon in its surroundings ---- */

static int open_ports(void *ctx, const struct config *config, struct ports *ret, struct gnm_why *why)
{
    (void)why;
    struct simulate *s = ctx;
    memset(ret, 0, sizeof *ret);
    ret->owner = s;
    ret->n_controllers = config->n_controllers;
    for (size_t i = 0; i < ret->n_controllers; i++)
        sim_controller(&s->sim, &ret->controller[i]);
    sim_web(&s->sim, &ret->web);
    sim_meter(&s->sim, &ret->meter);
    return 0;
}

static void close_ports(void *ctx, struct ports *ports)
{
    (void)ctx;
    (void)ports;
}

static void keep_line(void *ctx, enum log_level level, const char *id, const char *text)
{
    (void)id;
    struct simulate *s = ctx;
    char stamp[21];
    if (s->log == NULL)
        return;
    civil_format_time(sim_true_s(&s->sim), stamp);
    fprintf(s->log, "%s <%d> %s\n", stamp, (int)level, text);
}

static int start_daemon(struct simulate *s, struct gnm_why *why)
{
    char path[SIMULATE_FOLDER + 32];
    struct config *config = NULL;
    snprintf(path, sizeof path, "%s/gnomon.conf", s->folder);
    int r = config_load(path, &config, why);
    if (r < 0)
        return r;
    s->maker = (struct port_maker){ open_ports, close_ports, s };
    struct daemon_options options = { .config_path = path, .clock = &s->sim.clock, .ports = &s->maker, .log = { keep_line, s, LOG_ROUTINE }, .seed = (uint64_t)s->args.seed,
                                      .units_per_ms = UNITS_PER_MS, .never_learns = s->args.n_jobs > 0, .vfs = s->vfs, .disk = &s->disk.gate, .signal_fd = -1, .watch_inbox = 1 };
    s->seen_refusals = s->seen_runs = 0;
    s->seen_grant_ms = 0;
    s->starts++;
    s->started_ms = sim_now_ms(&s->sim);
    r = daemon_new(&options, config, &s->daemon, why);
    if (r == 0)
        simulate_jobs_join(s);
    return r;
}

static void stop_daemon(struct simulate *s)
{
    daemon_free(s->daemon);
    s->daemon = NULL;
}

/* ---- what is noted on the way ---- */

static void note_round(struct simulate *s)
{
    const struct learn *l = &s->daemon->learn;
    if (l->refusals != s->seen_refusals)
        simulate_note_answer(s, 0, s->daemon->told[GNM_TRAIN].reason);
    if (l->granted_until_ms != s->seen_grant_ms)
        simulate_note_answer(s, 1, NULL);
    if (l->runs != s->seen_runs)
        simulate_note_done(s);
    s->seen_refusals = l->refusals;
    s->seen_grant_ms = l->granted_until_ms;
    s->seen_runs = l->runs;
}

/* A saving box dims what it can. One that has stopped itself draws as much and does nothing: its hours count as hours without it. */
static void note_mode(struct simulate *s)
{
    enum gnm_mode mode = s->daemon->mode;
    int64_t now_ms = sim_now_ms(&s->sim);
    s->mode_s[mode] += (double)(now_ms - s->mode_ms) / 1000;
    s->mode_ms = now_ms;
    s->sim.halted = mode == GNM_HALT;
    sim_base_w(&s->sim, s->args.plant.base_w - (mode >= GNM_SAVER1 ? s->args.saver_w : 0));
}

/* Private memory of this process: what the kernel calls RssAnon. */
static double private_kib(void)
{
    char line[128];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "RssAnon: %ld", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return (double)kib;
}

/* The least of the last day of each month, after a trim: what the process keeps, not what it happens to be working on or has not given back yet. */
static void note_month(struct simulate *s)
{
    enum { MONTHS = sizeof s->private_kib / sizeof s->private_kib[0], DAY_H = 24 };
    int64_t hour = sim_now_ms(&s->sim) / 3600000;
    if (hour == s->memory_hour || (hour / DAY_H) % MONTH_DAYS != MONTH_DAYS - 1)
        return;
    s->memory_hour = hour;
    size_t month = (size_t)(hour / DAY_H / MONTH_DAYS);
    malloc_trim(0);
    double kib = private_kib();
    for (; s->months <= month && s->months < MONTHS; s->months++)
        s->private_kib[s->months] = kib;
    if (month < MONTHS)
        s->private_kib[month] = fmin(s->private_kib[month], kib);
}

static void show_progress(const struct simulate *s, int *shown)
{
    enum { WIDTH = 40 };
    int64_t day = sim_now_ms(&s->sim) / 86400000;
    if ((int)day == *shown)
        return;
    *shown = (int)day;
    if (!isatty(STDERR_FILENO))
        return;
    int filled = (int)(day * WIDTH / s->args.days);
    fprintf(stderr, "\r[%.*s%*s] day %lld of %lld", filled, "########################################", WIDTH - filled, "", (long long)day, (long long)s->args.days);
    if (day >= s->args.days)
        fprintf(stderr, "\r%*s\r", WIDTH + 30, "");
}

/* ---- the run ---- */

static double cpu_now_s(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The schedule's faults of the disk, and a battery so low that the power may go at any time. */
static void tend_disk(struct simulate *s)
{
    struct simulate_disk *disk = &s->disk;
    const struct plant *plant = &s->sim.world.plant;
    int writes, low = plant->soc_ratio < plant->kind->cut_ratio + LOW_RATIO;
    disk->full = s->faults.n > 0 && sim_disk_full(&s->sim);
    if (disk->dead)
        sim_cut(&s->sim);
    else if (sim_cut_waiting(&s->sim, &writes))
        simulate_disk_arm(disk, writes);
    else if (low && !disk->armed)
        simulate_disk_arm(disk, -1);
    else if (!low && disk->armed && s->sim.cut == NULL)
        simulate_disk_disarm(disk);
}

/* One life of the box: until the power fails or the run is over. */
static int live(struct simulate *s, int *shown, struct gnm_why *why)
{
    int r = start_daemon(s, why);
    int64_t due_s = crm_due_s(&s->inbox, &s->sim.world);
    s->mode_ms = sim_now_ms(&s->sim);
    while (r == 0) {
        r = loop_once(&s->daemon->loop);
        if (r == 0 && due_s <= sim_true_s(&s->sim)) {
            sim_catch_up(&s->sim);
            r = crm_run(&s->inbox, &s->sim.world, why);
            due_s = crm_due_s(&s->inbox, &s->sim.world);
        }
        tend_disk(s);
        note_round(s);
        note_mode(s);
        note_month(s);
        show_progress(s, shown);
    }
    s->sim.halted = 0;
    if (!s->sim.powered)
        simulate_disk_die(&s->disk);
    stop_daemon(s);
    simulate_disk_recover(&s->disk);
    if (r == -EDEADLK)
        return gnm_fail(why, r, "the daemon waits for nothing on day %lld", (long long)(sim_now_ms(&s->sim) / 86400000));
    return r == -ECANCELED ? 0 : r;
}

int simulate_run(struct simulate *s, struct gnm_why *why)
{
    double cpu_s = cpu_now_s(CLOCK_PROCESS_CPUTIME_ID), wall_s = cpu_now_s(CLOCK_MONOTONIC);
    int shown = -1, r = 0;
    while (r == 0 && !s->sim.over) {
        r = live(s, &shown, why);
        if (r == 0 && !s->sim.over && sim_sleep(&s->sim) < 0)
            break;
    }
    store_meter_read(s->meter, &s->written);
    s->cpu_s = cpu_now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
    s->wall_s = cpu_now_s(CLOCK_MONOTONIC) - wall_s;
    return r;
}
