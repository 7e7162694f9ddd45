#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/boost_file.h"

static const char magic[8] = "gnmcuts2";

/* An idle column has two: missing and not. */
static size_t shares(const struct boost_cuts *c, size_t column)
{
    return c->bins[column] < 2 ? 2 : c->bins[column];
}

int boost_cuts_save(const struct boost_cuts *c, void **ret, size_t *len, struct gnm_why *why)
{
    struct bytes_out out = { 0 };
    bytes_put(&out, magic, sizeof magic);
    bytes_u(&out, c->columns, 2);
    bytes_u(&out, c->rows, 4);
    boost_write_columns(&out, c);
    bytes_u(&out, c->share != NULL, 1);
    for (size_t i = 0; c->share != NULL && i < c->columns; i++)
        for (size_t k = 0; k < shares(c, i); k++)
            bytes_f32(&out, c->share[i * BOOST_LEVELS + k]);
    return bytes_end(&out, ret, len) < 0 ? gnm_fail(why, -ENOMEM, "no memory to write cuts") : 0;
}

static int read_shares(struct bytes_in *in, struct boost_cuts *c)
{
    uint64_t there = bytes_get(in, 1);
    if (in->failed || there > 1)
        return -EBADMSG;
    if (!there)
        return 0;
    c->share = calloc(c->columns * BOOST_LEVELS, sizeof *c->share);
    if (c->share == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < c->columns; i++) {
        for (size_t k = 0; k < shares(c, i); k++) {
            float share = bytes_get_f32(in);
            if (!(share >= 0 && share <= 1))
                return -EBADMSG;
            c->share[i * BOOST_LEVELS + k] = share;
        }
    }
    return in->failed ? -EBADMSG : 0;
}

static int read_all(struct bytes_in *in, struct boost_cuts **ret)
{
    const unsigned char *mark = bytes_take(in, sizeof magic);
    uint64_t columns = bytes_get(in, 2), rows = bytes_get(in, 4);
    if (mark == NULL || memcmp(mark, magic, sizeof magic) != 0 || columns < 1 || columns > BOOST_COLUMNS_MAX || rows > BOOST_ROWS_MAX)
        return -EBADMSG;
    int r = boost_read_columns(in, columns, ret);
    if (r == 0)
        (*ret)->rows = rows;
    if (r == 0)
        r = read_shares(in, *ret);
    return r == 0 && bytes_left(in) != 0 ? -EBADMSG : r;
}

int boost_cuts_load(const void *data, size_t len, struct boost_cuts **ret, struct gnm_why *why)
{
    struct bytes_in in;
    struct boost_cuts *c = NULL;
    int r = bytes_begin(&in, data, len);
    if (r == 0)
        r = read_all(&in, &c);
    if (r < 0) {
        boost_cuts_free(c);
        return gnm_fail(why, r, r == -ENOMEM ? "no memory for the cuts" : "the cuts are damaged, or of another version");
    }
    *ret = c;
    return 0;
}
