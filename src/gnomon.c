/* gnomon: the operator's command. Finds the subcommand; everything else is in src/cli. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/text.h"
#include "cli/cli.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    int configured;               /* takes -c FILE */
};

static const struct command commands[] = {
    { "status", cli_status, 1 },     { "check", cli_check, 1 },   { "import", cli_import, 1 },     { "forecast", cli_forecast, 1 },
    { "accuracy", cli_accuracy, 1 }, { "energy", cli_energy, 1 }, { "events", cli_events, 1 }, { "feed", cli_feed, 1 }, { "backtest", cli_backtest, 0 },
    { "simulate", cli_simulate, 0 }, { "probe", cli_probe, 1 },   { "train", cli_train, 1 },
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const char *const later[] = { "explain", "card", "report" };

struct call {
    const char *config;           /* -c before the subcommand */
    int version, name_at;         /* argv index of the subcommand, 0 = none */
};

static error_t parse_global(int key, char *arg, struct argp_state *state)
{
    struct call *call = state->input;
    switch (key) {
    case 'c':
        call->config = arg;
        return 0;
    case 'V':
        call->version = 1;
        return 0;
    case ARGP_KEY_ARG:
        /* The rest belongs to the subcommand. */
        call->name_at = state->next - 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        if (!call->version)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "config", 'c', "FILE", 0, "configuration (" CLI_CONFIG ")", 0 },
    { "version", 'V', NULL, 0, "print the version", 0 },
    { 0 },
};
static const struct argp parser = {
    .options = options,
    .parser = parse_global,
    .args_doc = "COMMAND [ARGUMENT...]",
    .doc = "Forecasts business activity on a solar-powered box, and says what that cost.\n"
           "\n"
           "  status      battery, sources, jobs: what the daemon does now\n"
           "  check       is everything there: configuration, controller, feeds, data?\n"
           "  probe       which charge controller answers on this line? writes its section\n"
           "  import      give it activity or driver files (CSV, JSON lines)\n"
           "  forecast    the next periods of each series: p10, p50, p90, baseline\n"
           "  accuracy    how far past forecasts were off, beside the baseline\n"
           "  energy      watt-hours and grams of CO2 by purpose, with the method\n"
           "  events      matches, fairs, holidays to come: when, where, how big\n"
           "  feed test   what a feed asks, what it makes of the answer, what it leaves out and why\n"
           "  backtest    score the models on your own CSV files, without a daemon\n"
           "  train       train now, if the battery can spare it (75: not now)\n"
           "  simulate    run the daemon for days or years in a simulated solar box\n"
           "\v"
           "gnomon COMMAND --help explains a command; reading commands know --json.\n"
           "Exit status: 0 ok, 1 the answer is no, 64 usage, 65 bad data, 66 no such file, 69 not available, 75 try later, "
           "77 no permission, 78 configuration.\n"
           "\n"
           "  gnomon check\n"
           "  gnomon import sales.csv\n"
           "  gnomon forecast shop-north --json",
};

static int unknown(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = text_nearest(name, names, COMMANDS);
    if (near != NULL)
        fprintf(stderr, "gnomon: there is no command %s; did you mean %s?\n", name, near);
    else
        fprintf(stderr, "gnomon: there is no command %s; gnomon --help lists them\n", name);
    return EX_USAGE;
}

/* Calls the command with "gnomon NAME" as its own name and the -c that stood before it, if any. */
static int run(const struct command *command, const struct call *call, int argc, char **argv)
{
    char title[32], option[] = "-c";
    char **args = calloc((size_t)argc + 3, sizeof *args);
    if (args == NULL)
        return EX_OSERR;
    snprintf(title, sizeof title, "gnomon %s", command->name);
    int n = 0;
    args[n++] = title;
    if (call->config != NULL) {
        args[n++] = option;
        args[n++] = (char *)call->config;
    }
    for (int i = call->name_at + 1; i < argc; i++)
        args[n++] = argv[i];
    int status = command->run(n, args);
    free(args);
    return status;
}

static int dispatch(const struct call *call, int argc, char **argv)
{
    const char *name = argv[call->name_at];
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        if (call->config != NULL && !commands[i].configured) {
            fprintf(stderr, "gnomon: %s reads no configuration, so -c says nothing to it\n", name);
            return EX_USAGE;
        }
        return run(&commands[i], call, argc, argv);
    }
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (strcmp(name, later[i]) == 0) {
            fprintf(stderr, "gnomon: %s comes with a later issue\n", name);
            return EX_USAGE;
        }
    }
    return unknown(name);
}

int main(int argc, char **argv)
{
    struct call call = { 0 };
    if (argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &call) != 0)
        return EX_USAGE;
    int status = EX_OK;
    if (call.version)
        printf("gnomon " GNM_VERSION "\n");
    else
        status = dispatch(&call, argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EX_OK)
        status = EX_IOERR;
    return status;
}
