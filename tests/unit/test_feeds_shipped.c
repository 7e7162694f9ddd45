/* The shipped definitions against real answers: every value that expected.csv lists, from the file and through the real web port. */
#include "feeds_support.h"

#include <math.h>

#include "base/csv.h"

static const char *const shipped[] = {
    "open-meteo-forecast", "open-meteo-hourly", "open-meteo-previous-runs", "open-meteo-gti", "met-norway", "bright-sky", "forecast-solar", "pvgis",
    "openligadb", "thesportsdb", "football-data", "gdelt-vol", "gdelt-raw", "ai-gpr", "epu-us", "acled", "eurostat-hicp", "eurostat-hicp-first", "ecb-hicp",
    "bls-cpi", "worldbank-cpi", "oecd-cpi", "nager-v3", "nager-v4", "openholidays-school",
};
/* Those that need no account, that companies may use and that need no setting of their own. */
static const char *const on[] = { "met-norway", "gdelt-raw", "eurostat-hicp", "eurostat-hicp-first" };
enum { SHIPPED = sizeof shipped / sizeof shipped[0], ROWS = 400 };

struct expected { char feed[GNM_ID], sample[128], series[GNM_ID]; int64_t day; double value; int rows; };
struct table { struct expected row[ROWS]; size_t n; };

static struct feed_var vars[] = { { "league", "bl1" }, { "season", "2025" }, { "team", "133602" }, { "kwp", "0.4" }, { "group", "BE-NL" } };
enum { VARS = sizeof vars / sizeof vars[0] };

static const char *secret(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "football_data") == 0 || strcmp(name, "acled") == 0 ? "s3cret" : NULL;
}

static int take_row(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct table *t = ctx;
    struct expected *e = &t->row[t->n];
    (void)why;
    if (line == 1)
        return 0;
    ck_assert_uint_eq(n, 6);
    ck_assert_uint_lt(t->n, ROWS);
    snprintf(e->feed, sizeof e->feed, "%s", field[0]);
    snprintf(e->sample, sizeof e->sample, "%s", field[1]);
    snprintf(e->series, sizeof e->series, "%s", field[2]);
    ck_assert_int_eq(civil_parse_date(field[3], &e->day), 0);
    e->value = atof(field[4]);
    e->rows = atoi(field[5]);
    t->n++;
    return 0;
}

/* NULL when the data folder is absent. */
static struct table *expectations(void)
{
    char space[512], path[600];
    struct gnm_why why;
    size_t len;
    snprintf(path, sizeof path, "%s/feeds/expected.csv", data_root(space, sizeof space));
    if (access(path, R_OK) != 0) {
        printf("SKIP test_feeds_shipped: no %s (set GNOMON_DATA)\n", path);
        return NULL;
    }
    char *text = must_read(path, &len);
    struct table *table = calloc(1, sizeof *table);
    ck_assert_int_eq(csv_read(text, len, ',', take_row, table, &why), 0);
    free(text);
    return table;
}

static char *read_sample(const char *sample, size_t *len)
{
    char space[512], path[700];
    snprintf(path, sizeof path, "%s/feeds/%s", data_root(space, sizeof space), sample);
    return must_read(path, len);
}

static const char *sample_of(const struct table *t, const char *feed)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->row[i].feed, feed) == 0)
            return t->row[i].sample;
    ck_abort_msg("expected.csv does not know %s", feed);
    return NULL;
}

static int is_listed(const struct table *t, const char *feed, const char *series)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->row[i].feed, feed) == 0 && strcmp(t->row[i].series, series) == 0)
            return 1;
    return 0;
}

static const struct gnm_signal *find(const struct feed_yield *yield, const struct expected *e)
{
    for (size_t i = 0; i < yield->n; i++)
        if (strcmp(yield->signal[i].series, e->series) == 0 && yield->signal[i].step != GNM_HOUR && yield->signal[i].valid == e->day)
            return &yield->signal[i];
    return NULL;
}

static void compare(const struct table *t, const char *feed, const struct feed_yield *yield)
{
    size_t wanted = 0, listed = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct expected *e = &t->row[i];
        if (strcmp(e->feed, feed) != 0)
            continue;
        const struct gnm_signal *s = find(yield, e);
        char date[11];
        civil_format_date(e->day, date);
        ck_assert_msg(s != NULL, "%s %s: no value for %s", feed, e->series, date);
        ck_assert_msg(fabs(s->value - e->value) <= 1e-9 * fabs(e->value), "%s %s %s: %.12g, not %.12g", feed, e->series, date, s->value, e->value);
        ck_assert_msg(s->rows == e->rows, "%s %s %s: %d rows, not %d", feed, e->series, date, s->rows, e->rows);
        ck_assert_str_eq(s->feed, feed);
        wanted++;
    }
    for (size_t i = 0; i < yield->n; i++)
        listed += is_listed(t, feed, yield->signal[i].series);
    ck_assert_uint_eq(listed, wanted);
}

static void extract_and_compare(const struct table *t, const struct feed *feed, const char *body, size_t len, const struct zone *zone)
{
    struct gnm_why why;
    struct feed_yield yield;
    int err = feed_extract(feed, body, len, zone, "shop", at_time("2026-10-20T06:00:00Z"), &yield, &why);
    ck_assert_msg(err == 0, "%s: %s", feed_name(feed), err < 0 ? why.text : "");
    compare(t, feed_name(feed), &yield);
    for (size_t i = 0; i < yield.n; i++)
        ck_assert_str_eq(yield.signal[i].place, "shop");
    feed_yield_free(&yield);
}

START_TEST(samples_from_files)
{
    struct table *table = expectations();
    if (table == NULL)
        return;
    struct zone *zone = brussels();
    struct feed *feed = load_shipped(shipped[_i]);
    size_t len;
    char *body = read_sample(sample_of(table, shipped[_i]), &len);
    extract_and_compare(table, feed, body, len, zone);
    free(body);
    feed_free(feed);
    zone_free(zone);
    free(table);
}
END_TEST

/* The child knows the paths of the providers' interfaces, not the definitions' names. */
static void serve_sample(int fd, const char *request, void *ctx)
{
    static const struct { const char *path, *feed; } routes[] = {
        { "GET /weatherapi/locationforecast/2.0/compact?lat=50.8503&lon=4.3517 ", "met-norway" },
        { "&daily=temperature_2m_max", "open-meteo-forecast" },
        { "&hourly=shortwave_radiation,temperature_2m&timezone=Europe%2FBrussels ", "open-meteo-hourly" },
        { "_previous_day1&start_date=2026-09-01&end_date=2026-10-20&timeformat=unixtime ", "open-meteo-previous-runs" },
        { "&hourly=global_tilted_irradiance,temperature_2m&tilt=35&azimuth=0&timeformat=unixtime ", "open-meteo-gti" },
        { "GET /weather?lat=50.8503&lon=4.3517&date=2026-09-01&last_date=2026-10-20&tz=Etc/UTC ", "bright-sky" },
        { "GET /estimate/50.8503/4.3517/35/0/0.4?time=utc ", "forecast-solar" },
        { "/seriescalc?lat=50.8503&lon=4.3517&startyear=2026&endyear=2026&pvcalculation=1&peakpower=0.4&loss=14&angle=35&aspect=0&outputformat=json ", "pvgis" },
        { "GET /getmatchdata/bl1/2025 ", "openligadb" },
        { "GET /api/v1/json/123/eventslast.php?id=133602 ", "thesportsdb" },
        { "GET /v4/competitions/bl1/matches?dateFrom=2026-09-01&dateTo=2026-10-20 ", "football-data" },
        { "&mode=timelinevolraw&format=json&timespan=3months ", "gdelt-raw" },
        { "&mode=timelinevol&format=json&startdatetime=20260901000000&enddatetime=20261020000000 ", "gdelt-vol" },
        { "GET /ai_gpr_files/ai_gpr_data_daily.csv ", "ai-gpr" },
        { "GET /media/All_Daily_Policy_Data.csv ", "epu-us" },
        { "/read?country=Belgium&event_date=2026-09-01%7C2026-10-20&event_date_where=BETWEEN&limit=5000 ", "acled" },
        { "/prc_hicp_minr?format=JSON&lang=EN&freq=M&unit=RCH_A&coicop18=TOTAL&geo=BE&sinceTimePeriod=2026-09 ", "eurostat-hicp" },
        { "/prc_hicp_fpd?format=JSON&lang=EN&unit=RCH_A&coicop18=TOTAL&geo=BE&sinceTimePeriod=2026-09 ", "eurostat-hicp-first" },
        { "/HICP/M.BE.N.000000.4D0.ANR?format=csvdata&startPeriod=2026-09 ", "ecb-hicp" },
        { "/CUUR0000SA0?startyear=2026&endyear=2026 ", "bls-cpi" },
        { "/country/BEL/indicator/FP.CPI.TOTL.ZG?format=json&per_page=500 ", "worldbank-cpi" },
        { "1.0/BEL.M.N.CPI.PA._T.N.GY?startPeriod=2026-09&format=csvfilewithlabels ", "oecd-cpi" },
        { "GET /api/v3/publicholidays/2026/BE ", "nager-v3" },
        { "GET /api/v4/Holidays/BE/2026 ", "nager-v4" },
        { "?countryIsoCode=BE&languageIsoCode=EN&groupCode=BE-NL&validFrom=2026-09-01&validTo=2026-10-20 ", "openholidays-school" },
    };
    int keyed = (strstr(request, "/competitions/") == NULL || strstr(request, "X-Auth-Token: s3cret\r\n") != NULL) &&
                (strstr(request, "/acled/") == NULL || strstr(request, "Authorization: Bearer s3cret\r\n") != NULL);
    for (size_t i = 0; keyed && i < sizeof routes / sizeof routes[0]; i++) {
        if (strstr(request, routes[i].path) == NULL || strstr(request, "User-Agent: gnomon/") == NULL)
            continue;
        size_t len;
        char *body = read_sample(sample_of(ctx, routes[i].feed), &len);
        send_body(fd, "200 OK", "Content-Type: application/json\r\n", body, len);
        free(body);
        return;
    }
    send_body(fd, "404 Not Found", "", "no such path", 12);
}

START_TEST(samples_over_http)
{
    struct table *table = expectations();
    if (table == NULL)
        return;
    struct gnm_why why;
    struct web *web;
    struct zone *zone = brussels();
    struct server server = server_start(serve_sample, table);
    char base[64];
    snprintf(base, sizeof base, "http://127.0.0.1:%d/", server.port);
    struct feed_site site = { .latitude = 50.85034, .longitude = 4.35171, .timezone = "Europe/Brussels", .country = "BE", .region = "BE-NL",
                              .base = base, .local = 1, .var = vars, .n_vars = VARS, .secret = secret };
    ck_assert_int_eq(web_new("gnomon/test (+nobody@example.org)", &web, &why), 0);
    for (size_t i = 0; i < SHIPPED; i++) {
        struct feed *feed = load_shipped(shipped[i]);
        struct gnm_request request;
        struct gnm_answer answer;
        int64_t from, to;
        civil_parse_date("2026-09-01", &from);
        civil_parse_date("2026-10-20", &to);
        ck_assert_msg(feed_request(feed, &site, from, to, &request, &why) == 0, "%s", why.text);
        ck_assert_msg(fetch(web, &request, &answer, &why) == 0, "%s: %s", shipped[i], why.text);
        ck_assert_msg(answer.status == 200, "%s: status %d for %s", shipped[i], answer.status, request.url);
        extract_and_compare(table, feed, answer.body, answer.len, zone);
        free(answer.body);
        feed_free(feed);
    }
    web_free(web);
    server_stop(&server);
    zone_free(zone);
    free(table);
}
END_TEST

/* ---- what the shipped files say about themselves ---- */

/* What the file cannot know: the operator's own league, team, plant or school. */
static const char *wanted_var(const char *feed)
{
    static const struct { const char *feed, *var; } wants[] = {
        { "openligadb", "league" }, { "football-data", "league" }, { "thesportsdb", "team" }, { "forecast-solar", "kwp" }, { "pvgis", "kwp" },
        { "openholidays-school", "group" },
    };
    for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++)
        if (strcmp(wants[i].feed, feed) == 0)
            return wants[i].var;
    return NULL;
}

START_TEST(shipped_terms)
{
    struct feed *feed = load_shipped(shipped[_i]);
    struct gnm_request request;
    struct gnm_why why;
    ck_assert_str_eq(feed_name(feed), shipped[_i]);
    ck_assert_uint_gt(strlen(feed_licence(feed)), 10);
    ck_assert_uint_lt(strlen(feed_licence(feed)), 120);
    ck_assert_int_ge(feed_poll_s(feed), 3 * 3600);
    ck_assert_int_ge(feed_max_age_s(feed), 2 * feed_poll_s(feed));
    int use = 0;
    for (size_t i = 0; i < sizeof on / sizeof on[0]; i++)
        use |= strcmp(shipped[_i], on[i]) == 0;
    ck_assert_int_eq(feed_enabled(feed), use);
    struct feed_site site = { .latitude = 50.85034, .longitude = -4.35176, .timezone = "Europe/Brussels", .country = "BE", .contact = "a@example.org",
                              .secret = secret };
    int err = feed_request(feed, &site, 20000, 20030, &request, &why);
    const char *wants = wanted_var(shipped[_i]);
    if (wants != NULL) {
        ck_assert_int_lt(err, 0);
        ck_assert_msg(strstr(why.text, wants) != NULL && strstr(why.text, ".conf:") != NULL, "%s", why.text);
    } else {
        ck_assert_msg(err == 0, "%s", err < 0 ? why.text : "");
        ck_assert_msg(strncmp(request.url, "https://", 8) == 0 && strchr(request.url, ' ') == NULL, "%s", request.url);
        ck_assert_int_eq(request.http, 0);
        ck_assert_int_eq(request.redirects, 0);
    }
    feed_free(feed);
}
END_TEST

/* A key nobody gave is refused with the file and the line that asks for it. */
START_TEST(missing_secrets)
{
    static const char *const keyed[] = { "football-data", "acled" };
    struct feed *feed = load_shipped(keyed[_i]);
    struct gnm_request request;
    struct gnm_why why;
    struct feed_site site = { .latitude = 50, .longitude = 4, .timezone = "Europe/Brussels", .country = "BE", .var = vars, .n_vars = VARS };
    ck_assert_int_lt(feed_request(feed, &site, 20000, 20030, &request, &why), 0);
    const char *line = strstr(why.text, ".conf:");
    ck_assert_msg(line != NULL && atoi(line + 6) > 5 && strstr(why.text, "secret") != NULL, "%s", why.text);
    feed_free(feed);
}
END_TEST

START_TEST(met_norway_wants_a_contact_and_four_decimals)
{
    struct feed *feed = load_shipped("met-norway");
    struct gnm_request request;
    struct gnm_why why;
    struct feed_site site = { .latitude = 50.85034, .longitude = -4.35176, .timezone = "Europe/Brussels", .country = "BE", .contact = "" };
    ck_assert_int_lt(feed_request(feed, &site, 20000, 20000, &request, &why), 0);
    ck_assert_msg(strstr(why.text, "contact") != NULL, "%s", why.text);
    site.contact = "a@example.org";
    ck_assert_int_eq(feed_request(feed, &site, 20000, 20000, &request, &why), 0);
    ck_assert_str_eq(request.url, "https://api.met.no/weatherapi/locationforecast/2.0/compact?lat=50.8503&lon=-4.3518");
    feed_free(feed);
}
END_TEST

/* Clouds and irradiance by the hour, for the sun outlook. */
START_TEST(hourly_series)
{
    static const struct { const char *feed, *series; } hourly[] = { { "met-norway", "cloud_hour" }, { "open-meteo-hourly", "ghi_w" } };
    struct feed *feed = load_shipped(hourly[_i].feed);
    size_t i = 0;
    while (i < feed_series_count(feed) && strcmp(feed_series_name(feed, i), hourly[_i].series) != 0)
        i++;
    ck_assert_uint_lt(i, feed_series_count(feed));
    ck_assert_int_eq(feed_series_step(feed, i), GNM_HOUR);
    feed_free(feed);
}
END_TEST

int main(void)
{
    TCase *samples = tcase_create("samples"), *files = tcase_create("files");
    tcase_set_timeout(samples, 10);
    tcase_add_loop_test(samples, samples_from_files, 0, SHIPPED);
    tcase_add_test(samples, samples_over_http);
    tcase_set_timeout(files, 5);
    tcase_add_loop_test(files, shipped_terms, 0, SHIPPED);
    tcase_add_loop_test(files, missing_secrets, 0, 2);
    tcase_add_test(files, met_norway_wants_a_contact_and_four_decimals);
    tcase_add_loop_test(files, hourly_series, 0, 2);
    return run_suite("feeds: shipped definitions", (TCase *[]){ samples, files }, 2);
}
