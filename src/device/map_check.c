/* What can only be judged with the whole file read: blocks against blocks, fields against blocks, names against names. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "device/map_data.h"
#include "device/plausible.h"

static int fail_at(const struct map *map, int line, struct gnm_why *why)
{
    return gnm_fail_in(why, "%s:%d: ", map->file, line);
}

/* ---- blocks ---- */

static int answer_bytes(const struct map_block *b)
{
    return b->function <= 2 ? (b->count + 7) / 8 : 2 * b->count;
}

static int check_block(const struct map *map, const struct map_block *b, struct gnm_why *why)
{
    if (map->sunspec != (b->model >= 0))
        return gnm_fail(why, -EINVAL, "kind = sunspec, and only it, has [model ID] instead of [block ADDRESS]");
    if (b->model >= 0 && b->count < 3)
        return gnm_fail(why, -EINVAL, "model %d needs count = 3..%d, its number and length included", b->model, MAP_REGISTERS);
    if (b->function == 0 || b->count == 0)
        return gnm_fail(why, -EINVAL, "block 0x%04X needs function = 1..4 and count = 1..%d", (unsigned)b->at, MAP_REGISTERS);
    if (b->at + b->count > 0x10000)
        return gnm_fail(why, -EINVAL, "count = %d: block 0x%04X would pass address 0xFFFF", b->count, (unsigned)b->at);
    return 0;
}

/* An answer on a serial line does not say which question it answers; only its length tells a late answer from the right one. */
static int check_pair(const struct map *map, const struct map_block *a, const struct map_block *b, struct gnm_why *why)
{
    if (map->sunspec && a->model == b->model && a->index == b->index)
        return gnm_fail(why, -EINVAL, "model %d is already described at line %d", b->model, a->line);
    if (a->function != b->function || map->sunspec)
        return 0;
    if (a->unit == b->unit && a->list == b->list && a->at < b->at + b->count && b->at < a->at + a->count)
        return gnm_fail(why, -EINVAL, "block 0x%04X overlaps block 0x%04X of line %d", (unsigned)b->at, (unsigned)a->at, a->line);
    if (!map->equal_counts && a->unit == b->unit && a->list == b->list && answer_bytes(a) == answer_bytes(b))
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
        if (check_block(map, b, why) < 0)
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

static int is_in(const struct map_field *f, const struct map_block *b)
{
    return f->model == b->model && f->at >= b->at && f->at + f->words <= b->at + b->count && (f->function == 0 || f->function == b->function);
}

/* How often it is there, as far as the block reaches. */
static int count_parts(struct map_field *f, const struct map_block *b, struct gnm_why *why)
{
    int most = f->repeat > 0 ? (b->at + b->count - f->at - f->words) / f->repeat + 1 : 1;
    if (f->parts > most || (f->repeat > 0 && f->repeat < f->words))
        return gnm_fail(why, -EINVAL, "repeat = %d, parts = %d: the block holds %s %d times", f->repeat, f->parts, f->name, most);
    f->parts = f->parts > 0 ? f->parts : most;
    return 0;
}

static int place_field(const struct map *map, struct map_field *f, struct gnm_why *why)
{
    for (size_t i = 0; i < map->n_blocks; i++) {
        const struct map_block *b = &map->block[i];
        if (!is_in(f, b))
            continue;
        f->block = (int)i;
        return count_parts(f, b, why);
    }
    if (map->sunspec)
        return gnm_fail(why, -EINVAL, "at = %d: %s lies in no [model %d] of this map", f->at, f->name, f->model);
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
    if (f->type == MAP_TEXT && f->repeat > 0)
        return gnm_fail(why, -EINVAL, "repeat = %d: not for a text", f->repeat);
    if (f->shift > 0 && f->type != MAP_BITS)
        return gnm_fail(why, -EINVAL, "shift = %d: only for type = bits", f->shift);
    return 0;
}

static int is_selection(const struct map_field *f)
{
    return f->type == MAP_BITS || f->type == MAP_ENUM || f->byte != MAP_BOTH || f->bit_high >= 0;
}

/* Of two fields that come again at the same distance. */
static int repeats_meet(const struct map_field *a, const struct map_field *b)
{
    int apart = (b->at - a->at) % a->repeat;
    apart += apart < 0 ? a->repeat : 0;
    return apart < a->words || a->repeat - apart < b->words;
}

/* Two fields may share a register only where each takes a part of it, or one is a raw [word]. */
static int check_overlap(const struct map_field *a, const struct map_field *b, struct gnm_why *why)
{
    int apart = a->block != b->block || (a->repeat > 0 && a->repeat == b->repeat ? !repeats_meet(a, b) : a->at >= map_end(b) || b->at >= map_end(a));
    int parts = is_selection(a) && is_selection(b) && (a->byte == MAP_BOTH || a->byte != b->byte || a->type == MAP_BITS || b->type == MAP_BITS);
    if (apart || parts || a->slot < 0 || b->slot < 0)
        return 0;
    return gnm_fail(why, -EINVAL, "at = 0x%04X: %s overlaps %s of line %d", (unsigned)b->at, b->name, a->name, a->line);
}

static int find_name(const struct map *map, const char *name)
{
    for (size_t i = 0; i < map->n_fields; i++)
        if (strcmp(map->field[i].name, name) == 0)
            return (int)i;
    return -1;
}

static int resolve_names(const struct map *map, struct map_field *f, struct gnm_why *why)
{
    f->needs_field = f->needs[0] != '\0' ? find_name(map, f->needs) : -1;
    f->sign_field = f->n_signs > 0 ? find_name(map, f->sign_by) : -1;
    if (f->needs[0] != '\0' && f->needs_field < 0)
        return gnm_fail(why, -EINVAL, "needs = %s: no [word %s] or [field %s]", f->needs, f->needs, f->needs);
    if (f->n_signs > 0 && f->sign_field < 0)
        return gnm_fail(why, -EINVAL, "sign = %s: no [word %s] or [field %s]", f->sign_by, f->sign_by, f->sign_by);
    return 0;
}

static int resolve_scale(const struct map *map, struct map_field *f, struct gnm_why *why)
{
    for (size_t i = 0; i < f->scale.n; i++) {
        int j = find_name(map, f->scale.by[i].name);
        if (j < 0)
            return gnm_fail(why, -EINVAL, "scale = @%s: no [word %s] or [field %s]", f->scale.by[i].name, f->scale.by[i].name, f->scale.by[i].name);
        if (map->field[j].scale.n > 0 || map->field[j].type == MAP_TEXT)
            return gnm_fail(why, -EINVAL, "scale = @%s: must be a number without @ of its own", f->scale.by[i].name);
        f->scale.by[i].field = j;
    }
    return 0;
}

/* The standard's marks for "not available"; what counts up is 0 then, which is said in the map. */
static void set_marks(const struct map *map, struct map_field *f)
{
    static const uint32_t mark[][3] = { [MAP_U16] = { 0xFFFF, 0xFFFF }, [MAP_S16] = { 0x8000, 0x8000 }, [MAP_ENUM] = { 0xFFFF, UINT32_MAX },
                                        [MAP_BITS] = { 0xFFFF, UINT32_MAX }, [MAP_U32] = { 0, UINT32_MAX }, [MAP_S32] = { 0, 0x80000000u },
                                        [MAP_TEXT] = { 0 } };
    if (!map->sunspec || f->n_missing > 0 || f->type == MAP_F32 || f->type == MAP_HALF || f->type == MAP_SIGN7 || f->type == MAP_TEXT)
        return;
    f->missing[f->n_missing++] = mark[f->type][f->words == 2];
}

/* A range that no plant of this size can meet would refuse every reading. */
static int check_range(const struct map_field *f, struct gnm_why *why)
{
    double low, high;
    if (f->slot < 0)
        return 0;
    plausible_limits((enum gnm_field)f->slot, &low, &high);
    if (f->low <= high && f->high >= low)
        return 0;
    return gnm_fail(why, -EINVAL, "range = %g..%g: %s can only be %g..%g, so that no reading would ever pass", f->low, f->high, gnm_field_names[f->slot],
                    low, high);
}

static int check_field(struct map *map, size_t i, struct gnm_why *why)
{
    struct map_field *f = &map->field[i];
    int rc = check_type(map, f, why);
    if (rc == 0)
        rc = place_field(map, f, why);
    if (rc == 0)
        rc = resolve_scale(map, f, why);
    if (rc == 0)
        rc = resolve_names(map, f, why);
    if (rc == 0)
        rc = check_range(f, why);
    set_marks(map, f);
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
    if (map->name[0] == '\0')
        return gnm_fail(why, -EINVAL, "%s: [map] needs a name", map->file);
    int rc = check_blocks(map, why);
    for (size_t i = 0; rc == 0 && i < map->n_fields; i++)
        rc = check_field(map, i, why);
    return rc < 0 ? rc : check_use(map, why);
}
