/* Steps keep their budget, on few rows and on five million; leaves of many rows are split over steps. */
#include "boost_panel.h"
#include "forecast/boost_state.h"

enum { LOSSES = 4 };
static const enum boost_loss losses[LOSSES] = { BOOST_SQUARED, BOOST_HUBER, BOOST_POISSON, BOOST_PINBALL };

/* The most that one step did, while the matrix is read and after. A step of `units` may do twice as much; the cuts of a column
 * are one piece, and so are the residuals of a leaf that a quantile is taken of at once. */
enum { GROWING_PIECE = BOOST_RENEW_ROWS * 8 };

static void check_steps(size_t rows, enum boost_loss loss, int trees, int sampled, size_t units)
{
    float *x = panel_make(rows, 6);
    struct boost_data d = panel_data(x, rows);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    struct boost *b = NULL;
    o.trees = trees;
    o.loss = loss;
    o.quantile = .9;
    o.row_ratio = o.column_ratio = sampled ? .7 : 1;
    o.holdout_ratio = sampled ? .1 : 0;
    o.prune = sampled;
    ck_assert_int_eq(boost_begin(&d, &o, NULL, NULL, &b, &why), 0);
    uint64_t before = 0, reading = 0, growing = 0;
    for (int r = BOOST_CONTINUE; r == BOOST_CONTINUE; ) {
        int binned = boost_binned(b);
        r = boost_step(b, units, &why);
        ck_assert_msg(r >= 0, "%s", why.text);
        uint64_t now = b->units, *most = binned ? &growing : &reading;
        *most = now - before > *most ? now - before : *most;
        before = now;
    }
    ck_assert_int_eq(boost_report(b).trees, trees);
    ck_assert_uint_le(reading, 2 * units > BOOST_PIECE ? 2 * units : BOOST_PIECE);
    ck_assert_uint_le(growing, 2 * units > GROWING_PIECE ? 2 * units : GROWING_PIECE);
    boost_free(b);
    free(x);
}

START_TEST(steps_keep_their_budget)
{
    check_steps(60000, losses[_i / 2], 6, _i % 2, BOOST_PIECE / 2);
    check_steps(60000, losses[_i / 2], 2, _i % 2, 100000);
}
END_TEST

/* Half a gigabyte, so at night. */
START_TEST(five_million_rows_keep_the_budget)
{
    check_steps(5000000, losses[_i / 2], 2, _i % 2, 1 << 19);
}
END_TEST

/* Leaves of more rows than are gathered at once: steps stay as small, pausing changes nothing, and the quantile is met as exactly. */
START_TEST(large_leaves_are_split_over_steps)
{
    enum { MANY = 300000 };
    float *x = panel_make(MANY, 16), *w = malloc(MANY * sizeof *w);
    struct boost_data d = panel_data(x, MANY);
    struct boost_options o = panel_options();
    struct gnm_why why = { 0 };
    struct boost *b = NULL;
    const size_t units = 1 << 19;
    uint64_t before = 0, most = 0;
    for (size_t i = 0; i < MANY; i++)
        w[i] = 1 + (float)(i % 3);
    d.weight = _i == 0 ? NULL : w;
    o.trees = 4;
    o.rate = 1;
    o.leaves = 3;
    o.loss = BOOST_PINBALL;
    o.quantile = .9;
    struct boost_model *whole = panel_model(&d, &o, SIZE_MAX / 4);
    ck_assert_int_eq(boost_begin(&d, &o, NULL, NULL, &b, &why), 0);
    for (int r = BOOST_CONTINUE; r == BOOST_CONTINUE; before = boost_report(b).units) {
        int binned = boost_binned(b);
        r = boost_step(b, units, &why);
        uint64_t did = boost_report(b).units - before;
        most = binned && did > most ? did : most;
    }
    ck_assert_uint_gt(most, 0);
    ck_assert_uint_le(most, 2 * units);
    struct boost_model *pieces = NULL;
    ck_assert_int_eq(boost_finish(b, &pieces, &why), 0);
    struct panel_bytes one = panel_save(whole), other = panel_save(pieces);
    ck_assert(panel_same(&one, &other));
    double below = 0, all = 0;
    for (size_t i = 0; i < MANY; i++) {
        double weight = d.weight == NULL ? 1 : (double)w[i];
        all += weight;
        below += (double)x[i * PANEL_STRIDE + PANEL_TARGET] <= boost_predict(pieces, x + i * PANEL_STRIDE) + 1e-4 ? weight : 0;
    }
    ck_assert_double_eq_tol(below / all, .9, .002);
    free(one.data);
    free(other.data);
    boost_model_free(whole);
    boost_model_free(pieces);
    boost_free(b);
    free(w);
    free(x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forecast_boost_steps");
    TCase *steps = tcase_create("steps"), *nightly = tcase_create("nightly");
    tcase_set_timeout(steps, 60);
    tcase_set_timeout(nightly, 1800);
    tcase_add_loop_test(steps, steps_keep_their_budget, 0, 2 * LOSSES);
    tcase_add_loop_test(steps, large_leaves_are_split_over_steps, 0, 2);
    suite_add_tcase(suite, steps);
    if (getenv("GNOMON_NIGHTLY") != NULL) {
        tcase_add_loop_test(nightly, five_million_rows_keep_the_budget, 0, 2 * LOSSES);
        suite_add_tcase(suite, nightly);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
