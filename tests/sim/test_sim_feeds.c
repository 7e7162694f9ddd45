/* Every shipped definition against the world's provider of it: the real request, its answer, the real extraction, and what a fault of the format does to it. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "feeds/feed.h"
#include "world/world.h"

enum { SHIPPED = 25 };

static struct world *world;
static struct zone *zone;
static struct provider_faults faults;

static void begin(void)
{
    struct gnm_why why = { 0 };
    struct world_config config;
    char *data;
    size_t len;
    ck_assert_msg(file_read("/usr/share/zoneinfo/Europe/Brussels", 1 << 20, &data, &len, &why) == 0, "%s", why.text);
    zone = zone_new(data, len, &why);
    free(data);
    ck_assert_ptr_nonnull(zone);
    world_config_default(&config);
    config.start_s = civil_day(2026, 4, 14) * 86400 + 8 * 3600;
    config.other_providers = providers_others;
    faults.n = 0;
    config.provider_faults = &faults;
    world = malloc(sizeof *world);
    ck_assert_ptr_nonnull(world);
    ck_assert_msg(world_start(world, &config, zone, &why) == 0, "%s", why.text);
}

static void finish(void)
{
    world_end(world);
    free(world);
    zone_free(zone);
}

static const char *secret(void *ctx, const char *name)
{
    (void)ctx;
    return name;
}

static struct feed *definition(const char *file)
{
    const char *root = getenv("GNOMON_ROOT");
    char path[512], *data;
    size_t len;
    struct gnm_why why = { 0 };
    struct feed *feed;
    snprintf(path, sizeof path, "%s/config/feeds/%s", root != NULL ? root : ".", file);
    ck_assert_msg(file_read(path, 1 << 20, &data, &len, &why) == 0, "%s", why.text);
    ck_assert_msg(feed_load(file, data, len, &feed, &why) == 0, "%s", why.text);
    free(data);
    return feed;
}

/* As the daemon asks today, to the path that is left when `base` replaces scheme and host. */
static void ask(struct feed *feed, struct reply *reply)
{
    static const struct feed_var var[] = { { "league", "bl1" }, { "season", "2025" }, { "team", "133602" }, { "kwp", "0.4" }, { "group", "BE-NL" } };
    struct feed_site site = { .latitude = 50.85, .longitude = 4.35, .timezone = "Europe/Brussels", .country = "BE", .region = "BRU", .contact = "ops@example.org",
                              .base = "http://127.0.0.1:8080", .local = 1, .var = var, .n_vars = sizeof var / sizeof var[0], .secret = secret };
    struct gnm_request request = { 0 };
    struct gnm_why why = { 0 };
    int64_t from, to;
    feed_range(feed, zone_day(zone, world->now_ms / 1000), &from, &to);
    ck_assert_msg(feed_request(feed, &site, from, to, &request, &why) == 0, "%s: %s", feed_name(feed), why.text);
    const char *path = strchr(strstr(request.url, "://") + 3, '/');
    *reply = (struct reply){ 0 };
    world->providers.news_last_ms = -1;
    ck_assert_int_eq(world_answer(world, path, "gnomon/0.1 ops@example.org", NULL, 1000, reply), 0);
    ck_assert_msg(reply->status == 200, "%s: %d %.*s", path, reply->status, (int)(reply->body.len < 200 ? reply->body.len : 200), reply->body.data);
}

/* A provider says plainly when it has no number yet, and bank holidays are listed but not wanted; anything else that is left out is a mistake of ours. */
static int is_missing(const struct feed_drop *drop)
{
    const char *end = strrchr(drop->reason, ' ');
    if (strncmp(drop->reason, "a condition", 11) == 0)
        return 1;
    return end != NULL && drop->series[0] != '\0' && (strcmp(end, " null") == 0 || strcmp(end, " NaN") == 0 || strcmp(end, " -") == 0 || strcmp(end, " (absent)") == 0);
}

static void check_yield(const struct feed *feed, const struct feed_yield *yield)
{
    const char *name = feed_name(feed);
    ck_assert_msg(yield->n > 0, "%s gave nothing", name);
    ck_assert_msg(yield->dropped_date == 0, "%s: %zu dates, %s", name, yield->dropped_date, yield->drop[0].reason);
    for (size_t i = 0; i < yield->n_drops; i++)
        ck_assert_msg(is_missing(&yield->drop[i]), "%s: %s: %s", name, yield->drop[i].series, yield->drop[i].reason);
    ck_assert_msg(10 * yield->dropped_value <= yield->rows_seen * feed_series_count(feed) || yield->dropped_value == 1, "%s: %zu values are missing of %zu rows", name,
                  yield->dropped_value, yield->rows_seen);
    ck_assert_msg(!feed_has_events(feed) || yield->n_events > 0, "%s has no events", name);
    for (size_t k = 0; k < feed_series_count(feed); k++) {
        size_t n = 0;
        for (size_t i = 0; i < yield->n; i++)
            n += strcmp(yield->signal[i].series, feed_series_name(feed, k)) == 0;
        ck_assert_msg(n > 0, "%s has no %s", name, feed_series_name(feed, k));
    }
}

static void each(void (*check)(struct feed *feed))
{
    const char *root = getenv("GNOMON_ROOT");
    char path[512];
    int n = 0;
    snprintf(path, sizeof path, "%s/config/feeds", root != NULL ? root : ".");
    DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        size_t len = strlen(entry->d_name);
        if (len < 6 || strcmp(entry->d_name + len - 5, ".conf") != 0)
            continue;
        struct feed *feed = definition(entry->d_name);
        check(feed);
        feed_free(feed);
        n++;
    }
    closedir(dir);
    ck_assert_int_ge(n, SHIPPED);
}

static void give(struct feed *feed)
{
    struct reply reply;
    struct feed_yield yield = { 0 };
    struct gnm_why why = { 0 };
    ask(feed, &reply);
    ck_assert_msg(feed_extract(feed, reply.body.data, reply.body.len, zone, "", world->now_ms / 1000, &yield, &why) == 0, "%s: %s", feed_name(feed), why.text);
    check_yield(feed, &yield);
    feed_yield_free(&yield);
    text_free(&reply.body);
}

START_TEST(every_shipped_feed_gives_all_its_series)
{
    each(give);
}
END_TEST

/* Keys of another name, a level more, half an answer: never a value. */
static void refuse(struct feed *feed)
{
    struct reply reply;
    struct feed_yield yield = { 0 };
    struct gnm_why why = { 0 };
    ask(feed, &reply);
    int code = feed_extract(feed, reply.body.data, reply.body.len, zone, "", world->now_ms / 1000, &yield, &why);
    ck_assert_msg(code < 0 || yield.n == 0, "%s gave %zu values of a broken answer", feed_name(feed), yield.n);
    ck_assert_msg(code == 0 || why.text[0] != '\0', "%s says nothing", feed_name(feed));
    feed_yield_free(&yield);
    text_free(&reply.body);
}

START_TEST(no_broken_format_gives_values)
{
    static const enum provider_break how[] = { BREAK_RENAMED, BREAK_MOVED, BREAK_HTML, BREAK_EMPTY };
    faults.n = 1;
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        faults.fault[0] = (struct provider_fault){ .provider = PROVIDERS, .kind = PROVIDER_BROKEN, .until_s = GNM_NEVER, .arg = how[i] };
        each(refuse);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim");
    TCase *cases = tcase_create("feeds");
    tcase_set_timeout(cases, 150);
    tcase_add_checked_fixture(cases, begin, finish);
    tcase_add_test(cases, every_shipped_feed_gives_all_its_series);
    tcase_add_test(cases, no_broken_format_gives_values);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
