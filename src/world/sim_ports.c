/* Controller, web and meter over the simulated surroundings. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "world/sim.h"

enum { LATENCY_MS = 400, PATIENCE_MS = 60000 };

/* A number in [0, 1) for this moment: the same in every run with this seed. */
static double chance(struct sim *sim)
{
    struct random r;
    random_seed(&r, ++sim->dice);
    return random_unit(&r);
}

/* ---- the controller ---- */

static int begin_poll(void *ctx, int64_t now_ms, struct gnm_why *why)
{
    (void)now_ms;
    struct sim *sim = ctx;
    int64_t at_ms = sim_now_ms(sim);
    sim->total.polls++;
    sim->cpu_s += sim->config.poll_cpu_s;
    sim->busy_ms += 1000 * sim->config.poll_cpu_s;
    if (sim->config.faults == NULL)
        return 0;
    const struct sim_fault *garbled = sim_fault_at(sim->config.faults, SIM_GARBLED, at_ms);
    sim->total.failed_polls++;
    if (sim_fault_at(sim->config.faults, SIM_REPLUGGED, at_ms) != NULL)
        return gnm_fail(why, -ENODEV, "the line is gone");
    if (sim_fault_at(sim->config.faults, SIM_SILENT, at_ms) != NULL)
        return gnm_fail(why, -ETIMEDOUT, "no answer");
    if (garbled != NULL && chance(sim) < garbled->arg)
        return gnm_fail(why, -EBADMSG, "the answer is damaged (CRC)");
    sim->total.failed_polls--;
    return 0;
}

static int poll_plant(void *ctx, int64_t now_ms, int64_t wall_ms, struct gnm_reading *ret, struct gnm_wait *wait, struct gnm_why *why)
{
    (void)wait;
    (void)why;
    struct sim *sim = ctx;
    sim_catch_up(sim);
    plant_reading(&sim->world.plant, wall_ms, now_ms, ret);
    return 0;
}

static void stop_poll(void *ctx)
{
    (void)ctx;
}

void sim_controller(struct sim *sim, struct gnm_controller *ret)
{
    *ret = (struct gnm_controller){ begin_poll, poll_plant, stop_poll, sim, 0 };
}

/* ---- the web ---- */

/* The value of a header of the request, empty when it has none: the request keeps only pointers to what the daemon will forget. */
static void header_of(const struct gnm_request *request, const char *name, char *ret, size_t size)
{
    size_t n = strlen(name);
    ret[0] = '\0';
    for (int i = 0; i < 8 && request->header[i] != NULL; i++)
        if (strncmp(request->header[i], name, n) == 0)
            snprintf(ret, size, "%s", request->header[i] + n);
}

static int submit(void *ctx, const struct gnm_request *request, struct gnm_why *why)
{
    struct sim *sim = ctx;
    sim->total.asked++;
    if (sim_fault_at(sim->config.faults, SIM_OFFLINE, sim_now_ms(sim)) != NULL)
        return gnm_fail(why, -ENETUNREACH, "network is unreachable");
    if (sim->asking)
        return gnm_fail(why, -EBUSY, "another request is under way");
    sim->request = *request;
    header_of(request, "User-Agent: ", sim->user_agent, sizeof sim->user_agent);
    if (sim->user_agent[0] == '\0')              /* the real port fills it in from the site's contact */
        snprintf(sim->user_agent, sizeof sim->user_agent, "gnomon (+simulate@localhost)");
    header_of(request, "If-Modified-Since: ", sim->modified_since, sizeof sim->modified_since);
    memset(sim->request.header, 0, sizeof sim->request.header);
    sim->asking = 1;
    sim->answer_ms = sim->time.mono_ms + LATENCY_MS;
    return 1;
}

/* "scheme://host/path?query" without scheme and host. */
static const char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
    return path != NULL ? path : "/";
}

static int hand_over(struct sim *sim, struct reply *reply, struct gnm_answer *ret)
{
    memset(ret, 0, sizeof *ret);
    if (reply->body.data == NULL && (reply->body.data = calloc(1, 1)) == NULL)
        return -ENOMEM;
    ret->status = reply->status;
    ret->body = reply->body.data;
    ret->len = reply->body.len;
    ret->traffic_bytes = (int64_t)ret->len;      /* nothing is packed here */
    reply->body = (struct text){ 0 };
    ret->retry_after_s = reply->retry_after_s;
    ret->expires_s = reply->expires_s;
    if (reply->last_modified_s != GNM_NEVER) {
        char stamp[32];
        reply_time(reply->last_modified_s, stamp);
        memcpy(ret->last_modified, stamp, sizeof stamp);
    }
    sim->cpu_s += (double)ret->len * sim->config.byte_cpu_s;
    sim->busy_ms += 1000 * (double)ret->len * sim->config.byte_cpu_s;
    sim->total.answered++;
    return 0;
}

/* The provider's answer, put aside; 1 when it is slow to arrive. */
static int ask_world(struct sim *sim, int64_t now_ms)
{
    sim_catch_up(sim);
    text_free(&sim->reply.body);
    sim->reply = (struct reply){ 0 };
    if (world_answer(&sim->world, path_of(sim->request.url), sim->user_agent, sim->modified_since[0] != '\0' ? sim->modified_since : NULL, now_ms, &sim->reply) < 0)
        return 0;
    sim->asking = 2;
    sim->answer_ms = now_ms + (sim->reply.delay_ms < PATIENCE_MS ? sim->reply.delay_ms : PATIENCE_MS);
    return sim->reply.delay_ms > 0;
}

static int take(void *ctx, int id, int64_t now_ms, struct gnm_answer *ret, struct gnm_wait *wait, struct gnm_why *why)
{
    (void)id;
    struct sim *sim = ctx;
    if (now_ms < sim->answer_ms) {
        wait->deadline_ms = sim->answer_ms;
        return -EAGAIN;
    }
    if (sim->asking == 1 && sim_fault_at(sim->config.faults, SIM_OFFLINE, sim_now_ms(sim)) == NULL && ask_world(sim, now_ms) > 0) {
        wait->deadline_ms = sim->answer_ms;
        return -EAGAIN;
    }
    int answered = sim->asking == 2;
    sim->asking = 0;
    if (!answered || sim->reply.delay_ms > PATIENCE_MS) {
        text_free(&sim->reply.body);
        return gnm_fail(why, -ETIMEDOUT, "timed out");
    }
    if (sim->reply.gone || sim->reply.status == 0) {
        text_free(&sim->reply.body);
        return gnm_fail(why, -ECONNRESET, "the connection was closed");
    }
    int r = hand_over(sim, &sim->reply, ret);
    if (r < 0)
        text_free(&sim->reply.body);
    return r < 0 ? gnm_fail(why, r, "no memory for an answer") : 0;
}

static void cancel(void *ctx, int id)
{
    (void)id;
    struct sim *sim = ctx;
    sim->asking = 0;
}

void sim_web(struct sim *sim, struct gnm_web *ret)
{
    *ret = (struct gnm_web){ submit, take, cancel, sim };
}

/* ---- the meter ---- */

static int read_meter(void *ctx, struct gnm_meter_sample *ret, struct gnm_why *why)
{
    (void)why;
    const struct sim *sim = ctx;
    *ret = (struct gnm_meter_sample){ sim->cpu_s, NAN, NAN, sim->world.plant.battery_c + 15 };
    return 0;
}

void sim_meter(struct sim *sim, struct gnm_meter *ret)
{
    *ret = (struct gnm_meter){ read_meter, sim };
}
