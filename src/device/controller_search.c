/* What has to be found on the device before it can be read: SunSpec models, and under which unit a service answers. */
#include <string.h>

#include "device/controller_sample.h"

enum { AGAIN_MS = 3 * 3600000, LOST_AGAIN_MS = 60000 };

void search_opened(struct controller *c)
{
    if (c->map->sunspec)
        sunspec_start(&c->models);
    for (size_t i = 0; i < c->map->n_lists; i++)
        c->service[i].next = 0;
}

void search_begin(struct controller *c, int64_t now_ms)
{
    for (size_t i = 0; i < c->map->n_lists; i++)
        if (c->service[i].next >= c->map->list[i].n && now_ms >= c->service[i].again_ms)
            c->service[i].next = 0;
}

/* A chain that was cut short by a refusal may be longer another time. */
void search_again(struct controller *c)
{
    int missing = 0;
    for (size_t i = 0; i < c->map->n_blocks; i++)
        missing |= c->models.found[i].at < 0;
    if (c->map->sunspec && missing)
        sunspec_start(&c->models);
}

void search_expect(struct controller *c)
{
    for (size_t i = 0; i < c->map->n_blocks; i++) {
        int list = c->map->block[i].list;
        if (list >= 0 ? c->service[list].known : c->map->sunspec && c->models.done && c->models.found[i].at >= 0)
            image_expect(&c->image, i, 1);
    }
}

int search_needed(struct controller *c)
{
    c->search = c->map->sunspec && !c->models.done ? SEARCH_MODELS : SEARCH_NONE;
    for (size_t i = 0; i < c->map->n_lists && c->search == SEARCH_NONE; i++)
        if (!c->service[i].known && c->service[i].next < c->map->list[i].n) {
            c->search = SEARCH_UNIT;
            c->searched = i;
        }
    return c->search != SEARCH_NONE;
}

/* A service is looked for with the first block that is read from it. */
static const struct map_block *sample_block(const struct controller *c)
{
    const struct map_block *b = c->map->block;
    while (b->list != (int)c->searched)
        b++;
    return b;
}

void search_request(struct controller *c)
{
    if (c->search == SEARCH_MODELS) {
        c->request = (struct frame_request){ .unit = (uint8_t)c->unit, .function = 3, .at = sunspec_at(&c->models), .count = sunspec_count(&c->models) };
        return;
    }
    const struct map_block *b = sample_block(c);
    uint8_t unit = c->map->list[c->searched].unit[c->service[c->searched].next];
    c->request = (struct frame_request){ .unit = unit, .function = (uint8_t)b->function, .at = (uint16_t)b->at, .count = (uint16_t)b->count };
}

int search_take(struct controller *c, const uint16_t *words)
{
    if (c->search == SEARCH_MODELS) {
        int rc = sunspec_take(&c->models, c->map, words, &c->trouble);
        search_expect(c);
        return rc;
    }
    struct service *s = &c->service[c->searched];
    s->unit = c->request.unit;
    s->known = 1;
    search_expect(c);
    return 0;
}

static void next_unit(struct controller *c, int64_t now_ms)
{
    struct service *s = &c->service[c->searched];
    if (++s->next >= c->map->list[c->searched].n)
        s->again_ms = now_ms + AGAIN_MS;
}

int search_refused(struct controller *c, int64_t now_ms)
{
    if (c->search == SEARCH_MODELS) {
        int rc = sunspec_refused(&c->models, c->map, &c->trouble);
        search_expect(c);
        return rc;
    }
    next_unit(c, now_ms);
    return 0;
}

/* No answer, or none that can be trusted. A gateway that is silent about units it does not know would cost minutes: it is asked no more for now. */
void search_failed(struct controller *c, int64_t now_ms)
{
    if (c->search == SEARCH_MODELS && !c->models.walking)
        sunspec_silent(&c->models);
    if (c->search == SEARCH_UNIT) {
        c->service[c->searched].next = c->map->list[c->searched].n;
        c->service[c->searched].again_ms = now_ms + AGAIN_MS;
    }
}

void search_lost(struct controller *c, size_t list, int64_t now_ms)
{
    c->service[list] = (struct service){ .next = c->map->list[list].n, .again_ms = now_ms + LOST_AGAIN_MS };
    for (size_t i = 0; i < c->map->n_blocks; i++)
        if (c->map->block[i].list == (int)list)
            image_expect(&c->image, i, 0);
}

int search_is_model(struct controller *c, const struct piece *p, const uint16_t *words)
{
    const struct map_block *b = &c->map->block[p->block];
    if (b->model < 0 || p->at != 0)
        return 1;
    if (words[0] == b->model && words[1] == c->models.found[p->block].length)
        return 1;
    gnm_fail(&c->trouble, -EBADMSG, "answer is of model %u (%u registers) instead of %d (%d)", words[0], words[1], b->model, c->models.found[p->block].length);
    sunspec_start(&c->models);
    image_forget(&c->image);
    return 0;
}
