/* Checkpoints of a boosting: a training that accepts one goes on to an end; one that does not is as before. The checksum is repaired, and so is the
 * binding to the data, or nothing behind them would ever be tested. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"
#include "forecast/boost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 120, COLUMNS = 4, HEAD = 16 };

static struct boost *fresh(const float *x)
{
    static const int category = 3;
    struct boost_options o = boost_defaults();
    struct boost_data d = { .x = x, .rows = ROWS, .columns = COLUMNS, .stride = COLUMNS + 1, .target = x + COLUMNS, .target_stride = COLUMNS + 1 };
    struct gnm_why why = { 0 };
    struct boost *b = NULL;
    o.trees = 6;
    o.leaves = 5;
    o.min_leaf = 5;
    o.bins = 15;
    o.holdout_ratio = .2;
    o.patience = 4;
    o.categorical = &category;
    o.n_categorical = 1;
    if (boost_begin(&d, &o, NULL, NULL, &b, &why) < 0)
        abort();
    return b;
}

static void make_rows(float *x)
{
    struct random r;
    random_seed(&r, 5);
    for (int i = 0; i < ROWS; i++) {
        float *row = x + i * (COLUMNS + 1);
        for (int c = 0; c < 3; c++)
            row[c] = (float)random_unit(&r);
        row[3] = (float)random_below(&r, 6);
        row[COLUMNS] = row[0] * 4 + (row[1] > .5F ? 1 : 0) + row[3] / 3;
    }
}

static void finish(struct boost *b)
{
    struct gnm_why why = { 0 };
    struct boost_model *m = NULL;
    int r, steps = 0;
    while ((r = boost_step(b, 20000, &why)) == BOOST_CONTINUE)
        if (++steps > 100000)
            abort();
    if (r == -ESTALE)
        return;
    void *data = NULL;
    size_t len;
    if (r != BOOST_FINISHED || boost_finish(b, &m, &why) < 0 || boost_model_save(m, &data, &len, &why) < 0)
        abort();
    free(data);
    boost_model_free(m);
}

static void check(const float *x, const void *data, size_t size)
{
    struct gnm_why why = { 0 };
    struct boost *b = fresh(x);
    int r = boost_restore(b, data, size, &why);
    if (r != 0 && r != -EBADMSG && r != -ESTALE)
        abort();
    finish(b);
    boost_free(b);
}

/* What a checkpoint of this training begins with. */
static void bind_to(const float *x, unsigned char *copy)
{
    struct gnm_why why = { 0 };
    struct boost *b = fresh(x);
    void *own = NULL;
    size_t len;
    if (boost_checkpoint(b, &own, &len, &why) < 0 || len < HEAD)
        abort();
    memcpy(copy, own, HEAD);
    free(own);
    boost_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    float x[ROWS * (COLUMNS + 1)];
    make_rows(x);
    check(x, data, size);
    if (size < HEAD + 5)
        return 0;
    unsigned char *copy = malloc(size);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    bind_to(x, copy);
    uint32_t crc = crc32_bytes(0, copy, size - 4);
    for (int i = 0; i < 4; i++)
        copy[size - 4 + (size_t)i] = (unsigned char)(crc >> 8 * i);
    check(x, copy, size);
    free(copy);
    return 0;
}
