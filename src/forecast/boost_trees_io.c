#include <errno.h>
#include <math.h>
#include <string.h>

#include "forecast/boost_file.h"

/* A tree: number of leaves; nodes level by level (column in 1 or 2 bytes, bin, flags, share; categorical: the set in whole bytes); leaves level by
 * level. The next child that is a node is the next node, so nodes need no numbers and circles cannot be written. */
enum { FILE_CATEGORICAL = 1, FILE_MISSING_RIGHT = 2, FILE_LEFT_LEAF = 4, FILE_RIGHT_LEAF = 8, FILE_FLAGS = 15 };

static int column_bytes(size_t columns)
{
    return columns <= 256 ? 1 : 2;
}

static size_t set_bytes(const struct boost_cuts *cuts, size_t column)
{
    return ((size_t)cuts->bins[column] + 7) / 8;
}

static void write_node(struct bytes_out *out, const struct boost_forest *f, const struct boost_cuts *cuts, const struct boost_node *n)
{
    unsigned flags = (n->flags & NODE_CATEGORICAL ? FILE_CATEGORICAL : 0) | (n->flags & NODE_MISSING_RIGHT ? FILE_MISSING_RIGHT : 0) |
                     (n->left < 0 ? FILE_LEFT_LEAF : 0) | (n->right < 0 ? FILE_RIGHT_LEAF : 0);
    bytes_u(out, n->column, column_bytes(f->columns));
    bytes_u(out, n->bin, 1);
    bytes_u(out, flags, 1);
    bytes_u(out, n->share, 1);
    if (!(n->flags & NODE_CATEGORICAL))
        return;
    for (size_t k = 0; k < set_bytes(cuts, n->column); k++) {
        unsigned bits = f->set[boost_node_set(n)].bits[k / 4] >> k % 4 * 8 & 255, over = (unsigned)((k + 1) * 8);
        if (over > cuts->bins[n->column])
            bits &= 255U >> (over - cuts->bins[n->column]);
        bytes_u(out, bits, 1);
    }
}

void boost_write_trees(struct bytes_out *out, const struct boost_forest *f, const struct boost_cuts *cuts, float unit)
{
    for (size_t t = 0; t < f->trees; t++) {
        const struct boost_tree *tree = &f->tree[t];
        bytes_u(out, tree->leaves, 1);
        for (int i = 0; i + 1 < tree->leaves; i++)
            write_node(out, f, cuts, &f->node[tree->node + (size_t)i]);
        for (int i = 0; i < tree->leaves; i++) {
            float value = f->leaf[tree->leaf + (size_t)i];
            if (unit > 0)
                bytes_u(out, (uint64_t)(int64_t)floor((double)value / (double)unit + .5), 2);
            else
                bytes_f32(out, value);
        }
    }
}

/* ---- reading ---- */

static int read_set(struct bytes_in *in, const struct boost_cuts *cuts, struct boost_forest *f, struct boost_node *n)
{
    struct boost_set *set = &f->set[f->sets];
    size_t len = set_bytes(cuts, n->column);
    const unsigned char *byte = bytes_take(in, len);
    if (byte == NULL || n->bin != 0 || f->sets >= (size_t)1 << 24)
        return -EBADMSG;
    memset(set, 0, sizeof *set);
    for (size_t k = 0; k < len; k++)
        set->bits[k / 4] |= (uint32_t)byte[k] << k % 4 * 8;
    for (unsigned k = cuts->bins[n->column]; k < len * 8; k++)
        if (boost_set_has(set, k))
            return -EBADMSG;
    n->set_low = (uint16_t)f->sets;
    n->set_high = (uint8_t)(f->sets >> 16);
    f->sets++;
    return 0;
}

static inline int read_node(struct bytes_in *in, const struct boost_cuts *cuts, struct boost_forest *f, struct boost_node *n, unsigned *flags)
{
    size_t wide = (size_t)column_bytes(f->columns) - 1;
    const unsigned char *p = bytes_take(in, 4 + wide);
    if (p == NULL)
        return -EBADMSG;
    size_t column = p[0] | (wide ? (size_t)p[1] << 8 : 0);
    n->bin = p[wide + 1];
    *flags = p[wide + 2];
    n->share = p[wide + 3];
    if (column >= f->columns || *flags > FILE_FLAGS || n->bin >= cuts->bins[column])
        return -EBADMSG;
    n->column = (uint16_t)column;
    int categorical = (*flags & FILE_CATEGORICAL) != 0;
    if (categorical != (cuts->kind[column] == CUTS_CATEGORICAL) || (categorical && *flags & FILE_MISSING_RIGHT))
        return -EBADMSG;
    n->flags = (uint8_t)((categorical ? NODE_CATEGORICAL : 0) | (*flags & FILE_MISSING_RIGHT ? NODE_MISSING_RIGHT : 0));
    return categorical ? read_set(in, cuts, f, n) : 0;
}

/* Children are handed out in order: the next node, or -1 - the next leaf. Which of both is not to be foretold, so no branch asks. */
static int read_nodes(struct bytes_in *in, const struct boost_cuts *cuts, struct boost_forest *f, int count)
{
    int nodes = 1, leaves = 0;
    for (int i = 0; i < count; i++) {
        struct boost_node *n = &f->node[f->nodes + (size_t)i];
        unsigned flags;
        n->set_low = n->set_high = 0;
        if (i >= nodes || read_node(in, cuts, f, n, &flags) < 0)
            return -EBADMSG;
        int left = (flags & FILE_LEFT_LEAF) != 0, right = (flags & FILE_RIGHT_LEAF) != 0;
        n->left = (int16_t)((nodes & (left - 1)) | (~leaves & -left));
        nodes += !left;
        leaves += left;
        n->right = (int16_t)((nodes & (right - 1)) | (~leaves & -right));
        nodes += !right;
        leaves += right;
    }
    return nodes == count && leaves == count + 1 ? 0 : -EBADMSG;
}

static int read_leaves(struct bytes_in *in, float *leaf, int count, float unit)
{
    const unsigned char *p = unit > 0 ? bytes_take(in, (size_t)count * 2) : NULL;
    int missing = 0;
    if (unit > 0 && p == NULL)
        return -EBADMSG;
    for (int i = 0; i < count; i++) {
        leaf[i] = unit > 0 ? (float)((double)(int16_t)(p[2 * i] | p[2 * i + 1] << 8) * (double)unit) : bytes_get_f32(in);
        missing |= boost_is_missing(leaf[i]);
    }
    return in->failed || missing ? -EBADMSG : 0;
}

static int read_tree(struct bytes_in *in, const struct boost_cuts *cuts, struct boost_forest *f, float unit)
{
    int leaves = (int)bytes_get(in, 1);
    if (leaves < 2)
        return -EBADMSG;
    if (boost_forest_room(f, (size_t)leaves) < 0)
        return -ENOMEM;
    if (read_nodes(in, cuts, f, leaves - 1) < 0 || read_leaves(in, f->leaf + f->leaves, leaves, unit) < 0)
        return -EBADMSG;
    f->tree[f->trees++] = (struct boost_tree){ (uint32_t)f->nodes, (uint32_t)f->leaves, (uint16_t)leaves };
    f->nodes += (size_t)leaves - 1;
    f->leaves += (size_t)leaves;
    return 0;
}

int boost_read_trees(struct bytes_in *in, const struct boost_cuts *cuts, size_t trees, float unit, struct boost_forest **ret)
{
    struct boost_forest *f;
    if (boost_forest_new(cuts->columns, &f) < 0)
        return -ENOMEM;
    /* A node and its leaf take at least six bytes: room for all at once, and never more than a few times the file. */
    int r = boost_forest_room(f, unit > 0 ? bytes_left(in) / 6 + 1 : 1) < 0 ? -ENOMEM : 0;
    for (size_t t = 0; t < trees && r == 0; t++)
        r = read_tree(in, cuts, f, unit);
    if (r < 0) {
        boost_forest_free(f);
        return r;
    }
    *ret = f;
    return 0;
}
