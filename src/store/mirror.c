#include "store/mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 1 << 20, SPARE_ROWS = 32 };

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

static int make_room(struct mirror *mirror, struct mirror_group *group)
{
    if (group->n < group->cap)
        return 1;
    uint32_t cap = group->cap + (group->cap / 2 > SPARE_ROWS && !mirror->whole ? group->cap / 2 : SPARE_ROWS);
    size_t more = (cap - group->cap) * sizeof *group->row;
    struct mirror_row *grown = mirror->bytes + more <= BYTES_MAX ? reallocarray(group->row, cap, sizeof *grown) : NULL;
    if (grown == NULL)
        return 0;
    group->row = grown;
    group->cap = cap;
    mirror->bytes += more;
    return 1;
}

static int put(struct mirror *mirror, struct mirror_group *group, int64_t day, int64_t available_s, int64_t fetched_s, double value)
{
    struct mirror_row row = { .value = value, .day = (int32_t)day };
    if (row.day != day || !pack(available_s, &row.available) || !pack(fetched_s, &row.fetched) || !make_room(mirror, group))
        return 0;
    group->row[group->n++] = row;
    return 1;
}

/* What the last growth left over goes back. */
static void trim(struct mirror *mirror, struct mirror_group *group)
{
    uint32_t cap = group->n + SPARE_ROWS;
    struct mirror_row *row = cap < group->cap ? reallocarray(group->row, cap, sizeof *row) : NULL;
    if (row == NULL)
        return;
    mirror->bytes -= (group->cap - cap) * sizeof *row;
    group->row = row;
    group->cap = cap;
}

void mirror_begin(struct mirror *mirror)
{
    mirror_free(mirror);
    mirror->bytes = sizeof *mirror;              /* not 0: a reading goes on */
}

void mirror_group(struct mirror *mirror, int64_t id, const char *first, const char *second)
{
    if (mirror->bytes == 0)
        return;
    size_t bytes = mirror->bytes + sizeof *mirror->group;
    struct mirror_group *grown = bytes <= BYTES_MAX ? reallocarray(mirror->group, mirror->n + 1, sizeof *grown) : NULL;
    if (grown == NULL) {
        mirror_free(mirror);
        return;
    }
    mirror->group = grown;
    mirror->bytes = bytes;
    if (mirror->n > 0)
        trim(mirror, &grown[mirror->n - 1]);
    struct mirror_group *group = &grown[mirror->n++];
    *group = (struct mirror_group){ .id = id };
    snprintf(group->text[0], GNM_ID, "%s", first);
    snprintf(group->text[1], GNM_ID, "%s", second);
}

void mirror_row(struct mirror *mirror, int64_t day, int64_t available_s, int64_t fetched_s, double value)
{
    if (mirror->n > 0 && !put(mirror, &mirror->group[mirror->n - 1], day, available_s, fetched_s, value))
        mirror_free(mirror);
}

void mirror_end(struct mirror *mirror, int complete)
{
    if (!complete)
        mirror_free(mirror);
    mirror->whole = mirror->n > 0;
    if (mirror->whole)
        trim(mirror, &mirror->group[mirror->n - 1]);
}

void mirror_append(struct mirror *mirror, int64_t id, int64_t day, int64_t available_s, int64_t fetched_s, double value)
{
    size_t i = 0;
    while (i < mirror->n && mirror->group[i].id != id)
        i++;
    if (!mirror->whole)
        return;
    struct mirror_group *group = i < mirror->n ? &mirror->group[i] : NULL;
    int later = group != NULL && group->n > 0 && day > group->row[group->n - 1].day;
    if (!later || !put(mirror, group, day, available_s, fetched_s, value))
        mirror_free(mirror);
}

void mirror_free(struct mirror *mirror)
{
    for (size_t i = 0; i < mirror->n; i++)
        free(mirror->group[i].row);
    free(mirror->group);
    *mirror = (struct mirror){ 0 };
}
