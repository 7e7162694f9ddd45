/* forecast.db: its contract, its rights, and that a reader never sees anything but a whole file. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "store/query.h"
#include "store/snapshot.h"
#include "store_fixture.h"

static struct snapshot_status status_now(void)
{
    int64_t now = (int64_t)time(NULL);
    return (struct snapshot_status){ .software_version = "0.1.0", .site = "shed", .time_zone = "Europe/Berlin", .message = "all well", .published_s = now,
                                     .next_publish_s = now + 6 * 3600, .mode = GNM_SAVER1, .soc_ratio = 0.61, .soc_uncertainty_ratio = 0.05, .battery_v = 12.83,
                                     .pv_w = 120.5, .load_w = NAN, .battery_at_s = now - 40, .intensity_g_per_kwh = 35, .embodied_g_per_day = 48 };
}

static struct zone *berlin(void)
{
    char *data = NULL;
    size_t len = 0;
    ok(file_read("/usr/share/zoneinfo/Europe/Berlin", 1 << 20, &data, &len, &why));
    struct zone *zone = zone_new(data, len, &why);
    ck_assert_msg(zone != NULL, "%s", why.text);
    free(data);
    return zone;
}

static sqlite3 *open_file(const char *name)
{
    char uri[256];
    snprintf(uri, sizeof uri, "file:%s?mode=ro&immutable=1", at(name));
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL), SQLITE_OK);
    return db;
}

/* The first row as "a|b|c", NULL as "-". */
static const char *ask(const char *sql)
{
    static char row[1024];
    sqlite3 *db = open_file("forecast.db");
    sqlite3_stmt *stmt = NULL;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    row[0] = '\0';
    if (sqlite3_step(stmt) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            const char *text = (const char *)sqlite3_column_text(stmt, i);
            size_t used = strlen(row);
            snprintf(row + used, sizeof row - used, "%s%s", i > 0 ? "|" : "", text != NULL ? text : "-");
        }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return row;
}

/* The columns of a view, joined by commas. */
static const char *columns(const char *view)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT group_concat(name, ',') FROM pragma_table_info('%s')", view);
    return ask(sql);
}

static void publish(struct store *store, const char *company, const struct snapshot_status *status)
{
    ok(snapshot_publish(store, dir, company, status, &why));
}

START_TEST(an_empty_database_still_gives_one_status_row)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT contract, software_version, site, time_zone, mode, message, stale, battery_v, soc_ratio, load_w, last_train_at, oldest_feed_age_s FROM v1_status"),
                     "1.3.0|0.1.0|shed|Europe/Berlin|saver1|all well|0|12.83|0.61|-|-|-");
    ck_assert_str_eq(ask("SELECT count(*) FROM v1_status"), "1");
    ck_assert_str_eq(ask("SELECT battery_age_s BETWEEN 40 AND 45, age_s BETWEEN 0 AND 5 FROM v1_status"), "1|1");
    ck_assert_str_eq(ask("SELECT count(*) FROM v1_forecast"), "0");
    ck_assert_str_eq(ask("SELECT length(published_at), substr(published_at, 20) FROM v1_status"), "20|Z");
    store_close(store);
}
END_TEST

START_TEST(the_file_has_the_header_that_old_readers_need)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    publish(store, NULL, &st);
    unsigned char head[100];
    FILE *f = fopen(at("forecast.db"), "rb");
    ck_assert_uint_eq(fread(head, 1, sizeof head, f), sizeof head);
    fclose(f);
    ck_assert_int_eq(head[18], 1);
    ck_assert_int_eq(head[19], 1);
    ck_assert_str_eq(ask("PRAGMA application_id"), "1735290733");
    ck_assert_str_eq(ask("PRAGMA user_version"), "10300");
    ck_assert_str_eq(ask("PRAGMA integrity_check"), "ok");
    ck_assert_str_eq(ask("SELECT count(*) FROM sqlite_master WHERE sql LIKE '%STRICT%' OR sql LIKE '%GENERATED%' OR sql LIKE '%OVER (%' OR sql LIKE '%json%'"
                         " OR sql LIKE '%RETURNING%' OR sql LIKE '%SELECT *%' OR sql LIKE '%iif(%' OR sql LIKE '%unixepoch()%'"), "0");
    struct stat s;
    ck_assert_int_eq(stat(at("forecast.db"), &s), 0);
    ck_assert_int_eq(s.st_mode & 07777, 0644);
    ck_assert_int_ne(access(at("forecast.db.tmp"), F_OK), 0);
    store_close(store);
}
END_TEST

START_TEST(views_have_the_columns_of_the_contract)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    publish(store, NULL, &st);
    ck_assert_str_eq(columns("v1_status"), "contract,software_version,site,time_zone,published_at,published_unix,next_publish_at,next_publish_unix,age_s,stale,mode,"
                     "last_train_at,last_train_unix,oldest_feed_age_s,battery_at,battery_unix,battery_age_s,battery_v,soc_ratio,soc_uncertainty_ratio,pv_w,load_w,message");
    ck_assert_str_eq(columns("v1_series"), "series_id,title,unit,currency,step,parent_id,non_negative,is_integer,first_at,last_at,first_date_local,last_date_local,n_obs,n_missing");
    ck_assert_str_eq(columns("v1_forecast"), "series_id,issued_at,issued_unix,target_start,target_start_unix,target_end,target_end_unix,target_date_local,horizon,unit,"
                     "mean,p10,p50,p90,baseline,model_id,quality,data_age_s");
    ck_assert_str_eq(columns("v1_quantile"), "series_id,target_start,target_start_unix,q,value");
    ck_assert_str_eq(columns("v1_accuracy"), "series_id,model_id,n,mae,wape,bias,mase,pinball_10_90,coverage_80,width_80,baseline_name,baseline_mae,skill,window_start,window_end");
    ck_assert_str_eq(columns("v1_model_card"), "model_id,family,trained_at,trained_unix,n_bytes,choice");
    ck_assert_str_eq(columns("v1_feed"), "feed,place,last_ok_at,last_ok_unix,last_error,age_s,bytes_30d,licence,disabled,quality,max_age_s");
    ck_assert_str_eq(columns("v1_driver"), "series_id,target_start,target_start_unix,target_date_local,driver,value,basis,quality,available_at,available_unix,age_s,effect,rank,source_event_id");
    ck_assert_str_eq(columns("v1_change"), "series_id,target_start,target_start_unix,target_date_local,previous_p50,p50,change,reason,previous_issued_at,previous_issued_unix,issued_at,issued_unix");
    ck_assert_str_eq(columns("v1_event"), "event_id,category,title,start_at,start_unix,end_at,end_unix,first_date_local,last_date_local,all_day,place,rank,attendance,source,"
                                          "licence,fetched_at,fetched_unix,age_s");
    ck_assert_str_eq(columns("v1_energy"), "period_start,period_start_unix,period_end,period_end_unix,purpose,energy_wh,method,uncertainty_pct,co2e_g,intensity_g_per_kwh");
    store_close(store);
}
END_TEST

/* 2026-03-28 .. 30 in Berlin: the clock is put forward on the 29th, which has 23 hours. */
enum { SPRING = 20540 };

static void put_series(struct store *store, const char *name, const char *company, enum gnm_step step)
{
    struct store_series s = { .unit = "EUR", .currency = "EUR", .step = step, .non_negative = 1 };
    snprintf(s.series, sizeof s.series, "%s", name);
    snprintf(s.company, sizeof s.company, "%s", company);
    ok(store_series_put(store, &s, &why));
}

START_TEST(daily_targets_are_local_civil_days)
{
    struct store *store = open_store();
    struct zone *zone = berlin();
    struct snapshot_status st = status_now();
    st.zone = zone;
    put_series(store, "shop", "", GNM_DAY);
    struct gnm_activity a[4] = { activity_row("shop", SPRING - 5, 1000, 10), activity_row("shop", SPRING - 4, 1000, 12.5), activity_row("shop", SPRING - 4, 2000, 12),
                                 activity_row("shop", SPRING - 1, 1000, 9) };
    ok(store_activity(store, a, 4, NULL, &why));
    struct gnm_forecast f[3] = { forecast_row("shop", SPRING - 1, 1, 50), forecast_row("shop", SPRING - 1, 2, 60), forecast_row("shop", SPRING - 1, 3, 70) };
    f[2].quality = GNM_DEGRADED;
    f[2].mean = NAN;
    f[2].q[5] = f[2].q[3] - 1;   /* crossed: p90 below p50 */
    ok(store_forecasts(store, 500, f, 3, &why));
    ok(store_forecasts(store, 1000, f, 3, &why));
    f[0].q[3] = -1;
    ok(store_forecasts(store, 700, f, 1, &why));
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT target_start, target_end, target_date_local, horizon, unit, mean, p10, p50, p90, baseline, model_id, quality, issued_at FROM v1_forecast"),
                     "2026-03-27T23:00:00Z|2026-03-28T23:00:00Z|2026-03-28|1|EUR|51.0|46.0|50.0|54.0|48.0|ridge-1|ok|1970-01-01T00:16:40Z");
    ck_assert_str_eq(ask("SELECT target_end_unix - target_start_unix, target_end FROM v1_forecast WHERE target_date_local = '2026-03-29'"), "82800|2026-03-29T22:00:00Z");
    ck_assert_str_eq(ask("SELECT p50 <= p90, mean, quality FROM v1_forecast WHERE horizon = 3"), "1|-|degraded");
    ck_assert_str_eq(ask("SELECT count(*), count(DISTINCT q), min(value), max(value) FROM v1_quantile WHERE target_start = '2026-03-27T23:00:00Z'"), "7|7|45.25|54.75");
    ck_assert_str_eq(ask("SELECT title, step, is_integer, n_obs, n_missing, first_at, last_date_local FROM v1_series"), "shop|day|1|3|2|2026-03-22T23:00:00Z|2026-03-27");
    /* Data ends with the last observed day, 2026-03-27 in Berlin. */
    ck_assert_str_eq(ask("SELECT data_age_s = max(0, CAST(strftime('%s', 'now') AS INTEGER) - CAST(strftime('%s', '2026-03-27T23:00:00') AS INTEGER)) FROM v1_forecast"), "1");
    zone_free(zone);
    store_close(store);
}
END_TEST

START_TEST(weeks_months_and_hours)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    put_series(store, "hourly", "", GNM_HOUR);
    put_series(store, "monthly", "", GNM_MONTH);
    put_series(store, "sundays", "", GNM_WEEK);
    put_series(store, "mondays", "", GNM_WEEK);
    struct gnm_forecast f[4] = { forecast_row("hourly", 500000, 1, 1), forecast_row("monthly", SPRING - 1, 1, 1), forecast_row("sundays", SPRING, 1, 1),
                                 forecast_row("mondays", SPRING, 2, 1) };
    f[0].step = GNM_HOUR;
    f[1].step = GNM_MONTH;
    f[2].step = f[3].step = GNM_WEEK;
    ok(store_forecasts(store, 1000, f, 4, &why));
    struct gnm_activity a[3] = { activity_row("monthly", SPRING, 1000, 1.5), activity_row("monthly", SPRING - 400, 1000, 1), activity_row("sundays", SPRING + 1, 1000, NAN) };
    ok(store_activity(store, a, 3, NULL, &why));
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT target_start, target_end FROM v1_forecast WHERE series_id = 'hourly'"), "2027-01-15T09:00:00Z|2027-01-15T10:00:00Z");
    ck_assert_str_eq(ask("SELECT target_start, target_end, target_date_local FROM v1_forecast WHERE series_id = 'monthly'"), "2026-03-01T00:00:00Z|2026-04-01T00:00:00Z|2026-03-28");
    ck_assert_str_eq(ask("SELECT target_start, target_end FROM v1_forecast WHERE series_id = 'sundays'"), "2026-03-23T00:00:00Z|2026-03-30T00:00:00Z");
    ck_assert_str_eq(ask("SELECT target_start, target_end FROM v1_forecast WHERE series_id = 'mondays'"), "2026-03-30T00:00:00Z|2026-04-06T00:00:00Z");
    ck_assert_str_eq(ask("SELECT n_obs, n_missing, is_integer FROM v1_series WHERE series_id = 'monthly'"), "2|12|0");
    ck_assert_str_eq(ask("SELECT n_obs, first_at, data_age_s FROM v1_series JOIN v1_forecast USING(series_id) WHERE series_id = 'sundays'"), "0|-|-");
    store_close(store);
}
END_TEST

START_TEST(a_company_sees_its_own_rows_only)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    put_series(store, "shop", "acme", GNM_DAY);
    put_series(store, "cafe", "other", GNM_DAY);
    struct gnm_forecast f[3] = { forecast_row("shop", 100, 1, 50), forecast_row("cafe", 100, 1, 60), forecast_row("unlisted", 100, 1, 70) };
    ok(store_forecasts(store, 1000, f, 3, &why));
    struct store_accuracy a[2] = { { .series = "shop", .model = "m", .baseline = "b", .n = 9 }, { .series = "cafe", .model = "m", .baseline = "b", .n = 9 } };
    ok(store_accuracies(store, a, 2, &why));
    publish(store, "acme", &st);
    ck_assert_str_eq(ask("SELECT group_concat(series_id) FROM v1_forecast"), "shop");
    ck_assert_str_eq(ask("SELECT group_concat(series_id) FROM v1_series"), "shop");
    ck_assert_str_eq(ask("SELECT group_concat(series_id) FROM v1_accuracy"), "shop");
    FILE *file = fopen(at("forecast.db"), "rb");
    static char bytes[1 << 20];
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    ck_assert_ptr_null(memmem(bytes, n, "cafe", 4));
    ck_assert_ptr_nonnull(memmem(bytes, n, "shop", 4));
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT count(*) FROM v1_forecast"), "3");
    store_close(store);
}
END_TEST

START_TEST(every_day_the_box_ran_costs_something)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    int64_t today = st.published_s / 86400, start = today * 86400;
    if (st.published_s - start < 10)
        st.published_s = start + 10;
    struct store_minute m = minute_row("roof", (start - 5 * 86400) / 60 + 600, 12);
    ok(store_minutes(store, &m, 1, &why));
    struct store_cost c[5] = {
        { .at_s = start - 86400, .purpose = GNM_TRAIN, .job = "train", .cost = { 1, 7200, GNM_DC, 0 } },
        { .at_s = start - 1, .purpose = GNM_TRAIN, .job = "train", .cost = { 1, 3600 * 8, GNM_CPU_CONFIG, 0 } },
        { .at_s = start - 400 * 86400, .purpose = GNM_TRAIN, .job = "train", .cost = { 1, 7200, GNM_DC, 0 } },
        { .at_s = start - 3600, .purpose = GNM_IDLE, .job = "idle", .cost = { 1, 360000, GNM_DC, 0 } },
        { .at_s = start + 1, .purpose = GNM_POLL, .job = "poll", .cost = { 1, NAN, GNM_DC, 0 } },
    };
    ok(store_cost(store, c, 5, &why));
    publish(store, NULL, &st);
    /* The day with telemetry only, yesterday, today. */
    ck_assert_str_eq(ask("SELECT count(*), count(DISTINCT period_start), min(co2e_g) > 0 FROM v1_energy"), "4|3|1");
    ck_assert_str_eq(ask("SELECT energy_wh, method, co2e_g FROM v1_energy ORDER BY period_start LIMIT 1"), "-|-|48.0");
    ck_assert_str_eq(ask("SELECT energy_wh, method, uncertainty_pct, co2e_g, intensity_g_per_kwh FROM v1_energy WHERE purpose = 'train'"), "10.0|cpu_config|50.0|0.35|35.0");
    ck_assert_str_eq(ask("SELECT energy_wh, method, co2e_g FROM v1_energy WHERE purpose = 'idle' AND energy_wh > 0"), "100.0|dc|51.5");
    ck_assert_str_eq(ask("SELECT period_end_unix - (SELECT published_unix FROM v1_status), abs(co2e_g - 48.0 * (period_end_unix - period_start_unix) / 86400) < 1e-9"
                         " FROM v1_energy ORDER BY period_start DESC LIMIT 1"), "0|1");
    st.intensity_g_per_kwh = st.embodied_g_per_day = NAN;
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT count(co2e_g), count(intensity_g_per_kwh), count(energy_wh) FROM v1_energy"), "0|0|2");
    store_close(store);
}
END_TEST

START_TEST(feeds_grow_old_and_a_dead_daemon_shows)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    int64_t now = st.published_s;
    struct store_feed f[4] = { { .feed = "sky", .place = "a", .licence = "CC BY 4.0", .last_ok_s = now - 100, .bytes_30d = 10 },
                               { .feed = "sky", .place = "b", .licence = "CC BY 4.0", .last_ok_s = now - 5000, .max_age_s = 3600, .bytes_30d = 20, .error = "HTTP 503" },
                               { .feed = "off", .last_ok_s = now - 900000, .disabled = 1 }, { .feed = "new" } };
    for (int i = 0; i < 4; i++)
        ok(store_feed_put(store, &f[i], &why));
    st.published_s = now - 9 * 3600;
    st.next_publish_s = now - 3 * 3600;
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT age_s - 5000 BETWEEN 0 AND 5, bytes_30d, last_error, licence, quality FROM v1_feed WHERE feed = 'sky' AND place = 'b'"),
                     "1|20|HTTP 503|CC BY 4.0|degraded");
    ck_assert_str_eq(ask("SELECT last_ok_at, age_s, quality FROM v1_feed WHERE feed = 'new'"), "-|-|fallback");
    ck_assert_str_eq(ask("SELECT oldest_feed_age_s - 5000 BETWEEN 0 AND 5, stale FROM v1_status"), "1|1");
    st.next_publish_s = now - 1 * 3600;   /* late by less than the margin of a quarter of eight hours */
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT stale FROM v1_status"), "0");
    store_close(store);
}
END_TEST

START_TEST(what_forecasts_read_is_published_with_its_age)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    int64_t now = st.published_s, day = now / 86400;
    struct store_series series[] = { { .series = "a", .company = "x", .step = GNM_DAY }, { .series = "b", .company = "y", .step = GNM_DAY } };
    struct store_forecast_driver row[] = {
        { .driver = "t_mean", .track = 0, .target = day + 1, .available_s = now - 7200, .value = 12.5, .basis = STORE_OLDER, .quality = GNM_DEGRADED },
        { .driver = "match_x", .track = 0, .target = day + 1, .available_s = GNM_ALWAYS, .value = 1, .basis = STORE_CALENDAR },
        { .driver = "t_mean", .track = 1, .target = day + 1, .available_s = GNM_NEVER, .value = NAN, .basis = STORE_CLIMATOLOGY, .quality = GNM_FALLBACK },
    };
    struct store_forecast_reads reads[] = { { "a", "t_mean", 0, NULL, 0 }, { "a", "match_x", 0, NULL, 0 }, { "b", "t_mean", 1, NULL, 0 } };
    struct store_forecast_notes notes = { row, 3, reads, 3 }, none = { .n = 0 };
    for (int i = 0; i < 2; i++)
        ok(store_series_put(store, &series[i], &why));
    ok(store_forecast_drivers(store, GNM_DAY, &notes, &why));
    publish(store, "x", &st);
    ck_assert_str_eq(ask("SELECT group_concat(driver || ' ' || basis || ' ' || quality || ' ' || value, ';') FROM (SELECT * FROM v1_driver ORDER BY driver)"),
                     "match_x calendar ok 1.0;t_mean older forecast degraded 12.5");
    ck_assert_str_eq(ask("SELECT age_s - 7200 BETWEEN 0 AND 5 FROM v1_driver WHERE driver = 't_mean'"), "1");
    publish(store, "y", &st);
    ck_assert_str_eq(ask("SELECT basis, value, age_s FROM v1_driver"), "climatology|-|-");
    ck_assert_str_eq(ask("SELECT count(*) FROM driver"), "1");        /* nothing of what the other company's series read */
    ok(store_forecast_drivers(store, GNM_DAY, &none, &why));
    publish(store, "y", &st);
    ck_assert_str_eq(ask("SELECT count(*) FROM v1_driver"), "0");
    store_close(store);
}
END_TEST

/* Two drivers of one forecast row: what each adds, the larger first; on days a driver is not noted it has no rank. */
START_TEST(effects_are_published_with_their_rank)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    double heat[] = { -12.5, 0.25, NAN }, match[] = { 40, 0, 1e-200 };
    struct gnm_forecast f[3] = { forecast_row("shop", SPRING, 1, 50), forecast_row("shop", SPRING, 2, 60), forecast_row("shop", SPRING, 3, 70) };
    struct store_forecast_driver row[] = {
        { .driver = "heat", .target = SPRING + 1, .value = 30, .available_s = GNM_ALWAYS }, { .driver = "heat", .target = SPRING + 2, .value = 31, .available_s = GNM_ALWAYS },
        { .driver = "heat", .target = SPRING + 3, .value = 31, .available_s = GNM_ALWAYS }, { .driver = "match", .target = SPRING + 1, .value = 1, .available_s = GNM_ALWAYS },
        { .driver = "rain", .target = SPRING + 1, .value = 1, .available_s = GNM_ALWAYS },
    };
    struct store_forecast_reads reads[] = { { "shop", "heat", 0, heat, 3 }, { "shop", "match", 0, match, 3 }, { "shop", "rain", 0, NULL, 0 } };
    struct store_forecast_notes notes = { row, 5, reads, 3 };
    ok(store_forecasts(store, st.published_s, f, 3, &why));
    ok(store_forecast_drivers(store, GNM_DAY, &notes, &why));
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT group_concat(target_date_local || ' ' || driver || ' ' || ifnull(effect, '-') || ' ' || ifnull(rank, '-'), ';') FROM"
                         " (SELECT * FROM v1_driver ORDER BY target_start, driver)"),
                     "2026-03-29 heat -12.5 2;2026-03-29 match 40.0 1;2026-03-29 rain - -;2026-03-30 heat 0.25 1;2026-03-31 heat - -");
    store_close(store);
}
END_TEST

static int count_told(void *ctx, const struct store_told *row)
{
    struct store_told *got = ctx;
    got[row->horizon - 1] = *row;
    return 0;
}

/* What moved keeps the median it was told with: many small steps add up to one that is told. What is over is gone. */
START_TEST(changes_are_kept_until_their_day)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    struct store_told told[3] = { { .target = 0 } };
    struct store_change moved = { .target = SPRING + 2, .previous_issued_s = 1000, .previous = 60, .now = 75, .reason = "match" };
    struct gnm_forecast f[3] = { forecast_row("shop", SPRING, 1, 50), forecast_row("shop", SPRING, 2, 60), forecast_row("shop", SPRING, 3, 70) };
    ok(store_forecasts(store, 1000, f, 3, &why));
    ok(store_changes(store, "shop", 2000, SPRING + 1, &moved, 1, &why));
    f[1].q[3] = 76;
    ok(store_forecasts(store, 2000, f, 3, &why));
    ok(store_each_told(store, "shop", count_told, told, &why));
    ck_assert(told[0].p50 == 50 && told[0].issued_s == 2000 && told[1].p50 == 75 && told[1].issued_s == 2000 && told[2].target == SPRING + 3);
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT target_date_local, previous_p50, p50, change, reason, issued_unix - previous_issued_unix, previous_issued_at FROM v1_change"),
                     "2026-03-30|60.0|75.0|15.0|match|1000|1970-01-01T00:16:40Z");
    ok(store_changes(store, "shop", 3000, SPRING + 3, NULL, 0, &why));
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT count(*) FROM v1_change"), "0");
    store_close(store);
}
END_TEST

START_TEST(events_are_published_as_last_told)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    int64_t now = st.published_s, today = now / 86400;
    struct store_feed feed = { .feed = "league", .licence = "ODbL", .last_ok_s = now };
    struct store_event e[] = {
        { .feed = "league", .id = "7", .title = "A - B", .team = "A|B", .category = "football", .start_s = now + 3600, .end_s = now + 9000, .first_day = today, .last_day = today,
          .available_s = now - 5000, .fetched_s = now - 5000, .importance = 80, .attendance = 10000 },
        { .feed = "league", .id = "7", .title = "A - B", .team = "A|B", .category = "football", .start_s = now + 90000, .end_s = now + 95400, .first_day = today + 1, .last_day = today + 1,
          .available_s = now - 100, .fetched_s = now - 100, .importance = 80, .attendance = 10000 },
        { .feed = "league", .id = "8", .title = "A - C", .team = "A|C", .start_s = now, .end_s = now + 1, .first_day = today, .last_day = today, .available_s = now, .cancelled = 1 },
        { .feed = "league", .place = "gent", .id = "9", .title = "Fair", .venue = "Expo", .category = "fair", .start_s = now, .end_s = now + 1, .first_day = today, .last_day = today + 3,
          .available_s = GNM_ALWAYS, .fetched_s = now, .all_day = 1, .importance = 50, .attendance = NAN },
        { .feed = "league", .id = "old", .title = "long ago", .first_day = today - 99, .last_day = today - 98, .available_s = 5 },
    };
    ok(store_feed_put(store, &feed, &why));
    size_t added = 0;
    ok(store_events(store, e, 5, &added, &why));
    ck_assert_uint_eq(added, 5);
    ok(store_events(store, e + 1, 1, &added, &why));
    ck_assert_uint_eq(added, 0);
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT group_concat(event_id || ' ' || place || ' ' || rank) FROM (SELECT * FROM v1_event ORDER BY start_unix)"), "league@gent/9 Expo 50,league/7 A 80");
    ck_assert_str_eq(ask("SELECT start_unix - fetched_unix, attendance, licence, source FROM v1_event WHERE title = 'A - B'"), "90100|10000.0|ODbL|league");
    /* A driver leads to its event; to none that this file does not tell of. */
    char id[STORE_EVENT_ID];
    store_event_id("league", "gent", "9", id);
    struct store_forecast_driver note[] = {
        { .driver = "match_a", .target = today + 1, .value = 1, .available_s = GNM_ALWAYS, .event = "league/7" },
        { .driver = "fair_expo", .target = today + 1, .value = 1, .available_s = GNM_ALWAYS, .event = id },
        { .driver = "fair_old", .target = today + 1, .value = 1, .available_s = GNM_ALWAYS, .event = "league/old" },
        { .driver = "event_easter", .target = today + 1, .value = 1, .available_s = GNM_ALWAYS },
    };
    struct store_forecast_reads reads[] = { { "s", "match_a", 0, NULL, 0 }, { "s", "fair_expo", 0, NULL, 0 }, { "s", "fair_old", 0, NULL, 0 }, { "s", "event_easter", 0, NULL, 0 } };
    ok(store_forecast_drivers(store, GNM_DAY, &(struct store_forecast_notes){ note, 4, reads, 4 }, &why));
    publish(store, NULL, &st);
    ck_assert_str_eq(ask("SELECT group_concat(d.driver || ' ' || e.title) FROM (SELECT * FROM v1_driver ORDER BY driver) d JOIN v1_event e ON e.event_id = d.source_event_id"),
                     "fair_expo Fair,match_a A - B");
    ck_assert_str_eq(ask("SELECT count(*) FROM v1_driver WHERE source_event_id IS NULL"), "2");
    const char *others[] = { "league" };
    st.hidden = others;
    st.n_hidden = 1;
    publish(store, NULL, &st);                     /* the same place: what was shown before must go */
    ck_assert_str_eq(ask("SELECT (SELECT count(*) FROM v1_event) || ' ' || (SELECT count(*) FROM v1_feed)"), "0 0");
    ck_assert_str_eq(ask("SELECT count(*) FROM v1_driver WHERE source_event_id IS NOT NULL"), "0");
    st.n_hidden = 0;
    publish(store, NULL, &st);
    struct query *q = NULL;
    struct query_event *row = NULL;
    size_t n = 0;
    ok(query_open(at("forecast.db"), &q, &why));
    ok(query_events(q, &row, &n, &why));
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(row[0].title, "Fair");
    ck_assert_double_nan(row[0].attendance);
    ck_assert_int_eq(row[1].rank, 80);
    free(row);
    query_close(q);
    store_close(store);
}
END_TEST

START_TEST(an_unfinished_transaction_is_not_published)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    ok(store_begin(store, &why));
    ck_assert_int_eq(snapshot_publish(store, dir, NULL, &st, &why), -EINVAL);
    store_rollback(store);
    publish(store, NULL, &st);
    struct stat before, after;
    ck_assert_int_eq(stat(at("forecast.db"), &before), 0);
    ck_assert_int_lt(snapshot_publish(store, at("no such folder"), NULL, &st, &why), 0);
    ck_assert_int_eq(stat(at("forecast.db"), &after), 0);
    ck_assert_int_eq(before.st_ino, after.st_ino);
    store_close(store);
}
END_TEST

/* ---- the reader's interface ---- */

START_TEST(queries_give_what_was_published)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    put_series(store, "shop", "", GNM_DAY);
    struct gnm_forecast f[3] = { forecast_row("shop", SPRING, 2, 60), forecast_row("shop", SPRING, 1, 50), forecast_row("cafe", SPRING, 1, 70) };
    ok(store_forecasts(store, 1000, f, 3, &why));
    struct store_accuracy a = { .series = "shop", .model = "m", .baseline = "b", .n = 9, .mae = 2.5, .skill = NAN, .window_start = SPRING - 9, .window_end = SPRING };
    ok(store_accuracies(store, &a, 1, &why));
    struct store_feed feed = { .feed = "sky", .licence = "CC0", .last_ok_s = st.published_s };
    ok(store_feed_put(store, &feed, &why));
    struct store_cost c = { .at_s = st.published_s, .purpose = GNM_TRAIN, .job = "train", .cost = { 1, 7200, GNM_DC, 0 } };
    ok(store_cost(store, &c, 1, &why));
    struct query *q = NULL;
    ck_assert_int_eq(query_open(at("forecast.db"), &q, &why), -ENOENT);
    ok(snapshot_publish(store, dir, NULL, &st, &why));
    ok(query_open(at("forecast.db"), &q, &why));
    struct query_status status;
    ok(query_status(q, &status, &why));
    ck_assert_str_eq(status.site, "shed");
    ck_assert_int_eq(status.published_s, st.published_s);
    ck_assert_int_eq(status.last_train_s, 0);
    ck_assert_int_eq(status.stale, 0);
    ck_assert_double_nan(status.load_w);
    ck_assert_double_eq(status.soc_ratio, 0.61);
    size_t n = 0;
    struct query_forecast *rows = NULL;
    ok(query_forecasts(q, NULL, &rows, &n, &why));
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(rows[0].series, "cafe");
    free(rows);
    ok(query_forecasts(q, "shop", &rows, &n, &why));
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(rows[0].target_date, "2026-03-29");
    ck_assert_double_eq(rows[0].p50, 50);
    ck_assert_double_eq(rows[1].p90, 64);
    ck_assert_int_eq(rows[1].horizon, 2);
    ck_assert_int_eq(rows[1].data_age_s, -1);
    free(rows);
    ok(query_forecasts(q, "nobody", &rows, &n, &why));
    ck_assert_uint_eq(n, 0);
    ck_assert_ptr_null(rows);
    struct query_quantile *quantiles = NULL;
    ok(query_quantiles(q, "cafe", &quantiles, &n, &why));
    ck_assert_uint_eq(n, 7);
    ck_assert_double_eq(quantiles[6].q, 0.975);
    free(quantiles);
    struct query_accuracy *accuracies = NULL;
    ok(query_accuracies(q, NULL, &accuracies, &n, &why));
    ck_assert_uint_eq(n, 1);
    ck_assert_double_eq(accuracies[0].mae, 2.5);
    ck_assert_double_nan(accuracies[0].skill);
    ck_assert_str_eq(accuracies[0].window_end, "2026-03-28");
    free(accuracies);
    struct query_series *series = NULL;
    ok(query_series(q, &series, &n, &why));
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(series[1].unit, "EUR");
    ck_assert_str_eq(series[1].first_date, "");
    free(series);
    struct query_feed *feeds = NULL;
    ok(query_feeds(q, &feeds, &n, &why));
    ck_assert_uint_eq(n, 1);
    ck_assert_int_ge(feeds[0].age_s, 0);
    free(feeds);
    struct query_energy *energy = NULL;
    ok(query_energy(q, st.published_s - 10, &energy, &n, &why));
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(energy[1].purpose, "train");
    ck_assert_double_eq(energy[1].energy_wh, 2);
    free(energy);
    ok(query_energy(q, st.published_s + 100, &energy, &n, &why));
    ck_assert_uint_eq(n, 0);
    query_close(q);
    query_close(NULL);
    store_close(store);
}
END_TEST

START_TEST(other_files_are_refused_by_name)
{
    struct store *store = open_store();
    store_close(store);
    struct query *q = NULL;
    ck_assert_int_eq(query_open(at("state.db"), &q, &why), -EINVAL);
    ck_assert_ptr_nonnull(strstr(why.text, "is not a forecast.db"));
    FILE *f = fopen(at("x?y#%41.db"), "w");
    fprintf(f, "%0600d", 1);
    fclose(f);
    ck_assert_int_eq(query_open(at("x?y#%41.db"), &q, &why), -EUCLEAN);
}
END_TEST

/* ---- other users ---- */

/* As nobody, in a folder nobody may write: counts the rows of v1_status. */
static int count_as_nobody(void)
{
    pid_t child = fork();
    if (child == 0) {
        if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0 || access(dir, W_OK) == 0)
            _exit(100);
        char uri[256];
        sqlite3 *db = NULL;
        sqlite3_stmt *stmt = NULL;
        snprintf(uri, sizeof uri, "file:%s?mode=ro", at("forecast.db"));
        if (sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK ||
            sqlite3_prepare_v2(db, "SELECT count(*) FROM v1_status", -1, &stmt, NULL) != SQLITE_OK || sqlite3_step(stmt) != SQLITE_ROW)
            _exit(101);
        _exit(sqlite3_column_int(stmt, 0));
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(another_user_reads_whether_the_daemon_runs_stopped_or_was_killed)
{
    if (geteuid() != 0) {
        fprintf(stderr, "another_user_reads: skipped, needs root\n");
        return;
    }
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    publish(store, NULL, &st);
    ck_assert_int_eq(count_as_nobody(), 1);
    store_close(store);
    ck_assert_int_eq(count_as_nobody(), 1);
    pid_t child = fork();
    if (child == 0) {
        struct store *killed = NULL;
        if (store_open(at("state.db"), 0, &killed, NULL, NULL) == 0 && store_meta_set(killed, "a", "b", NULL) == 0 && snapshot_publish(killed, dir, NULL, &st, NULL) == 0)
            raise(SIGKILL);
        _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(count_as_nobody(), 1);
}
END_TEST

/* ---- a reader against renames ---- */

static void read_until_told(int told, int answer)
{
    struct { int reads, errors, back; } sum = { 0, 0, 0 };
    int64_t last = 0;
    char byte;
    while (read(told, &byte, 1) < 0) {
        struct query *q = NULL;
        struct query_status status;
        if (query_open(at("forecast.db"), &q, NULL) != 0 || query_status(q, &status, NULL) != 0)
            sum.errors++;
        else {
            sum.back += status.published_s < last;
            last = status.published_s;
        }
        query_close(q);
        sum.reads++;
    }
    if (write(answer, &sum, sizeof sum) != sizeof sum)
        _exit(1);
    _exit(0);
}

START_TEST(a_reader_in_a_loop_sees_no_error_while_files_are_replaced)
{
    struct store *store = open_store();
    struct snapshot_status st = status_now();
    publish(store, NULL, &st);
    int told[2], answer[2];
    ck_assert_int_eq(pipe2(told, O_NONBLOCK), 0);
    ck_assert_int_eq(pipe(answer), 0);
    pid_t child = fork();
    if (child == 0)
        read_until_told(told[0], answer[1]);
    for (int i = 1; i <= 60; i++) {
        st.published_s++;
        publish(store, NULL, &st);
    }
    ck_assert_int_eq(write(told[1], "x", 1), 1);
    struct { int reads, errors, back; } sum;
    ck_assert_int_eq(read(answer[0], &sum, sizeof sum), sizeof sum);
    waitpid(child, NULL, 0);
    ck_assert_int_gt(sum.reads, 10);
    ck_assert_int_eq(sum.errors, 0);
    ck_assert_int_eq(sum.back, 0);
    store_close(store);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, an_empty_database_still_gives_one_status_row);
    tcase_add_test(t, the_file_has_the_header_that_old_readers_need);
    tcase_add_test(t, views_have_the_columns_of_the_contract);
    tcase_add_test(t, daily_targets_are_local_civil_days);
    tcase_add_test(t, weeks_months_and_hours);
    tcase_add_test(t, a_company_sees_its_own_rows_only);
    tcase_add_test(t, every_day_the_box_ran_costs_something);
    tcase_add_test(t, feeds_grow_old_and_a_dead_daemon_shows);
    tcase_add_test(t, what_forecasts_read_is_published_with_its_age);
    tcase_add_test(t, effects_are_published_with_their_rank);
    tcase_add_test(t, changes_are_kept_until_their_day);
    tcase_add_test(t, events_are_published_as_last_told);
    tcase_add_test(t, an_unfinished_transaction_is_not_published);
    tcase_add_test(t, queries_give_what_was_published);
    tcase_add_test(t, other_files_are_refused_by_name);
    tcase_add_test(t, another_user_reads_whether_the_daemon_runs_stopped_or_was_killed);
    tcase_add_test(t, a_reader_in_a_loop_sees_no_error_while_files_are_replaced);
}

int main(void)
{
    return fixture_main("store snapshot", add, 10);
}
