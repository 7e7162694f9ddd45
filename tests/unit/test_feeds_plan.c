/* When to ask next: patience, what the provider asks for, and never more than one request at a time at one host. */
#include "feeds_support.h"

enum { HOUR = 3600, DAY = 86400 };
static const int64_t now_s = 1788953400;     /* 2026-09-09 11:30 UTC */

static struct feed *with(const char *keys)
{
    char text[512];
    snprintf(text, sizeof text, "[feed x]\nurl = https://x.example/\ndate = /d\n%s\n[series s]\nvalue = /v\n", keys);
    return must_load("x.conf", text, strlen(text));
}

static struct gnm_answer answer_of(int status)
{
    return (struct gnm_answer){ .status = status, .expires_s = GNM_NEVER };
}

static int64_t wait_after(const struct feed *feed, struct feed_state *state, const struct gnm_answer *answer, const char *error, double jitter)
{
    feed_plan(feed, state, answer, error, now_s, jitter);
    return state->next_s - now_s;
}

START_TEST(good_answer)
{
    struct feed *feed = with("poll = 3h");
    struct feed_state state = { .failures = 0 };
    struct gnm_answer answer = answer_of(200);
    answer.body = (char *)"body";
    answer.len = 4;
    strcpy(answer.etag, "\"abc\"");
    strcpy(answer.last_modified, "Wed, 09 Sep 2026 10:00:00 GMT");
    ck_assert_int_eq(wait_after(feed, &state, &answer, NULL, 0), 3 * HOUR);
    ck_assert_int_eq(wait_after(feed, &state, &answer, NULL, 1), 3 * HOUR + 900);
    ck_assert_int_eq(state.last_ok_s, now_s);
    ck_assert_int_eq(state.last_try_s, now_s);
    ck_assert_str_eq(state.etag, "\"abc\"");
    ck_assert_str_eq(state.last_modified, "Wed, 09 Sep 2026 10:00:00 GMT");
    uint64_t hash = state.body_hash;
    ck_assert_uint_ne(hash, 0);
    answer = answer_of(304);
    ck_assert_int_eq(wait_after(feed, &state, &answer, NULL, 0), 3 * HOUR);
    ck_assert_str_eq(state.etag, "\"abc\"");
    ck_assert_uint_eq(state.body_hash, hash);
    feed_free(feed);
}
END_TEST

START_TEST(expires_postpones_within_reason)
{
    struct feed *feed = with("poll = 3h");
    struct feed_state state = { .failures = 0 };
    struct gnm_answer answer = answer_of(200);
    static const struct { int64_t expires_in, wait; } cases[] = { { -HOUR, 3 * HOUR }, { HOUR, 3 * HOUR }, { 5 * HOUR, 5 * HOUR },
                                                                  { INT64_C(250000000000), DAY } };
    for (int i = 0; i < 4; i++) {
        answer.expires_s = now_s + cases[i].expires_in;
        ck_assert_int_eq(wait_after(feed, &state, &answer, NULL, 0), cases[i].wait);
    }
    feed_free(feed);
}
END_TEST

START_TEST(not_on_the_full_hour)
{
    struct feed *feed = with("poll = 30m");
    struct feed_state state = { .failures = 0 };
    struct gnm_answer answer = answer_of(200);
    ck_assert_int_eq(wait_after(feed, &state, &answer, NULL, 0), 31 * 60);
    feed_free(feed);
}
END_TEST

START_TEST(backs_off_and_forgives_slowly)
{
    static const int64_t steps[] = { 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600 };
    struct feed *feed = with("poll = 1h");
    struct feed_state state = { .etag = "\"old\"" };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct feed_state again = state;
        ck_assert_int_eq(wait_after(feed, &again, NULL, "no route", 0), steps[i] / 2);
        ck_assert_int_eq(wait_after(feed, &state, NULL, "no route", 1), steps[i]);
    }
    ck_assert_str_eq(state.error, "no route");
    ck_assert_int_eq(state.last_ok_s, 0);
    ck_assert_int_eq(state.disabled, 0);
    struct gnm_answer answer = answer_of(200);
    feed_plan(feed, &state, &answer, NULL, now_s, 0);
    ck_assert_str_eq(state.error, "");
    ck_assert_int_gt(state.failures, 0);
    ck_assert_int_gt(wait_after(feed, &state, NULL, "no route", 1), 960);
    for (int i = 0; i < 12; i++)
        feed_plan(feed, &state, &answer, NULL, now_s, 0);
    ck_assert_int_eq(state.failures, 0);
    for (int i = 0; i < 5000; i++)
        feed_plan(feed, &state, NULL, "no route", now_s, 1);
    ck_assert_int_eq(state.next_s - now_s, 6 * HOUR);
    feed_free(feed);
}
END_TEST

START_TEST(retry_after_is_honoured_and_clamped)
{
    static const struct { int status; int64_t says, low, high; } cases[] = {
        { 429, 0, 60, 60 }, { 429, 5, 60, 60 }, { 429, 1800, 1800, 1800 }, { 503, 7 * DAY, DAY, DAY }, { 503, INT64_MAX, DAY, DAY },
        { 500, 600, 600, 600 }, { 500, 0, 30, 60 }, { 429, -50, 60, 60 },
    };
    struct feed *feed = with("poll = 1h");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct feed_state state = { .failures = 0 };
        struct gnm_answer answer = answer_of(cases[i].status);
        answer.retry_after_s = cases[i].says;
        int64_t wait = wait_after(feed, &state, &answer, NULL, 0.5);
        ck_assert_msg(wait >= cases[i].low && wait <= cases[i].high, "case %zu: %lld s", i, (long long)wait);
        ck_assert_int_eq(state.failures, 1);
        ck_assert_msg(strstr(state.error, "status") != NULL, "%s", state.error);
    }
    feed_free(feed);
}
END_TEST

START_TEST(limits_told_in_words)
{
    static const struct { const char *body; int64_t wait; } cases[] = {
        { "{\"reason\":\"Minutely API request limit exceeded.\"}", 60 }, { "{\"reason\":\"Hourly API request limit exceeded.\"}", HOUR },
        { "{\"reason\":\"Daily API request limit exceeded.\"}", 45000 },
    };
    struct feed *feed = with("poll = 1h");
    for (int i = 0; i < 3; i++) {
        struct feed_state state = { .failures = 0 };
        struct gnm_answer answer = answer_of(429);
        answer.body = (char *)cases[i].body;
        answer.len = strlen(cases[i].body);
        ck_assert_int_eq(wait_after(feed, &state, &answer, "refused", 0.5), cases[i].wait);
    }
    feed_free(feed);
}
END_TEST

START_TEST(final_refusals_disable)
{
    static const int statuses[] = { 400, 401, 403, 404, 410 };
    struct feed *feed = with("poll = 1h");
    struct feed_state state = { .failures = 0 };
    struct gnm_answer answer = answer_of(statuses[_i]);
    feed_plan(feed, &state, &answer, NULL, now_s, 0.5);
    ck_assert_int_eq(state.disabled, 1);
    ck_assert_int_eq(state.next_s, GNM_NEVER);
    feed_free(feed);
}
END_TEST

/* A bad body under a good status is a failure: its validators are not kept, or the provider would answer 304 for ever. */
START_TEST(bad_body_keeps_old_validators)
{
    struct feed *feed = with("poll = 1h");
    struct feed_state state = { .etag = "\"old\"", .body_hash = 5 };
    struct gnm_answer answer = answer_of(200);
    strcpy(answer.etag, "\"new\"");
    ck_assert_int_eq(wait_after(feed, &state, &answer, "it begins: Please\n<3>limit", 1), 60);
    ck_assert_str_eq(state.etag, "\"old\"");
    ck_assert_uint_eq(state.body_hash, 5);
    ck_assert_str_eq(state.error, "it begins: Please?<3>limit");
    feed_free(feed);
}
END_TEST

START_TEST(conditional_headers)
{
    struct feed_state state = { .etag = "W/\"1\"", .last_modified = "Wed, 09 Sep 2026 10:00:00 GMT" };
    struct gnm_request request = { .header = { "X-A: 1" } };
    char space[2][320];
    feed_conditional(&state, &request, space);
    ck_assert_str_eq(request.header[0], "X-A: 1");
    ck_assert_str_eq(request.header[1], "If-None-Match: W/\"1\"");
    ck_assert_str_eq(request.header[2], "If-Modified-Since: Wed, 09 Sep 2026 10:00:00 GMT");
    ck_assert_ptr_null(request.header[3]);
    struct gnm_request none = { .max_bytes = 0 };
    struct feed_state evil = { .etag = "a\r\nX-Evil: 1" };
    feed_conditional(&evil, &none, space);
    ck_assert_ptr_null(none.header[0]);
    struct gnm_request full = { .header = { "a:", "b:", "c:", "d:", "e:", "f:", "g:" } };
    feed_conditional(&state, &full, space);
    ck_assert_ptr_null(full.header[7]);
}
END_TEST

/* ---- turns ---- */

static struct gnm_request to(const char *url)
{
    struct gnm_request request = { .max_bytes = 0 };
    snprintf(request.url, sizeof request.url, "%s", url);
    return request;
}

START_TEST(one_at_a_time_per_host)
{
    struct feed *feed = with("spacing = 20s");
    struct feed_turns turns = { .n = 0 };
    struct gnm_request a = to("https://api.example.org/one?x=1"), b = to("https://API.example.org/two"), c = to("https://api.example.org.evil/");
    ck_assert_int_eq(feed_turn(&turns, &a, 100), 100);
    feed_turn_begin(&turns, &a);
    ck_assert_int_eq(feed_turn(&turns, &b, 101), GNM_NEVER);
    ck_assert_int_eq(feed_turn(&turns, &c, 101), 101);
    feed_turn_end(&turns, &a, feed, 110);
    ck_assert_int_eq(feed_turn(&turns, &b, 111), 130);
    ck_assert_int_eq(feed_turn(&turns, &b, 140), 140);
    feed_free(feed);
}
END_TEST

START_TEST(more_hosts_than_places)
{
    struct feed *feed = with("spacing = 20s");
    struct feed_turns turns = { .n = 0 };
    for (int i = 0; i < 3 * FEED_HOSTS; i++) {
        char url[64];
        snprintf(url, sizeof url, "https://h%d.example/", i);
        struct gnm_request request = to(url);
        feed_turn_begin(&turns, &request);
        if (i > 0)
            feed_turn_end(&turns, &request, feed, i);
    }
    struct gnm_request first = to("https://h0.example/");
    ck_assert_uint_eq(turns.n, FEED_HOSTS);
    ck_assert_int_eq(feed_turn(&turns, &first, 1000), GNM_NEVER);
    feed_free(feed);
}
END_TEST

int main(void)
{
    TCase *plan = tcase_create("plan");
    tcase_set_timeout(plan, 5);
    tcase_add_test(plan, good_answer);
    tcase_add_test(plan, expires_postpones_within_reason);
    tcase_add_test(plan, not_on_the_full_hour);
    tcase_add_test(plan, backs_off_and_forgives_slowly);
    tcase_add_test(plan, retry_after_is_honoured_and_clamped);
    tcase_add_test(plan, limits_told_in_words);
    tcase_add_loop_test(plan, final_refusals_disable, 0, 5);
    tcase_add_test(plan, bad_body_keeps_old_validators);
    tcase_add_test(plan, conditional_headers);
    tcase_add_test(plan, one_at_a_time_per_host);
    tcase_add_test(plan, more_hosts_than_places);
    return run_suite("feeds: politeness", &plan, 1);
}
