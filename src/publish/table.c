#include "publish/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"

enum { P10 = 1, P50 = 3, P90 = 5, NAME_MAX_WIDTH = 40 };

/* Columns of a name as a terminal shows it: code points, not bytes. */
static int width(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* Decimals by the middle forecasts: whole numbers from 100 upwards, two below 10. */
static int decimals(const struct gnm_forecast *row, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(row[i].q[P50]))
            largest = fmax(largest, fabs(row[i].q[P50]));
    return largest >= 100 ? 0 : largest >= 10 ? 1 : 2;
}

static int name_width(const struct gnm_forecast *row, size_t n)
{
    int most = 6;
    for (size_t i = 0; i < n; i++)
        if (width(row[i].series) > most)
            most = width(row[i].series);
    return most < NAME_MAX_WIDTH ? most : NAME_MAX_WIDTH;
}

static int cell(double x, int digits, struct text *out)
{
    return isfinite(x) ? text_printf(out, " %11.*f", digits, x) : text_printf(out, " %11s", "-");
}

static int name_cell(const char *name, int columns, struct text *out)
{
    int pad = columns - width(name);
    return text_printf(out, "%s%*s", name, pad > 0 ? pad : 0, "");
}

static int line(const struct gnm_forecast *row, int is_first, int columns, int digits, struct text *out)
{
    char date[11];
    civil_format_date(row->target, date);
    int rc = name_cell(is_first ? row->series : "", columns, out);
    rc |= text_printf(out, "  %s", date);
    rc |= cell(row->q[P10], digits, out) | cell(row->q[P50], digits, out) | cell(row->q[P90], digits, out) | cell(row->baseline, digits, out);
    return rc | text_printf(out, "  %s\n", gnm_quality_names[row->quality]);
}

int table_forecasts(const struct gnm_forecast *row, size_t n, struct text *ret)
{
    size_t before = ret->len;
    int columns = name_width(row, n), digits = 0;
    int rc = text_printf(ret, "%-*s  %-10s %11s %11s %11s %11s  %s\n", columns, "series", "date", "p10", "p50", "p90", "baseline", "quality");
    for (size_t i = 0; i < n && rc == 0; i++) {
        int is_first = i == 0 || strcmp(row[i].series, row[i - 1].series) != 0;
        if (is_first) {
            size_t end = i + 1;
            while (end < n && strcmp(row[end].series, row[i].series) == 0)
                end++;
            digits = decimals(row + i, end - i);
        }
        rc = line(&row[i], is_first, columns, digits, ret);
    }
    if (rc != 0)
        ret->len = before;
    return rc;
}
