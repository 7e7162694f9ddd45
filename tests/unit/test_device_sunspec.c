/* Walking a SunSpec chain: where the marker may be, what a device may say, and that nothing it says makes the walk endless. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device/sunspec.h"

static const char map_text[] = "[map]\nname = T\nkind = sunspec\n[model 1]\ncount = 66\n[model 160]\ncount = 50\nindex = 2\n[model 802]\ncount = 64\n"
    "[word model]\nmodel = 1\nat = 18\ntype = text\nwords = 16\n[field pv_w]\nmodel = 160\nat = 21\ntype = u16\n[field soc_pct]\nmodel = 802\nat = 11\ntype = u16\n";

static struct map *load(void)
{
    struct map *map = NULL;
    struct gnm_why why = { 0 };
    ck_assert_msg(map_load("t.conf", map_text, strlen(map_text), &map, &why) == 0, "%s", why.text);
    return map;
}

struct device { uint16_t word[65536]; int from, end; };      /* what lies outside is refused */

/* Walks to the end; the answer, and how many reads it took. */
static int walk(const struct map *map, struct device *d, struct sunspec *s, int *reads, struct gnm_why *why)
{
    int rc = 0;
    *reads = 0;
    sunspec_start(s);
    while (rc == 0) {
        int at = sunspec_at(s);
        ck_assert_int_lt(++*reads, SUNSPEC_MODELS + 10);
        rc = at < d->from || at + sunspec_count(s) > d->end ? sunspec_refused(s, map, why) : sunspec_take(s, map, d->word + at, why);
    }
    return rc;
}

static int put(struct device *d, int at, int model, int length)
{
    d->word[at] = (uint16_t)model;
    d->word[at + 1] = (uint16_t)length;
    return at + 2 + length;
}

static int mark(struct device *d, int base)
{
    d->word[base] = 0x5375;
    d->word[base + 1] = 0x6E53;
    return base + 2;
}

START_TEST(finds_models_at_every_base)
{
    static const int bases[] = { 40000, 50000, 0 };
    struct map *map = load();
    for (size_t i = 0; i < 3; i++) {
        struct device *d = calloc(1, sizeof *d);
        struct sunspec s = { 0 };
        int reads, at = put(d, mark(d, bases[i]), 1, 65), first = at, second;
        second = put(d, first, 160, 48);
        put(d, put(d, second, 160, 28), 0xFFFF, 0);
        d->from = bases[i];
        d->end = bases[i] + 2000;
        ck_assert_int_eq(walk(map, d, &s, &reads, NULL), 1);
        ck_assert_int_eq(s.found[0].at, bases[i] + 2);
        ck_assert_int_eq(s.found[0].length, 65);
        ck_assert_int_eq(s.found[1].at, second);              /* index = 2 */
        ck_assert_int_eq(s.found[1].length, 28);
        ck_assert_int_eq(s.found[2].at, -1);
        free(d);
    }
    map_free(map);
}
END_TEST

START_TEST(says_what_is_missing)
{
    struct map *map = load();
    struct device *d = calloc(1, sizeof *d);
    struct sunspec s = { 0 };
    struct gnm_why why = { 0 };
    int reads;
    d->end = 65536;
    ck_assert_int_eq(walk(map, d, &s, &reads, &why), -ENODEV);
    ck_assert_str_eq(why.text, "no SunSpec marker at 40000, 50000 or 0");
    put(d, put(d, put(d, mark(d, 40000), 1, 66), 103, 50), 0xFFFF, 0);
    ck_assert_int_eq(walk(map, d, &s, &reads, &why), -ENODEV);
    ck_assert_str_eq(why.text, "the SunSpec device has none of the models of this map; it has 1 103");
    free(d);
    map_free(map);
}
END_TEST

START_TEST(hostile_chains_end)
{
    struct map *map = load();
    struct device *d = calloc(1, sizeof *d);
    struct sunspec s = { 0 };
    int reads;
    d->end = 65536;
    for (int at = mark(d, 40000); at < 65500; at += 2)        /* empty models for ever */
        put(d, at, 802, 0);
    ck_assert_int_eq(walk(map, d, &s, &reads, NULL), 1);
    ck_assert_int_le(reads, SUNSPEC_MODELS + 4);
    ck_assert_int_eq(s.found[2].at, 40002);                   /* the first counts */
    put(d, mark(d, 40000), 802, 65535);                       /* past the end of the address space */
    ck_assert_int_eq(walk(map, d, &s, &reads, NULL), 1);
    ck_assert_int_eq(reads, 2);
    put(d, put(d, mark(d, 40000), 802, 62), 160, 100);
    d->end = 40100;                                           /* the chain is cut by a refusal: what was found is good */
    ck_assert_int_eq(walk(map, d, &s, &reads, NULL), 1);
    ck_assert_int_eq(s.found[2].length, 62);
    free(d);
    map_free(map);
}
END_TEST

START_TEST(silence_moves_on)
{
    struct sunspec s = { 0 };
    sunspec_start(&s);
    ck_assert_uint_eq(sunspec_at(&s), 40000);
    sunspec_silent(&s);
    ck_assert_uint_eq(sunspec_at(&s), 50000);
    sunspec_silent(&s);
    ck_assert_uint_eq(sunspec_at(&s), 0);
    sunspec_silent(&s);
    ck_assert_uint_eq(sunspec_at(&s), 40000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/sunspec");
    TCase *t = tcase_create("sunspec");
    tcase_set_timeout(t, 10);
    tcase_add_test(t, finds_models_at_every_base);
    tcase_add_test(t, says_what_is_missing);
    tcase_add_test(t, hostile_chains_end);
    tcase_add_test(t, silence_moves_on);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
