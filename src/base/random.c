#include "base/random.h"

#include <math.h>
#include <string.h>

#include "base/exact.h"
#include "base/hash.h"

/* xoshiro256** seeded by splitmix64. Logarithm and exponential are the exact ones: one bit moves a whole simulated year. */

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

void random_seed(struct random *r, uint64_t seed)
{
    uint64_t state = seed;
    r->seed = seed;
    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix(&state);
}

void random_split(const struct random *r, const char *label, struct random *child)
{
    uint64_t state = r->seed;
    uint64_t seed = splitmix(&state) ^ hash_bytes(HASH_START, label, strlen(label));
    random_seed(child, splitmix(&seed));
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

uint64_t random_u64(struct random *r)
{
    uint64_t *s = r->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double random_unit(struct random *r)
{
    return (double)(random_u64(r) >> 11) * 0x1p-53;
}

/* (0, 1): for logarithms. */
static double open_unit(struct random *r)
{
    return ((double)(random_u64(r) >> 12) + 0.5) * 0x1p-52;
}

uint64_t random_below(struct random *r, uint64_t n)
{
    if (n < 2)
        return 0;
    uint64_t reject = (0 - n) % n, x;     /* the first 2^64 mod n values would make small results likelier */
    do
        x = random_u64(r);
    while (x < reject);
    return x % n;
}

/* Marsaglia's polar method; the second number is dropped so that the state is the generator's alone. */
double random_normal(struct random *r)
{
    double x, y, s;
    do {
        x = 2 * random_unit(r) - 1;
        y = 2 * random_unit(r) - 1;
        s = x * x + y * y;
    } while (s >= 1 || s <= 0);
    return x * sqrt(-2 * exact_log(s) / s);
}

double random_exponential(struct random *r)
{
    return -exact_log(open_unit(r));
}

/* Marsaglia and Tsang (2000); below shape 1 by a power of a uniform number. */
double random_gamma(struct random *r, double shape)
{
    if (!(shape > 0))
        return 0;
    if (shape < 1)
        return random_gamma(r, shape + 1) * exact_exp(exact_log(open_unit(r)) / shape);
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = random_normal(r), v = 1 + c * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        if (exact_log(open_unit(r)) < 0.5 * x * x + d - d * v + d * exact_log(v))
            return d * v;
    }
}

/* ln k! : a sum for small k, Stirling's series (error below 1e-13) from 16 on. */
static double log_factorial(double k)
{
    if (k < 16) {
        double product = 1;
        for (int i = 2; i <= (int)k; i++)
            product *= i;
        return exact_log(product);
    }
    double inverse = 1 / k, square = inverse * inverse;
    double tail = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)));
    return (k + 0.5) * exact_log(k) - k + 0.91893853320467274178 + tail;
}

/* Counts arrivals of rate one until the mean has passed. */
static int64_t poisson_small(struct random *r, double mean)
{
    int64_t n = -1;
    for (double passed = 0; passed < mean; n++)
        passed += random_exponential(r);
    return n < 0 ? 0 : n;
}

/* Hoermann's transformed rejection (PTRS, 1993), for means from 10. */
static int64_t poisson_large(struct random *r, double mean)
{
    double log_mean = exact_log(mean), b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), vr = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = random_unit(r) - 0.5, v = open_unit(r), us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= vr)
            return (int64_t)k;
        if (k < 0 || (us < 0.013 && v > us))
            continue;
        if (exact_log(v * inverse_alpha / (a / (us * us) + b)) <= k * log_mean - mean - log_factorial(k))
            return (int64_t)k;
    }
}

int64_t random_poisson(struct random *r, double mean)
{
    if (!(mean > 0))
        return 0;
    return mean < 10 ? poisson_small(r, mean) : poisson_large(r, mean > 1e15 ? 1e15 : mean);
}
