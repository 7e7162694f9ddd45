/* Settings of the forecasters come from files below share/models. */
#include "daemon_fixture.h"

#include "daemon/members.h"

static void model(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/share/models", folder);
    ck_assert_int_eq(file_mkdir(path, 0755, &why), 0);
    snprintf(path, sizeof path, "share/models/%s", name);
    put(path, text);
}

static int read_all(struct settings *ret)
{
    char share[96];
    snprintf(share, sizeof share, "%s/share", folder);
    return members_read(share, ret, &why);
}

START_TEST(a_file_is_taken_over_what_is_compiled_in)
{
    struct settings plain, read;
    start("");
    settings_defaults(&plain);
    ck_assert_int_eq(read_all(&read), 0);
    ck_assert_int_eq(read.boost.trees, plain.boost.trees);
    model("boost.model", "[boost]\ntrees = 37\n");
    model("notes.txt", "not a definition\n");
    ck_assert_msg(read_all(&read) == 0, "%s", why.text);
    ck_assert_int_eq(read.boost.trees, 37);
    ck_assert_int_eq(read.boost.leaves, plain.boost.leaves);
}
END_TEST

START_TEST(a_mistake_names_file_and_line_and_changes_nothing)
{
    static const struct { const char *text, *says; } bad[] = {
        { "[boost]\n\ntrees = many\n", "boost.model:3:" }, { "[boost]\ntress = 3\n", "boost.model:2:" }, { "[boost]\ntrees = -1\n", "boost.model:2:" }, { "trees = 1\n", "boost.model:1:" } };
    start("");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct settings read = { .boost.trees = 5 };
        model("boost.model", bad[i].text);
        ck_assert_int_eq(read_all(&read), -EINVAL);
        ck_assert_msg(strstr(why.text, bad[i].says) != NULL, "%s", why.text);
        ck_assert_int_eq(read.boost.trees, 5);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("daemon members");
    TCase *tests = tcase_create("definitions");
    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_test(tests, a_file_is_taken_over_what_is_compiled_in);
    tcase_add_test(tests, a_mistake_names_file_and_line_and_changes_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
