#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "device/map_keys.h"

/* ---- [map] ---- */

static int map_key_name(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return text_copy(r->map->name, sizeof r->map->name, value) < 0 ? map_bad(why, key, value, "at most 63 characters") : 0;
}

static int map_key_kind(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    r->map->sunspec = strcmp(value, "sunspec") == 0;
    return r->map->sunspec || strcmp(value, "registers") == 0 ? 0 : map_bad(why, key, value, "registers or sunspec");
}

static int order_of(const char *key, const char *value, enum map_order *ret, struct gnm_why *why)
{
    int low = strcmp(value, "le") == 0;
    if (!low && strcmp(value, "be") != 0)
        return map_bad(why, key, value, "be (high word first) or le (low word first)");
    *ret = low ? MAP_LOW_FIRST : MAP_HIGH_FIRST;
    return 0;
}

static int map_key_order(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return order_of(key, value, &r->map->order, why);
}

static int map_key_gap(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 0, 1000, &r->map->gap_ms, why);
}

static int map_key_response(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 20, 10000, &r->map->response_ms, why);
}

static int map_key_byte(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 10, 5000, &r->map->byte_ms, why);
}

static int map_key_slow(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 1, 86400, &r->map->slow_s, why);
}

static int map_key_equal(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_flag(key, value, &r->map->equal_counts, why);
}

static int map_key_whole(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_flag(key, value, &r->map->whole_battery, why);
}

static int map_key_serial(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return text_copy(r->map->serial, sizeof r->map->serial, value) < 0 ? map_bad(why, key, value, "baud rate and mode, like 115200 8N1") : 0;
}

static int map_key_units(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_units(key, value, &r->map->probe, why);
}

static const struct map_key map_keys[] = {
    { "name", map_key_name }, { "kind", map_key_kind }, { "order", map_key_order }, { "gap", map_key_gap }, { "serial", map_key_serial },
    { "response_ms", map_key_response }, { "byte_ms", map_key_byte }, { "slow_s", map_key_slow }, { "equal_counts", map_key_equal },
    { "units", map_key_units }, { "whole_battery", map_key_whole },
    { NULL, NULL },
};

/* ---- [block 0xADDR] ---- */

static int block_key_function(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    uint32_t raw;
    if (map_u32(value, &raw) < 0 || raw < 1 || raw > 4)
        return map_bad(why, key, value, "1..4: gnomon reads and never writes");
    r->block->function = (int)raw;
    return 0;
}

static int block_key_count(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 1, MAP_REGISTERS, &r->block->count, why);
}

static int block_key_unit(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    struct map *map = r->map;
    struct map_units units;
    if (map_units(key, value, &units, why) < 0)
        return -EINVAL;
    r->block->list = -1;
    r->block->unit = units.n == 1 ? units.unit[0] : -1;
    if (units.n == 1)
        return 0;
    size_t i = 0;
    while (i < map->n_lists && (map->list[i].n != units.n || memcmp(map->list[i].unit, units.unit, units.n) != 0))
        i++;
    if (i == MAP_LISTS)
        return map_bad(why, key, value, "at most 4 different lists of units in one map");
    map->list[i] = units;
    map->n_lists = i == map->n_lists ? i + 1 : map->n_lists;
    r->block->list = (int)i;
    return 0;
}

static int block_key_index(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 1, 16, &r->block->index, why);
}

static int block_key_slow(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_flag(key, value, &r->block->slow, why);
}

static int block_key_optional(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_flag(key, value, &r->block->optional, why);
}

static int block_key_single(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_flag(key, value, &r->block->single, why);
}

static int block_key_zero(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_flag(key, value, &r->block->zero_missing, why);
}

static const struct map_key block_keys[] = {
    { "function", block_key_function }, { "count", block_key_count }, { "unit", block_key_unit }, { "slow", block_key_slow },
    { "optional", block_key_optional }, { "single", block_key_single }, { "zero_missing", block_key_zero }, { "index", block_key_index },
    { NULL, NULL },
};

/* ---- sections and the line in them ---- */

static int set_key(const struct map_key *keys, struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    const char *names[32];
    size_t n = 0;
    for (; keys[n].name != NULL && n < 32; n++) {
        names[n] = keys[n].name;
        if (strcmp(keys[n].name, key) == 0)
            return keys[n].set(r, key, value, why);
    }
    const char *near = text_nearest(key, names, n);
    return gnm_fail(why, -EINVAL, "[%.40s] knows no key %.40s%s%s", r->section, key, near ? ", did you mean " : "", near ? near : "");
}

static int start_block(struct map_reader *r, const char *at, int is_model, int line, struct gnm_why *why)
{
    if (r->map->n_blocks == MAP_BLOCKS)
        return gnm_fail(why, -EINVAL, "more than %d blocks", MAP_BLOCKS);
    uint32_t address;
    if (map_u32(at, &address) < 0 || address > 0xFFFF)
        return map_bad(why, is_model ? "model" : "block", at, "a number 0..0xFFFF");
    r->block = &r->map->block[r->map->n_blocks++];
    *r->block = (struct map_block){ .line = line, .at = is_model ? 0 : (int)address, .unit = -1, .list = -1, .zero_missing = is_model ? 0 : -1,
                                    .model = is_model ? (int)address : -1, .index = 1, .function = is_model ? 3 : 0, .optional = is_model };
    return 0;
}

/* "faults.load" is one part of the field "faults", "battery_v.shunt" one source of "battery_v". */
static int slot_of(const char *name, int *ret, struct gnm_why *why)
{
    size_t n = strcspn(name, ".");
    for (int i = 0; i < GNM_FIELDS; i++)
        if (strlen(gnm_field_names[i]) == n && strncmp(gnm_field_names[i], name, n) == 0) {
            *ret = i;
            return 0;
        }
    const char *near = text_nearest(name, gnm_field_names, GNM_FIELDS);
    return gnm_fail(why, -EINVAL, "no field is called %.40s%s%s", name, near ? ", did you mean " : "", near ? near : "");
}

static int start_field(struct map_reader *r, const char *name, int slot, int line, struct gnm_why *why)
{
    struct map *map = r->map;
    for (size_t i = 0; i < map->n_fields; i++)
        if (strcmp(map->field[i].name, name) == 0)
            return gnm_fail(why, -EINVAL, "%.40s is already described at line %d", name, map->field[i].line);
    if (map->n_fields == MAP_FIELDS)
        return gnm_fail(why, -EINVAL, "more than %d fields and words", MAP_FIELDS);
    struct map_field *f = r->field = &map->field[map->n_fields];
    *f = (struct map_field){ .slot = slot, .line = line, .at = -1, .bit_high = -1, .mask = UINT32_MAX, .scale = { .number = 1 },
                             .low = -INFINITY, .high = INFINITY, .bulk_below = -INFINITY, .model = -1 };
    if (text_copy(f->name, sizeof f->name, name) < 0 || name[0] == '\0')
        return map_bad(why, "name", name, "1..31 characters");
    map->n_fields++;
    return 0;
}

static int start_section(struct map_reader *r, const char *section, int line, struct gnm_why *why)
{
    int slot = -1, rc = text_copy(r->section, sizeof r->section, section);
    r->block = NULL;
    r->field = NULL;
    if (rc == 0 && strcmp(section, "map") == 0)
        return 0;
    if (rc == 0 && strncmp(section, "block ", 6) == 0)
        return start_block(r, section + 6, 0, line, why);
    if (rc == 0 && strncmp(section, "model ", 6) == 0)
        return start_block(r, section + 6, 1, line, why);
    if (rc == 0 && strncmp(section, "word ", 5) == 0)
        return start_field(r, section + 5, -1, line, why);
    if (rc == 0 && strncmp(section, "field ", 6) == 0)
        return slot_of(section + 6, &slot, why) < 0 ? -EINVAL : start_field(r, section + 6, slot, line, why);
    return gnm_fail(why, -EINVAL, "[%.40s] is not one of [map], [block ADDRESS], [model ID], [field NAME], [word NAME]", section);
}

int map_line(void *ctx, const char *section, const char *key, const char *value, int line, struct gnm_why *why)
{
    struct map_reader *r = ctx;
    if (key == NULL)
        return start_section(r, section, line, why);
    const struct map_key *keys = r->block != NULL ? block_keys : r->field != NULL ? map_field_keys : map_keys;
    return set_key(keys, r, key, value, why);
}
