/* Dates, times, numbers and free text: exact or refused, and what is accepted is written back the same. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
    if (!good)
        abort();
}

static void check_dates(const char *text, const char *format)
{
    int64_t day, seconds, low = civil_day(1899, 12, 30) * 86400, high = civil_day(2200, 1, 3) * 86400;
    int has_time;
    char back[21];
    if (civil_parse_date(text, &day) == 0) {
        civil_format_date(day, back);
        must(strcmp(back, text) == 0);
    }
    if (civil_parse_time(text, &seconds) == 0) {
        int64_t again;
        must(seconds > low && seconds < high);
        civil_format_time(seconds, back);
        must(seconds < low + 3 * 86400 || seconds > high - 4 * 86400 || (civil_parse_time(back, &again) == 0 && again == seconds));
    }
    struct civil_layout layout;
    struct civil_recent recent = { .day_s = 0 };
    int formed = civil_parse_format(text, format, &seconds, &has_time);
    must(formed < 0 || (seconds > low && seconds < high && (has_time == 0 || has_time == 1)));
    if (civil_layout(format, &layout) == 0)
        for (int twice = 0; twice < 2; twice++)
            must(civil_parse_layout(&layout, text, &recent, &day) < 0 || (formed == 0 && day == seconds));
}

static void check_numbers(const char *text)
{
    double x = NAN;
    int64_t i = 5;
    int b = 7;
    must(text_double(text, &x) == 0 ? isfinite(x) && x == strtod(text, NULL) : isnan(x));
    must(text_int(text, -10, 10, &i) == 0 ? i >= -10 && i <= 10 : i == 5);
    must(text_bool(text, &b) == 0 ? b == 0 || b == 1 : b == 7);
    text_duration_s(text, &i);
}

static void check_text(const char *data, size_t size)
{
    char clean[64], twice[64], percent[200];
    text_clean(clean, sizeof clean, data, size);
    for (size_t i = 0, n; clean[i] != '\0'; i += n) {
        uint32_t code = 0;
        n = text_code_point(clean + i, strlen(clean + i), &code);
        must(n > 0 && code >= 0x20 && code != 0x7F);
    }
    text_clean(twice, sizeof twice, clean, strlen(clean));
    must(strcmp(clean, twice) == 0);
    must(text_percent(percent, sizeof percent, clean) == 0 && strspn(percent, "%-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == strlen(percent));
    static const char *const keys[] = { "latitude", "longitude", "poll" };
    text_nearest(clean, keys, 3);
}

/* The text up to the first line end, the format behind it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    char *format = strchr(text, '\n');
    if (format != NULL)
        *format++ = '\0';
    check_dates(text, format == NULL ? "%Y-%m-%dT%H:%M:%S" : format);
    check_numbers(text);
    check_text((const char *)data, size);
    free(text);
    return 0;
}
