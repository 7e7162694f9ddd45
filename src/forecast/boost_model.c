#include "forecast/boost_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void boost_model_free(struct boost_model *model)
{
    if (model == NULL)
        return;
    boost_cuts_free(model->cuts);
    boost_forest_free(model->forest);
    free(model->step);
    free(model->end);
    free(model->root);
    boost_spread_clear(&model->spread);
    free(model);
}

struct boost_facts *boost_facts(struct boost_model *model)
{
    return &model->facts;
}

size_t boost_model_columns(const struct boost_model *model)
{
    return model->forest->columns;
}

int boost_model_trees(const struct boost_model *model)
{
    return (int)model->forest->trees;
}

int boost_model_leaves(const struct boost_model *model)
{
    return (int)model->forest->leaves;
}

/* Without branches: flags are not to be foretold. */
static inline uint32_t step_of(const struct boost_node *n, unsigned ahead)
{
    unsigned word = n->column * 2U + (unsigned)(n->flags / NODE_MISSING_RIGHT & 1) + (unsigned)(n->flags & NODE_CATEGORICAL) * STEP_CATEGORICAL;
    return (uint32_t)n->bin << SPREAD_BIN | ahead << 16 | word;
}

/* Nodes are level by level already, so the places of children are counted up in the order of their parents. Every child is written as a leaf first, which
 * takes no branch that nobody could foretell. No place is further ahead than there are leaves: what is still to come splits into that many at least. */
static void make_steps(const struct boost_forest *f, const struct boost_tree *t, union boost_step *step, union boost_end *end, unsigned char *used)
{
    const struct boost_node *node = f->node + t->node;
    const float *leaf = f->leaf + t->leaf;
    uint16_t place[BOOST_LEAVES_MAX + 2];      /* of each node */
    unsigned places = 1, nodes = 1, count = t->leaves - 1U;
    place[0] = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct boost_node *n = &node[i];
        unsigned at = place[i];
        used[n->column] = 1;
        step[at].test = step_of(n, places - at);
        end[at].set = boost_node_set(n);
        for (int k = 0; k < 2; k++) {
            step[places].test = UINT32_C(255) << SPREAD_BIN;
            end[places].leaf = *leaf;
            place[nodes] = (uint16_t)places++;
            unsigned is_leaf = (uint16_t)(k == 0 ? n->left : n->right) >> 15;
            leaf += is_leaf;
            nodes += 1 - is_leaf;
        }
    }
}

int boost_model_ready(struct boost_model *model)
{
    const struct boost_forest *f = model->forest;
    unsigned char used[BOOST_COLUMNS_MAX] = { 0 };
    size_t places = f->nodes + f->leaves + 1;
    free(model->step);
    free(model->end);
    free(model->root);
    model->step = malloc(places * sizeof *model->step);
    model->end = malloc(places * sizeof *model->end);
    model->root = calloc(f->trees + ROOTS_MORE, sizeof *model->root);
    if (model->step == NULL || model->end == NULL || model->root == NULL)
        return -ENOMEM;
    model->has_categories = f->sets > 0;
    for (size_t t = 0; t < f->trees; t++) {
        size_t first = boost_step_first(&f->tree[t]);
        make_steps(f, &f->tree[t], model->step + first, model->end + first, used);
        model->root[t] = (uint32_t)first;
    }
    return boost_spread_make(model->cuts, used, &model->spread);
}

void boost_forest_by_level(struct boost_forest *f, size_t tree)
{
    const struct boost_tree *t = &f->tree[tree];
    struct boost_node node[BOOST_LEAVES_MAX], *old = f->node + t->node;
    float leaf[BOOST_LEAVES_MAX + 1];
    uint16_t from[256];                        /* number of the old node; filled in order of the new ones */
    int nodes = 1, leaves = 0;
    from[0] = 0;
    for (int i = 0; i < nodes; i++) {
        node[i] = old[from[i]];
        int16_t *child[2] = { &node[i].left, &node[i].right };
        for (int k = 0; k < 2; k++) {
            if (*child[k] >= 0) {
                from[nodes] = (uint16_t)*child[k];
                *child[k] = (int16_t)nodes++;
            } else {
                leaf[leaves] = f->leaf[t->leaf + (size_t)(-1 - *child[k])];
                *child[k] = (int16_t)(-1 - leaves++);
            }
        }
    }
    memcpy(old, node, (size_t)nodes * sizeof *node);
    memcpy(f->leaf + t->leaf, leaf, (size_t)leaves * sizeof *leaf);
}

int boost_forest_order_sets(struct boost_forest *f)
{
    struct boost_set *set = malloc((f->sets + 1) * sizeof *set);
    if (set == NULL)
        return -ENOMEM;
    size_t n = 0;
    for (size_t i = 0; i < f->nodes; i++) {
        struct boost_node *node = &f->node[i];
        if (!(node->flags & NODE_CATEGORICAL))
            continue;
        set[n] = f->set[boost_node_set(node)];
        node->set_low = (uint16_t)n;
        node->set_high = (uint8_t)(n >> 16);
        n++;
    }
    free(f->set);
    f->set = set;
    f->cap_sets = f->sets + 1;
    return 0;
}

static uint8_t rebin(const struct boost_cuts *from, const struct boost_cuts *to, size_t column, uint8_t bin)
{
    size_t n = from->first[column + 1] - from->first[column], m = to->first[column + 1] - to->first[column];
    if (bin == 0 || bin > n)
        return (uint8_t)(bin == 0 ? 0 : m + 1);    /* missing against the rest needs no cut */
    float cut = from->cut[from->first[column] + bin - 1];
    return (uint8_t)(1 + boost_below(to->cut + to->first[column], (unsigned)m, cut));
}

/* Levels that came later go where missing ones go. */
static void widen_set(struct boost_set *set, unsigned from, unsigned to)
{
    for (unsigned k = from; k < to && k < BOOST_LEVELS; k++)
        if (set->bits[0] & 1)
            set->bits[k / 32] |= UINT32_C(1) << k % 32;
}

void boost_forest_rebin(struct boost_forest *forest, const struct boost_cuts *from, const struct boost_cuts *to)
{
    for (size_t i = 0; i < forest->nodes; i++) {
        struct boost_node *n = &forest->node[i];
        if (n->flags & NODE_CATEGORICAL)
            widen_set(&forest->set[boost_node_set(n)], from->bins[n->column], to->bins[n->column]);
        else
            n->bin = rebin(from, to, n->column, n->bin);
    }
}
