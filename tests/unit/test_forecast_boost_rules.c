/* What the options of boosted trees promise, and what bad input gets. */
#include <errno.h>
#include <float.h>

#include "base_suite.h"
#include "boost_panel.h"
#include "forecast/boost_state.h"

enum { ROWS = 3000 };

/* ---- losses ---- */

START_TEST(pinball_meets_its_quantile)
{
    static const double quantiles[] = { .05, .25, .5, .9 };
    float *x = panel_make(ROWS, 21);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    o.loss = BOOST_PINBALL;
    o.quantile = quantiles[_i];
    struct boost_model *m = panel_model(&d, &o, 1 << 20);
    int below = 0;
    for (size_t i = 0; i < ROWS; i++)
        below += (double)x[i * PANEL_STRIDE + PANEL_TARGET] <= boost_predict(m, x + i * PANEL_STRIDE);
    ck_assert_double_eq_tol((double)below / ROWS, o.quantile, .03);
    boost_model_free(m);
    free(x);
}
END_TEST

START_TEST(huber_ignores_outliers)
{
    float *x = panel_make(2 * ROWS, 22);
    for (size_t i = 0; i < ROWS; i += 50)
        x[i * PANEL_STRIDE + PANEL_TARGET] = 1e6F;
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    o.trees = 100;
    struct boost_model *square = panel_model(&d, &o, 1 << 20);
    o.loss = BOOST_HUBER;
    struct boost_model *huber = panel_model(&d, &o, 1 << 20);
    ck_assert_double_lt(panel_error(huber, x + ROWS * PANEL_STRIDE, ROWS), 1);
    ck_assert_double_gt(panel_error(square, x + ROWS * PANEL_STRIDE, ROWS), 1e6);
    boost_model_free(square);
    boost_model_free(huber);
    free(x);
}
END_TEST

/* One wild row at the end of a column that rises with time: whatever lies beyond it must not inherit its leaf. The mean stays that of the rows. */
START_TEST(an_outlier_gets_no_land)
{
    float *x = panel_make(ROWS + 1, 31);
    for (size_t i = 0; i <= ROWS; i++)
        x[i * PANEL_STRIDE + 8] = (float)i;
    x[(ROWS - 10) * PANEL_STRIDE + PANEL_TARGET] = 4000;
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    o.trees = 200;
    o.bins = _i == 0 ? 63 : 255;
    struct boost_model *m = panel_model(&d, &o, 1 << 20);
    double mean = 0, told = 0;
    for (size_t i = 0; i < ROWS; i++) {
        mean += (double)x[i * PANEL_STRIDE + PANEL_TARGET] / ROWS;
        told += boost_predict(m, x + i * PANEL_STRIDE) / ROWS;
    }
    ck_assert_double_eq_tol(told, mean, .1);
    float *last = x + ROWS * PANEL_STRIDE;
    last[8] = 2 * ROWS;
    ck_assert_double_eq_tol(boost_predict(m, last), (double)last[PANEL_TARGET], 12);
    boost_model_free(m);
    free(x);
}
END_TEST

/* Few frequent values, as a column has that is the same for all businesses of a day: bins stay as wide at the end as they began. */
START_TEST(frequent_values_are_spread_evenly)
{
    enum { DAYS = 667, A_DAY = 3 };
    float *x = panel_make(DAYS * A_DAY, 32);
    for (size_t i = 0; i < DAYS * A_DAY; i++)
        x[i * PANEL_STRIDE] = (float)(i / A_DAY);
    struct boost_data d = panel_data(x, DAYS * A_DAY);
    struct boost_options o = panel_options();
    struct boost *b = NULL;
    struct boost_cuts *cuts = NULL;
    struct gnm_why why = { 0 };
    o.bins = 15 + 30 * _i;
    ck_assert_int_eq(boost_begin(&d, &o, NULL, NULL, &b, &why), 0);
    while (!boost_binned(b))
        ck_assert_int_ge(boost_step(b, 1 << 20, &why), 0);
    ck_assert_int_eq(boost_cuts_take(b, &cuts, &why), 0);
    uint32_t n = cuts->first[1];
    double fair = (double)DAYS / o.bins, last = DAYS - 1 - (double)cuts->cut[n - 1];
    ck_assert_int_eq((int)n + 1, o.bins);
    for (uint32_t k = 0; k < n; k++)
        ck_assert_double_eq_tol((double)cuts->cut[k], (k + 1) * fair, fair / 2 + 1);
    ck_assert_double_eq_tol(last, fair, fair / 2 + 1);
    boost_cuts_free(cuts);
    boost_free(b);
    free(x);
}
END_TEST

START_TEST(poisson_learns_counts)
{
    float *x = panel_make(2 * ROWS, 23);
    struct random r;
    random_seed(&r, 1);
    for (size_t i = 0; i < 2 * ROWS; i++)
        x[i * PANEL_STRIDE + PANEL_TARGET] = (float)random_poisson(&r, exp(2 * (double)x[i * PANEL_STRIDE] - 1));
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    o.loss = BOOST_POISSON;
    o.leaves = 4;
    struct boost_model *m = panel_model(&d, &o, 1 << 20);
    double worst = 0;
    for (int decile = 1; decile < 9; decile++) {
        double said = 0, true_mean = 0;
        int n = 0;
        for (size_t i = ROWS; i < 2 * ROWS; i++) {
            const float *row = x + i * PANEL_STRIDE;
            if ((int)(row[0] * 10) != decile)
                continue;
            said += boost_predict(m, row);
            true_mean += exp(2 * (double)row[0] - 1);
            n++;
        }
        worst = fabs(said / true_mean - 1) > worst ? fabs(said / true_mean - 1) : worst;
        ck_assert_int_gt(n, 100);
    }
    ck_assert_double_lt(worst, .2);
    x[PANEL_TARGET] = -1;
    struct gnm_why why = { 0 };
    struct boost *b = NULL;
    ck_assert_int_eq(boost_begin(&d, &o, NULL, NULL, &b, &why), -EINVAL);
    boost_model_free(m);
    free(x);
}
END_TEST

/* ---- options ---- */

/* A weight of 3 is three rows: up to the rounding of whole weights the trees are the same. */
START_TEST(weights_count_rows)
{
    enum { N = 1200 };
    float *x = panel_make(N, 24), *twice = malloc((size_t)3 * N * PANEL_STRIDE * sizeof *twice), w[N];
    size_t n = 0;
    for (size_t i = 0; i < N; i++) {
        w[i] = i % 3 == 0 ? 3 : 1;
        for (int k = 0; k < (int)w[i]; k++)
            memcpy(twice + n++ * PANEL_STRIDE, x + i * PANEL_STRIDE, PANEL_STRIDE * sizeof *x);
    }
    struct boost_data d = panel_data(x, N), e = panel_data(twice, n);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    o.min_leaf = 1;
    o.leaves = 4;
    o.trees = 20;
    o.n_categorical = 0;
    d.weight = w;
    struct boost *all = panel_train(&e, &o, 1 << 20), *weighted = NULL;
    struct boost_cuts *cuts = NULL;            /* the same cuts: equal counts would fall elsewhere */
    ck_assert_int_eq(boost_cuts_take(all, &cuts, &why), 0);
    ck_assert_int_eq(boost_begin(&d, &o, cuts, NULL, &weighted, &why), 0);
    while (boost_step(weighted, 1 << 20, &why) == BOOST_CONTINUE)
        ;
    struct boost_model *a = panel_finish(all), *b = panel_finish(weighted);
    for (size_t i = 0; i < N; i++)
        ck_assert_double_eq_tol(boost_predict(a, x + i * PANEL_STRIDE), boost_predict(b, x + i * PANEL_STRIDE), 2e-3);
    boost_free(all);
    boost_free(weighted);
    boost_cuts_free(cuts);
    boost_model_free(a);
    boost_model_free(b);
    free(twice);
    free(x);
}
END_TEST

static const enum boost_loss losses[] = { BOOST_SQUARED, BOOST_HUBER, BOOST_POISSON, BOOST_PINBALL };

START_TEST(monotone_columns_are_monotone)
{
    signed char order[PANEL_COLUMNS] = { -1, 1, 0, 0, 0, 0, 0, 0, 1 };         /* the first against what the data say */
    float *x = panel_make(ROWS, 25);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    o.monotone = order;
    o.loss = losses[_i];
    struct boost_model *m = panel_model(&d, &o, 1 << 20);
    for (size_t i = 0; i < 200; i++) {
        float row[PANEL_COLUMNS];
        for (int c = 0; c < PANEL_COLUMNS; c++) {
            memcpy(row, x + i * PANEL_STRIDE, sizeof row);
            double before = NAN;
            for (int k = -10; k <= 30 && order[c] != 0; k++) {
                row[c] = (float)k * (c == 1 ? .5F : c == 0 ? .05F : .2F);
                double now = boost_predict(m, row);
                ck_assert(isnan(before) || (now - before) * order[c] >= 0);
                before = now;
            }
        }
    }
    boost_model_free(m);
    free(x);
}
END_TEST

START_TEST(early_stopping_keeps_the_best)
{
    float *x = panel_make(ROWS, 26);
    struct random r;
    random_seed(&r, 3);
    for (size_t i = 0; i < ROWS; i++)
        x[i * PANEL_STRIDE + PANEL_TARGET] += (float)(3 * random_normal(&r));
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    o.trees = 400;
    o.holdout_ratio = .2;
    o.patience = 15;
    struct boost *b = panel_train(&d, &o, 1 << 20);
    struct boost_report report = boost_report(b);
    ck_assert_uint_eq(report.rows, ROWS - ROWS / 5);
    ck_assert_uint_eq(report.holdout_rows, ROWS / 5);
    ck_assert_int_eq(report.trees, report.best_trees + 15);
    ck_assert_int_lt(report.trees, 400);
    struct boost_model *m = panel_finish(b);
    ck_assert_int_eq(boost_model_trees(m), report.best_trees);
    ck_assert_double_eq_tol(panel_error(m, x + (ROWS - ROWS / 5) * PANEL_STRIDE, ROWS / 5), report.holdout_loss, 1e-3 * report.holdout_loss);
    ck_assert_double_eq(boost_facts(m)->holdout_loss, report.holdout_loss);
    boost_free(b);

    /* Pruning by the hold-out does not make it worse, and leaves less. */
    o.prune = 1;
    struct boost_model *p = panel_model(&d, &o, 1 << 20);
    ck_assert_int_lt(boost_model_leaves(p), boost_model_leaves(m));
    ck_assert_double_le(panel_error(p, x + (ROWS - ROWS / 5) * PANEL_STRIDE, ROWS / 5), report.holdout_loss);
    boost_model_free(m);
    boost_model_free(p);
    free(x);
}
END_TEST

START_TEST(limits_hold)
{
    float *x = panel_make(ROWS, 27);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    o.leaves = 255;
    o.depth = 3;
    o.trees = 5;
    struct boost_model *m = panel_model(&d, &o, 1 << 20);
    ck_assert_int_le(boost_model_leaves(m), 5 * 8);
    ck_assert_int_gt(boost_model_leaves(m), 5 * 4);
    boost_model_free(m);
    o.depth = 0;
    o.min_leaf = ROWS / 4;
    m = panel_model(&d, &o, 1 << 20);
    ck_assert_int_le(boost_model_leaves(m), 5 * 4);
    boost_model_free(m);
    o.min_leaf = 20;
    o.min_gain = 1e9;
    m = panel_model(&d, &o, 1 << 20);
    ck_assert_int_eq(boost_model_trees(m), 0);
    double mean = boost_predict(m, x);
    boost_model_free(m);
    o.min_gain = 0;
    o.l2 = 1e7;                                /* rows: a leaf of some hundred says next to nothing */
    m = panel_model(&d, &o, 1 << 20);
    ck_assert_int_gt(boost_model_leaves(m), 5 * 4);
    for (size_t i = 0; i < ROWS; i++)
        ck_assert_double_eq_tol(boost_predict(m, x + i * PANEL_STRIDE), mean, 1e-3);
    boost_model_free(m);
    free(x);
}
END_TEST

/* What a missing value is worth in one split: that of the high side, of the low side, or one of its own. */
START_TEST(missing_values_go_either_way)
{
    static const float worth[] = { 1, 0, 6 };
    float x[400][2];
    struct boost_data d = { .x = x[0], .rows = 400, .columns = 1, .stride = 2, .target = x[0] + 1, .target_stride = 2 };
    struct boost_options o = boost_defaults();
    o.trees = 1;
    o.rate = 1;
    o.leaves = _i == 2 ? 3 : 2;
    for (int i = 0; i < 400; i++) {
        x[i][0] = i % 4 == 0 ? NAN : (float)(i / 20);
        x[i][1] = i % 4 == 0 ? worth[_i] : i < 200 ? 0 : 1;
    }
    struct boost_model *m = panel_model(&d, &o, 1 << 20);
    const float ask[] = { NAN, 3, 15, -INFINITY };
    const double answer[] = { (double)worth[_i], 0, 1, (double)worth[_i] };
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(boost_predict(m, &ask[i]), answer[i], 1e-4);
    boost_model_free(m);
}
END_TEST

/* An id that says nothing, given as a category of 200 levels: at most 32 of them stand on the small side of a split, and not much is learned by heart. */
START_TEST(random_categories_are_guarded)
{
    static const int category[] = { PANEL_CATEGORY, 5 };
    float *x = panel_make(2 * ROWS, 35);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    struct random r;
    double error[2];
    random_seed(&r, 7);
    o.trees = 60;
    o.categorical = category;
    o.n_categorical = 2;
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < 2 * ROWS; i++)  /* the constant column first, then an id */
            x[i * PANEL_STRIDE + 5] = k == 0 ? 7 : (float)random_below(&r, 200);
        struct boost *b = panel_train(&d, &o, 1 << 20);
        struct boost_model *m = panel_finish(b);
        error[k] = panel_error(m, x + ROWS * PANEL_STRIDE, ROWS);
        for (size_t i = 0; i < b->forest->nodes; i++) {
            const struct boost_node *n = &b->forest->node[i];
            int left = 0;
            for (unsigned bin = 1; n->column == 5 && bin <= 200; bin++)
                left += boost_set_has(&b->forest->set[boost_node_set(n)], bin);
            ck_assert_int_le(left < 200 - left ? left : 200 - left, 32);
        }
        boost_model_free(m);
        boost_free(b);
    }
    ck_assert_double_lt(error[1], 1.5 * error[0]);
    free(x);
}
END_TEST

START_TEST(samples_follow_the_seed)
{
    float *x = panel_make(ROWS, 36);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    struct panel_bytes byte[3];
    o.trees = 10;
    o.row_ratio = _i == 0 ? .5 : 1;
    o.column_ratio = _i == 0 ? 1 : .4;
    for (int k = 0; k < 3; k++) {
        o.seed = k < 2 ? 11 : 12;
        struct boost_model *m = panel_model(&d, &o, 1 << 20);
        byte[k] = panel_save(m);
        boost_model_free(m);
    }
    ck_assert(panel_same(&byte[0], &byte[1]) && !panel_same(&byte[0], &byte[2]));
    for (int k = 0; k < 3; k++)
        free(byte[k].data);
    free(x);
}
END_TEST

/* ---- bad input ---- */

START_TEST(constant_target_gives_the_constant)
{
    float *x = panel_make(100, 28);
    for (size_t i = 0; i < 100; i++)
        x[i * PANEL_STRIDE + PANEL_TARGET] = 42;
    struct boost_data d = panel_data(x, 100);
    struct boost_options o = panel_options();
    o.loss = losses[_i];
    struct boost_model *m = panel_model(&d, &o, 1 << 20);
    ck_assert_double_eq_tol(boost_predict(m, x), 42, 1e-4);
    boost_model_free(m);
    free(x);
}
END_TEST

START_TEST(few_rows_give_a_sane_model)
{
    float *x = panel_make(60, 29);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    struct boost *b = NULL;
    for (size_t rows = 1; rows <= 60; rows++) {
        struct boost_data d = panel_data(x, rows);
        o.loss = losses[rows % 4];
        o.holdout_ratio = rows % 3 == 0 ? .3 : 0;
        struct boost_model *m = panel_model(&d, &o, 1 << 20);
        double y = boost_predict(m, x);
        ck_assert(y > 5 && y < 20);
        boost_model_free(m);
    }
    struct boost_data none = panel_data(x, 0);
    ck_assert_int_eq(boost_begin(&none, &o, NULL, NULL, &b, &why), -ENODATA);
    for (size_t i = 0; i < 60; i++)
        x[i * PANEL_STRIDE + PANEL_TARGET] = i % 2 ? NAN : INFINITY;
    struct boost_data unknown = panel_data(x, 60);
    ck_assert_int_eq(boost_begin(&unknown, &o, NULL, NULL, &b, &why), -ENODATA);
    free(x);
}
END_TEST

/* Rows without a target or a weight might as well not be there. */
START_TEST(unusable_rows_take_no_part)
{
    float *x = panel_make(ROWS, 30), *kept = malloc(ROWS * PANEL_STRIDE * sizeof *kept), *w = malloc(ROWS * sizeof *w), *w_kept = malloc(ROWS * sizeof *w);
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        w[i] = i % 5 == 0 ? 0 : 1 + (float)(i % 2);
        if (i % 7 == 0)
            x[i * PANEL_STRIDE + PANEL_TARGET] = NAN;
        if (i % 11 == 0)
            w[i] = NAN;
        if (i % 5 == 0 || i % 7 == 0 || i % 11 == 0)
            continue;
        w_kept[n] = w[i];
        memcpy(kept + n++ * PANEL_STRIDE, x + i * PANEL_STRIDE, PANEL_STRIDE * sizeof *x);
    }
    struct boost_data d = panel_data(x, ROWS), e = panel_data(kept, n);
    d.weight = w;
    e.weight = w_kept;
    struct boost_options o = panel_options();
    struct boost_model *a = panel_model(&d, &o, 1 << 20), *b = panel_model(&e, &o, 1 << 20);
    struct panel_bytes p = panel_save(a), q = panel_save(b);
    ck_assert(panel_same(&p, &q));
    free(p.data);
    free(q.data);
    boost_model_free(a);
    boost_model_free(b);
    free(x);
    free(kept);
    free(w);
    free(w_kept);
}
END_TEST

START_TEST(huge_values_do_no_harm)
{
    float *x = panel_make(ROWS, 31);
    struct gnm_why why = { 0 };
    struct boost *b = NULL;
    for (size_t i = 0; i < ROWS; i++) {
        float *row = x + i * PANEL_STRIDE;
        row[0] = i % 3 == 0 ? FLT_MAX : i % 3 == 1 ? -FLT_MAX : row[0];
        row[1] = i % 4 == 0 ? INFINITY : i % 4 == 1 ? -INFINITY : row[1];
        row[8] = i % 2 == 0 ? FLT_MIN / 4 : -0.0F;
        row[PANEL_TARGET] *= i % 100 == 0 ? 1e25F : 1;
    }
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    for (size_t l = 0; l < 4; l++) {
        o.loss = losses[l];
        struct boost_model *m = panel_model(&d, &o, 1 << 20), *again = NULL;
        struct panel_bytes a = panel_save(m);
        ck_assert_msg(boost_model_load(a.data, a.len, &again, &why) == 0, "loss %zu: %s", l, why.text);
        for (size_t i = 0; i < ROWS; i += 17)
            ck_assert(isfinite(boost_predict(again, x + i * PANEL_STRIDE)));
        boost_model_free(m);
        boost_model_free(again);
        free(a.data);
    }
    x[PANEL_TARGET] = 1e31F;
    ck_assert_int_eq(boost_begin(&d, &o, NULL, NULL, &b, &why), -EINVAL);
    ck_assert_ptr_nonnull(strstr(why.text, "row 0"));
    free(x);
}
END_TEST

static int step_result(const struct boost_data *d, const struct boost_options *o, struct gnm_why *why)
{
    struct boost *b = NULL;
    int r = boost_begin(d, o, NULL, NULL, &b, why);
    while (r == 0 && (r = boost_step(b, 1 << 20, why)) == BOOST_CONTINUE)
        r = 0;
    boost_free(b);
    return r;
}

START_TEST(broken_categories_are_named)
{
    static const float broken[] = { 256, 300, 1e30F, 1.5F };
    float *x = panel_make(ROWS, 32);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    for (size_t k = 0; k < sizeof broken / sizeof broken[0]; k++) {
        x[17 * PANEL_STRIDE + PANEL_CATEGORY] = broken[k];
        ck_assert_int_eq(step_result(&d, &o, &why), -EINVAL);
        ck_assert_ptr_nonnull(strstr(why.text, "row 17"));
    }
    x[17 * PANEL_STRIDE + PANEL_CATEGORY] = -1;
    ck_assert_int_eq(step_result(&d, &o, &why), BOOST_FINISHED);
    for (size_t i = 0; i < ROWS; i++)          /* all 256 levels, and missing ones */
        x[i * PANEL_STRIDE + PANEL_CATEGORY] = (float)(i % 257) - 1;
    ck_assert_int_eq(step_result(&d, &o, &why), BOOST_FINISHED);
    free(x);
}
END_TEST

START_TEST(options_are_checked)
{
    static const int outside = 9, twice = 0;
    static const signed char order[PANEL_COLUMNS] = { 1 }, wrong[PANEL_COLUMNS] = { 2 };
    struct boost_options good = panel_options(), o[24];
    struct gnm_why why = { 0 };
    int n = 0;
    for (size_t i = 0; i < sizeof o / sizeof o[0]; i++)
        o[i] = good;
    o[n++].loss = (enum boost_loss)4;
    o[n++].trees = -1;
    o[n++].trees = BOOST_TREES_MAX + 1;
    o[n++].leaves = 1;
    o[n++].leaves = 256;
    o[n++].depth = -1;
    o[n++].rate = 0;
    o[n++].rate = NAN;
    o[n++].bins = 14;
    o[n++].bins = 256;
    o[n++].min_leaf = 0;
    o[n++].l2 = -1;
    o[n++].min_gain = NAN;
    o[n++].column_ratio = 0;
    o[n++].row_ratio = 1.1;
    o[n++].holdout_ratio = 1;
    o[n++].patience = 5;
    o[n++].huber = -1;
    o[n++].categorical = NULL;
    o[n++].categorical = &outside;
    o[n++].monotone = wrong;
    o[n].categorical = &twice;
    o[n++].monotone = order;
    o[n].loss = BOOST_PINBALL;
    o[n++].quantile = 0;
    ck_assert_int_eq(boost_check(&good, PANEL_COLUMNS, &why), 0);
    ck_assert_int_eq(boost_check(&good, 0, &why), -EINVAL);
    ck_assert_int_eq(boost_check(&good, BOOST_COLUMNS_MAX + 1, &why), -EINVAL);
    for (int i = 0; i < n; i++) {
        why.text[0] = '\0';
        ck_assert_msg(boost_check(&o[i], PANEL_COLUMNS, &why) == -EINVAL && why.text[0] != '\0', "option set %d", i);
    }
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { pinball_meets_its_quantile, 4 }, { huber_ignores_outliers, 1 }, { an_outlier_gets_no_land, 2 }, { frequent_values_are_spread_evenly, 9 }, { poisson_learns_counts, 1 }, { weights_count_rows, 1 },
        { monotone_columns_are_monotone, COUNT(losses) }, { early_stopping_keeps_the_best, 1 }, { limits_hold, 1 },
        { missing_values_go_either_way, 3 }, { random_categories_are_guarded, 1 }, { samples_follow_the_seed, 2 },
        { constant_target_gives_the_constant, COUNT(losses) }, { few_rows_give_a_sane_model, 1 }, { unusable_rows_take_no_part, 1 },
        { huge_values_do_no_harm, 1 }, { broken_categories_are_named, 1 }, { options_are_checked, 1 },
    };
    return base_suite_run("forecast_boost_rules", tests, COUNT(tests));
}
