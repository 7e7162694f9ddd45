/* A model file: whatever the bytes, model_load refuses or gives a model that forecasts finite numbers. The check sum is mended first, for a fuzzer would
 * never get past it. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "forecast/learner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIRST = 18262, DAYS = 420, HORIZON = 9, LENGTH_AT = 8, CRC_AT = 12, HEAD = 24 };

static struct panel *small_panel(void)
{
    struct panel *panel;
    if (panel_new(NULL, &panel, NULL) != 0)
        abort();
    int a = panel_series(panel, "s00"), b = panel_series(panel, "stranger");
    for (int i = 0; i < DAYS; i++) {
        panel_activity(panel, a, FIRST + i, 50 + i % 7, GNM_NEVER);
        panel_activity(panel, b, FIRST + i, i % 5, GNM_NEVER);
        panel_driver(panel, "promo", -1, FIRST + i, i % 2, GNM_ALWAYS);
    }
    if (panel_seal(panel, NULL) != 0)
        abort();
    return panel;
}

static void forecast(const struct model *model)
{
    struct panel *panel = small_panel();
    struct gnm_forecast *row;
    size_t n;
    if (model_predict(model, panel, FIRST + DAYS - 1, HORIZON, &row, &n, NULL) == 0) {
        for (size_t i = 0; i < n; i++)
            if (isnan(row[i].mean))
                abort();
        free(row);
    }
    panel_free(panel);
}

static void load(const uint8_t *data, size_t size)
{
    struct model *model;
    struct gnm_why why = { .text = "" };
    if (model_load(data, size, &model, &why) == 0) {
        forecast(model);
        model_free(model);
    } else if (why.text[0] == '\0') {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    load(data, size);
    if (size < HEAD)
        return 0;
    uint8_t *mended = malloc(size);
    if (mended == NULL)
        return 0;
    memcpy(mended, data, size);
    uint32_t length = (uint32_t)size, crc = 0;
    memcpy(mended + LENGTH_AT, &length, sizeof length);
    memcpy(mended + CRC_AT, &crc, sizeof crc);
    crc = crc32_bytes(0, mended, size);
    memcpy(mended + CRC_AT, &crc, sizeof crc);
    load(mended, size);
    free(mended);
    return 0;
}
