/* The reader of bench-boost: what it takes, and that what it refuses is named by file, line and column. */
#include "base_suite.h"

#include "../bench/boost_table.h"

static char path[64], folder[] = "/tmp/gnomon-table-XXXXXX";

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    unlink(path);
    rmdir(folder);
}

static int read_bytes(const char *name, const void *data, size_t len, const char *target, struct table *t, struct gnm_why *why)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
    return table_read(path, target, t, why);
}

static int read_csv(const char *text, const char *target, struct table *t, struct gnm_why *why)
{
    return read_bytes("t.csv", text, strlen(text), target, t, why);
}

START_TEST(text_of_every_shape)
{
    static const char *const same[] = {
        "1,2,3.5\n-4e-1,,nan\n", "a,b,c\n1,2,3.5\n-0.4,NaN,\n", "\xef\xbb\xbf\"a\";\"b\";\"c\"\r\n1;2;3.5\r\n\r\n-.4; ;nan",
        "a\tb\tc\n 1\t\"2\"\t3.50000000000000000000000\n-400e-3\t\t\n",
    };
    struct table t;
    setup();
    for (size_t i = 0; i < COUNT(same); i++) {
        ck_assert_int_eq(read_csv(same[i], "1", &t, NULL), 0);
        ck_assert_uint_eq(t.rows, 2);
        ck_assert_uint_eq(t.columns, 3);
        ck_assert(t.x[0] == 2 && t.x[1] == 1 && t.x[2] == 3.5F);      /* the target stands first */
        ck_assert(isnan(t.x[3]) && t.x[4] == -.4F && isnan(t.x[5]));
        table_free(&t);
    }
    ck_assert_int_eq(read_csv("a,b,c\n1,2,3\n", "c", &t, NULL), 0);
    ck_assert(t.x[0] == 3 && t.x[1] == 1 && t.x[2] == 2);
    table_free(&t);
    teardown();
}
END_TEST

/* The short way through plain decimals gives the same double as strtod, or hands over. */
START_TEST(plain_numbers_are_exact)
{
    static const char *const text[] = { "0.1", "-123456.789", "9007199254740992", "9007199254740993", "1e22", "1e23", "3.4028235e38", "0.30000000000000004", "5e-324", "7.", ".5" };
    for (size_t i = 0; i < COUNT(text); i++) {
        double x;
        const char *end = table_plain_number(text[i], &x);
        if (end != NULL)
            ck_assert_msg(x == strtod(text[i], NULL) && *end == '\0', "%s", text[i]);
    }
    double x;
    ck_assert_ptr_nonnull(table_plain_number("-123456.789", &x));
    ck_assert_ptr_null(table_plain_number("-", &x));
    ck_assert_ptr_null(table_plain_number("1e", &x));
}
END_TEST

START_TEST(long_files_cross_every_buffer)
{
    enum { ROWS = 30000 };
    struct text text = { 0 };
    struct table t;
    setup();
    for (int i = 0; i < ROWS; i++)
        ck_assert_int_eq(text_printf(&text, "%d,%d.25,%d\n", i, i % 977, -i), 0);
    ck_assert_int_eq(read_bytes("t.csv", text.data, text.len, "0", &t, NULL), 0);
    ck_assert_uint_eq(t.rows, ROWS);
    for (int i = 0; i < ROWS; i++)
        ck_assert(t.x[3 * i] == (float)i && t.x[3 * i + 1] == (float)(i % 977) + .25F && t.x[3 * i + 2] == (float)-i);
    table_free(&t);
    text_free(&text);
    teardown();
}
END_TEST

START_TEST(bad_text_is_named)
{
    static const struct { const char *text, *target, *reason; } bad[] = {
        { "", "0", "no row" }, { "a,b\n", "0", "no row" }, { "1,2\n3\n", "0", ":2: 1 fields where line 1 has 2" },
        { "1,2\n3,4,5\n", "0", ":2: 3 fields where line 1 has 2" }, { "a,b\n1,2\n3,x\n", "0", ":3: column 1: 'x' is not a number" },
        { "1,x\n", "0", ":1: column 1: 'x' is not a number" }, { "1,2\n1,1e39\n", "0", ":2: column 1: '1e39' does not fit a float" },
        { "1,2\n0x10,2\n", "0", ":2: column 0: '0x10' is not a number" }, { "1\n2\n", "0", ":1: 1 columns" }, { "1,2\n", "2", "no column 2" },
        { "1,2\n", "y", "there is no header" }, { "a,b\n1,2\n", "y", "no column is called 'y'" },
    };
    setup();
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct table t;
        struct gnm_why why = { 0 };
        ck_assert_int_lt(read_csv(bad[i].text, bad[i].target, &t, &why), 0);
        ck_assert_msg(strstr(why.text, bad[i].reason) != NULL && strstr(why.text, "t.csv") != NULL, "case %zu: %s", i, why.text);
        ck_assert_ptr_null(t.x);
    }
    teardown();
}
END_TEST

/* A .npy file of version 1 with this dictionary and these numbers. */
static int read_npy(const char *dictionary, size_t numbers, struct table *t, struct gnm_why *why)
{
    unsigned char file[512] = "\x93NUMPY\x01";
    size_t len = strlen(dictionary);
    file[8] = (unsigned char)len;
    memcpy(file + 10, dictionary, len);
    for (size_t i = 0; i < numbers; i++)
        memcpy(file + 10 + len + 4 * i, &(float) { (float)i }, 4);
    return read_bytes("t.npy", file, 10 + len + 4 * numbers, "1", t, why);
}

START_TEST(npy_is_strict)
{
    static const struct { const char *dictionary; size_t numbers; const char *reason; } bad[] = {
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n", 6, "float32" }, { "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", 6, "C order" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n", 6, "two dimensions" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1), }\n", 6, "two dimensions" },
        { "{'descr': '<f4', 'fortran_order': False, }\n", 6, "lacks a key" }, { "{'descr': '<f4', 'descr': '<f4', }\n", 6, "repeated" }, { "", 6, "dictionary" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } x\n", 6, "after it" }, { "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 5, "need" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 7, "need" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3), }\n", 6, "two dimensions" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }\n", 0, "not 1 to" }, { "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)", 6, "broken" },
    };
    struct table t;
    setup();
    ck_assert_int_eq(read_npy("{'shape': (2, 3), 'descr': '<f4', 'fortran_order': False}     \n", 6, &t, NULL), 0);
    ck_assert(t.rows == 2 && t.columns == 3 && t.x[0] == 1 && t.x[1] == 0 && t.x[2] == 2 && t.x[3] == 4 && t.x[4] == 3 && t.x[5] == 5);
    table_free(&t);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct gnm_why why = { 0 };
        ck_assert_int_lt(read_npy(bad[i].dictionary, bad[i].numbers, &t, &why), 0);
        ck_assert_msg(strstr(why.text, bad[i].reason) != NULL, "case %zu: %s", i, why.text);
    }
    struct gnm_why why = { 0 };
    ck_assert_int_lt(read_bytes("t.npy", "\x93NUMPY\x09", 7, "0", &t, &why), 0);
    teardown();
}
END_TEST

int main(void)
{
    const struct base_test tests[] = { { text_of_every_shape, 0 }, { plain_numbers_are_exact, 0 }, { long_files_cross_every_buffer, 0 }, { bad_text_is_named, 0 }, { npy_is_strict, 0 } };
    return base_suite_run("bench table", tests, COUNT(tests));
}
