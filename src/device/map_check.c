/* What can only be judged with the whole file read: blocks against blocks, fields against blocks, names against names. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "device/map_data.h"

static int fail_at(const struct map *map, int line, struct gnm_why *why)
{
    return gnm_fail_in(why, "%s:%d: ", map->file, line);
}

/* ---- blocks ---- */

static int answer_bytes(const struct map_block *b)
{
    return b->function <= 2 ? (b->count + 7) / 8 : 2 * b->count;
}

static int check_block(const struct map_block *b, struct gnm_why *why)
{
    if (b->function == 0 || b->count == 0)
        return gnm_fail(why, -EINVAL, "block 0x%04X needs function = 1..4 and count = 1..%d", (unsigned)b->at, MAP_REGISTERS);
    if (b->at + b->count > 0x10000)
        return gnm_fail(why, -EINVAL, "count = %d: block 0x%04X would pass address 0xFFFF", b->count, (unsigned)b->at);
    return 0;
}

/* An answer on a serial line does not say which question it answers; only its length tells a late answer from the right one. */
static int check_pair(const struct map *map, const struct map_block *a, const struct map_block *b, struct gnm_why *why)
{
    if (a->function != b->function)
        return 0;
    if (a->unit == b->unit && a->at < b->at + b->count && b->at < a->at + a->count)
        return gnm_fail(why, -EINVAL, "block 0x%04X overlaps block 0x%04X of line %d", (unsigned)b->at, (unsigned)a->at, a->line);
    if (!map->equal_counts && a->unit == b->unit && answer_bytes(a) == answer_bytes(b))
        return gnm_fail(why, -EINVAL, "count = %d: block 0x%04X has the answer length of block 0x%04X (line %d), so that a late answer could be "
                        "taken for it; read one register more or less", b->count, (unsigned)b->at, (unsigned)a->at, a->line);
    return 0;
}

static int check_blocks(struct map *map, struct gnm_why *why)
{
    if (map->n_blocks == 0)
        return gnm_fail(why, -EINVAL, "%s: no [block ADDRESS]", map->file);
    for (size_t i = 0; i < map->n_blocks; i++) {
        struct map_block *b = &map->block[i];
        if (check_block(b, why) < 0)
            return fail_at(map, b->line, why);
        for (size_t j = 0; j < i; j++)
            if (check_pair(map, &map->block[j], b, why) < 0)
                return fail_at(map, b->line, why);
        /* Two or three registers may all be 0 in earnest (no current, no fault); a long run of zeros is a device that has nothing to say. */
        if (b->zero_missing < 0)
            b->zero_missing = b->function > 2 && b->count >= 4;
        b->offset = map->n_registers;
        map->n_registers += (size_t)b->count;
    }
    return 0;
}

/* ---- fields ---- */

static int place_field(const struct map *map, struct map_field *f, struct gnm_why *why)
{
    for (size_t i = 0; i < map->n_blocks; i++) {
        const struct map_block *b = &map->block[i];
        if (f->at < b->at || f->at + f->words > b->at + b->count || (f->function != 0 && f->function != b->function))
            continue;
        f->block = (int)i;
        return 0;
    }
    return gnm_fail(why, -EINVAL, "at = 0x%04X: the %d register%s of %s lie in no block", (unsigned)f->at, f->words, f->words > 1 ? "s" : "",
                    f->name);
}

static int is_wide(enum map_type type)
{
    return type == MAP_U32 || type == MAP_S32 || type == MAP_F32;
}

static int check_type(const struct map *map, struct map_field *f, struct gnm_why *why)
{
    if (f->type == MAP_NONE || f->at < 0)
        return gnm_fail(why, -EINVAL, "%s needs at = ADDRESS and type = ...", f->name);
    int fixed = is_wide(f->type) ? 2 : f->type == MAP_BITS || f->type == MAP_ENUM ? 0 : f->type == MAP_TEXT ? -1 : 1;
    if ((fixed > 0 && f->words != fixed) || (fixed == 0 && f->words > 2))
        return gnm_fail(why, -EINVAL, "words = %d does not fit the type of %s", f->words, f->name);
    if (f->order == MAP_ORDER_DEFAULT)
        f->order = map->order;
    if ((f->type == MAP_ENUM) != (f->n_codes > 0) || ((f->type == MAP_ENUM) != (f->slot == GNM_STAGE) && f->slot >= 0))
        return gnm_fail(why, -EINVAL, "stage, and only stage, has type = enum and enum = CODE:STAGE,...");
    if ((f->type == MAP_TEXT) && f->slot >= 0)
        return gnm_fail(why, -EINVAL, "type = text is for [word NAME]; %s is a number", f->name);
    if (f->shift > 0 && f->type != MAP_BITS)
        return gnm_fail(why, -EINVAL, "shift = %d: only for type = bits", f->shift);
    return 0;
}

static int is_selection(const struct map_field *f)
{
    return f->type == MAP_BITS || f->type == MAP_ENUM || f->byte != MAP_BOTH || f->bit_high >= 0;
}

/* Two fields may share a register only where each takes a part of it, or one is a raw [word]. */
static int check_overlap(const struct map_field *a, const struct map_field *b, struct gnm_why *why)
{
    int apart = a->block != b->block || a->at >= b->at + b->words || b->at >= a->at + a->words;
    int parts = is_selection(a) && is_selection(b) && (a->byte == MAP_BOTH || a->byte != b->byte || a->type == MAP_BITS || b->type == MAP_BITS);
    if (apart || parts || a->slot < 0 || b->slot < 0)
        return 0;
    return gnm_fail(why, -EINVAL, "at = 0x%04X: %s overlaps %s of line %d", (unsigned)b->at, b->name, a->name, a->line);
}

static int resolve_scale(const struct map *map, struct map_field *f, struct gnm_why *why)
{
    for (size_t i = 0; i < f->scale.n; i++) {
        size_t j = 0;
        while (j < map->n_fields && strcmp(map->field[j].name, f->scale.by[i].name) != 0)
            j++;
        if (j == map->n_fields)
            return gnm_fail(why, -EINVAL, "scale = @%s: no [word %s] or [field %s]", f->scale.by[i].name, f->scale.by[i].name, f->scale.by[i].name);
        if (map->field[j].scale.n > 0 || map->field[j].type == MAP_TEXT)
            return gnm_fail(why, -EINVAL, "scale = @%s: must be a number without @ of its own", f->scale.by[i].name);
        f->scale.by[i].field = (int)j;
    }
    return 0;
}

static int check_field(struct map *map, size_t i, struct gnm_why *why)
{
    struct map_field *f = &map->field[i];
    int rc = check_type(map, f, why);
    if (rc == 0)
        rc = place_field(map, f, why);
    if (rc == 0)
        rc = resolve_scale(map, f, why);
    for (size_t j = 0; rc == 0 && j < i; j++)
        rc = check_overlap(&map->field[j], f, why);
    return rc < 0 ? fail_at(map, f->line, why) : 0;
}

static int check_use(const struct map *map, struct gnm_why *why)
{
    for (size_t i = 0; i < map->n_blocks; i++) {
        size_t j = 0;
        while (j < map->n_fields && map->field[j].block != (int)i)
            j++;
        if (j < map->n_fields)
            continue;
        gnm_fail(why, -EINVAL, "block 0x%04X holds no field: reading it would be wasted", (unsigned)map->block[i].at);
        return fail_at(map, map->block[i].line, why);
    }
    return 0;
}

int map_check(struct map *map, struct gnm_why *why)
{
    if (map->sunspec)
        return gnm_fail(why, -ENOTSUP, "%s: kind = sunspec: finding models on the device is not built into this version; use kind = registers",
                        map->file);
    if (map->name[0] == '\0')
        return gnm_fail(why, -EINVAL, "%s: [map] needs a name", map->file);
    int rc = check_blocks(map, why);
    for (size_t i = 0; rc == 0 && i < map->n_fields; i++)
        rc = check_field(map, i, why);
    return rc < 0 ? rc : check_use(map, why);
}
