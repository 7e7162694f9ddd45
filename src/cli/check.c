/* gnomon check: is everything there that forecasts need? Says what is missing and why. */
#include "cli/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/config.h"
#include "daemon/members.h"

struct args { struct cli cli; const char *only; };

static const char *const areas[] = { "config", "daemon", "directory", "forecasts", "controller", "clock", "feed", "data" };

/* "feeds" as well as "feed". */
static int is_area(const char *text, const char *area)
{
    size_t n = strlen(area);
    return strncmp(text, area, n) == 0 && (text[n] == '\0' || strcmp(text + n, "s") == 0);
}

static int some_area(const char *text)
{
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (is_area(text, areas[i]))
            return 1;
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct args *args = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->cli;
        return 0;
    case ARGP_KEY_ARG:
        if (args->only != NULL)
            argp_error(state, "'%s' is too much: one area at a time", arg);
        if (!some_area(arg))
            argp_error(state, "'%s': an area is one of config daemon directory forecasts controller clock feeds data", arg);
        args->only = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = { { &cli_common, 0, NULL, 0 }, { 0 } };
static const struct argp parser = {
    NULL,     parse,
    "[AREA]", "Looks at configuration, directories, controller, clock, feeds and data, and says what is missing and why. Status 1 when something is. "
              "With an AREA (feeds, say: the word before each item) it says and judges that alone.",
    children, NULL,
    NULL};

static const char *const verdicts[] = { [CHECK_OK] = "ok", [CHECK_NO] = "no", [CHECK_UNKNOWN] = "unknown" };

static void show(const struct check *check, struct cli_out *out)
{
    static const char *const marks[] = { [CHECK_OK] = "ok ", [CHECK_NO] = "NO ", [CHECK_UNKNOWN] = " ? " };
    size_t count[3] = { 0 };
    for (size_t i = 0; i < check->n; i++) {
        const struct check_item *item = &check->item[i];
        count[item->verdict]++;
        out_printf(out, "%s %-11s %s%s%s\n", marks[item->verdict], item->area, item->name, item->name[0] != '\0' ? ": " : "", item->text);
    }
    if (count[CHECK_NO] == 0)
        out_printf(out, "All is there.\n");
    else
        out_printf(out, "%zu of %zu are missing.\n", count[CHECK_NO], check->n);
}

static void show_json(const struct check *check, int answer, struct cli_out *out)
{
    out_json_begin(out, check->cli->now_s);
    out_json_bool(out, "ready", answer == EX_OK);
    out_json_bool(out, "daemon", check->daemon == 1);
    out_json_open(out, "checks", '[');
    for (size_t i = 0; i < check->n; i++) {
        out_json_open(out, NULL, '{');
        out_json_text(out, "verdict", verdicts[check->item[i].verdict]);
        out_json_text(out, "area", check->item[i].area);
        out_json_text(out, "name", check->item[i].name);
        out_json_text(out, "text", check->item[i].text);
        out_json_close(out, '}');
    }
    out_printf(out, "]}\n");
}

static void open_published(struct check *check)
{
    char path[512];
    struct gnm_why why = { 0 };
    if (cli_path(check->cli, CLI_FORECAST_DB, NULL, path, sizeof path) < 0)
        return;
    int r = query_open(path, &check->query, &why);
    if (r >= 0 && (r = query_status(check->query, &check->status, &why)) < 0) {
        query_close(check->query);
        check->query = NULL;
    }
    char age[CLI_AGE];
    if (r == -ENOENT)
        check_say(check, CHECK_NO, "forecasts", "", "nothing has been published yet (%s)", path);
    else if (r < 0)
        check_say(check, CHECK_NO, "forecasts", "", "%s", why.text);
    else if (check->status.stale)
        check_say(check, CHECK_NO, "forecasts", "", "the published file is %s old and its successor is overdue", cli_age(check->status.age_s, age));
    else
        check_say(check, CHECK_OK, "forecasts", "", "published %s ago", cli_age(check->status.age_s, age));
}

static void look_at_members(struct check *check)
{
    struct settings settings;
    struct gnm_why why = { 0 };
    if (members_read(check->cli->config->paths.share, &settings, &why) < 0)
        check_say(check, CHECK_NO, "config", "models", "%s", why.text);
}

static void look_at_all(struct check *check)
{
    const struct config *config = check->cli->config;
    check_say(check, CHECK_OK, "config", "", "%s: site %s; controllers: %zu, feed sections: %zu, series sections: %zu", check->cli->config_path,
              config->site.name, config->n_controllers, config->n_feeds, config->n_series);
    look_at_members(check);
    check->daemon = cli_daemon_runs(check->cli);
    if (check->daemon < 0)
        check_say(check, CHECK_UNKNOWN, "daemon", "", "no permission to look at its lock");
    else
        check_say(check, check->daemon ? CHECK_OK : CHECK_NO, "daemon", "", check->daemon ? "runs" : "does not run");
    check_directories(check);
    open_published(check);
    check_controllers(check);
    check_clock(check);
    check_feeds(check);
    check_data(check);
}

static void keep_only(struct check *check, const char *area)
{
    size_t kept = 0;
    for (size_t i = 0; i < check->n; i++)
        if (is_area(area, check->item[i].area))
            check->item[kept++] = check->item[i];
    check->n = kept;
}

int cli_check(int argc, char **argv)
{
    struct args args = { .only = NULL };
    struct cli_out out = { 0 };
    cli_start(&args.cli, argv);
    if (argp_parse(&parser, argc, argv, 0, NULL, &args) != 0)
        return EX_USAGE;
    int status = cli_open(&args.cli);
    if (status != 0)
        return status;
    struct check check = { .cli = &args.cli };
    look_at_all(&check);
    if (args.only != NULL)
        keep_only(&check, args.only);
    for (size_t i = 0; i < check.n; i++)
        if (check.item[i].verdict == CHECK_NO)
            status = CLI_NO;
    (args.cli.json ? show_json(&check, status, &out) : show(&check, &out));
    out.failed |= check.failed;
    free(check.item);
    query_close(check.query);
    cli_close(&args.cli);
    return out_flush(&out, status);
}
