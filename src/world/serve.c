#include "world/serve.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "world/http_server.h"
#include "world/serve_inbox.h"
#include "world/modbus_server.h"
#include "world/pty_server.h"

enum { IDLE_MS = 1000, FDS = MODBUS_CLIENTS + 4 };

struct run {
    const struct serve_options *options;
    struct world world;
    struct gnm_clock clock;
    struct clock_state clock_state;
    struct log log;
    struct http_server *http;
    struct modbus_server *modbus;
    struct pty_server *pty;
    struct crm inbox;
    uint64_t writes_said;
};

static int64_t mono_ms(const struct run *run)
{
    return run->clock.mono_ms(run->clock.ctx);
}

static void catch_up(struct run *run)
{
    world_advance(&run->world, run->clock.wall_ms(run->clock.ctx));
}

static int handle(void *ctx, const char *url, const char *user_agent, const char *if_modified_since, struct reply *ret)
{
    struct run *run = ctx;
    int code = world_answer(&run->world, url, user_agent, if_modified_since, mono_ms(run), ret);
    if (run->options->verbose)
        log_line(&run->log, LOG_ROUTINE, NULL, "http %d %zu bytes %s", ret->status, ret->body.len, url);
    return code;
}

static int open_servers(struct run *run, struct gnm_why *why)
{
    const struct serve_options *options = run->options;
    int code = http_server_open(options->http_port, handle, run, &run->http, why);
    if (code == 0)
        code = modbus_server_open(options->modbus_port, &run->world.registers, &run->modbus, why);
    if (code == 0 && options->pty != NULL)
        code = pty_server_open(options->pty, &run->world.registers, &run->pty, why);
    if (code == 0 && options->inbox != NULL)
        code = crm_open(&run->inbox, options->inbox, &run->world, why);
    return code;
}

static void close_servers(struct run *run)
{
    pty_server_close(run->pty);
    modbus_server_close(run->modbus);
    http_server_close(run->http);
}

/* For scripts that wait: it appears whole, once everything is served. START_MS belongs to the machine's monotonic time MONO_MS, so that another
 * program can run on the same calendar. */
static int say_ready(const struct run *run, struct gnm_why *why)
{
    char dir[PATH_MAX], name[PATH_MAX];
    struct text text = {0};
    const char *path = run->options->ready_file;
    if (path == NULL)
        return 0;
    if (strlen(path) >= sizeof dir)
        return gnm_fail(why, -ENAMETOOLONG, "the name of the ready file is too long");
    snprintf(dir, sizeof dir, "%s", path);
    snprintf(name, sizeof name, "%s", path);
    int bad = text_printf(&text, "MODBUS_PORT=%d\nHTTP_PORT=%d\nPTY=%s\nSTART_MS=%lld\nMONO_MS=%lld\nSPEED=%.17g\n", modbus_server_port(run->modbus),
                          http_server_port(run->http), run->options->pty != NULL ? run->options->pty : "", (long long)run->clock_state.wall0_ms,
                          (long long)run->clock_state.mono0_ms, run->options->speed);
    int code = bad != 0 ? gnm_fail(why, -ENOMEM, "out of memory") : file_replace(dirname(dir), basename(name), text.data, text.len, 0644, why);
    text_free(&text);
    return code;
}

static int sooner(int a, int64_t b)
{
    return b >= 0 && b < a ? (int)b : a;
}

static int wait_ms(const struct run *run, int64_t end_ms)
{
    int64_t now_ms = mono_ms(run);
    int timeout = sooner(IDLE_MS, http_server_wait_ms(run->http));
    if (run->pty != NULL)
        timeout = sooner(timeout, pty_server_wait_ms(run->pty, now_ms));
    if (end_ms != GNM_NEVER)
        timeout = sooner(timeout, end_ms > now_ms ? end_ms - now_ms : 0);
    if (run->options->inbox != NULL) {
        double left_ms = (double)(crm_due_s(&run->inbox, &run->world) * 1000 - run->world.now_ms) / run->options->speed;
        timeout = sooner(timeout, left_ms > 0 ? (int64_t)left_ms + 1 : 0);
    }
    return timeout;
}

/* Whoever writes to the controller has a fault: gnomon only reads. */
static void warn_of_writes(struct run *run)
{
    uint64_t writes = run->world.registers.writes;
    if (writes == run->writes_said)
        return;
    log_line(&run->log, LOG_WARNING, NULL, "refused a write to the controller (%llu so far)", (unsigned long long)writes);
    run->writes_said = writes;
}

static void serve(struct run *run)
{
    catch_up(run);
    http_server_run(run->http);
    int answers = modbus_server_run(run->modbus);
    if (run->pty != NULL)
        answers += pty_server_run(run->pty, mono_ms(run));
    if (run->options->verbose && answers > 0)
        log_line(&run->log, LOG_ROUTINE, NULL, "modbus %d answered, soc %.1f %%, pv %.1f W, %s", answers, 100 * run->world.plant.soc_ratio,
                 run->world.plant.pv_w, gnm_stage_names[run->world.plant.stage]);
    warn_of_writes(run);
}

static size_t gather(const struct run *run, struct pollfd fds[FDS])
{
    size_t n = 0;
    fds[n++] = (struct pollfd){.fd = run->options->signal_fd, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = http_server_fd(run->http), .events = POLLIN};
    if (run->pty != NULL)
        fds[n++] = (struct pollfd){.fd = pty_server_fd(run->pty), .events = POLLIN};
    return n + modbus_server_fds(run->modbus, fds + n);
}

static int loop(struct run *run, struct gnm_why *why)
{
    double duration_ms = run->options->duration_s * 1000;
    int64_t end_ms = duration_ms > 0 ? mono_ms(run) + (int64_t)duration_ms : GNM_NEVER;
    for (;;) {
        struct pollfd fds[FDS];
        size_t n = gather(run, fds);
        if (poll(fds, (nfds_t)n, wait_ms(run, end_ms)) < 0 && errno != EINTR)
            return gnm_fail(why, -errno, "cannot wait: %s", strerror(errno));
        if (fds[0].revents != 0 || mono_ms(run) >= end_ms)
            return 0;
        serve(run);
        int code = run->options->inbox != NULL ? crm_run(&run->inbox, &run->world, why) : 0;
        if (code < 0)
            log_line(&run->log, LOG_WARNING, NULL, "activity of a day is lost: %s", why->text);
    }
}

int serve_world(const struct serve_options *options, const struct zone *zone, struct gnm_why *why)
{
    struct run run = {.options = options};
    struct world_config config = options->world;
    config.other_providers = providers_others;
    log_init(&run.log);
    int code = world_start(&run.world, &config, zone, why);
    if (code == 0)
        code = open_servers(&run, why);
    /* The history of a large town takes its time to write: the calendar starts when it is done. */
    if (code == 0)
        clock_speed(&run.clock, &run.clock_state, options->world.start_s * 1000, options->speed);
    if (code == 0)
        code = say_ready(&run, why);
    if (code == 0)
        code = loop(&run, why);
    close_servers(&run);
    world_end(&run.world);
    return code;
}
