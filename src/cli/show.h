/* Rows of the published file as tables for people. Each function appends to `out`. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/cli.h"
#include "store/query.h"

struct show_list {
    const struct query_series *series;
    size_t n_series;
    const struct query_forecast *row;   /* by series, then target */
    size_t n;
};

/* The forecasts of series `i`, the first `next` ones (0 = all), with quality and age of the data. */
void show_forecast(const struct show_list *list, size_t i, int64_t next, struct cli_out *out);
void show_forecast_json(const struct show_list *list, size_t i, int64_t next, struct cli_out *out);

/* Decimals that suit numbers of the size of `largest`: 2 below 10, 1 below 1000, else none. */
int show_decimals(double largest);
/* A number right-aligned in `width`, "-" when missing. */
void show_number(struct cli_out *out, double x, int decimals, int width);

void show_accuracy(const struct query_accuracy *row, size_t n, struct cli_out *out);

struct show_energy { char purpose[16], method[16]; double wh, co2e_g, uncertainty_pct; int measured; };
enum { SHOW_ENERGY_MAX = 48 };
/* Periods summed by purpose and method; returns how many rows of `ret` are used. */
size_t show_energy_sum(const struct query_energy *row, size_t n, struct show_energy ret[SHOW_ENERGY_MAX]);
void show_energy(const struct show_energy *row, size_t n, struct cli_out *out);

#endif
