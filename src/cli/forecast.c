/* gnomon forecast [SERIES...]: the published forecasts as a table or as JSON. */
#include "cli/cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/show.h"
#include "store/query.h"

enum { NAMES_MAX = 64 };

struct args {
    struct cli cli;
    const char *name[NAMES_MAX];  /* empty: all */
    size_t n;
    int64_t next;                 /* periods of each series, 0 = all */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct args *args = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->cli;
        return 0;
    case 'n':
        if (text_int(arg, 1, 100000, &args->next) < 0)
            argp_error(state, "--next wants a number of periods from 1, not '%s'", arg);
        return 0;
    case ARGP_KEY_ARG:
        if (args->n == NAMES_MAX)
            argp_error(state, "more than %d series; without names all are shown", NAMES_MAX);
        args->name[args->n++] = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "next", 'n', "N", 0, "only the next N periods of each series", 1 },
    { 0 },
};
static const struct argp_child children[] = { { &cli_reader, 0, NULL, 0 }, { 0 } };
static const struct argp parser = {
    options,  parse, "[SERIES...]", "Shows the forecasts that were last published: p10, p50, p90 and the baseline of each coming period.",
    children, NULL,  NULL};

static int wanted(const struct args *args, const char *series)
{
    for (size_t i = 0; i < args->n; i++)
        if (strcmp(args->name[i], series) == 0)
            return 1;
    return args->n == 0;
}

/* Every name asked for must be a published series: 0, or the exit status after a sentence. */
static int names_known(const struct args *args, const struct query_series *series, size_t n)
{
    const char **known = calloc(n + 1, sizeof *known);
    if (known == NULL)
        return cli_fail(&args->cli, EX_OSERR, "out of memory");
    for (size_t i = 0; i < n; i++)
        known[i] = series[i].series;
    int status = 0;
    for (size_t i = 0; i < args->n && status == 0; i++) {
        size_t k = 0;
        while (k < n && strcmp(known[k], args->name[i]) != 0)
            k++;
        if (k < n)
            continue;
        const char *near = text_nearest(args->name[i], known, n);
        status = near != NULL ? cli_fail(&args->cli, EX_NOINPUT, "there is no series %s; did you mean %s?", args->name[i], near)
                              : cli_fail(&args->cli, EX_NOINPUT, "there is no series %s", args->name[i]);
    }
    free(known);
    return status;
}

static void show(const struct args *args, const struct query_status *status, const struct show_list *list, struct cli_out *out)
{
    if (args->cli.json)
        out_json_begin(out, args->cli.now_s);
    (args->cli.json ? cli_heading_json(status, out) : cli_heading(&args->cli, status, out));
    if (args->cli.json) {
        out_json_open(out, "series", '[');
    }
    for (size_t i = 0; i < list->n_series; i++) {
        if (!wanted(args, list->series[i].series))
            continue;
        if (args->cli.json)
            show_forecast_json(list, i, args->next, out);
        else
            show_forecast(list, i, args->next, out);
    }
    if (args->cli.json)
        out_printf(out, "]}\n");
    else if (list->n_series == 0)
        out_printf(out, "No series yet; gnomon import FILE brings the first.\n");
}

static int answer(struct cli *cli, struct query *query, const struct query_status *status)
{
    const struct args *args = (const struct args *)cli;
    struct show_list list = { 0 };
    struct query_series *series = NULL;
    struct query_forecast *row = NULL;
    struct gnm_why why = { 0 };
    struct cli_out out = { 0 };
    int r = query_series(query, &series, &list.n_series, &why);
    if (r >= 0)
        r = query_forecasts(query, NULL, &row, &list.n, &why);
    list.series = series;
    list.row = row;
    int exit_status = r < 0 ? cli_fail(&args->cli, cli_exit_of(r), "%s", why.text) : names_known(args, series, list.n_series);
    if (exit_status == 0) {
        show(args, status, &list, &out);
        exit_status = out_flush(&out, EX_OK);
    }
    free(series);
    free(row);
    return exit_status;
}

int cli_forecast(int argc, char **argv)
{
    struct args args = { 0 };
    return cli_read(&args.cli, &parser, argc, argv, answer);
}
