/* The town: counts that anybody can ask for in any order, that answer to holidays, weather and matches, and whose best forecast beats last week. */
#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/hash.h"
#include "world/serve.h"
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

/* Within the same month and weekday: rain comes with a season, and so do gardens. */
START_TEST(rain_empties_the_garden_centre)
{
    struct world *world = may_world(4);
    size_t garden = index_of(world, "garden_centre");
    const struct town_config *about = town_about(world->town);
    double sum[12][7][2] = {0}, gain = 0;
    int n[12][7][2] = {0}, groups = 0;
    for (int64_t day = about->first_day; day < about->start_day; day++) {
        const struct town_day *today = town_day(world->town, day);
        double x, rain = today->weather.rain_mm;
        int wet = rain > 3, month = today->month - 1, weekday = today->weekday;
        if (today->holiday != NULL || (rain > 0.2 && rain < 3) || !town_intensity(world->town, garden, day, &x))
            continue;
        sum[month][weekday][wet] += log(x);
        n[month][weekday][wet]++;
    }
    for (int i = 0; i < 12 * 7; i++) {
        const int *count = n[i / 7][i % 7];
        if (count[0] == 0 || count[1] == 0)
            continue;
        gain += sum[i / 7][i % 7][0] / count[0] - sum[i / 7][i % 7][1] / count[1];
        groups++;
    }
    ck_assert_int_gt(groups, 20);
    ck_assert_double_gt(gain / groups, 0.12);
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
            town_floor(world->town, 0, split, &median, &naive);
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
        town_floor(world->town, 0, split, &median, &naive);
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

struct rows { int n, always, observed, dated, bad; };

static int driver_row(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct rows *rows = ctx;
    int64_t day;
    (void)why;
    if (line == 1)
        return 0;
    rows->n++;
    rows->bad += n != 5 || civil_parse_date(field[2], &day) < 0;
    int known = strncmp(field[1], "event_", 6) == 0 || strcmp(field[1], "match_home") == 0 || strcmp(field[1], "promo") == 0;
    int dated = strcmp(field[1], "cpi") == 0 || strcmp(field[1], "crisis_onset") == 0;
    int64_t from = 0;
    if (dated)
        rows->bad += civil_parse_date(field[4], &from) < 0 || from <= day || from > day + 60;
    else
        rows->bad += strcmp(field[4], known ? "always" : "") != 0;
    rows->always += known;
    rows->observed += !known && !dated;
    rows->dated += dated;
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
    ck_assert_int_ge(rows.dated, 20);
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
    ck_assert_int_ge(weekly, 4);
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

/* ---- fates and events ---- */

static struct world *large_world(uint64_t seed, int businesses, double inflation_pct)
{
    struct world_config config;
    struct gnm_why why;
    struct world *world = malloc(sizeof *world);
    ck_assert_ptr_nonnull(world);
    world_config_default(&config);
    config.seed = seed;
    config.businesses = businesses;
    config.years = 3;
    config.inflation_pct = inflation_pct;
    config.start_s = local_s(2026, 5, 14, 3, 30);
    ck_assert_msg(world_start(world, &config, brussels, &why) == 0, "%s", why.text);
    return world;
}

START_TEST(businesses_come_and_go_and_change)
{
    struct world *world = large_world(2, 400, 0);
    const struct town_config *about = town_about(world->town);
    int born = 0, dead = 0, changed = 0;
    for (size_t i = 0; i < 400; i++) {
        const struct town_business *business = town_business(world->town, i);
        double value;
        born += business->first_day > GNM_ALWAYS;
        dead += business->last_day < GNM_NEVER;
        changed += business->changes > 0;
        if (i < 10)
            ck_assert(business->first_day == GNM_ALWAYS && business->last_day == GNM_NEVER);
        for (int d = 1; d < 15; d++) {
            if (business->first_day > GNM_ALWAYS)
                ck_assert_int_eq(town_value(world->town, i, business->first_day - d, &value), 0);
            if (business->last_day < GNM_NEVER)
                ck_assert_int_eq(town_value(world->town, i, business->last_day + d, &value), 0);
        }
        ck_assert(business->changes == 0 || (business->change[0].day > about->first_day && business->change[0].day <= about->start_day));
    }
    ck_assert(born > 25 && born < 85);
    ck_assert(dead > 8 && dead < 55);
    ck_assert(changed > 80 && changed < 170);
    free_world(world);
}
END_TEST

START_TEST(changes_last)
{
    struct world *world = large_world(3, 200, 0);
    const struct town_config *about = town_about(world->town);
    int checked = 0;
    for (size_t i = 0; i < 200; i++) {
        const struct town_business *business = town_business(world->town, i);
        const struct town_change *change = &business->change[0];
        if (business->changes != 1 || fabs(log(change->level)) < 0.12 || change->day > about->start_day - 60)
            continue;
        /* The same day with and without knowledge of the change. */
        for (int64_t day = change->day + 30; day < change->day + 37; day++) {
            double with, without;
            if (!town_median_from(world->town, i, day, change->day, &with) || !town_median_from(world->town, i, day, change->day - 1, &without) || without < 30)
                continue;
            if (civil_weekday(day) < 4 && town_holiday(world->town, day) == NULL && !town_crisis_begins(world->town, change->day)) {
                ck_assert_double_eq_tol(with / without, change->level, 0.06);
                checked++;
            }
        }
    }
    ck_assert_int_gt(checked, 10);
    free_world(world);
}
END_TEST

START_TEST(rare_trades_have_empty_days)
{
    struct world *world = large_world(4, 21, 0);
    size_t tuner = index_of(world, "piano_tuner");
    int zero = 0, n = 0;
    double sum = 0, value;
    for (int64_t day = civil_day(2025, 1, 1); day < civil_day(2026, 1, 1); day++) {
        if (!town_value(world->town, tuner, day, &value))
            continue;
        zero += value == 0;
        sum += value;
        n++;
    }
    ck_assert_double_gt((double)zero / n, 0.2);
    ck_assert_double_gt(sum / n, 0.2);
    ck_assert_double_lt(sum / n, 3);
    free_world(world);
}
END_TEST

START_TEST(summer_leave_is_announced_and_kept)
{
    struct world *world = large_world(4, 21, 0);
    size_t bakery = index_of(world, "bakery");
    struct text drivers = {0};
    int closed = 0;
    double value;
    ck_assert_int_eq(town_drivers_text(world->town, 60, &drivers), 0);
    for (int64_t day = civil_day(2025, 1, 1); day < civil_day(2026, 1, 1); day++) {
        char date[11], row[64];
        if (!town_on_leave(town_business(world->town, bakery), town_day(world->town, day)))
            continue;
        civil_format_date(day, date);
        snprintf(row, sizeof row, "\nbakery,event_leave,%s,1,always\n", date);
        ck_assert_int_eq(town_value(world->town, bakery, day, &value), 0);
        ck_assert_ptr_nonnull(strstr(drivers.data, row));
        closed++;
    }
    ck_assert_int_eq(closed, 14);
    text_free(&drivers);
    free_world(world);
}
END_TEST

/* Mean of log(intensity) on days with and without a mark, over all businesses of a kind, between the same weekdays of nearby weeks. */
static double lift(struct world *world, const char *kind, int (*marked)(struct world *, size_t, int64_t))
{
    const struct town_config *about = town_about(world->town);
    double sum = 0;
    int n = 0;
    for (size_t i = 0; i < town_size(world->town); i++) {
        if (strcmp(town_business(world->town, i)->kind->name, kind) != 0)
            continue;
        for (int64_t day = about->first_day + 14; day < about->start_day - 14; day++) {
            double on, before, after;
            if (!marked(world, i, day) || marked(world, i, day - 14) || marked(world, i, day + 14))
                continue;
            if (!town_intensity(world->town, i, day, &on) || !town_intensity(world->town, i, day - 14, &before) || !town_intensity(world->town, i, day + 14, &after))
                continue;
            sum += log(on / sqrt(before * after));
            n++;
        }
    }
    ck_assert_int_gt(n, 10);
    return sum / n;
}

static int has_promo(struct world *world, size_t i, int64_t day)
{
    return town_promo(town_business(world->town, i), day) > 0;
}

static int has_fair(struct world *world, size_t i, int64_t day)
{
    (void)i;
    return town_fair(world->town, day) == TOWN_SPRING_FAIR || town_fair(world->town, day) == TOWN_STREET_MARKET;
}

START_TEST(promotions_and_fairs_bring_people)
{
    struct world *world = large_world(5, 84, 0);
    ck_assert_double_gt(lift(world, "fashion_shop", has_promo), 0.25);
    ck_assert_double_gt(lift(world, "hardware_store", has_promo), 0.12);
    ck_assert_double_gt(lift(world, "ice_cream", has_fair), 0.12);
    ck_assert_double_lt(fabs(lift(world, "call_centre", has_fair)), 0.06);
    free_world(world);
}
END_TEST

/* Some seed has a crisis in its history; it empties hotels, fades, and its onset is known the day after. */
START_TEST(crises_strike_and_fade)
{
    int found = 0;
    for (uint64_t seed = 1; seed <= 8 && !found; seed++) {
        struct world *world = large_world(seed, 21, 0);
        const struct town_config *about = town_about(world->town);
        size_t hotel = index_of(world, "hotel");
        for (int64_t day = about->first_day + 30; day < about->start_day - 200 && !found; day++) {
            double blind, aware, later_blind, later_aware;
            if (!town_crisis_begins(world->town, day))
                continue;
            found = 1;
            ck_assert_int_eq(town_median_from(world->town, hotel, day + 1, day - 1, &blind), 1);
            ck_assert_int_eq(town_median_from(world->town, hotel, day + 1, day, &aware), 1);
            ck_assert_double_lt(aware, 0.85 * blind);
            ck_assert_int_eq(town_median_from(world->town, hotel, day + 190, day - 1, &later_blind), 1);
            ck_assert_int_eq(town_median_from(world->town, hotel, day + 190, day, &later_aware), 1);
            ck_assert_double_gt(later_aware / later_blind, aware / blind);
            struct text drivers = {0};
            char date[11], next[11], row[64];
            civil_format_date(day, date);
            civil_format_date(day + 1, next);
            snprintf(row, sizeof row, "\n,crisis_onset,%s,1,%s\n", date, next);
            ck_assert_int_eq(town_drivers_text(world->town, 30, &drivers), 0);
            ck_assert_ptr_nonnull(strstr(drivers.data, row));
            text_free(&drivers);
        }
        free_world(world);
    }
    ck_assert(found);
}
END_TEST

static double yearly_money(struct world *world, size_t i, int year)
{
    double sum = 0, value;
    for (int64_t day = civil_day(year, 1, 1); day < civil_day(year + 1, 1, 1); day++)
        sum += town_value(world->town, i, day, &value) ? value : 0;
    return sum;
}

START_TEST(money_follows_prices_and_counts_do_not)
{
    struct world *calm = large_world(6, 21, 0), *dear = large_world(6, 21, 40);
    size_t market = index_of(calm, "corner_shop"), bakery = index_of(calm, "bakery");
    double real = yearly_money(calm, market, 2025) / yearly_money(calm, market, 2024), nominal = yearly_money(dear, market, 2025) / yearly_money(dear, market, 2024);
    ck_assert_double_eq_tol(nominal / real, 1.4, 0.03);
    ck_assert_double_eq(yearly_money(calm, bakery, 2025), yearly_money(dear, bakery, 2025));
    ck_assert_double_eq_tol(town_prices(dear->town, 55 * 12) / town_prices(dear->town, 54 * 12) / (town_prices(calm->town, 55 * 12) / town_prices(calm->town, 54 * 12)), 1.4, 1e-6);
    struct text text = {0};
    ck_assert_int_eq(town_static_text(calm->town, &text), 0);
    ck_assert_ptr_nonnull(strstr(text.data, "corner_shop,unit,money\n"));
    ck_assert_ptr_nonnull(strstr(text.data, "bakery,unit,count\n"));
    text_free(&text);
    free_world(calm);
    free_world(dear);
}
END_TEST

/* Errors of the true median: correlated from day to day (own drift) and between businesses (the town's mood). */
START_TEST(errors_are_correlated)
{
    struct world *world = large_world(7, 84, 0);
    const struct town_config *about = town_about(world->town);
    double self = 0, square = 0, pair = 0;
    int64_t day0 = about->start_day - 700;
    enum { BUSY = 24, DAYS = 600 };
    static double error[BUSY][DAYS];
    int kept = 0;
    for (size_t i = 0; i < 84 && kept < BUSY; i++) {
        const struct town_business *business = town_business(world->town, i);
        if (business->base < 100 || business->kind->weekly || business->first_day > GNM_ALWAYS || business->last_day < GNM_NEVER || business->changes > 0)
            continue;
        for (int d = 0; d < DAYS; d++) {
            double value, median;
            error[kept][d] = 0;    /* what would be said a year before, when today's moods were unknown */
            if (town_value(world->town, i, day0 + d, &value) && town_median_from(world->town, i, day0 + d, day0 - 1, &median) && value > 0)
                error[kept][d] = fmin(fmax(log(value / median), -0.5), 0.5);
        }
        kept++;
    }
    ck_assert_int_ge(kept, 10);
    for (int a = 0; a < kept; a++) {
        for (int d = 100; d < DAYS - 1; d++) {
            self += error[a][d] * error[a][d + 1];
            square += error[a][d] * error[a][d];
            pair += error[a][d] * error[(a + 1) % kept][d];
        }
    }
    printf("errors of the median: correlation %.2f with the day before, %.2f with a neighbour\n", self / square, pair / square);
    ck_assert_double_gt(self / square, 0.05);
    ck_assert_double_gt(pair / square, 0.02);
    free_world(world);
}
END_TEST

/* The floor may not know what begins after the origin: it loses to a median that does, and beats it nowhere by luck alone. */
START_TEST(floor_knows_nothing_of_the_future)
{
    double blind_error = 0, aware_error = 0, sum = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct world *world = large_world(seed, 84, 0);
        int64_t end = town_train_end(world->town, 0);
        for (size_t i = 0; i < 84; i++) {
            for (int64_t day = end + 1; day <= end + TOWN_HORIZON * TOWN_SPLITS; day++) {
                double value, blind, aware;
                if (town_business(world->town, i)->kind->weekly || !town_value(world->town, i, day, &value) || !town_median_from(world->town, i, day, end, &blind))
                    continue;
                ck_assert_int_eq(town_median_from(world->town, i, day, day, &aware), 1);
                double scale = town_business(world->town, i)->base * (town_business(world->town, i)->kind->ticket > 0 ? town_business(world->town, i)->kind->ticket : 1);
                sum += value / scale;
                blind_error += fabs(value - blind) / scale;
                aware_error += fabs(value - aware) / scale;
            }
        }
        free_world(world);
    }
    printf("floor 56 days ahead %.4f, with every mood known %.4f\n", blind_error / sum, aware_error / sum);
    ck_assert_double_gt(blind_error, aware_error);
}
END_TEST

/* The median of a week's total: half of the weeks are above, and nobody forecasts them better, not even with the mean of the same knowledge. */
START_TEST(a_weekly_floor_is_a_median_and_below_naive)
{
    int above = 0, below = 0;
    double median_error = 0, naive_error = 0;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world *world = large_world(seed, 126, 0);
        for (int split = 0; split < TOWN_SPLITS; split++) {
            double median, naive;
            town_floor(world->town, 1, split, &median, &naive);
            ck_assert_msg(isfinite(median) && median > 0.02 && median < 0.5, "%g", median);
            median_error += median;
            naive_error += naive;
        }
        for (size_t i = 0; i < 126; i++) {
            for (int week = 0; week < 40 && town_business(world->town, i)->kind->weekly; week++) {
                int64_t sunday = town_train_sunday(world->town, 0) - 7 * week;
                double median;
                if (sunday > town_business(world->town, i)->last_day || !town_week_median_from(world->town, i, sunday, sunday, &median))
                    continue;
                above += (double)town_week(world->town, i, sunday) > median;
                below += (double)town_week(world->town, i, sunday) < median;
            }
        }
        free_world(world);
    }
    printf("weekly floor %.4f, a year ago %.4f; %d weeks above the median, %d below\n", median_error / 16, naive_error / 16, above, below);
    ck_assert_double_lt(median_error, 0.8 * naive_error);
    ck_assert_int_gt(above + below, 1000);
    ck_assert_double_eq_tol((double)above / (above + below), 0.5, 0.05);
}
END_TEST

START_TEST(weekly_splits_are_whole_weeks)
{
    struct world *world = may_world(1);
    for (int split = 0; split < TOWN_SPLITS; split++) {
        ck_assert_int_eq(civil_weekday(town_train_sunday(world->town, split)), 6);
        ck_assert_int_le(town_train_sunday(world->town, split) + 7 * TOWN_WEEKS, town_about(world->town)->start_day - 1);
    }
    ck_assert_int_gt(town_train_sunday(world->town, TOWN_SPLITS - 1) + 7 * (TOWN_WEEKS + 1), town_about(world->town)->start_day - 1);
    free_world(world);
}
END_TEST

/* One day in five hundred is nonsense. */
START_TEST(some_figures_are_wrong)
{
    struct world *world = large_world(8, 200, 0);
    const struct town_config *about = town_about(world->town);
    int wild = 0, n = 0;
    for (size_t i = 0; i < 200; i++) {
        if (town_business(world->town, i)->base < 100 || town_business(world->town, i)->kind->weekly)
            continue;
        for (int64_t day = about->start_day - 300; day < about->start_day; day++) {
            double value, expected;
            if (!town_intensity(world->town, i, day, &expected) || !town_value(world->town, i, day, &value) || expected < 60)
                continue;
            wild += value > 1.75 * expected || value < 0.45 * expected;
            n++;
        }
    }
    ck_assert_int_gt(n, 5000);
    ck_assert_double_gt((double)wild / n, 0.0008);
    ck_assert_double_lt((double)wild / n, 0.006);
    free_world(world);
}
END_TEST

/* ---- files ---- */

static char *whole_file(const char *dir, const char *name)
{
    char path[256];
    char *data;
    size_t len;
    struct gnm_why why;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_msg(file_read(path, 64 << 20, &data, &len, &why) == 0, "%s", why.text);
    return data;
}

static void remove_tree(const char *dir)
{
    static const char *const name[] = {"activity.csv", "activity_weekly.csv", "drivers.csv", "static.csv", "splits.csv", "floor.csv", "splits_weekly.csv", "floor_weekly.csv"};
    char path[256];
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, name[i]);
        unlink(path);
    }
    rmdir(dir);
}

START_TEST(exports_towns_under_their_own_skies)
{
    char dir[] = "/tmp/gnomon-town-XXXXXX", one[64], two[64];
    struct serve_options options = {.towns = 2};
    struct gnm_why why;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    world_config_default(&options.world);
    options.world.start_s = local_s(2026, 5, 14, 3, 30);
    options.export_dir = dir;
    ck_assert_msg(serve_export(&options, brussels, &why) == 0, "%s", why.text);
    snprintf(one, sizeof one, "%s/town-1", dir);
    snprintf(two, sizeof two, "%s/town-2", dir);
    static const char *const differs[] = {"activity.csv", "activity_weekly.csv", "drivers.csv", "floor.csv", "floor_weekly.csv"};
    for (size_t i = 0; i < sizeof differs / sizeof differs[0]; i++) {
        char *a = whole_file(one, differs[i]), *b = whole_file(two, differs[i]);
        ck_assert_str_ne(a, b);
        free(a);
        free(b);
    }
    char *a = whole_file(one, "splits.csv"), *b = whole_file(two, "splits.csv");
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
    remove_tree(one);
    remove_tree(two);
    options.world.years = 1;
    options.towns = 0;
    options.export_dir = one;
    ck_assert_int_eq(serve_export(&options, brussels, &why), 0);    /* one town needs no folder of its own */
    remove_tree(one);
    remove_tree(dir);
}
END_TEST

static uint64_t fingerprint(struct world *world, int (*build)(struct town *, struct text *))
{
    struct text text = {0};
    ck_assert_int_eq(build(world->town, &text), 0);
    uint64_t hash = hash_bytes(HASH_START, text.data, text.len);
    text_free(&text);
    return hash;
}

static int all_activity(struct town *town, struct text *ret)
{
    const struct town_config *about = town_about(town);
    return town_activity_text(town, 0, about->first_day, about->start_day - 1, ret) | town_activity_text(town, 1, about->first_day, about->start_day - 1, ret);
}

static int all_drivers(struct town *town, struct text *ret)
{
    return town_drivers_text(town, 90, ret);
}

/* The same bytes from every compiler. Whoever changes the town on purpose writes the new numbers here. */
START_TEST(bytes_do_not_depend_on_the_compiler)
{
    struct world *world = large_world(42, 42, 3);
    uint64_t activity_hash = fingerprint(world, all_activity), drivers_hash = fingerprint(world, all_drivers), floor_hash = fingerprint(world, town_floor_text);
    printf("activity %016llx, drivers %016llx, floor %016llx\n", (unsigned long long)activity_hash, (unsigned long long)drivers_hash, (unsigned long long)floor_hash);
    ck_assert_uint_eq(activity_hash, UINT64_C(0xa34274abc5ee88f3));
    ck_assert_uint_eq(drivers_hash, UINT64_C(0x0cfd2d78c3c638ee));
    ck_assert_uint_eq(floor_hash, UINT64_C(0x520c14007b2aab80));
    free_world(world);
}
END_TEST

#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 4
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOWER 4
#endif
#endif
#ifndef SLOWER
#define SLOWER 1
#endif

START_TEST(a_thousand_businesses_are_quick)
{
    struct world *world = large_world(3, 1000, 0);
    struct text text = {0};
    clock_t begin = clock();
    ck_assert_int_eq(all_activity(world->town, &text), 0);
    ck_assert_int_eq(all_drivers(world->town, &text), 0);
    ck_assert_int_eq(town_floor_text(world->town, &text), 0);
    double spent_s = (double)(clock() - begin) / CLOCKS_PER_SEC;
    printf("1,000 businesses, 3 years: %.1f MB in %.2f s\n", (double)text.len / 1e6, spent_s);
    ck_assert_double_lt(spent_s, SLOWER * 5);
    text_free(&text);
    free_world(world);
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
    tcase_add_test(cases, a_weekly_floor_is_a_median_and_below_naive);
    tcase_add_test(cases, weekly_splits_are_whole_weeks);
    tcase_add_test(cases, drivers_say_when_they_are_known);
    tcase_add_test(cases, weeks_end_on_sunday_and_add_up);
    tcase_add_test(cases, large_towns_have_distinct_names);
    tcase_add_test(cases, every_team_meets_every_other_twice);
    tcase_add_test(cases, businesses_come_and_go_and_change);
    tcase_add_test(cases, changes_last);
    tcase_add_test(cases, rare_trades_have_empty_days);
    tcase_add_test(cases, summer_leave_is_announced_and_kept);
    tcase_add_test(cases, promotions_and_fairs_bring_people);
    tcase_add_test(cases, crises_strike_and_fade);
    tcase_add_test(cases, money_follows_prices_and_counts_do_not);
    tcase_add_test(cases, errors_are_correlated);
    tcase_add_test(cases, floor_knows_nothing_of_the_future);
    tcase_add_test(cases, some_figures_are_wrong);
    tcase_add_test(cases, exports_towns_under_their_own_skies);
    tcase_add_test(cases, bytes_do_not_depend_on_the_compiler);
    tcase_add_test(cases, a_thousand_businesses_are_quick);
    return run_suite(cases);
}
