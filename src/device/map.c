#include "device/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/text.h"
#include "device/map_data.h"

static void defaults(struct map *map)
{
    map->order = MAP_HIGH_FIRST;
    map->gap_ms = 50;
    map->response_ms = 1000;
    map->byte_ms = 500;
    map->slow_s = 300;
}

int map_load(const char *name, const char *data, size_t len, struct map **ret, struct gnm_why *why)
{
    struct map *map = calloc(1, sizeof *map);
    if (map == NULL)
        return gnm_fail(why, -ENOMEM, "%s: out of memory", name);
    defaults(map);
    text_clean(map->file, sizeof map->file, name, strlen(name));
    struct map_reader reader = { .map = map };
    int rc = ini_read(name, data, len, map_line, &reader, why);
    if (rc == 0)
        rc = map_check(map, why);
    if (rc < 0) {
        map_free(map);
        return rc;
    }
    *ret = map;
    return 0;
}

void map_free(struct map *map)
{
    free(map);
}

const char *map_name(const struct map *map)
{
    return map->name;
}

const char *map_serial(const struct map *map)
{
    return map->serial;
}

size_t map_probe_units(const struct map *map, uint8_t *ret)
{
    ret[0] = 1;
    memcpy(ret, map->probe.unit, map->probe.n);
    return map->probe.n > 0 ? map->probe.n : 1;
}
