/* Register maps: the notation, and what is refused. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "device/map_data.h"

#define HEAD "[map]\nname = T\n"
#define BLOCK "[block 0x10]\nfunction = 4\ncount = 8\n"

static int load(const char *text, struct map **ret, struct gnm_why *why)
{
    return map_load("t.conf", text, strlen(text), ret, why);
}

static void refused(const char *text, const char *expected)
{
    struct map *map = NULL;
    struct gnm_why why = { 0 };
    int rc = load(text, &map, &why);
    ck_assert_msg(rc < 0 && map == NULL, "accepted: %s", text);
    ck_assert_msg(strstr(why.text, expected) != NULL, "\"%s\" does not say \"%s\"", why.text, expected);
}

static struct map *accepted(const char *text)
{
    struct map *map = NULL;
    struct gnm_why why = { 0 };
    ck_assert_msg(load(text, &map, &why) == 0, "%s", why.text);
    return map;
}

START_TEST(shipped_maps_load)
{
    static const char *const names[] = { "epever", "renogy", "tristar-mppt", "prostar-mppt", "sunsaver-mppt", "victron-gx", "sunspec", "outback" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512], *data;
        size_t len;
        struct gnm_why why = { 0 };
        struct map *map;
        snprintf(path, sizeof path, "%s/config/controllers/%s.conf", getenv("GNOMON_ROOT") ? getenv("GNOMON_ROOT") : ".", names[i]);
        ck_assert_msg(file_read(path, 65536, &data, &len, &why) == 0, "%s", why.text);
        ck_assert_msg(map_load(path, data, len, &map, &why) == 0, "%s", why.text);
        ck_assert_uint_gt(strlen(map_name(map)), 0);
        map_free(map);
        free(data);
    }
}
END_TEST

START_TEST(every_key_is_understood)
{
    struct map *map = accepted("[map]\nname = All\nkind = registers\norder = le\ngap = 35\nserial = 9600 8N2\nresponse_ms = 700\nbyte_ms = 300\nslow_s = 60\n"
        "[block 0x10]\nfunction = 3\ncount = 20\nunit = 100\nslow = yes\noptional = yes\nzero_missing = no\n"
        "[word v_pu]\nat = 0x10\ntype = u32be\nscale = 1/65536\n[word model]\nat = 0x1A\ntype = text\nwords = 4\nswap = yes\n"
        "[field battery_v]\nat = 0x12\ntype = s16\nscale = @v_pu/32768\noffset = -0.5\nrange = 8..17\nmissing = 0xFFFF,32768\nzero_missing = yes\n"
        "[field battery_c]\nat = 0x13\ntype = sign7\nbyte = lo\n[field case_c]\nat = 0x13\ntype = sign7\nbyte = hi\n"
        "[field stage]\nat = 0x14\ntype = enum\nbits = 3-2\nenum = 0:off, 2:absorption\nbulk_below = 14.1\n"
        "[field faults]\nat = 0x15\ntype = bits\nwords = 2\nmask = 0xFFFF\n[field pv_w]\nat = 0x17\ntype = u32\n");
    const struct map_block *b = &map->block[0];
    ck_assert_int_eq(b->at, 0x10);
    ck_assert_int_eq(b->function, 3);
    ck_assert_int_eq(b->unit, 100);
    ck_assert(b->slow && b->optional && !b->zero_missing);
    ck_assert_int_eq(map->gap_ms, 35);
    ck_assert_int_eq(map->response_ms, 700);
    ck_assert_str_eq(map->serial, "9600 8N2");
    const struct map_field *f = &map->field[2];
    ck_assert_int_eq(f->slot, GNM_BATTERY_V);
    ck_assert_uint_eq(f->n_missing, 2);
    ck_assert_uint_eq(f->missing[1], 0x8000);
    ck_assert_int_eq(f->scale.by[0].field, 0);
    ck_assert_double_eq(f->scale.number, 1.0 / 32768);
    ck_assert_int_eq(map->field[7].order, MAP_LOW_FIRST);
    map_free(map);
}
END_TEST

START_TEST(errors_name_file_line_key_and_range)
{
    refused(HEAD "[block 0x10]\nfunction = 6\n", "t.conf:4: function = 6: expected 1..4");
    refused(HEAD "[block 0x10]\nfunction = 4\ncount = 126\n", "t.conf:5: count = 126: expected a whole number 1..125");
    refused(HEAD BLOCK "[field batery_v]\nat = 0x10\n", "t.conf:6: no field is called batery_v, did you mean battery_v");
    refused(HEAD BLOCK "[field pv_v]\nrnage = 1..2\n", "t.conf:7: [field pv_v] knows no key rnage, did you mean range");
    refused(HEAD BLOCK "[field pv_v]\nat = 0x17\ntype = u32be\n", "t.conf:6: at = 0x0017: the 2 registers of pv_v lie in no block");
    refused(HEAD BLOCK "[field stage]\nat = 0x10\ntype = enum\nenum = 0:flot\n", "did you mean float");
    refused(HEAD "[block 0x10]\ncount = 3\n", "t.conf:3: block 0x0010 needs function");
    refused(HEAD "[block 0xFFFF]\nfunction = 4\ncount = 2\n", "would pass address 0xFFFF");
    refused(HEAD "[blok 0x10]\n", "t.conf:3: [blok 0x10] is not one of");
    refused(BLOCK "[field pv_v]\nat = 0x10\ntype = u16\n", "t.conf: [map] needs a name");
    refused(HEAD "kind = sunspec\n[block 3]\nfunction = 3\ncount = 4\n", "t.conf:4: kind = sunspec, and only it, has [model ID]");
    refused(HEAD, "t.conf: no [block ADDRESS]");
    refused("", "t.conf");
}
END_TEST

START_TEST(values_are_checked)
{
    static const char *const wrong[] = { "range = 5", "range = 9..1", "scale = 0", "scale = @", "scale = 2*", "scale = 1/@x", "scale = @nobody", "missing = 1,2,3,4,5",
        "missing = -1", "bits = 3-4", "bits = 40", "byte = mid", "at = 0x1FFFF", "type = u8", "offset = x", "shift = 3", "words = 2", "enum = 0:off" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[400];
        snprintf(text, sizeof text, HEAD BLOCK "[field pv_v]\nat = 0x10\ntype = u16\n%s\n", wrong[i]);
        refused(text, "t.conf:");
    }
}
END_TEST

/* What people get wrong in a map: the file, the line and the reason. Lines count from 1: HEAD is 1-2, BLOCK 3-5, the section begins at 6. */
START_TEST(bad_maps_are_refused_with_file_and_line)
{
#define SUN "[map]\nname = T\nkind = sunspec\n[model 802]\ncount = 64\n"
    static const struct { const char *text, *expected; } row[] = {
        { HEAD BLOCK "[field pv_v]\nat = 0x10\ntype = u24\n", "t.conf:8: type = u24: expected u16 s16" },
        { HEAD BLOCK "[field pv_v]\nat = 0x10\n", "t.conf:6: pv_v needs at = ADDRESS and type" },
        { HEAD BLOCK "[field pv_v]\nat = 0x10\ntype = u16\nrange = 200..100\n", "t.conf:9: range = 200..100: expected LOW..HIGH" },
        { HEAD BLOCK "[field battery_v]\nat = 0x10\ntype = u16\nrange = 24..60\n", "t.conf:6: range = 24..60: battery_v can only be 8..17" },
        { HEAD BLOCK "[field soc_pct]\nat = 0x10\ntype = u16\nrange = -20..-1\n", "t.conf:6: range = -20..-1: soc_pct can only be 0..100" },
        { HEAD BLOCK "[field battery_c]\nat = 0x10\ntype = s16\nrange = 100..200\n", "t.conf:6: range = 100..200: battery_c can only be -40..90" },
        { HEAD BLOCK "[field pv_v]\nat = 0x10\nrepeat = 2\ntype = u16\n[field pv_a]\nat = 0x12\ntype = u16\n", "t.conf:10: at = 0x0012: pv_a overlaps pv_v of line 6" },
        { HEAD BLOCK "[field pv_v]\nat = 0x10\nrepeat = 2\ntype = u32\n[field pv_a]\nat = 0x11\nrepeat = 2\ntype = u16\n", "overlaps pv_v of line 6" },
        { HEAD BLOCK "[field pv_v]\nat = 0x10\nrepeat = 1\ntype = u32\n", "t.conf:6: repeat = 1, parts = 0" },
        { HEAD BLOCK "[field pv_v]\nat = 0x10\nrepeat = 2\nparts = 9\ntype = u16\n", "the block holds pv_v 4 times" },
        { HEAD BLOCK "[field pv_v]\nat = 0x10\ntype = u16\nneeds = nobody\n", "t.conf:6: needs = nobody: no [word nobody]" },
        { HEAD BLOCK "[field pv_v]\nat = 0x10\ntype = u16\nsign = state 3:*\n", "t.conf:9: sign = state 3:*" },
        { HEAD BLOCK "[field pv_v]\nat = 0x10\ntype = u16\nsign = state 3:-\n", "t.conf:6: sign = state: no [word state]" },
        { HEAD BLOCK "[field pv_v.east]\nat = 0x10\ntype = u16\n[field pv_v.east]\nat = 0x11\ntype = u16\n", "t.conf:9: pv_v.east is already described at line 6" },
        { HEAD "units = 1,300\n", "t.conf:3: units = 1,300" },
        { HEAD "units = 9-3\n", "t.conf:3: units = 9-3" },
        { HEAD "[block 0x10]\nunit = 20-400\n", "t.conf:4: unit = 20-400" },
        { HEAD "[model 160]\ncount = 90\n", "t.conf:3: kind = sunspec, and only it" },
        { SUN "[field soc_pct]\nmodel = 802\nat = 64\ntype = u16\n", "t.conf:6: at = 64: soc_pct lies in no [model 802]" },
        { SUN "[field soc_pct]\nat = 11\ntype = u16\n", "t.conf:6: at = 11: soc_pct lies in no [model -1]" },
        { SUN "[model 802]\ncount = 20\n", "t.conf:6: model 802 is already described at line 4" },
        { SUN "[model 803]\ncount = 2\n", "t.conf:6: model 803 needs count = 3..125" },
        { SUN "[model 803]\ncount = 20\nindex = 0\n", "t.conf:8: index = 0" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        refused(row[i].text, row[i].expected);
    struct map *map = accepted(HEAD "equal_counts = yes\nunits = 1,255,20-22\n[block 1]\nfunction = 3\ncount = 2\nunit = 223,1-3\n"
                               "[block 9]\nfunction = 3\ncount = 2\nunit = 223,1-3\n[block 30]\nfunction = 3\ncount = 2\nunit = 7\n"
                               "[field pv_v]\nat = 1\ntype = u16\n[field pv_a]\nat = 9\ntype = u16\n[field pv_w]\nat = 30\ntype = u16\n");
    ck_assert_uint_eq(map->probe.n, 5);
    ck_assert_uint_eq(map->n_lists, 1);
    ck_assert_uint_eq(map->list[0].n, 4);
    ck_assert_int_eq(map->block[1].list, 0);
    ck_assert(map->block[2].list == -1 && map->block[2].unit == 7);
    map_free(map);
}
END_TEST

START_TEST(overlaps_are_refused)
{
    refused(HEAD BLOCK "[field pv_v]\nat = 0x10\ntype = u32\n[field pv_a]\nat = 0x11\ntype = u16\n", "at = 0x0011: pv_a overlaps pv_v of line 6");
    refused(HEAD BLOCK "[field pv_v]\nat = 0x10\ntype = u16\n[field pv_v]\nat = 0x11\ntype = u16\n", "already described at line 6");
    refused(HEAD BLOCK "[block 0x14]\nfunction = 4\ncount = 9\n[field pv_v]\nat = 0x10\ntype = u16\n", "overlaps block 0x0010");
    refused(HEAD BLOCK "[block 0x40]\nfunction = 4\ncount = 7\n[field pv_v]\nat = 0x10\ntype = u16\n", "block 0x0040 holds no field");
    map_free(accepted(HEAD BLOCK "[field stage]\nat = 0x10\ntype = enum\nbits=3-2\nenum=0:off\n[field faults]\nat = 0x10\ntype = bits\n"));
}
END_TEST

/* Two questions of the same function with answers of equal length cannot be told apart on a serial line. */
START_TEST(equal_answer_lengths_are_refused)
{
#define PAIR(f, extra) HEAD extra BLOCK "[block 0x40]\nfunction = " f "\ncount = 8\n[field pv_v]\nat = 0x10\ntype = u16\n[field pv_a]\nat = 0x40\ntype = u16\n"
    refused(PAIR("4", ""), "t.conf:6: count = 8: block 0x0040 has the answer length of block 0x0010 (line 3)");
    map_free(accepted(PAIR("3", "")));
    map_free(accepted(PAIR("4", "equal_counts = yes\n")));
}
END_TEST

START_TEST(too_much_is_refused)
{
    char *text = malloc(100000), *end = text + sprintf(text, HEAD BLOCK);
    for (int i = 0; i < 60; i++)
        end += sprintf(end, "[word w%d]\nat = 0x10\ntype = u16\n", i);
    refused(text, "more than 48 fields");
    end = text + sprintf(text, HEAD);
    for (int i = 0; i < 20; i++)
        end += sprintf(end, "[block %d]\nfunction = 4\ncount = %d\n", 200 * i, i + 1);
    refused(text, "more than 16 blocks");
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/map");
    TCase *t = tcase_create("map");
    tcase_set_timeout(t, 10);
    tcase_add_test(t, shipped_maps_load);
    tcase_add_test(t, every_key_is_understood);
    tcase_add_test(t, errors_name_file_line_key_and_range);
    tcase_add_test(t, values_are_checked);
    tcase_add_test(t, bad_maps_are_refused_with_file_and_line);
    tcase_add_test(t, overlaps_are_refused);
    tcase_add_test(t, equal_answer_lengths_are_refused);
    tcase_add_test(t, too_much_is_refused);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
