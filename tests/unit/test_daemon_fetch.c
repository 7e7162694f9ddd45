/* Asking feeds over days, weeks and restarts: the past in slices, calls that are counted, a network that is away. */
#include "daemon_fixture.h"

#include <malloc.h>

#include "almanac/civil.h"
#include "daemon/fetch.h"
#include "daemon/fetch_history.h"

enum { ASKED = 4000 };

/* A web in which every day has the value 7: answers list the days from..to of the URL, or of the last week. */
static struct web { struct { char url[200], name[32], condition[80]; int64_t at_s; } asked[ASKED]; size_t n; int down, status, etag, err; const char *body; } web;

static int submit(void *ctx, const struct gnm_request *request, struct gnm_why *ret_why)
{
    (void)ctx;
    (void)ret_why;
    ck_assert_uint_lt(web.n, ASKED);
    snprintf(web.asked[web.n].url, sizeof web.asked[web.n].url, "%s", request->url);
    snprintf(web.asked[web.n].name, sizeof web.asked[web.n].name, "%s", request->name);
    snprintf(web.asked[web.n].condition, sizeof web.asked[web.n].condition, "%s", request->header[0] != NULL ? request->header[0] : "");
    web.asked[web.n++].at_s = port.wall_ms(port.ctx) / 1000;
    return 1;
}

static int64_t day_in(const char *url, const char *name, int64_t otherwise)
{
    char date[11] = "";
    int64_t day;
    const char *at = strstr(url, name);
    if (at != NULL)
        snprintf(date, sizeof date, "%.10s", at + strlen(name));
    return civil_parse_date(date, &day) == 0 ? day : otherwise;
}

static int take(void *ctx, int id, int64_t now_ms, struct gnm_answer *ret, struct gnm_wait *wait, struct gnm_why *ret_why)
{
    (void)ctx;
    (void)id;
    (void)now_ms;
    (void)wait;
    struct text body = { 0 };
    const char *url = web.asked[web.n - 1].url;
    int64_t today = port.wall_ms(port.ctx) / 86400000, from = day_in(url, "from=", today - 7), to = day_in(url, "to=", today);
    if (web.down)
        return gnm_fail(ret_why, -ENETUNREACH, "network is unreachable");
    if (web.err != 0)
        return gnm_fail(ret_why, web.err, "the transfer failed\n<3>forged");
    *ret = (struct gnm_answer){ .status = web.status != 0 ? web.status : 200, .expires_s = GNM_NEVER };
    if (web.body != NULL) {
        ret->len = strlen(web.body);
        ret->body = strdup(web.body);
        return 0;
    }
    for (int64_t day = from; day <= to; day++) {
        char date[11];
        civil_format_date(day, date);
        ck_assert_int_eq(text_printf(&body, "%s{\"day\":\"%s\",\"x\":7}", day == from ? "[" : ",", date), 0);
    }
    ck_assert_int_eq(text_printf(&body, "]"), 0);
    if (web.etag)
        snprintf(ret->etag, sizeof ret->etag, "W/\"a  b\"");
    ret->body = body.data;
    ret->len = body.len;
    return 0;
}

static void cancel(void *ctx, int id)
{
    (void)ctx;
    (void)id;
}

static int read_meter(void *ctx, struct gnm_meter_sample *ret, struct gnm_why *ret_why)
{
    (void)ctx;
    (void)ret_why;
    *ret = (struct gnm_meter_sample){ 0, NAN, NAN, NAN };
    return 0;
}

static void begin(const char *config)
{
    web = (struct web){ .n = 0 };
    warnings = 0;
    start(config);
    d->ports.web = (struct gnm_web){ submit, take, cancel, NULL };
    d->ports.meter = (struct gnm_meter){ read_meter, NULL };
}

static void run(double hours)
{
    int64_t end_ms = port.mono_ms(port.ctx) + (int64_t)(hours * 3600000);
    while (port.mono_ms(port.ctx) < end_ms) {
        struct gnm_wait wait = { .deadline_ms = GNM_NEVER };
        int64_t now_ms = port.mono_ms(port.ctx), next_ms = fetch_run(d, now_ms, &wait);
        next_ms = next_ms < end_ms ? next_ms : end_ms;
        port.wait(port.ctx, next_ms > now_ms ? next_ms : now_ms + 1, NULL, 0);
    }
}

static void restart(void)
{
    fetch_close(d);
    ck_assert_msg(fetch_open(d, &why) == 0, "%s", why.text);
}

static void observe(int64_t day)
{
    struct store_series s = { .series = "a", .step = GNM_DAY };
    struct gnm_activity row = { .series = "a", .day = day, .value = 1, .available_s = day * DAY, .fetched_s = day * DAY };
    ck_assert_int_eq(store_series_put(d->store, &s, &why), 0);
    ck_assert_int_eq(store_activity(d->store, &row, 1, NULL, &why), 0);
    d->imports++;
}

static void setup(void)
{
    fixture_setup();
    put("share/feeds/past.conf", "[feed past]\nurl = https://past.example/d?from={from}&to={to}\nrows = /*\ndate = /day\ndate_format = %Y-%m-%d\nkind = forecast\nlead = 1d\nback = 60d\n"
                                 "poll = 1d\n[series x]\nvalue = /x\ndriver = t_mean\n");
    put("share/feeds/now.conf", "[feed now]\nurl = https://now.example/d\nrows = /*\ndate = /day\ndate_format = %Y-%m-%d\nkind = forecast\npoll = 6h\n"
                                "[series x]\nvalue = /x\ndriver = t_max\n");
    put("share/feeds/shown.conf", "[feed shown]\nurl = https://shown.example/d?from={from}&to={to}\nrows = /*\ndate = /day\ndate_format = %Y-%m-%d\npoll = 1d\n"
                                  "[series x]\nvalue = /x\ndriver = none\n");
}

START_TEST(the_past_is_asked_for_in_slices_and_once)
{
    int64_t next_to = 0, last_s = 0;
    size_t slices = 0;
    begin("");
    observe(20200);
    run(0.2);
    restart();
    run(24);
    restart();
    size_t first_day = web.n;
    run(20);
    for (size_t i = 0; i < web.n; i++) {
        int64_t from = day_in(web.asked[i].url, "from=", 0), to = day_in(web.asked[i].url, "to=", 0);
        if (strcmp(web.asked[i].name, "past") != 0 || to >= 20600)
            continue;
        ck_assert_msg(next_to == 0 || to == next_to, "slice %zu ends at %lld, not at %lld", slices, (long long)to, (long long)next_to);
        ck_assert_msg(last_s == 0 || web.asked[i].at_s - last_s >= 120, "only %lld s apart", (long long)(web.asked[i].at_s - last_s));
        last_s = web.asked[i].at_s;
        next_to = from - 1;
        slices++;
    }
    ck_assert_uint_eq(slices, (20600 - 60 - (20200 - 35) + 59) / 60);
    ck_assert_int_le(next_to, 20200 - 35);
    ck_assert_msg(web.n - first_day <= 6, "%zu requests on the second day", web.n - first_day);
    for (size_t i = 0; i < web.n; i++)
        ck_assert_msg(strcmp(web.asked[i].name, "shown") != 0 || day_in(web.asked[i].url, "to=", 0) >= 20600, "history for people only");
    observe(20100);                                                   /* older figures came: it goes on from where it was */
    size_t before = web.n;
    run(7);
    ck_assert_uint_ge(web.n - before, 2);
}
END_TEST

START_TEST(what_cannot_be_had_is_passed_over)
{
    begin("");
    observe(20400);
    run(0.02);
    web.status = 404;
    run(30);
    ck_assert_msg(web.n <= 16, "%zu requests", web.n);
    ck_assert_int_lt(slot("past", "")->state.failures, 3);
}
END_TEST

START_TEST(calls_are_counted_over_restarts)
{
    int64_t per_day[4] = { 0 };
    put("share/feeds/chatty.conf", "[feed chatty]\nurl = https://chatty.example/{latitude:.1f}\nrows = /*\ndate = /day\ndate_format = %Y-%m-%d\npoll = 10m\ncalls = 5\n[series x]\nvalue = /x\n");
    begin("[place gent]\nlatitude = 51\nlongitude = 3.7\n[series a]\n[series b]\nplace = gent\n");
    for (int i = 0; i < 24; i++) {
        run(2);
        restart();
    }
    for (size_t i = 0; i < web.n; i++)
        per_day[web.asked[i].at_s / DAY - 20600] += strcmp(web.asked[i].name, "chatty") == 0;
    ck_assert_int_eq(per_day[0], 5);                                  /* both places together */
    ck_assert_int_eq(per_day[1], 5);
}
END_TEST

START_TEST(validators_go_back_as_they_came)
{
    begin("");
    web.etag = 1;
    run(5);
    restart();
    run(20);
    size_t with = 0;
    for (size_t i = 0; i < web.n; i++) {
        if (strcmp(web.asked[i].name, "now") == 0 && web.asked[i].condition[0] != '\0') {
            ck_assert_str_eq(web.asked[i].condition, "If-None-Match: W/\"a  b\"");
            with++;
        }
        ck_assert_msg(strcmp(web.asked[i].name, "past") != 0 || web.asked[i].condition[0] == '\0', "a range that moves has no validator");
    }
    ck_assert_uint_ge(with, 3);
}
END_TEST

START_TEST(a_daemon_that_falls_over_while_asking_asks_ever_less)
{
    begin("");
    size_t starts = 0, before;
    for (int64_t begun_ms = port.mono_ms(port.ctx); port.mono_ms(port.ctx) - begun_ms < 6 * 3600000; starts++) {
        int64_t until_ms = port.mono_ms(port.ctx) + 30000;            /* the service manager starts it again */
        for (before = web.n; port.mono_ms(port.ctx) < until_ms && web.n == before;) {
            struct gnm_wait wait = { .deadline_ms = GNM_NEVER };
            int64_t now_ms = port.mono_ms(port.ctx), next_ms = d->fetch.running ? until_ms : fetch_run(d, now_ms, &wait);
            port.wait(port.ctx, next_ms > until_ms ? until_ms : next_ms > now_ms ? next_ms : now_ms + 1, NULL, 0);
        }
        restart();                                                    /* killed with the request under way */
        port.wait(port.ctx, until_ms, NULL, 0);
    }
    ck_assert_uint_ge(starts, 600);
    ck_assert_msg(web.n <= 3 * 12, "%zu requests in six hours of %zu starts", web.n, starts);
}
END_TEST

START_TEST(weeks_offline_cost_nothing_and_end_quietly)
{
    begin("");
    run(8);
    web.down = 1;
    size_t before = web.n, used;
    run(48);
    used = mallinfo2().uordblks;
    unsigned lines = warnings;
    run(24 * 28);
    ck_assert_msg(mallinfo2().uordblks <= used + 4096, "%zu bytes more", mallinfo2().uordblks - used);
    ck_assert_msg(warnings - lines >= 27 && warnings - lines <= 29, "%u lines in four weeks of three feeds", warnings - lines);
    ck_assert_msg(web.n - before <= 3 * 30 * 8, "%zu requests in a month", web.n - before);
    web.down = 0;
    before = web.n;
    run(24);
    ck_assert_msg(web.n - before <= 12, "%zu requests in the day after", web.n - before);
    ck_assert_int_gt(slot("now", "")->state.last_ok_s, port.wall_ms(port.ctx) / 1000 - DAY);
}
END_TEST

static char told[4000];

static void keep_line(void *ctx, enum log_level level, const char *id, const char *text)
{
    (void)ctx;
    (void)id;
    size_t used = strlen(told);
    if (level <= LOG_WARNING)
        snprintf(told + used, sizeof told - used, "%s\n", text);
}

#define DEFINED(name) "[feed " name "]\nurl = https://" name ".example/\n"
static const struct { const char *name, *text, *says; } wrong[] = {
    { "unknown-key", DEFINED("unknown-key") "dat = /day\ndate = /day\n[series x]\nvalue = /x\n", "unknown-key.conf:3" },
    { "bad-path", DEFINED("bad-path") "rows = /*\ndate = day\ndate_format = %Y-%m-%d\n[series x]\nvalue = x/y\n", "bad-path.conf:7" },
    { "star", DEFINED("star") "date = /day\n[series x]\nvalue = /a/*/b\n", "star.conf:5" },
    { "no-date", DEFINED("no-date") "[series x]\nvalue = /x\n", "no-date.conf:1" },
    { "bad-date", DEFINED("bad-date") "date = /day\ndate_format = %y\n[series x]\nvalue = /x\n", "bad-date.conf:4" },
    { "no-name", "[feed no-name]\nurl = https://no-name.example/{lake}\ndate = /day\n[series x]\nvalue = /x\n", "no-name.conf:2" },
    { "no-secret", DEFINED("no-secret") "header = X-Key: {secret:lake}\ndate = /day\n[series x]\nvalue = /x\n", "no-secret.conf:3" },
};

/* Each is refused with file and line, and the others are asked as if it were not there. */
START_TEST(a_wrong_definition_stops_no_other)
{
    char name[80];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(name, sizeof name, "share/feeds/%s.conf", wrong[i].name);
        put(name, wrong[i].text);
    }
    unsetenv("CREDENTIALS_DIRECTORY");
    told[0] = '\0';
    d->log = (struct log){ keep_line, NULL, LOG_ROUTINE };
    begin("");
    run(8);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(strstr(told, wrong[i].says) != NULL, "%s is not in:\n%s", wrong[i].says, told);
        for (size_t k = 0; k < web.n; k++)
            ck_assert_str_ne(web.asked[k].name, wrong[i].name);
    }
    ck_assert_int_gt(slot("now", "")->state.last_ok_s, 0);
    ck_assert_int_gt(slot("shown", "")->state.last_ok_s, 0);
    d->log = (struct log){ count_line, NULL, LOG_ROUTINE };
}
END_TEST

/* DAY stands for yesterday. What libcurl or the limits of a transfer refuse comes as an error number (tests/unit/test_feeds_web.c provokes each). */
#define ROW(x) "{\"day\":\"DAY\",\"x\":" x "}"
static const struct { const char *name; int status, err; const char *body, *says; } hostile[] = {
    { "longer than the cap, chunked or unpacked", 0, -EFBIG, NULL, "the transfer failed" }, { "too slow, or no end", 0, -ETIMEDOUT, NULL, "" },
    { "a forbidden address", 0, -EACCES, NULL, "" }, { "a forbidden protocol", 0, -EPROTONOSUPPORT, NULL, "" }, { "sent to another host", 0, -EPERM, NULL, "" },
    { "cut off", 0, -ECONNRESET, NULL, "" }, { "a redirect not followed", 302, 0, "", "status 302" }, { "not modified, unasked", 304, 0, "", "not asked" },
    { "part of it", 206, 0, "[" ROW("8") "]", "status 206" }, { "no content", 204, 0, "", "status 204" }, { "too many requests", 429, 0, "[" ROW("8") "]", "status 429" },
    { "an error with values", 500, 0, "[" ROW("8") "]", "status 500" }, { "refused for ever", 403, 0, "[" ROW("8") "]", "status 403" },
    { "nothing", 200, 0, "", "" }, { "empty object", 200, 0, "{}", "" }, { "null", 200, 0, "null", "" }, { "refusal in words", 200, 0, "Please limit requests\n<3>forged", "Please limit" },
    { "error in JSON", 200, 0, "{\"error\":true,\"reason\":\"Daily limit\"}", "Daily limit" }, { "HTML", 200, 0, "<!DOCTYPE html><html></html>", "" },
    { "XML with entities", 200, 0, "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", "" },
    { "something behind the document", 200, 0, "[" ROW("8") "] x", "follows" }, { "two documents", 200, 0, "[" ROW("8") "][" ROW("8") "]", "follows" },
    { "cut in a row", 200, 0, "[" ROW("8") ",{\"day\":", "not valid" }, { "nested too deep", 200, 0, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "32 levels" },
    { "infinite", 200, 0, "[" ROW("1e999") "]", "too large" }, { "NaN", 200, 0, "[" ROW("NaN") "]", "not valid" }, { "escaped NUL", 200, 0, "[" ROW("\"8\\u0000\"") "]", "u0000" },
    { "broken escape", 200, 0, "[" ROW("\"8\\u00\"") "]", "hexadecimal" }, { "bytes that are no text", 200, 0, "\xFF\xFE\x80[", "" },
    { "null only", 200, 0, "[" ROW("null") "]", "number" }, { "words for numbers", 200, 0, "[" ROW("\"many\"") "]", "number" }, { "true for numbers", 200, 0, "[" ROW("true") "]", "number" },
    { "hexadecimal", 200, 0, "[" ROW("\"0x10\"") "]", "number" }, { "other names", 200, 0, "[{\"date\":\"DAY\",\"X\":8}]", "date" },
    { "a date nobody writes", 200, 0, "[{\"day\":\"31/12/2026\",\"x\":8}]", "date" }, { "the year 2199", 200, 0, "[{\"day\":\"2199-01-01\",\"x\":8}]", "date" },
    { "before the calendar", 200, 0, "[{\"day\":\"0000-00-00\",\"x\":8}]", "date" }, { "another unit", 200, 0, NULL, "" },
};

static int count_signal(void *ctx, const struct gnm_signal *signal)
{
    ck_assert_double_eq(signal->value, 7);
    ++*(size_t *)ctx;
    return 0;
}

/* All that is stored, each vintage; nothing but 7 ever is. */
static size_t signals(void)
{
    size_t n = 0;
    ck_assert_msg(store_each_signal(d->store, count_signal, &n, &why) == 0, "%s", why.text);
    return n;
}

static void write_body(char *ret, size_t size, const char *form)
{
    char date[11];
    size_t used = 0;
    int64_t today = port.wall_ms(port.ctx) / 86400000;
    ret[0] = '\0';
    for (int i = 7; form == NULL && i >= 0; i--) {                        /* the same week, a thousand times as much */
        civil_format_date(today - i, date);
        used += (size_t)snprintf(ret + used, size - used, "%c{\"day\":\"%s\",\"x\":%d}%s", i == 7 ? '[' : ',', date, 7000 + i, i == 0 ? "]" : "");
    }
    civil_format_date(today - 1, date);
    for (; form != NULL && *form != '\0' && used + 11 < size; form++) {
        int day = strncmp(form, "DAY", 3) == 0;
        used += (size_t)snprintf(ret + used, size - used, day ? "%s" : "%.1s", day ? date : form);
        form += day ? 2 : 0;
    }
}

/* No row, a counted error with a reason fit for a log, a series as it was, and the next good answer is taken. */
START_TEST(a_hostile_answer_changes_nothing)
{
    char body[2000];
    begin("");
    run(30);
    size_t before = signals();
    struct feed_slot *now = (struct feed_slot *)slot("now", "");
    ck_assert_uint_ge(before, 8);
    ck_assert_int_eq(now->state.failures, 0);
    write_body(body, sizeof body, hostile[_i].body);
    web.body = body;
    web.status = hostile[_i].status;
    web.err = hostile[_i].err;
    unsigned failed = d->fetch.failed;
    now->state.next_s = 0;
    run(0.007);                                                          /* once, not what follows by patience */
    ck_assert_msg(now->state.failures == 1 && d->fetch.failed > failed, "%s: not counted", hostile[_i].name);
    ck_assert_msg(now->state.error[0] != '\0' && strstr(now->state.error, hostile[_i].says) != NULL, "%s: %s", hostile[_i].name, now->state.error);
    for (const char *p = now->state.error; *p != '\0'; p++)
        ck_assert_msg((unsigned char)*p >= ' ' && *p != 127, "%s: a control character", hostile[_i].name);
    ck_assert_msg(signals() == before, "%s: %zu rows", hostile[_i].name, signals() - before);
    ck_assert_int_eq(now->state.disabled, hostile[_i].status == 403);
    web.body = NULL;
    web.status = web.err = 0;
    now->state.disabled = 0;
    now->state.next_s = 0;
    run(24);
    ck_assert_msg(now->state.error[0] == '\0' && signals() > before, "%s: %s", hostile[_i].name, now->state.error);
}
END_TEST

/* A key is a credential of the service: it goes into the header, and without it the feed stays silent while the others are asked. */
START_TEST(a_secret_is_a_credential)
{
    size_t with = 0, others = 0;
    put("share/feeds/keyed.conf", "[feed keyed]\nurl = https://keyed.example/d\nheader = X-Key: {secret:shop}\nrows = /*\ndate = /day\ndate_format = %Y-%m-%d\npoll = 1h\n[series x]\nvalue = /x\n");
    put("shop", "s3cret\n");
    unsetenv("CREDENTIALS_DIRECTORY");
    begin("");
    run(3);
    for (size_t i = 0; i < web.n; i++)
        ck_assert_str_ne(web.asked[i].name, "keyed");
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    restart();
    run(3);
    for (size_t i = 0; i < web.n; i++) {
        int keyed = strcmp(web.asked[i].name, "keyed") == 0;
        with += keyed;
        others += !keyed;
        ck_assert_str_eq(web.asked[i].condition, keyed ? "X-Key: s3cret" : "");
        ck_assert_ptr_null(strstr(web.asked[i].url, "s3cret"));
    }
    ck_assert(with >= 2 && others >= 2);
    unsetenv("CREDENTIALS_DIRECTORY");
}
END_TEST

/* Neither the present nor the past is asked for on a battery that is about to be cut off. */
START_TEST(nothing_is_asked_without_a_grant)
{
    begin("");
    observe(20400);
    d->mode = GNM_HALT;
    run(24);
    ck_assert_uint_eq(web.n, 0);
    d->mode = GNM_NORMAL;
    run(24);
    ck_assert_uint_ge(web.n, 6);
}
END_TEST

START_TEST(a_host_is_given_its_pause)
{
    int64_t last_s = 0;
    for (int i = 0; i < 3; i++) {
        char name[40], text[300];
        snprintf(name, sizeof name, "share/feeds/slow%d.conf", i);
        snprintf(text, sizeof text, "[feed slow%d]\nurl = https://slow.example/%d\nrows = /*\ndate = /day\ndate_format = %%Y-%%m-%%d\npoll = 1h\nspacing = 5s\n[series x]\nvalue = /x\n", i, i);
        put(name, text);
    }
    begin("");
    run(6);
    for (size_t i = 0; i < web.n; i++) {
        if (strncmp(web.asked[i].name, "slow", 4) != 0)
            continue;
        ck_assert_msg(last_s == 0 || web.asked[i].at_s - last_s >= 5, "%lld s apart", (long long)(web.asked[i].at_s - last_s));
        last_s = web.asked[i].at_s;
    }
    ck_assert_int_gt(last_s, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("daemon fetch");
    TCase *tc = tcase_create("fetch");
    tcase_add_checked_fixture(tc, setup, fixture_teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_past_is_asked_for_in_slices_and_once);
    tcase_add_test(tc, what_cannot_be_had_is_passed_over);
    tcase_add_test(tc, calls_are_counted_over_restarts);
    tcase_add_test(tc, validators_go_back_as_they_came);
    tcase_add_test(tc, a_daemon_that_falls_over_while_asking_asks_ever_less);
    tcase_add_test(tc, weeks_offline_cost_nothing_and_end_quietly);
    tcase_add_loop_test(tc, a_hostile_answer_changes_nothing, 0, sizeof hostile / sizeof hostile[0]);
    tcase_add_test(tc, a_wrong_definition_stops_no_other);
    tcase_add_test(tc, a_secret_is_a_credential);
    tcase_add_test(tc, nothing_is_asked_without_a_grant);
    tcase_add_test(tc, a_host_is_given_its_pause);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
