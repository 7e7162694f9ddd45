/* The providers: their formats, their manners, and that they tell nobody the future. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>

#include "world/prices.h"
#include "world_help.h"

#define AGENT "gnomon/0.1 ops@example.org"
#define MET "/weatherapi/locationforecast/2.0/compact"
#define EUROSTAT "/eurostat/api/dissemination/statistics/1.0/data/"

static struct world *world;
static int64_t real_ms;

static void begin(void)
{
    take_zone();
    world = new_world(1, local_s(2026, 5, 14, 10, 20));
    real_ms = 1000000;
}

static void finish(void)
{
    free_world(world);
    give_zone();
}

static int get_as(const char *url, const char *agent, const char *since, struct reply *ret)
{
    *ret = (struct reply){0};
    real_ms += 60000;
    ck_assert_int_eq(world_answer(world, url, agent, since, real_ms, ret), 0);
    return ret->status;
}

static int status_of(const char *url, const char *agent)
{
    struct reply reply;
    int status = get_as(url, agent, NULL, &reply);
    text_free(&reply.body);
    return status;
}

/* The document of an answer that must be 200 and JSON. */
static struct json *get(const char *url)
{
    struct reply reply;
    struct gnm_why why = {0};
    ck_assert_int_eq(get_as(url, AGENT, NULL, &reply), 200);
    struct json *doc = json_parse(reply.body.data, reply.body.len, 0, &why);
    ck_assert_msg(doc != NULL, "%s: %s", url, why.text);
    text_free(&reply.body);
    return doc;
}

static double number(const struct json *node, const char *pointer)
{
    double x = NAN;
    ck_assert_msg(json_number(json_pointer(node, pointer), &x) == 0, "no number at %s", pointer);
    return x;
}

static const char *string(const struct json *node, const char *pointer)
{
    const char *text = json_string(json_pointer(node, pointer));
    ck_assert_msg(text != NULL, "no text at %s", pointer);
    return text;
}

START_TEST(met_gives_hours_then_six_hours)
{
    struct json *doc = get(MET "?lat=50.85&lon=4.35");
    int64_t last_s = 0, t, updated_s;
    int hourly = 0, coarse = 0;
    ck_assert_int_eq(civil_parse_time(string(doc, "/properties/meta/updated_at"), &updated_s), 0);
    ck_assert_int_le(updated_s, world->now_ms / 1000);
    for (const struct json *row = json_first(json_pointer(doc, "/properties/timeseries")); row != NULL; row = json_next(row)) {
        ck_assert_int_eq(civil_parse_time(string(row, "/time"), &t), 0);
        ck_assert(last_s == 0 || t - last_s == 3600 || t - last_s == 6 * 3600);
        last_s = t;
        double cloud = number(row, "/data/instant/details/cloud_area_fraction");
        ck_assert(cloud >= 0 && cloud <= 100);
        number(row, "/data/instant/details/air_temperature");
        number(row, "/data/instant/details/wind_speed");
        ck_assert_double_ge(number(row, "/data/next_6_hours/details/precipitation_amount"), 0);
        if (json_pointer(row, "/data/next_1_hours") != NULL)
            hourly++;
        else
            coarse++;
    }
    ck_assert_int_ge(hourly, 48);
    ck_assert_int_ge(coarse, 20);
    ck_assert_int_ge(last_s, world->now_ms / 1000 + 8 * 86400);
    json_free(doc);
}
END_TEST

START_TEST(met_has_manners)
{
    ck_assert_int_eq(status_of(MET "?lat=50.85&lon=4.35", NULL), 403);
    ck_assert_int_eq(status_of(MET "?lat=50.85&lon=4.35", "curl/7.88"), 403);
    ck_assert_int_eq(status_of(MET "?lat=50.85&lon=4.35", "gnomon/0.1 https://example.org"), 200);
    ck_assert_int_eq(status_of(MET "?lat=50.85034&lon=4.35", AGENT), 403);
    ck_assert_int_eq(status_of(MET "?lat=50.8503&lon=4.3500", AGENT), 200);
    ck_assert_int_eq(status_of(MET "?lat=50.85", AGENT), 400);
    ck_assert_int_eq(status_of(MET "?lat=950&lon=4", AGENT), 400);
}
END_TEST

START_TEST(met_answers_304_until_the_next_vintage)
{
    struct reply reply;
    char stamp[32];
    ck_assert_int_eq(get_as(MET "?lat=50.85&lon=4.35", AGENT, NULL, &reply), 200);
    ck_assert_int_gt(reply.expires_s, world->now_ms / 1000);
    reply_time(reply.last_modified_s, stamp);
    ck_assert_str_eq(stamp, "Thu, 14 May 2026 06:00:00 GMT");
    char *first = strdup(reply.body.data);
    text_free(&reply.body);
    ck_assert_int_eq(get_as(MET "?lat=50.85&lon=4.35", AGENT, stamp, &reply), 304);
    text_free(&reply.body);
    ck_assert_int_eq(get_as(MET "?lat=50.85&lon=4.35", AGENT, "Thu, 14 May 2026 06:00:01 GMT", &reply), 200);
    ck_assert_str_eq(reply.body.data, first);
    text_free(&reply.body);
    world_advance(world, world->now_ms + 6 * 3600000);
    ck_assert_int_eq(get_as(MET "?lat=50.85&lon=4.35", AGENT, stamp, &reply), 200);
    ck_assert_str_ne(reply.body.data, first);
    text_free(&reply.body);
    free(first);
}
END_TEST

START_TEST(open_meteo_has_parallel_arrays_in_the_zone)
{
    struct json *doc = get("/v1/forecast?latitude=50.85&longitude=4.35&daily=temperature_2m_max,temperature_2m_min,precipitation_sum,shortwave_radiation_sum,"
                           "wind_speed_10m_max&hourly=shortwave_radiation,temperature_2m&timezone=Europe%2FBrussels&past_days=2&forecast_days=8");
    ck_assert_str_eq(string(doc, "/daily/time/0"), "2026-05-12");
    ck_assert_str_eq(string(doc, "/hourly/time/0"), "2026-05-12T00:00");
    ck_assert_double_eq(number(doc, "/utc_offset_seconds"), 7200);
    const struct json *daily = json_pointer(doc, "/daily"), *hourly = json_pointer(doc, "/hourly");
    for (const struct json *array = json_first(daily); array != NULL; array = json_next(array))
        ck_assert_uint_eq(json_size(array), 10);
    for (const struct json *array = json_first(hourly); array != NULL; array = json_next(array))
        ck_assert_uint_eq(json_size(array), 240);
    ck_assert_double_gt(number(doc, "/daily/temperature_2m_max/3"), number(doc, "/daily/temperature_2m_min/3"));
    ck_assert_double_eq(number(doc, "/hourly/shortwave_radiation/0"), 0);
    /* The radiation of a past day is the sum of its hours, each stamped at its end. */
    double sum_wh = 0;
    for (int i = 1; i <= 24; i++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/hourly/shortwave_radiation/%d", i);
        sum_wh += number(doc, pointer);
    }
    ck_assert_double_eq_tol(sum_wh * 3600e-6, number(doc, "/daily/shortwave_radiation_sum/0"), 0.02);
    /* An hour off would shift the whole day. */
    struct sky_now hour;
    sky_hour(&world->sky, local_s(2026, 5, 12, 9, 0) / 3600, SKY_TRUTH, &hour);
    ck_assert_double_eq_tol(number(doc, "/hourly/shortwave_radiation/10"), hour.light.ghi_w, 0.06);
    sky_at(&world->sky, local_s(2026, 5, 12, 10, 0), SKY_TRUTH, &hour);
    ck_assert_double_eq_tol(number(doc, "/hourly/temperature_2m/10"), hour.temperature_c, 0.06);
    json_free(doc);
}
END_TEST

START_TEST(open_meteo_knows_units_times_and_leads)
{
    struct json *doc = get("/v1/forecast?latitude=50.85&longitude=4.35&hourly=wind_speed_10m,global_tilted_irradiance,temperature_2m_previous_day1&tilt=35&azimuth=0&timeformat="
                           "unixtime&start_date=2026-05-10&end_date=2026-05-11");
    struct json *metres = get("/v1/forecast?latitude=50.85&longitude=4.35&hourly=wind_speed_10m,temperature_2m&wind_speed_unit=ms&start_date=2026-05-10&end_date=2026-05-11");
    ck_assert_double_eq(number(doc, "/hourly/time/0"), (double)(civil_day(2026, 5, 10) * 86400));
    ck_assert_double_eq(number(doc, "/hourly/time/47") - number(doc, "/hourly/time/0"), 47 * 3600);
    ck_assert_double_eq_tol(number(doc, "/hourly/wind_speed_10m/20"), 3.6 * number(metres, "/hourly/wind_speed_10m/20"), 0.25);
    ck_assert_double_gt(number(doc, "/hourly/global_tilted_irradiance/12"), 10);
    double wrong = 0;
    for (int i = 0; i < 48; i++) {
        char a[64], b[64];
        snprintf(a, sizeof a, "/hourly/temperature_2m_previous_day1/%d", i);
        snprintf(b, sizeof b, "/hourly/temperature_2m/%d", i);
        wrong += fabs(number(doc, a) - number(metres, b)) / 48;
    }
    ck_assert_double_gt(wrong, 0.01);    /* yesterday's forecast is not what happened */
    ck_assert_double_lt(wrong, 6);
    json_free(doc);
    json_free(metres);
}
END_TEST

START_TEST(open_meteo_refuses_with_a_reason)
{
    static const char *const url[] = {
        "/v1/forecast?longitude=4&hourly=temperature_2m", "/v1/forecast?latitude=50&longitude=4&hourly=tempeture_2m",
        "/v1/forecast?latitude=50&longitude=4&daily=temperature_2m_max", "/v1/forecast?latitude=50&longitude=4&hourly=temperature_2m&timezone=Mars/Base",
        "/v1/forecast?latitude=99&longitude=4&hourly=temperature_2m", "/v1/forecast?latitude=50&longitude=4&hourly=temperature_2m&start_date=2026-05-01",
        "/v1/forecast?latitude=50&longitude=4&hourly=temperature_2m&forecast_days=99", "/v1/forecast?latitude=50&longitude=4&hourly=",
    };
    for (size_t i = 0; i < sizeof url / sizeof url[0]; i++) {
        struct reply reply;
        struct gnm_why why;
        ck_assert_msg(get_as(url[i], AGENT, NULL, &reply) == 400, "%s", url[i]);
        struct json *doc = json_parse(reply.body.data, reply.body.len, 0, &why);
        ck_assert_msg(doc != NULL && json_type(json_pointer(doc, "/error")) == JSON_BOOL, "%s", url[i]);
        string(doc, "/reason");
        json_free(doc);
        text_free(&reply.body);
    }
}
END_TEST

START_TEST(open_liga_hides_results_to_come)
{
    struct json *doc = get("/getmatchdata/bl1/2025");
    int64_t t, home = 0;
    ck_assert_uint_eq(json_size(doc), FIXTURES_SEASON);
    for (const struct json *match = json_first(doc); match != NULL; match = json_next(match)) {
        ck_assert_int_eq(civil_parse_time(string(match, "/matchDateTimeUTC"), &t), 0);
        int finished = t + 7000 < world->now_ms / 1000;
        ck_assert_int_eq(json_size(json_pointer(match, "/matchResults")) > 0, finished);
        home += strcmp(string(match, "/team1/teamName"), fixtures_team(0)) == 0;
    }
    ck_assert_int_eq(home, FIXTURES_TEAMS - 1);
    struct json *next = get("/getmatchdata/bl1/2026"), *round = get("/getmatchdata/bl1/2025/7"), *none = get("/getmatchdata/nosuch/2025"), *now = get("/getmatchdata/bl1");
    ck_assert_uint_eq(json_size(json_pointer(next, "/0/matchResults")), 0);
    ck_assert_uint_eq(json_size(round), FIXTURES_TEAMS / 2);
    ck_assert_double_eq(number(round, "/0/group/groupOrderID"), 7);
    ck_assert_uint_eq(json_size(none), 0);
    ck_assert_uint_eq(json_size(now), FIXTURES_TEAMS / 2);
    ck_assert_int_eq(status_of("/getmatchdata/bl1/2025/99", AGENT), 404);
    ck_assert_int_eq(status_of("/getmatchdata/bl1/2025x", AGENT), 404);
    json_free(doc);
    json_free(next);
    json_free(round);
    json_free(none);
    json_free(now);
}
END_TEST

START_TEST(gdelt_counts_days_and_stops_now)
{
    struct json *doc = get("/api/v2/doc/doc?query=%22port%20strike%22&mode=timelinevolraw&format=json&timespan=3months");
    const struct json *data = json_pointer(doc, "/timeline/0/data"), *last = NULL;
    ck_assert_str_eq(string(doc, "/query_details/title"), "\"port strike\"");
    ck_assert_str_eq(string(doc, "/query_details/date_resolution"), "day");
    ck_assert_uint_ge(json_size(data), 88);
    for (const struct json *row = json_first(data); row != NULL; last = row, row = json_next(row)) {
        ck_assert_double_le(number(row, "/value"), number(row, "/norm"));
        ck_assert_uint_eq(strlen(string(row, "/date")), 16);
    }
    ck_assert_str_eq(string(last, "/date"), "20260514T000000Z");
    ck_assert_double_lt(number(last, "/norm"), 0.6 * number(data, "/0/norm"));    /* the day is not over */
    struct json *fine = get("/api/v2/doc/doc?query=oil&mode=timelinevol&format=json&startdatetime=20260513000000&enddatetime=20260514000000");
    ck_assert_str_eq(string(fine, "/query_details/date_resolution"), "15m");
    ck_assert_uint_le(json_size(json_pointer(fine, "/timeline/0/data")), 96);
    struct json *theme = get("/api/v2/doc/doc?query=theme:NO_SUCH&mode=timelinevol&format=json&timespan=3months");
    ck_assert_ptr_null(json_pointer(theme, "/timeline"));
    json_free(doc);
    json_free(fine);
    json_free(theme);
}
END_TEST

START_TEST(gdelt_refuses_in_plain_text)
{
    const char *url = "/api/v2/doc/doc?query=oil&mode=timelinevol&format=json&timespan=3months";
    struct reply reply = {0};
    struct gnm_why why;
    ck_assert_int_eq(world_answer(world, url, AGENT, NULL, 50000, &reply), 0);
    ck_assert_int_eq(reply.body.data[0], '{');
    text_free(&reply.body);
    reply = (struct reply){0};
    ck_assert_int_eq(world_answer(world, url, AGENT, NULL, 54999, &reply), 0);
    ck_assert_ptr_nonnull(strstr(reply.body.data, "limit requests"));
    ck_assert_ptr_null(json_parse(reply.body.data, reply.body.len, 0, &why));
    text_free(&reply.body);
    reply = (struct reply){0};
    ck_assert_int_eq(world_answer(world, url, AGENT, NULL, 55000, &reply), 0);
    ck_assert_int_eq(reply.body.data[0], '{');
    text_free(&reply.body);
    ck_assert_int_eq(get_as("/api/v2/doc/doc?query=oil&mode=timelinevol&format=json&timespan=5min", AGENT, NULL, &reply), 200);
    ck_assert_ptr_nonnull(strstr(reply.body.data, "too short"));
    text_free(&reply.body);
}
END_TEST

/* All sizes but time (and release) are 1, and every value stands where the sizes say. */
static void check_cube(const struct json *doc, int releases)
{
    double cells = 1;
    for (const struct json *size = json_first(json_pointer(doc, "/size")); size != NULL; size = json_next(size)) {
        double n;
        ck_assert_int_eq(json_number(size, &n), 0);
        cells *= n;
    }
    ck_assert_double_eq(cells, (double)json_size(json_pointer(doc, "/dimension/time/category/index")) * releases);
    ck_assert_uint_eq(json_size(json_pointer(doc, "/id")), json_size(json_pointer(doc, "/size")));
    for (const struct json *value = json_first(json_pointer(doc, "/value")); value != NULL; value = json_next(value))
        ck_assert_int_lt(atoi(json_name(value)), (int)cells);
}

START_TEST(eurostat_publishes_in_time)
{
    struct json *minr = get(EUROSTAT "prc_hicp_minr?format=JSON&lang=EN&freq=M&unit=RCH_A&coicop18=TOTAL&geo=BE&sinceTimePeriod=2026-01");
    check_cube(minr, 1);
    ck_assert_double_eq(number(minr, "/dimension/time/category/index/2026-03"), 2);
    ck_assert_ptr_null(json_pointer(minr, "/dimension/time/category/index/2026-04"));    /* the final of April comes on 18 May */
    ck_assert_double_eq(number(minr, "/value/2"), prices_final_pct(world->config.seed, "BE", civil_month_index(civil_day(2026, 3, 1))));
    struct json *first = get(EUROSTAT "prc_hicp_fpd?format=JSON&lang=EN&unit=RCH_A&coicop18=TOTAL&geo=be&sinceTimePeriod=2026-01");
    check_cube(first, 2);
    ck_assert_double_eq(number(first, "/dimension/time/category/index/2026-04"), 3);
    ck_assert_ptr_nonnull(json_pointer(first, "/value/3"));    /* flash of April */
    ck_assert_ptr_null(json_pointer(first, "/value/7"));       /* no final of April yet */
    ck_assert_ptr_nonnull(json_pointer(first, "/value/6"));
    world_advance(world, local_s(2026, 5, 18, 12, 0) * 1000);
    struct json *later = get(EUROSTAT "prc_hicp_fpd?format=JSON&unit=RCH_A&coicop18=TOTAL&geo=BE&sinceTimePeriod=2026-01");
    ck_assert_ptr_nonnull(json_pointer(later, "/value/7"));
    json_free(minr);
    json_free(first);
    json_free(later);
}
END_TEST

START_TEST(eurostat_index_agrees_with_rates)
{
    struct json *index = get(EUROSTAT "prc_hicp_minr?format=JSON&unit=I15&coicop18=TOTAL&geo=FR&sinceTimePeriod=2025-03");
    struct json *rate = get(EUROSTAT "prc_hicp_minr?format=JSON&unit=RCH_A&coicop18=TOTAL&geo=FR&sinceTimePeriod=2026-03");
    ck_assert_double_eq_tol(100 * (number(index, "/value/12") / number(index, "/value/0") - 1), number(rate, "/value/0"), 0.06);
    ck_assert_int_eq(status_of(EUROSTAT "prc_hicp_minr?format=JSON&unit=I99&coicop18=TOTAL&geo=BE", AGENT), 400);
    ck_assert_int_eq(status_of(EUROSTAT "prc_hicp_minr?format=JSON&unit=RCH_A&coicop18=TOTAL", AGENT), 400);
    ck_assert_int_eq(status_of(EUROSTAT "prc_hicp_minr?format=JSON&unit=RCH_A&geo=BE&geo=FR", AGENT), 400);
    ck_assert_int_eq(status_of(EUROSTAT "prc_hicp_minr?format=JSON&unit=RCH_A&geo=BE&sinceTimePeriod=2026-09", AGENT), 400);
    ck_assert_int_eq(status_of(EUROSTAT "nosuch?geo=BE", AGENT), 404);
    json_free(index);
    json_free(rate);
}
END_TEST

START_TEST(addresses_are_read_strictly)
{
    struct ask ask;
    struct gnm_why why;
    char long_url[6000];
    ck_assert_int_eq(ask_parse(&ask, "/a%20b?x=1&y=a%26b+c&z&x=2#end", &why), 0);
    ck_assert_str_eq(ask.path, "/a b");
    ck_assert_str_eq(ask_get(&ask, "x"), "1");
    ck_assert_uint_eq(ask_count(&ask, "x"), 2);
    ck_assert_str_eq(ask_get(&ask, "y"), "a&b c");
    ck_assert_str_eq(ask_get(&ask, "z"), "");
    ck_assert_ptr_null(ask_get(&ask, "w"));
    ck_assert_int_lt(ask_parse(&ask, "/?x=%4", &why), 0);
    ck_assert_int_lt(ask_parse(&ask, "/?x=%zz", &why), 0);
    ck_assert_int_lt(ask_parse(&ask, "/?x=%00", &why), 0);
    memset(long_url, 'a', sizeof long_url);
    long_url[0] = '/';
    long_url[sizeof long_url - 1] = '\0';
    ck_assert_int_lt(ask_parse(&ask, long_url, &why), 0);
    ck_assert_int_eq(status_of("/nothing/here", AGENT), 404);
    ck_assert_int_eq(status_of("/v1/forecast?latitude=%", AGENT), 400);
}
END_TEST

/* ---- vintages ---- */

static double past_sum(const char *pointer)
{
    struct json *doc = get("/v1/forecast?latitude=50.85&longitude=4.35&daily=shortwave_radiation_sum&timezone=Europe%2FBrussels&start_date=2026-05-13&end_date=2026-05-13");
    double x = number(doc, pointer);
    json_free(doc);
    return x;
}

START_TEST(open_meteo_revises_yesterday)
{
    double first = past_sum("/daily/shortwave_radiation_sum/0");
    world_advance(world, world->now_ms + 3600000);
    ck_assert_double_eq(past_sum("/daily/shortwave_radiation_sum/0"), first);
    world_advance(world, world->now_ms + 2 * 86400000);
    double last = past_sum("/daily/shortwave_radiation_sum/0");
    struct sky_day truth;
    sky_day(&world->sky, local_s(2026, 5, 13, 0, 0), local_s(2026, 5, 14, 0, 0), SKY_TRUTH, &truth);
    ck_assert_double_ne(last, first);
    ck_assert_double_eq_tol(last, truth.ghi_mj, 0.006);
}
END_TEST

START_TEST(gdelt_finds_articles_late)
{
    const char *url = "/api/v2/doc/doc?query=oil&mode=timelinevolraw&format=json&startdatetime=20260501000000&enddatetime=20260514000000";
    struct json *early = get(url);
    world_advance(world, world->now_ms + 5 * INT64_C(86400000));
    struct json *late = get(url);
    const struct json *a = json_pointer(early, "/timeline/0/data"), *b = json_pointer(late, "/timeline/0/data");
    ck_assert_uint_eq(json_size(a), json_size(b));
    ck_assert_double_eq(number(a, "/3/norm"), number(b, "/3/norm"));
    ck_assert_double_lt(number(a, "/12/norm"), number(b, "/12/norm"));
    ck_assert_double_gt(number(a, "/12/norm"), 0.94 * number(b, "/12/norm"));
    json_free(early);
    json_free(late);
}
END_TEST

START_TEST(kickoffs_move_once)
{
    int moved = 0, n = 0;
    struct json *far = get("/getmatchdata/bl1/2026");
    world_advance(world, local_s(2026, 8, 1, 12, 0) * 1000);
    struct json *near = get("/getmatchdata/bl1/2026");
    for (int i = 0; i < 18; i++, n++) {
        char pointer[40];
        int64_t a, b;
        snprintf(pointer, sizeof pointer, "/%d/matchDateTimeUTC", i);
        ck_assert_int_eq(civil_parse_time(string(far, pointer), &a), 0);
        ck_assert_int_eq(civil_parse_time(string(near, pointer), &b), 0);
        ck_assert_int_eq(a % 86400, 13 * 3600 + 1800);    /* the placeholder, in summer time */
        ck_assert_int_le(llabs(a - b), 2 * 86400);
        moved += a != b;
    }
    ck_assert_int_gt(moved, n / 2);
    json_free(far);
    json_free(near);
}
END_TEST

START_TEST(rates_are_revised_but_first_figures_are_not)
{
    int revised = 0;
    for (int64_t month = 45 * 12; month < 54 * 12; month++) {
        double final = prices_final_pct(5, "BE", month), early = prices_revised_pct(5, "BE", month, prices_final_day(month)), now = prices_revised_pct(5, "BE", month, civil_day(2030, 1, 1));
        ck_assert_double_eq(early, final);
        ck_assert_double_le(fabs(now - final), 0.11);
        revised += now != final;
    }
    ck_assert_int_gt(revised, 10);
    ck_assert_int_lt(revised, 60);
}
END_TEST

/* ---- faults ---- */

static const char *const one_url[PROVIDERS] = {
    MET "?lat=50.85&lon=4.35", "/v1/forecast?latitude=50.85&longitude=4.35&hourly=temperature_2m", "/getmatchdata/bl1/2025",
    "/api/v2/doc/doc?query=oil&mode=timelinevol&format=json&timespan=3months", EUROSTAT "prc_hicp_minr?format=JSON&unit=RCH_A&coicop18=TOTAL&geo=BE",
    "/weather?lat=50.85&lon=4.35&date=2026-05-10", "/estimate/50.85/4.35/35/0/0.4?time=utc",
    "/api/v5_3/seriescalc?lat=50.85&lon=4.35&startyear=2023&endyear=2023&pvcalculation=1&peakpower=0.4&outputformat=json", "/api/v3/publicholidays/2026/BE",
    "/SchoolHolidays?countryIsoCode=BE&languageIsoCode=EN&groupCode=BE-NL&validFrom=2026-01-01&validTo=2026-12-31", "/api/v1/json/123/eventslast.php?id=133602",
    "/v4/competitions/bl1/matches?dateFrom=2026-04-01&dateTo=2026-04-30", "/api/acled/read?country=Belgium&event_date=2026-04-01%7C2026-04-30&event_date_where=BETWEEN&limit=5000",
    "/ai_gpr_files/ai_gpr_data_daily.csv", "/media/All_Daily_Policy_Data.csv", "/publicAPI/v2/timeseries/data/CUUR0000SA0?startyear=2024&endyear=2026",
    "/service/data/HICP/M.BE.N.000000.4D0.ANR?format=csvdata&startPeriod=2025-01",
    "/public/rest/data/OECD.SDD.TPS,DSD_PRICES@DF_PRICES_ALL,1.0/BEL.M.N.CPI.PA._T.N.GY?startPeriod=2025-01&format=csvfilewithlabels",
    "/v2/country/BEL/indicator/FP.CPI.TOTL.ZG?format=json&per_page=500",
};

/* A table instead of a document. */
static int is_table(int provider)
{
    return provider == PROVIDER_AI_GPR || provider == PROVIDER_EPU || provider == PROVIDER_ECB || provider == PROVIDER_OECD;
}

static struct provider_faults faults;

static void plan(const char *text)
{
    struct gnm_why why;
    faults.n = 0;
    ck_assert_msg(provider_faults_read(text, strlen(text), local_s(2026, 5, 14, 0, 0), &faults, &why) == 0, "%s", why.text);
    world->providers.faults = &faults;
}

START_TEST(outages_begin_and_end)
{
    plan("# a bad morning\n0.4 all down 2h\n0.5 gdelt down 1h 502\n");
    for (int i = 0; i < PROVIDERS; i++)
        ck_assert_int_eq(status_of(one_url[i], AGENT), 503);
    ck_assert_int_eq(status_of("/elsewhere", AGENT), 404);
    world_advance(world, local_s(2026, 5, 14, 12, 10) * 1000);
    for (int i = 0; i < PROVIDERS; i++)
        ck_assert_int_eq(status_of(one_url[i], AGENT), i == PROVIDER_GDELT ? 502 : 200);
    world_advance(world, local_s(2026, 5, 14, 13, 10) * 1000);
    ck_assert_int_eq(status_of(one_url[PROVIDER_GDELT], AGENT), 200);
}
END_TEST

START_TEST(limits_refuse_each_in_its_way)
{
    plan("0 all limit 30d 600\n");
    for (int i = 0; i < PROVIDERS; i++) {
        struct reply reply;
        ck_assert_int_eq(get_as(one_url[i], AGENT, NULL, &reply), 200);
        ck_assert_int_gt((int)reply.body.len, 60);
        text_free(&reply.body);
        int status = get_as(one_url[i], AGENT, NULL, &reply);
        ck_assert_int_eq(reply.retry_after_s, i == PROVIDER_FOOTBALL_DATA ? 0 : 600);    /* that one says it in words */
        if (i == PROVIDER_GDELT)
            ck_assert(status == 200 && strstr(reply.body.data, "limit requests") != NULL);
        else
            ck_assert_int_eq(status, 429);
        if (i == PROVIDER_OPEN_METEO)
            ck_assert_ptr_nonnull(strstr(reply.body.data, "Hourly API request limit exceeded"));
        text_free(&reply.body);
    }
    world_advance(world, world->now_ms + 601000);
    for (int i = 0; i < PROVIDERS; i++)
        ck_assert_int_eq(status_of(one_url[i], AGENT), 200);
}
END_TEST

START_TEST(formats_break_overnight)
{
    struct reply whole, broken;
    struct gnm_why why;
    static const char *const how[BREAKS] = {"html", "cut", "moved", "renamed", "empty"};
    for (int i = 0; i < PROVIDERS; i++) {
        for (int k = 0; k < BREAKS; k++) {
            char text[64];
            world->providers.faults = NULL;
            ck_assert_int_eq(get_as(one_url[i], AGENT, NULL, &whole), 200);
            snprintf(text, sizeof text, "0 %s broken 5d %s\n", provider_names[i], how[k]);
            plan(text);
            ck_assert_int_eq(get_as(one_url[i], AGENT, NULL, &broken), 200);
            ck_assert(broken.body.len != whole.body.len || memcmp(broken.body.data, whole.body.data, whole.body.len) != 0);
            struct json *doc = json_parse(broken.body.data, broken.body.len, 0, &why);
            ck_assert_msg((doc == NULL) == (k == BREAK_HTML || k == BREAK_CUT || (k != BREAK_EMPTY && is_table(i))), "%s %s", provider_names[i], how[k]);
            json_free(doc);
            text_free(&broken.body);
            text_free(&whole.body);
        }
    }
}
END_TEST

START_TEST(slow_gone_and_stale_are_told)
{
    struct reply reply;
    plan("0 met slow 1d 12.5\n0 open-meteo gone 1h\n0.43 met stale 3d\n1 open-meteo gone 1d\n");
    ck_assert_int_eq(get_as(one_url[PROVIDER_MET], AGENT, NULL, &reply), 200);
    ck_assert_int_eq(reply.delay_ms, 12500);
    int64_t made_s = reply.last_modified_s;
    text_free(&reply.body);
    ck_assert_int_eq(status_of(one_url[PROVIDER_OPEN_METEO], AGENT), 200);
    world_advance(world, world->now_ms + 86400000);
    ck_assert_int_eq(get_as(one_url[PROVIDER_MET], AGENT, NULL, &reply), 200);
    ck_assert_int_eq(reply.delay_ms, 0);
    ck_assert_int_eq(reply.last_modified_s, made_s);    /* a day later, the same forecast */
    text_free(&reply.body);
    get_as(one_url[PROVIDER_OPEN_METEO], AGENT, NULL, &reply);
    ck_assert_int_eq(reply.gone, 1);
    text_free(&reply.body);
}
END_TEST

START_TEST(refuses_a_malformed_schedule)
{
    static const struct { const char *text, *says; } bad[] = {
        {"0 met down\n1 mett down\n", "line 2: there is no provider 'mett'"}, {"x met down", "line 1: 'x' is not a day"}, {"0 met sleepy", "there is no fault 'sleepy'"},
        {"0 met", "less than"}, {"0 met down 1h 200", "'200' is not what down takes"}, {"0 met broken 1d sideways", "nothing is broken as 'sideways'"},
        {"0 met gone 1h 5", "'5' is not what gone takes"}, {"0 met slow 1h 5 6 7", "more than"}, {"0 met down -3h", "is not a duration"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct provider_faults read = {0};
        struct gnm_why why = {0};
        ck_assert_msg(provider_faults_read(bad[i].text, strlen(bad[i].text), 0, &read, &why) < 0, "%s", bad[i].text);
        ck_assert_msg(strstr(why.text, bad[i].says) != NULL, "\"%s\" does not say \"%s\"", why.text, bad[i].says);
        ck_assert_uint_eq(read.n, 0);
    }
}
END_TEST

/* ---- every feed that is shipped ---- */

static void put(char *url, size_t size, const char *name, const char *value)
{
    char rest[2048], *at;
    while ((at = strstr(url, name)) != NULL) {
        char *end = strchr(at, '}');
        ck_assert_ptr_nonnull(end);
        snprintf(rest, sizeof rest, "%s", end + 1);
        snprintf(at, size - (size_t)(at - url), "%s%s", value, rest);
    }
}

/* The address of a definition, its lines joined, without scheme and host, its variables filled in. */
static void address_of(const char *conf, char *url, size_t size)
{
    const char *p = strstr(conf, "\nurl = https://");
    ck_assert_ptr_nonnull(p);
    p = strchr(p + 15, '/');
    size_t len = 0;
    for (; p[0] != '\0' && !(p[0] == '\n' && p[1] != ' '); p++) {
        if (*p != '\n' && *p != ' ' && len + 1 < size)
            url[len++] = *p;
    }
    url[len] = '\0';
    /* A longer name stands before the one it begins with. */
    static const char *const value[][2] = {{"{latitude", "50.85"}, {"{longitude", "4.35"}, {"{timezone", "Europe%2FBrussels"}, {"{country3", "BEL"}, {"{country_name", "Belgium"},
                                           {"{country", "BE"}, {"{league", "bl1"}, {"{season", "2025"}, {"{query", "oil%20price"}, {"{from:%Y-%m}", "2024-05"},
                                           {"{from:", "20260501000000"}, {"{to:", "20260508000000"}, {"{from", "2026-04-01"}, {"{to", "2026-05-20"}, {"{year:", "2023"}, {"{year", "2026"},
                                           {"{team", "133602"}, {"{key", "123"}, {"{kwp", "0.4"}, {"{tilt", "35"}, {"{azimuth", "0"}, {"{by", "groupCode"}, {"{group", "BE-NL"}};
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++)
        put(url, size, value[i][0], value[i][1]);
    ck_assert_msg(strchr(url, '{') == NULL, "%s", url);
}

/* What a definition points at must be in the answer: its rows (up to a *), and inside the first of them nothing is checked but that there is one. */
static void check_rows(const char *conf, const struct json *doc, const char *name)
{
    char pointer[128];
    const char *rows = strstr(conf, "\nrows = ");
    if (rows == NULL) {
        ck_assert_ptr_nonnull(json_pointer(doc, "/value"));    /* JSON-stat */
        return;
    }
    snprintf(pointer, sizeof pointer, "%.*s", (int)strcspn(rows + 8, "*\n"), rows + 8);
    size_t len = strlen(pointer);
    if (len > 0 && pointer[len - 1] == '/')
        pointer[len - 1] = '\0';
    ck_assert_msg(json_size(json_pointer(doc, pointer)) > 0, "%s: nothing at %s", name, pointer);
}

/* Of a table: the columns that the definition reads. */
static void check_columns(const char *conf, const char *url, const char *name)
{
    struct reply reply;
    ck_assert_msg(get_as(url, AGENT, NULL, &reply) == 200, "%s", url);
    size_t heading = strcspn(reply.body.data, "\n");
    ck_assert_msg(reply.body.len > 2 * heading, "%s has no rows", name);
    for (const char *p = conf; (p = strstr(p, "\nvalue = /")) != NULL; p++) {
        char column[40];
        snprintf(column, sizeof column, "%.*s", (int)strcspn(p + 10, "\n"), p + 10);
        const char *at = strstr(reply.body.data, column);
        ck_assert_msg(at != NULL && at < reply.body.data + heading, "%s has no column %s", name, column);
    }
    text_free(&reply.body);
}

static void check_feed(const char *folder, const char *file)
{
    char path[1024], url[2048], *conf;
    struct gnm_why why;
    size_t len;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    ck_assert_msg(file_read(path, 1 << 20, &conf, &len, &why) == 0, "%s", why.text);
    address_of(conf, url, sizeof url);
    if (strstr(conf, "\nformat = csv") != NULL) {
        check_columns(conf, url, file);
    } else {
        struct json *doc = get(url);
        check_rows(conf, doc, file);
        json_free(doc);
    }
    free(conf);
}

/* What the real extraction makes of the answers stands in tests/sim/test_sim_feeds.c. */
START_TEST(every_shipped_feed_is_served)
{
    const char *root = getenv("GNOMON_ROOT");
    char path[512];
    int n = 0;
    snprintf(path, sizeof path, "%s/config/feeds", root != NULL ? root : ".");
    DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strlen(entry->d_name) < 6 || strcmp(entry->d_name + strlen(entry->d_name) - 5, ".conf") != 0)
            continue;
        check_feed(path, entry->d_name);
        n++;
    }
    closedir(dir);
    ck_assert_int_ge(n, 25);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("world");
    TCase *cases = tcase_create("providers");
    tcase_set_timeout(cases, 20);
    tcase_add_checked_fixture(cases, begin, finish);
    tcase_add_test(cases, met_gives_hours_then_six_hours);
    tcase_add_test(cases, met_has_manners);
    tcase_add_test(cases, met_answers_304_until_the_next_vintage);
    tcase_add_test(cases, open_meteo_has_parallel_arrays_in_the_zone);
    tcase_add_test(cases, open_meteo_knows_units_times_and_leads);
    tcase_add_test(cases, open_meteo_refuses_with_a_reason);
    tcase_add_test(cases, open_liga_hides_results_to_come);
    tcase_add_test(cases, gdelt_counts_days_and_stops_now);
    tcase_add_test(cases, gdelt_refuses_in_plain_text);
    tcase_add_test(cases, eurostat_publishes_in_time);
    tcase_add_test(cases, eurostat_index_agrees_with_rates);
    tcase_add_test(cases, addresses_are_read_strictly);
    tcase_add_test(cases, open_meteo_revises_yesterday);
    tcase_add_test(cases, gdelt_finds_articles_late);
    tcase_add_test(cases, kickoffs_move_once);
    tcase_add_test(cases, rates_are_revised_but_first_figures_are_not);
    tcase_add_test(cases, outages_begin_and_end);
    tcase_add_test(cases, limits_refuse_each_in_its_way);
    tcase_add_test(cases, formats_break_overnight);
    tcase_add_test(cases, slow_gone_and_stale_are_told);
    tcase_add_test(cases, refuses_a_malformed_schedule);
    tcase_add_test(cases, every_shipped_feed_is_served);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
