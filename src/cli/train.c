/* gnomon train: asks the running daemon to train now. Energy decides; a refusal says why and exits with 75, try later. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/import.h"

struct args {
    struct cli cli;
    int64_t timeout_s;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct args *args = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->cli;
        return 0;
    case 't':
        if (text_int(arg, 1, 3600, &args->timeout_s) < 0)
            argp_error(state, "--timeout wants 1..3600 seconds, not '%s'", arg);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is too much: the command takes no names", arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"timeout", 't', "S", 0, "wait this many seconds for the daemon's answer (60)", 1},
    {0},
};
static const struct argp_child children[] = {{&cli_common, 0, NULL, 0}, {0}};
static const struct argp parser = {
    options,
    parse,
    NULL,
    "Asks the daemon to train its models now. It does when the battery can spare the energy and the budget allows it; if not, the reason is said, "
    "and when to try again, and the exit status is 75.",
    children,
    NULL,
    NULL};

static int is_true(const struct json *doc, const char *name)
{
    char text[8];
    return json_text(json_member(doc, name), text, sizeof text) == 0 && strcmp(text, "true") == 0;
}

static int show(const struct args *args, const struct text *answer, struct cli_out *out)
{
    struct gnm_why why = {0};
    struct json *doc = json_parse(answer->data, answer->len, 0, &why);
    if (doc == NULL)
        return cli_fail(&args->cli, EX_PROTOCOL, "the answer cannot be read: %s", why.text);
    const char *reason = json_string(json_member(doc, "reason")), *text = reason != NULL ? reason : "";
    int yes = is_true(doc, "accepted"), status = yes ? EX_OK : is_true(doc, "try_later") ? EX_TEMPFAIL : EX_DATAERR;
    if (args->cli.json) {
        out_json_begin(out, args->cli.now_s);
        out_json_bool(out, "accepted", yes);
        out_json_text(out, "reason", yes ? NULL : text);
        out_printf(out, "}\n");
    } else if (yes) {
        out_printf(out, "training begins\n");
    } else {
        cli_fail(&args->cli, status, "%s", text);
    }
    json_free(doc);
    return status;
}

static int ask(const struct args *args, struct cli_out *out)
{
    static const char request[] = "{\"request\":\"train\"}\n";
    char name[64];
    struct text answer = {0};
    struct gnm_why why = {0};
    int daemon = cli_daemon_runs(&args->cli);
    if (daemon == 0)
        return cli_fail(&args->cli, EX_UNAVAILABLE, "no daemon runs: nobody knows what the battery can spare");
    snprintf(name, sizeof name, "train-%ld.request", (long)getpid());
    int r = import_send(&args->cli, name, request, sizeof request - 1, (int)args->timeout_s, &answer, &why);
    int status = answer.len > 0 ? show(args, &answer, out) : cli_fail(&args->cli, cli_exit_of(r), "%s", why.text);
    text_free(&answer);
    return status;
}

int cli_train(int argc, char **argv)
{
    struct args args = {.timeout_s = 60};
    struct cli_out out = {0};
    cli_start(&args.cli, argv);
    if (argp_parse(&parser, argc, argv, 0, NULL, &args) != 0)
        return EX_USAGE;
    int status = cli_open(&args.cli);
    if (status == 0)
        status = out_flush(&out, ask(&args, &out));
    cli_close(&args.cli);
    return status;
}
