#include "features/panel_view.h"
#include "forecast_town.h"

#include <errno.h>

static struct panel *empty(void)
{
    struct panel *panel;
    ck_assert_int_eq(panel_new(NULL, &panel, NULL), 0);
    return panel;
}

static int64_t day(int year, int month, int mday)
{
    return civil_day(year, month, mday);
}

static struct panel *spaced(int64_t first, int gap, int n)
{
    struct panel *panel = empty();
    int s = panel_series(panel, "a");
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(panel_activity(panel, s, first + (int64_t)i * gap, i, GNM_NEVER), 0);
    return panel;
}

START_TEST(finds_the_step)
{
    struct panel *panel = spaced(day(2024, 1, 1), 1, 20);
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    ck_assert_int_eq(panel_step(panel), GNM_DAY);
    ck_assert_int_eq(panel_label_after(panel, day(2024, 2, 28), 2), day(2024, 3, 1));
    panel_free(panel);
    panel = spaced(day(2024, 1, 5), 7, 20);                  /* Fridays: last days */
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    ck_assert_int_eq(panel_step(panel), GNM_WEEK);
    ck_assert_int_eq(panel_label_after(panel, day(2024, 1, 5), 1), day(2024, 1, 12));
    ck_assert_int_eq(panel_label_after(panel, day(2024, 1, 6), 0), day(2024, 1, 12));     /* Saturday begins the next week */
    ck_assert_int_eq(panel_decision_s(panel, day(2024, 1, 5)), day(2024, 1, 6) * 86400);
    panel_free(panel);
    panel = spaced(day(2024, 1, 1), 7, 20);                  /* Mondays: first days */
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    ck_assert_int_eq(panel_label_after(panel, day(2024, 1, 7), 0), day(2024, 1, 1));
    ck_assert_int_eq(panel_decision_s(panel, day(2024, 1, 1)), day(2024, 1, 8) * 86400);
    panel_free(panel);
    panel = spaced(day(2024, 1, 7), 7, 20);                  /* Sundays: last days of weeks that begin on Monday too */
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    ck_assert_int_eq(panel_label_after(panel, day(2024, 1, 7), 1), day(2024, 1, 14));
    ck_assert_int_eq(panel_label_after(panel, day(2024, 1, 8), 0), day(2024, 1, 14));
    ck_assert_int_eq(panel_decision_s(panel, day(2024, 1, 7)), day(2024, 1, 8) * 86400);
    panel_free(panel);
}
END_TEST

START_TEST(knows_months)
{
    struct panel *panel = empty();
    int s = panel_series(panel, "m");
    for (int i = 0; i < 30; i++)
        panel_activity(panel, s, civil_month_first(600 + i), i, GNM_NEVER);
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    ck_assert_int_eq(panel_step(panel), GNM_MONTH);
    ck_assert_int_eq(panel_label_after(panel, day(2020, 1, 31), 1), day(2020, 2, 1));
    ck_assert_int_eq(panel_decision_s(panel, day(2020, 2, 10)), day(2020, 3, 1) * 86400);
    panel_free(panel);
}
END_TEST

START_TEST(refuses_mixed_steps)
{
    struct panel *panel = spaced(day(2024, 1, 1), 1, 40);
    int s = panel_series(panel, "weekly");
    for (int i = 0; i < 15; i++)
        panel_activity(panel, s, day(2024, 1, 5) + 7 * i, i, GNM_NEVER);
    struct gnm_why why = { .text = "" };
    ck_assert_int_eq(panel_seal(panel, &why), -EINVAL);
    ck_assert_ptr_nonnull(strstr(why.text, "weekly"));
    panel_free(panel);
    panel = spaced(day(2024, 1, 1), 1, 40);                  /* a young daily series may look like anything */
    s = panel_series(panel, "young");
    for (int i = 0; i < 3; i++)
        panel_activity(panel, s, day(2024, 1, 5) + 7 * i, i, GNM_NEVER);
    ck_assert_int_eq(panel_seal(panel, &why), 0);
    panel_free(panel);
}
END_TEST

START_TEST(refuses_twins)
{
    struct panel *panel = spaced(day(2024, 1, 1), 1, 20);
    panel_activity(panel, 0, day(2024, 1, 3), 5, GNM_NEVER);
    struct gnm_why why = { .text = "" };
    ck_assert_int_eq(panel_seal(panel, &why), -EINVAL);
    ck_assert_ptr_nonnull(strstr(why.text, "2024-01-03"));
    panel_free(panel);
    panel = spaced(day(2024, 1, 1), 1, 20);
    panel_driver(panel, "promo", -1, day(2024, 1, 3), 5, GNM_ALWAYS);
    panel_driver(panel, "promo", -1, day(2024, 1, 3), 6, GNM_ALWAYS);
    ck_assert_int_eq(panel_seal(panel, &why), -EINVAL);
    panel_free(panel);
}
END_TEST

/* The short way past days without events never hides one: common, of one series only, with vintages, shifted. */
START_TEST(no_event_is_overlooked)
{
    struct panel *panel = spaced(day(2024, 1, 1), 1, 60), *view;
    int64_t d = day(2024, 1, 1);
    for (int i = 0; i < 60; i++) {
        panel_driver(panel, "event_common", -1, d + i, i % 9 == 4, GNM_ALWAYS);
        if (i % 13 == 0)
            panel_driver(panel, "event_own", 0, d + i, 1, GNM_ALWAYS);
        panel_driver(panel, "event_late", -1, d + i, i % 11 == 3, (d + i + 1) * 86400);
    }
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    ck_assert_int_eq(panel_view_new(panel, &view), 0);
    int shifted = panel_driver_find(panel, "event_common"), first = panel_period(panel, d), skipped = 0;
    panel_view_shift(view, (size_t)shifted, 2);
    for (int p = first - 5; p < first + 70; p++)
        for (int i = 0; i < 3; i++) {
            double value = panel_driver_value(panel, (size_t)i, 0, p, GNM_NEVER), moved = panel_driver_value(view, (size_t)i, 0, p, GNM_NEVER);
            ck_assert(isnan(value) || value == 0 || panel_may_count(panel, i, p));
            ck_assert(isnan(moved) || moved == 0 || panel_may_count(view, i, p));
            skipped += !panel_may_count(panel, i, p);
        }
    ck_assert_int_gt(skipped, 50);
    panel_view_free(view);
    panel_free(panel);
}
END_TEST

START_TEST(newest_usable_vintage_wins)
{
    struct panel *panel = spaced(day(2024, 1, 1), 1, 20);
    int64_t d = day(2024, 1, 5), end_s = (d + 1) * 86400;
    panel_activity(panel, 0, d, 100, end_s + 10);
    panel_activity(panel, 0, d, 200, end_s + 20);
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    ck_assert(isnan(panel_value(panel, 0, d, end_s - 1)));
    ck_assert_double_eq(panel_value(panel, 0, d, end_s), 4);
    ck_assert_double_eq(panel_value(panel, 0, d, end_s + 10), 100);
    ck_assert_double_eq(panel_value(panel, 0, d, end_s + 19), 100);
    ck_assert_double_eq(panel_value(panel, 0, d, GNM_NEVER), 200);
    ck_assert(isnan(panel_value(panel, 0, day(2024, 3, 1), GNM_NEVER)));
    panel_free(panel);
}
END_TEST

START_TEST(drivers_are_read_as_known)
{
    struct panel *panel = spaced(day(2024, 1, 1), 1, 20);
    int64_t d = day(2024, 1, 9);
    panel_driver(panel, "plan", -1, d, 1, GNM_ALWAYS);
    panel_driver(panel, "plan", -1, d, 0, (d - 2) * 86400);
    panel_driver(panel, "plan", 0, d + 1, 7, GNM_ALWAYS);
    panel_driver(panel, "plan", -1, d + 1, 3, GNM_ALWAYS);
    panel_driver(panel, "rain", -1, d, 4, GNM_NEVER);
    panel_driver(panel, "seen", -1, d, 4, GNM_NEVER);
    panel_known(panel, "seen");
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    size_t plan = (size_t)panel_driver_find(panel, "plan"), rain = (size_t)panel_driver_find(panel, "rain");
    ck_assert_double_eq(panel_driver_value(panel, plan, 0, (int)d, (d - 3) * 86400), 1);
    ck_assert_double_eq(panel_driver_value(panel, plan, 0, (int)d, (d - 2) * 86400), 0);
    ck_assert_double_eq(panel_driver_value(panel, plan, 0, (int)d + 1, 0), 7);
    ck_assert(isnan(panel_driver_value(panel, rain, 0, (int)d, (d + 1) * 86400 - 1)));
    ck_assert_double_eq(panel_driver_value(panel, rain, 0, (int)d, (d + 1) * 86400), 4);
    ck_assert_double_eq(panel_driver_value(panel, (size_t)panel_driver_find(panel, "seen"), 0, (int)d, 0), 4);
    panel_free(panel);
}
END_TEST

START_TEST(weeks_hold_their_days)
{
    struct panel *panel = spaced(day(2024, 1, 5), 7, 20);
    panel_driver(panel, "event_fair", -1, day(2024, 1, 9), 1, GNM_ALWAYS);
    panel_driver(panel, "mild", -1, day(2024, 1, 6), 10, GNM_ALWAYS);
    panel_driver(panel, "mild", -1, day(2024, 1, 12), 20, GNM_ALWAYS);
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    int week = panel_period(panel, day(2024, 1, 12));
    ck_assert_double_eq(panel_driver_value(panel, (size_t)panel_driver_find(panel, "event_fair"), 0, week, 0), 1);
    ck_assert_double_eq(panel_driver_value(panel, (size_t)panel_driver_find(panel, "mild"), 0, week, 0), 15);
    ck_assert(isnan(panel_driver_value(panel, (size_t)panel_driver_find(panel, "event_fair"), 0, week - 1, 0)));
    panel_free(panel);
}
END_TEST

START_TEST(roles_follow_names)
{
    struct panel *panel = spaced(day(2024, 1, 1), 1, 20);
    static const struct { const char *name; enum panel_role role; } want[] = {
        { "war_onset", PANEL_ONSET }, { "cpi_index", PANEL_PRICE }, { "hicp", PANEL_PRICE }, { "strike_announced", PANEL_EVENT },
        { "event_x", PANEL_EVENT },   { "cubs_home", PANEL_NUMBER },
    };
    for (size_t i = 0; i < 6; i++)
        panel_driver(panel, want[i].name, -1, day(2024, 1, 2), 1, GNM_ALWAYS);
    panel_driver(panel, "mine", -1, day(2024, 1, 2), 1, GNM_ALWAYS);
    panel_role(panel, "mine", PANEL_ONSET);
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    for (size_t i = 0; i < 6; i++)
        ck_assert_int_eq(panel_driver_role(panel, (size_t)panel_driver_find(panel, want[i].name)), want[i].role);
    ck_assert_int_eq(panel_driver_role(panel, (size_t)panel_driver_find(panel, "mine")), PANEL_ONSET);
    panel_free(panel);
}
END_TEST

START_TEST(outside_values_are_refused)
{
    struct panel *panel = empty();
    char name[GNM_ID + 1];
    memset(name, 'x', GNM_ID);
    name[GNM_ID] = '\0';
    ck_assert_int_eq(panel_series(panel, name), -EINVAL);
    int s = panel_series(panel, "a");
    ck_assert_int_eq(panel_activity(panel, s + 1, 0, 1, GNM_NEVER), -EINVAL);
    ck_assert_int_eq(panel_activity(panel, s, INT64_MAX, 1, GNM_NEVER), -EINVAL);
    ck_assert_int_eq(panel_activity(panel, s, 0, INFINITY, GNM_NEVER), -EINVAL);
    ck_assert_int_eq(panel_driver(panel, "d", 5, 0, 1, GNM_NEVER), -EINVAL);
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    ck_assert_int_eq(panel_activity(panel, s, 0, 1, GNM_NEVER), -EINVAL);
    panel_free(panel);
    panel_free(NULL);
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, finds_the_step);
    tcase_add_test(tc, knows_months);
    tcase_add_test(tc, refuses_mixed_steps);
    tcase_add_test(tc, refuses_twins);
    tcase_add_test(tc, no_event_is_overlooked);
    tcase_add_test(tc, newest_usable_vintage_wins);
    tcase_add_test(tc, drivers_are_read_as_known);
    tcase_add_test(tc, weeks_hold_their_days);
    tcase_add_test(tc, roles_follow_names);
    tcase_add_test(tc, outside_values_are_refused);
}

int main(void)
{
    return town_main("panel", fill);
}
