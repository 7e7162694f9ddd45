/* A suite of one case with a time limit, run by main. */
#ifndef TESTS_BASE_SUITE_H
#define TESTS_BASE_SUITE_H

#include <check.h>
#include <stdlib.h>

struct base_test { const TTest *test; int loop; };

static int base_suite_run(const char *name, const struct base_test *tests, size_t n)
{
    Suite *suite = suite_create(name);
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, 60);
    for (size_t i = 0; i < n; i++)
        tcase_add_loop_test(tc, tests[i].test, 0, tests[i].loop > 0 ? tests[i].loop : 1);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define COUNT(table) (sizeof (table) / sizeof (table)[0])

#endif
