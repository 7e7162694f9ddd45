/* A checkpoint: finished trees over the training's own cuts. The tree being grown is grown again, the score is played again from the trees. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "forecast/boost_file.h"
#include "forecast/boost_state.h"

static const char magic[8] = "gnmckpt1";

int boost_checkpoint(const struct boost *b, void **ret, size_t *len, struct gnm_why *why)
{
    struct bytes_out out = { 0 };
    bytes_put(&out, magic, sizeof magic);
    bytes_u(&out, b->hash, 8);
    bytes_u(&out, (uint64_t)b->taken, 1);
    if (b->taken) {
        const struct boost_forest *f = b->forest;
        bytes_u(&out, b->bins_hash, 8);
        bytes_u(&out, (uint64_t)b->attempts, 4);
        bytes_u(&out, (uint64_t)b->barren, 4);
        bytes_u(&out, (uint64_t)b->best_trees, 4);
        bytes_f64(&out, b->best_loss);
        bytes_u(&out, b->phase == PHASE_OUTSIDE || b->unjudged, 1);
        bytes_u(&out, f->trees, 4);
        boost_write_columns(&out, b->cuts);
        for (size_t c = 0; c < f->columns; c++)
            bytes_f64(&out, f->gain[c]);
        boost_write_trees(&out, f, b->cuts, 0);
    }
    return bytes_end(&out, ret, len) < 0 ? gnm_fail(why, -ENOMEM, "no memory for a checkpoint") : 0;
}

/* What a checkpoint holds, before it becomes the boost's. */
struct held {
    uint64_t bins_hash;
    uint32_t attempts, barren, best_trees, trees;
    double best_loss;
    int unjudged;
    struct boost_cuts *cuts;
    struct boost_forest *forest;
};

static int read_gains(struct bytes_in *in, struct boost_forest *f)
{
    for (size_t c = 0; c < f->columns; c++) {
        f->gain[c] = bytes_get_f64(in);
        if (!(f->gain[c] >= 0 && isfinite(f->gain[c])))
            return -EBADMSG;
    }
    return 0;
}

static int read_numbers(struct bytes_in *in, struct held *h)
{
    h->bins_hash = bytes_get(in, 8);
    h->attempts = (uint32_t)bytes_get(in, 4);
    h->barren = (uint32_t)bytes_get(in, 4);
    h->best_trees = (uint32_t)bytes_get(in, 4);
    h->best_loss = bytes_get_f64(in);
    uint64_t unjudged = bytes_get(in, 1);
    h->unjudged = (int)unjudged;
    h->trees = (uint32_t)bytes_get(in, 4);
    return in->failed || unjudged > 1 || h->attempts > BOOST_TREES_MAX || h->barren > h->attempts || h->trees > 4 * BOOST_TREES_MAX ||
           h->best_trees > h->trees || isnan(h->best_loss) ? -EBADMSG : 0;
}

static int read_held(struct bytes_in *in, const struct boost *b, struct held *h)
{
    int r = read_numbers(in, h);
    if (r == 0)
        r = boost_read_columns(in, b->data.columns, &h->cuts);
    if (r == 0 && memcmp(h->cuts->kind, b->cuts->kind, b->data.columns) != 0)
        r = -EBADMSG;
    struct bytes_in gains = *in;
    if (r == 0 && bytes_take(in, b->data.columns * 8) == NULL)
        r = -EBADMSG;
    if (r == 0)
        r = boost_read_trees(in, h->cuts, h->trees, 0, &h->forest);
    if (r == 0)
        r = read_gains(&gains, h->forest);
    return r == 0 && bytes_left(in) != 0 ? -EBADMSG : r;
}

static void adopt(struct boost *b, struct held *h)
{
    if (b->cuts_given) {                       /* the same ones, or the hash would differ */
        boost_cuts_free(h->cuts);
    } else {
        boost_cuts_free(b->cuts);
        b->cuts = h->cuts;
        b->cuts_given = 1;
    }
    boost_forest_free(b->forest);
    b->forest = h->forest;
    b->attempts = (int)h->attempts;
    b->barren = (int)h->barren;
    b->best_trees = (int)h->best_trees;
    b->best_loss = h->best_loss;
    b->unjudged = h->unjudged;
    b->restored = 1;
    b->restored_bins = h->bins_hash;
}

int boost_restore(struct boost *b, const void *data, size_t len, struct gnm_why *why)
{
    struct bytes_in in;
    struct held h = { 0 };
    if (b->phase != PHASE_CUTS || b->cursor > 0 || b->restored)
        return gnm_fail(why, -EINVAL, "a checkpoint can only be restored before the first step");
    if (bytes_begin(&in, data, len) < 0)
        return gnm_fail(why, -EBADMSG, "the checkpoint is damaged: %zu bytes whose checksum is wrong", len);
    const unsigned char *mark = bytes_take(&in, sizeof magic);
    if (mark == NULL || memcmp(mark, magic, sizeof magic) != 0)
        return gnm_fail(why, -EBADMSG, "this is no checkpoint of a boosting");
    if (bytes_get(&in, 8) != b->hash)
        return gnm_fail(why, -ESTALE, "the checkpoint belongs to other data or options");
    uint64_t taken = bytes_get(&in, 1);
    if (!in.failed && taken == 0 && bytes_left(&in) == 0)
        return 0;                              /* nothing had been learned yet */
    int r = taken == 1 ? read_held(&in, b, &h) : -EBADMSG;
    if (r < 0) {
        boost_cuts_free(h.cuts);
        boost_forest_free(h.forest);
        return gnm_fail(why, r, r == -ENOMEM ? "no memory for the checkpoint" : "the checkpoint is damaged, or of another version");
    }
    adopt(b, &h);
    return 0;
}
