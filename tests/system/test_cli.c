/* The command as an operator meets it: the real program, its statuses, its sentences, its JSON. */
#include "../support/process.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "base/json.h"
#include "store/snapshot.h"
#include "store/store.h"

enum { ARGS_MAX = 12 };

struct told { int status; char *out, *err; };

static char folder[128], conf[160];
static double embodied_g = 50;

static void set_up(void)
{
    support_folder(folder);
    snprintf(conf, sizeof conf, "%s/gnomon.conf", folder);
    support_write(folder, "gnomon.conf",
                  "[site]\nname = test-box\nlatitude = 50.85\nlongitude = 4.35\nzone = Europe/Brussels\ncountry = BE\ncontact = it@example.org\n"
                  "[paths]\nstate = %s/state\nruntime = %s\nshare = %s/config\n"
                  "[controller roof]\nmap = epever\nline = tcp:127.0.0.1:1\n",
                  folder, folder, support_root());
}

static void tear_down(void)
{
    support_remove(folder);
}

static void redirect(int fd, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(125);
}

/* Runs gnomon with these arguments, NULL at the end. */
static pid_t start(const char *const args[])
{
    static char program[300];
    snprintf(program, sizeof program, "%s/gnomon", support_build());
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    char *argv[ARGS_MAX + 2] = { program };
    for (int i = 0; args[i] != NULL; i++)
        argv[i + 1] = (char *)args[i];
    redirect(STDOUT_FILENO, "out");
    redirect(STDERR_FILENO, "err");
    execv(program, argv);
    _exit(126);
}

static struct told finish(pid_t pid)
{
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
    return (struct told){ WEXITSTATUS(status), support_read(folder, "out"), support_read(folder, "err") };
}

static void forget(struct told *told)
{
    free(told->out);
    free(told->err);
}

#define GNOMON(...) finish(start((const char *const[]){ __VA_ARGS__, NULL }))

/* One sentence on stderr that holds `needle`, nothing on stdout. */
static void assert_refused(struct told told, int status, const char *needle)
{
    ck_assert_msg(told.status == status, "status %d instead of %d: %s", told.status, status, told.err);
    ck_assert_msg(strstr(told.err, needle) != NULL, "'%s' is not in: %s", needle, told.err);
    ck_assert_str_eq(told.out, "");
    forget(&told);
}

static struct json *json_of(const struct told *told)
{
    struct gnm_why why = { 0 };
    struct json *doc = json_parse(told->out, strlen(told->out), 0, &why);
    ck_assert_msg(doc != NULL, "%s: %s", why.text, told->out);
    ck_assert_str_eq(json_string(json_member(doc, "contract")), "1.0");
    ck_assert_ptr_nonnull(json_string(json_member(doc, "generated_at")));
    return doc;
}

static double number(const struct json *doc, const char *pointer)
{
    double x = NAN;
    ck_assert_msg(json_number(json_pointer(doc, pointer), &x) == 0, "no number at %s", pointer);
    return x;
}

/* ---- arguments ---- */

START_TEST(wrong_arguments_are_64_and_one_sentence)
{
    assert_refused(GNOMON("forcast"), EX_USAGE, "did you mean forecast?");
    assert_refused(GNOMON("frobnicate"), EX_USAGE, "there is no command frobnicate");
    assert_refused(GNOMON("explain"), EX_USAGE, "explain comes with a later issue");
    assert_refused(GNOMON("--frobnicate"), EX_USAGE, "--frobnicate");
    assert_refused(GNOMON("forecast", "--frobnicate"), EX_USAGE, "gnomon forecast: ");
    assert_refused(GNOMON("forecast", "--next", "0"), EX_USAGE, "--next wants");
    assert_refused(GNOMON("energy", "--days", "x"), EX_USAGE, "--days wants");
    assert_refused(GNOMON("import"), EX_USAGE, "which file?");
    assert_refused(GNOMON("check", "me"), EX_USAGE, "one of config daemon");
    assert_refused(GNOMON("check", "feeds", "me"), EX_USAGE, "too much");
    assert_refused(GNOMON("events", "--from", "May"), EX_USAGE, "--from wants a date");
    assert_refused(GNOMON("events", "--from", "2026-05-02", "--to", "2026-05-01"), EX_USAGE, "is after");
    assert_refused(GNOMON("feed"), EX_USAGE, "gnomon feed test NAME");
    assert_refused(GNOMON("feed", "try", "met-norway"), EX_USAGE, "gnomon feed test NAME");
    assert_refused(finish(start((const char *const[]){ NULL })), EX_USAGE, "Usage:");
}
END_TEST

START_TEST(help_fits_a_screen_and_goes_to_stdout)
{
    static const char *const commands[] = { "status", "check", "import", "forecast", "accuracy", "energy", "backtest" };
    struct told told = GNOMON("--help");
    size_t lines = 0;
    for (const char *c = told.out; *c != '\0'; c++)
        lines += *c == '\n';
    ck_assert_int_eq(told.status, 0);
    ck_assert_uint_le(lines, 32);
    ck_assert_str_eq(told.err, "");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        ck_assert_ptr_nonnull(strstr(told.out, commands[i]));
    forget(&told);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        told = GNOMON(commands[i], "--help");
        ck_assert_int_eq(told.status, 0);
        ck_assert_ptr_nonnull(strstr(told.out, commands[i]));
        forget(&told);
    }
    told = GNOMON("--version");
    ck_assert_int_eq(told.status, 0);
    ck_assert_int_eq(strncmp(told.out, "gnomon 0.", 9), 0);
    forget(&told);
}
END_TEST

/* ---- what is not there ---- */

START_TEST(missing_things_have_their_own_status)
{
    assert_refused(GNOMON("-c", "/nowhere/gnomon.conf", "status"), EX_CONFIG, "there is no configuration at /nowhere/gnomon.conf");
    assert_refused(GNOMON("forecast", "--file", "/nowhere/forecast.db"), EX_UNAVAILABLE, "nothing has been published yet");
    assert_refused(GNOMON("-c", conf, "forecast"), EX_UNAVAILABLE, "nothing has been published yet");
    assert_refused(GNOMON("-c", conf, "status"), EX_UNAVAILABLE, "no daemon runs");
    assert_refused(GNOMON("-c", conf, "forecast", "--company", "nobody"), EX_NOINPUT, "has no [company nobody]");
    assert_refused(GNOMON("-c", conf, "import", "/nowhere/sales.csv"), EX_NOINPUT, "/nowhere/sales.csv: No such file");
    support_write(folder, "not.db", "this is not a database, and it is long enough to be looked at as one, one hundred bytes or more of it: ok");
    char path[200];
    snprintf(path, sizeof path, "%s/not.db", folder);
    assert_refused(GNOMON("forecast", "--file", path), EX_DATAERR, "not.db");
    support_write(folder, "gnomon.conf", "[site]\nlatitud = 1\n");
    assert_refused(GNOMON("-c", conf, "forecast"), EX_CONFIG, "latitude");
}
END_TEST

/* ---- import without a daemon ---- */

/* The worked example of the README: a CRM's own interface as activity. */
static const char crm_conf[] = "[feed crm]\nurl = https://crm.example/api/v1/orders/daily?from={from}&to={to}\nheader = Authorization: Bearer {secret:crm}\n"
                               "licence = our own\nlocal = yes\nkind = activity\npoll = 1h\nback = 800d\nrows = /days/*\nwhere = /closed = true\ndate = /date\n"
                               "date_format = %Y-%m-%d\n\n[series orders]\nname = /team\nvalue = /orders\nagg = sum\n";

START_TEST(feed_test_shows_request_rows_and_what_was_left_out)
{
    char feed[200], payload[200];
    snprintf(feed, sizeof feed, "%s/crm.conf", folder);
    snprintf(payload, sizeof payload, "%s/answer", folder);
    support_write(folder, "crm.conf", "%s", crm_conf);
    support_write(folder, "answer", "%s", "{\"days\":[{\"date\":\"2026-05-14\",\"team\":\"north\",\"orders\":41,\"closed\":true},"
                  "{\"date\":\"2026-05-14\",\"team\":\"south\",\"orders\":\"7\",\"closed\":true},{\"date\":\"2026-05-15\",\"team\":\"north\",\"orders\":3,\"closed\":false},"
                  "{\"date\":\"2026-05-32\",\"team\":\"north\",\"orders\":3,\"closed\":true},{\"date\":\"2026-05-16\",\"team\":\"north\",\"orders\":null,\"closed\":true}]}");
    struct told told = GNOMON("-c", conf, "feed", "test", feed, "--payload", payload);
    ck_assert_msg(told.status == 0, "%s", told.err);
    static const char *const shown[] = { "GET https://crm.example/api/v1/orders/daily?from=", "Authorization: (not shown)", "licence: our own", "north", "south", "41",
                                         "5 rows seen; left out: 1 by a condition, 1 without a date, 1 values that are no number. 2 values, 0 events would be stored.",
                                         "row 3: a condition (where) does not hold", "row 4: no date as %Y-%m-%d: 2026-05-32", "row 5, series orders: no number at /orders: null" };
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        ck_assert_msg(strstr(told.out, shown[i]) != NULL, "'%s' is not in: %s", shown[i], told.out);
    ck_assert_ptr_null(strstr(told.out, "Bearer"));
    forget(&told);
    told = GNOMON("-c", conf, "feed", "test", feed, "--payload", payload, "--json");
    struct json *doc = json_of(&told);
    ck_assert_str_eq(json_string(json_pointer(doc, "/values/1/series")), "south");
    ck_assert(number(doc, "/values/1/value") == 7);
    ck_assert_str_eq(json_string(json_pointer(doc, "/left_out/1/reason")), "no date as %Y-%m-%d: 2026-05-32");
    json_free(doc);
    forget(&told);
}
END_TEST

START_TEST(feed_test_says_why_there_is_nothing)
{
    char feed[200], payload[200];
    snprintf(feed, sizeof feed, "%s/crm.conf", folder);
    snprintf(payload, sizeof payload, "%s/answer", folder);
    support_write(folder, "crm.conf", "%s", crm_conf);
    support_write(folder, "answer", "%s", "Please wait\n");
    struct told told = GNOMON("-c", conf, "feed", "test", feed, "--payload", payload);
    ck_assert_int_eq(told.status, 1);
    ck_assert_msg(strstr(told.out, "Nothing would be stored: not the JSON that was asked for") != NULL, "%s", told.out);
    forget(&told);
    assert_refused(GNOMON("-c", conf, "feed", "test", feed), EX_NOPERM, "credential of the service");
    assert_refused(GNOMON("-c", conf, "feed", "test", "no-such"), EX_NOINPUT, "no-such.conf");
    assert_refused(GNOMON("-c", conf, "feed", "test", "openligadb"), EX_CONFIG, "openligadb.conf:");
    assert_refused(GNOMON("-c", conf, "feed", "test", feed, "--payload", "/no/such"), EX_NOINPUT, "/no/such");
    support_write(folder, "crm.conf", "%s", "[feed crm]\nurl = https://crm.example/\nvalu = 3\n");
    assert_refused(GNOMON("-c", conf, "feed", "test", feed), EX_CONFIG, "crm.conf:3");
}
END_TEST

static void make_state(void)
{
    char path[200];
    snprintf(path, sizeof path, "%s/state", folder);
    ck_assert(mkdir(path, 0751) == 0 || errno == EEXIST);
}

START_TEST(import_without_a_daemon_stores_rows_and_says_what_it_refused)
{
    char good[200], bad[200];
    struct gnm_why why = { 0 };
    make_state();
    support_write(
        folder, "sales.csv",
        "series;date;value\nshop;2026-05-11;812,40\nshop;2026-05-12;955,10\nshop;2026-05-13;much\nshop;2026-05-14;1,5\nshop;2026-05-15;2,5\n"
        "shop;2026-05-16;2,5\n");
    support_write(folder, "bad.csv", "series,date,value\nshop,x,1\nshop,y,2\nshop,2026-05-12,3\n");
    snprintf(good, sizeof good, "%s/sales.csv", folder);
    snprintf(bad, sizeof bad, "%s/bad.csv", folder);

    struct told told = GNOMON("-c", conf, "import", "--json", good);
    ck_assert_msg(told.status == 0, "status %d: %s%s", told.status, told.out, told.err);
    struct json *doc = json_of(&told);
    ck_assert_double_eq(number(doc, "/files/0/rows"), 5);
    ck_assert_double_eq(number(doc, "/files/0/added"), 5);
    ck_assert_double_eq(number(doc, "/files/0/lines/0/line"), 4);
    json_free(doc);
    forget(&told);

    told = GNOMON("-c", conf, "import", good, bad);
    ck_assert_int_eq(told.status, EX_DATAERR);
    ck_assert_msg(strstr(told.out, "5 rows, 0 new, 1 lines rejected") != NULL, "%s", told.out);
    ck_assert_msg(strstr(told.out, "bad.csv: refused: ") != NULL, "%s", told.out);
    forget(&told);

    char db[200];
    struct store *store = NULL;
    int64_t newest = 0;
    snprintf(db, sizeof db, "%s/state/state.db", folder);
    ck_assert_msg(store_open(db, 1, &store, NULL, &why) == 0, "%s", why.text);
    ck_assert_int_eq(store_newest_s(store, &newest, &why), 0);
    ck_assert_int_gt(newest, 0);
    store_close(store);
}
END_TEST

/* ---- import through the inbox: the test is the daemon ---- */

static int hold_lock(void)
{
    char path[200];
    make_state();
    snprintf(path, sizeof path, "%s/state/inbox", folder);
    ck_assert_int_eq(mkdir(path, 0730), 0);
    snprintf(path, sizeof path, "%s/state/done", folder);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/state/rejected", folder);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/state/state.db.lock", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    return fd;
}

static void answer_in(const char *where, const char *answer)
{
    char from[200], to[200];
    for (int i = 0; support_count(folder, "state/inbox/sales.csv", "shop") == 0; i++) {
        ck_assert_msg(i < 500, "nothing arrived in the inbox");
        support_sleep(0.01);
    }
    support_write(folder, "answer", "%s", answer);
    snprintf(from, sizeof from, "%s/answer", folder);
    snprintf(to, sizeof to, "%s/state/%s/sales.csv", folder, where);
    ck_assert_int_eq(rename(from, to), 0);
    snprintf(from, sizeof from, "%s/state/inbox/sales.csv", folder);
    ck_assert_int_eq(unlink(from), 0);
}

START_TEST(import_beside_a_daemon_goes_through_its_inbox)
{
    char file[200];
    int lock = hold_lock();
    snprintf(file, sizeof file, "%s/sales.csv", folder);
    support_write(folder, "sales.csv", "series,date,value\nshop,2026-05-11,812\n");
    /* An answer to an older file of the same name is not taken for this one's. */
    support_write(folder, "state/done/sales.csv",
                  "{\"kind\":\"activity\",\"rows\":77,\"added\":77,\"rejected\":0,\"detected\":\"old\",\"lines\":[]}");

    pid_t pid = start((const char *const[]){ "-c", conf, "import", file, NULL });
    answer_in("rejected", "{\"contract\":\"1.0\",\"file\":\"sales.csv\",\"kind\":\"refused\",\"rows\":0,\"added\":0,\"reason\":\"no header\"}\n");
    struct told told = finish(pid);
    ck_assert_int_eq(told.status, EX_DATAERR);
    ck_assert_msg(strstr(told.out, "refused: no header") != NULL, "%s%s", told.out, told.err);
    forget(&told);

    pid = start((const char *const[]){ "-c", conf, "import", file, NULL });
    answer_in("done", "{\"contract\":\"1.0\",\"file\":\"sales.csv\",\"kind\":\"activity\",\"rows\":1,\"added\":1,\"rejected\":0,\"detected\":\"dates "
                      "year-month-day\",\"lines\":[]}\n");
    told = finish(pid);
    ck_assert_int_eq(told.status, 0);
    ck_assert_msg(strstr(told.out, "activity, 1 rows, 1 new (dates year-month-day)") != NULL, "%s%s", told.out, told.err);
    forget(&told);

    assert_refused(GNOMON("-c", conf, "import", "--timeout", "1s", file), EX_TEMPFAIL, "no answer within 1 s");
    assert_refused(GNOMON("-c", conf, "import", "--timeout", "1s", file), EX_TEMPFAIL, "still waits");
    close(lock);
}
END_TEST

/* ---- the published file ---- */

static void publish_with(const struct store_event event[2], int64_t published_s)
{
    char db[200], public[200];
    struct store *store = NULL;
    struct gnm_why why = { 0 };
    make_state();
    snprintf(db, sizeof db, "%s/state/state.db", folder);
    snprintf(public, sizeof public, "%s/state/public", folder);
    mkdir(public, 0755);
    ck_assert_msg(store_open(db, 0, &store, NULL, &why) == 0, "%s", why.text);
    int64_t first = published_s / 86400 - 200;
    struct store_series series = { .series = "shop", .title = "Shop", .unit = "visits", .step = GNM_DAY, .non_negative = 1 };
    ck_assert_msg(store_series_put(store, &series, &why) == 0, "%s", why.text);
    struct gnm_activity row[200];
    size_t added = 0;
    for (int i = 0; i < 200; i++)
        row[i] = (struct gnm_activity){
            .series = "shop", .day = first + i, .value = 100 + i % 7, .available_s = (first + i + 1) * 86400, .fetched_s = published_s - 60};
    ck_assert_msg(store_activity(store, row, 200, &added, &why) == 0, "%s", why.text);
    struct gnm_forecast forecast[3];
    for (int i = 0; i < 3; i++) {
        forecast[i] = (struct gnm_forecast){.series = "shop",
                                            .model = "theta",
                                            .step = GNM_DAY,
                                            .origin = first + 199,
                                            .target = first + 200 + i,
                                            .horizon = i + 1,
                                            .mean = 101,
                                            .baseline = 99,
                                            .quality = GNM_FALLBACK};
        for (int q = 0; q < GNM_LEVELS; q++)
            forecast[i].q[q] = 95 + 2 * q;
    }
    ck_assert_msg(store_forecasts(store, published_s, forecast, 3, &why) == 0, "%s", why.text);
    struct snapshot_status status = {.software_version = "0.1.0",
                                     .site = "test-box",
                                     .time_zone = "Europe/Brussels",
                                     .published_s = published_s,
                                     .next_publish_s = published_s + 21600,
                                     .mode = GNM_NORMAL,
                                     .soc_ratio = NAN,
                                     .soc_uncertainty_ratio = NAN,
                                     .battery_v = NAN,
                                     .pv_w = NAN,
                                     .load_w = NAN,
                                     .intensity_g_per_kwh = 48,
                                     .embodied_g_per_day = embodied_g};
    if (event != NULL)
        ck_assert_msg(store_events(store, event, 2, NULL, &why) == 0, "%s", why.text);
    ck_assert_msg(snapshot_publish(store, public, NULL, &status, &why) == 0, "%s", why.text);
    store_close(store);
}

static void publish(int64_t published_s)
{
    publish_with(NULL, published_s);
}

START_TEST(forecasts_are_shown_as_table_and_as_json)
{
    publish((int64_t)time(NULL) - 120);
    struct told told = GNOMON("-c", conf, "forecast");
    ck_assert_msg(told.status == 0, "status %d: %s%s", told.status, told.out, told.err);
    ck_assert_msg(strstr(told.out, "test-box, published 20") != NULL && strstr(told.out, "2 min ago") != NULL, "%s", told.out);
    ck_assert_ptr_null(strstr(told.out, "OLD:"));
    ck_assert_msg(strstr(told.out, "fallback  theta") != NULL, "%s", told.out);
    forget(&told);

    told = GNOMON("-c", conf, "forecast", "--json", "--next", "2", "shop");
    ck_assert_int_eq(told.status, 0);
    struct json *doc = json_of(&told);
    ck_assert_int_eq(json_type(json_member(doc, "stale")), JSON_BOOL);
    ck_assert_str_eq(json_string(json_pointer(doc, "/series/0/series_id")), "shop");
    ck_assert_uint_eq(json_size(json_pointer(doc, "/series/0/forecast")), 2);
    ck_assert_double_eq(number(doc, "/series/0/forecast/0/p50"), 101);
    ck_assert_double_eq(number(doc, "/series/0/forecast/0/p10"), 97);
    ck_assert_double_eq(number(doc, "/series/0/forecast/1/horizon"), 2);
    json_free(doc);
    forget(&told);

    assert_refused(GNOMON("-c", conf, "forecast", "shpo"), EX_NOINPUT, "did you mean shop?");

    char file[200];
    snprintf(file, sizeof file, "%s/state/public/forecast.db", folder);
    told = GNOMON("-c", "/nowhere", "forecast", "--file", file);
    ck_assert_int_eq(told.status, 0);
    forget(&told);
    static const char *const readers[] = { "accuracy", "energy" };
    for (size_t i = 0; i < 2; i++) {
        told = GNOMON(readers[i], "--file", file, "--json");
        ck_assert_int_eq(told.status, 0);
        doc = json_of(&told);
        ck_assert_int_eq(json_type(json_member(doc, readers[i])), JSON_ARRAY);
        json_free(doc);
        forget(&told);
    }
}
END_TEST

/* What begins after --to or ended before --from is left out; without --from the day of the publication stands for it. */
START_TEST(events_are_listed_between_dates)
{
    int64_t now = (int64_t)time(NULL), today = now / 86400;
    struct store_event event[2] = {
        { .feed = "league", .id = "7", .title = "A - B", .team = "A|B", .category = "football", .start_s = (today + 3) * 86400, .end_s = (today + 3) * 86400 + 7200, .first_day = today + 3,
          .last_day = today + 3, .available_s = now, .fetched_s = now, .importance = 80, .attendance = 10000 },
        { .feed = "fairs", .id = "x", .title = "Book fair", .venue = "Expo", .category = "fair", .start_s = (today - 9) * 86400, .end_s = (today - 7) * 86400, .first_day = today - 9,
          .last_day = today - 8, .all_day = 1, .available_s = now, .fetched_s = now, .importance = 50, .attendance = NAN },
    };
    char before[11], then[11], after[11];
    publish_with(event, now - 120);
    civil_format_date(today - 8, before);
    civil_format_date(today + 3, then);
    civil_format_date(today + 4, after);
    struct { const char *from, *to; int match, fair; } cases[] = { { NULL, NULL, 1, 0 }, { before, NULL, 1, 1 }, { before, before, 0, 1 }, { after, NULL, 0, 0 }, { then, then, 1, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct told told = cases[i].from == NULL ? GNOMON("-c", conf, "events") : cases[i].to == NULL ? GNOMON("-c", conf, "events", "--from", cases[i].from)
                         : GNOMON("-c", conf, "events", "--from", cases[i].from, "--to", cases[i].to);
        ck_assert_msg(told.status == 0, "status %d: %s%s", told.status, told.out, told.err);
        ck_assert_msg((strstr(told.out, "A - B") != NULL) == cases[i].match && (strstr(told.out, "Book fair") != NULL) == cases[i].fair, "case %zu: %s", i, told.out);
        ck_assert_msg(cases[i].match + cases[i].fair > 0 || strstr(told.out, "No event is known") != NULL, "%s", told.out);
        forget(&told);
    }
    struct told told = GNOMON("-c", conf, "events", "--from", before, "--json");
    struct json *doc = json_of(&told);
    ck_assert_uint_eq(json_size(json_member(doc, "events")), 2);
    ck_assert_str_eq(json_string(json_pointer(doc, "/events/1/event_id")), "league/7");
    ck_assert_double_eq(number(doc, "/events/1/attendance"), 10000);
    json_free(doc);
    forget(&told);
}
END_TEST

/* ---- what a forecast costs the climate ---- */

static void book(int64_t at_s, enum gnm_purpose purpose, double joules)
{
    char db[200];
    struct store *store;
    struct gnm_why why = { 0 };
    struct store_cost row = { .at_s = at_s, .purpose = purpose, .job = "hour", .cost = { 1, joules, GNM_CPU_DC, joules / 10 }, .soc_ratio = 0.9 };
    make_state();
    snprintf(db, sizeof db, "%s/state/state.db", folder);
    ck_assert_msg(store_open(db, 0, &store, NULL, &why) == 0, "%s", why.text);
    ck_assert_msg(store_cost(store, &row, 1, &why) == 0, "%s", why.text);
    store_close(store);
}

static void assert_no_zero(const char *text)
{
    static const char *const lies[] = { " 0 g", " 0.0 g", "\"co2e_g\":0,", "\"co2e_g\":0}", "\"g_per_forecast\":0,", "\"operational_g\":0,", "\"embodied_g\":0," };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++)
        ck_assert_msg(strstr(text, lies[i]) == NULL, "'%s' is in: %s", lies[i], text);
}

static const struct { double embodied_g, idle_j, train_j, sci_g; } prices[] = {
    { 50, 8 * 3600, 3600, (9e-3 * 48 + 25) / 3 },             /* half a day of the parts, nine watt-hours, three forecasts */
    { 0, 8 * 3600, 3600, 9e-3 * 48 / 3 },                     /* of a file that knows no parts */
    { 0, 0, 1e-6, 1e-6 / 3.6e6 * 48 / 3 },                    /* next to nothing is not nothing */
};

START_TEST(one_forecast_has_its_price)
{
    int64_t noon_s = (int64_t)civil_day(2026, 5, 14) * 86400 + 12 * 3600;
    if (prices[_i].idle_j > 0)
        book(noon_s - 7200, GNM_IDLE, prices[_i].idle_j);
    book(noon_s - 3600, GNM_TRAIN, prices[_i].train_j);
    embodied_g = prices[_i].embodied_g;
    publish(noon_s);
    struct told told = GNOMON("-c", conf, "energy", "--json");
    ck_assert_int_eq(told.status, 0);
    assert_no_zero(told.out);
    struct json *doc = json_of(&told);
    ck_assert_str_eq(json_string(json_pointer(doc, "/sci/standard")), "ISO/IEC 21031");
    ck_assert_double_eq_tol(number(doc, "/sci/g_per_forecast") / prices[_i].sci_g, 1, 1e-6);
    ck_assert_double_eq_tol(number(doc, "/sci/energy_kwh") * 3.6e6 / (prices[_i].idle_j + prices[_i].train_j), 1, 1e-6);
    ck_assert_double_eq(number(doc, "/sci/forecasts"), 3);
    if (prices[_i].embodied_g > 0)
        ck_assert_double_eq_tol(number(doc, "/sci/embodied_g"), 25, 1e-6);
    else
        ck_assert_int_eq(json_type(json_pointer(doc, "/sci/embodied_g")), JSON_NULL);
    json_free(doc);
    forget(&told);
    told = GNOMON("-c", conf, "energy");
    ck_assert_int_eq(told.status, 0);
    ck_assert_msg(strstr(told.out, "SCI (ISO/IEC 21031): ") != NULL && strstr(told.out, " g CO2e for one forecast of one period of one series") != NULL, "%s", told.out);
    assert_no_zero(told.out);
    forget(&told);
}
END_TEST

START_TEST(an_old_file_says_that_it_is_old)
{
    publish((int64_t)time(NULL) - 3 * 86400);
    struct told told = GNOMON("-c", conf, "forecast");
    ck_assert_int_eq(told.status, 0);
    ck_assert_msg(strstr(told.out, "3 d ago") != NULL && strstr(told.out, "OLD: the next publication was due") != NULL, "%s", told.out);
    ck_assert_msg(strstr(told.out, "does not seem to run") != NULL, "%s", told.out);
    forget(&told);
    /* The daemon is dead, but what it left still tells. */
    told = GNOMON("-c", conf, "status");
    ck_assert_msg(told.status == EX_UNAVAILABLE, "%s%s", told.out, told.err);
    ck_assert_msg(strstr(told.out, "3 d ago") != NULL, "%s", told.out);
    forget(&told);
}
END_TEST

/* ---- check ---- */

static const char *verdict_of(const struct json *doc, const char *area, const char *name)
{
    for (const struct json *item = json_first(json_member(doc, "checks")); item != NULL; item = json_next(item))
        if (strcmp(json_string(json_member(item, "area")), area) == 0 && (name == NULL || strcmp(json_string(json_member(item, "name")), name) == 0))
            return json_string(json_member(item, "verdict"));
    return "absent";
}

START_TEST(check_names_what_is_missing)
{
    publish((int64_t)time(NULL) - 120);
    struct told told = GNOMON("-c", conf, "check", "--json");
    ck_assert_msg(told.status == 1, "status %d: %s%s", told.status, told.out, told.err);
    struct json *doc = json_of(&told);
    ck_assert_str_eq(verdict_of(doc, "config", NULL), "ok");
    ck_assert_str_eq(verdict_of(doc, "daemon", NULL), "no");
    ck_assert_str_eq(verdict_of(doc, "controller", "roof"), "no");
    ck_assert_str_eq(verdict_of(doc, "forecasts", NULL), "ok");
    ck_assert_str_eq(verdict_of(doc, "feed", "met-norway"), "no");
    ck_assert_str_eq(verdict_of(doc, "data", "shop"), "ok");
    json_free(doc);
    forget(&told);
    told = GNOMON("-c", conf, "check");
    ck_assert_int_eq(told.status, 1);
    ck_assert_msg(strstr(told.out, "ok  data        shop: 200 days, 0 missing, to ") != NULL, "%s", told.out);
    ck_assert_msg(strstr(told.out, "NO  controller  roof: tcp:127.0.0.1:1: Connection refused") != NULL, "%s", told.out);
    forget(&told);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli");
    TCase *tcase = tcase_create("gnomon");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, wrong_arguments_are_64_and_one_sentence);
    tcase_add_test(tcase, feed_test_shows_request_rows_and_what_was_left_out);
    tcase_add_test(tcase, feed_test_says_why_there_is_nothing);
    tcase_add_test(tcase, help_fits_a_screen_and_goes_to_stdout);
    tcase_add_test(tcase, missing_things_have_their_own_status);
    tcase_add_test(tcase, import_without_a_daemon_stores_rows_and_says_what_it_refused);
    tcase_add_test(tcase, import_beside_a_daemon_goes_through_its_inbox);
    tcase_add_test(tcase, forecasts_are_shown_as_table_and_as_json);
    tcase_add_test(tcase, events_are_listed_between_dates);
    tcase_add_loop_test(tcase, one_forecast_has_its_price, 0, sizeof prices / sizeof prices[0]);
    tcase_add_test(tcase, an_old_file_says_that_it_is_old);
    tcase_add_test(tcase, check_names_what_is_missing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
