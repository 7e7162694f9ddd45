/* Boosted models and cuts as files: what loads saves the same bytes again and answers any row with contributions that add up. The checksum is
 * repaired, or nothing but the checksum would ever be tested. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "forecast/boost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 12, COLUMNS_ASKED = 300 };

static void ask(const struct boost_model *m)
{
    static const float value[] = { 0, 1, -1, 3e38F, -3e38F, NAN, INFINITY, 200, 0.5F, 7, 1000 };
    size_t columns = boost_model_columns(m);
    float *x = malloc(ROWS * columns * sizeof *x);
    double many[ROWS], *part = malloc((columns + 1) * sizeof *part);
    if (x == NULL || part == NULL)
        abort();
    for (size_t i = 0; i < ROWS * columns; i++)
        x[i] = value[(i * 7 + i / columns) % 11];
    boost_predict_rows(m, x, columns, ROWS, many);
    for (size_t r = 0; r < ROWS; r++) {
        double one = boost_predict(m, x + r * columns);
        if (memcmp(&one, &many[r], sizeof one) != 0 && !(isnan(one) && isnan(many[r])))
            abort();
        boost_explain(m, x + r * columns, part);
    }
    boost_importance(m, part);
    free(x);
    free(part);
}

static void check_model(const void *data, size_t len)
{
    struct gnm_why why = { 0 };
    struct boost_model *m = NULL;
    int r = boost_model_load(data, len, &m, &why);
    if (r < 0) {
        if (m != NULL || why.code != r)
            abort();
        return;
    }
    void *again = NULL;
    size_t again_len;
    if (boost_model_save(m, &again, &again_len, &why) < 0 || again_len != len || memcmp(again, data, len) != 0)
        abort();
    if (boost_model_columns(m) <= COLUMNS_ASKED)
        ask(m);
    free(again);
    boost_model_free(m);
}

static void check_cuts(const void *data, size_t len)
{
    struct gnm_why why = { 0 };
    struct boost_cuts *c = NULL;
    if (boost_cuts_load(data, len, &c, &why) < 0)
        return;
    void *again = NULL;
    size_t again_len;
    if (boost_cuts_save(c, &again, &again_len, &why) < 0 || again_len != len || memcmp(again, data, len) != 0)
        abort();
    free(again);
    boost_cuts_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_model(data, size);
    if (size < 5)
        return 0;
    unsigned char *copy = malloc(size);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    uint32_t crc = crc32_bytes(0, copy, size - 4);
    for (int i = 0; i < 4; i++)
        copy[size - 4 + (size_t)i] = (unsigned char)(crc >> 8 * i);
    check_model(copy, size);
    check_cuts(copy, size);
    free(copy);
    return 0;
}
