#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "almanac/civil.h"
#include "base/random.h"
#include "base_suite.h"

/* Every day of four hundred years against the C library. */
START_TEST(days_agree_with_the_library)
{
    for (int64_t day = civil_day(1850, 1, 1); day <= civil_day(2250, 12, 31); day++) {
        int year, month, mday;
        time_t t = (time_t)day * 86400;
        struct tm tm;
        gmtime_r(&t, &tm);
        civil_date(day, &year, &month, &mday);
        ck_assert(year == tm.tm_year + 1900 && month == tm.tm_mon + 1 && mday == tm.tm_mday);
        ck_assert_int_eq(civil_day(year, month, mday), day);
        ck_assert_int_eq(civil_weekday(day), (tm.tm_wday + 6) % 7);
        ck_assert_int_eq(civil_day_of_year(day), tm.tm_yday + 1);
        int64_t index = civil_month_index(day);
        ck_assert_int_eq(civil_month_first(index), day - mday + 1);
        ck_assert_int_eq(civil_month_start(day), day - mday + 1);
        ck_assert_int_eq(civil_month_length(year, month), civil_month_first(index + 1) - civil_month_first(index));
    }
}
END_TEST

START_TEST(known_days)
{
    ck_assert_int_eq(civil_day(1970, 1, 1), 0);
    ck_assert_int_eq(civil_day(2000, 3, 1), 11017);
    ck_assert_int_eq(civil_day(1969, 12, 31), -1);
    ck_assert_int_eq(civil_day(-1, 1, 1) + 365, civil_day(0, 1, 1));
    ck_assert_int_eq(civil_weekday(civil_day(2026, 9, 1)), 1);
    ck_assert_int_eq(civil_month_length(2024, 2), 29);
    ck_assert_int_eq(civil_month_length(1900, 2), 28);
    ck_assert_int_eq(civil_month_length(2025, 12), 31);
    ck_assert_int_eq(civil_month_index(-1), -1);
    ck_assert_int_eq(civil_month_first(-1), civil_day(1969, 12, 1));
}
END_TEST

static const struct { const char *text; int y, m, d; } dates[] = {
    { "2026-09-01", 2026, 9, 1 }, { "1900-01-01", 1900, 1, 1 }, { "2199-12-31", 2199, 12, 31 }, { "2024-02-29", 2024, 2, 29 },
    { "2023-02-29", 0, 0, 0 }, { "1899-12-31", 0, 0, 0 }, { "2200-01-01", 0, 0, 0 }, { "2026-9-1", 0, 0, 0 }, { "2026-13-01", 0, 0, 0 },
    { "2026-00-10", 0, 0, 0 }, { "2026-04-31", 0, 0, 0 }, { "2026-04-00", 0, 0, 0 }, { "2026-09-01 ", 0, 0, 0 }, { " 2026-09-01", 0, 0, 0 },
    { "2026/09/01", 0, 0, 0 }, { "2026-09-011", 0, 0, 0 }, { "20260901", 0, 0, 0 }, { "", 0, 0, 0 }, { "2026", 0, 0, 0 }, { "2026-09", 0, 0, 0 },
    { "+026-09-01", 0, 0, 0 }, { "-026-09-01", 0, 0, 0 },
};

START_TEST(dates_are_exact)
{
    int64_t got = 12345;
    int good = dates[_i].y != 0;
    ck_assert_msg(civil_parse_date(dates[_i].text, &got) == (good ? 0 : -EINVAL), "%s", dates[_i].text);
    ck_assert_int_eq(got, good ? civil_day(dates[_i].y, dates[_i].m, dates[_i].d) : 12345);
    char back[11];
    if (good) {
        civil_format_date(got, back);
        ck_assert_str_eq(back, dates[_i].text);
    }
}
END_TEST

static const struct { const char *text, *utc; } times[] = {
    { "2026-09-01T10:00:00Z", "2026-09-01T10:00:00Z" }, { "2026-09-01t10:00:00z", "2026-09-01T10:00:00Z" },
    { "2026-09-01T10:00:00+02:00", "2026-09-01T08:00:00Z" }, { "2026-09-01T10:00:00+0200", "2026-09-01T08:00:00Z" },
    { "2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z" }, { "2026-09-01T10:00:00-09:30", "2026-09-01T19:30:00Z" },
    { "2026-09-01T10:00:00.999Z", "2026-09-01T10:00:00Z" }, { "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z" },
    { "2026-09-01 10:00:00Z", "2026-09-01T10:00:00Z" }, { "2026-09-01T10:00Z", "2026-09-01T10:00:00Z" },
    { "1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z" },
    { "2026-09-01T10:00:00", NULL }, { "2026-09-01T24:00:00Z", NULL }, { "2026-09-01T10:60:00Z", NULL }, { "2026-09-01T10:00:61Z", NULL },
    { "2026-09-01T10:00:00.Z", NULL }, { "2026-09-01T10:00:00Zx", NULL }, { "2026-09-01T10:00:00+2:00", NULL }, { "2026-09-01", NULL },
    { "2026-09-01T", NULL }, { "2026-09-01T10", NULL }, { "2026-09-01T10:00:00+02:60", NULL }, { "2026-09-01T10:00:00+", NULL }, { "", NULL },
    { "2026-02-30T10:00:00Z", NULL }, { "9999-01-01T00:00:00Z", NULL },
};

START_TEST(times_are_exact)
{
    int64_t got = 12345;
    ck_assert_msg(civil_parse_time(times[_i].text, &got) == (times[_i].utc != NULL ? 0 : -EINVAL), "%s", times[_i].text);
    char back[21];
    civil_format_time(got, back);
    ck_assert_str_eq(back, times[_i].utc != NULL ? times[_i].utc : "1970-01-01T03:25:45Z");
}
END_TEST

static const struct { const char *text, *format, *utc; int has_time; } formats[] = {
    { "2026-09-01", "%Y-%m-%d", "2026-09-01T00:00:00Z", 0 }, { "2026-09-01T14:30", "%Y-%m-%dT%H:%M", "2026-09-01T14:30:00Z", 1 },
    { "20200101:0010", "%Y%m%d:%H%M", "2020-01-01T00:10:00Z", 1 }, { "20260831T181500Z", "%Y%m%dT%H%M%SZ", "2026-08-31T18:15:00Z", 1 },
    { "20260831T000000Z", "%Y%m%dT000000Z", "2026-08-31T00:00:00Z", 0 }, { "2026-M09", "%Y-M%m", "2026-09-01T00:00:00Z", 0 },
    { "2025", "%Y", "2025-01-01T00:00:00Z", 0 }, { "2026-08", "%Y-%m", "2026-08-01T00:00:00Z", 0 }, { "1985-1-1", "%Y-%m-%d", "1985-01-01T00:00:00Z", 0 },
    { "1/2/2026", "%d/%m/%Y", "2026-02-01T00:00:00Z", 0 }, { "100% 2026", "100%% %Y", "2026-01-01T00:00:00Z", 0 },
    { "20260831T181500Z", "%Y%m%dT000000Z", NULL, 0 }, { "20261", "%Y%m", NULL, 0 }, { "2026111", "%Y%m%d", NULL, 0 },
    { "2026-M13", "%Y-M%m", NULL, 0 }, { "2026-09-01x", "%Y-%m-%d", NULL, 0 }, { "2026-09", "%Y-%m-%d", NULL, 0 }, { "", "%Y", NULL, 0 },
    { "09-01", "%m-%d", NULL, 0 }, { "2026", "%Y%", NULL, 0 }, { "2026", "%y", NULL, 0 }, { "2026-09-01 25:00", "%Y-%m-%d %H:%M", NULL, 0 },
    { "26-09-01", "%Y-%m-%d", NULL, 0 },
};

START_TEST(formats_match_whole_texts)
{
    int64_t got = 12345;
    int has_time = 7;
    int r = civil_parse_format(formats[_i].text, formats[_i].format, &got, &has_time);
    ck_assert_msg(r == (formats[_i].utc != NULL ? 0 : -EINVAL), "%s as %s", formats[_i].text, formats[_i].format);
    char back[21];
    civil_format_time(got, back);
    ck_assert_str_eq(back, formats[_i].utc != NULL ? formats[_i].utc : "1970-01-01T03:25:45Z");
    ck_assert_int_eq(has_time, formats[_i].utc != NULL ? formats[_i].has_time : 7);
}
END_TEST

/* Fixed places and the date remembered must never read anything else than the format alone does. */
START_TEST(layouts_read_as_formats_do)
{
    static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%dT000000Z", "%d.%m.%Y %H:%M", "%H:%M %d/%m/%Y", "%Y", "%Y-M%m", "%Y%%%m" };
    struct civil_layout layout;
    struct civil_recent recent = { .day_s = 0 };
    ck_assert_int_eq(civil_layout(forms[_i], &layout), 0);
    struct random random;
    random_seed(&random, 77);
    int read = 0;
    for (int i = 0; i < 20000; i++) {
        char text[40] = "";
        size_t used = 0;
        for (const char *f = forms[_i]; *f != '\0'; f++) {
            int limit = *f != '%' ? 0 : *++f == 'Y' ? 3 : *f == 'm' ? 14 : *f == 'd' ? 33 : *f == 'H' ? 26 : 65;
            if (limit == 0 || *f == '%')
                text[used++] = *f;
            else
                used += (size_t)sprintf(text + used, random_below(&random, 20) == 0 ? "%d" : "%02d", limit == 3 ? 2026 : (int)random_below(&random, (uint64_t)limit));
        }
        if (random_below(&random, 10) == 0)
            text[random_below(&random, used)] = "x0-\0"[random_below(&random, 4)];
        int64_t fast = 1, slow = 1;
        int has_time, err = civil_parse_layout(&layout, text, &recent, &fast), want = civil_parse_format(text, forms[_i], &slow, &has_time);
        ck_assert_msg(err < 0 || (want == 0 && fast == slow), "%s as %s", text, forms[_i]);
        read += err == 0;
    }
    ck_assert_int_gt(read, 5000);
    ck_assert_int_eq(civil_layout("%m-%d", &layout), -EINVAL);
    ck_assert_int_eq(civil_layout("%Y-%Y", &layout), -EINVAL);
    ck_assert_int_eq(civil_layout("%Y-%y", &layout), -EINVAL);
    ck_assert_int_eq(civil_layout("%Y-%", &layout), -EINVAL);
    ck_assert_int_eq(civil_layout("a format that is longer than a date can be %Y", &layout), -EINVAL);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { days_agree_with_the_library, 0 }, { known_days, 0 }, { dates_are_exact, COUNT(dates) }, { times_are_exact, COUNT(times) },
        { formats_match_whole_texts, COUNT(formats) }, { layouts_read_as_formats_do, 9 },
    };
    return base_suite_run("almanac civil", tests, COUNT(tests));
}
