#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "base_suite.h"

static int record(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct text *t = ctx;
    int r = text_printf(t, "%d", line);
    for (size_t i = 0; i < n && r == 0; i++) {
        if (strcmp(field[i], "stop") == 0)
            return gnm_fail(why, -ERANGE, "line %d: stop", line);
        r = text_printf(t, "(%s)", field[i]);
    }
    return r;
}

static const struct { const char *name, *data; char separator; const char *got; } good[] = {
    { "plain", "a,b\n1,2\n", ',', "1(a)(b)2(1)(2)" },
    { "no line end at the end", "a,b\n1,2", ',', "1(a)(b)2(1)(2)" },
    { "crlf", "a,b\r\n1,2\r\n", ',', "1(a)(b)2(1)(2)" },
    { "lone carriage returns", "a,b\r1,2\r", ',', "1(a)(b)2(1)(2)" },
    { "bom", "\xEF\xBB\xBF\"a\",b\n", ',', "1(a)(b)" },
    { "quoted separator", "\"a,b\",c\n", ',', "1(a,b)(c)" },
    { "doubled quotes", "\"say \"\"hi\"\"\",c\n", ',', "1(say \"hi\")(c)" },
    { "quoted line ends count as lines", "\"a\nb\",c\n\"x\r\ny\",z\nlast,1\n", ',', "1(a\nb)(c)3(x\r\ny)(z)5(last)(1)" },
    { "blank lines are not given but counted", "a\n\n  \n\r\nb\n", ',', "1(a)5(b)" },
    { "blank line inside quotes", "\"a\n\nb\"\nc\n", ',', "1(a\n\nb)4(c)" },
    { "empty fields", "a,,\n,,\n", ',', "1(a)()()2()()()" },
    { "empty quoted field", "\"\"\n", ',', "1()" },
    { "semicolons", "a;1,5\n", ';', "1(a)(1,5)" },
    { "tabs, with empty fields", "a\t\tb\n\t\t\n", '\t', "1(a)()(b)2()()()" },
    { "spaces around", " a , \"b\" ,c \n", ',', "1(a)(b)(c)" },
    { "nothing", "", ',', "" },
    { "only a bom", "\xEF\xBB\xBF", ',', "" },
};

START_TEST(reads)
{
    struct text got = { 0 };
    struct gnm_why why = { 0 };
    ck_assert_int_eq(text_append(&got, "", 0), 0);
    int r = csv_read(good[_i].data, strlen(good[_i].data), good[_i].separator, record, &got, &why);
    ck_assert_msg(r == 0, "%s: %s", good[_i].name, why.text);
    ck_assert_msg(strcmp(got.data, good[_i].got) == 0, "%s: %s", good[_i].name, got.data);
    text_free(&got);
}
END_TEST

static const struct { const char *name, *data; int code; const char *told, *got; } bad[] = {
    { "quote without end", "a,b\n\"c,d\ne,f\n", -EINVAL, "line 2: a quoted field has no end", "1(a)(b)" },
    { "quote inside an unquoted field", "a,b\nx\"y,d\ne,f\n", -EINVAL, "line 2: a quote stands where none may be", "1(a)(b)" },
    { "text behind a closing quote", "a\n\"x\"y\n", -EINVAL, "line 2: a quote stands where none may be", "1(a)" },
    { "handler's refusal stops", "a\n\"b\nc\",stop\nd\n", -ERANGE, "line 2: stop", "1(a)2(b\nc)" },
};

START_TEST(refuses_with_the_line)
{
    struct text got = { 0 };
    struct gnm_why why = { 0 };
    int r = csv_read(bad[_i].data, strlen(bad[_i].data), ',', record, &got, &why);
    ck_assert_msg(r == bad[_i].code, "%s: %d", bad[_i].name, r);
    ck_assert_str_eq(why.text, bad[_i].told);
    ck_assert_msg(strcmp(got.data, bad[_i].got) == 0, "%s: %s", bad[_i].name, got.data);
    text_free(&got);
}
END_TEST

START_TEST(nul_bytes_are_refused)
{
    struct text got = { 0 };
    struct gnm_why why = { 0 };
    ck_assert_int_eq(csv_read("a\nb\0c\n", 6, ',', record, &got, &why), -EINVAL);
    ck_assert_str_eq(why.text, "line 2: a NUL byte");
    text_free(&got);
}
END_TEST

START_TEST(fields_have_a_limit)
{
    char data[2 * CSV_FIELDS_MAX + 2];
    memset(data, ',', sizeof data);
    struct text got = { 0 };
    struct gnm_why why = { 0 };
    ck_assert_int_eq(csv_read(data, CSV_FIELDS_MAX - 1, ',', record, &got, &why), 0);
    ck_assert_uint_eq(got.len, 1 + 2 * CSV_FIELDS_MAX);
    ck_assert_int_eq(csv_read(data, CSV_FIELDS_MAX, ',', record, &got, &why), -E2BIG);
    ck_assert_str_eq(why.text, "line 1: more than 512 fields");
    text_free(&got);
}
END_TEST

static const struct { const char *data; char separator; } first_lines[] = {
    { "a,b,c\n", ',' }, { "a;b;c\n1,5;2,5;3,5\n", ';' }, { "a\tb\n", '\t' }, { "a;1,5;2,5;x\n", ';' }, { "\"a;b;c\",d\n", ',' }, { "single\n1;2\n", ',' },
    { "", ',' }, { "\xEF\xBB\xBF\"x\"\ty\n", '\t' }, { "a,b;c\n", ',' }, { "\"a\n;;\",b\n", ',' },
};

START_TEST(finds_the_separator)
{
    ck_assert_int_eq(csv_separator(first_lines[_i].data, strlen(first_lines[_i].data)), first_lines[_i].separator);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { reads, COUNT(good) }, { refuses_with_the_line, COUNT(bad) }, { nul_bytes_are_refused, 0 }, { fields_have_a_limit, 0 },
        { finds_the_separator, COUNT(first_lines) },
    };
    return base_suite_run("base csv", tests, COUNT(tests));
}
