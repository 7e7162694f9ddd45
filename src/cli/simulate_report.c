/* The summary of a simulated run, for people and for programs. */
#include <math.h>
#include <stdlib.h>

#include "almanac/civil.h"
#include "cli/simulate.h"

static double share(double a, double b)
{
    return b > 0 ? 100 * a / b : 0;
}

static void hours(struct cli_out *out, const char *label, double s, const char *note)
{
    out_printf(out, "  %-34s %9.1f h%s%s\n", label, s / 3600, note[0] != '\0' ? "   " : "", note);
}

/* Three figures that count, however small. */
static void figure(double x, char ret[24])
{
    snprintf(ret, 24, x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : x >= 0.01 || x == 0 ? "%.2f" : "%.2g", x);
}

static void energy_row(struct cli_out *out, const char *label, double wh, double days, const char *note)
{
    char all[24], each[24];
    int large = wh >= 1000;
    figure(large ? wh / 1000 : wh, all);
    figure(wh / days, each);
    out_printf(out, "  %-34s %9s %-3s %9s Wh a day%s%s\n", label, all, large ? "kWh" : "Wh", each, note[0] != '\0' ? "   " : "", note);
}

static int by_number(const void *a, const void *b)
{
    const struct simulate_reason *x = a, *y = b;
    return (x->n < y->n) - (x->n > y->n);
}

static void times(char *ret, size_t size, unsigned n, const char *what)
{
    snprintf(ret, size, "%u %s%s", n, what, n == 1 ? "" : "s");
}

static void box(const struct simulate *s, struct cli_out *out)
{
    const struct sim_total *t = &s->sim.total;
    double span_s = (double)s->args.days * 86400, up_s = span_s - t->off_s - t->cut_s - t->halt_s;
    char note[80], starts[24], outages[24];
    times(starts, sizeof starts, s->starts, "start");
    times(outages, sizeof outages, t->outages, "time");
    out_printf(out, "THE BOX\n");
    snprintf(note, sizeof note, "%.2f %% of the time, %s", share(up_s, span_s), starts);
    hours(out, "running", up_s, note);
    hours(out, "without power: battery empty", t->off_s, outages);
    hours(out, "  base load alone, never dimmed", t->alone_off_s, "a twin of the plant under the same sky, without the box's work");
    hours(out, "  added by gnomon's work", t->off_s - t->alone_off_s, "below 0: saved");
    hours(out, "  while that twin had power", t->off_s - t->off_anyway_s, "outages only shifted count here, too: the twin has them later");
    hours(out, "stopped by itself (mode halt)", t->halt_s, "");
    if (t->cut_s > 0)
        hours(out, "power cut by the schedule", t->cut_s, "");
    snprintf(note, sizeof note, "%.1f h of it in saver2", s->mode_s[GNM_SAVER2] / 3600);
    hours(out, "saving (modes saver1, saver2)", s->mode_s[GNM_SAVER1] + s->mode_s[GNM_SAVER2], note);
    out_printf(out, "  %-34s %9u     %u without an answer\n", "polls of the controller", t->polls, t->failed_polls);
}

static void energy(const struct simulate *s, struct cli_out *out)
{
    const struct sim_total *t = &s->sim.total;
    double days = (double)s->args.days, possible_wh = t->pv_wh + t->wasted_wh;
    char note[40];
    out_printf(out, "\nENERGY\n");
    energy_row(out, "the panel could give", possible_wh, days, "");
    snprintf(note, sizeof note, "%.0f %%", share(t->pv_wh, possible_wh));
    energy_row(out, "harvested", t->pv_wh, days, note);
    snprintf(note, sizeof note, "%.0f %%, battery full", share(t->wasted_wh, possible_wh));
    energy_row(out, "thrown away", t->wasted_wh, days, note);
    energy_row(out, "used", t->load_wh, days, "measured at the plant; by purpose, as gnomon's ledger says:");
    for (int p = 0; p < GNM_PURPOSES; p++) {
        char label[40];
        snprintf(label, sizeof label, "  %s", gnm_purpose_names[p]);
        if (s->purpose_j[p] > 0)
            energy_row(out, label, s->purpose_j[p] / 3600, days, p == GNM_IDLE ? "the base load while it ran" : "");
    }
}

static void jobs(const struct simulate *s, struct cli_out *out)
{
    for (size_t i = 0; i < s->args.n_jobs; i++) {
        const struct simulate_job *j = &s->job[i];
        out_printf(out, "  %-34s %9u done of %u, on average %.2f days after it was wanted; %.1f Wh\n", j->name, j->done, j->wanted,
                   j->done > 0 ? j->delay_s / j->done / 86400 : 0, j->worked_s * j->w / 3600);
    }
}

static void training(const struct simulate *s, struct cli_out *out)
{
    struct simulate_reason sorted[SIMULATE_REASONS];
    out_printf(out, "\n%s\n", s->args.n_jobs > 0 ? "WORK (stated, not done: it costs energy and learns nothing)" : "TRAINING");
    out_printf(out, "  %-34s %9u     %u times granted, %u refused\n", "asked for power, times", s->asked, s->granted, s->refused);
    out_printf(out, "  %-34s %9u\n", "finished", s->learned);
    jobs(s, out);
    for (size_t i = 0; i < s->n_reasons; i++)
        sorted[i] = s->reason[i];
    qsort(sorted, s->n_reasons, sizeof sorted[0], by_number);
    for (size_t i = 0; i < s->n_reasons; i++)
        out_printf(out, "  %-34s %9u     such as: %s\n", i == 0 ? "refused, by reason" : "", sorted[i].n, sorted[i].example);
}

static void percent(struct cli_out *out, const char *label, double ratio, const char *note)
{
    out_printf(out, "  %-34s %9.1f %%   %s\n", label, 100 * ratio, note);
}

static void forecasts(const struct simulate *s, struct cli_out *out)
{
    const struct simulate_score *f = &s->score;
    if (f->wanted == 0)
        return;
    out_printf(out, "\nFORECASTS\n  %-34s %9ld     of %ld, one for each daily series and day\n", "missed", f->missed, f->wanted);
    if (f->n == 0)
        return;
    percent(out, "off by (WAPE)", f->wape, "of what was said last before the day");
    percent(out, "noise floor", f->floor_wape, "the best anybody could do who knew the town");
    percent(out, "the value of a week ago", f->naive_wape, "for comparison");
    percent(out, "inside p10..p90", f->coverage_80, "should be 80 %");
}

static void machine(const struct simulate *s, struct cli_out *out)
{
    double days = (double)s->args.days;
    out_printf(out, "\nDISK\n  %-34s %9.2f MB  a day: %lld pages of 4 KiB, %lld syncs of 8 KiB in all\n", "written", (double)s->written.device_bytes / 1e6 / days,
               (long long)s->written.pages, (long long)s->written.syncs);
    out_printf(out, "\nsimulated in %.1f s (%.1f s CPU)\n", s->wall_s, s->cpu_s);
}

void simulate_report(const struct simulate *s, struct cli_out *out)
{
    char date[11];
    civil_format_date(s->args.start_s / 86400, date);
    out_printf(out, "%lld days from %s at %.2f,%.2f, seed %lld\n%.0f W panel, %.0f Ah %s, %.1f W load, %lld series\n\n", (long long)s->args.days, date, s->args.latitude_deg,
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
    out_json_number(out, "up_ratio", 1 - (t->off_s + t->cut_s + t->halt_s) / ((double)s->args.days * 86400));
    out_json_number(out, "starts", s->starts);
    out_json_number(out, "battery_empty_h", t->off_s / 3600);
    out_json_number(out, "battery_empty_anyway_h", t->off_anyway_s / 3600);
    out_json_number(out, "battery_empty_base_load_h", t->alone_off_s / 3600);
    out_json_number(out, "saver1_h", s->mode_s[GNM_SAVER1] / 3600);
    out_json_number(out, "saver2_h", s->mode_s[GNM_SAVER2] / 3600);
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
    out_json_text(out, "policy", s->args.policy != NULL ? s->args.policy : "refill");
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
