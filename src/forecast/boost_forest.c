#include "forecast/boost_forest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void boost_forest_free(struct boost_forest *forest)
{
    if (forest == NULL)
        return;
    free(forest->tree);
    free(forest->node);
    free(forest->leaf);
    free(forest->set);
    free(forest->gain);
    free(forest);
}

int boost_forest_new(size_t columns, struct boost_forest **ret)
{
    struct boost_forest *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -ENOMEM;
    f->columns = columns;
    f->gain = calloc(columns + 1, sizeof *f->gain);
    if (f->gain == NULL) {
        free(f);
        return -ENOMEM;
    }
    *ret = f;
    return 0;
}

/* Doubles, so that adding costs the same however many there are. */
static int room(void **array, size_t size, size_t *cap, size_t want)
{
    if (want <= *cap)
        return 0;
    size_t more = *cap * 2 > want ? *cap * 2 : want;
    void *p = reallocarray(*array, more, size);
    if (p == NULL)
        return -ENOMEM;
    *array = p;
    *cap = more;
    return 0;
}

int boost_forest_room(struct boost_forest *f, size_t leaves)
{
    if (room((void **)&f->tree, sizeof *f->tree, &f->cap_trees, f->trees + 1) < 0 || room((void **)&f->node, sizeof *f->node, &f->cap_nodes, f->nodes + leaves) < 0 ||
        room((void **)&f->leaf, sizeof *f->leaf, &f->cap_leaves, f->leaves + leaves) < 0 || room((void **)&f->set, sizeof *f->set, &f->cap_sets, f->sets + leaves) < 0)
        return -ENOMEM;
    return 0;
}

void boost_forest_cut(struct boost_forest *f, size_t trees)
{
    if (trees >= f->trees)
        return;
    f->trees = trees;
    f->nodes = f->tree[trees].node;
    f->leaves = f->tree[trees].leaf;
    f->sets = 0;
    for (size_t i = 0; i < f->nodes; i++)
        f->sets += (f->node[i].flags & NODE_CATEGORICAL) != 0;
}

int boost_forest_copy(const struct boost_forest *from, size_t trees, struct boost_forest **ret)
{
    struct boost_forest *f;
    if (boost_forest_new(from->columns, &f) < 0)
        return -ENOMEM;
    f->trees = from->trees;
    f->nodes = from->nodes;
    f->leaves = from->leaves;
    f->sets = from->sets;
    if (boost_forest_room(f, 1) < 0) {
        boost_forest_free(f);
        return -ENOMEM;
    }
    if (f->trees > 0) {
        memcpy(f->tree, from->tree, f->trees * sizeof *f->tree);
        memcpy(f->node, from->node, f->nodes * sizeof *f->node);
        memcpy(f->leaf, from->leaf, f->leaves * sizeof *f->leaf);
        if (f->sets > 0)
            memcpy(f->set, from->set, f->sets * sizeof *f->set);
    }
    if (f->columns > 0)
        memcpy(f->gain, from->gain, f->columns * sizeof *f->gain);
    boost_forest_cut(f, trees);
    *ret = f;
    return 0;
}
