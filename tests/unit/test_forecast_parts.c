#include "forecast_town.h"

#include <errno.h>

#include "forecast/bands.h"
#include "forecast/members.h"
#include "forecast/naive.h"
#include "forecast/ridge.h"
#include "forecast/score.h"
#include "forecast/theta.h"

/* The example worked by hand: a = 10, 20, 30; f = 12, 18, 33; training 5, 7, .. 21. */
START_TEST(scores_by_hand)
{
    const double y[] = { 5, 7, 9, 11, 13, 15, 17, 19, 21 }, level[] = { .1 };
    struct score_history history = score_history(y, 9, 7);
    ck_assert_double_eq(history.seasonal, 14);
    ck_assert_double_eq(history.step_square, 4);
    struct score_row row[] = { { 10, 12, 12, { 12 } }, { 20, 18, 18, { 18 } }, { 30, 33, 33, { 33 } } };
    struct score score = { 0 };
    score_add(&score, row, 3, &history, 1, level);
    struct score_figures f = score_figures(&score);
    ck_assert_double_eq_tol(f.wape, 7 / 60.0, 1e-12);
    ck_assert_double_eq_tol(f.bias, .05, 1e-12);
    ck_assert_double_eq_tol(f.mase, .1666666667, 1e-9);
    ck_assert_double_eq_tol(f.rmsse, 1.190238, 1e-6);
    ck_assert_double_eq_tol(f.pinball, 1.566667, 1e-6);
    ck_assert(isnan(f.coverage[1]));          /* no such levels */
}
END_TEST

START_TEST(median_and_mean_are_scored_apart)
{
    const double level[] = { .025, .1, .25, .5, .75, .9, .975 };
    struct score_row row = { 10, 8, 11, { 1, 4, 7, 8, 9, 12, 20 } };
    struct score_history none = score_history((const double[]){ 3, 3, 3 }, 3, 1);
    struct score score = { 0 };
    score_add(&score, &row, 1, &none, 7, level);
    score_add(&score, NULL, 0, &none, 7, level);             /* nothing observed counts for nothing */
    struct score_figures f = score_figures(&score);
    ck_assert_double_eq(f.wape, .2);
    ck_assert_double_eq(f.bias, .1);
    ck_assert_double_eq(f.coverage[0], 0);
    ck_assert_double_eq(f.coverage[1], 1);
    ck_assert_double_eq(f.coverage[2], 1);
    ck_assert_int_eq(f.n_series, 1);
    ck_assert_int_eq(f.n_without_scale, 1);
    ck_assert(isnan(f.mase) && isnan(f.rmsse));
}
END_TEST

START_TEST(naive_repeats_the_season)
{
    const struct cadence *c = cadence_of(GNM_DAY);
    double y[70], f[16];
    for (int i = 0; i < 70; i++)
        y[i] = i;
    naive_forecast(c, y, 70, 16, f);
    for (int h = 1; h <= 16; h++)
        ck_assert_double_eq(f[h - 1], 63 + (h - 1) % 7);
    y[63] = y[56] = NAN;                      /* eight seasons back where it is missing */
    naive_forecast(c, y, 70, 16, f);
    ck_assert_double_eq(f[0], 49);
    ck_assert_double_eq(f[7], 49);
    double few[] = { NAN, 4, 6 };
    naive_forecast(c, few, 3, 3, f);
    ck_assert_double_eq(f[0], 5);             /* neither season: recent mean */
    naive_forecast(cadence_of(GNM_WEEK), few, 3, 3, f);
    ck_assert_double_eq(f[0], 6);             /* weeks without a year: the last value */
    naive_forecast(c, (const double[]){ NAN }, 1, 1, f);
    ck_assert(isnan(f[0]));
}
END_TEST

START_TEST(yearago_grows)
{
    const struct cadence *c = cadence_of(GNM_WEEK);
    double y[120], f[8];
    for (int i = 0; i < 120; i++)
        y[i] = (100 + i % 52) * (i >= 60 ? 1.1 : 1);         /* the second year is a tenth higher */
    yearago_forecast(c, y, 120, 8, f);
    for (int h = 1; h <= 8; h++)
        ck_assert_double_eq_tol(f[h - 1], (100 + (119 + h) % 52) * 1.1 * (68 - 1 + h >= 60 ? y[119] / y[67] : 1), 1e-9);
    yearago_forecast(c, y, 30, 1, f);
    ck_assert_double_eq(f[0], y[29]);
}
END_TEST

START_TEST(theta_on_a_straight_line)
{
    double y[364], f[28];
    for (int i = 0; i < 364; i++)
        y[i] = 100 + i;
    ck_assert_int_eq(theta_forecast(cadence_of(GNM_DAY), y, 364, 28, f), 0);
    /* Half the trend goes on and the smoothing lag is half made up. The trend tilts the weekday index by 3 in 281 at most, hence the margin. */
    for (int h = 1; h <= 28; h++) {
        ck_assert_double_gt(f[h - 1], 463 * (1 - 3 / 281.0) - 5);
        ck_assert_double_lt(f[h - 1], (463 + h) * (1 + 3 / 281.0));
    }
    ck_assert_double_eq_tol((f[27] - f[6]) / 21, .5, .05);
    for (int i = 0; i < 364; i++)
        y[i] = i % 7 == 6 ? 0 : 50;           /* a phase that is always zero stays zero */
    ck_assert_int_eq(theta_forecast(cadence_of(GNM_DAY), y, 364, 7, f), 0);
    ck_assert_double_eq(f[6], 0);
    ck_assert_double_eq_tol(f[0], 50, 1e-9);
    ck_assert_int_eq(theta_forecast(cadence_of(GNM_DAY), y, 13, 7, f), -ENODATA);
    ck_assert_int_eq(theta_forecast(cadence_of(GNM_WEEK), y, 103, 7, f), -ENODATA);
}
END_TEST

START_TEST(short_weeks_take_the_year_ago)
{
    struct town town = { .seed = 1, .series = 1, .days = 90, .origin = 80, .noise = .01, .fair = 1, .weekly = 1 };
    struct panel *panel = town_panel(&town);
    int origin = panel_period(panel, TOWN_FIRST + 80 * 7);
    double theta[4], ago[4];
    ck_assert_int_eq(member_forecast(NULL, panel, 0, origin, MEMBER_THETA, 4, theta), 0);
    ck_assert_int_eq(member_forecast(NULL, panel, 0, origin, MEMBER_YEARAGO, 4, ago), 0);
    for (int h = 0; h < 4; h++)
        ck_assert_double_eq(theta[h], ago[h]);
    panel_free(panel);
}
END_TEST

enum { ROWS = 4000, COLUMNS = 6, ORDER = COLUMNS + 3 };

START_TEST(ridge_recovers_known_coefficients)
{
    static float x[ROWS * COLUMNS];
    static struct matrix_row row[ROWS];
    static unsigned char block[ROWS];
    static double gram[ORDER * ORDER], work[RIDGE_BLOCK * ORDER], solve[128];
    const double want[COLUMNS + 1] = { .4, 1, -.5, .25, 0, 2, -.1 };
    struct ridge_column column[COLUMNS];
    struct random r;
    random_seed(&r, 11);
    for (int j = 0; j < COLUMNS; j++)
        column[j] = (struct ridge_column){ -6, 6, 0, 1 };
    for (int i = 0; i < ROWS; i++) {
        double z = want[0] + .3 * random_normal(&r);
        for (int j = 0; j < COLUMNS; j++) {
            x[i * COLUMNS + j] = (float)random_normal(&r);
            z += want[j + 1] * x[i * COLUMNS + j];
        }
        row[i] = (struct matrix_row){ .z = (float)z, .weight = i % 2 ? 1 : .5f, .offset = (float)random_normal(&r) };
        row[i].z += .8f * row[i].offset;
    }
    struct matrix matrix = { COLUMNS, ROWS, ROWS, x, row };
    struct ridge_target target = { .8f, 0, 100 };
    double beta[COLUMNS + 1], delta[COLUMNS + 1];
    ridge_gram(&matrix, column, &target, block, 0, gram, work);
    ck_assert_double_eq_tol(ridge_weight(gram), .75 * ROWS, 1e-6);
    ck_assert_int_eq(ridge_solve(gram, COLUMNS, 1e-6, .8, solve, beta), 0);
    for (int j = 0; j <= COLUMNS; j++)
        ck_assert_double_eq_tol(beta[j], want[j], .02);      /* four standard errors of .3 / sqrt(4000) */
    ck_assert_int_eq(ridge_deviate(gram, COLUMNS, .1, .8, beta, solve, delta), 0);
    for (int j = 0; j <= COLUMNS; j++)
        ck_assert_double_eq_tol(delta[j], 0, 1e-4);          /* the pool is the series */
    ck_assert_int_eq(ridge_solve(gram, COLUMNS, 1, .8, solve, beta), 0);
    ck_assert_double_eq_tol(beta[5], 1, .05);                /* lambda relative to the weight: one unit of variance halves it */
}
END_TEST

START_TEST(ridge_clamps_what_it_never_saw)
{
    struct ridge_column c = { -1, 2, .5f, 4 }, dropped = { 0, 0, 0, 0 };
    ck_assert_float_eq(ridge_standard(&c, 100), 6);
    ck_assert_float_eq(ridge_standard(&c, -100), -6);
    ck_assert_float_eq(ridge_standard(&dropped, 3), 0);
}
END_TEST

enum { SERIES = 20, ORIGINS = 12, H = 14 };

static void make_errors(struct random *r, float *error)
{
    for (int s = 0; s < SERIES; s++)
        for (int i = 0; i < ORIGINS * H; i++)
            error[s * ORIGINS * H + i] = (float)((.05 + .01 * s) * (random_exponential(r) - 1));    /* skewed, each series its own size */
}

START_TEST(bands_cover_what_they_say)
{
    static float error[SERIES * ORIGINS * H];
    float spread[SERIES];
    struct random r;
    random_seed(&r, 5);
    make_errors(&r, error);
    struct bands_errors errors = { error, SERIES, ORIGINS, H, -1, 1, 8, 20, 6, NULL };
    for (int gaussian = 0; gaussian < 2; gaussian++) {
        struct bands bands;
        int inside = 0, below = 0, n = 4000;
        ck_assert_int_eq(bands_fit(&errors, GNM_DAY, gaussian, GNM_LEVELS, gnm_levels, &bands, spread), 0);
        for (int i = 0; i < n; i++) {
            int s = i % SERIES;
            double q[GNM_LEVELS], root = 1 + (.05 + .01 * s) * (random_exponential(&r) - 1), y = 50 * root * root;
            bands_apply(&bands, spread[s], 50, 50, i % H + 1, 1, q);
            inside += q[1] <= y && y <= q[5];
            below += y < q[1];
        }
        ck_assert_double_eq_tol(inside / (double)n, gaussian ? .88 : .80, .03);
        ck_assert_double_eq_tol(below / (double)n, gaussian ? 0 : .10, .03);   /* a normal band misses the skew */
    }
}
END_TEST

static void read_cell(const void *of, size_t s, int o, int h, struct bands_cell *ret)
{
    (void)of;
    *ret = (struct bands_cell){ .root = 1, .apart = (double)(s + (size_t)o) / 100, .phase = h % 7, .h = h };
}

/* Saturdays miss by three times as much, the rest is noise; what nothing foretells stays even, and the band follows the weekday. */
START_TEST(bands_learn_which_days_are_hard)
{
    static float error[SERIES * ORIGINS * H];
    float spread[SERIES];
    struct bands bands = { 0 };
    struct bands_cell hard = { 1, .1, 5, 7, 0 }, easy = { 1, .1, 1, 7, 0 }, far = { 1, .3, 1, 7, 0 };
    struct random r;
    random_seed(&r, 9);
    for (int i = 0; i < SERIES * ORIGINS * H; i++)
        error[i] = (float)(.1 * ((i % H + 1) % 7 == 5 ? 3 : 1) * random_normal(&r));
    struct bands_errors errors = { error, SERIES, ORIGINS, H, -1, 2, 8, 10, 8, NULL };
    struct bands_cells cells = { read_cell, NULL };
    bands_spreads(&errors, 0, &bands, spread);
    bands_tilt_fit(&errors, &cells, spread, &bands);
    ck_assert_double_eq_tol(bands_tilt(&bands, spread[0], &hard) / bands_tilt(&bands, spread[0], &easy), 2.7, .4);      /* 3, drawn to 1 */
    ck_assert_double_eq_tol(bands_tilt(&bands, spread[0], &far) / bands_tilt(&bands, spread[0], &easy), 1, .1);
    for (int i = 0; i < SERIES * ORIGINS * H; i++)
        error[i] = NAN;
    bands_tilt_fit(&errors, &cells, spread, &bands);
    ck_assert_double_eq(bands_tilt(&bands, spread[0], &hard), 1);
}
END_TEST

/* Origin 0 is the newest: errors that shrank as the history grew are forgotten soon, steady ones are kept. */
START_TEST(errors_that_age_are_forgotten)
{
    static float error[SERIES * ORIGINS * H];
    struct random r;
    double half;
    random_seed(&r, 7);
    struct bands_errors errors = { error, SERIES, ORIGINS, H, -1, 2, 8, 10, 8, NULL };
    for (int aging = 0; aging < 2; aging++) {
        for (int i = 0; i < SERIES * ORIGINS * H; i++)
            error[i] = (float)(.1 * (aging ? exp2(i / H % ORIGINS / 3.0) : 1) * random_normal(&r));
        ck_assert_int_eq(bands_half_life(&errors, &half), 0);
        if (aging)
            ck_assert_double_le(half, 2);
        else
            ck_assert_double_eq(half, 8);
    }
}
END_TEST

START_TEST(bands_are_ordered_and_hold_the_point)
{
    static float error[SERIES * ORIGINS * H];
    float spread[SERIES];
    struct random r;
    random_seed(&r, 6);
    make_errors(&r, error);
    for (int few = 0; few < 3; few++) {
        struct bands bands;
        struct bands_errors errors = { error, few == 2 ? 0 : few == 1 ? 1 : SERIES, few ? 2 : ORIGINS, H, -1, 1, 8, 20, 6, NULL };
        ck_assert_int_eq(bands_fit(&errors, GNM_DAY, 0, GNM_LEVELS, gnm_levels, &bands, spread), 0);
        for (int h = 1; h <= 60; h++) {
            double q[GNM_LEVELS], near[GNM_LEVELS];
            bands_apply(&bands, .3, 10, 12, h, 1, q);
            bands_apply(&bands, .3, 10, 12, 1, 1, near);
            for (int k = 1; k < GNM_LEVELS; k++)
                ck_assert_double_ge(q[k], q[k - 1]);
            ck_assert_double_eq(q[3], 12);
            ck_assert_double_ge(q[0], 0);
            if (h > 40)
                ck_assert_double_gt(q[5] - q[1], near[5] - near[1]);
        }
    }
}
END_TEST

START_TEST(normal_quantiles)
{
    ck_assert_double_eq_tol(normal_quantile(.975), 1.959963985, 1e-8);
    ck_assert_double_eq_tol(normal_quantile(.1), -1.281551566, 1e-8);
    ck_assert_double_eq_tol(normal_quantile(.001), -3.090232306, 1e-8);
    ck_assert_double_eq_tol(normal_quantile(.5), 0, 1e-12);
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, scores_by_hand);
    tcase_add_test(tc, median_and_mean_are_scored_apart);
    tcase_add_test(tc, naive_repeats_the_season);
    tcase_add_test(tc, yearago_grows);
    tcase_add_test(tc, theta_on_a_straight_line);
    tcase_add_test(tc, short_weeks_take_the_year_ago);
    tcase_add_test(tc, ridge_recovers_known_coefficients);
    tcase_add_test(tc, ridge_clamps_what_it_never_saw);
    tcase_add_test(tc, bands_cover_what_they_say);
    tcase_add_test(tc, errors_that_age_are_forgotten);
    tcase_add_test(tc, bands_learn_which_days_are_hard);
    tcase_add_test(tc, bands_are_ordered_and_hold_the_point);
    tcase_add_test(tc, normal_quantiles);
}

int main(void)
{
    return town_main("forecast parts", fill);
}
