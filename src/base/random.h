/* Seeded random numbers: the same seed gives the same numbers on every machine and compiler. Pure; state in the caller's object. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random { uint64_t s[4], seed; };

void random_seed(struct random *r, uint64_t seed);
/* A child generator that depends on the seed and a label only, so that adding a consumer does not shift the others. */
void random_split(const struct random *r, const char *label, struct random *child);
uint64_t random_u64(struct random *r);
double random_unit(struct random *r);                        /* [0, 1) */
double random_normal(struct random *r);                      /* mean 0, variance 1 */
double random_exponential(struct random *r);                 /* mean 1 */
int64_t random_poisson(struct random *r, double mean);
double random_gamma(struct random *r, double shape);         /* scale 1 */
uint64_t random_below(struct random *r, uint64_t n);

#endif
