#include "device/controller.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/decode.h"
#include "device/controller_sample.h"

static int check_unit(const struct line *line, int unit, struct gnm_why *why)
{
    int serial_ok = (unit >= 1 && unit <= 247) || unit == 255;
    if (serial_ok || (unit == 0 && line->kind == FRAME_TCP))
        return 0;
    return gnm_fail(why, -EINVAL, "unit = %d: expected 1..247 or 255 (0, on a serial line, would ask every device at once)", unit);
}

static int check_units(const struct map *map, const struct line *line, int unit, struct gnm_why *why)
{
    int rc = check_unit(line, unit, why);
    for (size_t i = 0; rc == 0 && i < map->n_blocks; i++)
        if (map->block[i].unit >= 0)
            rc = check_unit(line, map->block[i].unit, why);
    for (size_t i = 0; i < map->n_lists; i++)
        for (size_t k = 0; rc == 0 && k < map->list[i].n; k++)
            rc = check_unit(line, map->list[i].unit[k], why);
    return rc;
}

int controller_new(const struct map *map, const char *line, int unit, struct controller **ret, struct gnm_why *why)
{
    struct line parsed;
    int rc = line_parse(line, map->serial, &parsed, why);
    if (rc == 0)
        rc = check_units(map, &parsed, unit, why);
    if (rc < 0)
        return rc;
    struct controller *c = calloc(1, sizeof *c);
    if (c == NULL || image_init(&c->image, map) < 0) {
        free(c);
        return gnm_fail(why, -ENOMEM, "controller: out of memory");
    }
    c->map = map;
    c->unit = unit;
    link_init(&c->link, &parsed);
    c->patience = SAMPLE_ERRORS;
    search_opened(c);
    plan_init(&c->plan, map, &c->models);
    *ret = c;
    return 0;
}

void controller_free(struct controller *c)
{
    if (c == NULL)
        return;
    link_close(&c->link);
    image_free(&c->image);
    free(c);
}

void controller_patience(struct controller *c, int errors)
{
    c->patience = errors > 0 ? errors : 1;
}

void controller_share(struct controller *c, const struct controller **turn)
{
    c->turn = turn;
}

int controller_same_line(const struct controller *a, const struct controller *b)
{
    const struct line *x = &a->link.line, *y = &b->link.line;
    return x->kind == y->kind && x->port == y->port && strcmp(x->path, y->path) == 0;
}

/* ---- the port ---- */

static int port_begin(void *ctx, int64_t now_ms, struct gnm_why *why)
{
    struct controller *c = ctx;
    if (c->phase != SAMPLE_IDLE)
        return gnm_fail(why, -EBUSY, "the last sample is still being taken");
    if (c->link.fd < 0 && now_ms < c->retry_ms)
        return gnm_fail(why, -EHOSTDOWN, "%s; next attempt in %.1f s", c->trouble.text, (double)(c->retry_ms - now_ms) / 1000);
    if (now_ms >= c->plan_ms + SAMPLE_PLAN_MS) {
        search_again(c);
        sample_replan(c, now_ms);
    }
    search_begin(c, now_ms);
    image_turn(&c->image);
    c->next = 0;
    c->tries = c->asked = 0;
    c->round = 1;
    c->slow = now_ms >= c->slow_ms;
    c->send_ms = c->begin_ms = now_ms;
    c->phase = c->link.fd < 0 ? SAMPLE_OPEN : SAMPLE_SEND;
    return 0;
}

static int port_poll(void *ctx, int64_t now_ms, int64_t wall_ms, struct gnm_reading *ret, struct gnm_wait *wait, struct gnm_why *why)
{
    struct controller *c = ctx;
    if (c->phase == SAMPLE_IDLE)
        return gnm_fail(why, -EINVAL, "no sample was begun");
    int rc;
    do
        rc = sample_step(c, now_ms, wall_ms, ret, why);
    while (rc == 0);
    if (rc == -EAGAIN) {
        *wait = (struct gnm_wait){ .deadline_ms = c->wake_ms, .n = c->events != 0 };
        wait->fd[0] = (struct pollfd){ .fd = c->link.fd, .events = c->events };
    } else if (rc < 0) {
        c->status.failed++;
    }
    return rc == 1 ? 0 : rc;
}

static void port_stop(void *ctx)
{
    struct controller *c = ctx;
    link_close(&c->link);
    sample_pass_turn(c);
    c->phase = SAMPLE_IDLE;
    c->keep_plan = 0;
}

void controller_port(struct controller *c, struct gnm_controller *ret)
{
    *ret = (struct gnm_controller){ .begin = port_begin, .poll = port_poll, .stop = port_stop, .ctx = c, .whole_battery = c->map->whole_battery };
}

void controller_status(const struct controller *c, struct controller_status *ret)
{
    *ret = c->status;
    ret->open = c->link.fd >= 0;
    ret->backoff_ms = ret->open ? 0 : c->backoff_ms;
    ret->left_out = (unsigned)plan_left_out(&c->plan, c->has_last ? c->last.mono_ms : 0);
    decode_text(&c->image, "model", ret->model, sizeof ret->model);
    decode_text(&c->image, "serial", ret->serial, sizeof ret->serial);
    snprintf(ret->trouble, sizeof ret->trouble, "%s", c->trouble.text);
}
