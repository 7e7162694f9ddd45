/* What goes into state.db comes out of it: values, vintages, order, and the views people read. */
#include <errno.h>
#include <sqlite3.h>

#include "store_fixture.h"

/* One number asked of the closed file with SQLite itself. */
static double ask(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    ck_assert_int_eq(sqlite3_open(at("state.db"), &db), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    double x = sqlite3_column_type(stmt, 0) == SQLITE_NULL ? NAN : sqlite3_column_double(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return x;
}

static void ask_text(const char *sql, const char *expect)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    ck_assert_int_eq(sqlite3_open(at("state.db"), &db), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    ck_assert_pstr_eq((const char *)sqlite3_column_text(stmt, 0), expect);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

/* ---- telemetry ---- */

struct minutes { struct store_minute row[8]; int n; };

static int take_minute(void *ctx, const struct store_minute *row)
{
    struct minutes *m = ctx;
    m->row[m->n++] = *row;
    return 0;
}

START_TEST(minutes_come_back_to_a_thousandth_or_a_hundredth)
{
    struct store *store = open_store();
    struct store_minute row[2] = { minute_row("roof", 29000000, 12.83), minute_row("shed", 29000001, 26.4) };
    for (int i = 0; i < GNM_FIELDS; i++) {
        row[0].last[i] = i == GNM_STAGE ? GNM_STAGE_BULK : i == GNM_FAULTS ? 4294967295.0 : 100.25 + i;
        row[0].mean[i] = i == GNM_STAGE || i == GNM_FAULTS ? NAN : -0.0054 - i;
        row[0].min[i] = i == GNM_STAGE || i == GNM_FAULTS ? NAN : -7000.001 - i;
        row[0].max[i] = i == GNM_STAGE || i == GNM_FAULTS ? NAN : 123456.789 + i;
    }
    ok(store_minutes(store, row, 2, &why));
    struct minutes got = { .n = 0 };
    ok(store_each_minute(store, 29000000, 29000002, take_minute, &got, &why));
    ck_assert_int_eq(got.n, 2);
    ck_assert_str_eq(got.row[0].controller, "roof");
    ck_assert_int_eq(got.row[0].minute, 29000000);
    ck_assert_int_eq(got.row[0].n, 2);
    for (int i = 0; i < GNM_FIELDS; i++) {
        ck_assert_double_eq_tol(got.row[0].last[i], row[0].last[i], 0.0050001);
        if (i == GNM_STAGE || i == GNM_FAULTS) {
            ck_assert_double_nan(got.row[0].mean[i]);
            continue;
        }
        ck_assert_double_eq_tol(got.row[0].mean[i], row[0].mean[i], 0.0050001);
        ck_assert_double_eq_tol(got.row[0].min[i], row[0].min[i], 0.0050001);
        ck_assert_double_eq_tol(got.row[0].max[i], row[0].max[i], 0.0050001);
    }
    ck_assert_double_eq_tol(got.row[0].mean[GNM_BATTERY_V], row[0].mean[GNM_BATTERY_V], 0.0005001);
    ck_assert_double_eq_tol(got.row[0].max[GNM_LOAD_TOTAL_KWH], row[0].max[GNM_LOAD_TOTAL_KWH], 0.0005001);
    ck_assert_double_nan(got.row[1].last[GNM_PV_W]);
    ck_assert(got.row[1].last[GNM_BATTERY_V] == 26.4);
    store_close(store);
}
END_TEST

START_TEST(the_same_minute_replaces_its_row_and_the_view_names_every_value)
{
    struct store *store = open_store();
    struct store_minute row = minute_row("roof", 29000000, 12.0);
    ok(store_minutes(store, &row, 1, &why));
    row = minute_row("roof", 29000000, 12.83);
    row.last[GNM_LOAD_TOTAL_KWH] = 1234.56;
    ok(store_minutes(store, &row, 1, &why));
    store_close(store);
    ck_assert_double_eq(ask("SELECT count(*) FROM reading_view"), 1);
    ck_assert_double_eq(ask("SELECT battery_v_last FROM reading_view"), 12.83);
    ck_assert_double_eq(ask("SELECT battery_v_mean FROM reading_view"), 12.84);
    ck_assert_double_eq(ask("SELECT battery_v_min FROM reading_view"), 12.33);
    ck_assert_double_eq(ask("SELECT battery_v_max FROM reading_view"), 13.33);
    ck_assert_double_eq(ask("SELECT load_total_kwh_last FROM reading_view"), 1234.56);
    ck_assert_double_nan(ask("SELECT load_total_kwh_max FROM reading_view"));
    ck_assert_double_eq(ask("SELECT count(*) FROM reading_view WHERE stage = 'float' AND controller = 'roof' AND at = '2025-02-19T21:20:00Z'"), 1);
    for (int i = 0; i < GNM_FIELDS; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT count(%s_last) FROM reading_view", gnm_field_names[i]);
        (void)ask(sql);
    }
}
END_TEST

START_TEST(a_sixteenth_controller_is_refused_and_leaves_nothing)
{
    struct store *store = open_store();
    for (int i = 0; i < 15; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", i);
        struct store_minute row = minute_row(name, 29000000, 12);
        ok(store_minutes(store, &row, 1, &why));
    }
    struct store_minute row[2] = { minute_row("c0", 29000005, 12), minute_row("one too many", 29000005, 12) };
    ck_assert_int_eq(store_minutes(store, row, 2, &why), -EINVAL);
    struct minutes got = { .n = 0 };
    ok(store_each_minute(store, 29000005, INT64_MAX, take_minute, &got, &why));
    ck_assert_int_eq(got.n, 0);
    row[0].minute = -1;
    ck_assert_int_eq(store_minutes(store, row, 1, &why), -ERANGE);
    store_close(store);
}
END_TEST

/* ---- signals ---- */

struct signals { struct gnm_signal row[64]; int n; };

static int take_signal(void *ctx, const struct gnm_signal *row)
{
    struct signals *s = ctx;
    s->row[s->n++] = *row;
    return s->n == 64;
}

static struct signals all_signals(struct store *store)
{
    struct signals got = { .n = 0 };
    ok(store_each_signal(store, take_signal, &got, &why));
    return got;
}

static size_t put_signals(struct store *store, const struct gnm_signal *row, size_t n)
{
    size_t added = 99;
    ok(store_signals(store, row, n, &added, &why));
    return added;
}

START_TEST(a_changed_signal_is_a_new_row_and_an_equal_one_is_none)
{
    struct store *store = open_store();
    struct gnm_signal row[3] = { signal_row("temp_c", 20000, 1000, 21.5), signal_row("temp_c", 20001, 1000, NAN), signal_row("rain_mm", 20000, 1000, 0) };
    ck_assert_uint_eq(put_signals(store, row, 3), 3);
    ck_assert_uint_eq(put_signals(store, row, 3), 0);
    row[0].available_s = row[1].available_s = row[2].available_s = 2000;
    row[0].fetched_s = 2005;
    ck_assert_uint_eq(put_signals(store, row, 3), 0);
    row[0].value = 22;
    row[0].quality = GNM_PARTIAL;
    ck_assert_uint_eq(put_signals(store, row, 3), 1);
    row[0].available_s = 3000;
    row[0].quality = GNM_OK;
    ck_assert_uint_eq(put_signals(store, row, 3), 1);
    struct signals got = all_signals(store);
    ck_assert_int_eq(got.n, 5);
    ck_assert_str_eq(got.row[0].series, "rain_mm");
    ck_assert_str_eq(got.row[1].series, "temp_c");
    ck_assert_str_eq(got.row[1].feed, "sky");
    ck_assert_str_eq(got.row[1].place, "home");
    ck_assert_double_eq(got.row[1].value, 21.5);
    ck_assert_int_eq(got.row[1].issued_s, 940);
    ck_assert_int_eq(got.row[1].fetched_s, 1005);
    ck_assert_int_eq(got.row[1].rows, 24);
    ck_assert_int_eq(got.row[2].available_s, 2000);
    ck_assert_int_eq(got.row[2].quality, GNM_PARTIAL);
    ck_assert_int_eq(got.row[3].quality, GNM_OK);
    ck_assert_double_nan(got.row[4].value);
    store_close(store);
}
END_TEST

START_TEST(late_vintages_find_their_place_and_come_once)
{
    struct store *store = open_store();
    struct gnm_signal row[3] = { signal_row("x", 5, 3000, 3), signal_row("x", 5, 1000, 1), signal_row("x", 5, 2000, 1) };
    ck_assert_uint_eq(put_signals(store, row, 3), 2);
    ck_assert_uint_eq(put_signals(store, row, 3), 0);
    struct gnm_signal again = signal_row("x", 5, 4000, 3);
    ck_assert_uint_eq(put_signals(store, &again, 1), 0);
    struct signals got = all_signals(store);
    ck_assert_int_eq(got.n, 2);
    ck_assert_double_eq(got.row[0].value, 1);
    ck_assert_double_eq(got.row[1].value, 3);
    store_close(store);
}
END_TEST

/* A provider states a value for a month long over, then revises it: both claim to have been known a month after it, and only one can be right. */
START_TEST(a_revision_is_known_when_it_came)
{
    struct store *store = open_store();
    struct gnm_signal row = signal_row("hicp", 5, 1000, 2.1);
    row.fetched_s = 9000;
    ck_assert_uint_eq(put_signals(store, &row, 1), 1);
    row.value = 2.4;
    row.fetched_s = 20000;
    ck_assert_uint_eq(put_signals(store, &row, 1), 1);
    row.fetched_s = 30000;
    ck_assert_uint_eq(put_signals(store, &row, 1), 0);
    row.value = 2.5;
    row.fetched_s = 40000;
    ck_assert_uint_eq(put_signals(store, &row, 1), 1);
    struct signals got = all_signals(store);
    ck_assert_int_eq(got.n, 3);
    static const struct { int64_t available_s; double value; } want[] = { { 1000, 2.1 }, { 20000, 2.4 }, { 40000, 2.5 } };
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(got.row[i].available_s, want[i].available_s);
        ck_assert_double_eq(got.row[i].value, want[i].value);
    }
    store_close(store);
}
END_TEST

START_TEST(special_times_survive)
{
    struct store *store = open_store();
    struct gnm_signal row = signal_row("holiday", 20000, 1000, 1);
    row.available_s = GNM_ALWAYS;
    row.issued_s = GNM_NEVER;
    row.fetched_s = GNM_NEVER;
    ck_assert_uint_eq(put_signals(store, &row, 1), 1);
    struct signals got = all_signals(store);
    ck_assert_int_eq(got.row[0].available_s, GNM_ALWAYS);
    ck_assert_int_eq(got.row[0].issued_s, GNM_NEVER);
    ck_assert_int_eq(got.row[0].fetched_s, GNM_NEVER);
    int64_t newest = -1;
    ok(store_newest_s(store, &newest, &why));
    ck_assert_int_eq(newest, 0);
    store_close(store);
    ask_text("SELECT available FROM signal_view", "always");
    ask_text("SELECT fetched FROM signal_view", "never");
    ask_text("SELECT issued FROM signal_view", NULL);
    ask_text("SELECT valid FROM signal_view", "2024-10-04");
}
END_TEST

START_TEST(a_failed_batch_leaves_no_row_and_no_name_behind)
{
    struct store *store = open_store();
    struct gnm_signal row[2] = { signal_row("x", 5, 1000, 1), signal_row("y", 5, 1000, 1) };
    row[1].step = (enum gnm_step)9;
    size_t added = 99;
    ck_assert_int_eq(store_signals(store, row, 2, &added, &why), -EINVAL);
    ck_assert_uint_eq(added, 99);
    row[1].step = GNM_HOUR;
    /* The channel remembered from the failed call must not be used. */
    ck_assert_uint_eq(put_signals(store, row, 2), 2);
    ck_assert_int_eq(all_signals(store).n, 2);
    store_close(store);
    
}
END_TEST

START_TEST(a_callback_stops_the_walk)
{
    struct store *store = open_store();
    struct gnm_signal row[70];
    for (int i = 0; i < 70; i++)
        row[i] = signal_row("x", i, 1000, i);
    ck_assert_uint_eq(put_signals(store, row, 70), 70);
    ck_assert_int_eq(all_signals(store).n, 64);
    ck_assert_int_eq(all_signals(store).n, 64);
    store_close(store);
}
END_TEST

/* ---- activity and drivers ---- */

struct activities { struct gnm_activity row[16]; int n; };

static int take_activity(void *ctx, const struct gnm_activity *row)
{
    struct activities *a = ctx;
    a->row[a->n++] = *row;
    return 0;
}

START_TEST(activity_keeps_its_vintages_in_order)
{
    struct store *store = open_store();
    struct gnm_activity row[4] = { activity_row("shop", 101, 5000, 12), activity_row("shop", 100, 5000, 10), activity_row("cafe", 100, 5000, 3.5),
                                   activity_row("cafe", 101, 5000, NAN) };
    size_t added = 0;
    ok(store_activity(store, row, 4, &added, &why));
    ck_assert_uint_eq(added, 4);
    ok(store_activity(store, row, 4, &added, &why));
    ck_assert_uint_eq(added, 0);
    struct gnm_activity change = activity_row("shop", 100, 9000, 11);
    ok(store_activity(store, &change, 1, &added, &why));
    ck_assert_uint_eq(added, 1);
    change.available_s = 9500;
    ok(store_activity(store, &change, 1, &added, &why));
    ck_assert_uint_eq(added, 0);
    struct activities got = { .n = 0 };
    ok(store_each_activity(store, take_activity, &got, &why));
    ck_assert_int_eq(got.n, 5);
    ck_assert_str_eq(got.row[0].series, "cafe");
    ck_assert_double_eq(got.row[0].value, 3.5);
    ck_assert_double_nan(got.row[1].value);
    ck_assert_int_eq(got.row[2].day, 100);
    ck_assert_double_eq(got.row[2].value, 10);
    ck_assert_double_eq(got.row[3].value, 11);
    ck_assert_int_eq(got.row[3].available_s, 9000);
    ck_assert_int_eq(got.row[4].day, 101);
    int64_t newest = 0;
    ok(store_newest_s(store, &newest, &why));
    ck_assert_int_eq(newest, 9000);
    /* Known earlier than was thought: what counts is what was known then, not what came later. */
    change = activity_row("shop", 101, 3000, 12);
    ok(store_activity(store, &change, 1, &added, &why));
    ck_assert_uint_eq(added, 1);
    store_close(store);
}
END_TEST

struct drivers { struct store_driver row[16]; int n; };

static int take_driver(void *ctx, const struct store_driver *row)
{
    struct drivers *d = ctx;
    d->row[d->n++] = *row;
    return 0;
}

START_TEST(drivers_may_become_known_earlier)
{
    struct store *store = open_store();
    struct store_driver row[2] = { { "", "holiday", 100, 8726400, 1 }, { "shop", "promo", 100, 8726400, 2.5 } };
    size_t added = 0;
    ok(store_drivers(store, row, 2, &added, &why));
    ck_assert_uint_eq(added, 2);
    ok(store_drivers(store, row, 2, &added, &why));
    ck_assert_uint_eq(added, 0);
    row[0].available_s = GNM_ALWAYS;
    ok(store_drivers(store, row, 2, &added, &why));
    ck_assert_uint_eq(added, 1);
    struct drivers got = { .n = 0 };
    ok(store_each_driver(store, take_driver, &got, &why));
    ck_assert_int_eq(got.n, 3);
    ck_assert_str_eq(got.row[0].series, "");
    ck_assert_int_eq(got.row[0].available_s, GNM_ALWAYS);
    ck_assert_str_eq(got.row[2].driver, "promo");
    ck_assert_double_eq(got.row[2].value, 2.5);
    store_close(store);
}
END_TEST

/* ---- series, feeds, small facts ---- */

static int take_series(void *ctx, const struct store_series *row)
{
    struct store_series *got = ctx;
    *got = *row;
    return 0;
}

START_TEST(series_and_feeds_are_kept_and_updated)
{
    struct store *store = open_store();
    struct store_series s = { .series = "shop", .title = "Café \"Ø\"", .unit = "EUR", .currency = "EUR", .company = "acme", .parent = "all", .place = "home",
                              .step = GNM_WEEK, .non_negative = 1 };
    ok(store_series_put(store, &s, &why));
    s.configured = 1;
    ok(store_series_put(store, &s, &why));
    struct store_series got;
    memset(&got, 0, sizeof got);
    ok(store_each_series(store, take_series, &got, &why));
    ck_assert_str_eq(got.title, s.title);
    ck_assert_str_eq(got.company, "acme");
    ck_assert_int_eq(got.step, GNM_WEEK);
    ck_assert_int_eq(got.configured, 1);
    struct store_feed f = { .feed = "sky", .place = "home", .licence = "CC BY 4.0", .etag = "W/\"x\"", .next_s = GNM_NEVER, .last_try_s = 7777, .bytes_30d = 1234,
                            .failures = 3, .body_hash = UINT64_MAX - 5 }, back;
    ck_assert_int_eq(store_feed_get(store, "sky", "home", &back, &why), -ENOENT);
    ok(store_feed_put(store, &f, &why));
    f.failures = 4;
    ok(store_feed_put(store, &f, &why));
    ok(store_feed_get(store, "sky", "home", &back, &why));
    ck_assert_str_eq(back.etag, f.etag);
    ck_assert_int_eq(back.failures, 4);
    ck_assert_int_eq(back.next_s, GNM_NEVER);
    ck_assert_int_eq(back.last_ok_s, 0);
    ck_assert_uint_eq(back.body_hash, UINT64_MAX - 5);
    store_close(store);
}
END_TEST

START_TEST(small_facts)
{
    struct store *store = open_store();
    char text[8] = "old";
    ck_assert_int_eq(store_meta_get(store, "a", text, sizeof text, &why), -ENOENT);
    ck_assert_str_eq(text, "old");
    ok(store_meta_set(store, "a", "1", &why));
    ok(store_meta_set(store, "a", "'; DROP TABLE meta", &why));
    ck_assert_int_eq(store_meta_get(store, "a", text, sizeof text, &why), -ENAMETOOLONG);
    char large[32];
    ok(store_meta_get(store, "a", large, sizeof large, &why));
    ck_assert_str_eq(large, "'; DROP TABLE meta");
    store_close(store);
}
END_TEST

/* ---- models ---- */

START_TEST(models_of_many_chunks_come_back_whole)
{
    struct store *store = open_store();
    size_t len = 3 * 256 * 1024 + 17, got_len = 0;
    unsigned char *blob = malloc(len);
    for (size_t i = 0; i < len; i++)
        blob[i] = (unsigned char)(i * 31 + i / 251);
    struct store_model m = { .model = "boost-1", .family = "boost", .trained_s = 100, .data_hash = UINT64_MAX, .serving = 1 }, got;
    ok(store_model_put(store, &m, blob, len, &why));
    struct store_model other = { .model = "boost-2", .family = "boost", .trained_s = 200 };
    ok(store_model_put(store, &other, "tiny", 4, &why));
    void *back = NULL;
    ok(store_model_get(store, "boost", &got, &back, &got_len, &why));
    ck_assert_str_eq(got.model, "boost-1");
    ck_assert_uint_eq(got.data_hash, UINT64_MAX);
    ck_assert_uint_eq(got_len, len);
    ck_assert_mem_eq(back, blob, len);
    free(back);
    /* The next one serving takes the place; an empty one is a model too. */
    strcpy(m.model, "boost-3");
    m.trained_s = 300;
    ok(store_model_put(store, &m, "", 0, &why));
    ok(store_model_get(store, "boost", &got, &back, &got_len, &why));
    ck_assert_str_eq(got.model, "boost-3");
    ck_assert_uint_eq(got_len, 0);
    free(back);
    ck_assert_int_eq(store_model_get(store, "ridge", &got, &back, &got_len, &why), -ENOENT);
    free(blob);
    store_close(store);
}
END_TEST

START_TEST(old_models_and_their_chunks_go)
{
    struct store *store = open_store();
    for (int i = 0; i < 8; i++) {
        struct store_model m = { .family = "ridge", .trained_s = 100 + i, .serving = i == 0 };
        snprintf(m.model, sizeof m.model, "ridge-%d", i);
        ok(store_model_put(store, &m, "0123456789", 10, &why));
    }
    store_close(store);
    ck_assert_double_eq(ask("SELECT count(*) FROM model_view"), 4);
    ck_assert_double_eq(ask("SELECT count(*) FROM model_chunk"), 4);
    ck_assert_double_eq(ask("SELECT count(*) FROM model_view WHERE model IN ('ridge-0', 'ridge-5', 'ridge-6', 'ridge-7')"), 4);
    /* Bytes that are not the model's are refused. */
    (void)ask("UPDATE model_chunk SET data = x'00' RETURNING 1");
    store = open_store();
    struct store_model got;
    void *back = NULL;
    size_t len = 0;
    ck_assert_int_eq(store_model_get(store, "ridge", &got, &back, &len, &why), -EBADMSG);
    ck_assert_ptr_null(back);
    store_close(store);
}
END_TEST

/* ---- forecasts, accuracy, ledger ---- */

struct forecasts { struct gnm_forecast row[16]; int64_t issued[16]; int n; };

static int take_forecast(void *ctx, int64_t issued_s, const struct gnm_forecast *row)
{
    struct forecasts *f = ctx;
    f->issued[f->n] = issued_s;
    f->row[f->n++] = *row;
    return 0;
}

START_TEST(forecasts_and_accuracies)
{
    struct store *store = open_store();
    struct gnm_forecast row[2] = { forecast_row("shop", 100, 2, 50), forecast_row("shop", 100, 1, 40) };
    row[1].mean = NAN;
    row[1].quality = GNM_FALLBACK;
    ok(store_forecasts(store, 1000, row, 2, &why));
    ok(store_forecasts(store, 1000, row, 2, &why));
    ok(store_forecasts(store, 2000, row, 1, &why));
    struct forecasts got = { .n = 0 };
    ok(store_each_forecast(store, 1000, take_forecast, &got, &why));
    ck_assert_int_eq(got.n, 3);
    ck_assert_int_eq(got.row[0].target, 101);
    ck_assert_double_nan(got.row[0].mean);
    ck_assert_int_eq(got.row[0].quality, GNM_FALLBACK);
    ck_assert_int_eq(got.row[1].horizon, 2);
    ck_assert_mem_eq(got.row[1].q, row[0].q, sizeof row[0].q);
    ck_assert_str_eq(got.row[1].model, "ridge-1");
    ck_assert_int_eq(got.issued[2], 2000);
    struct store_accuracy a[2] = { { .series = "shop", .model = "ridge-1", .baseline = "yearago", .n = 90, .mae = 1, .skill = NAN, .window_start = 10, .window_end = 99 },
                                   { .series = "shop", .model = "boost-1", .baseline = "yearago", .n = 90, .mae = 2, .window_start = 10, .window_end = 99 } };
    ok(store_accuracies(store, a, 2, &why));
    ok(store_accuracies(store, a, 1, &why));
    store_close(store);
    ck_assert_double_eq(ask("SELECT count(*) FROM accuracy_view"), 1);
    ck_assert_double_eq(ask("SELECT mae FROM accuracy_view WHERE skill IS NULL AND baseline = 'yearago' AND window_end = '1970-04-10'"), 1);
}
END_TEST

static int take_cost(void *ctx, const struct store_cost *row)
{
    struct store_cost *got = ctx;
    *got = *row;
    return 0;
}

START_TEST(ledger)
{
    struct store *store = open_store();
    struct store_cost c = { .at_s = 5000, .purpose = GNM_TRAIN, .job = "train ridge", .cost = { 1.5, 12.25, GNM_RAPL, 3 }, .wall_s = 2, .soc_ratio = NAN }, got;
    ok(store_cost(store, &c, 1, &why));
    ok(store_each_cost(store, 5000, take_cost, &got, &why));
    ck_assert_str_eq(got.job, "train ridge");
    ck_assert_double_eq(got.cost.joules, 12.25);
    double joules[GNM_PURPOSES];
    ok(store_spent(store, 5001, joules, &why));
    ck_assert_double_eq(joules[GNM_TRAIN], 0);
    ok(store_spent(store, 5000, joules, &why));
    ck_assert_double_eq(joules[GNM_TRAIN], 12.25);
    ck_assert_int_eq(got.cost.method, GNM_RAPL);
    ck_assert_double_nan(got.soc_ratio);
    struct gnm_grant grant = { .allowed = 0, .reason = "61 % and 9 h to sunrise; need 68 %" };
    ok(store_grant(store, 6000, GNM_TRAIN, &grant, &why));
    int64_t newest = 0;
    ok(store_newest_s(store, &newest, &why));
    ck_assert_int_eq(newest, 6000);
    store_close(store);
    ask_text("SELECT reason FROM decision_view WHERE purpose = 'train' AND allowed = 0", grant.reason);
    ask_text("SELECT method FROM cost_view WHERE at = '1970-01-01T01:23:20Z'", "rapl");
    ask_text("SELECT half_j FROM cost_view WHERE at = '1970-01-01T01:23:20Z'", "3.0");
}
END_TEST

/* ---- transactions ---- */

START_TEST(a_failed_call_inside_a_transaction_takes_only_itself_back)
{
    struct store *store = open_store();
    ok(store_begin(store, &why));
    ck_assert_int_eq(store_begin(store, &why), -EALREADY);
    ok(store_meta_set(store, "kept", "1", &why));
    struct gnm_signal bad[2] = { signal_row("x", 5, 1000, 1), signal_row("y", 5, 1000, 1) };
    bad[1].quality = (enum gnm_quality)9;
    ck_assert_int_eq(store_signals(store, bad, 2, NULL, &why), -EINVAL);
    ok(store_commit(store, &why));
    ck_assert_int_eq(store_commit(store, &why), -EINVAL);
    ck_assert_int_eq(all_signals(store).n, 0);
    char text[8];
    ok(store_meta_get(store, "kept", text, sizeof text, &why));
    ok(store_begin(store, &why));
    ok(store_meta_set(store, "dropped", "1", &why));
    store_rollback(store);
    ck_assert_int_eq(store_meta_get(store, "dropped", text, sizeof text, &why), -ENOENT);
    store_close(store);
}
END_TEST

/* What is left out is stepped over, not the end of the walk; and whoever decides from some time on gets the last whole word before it and all later ones. */
START_TEST(a_pick_goes_on_after_what_it_leaves_out)
{
    struct store *store = open_store();
    struct gnm_signal row[6] = { signal_row("a", 20000, 1000, 1), signal_row("b_hour", 480000, 1000, 1), signal_row("c", 20000, 1000, 1),
                                 signal_row("c", 20000, 2000, 2), signal_row("c", 20000, 3000, 3), signal_row("c", 20000, 9000, 4) };
    row[1].step = GNM_HOUR;
    row[4].quality = GNM_PARTIAL;
    ck_assert_uint_eq(put_signals(store, row, 6), 6);
    ok(store_retain(store, &(struct store_retention){ 0, 0, 0, 0 }, 20100 * 86400LL, 1000, NULL, &why));
    struct signals got = { .n = 0 };
    ok(store_each_signal_of(store, &(struct store_pick){ .without_hours = 1 }, take_signal, &got, &why));
    ck_assert_int_eq(got.n, 5);
    ck_assert_str_eq(got.row[4].series, "c");
    got.n = 0;
    ok(store_each_signal_of(store, &(struct store_pick){ .without_hours = 1, .brief = 1, .from_s = 5000 }, take_signal, &got, &why));
    ck_assert_int_eq(got.n, 4);
    ck_assert_str_eq(got.row[0].series, "a");
    for (int i = 1; i < 4; i++)
        ck_assert_double_eq(got.row[i].value, i + 1);
    store_close(store);
}
END_TEST

/* One word a period, of this feed at this place and of these days, settled or not. */
START_TEST(the_newest_word_of_each_day_is_given)
{
    struct store *store = open_store();
    struct gnm_signal row[7] = { signal_row("a", 20000, 1000, 1), signal_row("a", 20000, 2000, 2), signal_row("a", 20001, 2000, 3), signal_row("a", 20003, 2000, 9),
                                 signal_row("b_hour", 20001, 1000, 1), signal_row("c", 20002, 1000, 4), signal_row("a", 20001, 2000, 8) };
    row[4].step = GNM_HOUR;
    snprintf(row[6].feed, sizeof row[6].feed, "other");
    ck_assert_uint_eq(put_signals(store, row, 7), 7);
    for (int settled = 0; settled < 2; settled++) {
        struct signals got = { .n = 0 };
        ok(store_each_newest(store, row[0].feed, row[0].place, 20000, 20003, take_signal, &got, &why));
        ck_assert_int_eq(got.n, 3);
        for (int i = 0; i < 3; i++)
            ck_assert_double_eq(got.row[i].value, i + 2);
        ck_assert_int_eq(got.row[1].valid, 20001);
        ck_assert_str_eq(got.row[2].series, "c");
        ok(store_retain(store, &(struct store_retention){ 0, 0, 0, 0 }, 20100 * 86400LL, 1000, NULL, &why));
    }
    struct signals none = { .n = 0 };
    ok(store_each_newest(store, row[0].feed, "elsewhere", 20000, 20003, take_signal, &none, &why));
    ck_assert_int_eq(none.n, 0);
    store_close(store);
}
END_TEST

/* ---- retention ---- */

START_TEST(retention_takes_the_old_in_bounded_steps)
{
    struct store *store = open_store();
    enum { DAY = 86400, NOW = 2000 * DAY };
    for (int i = 0; i < 40; i++) {
        struct store_minute m = minute_row("roof", (int64_t)(NOW - i * DAY) / 60, 12);
        struct gnm_signal s = signal_row("x", 2000 - i, NOW, i);
        struct gnm_signal h = signal_row("hourly", (2000 - i) * 24, NOW, i);
        h.step = GNM_HOUR;
        struct store_cost c = { .at_s = NOW - i * DAY, .purpose = GNM_POLL, .job = "poll" };
        ok(store_minutes(store, &m, 1, &why));
        ok(store_signals(store, &s, 1, NULL, &why));
        ok(store_signals(store, &h, 1, NULL, &why));
        ok(store_cost(store, &c, 1, &why));
    }
    struct gnm_forecast f = forecast_row("shop", 1900, 1, 10), g = forecast_row("cafe", 1900, 1, 10);
    ok(store_forecasts(store, NOW - 30 * DAY, &f, 1, &why));
    ok(store_forecasts(store, NOW - 29 * DAY, &g, 1, &why));
    ok(store_forecasts(store, NOW - 20 * DAY, &f, 1, &why));
    struct store_retention keep = { 10, 10, 10, 10 };
    size_t removed = 0;
    int calls = 0;
    do {
        ok(store_retain(store, &keep, NOW, 7, &removed, &why));
        ck_assert_uint_le(removed, 7);
    } while (removed == 7 && ++calls < 100);
    ck_assert_int_gt(calls, 30);
    ck_assert_int_lt(calls, 60);
    ck_assert_int_eq(all_signals(store).n, 22);
    ok(store_retain(store, &keep, NOW, 7, &removed, &why));
    ck_assert_uint_eq(removed, 0);
    ok(store_retain(store, &(struct store_retention){ 0, 0, 0, 0 }, NOW + 1000 * DAY, 1000, &removed, &why));
    ck_assert_int_eq(all_signals(store).n, 22);
    store_close(store);
    ck_assert_double_eq(ask("SELECT count(*) FROM reading_view"), 11);
    ck_assert_double_eq(ask("SELECT count(*) FROM signal_top"), 22);
    ck_assert_double_eq(ask("SELECT count(*) FROM cost_view"), 11);
    ck_assert_double_eq(ask("SELECT count(*) FROM forecast_view"), 2);
}
END_TEST

/* Order and content of everything that is read, in one number. */
static int sum_signal(void *ctx, const struct gnm_signal *row)
{
    uint64_t *sum = ctx;
    *sum = *sum * 1099511628211u + (uint64_t)(row->valid * 7 + row->available_s * 13 + row->fetched_s) + (uint64_t)row->value;
    return 0;
}

START_TEST(settling_changes_nothing_that_is_read)
{
    struct store *store = open_store();
    enum { DAY = 86400, FETCHES = 40 };
    static struct gnm_signal row[40];
    uint64_t before = 1, after = 1, later = 1;
    /* Forecasts of twenty days by two series, fetched on forty days; one value of last year and one of next year. */
    for (int fetch = 0; fetch < FETCHES; fetch++) {
        for (int k = 0; k < 40; k++)
            row[k] = signal_row(k % 2 ? "a" : "b", 1000 + fetch + k / 2, (1000 + fetch) * DAY, (fetch * 7919 + k) % 1000);
        row[38].valid = 600;
        row[39].valid = 1400;
        ck_assert_uint_ge(put_signals(store, row, 40), 38);
    }
    ok(store_each_signal(store, sum_signal, &before, &why));
    size_t removed = 0, total = 0;
    do {
        ok(store_retain(store, &(struct store_retention){ 0, 0, 0, 0 }, (1000 + FETCHES) * DAY, 100, &removed, &why));
        ck_assert_uint_le(removed, 120);
        total += removed;
    } while (removed >= 100);
    ck_assert_uint_ge(total, 900);
    ok(store_each_signal(store, sum_signal, &after, &why));
    ck_assert_uint_eq(before, after);
    /* Known, out of order and settled: nothing new. A late word about a settled day is. */
    struct gnm_signal again = signal_row("b", 1005, 1000 * DAY, 10);
    ck_assert_uint_eq(put_signals(store, &again, 1), 0);
    again = signal_row("b", 1005, 1100 * DAY, 4711);
    ck_assert_uint_eq(put_signals(store, &again, 1), 1);
    ck_assert_uint_eq(put_signals(store, &again, 1), 0);
    ok(store_each_signal(store, sum_signal, &later, &why));
    ck_assert_uint_ne(before, later);
    store_close(store);
    ck_assert_double_eq(ask("SELECT value FROM signal_view WHERE series = 'b' AND valid_number = 1005 ORDER BY available DESC LIMIT 1"), 4711);
    ck_assert_double_ge(ask("SELECT count(*) FROM signal"), 900);
    /* A fortnight later everything but next year's is settled, and only the batches that hold it remain. */
    store = open_store();
    ok(store_retain(store, &(struct store_retention){ 0, 0, 0, 0 }, (1000 + FETCHES + 40) * DAY, 10000, &removed, &why));
    store_close(store);
    ck_assert_double_eq(ask("SELECT count(*) FROM signal_log l JOIN channel c ON c.id = l.channel WHERE l.valid >= c.settled AND l.valid <> 1400"), 0);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, minutes_come_back_to_a_thousandth_or_a_hundredth);
    tcase_add_test(t, the_same_minute_replaces_its_row_and_the_view_names_every_value);
    tcase_add_test(t, a_sixteenth_controller_is_refused_and_leaves_nothing);
    tcase_add_test(t, a_changed_signal_is_a_new_row_and_an_equal_one_is_none);
    tcase_add_test(t, late_vintages_find_their_place_and_come_once);
    tcase_add_test(t, a_revision_is_known_when_it_came);
    tcase_add_test(t, special_times_survive);
    tcase_add_test(t, a_failed_batch_leaves_no_row_and_no_name_behind);
    tcase_add_test(t, a_callback_stops_the_walk);
    tcase_add_test(t, activity_keeps_its_vintages_in_order);
    tcase_add_test(t, drivers_may_become_known_earlier);
    tcase_add_test(t, series_and_feeds_are_kept_and_updated);
    tcase_add_test(t, small_facts);
    tcase_add_test(t, models_of_many_chunks_come_back_whole);
    tcase_add_test(t, old_models_and_their_chunks_go);
    tcase_add_test(t, forecasts_and_accuracies);
    tcase_add_test(t, ledger);
    tcase_add_test(t, a_failed_call_inside_a_transaction_takes_only_itself_back);
    tcase_add_test(t, a_pick_goes_on_after_what_it_leaves_out);
    tcase_add_test(t, the_newest_word_of_each_day_is_given);
    tcase_add_test(t, retention_takes_the_old_in_bounded_steps);
    tcase_add_test(t, settling_changes_nothing_that_is_read);
}

int main(void)
{
    return fixture_main("store rows", add, 10);
}
