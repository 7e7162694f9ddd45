#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base_suite.h"

enum { DRAWS = 200000 };

/* Reference values: splitmix64(0) seeds xoshiro256**; computed by an independent program from the published definitions. */
START_TEST(generator_is_xoshiro)
{
    struct random r;
    random_seed(&r, 0);
    ck_assert_uint_eq(r.s[0], UINT64_C(0xe220a8397b1dcdaf));
    ck_assert_uint_eq(r.s[1], UINT64_C(0x6e789e6aa1b965f4));
    r.s[0] = 1, r.s[1] = 2, r.s[2] = 3, r.s[3] = 4;
    static const uint64_t first[] = { 11520, 0, 1509978240, UINT64_C(1215971899390074240), UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600), UINT64_C(16172922978634559625), UINT64_C(8476171486693032832) };
    for (size_t i = 0; i < COUNT(first); i++)
        ck_assert_uint_eq(random_u64(&r), first[i]);
}
END_TEST

START_TEST(splitting_does_not_depend_on_use)
{
    struct random a, b, child_a, child_b, other;
    random_seed(&a, 7);
    random_seed(&b, 7);
    for (int i = 0; i < 5; i++)
        random_normal(&b);
    random_split(&a, "weather", &child_a);
    random_split(&b, "weather", &child_b);
    random_split(&a, "sports", &other);
    uint64_t x = random_u64(&child_a);
    ck_assert_uint_eq(x, random_u64(&child_b));
    ck_assert_uint_ne(x, random_u64(&other));
    ck_assert_uint_ne(x, random_u64(&a));
}
END_TEST

struct moments { double mean, variance; };

static struct moments measure(double (*draw)(struct random *, double), double parameter, uint64_t seed)
{
    struct random r;
    random_seed(&r, seed);
    double mean = 0, square = 0;
    for (int i = 1; i <= DRAWS; i++) {
        double x = draw(&r, parameter), delta = x - mean;
        mean += delta / i;
        square += delta * (x - mean);
    }
    return (struct moments){ mean, square / (DRAWS - 1) };
}

static double draw_unit(struct random *r, double unused) { (void)unused; return random_unit(r); }
static double draw_normal(struct random *r, double unused) { (void)unused; return random_normal(r); }
static double draw_exponential(struct random *r, double unused) { (void)unused; return random_exponential(r); }
static double draw_poisson(struct random *r, double mean) { return (double)random_poisson(r, mean); }
static double draw_gamma(struct random *r, double shape) { return random_gamma(r, shape); }

/* `kurtosis` is the fourth standardised moment, from which the error of the measured variance follows. */
static const struct { const char *name; double (*draw)(struct random *, double); double parameter, mean, variance, kurtosis; } shapes[] = {
    { "unit", draw_unit, 0, .5, 1.0 / 12, 1.8 }, { "normal", draw_normal, 0, 0, 1, 3 }, { "exponential", draw_exponential, 0, 1, 1, 9 },
    { "poisson 0.1", draw_poisson, .1, .1, .1, 13 }, { "poisson 3", draw_poisson, 3, 3, 3, 3.34 }, { "poisson 9.9", draw_poisson, 9.9, 9.9, 9.9, 3.11 },
    { "poisson 10", draw_poisson, 10, 10, 10, 3.1 }, { "poisson 50", draw_poisson, 50, 50, 50, 3.02 },
    { "poisson 4000", draw_poisson, 4000, 4000, 4000, 3 }, { "poisson 1e8", draw_poisson, 1e8, 1e8, 1e8, 3 },
    { "gamma 0.3", draw_gamma, .3, .3, .3, 23 }, { "gamma 1", draw_gamma, 1, 1, 1, 9 }, { "gamma 7", draw_gamma, 7, 7, 7, 3.86 },
};

START_TEST(moments_are_within_their_error)
{
    struct moments got = measure(shapes[_i].draw, shapes[_i].parameter, 20260901 + (uint64_t)_i);
    double mean_error = sqrt(shapes[_i].variance / DRAWS), variance_error = shapes[_i].variance * sqrt((shapes[_i].kurtosis - 1) / DRAWS);
    ck_assert_msg(fabs(got.mean - shapes[_i].mean) < 4.5 * mean_error, "%s: mean %g", shapes[_i].name, got.mean);
    ck_assert_msg(fabs(got.variance - shapes[_i].variance) < 4.5 * variance_error, "%s: variance %g", shapes[_i].name, got.variance);
}
END_TEST

/* Both Poisson methods against the probabilities themselves. */
START_TEST(poisson_follows_its_probabilities)
{
    static const double means[] = { 2, 9.5, 12, 30 };
    enum { LAST = 80 };
    double mean = means[_i], chi = 0, p = exp(-mean);
    static int count[LAST + 1];
    struct random r;
    memset(count, 0, sizeof count);
    random_seed(&r, 99);
    for (int i = 0; i < DRAWS; i++) {
        int64_t k = random_poisson(&r, mean);
        ck_assert(k >= 0);
        count[k < LAST ? k : LAST]++;
    }
    int cells = 0;
    for (int k = 0; k < LAST; k++, p *= mean / k) {
        double expected = p * DRAWS;
        if (expected < 20)
            continue;
        chi += (count[k] - expected) * (count[k] - expected) / expected;
        cells++;
    }
    ck_assert_msg(chi < cells + 4.5 * sqrt(2.0 * cells), "mean %g: chi square %g over %d cells", mean, chi, cells);
}
END_TEST

START_TEST(normal_has_the_right_tails)
{
    struct random r;
    random_seed(&r, 5);
    int beyond[4] = { 0 };
    for (int i = 0; i < DRAWS; i++) {
        double x = fabs(random_normal(&r));
        for (int k = 1; k < 4; k++)
            beyond[k] += x > k;
    }
    static const double share[] = { 0, .317310508, .045500264, .002699796 };
    for (int k = 1; k < 4; k++)
        ck_assert_msg(fabs(beyond[k] - share[k] * DRAWS) < 4.5 * sqrt(share[k] * DRAWS), "%d beyond %d sigma", beyond[k], k);
}
END_TEST

START_TEST(below_is_even_and_bounded)
{
    struct random r;
    random_seed(&r, 3);
    int count[7] = { 0 };
    for (int i = 0; i < 70000; i++)
        count[random_below(&r, 7)]++;
    for (int i = 0; i < 7; i++)
        ck_assert_int_lt(abs(count[i] - 10000), 450);
    ck_assert_uint_eq(random_below(&r, 0), 0);
    ck_assert_uint_eq(random_below(&r, 1), 0);
    for (int i = 0; i < 1000; i++)
        ck_assert(random_below(&r, UINT64_C(3) << 62) < UINT64_C(3) << 62);
}
END_TEST

START_TEST(odd_parameters_give_nothing)
{
    struct random r;
    random_seed(&r, 3);
    ck_assert_int_eq(random_poisson(&r, 0), 0);
    ck_assert_int_eq(random_poisson(&r, -1), 0);
    ck_assert_int_eq(random_poisson(&r, NAN), 0);
    ck_assert(random_poisson(&r, INFINITY) > 0);
    ck_assert(random_gamma(&r, 0) == 0);
    ck_assert(random_gamma(&r, NAN) == 0);
    ck_assert(random_gamma(&r, 1e-300) >= 0);
}
END_TEST

/* The promise to a simulated year: these bits are the same from every compiler and processor. */
START_TEST(same_bits_everywhere)
{
    struct random r;
    random_seed(&r, 42);
    uint64_t sum = 0, bits;
    for (int i = 0; i < 10000; i++) {
        double x = random_normal(&r) + random_exponential(&r) + random_gamma(&r, 0.5 + i % 7) + (double)random_poisson(&r, i % 40);
        memcpy(&bits, &x, sizeof bits);
        sum = sum * 31 + bits;
    }
    ck_assert_uint_eq(sum, UINT64_C(16891853310893632321));
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { generator_is_xoshiro, 0 }, { splitting_does_not_depend_on_use, 0 }, { moments_are_within_their_error, COUNT(shapes) },
        { poisson_follows_its_probabilities, 4 }, { normal_has_the_right_tails, 0 }, { below_is_even_and_bounded, 0 },
        { odd_parameters_give_nothing, 0 }, { same_bits_everywhere, 0 },
    };
    return base_suite_run("base random", tests, COUNT(tests));
}
