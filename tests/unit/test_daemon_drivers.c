/* From places and feeds to the drivers of each series: which requests are made, whose values reach whom, and as of when. */
#include "daemon_fixture.h"

#include <sqlite3.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "base/hash.h"
#include "daemon/announce.h"
#include "daemon/changes.h"
#include "daemon/driver_events.h"
#include "daemon/driver_notes.h"
#include "daemon/ingest.h"
#include "daemon/keep.h"
#include "daemon/panels.h"
#include "daemon/shown.h"
#include "features/matrix.h"
#include "features/panel_period.h"

static void setup(void)
{
    fixture_setup();
    put("share/feeds/sky.conf", "[feed sky]\nurl = https://sky.example/v1?lat={latitude:.2f}&lon={longitude:.2f}\ndate = /day\ndate_format = %Y-%m-%d\nkind = forecast\n"
                                "[series temperature]\nvalue = /t\ndriver = t_mean\n[series fear]\nvalue = /f\ndriver = none\n[series level]\nvalue = /l\n");
    put("share/feeds/school.conf", "[feed school]\nurl = https://school.example/{country}/{region}\ndate = /day\ndate_format = %Y-%m-%d\nkind = calendar\n"
                                   "[series school_holiday]\nvalue = 1\nagg = any\ndriver = school_holiday\n");
    put("share/feeds/prices.conf", "[feed prices]\nurl = https://prices.example/{country}?from={from:%Y-%m}\ndate = /month\ndate_format = %Y-%m\n"
                                   "[series rate]\nvalue = /rate\ndriver = cpi\nform = yearly\n");
}

static void more_definitions(void)
{
    put("share/feeds/league.conf", "[feed league]\nurl = https://league.example/all\nrows = /*\ndate = /at\ndate_format = iso\nkind = schedule\nlead = 14d\nid = /id\n"
                                   "title = {/home} - {/guest}\nteam = /home\nteam = /guest\ncategory = football\nvenue = /where\nattendance = /seats\n"
                                   "[series matches]\nvalue = 1\nagg = count\n");
    put("share/feeds/town.conf", "[feed town]\nurl = https://town.example/fairs\nrows = /*\ndate = /from\ndate_end = /to\ndate_format = %Y-%m-%d\nkind = schedule\n"
                                 "id = /id\ntitle = /what\ncategory = /kind\nvenue = /where\nenabled = no\n[series days]\nvalue = 1\nagg = any\n");
    put("share/feeds/shop.conf", "[feed shop]\nurl = https://shop.example/sales\nrows = /*\ndate = /day\ndate_format = %Y-%m-%d\nkind = activity\n"
                                 "[series sales]\nname = /shop\nvalue = /sum\n");
}

static const char places[] = "[place gent]\nlatitude = 51.05\nlongitude = 3.72\nregion = VLG\n[place brugge]\nlatitude = 51.21\nlongitude = 3.22\nregion = VLG\n"
                             "[place lille]\nlatitude = 50.63\nlongitude = 3.06\ncountry = FR\nregion = HDF\n[place nowhere]\nlatitude = 1\nlongitude = 1\n"
                             "[series a]\n[series b]\nplace = gent\n[series c]\nplace = brugge\ntags = outdoor food\n[series d]\nplace = lille\n[series e]\nplace = gent\n";

START_TEST(one_request_serves_the_places_that_ask_the_same)
{
    start(places);
    ck_assert_ptr_nonnull(slot("sky", ""));
    ck_assert_ptr_nonnull(slot("sky", "gent"));
    ck_assert_ptr_nonnull(slot("sky", "brugge"));
    ck_assert_ptr_nonnull(slot("sky", "lille"));
    ck_assert_ptr_null(slot("sky", "nowhere"));                       /* no series stands there */
    ck_assert_ptr_nonnull(slot("school", ""));
    ck_assert_ptr_nonnull(slot("school", "gent"));
    ck_assert_ptr_null(slot("school", "brugge"));                     /* the same region */
    ck_assert_uint_eq(slot("school", "gent")->places, 1u << 1 | 1u << 2);
    ck_assert_ptr_nonnull(slot("school", "lille"));
    ck_assert_uint_eq(slot("prices", "")->places, 1u | 1u << 1 | 1u << 2);
    ck_assert_uint_eq(d->fetch.n, 4 + 3 + 2);
}
END_TEST

START_TEST(too_many_requests_are_refused_with_the_reason)
{
    char config[4000] = "", feed[300], name[64];
    for (int i = 0; i < 16; i++)
        snprintf(config + strlen(config), sizeof config - strlen(config), "[place p%d]\nlatitude = %d\nlongitude = 1\n[series s%d]\nplace = p%d\n", i, i, i, i);
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "share/feeds/more%d.conf", i);
        snprintf(feed, sizeof feed, "[feed more%d]\nurl = https://more.example/{latitude}\ndate = /d\n[series x]\nvalue = /x\n", i);
        put(name, feed);
    }
    snprintf(feed, sizeof feed, "%s/state", folder);
    char text[8192], path[300];
    snprintf(text, sizeof text, "[site]\nlatitude = 50\nlongitude = 4\n[paths]\nstate = %s\nshare = %s/share\n%s", feed, folder, config);
    put("gnomon.conf", text);
    snprintf(path, sizeof path, "%s/gnomon.conf", folder);
    ck_assert_int_eq(config_load(path, &d->config, &why), 0);
    snprintf(path, sizeof path, "%s/state.db", folder);
    ck_assert_int_eq(store_open(path, 0, &d->store, NULL, &why), 0);
    clock_virtual(&port, &wall, INT64_C(20600) * 86400000);
    d->clock = &port;
    ck_assert_int_eq(fetch_open(d, &why), -E2BIG);
    ck_assert_ptr_nonnull(strstr(why.text, "more than 64 requests in use"));
    ck_assert_uint_eq(d->fetch.n, 0);
}
END_TEST

START_TEST(a_feed_that_is_not_asked_any_more_makes_nobody_wait)
{
    struct store_feed row = { .feed = "gone", .place = "gent", .last_ok_s = 5, .calls = 7, .calls_day = 3, .history_day = 11 }, back;
    start("");
    ck_assert_int_eq(store_feed_put(d->store, &row, &why), 0);
    fetch_close(d);
    ck_assert_int_eq(fetch_open(d, &why), 0);
    ck_assert_int_eq(store_feed_get(d->store, "gone", "gent", &back, &why), 0);
    ck_assert_int_eq(back.disabled, 2);
    ck_assert_int_eq(back.calls, 7);
    ck_assert_int_eq(back.history_day, 11);
}
END_TEST

static int look_at_note(const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    snprintf(path, sizeof path, "%s/state.db", folder);
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    int n = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

/* ---- values ---- */

static void signal_at(const char *feed, const char *series, const char *place, enum gnm_step step, int64_t valid, int64_t available_s, double value)
{
    struct gnm_signal s = { .step = step, .valid = valid, .issued_s = available_s, .available_s = available_s, .fetched_s = available_s, .value = value, .rows = 1 };
    snprintf(s.feed, GNM_ID, "%s", feed);
    snprintf(s.series, GNM_ID, "%s", series);
    snprintf(s.place, GNM_ID, "%s", place);
    ck_assert_msg(store_signals(d->store, &s, 1, NULL, &why) == 0, "%s", why.text);
}

static void history(const char *series, int64_t from, int64_t to)
{
    struct store_series s = { .step = GNM_DAY };
    snprintf(s.series, GNM_ID, "%s", series);
    ck_assert_int_eq(store_begin(d->store, &why), 0);
    ck_assert_int_eq(store_series_put(d->store, &s, &why), 0);
    for (int64_t day = from; day <= to; day++) {
        struct gnm_activity row = { .day = day, .value = 10, .available_s = (day + 1) * 86400, .fetched_s = (day + 1) * 86400 };
        snprintf(row.series, GNM_ID, "%s", series);
        ck_assert_int_eq(store_activity(d->store, &row, 1, NULL, &why), 0);
    }
    ck_assert_int_eq(store_commit(d->store, &why), 0);
}

static double known(const struct panel *panel, const char *driver, const char *series, int64_t day, int64_t at_s)
{
    int i = panel_driver_find(panel, driver);
    for (size_t s = 0; i >= 0 && s < panel_series_count(panel); s++)
        if (strcmp(panel_series_name(panel, s), series) == 0)
            return panel_driver_value(panel, (size_t)i, s, panel_period(panel, day), at_s);
    return NAN;
}

START_TEST(a_series_has_the_weather_of_its_place_as_it_was_known)
{
    struct panels panels;
    start(places);
    for (const char *s = "abcde"; *s != '\0'; s++)
        history((char[]){ *s, '\0' }, 20500, 20599);
    signal_at("sky", "temperature", "", GNM_DAY, 20590, 20587 * DAY + 100, 1);
    signal_at("sky", "temperature", "gent", GNM_DAY, 20590, 20587 * DAY + 100, 11);
    signal_at("sky", "temperature", "gent", GNM_DAY, 20590, 20587 * DAY + 9000, 12);        /* the same day's last word counts */
    signal_at("sky", "temperature", "gent", GNM_DAY, 20590, 20589 * DAY + 100, 13);
    signal_at("sky", "fear", "gent", GNM_DAY, 20590, 20589 * DAY + 100, 99);
    signal_at("sky", "level", "", GNM_DAY, 20590, 20589 * DAY + 100, 5);
    signal_at("school", "school_holiday", "gent", GNM_DAY, 20595, GNM_ALWAYS, 1);
    ck_assert_msg(panels_load(d, &panels, &why) == 0, "%s", why.text);
    const struct panel *p = panels.panel[GNM_DAY];
    ck_assert_double_eq(known(p, "t_mean", "a", 20590, 20590 * DAY), 1);
    ck_assert_double_nan(known(p, "t_mean", "b", 20590, 20587 * DAY));                      /* not known yet */
    ck_assert_double_eq(known(p, "t_mean", "b", 20590, 20588 * DAY), 12);
    ck_assert_double_eq(known(p, "t_mean", "e", 20590, 20589 * DAY), 12);
    ck_assert_double_eq(known(p, "t_mean", "e", 20590, 20590 * DAY), 13);
    ck_assert_double_nan(known(p, "t_mean", "c", 20590, 20600 * DAY));                      /* another town, nothing fetched yet */
    ck_assert_int_lt(panel_driver_find(p, "sky.fear"), 0);                                  /* shown to people only */
    ck_assert_double_eq(known(p, "sky.level", "a", 20590, 20600 * DAY), 5);
    ck_assert_double_eq(known(p, "school_holiday", "c", 20595, 20500 * DAY), 1);            /* Bruges lies in the same region */
    ck_assert_double_nan(known(p, "school_holiday", "a", 20595, 20600 * DAY));
    panels_free(&panels);
}
END_TEST

START_TEST(holidays_are_those_of_the_place)
{
    struct panels panels;
    int64_t first = civil_day(2026, 1, 5), bastille = civil_day(2026, 7, 14), nation = civil_day(2026, 7, 21);
    start(places);
    history("a", first, first + 100);
    history("d", first, first + 100);
    ck_assert_msg(panels_load(d, &panels, &why) == 0, "%s", why.text);
    const struct panel *p = panels.panel[GNM_DAY];
    int belgian = 0, french = 0, both = 0;
    for (size_t i = 0; i < panel_driver_count(p); i++) {
        const char *name = panel_driver_name(p, i);
        belgian += known(p, name, "a", nation, first * DAY) == 1 && isnan(known(p, name, "d", nation, first * DAY));
        french += known(p, name, "d", bastille, first * DAY) == 1 && isnan(known(p, name, "a", bastille, first * DAY));
        both += known(p, name, "a", civil_day(2026, 12, 25), first * DAY) == 1 && known(p, name, "d", civil_day(2026, 12, 25), first * DAY) == 1;
    }
    struct holiday list[HOLIDAYS_MAX];
    ck_assert_int_eq(belgian, 1);
    ck_assert_int_eq(french, holiday_list("FR", "", 2026, list) > 0);
    ck_assert_int_eq(both, holiday_list("FR", "", 2026, list) > 0);
    panels_free(&panels);
}
END_TEST

START_TEST(what_was_imported_stays_what_it_is)
{
    struct panels panels;
    struct store_driver row = { .driver = "t_mean", .day = 20590, .available_s = GNM_ALWAYS, .value = 77 };
    start("");
    history("a", 20500, 20599);
    signal_at("sky", "temperature", "", GNM_DAY, 20590, 20587 * DAY, 1);
    ck_assert_int_eq(store_drivers(d->store, &row, 1, NULL, &why), 0);
    ck_assert_int_eq(panels_load(d, &panels, &why), 0);
    ck_assert_double_eq(known(panels.panel[GNM_DAY], "t_mean", "a", 20590, 20599 * DAY), 77);
    panels_free(&panels);
}
END_TEST

/* An answer of a feed at a wall time, as the fetching job would keep it. */
static int answer(const char *feed, const char *place, int64_t now_s, const char *body, size_t *added)
{
    struct feed_yield yield = { 0 };
    struct feed_slot *at = (struct feed_slot *)slot(feed, place);
    ck_assert_ptr_nonnull(at);
    wall.wall0_ms += now_s * 1000 - port.wall_ms(port.ctx);
    ck_assert_msg(feed_extract(at->feed, body, strlen(body), NULL, place, now_s, &yield, &why) == 0, "%s", why.text);
    int r = keep_yield(d, at, &yield, 0, added, &why);
    feed_yield_free(&yield);
    if (r == 0)
        at->state.last_ok_s = now_s;
    return r;
}

struct tally { int on, off, rank; };

static int count_events(void *ctx, const struct store_event *e)
{
    struct tally *t = ctx;
    t->on += !e->cancelled;
    t->off += e->cancelled;
    t->rank = e->importance;
    return 0;
}

#define MATCH(id, at, home, guest) "{\"id\":" #id ",\"at\":\"" at "\",\"home\":\"" home "\",\"guest\":\"" guest "\",\"where\":null,\"seats\":12000}"

START_TEST(matches_drive_the_series_that_name_the_team)
{
    struct panels panels;
    size_t added;
    int64_t first = civil_day(2026, 5, 1), now = civil_day(2026, 6, 1);
    more_definitions();
    start("[series a]\ntags = rsc_brussel outdoor\n[series b]\n");
    history("a", first, now);
    history("b", first, now);
    ck_assert_int_eq(answer("league", "", now * DAY, "[" MATCH(1, "2026-05-20T18:00:00Z", "RSC Brussel", "KV") "," MATCH(2, "2026-06-10T18:00:00Z", "RSC Brussel", "KV") ","
                            MATCH(3, "2026-06-11T18:00:00Z", "KV", "RSC Brussel") "]", &added), 0);
    ck_assert_uint_ge(added, 3);
    /* Two days later the second one has moved by a day, and one more is announced. */
    ck_assert_int_eq(answer("league", "", (now + 2) * DAY, "[" MATCH(1, "2026-05-20T18:00:00Z", "RSC Brussel", "KV") "," MATCH(2, "2026-06-12T18:00:00Z", "RSC Brussel", "KV") ","
                            MATCH(3, "2026-06-11T18:00:00Z", "KV", "RSC Brussel") "," MATCH(4, "2026-06-20T18:00:00Z", "RSC Brussel", "OH") "]", &added), 0);
    ck_assert_msg(panels_load(d, &panels, &why) == 0, "%s", why.text);
    const struct panel *p = panels.panel[GNM_DAY];
    int64_t played = civil_day(2026, 5, 20), old = civil_day(2026, 6, 10), moved = civil_day(2026, 6, 12), late = civil_day(2026, 6, 20);
    ck_assert_double_eq(known(p, "match_rsc_brussel", "a", played, (played - 14) * DAY), 1);
    ck_assert_double_nan(known(p, "match_rsc_brussel", "a", played, (played - 15) * DAY));
    ck_assert_double_eq(known(p, "match_rsc_brussel", "a", old, now * DAY), 1);
    ck_assert_double_eq(known(p, "match_rsc_brussel", "a", old, (now + 2) * DAY), 0);
    ck_assert_double_nan(known(p, "match_rsc_brussel", "a", moved, (now + 1) * DAY));
    ck_assert_double_eq(known(p, "match_rsc_brussel", "a", moved, (now + 2) * DAY), 1);
    ck_assert_double_nan(known(p, "match_rsc_brussel", "a", late, (now + 1) * DAY));     /* announced late: not known before that */
    ck_assert_double_eq(known(p, "match_rsc_brussel", "a", late, (now + 2) * DAY), 1);
    ck_assert_double_nan(known(p, "match_rsc_brussel", "b", played, now * DAY));         /* nobody said that it concerns b */
    ck_assert_int_lt(panel_driver_find(p, "match_kv"), 0);
    ck_assert_int_lt(panel_driver_find(p, "league.matches"), 0);
    panels_free(&panels);
}
END_TEST

START_TEST(sections_choose_venues_places_and_tags)
{
    struct panels panels;
    size_t added;
    int64_t now = civil_day(2026, 6, 1);
    more_definitions();
    start("[place gent]\nlatitude = 51\nlongitude = 3.7\n[series a]\n[series b]\nplace = gent\n[series c]\nplace = gent\ntags = food\n"
          "[feed league]\nvenue = Brussel\nplaces = site\n[feed fairs]\ndefinition = town\nplaces = gent\ntags = food\n");
    for (const char *s = "abc"; *s != '\0'; s++)
        history((char[]){ *s, '\0' }, now - 100, now);
    ck_assert_ptr_null(slot("town", ""));                             /* shipped off; its section has another name */
    ck_assert_int_eq(answer("league", "", now * DAY, "[" MATCH(2, "2026-06-10T18:00:00Z", "RSC Brussel", "KV") "," MATCH(3, "2026-06-11T18:00:00Z", "KV", "RSC Brussel") "]", &added), 0);
    ck_assert_int_eq(answer("fairs", "", now * DAY, "[{\"id\":1,\"from\":\"2026-06-05\",\"to\":\"2026-06-07\",\"what\":\"Book fair 2026\",\"kind\":\"fair\",\"where\":\"Expo Gent\"},"
                            "{\"id\":2,\"from\":\"2026-06-09\",\"to\":\"2026-06-30\",\"what\":\"Floods\",\"kind\":\"crisis\",\"where\":\"\"},"
                            "{\"id\":3,\"from\":\"2026-06-09\",\"to\":\"2026-06-09\",\"what\":\"Walk-out\",\"kind\":\"strike\",\"where\":\"\"}]", &added), 0);
    ck_assert_msg(panels_load(d, &panels, &why) == 0, "%s", why.text);
    const struct panel *p = panels.panel[GNM_DAY];
    int64_t fair = civil_day(2026, 6, 6), nine = civil_day(2026, 6, 9);
    ck_assert_double_eq(known(p, "match_brussel", "a", civil_day(2026, 6, 10), now * DAY), 1);
    ck_assert_double_nan(known(p, "match_brussel", "b", civil_day(2026, 6, 10), now * DAY));
    ck_assert_double_eq(known(p, "fair_expo_gent", "c", fair, now * DAY), 1);
    ck_assert_double_nan(known(p, "fair_expo_gent", "b", fair, now * DAY));
    ck_assert_double_eq(known(p, "fairs_onset", "c", nine, now * DAY), 1);
    ck_assert_double_nan(known(p, "fairs_onset", "c", nine + 1, now * DAY));
    ck_assert_double_eq(known(p, "strike_fairs", "c", nine, now * DAY), 1);
    panels_free(&panels);
}
END_TEST

/* A feed that is one company's own concerns its series only, and fills no others. */
START_TEST(a_feed_of_one_company)
{
    struct panels panels;
    size_t added;
    int64_t now = civil_day(2026, 6, 1);
    more_definitions();
    start("[company x]\n[company y]\n[series a]\ncompany = x\n[series b]\ncompany = y\n[feed fairs]\ndefinition = town\ncompany = x\n[feed shop]\ncompany = x\n");
    struct store_series series[] = { { .series = "a", .company = "x", .step = GNM_DAY }, { .series = "b", .company = "y", .step = GNM_DAY } };
    history("a", now - 100, now);
    history("b", now - 100, now);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(store_series_put(d->store, &series[i], &why), 0);
    ck_assert_int_eq(answer("fairs", "", now * DAY, "[{\"id\":1,\"from\":\"2026-06-05\",\"to\":\"2026-06-07\",\"what\":\"Own fair\",\"kind\":\"fair\",\"where\":\"Expo\"}]", &added), 0);
    ck_assert_msg(panels_load(d, &panels, &why) == 0, "%s", why.text);
    ck_assert_double_eq(known(panels.panel[GNM_DAY], "fair_expo", "a", civil_day(2026, 6, 6), now * DAY), 1);
    ck_assert_double_nan(known(panels.panel[GNM_DAY], "fair_expo", "b", civil_day(2026, 6, 6), now * DAY));
    panels_free(&panels);
    ck_assert_int_eq(answer("shop", "", (now + 2) * DAY, "[{\"day\":\"2026-06-01\",\"shop\":\"a\",\"sum\":5},{\"day\":\"2026-06-01\",\"shop\":\"new\",\"sum\":5}]", &added), 0);
    ck_assert_uint_eq(added, 2);
    ck_assert_int_eq(store_series_owned(d->store, "new", "x", &why), 0);
    ck_assert_int_eq(store_series_owned(d->store, "new", "y", &why), -EPERM);
    ck_assert_int_eq(answer("shop", "", (now + 3) * DAY, "[{\"day\":\"2026-06-02\",\"shop\":\"a\",\"sum\":6},{\"day\":\"2026-06-02\",\"shop\":\"b\",\"sum\":6}]", &added), -EPERM);
    ck_assert_str_eq(why.text, "series \"b\" is not one of company x");
    ck_assert_uint_eq(added, 0);
}
END_TEST

START_TEST(a_company_moves_its_own_series_only)
{
    static const struct { const char *company, *text, *says; } files[] = {
        { "x", "series,date,value\na,2026-05-01,5\nb,2026-05-01,5\n", "series \\\"b\\\" is not one of company x" },
        { "x", "series,driver,date,value\na,promo,2026-05-01,1\nb,promo,2026-05-01,1\n", "series \\\"b\\\" is not one of company x" },
        { "x", "series,driver,date,value\n,promo,2026-05-01,1\n", "names no series" },
        { "x", "series,date,value\na,2026-05-01,5\n", NULL },
        { "", "series,driver,date,value\n,promo,2026-05-01,1\nb,promo,2026-05-02,1\n", NULL },
    };
    struct store_series series[] = { { .series = "a", .company = "x", .step = GNM_DAY }, { .series = "b", .company = "y", .step = GNM_DAY } };
    char path[300];
    start("[company x]\n[company y]\n[series a]\ncompany = x\n[series b]\ncompany = y\n");
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(store_series_put(d->store, &series[i], &why), 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct ingest_result result = { 0 };
        struct text report = { 0 };
        put("drop.csv", files[i].text);
        snprintf(path, sizeof path, "%s/drop.csv", folder);
        int r = ingest_file(d->store, path, "drop.csv", files[i].company, 20600 * DAY, &result, &report, &why);
        ck_assert_msg(r == (files[i].says != NULL ? -EPERM : 0), "file %zu: %d %s", i, r, report.data);
        ck_assert_msg(files[i].says == NULL || strstr(report.data, files[i].says) != NULL, "%s", report.data);
        text_free(&report);
    }
    ck_assert_int_eq(look_at_note("SELECT count(*) FROM activity"), 1);
    ck_assert_int_eq(look_at_note("SELECT count(*) FROM driver_value"), 2);
}
END_TEST

/* Weather, matches and prices are everybody's; a till is one company's even where nobody said so. */
START_TEST(a_companys_file_tells_of_public_feeds_and_its_own)
{
    const char *hidden[ANNOUNCE_HIDDEN];
    more_definitions();
    start("[company x]\n[company y]\n[series a]\ncompany = x\n[series b]\ncompany = y\n[feed diary]\ndefinition = town\ncompany = x\n");
    ck_assert_ptr_nonnull(slot("sky", ""));
    ck_assert_ptr_nonnull(slot("shop", ""));
    ck_assert_uint_eq(announce_hidden(d, "x", hidden), 1);
    ck_assert_str_eq(hidden[0], "shop");
    ck_assert_uint_eq(announce_hidden(d, "y", hidden), 2);
    ck_assert_str_eq(hidden[0], "diary");
    ck_assert_str_eq(hidden[1], "shop");
}
END_TEST

START_TEST(an_event_that_is_not_listed_any_more_is_off)
{
    size_t added;
    struct store_event_pick pick = { "league", NULL, 1, 0, 0 };
    int64_t now = civil_day(2026, 6, 1);
    more_definitions();
    start("");
    ck_assert_int_eq(answer("league", "", now * DAY, "[" MATCH(1, "2026-06-05T18:00:00Z", "A", "B") "," MATCH(2, "2026-06-10T18:00:00Z", "A", "C") "," MATCH(3, "2026-06-15T18:00:00Z", "A", "D") "]", &added), 0);
    ck_assert_int_eq(answer("league", "", (now + 1) * DAY, "[" MATCH(1, "2026-06-05T18:00:00Z", "A", "B") "," MATCH(3, "2026-06-15T18:00:00Z", "A", "D") "]", &added), 0);
    ck_assert_int_eq(answer("league", "", (now + 2) * DAY, "[" MATCH(1, "2026-06-05T18:00:00Z", "A", "B") "," MATCH(3, "2026-06-15T18:00:00Z", "A", "D") "]", &added), 0);
    ck_assert_uint_eq(added, 0);
    struct tally t = { 0, 0, 0 };
    ck_assert_int_eq(store_each_event(d->store, &pick, count_events, &t, &why), 0);
    ck_assert_int_eq(t.on, 2);
    ck_assert_int_eq(t.off, 1);
    ck_assert_int_eq(t.rank, 82);                                     /* 20 log10(12000) */
}
END_TEST

START_TEST(an_activity_feed_fills_series)
{
    struct panels panels;
    size_t added;
    int64_t now = civil_day(2026, 6, 5);
    more_definitions();
    start("");
    ck_assert_int_eq(answer("shop", "", now * DAY, "[{\"day\":\"2026-06-01\",\"shop\":\"north\",\"sum\":10},{\"day\":\"2026-06-02\",\"shop\":\"north\",\"sum\":\"11.5\"},"
                            "{\"day\":\"2026-06-03\",\"shop\":\"north\",\"sum\":12},{\"day\":\"2026-06-03\",\"shop\":\"south\",\"sum\":1}]", &added), 0);
    ck_assert_uint_eq(added, 4);
    ck_assert_msg(panels_load(d, &panels, &why) == 0, "%s", why.text);
    ck_assert_uint_eq(panels.n_series, 1);                            /* one value makes no series yet */
    ck_assert_double_eq(panel_value(panels.panel[GNM_DAY], 0, civil_day(2026, 6, 2), now * DAY), 11.5);
    panels_free(&panels);
}
END_TEST

START_TEST(values_in_another_unit_are_held_back)
{
    size_t added;
    char body[600];
    int64_t now = civil_day(2026, 6, 1);
    put("share/feeds/sky.conf", "[feed sky]\nurl = https://sky.example/v1?lat={latitude:.2f}\nrows = /*\ndate = /day\ndate_format = %Y-%m-%d\nkind = forecast\n"
                                "[series temperature]\nvalue = /t\ndriver = t_mean\n");
    start("");
    for (int turn = 0; turn < 3; turn++) {
        size_t n = 0;
        for (int i = 0; i < 8; i++)
            n += (size_t)snprintf(body + n, sizeof body - n, "%s{\"day\":\"2026-06-%02d\",\"t\":%.1f}", i == 0 ? "[" : ",", 2 + i, turn == 1 ? 288.15 + i : 15.0 + i + 0.1 * turn);
        snprintf(body + n, sizeof body - n, "]");
        int r = answer("sky", "", (now * 24 + turn) * 3600, body, &added);
        ck_assert_int_eq(r, turn == 1 ? -EBADMSG : 0);
        ck_assert_uint_eq(added, turn == 1 ? 0 : 8);
    }
}
END_TEST

START_TEST(names_of_venues_become_names_of_drivers)
{
    char slug[32];
    driver_events_slug("  R.S.C. Anderlecht 1908 ", slug, sizeof slug);
    ck_assert_str_eq(slug, "r_s_c_anderlecht");
    driver_events_slug("Fête d'été, Expo-5 (2026)", slug, sizeof slug);
    ck_assert_str_eq(slug, "fte_dt_expo");
    driver_events_slug("A venue whose name does not fit at all", slug, 12);
    ck_assert_str_eq(slug, "a_venue_who");
    driver_events_slug("2026", slug, sizeof slug);
    ck_assert_str_eq(slug, "");
}
END_TEST

/* An index of the news and the holidays by rule are for people; no panel has a column of the index. */
START_TEST(an_index_is_shown_and_never_handed_to_a_model)
{
    struct panels panels;
    struct store_event_pick pick = { "news", NULL, 1, 0, 0 };
    struct tally t = { 0, 0, 0 };
    put("share/feeds/news.conf", "[feed news]\nurl = https://news.example/share\nrows = /*\ndate = /day\ndate_format = %Y-%m-%d\ncategory = index\n"
                                 "[series share]\nvalue = /x\ndriver = none\n");
    start("");
    history("a", 20500, 20599);
    ck_assert_int_eq(store_begin(d->store, &why), 0);
    for (int i = 1; i <= 100; i++)
        signal_at("news", "share", "", GNM_DAY, 20600 - i, (20601 - i) * DAY, i <= 7 ? 3 : 1);
    ck_assert_int_eq(store_commit(d->store, &why), 0);
    ck_assert_msg(shown_update(d, &why) == 0, "%s", why.text);
    ck_assert_int_eq(store_each_event(d->store, &pick, count_events, &t, &why), 0);
    ck_assert_int_eq(t.on, 1);
    ck_assert_int_eq(t.rank, 100);                                    /* 3 against 1.14 */
    pick.feed = "holidays";
    t = (struct tally){ 0, 0, 0 };
    ck_assert_int_eq(store_each_event(d->store, &pick, count_events, &t, &why), 0);
    ck_assert_int_ge(t.on, 2 * 10);                                   /* this year's and the next's */
    ck_assert_int_eq(panels_load(d, &panels, &why), 0);
    for (size_t i = 0; i < panel_driver_count(panels.panel[GNM_DAY]); i++)
        ck_assert_ptr_null(strstr(panel_driver_name(panels.panel[GNM_DAY], i), "news"));
    panels_free(&panels);
}
END_TEST

static int reads_weather(void *ctx, const char *driver)
{
    (void)ctx;
    return strcmp(driver, "t_mean") == 0 || strcmp(driver, "event_national") == 0;
}

/* The ladder: a forecast, an older one once the feed is silent, climatology where there is none. */
START_TEST(each_forecast_tells_on_what_it_rests)
{
    struct panels panels;
    struct gnm_forecast row[12];
    start("[series a]\n");
    history("a", 20500, 20599);
    for (int i = 0; i < 12; i++)
        if (i < 8)
            signal_at("sky", "temperature", "", GNM_DAY, 20600 + i, 20599 * DAY + 3600, 10 + i);
    ck_assert_int_eq(panels_load(d, &panels, &why), 0);
    for (int silent = 0; silent < 2; silent++) {
        struct feed_slot *sky = (struct feed_slot *)slot("sky", "");
        sky->state.last_ok_s = 20600 * DAY - (silent ? 3 * DAY : 3600);
        for (int i = 0; i < 12; i++)
            row[i] = (struct gnm_forecast){ .series = "a", .step = GNM_DAY, .target = 20600 + i, .horizon = 1 + i };
        ck_assert_msg(driver_notes(d, panels.panel[GNM_DAY], 20599, reads_weather, NULL, &(struct effects){ .n = 0 }, row, 12, &why) == 0, "%s", why.text);
        ck_assert_int_eq(look_at_note("SELECT count(*) FROM forecast_driver"), 12);
        ck_assert_int_eq(look_at_note("SELECT count(*) FROM forecast_driver WHERE basis=3"), 4);
        ck_assert_int_eq(look_at_note("SELECT count(*) FROM forecast_driver WHERE basis=2 AND quality=2 AND value IS NOT NULL AND available=20599*86400+3600"), silent ? 8 : 0);
        ck_assert_int_eq(row[0].quality, silent ? GNM_DEGRADED : GNM_OK);
        ck_assert_int_eq(row[9].quality, silent ? GNM_DEGRADED : GNM_OK);      /* the tenth day could have had one */
        ck_assert_int_eq(row[11].quality, GNM_OK);                             /* no feed reaches so far */
    }
    panels_free(&panels);
}
END_TEST

static int reads_all(void *ctx, const char *driver)
{
    (void)ctx;
    (void)driver;
    return 1;
}

/* From a driver back to the event it counts: the most important of the day, of the series it concerns, as it was last told. */
START_TEST(a_driver_tells_its_event)
{
    struct panels panels;
    struct gnm_forecast row[40];
    size_t added;
    int64_t now = civil_day(2026, 6, 1);
    more_definitions();
    put("share/feeds/school.conf", "[feed school]\nurl = https://school.example/{country}\nrows = /*\ndate = /from\ndate_end = /to\ndate_format = %Y-%m-%d\nkind = calendar\n"
                                   "id = /id\ntitle = /what\n[series school_holiday]\nvalue = 1\nagg = any\ndriver = school_holiday\n");
    start("[series a]\ntags = rsc_brussel outdoor\n[series b]\n[feed fairs]\ndefinition = town\n");
    history("a", now - 100, now);
    history("b", now - 100, now);
    ck_assert_int_eq(answer("league", "", now * DAY, "[" MATCH(1, "2026-06-05T18:00:00Z", "RSC Brussel", "KV") "," MATCH(2, "2026-06-10T18:00:00Z", "RSC Brussel", "KV") ","
                            MATCH(3, "2026-06-11T18:00:00Z", "KV", "RSC Brussel") "]", &added), 0);
    ck_assert_int_eq(answer("league", "", (now + 1) * DAY, "[" MATCH(1, "2026-06-05T18:00:00Z", "RSC Brussel", "KV") "," MATCH(2, "2026-06-12T18:00:00Z", "RSC Brussel", "KV") ","
                            MATCH(3, "2026-06-11T18:00:00Z", "KV", "RSC Brussel") "]", &added), 0);
    ck_assert_int_eq(answer("fairs", "", now * DAY, "[{\"id\":\"x\",\"from\":\"2026-06-06\",\"to\":\"2026-06-07\",\"what\":\"Book fair\",\"kind\":\"fair\",\"where\":\"Expo\"}]", &added), 0);
    ck_assert_int_eq(answer("school", "", now * DAY, "[{\"id\":\"s\",\"from\":\"2026-06-08\",\"to\":\"2026-06-09\",\"what\":\"Half term\"}]", &added), 0);
    ck_assert_msg(panels_load(d, &panels, &why) == 0, "%s", why.text);
    for (int i = 0; i < 40; i++)
        row[i] = (struct gnm_forecast){ .series = { (char)('a' + i / 20) }, .step = GNM_DAY, .target = now + 1 + i % 20, .horizon = 1 + i % 20 };
    ck_assert_msg(driver_notes(d, panels.panel[GNM_DAY], now, reads_all, NULL, &(struct effects){ .n = 0 }, row, 40, &why) == 0, "%s", why.text);
#define NOTED(driver, day, event) look_at_note("SELECT count(*) FROM forecast_driver x JOIN name n ON n.id = x.driver WHERE n.text = '" driver "' AND x.event IS '" event "' AND x.target = 20604 + " #day)
    ck_assert_int_eq(now, 20605);
    ck_assert_int_eq(NOTED("match_rsc_brussel", 5, "league/1"), 1);
    ck_assert_int_eq(NOTED("match_rsc_brussel", 12, "league/2"), 1);
    ck_assert_int_eq(NOTED("fair_expo", 6, "fairs/x"), 1);
    ck_assert_int_eq(NOTED("fair_expo", 7, "fairs/x"), 1);
    ck_assert_int_eq(NOTED("school_holiday", 8, "school/s"), 1);
    ck_assert_int_eq(look_at_note("SELECT count(*) FROM forecast_driver WHERE event IS NOT NULL"), 2 + 2 + 2);
    panels_free(&panels);
}
END_TEST

/* One refresh of series a for days 20600.. with this median, band and effect of temperature on each day. */
static void issue(const struct panels *panels, int64_t origin, double p50, double heat, int64_t trained_ago_s)
{
    struct effects_row of = { .series = 0, .driver = "t_mean" };
    double effect[3] = { heat, heat, heat };
    struct effects effects = { &of, effect, isnan(heat) ? 0 : 1, 3 };
    struct gnm_forecast row[3];
    for (int i = 0; i < 3; i++)
        row[i] = (struct gnm_forecast){ .series = "a", .model = "m", .step = GNM_DAY, .origin = origin, .target = origin + 1 + i, .horizon = 1 + i,
                                        .q = { p50 - 10, p50 - 8, p50 - 4, p50, p50 + 4, p50 + 8, p50 + 10 } };
    wall.wall0_ms += 600000;
    int64_t now_s = port.wall_ms(port.ctx) / 1000;
    ck_assert_msg(changes_note(d, panels->panel[GNM_DAY], &effects, trained_ago_s > 0 ? now_s - trained_ago_s : 0, row, 3, &why) == 0, "%s", why.text);
    ck_assert_msg(driver_notes(d, panels->panel[GNM_DAY], origin, reads_weather, NULL, &effects, row, 3, &why) == 0, "%s", why.text);
    ck_assert_msg(store_forecasts(d->store, now_s, row, 3, &why) == 0, "%s", why.text);
}

#define MOVED(what) "SELECT count(*) FROM forecast_change c JOIN name r ON r.id = c.reason WHERE " what

/* The band is 16 wide: 1.6 and less is noise, but noise adds up. */
START_TEST(what_moved_and_why)
{
    struct panels panels;
    start("[series a]\n");
    history("a", 20500, 20599);
    signal_at("sky", "temperature", "", GNM_DAY, 20601, 20599 * DAY + 3600, 10);
    ck_assert_int_eq(panels_load(d, &panels, &why), 0);
    issue(&panels, 20599, 100, 5, 0);
    issue(&panels, 20599, 101.5, 5, 0);
    ck_assert_int_eq(look_at_note(MOVED("1")), 0);
    issue(&panels, 20599, 110, 13, 0);                       /* 8.5 of 8.5, nearly all by the weather */
    ck_assert_int_eq(look_at_note(MOVED("r.text = 't_mean' AND c.previous = 101.5 AND c.now = 110 AND c.issued = c.previous_issued + 600")), 3);
    issue(&panels, 20599, 111, 13, 0);
    issue(&panels, 20599, 112, 13, 300);           /* since it was last told by 2 */
    ck_assert_int_eq(look_at_note(MOVED("r.text = 'model' AND c.previous = 110 AND c.now = 112")), 3);
    issue(&panels, 20600, 150, 13, 300);           /* a day later, with a new day's activity: the first target is over, the last one new */
    ck_assert_int_eq(look_at_note(MOVED("r.text = 'activity' AND c.target > 20600 AND c.previous = 112")), 2);
    ck_assert_int_eq(look_at_note(MOVED("1")), 2);
    issue(&panels, 20600, 130, NAN, 0);                      /* what the driver added is gone */
    ck_assert_int_eq(look_at_note(MOVED("r.text = 't_mean' AND c.now = 130")), 3);
    panels_free(&panels);
}
END_TEST

static uint64_t design(const struct panels *panels, int64_t origin)
{
    static struct plan plan;
    struct matrix matrix = { 0 };
    const struct panel *panel = panels->panel[GNM_DAY];
    int last = panel_period(panel, origin);
    uint64_t hash = HASH_START;
    struct matrix_range range = { last, 7, last - 30, last, 1 };
    plan_make(panel, last, &plan);
    hash = hash_bytes(hash, &plan.n_columns, sizeof plan.n_columns);
    for (size_t s = 0; s < panel_series_count(panel); s++) {
        ck_assert_int_eq(matrix_series(&plan, panel, s, &range, &matrix), 0);
        ck_assert_uint_gt(matrix.n, 0);
        hash = hash_bytes(hash, matrix.x, matrix.n * (size_t)matrix.columns * sizeof *matrix.x);
        hash = hash_bytes(hash, matrix.row, matrix.n * sizeof *matrix.row);
    }
    matrix_free(&matrix);
    return hash;
}

/* Whatever becomes known after a decision - weather, a moved match, a correction, prices - the rows of that decision stay bit for bit. */
START_TEST(nothing_known_later_reaches_a_decision)
{
    struct panels panels;
    size_t added;
    int64_t first = 20300, now = 20560, last = 20599;
    char body[2000];
    more_definitions();
    start("[series a]\ntags = rsc_brussel\n[series b]\n[feed league]\nvenue = RSC Brussel\n");
    history("a", first, last);
    history("b", first, last);
    ck_assert_int_eq(store_begin(d->store, &why), 0);
    for (int64_t day = first; day <= now; day++)
        for (int lead = 1; lead <= 3; lead++)
            signal_at("sky", "temperature", "", GNM_DAY, day + lead, (day + 1) * DAY - 600, (double)((day * 7 + lead) % 13));
    ck_assert_int_eq(store_commit(d->store, &why), 0);
    size_t n = (size_t)snprintf(body, sizeof body, "[");
    for (int i = 0; i < 8; i++) {
        char date[11];
        civil_format_date(now - 60 + 9 * i, date);
        n += (size_t)snprintf(body + n, sizeof body - n, "%s{\"id\":%d,\"at\":\"%sT18:00:00Z\",\"home\":\"RSC Brussel\",\"guest\":\"x\"}", i > 0 ? "," : "", i, date);
    }
    snprintf(body + n, sizeof body - n, "]");
    ck_assert_int_eq(answer("league", "", now * DAY, body, &added), 0);
    ck_assert_int_eq(panels_load(d, &panels, &why), 0);
    uint64_t before = design(&panels, now);
    ck_assert_int_ge(panel_driver_find(panels.panel[GNM_DAY], "match_rsc_brussel"), 0);
    panels_free(&panels);

    int64_t later_s = (now + 1) * DAY + 60;
    ck_assert_int_eq(store_begin(d->store, &why), 0);
    for (int64_t day = now - 20; day <= last; day++) {
        struct gnm_activity row = { .series = "a", .day = day, .value = (double)(day % 17) + 400, .available_s = later_s, .fetched_s = later_s };
        signal_at("sky", "temperature", "", GNM_DAY, day, later_s, 99);
        if (day <= now)
            ck_assert_int_eq(store_activity(d->store, &row, 1, NULL, &why), 0);
    }
    ck_assert_int_eq(store_commit(d->store, &why), 0);
    ck_assert_int_eq(answer("league", "", later_s, "[" MATCH(1, "2026-05-01T18:00:00Z", "RSC Brussel", "KV") "," MATCH(5, "2026-04-25T18:00:00Z", "RSC Brussel", "KV") "]", &added), 0);
    ck_assert_uint_gt(added, 0);
    ck_assert_int_eq(panels_load(d, &panels, &why), 0);
    ck_assert_uint_eq(design(&panels, now), before);
    ck_assert_uint_ne(design(&panels, now + 5), before);
    panels_free(&panels);
}
END_TEST

START_TEST(rates_become_the_index_they_imply)
{
    struct driver_row row[26] = { 0 };
    int64_t day = civil_day(2024, 1, 1);
    for (int i = 0; i < 26; i++) {
        row[i].day = (int32_t)civil_month_first(civil_month_index(day) + i);
        row[i].value = 12;
    }
    row[24].value = NAN;
    driver_rows_index(row, 26);
    ck_assert_double_eq_tol(row[0].value, 100, 1e-9);
    ck_assert_double_eq_tol(row[6].value, 100 * sqrt(1.12), 1e-9);
    ck_assert_double_eq_tol(row[12].value, 112, 1e-9);
    ck_assert_double_nan(row[24].value);
    ck_assert_double_eq_tol(row[25].value / row[13].value, 1.12, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("daemon drivers");
    TCase *tc = tcase_create("drivers");
    tcase_add_checked_fixture(tc, setup, fixture_teardown);
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, one_request_serves_the_places_that_ask_the_same);
    tcase_add_test(tc, too_many_requests_are_refused_with_the_reason);
    tcase_add_test(tc, a_feed_that_is_not_asked_any_more_makes_nobody_wait);
    tcase_add_test(tc, a_series_has_the_weather_of_its_place_as_it_was_known);
    tcase_add_test(tc, holidays_are_those_of_the_place);
    tcase_add_test(tc, what_was_imported_stays_what_it_is);
    tcase_add_test(tc, matches_drive_the_series_that_name_the_team);
    tcase_add_test(tc, sections_choose_venues_places_and_tags);
    tcase_add_test(tc, a_company_moves_its_own_series_only);
    tcase_add_test(tc, a_feed_of_one_company);
    tcase_add_test(tc, an_event_that_is_not_listed_any_more_is_off);
    tcase_add_test(tc, an_activity_feed_fills_series);
    tcase_add_test(tc, values_in_another_unit_are_held_back);
    tcase_add_test(tc, names_of_venues_become_names_of_drivers);
    tcase_add_test(tc, an_index_is_shown_and_never_handed_to_a_model);
    tcase_add_test(tc, each_forecast_tells_on_what_it_rests);
    tcase_add_test(tc, a_driver_tells_its_event);
    tcase_add_test(tc, a_companys_file_tells_of_public_feeds_and_its_own);
    tcase_add_test(tc, what_moved_and_why);
    tcase_add_test(tc, nothing_known_later_reaches_a_decision);
    tcase_add_test(tc, rates_become_the_index_they_imply);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
