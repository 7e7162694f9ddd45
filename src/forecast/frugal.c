#include "forecast/frugal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/exact.h"

#define SURE 2.0                  /* standard errors */

const char *const frugal_names[FRUGAL_CLASSES] = { "naive", "smooth", "ridge", "trees" };

void frugal_begin(struct frugal *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->chosen = -1;
    ret->wait_days = FRUGAL_WAIT_MIN;
    for (int c = 0; c < FRUGAL_CLASSES; c++)
        ret->error[c] = ret->total[c] = NAN;
}

void frugal_choose(struct frugal *f, double tolerance)
{
    double best = INFINITY, best_total = INFINITY;
    for (int c = 0; c < FRUGAL_CLASSES; c++) {
        best = fmin(best, f->error[c]);
        best_total = fmin(best_total, f->total[c]);
    }
    f->chosen = -1;
    for (int c = 0, costliest = -1; c < FRUGAL_CLASSES && f->chosen < 0; c++) {
        costliest = isnan(f->error[c]) ? costliest : c;
        double most = (1 + tolerance) * exact_exp(-SURE * f->unsure[c]);
        if ((f->error[c] <= most * best && f->total[c] <= most * best_total) || (f->error[c] <= best && f->total[c] <= best_total))
            f->chosen = c;
        else if (c == FRUGAL_CLASSES - 1)        /* each error has another favourite */
            f->chosen = costliest;
    }
}

/* Work of all classes up to one. */
static double units_until(const struct frugal *f, int class)
{
    double sum = 0;
    for (int c = 0; c <= class; c++)
        sum += f->units[c];
    return sum;
}

static int say_class(const struct frugal *f, int below, int class, char *ret, size_t size)
{
    double gain = 100 * (1 - fmin(f->error[class] / f->error[below], f->total[class] / f->total[below])), times = units_until(f, class) / fmax(units_until(f, below), 1);
    int kept = class <= f->chosen, n;
    n = snprintf(ret, size, "%s %s: %.1f %% %s than %s for %.*f times the joules", frugal_names[class], kept ? "kept" : "rejected", fabs(gain),
                 gain < 0 ? "worse" : "better", frugal_names[below], times < 9.95 ? 1 : 0, times);
    if (!kept && class == FRUGAL_TREES && n < (int)size)
        n += snprintf(ret + n, size - (size_t)n, ", tried again after %d days", f->wait_days);
    return n;
}

void frugal_say(const struct frugal *f, char ret[FRUGAL_TEXT])
{
    int n = 0, below = -1;
    ret[0] = '\0';
    for (int c = 0; c < FRUGAL_CLASSES && f->chosen >= 0 && n < FRUGAL_TEXT; c++) {
        if (isnan(f->error[c]))
            continue;
        if (below >= 0 && n > 0)
            n += snprintf(ret + n, FRUGAL_TEXT - (size_t)n, "; ");
        if (below >= 0 && n < FRUGAL_TEXT)
            n += say_class(f, below, c, ret + n, FRUGAL_TEXT - (size_t)n);
        below = c <= f->chosen || below < 0 ? c : below;
    }
}
