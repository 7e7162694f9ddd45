#include "store/snapshot_out.h"

#include <math.h>

/* Grams of a row; NaN, which becomes NULL, rather than 0. */
static double grams(const struct snapshot *s, double wh, double embodied_share)
{
    double g = 0;
    if (wh > 0 && s->status->intensity_g_per_kwh > 0)
        g += wh / 1000 * s->status->intensity_g_per_kwh;
    if (embodied_share > 0 && s->status->embodied_g_per_day > 0)
        g += embodied_share * s->status->embodied_g_per_day;
    return g > 0 ? g : NAN;
}

static int put_purpose(struct snapshot *s, int64_t start, int64_t end, int purpose, const struct energy_spent *spent, double share, struct gnm_why *why)
{
    double wh = spent->joules > 0 ? spent->joules / 3600 : NAN;
    double intensity = s->status->intensity_g_per_kwh > 0 ? s->status->intensity_g_per_kwh : NAN;
    return db_do(&s->out, DB_OUT_ENERGY, "INSERT INTO energy(start_unix, end_unix, purpose, energy_wh, method, uncertainty_pct, co2e_g, intensity_g_per_kwh) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", why, "llsdsddd", start, end, gnm_purpose_names[purpose], wh,
                 spent->method >= 0 ? gnm_method_names[spent->method] : NULL, spent->joules > 0 ? spent->weighted_pct / spent->joules : NAN, grams(s, wh, share),
                 intensity);
}

static int put_day(struct snapshot *s, const struct energy_days *days, int i, struct gnm_why *why)
{
    const struct energy_day *day = &days->day[i];
    int64_t start = days->start_s[i], whole = days->start_s[i + 1];
    int64_t end = i == ENERGY_DAYS - 1 && s->status->published_s < whole ? s->status->published_s : whole;
    if (end <= start)
        end = start + 1;
    int r = 0;
    for (int p = 0; r == 0 && p < GNM_PURPOSES; p++) {
        double share = p == GNM_IDLE ? (double)(end - start) / (double)(whole - start) : 0;
        if (p == GNM_IDLE || day->purpose[p].joules > 0)
            r = put_purpose(s, start, end, p, &day->purpose[p], share, why);
    }
    return r;
}

/* The first day that may differ from what was published: the one that was under way then, or an older one that got a row since. */
static int first_changed(const struct snapshot *s, const struct energy_days *days)
{
    int i = 0;
    while (i < ENERGY_DAYS && days->day[i].last_cost <= s->last_cost && days->start_s[i + 1] <= s->published_s)
        i++;
    return i;
}

int snapshot_energy(struct snapshot *s, struct gnm_why *why)
{
    const struct energy_days *days = s->days;
    int from = first_changed(s, days), r = 0;
    if (s->kept)
        r = db_do(&s->out, DB_OUT_ENERGY_DROP, "DELETE FROM energy WHERE start_unix < ?1 OR start_unix >= ?2", why, "ll", days->start_s[0], days->start_s[from]);
    for (int i = from; r == 0 && i < ENERGY_DAYS; i++)
        if (days->day[i].ran)
            r = put_day(s, days, i, why);
    s->last_cost = days->last_cost;
    return r;
}
