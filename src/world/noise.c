#include "world/noise.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

static const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);

enum { AR_TERMS = 96 };
#define AR_LEAST 0.04      /* a weight below this ends the sum */

/* Neighbouring indices must give unrelated numbers: the finaliser of splitmix64. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t noise_stream(uint64_t seed, const char *label)
{
    return mix(hash_bytes(HASH_START ^ mix(seed + golden), label, strlen(label)));
}

uint64_t noise_child(uint64_t stream, int64_t number)
{
    return mix(mix(stream + golden) ^ (uint64_t)number * golden);
}

void noise_random(uint64_t stream, int64_t index, struct random *ret)
{
    random_seed(ret, mix(stream + (uint64_t)index * golden));
}

double noise_unit(uint64_t stream, int64_t index)
{
    return (double)(mix(stream + (uint64_t)index * golden) >> 11) * 0x1p-53;
}

static uint32_t quarters(uint64_t x)
{
    return (uint32_t)(x & 0xFFFF) + (uint32_t)(x >> 16 & 0xFFFF) + (uint32_t)(x >> 32 & 0xFFFF) + (uint32_t)(x >> 48);
}

/* The sum of eight uniform numbers: a simulated year asks for millions of these, and a logarithm each would be most of its cost. */
double noise_normal(uint64_t stream, int64_t index)
{
    uint64_t x = mix(stream + (uint64_t)index * golden), y = mix(x + golden);
    double sum = (double)(quarters(x) + quarters(y)) - 4 * 65535.0;
    return sum * (1.2247448713915890 / 65536);    /* eight twelfths have variance 2/3 */
}

/* A moving average with the weights of an autoregression: the same correlation, but no state to carry from the beginning of time. What came after
 * `last` is left out of the sum, not out of its scale. */
double noise_ar_expected(uint64_t stream, double phi, int64_t index, int64_t last)
{
    double sum = 0, squares = 0, weight = 1;
    for (int k = 0; k < AR_TERMS && weight > AR_LEAST; k++) {
        if (index - k <= last)
            sum += weight * noise_normal(stream, index - k);
        squares += weight * weight;
        weight *= phi;
    }
    return sum / sqrt(squares);
}

double noise_ar(uint64_t stream, double phi, int64_t index)
{
    return noise_ar_expected(stream, phi, index, index);
}

static double kept_normal(struct noise_ring *ring, int64_t index)
{
    size_t at = (uint64_t)index % NOISE_RING;
    if (ring->index[at] != index) {
        ring->index[at] = index;
        ring->value[at] = noise_normal(ring->stream, index);
    }
    return ring->value[at];
}

static void ring_start(struct noise_ring *ring, uint64_t stream, double phi)
{
    double squares = 0, weight = 1;
    for (int k = 0; k < AR_TERMS && weight > AR_LEAST; k++, weight *= phi)
        squares += weight * weight;
    *ring = (struct noise_ring){.stream = stream, .phi = phi, .scale = sqrt(squares), .used = 1};
    for (int i = 0; i < NOISE_RING; i++)
        ring->index[i] = INT64_MIN;
}

double noise_ar_kept(struct noise_ring *ring, uint64_t stream, double phi, int64_t index)
{
    double sum = 0, weight = 1;
    if (!ring->used || ring->stream != stream || ring->phi != phi)
        ring_start(ring, stream, phi);
    for (int k = 0; k < AR_TERMS && weight > AR_LEAST; k++, weight *= phi)
        sum += weight * kept_normal(ring, index - k);
    return sum / ring->scale;
}

double noise_blend(double a, double b, double phi, double f)
{
    double variance = (1 - f) * (1 - f) + f * f + 2 * f * (1 - f) * phi;
    return ((1 - f) * a + f * b) / sqrt(variance);
}

double noise_between(uint64_t stream, double phi, double position)
{
    double low = floor(position);
    return noise_blend(noise_ar(stream, phi, (int64_t)low), noise_ar(stream, phi, (int64_t)low + 1), phi, position - low);
}
