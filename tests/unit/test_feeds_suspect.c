/* A provider that changes a unit without a word is found out; weather, news and crises are not mistaken for one. */
#include "feeds_support.h"

#include <math.h>

enum { DAYS = 40, TODAY = 20700 };

static const char conf[] = "[feed x]\nurl = https://x.example/\nrows = /*\ndate = /d\nkind = forecast\n[series v]\nvalue = /v\n[series n]\nvalue = 1\nagg = count\n";

/* Weather of sorts, the same for the same day and seed. */
static double noise(int day, int seed)
{
    uint64_t x = (uint64_t)day * 2654435761u + (uint64_t)seed * 40503u + 12345;
    x ^= x >> 13;
    x *= UINT64_C(0x9E3779B97F4A7C15);
    return (double)(x >> 40) / (double)(1 << 24) - 0.5;
}

static double temperature(int day, int seed)
{
    return 12 + 6 * sin(day / 58.0) + 7 * noise(day, 1) + 2 * noise(day, seed);
}

static double rain(int day, int seed)
{
    double x = noise(day, 2) + 0.3 * noise(day, seed);
    return x > 0.1 ? 20 * (x - 0.1) : 0;
}

static double share(int day, int seed)
{
    (void)seed;
    return 0.0002 * exp(noise(day, 3));
}

static struct gnm_signal value(const char *series, int day, double x)
{
    struct gnm_signal s = { .feed = "x", .step = GNM_DAY, .valid = day, .value = x, .rows = 1, .quality = GNM_OK };
    snprintf(s.series, sizeof s.series, "%s", series);
    return s;
}

/* Stored are DAYS days up to `last`; the batch has the days from..to of the same kind, made by `scale` and `offset` into another unit. */
static int judge(double (*make)(int, int), int from, int to, double scale, double offset, struct gnm_why *why)
{
    struct feed *feed = must_load("x.conf", conf, sizeof conf - 1);
    struct gnm_signal recent[DAYS], batch[64];
    for (int i = 0; i < DAYS; i++)
        recent[i] = value("v", TODAY - DAYS + 1 + i, make(TODAY - DAYS + 1 + i, 11));
    int n = 0;
    for (int day = from; day <= to; day++)
        batch[n++] = value("v", TODAY + day, make(TODAY + day, 12) * scale + offset);
    struct feed_yield yield = { .signal = batch, .n = (size_t)n };
    why->text[0] = '\0';
    int verdict = feed_suspect(feed, &yield, recent, DAYS, why);
    feed_free(feed);
    return verdict;
}

static const struct { double (*make)(int, int); int from, to; double scale, offset; int suspect; } cases[] = {
    /* revised forecasts of days told before, and days to come */
    { temperature, -6, 3, 1, 0, 0 }, { temperature, 1, 9, 1, 0, 0 }, { rain, -6, 3, 1, 0, 0 }, { rain, 1, 9, 1, 0, 0 }, { share, -30, 1, 1, 0, 0 },
    /* a heat wave, a deluge, a crisis in the news from today on */
    { temperature, 1, 9, 1, 12, 0 }, { rain, 1, 9, 2.5, 4, 0 }, { share, 1, 9, 1.8, 0, 0 },
    /* kelvin, Fahrenheit, metres for millimetres, percent for ratios */
    { temperature, -6, 3, 1, 273.15, 1 }, { temperature, 1, 9, 1, 273.15, 1 }, { temperature, -6, 3, 1.8, 32, 1 }, { rain, -30, 3, 0.001, 0, 1 }, { share, -30, 1, 100, 0, 1 },
    { share, 1, 9, 100, 0, 1 }, { share, -30, 1, 0.001, 0, 1 },
};

START_TEST(verdicts)
{
    struct gnm_why why;
    int verdict = judge(cases[_i].make, cases[_i].from, cases[_i].to, cases[_i].scale, cases[_i].offset, &why);
    ck_assert_msg(verdict == cases[_i].suspect, "case %d: %d, %s", _i, verdict, why.text);
    ck_assert_msg((verdict == 1) == (strstr(why.text, "series v: ") != NULL && strstr(why.text, "another unit or scale") != NULL), "%s", why.text);
}
END_TEST

/* All history comes again each time, and a year of it in one request: prices that go on rising, a year of news, with one new crisis. */
START_TEST(old_values_vouch_for_new_ones)
{
    struct feed *feed = must_load("x.conf", conf, sizeof conf - 1);
    struct gnm_signal recent[30], batch[31];
    struct gnm_why why = { .text = "" };
    for (int i = 0; i < 30; i++)
        recent[i] = batch[i] = value("v", TODAY + i, share(TODAY + i, 1));
    batch[30] = value("v", TODAY + 30, 0.02);       /* a hundred times: a war */
    struct feed_yield yield = { .signal = batch, .n = 31 };
    ck_assert_msg(feed_suspect(feed, &yield, recent, 30, &why) == 0, "%s", why.text);
    feed_free(feed);
}
END_TEST

/* Little is known, or nothing is measured: then nothing is suspected. */
START_TEST(nothing_to_compare)
{
    struct feed *feed = must_load("x.conf", conf, sizeof conf - 1);
    struct gnm_signal recent[20], batch[10];
    struct gnm_why why = { .text = "" };
    for (int i = 0; i < 20; i++)
        recent[i] = value("n", TODAY + i, 1);
    for (int i = 0; i < 10; i++)
        batch[i] = value("n", TODAY + i, 1000);
    struct feed_yield yield = { .signal = batch, .n = 10 }, none = { .n = 0 };
    ck_assert_int_eq(feed_suspect(feed, &yield, recent, 20, &why), 0);     /* counts */
    ck_assert_int_eq(feed_suspect(feed, &none, recent, 20, &why), 0);
    ck_assert_int_eq(feed_suspect(feed, &yield, recent, 0, &why), 0);
    for (int i = 0; i < 10; i++) {
        recent[i] = value("v", TODAY + i, NAN);
        batch[i] = value("v", TODAY + i, 1000);
    }
    ck_assert_int_eq(feed_suspect(feed, &yield, recent, 10, &why), 0);     /* withdrawn */
    for (int i = 0; i < 10; i++)
        recent[i] = value("v", TODAY - 20 + i, 1);
    ck_assert_int_eq(feed_suspect(feed, &yield, recent, 10, &why), 0);     /* ten days of history */
    feed_free(feed);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("suspect");
    tcase_add_loop_test(all, verdicts, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(all, old_values_vouch_for_new_ones);
    tcase_add_test(all, nothing_to_compare);
    return run_suite("feeds: jumps of unit", &all, 1);
}
