/* One picture of a simulated run: state of charge, sun used and thrown away, trainings and refusals, over the same days. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "almanac/civil.h"
#include "cli/simulate.h"

enum { WIDTH = 1200, HEIGHT = 720, LEFT = 70, RIGHT = 1170, HOURLY_UP_TO = 14, WIDEST = 60 };

struct panel_box { double top, bottom; };
static const struct panel_box charge_box = { 80, 270 }, sun_box = { 325, 515 }, learn_box = { 575, 665 };

struct bin { double low, high, mean, used_wh, wasted_wh, work_s, off_s; int n; };

struct drawing { const struct simulate *s; struct text *svg; int hours_per_bin, bad; size_t bins; };

static void draw(struct drawing *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void draw(struct drawing *d, const char *format, ...)
{
    char piece[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    if (n < 0 || n >= (int)sizeof piece || text_append(d->svg, piece, (size_t)n) < 0)
        d->bad = 1;
}

static double x_of(const struct drawing *d, double day)
{
    return LEFT + (RIGHT - LEFT) * day / (double)d->s->args.days;
}

static double y_of(const struct panel_box *box, double ratio)
{
    return box->bottom - (box->bottom - box->top) * fmin(fmax(ratio, 0), 1);
}

static struct bin bin_at(const struct drawing *d, size_t i)
{
    struct bin b = { .low = 1, .high = 0 };
    for (size_t h = i * (size_t)d->hours_per_bin; h < (i + 1) * (size_t)d->hours_per_bin && h < d->s->sim.hours; h++) {
        const struct sim_hour *hour = &d->s->sim.hour[h];
        if (hour->soc_ratio < 0)
            continue;
        b.low = fmin(b.low, (double)hour->soc_ratio);
        b.high = fmax(b.high, (double)hour->soc_ratio);
        b.mean += (double)hour->soc_ratio;
        b.used_wh += (double)hour->pv_wh;
        b.wasted_wh += (double)hour->wasted_wh;
        b.work_s += (double)hour->work_s;
        b.off_s += (double)hour->off_s;
        b.n++;
    }
    if (b.n > 0)
        b.mean /= b.n;
    return b;
}

static double bin_day(const struct drawing *d, double i)
{
    return i * d->hours_per_bin / 24;
}

/* ---- axes ---- */

static void title_of(struct drawing *d, const struct panel_box *box, const char *text)
{
    draw(d, "<text x='%d' y='%.0f' class='h'>%s</text>\n", LEFT, box->top - 10, text);
}

static void grid(struct drawing *d, const struct panel_box *box, double ratio, const char *label)
{
    double y = y_of(box, ratio);
    draw(d, "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' class='g'/><text x='%d' y='%.1f' class='a' text-anchor='end'>%s</text>\n", LEFT, RIGHT, y, y, LEFT - 8, y + 4, label);
}

static double step_days(int64_t days)
{
    static const int steps[] = { 1, 2, 5, 10 };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (days / steps[i] <= 14)
            return steps[i];
    return 0;                         /* months */
}

static void calendar(struct drawing *d)
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int64_t first = d->s->args.start_s / 86400, days = d->s->args.days, every = days > 800 ? 3 : 1;
    int step = (int)step_days(days);
    for (int64_t k = 0; k < days; k++) {
        int year, month, mday;
        char label[24];
        civil_date(first + k, &year, &month, &mday);
        if (step > 0 ? k % step != 0 : mday != 1 || (month - 1) % every != 0)
            continue;
        if (step > 0)
            snprintf(label, sizeof label, "%d %s", mday, months[month - 1]);
        else if (month == 1)
            snprintf(label, sizeof label, "%d", year);
        else
            snprintf(label, sizeof label, "%s", months[month - 1]);
        double x = x_of(d, (double)k);
        draw(d, "<line x1='%.1f' x2='%.1f' y1='%.0f' y2='%.0f' class='g'/><text x='%.1f' y='%.0f' class='a'>%s</text>\n", x, x, charge_box.top, learn_box.bottom, x + 3,
             learn_box.bottom + 18, label);
    }
}

/* ---- state of charge ---- */

static void outages(struct drawing *d)
{
    for (size_t i = 0; i < d->bins; i++) {
        struct bin b = bin_at(d, i);
        if (b.off_s > 60)
            draw(d, "<rect x='%.2f' width='%.2f' y='%.0f' height='%.0f' class='off' fill-opacity='%.2f'/>\n", x_of(d, bin_day(d, (double)i)), fmax(x_of(d, bin_day(d, 1)) - LEFT, 1),
                 charge_box.top, charge_box.bottom - charge_box.top, 0.1 + 0.4 * fmin(b.off_s / (3600.0 * d->hours_per_bin), 1));
    }
}

static void charge(struct drawing *d)
{
    title_of(d, &charge_box, d->hours_per_bin == 1 ? "State of charge <tspan class='n'>hourly; red: not running</tspan>"
                                                   : "State of charge <tspan class='n'>mean of the day, lowest to highest; red: not running</tspan>");
    grid(d, &charge_box, 0, "0 %");
    grid(d, &charge_box, 0.5, "50 %");
    grid(d, &charge_box, 1, "100 %");
    outages(d);
    draw(d, "<path class='band' d='");
    for (size_t i = 0; i < d->bins; i++)
        draw(d, "%s%.1f %.1f", i == 0 ? "M" : "L", x_of(d, bin_day(d, (double)i + 0.5)), y_of(&charge_box, bin_at(d, i).high));
    for (size_t i = d->bins; i > 0; i--)
        draw(d, "L%.1f %.1f", x_of(d, bin_day(d, (double)i - 0.5)), y_of(&charge_box, bin_at(d, i - 1).low));
    draw(d, "Z'/>\n<path class='mean' d='");
    for (size_t i = 0; i < d->bins; i++)
        draw(d, "%s%.1f %.1f", i == 0 ? "M" : "L", x_of(d, bin_day(d, (double)i + 0.5)), y_of(&charge_box, bin_at(d, i).mean));
    draw(d, "'/>\n");
}

/* ---- sun ---- */

static double round_up(double x)
{
    double unit = pow(10, floor(log10(fmax(x, 1))));
    static const double steps[] = { 1, 1.5, 2, 3, 4, 5, 6, 8 };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (x <= steps[i] * unit)
            return steps[i] * unit;
    return 10 * unit;
}

static void bar(struct drawing *d, const struct panel_box *box, size_t i, double low, double high, const char *class)
{
    double x = x_of(d, bin_day(d, (double)i)), w = x_of(d, bin_day(d, 1)) - LEFT;
    if (high > low)
        draw(d, "<rect x='%.2f' width='%.2f' y='%.1f' height='%.1f' class='%s'/>\n", x + 0.06 * w, 0.88 * w, y_of(box, high), y_of(box, low) - y_of(box, high), class);
}

static void sun(struct drawing *d)
{
    double most = 1;
    char label[32];
    for (size_t i = 0; i < d->bins; i++) {
        struct bin b = bin_at(d, i);
        most = fmax(most, b.used_wh + b.wasted_wh);
    }
    most = round_up(most);
    title_of(d, &sun_box, d->hours_per_bin == 1 ? "Sun in each hour <tspan class='used'>used</tspan> <tspan class='wasted'>thrown away, battery full</tspan>"
                                                : "Sun of each day <tspan class='used'>used</tspan> <tspan class='wasted'>thrown away, battery full</tspan>");
    for (int i = 0; i <= 2; i++) {
        snprintf(label, sizeof label, "%g Wh", most * i / 2);
        grid(d, &sun_box, i / 2.0, label);
    }
    for (size_t i = 0; i < d->bins; i++) {
        struct bin b = bin_at(d, i);
        bar(d, &sun_box, i, 0, b.used_wh / most, "used");
        bar(d, &sun_box, i, b.used_wh / most, (b.used_wh + b.wasted_wh) / most, "wasted");
    }
}

/* ---- trainings ---- */

static void trainings(struct drawing *d)
{
    const struct panel_box done = { learn_box.top, learn_box.top + 25 }, refused = { learn_box.top + 30, learn_box.bottom };
    double most = 1, w = x_of(d, 1) - LEFT;
    for (int64_t k = 0; k < d->s->args.days; k++)
        most = fmax(most, d->s->day[k].refused);
    title_of(d, &learn_box, "Training <tspan class='done'>done</tspan> <tspan class='refused'>refused, times a day</tspan>");
    char label[32];
    snprintf(label, sizeof label, "%.0f", most);
    grid(d, &refused, 0, "0");
    grid(d, &refused, 1, label);
    for (int64_t k = 0; k < d->s->args.days; k++) {
        const struct simulate_day *day = &d->s->day[k];
        double wide = fmin(fmax(0.88 * w, 0.8), WIDEST), x = x_of(d, (double)k + 0.5) - wide / 2;
        if (day->learned > 0)
            draw(d, "<rect x='%.2f' width='%.2f' y='%.0f' height='%.0f' class='done'/>\n", x, wide, done.top, done.bottom - done.top);
        if (day->refused > 0)
            draw(d, "<rect x='%.2f' width='%.2f' y='%.1f' height='%.1f' class='refused'/>\n", x, wide, y_of(&refused, day->refused / most),
                 refused.bottom - y_of(&refused, day->refused / most));
    }
}

static void head(struct drawing *d)
{
    const struct simulate_args *a = &d->s->args;
    char date[11];
    civil_format_date(a->start_s / 86400, date);
    draw(d, "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d' font-family='sans-serif'>\n<style>", WIDTH, HEIGHT, WIDTH, HEIGHT);
    draw(d, "text{font-size:13px;fill:#333}.t{font-size:18px;font-weight:bold}.h{font-size:14px;font-weight:bold}.n{font-weight:normal;fill:#777}.a{font-size:12px;fill:#777}"
            ".g{stroke:#ddd;stroke-width:1}.off{fill:#d33}.band{fill:#4a7db5;fill-opacity:.25}");
    draw(d, ".mean{fill:none;stroke:#2b5f99;stroke-width:1.6}.used{fill:#e8a317}.wasted{fill:#c9c2b4}.done{fill:#3d8f56}.refused{fill:#c46a4a}tspan.wasted{fill:#8f8672}</style>\n");
    draw(d, "<rect width='100%%' height='100%%' fill='#fff'/>\n<text x='%d' y='32' class='t'>%lld days from %s at %.2f, %.2f: %.0f W panel, %.0f Ah %s, %.1f W load</text>\n", LEFT,
         (long long)a->days, date, a->latitude_deg, a->longitude_deg, a->plant.panel_w, a->plant.battery_ah, a->chemistry, a->plant.base_w);
}

int simulate_picture(const struct simulate *s, struct text *ret)
{
    struct drawing d = { .s = s, .svg = ret, .hours_per_bin = s->args.days <= HOURLY_UP_TO ? 1 : 24 };
    d.bins = (s->sim.hours + (size_t)d.hours_per_bin - 1) / (size_t)d.hours_per_bin;
    head(&d);
    calendar(&d);
    charge(&d);
    sun(&d);
    trainings(&d);
    draw(&d, "</svg>\n");
    return d.bad ? -ENOMEM : 0;
}
