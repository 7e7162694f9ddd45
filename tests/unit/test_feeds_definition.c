/* Definition files: what is refused, with file, line, key, value and the nearest key; and the requests that come of the good ones. */
#include "feeds_support.h"

#define HEAD "[feed x]\nurl = https://x.example/a\nformat = json\nrows = /*\n"
#define DATED HEAD "date = /d\n"
#define SERIES "[series s]\nvalue = /v\n"

static struct gnm_why refusal(const char *text)
{
    struct gnm_why why = { .text = "" };
    struct feed *feed = NULL;
    int err = feed_load("x.conf", text, strlen(text), &feed, &why);
    ck_assert_msg(err < 0 && feed == NULL, "accepted: %s", text);
    return why;
}

/* ---- refusals ---- */

static const struct { const char *text, *says; } refused[] = {
    { "", "x.conf:1: no [feed NAME]" },
    { "[feed x]\n", "x.conf:1: [feed x] has no url" },
    { HEAD SERIES, "x.conf:1: [feed x] has no date" },
    { DATED, "x.conf:1: [feed x] has no [series NAME]" },
    { DATED "[series s]\nmin = 0\n", "x.conf:6: [series s] has no value" },
    { DATED "[series s]\nvalu = /v\n", "x.conf:7: unknown key \"valu\" = \"/v\" in [series]: did you mean \"value\"?" },
    { DATED "pol = 3h\n" SERIES, "x.conf:6: unknown key \"pol\" = \"3h\" in [feed]: did you mean \"poll\"?" },
    { DATED "zzzzzzzz = 3h\n" SERIES, "x.conf:6: unknown key \"zzzzzzzz\" = \"3h\" in [feed]" },
    { DATED SERIES "poll = 3h\n", "x.conf:8: key \"poll\" = \"3h\" does not belong in [series]" },
    { DATED "value = /v\n" SERIES, "x.conf:6: key \"value\" = \"/v\" does not belong in [feed]" },
    { DATED SERIES "[serie t]\n", "x.conf:8: unknown section [serie t]: did you mean \"series\"?" },
    { DATED SERIES "[series s]\n", "x.conf:8: a second [series s]" },
    { DATED SERIES "[feed y]\n", "x.conf:8: a second [feed]" },
    { DATED SERIES "[series a/b]\n", "x.conf:8: [series a/b]: a name has" },
    { "[series s]\nvalue = /v\n", "x.conf:1: [series s] stands before [feed NAME]" },
    { DATED "poll = 3h\npoll = 4h\n" SERIES, "x.conf:7: key \"poll\" = \"4h\" stands here a second time" },
    { DATED "poll = often\n" SERIES, "x.conf:6: poll = \"often\": a duration" },
    { DATED "poll = 5s\n" SERIES, "poll: at least 1m" },
    { DATED "kind = guess\n" SERIES, "x.conf:6: kind = \"guess\": one of these is wanted: observation forecast" },
    { DATED "enabled = maybe\n" SERIES, "x.conf:6: enabled = \"maybe\": yes or no" },
    { DATED "redirects = 9\n" SERIES, "x.conf:6: redirects = \"9\": a whole number from 0 to 5" },
    { DATED "max_bytes = 17000000\n" SERIES, "x.conf:6: max_bytes" },
    { DATED "max_bytes = 10\n" SERIES, "max_bytes: at least 1024" },
    { DATED SERIES "scale = 1,5\n", "x.conf:8: scale = \"1,5\": a number" },
    { DATED SERIES "min = 2\nmax = 1\n", "[series s] min is above max" },
    { DATED "[series s]\nvalue = v/w\n", "x.conf:7: value = \"v/w\": a path begins with '/'" },
    { DATED "[series s]\nvalue = /a/*\n", "x.conf:7: value = \"/a/*\": '*' stands in rows only" },
    { DATED "[series s]\nvalue = /a~2\n", "x.conf:7: value = \"/a~2\": '~' in a path" },
    { DATED "[series s]\nvalue =\n", "the path is empty" },
    { DATED "[series s]\nvalue = name\n", "path \"name\" has no meaning in format json" },
    { DATED SERIES "where = /a is b\n", "x.conf:8: where = \"/a is b\": a condition is" },
    { "[feed x]\nurl = https://x.example/\nrows = /*/*/*/*/*\n", "at most 4 stars" },
    { DATED "date_format = %d.%m\n" SERIES, "x.conf:6: date_format = \"%d.%m\"" },
    { DATED "date_format = %Y-%d\n" SERIES, "leaves out a unit" },
    { DATED "date_format = %Y-%q\n" SERIES, "unix, iso, or" },
    { DATED "date_format = %Y-%Y\n" SERIES, "unix, iso, or" },
    { DATED "date_format = %Y-%m-%d\n" SERIES "step = hour\n", "x.conf:7: [series s] step = hour: date_format \"%Y-%m-%d\" has no hour" },
    { DATED "date_format = %Y-%m-%d\n" SERIES "shift = -1h\n", "move by whole days" },
    { DATED "date_end = /e\n" SERIES "step = hour\n", "does not go with date_end" },
    { DATED "date_format = %Y-%m\ndate_end = /e\n" SERIES, "date_end: only with dates by day" },
    { DATED "lead = 1d\n" SERIES, "lead: only with kind" },
    { DATED "lead = -1d\nkind = forecast\n" SERIES, "x.conf:6: lead = \"-1d\"" },
    { DATED SERIES "name = /n\n", "name: only with kind = activity" },
    { DATED "format = csv\n" SERIES, "stands here a second time" },
    { "[feed x]\nurl = https://x.example/\nformat = ics\ndate = /d\n" SERIES, "kind = schedule" },
    { "[feed x]\nurl = https://x.example/\nformat = csv\nrows = /*\ndate = /d\n" SERIES, "rows has no meaning" },
    { "[feed x]\nurl = https://x.example/\nformat = csv\ndate = @key\n" SERIES, "path \"@key\" has no meaning in format csv" },
    { "[feed x]\nurl = https://x.example/\nformat = csv\nlayout = columns\ndate = /d\n" SERIES, "layout = columns: only with format = json" },
    { "[feed x]\nurl = https://x.example/\nlayout = columns\nrows = /a/*\ndate = /d\n" SERIES, "without '*'" },
    { "[feed x]\nurl = https://x.example/\nlayout = columns\ndate = @key\n" SERIES, "with layout columns" },
    { "[feed x]\nurl = https://x.example/\nformat = jsonstat\ndate = /time\n" SERIES, "has no meaning in format jsonstat" },
    { "[feed x]\nurl = ftp://x.example/\ndate = /d\n" SERIES, "begins with https://" },
    { "[feed x]\nurl = http://x.example/\ndate = /d\n" SERIES, "plain http needs http = yes" },
    { "[feed x]\nurl = https://{host}/\ndate = /d\n" SERIES, "the host is written out" },
    { "[feed x]\nurl = https://x.example/{a\ndate = /d\n" SERIES, "url: a brace has no partner" },
    { "[feed x]\nurl = https://x.example/a}\ndate = /d\n" SERIES, "url: a brace has no partner" },
    { "[feed x]\nurl = https://x.example/{}\ndate = /d\n" SERIES, "bad name in braces" },
    { "[feed x]\nurl = https://x.example/{secret:k}\ndate = /d\n" SERIES, "{secret:NAME} stands in a header only" },
    { DATED "header = X-Token {secret:k}\n" SERIES, "a header is written Name: value" },
    { DATED "header = X-Token: {secret:k}\nredirects = 1\n" SERIES, "a request with a secret follows none" },
    { DATED "require = a\n" SERIES, "require = \"a\": a path begins" },
    { DATED SERIES "[vars]\na b = 1\n", "variable \"a b\"" },
    { DATED SERIES "[vars]\na = 1\na = 2\n", "variable \"a\" = \"2\" stands here a second time" },
    { "key = 1\n", "x.conf:1:" },
};

START_TEST(refused_definitions)
{
    struct gnm_why why = refusal(refused[_i].text);
    ck_assert_msg(strstr(why.text, refused[_i].says) != NULL, "says \"%s\", not \"%s\", of\n%s", why.text, refused[_i].says, refused[_i].text);
    ck_assert_int_lt(why.code, 0);
}
END_TEST

START_TEST(too_long_a_line)
{
    char text[600];
    snprintf(text, sizeof text, "[feed x]\nurl = https://x.example/%0*d\n", 250, 0);
    struct gnm_why why = refusal(text);
    ck_assert_msg(strncmp(why.text, "x.conf:2: ", 10) == 0, "%s", why.text);
}
END_TEST

START_TEST(too_many_series)
{
    char text[4096] = DATED;
    for (int i = 0; i <= 32; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "[series s%d]\nvalue = /v\n", i);
    struct gnm_why why = refusal(text);
    ck_assert_msg(strstr(why.text, "at most 32 series") != NULL, "%s", why.text);
}
END_TEST

/* ---- accessors and defaults ---- */

START_TEST(defaults)
{
    const char *text = DATED SERIES "[series h]\nvalue = /v\nstep = hour\nfill = zero\n";
    struct feed *feed = must_load("x.conf", text, strlen(text));
    ck_assert_int_eq(feed_enabled(feed), 1);
    ck_assert_int_eq(feed_kind(feed), FEED_OBSERVATION);
    ck_assert_int_eq(feed_poll_s(feed), 6 * 3600);
    ck_assert_int_eq(feed_max_age_s(feed), 2 * 86400);
    ck_assert_int_eq(feed_spacing_s(feed), 1);
    ck_assert_str_eq(feed_licence(feed), "");
    ck_assert_uint_eq(feed_series_count(feed), 2);
    ck_assert_str_eq(feed_series_name(feed, 1), "h");
    ck_assert_int_eq(feed_series_step(feed, 0), GNM_DAY);
    ck_assert_int_eq(feed_series_step(feed, 1), GNM_HOUR);
    ck_assert_int_eq(feed_series_fill(feed, 0), FEED_FILL_NONE);
    ck_assert_int_eq(feed_series_fill(feed, 1), FEED_FILL_ZERO);
    feed_free(feed);
    feed_free(NULL);
}
END_TEST

START_TEST(months)
{
    const char *text = DATED "date_format = %Y-%m\nfill = step\n" SERIES;
    struct feed *feed = must_load("x.conf", text, strlen(text));
    ck_assert_int_eq(feed_series_step(feed, 0), GNM_MONTH);
    ck_assert_int_eq(feed_series_fill(feed, 0), FEED_FILL_STEP);
    feed_free(feed);
}
END_TEST

/* ---- requests ---- */

static const char *secret(void *ctx, const char *name)
{
    return strcmp(name, "token") == 0 ? ctx : NULL;
}

static struct feed_var own[] = { { "query", "a b&c=\"d\"" }, { "empty", "" } };

static struct feed_site site(void)
{
    return (struct feed_site){ .latitude = 50.850341, .longitude = -4.35, .timezone = "Europe/Brussels", .country = "BE", .region = "BE-NL",
                               .contact = "me@example.org", .var = own, .n_vars = 2, .secret = secret, .secret_ctx = (void *)"s3cret" };
}

static int request_of(const char *keys, const struct feed_site *where, struct gnm_request *request, struct gnm_why *why)
{
    char text[2048];
    int64_t from, to;
    snprintf(text, sizeof text, "[feed x]\n%s\ndate = /d\nrows = /*\n" SERIES "[vars]\nquery = default\nfixed = v\nempty =\n", keys);
    struct feed *feed = must_load("x.conf", text, strlen(text));
    civil_parse_date("2026-03-31", &from);
    civil_parse_date("2026-08-02", &to);
    int err = feed_request(feed, where, from, to, request, why);
    if (err == 0 && request->header[0] != NULL)
        request->header[0] = strdup(request->header[0]);     /* the feed goes, the test looks on */
    feed_free(feed);
    return err;
}

static const struct { const char *url, *becomes; } urls[] = {
    { "/{latitude},{longitude}", "/50.8503,-4.3500" },
    { "/{latitude:.0f}/{longitude:.8f}", "/51/-4.35000000" },
    { "/{timezone}/{country}/{country3}/{country_name}/{region}", "/Europe%2FBrussels/BE/BEL/Belgium/BE-NL" },
    { "/?a={from}&b={to}&c={from:%Y%m%d000000}&d={to:%Y-%m}", "/?a=2026-03-31&b=2026-08-02&c=20260331000000&d=2026-08" },
    { "/{year}/{year:from}/{season}/{season:from}", "/2026/2026/2026/2025" },
    { "/?q={query}&f={fixed}&who={contact}", "/?q=a%20b%26c%3D%22d%22&f=v&who=me%40example.org" },
};

START_TEST(names_in_urls)
{
    struct gnm_request request;
    struct gnm_why why;
    struct feed_site where = site();
    char keys[512], want[512];
    snprintf(keys, sizeof keys, "url = https://x.example%s", urls[_i].url);
    snprintf(want, sizeof want, "https://x.example%s", urls[_i].becomes);
    ck_assert_msg(request_of(keys, &where, &request, &why) == 0, "%s", why.text);
    ck_assert_str_eq(request.url, want);
    ck_assert_str_eq(request.name, "x");
    ck_assert_uint_eq(request.max_bytes, 2 << 20);
}
END_TEST

static const struct { const char *url, *says; } bad_urls[] = {
    { "/{laditude}", "needs a value for {laditude} (laditude = ... in its [feed] section), or did you mean {latitude}?" },
    { "/{empty}", "needs a value for {empty}" },
    { "/{latitude:.9f}", ".0f to .8f" },
    { "/{latitude:%s}", ".0f to .8f" },
    { "/{from:%n}", "only %Y %m %d" },
    { "/{year:next}", "from or to" },
    { "/a b", "a space" },
};

START_TEST(names_that_are_missing)
{
    struct gnm_request request = { .name = "untouched" };
    struct gnm_why why;
    struct feed_site where = site();
    char keys[512];
    snprintf(keys, sizeof keys, "url = https://x.example%s", bad_urls[_i].url);
    ck_assert_int_lt(request_of(keys, &where, &request, &why), 0);
    ck_assert_msg(strncmp(why.text, "feed x: ", 8) == 0 && strstr(why.text, bad_urls[_i].says) != NULL, "%s", why.text);
    ck_assert_str_eq(request.name, "untouched");
}
END_TEST

START_TEST(a_site_that_says_little)
{
    struct gnm_request request;
    struct gnm_why why;
    struct feed_site where = { .latitude = 1 };
    ck_assert_int_lt(request_of("url = https://x.example/{country}", &where, &request, &why), 0);
    ck_assert_msg(strstr(why.text, "needs country, which the site does not state") != NULL, "%s", why.text);
}
END_TEST

START_TEST(url_that_outgrows_its_place)
{
    struct gnm_request request;
    struct gnm_why why;
    struct feed_site where = site();
    struct feed_var wide = { .name = "query" };
    memset(wide.value, '&', sizeof wide.value - 1);
    where.var = &wide;
    where.n_vars = 1;
    ck_assert_int_lt(request_of("url = https://x.example/{query}{query}{query}", &where, &request, &why), 0);
}
END_TEST

START_TEST(base_replaces_scheme_and_host)
{
    static const struct { const char *base, *becomes; } bases[] = {
        { "http://127.0.0.1:8080", "http://127.0.0.1:8080/p?q=1" }, { "http://127.0.0.1:8080/", "http://127.0.0.1:8080/p?q=1" },
        { "https://mirror.example/sub", "https://mirror.example/sub/p?q=1" },
    };
    struct gnm_request request;
    struct gnm_why why;
    struct feed_site where = site();
    where.base = bases[_i].base;
    where.local = 1;
    ck_assert_msg(request_of("url = https://x.example/p?q=1", &where, &request, &why) == 0, "%s", why.text);
    ck_assert_str_eq(request.url, bases[_i].becomes);
    ck_assert_int_eq(request.local, 1);
    ck_assert_int_eq(request.http, 1);
    where.local = 0;
    ck_assert_int_eq(request_of("url = https://x.example/p?q=1", &where, &request, &why) == 0, strncmp(bases[_i].base, "https", 5) == 0);
}
END_TEST

START_TEST(secrets_stand_in_headers)
{
    struct gnm_request request;
    struct gnm_why why;
    struct feed_site where = site();
    ck_assert_msg(request_of("url = https://x.example/\nheader = X-Auth: key {secret:token}", &where, &request, &why) == 0, "%s", why.text);
    ck_assert_str_eq(request.header[0], "X-Auth: key s3cret");
    ck_assert_ptr_null(request.header[1]);
    ck_assert_int_eq(request.redirects, 0);
    free((char *)request.header[0]);
    ck_assert_int_lt(request_of("url = https://x.example/\nheader = X-Auth: {secret:other}", &where, &request, &why), 0);
    ck_assert_msg(strstr(why.text, "other") != NULL && strstr(why.text, "s3cret") == NULL, "%s", why.text);
    where.secret_ctx = (void *)"split\r\nX-Evil: 1";
    ck_assert_int_lt(request_of("url = https://x.example/\nheader = X-Auth: {secret:token}", &where, &request, &why), 0);
}
END_TEST

static const char *lake_token(void *ctx, const char *name)
{
    return strcmp(name, "lake") == 0 ? ctx : NULL;
}

/* What a definition says about asking, each key once and none at its default. */
START_TEST(policies_reach_the_request)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/replay/feeds/policy/feed.conf", repo_root());
    struct feed *feed = load_file(path);
    struct feed_site at = site();
    struct gnm_request request;
    struct gnm_why why = { .text = "" };
    at.secret = lake_token;
    ck_assert_str_eq(feed_licence(feed), "made up for tests, CC0");
    ck_assert_int_eq(feed_enabled(feed), 0);
    ck_assert_int_eq(feed_poll_s(feed), 90 * 60);
    ck_assert_int_eq(feed_calls(feed), 12);
    ck_assert_int_eq(feed_spacing_s(feed), 20);
    ck_assert_int_eq(feed_max_age_s(feed), 3 * 86400);
    ck_assert_str_eq(feed_series_driver(feed, 0), "cpi");
    ck_assert_int_eq(feed_series_is_rate(feed, 0), 1);
    ck_assert_str_eq(feed_series_driver(feed, 1), "none");
    ck_assert_int_eq(feed_series_is_rate(feed, 1), 0);
    int64_t from, to, today = civil_day(2026, 9, 10);
    feed_range(feed, today, &from, &to);
    ck_assert_int_eq(today - from, 30);
    ck_assert_int_eq(to - today, 10);
    ck_assert_msg(feed_request(feed, &at, from, to, &request, &why) == 0, "%s", why.text);
    ck_assert_str_eq(request.url, "https://policy.example/L%C3%A9man?from=2026-08-11&to=2026-09-20");
    ck_assert_uint_eq(request.max_bytes, 4096);
    ck_assert_int_eq(request.redirects, 0);
    ck_assert(request.local && request.http);
    int token = 0, accept = 0, contact = 0;
    for (int i = 0; request.header[i] != NULL; i++) {
        token += strcmp(request.header[i], "X-Lake-Token: s3cret") == 0;
        accept += strcmp(request.header[i], "Accept: application/json") == 0;
        contact += strncmp(request.header[i], "User-Agent: ", 12) == 0 && strstr(request.header[i], "lakes@example.org") != NULL;
    }
    ck_assert_int_eq(token + accept + contact, 3);
    feed_free(feed);
}
END_TEST

START_TEST(a_contact_of_its_own)
{
    struct gnm_request request;
    struct gnm_why why;
    struct feed_site where = site();
    ck_assert_int_eq(request_of("url = https://x.example/\ncontact = ops@example.org", &where, &request, &why), 0);
    ck_assert_msg(strstr(request.header[0], "User-Agent: gnomon/") == request.header[0] && strstr(request.header[0], "(+ops@example.org)") != NULL, "%s",
                  request.header[0]);
    free((char *)request.header[0]);
}
END_TEST

int main(void)
{
    TCase *files = tcase_create("files"), *requests = tcase_create("requests");
    tcase_set_timeout(files, 5);
    tcase_add_loop_test(files, refused_definitions, 0, (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(files, too_long_a_line);
    tcase_add_test(files, too_many_series);
    tcase_add_test(files, defaults);
    tcase_add_test(files, months);
    tcase_set_timeout(requests, 5);
    tcase_add_loop_test(requests, names_in_urls, 0, (int)(sizeof urls / sizeof urls[0]));
    tcase_add_loop_test(requests, names_that_are_missing, 0, (int)(sizeof bad_urls / sizeof bad_urls[0]));
    tcase_add_test(requests, a_site_that_says_little);
    tcase_add_test(requests, url_that_outgrows_its_place);
    tcase_add_loop_test(requests, base_replaces_scheme_and_host, 0, 3);
    tcase_add_test(requests, secrets_stand_in_headers);
    tcase_add_test(requests, a_contact_of_its_own);
    tcase_add_test(requests, policies_reach_the_request);
    return run_suite("feeds: definitions and requests", (TCase *[]){ files, requests }, 2);
}
