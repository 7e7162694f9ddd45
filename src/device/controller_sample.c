#include "device/controller_sample.h"

#include <poll.h>
#include <string.h>

/* ---- asking ---- */

static int is_due(const struct controller *c, const struct piece *p, int64_t now_ms)
{
    const struct map_block *b = &c->map->block[p->block];
    int reachable = b->list < 0 || c->service[b->list].known;
    return reachable && !p->refused && p->out_until_ms <= now_ms && (!b->slow || c->slow);
}

static void make_request(struct controller *c)
{
    if (c->search != SEARCH_NONE) {
        search_request(c);
        return;
    }
    const struct piece *p = &c->plan.piece[c->next];
    const struct map_block *b = &c->map->block[p->block];
    int unit = b->list >= 0 ? c->service[b->list].unit : b->unit >= 0 ? b->unit : c->unit;
    c->request = (struct frame_request){ .unit = (uint8_t)unit, .function = (uint8_t)b->function, .at = (uint16_t)(p->base + p->at),
                                         .count = (uint16_t)p->count };
}

static int send_request(struct controller *c, int64_t now_ms, struct gnm_why *why)
{
    if (now_ms < c->send_ms)
        return sample_wait(c, 0, c->send_ms);
    /* A doubled answer to the last question must not become the answer to this one. */
    if (link_drain(&c->link, &c->trouble) < 0)
        return sample_gone(c, now_ms, why);
    make_request(c);
    if (link_send(&c->link, &c->request, &c->trouble) < 0)
        return sample_gone(c, now_ms, why);
    c->asked = 1;
    c->status.requests++;
    c->sent_ms = c->heard_ms = now_ms;
    c->phase = SAMPLE_ANSWER;
    return 0;
}

static int step_send(struct controller *c, int64_t now_ms, int64_t wall_ms, struct gnm_reading *ret, struct gnm_why *why)
{
    if (search_needed(c))
        return send_request(c, now_ms, why);
    while (c->next < c->plan.n && !is_due(c, &c->plan.piece[c->next], now_ms))
        c->next++;
    return c->next < c->plan.n ? send_request(c, now_ms, why) : sample_finish(c, now_ms, wall_ms, ret, why);
}

/* ---- judging ---- */

/* The question is settled, one way or the other: go to the next piece, or ask this one again. */
static int ask_next(struct controller *c, int64_t now_ms, size_t forward)
{
    c->next += forward;
    c->tries = forward > 0 ? 0 : c->tries;
    c->errors = 0;
    c->send_ms = c->link.line.kind == FRAME_RTU ? now_ms + c->map->gap_ms : now_ms;
    c->phase = SAMPLE_SEND;
    return 0;
}

/* `rc` is the search's answer. */
static int go_on_searching(struct controller *c, int64_t now_ms, int rc, struct gnm_why *why)
{
    if (rc < 0)
        return sample_down(c, now_ms, why);
    ask_next(c, now_ms, 0);
    if (rc == 1)
        sample_replan(c, now_ms);
    return 0;
}

static int take_answer(struct controller *c, int64_t now_ms, const uint8_t *payload, struct gnm_why *why)
{
    const struct piece *p = &c->plan.piece[c->next];
    uint16_t words[MAP_REGISTERS];
    frame_words(&c->request, payload, words);
    if (c->search != SEARCH_NONE) {
        c->status.answers++;
        return go_on_searching(c, now_ms, search_take(c, words), why);
    }
    if (!search_is_model(c, p, words))
        return sample_error(c, now_ms, c->sent_ms + c->map->response_ms, why);
    image_put(&c->image, p->block, p->at, words, (size_t)p->count);
    c->status.answers++;
    return ask_next(c, now_ms, 1);
}

/* On a serial line a part of a model that does not begin with its number could be taken for another's. */
static int may_shrink(const struct controller *c)
{
    return !c->map->sunspec || c->link.line.kind == FRAME_TCP;
}

static int take_refusal(struct controller *c, int64_t now_ms, uint8_t code)
{
    struct piece *p = &c->plan.piece[c->next];
    int list = c->map->block[p->block].list;
    if (list >= 0 && (code == 10 || code == 11))
        search_lost(c, (size_t)list, now_ms);
    if ((code == 2 || code == 3) && may_shrink(c))
        return ask_next(c, now_ms, plan_shrink(&c->plan, c->next) ? 0 : 1);
    if (code >= 1 && code <= 3)
        p->refused = 1;
    if (code == 5 || code == 6)
        return ask_next(c, now_ms, ++c->tries < SAMPLE_ERRORS ? 0 : 1);
    return ask_next(c, now_ms, 1);
}

/* The device is there and says no: the line is fine, one block is not. */
static int take_exception(struct controller *c, int64_t now_ms, uint8_t code, struct gnm_why *why)
{
    c->status.exceptions++;
    gnm_fail(&c->trouble, -EREMOTEIO, "unit %u: %s (exception %u) for function %u, 0x%04X x %u", c->request.unit, frame_exception_name(code), code,
             c->request.function, c->request.at, c->request.count);
    if (c->search != SEARCH_NONE)
        return go_on_searching(c, now_ms, search_refused(c, now_ms), why);
    return take_refusal(c, now_ms, code);
}

static int64_t answer_deadline(const struct controller *c)
{
    int64_t first_ms = c->sent_ms + c->map->response_ms + line_ms(&c->link.line, FRAME_RTU_REQUEST);
    if (c->link.n == 0)
        return first_ms;
    int64_t last_ms = first_ms + 2 * c->map->byte_ms, next_ms = c->heard_ms + c->map->byte_ms;
    return next_ms < last_ms ? next_ms : last_ms;
}

static int wait_for_more(struct controller *c, int64_t now_ms, size_t missing, int grew, struct gnm_why *why)
{
    int64_t deadline_ms = answer_deadline(c);
    if (now_ms < deadline_ms && grew && c->link.line.kind == FRAME_RTU) {
        /* The rest is on its way at a known speed: one wake-up when it is here instead of one for every few bytes. */
        int64_t rest_ms = now_ms + line_ms(&c->link.line, missing) + 2;
        return sample_wait(c, 0, rest_ms < deadline_ms ? rest_ms : deadline_ms);
    }
    if (now_ms < deadline_ms)
        return sample_wait(c, POLLIN, deadline_ms);
    const char *what = c->link.n > 0 ? "only part of an answer" : "no answer";
    gnm_fail(&c->trouble, -ETIMEDOUT, "unit %u: %s to 0x%04X x %u within %lld ms%s", c->request.unit, what, c->request.at, c->request.count,
             (long long)(now_ms - c->sent_ms), c->status.echo ? "; the adapter echoes what is sent" : "");
    return sample_error(c, now_ms, c->sent_ms + 2 * (int64_t)c->map->response_ms, why);
}

static void skip(struct controller *c, size_t n)
{
    c->status.echo |= c->link.line.kind == FRAME_RTU;
    c->link.n -= n;
    memmove(c->link.data, c->link.data + n, c->link.n);
}

static int step_answer(struct controller *c, int64_t now_ms, struct gnm_why *why)
{
    struct frame_answer answer;
    size_t before = c->link.n;
    if (link_receive(&c->link, &c->trouble) < 0)
        return sample_gone(c, now_ms, why);
    int grew = c->link.n > before;
    c->heard_ms = grew ? now_ms : c->heard_ms;
    enum frame_verdict verdict;
    while ((verdict = frame_check(c->link.line.kind, &c->request, c->link.data, c->link.n, &answer, &c->trouble)) == FRAME_SKIP)
        skip(c, answer.skip);
    switch (verdict) {
    case FRAME_ANSWER:
        return take_answer(c, now_ms, answer.payload, why);
    case FRAME_EXCEPTION:
        return take_exception(c, now_ms, answer.exception, why);
    case FRAME_MORE:
        return wait_for_more(c, now_ms, answer.missing, grew, why);
    default:
        return sample_error(c, now_ms, c->sent_ms + c->map->response_ms, why);
    }
}

int sample_step(struct controller *c, int64_t now_ms, int64_t wall_ms, struct gnm_reading *ret, struct gnm_why *why)
{
    switch (c->phase) {
    case SAMPLE_OPEN:
        return sample_open(c, now_ms, why);
    case SAMPLE_CONNECT:
        return sample_connect(c, now_ms, why);
    case SAMPLE_SETTLE:
        return sample_settle(c, now_ms, why);
    case SAMPLE_SEND:
        return step_send(c, now_ms, wall_ms, ret, why);
    case SAMPLE_ANSWER:
        return step_answer(c, now_ms, why);
    default:
        return gnm_fail(why, -EINVAL, "no sample was begun");
    }
}
