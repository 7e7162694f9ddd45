/* Measured years: refused with the line, or 8,760 hours that a sky can live on.
 *
 * A whole year is too long to be mutated well. So the inputs are its first hours; what is right so far is carried on to the end
 * of the year with hours of our own. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/text.h"
#include "world/sky_measured.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char heading[] = "time_utc,ghi_wm2,dhi_wm2,temperature_c\n01-01T00:00,";

static void check_year(const struct sky_measured *year)
{
    for (int i = 0; i < SKY_MEASURED_HOURS; i++) {
        double ghi_w = (double)year->ghi_w[i], dhi_w = (double)year->dhi_w[i], clear = (double)year->clear[i];
        if (!(ghi_w >= 0 && ghi_w <= 1500) || dhi_w < 0 || dhi_w > ghi_w || !(clear >= 0 && clear <= 8) || !isfinite(year->score[i]))
            abort();
        if ((double)year->temperature_c[i] < -80 || (double)year->temperature_c[i] > 60)
            abort();
    }
    for (int month = 0; month < SKY_MEASURED_MONTHS; month++)
        if (!isfinite(year->mean[month]) || !(year->spread[month] > 0))
            abort();
}

static void check_refusal(const struct gnm_why *why)
{
    int line = 0;
    if (why->code >= 0 || sscanf(why->text, "line %d: ", &line) != 1 || line < 1)
        abort();
}

/* The rest of a year after `hours` hours, on the line where the input ends. */
static void carry_on(const uint8_t *data, size_t size, int hours)
{
    struct text text = { 0 };
    struct sky_measured *year = NULL;
    struct gnm_why why = { 0 };
    int bad = text_append(&text, (const char *)data, size);
    if (size > 0 && data[size - 1] != '\n')
        bad |= text_append(&text, "\n", 1);
    for (int i = hours; i < SKY_MEASURED_HOURS; i++) {
        int y, month, mday;
        civil_date(civil_day(2025, 1, 1) + i / 24, &y, &month, &mday);
        int light = i % 24 > 7 && i % 24 < 18;
        bad |= text_printf(&text, "%02d-%02dT%02d:00,%d,%d,%d\n", month, mday, i % 24, light * (100 + i % 400), light * 60, i % 30 - 5);
    }
    if (bad != 0)
        abort();
    if (sky_measured_parse(text.data, text.len, 50, 4, &year, &why) == 0)
        check_year(year);
    else
        check_refusal(&why);
    free(year);
    text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sky_measured *year = NULL;
    struct gnm_why why = { 0 };
    int hours = 0;
    if (sky_measured_parse((const char *)data, size, 50, 4, &year, &why) == 0)
        check_year(year);
    else
        check_refusal(&why);
    free(year);
    if (size > sizeof heading && memcmp(data, heading, sizeof heading - 1) == 0 && sscanf(why.text, "line %*d: the year ends here, after %d of", &hours) == 1)
        carry_on(data, size, hours);
    return 0;
}
