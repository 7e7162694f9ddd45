#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "forecast/settings.h"

static char *shipped(const char *name, size_t *len)
{
    const char *root = getenv("GNOMON_ROOT");
    char path[512], *data;
    struct gnm_why why = { .text = "" };
    snprintf(path, sizeof path, "%s/models/%s", root != NULL ? root : ".", name);
    ck_assert_msg(file_read(path, 1 << 20, &data, len, &why) == 0, "%s", why.text);
    return data;
}

/* Every setting is in a file, and the files say what is compiled in. */
START_TEST(shipped_files_are_the_defaults)
{
    static const char *const names[] = { "boost.model", "auto.model", "bands.model" };
    struct settings defaults, zero, read;
    settings_defaults(&defaults);
    memset(&zero, 0, sizeof zero);
    read = zero;
    for (int i = 0; i < 3; i++) {
        struct gnm_why why = { .text = "" };
        size_t len;
        char *data = shipped(names[i], &len);
        ck_assert_msg(settings_read(names[i], data, len, &read, &why) == 0, "%s", why.text);
        free(data);
    }
    ck_assert_uint_eq(settings_hash(HASH_START, &read), settings_hash(HASH_START, &defaults));
    ck_assert_uint_ne(settings_hash(HASH_START, &zero), settings_hash(HASH_START, &defaults));
}
END_TEST

START_TEST(bad_settings_are_refused)
{
    static const char *const bad[] = { "[boost]\ntrees = 0\n", "[boost]\ntrees = 1.5\n", "[boost]\nrate = nan\n", "[boost]\nwidth = 3\n", "[bands]\nhalf_life = -1\n" };
    struct settings s, before;
    settings_defaults(&s);
    before = s;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct gnm_why why = { .text = "" };
        ck_assert_int_lt(settings_read("x.model", bad[i], strlen(bad[i]), &s, &why), 0);
        ck_assert_ptr_nonnull(strstr(why.text, "x.model:"));
        ck_assert_uint_eq(settings_hash(HASH_START, &s), settings_hash(HASH_START, &before));
    }
    ck_assert_int_eq(settings_set(&s, "boost.trees", "7", NULL), 0);
    ck_assert_int_eq(s.boost.trees, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settings");
    TCase *tc = tcase_create("settings");
    tcase_add_test(tc, shipped_files_are_the_defaults);
    tcase_add_test(tc, bad_settings_are_refused);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
