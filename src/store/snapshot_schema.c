#include "store/snapshot_out.h"

/* Read by SQLite 3.22: no STRICT, no generated columns, no window functions, no JSON, columns of views by name. Types follow from how values are bound; constraints
 * that repeat them would be parsed by every reader and checked in every row. The columns of a key stand first: SQLite 3.40 mistakes others when it checks a table without
 * rowid for missing values. */
#define UTC(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column ", 'unixepoch')"
#define NOW "CAST(strftime('%s', 'now') AS INTEGER)"
#define AGE(column) "CASE WHEN " column " IS NULL THEN NULL ELSE max(0, " NOW " - " column ") END"
#define TEXT(column) column " TEXT NOT NULL"
#define INTEGER(column) column " INTEGER NOT NULL"
#define INTEGER_OR_NULL(column) column " INTEGER"
#define REAL(column) column " REAL"
#define EFFECT(of) "CAST(nullif(trim(substr(" of ".effects, f.horizon * 10 - 9, 10)), '') AS REAL)"      /* EFFECT_WIDTH */
#define LEVEL(column, q) "SELECT series_id, target_start, target_start_unix, " q " AS q, " column " AS value FROM forecast WHERE " column " IS NOT NULL"

const char *const snapshot_schema[] = {
    "CREATE TABLE status(" TEXT("contract") ", " TEXT("software_version") ", " TEXT("site") ", " TEXT("time_zone") ", " INTEGER("published_unix") ", "
    INTEGER_OR_NULL("next_publish_unix") ", " INTEGER("stale_after_unix") ", " TEXT("mode") ", " INTEGER_OR_NULL("last_train_unix") ", "
    INTEGER_OR_NULL("battery_unix") ", " REAL("battery_v") ", " REAL("soc_ratio") ", " REAL("soc_uncertainty_ratio") ", " REAL("pv_w") ", " REAL("load_w") ", "
    TEXT("message") ")",

    "CREATE TABLE series(series_id TEXT PRIMARY KEY NOT NULL, " TEXT("title") ", " TEXT("unit") ", " TEXT("currency") ", " TEXT("step") ", parent_id TEXT, "
    INTEGER("non_negative") ", " INTEGER("is_integer") ", " INTEGER_OR_NULL("first_unix") ", " INTEGER_OR_NULL("last_unix") ", first_date_local TEXT,"
    " last_date_local TEXT, " INTEGER("n_obs") ", " INTEGER("n_missing") ", " INTEGER_OR_NULL("data_unix") ") WITHOUT ROWID",

    "CREATE TABLE forecast(" TEXT("series_id") ", " INTEGER("target_start_unix") ", " INTEGER("issued_unix") ", " TEXT("target_start") ", "
    INTEGER("target_end_unix") ", " TEXT("target_date_local") ", " INTEGER("horizon") ", " TEXT("model_id") ", " TEXT("quality") ", " REAL("mean") ", "
    REAL("baseline") ", " REAL("q025") ", " REAL("q10") ", " REAL("q25") ", " REAL("q50") ", " REAL("q75") ", " REAL("q90") ", " REAL("q975") ","
    " PRIMARY KEY(series_id, target_start_unix), CHECK(q10 <= q50 AND q50 <= q90)) WITHOUT ROWID",

    "CREATE TABLE accuracy(" TEXT("series_id") ", " TEXT("model_id") ", " TEXT("window_start") ", " TEXT("window_end") ", " INTEGER("n") ", "
    REAL("mae") ", " REAL("wape") ", " REAL("bias") ", " REAL("mase") ", "
    REAL("pinball") ", " REAL("coverage_80") ", " REAL("width_80") ", " TEXT("baseline_name") ", " REAL("baseline_mae") ", " REAL("skill") ","
    " PRIMARY KEY(series_id, model_id, window_start, window_end)) WITHOUT ROWID",

    "CREATE TABLE model(" TEXT("family") ", " TEXT("model_id") ", " INTEGER("trained_unix") ", " INTEGER("n_bytes") ", " TEXT("choice") ", PRIMARY KEY(family))",

    "CREATE TABLE feed(" TEXT("feed") ", " TEXT("place") ", " INTEGER_OR_NULL("last_ok_unix") ", " TEXT("last_error") ", " INTEGER("bytes_30d") ", "
    TEXT("licence") ", " INTEGER("disabled") ", " INTEGER("suspect") ", " INTEGER("max_age_s") ", PRIMARY KEY(feed, place)) WITHOUT ROWID",

    "CREATE TABLE driver(" TEXT("step") ", " TEXT("driver") ", " INTEGER("track") ", " INTEGER("target_start_unix") ", " TEXT("target_date_local") ", " REAL("value") ", "
    TEXT("basis") ", " TEXT("quality") ", " INTEGER_OR_NULL("available_unix") ", event_id TEXT, PRIMARY KEY(step, driver, track, target_start_unix)) WITHOUT ROWID",

    "CREATE TABLE reads(" TEXT("series_id") ", " TEXT("step") ", " TEXT("driver") ", " INTEGER("track") ", effects TEXT, PRIMARY KEY(series_id, step, driver)) WITHOUT ROWID",

    "CREATE TABLE change(" TEXT("series_id") ", " INTEGER("target_start_unix") ", " REAL("previous") ", " REAL("now") ", " INTEGER("previous_issued_unix") ", "
    INTEGER("issued_unix") ", " TEXT("reason") ", PRIMARY KEY(series_id, target_start_unix)) WITHOUT ROWID",

    "CREATE TABLE event(event_id TEXT PRIMARY KEY NOT NULL, " TEXT("category") ", " TEXT("title") ", " INTEGER("start_unix") ", " INTEGER("end_unix") ", "
    TEXT("first_date_local") ", " TEXT("last_date_local") ", " INTEGER("all_day") ", " TEXT("place") ", " INTEGER("rank") ", " REAL("attendance") ", "
    TEXT("source") ", " TEXT("licence") ", " INTEGER("fetched_unix") ") WITHOUT ROWID",

    "CREATE TABLE energy(" INTEGER("start_unix") ", " TEXT("purpose") ", " INTEGER("end_unix") ", " REAL("energy_wh") ", method TEXT, "
    REAL("uncertainty_pct") ", " REAL("co2e_g") ", " REAL("intensity_g_per_kwh") ", PRIMARY KEY(start_unix, purpose), CHECK(co2e_g > 0)) WITHOUT ROWID",

    "CREATE VIEW v1_status AS SELECT contract, software_version, site, time_zone, " UTC("published_unix") " AS published_at, published_unix, "
    UTC("next_publish_unix") " AS next_publish_at, next_publish_unix, " AGE("published_unix") " AS age_s, "
    NOW " > stale_after_unix AS stale, mode, " UTC("last_train_unix") " AS last_train_at, last_train_unix, "
    "(SELECT " AGE("min(last_ok_unix)") " FROM feed WHERE disabled = 0) AS oldest_feed_age_s, " UTC("battery_unix") " AS battery_at, battery_unix, "
    AGE("battery_unix") " AS battery_age_s, battery_v, soc_ratio, soc_uncertainty_ratio, pv_w, load_w, message FROM status",

    "CREATE VIEW v1_series AS SELECT series_id, title, unit, currency, step, parent_id, non_negative, is_integer, " UTC("first_unix") " AS first_at, "
    UTC("last_unix") " AS last_at, first_date_local, last_date_local, n_obs, n_missing FROM series",

    "CREATE VIEW v1_forecast AS SELECT f.series_id AS series_id, " UTC("f.issued_unix") " AS issued_at, f.issued_unix AS issued_unix,"
    " f.target_start AS target_start, f.target_start_unix AS target_start_unix, " UTC("f.target_end_unix") " AS target_end,"
    " f.target_end_unix AS target_end_unix, f.target_date_local AS target_date_local, f.horizon AS horizon, s.unit AS unit, f.mean AS mean, f.q10 AS p10,"
    " f.q50 AS p50, f.q90 AS p90, f.baseline AS baseline, f.model_id AS model_id, f.quality AS quality, " AGE("s.data_unix") " AS data_age_s"
    " FROM forecast f JOIN series s ON s.series_id = f.series_id",

    "CREATE VIEW v1_quantile AS " LEVEL("q025", "0.025") " UNION ALL " LEVEL("q10", "0.1") " UNION ALL " LEVEL("q25", "0.25") " UNION ALL " LEVEL("q50", "0.5")
    " UNION ALL " LEVEL("q75", "0.75") " UNION ALL " LEVEL("q90", "0.9") " UNION ALL " LEVEL("q975", "0.975"),

    "CREATE VIEW v1_accuracy AS SELECT series_id, model_id, n, mae, wape, bias, mase, pinball AS pinball_10_90, coverage_80, width_80, baseline_name,"
    " baseline_mae, skill, window_start, window_end FROM accuracy",

    "CREATE VIEW v1_model_card AS SELECT model_id, family, " UTC("trained_unix") " AS trained_at, trained_unix, n_bytes, choice FROM model",

    "CREATE VIEW v1_feed AS SELECT feed, place, " UTC("last_ok_unix") " AS last_ok_at, last_ok_unix, last_error, " AGE("last_ok_unix") " AS age_s, bytes_30d,"
    " licence, disabled, CASE WHEN last_ok_unix IS NULL THEN 'fallback' WHEN suspect <> 0 OR (max_age_s > 0 AND " NOW " - last_ok_unix > max_age_s)"
    " THEN 'degraded' ELSE 'ok' END AS quality, nullif(max_age_s, 0) AS max_age_s FROM feed",

    "CREATE VIEW v1_driver AS SELECT r.series_id AS series_id, " UTC("d.target_start_unix") " AS target_start, d.target_start_unix AS target_start_unix,"
    " d.target_date_local AS target_date_local, d.driver AS driver, d.value AS value, d.basis AS basis, d.quality AS quality, " UTC("d.available_unix") " AS available_at,"
    " d.available_unix AS available_unix, " AGE("d.available_unix") " AS age_s, " EFFECT("r") " AS effect,"
    " CASE WHEN " EFFECT("r") " <> 0 THEN 1 + (SELECT count(*) FROM reads o JOIN driver e ON e.step = o.step AND e.driver = o.driver AND e.track = o.track"
    " WHERE o.series_id = r.series_id AND e.target_start_unix = d.target_start_unix AND abs(" EFFECT("o") ") > abs(" EFFECT("r") ")) END AS rank,"
    " (SELECT event_id FROM event v WHERE v.event_id = d.event_id) AS source_event_id"
    " FROM reads r JOIN driver d ON d.step = r.step AND d.driver = r.driver AND d.track = r.track"
    " LEFT JOIN forecast f ON f.series_id = r.series_id AND f.target_start_unix = d.target_start_unix",

    "CREATE VIEW v1_change AS SELECT c.series_id AS series_id, f.target_start AS target_start, c.target_start_unix AS target_start_unix,"
    " f.target_date_local AS target_date_local, c.previous AS previous_p50, c.now AS p50, c.now - c.previous AS change, c.reason AS reason, "
    UTC("c.previous_issued_unix") " AS previous_issued_at, c.previous_issued_unix AS previous_issued_unix, " UTC("c.issued_unix") " AS issued_at, c.issued_unix AS issued_unix"
    " FROM change c JOIN forecast f ON f.series_id = c.series_id AND f.target_start_unix = c.target_start_unix",

    "CREATE VIEW v1_event AS SELECT event_id, category, title, " UTC("start_unix") " AS start_at, start_unix, " UTC("end_unix") " AS end_at, end_unix,"
    " first_date_local, last_date_local, all_day, place, rank, attendance, source, licence, " UTC("fetched_unix") " AS fetched_at, fetched_unix, "
    AGE("fetched_unix") " AS age_s FROM event",

    "CREATE VIEW v1_energy AS SELECT " UTC("start_unix") " AS period_start, start_unix AS period_start_unix, " UTC("end_unix") " AS period_end,"
    " end_unix AS period_end_unix, purpose, energy_wh, method, uncertainty_pct, co2e_g, intensity_g_per_kwh FROM energy",
};
const size_t snapshot_schema_n = sizeof snapshot_schema / sizeof *snapshot_schema;
