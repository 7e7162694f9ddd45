/* Founds the businesses of a town: everything about them that never changes, their changes included. Pure. */
#ifndef WORLD_TOWN_FOUND_H
#define WORLD_TOWN_FOUND_H

#include "world/town.h"

void town_found(const struct town_config *config, size_t i, struct town_business *ret);

#endif
