#include "store/db.h"

/* Telemetry columns: each measured value has its mean in small whole units (see minutes.c) and the other three as differences from it, so that most take
 * one or two bytes and a steady one none. Where there is no mean the others are whole. */
#define STATS(f, units) ", " f "_mean INTEGER, " f "_last INTEGER, " f "_min INTEGER, " f "_max INTEGER"
#define PART(f, units, part) ", (ifnull(" f "_mean,0)+" f part ")/" units " " f part
#define SHOWN(f, units) PART(f, units, "_last") ", " f "_mean/" units " " f "_mean" PART(f, units, "_min") PART(f, units, "_max")
#define MEASURED(X) \
    X("battery_v", "1e3") X("battery_a", "1e3") X("charge_a", "1e3") X("soc_pct", "1e2") X("battery_c", "1e2") X("case_c", "1e2") \
    X("pv_v", "1e3") X("pv_a", "1e3") X("pv_w", "1e2") X("charge_w", "1e2") X("load_v", "1e3") X("load_a", "1e3") X("load_w", "1e2") \
    X("pv_today_kwh", "1e3") X("load_today_kwh", "1e3") X("pv_total_kwh", "1e3") X("load_total_kwh", "1e3")
#define UTC(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column ", 'unixepoch')"
#define DATE(column) "date(" column " * 86400, 'unixepoch')"
/* GNM_ALWAYS and GNM_NEVER are outside strftime's range. */
#define AVAILABLE(column) "CASE WHEN " column " < -9000000000000000000 THEN 'always' WHEN " column " > 9000000000000000000 THEN 'never' ELSE " UTC(column) " END"
#define PURPOSE(column) \
    "CASE " column " WHEN 0 THEN 'idle' WHEN 1 THEN 'poll' WHEN 2 THEN 'fetch' WHEN 3 THEN 'import' WHEN 4 THEN 'refresh' WHEN 5 THEN 'train' " \
    "WHEN 6 THEN 'search' WHEN 7 THEN 'predict' WHEN 8 THEN 'publish' END"
#define QUALITY(column) "CASE " column " WHEN 0 THEN 'ok' WHEN 1 THEN 'partial' WHEN 2 THEN 'degraded' WHEN 3 THEN 'fallback' END"
#define STEP(column) "CASE " column " WHEN 0 THEN 'hour' WHEN 1 THEN 'day' WHEN 2 THEN 'week' WHEN 3 THEN 'month' END"

const struct schema_step schema_steps[] = {
    { 1, "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID" },
    /* Long texts stand here once; rows carry the id. */
    { 1, "CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT" },
    { 1, "CREATE TABLE controller(id INTEGER PRIMARY KEY CHECK(id BETWEEN 1 AND 15), name TEXT NOT NULL UNIQUE) STRICT" },
    /* key = minute * 16 + controller: rows are appended, so a commit writes one page or two. */
    { 1, "CREATE TABLE minute(key INTEGER PRIMARY KEY, n INTEGER NOT NULL, stage_last INTEGER, faults_last INTEGER" MEASURED(STATS) ") STRICT" },
    /* What is valid before `settled` stands in signal, the rest in signal_log. */
    { 1, "CREATE TABLE channel(id INTEGER PRIMARY KEY, feed INTEGER NOT NULL REFERENCES name, series INTEGER NOT NULL REFERENCES name,"
         " place INTEGER NOT NULL REFERENCES name, step INTEGER NOT NULL CHECK(step BETWEEN 0 AND 3), settled INTEGER NOT NULL,"
         " UNIQUE(feed, series, place, step)) STRICT" },
    /* A new forecast of ten days touches ten far-apart places of a sorted table at each fetch. So vintages are appended to a log, batch by batch, and settled
     * into the sorted table when their period is over and no more come; signal_top has the newest value of each period, which a new one is compared with. */
    { 1, "CREATE TABLE signal_log(batch INTEGER NOT NULL, channel INTEGER NOT NULL REFERENCES channel, valid INTEGER NOT NULL, available INTEGER NOT NULL,"
         " fetched INTEGER NOT NULL, issued INTEGER, value REAL, rows INTEGER NOT NULL, quality INTEGER NOT NULL,"
         " PRIMARY KEY(batch, channel, valid, available, fetched)) STRICT, WITHOUT ROWID" },
    { 1, "CREATE TABLE signal(channel INTEGER NOT NULL REFERENCES channel, valid INTEGER NOT NULL, available INTEGER NOT NULL, fetched INTEGER NOT NULL,"
         " issued INTEGER, value REAL, rows INTEGER NOT NULL, quality INTEGER NOT NULL, PRIMARY KEY(channel, valid, available, fetched)) STRICT, WITHOUT ROWID" },
    { 1, "CREATE TABLE signal_top(valid INTEGER NOT NULL, channel INTEGER NOT NULL REFERENCES channel, available INTEGER NOT NULL, value REAL,"
         " quality INTEGER NOT NULL, PRIMARY KEY(valid, channel)) STRICT, WITHOUT ROWID" },
    /* The batches of the log, one look-up each. */
    { 1, "CREATE VIEW signal_batch AS WITH RECURSIVE b(id) AS (SELECT min(batch) FROM signal_log UNION ALL"
         " SELECT (SELECT min(batch) FROM signal_log WHERE batch > b.id) FROM b WHERE b.id IS NOT NULL) SELECT id FROM b WHERE id IS NOT NULL" },
    { 1, "CREATE TABLE feed(feed INTEGER NOT NULL REFERENCES name, place INTEGER NOT NULL REFERENCES name, licence TEXT NOT NULL, etag TEXT NOT NULL,"
         " last_modified TEXT NOT NULL, error TEXT NOT NULL, next_s INTEGER, last_ok_s INTEGER, last_try_s INTEGER, bytes_30d INTEGER NOT NULL,"
         " failures INTEGER NOT NULL, disabled INTEGER NOT NULL, body_hash INTEGER NOT NULL, PRIMARY KEY(feed, place)) STRICT, WITHOUT ROWID" },
    { 1, "CREATE TABLE series(id INTEGER PRIMARY KEY REFERENCES name, title TEXT NOT NULL, unit TEXT NOT NULL, currency TEXT NOT NULL, company TEXT NOT NULL,"
         " parent TEXT NOT NULL, place TEXT NOT NULL, step INTEGER NOT NULL CHECK(step BETWEEN 0 AND 3), non_negative INTEGER NOT NULL,"
         " configured INTEGER NOT NULL) STRICT" },
    { 1, "CREATE TABLE activity(series INTEGER NOT NULL REFERENCES name, day INTEGER NOT NULL, available INTEGER NOT NULL, fetched INTEGER NOT NULL, value REAL,"
         " PRIMARY KEY(series, day, available, fetched)) STRICT, WITHOUT ROWID" },
    { 1, "CREATE TABLE driver(id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES name, driver INTEGER NOT NULL REFERENCES name,"
         " UNIQUE(series, driver)) STRICT" },
    { 1, "CREATE TABLE driver_value(driver INTEGER NOT NULL REFERENCES driver, day INTEGER NOT NULL, available INTEGER NOT NULL, value REAL,"
         " PRIMARY KEY(driver, day, available)) STRICT, WITHOUT ROWID" },
    { 1, "CREATE TABLE model(id INTEGER PRIMARY KEY, family INTEGER NOT NULL REFERENCES name, model INTEGER NOT NULL REFERENCES name, trained_s INTEGER NOT NULL,"
         " data_hash INTEGER NOT NULL, serving INTEGER NOT NULL, bytes INTEGER NOT NULL, crc INTEGER NOT NULL, UNIQUE(family, model)) STRICT" },
    /* key = model * 4096 + number of the chunk */
    { 1, "CREATE TABLE model_chunk(key INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT" },
    { 1, "CREATE TABLE forecast(issued INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES name, target INTEGER NOT NULL, horizon INTEGER NOT NULL,"
         " step INTEGER NOT NULL, origin INTEGER NOT NULL, model INTEGER NOT NULL REFERENCES name, quality INTEGER NOT NULL, mean REAL, baseline REAL,"
         " q025 REAL, q10 REAL, q25 REAL, q50 REAL, q75 REAL, q90 REAL, q975 REAL, PRIMARY KEY(issued, series, target)) STRICT, WITHOUT ROWID" },
    { 1, "CREATE TABLE forecast_top(series INTEGER PRIMARY KEY REFERENCES name, issued INTEGER NOT NULL) STRICT" },
    { 1, "CREATE TABLE accuracy(series INTEGER NOT NULL REFERENCES name, model INTEGER NOT NULL REFERENCES name, window_start INTEGER NOT NULL,"
         " window_end INTEGER NOT NULL, baseline INTEGER NOT NULL REFERENCES name, n INTEGER NOT NULL, mae REAL, wape REAL, bias REAL, mase REAL, pinball REAL,"
         " coverage_80 REAL, width_80 REAL, baseline_mae REAL, skill REAL, PRIMARY KEY(series, model, window_start, window_end)) STRICT, WITHOUT ROWID" },
    { 1, "CREATE TABLE cost(id INTEGER PRIMARY KEY, at_s INTEGER NOT NULL, purpose INTEGER NOT NULL, job INTEGER NOT NULL REFERENCES name,"
         " method INTEGER NOT NULL, cpu_s REAL, joules REAL, wall_s REAL, soc_ratio REAL) STRICT" },
    { 1, "CREATE TABLE decision(id INTEGER PRIMARY KEY, at_s INTEGER NOT NULL, purpose INTEGER NOT NULL, allowed INTEGER NOT NULL, reason TEXT NOT NULL) STRICT" },

    { 1, "CREATE VIEW reading_view AS SELECT " UTC("(m.key >> 4) * 60") " AS at, m.key >> 4 AS minute, c.name AS controller, m.n AS n,"
         " CASE m.stage_last WHEN 0 THEN 'off' WHEN 1 THEN 'bulk' WHEN 2 THEN 'absorption' WHEN 3 THEN 'float' WHEN 4 THEN 'equalize' WHEN 5 THEN 'limited'"
         " WHEN 6 THEN 'fault' WHEN 7 THEN 'unknown' END AS stage, m.stage_last AS stage_last, m.faults_last AS faults_last" MEASURED(SHOWN)
         " FROM minute m JOIN controller c ON c.id = (m.key & 15)" },
    { 1, "CREATE VIEW signal_view AS SELECT f.text AS feed, s.text AS series, p.text AS place, " STEP("c.step") " AS step,"
         " CASE c.step WHEN 0 THEN " UTC("v.valid * 3600") " ELSE " DATE("v.valid") " END AS valid, v.valid AS valid_number,"
         " " AVAILABLE("v.available") " AS available, " AVAILABLE("v.issued") " AS issued, " AVAILABLE("v.fetched") " AS fetched, v.value AS value,"
         " v.rows AS rows, " QUALITY("v.quality") " AS quality"
         " FROM (SELECT channel, valid, available, fetched, issued, value, rows, quality FROM signal"
         " UNION ALL SELECT l.channel, l.valid, l.available, l.fetched, l.issued, l.value, l.rows, l.quality FROM signal_log l JOIN channel k ON k.id = l.channel"
         " WHERE l.valid >= k.settled) v"
         " JOIN channel c ON c.id = v.channel JOIN name f ON f.id = c.feed JOIN name s ON s.id = c.series JOIN name p ON p.id = c.place" },
    { 1, "CREATE VIEW activity_view AS SELECT s.text AS series, " DATE("a.day") " AS date, a.day AS day, a.value AS value, " AVAILABLE("a.available") " AS available,"
         " " AVAILABLE("a.fetched") " AS fetched FROM activity a JOIN name s ON s.id = a.series" },
    { 1, "CREATE VIEW driver_view AS SELECT s.text AS series, n.text AS driver, " DATE("v.day") " AS date, v.day AS day, v.value AS value,"
         " " AVAILABLE("v.available") " AS available FROM driver_value v JOIN driver d ON d.id = v.driver JOIN name s ON s.id = d.series JOIN name n ON n.id = d.driver" },
    { 1, "CREATE VIEW series_view AS SELECT n.text AS series, s.title AS title, s.unit AS unit, s.currency AS currency, s.company AS company, s.parent AS parent,"
         " s.place AS place, " STEP("s.step") " AS step, s.non_negative AS non_negative, s.configured AS configured FROM series s JOIN name n ON n.id = s.id" },
    { 1, "CREATE VIEW forecast_view AS SELECT " UTC("f.issued") " AS issued, s.text AS series, " STEP("f.step") " AS step,"
         " CASE f.step WHEN 0 THEN " UTC("f.target * 3600") " ELSE " DATE("f.target") " END AS target,"
         " CASE f.step WHEN 0 THEN " UTC("f.origin * 3600") " ELSE " DATE("f.origin") " END AS origin, f.horizon AS horizon, m.text AS model,"
         " " QUALITY("f.quality") " AS quality, f.mean AS mean, f.baseline AS baseline, f.q025 AS q025, f.q10 AS q10, f.q25 AS q25, f.q50 AS q50, f.q75 AS q75,"
         " f.q90 AS q90, f.q975 AS q975 FROM forecast f JOIN name s ON s.id = f.series JOIN name m ON m.id = f.model" },
    { 1, "CREATE VIEW accuracy_view AS SELECT s.text AS series, m.text AS model, " DATE("a.window_start") " AS window_start, " DATE("a.window_end") " AS window_end,"
         " b.text AS baseline, a.n AS n, a.mae AS mae, a.wape AS wape, a.bias AS bias, a.mase AS mase, a.pinball AS pinball, a.coverage_80 AS coverage_80,"
         " a.width_80 AS width_80, a.baseline_mae AS baseline_mae, a.skill AS skill"
         " FROM accuracy a JOIN name s ON s.id = a.series JOIN name m ON m.id = a.model JOIN name b ON b.id = a.baseline" },
    { 1, "CREATE VIEW cost_view AS SELECT " UTC("c.at_s") " AS at, " PURPOSE("c.purpose") " AS purpose, j.text AS job,"
         " CASE c.method WHEN 0 THEN 'dc' WHEN 1 THEN 'rapl' WHEN 2 THEN 'cpu_dc' WHEN 3 THEN 'cpu_config' END AS method, c.cpu_s AS cpu_s, c.joules AS joules,"
         " c.wall_s AS wall_s, c.soc_ratio AS soc_ratio FROM cost c JOIN name j ON j.id = c.job" },
    { 1, "CREATE VIEW decision_view AS SELECT " UTC("d.at_s") " AS at, " PURPOSE("d.purpose") " AS purpose, d.allowed AS allowed, d.reason AS reason FROM decision d" },
    { 1, "CREATE VIEW model_view AS SELECT f.text AS family, m.text AS model, " UTC("x.trained_s") " AS trained, x.serving AS serving, x.bytes AS bytes"
         " FROM model x JOIN name f ON f.id = x.family JOIN name m ON m.id = x.model" },
    { 1, "CREATE VIEW feed_view AS SELECT f.text AS feed, p.text AS place, " UTC("nullif(x.last_ok_s, 0)") " AS last_ok, " UTC("nullif(x.last_try_s, 0)") " AS last_try,"
         " " UTC("nullif(x.next_s, 0)") " AS next, x.failures AS failures, x.disabled AS disabled, x.error AS error, x.bytes_30d AS bytes_30d, x.licence AS licence"
         " FROM feed x JOIN name f ON f.id = x.feed JOIN name p ON p.id = x.place" },

    { 2, "ALTER TABLE feed ADD COLUMN calls_day INTEGER NOT NULL DEFAULT 0" },
    { 2, "ALTER TABLE feed ADD COLUMN calls INTEGER NOT NULL DEFAULT 0" },
    { 2, "ALTER TABLE feed ADD COLUMN history INTEGER" },
    { 2, "ALTER TABLE feed ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0" },
    { 2, "ALTER TABLE feed ADD COLUMN max_age_s INTEGER NOT NULL DEFAULT 0" },
    /* One row for each thing that was said of an event; the newest `available` is what is known. Few, and read by id or as a whole. */
    { 2, "CREATE TABLE event(feed INTEGER NOT NULL REFERENCES name, place INTEGER NOT NULL REFERENCES name, uid TEXT NOT NULL, available INTEGER NOT NULL,"
         " fetched INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, first_day INTEGER NOT NULL, last_day INTEGER NOT NULL,"
         " all_day INTEGER NOT NULL, cancelled INTEGER NOT NULL, importance INTEGER NOT NULL, attendance REAL, title TEXT NOT NULL, venue TEXT NOT NULL,"
         " category TEXT NOT NULL, team TEXT NOT NULL, PRIMARY KEY(feed, place, uid, available)) STRICT, WITHOUT ROWID" },
    { 2, "CREATE VIEW event_view AS SELECT f.text AS feed, p.text AS place, e.uid AS id, " UTC("e.start") " AS start, " UTC("e.end") " AS end,"
         " e.title AS title, e.venue AS venue, e.category AS category, e.team AS team, e.importance AS importance, e.attendance AS attendance,"
         " e.cancelled AS cancelled, " AVAILABLE("e.available") " AS available, " AVAILABLE("e.fetched") " AS fetched"
         " FROM event e JOIN name f ON f.id = e.feed JOIN name p ON p.id = e.place" },

    { 3, "ALTER TABLE cost ADD COLUMN half_j REAL" },
    { 3, "DROP VIEW cost_view" },
    { 3, "CREATE VIEW cost_view AS SELECT " UTC("c.at_s") " AS at, " PURPOSE("c.purpose") " AS purpose, j.text AS job,"
         " CASE c.method WHEN 0 THEN 'dc' WHEN 1 THEN 'rapl' WHEN 2 THEN 'cpu_dc' WHEN 3 THEN 'cpu_config' END AS method, c.cpu_s AS cpu_s, c.joules AS joules,"
         " c.half_j AS half_j, c.wall_s AS wall_s, c.soc_ratio AS soc_ratio FROM cost c JOIN name j ON j.id = c.job" },
    /* What the newest forecasts read: replaced as a whole, step by step. */
    { 4, "CREATE TABLE forecast_driver(step INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES name, target INTEGER NOT NULL, driver INTEGER NOT NULL REFERENCES name,"
         " basis INTEGER NOT NULL, quality INTEGER NOT NULL, value REAL, available INTEGER, PRIMARY KEY(step, series, target, driver)) STRICT, WITHOUT ROWID" },
    /* The series at one place read the same values, so these stand once, by track. */
    { 5, "DROP TABLE forecast_driver" },
    { 5, "CREATE TABLE forecast_driver(step INTEGER NOT NULL, driver INTEGER NOT NULL REFERENCES name, track INTEGER NOT NULL, target INTEGER NOT NULL,"
         " basis INTEGER NOT NULL, quality INTEGER NOT NULL, value REAL, available INTEGER, PRIMARY KEY(step, driver, track, target)) STRICT, WITHOUT ROWID" },
    { 5, "CREATE TABLE forecast_reads(step INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES name, driver INTEGER NOT NULL REFERENCES name,"
         " track INTEGER NOT NULL, PRIMARY KEY(step, series, driver)) STRICT, WITHOUT ROWID" },
    /* What each driver adds to the median at horizon 1, 2, ...: EFFECT_WIDTH characters each, blank where nobody knows. One row instead of one per period. */
    { 6, "ALTER TABLE forecast_reads ADD COLUMN effects TEXT" },
    /* The newest move of each target that is still ahead. */
    { 6, "CREATE TABLE forecast_change(series INTEGER NOT NULL REFERENCES name, target INTEGER NOT NULL, previous REAL NOT NULL, now REAL NOT NULL,"
         " previous_issued INTEGER NOT NULL, issued INTEGER NOT NULL, reason INTEGER NOT NULL REFERENCES name, PRIMARY KEY(series, target)) STRICT, WITHOUT ROWID" },
    { 7, "ALTER TABLE model ADD COLUMN choice TEXT NOT NULL DEFAULT ''" },
    { 7, "DROP VIEW model_view" },
    { 7, "CREATE VIEW model_view AS SELECT f.text AS family, m.text AS model, " UTC("x.trained_s") " AS trained, x.serving AS serving, x.bytes AS bytes,"
         " x.choice AS choice FROM model x JOIN name f ON f.id = x.family JOIN name m ON m.id = x.model" },
    /* store_event_id() of the event that a driver counts on that day. */
    { 8, "ALTER TABLE forecast_driver ADD COLUMN event TEXT" },
};
const size_t schema_steps_n = sizeof schema_steps / sizeof *schema_steps;
