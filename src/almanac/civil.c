#include "almanac/civil.h"

/* Days from a year that begins in March: the leap day is then the last of its year, and 400 years have 146097 days. */
enum { ERA_DAYS = 146097, EPOCH_OFFSET = 719468 };    /* 0000-03-01 to 1970-01-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t civil_day(int year, int month, int mday)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400), in_era = y - era * 400;
    int64_t in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + mday - 1;
    return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 + in_year - EPOCH_OFFSET;
}

void civil_date(int64_t day, int *year, int *month, int *mday)
{
    day += EPOCH_OFFSET;
    int64_t era = floor_div(day, ERA_DAYS), in_era = day - era * ERA_DAYS;
    int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * y + y / 4 - y / 100), m = (5 * in_year + 2) / 153;
    *mday = (int)(in_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

int civil_weekday(int64_t day)
{
    return (int)(day + 3 - floor_div(day + 3, 7) * 7);     /* 1970-01-01 was a Thursday */
}

int civil_day_of_year(int64_t day)
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    return (int)(day - civil_day(year, 1, 1)) + 1;
}

int civil_month_length(int year, int month)
{
    return (int)(civil_day(year + month / 12, month % 12 + 1, 1) - civil_day(year, month, 1));
}

int64_t civil_month_index(int64_t day)
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    return ((int64_t)year - 1970) * 12 + month - 1;
}

int64_t civil_month_first(int64_t index)
{
    int64_t year = floor_div(index, 12);
    return civil_day((int)year + 1970, (int)(index - year * 12) + 1, 1);
}

int64_t civil_month_start(int64_t day)
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    return day - (mday - 1);
}
