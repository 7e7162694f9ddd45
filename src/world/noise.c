#include "world/noise.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

/* Neighbouring indices must give unrelated generators: the finaliser of splitmix64. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t noise_stream(uint64_t seed, const char *label)
{
    return mix(hash_bytes(HASH_START ^ mix(seed + UINT64_C(0x9e3779b97f4a7c15)), label, strlen(label)));
}

void noise_random(uint64_t stream, int64_t index, struct random *ret)
{
    random_seed(ret, mix(stream + (uint64_t)index * UINT64_C(0x9e3779b97f4a7c15)));
}

double noise_normal(uint64_t stream, int64_t index)
{
    struct random r;
    noise_random(stream, index, &r);
    return random_normal(&r);
}

/* A moving average with the weights of an autoregression: the same correlation, but no state to carry from the beginning of time. */
double noise_ar(uint64_t stream, double phi, int64_t index)
{
    double sum = 0, squares = 0, weight = 1;
    for (int k = 0; k < 96 && weight > 0.02; k++) {
        sum += weight * noise_normal(stream, index - k);
        squares += weight * weight;
        weight *= phi;
    }
    return sum / sqrt(squares);
}

double noise_between(uint64_t stream, double phi, double position)
{
    double low = floor(position), f = position - low;
    double a = noise_ar(stream, phi, (int64_t)low), b = noise_ar(stream, phi, (int64_t)low + 1);
    double variance = (1 - f) * (1 - f) + f * f + 2 * f * (1 - f) * phi;
    return ((1 - f) * a + f * b) / sqrt(variance);
}
