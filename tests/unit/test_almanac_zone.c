#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "almanac/zone.h"
#include "almanac/zone_rule.h"
#include "base/file.h"
#include "base/random.h"
#include "base_suite.h"

static const char *const zones[] = {
    "Europe/Brussels", "Europe/Dublin", "Europe/London", "Europe/Lisbon", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Santiago",
    "America/Nuuk", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Apia", "Pacific/Kiritimati",
    "Asia/Kolkata", "Asia/Kathmandu", "Asia/Jerusalem", "Asia/Gaza", "Asia/Tehran", "Africa/Casablanca", "Africa/Cairo", "Antarctica/Troll", "Etc/GMT+12",
    "Etc/UTC", "Asia/Tokyo",
};

static char *load(const char *name, size_t *len)
{
    char path[128], *data = NULL;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    if (file_read(path, 1 << 20, &data, len, NULL) < 0)
        printf("SKIP %s: no zone data on this system\n", name);
    return data;
}

static struct zone *zone_named(const char *name)
{
    size_t len;
    char *data = load(name, &len);
    if (data == NULL)
        return NULL;
    struct gnm_why why = { 0 };
    struct zone *zone = zone_new(data, len, &why);
    ck_assert_msg(zone != NULL, "%s: %s", name, why.text);
    free(data);
    return zone;
}

static void use_system_zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

static int system_offset_s(int64_t utc_s)
{
    time_t t = (time_t)utc_s;
    struct tm tm;
    localtime_r(&t, &tm);
    return (int)tm.tm_gmtoff;
}

/* Every half hour of a day in which the offset changed. */
static void compare_day(const struct zone *zone, const char *name, int64_t from_s)
{
    for (int64_t t = from_s - 1; t <= from_s + 86400; t += 1800)
        ck_assert_msg(zone_offset_s(zone, t) == system_offset_s(t), "%s at %lld", name, (long long)t);
    for (int64_t t = from_s; t <= from_s + 86400; t += 1800)
        ck_assert_msg(zone_offset_s(zone, t) == system_offset_s(t), "%s at %lld", name, (long long)t);
}

/* Random moments of two hundred years, and the days around each change of three decades. */
START_TEST(offsets_agree_with_the_library)
{
    struct zone *zone = zone_named(zones[_i]);
    if (zone == NULL)
        return;
    use_system_zone(zones[_i]);
    struct random r;
    random_seed(&r, 1 + (uint64_t)_i);
    int64_t low = civil_day(1905, 1, 1) * 86400, span = 200 * INT64_C(31556952);
    for (int i = 0; i < 5000; i++) {
        int64_t t = low + (int64_t)random_below(&r, (uint64_t)span);
        ck_assert_msg(zone_offset_s(zone, t) == system_offset_s(t), "%s at %lld: %d, not %d", zones[_i], (long long)t, zone_offset_s(zone, t), system_offset_s(t));
        int64_t from_s, until_s;
        ck_assert_int_eq(zone_span_s(zone, t, &from_s, &until_s), zone_offset_s(zone, t));
        ck_assert(from_s <= t && t < until_s);
        ck_assert(from_s == INT64_MIN || zone_offset_s(zone, from_s) == zone_offset_s(zone, t));
        ck_assert(until_s == INT64_MAX || zone_offset_s(zone, until_s - 1) == zone_offset_s(zone, t));
    }
    int last = system_offset_s(civil_day(2015, 1, 1) * 86400);
    for (int64_t t = civil_day(2015, 1, 1) * 86400; t < civil_day(2045, 1, 1) * 86400; t += 86400) {
        int now = system_offset_s(t);
        if (now != last)
            compare_day(zone, zones[_i], t - 86400);
        last = now;
    }
    zone_free(zone);
}
END_TEST

/* Local days must follow each other without hole or overlap, and begin where their number begins. */
START_TEST(days_tile_the_time)
{
    struct zone *zone = zone_named(zones[_i]);
    if (zone == NULL)
        return;
    for (int64_t day = civil_day(2010, 1, 1); day < civil_day(2045, 1, 1); day++) {
        int64_t start = zone_day_start_s(zone, day), next = zone_day_start_s(zone, day + 1);
        int64_t hours = (next - start) / 3600;
        if (next == start)
            continue;                            /* a day that Samoa left out */
        ck_assert_msg(hours >= 22 && hours <= 26, "%s: day %lld has %lld h", zones[_i], (long long)day, (long long)hours);
        ck_assert_int_eq(zone_day(zone, start), day);
        ck_assert_int_eq(zone_day(zone, next - 1), day);
        ck_assert_msg(zone_day(zone, start - 1) < day, "%s: day %lld began earlier", zones[_i], (long long)day);
    }
    zone_free(zone);
}
END_TEST

static int64_t at(const char *text)
{
    int64_t t;
    ck_assert_msg(civil_parse_time(text, &t) == 0, "%s", text);
    return t;
}

static const struct { const char *zone; int year, month, mday, minutes; } lengths[] = {
    { "Europe/Brussels", 2026, 3, 29, 23 * 60 }, { "Europe/Brussels", 2026, 10, 25, 25 * 60 }, { "Europe/Brussels", 2026, 9, 1, 24 * 60 },
    { "Europe/Brussels", 2050, 3, 27, 23 * 60 }, { "Europe/Brussels", 2050, 10, 30, 25 * 60 }, { "Europe/Dublin", 2026, 3, 29, 23 * 60 },
    { "Europe/Dublin", 2049, 10, 31, 25 * 60 }, { "Australia/Lord_Howe", 2026, 4, 5, 24 * 60 + 30 }, { "Australia/Lord_Howe", 2026, 10, 4, 23 * 60 + 30 },
    { "Pacific/Auckland", 2026, 4, 5, 25 * 60 }, { "Pacific/Auckland", 2045, 9, 24, 23 * 60 }, { "America/Sao_Paulo", 2018, 11, 4, 23 * 60 },
    { "America/Sao_Paulo", 2018, 2, 17, 25 * 60 }, { "Pacific/Apia", 2011, 12, 30, 0 }, { "Africa/Cairo", 2026, 4, 24, 23 * 60 },
};

START_TEST(clock_change_days)
{
    struct zone *zone = zone_named(lengths[_i].zone);
    if (zone == NULL)
        return;
    int64_t day = civil_day(lengths[_i].year, lengths[_i].month, lengths[_i].mday);
    ck_assert_msg(zone_day_start_s(zone, day + 1) - zone_day_start_s(zone, day) == lengths[_i].minutes * 60, "%s", lengths[_i].zone);
    zone_free(zone);
}
END_TEST

static const struct { const char *zone, *local, *utc; } walls[] = {
    { "Europe/Brussels", "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z" },      /* the last second before the gap */
    { "Europe/Brussels", "2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z" },      /* does not exist: 03:30 */
    { "Europe/Brussels", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z" },
    { "Europe/Brussels", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z" },      /* exists twice: the first */
    { "Europe/Brussels", "2026-10-25T01:59:59Z", "2026-10-24T23:59:59Z" },
    { "Europe/Brussels", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z" },
    { "Europe/Dublin", "2026-07-01T12:00:00Z", "2026-07-01T11:00:00Z" },
    { "Europe/Dublin", "2047-01-01T12:00:00Z", "2047-01-01T12:00:00Z" },
    { "Australia/Sydney", "2048-01-15T12:00:00Z", "2048-01-15T01:00:00Z" },
    { "Australia/Sydney", "2048-07-15T12:00:00Z", "2048-07-15T02:00:00Z" },
    { "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2025-12-31T18:15:00Z" },
};

START_TEST(wall_times)
{
    struct zone *zone = zone_named(walls[_i].zone);
    if (zone == NULL)
        return;
    char got[21];
    civil_format_time(zone_to_utc_s(zone, at(walls[_i].local)), got);
    ck_assert_msg(strcmp(got, walls[_i].utc) == 0, "%s %s: %s", walls[_i].zone, walls[_i].local, got);
    zone_free(zone);
}
END_TEST

START_TEST(no_zone_is_utc)
{
    ck_assert_int_eq(zone_offset_s(NULL, 1), 0);
    ck_assert_int_eq(zone_day(NULL, -1), -1);
    ck_assert_int_eq(zone_day(NULL, 86400), 1);
    ck_assert_int_eq(zone_day_start_s(NULL, -3), -3 * 86400);
    ck_assert_int_eq(zone_to_utc_s(NULL, 5), 5);
    zone_free(NULL);
}
END_TEST

START_TEST(markers_are_not_moments)
{
    struct zone *zone = zone_named("Europe/Brussels");
    if (zone == NULL)
        return;
    ck_assert_int_eq(zone_offset_s(zone, INT64_MAX), 0);
    ck_assert_int_eq(zone_offset_s(zone, INT64_MIN), 0);
    ck_assert_int_eq(zone_to_utc_s(zone, INT64_MAX), INT64_MAX);
    ck_assert_int_eq(zone_day(zone, INT64_MAX), INT64_MAX / 86400);
    zone_free(zone);
}
END_TEST

static const struct { const char *rule, *moment; int offset_s; } rules[] = {
    { "CET-1CEST,M3.5.0,M10.5.0/3", "2100-07-01T00:00:00Z", 7200 }, { "CET-1CEST,M3.5.0,M10.5.0/3", "2100-12-31T23:59:59Z", 3600 },
    { "IST-1GMT0,M10.5.0,M3.5.0/1", "2100-07-01T00:00:00Z", 3600 }, { "IST-1GMT0,M10.5.0,M3.5.0/1", "2100-12-01T00:00:00Z", 0 },
    { "AEST-10AEDT,M10.1.0,M4.1.0/3", "2100-01-01T00:00:00Z", 39600 }, { "AEST-10AEDT,M10.1.0,M4.1.0/3", "2100-06-01T00:00:00Z", 36000 },
    { "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2100-06-01T00:00:00Z", 37800 }, { "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2100-07-01T00:00:00Z", -3600 },
    { "EST5", "2100-07-01T00:00:00Z", -18000 }, { "XXX3EDT4,0/0,J365/23", "2100-07-01T00:00:00Z", -14400 }, { "XXX3EDT4,0/0,J365/23", "2101-01-01T03:00:00Z", -14400 },
    { "AAA0BBB,J60,J300", "2096-03-01T01:59:59Z", 0 }, { "AAA0BBB,J60,J300", "2096-03-01T02:00:00Z", 3600 },
    { "AAA0BBB,59/2,299", "2096-02-29T02:00:00Z", 3600 }, { "IST-2IDT,M3.4.4/26,M10.5.0", "2100-03-26T00:00:00Z", 10800 },
};

START_TEST(footer_rules)
{
    struct zone_rule rule;
    ck_assert_int_eq(zone_rule_parse(rules[_i].rule, strlen(rules[_i].rule), &rule), 0);
    int64_t from_s, until_s, moment_s = at(rules[_i].moment), other_s[2];
    int offset_s = zone_rule_span(&rule, moment_s, &from_s, &until_s);
    ck_assert_msg(offset_s == rules[_i].offset_s, "%s at %s: %d", rules[_i].rule, rules[_i].moment, offset_s);
    ck_assert(from_s <= moment_s && moment_s < until_s);
    if (!rule.has_summer)
        return;
    ck_assert_int_eq(zone_rule_span(&rule, from_s, &other_s[0], &other_s[1]), offset_s);
    ck_assert_int_eq(zone_rule_span(&rule, until_s - 1, &other_s[0], &other_s[1]), offset_s);
    (void)zone_rule_span(&rule, until_s, &other_s[0], &other_s[1]);
    ck_assert_int_eq(other_s[0], until_s);
}
END_TEST

static const char *const bad_rules[] = {
    "", "CET", "CE-1", "CET-", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.0.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J5", "CET-1CEST,366,5", "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x", "<+1>-1", "<+01-1", "CET-1:60",
    "CET-1 CEST,M3.5.0,M10.5.0", ",M3.5.0,M10.5.0",
};

START_TEST(bad_footer_rules)
{
    struct zone_rule rule;
    ck_assert_msg(zone_rule_parse(bad_rules[_i], strlen(bad_rules[_i]), &rule) == -EINVAL, "%s", bad_rules[_i]);
}
END_TEST

/* Cut at every length, and with every byte of the header and of the first changes wrong: refused or usable, never a wild read. */
START_TEST(malformed_files)
{
    size_t len;
    char *data = load("Europe/Brussels", &len);
    if (data == NULL)
        return;
    struct gnm_why why = { 0 };
    for (size_t cut = 0; cut < len; cut++) {
        char *copy = malloc(cut + 1);
        memcpy(copy, data, cut);
        ck_assert_msg(zone_new(copy, cut, &why) == NULL, "taken at %zu of %zu bytes", cut, len);
        ck_assert(why.code == -EINVAL && strncmp(why.text, "time zone: ", 11) == 0);
        free(copy);
    }
    for (size_t i = 0; i < len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            data[i] = (char)(data[i] ^ 1 << bit);
            struct zone *zone = zone_new(data, len, NULL);
            if (zone != NULL)
                zone_to_utc_s(zone, INT64_C(1800000000));
            zone_free(zone);
            data[i] = (char)(data[i] ^ 1 << bit);
        }
    }
    data[4] = 0;
    ck_assert_ptr_null(zone_new(data, len, &why));
    ck_assert_str_eq(why.text, "time zone: TZif version 1 has no rule for the future");
    free(data);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { offsets_agree_with_the_library, COUNT(zones) }, { days_tile_the_time, COUNT(zones) }, { clock_change_days, COUNT(lengths) },
        { wall_times, COUNT(walls) }, { no_zone_is_utc, 0 }, { markers_are_not_moments, 0 }, { footer_rules, COUNT(rules) },
        { bad_footer_rules, COUNT(bad_rules) }, { malformed_files, 0 },
    };
    return base_suite_run("almanac zone", tests, COUNT(tests));
}
