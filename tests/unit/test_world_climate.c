/* The climate: twenty simulated years at 52 degrees north held to what was measured there, other latitudes to their belts, a measured year given back
 * hour by hour, and forecasts as good as they claim to be. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "world_help.h"

enum { FIRST_YEAR = 2001, YEARS = 20 };

struct year { double month_kwh[12], diffuse; int dull, dark, run; };

static double cpu_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void read_days(uint64_t seed, double latitude, double longitude, int years, double *day_kwh, double *diffuse)
{
    static struct sky sky;
    double ghi = 0, dhi = 0;
    int64_t first = civil_day(FIRST_YEAR, 1, 1), end = civil_day(FIRST_YEAR + years, 1, 1);
    sky_start(&sky, seed, latitude, longitude);
    for (int64_t day = first; day < end; day++) {
        double sum = 0;
        for (int hour = 0; hour < 24; hour++) {
            struct sky_now now;
            sky_hour(&sky, day * 24 + hour, SKY_TRUTH, &now);
            sum += now.light.ghi_w;
            dhi += now.light.dhi_w;
        }
        day_kwh[day - first] = sum / 1000;
        ghi += sum;
    }
    *diffuse = dhi / ghi;
}

static int month_at(int64_t day)
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    return month;
}

/* The longest run of dull days in a winter, July to June; mean over the winters. */
static double mean_longest_run(const double *day_kwh, int days)
{
    int run = 0, longest = 0, winters = 0;
    double sum = 0;
    for (int i = 0; i < days; i++) {
        run = day_kwh[i] < 1 ? run + 1 : 0;
        longest = run > longest ? run : longest;
        if (month_at(civil_day(FIRST_YEAR, 1, 1) + i) == 7 && month_at(civil_day(FIRST_YEAR, 1, 1) + i - 1) == 6) {
            sum += i > 300 ? longest : 0;
            winters += i > 300;
            longest = 0;
        }
    }
    return sum / winters;
}

/* Standard deviation of each day relative to the month around it. */
static double scatter(const double *day_kwh, int days)
{
    double sum = 0, squares = 0;
    int n = 0;
    for (int i = 15; i < days - 15; i++, n++) {
        double around = 0;
        for (int j = i - 15; j <= i + 15; j++)
            around += day_kwh[j] / 31;
        sum += day_kwh[i] / around;
        squares += day_kwh[i] / around * (day_kwh[i] / around);
    }
    return sqrt(squares / n - sum / n * (sum / n));
}

START_TEST(is_the_climate_of_52_north)
{
    static const double month_kwh[12] = {20, 38, 77, 103, 149, 148, 153, 126, 82, 48, 25, 14};
    static double day_kwh[YEARS * 366];
    double month[12] = {0}, year = 0, diffuse, dull = 0, dark = 0;
    int days = (int)(civil_day(FIRST_YEAR + YEARS, 1, 1) - civil_day(FIRST_YEAR, 1, 1));
    read_days(52, 52, 4.5, YEARS, day_kwh, &diffuse);
    for (int i = 0; i < days; i++) {
        month[month_at(civil_day(FIRST_YEAR, 1, 1) + i) - 1] += day_kwh[i] / YEARS;
        year += day_kwh[i] / YEARS;
        dull += day_kwh[i] < 1 ? 1.0 / YEARS : 0;
        dark += day_kwh[i] < 0.5 ? 1.0 / YEARS : 0;
    }
    printf("52 N, %d years: %.0f kWh/m2 a year; by month", YEARS, year);
    for (int m = 0; m < 12; m++)
        printf(" %.0f", month[m]);
    printf("; diffuse %.2f; %.0f days below 1, %.0f below 0.5, longest run %.0f; scatter %.3f\n", diffuse, dull, dark, mean_longest_run(day_kwh, days), scatter(day_kwh, days));
    ck_assert_double_eq_tol(year, 982, 0.05 * 982);
    for (int m = 0; m < 12; m++)
        ck_assert_msg(fabs(month[m] / month_kwh[m] - 1) < 0.15, "month %d: %g kWh/m2 instead of %g", m + 1, month[m], month_kwh[m]);
    ck_assert_double_eq_tol(diffuse, 0.60, 0.05);
    ck_assert_double_eq_tol(dull, 99, 15);
    ck_assert_double_eq_tol(dark, 44, 10);
    ck_assert_double_eq_tol(mean_longest_run(day_kwh, days), 53, 15);
    ck_assert_double_eq_tol(scatter(day_kwh, days), 0.38, 0.05);
}
END_TEST

/* Any seed is a possible decade of the same place. */
START_TEST(seeds_share_the_climate)
{
    static double day_kwh[6 * 366];
    for (uint64_t seed = 100; seed < 104; seed++) {
        double diffuse, sum = 0;
        read_days(seed, 52, 4.5, 6, day_kwh, &diffuse);
        for (int i = 0; i < 6 * 365; i++)
            sum += day_kwh[i] / 6;
        ck_assert_msg(fabs(sum / 982 - 1) < 0.09, "seed %d: %g kWh/m2", (int)seed, sum);
    }
}
END_TEST

START_TEST(belts_differ)
{
    static const struct { double latitude, low, high, dull_low, dull_high; } belt[] = {
        {0, 1500, 2000, 0, 3}, {15, 1600, 2050, 0, 3}, {25, 1750, 2200, 0, 5}, {35, 1500, 1850, 0, 25}, {45, 1200, 1450, 20, 60}, {60, 700, 950, 110, 180}, {-33, 1500, 1850, 0, 25},
    };
    static double day_kwh[4 * 366];
    for (size_t i = 0; i < sizeof belt / sizeof belt[0]; i++) {
        double diffuse, sum = 0, dull = 0, january = 0, july = 0;
        read_days(9, belt[i].latitude, 10, 4, day_kwh, &diffuse);
        for (int d = 0; d < 4 * 365; d++) {
            int month = month_at(civil_day(FIRST_YEAR, 1, 1) + d);
            sum += day_kwh[d] / 4;
            dull += day_kwh[d] < 1 ? 0.25 : 0;
            january += month == 1 ? day_kwh[d] : 0;
            july += month == 7 ? day_kwh[d] : 0;
        }
        ck_assert_msg(sum > belt[i].low && sum < belt[i].high && dull >= belt[i].dull_low && dull <= belt[i].dull_high, "%g degrees: %g kWh/m2, %g dull days",
                      belt[i].latitude, sum, dull);
        if (fabs(belt[i].latitude) > 30)
            ck_assert_msg((january > july) == (belt[i].latitude < 0), "%g degrees: seasons", belt[i].latitude);
    }
}
END_TEST

/* Correlation of the forecast with the truth, over daily sums relative to a clear day. */
static double skill_at(struct sky *truth, struct sky *teller, int lead_days)
{
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    int n = 0;
    for (int64_t day = civil_day(2020, 1, 1); day < civil_day(2022, 1, 1); day += 2, n++) {
        struct sky_day real, said;
        sky_day(truth, day * 86400, (day + 1) * 86400, SKY_TRUTH, &real);
        sky_day(teller, day * 86400, (day + 1) * 86400, (day - lead_days) * 86400, &said);
        double a = real.ghi_mj / real.clear_mj, b = said.ghi_mj / said.clear_mj;
        x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
    }
    return (n * xy - x * y) / sqrt((n * xx - x * x) * (n * yy - y * y));
}

START_TEST(forecasts_have_the_skill_they_state)
{
    static struct sky truth, teller;
    sky_start(&truth, 11, 52, 4.5);
    sky_start(&teller, 11, 52, 4.5);
    for (int lead = 0; lead < SKY_LEADS; lead++) {
        double skill = skill_at(&truth, &teller, lead);
        printf("skill %d days ahead: %.3f, stated %.2f\n", lead, skill, sky_skill_by_day[lead]);
        ck_assert_double_eq_tol(skill, sky_skill_by_day[lead], 0.04);
    }
    teller.skill = 0.5;
    sky_hidden_start(&teller);
    ck_assert_double_lt(skill_at(&truth, &teller, 1), 0.6);
    teller.skill = 0;
    sky_hidden_start(&teller);
    ck_assert_double_lt(skill_at(&truth, &teller, 1), 0.25);
}
END_TEST

/* What a controller polled every 30 s would meet in a year. */
START_TEST(a_year_of_polls_is_cheap)
{
    static struct sky sky;
    double outside_c, sum_wh = 0, flat_wh = 0, begin_s = cpu_s();
    int64_t first_ms = civil_day(2026, 1, 1) * INT64_C(86400000), end_ms = civil_day(2027, 1, 1) * INT64_C(86400000);
    sky_start(&sky, 3, 52, 4.5);
    for (int64_t t = first_ms; t < end_ms; t += 30000)
        sum_wh += sky_on_plane_w(&sky, t, 0, 180, &outside_c) / 120;
    double spent_s = cpu_s() - begin_s;
    for (int64_t day = first_ms / 86400000; day < end_ms / 86400000; day++) {
        struct sky_day sum;
        sky_day(&sky, day * 86400, (day + 1) * 86400, SKY_TRUTH, &sum);
        flat_wh += sum.ghi_mj / 0.0036;
    }
    printf("a year of 30 s polls: %.2f s\n", spent_s);
    ck_assert_double_eq_tol(sum_wh / flat_wh, 1, 0.01);    /* polls and sums of days see the same sun */
    ck_assert_double_lt(spent_s, 8);                       /* 0.4 s on a quiet machine; sanitizers take their time */
}
END_TEST

/* The rest of the weather at 52 north: means and daily range of the temperature by season, rain and wind of a year. */
START_TEST(has_the_weather_of_52_north)
{
    static struct sky sky;
    static const struct { double low, high, range_low, range_high; } season[4] = {{0, 7, 3, 7}, {7, 14, 5.5, 11}, {15, 20.5, 7, 12}, {8, 14, 5, 10}};
    double mean[4] = {0}, range[4] = {0}, rain = 0, wind = 0;
    int n[4] = {0}, wet = 0, days = 0;
    sky_start(&sky, 4, 52, 4.5);
    for (int64_t day = civil_day(2010, 1, 1); day < civil_day(2014, 1, 1); day++, days++) {
        struct sky_day sum;
        struct sky_now now;
        int s = month_at(day) % 12 / 3;
        sky_day(&sky, day * 86400, (day + 1) * 86400, SKY_TRUTH, &sum);
        sky_at(&sky, day * 86400 + 43200, SKY_TRUTH, &now);
        mean[s] += (sum.temp_max_c + sum.temp_min_c) / 2;
        range[s] += sum.temp_max_c - sum.temp_min_c;
        rain += sum.rain_mm;
        wet += sum.rain_mm > 1;
        wind += now.wind_m_s;
        n[s]++;
    }
    for (int s = 0; s < 4; s++) {
        ck_assert_msg(mean[s] / n[s] > season[s].low && mean[s] / n[s] < season[s].high, "season %d: %g C", s, mean[s] / n[s]);
        ck_assert_msg(range[s] / n[s] > season[s].range_low && range[s] / n[s] < season[s].range_high, "season %d: range %g C", s, range[s] / n[s]);
    }
    ck_assert_double_gt(rain / 4, 550);
    ck_assert_double_lt(rain / 4, 1050);
    ck_assert_int_gt(wet / 4, 80);
    ck_assert_int_lt(wet / 4, 170);
    ck_assert_double_gt(wind / days, 3);
    ck_assert_double_lt(wind / days, 6);
}
END_TEST

/* Hours without power in a mean year, for a box of 8 W behind small panels: what the guide for sizing says (100 W 1,695, 200 W 598). */
START_TEST(small_panels_fail_in_winter_as_they_do)
{
    static const struct { double panel_w; enum plant_chemistry chemistry; double ah, low_h, high_h; } box[] = {
        {100, PLANT_LIFEPO4, 50, 1695 * 0.75, 1695 * 1.25}, {100, PLANT_AGM, 50, 1972 * 0.75, 1972 * 1.25}, {200, PLANT_LIFEPO4, 50, 598 * 0.6, 598 * 1.5},
        {500, PLANT_LIFEPO4, 100, 0, 60},
    };
    for (size_t i = 0; i < sizeof box / sizeof box[0]; i++) {
        enum { LENGTH = 2, STEP_S = 300 };
        static struct sky sky;
        struct plant plant;
        struct plant_config config;
        plant_config_default(&config);
        config.panel_w = box[i].panel_w;
        config.chemistry = box[i].chemistry;
        config.battery_ah = box[i].ah;
        config.azimuth_deg = 200;
        plant_start(&plant, &config, 5);
        sky_start(&sky, 3, 52, 4.5);
        for (int64_t t = civil_day(2001, 1, 1) * 86400; t < civil_day(2001 + LENGTH, 1, 1) * 86400; t += STEP_S) {
            double outside_c, plane_w = sky_on_plane_w(&sky, t * 1000, config.tilt_deg, config.azimuth_deg, &outside_c);
            plant_step(&plant, plane_w, outside_c, STEP_S);
        }
        double cut_h = plant.cut_s / 3600 / LENGTH;
        printf("%g W, %s: %.0f h without power a year, %.0f %% of the light thrown away\n", config.panel_w, plant.kind->name, cut_h,
               100 * plant.curtailed_wh / (plant.curtailed_wh + plant.pv_wh));
        ck_assert_msg(cut_h >= box[i].low_h && cut_h <= box[i].high_h, "%g W: %g h", config.panel_w, cut_h);
    }
}
END_TEST

/* ---- a measured year ---- */

static struct text year_file(int hours, int bad_line, const char *bad_row)
{
    struct text text = {0};
    text_printf(&text, "time_utc,temperature_c,ghi_wm2,dhi_wm2\n");
    for (int i = 0; i < hours; i++) {
        char time[21];
        civil_format_time(civil_day(2001, 1, 1) * 86400 + i * INT64_C(3600), time);
        int hour = i % 24, day = i / 24;
        double ghi = hour > 7 && hour < 16 ? (day % 3 + 1) * 12.0 * (hour - 7) * (16 - hour) / 2 : 0;
        if (i + 2 == bad_line)
            text_printf(&text, "%s\n", bad_row);
        else
            text_printf(&text, "%.11s,%.1f,%.1f,%.1f\n", time + 5, 10.0 + day % 5, ghi, ghi / 2);
    }
    return text;
}

START_TEST(gives_a_measured_year_back)
{
    static struct sky sky, far;
    struct text file = year_file(8760, 0, NULL);
    struct sky_measured *year = NULL;
    struct gnm_why why = {0};
    double said = 0, real = 0, minutes_wh = 0, outside_c;
    ck_assert_msg(sky_measured_parse(file.data, file.len, 45, 8, &year, &why) == 0, "%s", why.text);
    sky_start(&sky, 1, 45, 8);
    sky_measure(&sky, year);
    int64_t first = civil_day(2027, 1, 1) * 24;
    for (int i = 0; i < 8760; i++) {
        struct sky_now now;
        sky_hour(&sky, first + i, SKY_TRUTH, &now);
        real += (double)year->ghi_w[i];
        said += now.light.ghi_w;
        if (year->ghi_w[i] > 20 && now.light.clear_w > 60 && (double)year->ghi_w[i] < 1.4 * now.light.clear_w) {
            ck_assert_double_eq_tol(now.light.ghi_w, (double)year->ghi_w[i], 0.5 + 0.02 * now.light.ghi_w);
            ck_assert_double_eq_tol(now.light.dhi_w, (double)year->dhi_w[i], 0.5 + 0.02 * now.light.ghi_w);
        }
        if (i % 24 == 12)
            ck_assert_double_eq_tol(now.temperature_c, 10.0 + i / 24 % 5, 0.1);
    }
    ck_assert_double_eq_tol(said / real, 1, 0.03);    /* the invented file has light where the sun is barely up */
    for (int64_t t = first * 3600000; t < (first + 8760) * 3600000; t += 300000)
        minutes_wh += sky_on_plane_w(&sky, t, 0, 180, &outside_c) / 12;
    ck_assert_double_eq_tol(minutes_wh / said, 1, 0.01);
    sky_elsewhere(&sky, 52, 4, &far);
    ck_assert_ptr_null(far.measured);
    free(year);
    text_free(&file);
}
END_TEST

/* A forecast of a measured year knows what the file knows, and less of it with each day. */
START_TEST(forecasts_a_measured_year)
{
    static struct sky truth, teller;
    struct text file = year_file(8760, 0, NULL);
    struct sky_measured *year = NULL;
    struct gnm_why why = {0};
    ck_assert_int_eq(sky_measured_parse(file.data, file.len, 45, 8, &year, &why), 0);
    sky_start(&truth, 1, 45, 8);
    sky_measure(&truth, year);
    sky_start(&teller, 1, 45, 8);
    sky_measure(&teller, year);
    double today = skill_at(&truth, &teller, 0), late = skill_at(&truth, &teller, 8);
    ck_assert_double_gt(today, 0.8);
    ck_assert_double_lt(late, today - 0.1);
    free(year);
    text_free(&file);
}
END_TEST

START_TEST(refuses_a_malformed_year)
{
    static const struct { int hours, line; const char *row, *says; } bad[] = {
        {8760, 101, "01-05T03:00,3,abc,0", "line 101: ghi must be a number"}, {8760, 77, "01-04T03:00,3,9000,0", "line 77: ghi must be a number from -20 to 1500"},
        {8760, 500, "01-21T99:00,3,0,0", "line 500: no time"},                {8760, 300, "01-13T12:00,3,0,0", "line 300: hours must follow"},
        {8760, 2, "06-01T00:00,3,0,0", "line 2: the first hour"},              {8000, 0, NULL, "the year ends here, after 8000 of 8760"},
        {8784, 0, NULL, "line 8762: more than one year"},                      {8760, 40, "02-02", "line 40:"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct text file = year_file(bad[i].hours, bad[i].line, bad[i].row);
        struct sky_measured *year = NULL;
        struct gnm_why why = {0};
        ck_assert_int_lt(sky_measured_parse(file.data, file.len, 45, 8, &year, &why), 0);
        ck_assert_msg(strstr(why.text, bad[i].says) != NULL, "\"%s\" does not say \"%s\"", why.text, bad[i].says);
        ck_assert_ptr_null(year);
        text_free(&file);
    }
    struct sky_measured *year = NULL;
    struct gnm_why why = {0};
    ck_assert_int_lt(sky_measured_parse("a,b\n1,2\n", 8, 45, 8, &year, &why), 0);
    ck_assert_ptr_nonnull(strstr(why.text, "line 1"));
    ck_assert_int_lt(sky_measured_parse("", 0, 45, 8, &year, &why), 0);
}
END_TEST

/* The real thing, when it is there: a typical year at 45 north. */
START_TEST(reads_a_typical_year)
{
    const char *data_dir = getenv("GNOMON_DATA");
    char command[512];
    static char data[2 << 20];
    snprintf(command, sizeof command, "gzip -dc '%s/solar/tmy_pvgis_45N_8E_hourly.csv.gz' 2>/dev/null", data_dir != NULL ? data_dir : "../shared/data");
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t len = fread(data, 1, sizeof data, pipe);
    if (pclose(pipe) != 0 || len == 0) {
        printf("SKIP: no measured year (GNOMON_DATA)\n");
        return;
    }
    struct sky_measured *year = NULL;
    struct gnm_why why = {0};
    static struct sky sky;
    double kwh = 0;
    ck_assert_msg(sky_measured_parse(data, len, 45, 8, &year, &why) == 0, "%s", why.text);
    sky_start(&sky, 1, 45, 8);
    sky_measure(&sky, year);
    for (int64_t day = civil_day(2025, 1, 1); day < civil_day(2026, 1, 1); day++) {
        struct sky_day sum;
        sky_day(&sky, day * 86400, (day + 1) * 86400, SKY_TRUTH, &sum);
        kwh += sum.ghi_mj / 3.6;
    }
    printf("measured year at 45 N: %.1f kWh/m2\n", kwh);
    ck_assert_double_eq_tol(kwh, 1435.9, 0.005 * 1435.9);
    free(year);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("climate");
    tcase_add_test(cases, is_the_climate_of_52_north);
    tcase_add_test(cases, seeds_share_the_climate);
    tcase_add_test(cases, belts_differ);
    tcase_add_test(cases, forecasts_have_the_skill_they_state);
    tcase_add_test(cases, a_year_of_polls_is_cheap);
    tcase_add_test(cases, has_the_weather_of_52_north);
    tcase_add_test(cases, small_panels_fail_in_winter_as_they_do);
    tcase_add_test(cases, gives_a_measured_year_back);
    tcase_add_test(cases, forecasts_a_measured_year);
    tcase_add_test(cases, refuses_a_malformed_year);
    tcase_add_test(cases, reads_a_typical_year);
    return run_suite(cases);
}
