/* A small panel with everything that trees meet: heavy tails, missing values, categories, a constant and an empty column. The same on every machine. */
#ifndef TESTS_BOOST_PANEL_H
#define TESTS_BOOST_PANEL_H

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "forecast/boost.h"

enum { PANEL_COLUMNS = 9, PANEL_CATEGORY = 2, PANEL_STRIDE = PANEL_COLUMNS + 1, PANEL_TARGET = PANEL_COLUMNS };

/* rows x PANEL_STRIDE, the target last. Columns: two plain, a category of 12, heavy-tailed, mostly missing, constant, empty, coarse, noise. */
static inline float *panel_make(size_t rows, uint64_t seed)
{
    float *x = malloc(rows * PANEL_STRIDE * sizeof *x);
    struct random r;
    random_seed(&r, seed);
    ck_assert_ptr_nonnull(x);
    for (size_t i = 0; i < rows; i++) {
        float *row = x + i * PANEL_STRIDE;
        row[0] = (float)random_unit(&r);
        row[1] = (float)(random_unit(&r) * 10);
        row[PANEL_CATEGORY] = (float)random_below(&r, 12);
        row[3] = (float)(random_normal(&r) / (0.05 + random_unit(&r)));
        row[4] = random_unit(&r) < .6 ? NAN : (float)random_unit(&r);
        row[5] = 7;
        row[6] = NAN;
        row[7] = (float)random_below(&r, 5);
        row[8] = (float)random_normal(&r);
        int level = (int)row[PANEL_CATEGORY];
        double y = 3 * (double)row[0] + (row[1] > 5 ? 2 : 0) + (level % 3 == 0 ? 1.5 : 0) + (row[3] > 1 ? 1 : 0) + (isnan(row[4]) ? 0.5 : (double)row[4]) + .2 * (double)row[7];
        row[PANEL_TARGET] = (float)(10 + y + .3 * random_normal(&r));
    }
    return x;
}

static inline struct boost_data panel_data(const float *x, size_t rows)
{
    return (struct boost_data){ .x = x, .rows = rows, .columns = PANEL_COLUMNS, .stride = PANEL_STRIDE, .target = x + PANEL_TARGET, .target_stride = PANEL_STRIDE };
}

static inline struct boost_options panel_options(void)
{
    static const int category = PANEL_CATEGORY;
    struct boost_options o = boost_defaults();
    o.trees = 40;
    o.leaves = 15;
    o.categorical = &category;
    o.n_categorical = 1;
    return o;
}

/* Trains to the end in steps of `units`. */
static inline struct boost *panel_train(const struct boost_data *data, const struct boost_options *options, size_t units)
{
    struct boost *b = NULL;
    struct gnm_why why = { 0 };
    ck_assert_msg(boost_begin(data, options, NULL, NULL, &b, &why) == 0, "%s", why.text);
    int r;
    while ((r = boost_step(b, units, &why)) == BOOST_CONTINUE)
        ;
    ck_assert_msg(r == BOOST_FINISHED, "%s", why.text);
    return b;
}

static inline struct boost_model *panel_finish(const struct boost *b)
{
    struct boost_model *m = NULL;
    struct gnm_why why = { 0 };
    ck_assert_msg(boost_finish(b, &m, &why) == 0, "%s", why.text);
    return m;
}

static inline struct boost_model *panel_model(const struct boost_data *data, const struct boost_options *options, size_t units)
{
    struct boost *b = panel_train(data, options, units);
    struct boost_model *m = panel_finish(b);
    boost_free(b);
    return m;
}

struct panel_bytes { unsigned char *data; size_t len; };

static inline struct panel_bytes panel_save(const struct boost_model *m)
{
    struct panel_bytes b;
    void *data = NULL;
    struct gnm_why why = { 0 };
    ck_assert_msg(boost_model_save(m, &data, &b.len, &why) == 0, "%s", why.text);
    b.data = data;
    return b;
}

static inline int panel_same(const struct panel_bytes *a, const struct panel_bytes *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Mean of (target - prediction)^2. */
static inline double panel_error(const struct boost_model *m, const float *x, size_t rows)
{
    double sum = 0;
    for (size_t i = 0; i < rows; i++) {
        double e = (double)x[i * PANEL_STRIDE + PANEL_TARGET] - boost_predict(m, x + i * PANEL_STRIDE);
        sum += e * e;
    }
    return sum / (double)rows;
}

#endif
