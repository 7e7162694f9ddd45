#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/text.h"
#include "cli/backtest.h"
#include "features/panel_period.h"

static double mean_of(const struct backtest_data *data, const struct backtest_outcome *outcome, backtest_pick *pick)
{
    double sum = 0;
    int n = 0;
    for (size_t i = 0; i < data->n_cases; i++) {
        double x = pick(&outcome->result[i].figures);
        if (!backtest_counts(data, i) || isnan(x))
            continue;
        sum += x;
        n++;
    }
    return n > 0 ? sum / n : NAN;
}

static void figure_line(FILE *to, const char *split, const char *model, const struct backtest_data *data, const struct backtest_outcome *o, size_t i)
{
    fprintf(to, "%-8s %-8s", split, model);
    for (size_t k = 0; k < BACKTEST_FIGURES; k++) {
        if (strcmp(backtest_figures[k].name, "pinball") == 0)
            continue;
        double x = i < data->n_cases ? backtest_figures[k].pick(&o->result[i].figures) : mean_of(data, o, backtest_figures[k].pick);
        fprintf(to, "  %8.4f", x);
    }
    double cpu_s = i < data->n_cases ? o->case_cost[i].cpu_s : o->cost.cpu_s, joules = i < data->n_cases ? o->case_cost[i].joules : o->cost.joules;
    fprintf(to, "  %8.3f %9.2f\n", cpu_s, joules);
}

/* Of the newest case. */
static void say_choice(const struct backtest_outcome *o, const struct backtest_data *data, FILE *to)
{
    char say[FRUGAL_TEXT];
    frugal_say(&o->result[data->n_cases - 1].frugal, say);
    if (say[0] != '\0')
        fprintf(to, "%-8s %s: %s\n", model_kind_names[o->kind], data->cases[data->n_cases - 1].name, say);
}

int backtest_report(const struct backtest_args *args, const struct backtest_data *data, const struct backtest_outcome *outcome, FILE *to)
{
    fprintf(to, "%zu series by %s, %zu splits", panel_series_count(data->panel), gnm_step_names[panel_step(data->panel)], data->n_cases);
    if (args->known.n > 0)
        fprintf(to, "; an upper bound: %zu drivers taken as perfectly known in advance", args->known.n);
    fprintf(to, "\n%-8s %-8s  %8s  %8s  %8s  %8s  %8s  %8s  %8s  %8s  %8s %9s\n", "split", "model", "WAPE", "MASE", "RMSSE", "pinball", "cover50",
            "cover80", "cover95", "bias", "CPU s", "joules");
    for (size_t i = 0; i < data->n_cases; i++)
        for (size_t m = 0; m < args->n_models; m++)
            figure_line(to, data->cases[i].name, model_kind_names[outcome[m].kind], data, &outcome[m], i);
    for (size_t m = 0; m < args->n_models; m++)
        figure_line(to, "mean", model_kind_names[outcome[m].kind], data, &outcome[m], data->n_cases);
    fprintf(to, "mean: over the splits named R*; its CPU and joules (%s) are those of the whole call; pinball is relative to the mean value\n",
            outcome[0].cost.method);
    for (size_t m = 0; m < args->n_models; m++)
        say_choice(&outcome[m], data, to);
    for (size_t m = 0; m < args->n_models; m++)
        fprintf(to, "%-8s peak memory %.1f MiB\n", model_kind_names[outcome[m].kind], outcome[m].cost.peak_kib / 1024);
    return 0;
}

static void json_cost(struct text *t, const struct backtest_cost *cost)
{
    text_printf(t, ",\"cpu_s\":");
    text_json_number(t, cost->cpu_s, 6);
    text_printf(t, ",\"joules\":");
    text_json_number(t, cost->joules, 6);
    text_printf(t, ",\"joules_method\":\"%s\",\"peak_kib\":", cost->method);
    text_json_number(t, cost->peak_kib, 9);
}

/* What the series were found to react to; only series that are scored. */
static void json_drivers(struct text *t, const struct backtest_data *data, const struct backtest_result *r)
{
    text_printf(t, ",\"drivers\":[");
    for (size_t i = 0, any = 0; i < r->n_drivers; i++) {
        const struct backtest_driver *d = &r->driver[i];
        if (data->chosen != NULL && !data->chosen[d->series])
            continue;
        text_printf(t, "%s{\"series\":", any++ > 0 ? "," : "");
        text_json_string(t, panel_series_name(data->panel, d->series));
        text_printf(t, ",\"driver\":");
        text_json_string(t, d->name);
        text_printf(t, ",\"used\":%s,\"gain\":", d->verdict.state == DRIVER_USED ? "true" : "false");
        text_json_number(t, d->verdict.gain, 4);
        text_printf(t, ",\"own_days_gain\":");
        text_json_number(t, d->verdict.own_gain, 4);
        text_printf(t, ",\"best_shifted_gain\":");
        text_json_number(t, d->verdict.shifted, 4);
        text_printf(t, "}");
    }
    text_printf(t, "]");
}

/* Joules of a class: its share of the work times what the whole case cost. */
static void json_classes(struct text *t, const struct frugal *f, const struct backtest_cost *cost)
{
    char say[FRUGAL_TEXT];
    double all = 0;
    frugal_say(f, say);
    if (f->chosen < 0)
        return;
    for (int c = 0; c < FRUGAL_CLASSES; c++)
        all += f->units[c];
    text_printf(t, ",\"choice\":");
    text_json_string(t, say);
    text_printf(t, ",\"classes\":[");
    for (int c = 0, any = 0; c < FRUGAL_CLASSES; c++) {
        if (isnan(f->error[c]))
            continue;
        text_printf(t, "%s{\"class\":\"%s\",\"serves\":%s,\"past_wape\":", any++ ? "," : "", frugal_names[c], c == f->chosen ? "true" : "false");
        text_json_number(t, f->error[c], 5);
        text_printf(t, ",\"past_wape_of_total\":");
        text_json_number(t, f->total[c], 5);
        text_printf(t, ",\"standard_error\":");
        text_json_number(t, f->unsure[c], 3);
        text_printf(t, ",\"cpu_s\":");
        text_json_number(t, cost->cpu_s * f->units[c] / all, 3);
        text_printf(t, ",\"joules\":");
        text_json_number(t, cost->joules * f->units[c] / all, 3);
        text_printf(t, "}");
    }
    text_printf(t, "]");
}

static void json_case(struct text *t, const struct backtest_data *data, const struct backtest_outcome *o, size_t i)
{
    const struct backtest_result *r = &o->result[i];
    char date[11];
    civil_format_date(data->cases[i].split.origin_label, date);
    text_printf(t, "{\"split\":");
    text_json_string(t, data->cases[i].name);
    text_printf(t, ",\"origin\":\"%s\",\"horizon\":%d,", date, data->cases[i].split.horizon);
    backtest_json_figures(t, &r->figures);
    text_printf(t, ",\"series\":%d,\"series_without_scale\":%d", r->figures.n_series, r->figures.n_without_scale);
    json_cost(t, &o->case_cost[i]);
    if (!isnan(r->lambda)) {
        text_printf(t, ",\"columns\":%d,\"lambda\":%g,\"mu\":%g,\"kappa\":%g", r->columns, r->lambda, r->mu, r->kappa);
    }
    text_printf(t, ",\"weights\":{");
    for (int m = 0, any = 0; m < MEMBERS; m++)
        if (r->blend.weight[m] > 0)
            text_printf(t, "%s\"%s\":%.4g", any++ ? "," : "", model_kind_names[kind_of_member((enum member)m)], r->blend.weight[m]);
    text_printf(t, "}");
    json_classes(t, &r->frugal, &o->case_cost[i]);
    json_drivers(t, data, r);
    text_printf(t, "}");
}

static void json_model(struct text *t, const struct backtest_data *data, const struct backtest_outcome *o)
{
    text_printf(t, "{\"model\":\"%s\",\"mean\":{", model_kind_names[o->kind]);
    for (size_t k = 0; k < BACKTEST_FIGURES; k++) {
        text_printf(t, "%s\"%s\":", k > 0 ? "," : "", backtest_figures[k].name);
        text_json_number(t, mean_of(data, o, backtest_figures[k].pick), 9);
    }
    text_printf(t, "}");
    json_cost(t, &o->cost);
    text_printf(t, ",\"splits\":[");
    for (size_t i = 0; i < data->n_cases; i++) {
        text_printf(t, "%s", i > 0 ? "," : "");
        json_case(t, data, o, i);
    }
    text_printf(t, "]");
    backtest_json_parts(t, data, o);
    text_printf(t, "}");
}

int backtest_report_json(const struct backtest_args *args, const struct backtest_data *data, const struct backtest_outcome *outcome, FILE *to)
{
    struct text t = { 0 };
    text_printf(&t, "{\"step\":\"%s\",\"series\":%zu,\"perfectly_known\":[", gnm_step_names[panel_step(data->panel)], panel_series_count(data->panel));
    for (size_t i = 0; i < args->known.n; i++) {
        text_printf(&t, "%s", i > 0 ? "," : "");
        text_json_string(&t, args->known.name[i]);
    }
    text_printf(&t, "],\"models\":[");
    for (size_t m = 0; m < args->n_models; m++) {
        text_printf(&t, "%s", m > 0 ? "," : "");
        json_model(&t, data, &outcome[m]);
    }
    int rc = text_printf(&t, "]}\n");
    if (rc == 0)
        fwrite(t.data, 1, t.len, to);
    text_free(&t);
    return rc;
}

struct line { const char *series; int64_t origin; int period, horizon; const char *model; const struct cell *cell; };

static int by_line(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = strcmp(x->series, y->series);
    if (order == 0)
        order = (x->origin > y->origin) - (x->origin < y->origin);
    if (order == 0)
        order = (x->horizon > y->horizon) - (x->horizon < y->horizon);
    return order != 0 ? order : strcmp(x->model, y->model);
}

static size_t collect(const struct backtest_args *args, const struct backtest_data *data, const struct backtest_outcome *outcome, struct line *ret)
{
    size_t n = 0;
    for (size_t m = 0; m < args->n_models; m++)
        for (size_t i = 0; i < data->n_cases; i++) {
            const struct backtest_result *r = &outcome[m].result[i];
            for (size_t s = 0; s < r->n_series; s++)
                for (int h = 1; r->known[s] && data->chosen[s] && h <= r->horizon; h++, n++)
                    if (ret != NULL)
                        ret[n] = (struct line){ panel_series_name(data->panel, s), data->cases[i].split.origin_label,
                                                panel_period(data->panel, data->cases[i].split.origin_label) + h, h,
                                                model_kind_names[outcome[m].kind], &r->cell[s * (size_t)r->horizon + (size_t)h - 1] };
        }
    return n;
}

/* A name with a comma, a quote or a line end stands in quotes. */
static void write_name(FILE *to, const char *name)
{
    if (strpbrk(name, ",\"\r\n") == NULL) {
        fputs(name, to);
        return;
    }
    fputc('"', to);
    for (; *name != '\0'; name++) {
        if (*name == '"')
            fputc('"', to);
        fputc(*name, to);
    }
    fputc('"', to);
}

int backtest_write(const struct backtest_args *args, const struct backtest_data *data, const struct backtest_outcome *outcome, FILE *to)
{
    size_t n = collect(args, data, outcome, NULL);
    struct line *line = calloc(n + 1, sizeof *line);
    if (line == NULL)
        return -ENOMEM;
    collect(args, data, outcome, line);
    qsort(line, n, sizeof *line, by_line);
    fprintf(to, "series,origin,date,horizon,model,mean");
    for (int k = 0; k < args->n_levels; k++)
        fprintf(to, ",q%g", args->level[k]);
    fprintf(to, "\n");
    for (size_t i = 0; i < n; i++) {
        char origin[11], date[11];
        civil_format_date(line[i].origin, origin);
        civil_format_date(panel_label(data->panel, line[i].period), date);
        write_name(to, line[i].series);
        fprintf(to, ",%s,%s,%d,%s,%.9g", origin, date, line[i].horizon, line[i].model, line[i].cell->mean);
        for (int k = 0; k < args->n_levels; k++)
            fprintf(to, ",%.9g", line[i].cell->q[k]);
        fprintf(to, "\n");
    }
    free(line);
    return ferror(to) ? -EIO : 0;
}
