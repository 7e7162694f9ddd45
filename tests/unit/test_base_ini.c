#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/ini.h"
#include "base/text.h"
#include "base_suite.h"

/* Writes what the handler was told as "line:section|key=value;" so that a test is one string. */
static int record(void *ctx, const char *section, const char *key, const char *value, int line, struct gnm_why *why)
{
    struct text *t = ctx;
    if (key == NULL)
        return text_printf(t, "%d[%s]", line, section);
    if (strcmp(key, "stop") == 0)
        return gnm_fail(why, -ERANGE, "[%s] stop = %s: not here", section, value);
    return text_printf(t, "%d(%s)", line, key) + text_printf(t, "{%s}", value);
}

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X190 X50 X50 X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct { const char *name, *data, *got; } good[] = {
    { "sections and keys", "[feed a]\nurl = x\n[feed b]\npoll=3h\n", "1[feed a]2(url){x}3[feed b]4(poll){3h}" },
    { "a section without keys is told", "[feed a]\n[feed b]\n", "1[feed a]2[feed b]" },
    { "crlf", "[s]\r\na = 1\r\nb = 2\r\n", "1[s]2(a){1}3(b){2}" },
    { "bom", "\xEF\xBB\xBF[s]\na=1\n", "1[s]2(a){1}" },
    { "no line end at the end", "[s]\na=1", "1[s]2(a){1}" },
    { "comments and blank lines", "# c\n[s]\n; c = d\n\n   \na=1\n", "2[s]6(a){1}" },
    { "split at the first equals sign", "[s]\nurl = https://h/?a=1&b=2\n", "1[s]2(url){https://h/?a=1&b=2}" },
    { "marks without a blank before are text", "[s]\nurl = https://h/a;b#c;d\nx = #5\n", "1[s]2(url){https://h/a;b#c;d}3(x){#5}" },
    { "a colon after the equals sign is text", "[s]\nheader = A: b\n", "1[s]2(header){A: b}" },
    { "continuation joined without separator", "[s]\nurl = https://h/?\n  a=1&\n\tb=2\nx = 1\n", "1[s]2(url){https://h/?a=1&b=2}5(x){1}" },
    { "continuation of an empty value", "[s]\nurl =\n  https://h\n", "1[s]2(url){https://h}" },
    { "continuation after a comment", "[s]\nurl = a\n# why\n  b\n", "1[s]2(url){ab}" },
    { "continuation that looks like a section", "[s]\nurl = a\n  [b]\n", "1[s]2(url){a[b]}" },
    { "repeated keys stay apart", "[s]\nheader = a\nheader = b\n", "1[s]2(header){a}3(header){b}" },
    { "empty value", "[s]\na =\nb = 1\n", "1[s]2(a){}3(b){1}" },
    { "repeated section", "[s]\na=1\n[s]\na=2\n", "1[s]2(a){1}3[s]4(a){2}" },
    { "198 bytes are taken", "[s]\nkkkkkk= " X190 "\nb=1\n", "1[s]2(kkkkkk){" X190 "}3(b){1}" },
    { "198 bytes and crlf", "[s]\r\nkkkkkk= " X190 "\r\nb=1\r\n", "1[s]2(kkkkkk){" X190 "}3(b){1}" },
    { "a long section name is kept whole", "[series " X50 "]\na=1\n", "1[series " X50 "]2(a){1}" },
    { "nothing", "", "" },
};

START_TEST(reads)
{
    struct text got = { 0 };
    struct gnm_why why = { 0 };
    ck_assert_int_eq(text_append(&got, "", 0), 0);
    int r = ini_read("f.conf", good[_i].data, strlen(good[_i].data), record, &got, &why);
    ck_assert_msg(r == 0, "%s: %s", good[_i].name, why.text);
    ck_assert_msg(strcmp(got.data, good[_i].got) == 0, "%s: %s", good[_i].name, got.data);
    text_free(&got);
}
END_TEST

static const struct { const char *name, *data; int code; const char *told; } bad[] = {
    { "199 bytes", "[s]\nkkkkkkk= " X190 "\nb=1\n", -EINVAL, "f.conf:2: line of 199 bytes or more" },
    { "199 bytes in a continuation", "[s]\na=1\n\n         " X190 "\n", -EINVAL, "f.conf:4: line of 199 bytes or more" },
    { "a long comment", "[s]\n#xxxxxxxx" X190 "\n", -EINVAL, "f.conf:2: line of 199 bytes or more" },
    { "inline comment", "[s]\na = 1\nb = 2 ; two\n", -EINVAL, "f.conf:3: ';' after a blank" },
    { "inline comment at once", "[s]\nb = ; two\n", -EINVAL, "f.conf:2: ';' after a blank" },
    { "inline comment behind a tab", "[s]\nb = 2\t; two\n", -EINVAL, "f.conf:2: ';' after a blank" },
    { "inline comment in a continuation", "[s]\nb = 2\n  c ;d\n", -EINVAL, "f.conf:3: ';' after a blank" },
    { "inline comment in a key", "[s]\nb ;c = 2\n", -EINVAL, "f.conf:2: ';' after a blank" },
    { "indented comment", "[s]\na = 1\n  # note\n", -EINVAL, "f.conf:3: an indented comment" },
    { "nothing to continue", "[s]\n  a = 1\n", -EINVAL, "f.conf:2: an indented line continues a value, but" },
    { "nothing to continue in a new section", "[s]\na = 1\n[t]\n  b = 1\n", -EINVAL, "f.conf:4: an indented line continues a value, but" },
    { "key without section", "a = 1\n", -EINVAL, "f.conf:1: a key stands before the first [section]" },
    { "no equals sign", "[s]\nhello\n", -EINVAL, "f.conf:2: neither a [section] nor a key" },
    { "colon instead of equals sign", "[s]\na: 1\n", -EINVAL, "f.conf:2: neither a [section] nor a key" },
    { "colon before the equals sign", "[s]\na:b = 1\n", -EINVAL, "f.conf:2: a key may not hold ':'" },
    { "empty key", "[s]\n= 1\n", -EINVAL, "f.conf:2: nothing stands before the '='" },
    { "open section", "[s\na = 1\n", -EINVAL, "f.conf:1: a section has no ']'" },
    { "nameless section", "[]\n", -EINVAL, "f.conf:1: a section has no name" },
    { "text behind a section", "[s] x\n", -EINVAL, "f.conf:1: something follows the ']'" },
    { "section of 128 bytes", "[" X50 X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxx]\n", -EINVAL, "f.conf:1: a section's name is longer" },
    { "handler's refusal, at the value's first line", "[s]\n\nstop = 1\n  2\nb = 1\n", -ERANGE, "f.conf:3: [s] stop = 12: not here" },
    { "handler's refusal of the last key", "[s]\nstop = 1", -ERANGE, "f.conf:2: [s] stop = 1: not here" },
};

START_TEST(refuses_with_the_line)
{
    struct text got = { 0 };
    struct gnm_why why = { 0 };
    int r = ini_read("f.conf", bad[_i].data, strlen(bad[_i].data), record, &got, &why);
    ck_assert_msg(r == bad[_i].code && why.code == r, "%s: %d %s", bad[_i].name, r, why.text);
    ck_assert_msg(strncmp(why.text, bad[_i].told, strlen(bad[_i].told)) == 0, "%s: %s", bad[_i].name, why.text);
    ck_assert_int_eq(ini_read("f.conf", bad[_i].data, strlen(bad[_i].data), record, &got, NULL), bad[_i].code);
    text_free(&got);
}
END_TEST

START_TEST(nul_bytes_are_refused)
{
    struct text got = { 0 };
    struct gnm_why why = { 0 };
    ck_assert_int_eq(ini_read("f", "[s]\na=1\0;2\n", 11, record, &got, &why), -EINVAL);
    ck_assert_str_eq(why.text, "f:2: a NUL byte");
    text_free(&got);
}
END_TEST

/* After an error nothing more is told: a half-read file must not look like a whole one. */
START_TEST(stops_at_the_first_error)
{
    struct text got = { 0 };
    const char *data = "[s]\na = 1\nnonsense\nb = 2\n[t]\nc = 3\n";
    ck_assert_int_eq(ini_read("f", data, strlen(data), record, &got, NULL), -EINVAL);
    ck_assert_str_eq(got.data, "1[s]");
    text_free(&got);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { reads, COUNT(good) }, { refuses_with_the_line, COUNT(bad) }, { nul_bytes_are_refused, 0 }, { stops_at_the_first_error, 0 },
    };
    return base_suite_run("base ini", tests, COUNT(tests));
}
