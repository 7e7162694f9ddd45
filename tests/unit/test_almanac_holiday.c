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
        "2017-06-15 corpus_christi;2017-10-03 unity_day;2017-10-31 reformation_day;2017-11-01 all_saints;2017-12-25 christmas;2017-12-26 second_christmas_day;" },
    { "US", NULL, 2026, "2026-01-01 new_year;2026-01-19 martin_luther_king_day;2026-02-16 presidents_day;2026-05-25 memorial_day;2026-06-19 juneteenth;"
        "2026-07-04 independence_day;2026-09-07 labor_day;2026-10-12 columbus_day;2026-11-11 veterans_day;2026-11-26 thanksgiving;2026-12-25 christmas;" },
};

/* Dates as governments announced them; the names are ours. Only what is listed, in order, with all kinds when `all`. */
static const struct { const char *country, *region; int year, all; const char *dates; } announced[] = {
    { "GB", "GB-ENG", 2022, 0, "01-01 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-25 12-26 12-27" },
    { "GB", "SCT", 2022, 0, "01-01 01-02 01-03 01-04 04-15 05-02 06-02 06-03 08-01 09-19 12-25 12-26 12-27" },
    { "GB", "NIR", 2026, 0, "01-01 03-17 04-03 04-06 05-04 05-25 07-12 07-13 08-31 12-25 12-26 12-28" },
    { "GB", "WLS", 2020, 0, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-26 12-28" },
    { "GB", "ENG", 2021, 0, "01-01 04-02 04-05 05-03 05-31 08-30 12-25 12-26 12-27 12-28" },
    { "GB", "ENG", 2012, 0, "01-01 01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26" },
    { "GB", "ENG", 2011, 0, "01-01 01-03 04-22 04-25 04-29 05-02 05-30 08-29 12-25 12-26 12-27" },
    { "GB", "SCT", 2023, 1, "01-01 01-02 01-03 04-07 05-01 05-08 05-29 08-07 11-30 12-25 12-26" },
    { "US", NULL, 2021, 1, "01-01 01-18 02-15 04-02 05-31 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 12-24 12-24 12-25 12-31 12-31" },
    { "US", NULL, 2021, 0, "01-01 01-18 02-15 05-31 06-19 07-04 09-06 10-11 11-11 11-25 12-25" },
    { "US", NULL, 2022, 0, "01-01 01-17 02-21 05-30 06-19 07-04 09-05 10-10 11-11 11-24 12-25" },
    { "US", NULL, 2020, 0, "01-01 01-20 02-17 05-25 07-04 09-07 10-12 11-11 11-26 12-25" },
    { "ES", NULL, 2025, 0, "01-01 01-06 04-18 05-01 08-15 10-12 11-01 12-06 12-08 12-25" },
    { "ES", NULL, 2025, 1, "01-01 01-06 04-18 05-01 08-15 10-12 10-13 11-01 12-06 12-08 12-25" },
    { "ES", "ES-MD", 2024, 0, "01-01 01-06 03-28 03-29 05-01 05-02 08-15 10-12 11-01 12-06 12-08 12-25" },
    { "ES", "CT", 2024, 0, "01-01 01-06 03-29 04-01 05-01 06-24 08-15 09-11 10-12 11-01 12-06 12-08 12-25 12-26" },
    { "IT", NULL, 2025, 0, "01-01 01-06 04-20 04-21 04-25 05-01 06-02 08-15 11-01 12-08 12-25 12-26" },
    { "IT", NULL, 2026, 0, "01-01 01-06 04-05 04-06 04-25 05-01 06-02 08-15 10-04 11-01 12-08 12-25 12-26" },
    { "PT", NULL, 2014, 0, "01-01 04-18 04-20 04-25 05-01 06-10 08-15 12-08 12-25" },
    { "PT", NULL, 2024, 0, "01-01 03-29 03-31 04-25 05-01 05-30 06-10 08-15 10-05 11-01 12-01 12-08 12-25" },
    { "FR", NULL, 2025, 0, "01-01 04-21 05-01 05-08 05-29 06-09 07-14 08-15 11-01 11-11 12-25" },
    { "FR", "67", 2024, 0, "01-01 03-29 04-01 05-01 05-08 05-09 05-20 07-14 08-15 11-01 11-11 12-25 12-26" },
    { "NL", NULL, 2010, 0, "01-01 04-05 04-30 05-13 05-24 12-25 12-26" },
    { "NL", NULL, 2006, 0, "01-01 04-17 04-29 05-25 06-05 12-25 12-26" },
    { "LU", NULL, 2024, 0, "01-01 04-01 05-01 05-09 05-09 05-20 06-23 08-15 11-01 12-25 12-26" },
    { "BE", NULL, 2024, 1, "01-01 03-29 04-01 05-01 05-09 05-10 05-20 07-21 08-15 11-01 11-11 11-15 12-25 12-26" },
    { "DE", "BW", 2025, 0, "01-01 01-06 04-18 04-21 05-01 05-29 06-09 06-19 10-03 11-01 12-25 12-26" },
    { "DE", "BY", 2025, 0, "01-01 01-06 04-18 04-21 05-01 05-29 06-09 06-19 10-03 11-01 12-25 12-26" },
    { "DE", "BE", 2025, 0, "01-01 03-08 04-18 04-21 05-01 05-08 05-29 06-09 10-03 12-25 12-26" },
    { "DE", "BB", 2025, 0, "01-01 04-18 04-20 04-21 05-01 05-29 06-08 06-09 10-03 10-31 12-25 12-26" },
    { "DE", "HB", 2025, 0, "01-01 04-18 04-21 05-01 05-29 06-09 10-03 10-31 12-25 12-26" },
    { "DE", "HH", 2025, 0, "01-01 04-18 04-21 05-01 05-29 06-09 10-03 10-31 12-25 12-26" },
    { "DE", "HE", 2025, 0, "01-01 04-18 04-21 05-01 05-29 06-09 06-19 10-03 12-25 12-26" },
    { "DE", "MV", 2025, 0, "01-01 03-08 04-18 04-21 05-01 05-29 06-09 10-03 10-31 12-25 12-26" },
    { "DE", "NI", 2025, 0, "01-01 04-18 04-21 05-01 05-29 06-09 10-03 10-31 12-25 12-26" },
    { "DE", "NW", 2025, 0, "01-01 04-18 04-21 05-01 05-29 06-09 06-19 10-03 11-01 12-25 12-26" },
    { "DE", "RP", 2025, 0, "01-01 04-18 04-21 05-01 05-29 06-09 06-19 10-03 11-01 12-25 12-26" },
    { "DE", "SL", 2025, 0, "01-01 04-18 04-21 05-01 05-29 06-09 06-19 08-15 10-03 11-01 12-25 12-26" },
    { "DE", "SN", 2025, 0, "01-01 04-18 04-21 05-01 05-29 06-09 10-03 10-31 11-19 12-25 12-26" },
    { "DE", "ST", 2025, 0, "01-01 01-06 04-18 04-21 05-01 05-29 06-09 10-03 10-31 12-25 12-26" },
    { "DE", "SH", 2025, 0, "01-01 04-18 04-21 05-01 05-29 06-09 10-03 10-31 12-25 12-26" },
    { "DE", "TH", 2025, 0, "01-01 04-18 04-21 05-01 05-29 06-09 09-20 10-03 10-31 12-25 12-26" },
    { "DE", "SH", 2016, 0, "01-01 03-25 03-28 05-01 05-05 05-16 10-03 12-25 12-26" },
    { "DE", "SH", 2017, 0, "01-01 04-14 04-17 05-01 05-25 06-05 10-03 10-31 12-25 12-26" },
    { "DE", "SH", 1994, 0, "01-01 04-01 04-04 05-01 05-12 05-23 10-03 11-16 12-25 12-26" },
};

START_TEST(as_announced)
{
    struct holiday list[HOLIDAYS_MAX];
    int n = (announced[_i].all ? holiday_list_all : holiday_list)(announced[_i].country, announced[_i].region, announced[_i].year, list);
    char got[1024] = "";
    for (int i = 0; i < n; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i > 0 ? " " : "", date(list[i].day) + 5);
    ck_assert_msg(strcmp(got, announced[_i].dates) == 0, "%s %s %d:\n got  %s\n want %s", announced[_i].country, announced[_i].region == NULL ? "" : announced[_i].region,
                  announced[_i].year, got, announced[_i].dates);
}
END_TEST

static const struct holiday *named(const struct holiday *list, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

/* Names and kinds: who may be open on that day. */
START_TEST(names_and_kinds)
{
    static const struct { const char *country, *region; int year; const char *name, *date, *kind; } wanted[] = {
        { "GB", "ENG", 2022, "new_year_substitute", "2022-01-03", "public" }, { "GB", "ENG", 2022, "christmas_substitute", "2022-12-27", "public" },
        { "GB", "SCT", 2022, "second_january_substitute", "2022-01-04", "regional" }, { "GB", "SCT", 2024, "st_andrew", "2024-11-30", "bank" },
        { "GB", "SCT", 2024, "st_andrew_substitute", "2024-12-02", "bank" }, { "US", NULL, 2021, "new_year_observed", "2021-12-31", "bank" },
        { "US", NULL, 2026, "independence_day_observed", "2026-07-03", "bank" }, { "US", NULL, 2024, "thanksgiving", "2024-11-28", "public" },
        { "ES", NULL, 2025, "national_day_moved", "2025-10-13", "observance" }, { "BE", NULL, 2026, "good_friday", "2026-04-03", "bank" },
        { "DE", "TH", 2026, "childrens_day", "2026-09-20", "regional" }, { "DE", NULL, 2026, "unity_day", "2026-10-03", "public" },
        { "NL", NULL, 2026, "liberation_day", "2026-05-05", "observance" }, { "PT", NULL, 2026, "carnival", "2026-02-17", "observance" },
    };
    for (size_t i = 0; i < COUNT(wanted); i++) {
        struct holiday list[HOLIDAYS_MAX];
        int n = holiday_list_all(wanted[i].country, wanted[i].region, wanted[i].year, list);
        const struct holiday *h = named(list, n, wanted[i].name);
        ck_assert_msg(h != NULL, "%s %d has no %s", wanted[i].country, wanted[i].year, wanted[i].name);
        ck_assert_str_eq(date(h->day), wanted[i].date);
        ck_assert_str_eq(holiday_class_names[h->class], wanted[i].kind);
    }
}
END_TEST

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
    static const char *const countries[] = { "BE", "NL", "LU", "FR", "DE", "US", "GB", "ES", "IT", "PT" };
    struct holiday list[HOLIDAYS_MAX];
    for (int year = 1900; year < 2200; year++) {
        int n = holiday_list_all(countries[_i], "BY", year, list);
        ck_assert(n > 3 && n < HOLIDAYS_MAX);
        for (int i = 1; i < n; i++)
            ck_assert(list[i - 1].day <= list[i].day);
    }
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { easter, COUNT(easters) }, { easter_is_a_spring_sunday, 0 }, { lists, COUNT(years) }, { regions_and_years, 0 }, { order_and_room, 10 }, { as_announced, COUNT(announced) }, { names_and_kinds, 0 },
    };
    return base_suite_run("almanac holiday", tests, COUNT(tests));
}
