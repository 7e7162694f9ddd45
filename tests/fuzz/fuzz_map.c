/* Any bytes as a register map: refused with a reason, or a map every field of which can be decoded. */
#include <stdlib.h>
#include <string.h>

#include "device/decode.h"
#include "device/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct map *map)
{
    struct image image;
    if (image_init(&image, map) < 0)
        return;
    uint16_t words[MAP_REGISTERS];
    for (size_t i = 0; i < MAP_REGISTERS; i++)
        words[i] = (uint16_t)(i * 2654435761u >> 7);
    for (size_t i = 0; i < map->n_blocks; i++)
        image_put(&image, i, map->block[i].at, words, (size_t)map->block[i].count);
    struct gnm_reading r;
    decode_reading(&image, &r);
    char text[64];
    decode_text(&image, "model", text, sizeof text);
    struct plan plan;
    struct sunspec found = { .done = 1 };
    for (size_t i = 0; i < map->n_blocks; i++)
        found.found[i].length = map->block[i].count - (int)(i % 3);
    plan_init(&plan, map, &found);
    for (int turn = 0; turn < 200; turn++)
        for (size_t i = 0; i < plan.n; i++)
            if (!plan.piece[i].refused) {
                const struct map_block *b = &map->block[plan.piece[i].block];
                plan_shrink(&plan, i);
                if (plan.piece[i].at < b->at || plan.piece[i].at + plan.piece[i].count > b->at + b->count || plan.piece[i].count < 1)
                    abort();
            }
    for (size_t i = 0; i < plan.n; i++)
        if (!plan.piece[i].refused)
            abort();
    image_free(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct map *map = NULL;
    struct gnm_why why = { 0 };
    int rc = map_load("fuzz.conf", (const char *)data, size, &map, &why);
    if (rc < 0 && (map != NULL || why.text[0] == '\0'))
        abort();
    if (rc == 0)
        use(map);
    map_free(map);
    return 0;
}
