/* gnomon events: what is coming, where, and how much it matters. */
#include "cli/cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "almanac/civil.h"
#include "store/query.h"

enum { OPT_FROM = 256, OPT_TO };

struct args { struct cli cli; char from[11], to[11]; };   /* dates, "" = open */

static void take_date(struct argp_state *state, const char *option, const char *text, char ret[11])
{
    int64_t day;
    if (civil_parse_date(text, &day) < 0)
        argp_error(state, "%s wants a date like 2026-05-14, not '%s'", option, text);
    civil_format_date(day, ret);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct args *args = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->cli;
        return 0;
    case OPT_FROM:
        take_date(state, "--from", arg, args->from);
        return 0;
    case OPT_TO:
        take_date(state, "--to", arg, args->to);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is too much: the command takes no names", arg);
        return EINVAL;
    case ARGP_KEY_END:
        if (args->from[0] != '\0' && args->to[0] != '\0' && strcmp(args->from, args->to) > 0)
            argp_error(state, "--from %s is after --to %s", args->from, args->to);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "from", OPT_FROM, "DATE", 0, "events that end on this date or later (the day of the publication)", 1 },
    { "to", OPT_TO, "DATE", 0, "events that begin on this date or earlier", 1 },
    { 0 },
};
static const struct argp_child children[] = { { &cli_reader, 0, NULL, 0 }, { 0 } };
static const struct argp parser = { options, parse, NULL,
                                    "Lists matches, fairs, holidays and other events that feeds told of, by date, with their rank from 0 to 100: 20 for each factor of "
                                    "ten of expected visitors (100 people 40, 10,000 people 80), or what the feed's definition says.\v"
                                    "An index of news is listed with the category index: people may look at it, no forecast does.",
                                    children, NULL, NULL };

static int is_wanted(const struct args *args, const struct query_event *e)
{
    return strcmp(e->last_date, args->from) >= 0 && (args->to[0] == '\0' || strcmp(e->first_date, args->to) <= 0);
}

static void row_text(const struct query_event *e, struct cli_out *out)
{
    char dates[32];
    int one = strcmp(e->first_date, e->last_date) == 0;
    snprintf(dates, sizeof dates, "%s%s%s", e->first_date, one ? "" : " ", one ? "" : e->last_date + 5);
    out_cell(out, dates, 17);
    out_printf(out, "%4d  ", e->rank);
    out_cell(out, e->category, 15);
    out_cell(out, e->title, 41);
    out_cell(out, e->place, 25);
    out_printf(out, "%s\n", e->source);
}

static void table(const struct args *args, const struct query_status *status, const struct query_event *row, size_t n, struct cli_out *out)
{
    size_t shown = 0;
    cli_heading(&args->cli, status, out);
    for (size_t i = 0; i < n; i++) {
        if (!is_wanted(args, &row[i]))
            continue;
        if (shown++ == 0)
            out_printf(out, "\n%-17s%4s  %-15s%-41s%-25s%s\n", "date", "rank", "category", "what", "where", "from");
        row_text(&row[i], out);
    }
    if (shown == 0)
        out_printf(out, "No event is known from %s%s%s.\n", args->from, args->to[0] != '\0' ? " to " : " on", args->to);
}

static void rows_json(const struct args *args, const struct query_event *row, size_t n, struct cli_out *out)
{
    out_json_open(out, "events", '[');
    for (size_t i = 0; i < n; i++) {
        if (!is_wanted(args, &row[i]))
            continue;
        out_json_open(out, NULL, '{');
        out_json_text(out, "event_id", row[i].id);
        out_json_text(out, "category", row[i].category);
        out_json_text(out, "title", row[i].title);
        out_json_time(out, "start_at", row[i].start_s);
        out_json_time(out, "end_at", row[i].end_s);
        out_json_text(out, "first_date_local", row[i].first_date);
        out_json_text(out, "last_date_local", row[i].last_date);
        out_json_bool(out, "all_day", row[i].all_day);
        out_json_text(out, "place", row[i].place);
        out_json_number(out, "rank", row[i].rank);
        out_json_number(out, "attendance", row[i].attendance);
        out_json_text(out, "source", row[i].source);
        out_json_text(out, "licence", row[i].licence);
        out_json_time(out, "fetched_at", row[i].fetched_s);
        out_json_close(out, '}');
    }
    out_json_close(out, ']');
}

static int answer(struct cli *cli, struct query *query, const struct query_status *status)
{
    struct args *args = (struct args *)cli;
    struct query_event *row = NULL;
    size_t n = 0;
    struct gnm_why why = { 0 };
    struct cli_out out = { 0 };
    int r = query_events(query, &row, &n, &why);
    if (r < 0)
        return cli_fail(&args->cli, cli_exit_of(r), "%s", why.text);
    if (args->from[0] == '\0')
        civil_format_date(status->published_s / 86400, args->from);
    if (args->cli.json) {
        out_json_begin(&out, args->cli.now_s);
        cli_heading_json(status, &out);
        rows_json(args, row, n, &out);
        out_printf(&out, "}\n");
    } else {
        table(args, status, row, n, &out);
    }
    free(row);
    return out_flush(&out, EX_OK);
}

int cli_events(int argc, char **argv)
{
    struct args args = { .from = "" };
    return cli_read(&args.cli, &parser, argc, argv, answer);
}
