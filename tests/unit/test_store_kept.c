/* A publication that goes on with the file before holds what one built from nothing holds, whatever happened in between; so does what is read from memory. */
#include <sqlite3.h>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "store/snapshot.h"
#include "store_fixture.h"

enum { SERIES = 3, DAY0 = 20300, DAY_S = 86400 };

struct bench { struct store *store; struct random random; struct snapshot_status status; struct zone *zone; int64_t day, now_s; int issue; };

static int one_in(struct bench *b, int n)
{
    return random_unit(&b->random) * n < 1;
}

static void begin(struct bench *b, uint64_t seed)
{
    char *data = NULL;
    size_t len = 0;
    memset(b, 0, sizeof *b);
    ok(file_read("/usr/share/zoneinfo/Europe/Berlin", 1 << 20, &data, &len, &why));
    b->zone = zone_new(data, len, &why);
    free(data);
    b->store = open_store();
    random_seed(&b->random, seed);
    b->day = DAY0;
    b->now_s = (int64_t)DAY0 * DAY_S;
    b->status = (struct snapshot_status){ .software_version = "0.1.0", .site = "shed", .time_zone = "Europe/Berlin", .zone = b->zone, .soc_ratio = 0.5,
                                          .battery_v = NAN, .pv_w = NAN, .load_w = NAN, .intensity_g_per_kwh = 35, .embodied_g_per_day = 48 };
}

static void end(struct bench *b)
{
    store_close(b->store);
    zone_free(b->zone);
}

/* ---- what happens ---- */

static const char *name_of(int i)
{
    static const char *const names[SERIES] = { "bar", "shop", "tickets" };
    return names[i];
}

static void report(struct bench *b)
{
    for (int i = 0; i < SERIES; i++) {
        int64_t day = b->day - (one_in(b, 5) ? 3 : 0);                       /* now and then a correction */
        struct gnm_activity row = activity_row(name_of(i), day, b->now_s, one_in(b, 9) ? NAN : floor(random_unit(&b->random) * 50) / (1 + one_in(b, 20)));
        ok(store_activity(b->store, &row, 1, NULL, &why));
    }
}

static void forecast(struct bench *b)
{
    struct gnm_forecast row[SERIES];
    for (int i = 0; i < SERIES; i++)
        row[i] = forecast_row(name_of(i), b->day, 1, random_unit(&b->random) * 100);
    ok(store_forecasts(b->store, b->now_s, row, SERIES, &why));
}

static void drive(struct bench *b)
{
    struct store_driver row = { .day = b->day + (one_in(b, 4) ? -2 : 0), .available_s = one_in(b, 3) ? GNM_ALWAYS : b->now_s, .value = floor(random_unit(&b->random) * 3) };
    snprintf(row.series, sizeof row.series, "%s", one_in(b, 2) ? "" : name_of(1));
    snprintf(row.driver, sizeof row.driver, "%s", one_in(b, 2) ? "promo" : "event_fair");
    ok(store_drivers(b->store, &row, 1, NULL, &why));
}

static void spend(struct bench *b)
{
    struct store_cost row = { .at_s = b->now_s - (one_in(b, 6) ? 2 * DAY_S : 0), .purpose = (enum gnm_purpose)(random_unit(&b->random) * GNM_PURPOSES),
                              .cost = { 1, one_in(b, 8) ? NAN : random_unit(&b->random) * 900, (enum gnm_method)(random_unit(&b->random) * 4), 0 }, .job = "hour" };
    ok(store_cost(b->store, &row, 1, &why));
}

static void undo(struct bench *b)
{
    ok(store_begin(b->store, &why));
    report(b);
    spend(b);
    store_rollback(b->store);
}

static void telemetry(struct bench *b)
{
    struct store_minute row = minute_row("main", b->now_s / 60, 13);
    ok(store_minutes(b->store, &row, 1, &why));
}

static void retain(struct bench *b)
{
    struct store_retention keep = { 400, 400, 400, 9 };
    ok(store_retain(b->store, &keep, b->now_s, 1000, NULL, &why));
}

static void rename_series(struct bench *b)
{
    struct store_series row = { .step = GNM_DAY, .non_negative = 1 };
    snprintf(row.series, sizeof row.series, "%s", name_of(0));
    snprintf(row.title, sizeof row.title, "Bar %d", b->issue++);
    ok(store_series_put(b->store, &row, &why));
}

static void hear(struct bench *b)
{
    struct store_feed feed = { .feed = "sky", .licence = "CC BY", .last_ok_s = b->now_s, .next_s = b->now_s + 600 };
    ok(store_feed_put(b->store, &feed, &why));
}

static void announce(struct bench *b)
{
    struct store_event row = { .feed = "league", .first_day = b->day + 3, .last_day = b->day + 3, .fetched_s = b->now_s, .available_s = b->now_s, .attendance = NAN };
    snprintf(row.id, sizeof row.id, "match %d", (int)(random_unit(&b->random) * 6));
    snprintf(row.title, sizeof row.title, "A - B %d", b->issue++);
    row.start_s = row.first_day * DAY_S;
    row.end_s = row.start_s + 7200;
    row.cancelled = one_in(b, 4);
    ok(store_events(b->store, &row, 1, NULL, &why));
    struct store_feed feed = { .feed = "league", .last_ok_s = b->now_s, .disabled = one_in(b, 5) ? 2 : 0 };
    snprintf(feed.licence, sizeof feed.licence, "%s", one_in(b, 2) ? "CC0" : "CC BY");
    ok(store_feed_put(b->store, &feed, &why));
}

static void reopen(struct bench *b)
{
    ok(store_reopen(b->store, NULL, &why));
}

static void pass_time(struct bench *b)
{
    b->now_s += (int64_t)(random_unit(&b->random) * (one_in(b, 15) ? 20 * DAY_S : DAY_S));
    b->day = b->now_s / DAY_S;
}

/* ---- what it looks like ---- */

static void dump_table(sqlite3 *db, const char *table, struct text *ret)
{
    char sql[96];
    sqlite3_stmt *stmt = NULL;
    snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1, 2, 3", table);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        text_printf(ret, "%s:", table);
        for (int i = 0; i < sqlite3_column_count(stmt); i++)
            text_printf(ret, "%s|", sqlite3_column_text(stmt, i) != NULL ? (const char *)sqlite3_column_text(stmt, i) : "-");
        text_printf(ret, "\n");
    }
    sqlite3_finalize(stmt);
}

/* No constraint says so in the file: every value has the type that its column declares, or is missing. */
static void expect_types(sqlite3 *db)
{
    sqlite3_stmt *columns = NULL, *stmt = NULL;
    char sql[300];
    int n = 0;
    ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT m.name, p.name, lower(p.type) FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'", -1, &columns, NULL),
                     SQLITE_OK);
    for (; sqlite3_step(columns) == SQLITE_ROW; n++) {
        const char *table = (const char *)sqlite3_column_text(columns, 0), *column = (const char *)sqlite3_column_text(columns, 1);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE typeof(%s) NOT IN ('%s', 'null')", table, column, (const char *)sqlite3_column_text(columns, 2));
        ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
        ck_assert_msg(sqlite3_column_int(stmt, 0) == 0, "%s.%s has %d values of another type", table, column, sqlite3_column_int(stmt, 0));
        sqlite3_finalize(stmt);
    }
    ck_assert_int_gt(n, 80);
    sqlite3_finalize(columns);
}

static void dump(const char *folder, struct text *ret)
{
    char path[200];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    snprintf(path, sizeof path, "%s/forecast.db", folder);
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1", -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        dump_table(db, (const char *)sqlite3_column_text(stmt, 0), ret);
    sqlite3_finalize(stmt);
    ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(stmt, 0), "ok");
    sqlite3_finalize(stmt);
    expect_types(db);
    sqlite3_close(db);
}

static int list_activity(void *ctx, const struct gnm_activity *row)
{
    return text_printf(ctx, "%s %lld %lld %lld %.17g\n", row->series, (long long)row->day, (long long)row->available_s, (long long)row->fetched_s, row->value);
}

static int list_driver(void *ctx, const struct store_driver *row)
{
    return text_printf(ctx, "%s/%s %lld %lld %.17g\n", row->series, row->driver, (long long)row->day, (long long)row->available_s, row->value);
}

/* What is read from memory is what stands in the tables. */
static void list(struct store *store, struct text *ret)
{
    ok(store_each_activity(store, list_activity, ret, &why));
    ok(store_each_driver(store, list_driver, ret, &why));
}

/* A reader without memory builds the same file from nothing. */
static void compare(struct bench *b, int step)
{
    struct store *reader = NULL;
    struct text kept = { 0 }, fresh = { 0 };
    b->status.published_s = b->now_s;
    b->status.next_publish_s = b->now_s + 6 * 3600;
    ok(snapshot_publish(b->store, dir, NULL, &b->status, &why));
    dump(dir, &kept);
    list(b->store, &kept);
    ok(store_open(at("state.db"), 1, &reader, NULL, &why));
    ok(snapshot_publish(reader, at("fresh"), NULL, &b->status, &why));
    dump(at("fresh"), &fresh);
    list(reader, &fresh);
    store_close(reader);
    ck_assert_msg(kept.len == fresh.len && memcmp(kept.data, fresh.data, fresh.len) == 0, "step %d:\n%s\n---- built from nothing:\n%s", step, kept.data, fresh.data);
    text_free(&kept);
    text_free(&fresh);
}

START_TEST(a_file_that_goes_on_is_the_file_built_anew)
{
    static const struct { void (*happen)(struct bench *); int one_in; } what[] = {
        { report, 6 }, { forecast, 9 }, { drive, 3 }, { spend, 2 }, { undo, 15 }, { telemetry, 4 }, { retain, 12 }, { rename_series, 25 }, { hear, 3 }, { announce, 5 }, { reopen, 30 }, { pass_time, 1 },
    };
    struct bench b;
    begin(&b, 3 + (uint64_t)_i);
    ck_assert_int_eq(mkdir(at("fresh"), 0755), 0);
    for (int step = 0; step < 90; step++) {
        for (size_t i = 0; i < sizeof what / sizeof *what; i++)
            if (one_in(&b, what[i].one_in))
                what[i].happen(&b);
        compare(&b, step);
    }
    end(&b);
}
END_TEST

static off_t changes_of(struct store *store, struct snapshot_status *status)
{
    struct stat before, after;
    ck_assert_int_eq(stat(at("forecast.db"), &before), 0);
    ok(snapshot_publish(store, dir, NULL, status, &why));
    ck_assert_int_eq(stat(at("forecast.db"), &after), 0);
    ck_assert_uint_ne(before.st_ino, after.st_ino);
    return after.st_size - before.st_size;
}

/* What somebody else put there is not gone on with. */
START_TEST(a_foreign_file_is_not_copied)
{
    struct bench b;
    struct text kept = { 0 };
    begin(&b, 1);
    report(&b);
    forecast(&b);
    b.status.published_s = b.now_s;
    ok(snapshot_publish(b.store, dir, NULL, &b.status, &why));
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(at("forecast.db"), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "UPDATE series SET title = 'stranger'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    ck_assert_int_eq(changes_of(b.store, &b.status), 0);
    dump(dir, &kept);
    ck_assert_ptr_null(strstr(kept.data, "stranger"));
    text_free(&kept);
    ck_assert_int_eq(unlink(at("forecast.db")), 0);
    ok(snapshot_publish(b.store, dir, NULL, &b.status, &why));
    ck_assert_int_eq(changes_of(b.store, &b.status), 0);
    end(&b);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_file_that_goes_on_is_the_file_built_anew, 0, 3);
    tcase_add_test(tests, a_foreign_file_is_not_copied);
}

int main(void)
{
    return fixture_main("store kept", add, 30);
}
