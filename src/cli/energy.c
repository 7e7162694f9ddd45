/* gnomon energy: watt-hours and grams of CO2 by purpose, with the method that found them. */
#include "cli/cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/show.h"
#include "store/query.h"

struct args { struct cli cli; int64_t days; };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct args *args = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->cli;
        return 0;
    case 'd':
        if (text_int(arg, 1, 36500, &args->days) < 0)
            argp_error(state, "--days wants a number from 1, not '%s'", arg);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is too much: the command takes no names", arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "days", 'd', "N", 0, "the N days before the last publication (30)", 1 },
    { 0 },
};
static const struct argp_child children[] = { { &cli_reader, 0, NULL, 0 }, { 0 } };
static const struct argp parser = {options,
                                   parse,
                                   NULL,
                                   "Shows what the work cost, by purpose: watt-hours, half of the 95 % interval, grams of CO2 and the method. dc: measured at the "
                                   "battery; cpu_dc: CPU seconds times the watts of a busy core, learned at the battery; rapl: the processor's own counter; cpu_config: "
                                   "CPU seconds times the configured watts, an estimate.",
                                   children,
                                   NULL,
                                   NULL};

static struct show_energy *place_of(struct show_energy *sum, size_t *n, const struct query_energy *row)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(sum[i].purpose, row->purpose) == 0 && strcmp(sum[i].method, row->method) == 0)
            return &sum[i];
    if (*n == SHOW_ENERGY_MAX)
        return NULL;
    struct show_energy *new = &sum[(*n)++];
    *new = (struct show_energy){ 0 };
    snprintf(new->purpose, sizeof new->purpose, "%s", row->purpose);
    snprintf(new->method, sizeof new->method, "%s", row->method);
    return new;
}

size_t show_energy_sum(const struct query_energy *row, size_t n, struct show_energy ret[SHOW_ENERGY_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        struct show_energy *sum = place_of(ret, &used, &row[i]);
        if (sum == NULL || !isfinite(row[i].energy_wh) || row[i].method[0] == '\0')
            continue;
        sum->measured = 1;
        sum->wh += row[i].energy_wh;
        sum->co2e_g += row[i].co2e_g;
        /* The periods err together (one counter, one assumed wattage), so shares add up linearly. */
        sum->uncertainty_pct += row[i].energy_wh * row[i].uncertainty_pct;
    }
    for (size_t i = 0; i < used; i++)
        ret[i].uncertainty_pct = ret[i].wh > 0 ? ret[i].uncertainty_pct / ret[i].wh : NAN;
    return used;
}

void show_energy(const struct show_energy *row, size_t n, struct cli_out *out)
{
    out_printf(out, "  %-10s %12s %8s %12s  %s\n", "purpose", "Wh", "+/- %", "g CO2e", "method");
    for (size_t i = 0; i < n; i++) {
        out_printf(out, "  %-10s ", row[i].purpose);
        if (!row[i].measured) {
            out_printf(out, "%12s %8s %12s  %s\n", "not measured", "-", "unknown", "-");
            continue;
        }
        out_printf(out, "%12.3g ", row[i].wh);
        show_number(out, row[i].uncertainty_pct, 0, 8);
        /* Something was used, so something was emitted: small is written small, never as 0. */
        if (row[i].co2e_g > 0)
            out_printf(out, " %12.2g", row[i].co2e_g);
        else
            out_printf(out, " %12s", "unknown");
        out_printf(out, "  %s\n", row[i].method);
    }
}

/* ---- SCI: (E x I + M) / R, ISO/IEC 21031 ---- */

/* The boundary is the whole box, idle included; R counts the forecasts in force, made anew each day. */
struct sci { double kwh, operational_g, embodied_g, days, forecasts, g_per_forecast; };

static int find_sci(struct query *query, const struct query_energy *row, size_t n, struct sci *ret, struct gnm_why *why)
{
    struct query_forecast *forecast = NULL;
    size_t count = 0;
    int64_t from = INT64_MAX, to = 0;
    double co2e_g = 0;
    *ret = (struct sci){ .g_per_forecast = NAN };
    int r = query_forecasts(query, NULL, &forecast, &count, why);
    free(forecast);
    for (size_t i = 0; i < n && r == 0; i++) {
        from = row[i].start_s < from ? row[i].start_s : from;
        to = row[i].end_s > to ? row[i].end_s : to;
        ret->kwh += isfinite(row[i].energy_wh) ? row[i].energy_wh / 1e3 : 0;
        ret->operational_g += isfinite(row[i].energy_wh * row[i].intensity_g_per_kwh) ? row[i].energy_wh / 1e3 * row[i].intensity_g_per_kwh : 0;
        co2e_g += row[i].co2e_g > 0 ? row[i].co2e_g : 0;
    }
    if (r < 0 || n == 0 || to <= from)
        return r;
    ret->embodied_g = fmax(co2e_g - ret->operational_g, 0);
    ret->days = (double)(to - from) / 86400;
    ret->forecasts = (double)count * fmax(ret->days, 1);
    if (count > 0 && co2e_g > 0)
        ret->g_per_forecast = co2e_g / ret->forecasts;
    return 0;
}

/* What was not counted is unknown, and never nothing. */
static const char *amount(double x, const char *unit, char ret[24])
{
    if (!(x > 0))
        return "an unknown amount";
    snprintf(ret, 24, "%.3g %s", x, unit);
    return ret;
}

static void show_sci(const struct sci *sci, struct cli_out *out)
{
    char used[24], emitted[24], parts[24];
    if (!(sci->g_per_forecast > 0)) {
        out_printf(out, "\nSCI (ISO/IEC 21031): unknown, as there is no forecast to divide by.\n");
        return;
    }
    out_printf(out, "\nSCI (ISO/IEC 21031): %.2g g CO2e for one forecast of one period of one series.\n", sci->g_per_forecast);
    out_printf(out, "  the whole box, idle included: %s emitted %s, its parts %s in these %.1f days, for %.0f forecasts\n", amount(sci->kwh, "kWh", used),
               amount(sci->operational_g, "g", emitted), amount(sci->embodied_g, "g", parts), sci->days, sci->forecasts);
    out_printf(out, "  no offsets or certificates; a part given as 0 kg in [budget] is counted elsewhere or a second life\n");
}

static void sci_json(const struct sci *sci, struct cli_out *out)
{
    out_json_open(out, "sci", '{');
    out_printf(out, "\"standard\":\"ISO/IEC 21031\"");
    out_json_number(out, "g_per_forecast", sci->g_per_forecast);
    out_json_number(out, "energy_kwh", sci->kwh > 0 ? sci->kwh : NAN);
    out_json_number(out, "operational_g", sci->operational_g > 0 ? sci->operational_g : NAN);
    out_json_number(out, "embodied_g", sci->embodied_g > 0 ? sci->embodied_g : NAN);
    out_json_number(out, "forecasts", sci->forecasts);
    out_json_close(out, '}');
}

static void rows_json(const struct query_energy *row, size_t n, struct cli_out *out)
{
    out_json_open(out, "energy", '[');
    for (size_t i = 0; i < n; i++) {
        int measured = row[i].method[0] != '\0';
        out_json_open(out, NULL, '{');
        out_json_time(out, "period_start", row[i].start_s);
        out_json_time(out, "period_end", row[i].end_s);
        out_json_text(out, "purpose", row[i].purpose);
        out_json_number(out, "energy_wh", measured ? row[i].energy_wh : NAN);
        out_json_text(out, "method", measured ? row[i].method : NULL);
        out_json_number(out, "uncertainty_pct", row[i].uncertainty_pct);
        out_json_number(out, "co2e_g", row[i].co2e_g > 0 ? row[i].co2e_g : NAN);
        out_json_number(out, "intensity_g_per_kwh", row[i].intensity_g_per_kwh);
        out_json_close(out, '}');
    }
    out_json_close(out, ']');
}

static void table(const struct args *args, const struct query_status *status, const struct query_energy *row, size_t n, const struct sci *sci, struct cli_out *out)
{
    struct show_energy sum[SHOW_ENERGY_MAX];
    cli_heading(&args->cli, status, out);
    if (n == 0) {
        out_printf(out, "No work has been booked in these %lld days.\n", (long long)args->days);
        return;
    }
    int64_t from = row[0].start_s, to = row[0].end_s;
    for (size_t i = 1; i < n; i++) {
        from = row[i].start_s < from ? row[i].start_s : from;
        to = row[i].end_s > to ? row[i].end_s : to;
    }
    char begin[24], end[24];
    cli_local_time(&args->cli, status->time_zone, from, begin);
    cli_local_time(&args->cli, status->time_zone, to, end);
    out_printf(out, "\n%s to %s\n", begin, end);
    show_energy(sum, show_energy_sum(row, n, sum), out);
    show_sci(sci, out);
}

static int answer(struct cli *cli, struct query *query, const struct query_status *status)
{
    const struct args *args = (const struct args *)cli;
    struct query_energy *row = NULL;
    size_t n = 0;
    struct gnm_why why = { 0 };
    struct cli_out out = { 0 };
    int r = query_energy(query, status->published_s - args->days * 86400, &row, &n, &why);
    struct sci sci = { 0 };
    if (r == 0)
        r = find_sci(query, row, n, &sci, &why);
    if (r < 0) {
        free(row);
        return cli_fail(&args->cli, cli_exit_of(r), "%s", why.text);
    }
    if (args->cli.json) {
        out_json_begin(&out, args->cli.now_s);
        cli_heading_json(status, &out);
        rows_json(row, n, &out);
        sci_json(&sci, &out);
        out_printf(&out, "}\n");
    } else {
        table(args, status, row, n, &sci, &out);
    }
    free(row);
    return out_flush(&out, EX_OK);
}

int cli_energy(int argc, char **argv)
{
    struct args args = { .days = 30 };
    return cli_read(&args.cli, &parser, argc, argv, answer);
}
