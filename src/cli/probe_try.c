/* gnomon probe: one attempt. */
#include "cli/probe.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ATTEMPT_MS = 20000, REFUSED_COST = 4 };

static int64_t now_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void probe_line_text(const struct probe_try *t, char *ret, size_t size)
{
    if (t->line->tcp)
        snprintf(ret, size, "tcp:%s", t->line->path);
    else
        snprintf(ret, size, "rtu:%s:%s", t->line->path, t->setting);
}

/* One sample, waiting as the daemon does; -ETIMEDOUT when it takes absurdly long. */
static int take_sample(const struct gnm_controller *port, struct gnm_reading *ret, struct gnm_why *why)
{
    int64_t end_ms = now_ms(CLOCK_MONOTONIC) + ATTEMPT_MS;
    int rc = port->begin(port->ctx, now_ms(CLOCK_MONOTONIC), why);
    if (rc < 0)
        return rc;
    for (int64_t now = now_ms(CLOCK_MONOTONIC); now < end_ms; now = now_ms(CLOCK_MONOTONIC)) {
        struct gnm_wait wait;
        rc = port->poll(port->ctx, now, now_ms(CLOCK_REALTIME), ret, &wait, why);
        if (rc != -EAGAIN)
            return rc;
        int64_t left_ms = wait.deadline_ms - now;
        poll(wait.fd, (nfds_t)wait.n, left_ms > 0 ? (int)left_ms : 0);
    }
    port->stop(port->ctx);
    return gnm_fail(why, -ETIMEDOUT, "no sample within %d s", ATTEMPT_MS / 1000);
}

/* How much of a reading makes sense. Devices of one maker answer each other's reads, with numbers that mean something else. */
static int score_of(const struct gnm_reading *r)
{
    int score = 0;
    for (int i = 0; i < GNM_FIELDS; i++)
        score += !isnan(r->value[i]);
    score -= REFUSED_COST * (int)r->rejected;
    return r->value[GNM_STAGE] == GNM_STAGE_UNKNOWN ? score - REFUSED_COST : score;
}

static int is_credible(const struct gnm_reading *r)
{
    return (!isnan(r->value[GNM_BATTERY_V]) || !isnan(r->value[GNM_PV_W])) && score_of(r) >= 2;
}

static enum probe_result result_of(const struct probe_try *t, int rc)
{
    if (rc == 0)
        return is_credible(&t->reading) ? PROBE_ANSWERED : PROBE_OTHER;
    if (t->status.opened == 0)
        return rc == -EBUSY ? PROBE_BUSY : PROBE_CLOSED;
    return t->status.answers + t->status.exceptions > 0 ? PROBE_OTHER : PROBE_SILENT;
}

static void ask(struct probe_try *t, struct controller *c)
{
    struct gnm_controller port;
    struct gnm_why why = { 0 };
    controller_port(c, &port);
    controller_patience(c, 1);
    int rc = take_sample(&port, &t->reading, &why);
    controller_status(c, &t->status);
    t->error = rc;
    t->result = result_of(t, rc);
    t->score = rc == 0 ? score_of(&t->reading) : 0;
    if (t->result == PROBE_OTHER && rc == 0)
        snprintf(t->text, sizeof t->text, "answers, but with numbers that cannot be true for this device");
    else
        snprintf(t->text, sizeof t->text, "%s", why.text);
    port.stop(port.ctx);
}

void probe_ask(struct probe_try *t)
{
    char line[PROBE_PATH + 32];
    struct controller *c;
    struct gnm_why why = { 0 };
    probe_line_text(t, line, sizeof line);
    int rc = controller_new(t->map->map, line, t->unit, &c, &why);
    if (rc < 0) {
        t->result = PROBE_CLOSED;
        t->error = rc;
        snprintf(t->text, sizeof t->text, "%s", why.text);
        return;
    }
    ask(t, c);
    controller_free(c);
}
