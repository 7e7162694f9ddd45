/* The summary of a simulated run, for people and for programs. */
#include <math.h>
#include <stdlib.h>

#include "almanac/civil.h"
#include "cli/simulate.h"

static void hours(struct cli_out *out, const char *label, double s, const char *note)
{
    out_printf(out, "  %-26s %9.1f h   %s\n", label, s / 3600, note);
}

static double share(double a, double b)
{
    return b > 0 ? 100 * a / b : 0;
}

static int by_number(const void *a, const void *b)
{
    const struct simulate_reason *x = a, *y = b;
    return (x->n < y->n) - (x->n > y->n);
}

static void box(const struct simulate *s, struct cli_out *out)
{
    const struct sim_total *t = &s->sim.total;
    double span_s = (double)s->args.days * 86400, up_s = span_s - t->off_s - t->cut_s;
    char note[80];
    out_printf(out, "THE BOX\n");
    snprintf(note, sizeof note, "%.2f %%, %u start%s", share(up_s, span_s), s->starts, s->starts == 1 ? "" : "s");
    hours(out, "up", up_s, note);
    snprintf(note, sizeof note, "%u time%s", t->outages, t->outages == 1 ? "" : "s");
    hours(out, "battery empty", t->off_s, note);
    hours(out, "  sun and base load alone", t->off_anyway_s, "would have been so without any work");
    hours(out, "  because of gnomon's work", t->off_s - t->off_anyway_s, "");
    if (t->cut_s > 0)
        hours(out, "cut off by the schedule", t->cut_s, "");
    out_printf(out, "  %-26s %9u     %u without an answer\n", "polls", t->polls, t->failed_polls);
}

static void energy(const struct simulate *s, struct cli_out *out)
{
    const struct sim_total *t = &s->sim.total;
    double days = (double)s->args.days, possible_wh = t->pv_wh + t->wasted_wh;
    out_printf(out, "\nENERGY\n");
    out_printf(out, "  %-26s %9.1f kWh %6.0f Wh a day\n", "the panel could give", possible_wh / 1000, possible_wh / days);
    out_printf(out, "  %-26s %9.1f kWh %6.0f Wh a day, %.0f %%\n", "harvested", t->pv_wh / 1000, t->pv_wh / days, share(t->pv_wh, possible_wh));
    out_printf(out, "  %-26s %9.1f kWh %6.0f Wh a day, %.0f %%\n", "thrown away (battery full)", t->wasted_wh / 1000, t->wasted_wh / days, share(t->wasted_wh, possible_wh));
    out_printf(out, "  %-26s %9.1f kWh %6.0f Wh a day\n", "used by the load", t->load_wh / 1000, t->load_wh / days);
    for (int p = 0; p < GNM_PURPOSES; p++)
        if (s->purpose_j[p] > 0)
            out_printf(out, "    %-24s %9.4g Wh a day\n", gnm_purpose_names[p], s->purpose_j[p] / 3600 / days);
}

static void jobs(const struct simulate *s, struct cli_out *out)
{
    for (size_t i = 0; i < s->args.n_jobs; i++) {
        const struct simulate_job *j = &s->job[i];
        out_printf(out, "  %-26s %9u of %u done, %.2f days after it was wanted; %.1f Wh\n", j->name, j->done, j->wanted, j->done > 0 ? j->delay_s / j->done / 86400 : 0, j->worked_s * j->w / 3600);
    }
}

static void training(const struct simulate *s, struct cli_out *out)
{
    struct simulate_reason sorted[SIMULATE_REASONS];
    out_printf(out, "\nTRAINING\n  asked %u, granted %u, refused %u; %u finished%s\n", s->asked, s->granted, s->refused, s->learned, s->args.n_jobs > 0 ? " (stated work: it costs, but learns nothing)" : "");
    for (size_t i = 0; i < s->n_reasons; i++)
        sorted[i] = s->reason[i];
    qsort(sorted, s->n_reasons, sizeof sorted[0], by_number);
    for (size_t i = 0; i < s->n_reasons; i++)
        out_printf(out, "  %6u  such as \"%s\"\n", sorted[i].n, sorted[i].example);
    jobs(s, out);
}

static void forecasts(const struct simulate *s, struct cli_out *out)
{
    const struct simulate_score *f = &s->score;
    out_printf(out, "\nFORECASTS\n  %-26s %9ld of %ld (series and day)\n", "missed", f->missed, f->wanted);
    if (f->n == 0)
        return;
    out_printf(out, "  %-26s %9.1f %%   WAPE of what was said last before the day, %ld forecasts\n", "off by", 100 * f->wape, f->n);
    out_printf(out, "  %-26s %9.1f %%   the best anybody could do who knew the town\n", "noise floor", 100 * f->floor_wape);
    out_printf(out, "  %-26s %9.1f %%\n", "value of a week ago", 100 * f->naive_wape);
    out_printf(out, "  %-26s %9.1f %%   of 80 %%\n", "inside p10..p90", 100 * f->coverage_80);
}

static void machine(const struct simulate *s, struct cli_out *out)
{
    double days = (double)s->args.days;
    out_printf(out, "\nDISK\n  %-26s %9.2f MB a day, %lld pages of 4 KiB and %lld syncs in all\n", "written", (double)s->written.device_bytes / 1e6 / days,
               (long long)s->written.pages, (long long)s->written.syncs);
    out_printf(out, "\nsimulated in %.1f s (%.1f s CPU)\n", s->wall_s, s->cpu_s);
}

void simulate_report(const struct simulate *s, struct cli_out *out)
{
    char date[11];
    civil_format_date(s->args.start_s / 86400, date);
    out_printf(out, "%lld days from %s at %.2f,%.2f, seed %lld: %.0f W panel, %.0f Ah %s, %.1f W load, %lld series\n\n", (long long)s->args.days, date, s->args.latitude_deg,
               s->args.longitude_deg, (long long)s->args.seed, s->args.plant.panel_w, s->args.plant.battery_ah, s->args.chemistry, s->args.plant.base_w, (long long)s->args.series);
    box(s, out);
    energy(s, out);
    training(s, out);
    forecasts(s, out);
    machine(s, out);
}

/* ---- JSON ---- */

static void json_box(const struct simulate *s, struct cli_out *out)
{
    const struct sim_total *t = &s->sim.total;
    out_json_number(out, "days", (double)s->args.days);
    out_json_number(out, "seed", (double)s->args.seed);
    out_json_number(out, "up_ratio", 1 - (t->off_s + t->cut_s) / ((double)s->args.days * 86400));
    out_json_number(out, "starts", s->starts);
    out_json_number(out, "battery_empty_h", t->off_s / 3600);
    out_json_number(out, "battery_empty_anyway_h", t->off_anyway_s / 3600);
    out_json_number(out, "halted_h", t->halt_s / 3600);
    out_json_number(out, "not_running_h", (t->off_s + t->halt_s) / 3600);
    out_json_number(out, "cut_h", t->cut_s / 3600);
    out_json_number(out, "polls", t->polls);
    out_json_number(out, "polls_failed", t->failed_polls);
    out_json_number(out, "harvested_wh", t->pv_wh);
    out_json_number(out, "thrown_away_wh", t->wasted_wh);
    out_json_number(out, "load_wh", t->load_wh);
    out_json_open(out, "joules", '{');
    for (int p = 0; p < GNM_PURPOSES; p++)
        out_json_number(out, gnm_purpose_names[p], s->purpose_j[p]);
    out_json_close(out, '}');
}

static void json_training(const struct simulate *s, struct cli_out *out)
{
    out_json_number(out, "asked", s->asked);
    out_json_number(out, "granted", s->granted);
    out_json_number(out, "refused", s->refused);
    out_json_number(out, "trained", s->learned);
    out_json_open(out, "refusals", '[');
    for (size_t i = 0; i < s->n_reasons; i++) {
        out_json_open(out, NULL, '{');
        out_json_text(out, "example", s->reason[i].example);
        out_json_number(out, "n", s->reason[i].n);
        out_json_close(out, '}');
    }
    out_json_close(out, ']');
}

static void json_jobs(const struct simulate *s, struct cli_out *out)
{
    out_json_text(out, "policy", simulate_policy_name(&s->args.policy));
    out_json_number(out, "work_wh", s->sim.total.work_wh);
    out_json_open(out, "jobs", '[');
    for (size_t i = 0; i < s->args.n_jobs; i++) {
        const struct simulate_job *j = &s->job[i];
        out_json_open(out, NULL, '{');
        out_json_text(out, "job", j->name);
        out_json_text(out, "purpose", gnm_purpose_names[j->purpose]);
        out_json_number(out, "wanted", j->wanted);
        out_json_number(out, "done", j->done);
        out_json_number(out, "missed", j->missed);
        out_json_number(out, "delay_d", j->done > 0 ? j->delay_s / j->done / 86400 : NAN);
        out_json_number(out, "wh", j->worked_s * j->w / 3600);
        out_json_close(out, '}');
    }
    out_json_close(out, ']');
}

void simulate_json(const struct simulate *s, struct cli_out *out)
{
    const struct simulate_score *f = &s->score;
    out_json_begin(out, s->args.start_s + s->args.days * 86400);
    json_box(s, out);
    json_training(s, out);
    json_jobs(s, out);
    out_json_number(out, "forecasts_wanted", (double)f->wanted);
    out_json_number(out, "forecasts_missed", (double)f->missed);
    out_json_number(out, "forecasts_repeated", (double)f->repeated);
    out_json_number(out, "wape", f->n > 0 ? f->wape : NAN);
    out_json_number(out, "wape_floor", f->n > 0 ? f->floor_wape : NAN);
    out_json_number(out, "wape_week_ago", f->n > 0 ? f->naive_wape : NAN);
    out_json_number(out, "coverage_80", f->n > 0 ? f->coverage_80 : NAN);
    out_json_number(out, "ledger_gap_s", s->ledger_gap_s);
    out_json_number(out, "device_bytes", (double)s->written.device_bytes);
    out_json_number(out, "cpu_s", s->cpu_s);
    out_json_number(out, "wall_s", s->wall_s);
    out_json_open(out, "private_kib", '[');
    for (size_t i = 0; i < s->months; i++)
        out_printf(out, "%s%.0f", i > 0 ? "," : "", s->private_kib[i]);
    out_json_close(out, ']');
    out_json_close(out, '}');
    out_printf(out, "\n");
}
