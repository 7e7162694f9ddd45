/* The end of a round of reads: is it a sample that can be trusted? */
#include <math.h>
#include <string.h>

#include "device/decode.h"
#include "device/controller_sample.h"

/* FNV-1a over the fast registers; slow ones would differ every five minutes. */
static uint64_t fingerprint(const struct image *image)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < image->map->n_blocks; i++)
        for (size_t k = 0; !image->map->block[i].slow && k < (size_t)image->map->block[i].count; k++)
            h = (h ^ image->word[image->map->block[i].offset + k]) * UINT64_C(0x100000001B3);
    return h;
}

static void watch_frozen(struct controller *c, const struct gnm_reading *r)
{
    uint64_t finger = fingerprint(&c->image);
    c->status.frozen = finger == c->finger && r->value[GNM_PV_W] > 0 ? c->status.frozen + 1 : 0;
    c->finger = finger;
}

static const struct gnm_reading *witness(const struct controller *c, int64_t now_ms)
{
    if (c->round > 1)
        return &c->held;
    int recent = c->has_last && now_ms - c->last.mono_ms <= SAMPLE_RECENT_MS && !isnan(c->last.value[GNM_BATTERY_V]);
    return recent ? &c->last : NULL;
}

static int another_round(struct controller *c, int64_t now_ms, const struct gnm_reading *r, struct gnm_why *why)
{
    if (c->round == SAMPLE_ROUNDS) {
        gnm_fail(&c->trouble, -EBADMSG, "readings after opening the line do not agree");
        return sample_down(c, now_ms, why);
    }
    c->held = *r;
    c->round++;
    c->next = 0;
    c->slow_ms = c->slow ? now_ms + c->map->slow_s * INT64_C(1000) : c->slow_ms;
    c->slow = 0;
    c->send_ms = c->link.line.kind == FRAME_RTU ? now_ms + c->map->gap_ms : now_ms;
    c->phase = SAMPLE_SEND;
    return 0;
}

static int deliver(struct controller *c, int64_t now_ms, struct gnm_reading *r)
{
    plausible_apply(&c->plausible, r);
    watch_frozen(c, r);
    c->slow_ms = c->slow ? now_ms + c->map->slow_s * INT64_C(1000) : c->slow_ms;
    c->last = *r;
    c->has_last = 1;
    c->unconfirmed = c->errors = c->backoff_ms = 0;
    c->status.samples++;
    c->trouble = (struct gnm_why){ 0 };
    c->phase = SAMPLE_IDLE;
    if (c->turn != NULL) {
        link_close(&c->link);
        c->keep_plan = 1;
        sample_pass_turn(c);
    }
    return 1;
}

int sample_finish(struct controller *c, int64_t now_ms, int64_t wall_ms, struct gnm_reading *ret, struct gnm_why *why)
{
    if (image_fresh(&c->image) == 0)
        return sample_down(c, now_ms, why);
    struct gnm_reading r = { .at_ms = wall_ms, .mono_ms = now_ms };
    decode_reading(&c->image, &r);
    const struct gnm_reading *other = witness(c, now_ms);
    int doubtful = c->unconfirmed || (c->plan.alike && c->link.line.kind == FRAME_RTU && !c->map->sunspec);
    if (doubtful && (other == NULL || !plausible_agree(other, &r)))
        return another_round(c, now_ms, &r, why);
    deliver(c, now_ms, &r);
    *ret = r;
    return 1;
}
