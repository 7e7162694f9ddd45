/* Boosted trees: they learn what is there, the same on every build, however often they are interrupted. */
#include <errno.h>

#include "base/hash.h"
#include "base_suite.h"
#include "boost_panel.h"
#include "forecast/boost_state.h"

enum { ROWS = 4000 };

START_TEST(learns_each_kind_of_column)
{
    float *x = panel_make(2 * ROWS, 1);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    o.trees = 150;
    struct boost_model *m = panel_model(&d, &o, 1 << 20);
    double error = panel_error(m, x + ROWS * PANEL_STRIDE, ROWS), share[PANEL_COLUMNS], sum = 0;
    ck_assert_double_lt(error, .15);           /* noise alone is 0.09, the mean of all 2.6 */
    boost_importance(m, share);
    for (int c = 0; c < PANEL_COLUMNS; c++)
        sum += share[c];
    ck_assert_double_eq_tol(sum, 1, 1e-9);
    ck_assert(share[0] > .1 && share[1] > .1 && share[PANEL_CATEGORY] > .05 && share[3] > .02);
    ck_assert(share[5] == 0 && share[6] == 0 && share[8] < .02);
    boost_model_free(m);
    free(x);
}
END_TEST

struct build { enum boost_loss loss; int bins, weighted; uint64_t hash; };

/* gcc and clang, with AVX2 and without, must come to these very bytes; they change only when training changes. */
static const struct build builds[] = {
    { BOOST_SQUARED, 63, 0, UINT64_C(0x7C9821BA7303DC54) }, { BOOST_SQUARED, 255, 1, UINT64_C(0x02EEC12E0D8C4E4A) }, { BOOST_HUBER, 63, 0, UINT64_C(0x97D79C053796B6B2) },
    { BOOST_PINBALL, 63, 1, UINT64_C(0x9C757378544A164B) }, { BOOST_POISSON, 31, 0, UINT64_C(0xC3586CF9A476E5FD) },
};

START_TEST(same_bytes_on_every_build)
{
    const struct build *k = &builds[_i];
    float *x = panel_make(ROWS, 2), *w = malloc(ROWS * sizeof *w);
    for (size_t i = 0; i < ROWS; i++)
        w[i] = .5F + (float)(i % 7) / 4;
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    d.weight = k->weighted ? w : NULL;
    o.loss = k->loss;
    o.quantile = .8;
    o.bins = k->bins;
    struct boost_model *m = panel_model(&d, &o, 1 << 20);
    o.plain = 1;
    struct boost_model *plain = panel_model(&d, &o, 1 << 20);
    struct panel_bytes a = panel_save(m), b = panel_save(plain);
    ck_assert(panel_same(&a, &b));
    uint64_t hash = hash_bytes(HASH_START, a.data, a.len);
    ck_assert_msg(hash == k->hash, "case %d: 0x%016llX", _i, (unsigned long long)hash);
    free(a.data);
    free(b.data);
    boost_model_free(m);
    boost_model_free(plain);
    free(w);
    free(x);
}
END_TEST

static const enum boost_loss losses[] = { BOOST_SQUARED, BOOST_HUBER, BOOST_POISSON, BOOST_PINBALL };

static struct boost_options busy_options(enum boost_loss loss)
{
    struct boost_options o = panel_options();
    o.loss = loss;
    o.quantile = .3;
    o.trees = 25;
    o.row_ratio = .7;
    o.column_ratio = .8;
    o.holdout_ratio = .2;
    o.patience = 20;
    return o;
}

START_TEST(pauses_change_nothing)
{
    float *x = panel_make(ROWS, 3);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = busy_options(losses[_i]);
    struct boost_model *whole = panel_model(&d, &o, SIZE_MAX), *sliced = panel_model(&d, &o, 997);
    struct panel_bytes a = panel_save(whole), b = panel_save(sliced);
    ck_assert(panel_same(&a, &b));
    free(a.data);
    free(b.data);
    boost_model_free(whole);
    boost_model_free(sliced);
    free(x);
}
END_TEST

/* Steps, and now and then goes on from a checkpoint in a fresh object. */
static struct boost_model *train_with_breaks(const struct boost_data *d, const struct boost_options *o, size_t units, int every)
{
    struct gnm_why why = { 0 };
    struct boost *b = NULL;
    int r = boost_begin(d, o, NULL, NULL, &b, &why), breaks = 0;
    ck_assert_int_eq(r, 0);
    for (int i = 1; (r = boost_step(b, units, &why)) == BOOST_CONTINUE && i < 100000; i++) {
        if (i % every != 0 || breaks > 40)
            continue;
        void *data = NULL;
        size_t len;
        ck_assert_int_eq(boost_checkpoint(b, &data, &len, &why), 0);
        boost_free(b);
        ck_assert_int_eq(boost_begin(d, o, NULL, NULL, &b, &why), 0);
        ck_assert_msg(boost_restore(b, data, len, &why) == 0, "%s", why.text);
        free(data);
        every += 3;                            /* or a break before the first new tree would repeat for ever */
        breaks++;
    }
    ck_assert_msg(r == BOOST_FINISHED, "%s", why.text);
    ck_assert_int_gt(breaks, 3);
    struct boost_model *m = panel_finish(b);
    boost_free(b);
    return m;
}

START_TEST(checkpoints_change_nothing)
{
    float *x = panel_make(ROWS, 4);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = busy_options(losses[_i]);
    struct boost_model *whole = panel_model(&d, &o, SIZE_MAX), *broken = train_with_breaks(&d, &o, 40011, 7);
    struct panel_bytes a = panel_save(whole), b = panel_save(broken);
    ck_assert(panel_same(&a, &b));
    free(a.data);
    free(b.data);
    boost_model_free(whole);
    boost_model_free(broken);
    free(x);
}
END_TEST

static struct boost *begin_and_bin(const struct boost_data *d, const struct boost_options *o)
{
    struct gnm_why why = { 0 };
    struct boost *b;
    ck_assert_int_eq(boost_begin(d, o, NULL, NULL, &b, &why), 0);
    while (!boost_binned(b))
        ck_assert_int_eq(boost_step(b, 1, &why), BOOST_CONTINUE);
    return b;
}

/* With all rows and columns the sums of a root follow from the leaves of the tree before: exactly what counting comes to, and after a pause too. */
START_TEST(carried_sums_are_counted_sums)
{
    float *x = panel_make(ROWS, 14);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    struct boost *b;
    o.trees = 40;
    o.holdout_ratio = _i == 0 ? 0 : .2;
    struct boost_model *carried = panel_model(&d, &o, SIZE_MAX), *broken = train_with_breaks(&d, &o, 40011, 7);
    b = begin_and_bin(&d, &o);
    ck_assert_ptr_nonnull(b->carried);
    free(b->carried);
    b->carried = NULL;
    while (boost_step(b, SIZE_MAX, &why) == BOOST_CONTINUE)
        continue;
    struct boost_model *counted = panel_finish(b);
    struct panel_bytes one = panel_save(carried), two = panel_save(counted), three = panel_save(broken);
    ck_assert(panel_same(&one, &two));
    ck_assert(panel_same(&one, &three));
    free(one.data);
    free(two.data);
    free(three.data);
    boost_model_free(carried);
    boost_model_free(counted);
    boost_model_free(broken);
    boost_free(b);
    free(x);
}
END_TEST

/* Rows beyond the cache are copied block by block, and columns that part many of them lie side by side once more: the same trees, in small steps too. */
START_TEST(far_rows_make_the_same_trees)
{
    enum { MANY = 300000 };
    float *x = panel_make(MANY, 17);
    struct boost_data d = panel_data(x, MANY);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    o.trees = 8;
    o.row_ratio = _i == 0 ? 1 : .8;
    struct boost *b[2] = { begin_and_bin(&d, &o), begin_and_bin(&d, &o) };
    ck_assert(b[0]->block_bins != NULL && b[0]->own_room > 0);
    free(b[0]->block_bins);
    b[0]->block_bins = NULL;
    b[0]->own_room = 0;
    struct panel_bytes bytes[2];
    for (int i = 0; i < 2; i++) {
        while (boost_step(b[i], i == 0 ? SIZE_MAX : 100003, &why) == BOOST_CONTINUE)
            continue;
        struct boost_model *m = panel_finish(b[i]);
        bytes[i] = panel_save(m);
        boost_model_free(m);
    }
    ck_assert(b[0]->own_columns == 0 && b[1]->own_columns > 0);
    ck_assert(panel_same(&bytes[0], &bytes[1]));
    for (int i = 0; i < 2; i++) {
        boost_free(b[i]);
        free(bytes[i].data);
    }
    free(x);
}
END_TEST

START_TEST(checkpoint_knows_its_data)
{
    float *x = panel_make(ROWS, 5);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    struct boost *b = panel_train(&d, &o, 1 << 20), *other = NULL;
    void *data = NULL;
    size_t len;
    ck_assert_int_eq(boost_checkpoint(b, &data, &len, &why), 0);
    ck_assert_int_eq(boost_restore(b, data, len, &why), -EINVAL);              /* it has begun */
    boost_free(b);
    o.rate = .2;
    ck_assert_int_eq(boost_begin(&d, &o, NULL, NULL, &other, &why), 0);
    ck_assert_int_eq(boost_restore(other, data, len, &why), -ESTALE);
    boost_free(other);
    o.rate = .1;
    x[0] += 1;                                 /* one input has changed, no target */
    ck_assert_int_eq(boost_begin(&d, &o, NULL, NULL, &other, &why), 0);
    ck_assert_int_eq(boost_restore(other, data, len, &why), 0);
    int r;
    while ((r = boost_step(other, 1 << 20, &why)) == BOOST_CONTINUE)
        ;
    ck_assert_int_eq(r, -ESTALE);
    boost_free(other);
    x[PANEL_TARGET] += 1;
    ck_assert_int_eq(boost_begin(&d, &o, NULL, NULL, &other, &why), 0);
    ck_assert_int_eq(boost_restore(other, data, len, &why), -ESTALE);
    boost_free(other);
    free(data);
    free(x);
}
END_TEST

/* Each bit flipped, each length cut off: refused, and the training is as it was. */
START_TEST(no_damaged_checkpoint_is_taken)
{
    float *x = panel_make(200, 18);
    struct boost_data d = panel_data(x, 200);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    struct boost *b = NULL;
    void *data = NULL;
    size_t len;
    o.trees = 3;
    o.bins = 15;
    o.min_leaf = 10;
    struct boost *done = panel_train(&d, &o, 1 << 20);
    ck_assert_int_eq(boost_checkpoint(done, &data, &len, &why), 0);
    unsigned char *byte = data;
    ck_assert_int_eq(boost_begin(&d, &o, NULL, NULL, &b, &why), 0);
    for (size_t i = 0; i < 8 * len; i++) {
        byte[i / 8] ^= (unsigned char)(1 << i % 8);
        ck_assert_int_eq(boost_restore(b, data, len, &why), -EBADMSG);
        byte[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    for (size_t n = 0; n < len; n++) {
        unsigned char *cut = malloc(n + 1);
        memcpy(cut, data, n);
        ck_assert_int_eq(boost_restore(b, cut, n, &why), -EBADMSG);
        free(cut);
    }
    ck_assert_int_eq(boost_restore(b, data, len, &why), 0);
    while (boost_step(b, 1 << 20, &why) == BOOST_CONTINUE)
        continue;
    struct boost_model *m = panel_finish(b), *n = panel_finish(done);
    struct panel_bytes one = panel_save(m), two = panel_save(n);
    ck_assert(panel_same(&one, &two));
    free(one.data);
    free(two.data);
    boost_model_free(m);
    boost_model_free(n);
    boost_free(b);
    boost_free(done);
    free(data);
    free(x);
}
END_TEST

START_TEST(warm_start_goes_on)
{
    float *x = panel_make(2 * ROWS, 7);
    struct boost_data d = panel_data(x, ROWS), more = panel_data(x, 2 * ROWS);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    struct boost_model *first = panel_model(&d, &o, 1 << 20);
    struct boost *b = NULL;
    ck_assert_int_eq(boost_begin(&more, &o, NULL, first, &b, &why), 0);
    int r;
    while ((r = boost_step(b, 1 << 18, &why)) == BOOST_CONTINUE)
        ;
    ck_assert_int_eq(r, BOOST_FINISHED);
    struct boost_model *second = panel_finish(b);
    ck_assert_int_eq(boost_model_trees(first), o.trees);
    ck_assert_int_eq(boost_model_trees(second), 2 * o.trees);
    ck_assert_int_eq(boost_report(b).trees, o.trees);
    ck_assert_double_lt(panel_error(second, x, 2 * ROWS), panel_error(first, x, 2 * ROWS));
    boost_free(b);

    /* No new trees: the same answers as before. */
    o.trees = 0;
    ck_assert_int_eq(boost_begin(&more, &o, NULL, first, &b, &why), 0);
    while ((r = boost_step(b, 1 << 18, &why)) == BOOST_CONTINUE)
        ;
    struct boost_model *same = panel_finish(b);
    for (size_t i = 0; i < ROWS; i++)
        ck_assert_double_eq_tol(boost_predict(same, x + i * PANEL_STRIDE), boost_predict(first, x + i * PANEL_STRIDE), 1e-3);
    boost_free(b);
    boost_model_free(first);
    boost_model_free(second);
    boost_model_free(same);
    free(x);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { learns_each_kind_of_column, 1 }, { same_bytes_on_every_build, COUNT(builds) }, { pauses_change_nothing, COUNT(losses) },
        { checkpoints_change_nothing, COUNT(losses) }, { carried_sums_are_counted_sums, 2 }, { far_rows_make_the_same_trees, 2 },
        { checkpoint_knows_its_data, 1 }, { no_damaged_checkpoint_is_taken, 1 }, { warm_start_goes_on, 1 },
    };
    return base_suite_run("forecast_boost", tests, COUNT(tests));
}
