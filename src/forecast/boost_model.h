/* A finished model, inside the boosting: only the cuts its nodes use, trees with nodes level by level, leaves as they are in the file. */
#ifndef FORECAST_BOOST_MODEL_H
#define FORECAST_BOOST_MODEL_H

#include "forecast/boost_cuts.h"
#include "forecast/boost_forest.h"

/* A node as prediction reads it. A row is spread to two bytes a column: missing is 0 in the first and 255 in the second. */
struct boost_step {
    uint16_t at;                  /* byte of the spread row; for categories the column's first */
    uint8_t bin, categorical;
    int16_t child[2];             /* left, right */
};

struct boost_model {
    enum boost_loss loss;
    double base;
    float leaf_unit;              /* leaves are whole multiples of it; 0: they are floats */
    struct boost_facts facts;
    struct boost_cuts *cuts;
    struct boost_forest *forest;
    struct boost_step *step;      /* one per node */
    int has_categories;           /* some node asks one */
};

/* Makes the steps from the forest. -ENOMEM. */
int boost_model_ready(struct boost_model *model);
/* Nodes of every tree level by level, children in order; so a tree has one form only. -ENOMEM. */
int boost_forest_by_level(struct boost_forest *forest);
/* Bins of the forest from one set of cuts to another that has all the cuts the forest uses. */
void boost_forest_rebin(struct boost_forest *forest, const struct boost_cuts *from, const struct boost_cuts *to);

#endif
