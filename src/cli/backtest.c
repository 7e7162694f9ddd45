/* gnomon backtest: the public yardstick. Needs CSV files only: no daemon, no database, no network. */
#include "cli/backtest.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"

/* Fixed, so that runs repeat byte for byte; about what a core of the box does. */
#define EFFORT_UNITS_PER_S 1e9

enum option_key {
    OPT_ACTIVITY = 256, OPT_DRIVERS, OPT_STATIC, OPT_CALENDAR, OPT_SERIES, OPT_HORIZON, OPT_ORIGINS, OPT_STEP, OPT_LAST, OPT_SPLITS, OPT_KNOWN,
    OPT_MODELS, OPT_INTERVALS, OPT_LEVELS, OPT_PRIORS, OPT_EFFORT, OPT_ZONE, OPT_ROLE, OPT_MATRIX, OPT_PREDICTIONS, OPT_JSON, OPT_MODEL, OPT_SET
};

static const struct argp_option options[] = {
    { "activity", OPT_ACTIVITY, "A.csv", 0, "What is forecast: series,date,value", 1 },
    { "drivers", OPT_DRIVERS, "D.csv", 0, "What may explain it: series,driver,date,value[,available]", 1 },
    { "static", OPT_STATIC, "S.csv", 0, "Facts of series: series,key,value", 1 },
    { "calendar", OPT_CALENDAR, "CC[-REGION]", 0, "Add the public holidays of a country by name", 1 },
    { "series", OPT_SERIES, "A,B", 0, "Score and write only these; all are trained on", 1 },
    { "splits", OPT_SPLITS, "S.csv", 0, "Origins and horizons: split,train_end,horizon", 2 },
    { "horizon", OPT_HORIZON, "H", 0, "Periods to forecast at each rolling origin", 2 },
    { "origins", OPT_ORIGINS, "K", 0, "Number of rolling origins", 2 },
    { "step", OPT_STEP, "S", 0, "Periods between origins (default: the horizon)", 2 },
    { "last", OPT_LAST, "DATE", 0, "Last date to score (default: the newest)", 2 },
    { "models", OPT_MODELS, "LIST", 0, "naive, yearago, theta, hw, ridge, boost, mean, auto (default: naive,theta,ridge,boost,auto)", 3 },
    { "intervals", OPT_INTERVALS, "KIND", 0, "conformal (default) or gaussian", 3 },
    { "levels", OPT_LEVELS, "P,Q", 0, "Quantile levels (default 0.025,0.1,0.25,0.5,0.75,0.9,0.975)", 3 },
    { "known", OPT_KNOWN, "A,B", 0, "Drivers taken as perfectly known in advance: an upper bound", 3 },
    { "role", OPT_ROLE, "NAME=ROLE", 0, "onset, price, closed, event or number instead of what the name says", 3 },
    { "zone", OPT_ZONE, "TZ", 0, "Time zone of the dates (default UTC)", 3 },
    { "priors", OPT_PRIORS, "FILE", 0, "Shipped priors to begin with: not built yet, refused", 3 },
    { "effort", OPT_EFFORT, "CPU_SECONDS", 0, "Search other settings of the trees for so long over the whole call (default 0)", 3 },
    { "definition", OPT_MODEL, "F.model", 0, "Take settings of a member from this file; may be repeated", 3 },
    { "set", OPT_SET, "NAME=VALUE", 0, "One setting, such as boost.trees=200; may be repeated", 3 },
    { "matrix", OPT_MATRIX, "DIR", 0, "Write the design matrices of each split", 4 },
    { "predictions", OPT_PREDICTIONS, "OUT.csv", 0, "Write every forecast", 4 },
    { "json", OPT_JSON, NULL, 0, "Print JSON", 4 },
    { 0 },
};

static void split_list(struct argp_state *state, char *text, struct backtest_names *ret)
{
    for (char *save = NULL, *name = strtok_r(text, ",", &save); name != NULL; name = strtok_r(NULL, ",", &save)) {
        if (ret->n == BACKTEST_NAMES)
            argp_error(state, "more than %d names", BACKTEST_NAMES);
        else
            ret->name[ret->n++] = name;
    }
}

static void parse_models(struct argp_state *state, char *text, struct backtest_args *args)
{
    struct backtest_names names = { .n = 0 };
    split_list(state, text, &names);
    args->n_models = 0;
    for (size_t i = 0; i < names.n; i++) {
        const char *name = names.name[i];
        int kind = 0, twice = 0;
        while (kind < MODEL_KINDS && strcmp(name, model_kind_names[kind]) != 0)
            kind++;
        for (size_t k = 0; k < args->n_models; k++)
            twice |= (int)args->model[k] == kind;
        if (kind == MODEL_KINDS)
            argp_error(state, "'%s' is not a model; there are naive, yearago, theta, hw, ridge, boost, mean, auto", name);
        else if (!twice)
            args->model[args->n_models++] = (enum model_kind)kind;
    }
}

static void parse_levels(struct argp_state *state, char *text, struct backtest_args *args)
{
    struct backtest_names names = { .n = 0 };
    split_list(state, text, &names);
    if (names.n == 0 || names.n > MODEL_LEVELS_MAX) {
        argp_error(state, "between 1 and %d levels", MODEL_LEVELS_MAX);
        return;
    }
    args->n_levels = (int)names.n;
    for (int i = 0; i < args->n_levels; i++)
        if (text_double(names.name[i], &args->level[i]) < 0 || args->level[i] <= 0 || args->level[i] >= 1
            || (i > 0 && args->level[i] <= args->level[i - 1]))
            argp_error(state, "levels ascend between 0 and 1, '%s' does not", names.name[i]);
}

static int parse_count(struct argp_state *state, const char *text, int64_t high)
{
    int64_t ret = 0;
    if (text_int(text, 1, high, &ret) < 0)
        argp_error(state, "'%s' is not a number of 1..%d", text, (int)high);
    return (int)ret;
}

static void check_args(struct argp_state *state, struct backtest_args *args)
{
    if (args->activity == NULL)
        argp_error(state, "--activity is needed");
    if ((args->splits != NULL) == (args->horizon > 0 || args->origins > 0))
        argp_error(state, "give either --splits or --horizon and --origins");
    if (args->splits == NULL && (args->horizon == 0 || args->origins == 0))
        argp_error(state, "--horizon and --origins go together");
}

static void read_definition(struct argp_state *state, const char *path, struct backtest_args *args)
{
    struct gnm_why why = { .text = "" };
    char *data = NULL;
    size_t len;
    int rc = file_read(path, 1 << 20, &data, &len, &why);
    if (rc == 0)
        rc = settings_read(path, data, len, &args->settings, &why);
    free(data);
    if (rc < 0)
        argp_error(state, "%s", why.text);
}

static void set_one(struct argp_state *state, char *text, struct backtest_args *args)
{
    struct gnm_why why = { .text = "" };
    char *equals = strchr(text, '=');
    if (equals == NULL) {
        argp_error(state, "--set %s: expected NAME=VALUE", text);
        return;
    }
    *equals = '\0';
    if (settings_set(&args->settings, text, equals + 1, &why) < 0)
        argp_error(state, "--set: %s", why.text);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct backtest_args *args = state->input;
    double number;
    switch (key) {
    case OPT_ACTIVITY: args->activity = arg; break;
    case OPT_DRIVERS: args->drivers = arg; break;
    case OPT_STATIC: args->statics = arg; break;
    case OPT_CALENDAR: args->calendar = arg; break;
    case OPT_SERIES: split_list(state, arg, &args->series); break;
    case OPT_SPLITS: args->splits = arg; break;
    case OPT_HORIZON: args->horizon = parse_count(state, arg, MODEL_HORIZON_MAX); break;
    case OPT_ORIGINS: args->origins = parse_count(state, arg, BACKTEST_SPLITS); break;
    case OPT_STEP: args->step = parse_count(state, arg, 10000); break;
    case OPT_LAST:
        if (civil_parse_date(arg, &args->last_day) < 0)
            argp_error(state, "--last: '%s' is not a date", arg);
        break;
    case OPT_MODELS: parse_models(state, arg, args); break;
    case OPT_INTERVALS:
        args->gaussian = strcmp(arg, "gaussian") == 0;
        if (!args->gaussian && strcmp(arg, "conformal") != 0)
            argp_error(state, "--intervals is conformal or gaussian");
        break;
    case OPT_LEVELS: parse_levels(state, arg, args); break;
    case OPT_KNOWN: split_list(state, arg, &args->known); break;
    case OPT_ROLE: split_list(state, arg, &args->roles); break;
    case OPT_ZONE: args->zone = arg; break;
    case OPT_PRIORS: argp_error(state, "--priors: forecasts from shipped priors are not built yet; without the option none is used"); break;
    case OPT_EFFORT:
        if (text_double(arg, &number) < 0 || number < 0 || number > 1e6)
            argp_error(state, "--effort: '%s' is not a number of seconds", arg);
        else
            args->effort_s = number;
        break;
    case OPT_MATRIX: args->matrix = arg; break;
    case OPT_PREDICTIONS: args->predictions = arg; break;
    case OPT_JSON: args->json = 1; break;
    case OPT_MODEL: read_definition(state, arg, args); break;
    case OPT_SET: set_one(state, arg, args); break;
    case ARGP_KEY_ARG: argp_error(state, "'%s' is not expected here", arg); break;
    case ARGP_KEY_END: check_args(state, args); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void show_progress(size_t done, size_t all)
{
    enum { WIDTH = 40 };
    if (!isatty(STDERR_FILENO))
        return;
    int filled = (int)(done * WIDTH / all);
    fprintf(stderr, "\r[%.*s%*s] %zu/%zu", filled, "########################################", WIDTH - filled, "", done, all);
    if (done == all)
        fprintf(stderr, "\r%*s\r", WIDTH + 20, "");
}

static int run_model(const struct backtest_args *args, const struct backtest_data *data, size_t m, struct backtest_outcome *o, struct gnm_why *why)
{
    struct learner_options with = { .kind = args->model[m], .gaussian = args->gaussian, .n_levels = args->n_levels, .seed = 1, .settings = &args->settings };
    memcpy(with.level, args->level, sizeof with.level);
    with.search_units = (uint64_t)(args->effort_s * EFFORT_UNITS_PER_S / (double)data->n_cases);
    o->kind = args->model[m];
    o->result = calloc(data->n_cases, sizeof *o->result);
    o->case_cost = calloc(data->n_cases, sizeof *o->case_cost);
    if (o->result == NULL || o->case_cost == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for %zu splits", data->n_cases);
    for (size_t i = 0; i < data->n_cases; i++) {
        struct backtest_meter meter;
        backtest_meter_start(&meter);
        int rc = backtest_run(data->panel, &with, &data->cases[i].split, data->chosen, &o->result[i], why);
        if (rc < 0)
            return gnm_fail_in(why, "split %s: ", data->cases[i].name);
        struct backtest_cost cost = backtest_meter_stop(&meter);
        o->case_cost[i] = cost;
        o->cost.cpu_s += cost.cpu_s;
        o->cost.joules += cost.joules;
        o->cost.method = cost.method;
        o->cost.peak_kib = fmax(o->cost.peak_kib, cost.peak_kib);
        show_progress(m * data->n_cases + i + 1, args->n_models * data->n_cases);
    }
    return 0;
}

static int write_predictions(const struct backtest_args *args, const struct backtest_data *data, const struct backtest_outcome *outcome,
                             struct gnm_why *why)
{
    FILE *file = fopen(args->predictions, "we");
    if (file == NULL) {
        gnm_fail(why, -errno, "%s: %s", args->predictions, strerror(errno));
        return EX_CANTCREAT;
    }
    int rc = backtest_write(args, data, outcome, file);
    if (fclose(file) != 0 || rc < 0) {
        gnm_fail(why, -EIO, "%s could not be written", args->predictions);
        return EX_IOERR;
    }
    return 0;
}

static int run_all(const struct backtest_args *args, const struct backtest_data *data, struct backtest_outcome *outcome, struct gnm_why *why)
{
    for (size_t m = 0; m < args->n_models; m++) {
        int rc = run_model(args, data, m, &outcome[m], why);
        if (rc < 0)
            return rc == -ENOMEM ? EX_OSERR : EX_DATAERR;
    }
    if (args->matrix != NULL && backtest_matrix(args, data, why) < 0)
        return EX_CANTCREAT;
    int rc = args->predictions != NULL ? write_predictions(args, data, outcome, why) : 0;
    if (rc != 0)
        return rc;
    rc = args->json ? backtest_report_json(args, data, outcome, stdout) : backtest_report(args, data, outcome, stdout);
    return rc < 0 || fflush(stdout) != 0 ? EX_IOERR : 0;
}

static void free_outcomes(struct backtest_outcome *outcome, size_t n_models, size_t n_cases)
{
    for (size_t m = 0; m < n_models; m++) {
        for (size_t i = 0; outcome[m].result != NULL && i < n_cases; i++)
            backtest_free(&outcome[m].result[i]);
        free(outcome[m].result);
        free(outcome[m].case_cost);
    }
}

int cli_backtest(int argc, char **argv)
{
    static const struct argp argp = { options, parse, "", "Judge the forecasters on past data.", NULL, NULL, NULL };
    struct backtest_args args = { .last_day = GNM_NEVER, .model = { MODEL_NAIVE, MODEL_THETA, MODEL_RIDGE, MODEL_BOOST, MODEL_AUTO }, .n_models = 5,
                                  .n_levels = GNM_LEVELS };
    memcpy(args.level, gnm_levels, sizeof gnm_levels);
    settings_defaults(&args.settings);
    argp_err_exit_status = EX_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &args) != 0)
        return EX_USAGE;
    struct gnm_why why = { .text = "" };
    struct backtest_data data;
    struct backtest_outcome outcome[MODEL_KINDS] = { 0 };
    int rc = backtest_load(&args, &data, &why);
    if (rc == 0 && data.n_skipped > 0)
        fprintf(stderr, "%s: %zu driver rows name a series without activity and were left out\n", argv[0], data.n_skipped);
    if (rc == 0)
        rc = run_all(&args, &data, outcome, &why);
    if (rc != 0)
        fprintf(stderr, "%s: %s\n", argv[0], why.text);
    free_outcomes(outcome, args.n_models, data.n_cases);
    backtest_unload(&data);
    return rc;
}
