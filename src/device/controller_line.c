/* The line under a sample: opening, silence, errors, giving up. */
#include <poll.h>
#include <string.h>

#include "device/controller_sample.h"

void sample_pass_turn(struct controller *c)
{
    if (c->turn != NULL && *c->turn == c)
        *c->turn = NULL;
}

int sample_down(struct controller *c, int64_t now_ms, struct gnm_why *why)
{
    link_close(&c->link);
    sample_pass_turn(c);
    c->phase = SAMPLE_IDLE;
    c->errors = 0;
    c->keep_plan = 0;
    c->backoff_ms = c->backoff_ms == 0 ? SAMPLE_BACKOFF_MS : 2 * c->backoff_ms;
    if (c->backoff_ms > SAMPLE_BACKOFF_MAX_MS)
        c->backoff_ms = SAMPLE_BACKOFF_MAX_MS;
    c->retry_ms = now_ms + c->backoff_ms;
    int code = c->trouble.code < 0 && c->trouble.code != -EAGAIN ? c->trouble.code : -EIO;   /* -EAGAIN would mean "wait" */
    return gnm_fail(why, code, "%s", c->trouble.text);
}

void sample_replan(struct controller *c, int64_t now_ms)
{
    plan_init(&c->plan, c->map, &c->models);
    c->next = 0;
    c->plan_ms = now_ms;
}

static int start_settling(struct controller *c, int64_t now_ms, int64_t silent_ms)
{
    c->phase = SAMPLE_SETTLE;
    c->settle_start_ms = c->heard_ms = now_ms;
    c->settle_ms = silent_ms;
    c->dropped = 0;
    return 0;
}

/* Whatever hangs on the line now may not be what hung there before. */
static int opened(struct controller *c, int64_t now_ms)
{
    c->status.opened++;
    c->unconfirmed = 1;
    if (!c->keep_plan) {
        search_opened(c);
        sample_replan(c, now_ms);
        image_forget(&c->image);
        search_expect(c);
        c->slow = 1;
    }
    c->keep_plan = 0;
    c->send_ms = now_ms;
    c->phase = SAMPLE_SEND;
    return c->link.line.kind == FRAME_RTU ? start_settling(c, now_ms, now_ms + SAMPLE_OPEN_MS) : 0;
}

static int wait_turn(struct controller *c, int64_t now_ms, struct gnm_why *why)
{
    if (now_ms < c->begin_ms + SAMPLE_TURN_MAX_MS)
        return sample_wait(c, 0, now_ms + SAMPLE_TURN_MS);
    gnm_fail(&c->trouble, -EBUSY, "%s: the other controller on this line does not come to an end", c->link.line.path);
    return sample_down(c, now_ms, why);
}

int sample_open(struct controller *c, int64_t now_ms, struct gnm_why *why)
{
    if (c->turn != NULL && *c->turn != NULL && *c->turn != c)
        return wait_turn(c, now_ms, why);
    if (c->turn != NULL)
        *c->turn = c;
    int rc = link_open(&c->link, &c->trouble);
    if (rc == 0)
        return opened(c, now_ms);
    if (rc != -EINPROGRESS)
        return sample_down(c, now_ms, why);
    c->phase = SAMPLE_CONNECT;
    c->settle_start_ms = now_ms;
    return 0;
}

int sample_connect(struct controller *c, int64_t now_ms, struct gnm_why *why)
{
    struct pollfd fd = { .fd = c->link.fd, .events = POLLOUT };
    if (poll(&fd, 1, 0) > 0)
        return link_connected(&c->link, &c->trouble) < 0 ? sample_down(c, now_ms, why) : opened(c, now_ms);
    int64_t until_ms = c->settle_start_ms + SAMPLE_CONNECT_MS;
    if (now_ms < until_ms)
        return sample_wait(c, POLLOUT, until_ms);
    gnm_fail(&c->trouble, -ETIMEDOUT, "no connection to %s port %d within %d s", c->link.line.path, c->link.line.port, SAMPLE_CONNECT_MS / 1000);
    return sample_down(c, now_ms, why);
}

/* The answer that was given up came after all: nothing is under way any more. */
static int late_answer_is_in(const struct controller *c)
{
    return c->asked && c->dropped >= frame_answer_size(FRAME_RTU, &c->request);
}

int sample_settle(struct controller *c, int64_t now_ms, struct gnm_why *why)
{
    int n = link_drain(&c->link, &c->trouble);
    if (n < 0)
        return sample_gone(c, now_ms, why);
    if (n > 0)
        c->heard_ms = now_ms;
    c->dropped += (size_t)n;
    int64_t silent_ms = late_answer_is_in(c) || c->settle_ms < now_ms ? now_ms : c->settle_ms;
    int64_t quiet_ms = c->heard_ms + SAMPLE_QUIET_MS;
    if (now_ms >= quiet_ms && now_ms >= silent_ms) {
        c->phase = SAMPLE_SEND;
        return 0;
    }
    if (now_ms >= c->settle_start_ms + SAMPLE_NOISE_MS + c->map->response_ms) {
        gnm_fail(&c->trouble, -EBADMSG, "%s does not fall silent: noise, or a second master", c->link.line.path);
        return sample_error(c, now_ms, now_ms, why);
    }
    return sample_wait(c, 0, quiet_ms > silent_ms ? quiet_ms : silent_ms);
}

/* An optional block that brings nothing but trouble must not take the rest of the sample with it. */
static int drop_optional(struct controller *c, int64_t now_ms)
{
    struct piece *p = &c->plan.piece[c->next];
    if (c->search != SEARCH_NONE || c->next >= c->plan.n)
        return 0;
    if (!c->map->block[p->block].optional || c->tries < SAMPLE_ERRORS - 1)
        return 0;
    p->out_until_ms = now_ms + SAMPLE_OUT_MS;
    c->next++;
    c->tries = c->errors = 0;
    return 1;
}

/* A device, or its adapter, that answers short questions only. */
static int ask_singly(struct controller *c)
{
    struct piece *p = &c->plan.piece[c->next];
    if (c->search != SEARCH_NONE || c->next >= c->plan.n || !c->map->block[p->block].single || c->tries != SAMPLE_ERRORS - 1)
        return 0;
    if (!plan_singles(&c->plan, c->next))
        return 0;
    c->tries = c->errors = 0;
    return 1;
}

int sample_error(struct controller *c, int64_t now_ms, int64_t silent_ms, struct gnm_why *why)
{
    c->status.errors++;
    c->errors++;
    c->tries++;
    if (c->search != SEARCH_NONE && c->asked)
        search_failed(c, now_ms);
    if (!ask_singly(c) && !drop_optional(c, now_ms) && c->errors >= c->patience)
        return sample_down(c, now_ms, why);
    c->unconfirmed = 1;
    if (c->link.line.kind == FRAME_RTU)
        return start_settling(c, now_ms, silent_ms);
    link_close(&c->link);
    c->keep_plan = 1;
    c->phase = SAMPLE_OPEN;
    return 0;
}

/* A held descriptor of an unplugged adapter would make it come back under another name: close at once. A server that closed a connection
 * between two samples did nothing wrong. */
int sample_gone(struct controller *c, int64_t now_ms, struct gnm_why *why)
{
    if (c->link.line.kind == FRAME_TCP && c->asked)
        return sample_error(c, now_ms, now_ms, why);
    if (c->link.line.kind == FRAME_TCP) {
        link_close(&c->link);
        c->keep_plan = 1;
        c->phase = SAMPLE_OPEN;
        return c->status.opened > 0 && c->errors++ < SAMPLE_ERRORS ? 0 : sample_down(c, now_ms, why);
    }
    c->status.errors++;
    return sample_down(c, now_ms, why);
}
