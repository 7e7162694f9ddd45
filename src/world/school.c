#include "world/school.h"

#include "almanac/civil.h"
#include "almanac/holiday.h"

static int64_t monday_before(int64_t day)    /* or the day itself */
{
    return day - civil_weekday(day);
}

/* Two weeks from the first Monday of April, but never beyond Easter Monday's week nor before an Easter in March. */
static int64_t spring(int year)
{
    int64_t easter = easter_day(year), april = monday_before(civil_day(year, 4, 1) + 6);
    if (easter < civil_day(year, 4, 1))
        return easter + 1;
    return easter > civil_day(year, 4, 15) ? easter - 13 : april;
}

void school_year(int year, int second, struct school_break ret[SCHOOL_BREAKS])
{
    int64_t autumn = monday_before(civil_day(year, 11, 1) + (civil_weekday(civil_day(year, 11, 1)) == 6)) - (second ? 7 : 0);
    int64_t winter = monday_before(civil_day(year, 12, 25) + 2), carnival = easter_day(year + 1) - 48, weeks = second ? 14 : 7;
    int64_t easter = second ? carnival + 70 : spring(year + 1);
    int64_t summer = second ? monday_before(civil_day(year + 1, 7, 3) + 1) + 5 : civil_day(year + 1, 7, 1);
    int64_t back = second ? monday_before(civil_day(year + 1, 8, 28)) : civil_day(year + 1, 9, 1);
    ret[0] = (struct school_break){autumn, autumn + weeks - 1, "Autumn Holidays"};
    ret[1] = (struct school_break){winter, winter + 13, "Winter Holidays"};
    ret[2] = (struct school_break){carnival, carnival + weeks - 1, "Carnival Holidays"};
    ret[3] = (struct school_break){easter, easter + 13, "Spring Holidays"};
    ret[4] = (struct school_break){summer, back - 1, "Summer Holidays"};
}

int school_announced(int64_t day, int second)
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    return (month >= 9 ? year : year - 1) + (second ? 1 : 3);
}
