/* Cuts from one training to the next: kept in a file, with the bins of rows that were there before, and found anew when they are too old. */
#include <errno.h>

#include "base_suite.h"
#include "boost_panel.h"
#include "forecast/boost_state.h"

enum { ROWS = 4000 };

START_TEST(cuts_can_be_kept)
{
    float *x = panel_make(2 * ROWS, 8);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    struct boost *b = panel_train(&d, &o, 1 << 20), *again = NULL;
    struct boost_cuts *cuts = NULL, *loaded = NULL;
    void *data = NULL;
    size_t len;
    ck_assert_int_eq(boost_cuts_take(b, &cuts, &why), 0);
    ck_assert_double_lt(boost_cuts_drift(b), 1e-6);
    ck_assert_int_eq(boost_cuts_save(cuts, &data, &len, &why), 0);
    ck_assert_int_eq(boost_cuts_load(data, len, &loaded, &why), 0);
    ck_assert_int_eq(boost_begin(&d, &o, loaded, NULL, &again, &why), 0);
    while (boost_step(again, 1 << 20, &why) == BOOST_CONTINUE)
        ;
    struct boost_model *m = panel_finish(b), *n = panel_finish(again);
    struct panel_bytes p = panel_save(m), q = panel_save(n);
    ck_assert(panel_same(&p, &q));
    boost_free(again);

    boost_free(b);
    boost_cuts_free(cuts);
    boost_cuts_free(loaded);
    boost_model_free(m);
    boost_model_free(n);
    free(data);
    free(p.data);
    free(q.data);
    free(x);
}
END_TEST

/* Trains to the end with cuts from before; `*units` is what binning took. */
static struct panel_bytes train_with_cuts(const struct boost_data *d, const struct boost_options *o, const struct boost_cuts *cuts, struct boost **ret, uint64_t *units)
{
    struct gnm_why why = { 0 };
    struct boost *b;
    ck_assert_int_eq(boost_begin(d, o, cuts, NULL, &b, &why), 0);
    while (!boost_binned(b))
        ck_assert_int_ge(boost_step(b, 1 << 14, &why), 0);
    *units = boost_report(b).units;
    while (boost_step(b, 1 << 20, &why) == BOOST_CONTINUE)
        continue;
    struct boost_model *m = panel_finish(b);
    struct panel_bytes bytes = panel_save(m);
    boost_model_free(m);
    if (ret == NULL)
        boost_free(b);
    else
        *ret = b;
    return bytes;
}

/* Cuts as a file has them, without the bins of rows. */
static struct boost_cuts *only_cuts(const struct boost_cuts *cuts)
{
    struct boost_cuts *ret = NULL;
    struct gnm_why why = { 0 };
    void *data = NULL;
    size_t len;
    ck_assert_int_eq(boost_cuts_save(cuts, &data, &len, &why), 0);
    ck_assert_int_eq(boost_cuts_load(data, len, &ret, &why), 0);
    free(data);
    return ret;
}

enum { APPENDED = ROWS / 20 };

START_TEST(only_appended_rows_are_binned)
{
    float *x = panel_make(ROWS + APPENDED, 9);
    struct boost_data d = panel_data(x, ROWS), more = panel_data(x, ROWS + APPENDED);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    struct boost *first = NULL, *fast = NULL, *slow = NULL;
    struct boost_cuts *kept = NULL, *again = NULL;
    uint64_t whole, few, all;
    o.keep = 1;
    o.holdout_ratio = _i == 0 ? 0 : .2;
    x[APPENDED * PANEL_STRIDE + PANEL_TARGET] = NAN;           /* takes no part: the rows behind move up */
    struct panel_bytes a = train_with_cuts(&d, &o, NULL, &first, &whole);
    ck_assert_int_eq(boost_cuts_take(first, &kept, &why), 0);
    struct boost_cuts *bare = only_cuts(kept);
    struct panel_bytes f = train_with_cuts(&more, &o, kept, &fast, &few), s = train_with_cuts(&more, &o, bare, &slow, &all);
    ck_assert(fast->pitch == slow->pitch && fast->rows == slow->rows && fast->rows == ROWS + APPENDED - 1);
    ck_assert_int_eq(memcmp(fast->bins, slow->bins, fast->rows * fast->pitch), 0);
    ck_assert_int_eq(memcmp(fast->seen, slow->seen, PANEL_COLUMNS * BOOST_LEVELS * sizeof *fast->seen), 0);
    ck_assert(panel_same(&f, &s));
    ck_assert_uint_lt(few * 4, all);
    ck_assert_uint_lt(few * 8, whole);

    /* And once more from there; then with a row that has changed, which is noticed. */
    ck_assert_int_eq(boost_cuts_take(fast, &again, &why), 0);
    struct panel_bytes third = train_with_cuts(&more, &o, again, NULL, &few);
    ck_assert(panel_same(&third, &f));
    x[3 * PANEL_STRIDE] = .77F;
    struct panel_bytes changed = train_with_cuts(&more, &o, again, NULL, &few), anew = train_with_cuts(&more, &o, bare, NULL, &all);
    ck_assert(panel_same(&changed, &anew));
    ck_assert_uint_gt(few, all);
    struct panel_bytes *byte[] = { &a, &f, &s, &third, &changed, &anew };
    for (size_t i = 0; i < COUNT(byte); i++)
        free(byte[i]->data);
    boost_free(first);
    boost_free(fast);
    boost_free(slow);
    boost_cuts_free(kept);
    boost_cuts_free(again);
    boost_cuts_free(bare);
    free(x);
}
END_TEST

/* Stale because a column has moved, or because there are many more rows: as if no cuts had been given, before and after a pause. */
START_TEST(stale_cuts_are_found_anew)
{
    float *x = panel_make(2 * ROWS, 8);
    size_t rows = _i == 0 ? ROWS + APPENDED : 2 * ROWS;
    struct boost_data d = panel_data(x, ROWS), more = panel_data(x, rows);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    struct boost *first = NULL, *later = NULL, *resumed = NULL;
    struct boost_cuts *kept = NULL;
    void *data = NULL;
    size_t len;
    uint64_t units;
    o.keep = 1;
    struct panel_bytes a = train_with_cuts(&d, &o, NULL, &first, &units);
    ck_assert_int_eq(boost_cuts_take(first, &kept, &why), 0);
    ck_assert(boost_cuts_drift(first) == 0);
    for (size_t i = 0; _i == 0 && i < rows; i++)
        x[i * PANEL_STRIDE] += .3F;
    struct panel_bytes l = train_with_cuts(&more, &o, kept, &later, &units), n = train_with_cuts(&more, &o, NULL, NULL, &units);
    ck_assert(panel_same(&l, &n));
    ck_assert(_i == 0 ? boost_cuts_drift(later) > BOOST_STALE : boost_cuts_drift(later) < BOOST_STALE);
    ck_assert_int_eq(boost_begin(&more, &o, kept, NULL, &resumed, &why), 0);
    while (boost_report(resumed).trees < 3)
        ck_assert_int_eq(boost_step(resumed, 1 << 16, &why), BOOST_CONTINUE);
    ck_assert_int_eq(boost_checkpoint(resumed, &data, &len, &why), 0);
    boost_free(resumed);
    ck_assert_int_eq(boost_begin(&more, &o, kept, NULL, &resumed, &why), 0);
    ck_assert_int_eq(boost_restore(resumed, data, len, &why), 0);
    int r;
    while ((r = boost_step(resumed, 1 << 16, &why)) == BOOST_CONTINUE)
        continue;
    ck_assert_msg(r == BOOST_FINISHED, "%s", why.text);
    struct boost_model *m = panel_finish(resumed);
    struct panel_bytes p = panel_save(m);
    ck_assert(panel_same(&p, &n));
    struct panel_bytes *byte[] = { &a, &l, &n, &p };
    for (size_t i = 0; i < COUNT(byte); i++)
        free(byte[i]->data);
    boost_model_free(m);
    boost_free(first);
    boost_free(later);
    boost_free(resumed);
    boost_cuts_free(kept);
    free(data);
    free(x);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = { { cuts_can_be_kept, 1 }, { only_appended_rows_are_binned, 2 }, { stale_cuts_are_found_anew, 2 } };
    return base_suite_run("forecast_boost_cuts", tests, COUNT(tests));
}
