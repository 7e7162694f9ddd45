/* gnomon import FILE...: activity and driver files, through the running daemon or without one. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/import.h"

enum { FILES_MAX = 256 };

struct args {
    struct cli cli;
    const char *path[FILES_MAX];
    size_t n;
    int64_t timeout_s;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct args *args = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->cli;
        return 0;
    case 'C':
        args->cli.company = arg;
        return 0;
    case 't':
        if (text_duration_s(arg, &args->timeout_s) < 0 || args->timeout_s < 1 || args->timeout_s > 86400)
            argp_error(state, "--timeout wants 1s to 24h, not '%s'", arg);
        return 0;
    case ARGP_KEY_ARG:
        if (args->n == FILES_MAX)
            argp_error(state, "more than %d files at once", FILES_MAX);
        args->path[args->n++] = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which file?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "company", 'C', "NAME", 0, "new series belong to this company", 1 },
    { "timeout", 't', "TIME", 0, "how long to wait for the daemon's answer (60s)", 1 },
    { 0 },
};
static const struct argp_child children[] = { { &cli_common, 0, NULL, 0 }, { 0 } };
static const struct argp parser = {options,
                                   parse,
                                   "FILE...",
                                   "Gives gnomon activity (series,date,value) or drivers (series,driver,date,value[,available]) as CSV or JSON "
                                   "lines. Separator, decimal comma and date order are "
                                   "found per file and stated. A file that is refused, or has more than 20 % bad lines, changes nothing.",
                                   children,
                                   NULL,
                                   NULL};

/* ---- one answer ---- */

static double number(const struct json *doc, const char *name)
{
    double x = 0;
    return json_number(json_member(doc, name), &x) < 0 ? 0 : x;
}

static const char *word(const struct json *doc, const char *name)
{
    const char *text = json_string(json_member(doc, name));
    return text != NULL ? text : "";
}

static void show_text(const struct import_file *file, const struct json *doc, int r, struct cli_out *out)
{
    if (r < 0) {
        out_printf(out, "%s: refused: %s\n", file->path, word(doc, "reason"));
        return;
    }
    double rejected = number(doc, "rejected");
    const struct json *lines = json_member(doc, "lines");
    out_printf(out, "%s: %s, %.0f rows, %.0f new", file->path, word(doc, "kind"), number(doc, "rows"), number(doc, "added"));
    if (rejected > 0)
        out_printf(out, ", %.0f lines rejected", rejected);
    out_printf(out, " (%s)\n", word(doc, "detected"));
    for (const struct json *line = json_first(lines); line != NULL; line = json_next(line))
        out_printf(out, "  line %.0f: %s\n", number(line, "line"), word(line, "reason"));
    if (rejected > (double)json_size(lines))
        out_printf(out, "  and %.0f more\n", rejected - (double)json_size(lines));
}

/* The answer is a JSON object of its own: it goes into the list as it is. */
static void show_json(const struct text *answer, struct cli_out *out)
{
    size_t len = answer->len;
    while (len > 0 && answer->data[len - 1] == '\n')
        len--;
    const char *comma = out->text.data[out->text.len - 1] == '[' ? "" : ",";
    out_printf(out, "%s%.*s", comma, (int)len, answer->data);
}

static int show(const struct args *args, const struct import_file *file, const struct text *answer, int r, struct cli_out *out)
{
    struct gnm_why why = { 0 };
    struct json *doc = json_parse(answer->data != NULL ? answer->data : "", answer->len, 0, &why);
    if (doc == NULL)
        return cli_fail(&args->cli, EX_PROTOCOL, "%s: the answer cannot be read: %s", file->path, why.text);
    if (args->cli.json)
        show_json(answer, out);
    else
        show_text(file, doc, r, out);
    json_free(doc);
    return r < 0 ? EX_DATAERR : EX_OK;
}

/* ---- all files ---- */

static int import_one(const struct args *args, const char *path, int daemon, struct cli_out *out)
{
    struct import_file file = { .path = path };
    struct text answer = { 0 };
    struct gnm_why why = { 0 };
    if (import_name(path, file.name, sizeof file.name) < 0)
        return cli_fail(&args->cli, EX_USAGE, "%s: such a file name cannot be taken", path);
    if (access(path, R_OK) < 0)
        return cli_fail(&args->cli, errno == EACCES ? EX_NOPERM : EX_NOINPUT, "%s: %s", path, strerror(errno));
    int r = daemon == 0 ? import_self(&args->cli, &file, &answer, &why) : -EWOULDBLOCK;
    if (r == -EWOULDBLOCK)
        r = import_inbox(&args->cli, &file, (int)args->timeout_s, &answer, &why);
    int status = answer.len > 0 ? show(args, &file, &answer, r, out) : cli_fail(&args->cli, cli_exit_of(r), "%s: %s", path, why.text);
    text_free(&answer);
    return status;
}

static int import_all(const struct args *args, struct cli_out *out)
{
    int worst = EX_OK, daemon = cli_daemon_runs(&args->cli);
    if (args->cli.json) {
        out_json_begin(out, args->cli.now_s);
        out_json_open(out, "files", '[');
    }
    for (size_t i = 0; i < args->n; i++) {
        int status = import_one(args, args->path[i], daemon, out);
        worst = status != EX_OK ? status : worst;
    }
    if (args->cli.json)
        out_printf(out, "]}\n");
    else if (daemon == 0 && worst == EX_OK)
        out_printf(out, "No daemon runs: the forecasts follow when it does.\n");
    return worst;
}

int cli_import(int argc, char **argv)
{
    struct args args = { .timeout_s = 60 };
    struct cli_out out = { 0 };
    cli_start(&args.cli, argv);
    if (argp_parse(&parser, argc, argv, 0, NULL, &args) != 0)
        return EX_USAGE;
    int status = cli_open(&args.cli);
    if (status == 0) {
        status = import_all(&args, &out);
        status = out_flush(&out, status);
    }
    cli_close(&args.cli);
    return status;
}
