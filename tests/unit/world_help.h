/* What the tests of the simulated world share: a zone, a world, and a provider's answer as a JSON document. */
#ifndef TESTS_WORLD_HELP_H
#define TESTS_WORLD_HELP_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "base/json.h"
#include "world/world.h"

static struct zone *brussels;

static inline void take_zone(void)
{
    struct gnm_why why;
    char *data;
    size_t len;
    ck_assert_msg(file_read("/usr/share/zoneinfo/Europe/Brussels", 1 << 20, &data, &len, &why) == 0, "%s", why.text);
    brussels = zone_new(data, len, &why);
    free(data);
    ck_assert_ptr_nonnull(brussels);
}

static inline void give_zone(void)
{
    zone_free(brussels);
}

static inline int64_t local_s(int year, int month, int mday, int hour, int minute)
{
    return zone_to_utc_s(brussels, civil_day(year, month, mday) * 86400 + hour * 3600 + minute * 60);
}

/* On the heap: the world must not move, and it is large. */
static inline struct world *new_world(uint64_t seed, int64_t start_s)
{
    struct world_config config;
    struct gnm_why why;
    struct world *world = malloc(sizeof *world);
    ck_assert_ptr_nonnull(world);
    world_config_default(&config);
    config.seed = seed;
    config.start_s = start_s;
    config.other_providers = providers_others;
    ck_assert_msg(world_start(world, &config, brussels, &why) == 0, "%s", why.text);
    return world;
}

static inline void free_world(struct world *world)
{
    world_end(world);
    free(world);
}

__attribute__((unused)) static int run_suite(TCase *cases)
{
    Suite *suite = suite_create("world");
    tcase_set_timeout(cases, 20);
    tcase_add_checked_fixture(cases, take_zone, give_zone);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#endif
