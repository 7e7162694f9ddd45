/* gnomon status: what the daemon does now, from status.json and the published file alone. Works from what a dead daemon left, and says that it is
 * dead. */
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/file.h"
#include "publish/status.h"
#include "store/query.h"

enum { FILE_MAX = 1 << 20 };

/* What could be found: the picture, its text as the daemon wrote it, the row of the published file. */
struct found {
    int daemon;                   /* cli_daemon_runs */
    struct status *picture;       /* NULL: none */
    char *json;
    size_t len;
    int published;
    struct query_status status;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->input;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is too much: the command takes no names", arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = { { &cli_common, 0, NULL, 0 }, { 0 } };
static const struct argp parser = {
    NULL, parse, NULL, "Shows what the daemon does now: battery, sources and their ages, jobs and why they wait.", children, NULL, NULL
};

/* 0 also when there is no picture; else the exit status after a sentence. */
static int find_picture(const struct cli *cli, struct found *found)
{
    char path[512];
    struct gnm_why why = { 0 };
    if (cli_path(cli, CLI_STATUS, NULL, path, sizeof path) < 0)
        return cli_fail(cli, EX_CONFIG, "the runtime directory's path is too long");
    int r = file_read(path, FILE_MAX, &found->json, &found->len, &why);
    if (r == -ENOENT)
        return 0;
    if (r == 0 && (found->picture = malloc(sizeof *found->picture)) == NULL)
        r = gnm_fail(&why, -ENOMEM, "out of memory");
    if (r == 0)
        r = status_parse(found->json, found->len, found->picture, &why);
    return r < 0 ? cli_fail(cli, cli_exit_of(r), "%s", why.text) : 0;
}

static void find_published(const struct cli *cli, struct found *found)
{
    char path[512];
    struct query *query = NULL;
    if (cli_path(cli, CLI_FORECAST_DB, NULL, path, sizeof path) < 0 || query_open(path, &query, NULL) < 0)
        return;
    found->published = query_status(query, &found->status, NULL) >= 0;
    query_close(query);
}

static void show(const struct cli *cli, const struct found *found, struct cli_out *out)
{
    if (found->picture == NULL)
        out_printf(out,
                   found->daemon == 1 ? "The daemon runs but has not said anything yet.\n" : "No daemon runs; this is what it published last:\n");
    else if (found->daemon == 0)
        out_printf(out, "No daemon runs; this is the last picture it left:\n");
    if (found->picture != NULL && status_text(found->picture, cli->now_s, &out->text) < 0)
        out->failed = 1;
    if (found->published && (found->picture == NULL || found->status.stale))
        cli_heading(cli, &found->status, out);
}

static void show_json(const struct cli *cli, const struct found *found, struct cli_out *out)
{
    size_t len = found->len;
    while (len > 0 && found->json[len - 1] == '\n')
        len--;
    out_json_begin(out, cli->now_s);
    if (found->daemon >= 0)
        out_json_bool(out, "daemon", found->daemon);
    out_json_number(out, "age_s", found->picture != NULL ? (double)(cli->now_s - found->picture->now_s) : NAN);
    out_printf(out, ",\"status\":%.*s", found->picture != NULL ? (int)len : 4, found->picture != NULL ? found->json : "null");
    if (found->published) {
        out_json_open(out, "published", '{');
        cli_heading_json(&found->status, out);
        out_json_close(out, '}');
    }
    out_printf(out, "}\n");
}

static int answer(const struct cli *cli, struct found *found)
{
    struct cli_out out = { 0 };
    int status = find_picture(cli, found);
    if (status != 0)
        return status;
    found->daemon = cli_daemon_runs(cli);
    find_published(cli, found);
    if (found->picture == NULL && !found->published && found->daemon != 1)
        return cli_fail(cli, EX_UNAVAILABLE, "no daemon runs, and none has left a picture or forecasts in the directories of %s", cli->config_path);
    if (cli->json)
        show_json(cli, found, &out);
    else
        show(cli, found, &out);
    return out_flush(&out, found->picture == NULL ? EX_UNAVAILABLE : EX_OK);
}

int cli_status(int argc, char **argv)
{
    struct cli cli;
    struct found found = { 0 };
    cli_start(&cli, argv);
    if (argp_parse(&parser, argc, argv, 0, NULL, &cli) != 0)
        return EX_USAGE;
    int status = cli_open(&cli);
    if (status == 0)
        status = answer(&cli, &found);
    free(found.picture);
    free(found.json);
    cli_close(&cli);
    return status;
}
