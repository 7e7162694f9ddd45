/* The town: counts that anybody can ask for in any order, that answer to holidays, weather and matches, and whose best forecast beats last week. */
#include <math.h>
#include <stdio.h>

#include "base/csv.h"
#include "world/town_text.h"
#include "world_help.h"

static struct world *may_world(uint64_t seed)
{
    return new_world(seed, local_s(2026, 5, 14, 3, 30));
}

static size_t index_of(const struct world *world, const char *kind)
{
    for (size_t i = 0; i < town_size(world->town); i++) {
        if (strcmp(town_business(world->town, i)->kind->name, kind) == 0)
            return i;
    }
    ck_abort_msg("no %s in the town", kind);
    return 0;
}

static char *activity(struct world *world)
{
    struct text text = {0};
    const struct town_config *about = town_about(world->town);
    ck_assert_int_eq(town_activity_text(world->town, 0, about->first_day, about->start_day - 1, &text), 0);
    return text.data;
}

START_TEST(same_seed_same_bytes)
{
    struct world *one = may_world(5), *same = may_world(5), *other = may_world(6);
    int64_t late, early;
    int found = town_count(same->town, 0, town_about(same->town)->start_day + 2000, &late);    /* what was asked before changes nothing */
    char *a = activity(one), *b = activity(same), *c = activity(other);
    ck_assert_str_eq(a, b);
    ck_assert_str_ne(a, c);
    ck_assert_int_eq(town_count(one->town, 0, town_about(one->town)->start_day + 2000, &early), found);
    ck_assert(!found || early == late);
    free(a);
    free(b);
    free(c);
    free_world(one);
    free_world(same);
    free_world(other);
}
END_TEST

START_TEST(counts_are_counts_and_closed_days_are_absent)
{
    struct world *world = may_world(1);
    size_t hardware = index_of(world, "hardware_store");
    const struct town_config *about = town_about(world->town);
    for (int64_t day = about->first_day; day < about->start_day; day++) {
        for (size_t i = 0; i < town_size(world->town); i++) {
            int64_t value = 0;
            if (town_count(world->town, i, day, &value))
                ck_assert(value >= 0 && value < 20000);
        }
        int64_t value;
        if (civil_weekday(day) == 6)
            ck_assert_int_eq(town_count(world->town, hardware, day, &value), 0);
    }
    free_world(world);
}
END_TEST

/* Ratio of the intensity on public holidays to the mean of the same weekday one week before and after. */
static double holiday_ratio(struct world *world, size_t i)
{
    const struct town_config *about = town_about(world->town);
    double sum = 0;
    int n = 0;
    for (int64_t day = about->first_day + 7; day < about->start_day - 7; day++) {
        double on, before, after;
        if (town_holiday(world->town, day) == NULL || !town_intensity(world->town, i, day, &on))
            continue;
        if (!town_intensity(world->town, i, day - 7, &before) || !town_intensity(world->town, i, day + 7, &after))
            continue;
        sum += log(on / ((before + after) / 2));
        n++;
    }
    ck_assert_int_ge(n, 8);
    return exp(sum / n);
}

START_TEST(holidays_close_some_and_fill_others)
{
    struct world *world = may_world(2);
    size_t garden = index_of(world, "garden_centre"), calls = index_of(world, "call_centre"), pharmacy = index_of(world, "pharmacy");
    int64_t value;
    ck_assert_double_gt(holiday_ratio(world, garden), 1.1);
    ck_assert_double_lt(holiday_ratio(world, calls), 0.8);
    ck_assert_ptr_nonnull(town_holiday(world->town, civil_day(2025, 7, 21)));
    ck_assert_int_eq(town_count(world->town, pharmacy, civil_day(2025, 7, 21), &value), 0);
    ck_assert_int_eq(town_count(world->town, pharmacy, civil_day(2025, 7, 22), &value), 1);
    free_world(world);
}
END_TEST

START_TEST(matches_fill_the_restaurant)
{
    struct world *world = may_world(3);
    size_t restaurant = index_of(world, "restaurant");
    const struct town_config *about = town_about(world->town);
    double with = 0, without = 0;
    int n_with = 0, n_without = 0;
    for (int64_t day = about->first_day; day < about->start_day; day++) {
        double x;
        if (civil_weekday(day) != 5 || !town_intensity(world->town, restaurant, day, &x))
            continue;
        if (town_match(world->town, day))
            with += log(x), n_with++;
        else
            without += log(x), n_without++;
    }
    ck_assert_int_ge(n_with, 8);
    ck_assert_double_gt(with / n_with - without / n_without, 0.12);
    free_world(world);
}
END_TEST

START_TEST(rain_empties_the_garden_centre)
{
    struct world *world = may_world(4);
    size_t garden = index_of(world, "garden_centre");
    const struct town_config *about = town_about(world->town);
    double wet = 0, dry = 0;
    int n_wet = 0, n_dry = 0;
    for (int64_t day = about->first_day; day < about->start_day; day++) {
        double x, rain = town_weather(world->town, day)->rain_mm;
        if (!town_intensity(world->town, garden, day, &x))
            continue;
        if (rain > 5)
            wet += log(x), n_wet++;
        else if (rain < 0.1)
            dry += log(x), n_dry++;
    }
    ck_assert_int_ge(n_wet, 20);
    ck_assert_int_ge(n_dry, 20);
    ck_assert_double_lt(wet / n_wet, dry / n_dry - 0.15);
    free_world(world);
}
END_TEST

/* Counts scatter more than Poisson around the intensity, without bias. */
START_TEST(noise_is_wider_than_poisson)
{
    struct world *world = may_world(7);
    const struct town_config *about = town_about(world->town);
    double sum = 0, squares = 0;
    int n = 0;
    for (int64_t day = about->first_day; day < about->start_day; day++) {
        int64_t value;
        double mean;
        if (!town_intensity(world->town, 1, day, &mean) || !town_count(world->town, 1, day, &value))
            continue;
        double z = ((double)value - mean) / sqrt(mean);
        sum += z;
        squares += z * z;
        n++;
    }
    ck_assert_double_lt(fabs(sum / n), 0.35);
    ck_assert_double_gt(squares / n, 1.5);
    ck_assert_double_lt(squares / n, 10);
    free_world(world);
}
END_TEST

START_TEST(median_halves_the_counts)
{
    struct world *world = may_world(8);
    const struct town_config *about = town_about(world->town);
    int above = 0, below = 0;
    for (int64_t day = about->first_day; day < about->start_day; day++) {
        int64_t value, median;
        if (!town_median(world->town, 3, day, &median) || !town_count(world->town, 3, day, &value))
            continue;
        above += value > median;
        below += value < median;
    }
    ck_assert_double_eq_tol((double)above / (above + below), 0.5, 0.07);
    free_world(world);
}
END_TEST

START_TEST(floor_is_below_naive)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct world *world = may_world(seed);
        for (int split = 0; split < TOWN_SPLITS; split++) {
            double median, naive;
            town_floor(world->town, split, &median, &naive);
            ck_assert(isfinite(median) && median > 0.03 && median < 0.3);
            ck_assert_double_lt(median, 0.9 * naive);
        }
        free_world(world);
    }
}
END_TEST

START_TEST(floor_file_says_the_same)
{
    struct world *world = may_world(1);
    struct text text = {0};
    ck_assert_int_eq(town_floor_text(world->town, &text), 0);
    const char *line = strchr(text.data, '\n') + 1;
    for (int split = 0; split < TOWN_SPLITS; split++, line = strchr(line, '\n') + 1) {
        double median, naive, said_median, said_naive;
        int number;
        town_floor(world->town, split, &median, &naive);
        ck_assert_int_eq(sscanf(line, "R%d,%lf,%lf\n", &number, &said_median, &said_naive), 3);
        ck_assert_int_eq(number, split + 1);
        ck_assert_double_eq_tol(said_median, median, 1e-6);
        ck_assert_double_eq_tol(said_naive, naive, 1e-6);
    }
    ck_assert_int_eq(*line, '\0');
    text_free(&text);
    free_world(world);
}
END_TEST

struct rows { int n, always, observed, bad; char last[GNM_ID]; };

static int driver_row(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct rows *rows = ctx;
    int64_t day;
    (void)why;
    if (line == 1)
        return 0;
    rows->n++;
    rows->bad += n != 5 || civil_parse_date(field[2], &day) < 0;
    int known = strncmp(field[1], "event_", 6) == 0 || strcmp(field[1], "match_home") == 0;
    rows->bad += strcmp(field[4], known ? "always" : "") != 0;
    rows->always += known;
    rows->observed += !known;
    return 0;
}

START_TEST(drivers_say_when_they_are_known)
{
    struct world *world = may_world(1);
    struct text text = {0};
    struct rows rows = {0};
    struct gnm_why why;
    ck_assert_int_eq(town_drivers_text(world->town, 60, &text), 0);
    ck_assert_int_eq(csv_read(text.data, text.len, ',', driver_row, &rows, &why), 0);
    ck_assert_int_eq(rows.bad, 0);
    ck_assert_int_eq(rows.observed, 5 * 730);
    ck_assert_int_gt(rows.always, 730 + 60);
    text_free(&text);
    free_world(world);
}
END_TEST

static int week_row(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct rows *rows = ctx;
    int64_t day = 0;
    (void)why;
    if (line == 1)
        return 0;
    rows->n++;
    rows->bad += n != 3 || civil_parse_date(field[1], &day) < 0 || civil_weekday(day) != 6;
    return 0;
}

START_TEST(weeks_end_on_sunday_and_add_up)
{
    struct world *world = may_world(1);
    const struct town_config *about = town_about(world->town);
    struct text text = {0};
    struct rows rows = {0};
    struct gnm_why why;
    ck_assert_int_eq(town_activity_text(world->town, 1, about->first_day, about->start_day - 1, &text), 0);
    ck_assert_int_eq(csv_read(text.data, text.len, ',', week_row, &rows, &why), 0);
    ck_assert_int_eq(rows.bad, 0);
    ck_assert_int_ge(rows.n, 2 * 102);
    int64_t sum = 0, value, sunday = civil_day(2026, 3, 29);
    for (int64_t day = sunday - 6; day <= sunday; day++)
        sum += town_count(world->town, 8, day, &value) ? value : 0;
    ck_assert_int_eq(sum, town_week(world->town, 8, sunday));
    text_free(&text);
    free_world(world);
}
END_TEST

START_TEST(large_towns_have_distinct_names)
{
    struct world_config config;
    struct gnm_why why;
    struct world *world = malloc(sizeof *world);
    world_config_default(&config);
    config.businesses = 60;
    config.start_s = local_s(2026, 5, 14, 3, 30);
    ck_assert_int_eq(world_start(world, &config, brussels, &why), 0);
    int weekly = 0;
    for (size_t i = 0; i < 60; i++) {
        weekly += town_business(world->town, i)->kind->weekly;
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(town_business(world->town, i)->series, town_business(world->town, j)->series);
    }
    ck_assert_int_eq(weekly, 2);
    free_world(world);
    config.country = "XX";
    struct world other;
    ck_assert_int_lt(world_start(&other, &config, brussels, &why), 0);
}
END_TEST

START_TEST(every_team_meets_every_other_twice)
{
    struct fixtures fixtures;
    struct fixture match[FIXTURES_SEASON];
    int met[FIXTURES_TEAMS][FIXTURES_TEAMS] = {0}, home = 0;
    fixtures_start(&fixtures, 9, brussels);
    fixtures_season(&fixtures, 2025, match);
    for (int i = 0; i < FIXTURES_SEASON; i++) {
        met[match[i].home][match[i].away]++;
        ck_assert_int_eq(fixtures_season_of(zone_day(brussels, match[i].kickoff_s)), 2025);
    }
    for (int a = 0; a < FIXTURES_TEAMS; a++) {
        for (int b = 0; b < FIXTURES_TEAMS; b++)
            ck_assert_int_eq(met[a][b], a != b);
    }
    for (int64_t day = civil_day(2025, 7, 1); day < civil_day(2026, 7, 1); day++)
        home += fixtures_home_on(&fixtures, day);
    ck_assert_int_eq(home, FIXTURES_TEAMS - 1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("town");
    tcase_add_test(cases, same_seed_same_bytes);
    tcase_add_test(cases, counts_are_counts_and_closed_days_are_absent);
    tcase_add_test(cases, holidays_close_some_and_fill_others);
    tcase_add_test(cases, matches_fill_the_restaurant);
    tcase_add_test(cases, rain_empties_the_garden_centre);
    tcase_add_test(cases, noise_is_wider_than_poisson);
    tcase_add_test(cases, median_halves_the_counts);
    tcase_add_test(cases, floor_is_below_naive);
    tcase_add_test(cases, floor_file_says_the_same);
    tcase_add_test(cases, drivers_say_when_they_are_known);
    tcase_add_test(cases, weeks_end_on_sunday_and_add_up);
    tcase_add_test(cases, large_towns_have_distinct_names);
    tcase_add_test(cases, every_team_meets_every_other_twice);
    return run_suite(cases);
}
