/* gnomon probe: tries the register maps on a line and writes the section for what answers. */
#include "cli/probe.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "daemon/config.h"

enum { PAUSE_MS = 100 };

struct options { struct cli cli; const char *line, *maps; int unit; };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    int64_t unit;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 'l':
        o->line = arg;
        return 0;
    case 'm':
        o->maps = arg;
        return 0;
    case 'u':
        if (text_int(arg, 0, 255, &unit) < 0)
            argp_error(state, "--unit=%s: expected 0..255", arg);
        o->unit = (int)unit;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is too much: name a line with --line", arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "line", 'l', "LINE", 0, "look here only: a serial port, or tcp:ADDRESS[:PORT] with a numeric address", 0 },
    { "unit", 'u', "N", 0, "ask this unit only, not the usual ones of each map", 0 },
    { "maps", 'm', "DIR", 0, "folder of register maps", 0 },
    { 0 },
};
static const struct argp_child children[] = { { &cli_common, 0, NULL, 0 }, { 0 } };
static const struct argp parser = {
    options, parse, NULL,
    "Finds out which charge controller answers, by reading only, and writes the section for gnomon.conf. Without --line it looks at the serial "
    "adapters of this box.\v"
    "Each map is tried with its usual speed and units, about a second each where nothing answers. A port that gnomond uses is busy: stop it first.\n"
    "Exit status: 0 something answers, 66 no serial adapter, 69 nothing answers, 75 the port is busy, 77 no permission.",
    children, NULL, NULL };

/* ---- trying ---- */

static void progress(const struct probe_try *t, size_t n)
{
    char line[PROBE_PATH + 32];
    if (!isatty(STDERR_FILENO))
        return;
    probe_line_text(t, line, sizeof line);
    fprintf(stderr, "\r\033[K%zu: %s unit %d, %s", n + 1, line, t->unit, map_name(t->map->map));
    fflush(stderr);
}

static void try_one(struct probe *p, const struct probe_line *line, const struct probe_map *map, int unit)
{
    if (p->n == PROBE_TRIES)
        return;
    struct probe_try *t = &p->attempt[p->n];
    *t = (struct probe_try){ .line = line, .map = map, .unit = unit };
    snprintf(t->setting, sizeof t->setting, "%s", line->setting[0] != '\0' ? line->setting : map_serial(map->map));
    for (char *s = t->setting; *s != '\0'; s++)
        *s = *s == ' ' ? ':' : *s;
    if (!line->tcp && t->setting[0] == '\0')          /* a device that is on TCP only */
        return;
    progress(t, p->n);
    const struct timespec pause = { 0, PAUSE_MS * 1000000L };
    nanosleep(&pause, NULL);
    probe_ask(t);
    p->n++;
}

static int is_shut(const struct probe *p, const struct probe_line *line)
{
    const struct probe_try *t = p->n > 0 ? &p->attempt[p->n - 1] : NULL;
    return t != NULL && t->line == line && (t->result == PROBE_BUSY || t->result == PROBE_CLOSED);
}

static void try_line(struct probe *p, const struct probe_line *line, int unit)
{
    for (size_t i = 0; i < p->n_maps; i++) {
        uint8_t units[256];
        size_t n = map_probe_units(p->map[i].map, units);
        if (unit >= 0) {
            units[0] = (uint8_t)unit;
            n = 1;
        }
        for (size_t k = 0; k < n && !is_shut(p, line); k++)
            try_one(p, line, &p->map[i], units[k]);
    }
}

/* Of several maps that fit one device the one that explains most of it. */
static int is_best(const struct probe *p, const struct probe_try *t)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct probe_try *o = &p->attempt[i];
        int rival = o != t && o->result == PROBE_ANSWERED && o->line == t->line && o->unit == t->unit;
        if (rival && (o->score > t->score || (o->score == t->score && o < t)))
            return 0;
    }
    return t->result == PROBE_ANSWERED;
}

/* ---- saying ---- */

static void section_name(const struct probe *p, const struct probe_try *t, char *ret, size_t size)
{
    unsigned before = 0;
    for (const struct probe_try *o = p->attempt; o < t; o++)
        before += o->map == t->map && is_best(p, o);
    if (before == 0)
        snprintf(ret, size, "%s", t->map->name);
    else
        snprintf(ret, size, "%s-%u", t->map->name, before + 1);
}

static unsigned count_values(const struct gnm_reading *r)
{
    unsigned n = 0;
    for (int i = 0; i < GNM_FIELDS; i++)
        n += !isnan(r->value[i]);
    return n;
}

static void show_reading(const struct probe_try *t, struct cli_out *out)
{
    const struct gnm_reading *r = &t->reading;
    out_printf(out, "# %s", map_name(t->map->map));
    if (t->status.model[0] != '\0')
        out_printf(out, ", %s", t->status.model);
    if (t->status.serial[0] != '\0')
        out_printf(out, ", serial %s", t->status.serial);
    out_printf(out, ":");
    static const struct { enum gnm_field field; const char *unit; } shown[] = { { GNM_BATTERY_V, "V battery" }, { GNM_SOC_PCT, "%" }, { GNM_PV_W, "W panel" }, { GNM_LOAD_W, "W load" } };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (!isnan(r->value[shown[i].field]))
            out_printf(out, " %.4g %s,", r->value[shown[i].field], shown[i].unit);
    int stage = isnan(r->value[GNM_STAGE]) ? GNM_STAGE_UNKNOWN : (int)r->value[GNM_STAGE];
    out_printf(out, " stage %s\n", gnm_stage_names[stage]);
    if (t->status.left_out > 0)
        out_printf(out, "# reads of the map that this device refuses: %u; values there: %u of %d\n", t->status.left_out, count_values(r), GNM_FIELDS);
}

static void show_section(const struct probe *p, const struct probe_try *t, struct cli_out *out)
{
    char line[PROBE_PATH + 32], name[GNM_ID + 16];
    probe_line_text(t, line, sizeof line);
    section_name(p, t, name, sizeof name);
    out_printf(out, "[controller %s]\nmap = %s\nline = %s\nunit = %d\n", name, t->map->name, line, t->unit);
}

static const char *const results[] = { "answered", "other device", "silent", "busy", "closed" };

static void show(const struct probe *p, struct cli_out *out)
{
    for (size_t i = 0; i < p->n; i++)
        if (is_best(p, &p->attempt[i])) {
            show_reading(&p->attempt[i], out);
            show_section(p, &p->attempt[i], out);
            out_printf(out, "\n");
        }
    out_printf(out, "# Tried:\n");
    for (size_t i = 0; i < p->n; i++) {
        const struct probe_try *t = &p->attempt[i];
        char line[PROBE_PATH + 32];
        probe_line_text(t, line, sizeof line);
        out_printf(out, "# %-12s %s unit %d as %s%s%s\n", t->result == PROBE_ANSWERED && !is_best(p, t) ? "fits less" : results[t->result], line, t->unit,
                   t->map->name, t->text[0] != '\0' ? ": " : "", t->text);
    }
}

static void show_one_json(const struct probe *p, const struct probe_try *t, struct cli_out *out)
{
    char line[PROBE_PATH + 32];
    probe_line_text(t, line, sizeof line);
    out_json_open(out, NULL, '{');
    out_json_text(out, "line", line);
    out_json_text(out, "map", t->map->name);
    out_json_number(out, "unit", t->unit);
    out_json_text(out, "result", results[t->result]);
    out_json_bool(out, "best", is_best(p, t));
    out_json_text(out, "text", t->text);
    if (t->result == PROBE_ANSWERED) {
        out_json_text(out, "model", t->status.model);
        out_json_text(out, "serial", t->status.serial);
        for (int i = 0; i < GNM_FIELDS; i++)
            if (i == GNM_STAGE)
                out_json_text(out, "stage", isnan(t->reading.value[i]) ? NULL : gnm_stage_names[(int)t->reading.value[i]]);
            else
                out_json_number(out, gnm_field_names[i], t->reading.value[i]);
    }
    out_json_close(out, '}');
}

static void show_json(const struct probe *p, const struct cli *cli, int answer, struct cli_out *out)
{
    out_json_begin(out, cli->now_s);
    out_json_bool(out, "found", answer == EX_OK);
    out_json_open(out, "tried", '[');
    for (size_t i = 0; i < p->n; i++)
        show_one_json(p, &p->attempt[i], out);
    out_json_close(out, ']');
    out_json_open(out, "sections", '[');
    for (size_t i = 0; i < p->n; i++)
        if (is_best(p, &p->attempt[i])) {
            struct cli_out section = { 0 };
            show_section(p, &p->attempt[i], &section);
            out_json_text(out, NULL, section.text.data);
            text_free(&section.text);
        }
    out_printf(out, "]}\n");
}

/* ---- the command ---- */

static int answer_of(const struct probe *p)
{
    int busy = 0, denied = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (p->attempt[i].result == PROBE_ANSWERED)
            return EX_OK;
        busy |= p->attempt[i].result == PROBE_BUSY;
        denied |= p->attempt[i].error == -EACCES || p->attempt[i].error == -EPERM;
    }
    return busy ? EX_TEMPFAIL : denied ? EX_NOPERM : EX_UNAVAILABLE;
}

static int find_lines(struct options *o, struct probe *p)
{
    struct gnm_why why = { 0 };
    if (o->line == NULL) {
        p->n_lines = probe_adapters("/dev", p->line, PROBE_LINES);
        return p->n_lines > 0 ? 0 : cli_fail(&o->cli, EX_NOINPUT, "no serial adapter in /dev/serial/by-id, /dev/ttyUSB* or /dev/ttyACM*; --line names another line");
    }
    p->n_lines = 1;
    return probe_parse_line(o->line, "/dev", &p->line[0], &why) < 0 ? cli_fail(&o->cli, EX_USAGE, "%s", why.text) : 0;
}

/* A box may have no configuration yet: that is when this command is needed. */
static int find_maps(struct options *o, struct probe *p)
{
    char folder[300];
    struct gnm_why why = { 0 };
    cli_share(folder, sizeof folder - sizeof "/controllers");
    strcat(folder, "/controllers");
    if (o->maps != NULL || config_load(o->cli.config_path, &o->cli.config, &why) == 0)
        snprintf(folder, sizeof folder, "%s%s", o->maps != NULL ? o->maps : o->cli.config->paths.share, o->maps != NULL ? "" : "/controllers");
    p->attempt = calloc(PROBE_TRIES, sizeof *p->attempt);
    if (p->attempt == NULL)
        return cli_fail(&o->cli, EX_OSERR, "out of memory");
    return probe_load_maps(folder, p, &why) < 0 ? cli_fail(&o->cli, EX_CONFIG, "%s", why.text) : 0;
}

int cli_probe(int argc, char **argv)
{
    struct options o = { .unit = -1 };
    struct probe p = { 0 };
    struct cli_out out = { 0 };
    cli_start(&o.cli, argv);
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0)
        return EX_USAGE;
    int status = find_maps(&o, &p);
    if (status == 0)
        status = find_lines(&o, &p);
    for (size_t i = 0; status == 0 && i < p.n_lines; i++)
        try_line(&p, &p.line[i], o.unit);
    if (isatty(STDERR_FILENO) && p.n > 0)
        fprintf(stderr, "\r\033[K");
    if (status == 0) {
        status = answer_of(&p);
        if (o.cli.json)
            show_json(&p, &o.cli, status, &out);
        else
            show(&p, &out);
        status = out_flush(&out, status);
    }
    probe_free(&p);
    cli_close(&o.cli);
    return status;
}
