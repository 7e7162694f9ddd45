/* Answers that are none: each yields nothing, says why in a sentence, and leaves the caller's result as it was. */
#include "feeds_support.h"

static const char rows_conf[] = "[feed rows]\nurl = https://x.example/\nrows = /data/*\ndate = /d\ndate_format = %Y-%m-%d\n[series v]\nvalue = /v\n";
static const char list_conf[] = "[feed list]\nurl = https://x.example/\nrows = /*\ndate = /d\n[series v]\nvalue = 1\nagg = count\n";
static const char need_conf[] = "[feed need]\nurl = https://x.example/\nrows = /data/*\nrequire = /data\ndate = /d\n[series v]\nvalue = /v\n";
static const char cols_conf[] = "[feed cols]\nurl = https://x.example/\nlayout = columns\nrows = /h\ndate = /t\ndate_format = unix\n[series v]\nvalue = /v\n"
                                "[series w]\nvalue = /w\n";
static const char stat_conf[] = "[feed stat]\nurl = https://x.example/\nformat = jsonstat\ndate = time\ndate_format = %Y-%m\n[series v]\nvalue = @self\n";
static const char csv_conf[] = "[feed csv]\nurl = https://x.example/\nformat = csv\ndate = /d\ndate_format = %Y-%m-%d\nrequire = /v\n[series v]\nvalue = /v\n";

#define STAT(ids, sizes, value) "{\"id\":" ids ",\"size\":" sizes ",\"value\":" value ",\"dimension\":{\"time\":{\"category\":{\"index\":{\"2026-01\":0,\"2026-02\":1}}}}}"

static const struct { const char *conf, *body, *says; } refused[] = {
    { rows_conf, "{}", "empty object" },
    { rows_conf, "", "empty" },
    { rows_conf, "Please limit requests to one every 5 seconds\n<3>forged", "it begins: Please limit requests to one every 5 seconds" },
    { rows_conf, "{\"error\":true,\"reason\":\"Daily API request limit exceeded\"}", "the provider says: Daily API request limit exceeded" },
    { rows_conf, "{\"message\":\"Wait 28 seconds\",\"errorCode\":429}", "the provider says: Wait 28 seconds" },
    { rows_conf, "{\"data\":null}", "no list at \"/data\"" },
    { rows_conf, "{\"data\":\"none\"}", "no list at \"/data\"" },
    { rows_conf, "{\"data\":[{\"d\":\"2026-01-01\",\"v\":1}", "not the JSON" },
    { rows_conf, "{\"data\":[{\"d\":\"2026-01-01\",\"v\":1}]} {}", "not the JSON" },
    { rows_conf, "{\"data\":[{\"d\":\"2026-01-01\",\"v\":1e999}]}", "" },
    { rows_conf, "{\"data\":[{\"d\":\"2026-01-01\",\"v\":null},{\"d\":\"2026-01-02\",\"v\":\"-\"}]}", "none of 2 rows has a number" },
    { rows_conf, "{\"data\":[{\"d\":\"2026-01-01\",\"value\":4}]}", "none of 1 rows has a number" },
    { rows_conf, "{\"data\":[{\"d\":\"01/02/2026\",\"v\":1},{\"d\":20260101,\"v\":1},{\"v\":1}]}", "none of 3 rows has a date" },
    { rows_conf, "{\"data\":[{\"d\":\"2027-10-16\",\"v\":1},{\"d\":\"2199-12-31\",\"v\":1}]}", "none of 2 rows has a date" },
    { list_conf, "{}", "empty object" },
    { list_conf, "{\"error\":{\"label\":\"no such league\"}}", "the provider says: no such league" },
    { list_conf, "7", "no list" },
    { list_conf, "[1,2,3]", "none of 3 rows has a date" },
    { need_conf, "{\"dat\":[]}", "lacks \"/data\"" },
    { need_conf, "{\"data\":null}", "lacks \"/data\"" },
    { cols_conf, "{\"h\":{\"t\":[1,2,3],\"v\":[1,2],\"w\":[1,2,3]}}", "\"/t\" has 3 elements, \"/v\" has 2" },
    { cols_conf, "{\"h\":{\"t\":[1,2],\"v\":[1,2]}}", "no array at \"/h/w\"" },
    { cols_conf, "{\"h\":{\"t\":[1,2],\"v\":[1,2],\"w\":7}}", "no array at \"/h/w\"" },
    { cols_conf, "{\"h\":null}", "nothing at \"/h\"" },
    { cols_conf, "{\"h\":{\"t\":[90000,50],\"v\":[1,2],\"w\":[1,2]}}", "lies before" },
    { cols_conf, "{\"h\":{\"t\":[null,\"x\"],\"v\":[1,2],\"w\":[1,2]}}", "none of 2 rows has a date" },
    { stat_conf, "{\"error\":{\"status\":\"400\",\"id\":\"100\",\"label\":\"Invalid filter value\"}}", "the provider says: Invalid filter value" },
    { stat_conf, STAT("[\"time\"]", "[2,1]", "[1,2]"), "\"id\" and \"size\"" },
    { stat_conf, STAT("[\"time\",\"geo\"]", "[2,2]", "[1,2,3,4]"), "dimension \"geo\" has 2 codes and series v chooses none" },
    { stat_conf, STAT("[\"geo\"]", "[1]", "[1]"), "no dimension \"time\"" },
    { stat_conf, STAT("[\"time\"]", "[3]", "[1,2,3]"), "no code for position 2" },
    { stat_conf, STAT("[\"time\"]", "[2]", "[1]"), "has 1 elements, its sizes say 2" },
    { stat_conf, STAT("[\"time\"]", "[2]", "{\"2\":1}"), "outside its sizes" },
    { stat_conf, STAT("[\"time\"]", "[2]", "{\"x\":1}"), "outside its sizes" },
    { stat_conf, STAT("[\"time\"]", "[2]", "4"), "neither array nor object" },
    { stat_conf, STAT("[\"time\"]", "[0]", "[]"), "not what JSON-stat allows" },
    { stat_conf, STAT("[\"time\"]", "[-2]", "[]"), "not what JSON-stat allows" },
    { stat_conf, STAT("[\"time\"]", "[1.5]", "[]"), "not what JSON-stat allows" },
    { stat_conf, STAT("[\"time\",\"a\",\"b\"]", "[90000,90000,90000]", "[]"), "more than 100000 cells" },
    { stat_conf, STAT("[7]", "[1]", "[]"), "not what JSON-stat allows" },
    { csv_conf, "<html>no</html>\n", "no column \"d\"" },
    { csv_conf, "\n\n", "empty" },
    { csv_conf, "d,w\n2026-01-01,2\n", "no column \"v\"" },
    { csv_conf, "d,v\n2026-01-01,NaN\n2026-01-02\n", "none of 2 rows has a number" },
};

static struct feed_yield marked(void)
{
    return (struct feed_yield){ .signal = (struct gnm_signal *)0x10, .n = 77, .rows_seen = 78 };
}

static void expect_refusal(const char *conf, const char *body, size_t len, const char *says)
{
    struct feed *feed = must_load("x.conf", conf, strlen(conf));
    struct gnm_why why = { .text = "" };
    struct feed_yield yield = marked();
    int err = feed_extract(feed, body, len, NULL, "", at_time("2026-09-10T12:00:00Z"), &yield, &why);
    ck_assert_msg(err < 0, "accepted: %.200s", body);
    ck_assert_int_eq(why.code, err);
    ck_assert_msg(why.text[0] != '\0' && strstr(why.text, says) != NULL, "says \"%s\", not \"%s\"", why.text, says);
    for (const char *p = why.text; *p != '\0'; p++)
        ck_assert_msg((unsigned char)*p >= ' ', "a control character in \"%s\"", why.text);
    ck_assert_ptr_eq(yield.signal, (struct gnm_signal *)0x10);
    ck_assert_uint_eq(yield.n, 77);
    ck_assert_uint_eq(yield.rows_seen, 78);
    feed_free(feed);
}

START_TEST(refused_answers)
{
    expect_refusal(refused[_i].conf, refused[_i].body, strlen(refused[_i].body), refused[_i].says);
}
END_TEST

START_TEST(deep_nesting)
{
    enum { DEPTH = 5000 };
    char *body = malloc(2 * DEPTH + 1);
    memset(body, '[', DEPTH);
    memset(body + DEPTH, ']', DEPTH);
    body[2 * DEPTH] = '\0';
    expect_refusal(list_conf, body, 2 * DEPTH, "not the JSON");
    free(body);
}
END_TEST

/* Two MiB of "0," would be a tree of 80 MiB. */
START_TEST(too_many_nodes)
{
    size_t len = 2 << 20;
    char *body = malloc(len + 1);
    for (size_t i = 0; i < len; i += 2)
        memcpy(body + i, "0,", 2);
    body[0] = '[';
    body[len - 1] = ']';
    body[len] = '\0';
    expect_refusal(list_conf, body, len, "not the JSON");
    free(body);
}
END_TEST

/* Few rows may still mean many values: spans times series. */
START_TEST(too_many_values)
{
    char conf[8192] = "[feed x]\nurl = https://x.example/\nrows = /*\ndate = /0\ndate_end = /1\nkind = calendar\n";
    for (int i = 0; i < 32; i++)
        snprintf(conf + strlen(conf), sizeof conf - strlen(conf), "[series s%d]\nvalue = 1\n", i);
    char body[1024] = "[[\"2020-01-01\",\"2022-12-31\"]";
    for (int i = 0; i < 10; i++)
        strcat(body, ",[\"2020-01-01\",\"2022-12-31\"]");
    strcat(body, "]");
    expect_refusal(conf, body, strlen(body), "more than 60000 values");
}
END_TEST

START_TEST(too_long_a_span)
{
    static const char conf[] = "[feed x]\nurl = https://x.example/\nrows = /*\ndate = /0\ndate_end = /1\nkind = calendar\n[series s]\nvalue = 1\n";
    static const char body[] = "[[\"1950-01-01\",\"2100-12-31\"]]";
    expect_refusal(conf, body, strlen(body), "none of 1 rows has a date");
}
END_TEST

START_TEST(no_data_yet_is_no_error)
{
    struct feed *feed = must_load("x.conf", rows_conf, strlen(rows_conf));
    struct feed_yield yield = marked();
    struct gnm_why why;
    ck_assert_int_eq(feed_extract(feed, "{\"data\":[]}", 11, NULL, NULL, 0, &yield, &why), 0);
    ck_assert_uint_eq(yield.n, 0);
    ck_assert_ptr_null(yield.signal);
    feed_free(feed);
}
END_TEST

/* One bad row does not cost the good ones; a number outside what a double holds is a missing one or refuses the answer, never infinity. */
START_TEST(rows_are_dropped_singly)
{
    static const char body[] = "{\"data\":[{\"d\":\"2026-01-01\",\"v\":1},{\"d\":\"2026-13-01\",\"v\":2},{\"d\":\"2026-01-03\",\"v\":\"x\"},{\"d\":\"2026-01-04\"},7]}";
    struct feed *feed = must_load("x.conf", rows_conf, strlen(rows_conf));
    struct feed_yield yield;
    struct gnm_why why;
    ck_assert_int_eq(feed_extract(feed, body, strlen(body), NULL, "", at_time("2026-09-10T12:00:00Z"), &yield, &why), 0);
    ck_assert_uint_eq(yield.n, 1);
    ck_assert_uint_eq(yield.rows_seen, 5);
    ck_assert_uint_eq(yield.dropped_date, 2);
    ck_assert_uint_eq(yield.dropped_value, 2);
    ck_assert_double_eq(yield.signal[0].value, 1);
    free(yield.signal);
    feed_free(feed);
}
END_TEST

/* Providers list the newest first or last; what comes out is in the order of time. */
START_TEST(order_of_rows_does_not_matter)
{
    static const char *const bodies[] = {
        "{\"data\":[{\"d\":\"2026-01-02\",\"v\":2},{\"d\":\"2026-01-01\",\"v\":1},{\"d\":\"2026-01-03\",\"v\":3}]}",
        "{\"data\":[{\"d\":\"2026-01-03\",\"v\":3},{\"d\":\"2026-01-02\",\"v\":2},{\"d\":\"2026-01-01\",\"v\":1}]}",
    };
    struct feed *feed = must_load("x.conf", rows_conf, strlen(rows_conf));
    for (int b = 0; b < 2; b++) {
        struct feed_yield yield;
        struct gnm_why why;
        ck_assert_int_eq(feed_extract(feed, bodies[b], strlen(bodies[b]), NULL, "", at_time("2026-09-10T12:00:00Z"), &yield, &why), 0);
        ck_assert_uint_eq(yield.n, 3);
        for (size_t i = 0; i < 3; i++)
            ck_assert_double_eq(yield.signal[i].value, (double)(i + 1));
        free(yield.signal);
    }
    feed_free(feed);
}
END_TEST

/* No value may claim to have been known later than it was fetched, nor earlier than its lag allows. */
START_TEST(available_is_never_after_now)
{
    static const char conf[] = "[feed x]\nurl = https://x.example/\nrows = /*\ndate = /0\nlag = 5d\n[series s]\nvalue = 1\n";
    static const char body[] = "[[\"2026-09-01\"],[\"2026-09-04\"],[\"2026-09-08\"],[\"2026-09-10\"]]";
    int64_t now_s = at_time("2026-09-10T12:00:00Z");
    int64_t want[] = { at_time("2026-09-07T00:00:00Z"), at_time("2026-09-10T00:00:00Z"), now_s, now_s };
    struct feed *feed = must_load("x.conf", conf, strlen(conf));
    struct feed_yield yield;
    struct gnm_why why;
    ck_assert_int_eq(feed_extract(feed, body, strlen(body), NULL, "", now_s, &yield, &why), 0);
    ck_assert_uint_eq(yield.n, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(yield.signal[i].available_s, want[i]);
        ck_assert_int_eq(yield.signal[i].fetched_s, now_s);
        ck_assert_int_eq(yield.signal[i].quality, i == 3 ? GNM_PARTIAL : GNM_OK);
    }
    free(yield.signal);
    feed_free(feed);
}
END_TEST

int main(void)
{
    TCase *answers = tcase_create("refused"), *times = tcase_create("accepted");
    tcase_set_timeout(answers, 5);
    tcase_add_loop_test(answers, refused_answers, 0, (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(answers, deep_nesting);
    tcase_add_test(answers, too_many_nodes);
    tcase_add_test(answers, too_many_values);
    tcase_add_test(answers, too_long_a_span);
    tcase_set_timeout(times, 5);
    tcase_add_test(times, no_data_yet_is_no_error);
    tcase_add_test(times, rows_are_dropped_singly);
    tcase_add_test(times, order_of_rows_does_not_matter);
    tcase_add_test(times, available_is_never_after_now);
    return run_suite("feeds: extraction", (TCase *[]){ answers, times }, 2);
}
