#include "device/plan.h"

#include <string.h>

/* As much of a model as both the map and the device know. */
static int model_count(const struct map_block *b, int length)
{
    return b->count < length + 2 ? b->count : length + 2;
}

void plan_init(struct plan *plan, const struct map *map, const struct sunspec *found)
{
    *plan = (struct plan){ .map = map };
    for (size_t i = 0; i < map->n_blocks; i++) {
        const struct map_block *b = &map->block[i];
        if (!map->sunspec)
            plan->piece[plan->n++] = (struct piece){ .block = (uint8_t)i, .at = b->at, .count = b->count };
        else if (found->done && found->found[i].at >= 0)
            plan->piece[plan->n++] = (struct piece){ .block = (uint8_t)i, .base = found->found[i].at, .count = model_count(b, found->found[i].length) };
    }
}

struct span { int first, end; };

/* Extents of the fields in a piece in order of address; those that share registers make one, which cannot be cut. */
static size_t find_spans(const struct map *map, const struct piece *p, struct span *ret)
{
    size_t n = 0;
    int last = p->at + p->count;
    for (int at = p->at; at < last; at++)
        for (size_t i = 0; i < map->n_fields; i++) {
            const struct map_field *f = &map->field[i];
            if (f->block != p->block || f->at != at)
                continue;
            int end = map_end(f) < last ? map_end(f) : last;     /* a device may have less than the map knows */
            if (n > 0 && at < ret[n - 1].end)
                ret[n - 1].end = end > ret[n - 1].end ? end : ret[n - 1].end;
            else
                ret[n++] = (struct span){ at, end };
        }
    return n;
}

static void set_piece(struct piece *p, const struct span *first, const struct span *last)
{
    p->at = first->first;
    p->count = last->end - first->first;
}

static void find_alike(struct plan *plan)
{
    const struct map_block *block = plan->map->block;
    for (size_t i = 0; i < plan->n; i++)
        for (size_t k = 0; k < i; k++)
            plan->alike |= plan->piece[i].count == plan->piece[k].count && block[plan->piece[i].block].function == block[plan->piece[k].block].function;
}

int plan_shrink(struct plan *plan, size_t i)
{
    struct span span[MAP_FIELDS];
    struct piece *p = &plan->piece[i];
    size_t n = find_spans(plan->map, p, span);
    if (n == 1 && span[0].end - span[0].first < p->count) {
        set_piece(p, &span[0], &span[0]);
        return 1;
    }
    if (n < 2 || plan->n == sizeof plan->piece / sizeof *plan->piece) {
        p->refused = 1;
        return 0;
    }
    memmove(p + 1, p, (plan->n - i) * sizeof *p);
    plan->n++;
    set_piece(p, &span[0], &span[n / 2 - 1]);
    set_piece(p + 1, &span[n / 2], &span[n - 1]);
    find_alike(plan);
    return 1;
}

int plan_singles(struct plan *plan, size_t i)
{
    struct span span[MAP_FIELDS];
    struct piece *p = &plan->piece[i];
    size_t n = find_spans(plan->map, p, span);
    if (n < 2 || plan->n + n - 1 > sizeof plan->piece / sizeof *plan->piece)
        return 0;
    memmove(p + n, p + 1, (plan->n - i - 1) * sizeof *p);
    plan->n += n - 1;
    for (size_t k = n; k-- > 0;) {
        p[k] = *p;
        set_piece(&p[k], &span[k], &span[k]);
    }
    find_alike(plan);
    return 1;
}

size_t plan_left_out(const struct plan *plan, int64_t now_ms)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n; i++)
        n += plan->piece[i].refused || plan->piece[i].out_until_ms > now_ms;
    return n;
}
