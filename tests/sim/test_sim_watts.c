/* What the daemon learns about its own draw in simulated surroundings, against what the plant was told: by stated work, by real learning, by calibration. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "energy/watts.h"
#include "store/store.h"

static char dir[64], program[300];

static void setup(void)
{
    const char *build = getenv("GNOMON_BUILD");
    snprintf(program, sizeof program, "%s/gnomon", build ? build : "build");
    strcpy(dir, "/tmp/gnomon-watts-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static const struct { const char *name, *options; double true_w; } worlds[] = {
    { "stated work", "--days 6 --start 2025-05-01 --series 0 --job 20min/day@9.5W --poll 60", 9.5 },
    { "learning", "--days 6 --start 2025-06-01 --series 1", 7 },
    { "calibration", "--days 3 --start 2025-06-01 --series 0 --poll 60", 7 },
    { "lead", "--days 6 --start 2025-05-01 --series 0 --battery 100,agm --job 20min/day@4W", 4 },
};

START_TEST(the_learned_watts_are_the_true_ones)
{
    char command[600], path[128], text[200];
    struct store *store;
    struct gnm_why why = { 0 };
    struct energy_watts watts;
    double w = 0, half_w = 0;
    snprintf(command, sizeof command, "%s simulate --share config %s --keep %s/run >%s/out 2>&1", program, worlds[_i].options, dir, dir);
    ck_assert_msg(system(command) == 0, "%s", command);
    snprintf(path, sizeof path, "%s/run/state/state.db", dir);
    ck_assert_msg(store_open(path, 1, &store, NULL, &why) == 0, "%s", why.text);
    ck_assert_msg(store_meta_get(store, "power.watts", text, sizeof text, &why) == 0, "%s", why.text);
    store_close(store);
    energy_watts_start(&watts);
    energy_watts_restore(&watts, text);
    ck_assert_msg(energy_watts_core(&watts, &w, &half_w), "%s: not learned: %s", worlds[_i].name, text);
    printf("%s: %.2f +-%.2f W, truth %.2f\n", worlds[_i].name, w, half_w, worlds[_i].true_w);
    ck_assert_double_eq_tol(w, worlds[_i].true_w, 0.1 * worlds[_i].true_w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim watts");
    TCase *tests = tcase_create("joules");
    tcase_set_timeout(tests, 150);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, the_learned_watts_are_the_true_ones, 0, sizeof worlds / sizeof worlds[0]);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
