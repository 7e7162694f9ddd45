/* Opening the published file for the commands that show it. */
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "almanac/civil.h"
#include "almanac/zone.h"
#include "base/file.h"
#include "daemon/config.h"
#include "store/query.h"

static error_t parse_reader(int key, char *arg, struct argp_state *state)
{
    struct cli *cli = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = cli;
        return 0;
    case 'C':
        cli->company = arg;
        return 0;
    case 'f':
        cli->file = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option reader_options[] = {
    { "company", 'C', "NAME", 0, "the file published for this company", 5 },
    { "file", 'f', "FORECAST.DB", 0, "read this published file, no configuration", 5 },
    { 0 },
};
static const struct argp_child reader_children[] = { { &cli_common, 0, NULL, 0 }, { 0 } };
const struct argp cli_reader = { .options = reader_options, .parser = parse_reader, .children = reader_children };

static int known_company(const struct cli *cli)
{
    for (size_t i = 0; i < cli->config->n_companies; i++)
        if (strcmp(cli->config->company[i].name, cli->company) == 0)
            return 1;
    return 0;
}

static int find(struct cli *cli, char *path, size_t size)
{
    if (cli->file != NULL)
        return text_copy(path, size, cli->file) < 0 ? cli_fail(cli, EX_USAGE, "the path is too long: %s", cli->file) : 0;
    int status = cli_open(cli);
    if (status != 0)
        return status;
    if (cli->company != NULL && !known_company(cli))
        return cli_fail(cli, EX_NOINPUT, "%s has no [company %s]", cli->config_path, cli->company);
    if (cli_path(cli, CLI_FORECAST_DB, cli->company, path, size) < 0)
        return cli_fail(cli, EX_CONFIG, "the state directory's path is too long");
    return 0;
}

static int refuse(const struct cli *cli, int error, const char *path, const char *sentence)
{
    if (error == -ENOENT)
        return cli_fail(cli, EX_UNAVAILABLE, "nothing has been published yet: there is no %s; gnomon check says what is missing", path);
    if (error == -EACCES)
        return cli_fail(cli, EX_NOPERM, "no permission to read %s", path);
    return cli_fail(cli, cli_exit_of(error), "%s", sentence);
}

int cli_published(struct cli *cli, struct query **query, struct query_status *status)
{
    char path[512];
    struct gnm_why why = { 0 };
    int r = find(cli, path, sizeof path);
    if (r != 0)
        return r;
    if ((r = query_open(path, query, &why)) < 0)
        return refuse(cli, r, path, why.text);
    if ((r = query_status(*query, status, &why)) < 0) {
        query_close(*query);
        *query = NULL;
        return refuse(cli, r, path, why.text);
    }
    return 0;
}

int cli_read(struct cli *cli, const struct argp *parser, int argc, char **argv, cli_answer *answer)
{
    struct query *query = NULL;
    struct query_status status;
    cli_start(cli, argv);
    if (argp_parse(parser, argc, argv, 0, NULL, cli) != 0)
        return EX_USAGE;
    int r = cli_published(cli, &query, &status);
    if (r == 0)
        r = answer(cli, query, &status);
    query_close(query);
    cli_close(cli);
    return r;
}

static struct zone *zone_of(const char *zoneinfo, const char *name)
{
    char path[512], *data = NULL;
    size_t len = 0;
    if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL)
        return NULL;
    if (snprintf(path, sizeof path, "%s/%s", zoneinfo, name) >= (int)sizeof path || file_read(path, 1 << 20, &data, &len, NULL) < 0)
        return NULL;
    struct zone *zone = zone_new(data, len, NULL);
    free(data);
    return zone;
}

void cli_local_time(const struct cli *cli, const char *name, int64_t utc_s, char ret[24])
{
    char text[21];
    struct zone *zone = zone_of(cli->config != NULL ? cli->config->paths.zoneinfo : "/usr/share/zoneinfo", name);
    civil_format_time(utc_s + zone_offset_s(zone, utc_s), text);
    text[10] = ' ';
    text[16] = '\0';
    snprintf(ret, 24, "%s%s", text, zone == NULL ? "Z" : "");
    zone_free(zone);
}

void cli_heading(const struct cli *cli, const struct query_status *status, struct cli_out *out)
{
    char when[24], age[CLI_AGE];
    if (status->published_s == 0) {
        out_printf(out, "%s: nothing published yet\n", status->site);
        return;
    }
    cli_local_time(cli, status->time_zone, status->published_s, when);
    int64_t old_s = cli->now_s - status->published_s;
    if (old_s < -60)
        out_printf(out, "%s, published %s, ahead of this computer's clock\n", status->site, when);
    else
        out_printf(out, "%s, published %s, %s ago\n", status->site, when, cli_age(old_s, age));
    if (status->stale)
        out_printf(out, "OLD: the next publication was due and did not come; the daemon %s\n",
                   cli->config != NULL && cli_daemon_runs(cli) == 1 ? "runs, its log says why" : "does not seem to run");
    if (status->message[0] != '\0')
        out_printf(out, "%s\n", status->message);
}

void cli_heading_json(const struct query_status *status, struct cli_out *out)
{
    out_json_text(out, "site", status->site);
    out_json_text(out, "time_zone", status->time_zone);
    out_json_time(out, "published_at", status->published_s);
    out_json_number(out, "age_s", status->published_s == 0 ? NAN : (double)status->age_s);
    out_json_bool(out, "stale", status->stale);
    out_json_text(out, "message", status->message);
}
