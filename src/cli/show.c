#include "cli/show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int show_decimals(double largest)
{
    return !(fabs(largest) >= 10) ? 2 : fabs(largest) < 1000 ? 1 : 0;
}

void show_number(struct cli_out *out, double x, int decimals, int width)
{
    if (isfinite(x))
        out_printf(out, "%*.*f", width, decimals, x);
    else
        out_printf(out, "%*s", width, "-");
}

/* The rows of one series stand together. */
static const struct query_forecast *rows_of(const struct show_list *list, size_t i, int64_t next, size_t *n)
{
    size_t at = 0, end;
    while (at < list->n && strcmp(list->row[at].series, list->series[i].series) != 0)
        at++;
    for (end = at; end < list->n && strcmp(list->row[end].series, list->series[i].series) == 0;)
        end++;
    *n = end - at;
    if (next > 0 && *n > (size_t)next)
        *n = (size_t)next;
    return list->row + at;
}

static void title(const struct query_series *series, const struct query_forecast *first, struct cli_out *out)
{
    char age[CLI_AGE];
    const char *unit = first != NULL ? first->unit : series->unit;
    out_printf(out, "\n%s", series->series);
    if (series->title[0] != '\0' && strcmp(series->title, series->series) != 0)
        out_printf(out, ", %s", series->title);
    out_printf(out, " (%s%sby %s)", unit, unit[0] != '\0' ? " " : "", series->step);
    if (series->last_date[0] != '\0')
        out_printf(out, ", data to %s", series->last_date);
    if (first == NULL)
        out_printf(out, ": no forecast yet");
    else if (first->data_age_s >= 0)
        out_printf(out, " (%s old)", cli_age(first->data_age_s, age));
    out_printf(out, "\n");
}

void show_forecast(const struct show_list *list, size_t i, int64_t next, struct cli_out *out)
{
    size_t n;
    const struct query_forecast *row = rows_of(list, i, next, &n);
    title(&list->series[i], n > 0 ? row : NULL, out);
    if (n == 0)
        return;
    double largest = 0;
    for (size_t k = 0; k < n; k++)
        largest = fmax(largest, fabs(row[k].p90));
    int decimals = show_decimals(largest);
    out_printf(out, "  %-10s %10s %10s %10s %10s  %-9s %s\n", list->series[i].step, "p10", "p50", "p90", "baseline", "quality", "model");
    for (size_t k = 0; k < n; k++) {
        out_printf(out, "  %-10s ", row[k].target_date);
        const double value[] = { row[k].p10, row[k].p50, row[k].p90, row[k].baseline };
        for (size_t v = 0; v < sizeof value / sizeof value[0]; v++)
            show_number(out, value[v], decimals, v == 0 ? 10 : 11);
        out_printf(out, "  %-9s %s\n", row[k].quality, row[k].model);
    }
}

static void row_json(const struct query_forecast *row, struct cli_out *out)
{
    out_json_open(out, NULL, '{');
    out_json_text(out, "target_date_local", row->target_date);
    out_json_time(out, "target_start", row->target_start_s);
    out_json_time(out, "target_end", row->target_end_s);
    out_json_time(out, "issued_at", row->issued_s);
    out_json_number(out, "horizon", row->horizon);
    out_json_number(out, "mean", row->mean);
    out_json_number(out, "p10", row->p10);
    out_json_number(out, "p50", row->p50);
    out_json_number(out, "p90", row->p90);
    out_json_number(out, "baseline", row->baseline);
    out_json_text(out, "model_id", row->model);
    out_json_text(out, "quality", row->quality);
    out_json_number(out, "data_age_s", row->data_age_s < 0 ? NAN : (double)row->data_age_s);
    out_json_close(out, '}');
}

void show_forecast_json(const struct show_list *list, size_t i, int64_t next, struct cli_out *out)
{
    size_t n;
    const struct query_series *series = &list->series[i];
    const struct query_forecast *row = rows_of(list, i, next, &n);
    out_json_open(out, NULL, '{');
    out_json_text(out, "series_id", series->series);
    out_json_text(out, "title", series->title);
    out_json_text(out, "unit", series->unit);
    out_json_text(out, "currency", series->currency[0] != '\0' ? series->currency : NULL);
    out_json_text(out, "step", series->step);
    out_json_text(out, "last_date", series->last_date[0] != '\0' ? series->last_date : NULL);
    out_json_open(out, "forecast", '[');
    for (size_t k = 0; k < n; k++)
        row_json(&row[k], out);
    out_json_close(out, ']');
    out_json_close(out, '}');
}

void show_accuracy(const struct query_accuracy *row, size_t n, struct cli_out *out)
{
    out_printf(out, "\n  %-20s %-10s %5s %8s %7s %8s %9s %8s  %s\n", "series", "model", "n", "WAPE", "MASE", "bias", "in 80 %", "skill", "baseline");
    for (size_t i = 0; i < n; i++) {
        out_printf(out, "  ");
        out_cell(out, row[i].series, 20);
        out_printf(out, " ");
        out_cell(out, row[i].model, 10);
        out_printf(out, " %5lld ", (long long)row[i].n);
        show_number(out, row[i].wape, 3, 8);
        show_number(out, row[i].mase, 2, 8);
        show_number(out, row[i].bias, show_decimals(row[i].mae), 9);
        show_number(out, row[i].coverage_80, 2, 10);
        show_number(out, row[i].skill, 2, 9);
        out_printf(out, "  %s\n", row[i].baseline);
    }
    out_printf(out,
               "\nWAPE: summed absolute error over summed activity. MASE: error against the last season's, below 1 is better. in 80 %%: share of\n"
               "actual values inside the 80 %% band. skill: 1 - error / error of the baseline; above 0 beats it.\n");
}
