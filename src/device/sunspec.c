#include "device/sunspec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MARK_0 = 0x5375, MARK_1 = 0x6E53, END = 0xFFFF };

static const int bases[] = { 40000, 50000, 0 };
enum { BASES = sizeof bases / sizeof *bases };

void sunspec_start(struct sunspec *s)
{
    *s = (struct sunspec){ .base = s->base % BASES };
    s->at = bases[s->base];
    for (size_t i = 0; i < MAP_BLOCKS; i++)
        s->found[i].at = -1;
}

uint16_t sunspec_at(const struct sunspec *s)
{
    return (uint16_t)s->at;
}

uint16_t sunspec_count(const struct sunspec *s)
{
    return s->walking && s->walked % 2 == 0 ? 3 : 2;
}

void sunspec_silent(struct sunspec *s)
{
    s->base = (s->base + 1) % BASES;
    sunspec_start(s);
}

static int finish(struct sunspec *s, const struct map *map, struct gnm_why *why)
{
    for (size_t i = 0; i < map->n_blocks; i++)
        s->done |= s->found[i].at >= 0 && map->block[i].model != 1;
    return s->done ? 1 : gnm_fail(why, -ENODEV, "the SunSpec device has none of the models of this map; it has%s", s->seen[0] != '\0' ? s->seen : " none");
}

static void note(struct sunspec *s, const struct map *map, int model, int length)
{
    size_t n = strlen(s->seen);
    snprintf(s->seen + n, sizeof s->seen - n, " %d", model);
    for (size_t i = 0; i < map->n_blocks; i++)
        if (map->block[i].model == model && ++s->found[i].passed == map->block[i].index) {
            s->found[i].at = s->at;
            s->found[i].length = length;
        }
}

int sunspec_take(struct sunspec *s, const struct map *map, const uint16_t *word, struct gnm_why *why)
{
    if (!s->walking && (word[0] != MARK_0 || word[1] != MARK_1))
        return sunspec_refused(s, map, why);
    if (!s->walking) {
        s->walking = 1;
        s->walked = 0;
        s->at += 2;
        return 0;
    }
    if (word[0] == END || s->walked++ == SUNSPEC_MODELS)
        return finish(s, map, why);
    note(s, map, word[0], word[1]);
    s->at += 2 + word[1];
    return s->at + 3 > 0x10000 ? finish(s, map, why) : 0;
}

int sunspec_refused(struct sunspec *s, const struct map *map, struct gnm_why *why)
{
    if (s->walking)                     /* a chain without end mark: what was found is good */
        return finish(s, map, why);
    s->base = (s->base + 1) % BASES;
    s->at = bases[s->base];
    s->walked++;
    return s->walked < BASES ? 0 : gnm_fail(why, -ENODEV, "no SunSpec marker at 40000, 50000 or 0");
}
