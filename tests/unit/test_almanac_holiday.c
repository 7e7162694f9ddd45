#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "base_suite.h"

static const char *date(int64_t day)
{
    static char text[11];
    civil_format_date(day, text);
    return text;
}

static const char *const easters[] = { "1961-04-02", "2000-04-23", "2011-04-24", "2019-04-21", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25",
    "2285-03-22", "1818-03-22", "1943-04-25" };

START_TEST(easter)
{
    int year;
    ck_assert_int_eq(sscanf(easters[_i], "%d", &year), 1);
    ck_assert_str_eq(date(easter_day(year)), easters[_i]);
}
END_TEST

/* Sunday after the full moon, 22 March to 25 April, in every year the dates can name. */
START_TEST(easter_is_a_spring_sunday)
{
    for (int year = 1900; year < 2200; year++) {
        ck_assert_int_eq(civil_weekday(easter_day(year)), 6);
        ck_assert(easter_day(year) >= civil_day(year, 3, 22) && easter_day(year) <= civil_day(year, 4, 25));
    }
}
END_TEST

static const struct { const char *country, *region; int year; const char *list; } years[] = {
    { "BE", NULL, 2026, "2026-01-01 new_year;2026-04-06 easter_monday;2026-05-01 labour_day;2026-05-14 ascension;2026-05-25 whit_monday;"
        "2026-07-21 national_day;2026-08-15 assumption;2026-11-01 all_saints;2026-11-11 armistice;2026-12-25 christmas;" },
    { "BE", "BE-NL", 2008, "2008-01-01 new_year;2008-03-24 easter_monday;2008-05-01 labour_day;2008-05-01 ascension;2008-05-12 whit_monday;"
        "2008-07-21 national_day;2008-08-15 assumption;2008-11-01 all_saints;2008-11-11 armistice;2008-12-25 christmas;" },
    { "NL", NULL, 2025, "2025-01-01 new_year;2025-04-21 easter_monday;2025-04-26 kings_day;2025-05-29 ascension;2025-06-09 whit_monday;2025-12-25 christmas;"
        "2025-12-26 second_christmas_day;" },
    { "DE", "DE-SN", 2024, "2024-01-01 new_year;2024-03-29 good_friday;2024-04-01 easter_monday;2024-05-01 labour_day;2024-05-09 ascension;2024-05-20 whit_monday;"
        "2024-10-03 unity_day;2024-10-31 reformation_day;2024-11-20 repentance_day;2024-12-25 christmas;2024-12-26 second_christmas_day;" },
    { "DE", "NW", 2017, "2017-01-01 new_year;2017-04-14 good_friday;2017-04-17 easter_monday;2017-05-01 labour_day;2017-05-25 ascension;2017-06-05 whit_monday;"
        "2017-06-15 corpus_christi;2017-10-03 unity_day;2017-11-01 all_saints;2017-12-25 christmas;2017-12-26 second_christmas_day;" },
    { "US", NULL, 2026, "2026-01-01 new_year;2026-01-19 martin_luther_king_day;2026-02-16 presidents_day;2026-05-25 memorial_day;2026-06-19 juneteenth;"
        "2026-07-04 independence_day;2026-09-07 labor_day;2026-10-12 columbus_day;2026-11-11 veterans_day;2026-11-26 thanksgiving;2026-12-25 christmas;" },
};

START_TEST(lists)
{
    struct holiday list[HOLIDAYS_MAX];
    int n = holiday_list(years[_i].country, years[_i].region, years[_i].year, list);
    char got[2048] = "";
    for (int i = 0; i < n; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s %s;", date(list[i].day), list[i].name);
    ck_assert_str_eq(got, years[_i].list);
}
END_TEST

START_TEST(regions_and_years)
{
    struct holiday list[HOLIDAYS_MAX];
    ck_assert_int_eq(holiday_list("XX", NULL, 2026, list), -ENOENT);
    ck_assert_int_eq(holiday_list("", NULL, 2026, list), -ENOENT);
    int nowhere = holiday_list("DE", NULL, 2026, list);
    ck_assert_int_eq(holiday_list("DE", "", 2026, list), nowhere);
    ck_assert_int_eq(holiday_list("DE", "B", 2026, list), nowhere);
    ck_assert_int_eq(holiday_list("DE", "Y S", 2026, list), nowhere);
    ck_assert_int_eq(holiday_list("DE", "BE", 2018, list), holiday_list("DE", NULL, 2018, list));
    ck_assert_int_eq(holiday_list("DE", "BE", 2019, list), nowhere + 1);
    ck_assert_int_eq(holiday_list("LU", NULL, 2018, list) + 1, holiday_list("LU", NULL, 2019, list));
}
END_TEST

START_TEST(order_and_room)
{
    static const char *const countries[] = { "BE", "NL", "LU", "FR", "DE", "US" };
    struct holiday list[HOLIDAYS_MAX];
    for (int year = 1900; year < 2200; year++) {
        int n = holiday_list(countries[_i], "BY", year, list);
        ck_assert(n > 3 && n < HOLIDAYS_MAX);
        for (int i = 1; i < n; i++)
            ck_assert(list[i - 1].day <= list[i].day);
    }
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { easter, COUNT(easters) }, { easter_is_a_spring_sunday, 0 }, { lists, COUNT(years) }, { regions_and_years, 0 }, { order_and_room, 6 },
    };
    return base_suite_run("almanac holiday", tests, COUNT(tests));
}
