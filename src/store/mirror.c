#include "store/mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MAX = 1024 };

/* Seconds from 1970 to 2106, the two ends for always and never. */
static int pack(int64_t s, uint32_t *ret)
{
    *ret = s == GNM_ALWAYS ? 0 : s == GNM_NEVER ? UINT32_MAX : (uint32_t)s;
    return s == GNM_ALWAYS || s == GNM_NEVER || (s > 0 && s < UINT32_MAX);
}

int64_t mirror_time(uint32_t packed)
{
    return packed == 0 ? GNM_ALWAYS : packed == UINT32_MAX ? GNM_NEVER : (int64_t)packed;
}

/* A chunk for the group's next row when the last one is full. */
static int make_room(struct mirror *mirror, struct mirror_group *group)
{
    if (group->n % MIRROR_CHUNK != 0)
        return 1;
    if (mirror->n_chunks == mirror->max_chunks)
        return 0;
    uint32_t fresh = mirror->n_chunks++;
    if (group->n == 0)
        group->first = fresh;
    else
        mirror->next[group->last] = fresh;
    group->last = fresh;
    return 1;
}

static int put(struct mirror *mirror, struct mirror_group *group, int64_t day, int64_t time_s, double value)
{
    struct mirror_row row = { .value = value, .day = (int32_t)day };
    if (row.day != day || !pack(time_s, &row.time) || !make_room(mirror, group))
        return 0;
    mirror->chunk[group->last].row[group->n++ % MIRROR_CHUNK] = row;
    return 1;
}

void mirror_begin(struct mirror *mirror, uint32_t rows)
{
    mirror_free(mirror);
    mirror->max_chunks = rows / MIRROR_CHUNK;
    mirror->chunk = malloc(mirror->max_chunks * sizeof *mirror->chunk);
    mirror->next = calloc(mirror->max_chunks, sizeof *mirror->next);
    mirror->filling = mirror->chunk != NULL && mirror->next != NULL;
    if (!mirror->filling)
        mirror_free(mirror);
    else
        memset(mirror->chunk, 0xff, mirror->max_chunks * sizeof *mirror->chunk);      /* every page is there from now on */
}

void mirror_group(struct mirror *mirror, int64_t id, const char *first, const char *second)
{
    if (!mirror->filling)
        return;
    struct mirror_group *grown = mirror->n < GROUPS_MAX ? reallocarray(mirror->group, mirror->n + 1, sizeof *grown) : NULL;
    if (grown == NULL) {
        mirror_free(mirror);
        return;
    }
    mirror->group = grown;
    struct mirror_group *group = &grown[mirror->n++];
    *group = (struct mirror_group){ .id = id };
    snprintf(group->text[0], GNM_ID, "%s", first);
    snprintf(group->text[1], GNM_ID, "%s", second);
}

void mirror_row(struct mirror *mirror, int64_t day, int64_t time_s, double value)
{
    if (mirror->filling && !put(mirror, &mirror->group[mirror->n - 1], day, time_s, value))
        mirror_free(mirror);
}

void mirror_end(struct mirror *mirror, int complete)
{
    mirror->whole = mirror->filling && complete && mirror->n > 0;
    mirror->filling = 0;
    if (!mirror->whole)
        mirror_free(mirror);
}

const struct mirror_group *mirror_find(const struct mirror *mirror, int64_t id)
{
    for (size_t i = 0; mirror->whole && i < mirror->n; i++)
        if (mirror->group[i].id == id)
            return &mirror->group[i];
    return NULL;
}

const struct mirror_row *mirror_step(const struct mirror *mirror, uint32_t i, uint32_t *chunk)
{
    if (i > 0 && i % MIRROR_CHUNK == 0)
        *chunk = mirror->next[*chunk];
    return &mirror->chunk[*chunk].row[i % MIRROR_CHUNK];
}

void mirror_append(struct mirror *mirror, int64_t id, int64_t day, int64_t time_s, double value)
{
    if (!mirror->whole)
        return;
    const struct mirror_group *found = mirror_find(mirror, id);
    struct mirror_group *group = found != NULL ? &mirror->group[found - mirror->group] : NULL;
    int later = group != NULL && group->n > 0 && day > mirror->chunk[group->last].row[(group->n - 1) % MIRROR_CHUNK].day;
    if (!later || !put(mirror, group, day, time_s, value))
        mirror_free(mirror);
}

void mirror_free(struct mirror *mirror)
{
    free(mirror->group);
    free(mirror->chunk);
    free(mirror->next);
    *mirror = (struct mirror){ 0 };
}
