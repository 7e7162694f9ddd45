#include <errno.h>
#include <string.h>

#include "forecast/boost_file.h"

enum { FILE_IDLE = 2 };                        /* numeric, all values the same: kept out of training */

/* kind; numeric: number of cuts and the cuts; categorical: number of bins less one and the level of each. */

static void write_levels(struct bytes_out *out, const unsigned char *map, int bins)
{
    unsigned char level[BOOST_LEVELS] = { 0 };
    for (int l = 0; l < BOOST_LEVELS; l++)
        if (map[l] > 0)
            level[map[l] - 1] = (unsigned char)l;
    bytes_u(out, (uint64_t)(bins - 1), 1);
    bytes_put(out, level, (size_t)bins - 1);
}

void boost_write_columns(struct bytes_out *out, const struct boost_cuts *c)
{
    const unsigned char *map = c->level;
    for (size_t i = 0; i < c->columns; i++) {
        bytes_u(out, c->kind[i] == CUTS_NUMERIC && c->bins[i] == 1 ? FILE_IDLE : c->kind[i], 1);
        if (c->kind[i] == CUTS_CATEGORICAL) {
            write_levels(out, map, c->bins[i]);
            map += BOOST_LEVELS;
            continue;
        }
        bytes_u(out, c->first[i + 1] - c->first[i], 1);
        for (uint32_t k = c->first[i]; k < c->first[i + 1]; k++)
            bytes_f32(out, c->cut[k]);
    }
}

/* First pass: how much room the columns need. */
static int measure(struct bytes_in in, size_t columns, size_t *cuts, size_t *categorical)
{
    *cuts = *categorical = 0;
    for (size_t i = 0; i < columns; i++) {
        uint64_t kind = bytes_get(&in, 1), n = bytes_get(&in, 1);
        if (kind > FILE_IDLE || n > BOOST_BINS_MAX || (kind == CUTS_NUMERIC && n > BOOST_BINS_MAX - 1) || (kind == FILE_IDLE && n > 0))
            return -EBADMSG;
        *cuts += kind == CUTS_NUMERIC ? n : 0;
        *categorical += kind == CUTS_CATEGORICAL;
        bytes_take(&in, kind == CUTS_NUMERIC ? n * 4 : n);
    }
    return in.failed ? -EBADMSG : 0;
}

static int read_levels(struct bytes_in *in, unsigned char *map, size_t n)
{
    const unsigned char *level = bytes_take(in, n);
    for (size_t k = 0; k < n; k++) {
        if (map[level[k]] != 0)
            return -EBADMSG;                   /* a level twice */
        map[level[k]] = (unsigned char)(k + 1);
    }
    return 0;
}

static int read_cuts(struct bytes_in *in, float *cut, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        cut[k] = bytes_get_f32(in);
        if (boost_is_missing(cut[k]) || (k > 0 && !(cut[k] > cut[k - 1])))
            return -EBADMSG;
    }
    return 0;
}

static int fill(struct bytes_in *in, struct boost_cuts *c)
{
    unsigned char *map = c->level;
    uint32_t at = 0;
    for (size_t i = 0; i < c->columns; i++) {
        uint64_t kind = bytes_get(in, 1);
        size_t n = bytes_get(in, 1);
        int categorical = kind == CUTS_CATEGORICAL;
        c->kind[i] = categorical ? CUTS_CATEGORICAL : CUTS_NUMERIC;
        c->first[i] = at;
        c->bins[i] = (uint16_t)(categorical || kind == FILE_IDLE ? n + 1 : n + 2);
        if (categorical ? read_levels(in, map, n) : read_cuts(in, c->cut + at, n))
            return -EBADMSG;
        at += categorical ? 0 : (uint32_t)n;
        map += categorical ? BOOST_LEVELS : 0;
    }
    c->first[c->columns] = at;
    return 0;
}

int boost_read_columns(struct bytes_in *in, size_t columns, struct boost_cuts **ret)
{
    size_t cuts, categorical;
    struct boost_cuts *c;
    int r = measure(*in, columns, &cuts, &categorical);
    if (r == 0)
        r = boost_cuts_new(columns, cuts, categorical, &c);
    if (r < 0)
        return r;
    r = fill(in, c);
    if (r < 0) {
        boost_cuts_free(c);
        return r;
    }
    *ret = c;
    return 0;
}
