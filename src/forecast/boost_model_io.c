#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/boost_file.h"
#include "forecast/boost_model.h"

static const char magic[8] = "gnmtree1";

int boost_model_save(const struct boost_model *m, void **ret, size_t *len, struct gnm_why *why)
{
    struct bytes_out out = { 0 };
    const struct boost_forest *f = m->forest;
    bytes_put(&out, magic, sizeof magic);
    bytes_u(&out, (uint64_t)m->loss, 1);
    bytes_u(&out, f->columns, 2);
    bytes_u(&out, f->trees, 2);
    bytes_f64(&out, m->base);
    bytes_f32(&out, m->leaf_unit);
    bytes_u(&out, m->facts.names_hash, 8);
    bytes_u(&out, (uint64_t)m->facts.first_label, 8);
    bytes_u(&out, (uint64_t)m->facts.last_label, 8);
    bytes_u(&out, m->facts.rows, 8);
    bytes_f64(&out, m->facts.holdout_loss);
    bytes_f64(&out, m->facts.energy_j);
    boost_write_columns(&out, m->cuts);
    for (size_t c = 0; c < f->columns; c++)
        bytes_f64(&out, f->gain[c]);
    boost_write_trees(&out, f, m->cuts, m->leaf_unit);
    return bytes_end(&out, ret, len) < 0 ? gnm_fail(why, -ENOMEM, "no memory to write a model of %zu trees", f->trees) : 0;
}

struct head { size_t columns, trees; };

static int read_head(struct bytes_in *in, struct boost_model *m, struct head *h)
{
    const unsigned char *mark = bytes_take(in, sizeof magic);
    if (mark == NULL || memcmp(mark, magic, sizeof magic) != 0)
        return -EBADMSG;
    uint64_t loss = bytes_get(in, 1);
    h->columns = bytes_get(in, 2);
    h->trees = bytes_get(in, 2);
    m->base = bytes_get_f64(in);
    m->leaf_unit = bytes_get_f32(in);
    m->facts.names_hash = bytes_get(in, 8);
    m->facts.first_label = (int64_t)bytes_get(in, 8);
    m->facts.last_label = (int64_t)bytes_get(in, 8);
    m->facts.rows = bytes_get(in, 8);
    m->facts.holdout_loss = bytes_get_f64(in);
    m->facts.energy_j = bytes_get_f64(in);
    if (in->failed || loss > BOOST_PINBALL || h->columns < 1 || h->columns > BOOST_COLUMNS_MAX || !isfinite(m->base) || !(m->leaf_unit >= 0 && m->leaf_unit < 1e36F))
        return -EBADMSG;
    m->loss = (enum boost_loss)loss;
    return 0;
}

static int read_gains(struct bytes_in *in, struct boost_forest *f)
{
    for (size_t c = 0; c < f->columns; c++) {
        f->gain[c] = bytes_get_f64(in);
        if (!(f->gain[c] >= 0 && isfinite(f->gain[c])))
            return -EBADMSG;
    }
    return in->failed ? -EBADMSG : 0;
}

static int read_body(struct bytes_in *in, struct boost_model *m)
{
    struct head h;
    int r = read_head(in, m, &h);
    if (r == 0)
        r = boost_read_columns(in, h.columns, &m->cuts);
    struct bytes_in gains = *in;               /* they stand before the trees, but live in the forest */
    if (r == 0 && bytes_take(in, h.columns * 8) == NULL)
        r = -EBADMSG;
    if (r == 0)
        r = boost_read_trees(in, m->cuts, h.trees, m->leaf_unit, &m->forest);
    if (r == 0)
        r = read_gains(&gains, m->forest);
    if (r == 0 && bytes_left(in) != 0)
        r = -EBADMSG;
    return r < 0 ? r : boost_model_ready(m);
}

int boost_model_load(const void *data, size_t len, struct boost_model **ret, struct gnm_why *why)
{
    struct bytes_in in;
    if (bytes_begin(&in, data, len) < 0)
        return gnm_fail(why, -EBADMSG, "the trees are damaged: %zu bytes whose checksum is wrong", len);
    struct boost_model *m = calloc(1, sizeof *m);
    int r = m == NULL ? -ENOMEM : read_body(&in, m);
    if (r < 0) {
        boost_model_free(m);
        return gnm_fail(why, r, r == -ENOMEM ? "no memory for the trees" : "the trees are damaged, or of another version");
    }
    *ret = m;
    return 0;
}
