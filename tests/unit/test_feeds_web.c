/* The web port: what it tells of an answer, and what it refuses. */
#include "feeds_misbehave.h"

/* ---- answers ---- */

START_TEST(plain_answer)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/plain");
    ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s", f.why.text);
    ck_assert_int_eq(a.status, 200);
    ck_assert_uint_eq(a.len, 5);
    ck_assert_str_eq(a.body, "hello");
    ck_assert_str_eq(a.etag, "\"v1\"");
    ck_assert_str_eq(a.last_modified, "Wed, 09 Sep 2026 9:00:00 GMT");
    ck_assert_int_eq(a.expires_s, GNM_NEVER);
    ck_assert_int_eq(a.retry_after_s, 0);
    free(a.body);
    stop(&f);
}
END_TEST

START_TEST(who_we_are)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/echo");
    setenv("http_proxy", "http://127.0.0.1:1", 1);       /* proxies of the environment are none of ours */
    request.header[0] = "X-Auth: secret";
    ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s", f.why.text);
    ck_assert_msg(strstr(a.body, "User-Agent: gnomon/test (+me@example.org)\r\n") != NULL, "%s", a.body);
    ck_assert_msg(strstr(a.body, "X-Auth: secret\r\n") != NULL, "%s", a.body);
    ck_assert_msg(strstr(a.body, "Accept-Encoding: ") != NULL && strstr(a.body, "gzip") != NULL, "%s", a.body);
    free(a.body);
    request.header[0] = "User-Agent: gnomon/test (+other)";
    ck_assert_int_eq(fetch(f.web, &request, &a, &f.why), 0);
    ck_assert_msg(strstr(a.body, "(+other)") != NULL && strstr(a.body, "me@example.org") == NULL, "%s", a.body);
    free(a.body);
    request.header[0] = "X-Auth: secret\r\nX-Evil: 1";
    ck_assert_int_eq(fetch(f.web, &request, &a, &f.why), -EINVAL);
    stop(&f);
}
END_TEST

START_TEST(not_modified)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct feed_state state = { .etag = "\"v1\"" };
    char space[2][320];
    struct gnm_request request = at(&f, "/conditional");
    feed_conditional(&state, &request, space);
    ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s", f.why.text);
    ck_assert_int_eq(a.status, 304);
    ck_assert_uint_eq(a.len, 0);
    ck_assert_ptr_nonnull(a.body);
    free(a.body);
    stop(&f);
}
END_TEST

START_TEST(times_in_headers)
{
    static const struct { const char *path; int status; const char *expires; int64_t retry_low, retry_high; } cases[] = {
        { "/max-age", 200, "2026-09-09T10:10:00Z", 0, 0 },
        { "/no-store", 200, "2026-09-10T10:00:00Z", 0, 0 },
        { "/expires", 200, "2026-09-10T10:00:00Z", 0, 0 },
        { "/expires-nonsense", 200, NULL, 0, 0 },
        { "/retry", 429, NULL, 120, 120 },
        { "/retry-negative", 503, NULL, 0, 0 },
        { "/retry-9999", 503, NULL, 0, INT64_MAX },
        { "/retry-huge", 503, NULL, 0, INT64_MAX },
        { "/missing", 404, NULL, 0, 0 },
        { "/long-etag", 200, NULL, 0, 0 },
    };
    struct fixture f = start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gnm_answer a;
        struct gnm_request request = at(&f, cases[i].path);
        ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s: %s", cases[i].path, f.why.text);
        ck_assert_msg(a.status == cases[i].status, "%s: status %d", cases[i].path, a.status);
        int64_t expires = cases[i].expires == NULL ? GNM_NEVER : at_time(cases[i].expires);
        ck_assert_msg(a.expires_s == expires, "%s: expires %lld", cases[i].path, (long long)a.expires_s);
        ck_assert_msg(a.retry_after_s >= cases[i].retry_low && a.retry_after_s <= cases[i].retry_high, "%s: retry %lld", cases[i].path,
                      (long long)a.retry_after_s);
        ck_assert_str_eq(a.etag, "");
        free(a.body);
    }
    stop(&f);
}
END_TEST

/* ---- bounds ---- */

static const struct { const char *path; size_t max; int err; const char *says; } bounds[] = {
    { "/chunked", 1 << 20, -EFBIG, "longer than 1048576 bytes" },
    { "/bomb", 1 << 20, -EFBIG, "longer than 1048576 bytes" },
    { "/bomb", 0, -EFBIG, "longer than 2097152 bytes" },
    { "/plain", 4, -EFBIG, "longer than 4 bytes" },
    { "/cut", 0, -ECONNRESET, "" },
    { "/slow", 0, -ETIMEDOUT, "too slow" },
    { "/steady", 0, -ETIMEDOUT, "timed out after 2" },
    { "/silent", 0, -ETIMEDOUT, "" },
    { "/file", 0, -EPERM, "another host" },
    { "/away", 0, -EPERM, "another host" },
};

START_TEST(bounded)
{
    struct fixture f = start();
    struct gnm_answer a = { .status = 77 };
    struct gnm_request request = at(&f, bounds[_i].path);
    int64_t begin = mono_ms();
    request.max_bytes = bounds[_i].max;
    request.redirects = 1;
    int err = fetch(f.web, &request, &a, &f.why);
    ck_assert_msg(err == bounds[_i].err, "%s: %d, %s", bounds[_i].path, err, f.why.text);
    ck_assert_msg(f.why.text[0] != '\0' && strstr(f.why.text, bounds[_i].says) != NULL, "%s", f.why.text);
    ck_assert_int_eq(a.status, 77);
    ck_assert_int_lt(mono_ms() - begin, 4000);
    stop(&f);
}
END_TEST

START_TEST(whole_body_within_bounds)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/chunked");
    request.max_bytes = 4 << 20;
    ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s", f.why.text);
    ck_assert_uint_eq(a.len, 4 << 20);
    ck_assert_int_eq(a.body[a.len], '\0');
    free(a.body);
    stop(&f);
}
END_TEST

/* What went over the line, not what it unpacks to: the answer of 2000 bytes is 30 there, its head and the request 100 to 200 each. */
START_TEST(traffic)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/packed");
    ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s", f.why.text);
    ck_assert_uint_eq(a.len, 2000);
    ck_assert_msg(a.traffic_bytes > 200 && a.traffic_bytes < 600, "%lld bytes", (long long)a.traffic_bytes);
    free(a.body);
    stop(&f);
}
END_TEST

START_TEST(redirects)
{
    static const struct { const char *path; int hops, status; } cases[] = { { "/hop?1", 0, 302 }, { "/hop?1", 1, 200 }, { "/loop", 3, 302 } };
    struct fixture f = start();
    for (int i = 0; i < 3; i++) {
        struct gnm_answer a;
        struct gnm_request request = at(&f, cases[i].path);
        request.redirects = cases[i].hops;
        ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s: %s", cases[i].path, f.why.text);
        ck_assert_int_eq(a.status, cases[i].status);
        ck_assert_str_eq(a.body, a.status == 200 ? "hello" : "moved");
        free(a.body);
    }
    stop(&f);
}
END_TEST

/* ---- addresses ---- */

START_TEST(loopback_refused_unless_local)
{
    static const char *const hosts[] = { "127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0" };
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = { .name = "test", .http = 1 };
    snprintf(request.url, sizeof request.url, "http://%s:%d/plain", hosts[_i], f.server.port);
    int err = fetch(f.web, &request, &a, &f.why);
    ck_assert_msg(err == -EACCES, "%s: %d, %s", hosts[_i], err, f.why.text);
    stop(&f);
}
END_TEST

START_TEST(plain_http_refused_unless_asked)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/plain");
    request.http = 0;
    int err = fetch(f.web, &request, &a, &f.why);
    ck_assert_msg(err == -EPROTONOSUPPORT, "%d, %s", err, f.why.text);
    snprintf(request.url, sizeof request.url, "file:///etc/hostname");
    request.http = 1;
    ck_assert_int_eq(fetch(f.web, &request, &a, &f.why), -EPROTONOSUPPORT);
    snprintf(request.url, sizeof request.url, "https://127.0.0.1:%d/plain", f.server.port);
    ck_assert_int_lt(fetch(f.web, &request, &a, &f.why), 0);      /* no TLS there */
    snprintf(request.url, sizeof request.url, "http://user:password@127.0.0.1:%d/plain", f.server.port);
    ck_assert_int_lt(fetch(f.web, &request, &a, &f.why), 0);
    ck_assert_msg(strstr(f.why.text, "password") == NULL, "%s", f.why.text);
    stop(&f);
}
END_TEST

int main(void)
{
    TCase *answers = tcase_create("answers"), *limits = tcase_create("limits");
    tcase_set_timeout(answers, 8);
    tcase_add_test(answers, plain_answer);
    tcase_add_test(answers, who_we_are);
    tcase_add_test(answers, not_modified);
    tcase_add_test(answers, times_in_headers);
    tcase_set_timeout(limits, 8);
    tcase_add_loop_test(limits, bounded, 0, (int)(sizeof bounds / sizeof bounds[0]));
    tcase_add_test(limits, whole_body_within_bounds);
    tcase_add_test(limits, traffic);
    tcase_add_test(limits, redirects);
    tcase_add_loop_test(limits, loopback_refused_unless_local, 0, 7);
    tcase_add_test(limits, plain_http_refused_unless_asked);
    return run_suite("feeds: web port", (TCase *[]){ answers, limits }, 2);
}
