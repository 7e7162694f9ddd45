#include "device/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int image_init(struct image *image, const struct map *map)
{
    *image = (struct image){ .map = map, .word = calloc(map->n_registers, sizeof *image->word), .age = calloc(map->n_registers, 1) };
    if (image->word != NULL && image->age != NULL)
        return 0;
    image_free(image);
    return -ENOMEM;
}

void image_free(struct image *image)
{
    free(image->word);
    free(image->age);
    *image = (struct image){ 0 };
}

void image_turn(struct image *image)
{
    for (size_t i = 0; i < image->map->n_registers; i++)
        if (image->age[i] == IMAGE_FRESH)
            image->age[i] = IMAGE_OLD;
}

void image_forget(struct image *image)
{
    memset(image->age, IMAGE_NONE, image->map->n_registers);
}

void image_expect(struct image *image, size_t block, int there)
{
    const struct map_block *b = &image->map->block[block];
    for (size_t i = b->offset; i < b->offset + (size_t)b->count; i++)
        image->age[i] = !there ? IMAGE_NONE : image->age[i] == IMAGE_NONE ? IMAGE_EXPECTED : image->age[i];
}

void image_put(struct image *image, size_t block, int at, const uint16_t *words, size_t n)
{
    const struct map_block *b = &image->map->block[block];
    size_t first = b->offset + (size_t)(at - b->at);
    memcpy(image->word + first, words, n * sizeof *words);
    memset(image->age + first, IMAGE_FRESH, n);
}

size_t image_fresh(const struct image *image)
{
    size_t n = 0;
    for (size_t i = 0; i < image->map->n_registers; i++)
        n += image->age[i] == IMAGE_FRESH;
    return n;
}
