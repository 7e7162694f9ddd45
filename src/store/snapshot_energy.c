#include "store/snapshot_out.h"

#include <math.h>
#include <string.h>

#include "almanac/zone.h"

enum { DAYS = 92 };

/* gnomon's own estimate of what each method is worth. */
static const double uncertainty_pct[4] = { [GNM_DC] = 10, [GNM_RAPL] = 25, [GNM_CPU_DC] = 40, [GNM_CPU_CONFIG] = 60 };

struct spent { double joules, weighted_pct; int method; };   /* method -1: nothing measured */
struct day { struct spent purpose[GNM_PURPOSES]; int ran; };
struct days { int64_t first; struct day day[DAYS]; };        /* the last one is the day of publication */

static void spend(struct days *days, const struct zone *zone, const struct store_cost *c)
{
    int64_t i = zone_day(zone, c->at_s) - days->first;
    if (i < 0 || i >= DAYS)
        return;
    days->day[i].ran = 1;
    if (!(c->cost.joules > 0))
        return;
    struct spent *spent = &days->day[i].purpose[c->purpose];
    spent->joules += c->cost.joules;
    spent->weighted_pct += c->cost.joules * uncertainty_pct[c->cost.method];
    if ((int)c->cost.method > spent->method)
        spent->method = (int)c->cost.method;
}

static int read_costs(struct snapshot *s, struct days *days, struct gnm_why *why)
{
    sqlite3_stmt *in;
    const struct zone *zone = s->status->zone;
    int r = db_stmt(s->in, DB_PUB_COST, "SELECT at_s, purpose, method, joules FROM cost WHERE at_s >= ?1", &in, why);
    if (r == 0)
        r = db_bind(s->in, in, why, "l", zone_day_start_s(zone, days->first));
    while (r == 0 && (r = db_step(s->in, in, why)) > 0) {
        struct store_cost c = { .at_s = sqlite3_column_int64(in, 0), .purpose = (enum gnm_purpose)sqlite3_column_int(in, 1) };
        c.cost = (struct gnm_cost){ NAN, db_real(in, 3), (enum gnm_method)(sqlite3_column_int(in, 2) & 3) };
        if ((int)c.purpose < GNM_PURPOSES)
            spend(days, zone, &c);
        r = 0;
    }
    return r;
}

/* A day with a telemetry minute is a day in which the box ran. */
static int look_for_minutes(struct snapshot *s, struct days *days, struct gnm_why *why)
{
    const struct zone *zone = s->status->zone;
    int r = 0;
    for (int i = 0; r == 0 && i < DAYS; i++) {
        sqlite3_stmt *in;
        r = db_stmt(s->in, DB_PUB_RAN, "SELECT EXISTS(SELECT 1 FROM minute WHERE key >= (?1 / 60) << 4 AND key < (?2 / 60) << 4)", &in, why);
        if (r == 0)
            r = db_bind(s->in, in, why, "ll", zone_day_start_s(zone, days->first + i), zone_day_start_s(zone, days->first + i + 1));
        if (r == 0)
            r = db_step(s->in, in, why);
        if (r > 0) {
            days->day[i].ran = days->day[i].ran || sqlite3_column_int(in, 0);
            sqlite3_reset(in);
            r = 0;
        }
    }
    return r;
}

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

static int put_purpose(struct snapshot *s, int64_t start, int64_t end, int purpose, const struct spent *spent, double share, struct gnm_why *why)
{
    double wh = spent->joules > 0 ? spent->joules / 3600 : NAN;
    double intensity = s->status->intensity_g_per_kwh > 0 ? s->status->intensity_g_per_kwh : NAN;
    return db_do(&s->out, DB_OUT_ENERGY, "INSERT INTO energy VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", why, "llsdsddd", start, end, gnm_purpose_names[purpose], wh,
                 spent->method >= 0 ? gnm_method_names[spent->method] : NULL, spent->joules > 0 ? spent->weighted_pct / spent->joules : NAN, grams(s, wh, share),
                 intensity);
}

static int put_day(struct snapshot *s, const struct days *days, int i, struct gnm_why *why)
{
    const struct day *day = &days->day[i];
    int64_t start = zone_day_start_s(s->status->zone, days->first + i), whole = zone_day_start_s(s->status->zone, days->first + i + 1);
    int64_t end = i == DAYS - 1 && s->status->published_s < whole ? s->status->published_s : whole;
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

int snapshot_energy(struct snapshot *s, struct gnm_why *why)
{
    struct days days;
    memset(&days, 0, sizeof days);
    days.first = zone_day(s->status->zone, s->status->published_s) - (DAYS - 1);
    for (int i = 0; i < DAYS; i++)
        for (int p = 0; p < GNM_PURPOSES; p++)
            days.day[i].purpose[p].method = -1;
    int r = read_costs(s, &days, why);
    if (r == 0)
        r = look_for_minutes(s, &days, why);
    for (int i = 0; r == 0 && i < DAYS; i++)
        if (days.day[i].ran)
            r = put_day(s, &days, i, why);
    return r;
}
