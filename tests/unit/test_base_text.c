#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "base_suite.h"

static const struct { const char *text; int result; double value; } numbers[] = {
    { "0", 0, 0 }, { "1.5", 0, 1.5 }, { "-2e3", 0, -2000 }, { "+7", 0, 7 }, { ".5", 0, .5 }, { "5.", 0, 5 }, { "1E-2", 0, .01 },
    { "0.1", 0, 0.1 }, { "179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953"
    "5143824642343213268894641827684675467035375169860499105765512820762454900903893289440758685084551339423045832369032229481658085593321"
    "23347974797826204144723168738177180919299881250404026184124858368", 0, DBL_MAX },
    { "5e-324", 0, 5e-324 }, { "1e-999", 0, 0 }, { "1e999", -ERANGE, 0 }, { "-1e999", -ERANGE, 0 },
    { "", -EINVAL, 0 }, { " 1", -EINVAL, 0 }, { "1 ", -EINVAL, 0 }, { "1,5", -EINVAL, 0 }, { "0x10", -EINVAL, 0 }, { "nan", -EINVAL, 0 },
    { "inf", -EINVAL, 0 }, { "1e", -EINVAL, 0 }, { "1e+", -EINVAL, 0 }, { ".", -EINVAL, 0 }, { "-", -EINVAL, 0 }, { "1.5.2", -EINVAL, 0 },
    { "--1", -EINVAL, 0 }, { "1e5x", -EINVAL, 0 }, { "infinity", -EINVAL, 0 }, { "1_000", -EINVAL, 0 },
};

START_TEST(decimal_numbers_only)
{
    double got = 42;
    ck_assert_msg(text_double(numbers[_i].text, &got) == numbers[_i].result, "\"%s\"", numbers[_i].text);
    ck_assert_msg(got == (numbers[_i].result == 0 ? numbers[_i].value : 42), "\"%s\" gave %.17g", numbers[_i].text, got);
}
END_TEST

static const struct { const char *text; int64_t low, high; int result; int64_t value; } integers[] = {
    { "0", 0, 10, 0, 0 }, { "10", 0, 10, 0, 10 }, { "11", 0, 10, -ERANGE, 0 }, { "-1", 0, 10, -ERANGE, 0 }, { "-5", -10, 0, 0, -5 },
    { "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX }, { "-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN },
    { "9223372036854775808", INT64_MIN, INT64_MAX, -ERANGE, 0 }, { "-9223372036854775809", INT64_MIN, INT64_MAX, -ERANGE, 0 },
    { "99999999999999999999999", INT64_MIN, INT64_MAX, -ERANGE, 0 }, { "99999999999999999999999x", INT64_MIN, INT64_MAX, -EINVAL, 0 },
    { "007", 0, 10, 0, 7 }, { "", 0, 10, -EINVAL, 0 }, { "1.0", 0, 10, -EINVAL, 0 }, { "0x1", 0, 10, -EINVAL, 0 }, { " 1", 0, 10, -EINVAL, 0 },
    { "1 ", 0, 10, -EINVAL, 0 }, { "+", 0, 10, -EINVAL, 0 }, { "+3", 0, 10, 0, 3 },
};

/* The short way for short numbers must give what the long way gives, to the last bit. */
START_TEST(short_numbers_are_as_exact)
{
    struct random random;
    random_seed(&random, 15);
    for (int i = 0; i < 50000; i++) {
        char text[40];
        int whole = (int)random_below(&random, 12), behind = (int)random_below(&random, 10), used = 0;
        if (random_below(&random, 2))
            text[used++] = "+-"[random_below(&random, 2)];
        for (int k = 0; k < whole; k++)
            text[used++] = (char)('0' + random_below(&random, 10));
        if (behind > 0)
            text[used++] = '.';
        for (int k = 0; k < behind; k++)
            text[used++] = (char)('0' + random_below(&random, 10));
        text[used] = '\0';
        double got = 42, want = strtod(text, NULL);
        ck_assert_int_eq(text_double(text, &got), whole + behind > 0 ? 0 : -EINVAL);
        if (whole + behind > 0)
            ck_assert_msg(memcmp(&got, &want, sizeof got) == 0, "%s: %.17g, not %.17g", text, got, want);
    }
}
END_TEST

START_TEST(integers_within_their_range)
{
    int64_t got = 77;
    ck_assert_msg(text_int(integers[_i].text, integers[_i].low, integers[_i].high, &got) == integers[_i].result, "\"%s\"", integers[_i].text);
    ck_assert_int_eq(got, integers[_i].result == 0 ? integers[_i].value : 77);
}
END_TEST

static const struct { const char *text; int result; int64_t value; } durations[] = {
    { "30", 0, 30 }, { "30s", 0, 30 }, { "10m", 0, 600 }, { "3h", 0, 10800 }, { "27d", 0, 2332800 }, { "2w", 0, 1209600 }, { "-1h", 0, -3600 },
    { "+1h", 0, 3600 }, { "0", 0, 0 }, { "", -EINVAL, 0 }, { "h", -EINVAL, 0 }, { "3 h", -EINVAL, 0 }, { "3hh", -EINVAL, 0 }, { "1.5h", -EINVAL, 0 },
    { "3y", -EINVAL, 0 }, { "9223372036854775807w", -ERANGE, 0 }, { "--1h", -EINVAL, 0 },
};

START_TEST(durations_in_seconds)
{
    int64_t got = 77;
    ck_assert_msg(text_duration_s(durations[_i].text, &got) == durations[_i].result, "\"%s\"", durations[_i].text);
    ck_assert_int_eq(got, durations[_i].result == 0 ? durations[_i].value : 77);
}
END_TEST

START_TEST(switches)
{
    static const char *const yes[] = { "yes", "true", "on", "1" }, *const no[] = { "no", "false", "off", "0" };
    static const char *const neither[] = { "", "Yes", "y", "2", "on ", "enabled" };
    int got;
    for (size_t i = 0; i < 4; i++) {
        ck_assert(text_bool(yes[i], &got) == 0 && got == 1);
        ck_assert(text_bool(no[i], &got) == 0 && got == 0);
    }
    for (size_t i = 0; i < COUNT(neither); i++)
        ck_assert_int_eq(text_bool(neither[i], &got), -EINVAL);
}
END_TEST

START_TEST(copies_fit_or_are_refused)
{
    char got[4] = "old";
    ck_assert_int_eq(text_copy(got, sizeof got, "four"), -ENAMETOOLONG);
    ck_assert_str_eq(got, "old");
    ck_assert_int_eq(text_copy(got, sizeof got, "new"), 0);
    ck_assert_str_eq(got, "new");
    char percent[16] = "old";
    ck_assert_int_eq(text_percent(percent, sizeof percent, "a b/é"), 0);
    ck_assert_str_eq(percent, "a%20b%2F%C3%A9");
    ck_assert_int_eq(text_percent(percent, 14, "a b/é"), -ENAMETOOLONG);
    ck_assert_int_eq(text_percent(percent, 15, "a b/é"), 0);
    char space[] = " \t a b \r\n";
    ck_assert_str_eq(text_trim(space), "a b");
    char blank[] = "  ";
    ck_assert_str_eq(text_trim(blank), "");
}
END_TEST

static const struct { const char *text; size_t size; const char *clean; } dirty[] = {
    { "plain", 32, "plain" }, { "a\n<3>forged", 32, "a?<3>forged" }, { "\x1b[2J", 32, "?[2J" }, { "caf\xC3\xA9", 32, "caf\xC3\xA9" },
    { "caf\xC3\xA9", 5, "caf" }, { "caf\xC3\xA9", 6, "caf\xC3\xA9" }, { "\xC3(", 32, "?(" }, { "\xC0\x80", 32, "??" }, { "\xED\xA0\x80", 32, "???" },
    { "\xF4\x90\x80\x80", 32, "????" }, { "\xF0\x9F\x8C\x9E", 32, "\xF0\x9F\x8C\x9E" }, { "\xE2\x80\xAE", 32, "?" }, { "\xC2\x85", 32, "?" },
    { "abc", 1, "" }, { "abc\x7F", 32, "abc?" }, { "eight plain bytes", 9, "eight pl" }, { "eight plain bytes", 10, "eight pla" },
    { "seven in\t eight \x7F", 32, "seven in? eight ?" }, { "a tilde~~", 32, "a tilde~~" }, { "12345678\x1F" "2345678", 32, "12345678?2345678" },
    { "\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F", 32, "????????" }, { "caf\xC3\xA9 caf\xC3\xA9", 32, "caf\xC3\xA9 caf\xC3\xA9" },
};

START_TEST(cleaned_text_is_safe)
{
    char got[32];
    text_clean(got, dirty[_i].size, dirty[_i].text, strlen(dirty[_i].text));
    ck_assert_str_eq(got, dirty[_i].clean);
}
END_TEST

static const struct { const char *text, *near; } typos[] = {
    { "reserve_soc", "reserve_soc" }, { "reserv_soc", "reserve_soc" }, { "resreve_soc", "reserve_soc" }, { "pol", "poll" }, { "pull", "poll" },
    { "capacity", NULL }, { "xyz", NULL }, { "", NULL }, { "lattitude", "latitude" },
    { "a_key_of_more_than_sixty_four_bytes_is_never_compared_with_anything_at_all", NULL },
};

START_TEST(did_you_mean)
{
    static const char *const keys[] = { "poll", "reserve_soc", "latitude", "longitude" };
    const char *got = text_nearest(typos[_i].text, keys, COUNT(keys));
    if (typos[_i].near == NULL)
        ck_assert_ptr_null(got);
    else
        ck_assert_pstr_eq(got, typos[_i].near);
}
END_TEST

START_TEST(buffer_grows)
{
    struct text t = { 0 };
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(text_printf(&t, "%03d,", i), 0);
    ck_assert_uint_eq(t.len, 4000);
    ck_assert(strncmp(t.data + 3996, "999,", 5) == 0);
    ck_assert_int_eq(text_append(&t, "", 0), 0);
    ck_assert_int_eq(text_append(&t, "x", SIZE_MAX - 10), -ENOMEM);
    ck_assert_uint_eq(t.len, 4000);
    text_free(&t);
    ck_assert_ptr_null(t.data);
    text_free(&t);
    text_free(NULL);
}
END_TEST

START_TEST(json_literals_parse_back)
{
    struct text t = { 0 };
    ck_assert_int_eq(text_json_string(&t, "a\"\\/\n\t\x01\x7F caf\xC3\xA9 \xFF"), 0);
    ck_assert_str_eq(t.data, "\"a\\\"\\\\/\\n\\t\\u0001\\u007f caf\xC3\xA9 \xEF\xBF\xBD\"");
    struct json *doc = json_parse(t.data, t.len, 0, NULL);
    ck_assert_ptr_nonnull(doc);
    ck_assert_str_eq(json_string(doc), "a\"\\/\n\t\x01\x7F caf\xC3\xA9 \xEF\xBF\xBD");
    json_free(doc);
    t.len = 0;
    ck_assert(text_json_number(&t, 0.1, 17) == 0 && text_append(&t, " ", 1) == 0 && text_json_number(&t, NAN, 5) == 0);
    ck_assert_str_eq(t.data, "0.10000000000000001 null");
    t.len = 0;
    ck_assert(text_json_number(&t, -1.5e300, 3) == 0 && text_append(&t, " ", 1) == 0 && text_json_number(&t, -INFINITY, 5) == 0);
    ck_assert_str_eq(t.data, "-1.5e+300 null");
    text_free(&t);
}
END_TEST

/* A German locale is built for the test where the system has none: "1.5" must stay one and a half under it. */
static int use_comma_locale(void)
{
    static const char *const names[] = { "de_DE.UTF-8", "nl_BE.UTF-8", "fr_FR.UTF-8" };
    for (size_t i = 0; i < COUNT(names); i++)
        if (setlocale(LC_ALL, names[i]) != NULL)
            return 1;
    char dir[] = "/tmp/gnomon-locale-XXXXXX", command[256];
    if (mkdtemp(dir) == NULL)
        return 0;
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 --no-archive %s/de_DE.UTF-8 >/dev/null 2>&1", dir);
    int made = system(command) == 0;
    setenv("LOCPATH", dir, 1);
    int used = made && setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 && used;
}

START_TEST(comma_locale_changes_nothing)
{
    if (!use_comma_locale()) {
        printf("SKIP comma_locale_changes_nothing: no such locale and no localedef\n");
        return;
    }
    char printed[16], text[32];
    snprintf(printed, sizeof printed, "%.1f", 1.5);
    ck_assert_str_eq(printed, "1,5");      /* or the test would prove nothing */
    double got = 0;
    ck_assert_int_eq(text_double("1.5", &got), 0);
    ck_assert(got == 1.5);
    ck_assert_int_eq(text_double("1,5", &got), -EINVAL);
    ck_assert_int_eq(text_number(text, sizeof text, -1234.5, 10), 0);
    ck_assert_str_eq(text, "-1234.5");
    struct text t = { 0 };
    ck_assert_int_eq(text_json_number(&t, 2.25e-7, 6), 0);
    ck_assert_str_eq(t.data, "2.25e-07");
    text_free(&t);
    struct json *doc = json_parse("[1.5]", 5, 0, NULL);
    ck_assert(json_number(json_first(doc), &got) == 0 && got == 1.5);
    ck_assert_int_eq(json_text(json_first(doc), text, sizeof text), 0);
    ck_assert_str_eq(text, "1.5");
    json_free(doc);
}
END_TEST

START_TEST(hashes_have_their_published_values)
{
    ck_assert_uint_eq(hash_bytes(HASH_START, "", 0), UINT64_C(0xcbf29ce484222325));
    ck_assert_uint_eq(hash_bytes(HASH_START, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
    ck_assert_uint_eq(hash_bytes(HASH_START, "foobar", 6), UINT64_C(0x85944171f73967e8));
    ck_assert_uint_eq(crc32_bytes(0, "123456789", 9), 0xCBF43926);
    ck_assert_uint_eq(crc32_bytes(crc32_bytes(0, "1234", 4), "56789", 5), 0xCBF43926);
    ck_assert_uint_eq(crc32_bytes(0, "", 0), 0);
}
END_TEST

/* Long blocks are summed another way than short ones. */
START_TEST(a_long_sum_is_that_of_its_pieces)
{
    enum { LEN = 40003, PIECE = 997 };
    unsigned char *data = malloc(LEN);
    uint32_t pieces = 0;
    for (size_t i = 0; i < LEN; i++)
        data[i] = (unsigned char)(i * 2654435761u >> 13);
    for (size_t i = 0; i < LEN; i += PIECE)
        pieces = crc32_bytes(pieces, data + i, LEN - i < PIECE ? LEN - i : PIECE);
    ck_assert_uint_eq(crc32_bytes(0, data, LEN), pieces);
    ck_assert_uint_eq(crc32_bytes(crc32_bytes(0, data, 20001), data + 20001, LEN - 20001), pieces);
    free(data);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { short_numbers_are_as_exact, 0 }, { decimal_numbers_only, COUNT(numbers) }, { integers_within_their_range, COUNT(integers) }, { durations_in_seconds, COUNT(durations) },
        { switches, 0 }, { copies_fit_or_are_refused, 0 }, { cleaned_text_is_safe, COUNT(dirty) }, { did_you_mean, COUNT(typos) },
        { buffer_grows, 0 }, { json_literals_parse_back, 0 }, { comma_locale_changes_nothing, 0 }, { hashes_have_their_published_values, 0 }, { a_long_sum_is_that_of_its_pieces, 0 },
    };
    return base_suite_run("base text", tests, COUNT(tests));
}
