/* What a device's registers were when last read: one word per register of the map, each with its freshness. Pure.
 * A value may come only from words of this sample; a scale (which never changes while the device stays the same) also from older ones. */
#ifndef DEVICE_IMAGE_H
#define DEVICE_IMAGE_H

#include "device/map_data.h"

enum image_age { IMAGE_NONE, IMAGE_EXPECTED, IMAGE_OLD, IMAGE_FRESH };

struct image { const struct map *map; uint16_t *word; uint8_t *age; };

int image_init(struct image *image, const struct map *map);
void image_free(struct image *image);
/* Everything read so far is of an earlier sample from now on. */
void image_turn(struct image *image);
/* The block is known to be there, though it was not read yet; or it has gone (`there` = 0). */
void image_expect(struct image *image, size_t block, int there);
/* Another device may be on the line: nothing is known. */
void image_forget(struct image *image);
/* `at` and `n` lie within block `block`. */
void image_put(struct image *image, size_t block, int at, const uint16_t *words, size_t n);
size_t image_fresh(const struct image *image);

#endif
