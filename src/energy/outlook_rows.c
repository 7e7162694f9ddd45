/* The profile as short texts. */
#include <math.h>

#include "energy/outlook_profile.h"
#include "energy/row.h"

static void put_bin(const struct outlook_profile *p, int k, struct row_writer *w)
{
    const struct outlook_bin *b = &p->bin[k];
    const double value[] = {b->a11, b->a12, b->a22, b->r1, b->r2, b->load_w};
    row_put(w, (double)p->day, 9);
    row_put(w, p->seen_w[k], 6);
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++)
        row_put(w, value[i], 9);
}

static void take_bin(struct outlook_profile *p, int k, const char *text)
{
    struct outlook_bin *b = &p->bin[k];
    double value[8];
    if (!row_take_all(text, value, 8) || !(value[2] >= 0) || !(value[4] >= 0) || !isfinite(value[3] + value[5] + value[6]) ||
        value[3] * value[3] > value[2] * value[4] * 1.001 + 1)
        return;
    *b = (struct outlook_bin){value[2], value[3], value[4], value[5], value[6], value[7]};
    p->seen_w[k] = value[0] == (double)p->day ? (float)value[1] : NAN;
}

static void put_ratios(const struct outlook_ratios *r, struct row_writer *w)
{
    for (int i = 0; i < r->n; i++) /* the oldest first */
        row_put(w, r->value[(r->at + OUTLOOK_RATIOS - r->n + i) % OUTLOOK_RATIOS], 4);
}

static void take_ratios(struct outlook_ratios *r, const char *text)
{
    double x;
    *r = (struct outlook_ratios){.n = 0};
    while (r->n < OUTLOOK_RATIOS && row_take(&text, &x))
        if (x >= 0 && x <= 3)
            r->value[r->n++] = (float)x;
    r->at = r->n % OUTLOOK_RATIOS;
}

static void put_plan(const struct outlook_plan *plan, struct row_writer *w)
{
    row_put(w, plan->day == INT64_MIN ? NAN : (double)plan->day, 9);
    for (int i = 0; i < OUTLOOK_LEADS * OUTLOOK_BINS; i++)
        row_put(w, plan->pv_w[i / OUTLOOK_BINS][i % OUTLOOK_BINS], 4);
}

static void take_plan(struct outlook_plan *plan, const char *text)
{
    double day, x;
    plan->day = INT64_MIN;
    if (!row_take(&text, &day) || isnan(day))
        return;
    for (int i = 0; i < OUTLOOK_LEADS * OUTLOOK_BINS; i++)
        plan->pv_w[i / OUTLOOK_BINS][i % OUTLOOK_BINS] = row_take(&text, &x) && !(x < 0) ? (float)x : NAN;
    plan->day = (int64_t)day;
}

static void put_rest(const struct outlook_profile *p, struct row_writer *w)
{
    row_put(w, p->day == INT64_MIN ? NAN : (double)p->day, 9);
    row_put(w, p->planned_day == INT64_MIN ? NAN : (double)p->planned_day, 9);
    row_put(w, p->pv_wh, 9);
    row_put(w, p->ghi_wh, 9);
    row_put(w, p->largest_w, 6);
    for (int i = 0; i < 12; i++) {
        row_put(w, p->climate_ghi[i], 7);
        row_put(w, p->climate_clear[i], 7);
    }
}

static void take_rest(struct outlook_profile *p, const char *text)
{
    double value[29];
    if (!row_take_all(text, value, 29))
        return;
    for (size_t i = 2; i < 29; i++)
        if (!(value[i] >= 0))
            return;
    p->day = isnan(value[0]) ? INT64_MIN : (int64_t)value[0];
    p->planned_day = isnan(value[1]) ? INT64_MIN : (int64_t)value[1];
    p->pv_wh = value[2];
    p->ghi_wh = value[3];
    p->largest_w = value[4];
    for (int i = 0; i < 12; i++) {
        p->climate_ghi[i] = value[5 + 2 * i];
        p->climate_clear[i] = value[6 + 2 * i];
    }
}

void outlook_row(const struct outlook_profile *profile, size_t i, char *ret, size_t size)
{
    struct row_writer w = {ret, size};
    ret[0] = '\0';
    if (i < ROW_RATIO)
        put_bin(profile, (int)i, &w);
    else if (i < ROW_PLAN)
        put_ratios(&profile->ratio[i - ROW_RATIO], &w);
    else if (i < ROW_REST)
        put_plan(&profile->plan[i - ROW_PLAN], &w);
    else
        put_rest(profile, &w);
}

void outlook_restore(struct outlook_profile *profile, size_t i, const char *text)
{
    if (i < ROW_RATIO)
        take_bin(profile, (int)i, text);
    else if (i < ROW_PLAN)
        take_ratios(&profile->ratio[i - ROW_RATIO], text);
    else if (i < ROW_REST)
        take_plan(&profile->plan[i - ROW_PLAN], text);
    else if (i == ROW_REST)
        take_rest(profile, text);
}
