/* The providers beyond the usual ones: that they tell the world's truth, when it is known and not before, and change their mind as the real ones do. */
#include <math.h>
#include <stdio.h>

#include "almanac/holiday.h"
#include "world/prices.h"
#include "world/school.h"
#include "world_help.h"

static struct world *world;

static void begin(void)
{
    take_zone();
    world = new_world(1, local_s(2026, 5, 14, 10, 20));
}

static void finish(void)
{
    free_world(world);
    give_zone();
}

static void to_day(int year, int month, int mday)
{
    world_advance(world, local_s(year, month, mday, 12, 10) * 1000);
}

static struct text get(const char *url, int status)
{
    struct reply reply = {0};
    ck_assert_int_eq(world_answer(world, url, "gnomon/0.1 ops@example.org", NULL, 1000, &reply), 0);
    ck_assert_msg(reply.status == status, "%s: %d %.*s", url, reply.status, (int)(reply.body.len < 300 ? reply.body.len : 300), reply.body.data);
    return reply.body;
}

static struct json *document(const char *url)
{
    struct gnm_why why = {0};
    struct text body = get(url, 200);
    struct json *doc = json_parse(body.data, body.len, 0, &why);
    ck_assert_msg(doc != NULL, "%s: %s", url, why.text);
    text_free(&body);
    return doc;
}

static void refuses(const char *url, int status)
{
    struct text body = get(url, status);
    ck_assert_uint_gt(body.len, 10);
    text_free(&body);
}

static double number(const struct json *node, const char *pointer)
{
    double x = NAN;
    const struct json *at = json_pointer(node, pointer);
    ck_assert_msg(at != NULL, "nothing at %s", pointer);
    if (json_type(at) == JSON_STRING && text_double(json_string(at), &x) == 0)
        return x;
    return json_number(at, &x) == 0 ? x : NAN;    /* NaN: null, or a text like "-" */
}

static const char *string(const struct json *node, const char *pointer)
{
    const char *text = json_string(json_pointer(node, pointer));
    ck_assert_msg(text != NULL, "no text at %s", pointer);
    return text;
}

/* The sum of what a station says of the sun on a day, in kWh; hours without a value are left out. */
static double station_kwh(const char *day, const char *next)
{
    char url[128];
    double sum = 0;
    snprintf(url, sizeof url, "/weather?lat=50.85&lon=4.35&date=%s&last_date=%s&tz=Etc/UTC", day, next);
    struct json *doc = document(url);
    ck_assert_uint_eq(json_size(json_pointer(doc, "/weather")), 25);    /* the last day's midnight is the end of the first */
    for (const struct json *row = json_first(json_pointer(doc, "/weather")); row != NULL; row = json_next(row)) {
        double x = number(row, "/solar");
        sum += isnan(x) ? 0 : x;
    }
    json_free(doc);
    return sum;
}

START_TEST(a_station_is_checked_later)
{
    double ahead = station_kwh("2026-05-17", "2026-05-18"), late[3];
    world_advance(world, local_s(2026, 5, 18, 3, 0) * 1000);
    late[0] = station_kwh("2026-05-17", "2026-05-18");
    to_day(2026, 5, 20);
    late[1] = station_kwh("2026-05-17", "2026-05-18");
    to_day(2026, 5, 30);
    late[2] = station_kwh("2026-05-17", "2026-05-18");
    ck_assert_double_ne(ahead, late[0]);           /* a forecast, a quick report, the checked file, which stays */
    ck_assert_double_ne(late[0], late[1]);
    ck_assert_double_eq_tol(late[0], late[1], 0.2);
    ck_assert_double_eq(late[1], late[2]);
    refuses("/weather?lat=50.85&date=2026-05-17", 400);
    refuses("/weather?lat=50.85&lon=4.35&date=2001-05-17", 404);
}
END_TEST

START_TEST(panels_are_estimated_anew_with_each_vintage)
{
    const char *url = "/estimate/50.8500/4.3500/35/0/0.4?time=utc";
    struct json *first = document(url);
    ck_assert_uint_eq(json_size(json_pointer(first, "/result/watt_hours_day")), 2);
    double tomorrow_wh = number(first, "/result/watt_hours_day/2026-05-15"), sum_wh = 0;
    for (const struct json *part = json_first(json_pointer(first, "/result/watt_hours_period")); part != NULL; part = json_next(part)) {
        double wh;
        ck_assert_int_eq(json_number(part, &wh), 0);
        sum_wh += wh;
    }
    ck_assert_double_eq_tol(sum_wh, number(first, "/result/watt_hours_day/2026-05-14") + tomorrow_wh, 20);    /* each part is rounded */
    ck_assert_double_gt(tomorrow_wh, 100);
    ck_assert_double_lt(tomorrow_wh, 400 * 9);
    world_advance(world, world->now_ms + 12 * 3600000);
    struct json *second = document(url);
    ck_assert_double_ne(number(second, "/result/watt_hours_day/2026-05-15"), tomorrow_wh);
    json_free(first);
    json_free(second);
    refuses("/estimate/50.85/4.35/35/0", 422);
    refuses("/estimate/50.85/4.35/135/0/0.4", 422);
    refuses("/api/v5_3/seriescalc?lat=50.85&lon=4.35&startyear=2026&endyear=2026&outputformat=json", 400);
}
END_TEST

START_TEST(holidays_are_those_of_the_rules)
{
    struct holiday list[HOLIDAYS_MAX];
    int n = holiday_list_all("BE", NULL, 2027, list);
    struct json *three = document("/api/v3/publicholidays/2027/BE"), *four = document("/api/v4/Holidays/be/2027");
    ck_assert_int_eq((int)json_size(three), n);
    ck_assert_int_eq((int)json_size(four), n);
    for (int i = 0; i < n; i++) {
        char pointer[24], date[11];
        civil_format_date(list[i].day, date);
        snprintf(pointer, sizeof pointer, "/%d/date", i);
        ck_assert_str_eq(string(three, pointer), date);
        ck_assert_str_eq(string(four, pointer), date);
    }
    ck_assert_str_eq(string(three, "/0/name"), "New Year");
    json_free(three);
    json_free(four);
    refuses("/api/v3/publicholidays/2027/QQ", 404);
    refuses("/api/v3/publicholidays/BE/2027", 400);
}
END_TEST

START_TEST(school_years_are_announced)
{
    const char *late = "/SchoolHolidays?countryIsoCode=BE&groupCode=BE-FR&validFrom=2026-09-01&validTo=2028-08-31";
    struct school_break year[SCHOOL_BREAKS];
    struct json *before = document(late), *flemish = document("/SchoolHolidays?countryIsoCode=BE&groupCode=BE-NL&validFrom=2026-09-01&validTo=2028-08-31");
    ck_assert_uint_eq(json_size(before), SCHOOL_BREAKS);
    ck_assert_uint_eq(json_size(flemish), 2 * SCHOOL_BREAKS);
    to_day(2026, 9, 2);
    struct json *after = document(late);
    ck_assert_uint_eq(json_size(after), 2 * SCHOOL_BREAKS);
    ck_assert_str_eq(string(before, "/3/id"), string(after, "/3/id"));
    ck_assert_str_ne(string(before, "/3/startDate"), string(flemish, "/3/startDate"));
    for (int second = 0; second < 2; second++) {
        for (int y = 2015; y < 2045; y++) {    /* in order, apart, whole weeks but in summer */
            school_year(y, second, year);
            for (int i = 0; i < SCHOOL_BREAKS; i++) {
                ck_assert_int_lt(year[i].first, year[i].last);
                ck_assert(i == 0 || year[i].first > year[i - 1].last);
                ck_assert(i == 4 || (civil_weekday(year[i].last) == 6 || year[i].last - year[i].first == 13));
            }
            ck_assert(year[1].first <= civil_day(y, 12, 25) + 2 && year[1].last >= civil_day(y + 1, 1, 1));
        }
    }
    json_free(before);
    json_free(after);
    json_free(flemish);
    refuses("/SchoolHolidays?countryIsoCode=BE&groupCode=BE-FR&validFrom=2020-09-01&validTo=2028-08-31", 400);
}
END_TEST

START_TEST(a_match_is_scheduled_timed_and_finished)
{
    const char *url = "/v4/competitions/BL1/matches?dateFrom=2026-08-01&dateTo=2026-08-31";
    static const char *const status[] = {"SCHEDULED", "TIMED", "FINISHED"};
    char found[3][16];
    for (int i = 0; i < 3; i++) {
        if (i > 0)
            to_day(2026, i == 1 ? 8 : 9, 1);
        struct json *doc = document(url);
        ck_assert_double_eq(number(doc, "/resultSet/count"), (double)json_size(json_pointer(doc, "/matches")));
        ck_assert_uint_ge(json_size(json_pointer(doc, "/matches")), 3 * FIXTURES_TEAMS / 2);
        snprintf(found[i], sizeof found[i], "%s", string(doc, "/matches/0/status"));
        ck_assert_str_eq(found[i], status[i]);
        ck_assert_int_eq(isnan(number(doc, "/matches/0/score/fullTime/home")), i < 2);
        json_free(doc);
    }
    refuses("/v4/competitions/XX9/matches?dateFrom=2026-08-01&dateTo=2026-08-31", 404);
    refuses("/v4/competitions/BL1/matches?dateFrom=2026-08-01", 400);
}
END_TEST

START_TEST(people_type_scores_in_later)
{
    const char *url = "/api/v1/json/123/eventslast.php?id=133601";
    int missing = 0, crowds = 0;
    for (int day = 1; day <= 28; day++) {
        world_advance(world, (civil_day(2026, 9, day) * 86400 + 22 * 3600) * 1000);
        struct json *doc = document(url);
        ck_assert_uint_ge(json_size(json_pointer(doc, "/results")), 5);
        missing += isnan(number(doc, "/results/0/intHomeScore"));
        crowds += !isnan(number(doc, "/results/4/intSpectators"));
        ck_assert(!isnan(number(doc, "/results/4/intHomeScore")));
        json_free(doc);
    }
    ck_assert_int_ge(missing, 1);
    ck_assert_int_le(missing, 10);
    ck_assert_int_ge(crowds, 1);
    struct json *none = document("/api/v1/json/123/eventslast.php?id=7");
    ck_assert_int_eq(json_type(json_pointer(none, "/results")), JSON_NULL);
    json_free(none);
}
END_TEST

/* The last line of a table that begins with `start`, NUL-ended in `ret`; "" when none does. */
static void line_of(const char *url, const char *start, char ret[200])
{
    struct text body = get(url, 200);
    ret[0] = '\0';
    for (const char *p = body.data; p != NULL && *p != '\0'; p = strchr(p, '\n') != NULL ? strchr(p, '\n') + 1 : NULL) {
        size_t len = strcspn(p, "\n");
        if (strncmp(p, start, strlen(start)) == 0)
            snprintf(ret, 200, "%.*s", (int)len, p);
    }
    text_free(&body);
}

START_TEST(offices_publish_in_time)
{
    const char *ecb = "/service/data/HICP/M.BE.N.000000.4D0.ANR?format=csvdata&startPeriod=2026-01",
               *oecd = "/public/rest/data/OECD.SDD.TPS,DSD_PRICES@DF_PRICES_ALL,1.0/BEL.M.N.CPI.PA._T.N.GY?startPeriod=2026-01&format=csvfilewithlabels",
               *bls = "/publicAPI/v2/timeseries/data/CUUR0000SA0?startyear=2025&endyear=2026";
    char line[200], value[40];
    double april = prices_final_pct(1, "BE", civil_month_index(civil_day(2026, 4, 1)));
    line_of(ecb, "HICP", line);
    ck_assert_ptr_nonnull(strstr(line, ",2026-03,"));    /* of April on 18 May */
    line_of(oecd, "DATAFLOW", line);
    ck_assert_ptr_nonnull(strstr(line, "2026-03,,"));
    struct json *doc = document(bls);
    ck_assert_str_eq(string(doc, "/Results/series/0/data/0/period"), "M04");
    ck_assert_str_eq(string(doc, "/Results/series/0/data/4/period"), "M13");
    json_free(doc);
    to_day(2026, 5, 22);
    line_of(ecb, "HICP", line);
    snprintf(value, sizeof value, ",2026-04,%.1f,", april);
    ck_assert_ptr_nonnull(strstr(line, value));
    line_of(oecd, "DATAFLOW", line);
    ck_assert_ptr_nonnull(strstr(line, "2026-04,,NaN,"));
    to_day(2026, 6, 10);
    line_of(oecd, "DATAFLOW", line);
    snprintf(value, sizeof value, "2026-04,,%.2f,", prices_national_pct(1, "BE", civil_month_index(civil_day(2026, 4, 1))));
    ck_assert_ptr_nonnull(strstr(line, value));
    refuses("/service/data/HICP/M.BE.N.000000.4D0.XXX?format=csvdata", 404);
    refuses("/public/rest/data/OECD.SDD.TPS,DSD_PRICES@DF_PRICES_ALL,1.0/QQQ.M.N.CPI.PA._T.N.GY?format=csvfilewithlabels", 404);
}
END_TEST

START_TEST(years_come_in_july)
{
    const char *url = "/v2/country/BEL/indicator/FP.CPI.TOTL.ZG?format=json&per_page=500";
    struct json *before = document(url);
    to_day(2026, 7, 2);
    struct json *after = document(url), *page = document("/v2/country/BEL/indicator/FP.CPI.TOTL.ZG?format=json&per_page=10&page=2");
    ck_assert_double_eq(number(before, "/0/total"), (double)json_size(json_pointer(before, "/1")));
    ck_assert_double_eq(number(before, "/1/1/date"), 2025);
    ck_assert(isnan(number(before, "/1/1/value")) && !isnan(number(before, "/1/2/value")));
    ck_assert(isnan(number(after, "/1/0/value")) && !isnan(number(after, "/1/1/value")));
    ck_assert_double_eq(number(page, "/1/0/date"), 2016);
    ck_assert_uint_eq(json_size(json_pointer(page, "/1")), 10);
    json_free(before);
    json_free(after);
    json_free(page);
    struct json *error = document("/v2/country/QQQ/indicator/FP.CPI.TOTL.ZG?format=json");
    ck_assert_uint_eq(json_size(error), 1);
    json_free(error);
}
END_TEST

START_TEST(indices_are_late_and_revised)
{
    const char *acled = "/api/acled/read?country=Belgium&event_date=2026-04-20%7C2026-05-10&event_date_where=BETWEEN&limit=5000", *epu = "/media/All_Daily_Policy_Data.csv",
               *gpr = "/ai_gpr_files/ai_gpr_data_daily.csv";
    char early[3][200], later[3][200];
    struct json *few = document(acled);
    line_of(epu, "13,5,2026,", early[0]);
    line_of(epu, "1,5,2026,", early[1]);
    line_of(gpr, "2026-05-14", early[2]);
    ck_assert_str_eq(early[2], "");    /* a batch every ten days, late */
    to_day(2026, 6, 14);
    struct json *more = document(acled);
    line_of(epu, "13,5,2026,", later[0]);
    line_of(epu, "1,5,2026,", later[1]);
    line_of(gpr, "2026-05-14", later[2]);
    ck_assert_str_ne(early[0], later[0]);
    ck_assert_str_eq(early[1], later[1]);
    ck_assert_uint_gt(strlen(later[2]), 30);
    ck_assert_double_eq(number(few, "/count"), (double)json_size(json_pointer(few, "/data")));
    ck_assert_double_gt(number(more, "/count"), number(few, "/count"));
    json_free(few);
    json_free(more);
    refuses("/api/acled/read?country=Belgium&event_date=2026-04-20", 400);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("other providers");
    Suite *suite = suite_create("world");
    tcase_set_timeout(cases, 20);
    tcase_add_checked_fixture(cases, begin, finish);
    tcase_add_test(cases, a_station_is_checked_later);
    tcase_add_test(cases, panels_are_estimated_anew_with_each_vintage);
    tcase_add_test(cases, holidays_are_those_of_the_rules);
    tcase_add_test(cases, school_years_are_announced);
    tcase_add_test(cases, a_match_is_scheduled_timed_and_finished);
    tcase_add_test(cases, people_type_scores_in_later);
    tcase_add_test(cases, offices_publish_in_time);
    tcase_add_test(cases, years_come_in_july);
    tcase_add_test(cases, indices_are_late_and_revised);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
