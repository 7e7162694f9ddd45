/* Every allocation of the parsers fails in turn: a clean -ENOMEM, nothing leaked, nothing half-made given out. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/zone.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/ini.h"
#include "base/json.h"
#include "base/text.h"
#include "wrap_alloc.h"

static int collect(void *ctx, const char *section, const char *key, const char *value, int line, struct gnm_why *why)
{
    (void)line;
    if (key != NULL && text_printf(ctx, "%s.%s=%s\n", section, key, value) < 0)
        return gnm_fail(why, -ENOMEM, "out of memory");
    return 0;
}

static int read_ini(void)
{
    static const char data[] = "[feed a]\nurl = https://host.example/with/a/long/path?first=1&\n  second=2&\n  third=3\npoll = 3h\n[feed b]\nurl = x\n";
    struct text got = { 0 };
    struct gnm_why why = { 0 };
    int r = ini_read("f", data, sizeof data - 1, collect, &got, &why);
    FAULT_ASSERT(r == 0 ? strstr(got.data, "feed b.url=x") != NULL : why.code == r && strstr(why.text, "memory") != NULL);
    text_free(&got);
    return r;
}

static int count(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    (void)field, (void)line, (void)why;
    *(size_t *)ctx += n;
    return 0;
}

static int read_csv(void)
{
    char data[4096];
    size_t fields = 0;
    struct gnm_why why = { 0 };
    memset(data, 'x', sizeof data);
    for (size_t i = 100; i < sizeof data; i += 100)
        data[i] = i % 500 == 0 ? '\n' : ',';
    int r = csv_read(data, sizeof data, ',', count, &fields, &why);
    FAULT_ASSERT(r == 0 ? fields == 41 : why.code == r);
    return r;
}

static int read_json(void)
{
    static const char data[] = "{\"a\":[1,2,{\"b\":\"text\"},null,true],\"c\":{\"d\":\"e\\u00e9\"},\"f\":[[],[[]]]}";
    struct gnm_why why = { 0 };
    struct json *doc = json_parse(data, sizeof data - 1, 0, &why);
    if (doc == NULL)
        return why.code;
    FAULT_ASSERT(strcmp(json_string(json_pointer(doc, "/a/2/b")), "text") == 0);
    json_free(doc);
    return 0;
}

static char *tzif;
static size_t tzif_len;

static int read_zone(void)
{
    struct gnm_why why = { 0 };
    struct zone *zone = zone_new(tzif, tzif_len, &why);
    if (zone == NULL)
        return why.code;
    FAULT_ASSERT(zone_offset_s(zone, INT64_C(1782000000)) == 7200);
    zone_free(zone);
    return 0;
}

/* Appending in pieces: after a failure the buffer is what it was before. */
static int write_text(void)
{
    struct text t = { 0 };
    int r = 0;
    for (int i = 0; i < 40 && r == 0; i++) {
        size_t len = t.len;
        r = i % 2 == 0 ? text_json_string(&t, "a \"quoted\" text\n") : text_printf(&t, ",%d,", i);
        FAULT_ASSERT(r == 0 ? t.len > len : t.len == len && (t.data == NULL || t.data[len] == '\0'));
    }
    text_free(&t);
    return r;
}

static int read_self(void)
{
    char *data;
    size_t len;
    struct gnm_why why = { 0 };
    int r = file_read("/proc/self/maps", 1 << 20, &data, &len, &why);
    if (r == 0)
        free(data);
    return r;
}

static const struct { const char *name; int (*exercise)(void); long least; } sweeps[] = {
    { "ini", read_ini, 2 }, { "csv", read_csv, 2 }, { "json", read_json, 1 }, { "zone", read_zone, 6 }, { "text", write_text, 4 }, { "file", read_self, 2 },
};

START_TEST(every_allocation_in_turn)
{
    char path[512];
    const char *root = getenv("GNOMON_ROOT");
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/tzif/brussels", root == NULL ? "." : root);
    struct gnm_why why = { 0 };
    ck_assert_msg(file_read(path, 1 << 20, &tzif, &tzif_len, &why) == 0, "%s", why.text);
    long points = fault_sweep(sweeps[_i].name, sweeps[_i].exercise);
    ck_assert_msg(points >= sweeps[_i].least, "%s: only %ld allocations were seen: is the test linked with --wrap?", sweeps[_i].name, points);
    free(tzif);
}
END_TEST

int main(int argc, char **argv)
{
    (void)argc;
    fault_prepare(argv);
    Suite *suite = suite_create("allocation faults, base");
    TCase *tc = tcase_create("sweep");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, every_allocation_in_turn, 0, sizeof sweeps / sizeof sweeps[0]);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
