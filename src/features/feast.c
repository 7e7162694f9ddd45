#include "features/feast.h"

#include "almanac/civil.h"
#include "almanac/holiday.h"

const char *const feast_names[FEASTS] = { "feast_christmas_eve", "feast_christmas", "feast_st_stephen", "feast_new_years_eve", "feast_new_year",
                                          "feast_may_day", "feast_good_friday", "feast_easter", "feast_easter_monday", "feast_ascension",
                                          "feast_whit_monday" };

static const struct { int month, mday; } fixed[] = { { 12, 24 }, { 12, 25 }, { 12, 26 }, { 12, 31 }, { 1, 1 }, { 5, 1 } };
enum { N_FIXED = sizeof fixed / sizeof *fixed };
static const int after_easter[] = { -2, 0, 1, 39, 50 };

unsigned feast_mask(int64_t day)
{
    int year, month, mday;
    unsigned mask = 0;
    civil_date(day, &year, &month, &mday);
    for (int i = 0; i < N_FIXED; i++)
        if (month == fixed[i].month && mday == fixed[i].mday)
            mask |= 1u << i;
    if (month < 3 || month > 6)
        return mask;
    int64_t easter = easter_day(year);
    for (int i = 0; i < FEASTS - N_FIXED; i++)
        if (day == easter + after_easter[i])
            mask |= 1u << (N_FIXED + i);
    return mask;
}

/* A week before Christmas to the day of the Magi. */
int feast_year(int64_t day)
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    if (month == 1 ? mday > 6 : month < 12 || mday < 18)
        return 0;
    return (int)(day - civil_day(year - 1, month, mday));
}

int feast_is_wide(int feast)
{
    return feast == 1 || feast == 4 || feast == 7;
}

int feast_is_eve(int feast)
{
    return feast == 0 || feast == 3;
}

int feast_moves(int feast)
{
    return feast >= N_FIXED;
}
