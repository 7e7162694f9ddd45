#include "forecast_town.h"

#include <errno.h>

#include "features/christmas.h"
#include "features/feast.h"
#include "features/matrix.h"

static int column(const struct plan *plan, const char *name)
{
    for (int i = 0; i < plan->n_columns; i++)
        if (strcmp(plan->column[i].name, name) == 0)
            return i;
    return -1;
}

/* 100 on weekdays, 225 on Saturdays, closed on Sundays (absent or zero). */
static struct panel *shop(int days, int sunday_zero)
{
    struct panel *panel;
    ck_assert_int_eq(panel_new(NULL, &panel, NULL), 0);
    int s = panel_series(panel, "shop");
    for (int i = 0; i < days; i++) {
        int w = civil_weekday(TOWN_FIRST + i);
        if (w < 6 || sunday_zero)
            panel_activity(panel, s, TOWN_FIRST + i, w == 6 ? 0 : w == 5 ? 225 : 100, GNM_NEVER);
    }
    for (int i = 0; i < days + 30; i += 10)
        panel_driver(panel, "event_market", -1, TOWN_FIRST + i, 1, GNM_ALWAYS);
    for (int i = 0; i < days; i++)
        panel_driver(panel, "rain", -1, TOWN_FIRST + i, i % 4, GNM_NEVER);
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    return panel;
}

START_TEST(level_and_profile)
{
    for (int zero = 0; zero < 2; zero++) {
        struct panel *panel = shop(300, zero);
        static struct plan plan;
        struct level level;
        plan_make(panel, TOWN_FIRST + 299, &plan);
        ck_assert_int_eq(level_read(&plan, panel, 0, TOWN_FIRST + 299, &level), 0);
        ck_assert_uint_eq(level.closed, zero ? 1u << 6 : 0);
        /* 56 observed values: nearly one Saturday in six; roots differ by half of the weekday root */
        ck_assert_double_eq_tol(level.scale, (46 * 100 + 10 * 225) / 56.0, 5);
        double root = sqrt(100 / level.scale);
        ck_assert_double_gt(level.profile[5] - level.profile[0], .4 * root);
        ck_assert_double_eq_tol(level.profile[0], level.profile[3], 1e-3);
        ck_assert_double_eq(level.profile[6], 0);
        ck_assert_double_eq_tol(level.level + level.profile[1], root, .03);
        panel_free(panel);
    }
}
END_TEST

START_TEST(columns_follow_the_data)
{
    static struct plan plan;
    struct panel *panel = shop(300, 0);
    plan_make(panel, TOWN_FIRST + 299, &plan);
    ck_assert_int_eq(column(&plan, "year"), -1);             /* one year cannot tell season from growth */
    ck_assert_int_eq(column(&plan, "season_sin1"), -1);
    ck_assert_int_eq(column(&plan, "rain"), -1);             /* weather is not known ahead */
    ck_assert_int_ge(column(&plan, "event_market"), 0);
    ck_assert_int_ge(column(&plan, "event_market.last"), 0); /* every tenth day: frequent */
    ck_assert_int_ge(column(&plan, "feast_christmas"), 0);
    panel_free(panel);
    panel = shop(800, 0);
    plan_make(panel, TOWN_FIRST + 799, &plan);
    ck_assert_int_ge(column(&plan, "year"), 0);
    ck_assert_int_ge(column(&plan, "season_sin1"), 0);
    panel_free(panel);
}
END_TEST

START_TEST(row_says_what_is_known)
{
    static struct plan plan;
    struct panel *panel = shop(300, 0);
    int origin = TOWN_FIRST + 297;
    struct level level;
    float x[PLAN_COLUMNS], offset;
    plan_make(panel, origin, &plan);
    ck_assert_int_eq(level_read(&plan, panel, 0, origin, &level), 0);
    for (int h = 1; h <= 14; h++) {
        row_fill(&plan, panel, 0, &level, h, 0, plan.n_columns, NULL, x, &offset);
        int target = origin + h, weekday = civil_weekday(target);
        ck_assert_float_eq(x[column(&plan, "horizon")], (float)h);
        ck_assert_float_eq(x[column(&plan, "event_market")], (target - TOWN_FIRST) % 10 == 0);
        for (int w = 0; w < 7; w++) {
            char name[32];
            snprintf(name, sizeof name, "weekday_%d", w);
            ck_assert_float_eq(x[column(&plan, name)], w == weekday);
        }
        int same = target - 7 * ((h + 6) / 7);
        ck_assert_int_le(same, origin);
        ck_assert_float_eq(x[column(&plan, "event_market.last")], (same - TOWN_FIRST) % 10 == 0);
        ck_assert_float_eq(offset, 0);
    }
    panel_free(panel);
}
END_TEST

/* Three times the usual from 20 to 24 December, every year. */
START_TEST(christmas_repeats)
{
    static struct plan plan;
    struct panel *panel;
    struct level level;
    ck_assert_int_eq(panel_new(NULL, &panel, NULL), 0);
    int s = panel_series(panel, "shop"), first = (int)civil_day(2022, 6, 1), origin = (int)civil_day(2023, 12, 14);
    for (int day = first; day <= origin + 40; day++) {
        int year, month, mday;
        civil_date(day, &year, &month, &mday);
        int peak = month == 12 && mday >= 20 && mday <= 24;
        panel_activity(panel, s, day, 100 + 20 * (civil_weekday(day) == 5) + (day > origin ? 999 : peak ? 200 : 0), GNM_NEVER);
    }
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    plan_make(panel, origin, &plan);
    ck_assert_int_eq(level_read(&plan, panel, 0, origin, &level), 0);
    double peak = sqrt(300 / level.scale) - sqrt(100 / level.scale);
    for (int h = 1; h <= 28; h++) {
        struct christmas p = christmas_prior(&plan, panel, &level, h, NAN, .8);
        int mday = 14 + h;
        if (mday < 18 || mday > 31 + 6)
            ck_assert_double_eq(p.start, 0);
        else if (mday >= 21 && mday <= 23)
            ck_assert_double_eq_tol(p.start, .8 * peak, .12 * peak);
        else if (mday > 26)
            ck_assert_double_eq_tol(p.start, 0, .05 * peak);
        ck_assert_double_le(p.share, .8);
        ck_assert_double_eq(christmas_prior(&plan, panel, &level, h, NAN, 0).start, 0);
    }
    /* before the first Christmas nothing is known ahead, and training takes its own for the year before */
    ck_assert_int_eq(level_read(&plan, panel, 0, (int)civil_day(2022, 12, 18), &level), 0);
    ck_assert_double_eq(christmas_prior(&plan, panel, &level, 5, NAN, .8).start, 0);
    ck_assert_double_eq_tol(christmas_prior(&plan, panel, &level, 5, 1, .8).start, .8, .02);
    panel_free(panel);
}
END_TEST

/* Rows must be the same whether the future is there, absent or noise. */
START_TEST(rows_do_not_see_the_future)
{
    static struct plan plan[3];
    struct matrix matrix[3] = { { 0 } };
    int origin = TOWN_FIRST + 700;
    for (int k = 0; k < 3; k++) {
        struct town town = { .seed = 2, .series = 2, .days = 900, .origin = 700, .after = (enum town_after)k, .noise = .1, .fair = 1.5 };
        struct panel *panel = town_panel(&town);
        struct matrix_range range = { origin, 21, origin - 300, origin - 7, 7 };
        plan_make(panel, origin, &plan[k]);
        ck_assert_int_eq(matrix_series(&plan[k], panel, 1, &range, &matrix[k]), 0);
        ck_assert_uint_le(matrix[k].n, matrix_rows_max(&range));
        panel_free(panel);
    }
    for (int k = 1; k < 3; k++) {
        ck_assert_uint_eq(plan_hash(&plan[0]), plan_hash(&plan[k]));
        ck_assert_uint_eq(matrix[0].n, matrix[k].n);
        ck_assert_uint_gt(matrix[k].n, 700);
        ck_assert_mem_eq(matrix[0].x, matrix[k].x, matrix[0].n * (size_t)matrix[0].columns * sizeof(float));
        ck_assert_mem_eq(matrix[0].row, matrix[k].row, matrix[0].n * sizeof *matrix[0].row);
    }
    for (int k = 0; k < 3; k++)
        matrix_free(&matrix[k]);
}
END_TEST

/* Sales of 1, 4, 9 and 16 times a hundred on one day of each of four years; what came after the origin is absent or noise. */
START_TEST(older_years_speak)
{
    for (int noise = 0; noise < 2; noise++) {
        static struct plan plan;
        struct panel *panel;
        struct level level;
        ck_assert_int_eq(panel_new(NULL, &panel, NULL), 0);
        int s = panel_series(panel, "shop"), origin = TOWN_FIRST + 1500, target = origin + 5;
        for (int day = TOWN_FIRST; day <= origin + 30 * noise; day++) {
            int years = (target - day) % 364 == 0 ? (target - day) / 364 : 0;
            panel_activity(panel, s, day, day > origin ? 999 : 100 * (years + 1) * (years + 1), GNM_NEVER);
        }
        ck_assert_int_eq(panel_seal(panel, NULL), 0);
        plan_make(panel, origin, &plan);
        ck_assert_int_eq(level_read(&plan, panel, 0, origin, &level), 0);
        level_years(panel, 0, 14, &level);
        const struct cadence *c = cadence_of(GNM_DAY);
        double root = sqrt(100 / level.scale);
        for (int k = 1; k <= LEVEL_YEARS; k++) {
            ck_assert_double_eq_tol(level_year(&level, c, target, k, 0), k * root, 1e-6);
            ck_assert_double_eq_tol(level_year(&level, c, target - 2, k, 3), k * root / 7, 1e-6);
            ck_assert_double_eq_tol(level_year(&level, c, target + 4, k, LEVEL_BESIDE), k * root / 21, 1e-6);
        }
        float x[PLAN_COLUMNS], offset;
        row_fill(&plan, panel, 0, &level, 5, 0, plan.n_wide, NULL, x, &offset);
        int at = 0;
        while (at < plan.n_wide && strcmp(plan.column[at].name, "years_0") != 0)
            at++;
        ck_assert_int_lt(at, plan.n_wide);
        ck_assert_double_eq_tol((double)x[at], 2 * root, 1e-5);
        ck_assert_int_eq(level_read(&plan, panel, 0, TOWN_FIRST + 500, &level), 0);      /* one year is known, no more */
        level_years(panel, 0, 14, &level);
        ck_assert(isnan(level_year(&level, c, TOWN_FIRST + 505, 2, LEVEL_BESIDE)));
        panel_free(panel);
    }
}
END_TEST

START_TEST(targets_end_at_the_decision)
{
    static struct plan plan;
    struct panel *panel = shop(400, 0);
    int last = TOWN_FIRST + 350;
    struct matrix matrix = { 0 };
    struct matrix_range range = { last, 14, last - 200, last - 7, 7 };
    plan_make(panel, last, &plan);
    ck_assert_int_eq(matrix_series(&plan, panel, 0, &range, &matrix), 0);
    for (size_t i = 0; i < matrix.n; i++) {
        ck_assert_int_le(matrix.row[i].target, last);
        ck_assert_int_eq(matrix.row[i].target, matrix.row[i].origin + matrix.row[i].h);
        ck_assert_int_ge(matrix.row[i].origin, TOWN_FIRST + 100);
        ck_assert_int_ne(civil_weekday(matrix.row[i].target), 6);
        double root = matrix.row[i].z + matrix.row[i].level, y = matrix.row[i].scale * root * root;
        ck_assert_double_eq_tol(y, civil_weekday(matrix.row[i].target) == 5 ? 225 : 100, .01);
    }
    matrix_free(&matrix);
    panel_free(panel);
}
END_TEST

START_TEST(too_little_history_is_said)
{
    static struct plan plan;
    struct panel *panel = shop(300, 0);
    struct level level;
    plan_make(panel, TOWN_FIRST + 299, &plan);
    ck_assert_int_eq(level_read(&plan, panel, 0, TOWN_FIRST + 3, &level), -ENODATA);
    ck_assert_int_eq(level_read(&plan, panel, 0, TOWN_FIRST + 500, &level), -ENODATA);
    panel_free(panel);
}
END_TEST

START_TEST(feasts_by_rule)
{
    ck_assert_uint_eq(feast_mask(civil_day(2024, 3, 31)), 1u << 7);
    ck_assert_uint_eq(feast_mask(civil_day(2024, 3, 29)), 1u << 6);
    ck_assert_uint_eq(feast_mask(civil_day(2024, 12, 25)), 1u << 1);
    ck_assert_uint_eq(feast_mask(civil_day(2008, 5, 1)), 1u << 5 | 1u << 9);     /* Ascension on May day */
    ck_assert_uint_eq(feast_mask(civil_day(2024, 2, 14)), 0);
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, level_and_profile);
    tcase_add_test(tc, columns_follow_the_data);
    tcase_add_test(tc, row_says_what_is_known);
    tcase_add_test(tc, rows_do_not_see_the_future);
    tcase_add_test(tc, christmas_repeats);
    tcase_add_test(tc, older_years_speak);
    tcase_add_test(tc, targets_end_at_the_decision);
    tcase_add_test(tc, too_little_history_is_said);
    tcase_add_test(tc, feasts_by_rule);
}

int main(void)
{
    return town_main("matrix", fill);
}
