/* The daemon's main: options, start list, stop list, exit status. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "almanac/zone.h"
#include "base/clock.h"
#include "base/text.h"
#include "daemon/daemon.h"
#include "daemon/inside.h"
#include "daemon/notify.h"
#include "daemon/ports_real.h"

#ifndef GNM_BUILD_S
#define GNM_BUILD_S 1790000000
#endif

const char *argp_program_version = "gnomond " GNM_VERSION;

enum { SPEED_MAX = 20000, OPTION_SPEED = 256, OPTION_START, OPTION_SEED, OPTION_VERBOSE };

struct arguments { const char *config; double speed; int64_t start_s; int64_t seed; int verbose; };

static const struct argp_option options[] = {
    { "config", 'c', "FILE", 0, "Configuration (default /etc/gnomon/gnomon.conf)", 0 },
    { "speed", OPTION_SPEED, "N", 0, "Calendar time runs N times faster, with real sockets (for demonstrations)", 0 },
    { "start", OPTION_START, "TIME", 0, "Calendar time to begin with, RFC 3339; only with --speed (default now)", 0 },
    { "seed", OPTION_SEED, "N", 0, "Seed of the jitter between requests (default: from the process)", 0 },
    { "verbose", 'v', NULL, 0, "Also log every detail", 0 },
    { 0 }
};

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'c':
        a->config = arg;
        break;
    case 'v':
        a->verbose = 1;
        break;
    case OPTION_SPEED:
        if (text_double(arg, &a->speed) < 0 || a->speed < 1 || a->speed > SPEED_MAX)
            argp_error(state, "--speed '%s' is not a number from 1 to %d", arg, SPEED_MAX);
        break;
    case OPTION_START:
        if (civil_parse_time(arg, &a->start_s) < 0)
            argp_error(state, "--start '%s' is not a time like 2026-05-14T03:30:00+02:00", arg);
        break;
    case OPTION_SEED:
        if (text_int(arg, 0, INT64_MAX, &a->seed) < 0)
            argp_error(state, "--seed '%s' is not a whole number from 0", arg);
        break;
    case ARGP_KEY_END:
        if (a->start_s != 0 && a->speed == 0)
            argp_error(state, "--start needs --speed");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* In a hurry the reader needs the calendar time before every line, in the site's zone. */
struct hurried { const struct gnm_clock *clock; struct zone *zone; };

static void hurried_sink(void *ctx, enum log_level level, const char *id, const char *text)
{
    (void)id;
    struct hurried *h = ctx;
    int64_t utc_s = h->clock->wall_ms(h->clock->ctx) / 1000;
    char stamp[21];
    civil_format_time(utc_s + zone_offset_s(h->zone, utc_s), stamp);
    fprintf(stderr, "%.5s %.5s %s%s\n", stamp + 5, stamp + 11, level <= LOG_WARNING ? "! " : "  ", text);
}

static int take_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int exit_status(int r)
{
    switch (-r) {
    case 0:
        return EX_OK;
    case EACCES:
    case EPERM:
        return EX_NOPERM;
    case ENOENT:
    case EINVAL:
    case E2BIG:
    case ENOTSUP:
        return EX_CONFIG;
    case EWOULDBLOCK:
        return EX_TEMPFAIL;
    case EUCLEAN:
        return EX_DATAERR;
    case ENOSPC:
    case EIO:
        return EX_IOERR;
    default:
        return EX_SOFTWARE;
    }
}

static int run(const struct arguments *a, struct config *config)
{
    struct gnm_clock clock;
    struct clock_state time = { 0 };
    struct hurried hurried = { .clock = &clock };
    struct port_maker ports = ports_real();
    struct daemon_options o = { .config_path = a->config, .clock = &clock, .ports = &ports, .seed = (uint64_t)a->seed, .signal_fd = take_signals(), .watch_inbox = 1 };
    struct daemon *daemon = NULL;
    struct gnm_why why = { 0 };
    clock_real(&clock, &time, (int64_t)GNM_BUILD_S * 1000);
    if (a->speed > 0)
        clock_speed(&clock, &time, a->start_s != 0 ? a->start_s * 1000 : clock.wall_ms(clock.ctx), a->speed);
    log_init(&o.log);
    notify_install_log(&o.log);
    if (a->speed > 0) {
        inside_zone(config, &hurried.zone, &why);        /* in UTC without: daemon_new says what is wrong */
        o.log = (struct log){ hurried_sink, &hurried, LOG_ROUTINE };
    }
    if (a->verbose)
        o.log.max = LOG_DETAIL;
    int r = daemon_new(&o, config, &daemon, &why);
    if (r == 0) {
        int64_t newest_ms = daemon_newest_s(daemon) * 1000;
        time.floor_ms = newest_ms > time.floor_ms ? newest_ms : time.floor_ms;
        r = daemon_run(daemon);
        daemon_free(daemon);
    } else {
        log_line(&o.log, LOG_ERROR, NULL, "cannot start: %s", why.text);
    }
    zone_free(hurried.zone);
    close(o.signal_fd);
    return exit_status(r);
}

int main(int argc, char **argv)
{
    static const struct argp argp = { options, take_option, NULL, "Forecasts the activity of businesses on a solar box: polls the charge controller, reads feeds, learns when the "
                                      "battery can spare it, publishes forecast.db.\vSIGHUP reads the configuration again, SIGTERM ends within a second. See gnomond(8), gnomon.conf(5).",
                                      NULL, NULL, NULL };
    struct arguments a = { .config = "/etc/gnomon/gnomon.conf", .seed = (int64_t)getpid() };
    struct config *config = NULL;
    struct gnm_why why = { 0 };
    argp_err_exit_status = EX_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    umask(0027);
    int r = config_load(a.config, &config, &why);
    if (r < 0) {
        struct log log;
        log_init(&log);
        notify_install_log(&log);
        log_line(&log, LOG_ERROR, NULL, "%s", why.text);
        return r == -ENOENT || r == -EINVAL ? EX_CONFIG : exit_status(r);
    }
    return run(&a, config);
}
