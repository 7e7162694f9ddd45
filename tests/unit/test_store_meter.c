/* What a day of the default rhythm writes to the device, by the counting layer. */
#include <errno.h>

#include "store/meter.h"
#include "store_fixture.h"

/* One field over two polls: `a` then `b`. */
static void two(struct store_minute *row, enum gnm_field f, double a, double b)
{
    row->last[f] = b;
    row->mean[f] = (a + b) / 2;
    row->min[f] = a < b ? a : b;
    row->max[f] = a < b ? b : a;
}

/* Ten minutes of a common controller: half of the day dark, the rest moving with the clouds. */
static void ten_minutes(struct store_minute row[10], int64_t first)
{
    for (int k = 0; k < 10; k++) {
        int64_t m = first + k, of_day = m % 1440;
        double sun = of_day > 360 && of_day < 1080 ? sin((double)(of_day - 360) / 720 * 3.14159) : 0, cloud = (double)(m * 37 % 100) / 100, v = 12.4 + sun + cloud / 50;
        row[k] = minute_row("roof", m, v);
        row[k].last[GNM_FAULTS] = 0;
        two(&row[k], GNM_BATTERY_V, v, v + 0.01);
        two(&row[k], GNM_CHARGE_A, sun * 10 * cloud, sun * 10.5 * cloud);
        two(&row[k], GNM_SOC_PCT, 60 + floor(sun * 20), 60 + floor(sun * 20));
        two(&row[k], GNM_BATTERY_C, 18.5 + sun, 18.5 + sun);
        two(&row[k], GNM_CASE_C, 21 + sun * 9, 21.03 + sun * 9);
        two(&row[k], GNM_PV_V, sun * 38, sun * 38.4);
        two(&row[k], GNM_PV_A, sun * 3 * cloud, sun * 3.1 * cloud);
        two(&row[k], GNM_PV_W, sun * 120 * cloud, sun * 121.7 * cloud);
        two(&row[k], GNM_LOAD_V, v - 0.01, v);
        two(&row[k], GNM_LOAD_A, 0.51 + cloud / 10, 0.52);
        two(&row[k], GNM_LOAD_W, 6.5 + cloud, 6.6);
        two(&row[k], GNM_PV_TODAY_KWH, floor(sun * 80) / 100, floor(sun * 80) / 100);
        two(&row[k], GNM_LOAD_TODAY_KWH, 0.11, 0.11);
        two(&row[k], GNM_PV_TOTAL_KWH, 1234.5, 1234.5);
        two(&row[k], GNM_LOAD_TOTAL_KWH, 987.65, 987.65);
    }
}

START_TEST(a_day_of_telemetry_stays_in_its_budget)
{
    struct store_meter *meter = NULL;
    struct store *store = NULL;
    ok(store_meter_new("counting", 0, &meter, &why));
    ok(store_open_on(at("state.db"), "counting", NULL, &store, NULL, &why));
    static struct store_minute row[10];
    int64_t minute = 29000000;
    /* A first week, so that the tree has its depth. */
    for (int i = 0; i < 7 * 144; i++, minute += 10) {
        ten_minutes(row, minute);
        ok(store_minutes(store, row, 10, &why));
    }
    struct store_meter_count before, after;
    store_meter_read(meter, &before);
    for (int i = 0; i < 144; i++, minute += 10) {
        ten_minutes(row, minute);
        ok(store_minutes(store, row, 10, &why));
    }
    store_meter_read(meter, &after);
    int64_t bytes = (after.pages - before.pages) * 4096, syncs = after.syncs - before.syncs;
    if (getenv("GNOMON_SHOW") != NULL)
        fprintf(stderr, "telemetry: %.2f MB in pages and %lld syncs a day\n", (double)bytes / 1e6, (long long)syncs);
    ck_assert_int_ge(syncs, 144);
    ck_assert_int_le(syncs, 150);
    ck_assert_int_le(bytes, 2600 * 1000);
    ck_assert_int_eq(after.device_bytes, after.pages * 4096 + after.syncs * 8192);
    store_close(store);
    store_meter_free(meter);
    struct stat st;
    ck_assert_int_eq(stat(at("state.db"), &st), 0);
    /* 8 days and the empty schema. */
    ck_assert_int_lt(st.st_size, 8 * 260000 + 300000);
}
END_TEST

START_TEST(hourly_forecasts_of_ten_days_append)
{
    struct store_meter *meter = NULL;
    struct store *store = NULL;
    ok(store_meter_new("counting", 0, &meter, &why));
    ok(store_open_on(at("state.db"), "counting", NULL, &store, NULL, &why));
    static struct gnm_signal row[720];
    struct store_meter_count before = { 0, 0, 0 }, after;
    for (int fetch = 0; fetch < 16 * 14; fetch++) {
        if (fetch == 7 * 16)
            store_meter_read(meter, &before);
        for (int k = 0; k < 720; k++) {
            row[k] = signal_row(k < 240 ? "ghi_w" : k < 480 ? "temp_c" : "wind", 480000 + fetch * 3 / 2 + k % 240, 1700000000 + fetch * 5400, fetch * 0.37 + k);
            row[k].step = GNM_HOUR;
        }
        ok(store_signals(store, row, 720, NULL, &why));
        size_t removed;
        ok(store_retain(store, &(struct store_retention){ 0, 0, 0, 0 }, 480000LL * 3600 + fetch * 5400, 4000, &removed, &why));
    }
    store_meter_read(meter, &after);
    int64_t bytes = (after.pages - before.pages) * 4096 / 7;
    if (getenv("GNOMON_SHOW") != NULL)
        fprintf(stderr, "16 fetches of 720 changed hours: %.2f MB in pages and %lld syncs a day\n", (double)bytes / 1e6, (long long)(after.syncs - before.syncs) / 7);
    ck_assert_int_le(bytes, 5 * 1000 * 1000);
    store_close(store);
    store_meter_free(meter);
}
END_TEST

START_TEST(a_name_is_taken_once_and_the_same_input_gives_the_same_bytes)
{
    static char bytes[2][1 << 21];
    size_t len[2];
    for (int turn = 0; turn < 2; turn++) {
        struct store_meter *meter = NULL, *second = NULL;
        struct store *store = NULL;
        ok(store_meter_new("counting", turn, &meter, &why));
        ck_assert_int_eq(store_meter_new("counting", 0, &second, &why), -EEXIST);
        const char *name = turn == 0 ? "a.db" : "b.db";
        ok(store_open_on(at(name), "counting", NULL, &store, NULL, &why));
        static struct store_minute row[10];
        for (int i = 0; i < 30; i++) {
            ten_minutes(row, 29000000 + i * 10);
            ok(store_minutes(store, row, 10, &why));
        }
        store_close(store);
        store_meter_free(meter);
        FILE *f = fopen(at(name), "rb");
        len[turn] = fread(bytes[turn], 1, sizeof bytes[turn], f);
        fclose(f);
    }
    ck_assert_uint_gt(len[0], 50000);
    ck_assert_uint_eq(len[0], len[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], len[0]);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, a_day_of_telemetry_stays_in_its_budget);
    tcase_add_test(t, hourly_forecasts_of_ten_days_append);
    tcase_add_test(t, a_name_is_taken_once_and_the_same_input_gives_the_same_bytes);
}

int main(void)
{
    return fixture_main("store meter", add, 20);
}
