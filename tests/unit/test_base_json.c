#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/json_scan.h"
#include "base/random.h"
#include "base_suite.h"

static struct json *parse(const char *text, struct gnm_why *why)
{
    return json_parse(text, strlen(text), 0, why);
}

static const struct { const char *name, *data; int code; const char *told; } bad[] = {
    { "trailing text", "[1] xyz", -EINVAL, "something follows the document at line 1, column 4" },
    { "two documents", "[1]\n[2]", -EINVAL, "something follows" },
    { "infinite number", "{\"a\":[1,1e999]}", -ERANGE, "too large" },
    { "infinite number by name", "{\"rate\":-1e999}", -ERANGE, "\"rate\"" },
    { "nothing", "", -EINVAL, "not valid at line 1, column 1" },
    { "only space", " \n ", -EINVAL, "not valid" },
    { "nan", "[NaN]", -EINVAL, "not valid at line 1, column 2" },
    { "trailing comma", "[1,]", -EINVAL, "not valid" },
    { "comment", "[1] // x", -EINVAL, "something follows" },
    { "cut off", "{\"a\":\n [1,2", -EINVAL, "not valid at line 2" },
    { "open string", "[\"abc", -EINVAL, "not valid" },
    { "escaped nul", "[\"a\\u0000b\"]", -EINVAL, "\\u0000" },
    { "escape without digits", "[\"x\\u0[[[y\"]", -EINVAL, "line 1, column 4: a \\u without four" },
    { "lone surrogate", "[\"\\ud800\"]", -EINVAL, "not valid" },
    { "plain text", "Please limit requests to one every 5 seconds", -EINVAL, "not valid" },
    { "html", "<html></html>", -EINVAL, "not valid" },
    { "unbalanced", "]", -EINVAL, "not valid" },
};

START_TEST(refuses)
{
    struct gnm_why why = { 0 };
    ck_assert_msg(parse(bad[_i].data, &why) == NULL, "%s", bad[_i].name);
    ck_assert_msg(why.code == bad[_i].code, "%s: %d", bad[_i].name, why.code);
    ck_assert_msg(strncmp(why.text, "JSON: ", 6) == 0 && strstr(why.text, bad[_i].told) != NULL, "%s: %s", bad[_i].name, why.text);
    ck_assert_ptr_null(parse(bad[_i].data, NULL));
}
END_TEST

static struct json *nested(int depth, struct gnm_why *why)
{
    char text[200];
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    return json_parse(text, 2 * (size_t)depth, 0, why);
}

START_TEST(depth_has_a_limit)
{
    struct gnm_why why = { 0 };
    struct json *doc = nested(32, &why);
    ck_assert_ptr_nonnull(doc);
    json_free(doc);
    ck_assert_ptr_null(nested(33, &why));
    ck_assert_str_eq(why.text, "JSON: line 1, column 33: nested deeper than 32 levels");
    doc = parse("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[\"]", &why);
    ck_assert_msg(doc != NULL, "brackets in strings are text: %s", why.text);
    json_free(doc);
}
END_TEST

/* "[0,0,...,0]" with `commas` commas. */
static struct json *wide(size_t commas, size_t max, struct gnm_why *why)
{
    size_t len = 2 * commas + 3;
    char *text = malloc(len);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < len; i += 2) {
        text[i] = ',';
        if (i + 1 < len)
            text[i + 1] = '0';
    }
    text[0] = '[';
    text[len - 1] = ']';
    struct json *doc = json_parse(text, len, max, why);
    free(text);
    return doc;
}

START_TEST(nodes_have_a_limit)
{
    struct gnm_why why = { 0 };
    struct json *doc = wide(200000, 0, &why);
    ck_assert_msg(doc != NULL, "%s", why.text);
    ck_assert_uint_eq(json_size(doc), 200001);
    json_free(doc);
    ck_assert_ptr_null(wide(200001, 0, &why));
    ck_assert_int_eq(why.code, -E2BIG);
    ck_assert_str_eq(why.text, "JSON: more than 200000 values");
    ck_assert_ptr_null(wide(11, 10, &why));
    doc = wide(10, 10, &why);
    ck_assert_ptr_nonnull(doc);
    json_free(doc);
}
END_TEST

/* What the limits say, byte by byte. */
static void count_slowly(const char *text, size_t len, size_t *marks, size_t *depth, int *long_number)
{
    size_t level = 0, run = 0;
    int inside = 0, exponent = 0;
    *marks = *depth = 0;
    *long_number = 0;
    for (size_t i = 0; i < len; i++) {
        if (inside && text[i] == '\\') {
            i++;
            continue;
        }
        inside ^= text[i] == '"';
        if (inside || text[i] == '"') {
            run = 0;
            continue;
        }
        *marks += text[i] == ',' || text[i] == ':';
        level += text[i] == '[' || text[i] == '{';
        level -= level > 0 && (text[i] == ']' || text[i] == '}');
        *depth = level > *depth ? level : *depth;
        run = text[i] >= '0' && text[i] <= '9' ? run + 1 : 0;
        exponent |= i > 0 && (text[i] == 'e' || text[i] == 'E') && text[i - 1] >= '0' && text[i - 1] <= '9';
        *long_number |= run > 308 || exponent;
    }
}

START_TEST(scanned_in_blocks_as_byte_by_byte)
{
    static const char alphabet[] = "\"\"\"[]{},:0123456789eE tr\n\\";
    struct random random;
    random_seed(&random, 20261122);
    for (int round = 0; round < 20000; round++) {
        char text[700];
        size_t len = random_below(&random, sizeof text), marks, depth, bias = random_below(&random, 4);
        int inside = 0, long_number;
        for (size_t i = 0; i < len; i++) {
            text[i] = bias == 0 && random_below(&random, 60) > 0 ? '7' : alphabet[random_below(&random, sizeof alphabet - 1)];
            if (inside && text[i] == '\\' && i + 1 < len)
                text[++i] = "\"\\nt"[random_below(&random, 4)];
            else
                text[i] = !inside && text[i] == '\\' ? ' ' : text[i], inside ^= text[i] == '"';
        }
        count_slowly(text, len, &marks, &depth, &long_number);
        struct json_counts counts = { 0 };
        struct gnm_why why = { 0 };
        int got = json_scan(text, len, marks, &counts, &why);
        ck_assert_msg((got == 0) == (depth <= 32), "%.*s: %s", (int)len, text, why.text);
        if (got == 0)
            ck_assert(counts.values > marks && (counts.extreme || !long_number));
        if (marks > 0)
            ck_assert_int_lt(json_scan(text, len, marks - 1, &counts, &why), 0);
    }
}
END_TEST

START_TEST(length_counts_not_nul)
{
    struct gnm_why why = { 0 };
    struct json *doc = json_parse("[1,2]garbage behind", 5, 0, &why);
    ck_assert_ptr_nonnull(doc);
    json_free(doc);
    ck_assert_ptr_null(json_parse("[1]\0[2]", 7, 0, &why));
    ck_assert_ptr_nonnull(strstr(why.text, "NUL"));
    doc = json_parse("\xEF\xBB\xBF[1] \r\n\t ", 11, 0, &why);
    ck_assert_msg(doc != NULL, "%s", why.text);
    json_free(doc);
}
END_TEST

static const char document[] = "{\"a\":{\"b\":[10,{\"c\":\"deep\"}]},\"A\":1,\"m~n\":2,\"x/y\":3,\"\":4,\"dup\":5,\"dup\":6,\"big\":1758800000000,"
    "\"s\":\"333.952\",\"dash\":\"-\",\"nan\":\"NaN\",\"e\":\"\",\"null\":null,\"t\":true,\"w\":\"1.5 x\",\"f\":0.1,\"neg\":-0.0,\"arr\":[],\"0\":\"zero\",\"i\":\"1e999\"}";

static const struct { const char *pointer; enum json_type type; int found; } pointers[] = {
    { "", JSON_OBJECT, 1 }, { "/a/b", JSON_ARRAY, 1 }, { "/a/b/0", JSON_NUMBER, 1 }, { "/a/b/1/c", JSON_STRING, 1 }, { "/m~0n", JSON_NUMBER, 1 },
    { "/x~1y", JSON_NUMBER, 1 }, { "/", JSON_NUMBER, 1 }, { "/0", JSON_STRING, 1 }, { "/null", JSON_NULL, 1 }, { "/t", JSON_BOOL, 1 },
    { "a", 0, 0 }, { "/a/b/2", 0, 0 }, { "/a/b/-", 0, 0 }, { "/a/b/01", 0, 0 }, { "/a/b/00", 0, 0 }, { "/a/b/-1", 0, 0 }, { "/a/b/1/c/d", 0, 0 },
    { "/a/b/", 0, 0 }, { "/B", 0, 0 }, { "/m~n", 0, 0 }, { "/m~2n", 0, 0 }, { "/m~", 0, 0 }, { "/a/b/99999999999999999999", 0, 0 }, { "//", 0, 0 },
    { "/arr/0", 0, 0 },
};

START_TEST(pointers_follow_the_standard)
{
    struct json *doc = parse(document, NULL);
    const struct json *node = json_pointer(doc, pointers[_i].pointer);
    ck_assert_msg((node != NULL) == pointers[_i].found, "%s", pointers[_i].pointer);
    if (node != NULL)
        ck_assert_int_eq(json_type(node), pointers[_i].type);
    ck_assert_ptr_null(json_pointer(NULL, pointers[_i].pointer));
    char names[160];
    int n = json_names(pointers[_i].pointer, names, sizeof names);
    ck_assert_ptr_eq(n < 0 ? NULL : json_follow(doc, names, n), node);
    ck_assert_int_eq(json_names("/abc/d", names, 5), -ENAMETOOLONG);
    ck_assert_int_eq(json_names("/abc/d", names, 6), 2);
    json_free(doc);
}
END_TEST

static const struct { const char *pointer; int result; double value; } numbers[] = {
    { "/A", 0, 1 }, { "/big", 0, 1758800000000 }, { "/s", 0, 333.952 }, { "/f", 0, .1 }, { "/dash", -ENODATA, 0 }, { "/nan", -ENODATA, 0 },
    { "/e", -ENODATA, 0 }, { "/null", -ENODATA, 0 }, { "/t", -EINVAL, 0 }, { "/w", -EINVAL, 0 }, { "/a", -EINVAL, 0 }, { "/none", -EINVAL, 0 },
    { "/dup", 0, 5 }, { "/i", -EINVAL, 0 },
};

START_TEST(numbers_or_missing)
{
    struct json *doc = parse(document, NULL);
    double got = 42;
    ck_assert_msg(json_number(json_pointer(doc, numbers[_i].pointer), &got) == numbers[_i].result, "%s", numbers[_i].pointer);
    ck_assert(got == (numbers[_i].result == 0 ? numbers[_i].value : 42));
    json_free(doc);
}
END_TEST

static const struct { const char *pointer; int result; const char *text; } texts[] = {
    { "/big", 0, "1758800000000" }, { "/f", 0, "0.1" }, { "/neg", 0, "0" }, { "/s", 0, "333.952" }, { "/t", 0, "true" }, { "/A", 0, "1" },
    { "/null", -EINVAL, "" }, { "/a", -EINVAL, "" }, { "/none", -EINVAL, "" },
};

START_TEST(scalars_as_text)
{
    struct json *doc = parse(document, NULL);
    char got[14] = "";
    ck_assert_int_eq(json_text(json_pointer(doc, texts[_i].pointer), got, sizeof got), texts[_i].result);
    ck_assert_str_eq(got, texts[_i].text);
    char small[2] = "x";
    ck_assert_int_eq(json_text(json_member(doc, "big"), small, sizeof small), -ENAMETOOLONG);
    ck_assert_str_eq(small, "x");
    json_free(doc);
}
END_TEST

START_TEST(walking)
{
    struct json *doc = parse(document, NULL);
    const struct json *b = json_pointer(doc, "/a/b"), *first = json_first(doc);
    ck_assert_str_eq(json_name(first), "a");
    ck_assert_ptr_null(json_name(json_first(b)));
    ck_assert_uint_eq(json_size(b), 2);
    ck_assert_ptr_eq(json_at(b, 1), json_next(json_first(b)));
    ck_assert_ptr_null(json_at(b, 2));
    ck_assert_ptr_null(json_at(doc, 0));
    ck_assert_ptr_null(json_next(json_at(b, 1)));
    ck_assert_ptr_null(json_first(json_pointer(doc, "/arr")));
    ck_assert_ptr_null(json_first(json_pointer(doc, "/s")));
    ck_assert_ptr_null(json_member(b, "c"));
    ck_assert_ptr_null(json_member(doc, "Big"));
    ck_assert_str_eq(json_string(json_member(json_at(b, 1), "c")), "deep");
    ck_assert_ptr_null(json_string(json_at(b, 0)));
    ck_assert_uint_eq(json_size(NULL), 0);
    json_free(doc);
    json_free(NULL);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { refuses, COUNT(bad) }, { depth_has_a_limit, 0 }, { nodes_have_a_limit, 0 }, { scanned_in_blocks_as_byte_by_byte, 0 }, { length_counts_not_nul, 0 },
        { pointers_follow_the_standard, COUNT(pointers) }, { numbers_or_missing, COUNT(numbers) }, { scalars_as_text, COUNT(texts) }, { walking, 0 },
    };
    return base_suite_run("base json", tests, COUNT(tests));
}
