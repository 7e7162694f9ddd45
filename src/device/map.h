/* Register maps as data: what a controller's registers mean, from a file of config/controllers. Pure.
 * [map] name order gap; [block 0xADDR] function count slow optional; [field NAME] at type scale missing range bits enum zero_missing. */
#ifndef DEVICE_MAP_H
#define DEVICE_MAP_H

#include <stddef.h>

#include "gnomon/why.h"

struct map;

/* `name` is used in errors ("config/controllers/epever.conf"). */
int map_load(const char *name, const char *data, size_t len, struct map **ret, struct gnm_why *why);
void map_free(struct map *map);
const char *map_name(const struct map *map);

#endif
