/* gnomon accuracy [SERIES...]: how far past forecasts were off. */
#include "cli/cli.h"

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
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct args *args = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->cli;
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

static const struct argp_child children[] = { { &cli_reader, 0, NULL, 0 }, { 0 } };
static const struct argp parser = {
    NULL, parse, "[SERIES...]", "Shows how far past forecasts were off, by series and model, beside the seasonal baseline.", children, NULL, NULL
};

/* Keeps the rows of the series that were asked for, in their order; returns how many. */
static size_t keep_wanted(const struct args *args, struct query_accuracy *row, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < args->n && strcmp(args->name[k], row[i].series) != 0)
            k++;
        if (k < args->n || args->n == 0)
            row[kept++] = row[i];
    }
    return kept;
}

static void rows_json(const struct query_accuracy *row, size_t n, struct cli_out *out)
{
    out_json_open(out, "accuracy", '[');
    for (size_t i = 0; i < n; i++) {
        out_json_open(out, NULL, '{');
        out_json_text(out, "series_id", row[i].series);
        out_json_text(out, "model_id", row[i].model);
        out_json_number(out, "n", (double)row[i].n);
        out_json_number(out, "mae", row[i].mae);
        out_json_number(out, "wape", row[i].wape);
        out_json_number(out, "bias", row[i].bias);
        out_json_number(out, "mase", row[i].mase);
        out_json_number(out, "pinball_10_90", row[i].pinball);
        out_json_number(out, "coverage_80", row[i].coverage_80);
        out_json_number(out, "width_80", row[i].width_80);
        out_json_text(out, "baseline_name", row[i].baseline);
        out_json_number(out, "baseline_mae", row[i].baseline_mae);
        out_json_number(out, "skill", row[i].skill);
        out_json_text(out, "window_start", row[i].window_start);
        out_json_text(out, "window_end", row[i].window_end);
        out_json_close(out, '}');
    }
    out_json_close(out, ']');
}

/* A file of an earlier version has no cards. */
static void cards(struct query *query, int json, struct cli_out *out)
{
    struct query_model *card = NULL;
    size_t n = 0;
    struct gnm_why why = { 0 };
    if (query_models(query, &card, &n, &why) < 0)
        n = 0;
    if (json)
        out_json_open(out, "models", '[');
    for (size_t i = 0; i < n; i++) {
        if (!json) {
            out_printf(out, "%s%s model of %s: %s.\n", i == 0 ? "\n" : "", card[i].family, card[i].trained, card[i].choice[0] != '\0' ? card[i].choice : "nothing to compare yet");
            continue;
        }
        out_json_open(out, NULL, '{');
        out_json_text(out, "model_id", card[i].model);
        out_json_text(out, "family", card[i].family);
        out_json_text(out, "trained_at", card[i].trained);
        out_json_text(out, "choice", card[i].choice);
        out_json_close(out, '}');
    }
    if (json)
        out_json_close(out, ']');
    free(card);
}

static int answer(struct cli *cli, struct query *query, const struct query_status *status)
{
    const struct args *args = (const struct args *)cli;
    struct query_accuracy *row = NULL;
    size_t n = 0;
    struct gnm_why why = { 0 };
    struct cli_out out = { 0 };
    int r = query_accuracies(query, NULL, &row, &n, &why);
    if (r < 0)
        return cli_fail(&args->cli, cli_exit_of(r), "%s", why.text);
    n = keep_wanted(args, row, n);
    if (args->cli.json) {
        out_json_begin(&out, args->cli.now_s);
        cli_heading_json(status, &out);
        rows_json(row, n, &out);
        cards(query, 1, &out);
        out_printf(&out, "}\n");
    } else {
        cli_heading(&args->cli, status, &out);
        if (n > 0)
            show_accuracy(row, n, &out);
        else
            out_printf(&out, args->n == 0 ? "No model has been scored yet.\n" : "No model has been scored for these series yet.\n");
    }
    if (!args->cli.json)
        cards(query, 0, &out);
    free(row);
    return out_flush(&out, EX_OK);
}

int cli_accuracy(int argc, char **argv)
{
    struct args args = { 0 };
    return cli_read(&args.cli, &parser, argc, argv, answer);
}
