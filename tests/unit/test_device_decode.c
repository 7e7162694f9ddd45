/* Registers to values: the vendors' own examples, missing marks, types, and what physics refuses. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "device/decode.h"
#include "device/plausible.h"

static struct map *map_of(const char *text)
{
    struct map *map = NULL;
    struct gnm_why why = { 0 };
    ck_assert_msg(map_load("t.conf", text, strlen(text), &map, &why) == 0, "%s", why.text);
    return map;
}

static struct map *epever(void)
{
    char path[512], *data;
    size_t len;
    struct map *map;
    snprintf(path, sizeof path, "%s/config/controllers/epever.conf", getenv("GNOMON_ROOT") ? getenv("GNOMON_ROOT") : ".");
    ck_assert_int_eq(file_read(path, 65536, &data, &len, NULL), 0);
    ck_assert_int_eq(map_load(path, data, len, &map, NULL), 0);
    free(data);
    return map;
}

/* One block that starts at 0 with the given words, decoded. */
static struct gnm_reading decode(const char *sections, const uint16_t *words, size_t n)
{
    char text[2000];
    snprintf(text, sizeof text, "[map]\nname = T\n[block 0]\nfunction = 3\ncount = %zu\nzero_missing = no\n%s", n, sections);
    struct map *map = map_of(text);
    struct image image;
    ck_assert_int_eq(image_init(&image, map), 0);
    image_put(&image, 0, 0, words, n);
    struct gnm_reading r;
    decode_reading(&image, &r);
    image_free(&image);
    map_free(map);
    return r;
}

#define ONE(sections, field, expected, ...) do { \
        const uint16_t w_[] = { __VA_ARGS__ }; \
        struct gnm_reading r_ = decode(sections, w_, sizeof w_ / sizeof *w_); \
        double x_ = r_.value[field], want_ = (expected); \
        ck_assert_msg(isnan(want_) ? isnan(x_) : fabs(x_ - want_) < 1e-9, "%s: got %.9g", sections, x_); \
        ck_assert_uint_eq(r_.rejected, 0); \
    } while (0)

START_TEST(types_decode)
{
    ONE("[field battery_v]\nat=0\ntype=u16\nscale=0.1\n", GNM_BATTERY_V, 12.3, 0x007B);                       /* SRNE document */
    ONE("[field battery_a]\nat=0\ntype=s32le\nscale=0.01\n", GNM_BATTERY_A, -1.5, 0xFF6A, 0xFFFF);             /* EPEver 0x331B */
    ONE("[field battery_a]\nat=0\ntype=s32be\nscale=0.01\n", GNM_BATTERY_A, -1.5, 0xFFFF, 0xFF6A);
    ONE("[field pv_w]\nat=0\ntype=u32le\nscale=0.01\n", GNM_PV_W, 3000, 0x93E0, 0x0004);                       /* EPEver document */
    ONE("[field battery_a]\nat=0\ntype=s16\nscale=0.1\n", GNM_BATTERY_A, -1.5, 65521);                         /* Victron 841 */
    ONE("[field battery_c]\nat=0\ntype=sign7\nbyte=lo\n", GNM_BATTERY_C, -4, 0x1B84);                          /* SRNE 0x0103 */
    ONE("[field case_c]\nat=0\ntype=sign7\nbyte=hi\n", GNM_CASE_C, 27, 0x1B84);
    ONE("[field battery_c]\nat=0\ntype=s16\nbyte=lo\n", GNM_BATTERY_C, -2, 0x1BFE);
    ONE("[field soc_pct]\nat=0\ntype=u16\nbyte=lo\n", GNM_SOC_PCT, 87, 0xFF57);
    ONE("[field faults]\nat=0\ntype=bits\nwords=2\n", GNM_FAULTS, 0x21, 0x0000, 0x0021);                       /* SRNE 0x0121 */
    ONE("[field battery_c]\nat=0\ntype=s16\nscale=0.01\noffset=-40\n", GNM_BATTERY_C, -15.5, 2450);
    ONE("[field pv_w]\nat=0\ntype=f32be\n", GNM_PV_W, 123.5, 0x42F7, 0x0000);
    ONE("[field pv_w]\nat=0\ntype=f32le\n", GNM_PV_W, 123.5, 0x0000, 0x42F7);
    ONE("[field pv_w]\nat=0\ntype=f32be\n", GNM_PV_W, NAN, 0x7FC0, 0x0000);
}
END_TEST

START_TEST(half_floats_decode)
{
    static const struct { uint16_t raw; double value; } row[] = { { 0x3C00, 1 }, { 0xC000, -2 }, { 0x4A66, 12.796875 }, { 0x0001, 0x1p-24 },
        { 0x8400, -0x1p-14 }, { 0x7BFF, 65504 }, { 0x0000, 0 }, { 0x7C00, NAN }, { 0xFC00, NAN }, { 0x7E00, NAN } };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        ONE("[field pv_total_kwh]\nat=0\ntype=half\n", GNM_PV_TOTAL_KWH, row[i].value, row[i].raw);
}
END_TEST

/* TriStar: the scale is in the device. 180 V and 80 A are typical. */
START_TEST(scales_come_from_the_device)
{
    const char *t = "[word v_pu]\nat=0\ntype=u32be\nscale=1/65536\n[word i_pu]\nat=2\ntype=u32be\nscale=1/65536\n"
                    "[field battery_v]\nat=4\ntype=s16\nscale=@v_pu/32768\n[field charge_w]\nat=5\ntype=u16\nscale=@v_pu*@i_pu/131072\n";
    ONE(t, GNM_BATTERY_V, 2385 * 180.0 / 32768, 180, 0, 80, 0, 2385, 1000);
    ONE(t, GNM_CHARGE_W, 1000 * 180.0 * 80 / 131072, 180, 0, 80, 0, 2385, 1000);
    ONE("[word sf]\nat=0\ntype=s16\nmissing=0x8000\n[field pv_w]\nat=1\ntype=u16\nscale=10^@sf\n", GNM_PV_W, 12.34, 0xFFFE, 1234);
    ONE("[word sf]\nat=0\ntype=s16\nmissing=0x8000\n[field pv_w]\nat=1\ntype=u16\nscale=10^@sf\n", GNM_PV_W, NAN, 0x8000, 1234);
}
END_TEST

/* needs =, sign =, repeat = and several sources of one value. */
START_TEST(values_that_depend_on_others)
{
    const char *needs = "[field battery_v]\nat=0\ntype=u16\nscale=.1\nzero_missing=yes\n[field pv_w]\nat=1\ntype=u16\nneeds=battery_v\n";
    ONE(needs, GNM_PV_W, 70, 132, 70);
    ONE(needs, GNM_PV_W, 0, 132, 0);
    ONE(needs, GNM_PV_W, NAN, 0, 0);
    const char *sign = "[word state]\nat=0\ntype=u16\n[field battery_a]\nat=1\ntype=s16\nscale=.1\nsign=state 3:-,4:+\n";
    ONE(sign, GNM_BATTERY_A, -2.5, 3, 25);
    ONE(sign, GNM_BATTERY_A, -2.5, 3, 0xFFE7);
    ONE(sign, GNM_BATTERY_A, 2.5, 4, 0xFFE7);
    ONE(sign, GNM_BATTERY_A, NAN, 6, 25);
    const char *parts = "[field pv_v]\nat=0\nrepeat=3\ntype=u16\nmissing=0xFFFF\n[field pv_w]\nat=1\nrepeat=3\ntype=u16\nmissing=0xFFFF\n"
                        "[field faults]\nat=2\nrepeat=3\nparts=2\ntype=bits\n";
    ONE(parts, GNM_PV_V, 20, 19, 75, 1, 21, 38, 3, 0xFFFF, 0xFFFF, 0);
    ONE(parts, GNM_PV_W, 113, 19, 75, 1, 21, 38, 3, 0xFFFF, 0xFFFF, 0);
    ONE(parts, GNM_FAULTS, 3, 19, 75, 1, 21, 38, 3, 0xFFFF, 0xFFFF, 8);
    const char *sources = "[field battery_v.monitor]\nat=0\ntype=u16\nscale=.01\nzero_missing=yes\n[field battery_v.system]\nat=1\ntype=u16\nscale=.1\n";
    ONE(sources, GNM_BATTERY_V, 13.18, 1318, 132);
    ONE(sources, GNM_BATTERY_V, 13.2, 0, 132);
}
END_TEST

/* A source that did not answer this time is missing, not replaced by a lesser one for one sample. */
START_TEST(an_awaited_source_is_not_replaced)
{
    struct map *map = map_of("[map]\nname=T\n[block 0]\nfunction=3\ncount=1\n[block 9]\nfunction=3\ncount=2\n"
                             "[field soc_pct.monitor]\nat=0\ntype=u16\n[field soc_pct.system]\nat=9\ntype=u16\n");
    struct image image;
    struct gnm_reading r;
    const uint16_t better[] = { 87 }, lesser[] = { 40, 0 };
    ck_assert_int_eq(image_init(&image, map), 0);
    image_put(&image, 1, 9, lesser, 2);
    decode_reading(&image, &r);
    ck_assert_double_eq_tol(r.value[GNM_SOC_PCT], 40, 1e-9);      /* it has no monitor */
    image_put(&image, 0, 0, better, 1);
    decode_reading(&image, &r);
    ck_assert_double_eq_tol(r.value[GNM_SOC_PCT], 87, 1e-9);
    image_turn(&image);
    image_put(&image, 1, 9, lesser, 2);
    decode_reading(&image, &r);
    ck_assert(isnan(r.value[GNM_SOC_PCT]));
    image_forget(&image);
    image_expect(&image, 0, 1);
    image_put(&image, 1, 9, lesser, 2);
    decode_reading(&image, &r);
    ck_assert(isnan(r.value[GNM_SOC_PCT]));
    image_expect(&image, 0, 0);
    decode_reading(&image, &r);
    ck_assert_double_eq_tol(r.value[GNM_SOC_PCT], 40, 1e-9);
    image_free(&image);
    map_free(map);
}
END_TEST

START_TEST(missing_is_not_a_number)
{
    ONE("[field pv_v]\nat=0\ntype=u16\nmissing=0xFFFF,0x7FFF\n", GNM_PV_V, NAN, 0xFFFF);
    ONE("[field pv_v]\nat=0\ntype=u16\nmissing=0xFFFF,0x7FFF\n", GNM_PV_V, NAN, 0x7FFF);
    ONE("[field pv_v]\nat=0\ntype=u16\nmissing=0xFFFF\n", GNM_PV_V, 0, 0);
    ONE("[field battery_v]\nat=0\ntype=u16\nzero_missing=yes\n", GNM_BATTERY_V, NAN, 0);
    ONE("[field battery_a]\nat=0\ntype=s32be\nmissing=0x80000000\n", GNM_BATTERY_A, NAN, 0x8000, 0);
}
END_TEST

START_TEST(ranges_reject_single_fields)
{
    const uint16_t words[] = { 9000, 1200 };
    struct gnm_reading r = decode("[field pv_v]\nat=0\ntype=u16\nscale=.01\nrange=0..50\n[field battery_v]\nat=1\ntype=u16\nscale=0.01\nrange=7..34\n", words, 2);
    ck_assert(isnan(r.value[GNM_PV_V]));
    ck_assert_double_eq_tol(r.value[GNM_BATTERY_V], 12, 1e-9);
    ck_assert_uint_eq(r.rejected, 1);
}
END_TEST

START_TEST(text_is_trimmed_and_printable)
{
    struct map *map = map_of("[map]\nname=T\n[block 0]\nfunction=3\ncount=4\n[word model]\nat=0\ntype=text\nwords=4\n[word serial]\nat=0\ntype=text\nwords=2\nswap=yes\n");
    const uint16_t words[] = { 0x2041, 0x4207, 0x2020, 0x2000 };
    struct image image;
    char text[8];
    ck_assert_int_eq(image_init(&image, map), 0);
    decode_text(&image, "model", text, sizeof text);
    ck_assert_str_eq(text, "");
    image_put(&image, 0, 0, words, 4);
    decode_text(&image, "model", text, sizeof text);
    ck_assert_str_eq(text, "AB");
    decode_text(&image, "serial", text, sizeof text);
    ck_assert_str_eq(text, "A B");
    image_free(&image);
    map_free(map);
}
END_TEST

/* ---- EPEver as a whole ---- */

static void put(struct image *image, int at, const uint16_t *words, size_t n)
{
    for (size_t i = 0; i < image->map->n_blocks; i++)
        if (image->map->block[i].at == at && image->map->block[i].count == (int)n) {
            image_put(image, i, at, words, n);
            return;
        }
    ck_abort_msg("no block 0x%04X x %zu", (unsigned)at, n);
}

static const uint16_t live[18] = { 3520, 310, 10912, 0, 1412, 750, 10590, 0, 0, 0, 0, 0, 1412, 85, 1200, 0, 0xFF38, 3150 };

START_TEST(epever_decodes)
{
    struct map *map = epever();
    struct image image;
    ck_assert_int_eq(image_init(&image, map), 0);
    put(&image, 0x3100, live, 18);
    put(&image, 0x3200, (uint16_t[]){ 0x0102, 0x8009, 0x0001 }, 3);
    put(&image, 0x311A, (uint16_t[]){ 83 }, 1);
    put(&image, 0x331B, (uint16_t[]){ 0xFF6A, 0xFFFF }, 2);
    struct gnm_reading r;
    decode_reading(&image, &r);
    static const struct { enum gnm_field field; double value; } row[] = { { GNM_PV_V, 35.2 }, { GNM_PV_A, 3.1 }, { GNM_PV_W, 109.12 }, { GNM_BATTERY_V, 14.12 },
        { GNM_CHARGE_A, 7.5 }, { GNM_CHARGE_W, 105.9 }, { GNM_LOAD_A, .85 }, { GNM_LOAD_W, 12 }, { GNM_BATTERY_C, -2 }, { GNM_CASE_C, 31.5 }, { GNM_SOC_PCT, 83 },
        { GNM_BATTERY_A, -1.5 }, { GNM_STAGE, GNM_STAGE_ABSORPTION }, { GNM_FAULTS, 0x102 + 0x8000 * 65536.0 }, { GNM_PV_TOTAL_KWH, NAN } };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        ck_assert_msg(isnan(row[i].value) ? isnan(r.value[row[i].field]) : fabs(r.value[row[i].field] - row[i].value) < 1e-9, "%s = %.9g",
                      gnm_field_names[row[i].field], r.value[row[i].field]);
    ck_assert_uint_eq(r.rejected, 0);
    image_turn(&image);
    decode_reading(&image, &r);
    for (int i = 0; i < GNM_FIELDS; i++)
        ck_assert_msg(isnan(r.value[i]), "%s is from an older sample", gnm_field_names[i]);
    image_free(&image);
    map_free(map);
}
END_TEST

/* Boost at 13.2 V is bulk: with little sun its small current must not pass for a full battery. */
START_TEST(epever_low_boost_is_bulk_and_25_is_no_probe)
{
    struct map *map = epever();
    struct image image;
    ck_assert_int_eq(image_init(&image, map), 0);
    uint16_t low[18];
    memcpy(low, live, sizeof low);
    low[4] = 1320;
    low[16] = 2500;
    put(&image, 0x3100, low, 18);
    put(&image, 0x3200, (uint16_t[]){ 0, 9, 1 }, 3);
    struct gnm_reading r;
    decode_reading(&image, &r);
    ck_assert_double_eq(r.value[GNM_STAGE], GNM_STAGE_BULK);
    ck_assert(isnan(r.value[GNM_BATTERY_C]));
    image_free(&image);
    map_free(map);
}
END_TEST

START_TEST(all_zero_block_is_not_there)
{
    struct map *map = epever();
    struct image image;
    ck_assert_int_eq(image_init(&image, map), 0);
    put(&image, 0x3100, (uint16_t[18]){ 0 }, 18);
    put(&image, 0x331B, (uint16_t[2]){ 0 }, 2);
    struct gnm_reading r;
    decode_reading(&image, &r);
    ck_assert(isnan(r.value[GNM_PV_V]) && isnan(r.value[GNM_BATTERY_V]));
    ck_assert_double_eq(r.value[GNM_BATTERY_A], 0);        /* no current at all is a value */
    ck_assert_uint_eq(r.rejected, 0);
    image_free(&image);
    map_free(map);
}
END_TEST

/* ---- plausibility ---- */

static struct gnm_reading plain(int64_t mono_ms, double battery_v)
{
    struct gnm_reading r = { .mono_ms = mono_ms };
    for (int i = 0; i < GNM_FIELDS; i++)
        r.value[i] = NAN;
    r.value[GNM_BATTERY_V] = battery_v;
    return r;
}

START_TEST(limits_refuse_what_cannot_be)
{
    static const struct { enum gnm_field field; double value; int ok; } row[] = { { GNM_BATTERY_V, 7.9, 0 }, { GNM_BATTERY_V, 17.1, 0 }, { GNM_BATTERY_V, 8, 1 },
        { GNM_SOC_PCT, 606, 0 }, { GNM_SOC_PCT, 100, 1 }, { GNM_SOC_PCT, -1, 0 }, { GNM_SOC_PCT, 0, 0 }, { GNM_BATTERY_C, 200, 0 }, { GNM_BATTERY_C, -41, 0 }, { GNM_BATTERY_C, -40, 1 },
        { GNM_BATTERY_A, -151, 0 }, { GNM_PV_V, 161, 0 }, { GNM_STAGE, 9, 0 }, { GNM_PV_TOTAL_KWH, -1, 0 }, { GNM_LOAD_W, INFINITY, 0 } };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct plausible p = { 0 };
        struct gnm_reading r = plain(1000, 12.5);
        r.value[row[i].field] = row[i].value;
        plausible_apply(&p, &r);
        ck_assert_msg(isnan(r.value[row[i].field]) != row[i].ok, "%s %g", gnm_field_names[row[i].field], row[i].value);
        ck_assert_uint_eq(r.rejected, row[i].ok ? 0 : 1);
        ck_assert(row[i].field == GNM_BATTERY_V || r.value[GNM_BATTERY_V] == 12.5);
    }
}
END_TEST

START_TEST(power_must_fit_volts_and_amps)
{
    static const struct { double v, a, w; int ok; } row[] = { { 35, 3, 105, 1 }, { 35, 3, 84, 1 }, { 35, 3, 300, 0 }, { 35, 3, 10, 0 }, { 0.5, 0, 9, 1 }, { 0.5, 0, 11, 0 },
        { 35, NAN, 500, 1 } };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct plausible p = { 0 };
        struct gnm_reading r = plain(1000, 12.5);
        r.value[GNM_PV_V] = row[i].v;
        r.value[GNM_PV_A] = row[i].a;
        r.value[GNM_PV_W] = row[i].w;
        plausible_apply(&p, &r);
        ck_assert_msg(isnan(r.value[GNM_PV_W]) != row[i].ok, "row %zu", i);
        ck_assert_double_eq(r.value[GNM_PV_V], row[i].v);
    }
}
END_TEST

START_TEST(voltage_step_needs_a_second_sample)
{
    struct plausible p = { 0 };
    static const struct { double v; int ok; } row[] = { { 12.5, 1 }, { 15.9, 0 }, { 12.6, 1 }, { 16.2, 0 }, { 16.1, 1 }, { 13.5, 1 }, { 9.9, 0 }, { 13.4, 1 }, { 9.9, 0 } };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct gnm_reading r = plain(1000 + 30000 * (int64_t)i, row[i].v);
        plausible_apply(&p, &r);
        ck_assert_msg(isnan(r.value[GNM_BATTERY_V]) != row[i].ok, "row %zu", i);
    }
    struct gnm_reading later = plain(2000000, 9.8);
    plausible_apply(&p, &later);
    ck_assert_double_eq(later.value[GNM_BATTERY_V], 9.8);
}
END_TEST

START_TEST(agreement_is_about_the_battery)
{
    struct gnm_reading a = plain(0, 12.5), b = plain(0, 13.2);
    a.value[GNM_PV_W] = 0;
    b.value[GNM_PV_W] = 400;
    ck_assert(plausible_agree(&a, &b));
    b.value[GNM_BATTERY_V] = 13.6;
    ck_assert(!plausible_agree(&a, &b));
    b.value[GNM_BATTERY_V] = NAN;
    ck_assert(plausible_agree(&a, &b));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/decode");
    TCase *t = tcase_create("decode");
    tcase_set_timeout(t, 10);
    tcase_add_test(t, types_decode);
    tcase_add_test(t, half_floats_decode);
    tcase_add_test(t, scales_come_from_the_device);
    tcase_add_test(t, values_that_depend_on_others);
    tcase_add_test(t, an_awaited_source_is_not_replaced);
    tcase_add_test(t, missing_is_not_a_number);
    tcase_add_test(t, ranges_reject_single_fields);
    tcase_add_test(t, text_is_trimmed_and_printable);
    tcase_add_test(t, epever_decodes);
    tcase_add_test(t, epever_low_boost_is_bulk_and_25_is_no_probe);
    tcase_add_test(t, all_zero_block_is_not_there);
    tcase_add_test(t, limits_refuse_what_cannot_be);
    tcase_add_test(t, power_must_fit_volts_and_amps);
    tcase_add_test(t, voltage_step_needs_a_second_sample);
    tcase_add_test(t, agreement_is_about_the_battery);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
