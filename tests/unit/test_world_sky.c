/* The sky: the same for the same seed in any order, plausible at 52 degrees north, and forecast with an error that grows. */
#include <math.h>

#include "world_help.h"

static void day_of(struct sky *sky, int64_t day, int64_t vintage_s, struct sky_day *ret)
{
    sky_day(sky, day * 86400, (day + 1) * 86400, vintage_s, ret);
}

START_TEST(asks_in_any_order)
{
    static struct sky forward, backward;
    struct sky_now a[50], b[50];
    int64_t start_s = civil_day(2026, 5, 14) * 86400;
    sky_start(&forward, 7, 52, 4);
    sky_start(&backward, 7, 52, 4);
    for (int i = 0; i < 50; i++)
        sky_at(&forward, start_s + i * 86413, SKY_TRUTH, &a[i]);
    for (int i = 49; i >= 0; i--)
        sky_at(&backward, start_s + i * 86413, SKY_TRUTH, &b[i]);
    ck_assert_mem_eq(a, b, sizeof a);
}
END_TEST

START_TEST(differs_by_seed)
{
    static struct sky one, other;
    int64_t day = civil_day(2026, 5, 14);
    int equal = 0;
    sky_start(&one, 1, 52, 4);
    sky_start(&other, 2, 52, 4);
    for (int i = 0; i < 30; i++) {
        struct sky_day a, b;
        day_of(&one, day + i, SKY_TRUTH, &a);
        day_of(&other, day + i, SKY_TRUTH, &b);
        equal += a.ghi_mj == b.ghi_mj || a.temp_max_c == b.temp_max_c || a.cloud_ratio == b.cloud_ratio;
    }
    ck_assert_int_eq(equal, 0);
}
END_TEST

struct month { double ghi_kwh, clear_kwh, temp_c, rain_mm, low_cloud, high_cloud; int n; };

static void add_day(struct month *month, const struct sky_day *day)
{
    month->ghi_kwh += day->ghi_mj / 3.6;
    month->clear_kwh += day->clear_mj / 3.6;
    month->temp_c += (day->temp_max_c + day->temp_min_c) / 2;
    month->rain_mm += day->rain_mm;
    month->low_cloud += day->cloud_ratio < 0.4;
    month->high_cloud += day->cloud_ratio > 0.8;
    month->n++;
}

/* Bounds per month of a mean year, wide enough for any climate of the region and narrow enough to catch a wrong unit or a wrong season. */
START_TEST(is_plausible_by_month)
{
    static const struct { int month; double ghi_low, ghi_high, temp_low, temp_high; } bound[] = {
        {1, 12, 35, -2, 8}, {3, 60, 115, 1, 11}, {6, 130, 205, 11, 21}, {7, 125, 205, 12, 22}, {10, 40, 85, 7, 16}, {12, 8, 28, -1, 9},
    };
    enum { SEEDS = 4 };
    static struct sky sky;
    struct month month[13] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        sky_start(&sky, seed, 52, 4.5);
        for (int64_t day = civil_day(2025, 1, 1); day < civil_day(2026, 1, 1); day++) {
            struct sky_day sum;
            int y, m, d;
            civil_date(day, &y, &m, &d);
            day_of(&sky, day, SKY_TRUTH, &sum);
            add_day(&month[m], &sum);
            add_day(&month[0], &sum);
        }
    }
    for (size_t i = 0; i < sizeof bound / sizeof bound[0]; i++) {
        const struct month *m = &month[bound[i].month];
        ck_assert_msg(m->ghi_kwh / SEEDS > bound[i].ghi_low && m->ghi_kwh / SEEDS < bound[i].ghi_high, "month %d: %g kWh/m2", bound[i].month, m->ghi_kwh / SEEDS);
        ck_assert_msg(m->temp_c / m->n > bound[i].temp_low && m->temp_c / m->n < bound[i].temp_high, "month %d: %g C", bound[i].month, m->temp_c / m->n);
    }
    const struct month *year = &month[0];
    ck_assert_double_gt(year->ghi_kwh / SEEDS, 900);
    ck_assert_double_lt(year->ghi_kwh / SEEDS, 1200);
    ck_assert_double_lt(year->clear_kwh / SEEDS, 2000);
    ck_assert_double_gt(year->rain_mm / SEEDS, 450);
    ck_assert_double_lt(year->rain_mm / SEEDS, 1300);
    ck_assert_double_gt(year->low_cloud / year->n, 0.1);    /* both kinds of day must be common */
    ck_assert_double_gt(year->high_cloud / year->n, 0.1);
}
END_TEST

START_TEST(keeps_physics)
{
    static struct sky sky;
    sky_start(&sky, 3, 52, 4.5);
    for (int64_t t = civil_day(2026, 1, 1) * 86400; t < civil_day(2027, 1, 1) * 86400; t += 4001) {
        struct sky_now now;
        sky_at(&sky, t, SKY_TRUTH, &now);
        struct sun sun;
        sun_position(t, 52, 4.5, &sun);
        ck_assert(now.cloud_ratio >= 0 && now.cloud_ratio <= 1 && now.rain_mm_h >= 0 && now.wind_m_s > 0);
        ck_assert(now.light.ghi_w >= 0 && now.light.ghi_w <= now.light.clear_w + 1e-9 && now.light.clear_w < 1100);
        ck_assert(now.light.dhi_w <= now.light.ghi_w + 1e-9 && now.light.dni_w >= 0 && now.light.dni_w < 1150);
        if (sun.elevation_deg < 0)
            ck_assert_double_eq(now.light.ghi_w, 0);
        ck_assert(now.temperature_c > -30 && now.temperature_c < 45);
    }
}
END_TEST

/* Days resemble their neighbours: what makes yesterday a forecast and a dull week a risk. */
START_TEST(persists)
{
    static struct sky sky;
    enum { DAYS = 600 };
    double x[DAYS], mean = 0, variance = 0, next = 0;
    sky_start(&sky, 4, 52, 4.5);
    for (int i = 0; i < DAYS; i++) {
        struct sky_day day;
        day_of(&sky, civil_day(2024, 1, 1) + i, SKY_TRUTH, &day);
        x[i] = day.cloud_ratio;
        mean += x[i] / DAYS;
    }
    for (int i = 0; i < DAYS; i++)
        variance += (x[i] - mean) * (x[i] - mean);
    for (int i = 1; i < DAYS; i++)
        next += (x[i] - mean) * (x[i - 1] - mean);
    ck_assert_double_gt(next / variance, 0.25);
    ck_assert_double_lt(next / variance, 0.9);
}
END_TEST

static double error_at(int lead_days)
{
    static struct sky sky;
    double sum = 0;
    int n = 0;
    sky_start(&sky, 5, 52, 4.5);
    for (int64_t day = civil_day(2026, 3, 1); day < civil_day(2026, 9, 1); day += 2, n++) {
        struct sky_day truth, said;
        day_of(&sky, day, SKY_TRUTH, &truth);
        day_of(&sky, day, (day - lead_days) * 86400, &said);
        sum += fabs(truth.ghi_mj - said.ghi_mj);
    }
    return sum / n;
}

START_TEST(forecasts_get_worse_with_lead)
{
    double today = error_at(0), two = error_at(2), nine = error_at(9);
    ck_assert_double_gt(today, 0);
    ck_assert_double_gt(two, today * 1.05);
    ck_assert_double_gt(nine, two * 1.3);
}
END_TEST

START_TEST(vintages_change_every_six_hours)
{
    static struct sky sky;
    struct sky_now a, b;
    int64_t t = civil_day(2026, 5, 14) * 86400 + 3600, valid = t + 3 * 86400;
    sky_start(&sky, 6, 52, 4.5);
    ck_assert_int_eq(sky_vintage_s(t), sky_vintage_s(t + 4 * 3600));
    ck_assert_int_ne(sky_vintage_s(t), sky_vintage_s(t + 6 * 3600));
    sky_at(&sky, valid, sky_vintage_s(t), &a);
    sky_at(&sky, valid, sky_vintage_s(t + 6 * 3600), &b);
    ck_assert_double_ne(a.cloud_ratio, b.cloud_ratio);
    ck_assert_double_ne(a.temperature_c, b.temperature_c);
}
END_TEST

START_TEST(distant_places_have_their_own_weather)
{
    static struct sky home, near, far;
    struct sky_now a, b, c;
    int64_t t = civil_day(2026, 5, 14) * 86400 + 43200;
    sky_start(&home, 6, 50.85, 4.35);
    sky_elsewhere(&home, 50.86, 4.36, &near);
    sky_elsewhere(&home, 45.0, 8.0, &far);
    sky_at(&home, t, SKY_TRUTH, &a);
    sky_at(&near, t, SKY_TRUTH, &b);
    sky_at(&far, t, SKY_TRUTH, &c);
    ck_assert_double_eq_tol(a.cloud_ratio, b.cloud_ratio, 1e-9);
    ck_assert_double_ne(a.cloud_ratio, c.cloud_ratio);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("sky");
    tcase_add_test(cases, asks_in_any_order);
    tcase_add_test(cases, differs_by_seed);
    tcase_add_test(cases, is_plausible_by_month);
    tcase_add_test(cases, keeps_physics);
    tcase_add_test(cases, persists);
    tcase_add_test(cases, forecasts_get_worse_with_lead);
    tcase_add_test(cases, vintages_change_every_six_hours);
    tcase_add_test(cases, distant_places_have_their_own_weather);
    return run_suite(cases);
}
