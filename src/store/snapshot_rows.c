#include "store/snapshot_out.h"

#include <stdio.h>

#include "almanac/civil.h"
#include "store/observed.h"
#include "store/period.h"

/* ---- series ---- */

static int put_series(struct snapshot *s, sqlite3_stmt *in, const struct observed *o, struct gnm_why *why)
{
    const struct zone *zone = s->status->zone;
    enum gnm_step step = (enum gnm_step)sqlite3_column_int(in, 5);
    char first_date[11] = "", last_date[11] = "";
    struct period first = { GNM_NEVER, GNM_NEVER, 0 }, last = first;
    if (o->n > 0) {
        first = period_of(step, o->first, zone);
        last = period_of(step, o->last, zone);
        civil_format_date(first.date, first_date);
        civil_format_date(last.date, last_date);
    }
    int64_t missing = o->n > 0 ? period_count(step, o->first, o->last) - o->n : 0;
    const char *id = (const char *)sqlite3_column_text(in, 1), *title = (const char *)sqlite3_column_text(in, 2);
    const char *unit = (const char *)sqlite3_column_text(in, 3), *currency = (const char *)sqlite3_column_text(in, 4);
    const char *parent = (const char *)sqlite3_column_text(in, 6);
    return db_do(&s->out, DB_OUT_SERIES, "INSERT INTO series VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)", why, "ssssssiittssllt", id,
                 title != NULL && title[0] != '\0' ? title : id, unit != NULL ? unit : "", currency != NULL ? currency : "", gnm_step_names[step],
                 parent != NULL && parent[0] != '\0' ? parent : NULL, sqlite3_column_int(in, 7), o->is_integer, first.start_s, last.start_s,
                 o->n > 0 ? first_date : NULL, o->n > 0 ? last_date : NULL, o->n, missing > 0 ? missing : 0, last.end_s);
}

int snapshot_series(struct snapshot *s, struct gnm_why *why)
{
    sqlite3_stmt *in;
    /* A series that is forecast but not described is a day series without a unit. */
    int r = db_stmt(s->in, DB_PUB_SERIES,
                    "SELECT n.id, n.text, s.title, s.unit, s.currency, ifnull(s.step, ifnull((SELECT f.step FROM forecast f WHERE f.issued = t.issued AND"
                    " f.series = n.id LIMIT 1), 1)), s.parent, ifnull(s.non_negative, 0) FROM name n LEFT JOIN series s ON s.id = n.id LEFT JOIN forecast_top t"
                    " ON t.series = n.id WHERE (s.id IS NOT NULL OR t.series IS NOT NULL) AND (?1 IS NULL OR s.company = ?1) ORDER BY 2", &in, why);
    if (r == 0)
        r = db_bind(s->in, in, why, "s", s->company);
    while (r == 0 && (r = db_step(s->in, in, why)) > 0) {
        struct observed o;
        r = observed_of(s->in, sqlite3_column_int64(in, 0), &o, why);
        if (r == 0)
            r = put_series(s, in, &o, why);
    }
    sqlite3_reset(in);
    return r;
}

/* ---- forecasts ---- */

/* Readers may rely on p10 <= p50 <= p90. */
static void uncross(double q[GNM_LEVELS])
{
    for (int i = 1; i < GNM_LEVELS; i++)
        if (q[i] < q[i - 1])
            q[i] = q[i - 1];
}

static int put_forecast(struct snapshot *s, sqlite3_stmt *in, struct gnm_why *why)
{
    enum gnm_step step = (enum gnm_step)sqlite3_column_int(in, 3);
    struct period target = period_of(step, sqlite3_column_int64(in, 4), s->status->zone);
    char start[21], date[11];
    civil_format_time(target.start_s, start);
    civil_format_date(target.date, date);
    double q[GNM_LEVELS];
    for (int i = 0; i < GNM_LEVELS; i++)
        q[i] = db_real(in, 9 + i);
    uncross(q);
    return db_do(&s->out, DB_OUT_FORECAST, "INSERT INTO forecast(series_id, issued_unix, target_start, target_start_unix, target_end_unix, target_date_local, horizon, model_id, quality,"
                 " mean, baseline, q025, q10, q25, q50, q75, q90, q975) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)", why,
                 "slsllsissddddddddd", (const char *)sqlite3_column_text(in, 0), sqlite3_column_int64(in, 1), start, target.start_s, target.end_s, date,
                 sqlite3_column_int(in, 5), (const char *)sqlite3_column_text(in, 2), gnm_quality_names[sqlite3_column_int(in, 6) & 3], db_real(in, 7), db_real(in, 8),
                 q[0], q[1], q[2], q[3], q[4], q[5], q[6]);
}

int snapshot_forecasts(struct snapshot *s, struct gnm_why *why)
{
    sqlite3_stmt *in;
    int r = db_stmt(s->in, DB_PUB_FORECAST,
                    "SELECT n.text, f.issued, m.text, f.step, f.target, f.horizon, f.quality, f.mean, f.baseline, f.q025, f.q10, f.q25, f.q50, f.q75, f.q90, f.q975"
                    " FROM forecast_top t CROSS JOIN forecast f ON f.issued = t.issued AND f.series = t.series JOIN name n ON n.id = t.series"
                    " JOIN name m ON m.id = f.model LEFT JOIN series s ON s.id = t.series WHERE f.q50 IS NOT NULL AND (?1 IS NULL OR s.company = ?1)"
                    " ORDER BY 1, 5", &in, why);
    if (r == 0)
        r = db_bind(s->in, in, why, "s", s->company);
    while (r == 0 && (r = db_step(s->in, in, why)) > 0)
        r = put_forecast(s, in, why);
    sqlite3_reset(in);
    return r;
}

/* ---- accuracy ---- */

static int put_accuracy(struct snapshot *s, sqlite3_stmt *in, struct gnm_why *why)
{
    char start[11], end[11];
    civil_format_date(sqlite3_column_int64(in, 3), start);
    civil_format_date(sqlite3_column_int64(in, 4), end);
    return db_do(&s->out, DB_OUT_ACCURACY, "INSERT INTO accuracy(series_id, model_id, n, mae, wape, bias, mase, pinball, coverage_80, width_80, baseline_name, baseline_mae, skill,"
                 " window_start, window_end) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)", why, "ssldddddddsddss",
                 (const char *)sqlite3_column_text(in, 0), (const char *)sqlite3_column_text(in, 1), sqlite3_column_int64(in, 5), db_real(in, 6), db_real(in, 7),
                 db_real(in, 8), db_real(in, 9), db_real(in, 10), db_real(in, 11), db_real(in, 12), (const char *)sqlite3_column_text(in, 2), db_real(in, 13),
                 db_real(in, 14), start, end);
}

int snapshot_accuracies(struct snapshot *s, struct gnm_why *why)
{
    sqlite3_stmt *in;
    int r = db_stmt(s->in, DB_PUB_ACCURACY,
                    "SELECT n.text, m.text, b.text, a.window_start, a.window_end, a.n, a.mae, a.wape, a.bias, a.mase, a.pinball, a.coverage_80, a.width_80,"
                    " a.baseline_mae, a.skill FROM accuracy a JOIN name n ON n.id = a.series JOIN name m ON m.id = a.model JOIN name b ON b.id = a.baseline"
                    " LEFT JOIN series s ON s.id = a.series WHERE ?1 IS NULL OR s.company = ?1 ORDER BY 1, 2, 4", &in, why);
    if (r == 0)
        r = db_bind(s->in, in, why, "s", s->company);
    while (r == 0 && (r = db_step(s->in, in, why)) > 0)
        r = put_accuracy(s, in, why);
    sqlite3_reset(in);
    return r;
}

/* ---- models ---- */

int snapshot_models(struct snapshot *s, struct gnm_why *why)
{
    sqlite3_stmt *in;
    int r = db_stmt(s->in, DB_PUB_MODEL,
                    "SELECT f.text, m.text, x.trained_s, x.bytes, x.choice FROM model x JOIN name f ON f.id = x.family JOIN name m ON m.id = x.model"
                    " WHERE x.serving <> 0 ORDER BY 1", &in, why);
    while (r == 0 && (r = db_step(s->in, in, why)) > 0)
        r = db_do(&s->out, DB_OUT_MODEL, "INSERT INTO model VALUES(?1, ?2, ?3, ?4, ?5)", why, "sslls", (const char *)sqlite3_column_text(in, 0),
                  (const char *)sqlite3_column_text(in, 1), sqlite3_column_int64(in, 2), sqlite3_column_int64(in, 3), (const char *)sqlite3_column_text(in, 4));
    sqlite3_reset(in);
    return r;
}

/* ---- feeds ---- */

static int put_feed(struct snapshot *s, sqlite3_stmt *in, struct gnm_why *why)
{
    const char *feed = (const char *)sqlite3_column_text(in, 0);
    if (snapshot_hides(s, feed))
        return 0;
    return db_do(&s->out, DB_OUT_FEED, "INSERT INTO feed VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", why, "sstslsiil", feed, (const char *)sqlite3_column_text(in, 1), db_time(in, 2),
                 (const char *)sqlite3_column_text(in, 3), sqlite3_column_int64(in, 4), (const char *)sqlite3_column_text(in, 5), sqlite3_column_int(in, 6),
                 sqlite3_column_int(in, 7), sqlite3_column_int64(in, 8));
}

int snapshot_feeds(struct snapshot *s, struct gnm_why *why)
{
    sqlite3_stmt *in;
    int r = db_stmt(s->in, DB_PUB_FEED,
                    "SELECT f.text, p.text, nullif(x.last_ok_s, 0), x.error, x.bytes_30d, x.licence, x.disabled <> 0, x.suspect, x.max_age_s FROM feed x JOIN name f ON f.id = x.feed"
                    " JOIN name p ON p.id = x.place WHERE x.disabled <> 2 ORDER BY 1, 2", &in, why);
    while (r == 0 && (r = db_step(s->in, in, why)) > 0)
        r = put_feed(s, in, why);
    sqlite3_reset(in);
    return r;
}
