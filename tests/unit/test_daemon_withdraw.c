#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/withdraw.h"

static const char definition[] = "[feed league]\nurl = https://example.org/matches\nformat = json\nrows = /*\ndate = /day\ndate_format = %Y-%m-%d\nkind = schedule\n"
                                 "[series matches]\nvalue = 1\nagg = count\n";

static struct feed_yield answer(const struct feed *feed, const char *body, int64_t now_s)
{
    struct feed_yield yield = { 0 };
    struct gnm_why why = { 0 };
    ck_assert_msg(feed_extract(feed, body, strlen(body), NULL, "", now_s, &yield, &why) == 0, "%s", why.text);
    return yield;
}

struct newest { double value[40]; int64_t first; };

static int take(void *ctx, const struct gnm_signal *row)
{
    struct newest *n = ctx;
    n->value[row->valid - n->first] = row->value;
    return 0;
}

static size_t keep(struct store *store, const struct feed *feed, const char *body, int64_t now_s)
{
    struct gnm_why why = { 0 };
    struct feed_yield yield = answer(feed, body, now_s);
    size_t before = yield.n, added;
    ck_assert_int_eq(withdraw_missing(store, feed, "", now_s, &yield, &why), 0);
    ck_assert_int_eq(store_signals(store, yield.signal, yield.n, &added, &why), 0);
    size_t withdrawn = yield.n - before;
    free(yield.signal);
    return withdrawn;
}

START_TEST(a_moved_match_leaves_its_old_day)
{
    char folder[] = "/tmp/gnomon-withdraw-XXXXXX", path[64];
    struct store *store = NULL;
    struct feed *feed = NULL;
    struct gnm_why why = { 0 };
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state.db", folder);
    ck_assert_int_eq(store_open(path, 0, &store, NULL, &why), 0);
    ck_assert_msg(feed_load("league.conf", definition, sizeof definition - 1, &feed, &why) == 0, "%s", why.text);
    int64_t now_s = INT64_C(20600) * 86400;
    ck_assert_uint_eq(keep(store, feed, "[{\"day\":\"2026-06-01\"},{\"day\":\"2026-06-07\"},{\"day\":\"2026-06-20\"}]", now_s), 0);
    ck_assert_uint_eq(keep(store, feed, "[{\"day\":\"2026-06-01\"},{\"day\":\"2026-06-09\"},{\"day\":\"2026-06-20\"}]", now_s + 86400), 1);
    ck_assert_uint_eq(keep(store, feed, "[{\"day\":\"2026-06-01\"},{\"day\":\"2026-06-09\"},{\"day\":\"2026-06-20\"}]", now_s + 90000), 0);
    /* A shorter list says nothing of the days beyond it. */
    ck_assert_uint_eq(keep(store, feed, "[{\"day\":\"2026-06-01\"},{\"day\":\"2026-06-09\"}]", now_s + 100000), 0);
    struct newest n = { .first = 20605 };
    ck_assert_int_eq(store_each_signal(store, take, &n, &why), 0);
    ck_assert_double_eq(n.value[20605 - 20605], 1);          /* 1 June */
    ck_assert(isnan(n.value[6]));
    ck_assert_double_eq(n.value[8], 1);
    ck_assert_double_eq(n.value[19], 1);
    feed_free(feed);
    store_close(store);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("daemon withdraw");
    TCase *tests = tcase_create("withdraw");
    tcase_set_timeout(tests, 10);
    tcase_add_test(tests, a_moved_match_leaves_its_old_day);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
