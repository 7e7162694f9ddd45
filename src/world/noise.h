/* Random numbers by address: the value at an index depends on the stream and the index alone, so that any day of the simulated
 * world can be asked in any order. Pure, and without the C library's mathematics. All values have mean 0 and variance 1. */
#ifndef WORLD_NOISE_H
#define WORLD_NOISE_H

#include <stdint.h>

#include "base/random.h"

uint64_t noise_stream(uint64_t seed, const char *label);
/* A stream below a stream, for what has a number instead of a name. */
uint64_t noise_child(uint64_t stream, int64_t number);
/* A generator of its own for one index of a stream. */
void noise_random(uint64_t stream, int64_t index, struct random *ret);
double noise_unit(uint64_t stream, int64_t index);      /* [0, 1) */
/* Normal but for its ends: nothing lies beyond 4.9. */
double noise_normal(uint64_t stream, int64_t index);
/* Persistent noise: correlation `phi` (0..0.97) from one index to the next. */
double noise_ar(uint64_t stream, double phi, int64_t index);
/* The same number for less where indices follow one another: the ring keeps what they share. Zero it to start. */
enum { NOISE_RING = 32 };
struct noise_ring { uint64_t stream; double phi, scale; int used; int64_t index[NOISE_RING]; double value[NOISE_RING]; };
double noise_ar_kept(struct noise_ring *ring, uint64_t stream, double phi, int64_t index);
/* What could be expected of it by somebody who saw it up to `last`: fades to 0 as the index goes on. */
double noise_ar_expected(uint64_t stream, double phi, int64_t index, int64_t last);
/* The noise between the indices, without the dip in variance that plain interpolation makes. */
double noise_between(uint64_t stream, double phi, double position);
/* A value `f` of the way between two neighbours of such a noise. */
double noise_blend(double a, double b, double phi, double f);

#endif
