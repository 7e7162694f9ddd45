#include "forecast/boost_kernel.h"

#include <string.h>

/* The bodies are inlined twice: as they are, and into functions compiled for AVX2. Eight lanes become two of four without it. Nothing here may
 * depend on the width: sums are of whole numbers or of fixed lanes, the rest is lane by lane. */
#define BODY static inline __attribute__((always_inline))

typedef int32_t v4i __attribute__((vector_size(16)));
typedef float v4f __attribute__((vector_size(16)));
typedef int32_t v8i __attribute__((vector_size(32)));
typedef uint32_t v8u __attribute__((vector_size(32)));
typedef uint64_t v4u __attribute__((vector_size(32)));
typedef float v8f __attribute__((vector_size(32)));
typedef double v4d __attribute__((vector_size(32)));

#define LOAD(to, from) memcpy(&(to), (from), sizeof(to))
#define STORE(to, from) memcpy((to), &(from), sizeof(from))

BODY void add_rows(const struct boost_add *w, int width, int stride)
{
    const uint8_t *const *restrict row = w->row;
    const uint64_t *restrict gradient = w->gradient;
    uint64_t *restrict entry = w->entry;
    for (size_t i = 0, n = w->n, offset = w->offset; i < n; i++) {
        uint64_t b = 0, g = gradient[i];
        memcpy(&b, row[i] + offset, (size_t)width);
#pragma GCC unroll 8
        for (int k = 0; k < width; k++)
            entry[k * stride + (int)(b >> 8 * k & 255)] += g;
    }
}

BODY void add_weighted(const struct boost_add *w, int width, int stride)
{
    uint64_t *restrict entry = w->entry;
    uint32_t *restrict heavy = w->heavy;
    for (size_t i = 0, n = w->n; i < n; i++) {
        const uint8_t *b = w->row[i] + w->offset;
        uint64_t g = w->gradient[i];
        uint32_t h = w->weight[i];
#pragma GCC unroll 8
        for (int k = 0; k < width; k++) {
            size_t at = (size_t)(k * stride) + b[k];
            entry[at] += g;
            heavy[at] += h;
        }
    }
}

/* The same for columns that lie anywhere in a row. */
BODY void add_picked(const struct boost_add *w, int width, int stride, int weighted)
{
    uint64_t *restrict entry = w->entry;
    uint32_t *restrict heavy = w->heavy;
    const size_t *restrict pick = w->pick;
    for (size_t i = 0, n = w->n; i < n; i++) {
        const uint8_t *b = w->row[i];
        uint64_t g = w->gradient[i];
        uint32_t h = weighted ? w->weight[i] : 0;
#pragma GCC unroll 8
        for (int k = 0; k < width; k++) {
            size_t at = (size_t)(k * stride) + b[pick[k]];
            entry[at] += g;
            if (weighted)
                heavy[at] += h;
        }
    }
}

BODY void add_picks(const struct boost_add *w)
{
    int wide = w->stride == BOOST_WIDE;
    if (w->weight != NULL)
        wide ? add_picked(w, BOOST_PICKS, BOOST_WIDE, 1) : add_picked(w, BOOST_PICKS, BOOST_NARROW, 1);
    else
        wide ? add_picked(w, BOOST_PICKS, BOOST_WIDE, 0) : add_picked(w, BOOST_PICKS, BOOST_NARROW, 0);
}

BODY void add_body(const struct boost_add *w)
{
    if (w->pick != NULL) {
        add_picks(w);
        return;
    }
    int wide = w->stride == BOOST_WIDE, eight = w->width == 8;
    if (w->weight != NULL) {
        if (eight)
            wide ? add_weighted(w, 8, BOOST_WIDE) : add_weighted(w, 8, BOOST_NARROW);
        else
            wide ? add_weighted(w, 4, BOOST_WIDE) : add_weighted(w, 4, BOOST_NARROW);
    } else if (eight) {
        wide ? add_rows(w, 8, BOOST_WIDE) : add_rows(w, 8, BOOST_NARROW);
    } else {
        wide ? add_rows(w, 4, BOOST_WIDE) : add_rows(w, 4, BOOST_NARROW);
    }
}

/* memset() would start a string instruction, which is slow to begin and is counted byte by byte. */
BODY void clear_body(uint64_t *entry, size_t n)
{
    const v4u zero = { 0 };
    for (size_t i = 0; i < n; i += 8) {
        STORE(entry + i, zero);
        STORE(entry + i + 4, zero);
        __asm__("" : : : "memory");            /* or it becomes memset() again */
    }
}

BODY void prefix_body(uint64_t *entry, uint32_t *heavy, int bins)
{
    uint64_t sum = 0;
#pragma GCC unroll 8
    for (int b = 0; b < bins; b++)
        entry[b] = sum += entry[b];
    uint32_t total = 0;
    for (int b = 0; heavy != NULL && b < bins; b++)
        heavy[b] = total += heavy[b];
}

BODY void subtract_body(uint64_t *from, const uint64_t *what, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        v4u a, b;
        LOAD(a, from + i);
        LOAD(b, what + i);
        a -= b;
        STORE(from + i, a);
    }
}

BODY void take_steps_body(uint64_t *from, const uint64_t *what, uint32_t step, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        v4u a;
        v8u b;
        LOAD(a, from + i);
        LOAD(b, what + i);
        b *= step;                             /* the lower half of each entry: where its count stands */
        a -= (v4u)b << 32;
        STORE(from + i, a);
    }
}

BODY void subtract_heavy_body(uint32_t *from, const uint32_t *what, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        v8u a, b;
        LOAD(a, from + i);
        LOAD(b, what + i);
        a -= b;
        STORE(from + i, a);
    }
}

/* With centre = gradient / (weight + 2 l2) the loss a split removes is this score times a constant of the leaf plus a constant: one division, and no
 * difference of large numbers. */
float boost_score(float gradient, float weight, const struct boost_scan *scan)
{
    float left = weight + scan->l2, away = gradient - left * scan->centre;
    return away * away / (left * (scan->weight - left));
}

/* best = the greater of best and the score where both sides keep enough rows. Scores are not negative, so their bits order like whole numbers (NaN is
 * masked out with the empty sides that make it). Written for a width: compilers take vectors wider than the processor's apart lane by lane. */
#define SCAN(WIDTH, VI, VF, COUNTS, GRADIENTS, WEIGHTS)                                                                                       \
    struct lanes##WIDTH { VI count, gradient, weight; };           /* the sums on the left of WIDTH places */                                 \
    BODY void raise_best##WIDTH(const struct lanes##WIDTH *at, const struct boost_scan *s, VI *best)                                          \
    {                                                                                                                                         \
        VF left = __builtin_convertvector(at->weight, VF) + s->l2;                                                                            \
        VF away = __builtin_convertvector(at->gradient, VF) - left * s->centre;                                                               \
        VF score = away * away / (left * (s->weight - left));                                                                                 \
        VI allowed = (at->count > s->min_leaf - 1) & (s->count - s->min_leaf + 1 > at->count);                                                \
        VI bits = (VI)score & allowed, more = bits > *best;                                                                                   \
        *best = (bits & more) | (*best & ~more);                                                                                              \
    }                                                                                                                                         \
    BODY float greatest##WIDTH(const VI *bits)                                                                                                \
    {                                                                                                                                         \
        int32_t top = (*bits)[0];                                                                                                             \
        for (int k = 1; k < WIDTH; k++)                                                                                                       \
            top = (*bits)[k] > top ? (*bits)[k] : top;                                                                                        \
        float ret;                                                                                                                            \
        memcpy(&ret, &top, sizeof ret);                                                                                                       \
        return ret;                                                                                                                           \
    }                                                                                                                                         \
    BODY struct boost_best scan_lanes##WIDTH(const struct boost_scan *s, int weighted, int missing)                                           \
    {                                                                                                                                         \
        VI best_left = { 0 }, best_right = { 0 };                                                                                             \
        for (int b = 0; b < s->bins; b += WIDTH) {                                                                                            \
            VF low, high;              /* float only to shuffle whole words in one instruction */                                             \
            struct lanes##WIDTH at;                                                                                                           \
            LOAD(low, s->entry + b);                                                                                                          \
            LOAD(high, s->entry + b + WIDTH / 2);                                                                                             \
            at.count = (VI)__builtin_shufflevector(low, high, COUNTS);                                                                        \
            at.gradient = (VI)__builtin_shufflevector(low, high, GRADIENTS);                                                                  \
            at.weight = at.count;                                                                                                             \
            if (weighted) {                                                                                                                   \
                LOAD(low, s->heavy + b);                                                                                                      \
                at.weight = (VI)__builtin_shufflevector(low, low, WEIGHTS);                                                                   \
            }                                                                                                                                 \
            raise_best##WIDTH(&at, s, &best_left);                                                                                            \
            if (missing) {                                                                                                                    \
                at.count -= s->missing_count;                                                                                                 \
                at.gradient -= s->missing_gradient;                                                                                           \
                at.weight -= s->missing_weight;                                                                                               \
                raise_best##WIDTH(&at, s, &best_right);                                                                                       \
            }                                                                                                                                 \
        }                                                                                                                                     \
        return (struct boost_best){ .missing_left = greatest##WIDTH(&best_left), .missing_right = greatest##WIDTH(&best_right) };             \
    }

#define COMMA_4(a, b, c, d) a, b, c, d
#define COMMA_8(a, b, c, d, e, f, g, h) a, b, c, d, e, f, g, h
SCAN(4, v4i, v4f, COMMA_4(0, 2, 4, 6), COMMA_4(1, 3, 5, 7), COMMA_4(0, 1, 2, 3))
SCAN(8, v8i, v8f, COMMA_8(0, 2, 8, 10, 4, 6, 12, 14), COMMA_8(1, 3, 9, 11, 5, 7, 13, 15), COMMA_8(0, 1, 4, 5, 2, 3, 6, 7))

BODY struct boost_best plain_scan_body(const struct boost_scan *s)
{
    if (s->heavy != NULL)
        return s->missing_count > 0 ? scan_lanes4(s, 1, 1) : scan_lanes4(s, 1, 0);
    return s->missing_count > 0 ? scan_lanes4(s, 0, 1) : scan_lanes4(s, 0, 0);
}

#if defined __x86_64__
BODY struct boost_best avx2_scan_body(const struct boost_scan *s)
{
    if (s->heavy != NULL)
        return s->missing_count > 0 ? scan_lanes8(s, 1, 1) : scan_lanes8(s, 1, 0);
    return s->missing_count > 0 ? scan_lanes8(s, 0, 1) : scan_lanes8(s, 0, 0);
}
#endif

enum { AHEAD = 24 };                           /* rows whose bins are asked for early: a sparse leaf finds none of them in the cache */

BODY size_t part_rows(const struct boost_part_work *w, size_t from, size_t to, size_t lefts, int early)
{
    const uint8_t *bins = w->bins;
    const unsigned char *left = w->left;
    const uint32_t *row = w->row;
    uint32_t *to_left = w->to_left, *to_right = w->to_right;
    size_t pitch = w->pitch, rights = from - lefts;
#pragma GCC unroll 4
    for (size_t i = from; i < to; i++) {
        if (early)
            __builtin_prefetch(bins + (size_t)row[i + AHEAD] * pitch);
        uint32_t r = row[i];
        size_t goes = left[bins[(size_t)r * pitch]];
        to_left[lefts] = r;
        to_right[rights] = r;
        lefts += goes;
        rights += 1 - goes;
    }
    return lefts;
}

/* Stable: rows for the left stay in front, the others go to a buffer. */
BODY size_t partition_body(const struct boost_part_work *w)
{
    size_t early = w->far && w->n > AHEAD ? w->n - AHEAD : 0;
    return part_rows(w, early, w->n, part_rows(w, 0, early, 0, 1), 0);
}

BODY double difference_body(const float *a, const float *b, float *ret, size_t n)
{
    v4d sum_low = { 0 }, sum_high = { 0 };
    for (size_t i = 0; i < n; i += 8) {
        v8f x, y;
        LOAD(x, a + i);
        LOAD(y, b + i);
        x -= y;
        STORE(ret + i, x);
        v8f size = (v8f)((v8i)x & 0x7FFFFFFF);
        sum_low += __builtin_convertvector(__builtin_shufflevector(size, size, 0, 1, 2, 3), v4d);
        sum_high += __builtin_convertvector(__builtin_shufflevector(size, size, 4, 5, 6, 7), v4d);
    }
    sum_low += sum_high;
    return (sum_low[0] + sum_low[1]) + (sum_low[2] + sum_low[3]);
}

BODY double quantise_body(const float *x, float top, float scale, int32_t *ret, size_t n)
{
    const v8f half = { .5F, .5F, .5F, .5F, .5F, .5F, .5F, .5F };
    v4d cut_low = { 0 }, cut_high = { 0 };
    for (size_t i = 0; i < n; i += 8) {
        v8f v;
        LOAD(v, x + i);
        v8f size = (v8f)((v8i)v & INT32_MAX), limit = { top, top, top, top, top, top, top, top };
        v8i over = size > limit;
        v8f kept = (v8f)(((v8i)v & ~over) | (((v8i)limit | ((v8i)v & INT32_MIN)) & over));
        v8f cut = v - kept;
        cut_low += __builtin_convertvector(__builtin_shufflevector(cut, cut, 0, 1, 2, 3), v4d);
        cut_high += __builtin_convertvector(__builtin_shufflevector(cut, cut, 4, 5, 6, 7), v4d);
        v = kept * scale;
        v8i sign = (v8i)v & INT32_MIN;
        v += (v8f)((v8i)half | sign);
        v8i q = __builtin_convertvector(v, v8i);
        STORE(ret + i, q);
    }
    cut_low += cut_high;
    return (cut_low[0] + cut_low[1]) + (cut_low[2] + cut_low[3]);
}

#define FLAVOUR(NAME, ATTRIBUTE)                                                                                                              \
    ATTRIBUTE static void NAME##_add(const struct boost_add *w) { add_body(w); }                                                             \
    ATTRIBUTE static void NAME##_clear(uint64_t *entry, size_t n) { clear_body(entry, n); }                                                   \
    ATTRIBUTE static void NAME##_prefix(uint64_t *entry, uint32_t *heavy, int bins) { prefix_body(entry, heavy, bins); }                      \
    ATTRIBUTE static void NAME##_subtract(uint64_t *from, const uint64_t *what, size_t n) { subtract_body(from, what, n); }                   \
    ATTRIBUTE static void NAME##_take_steps(uint64_t *from, const uint64_t *what, uint32_t step, size_t n) { take_steps_body(from, what, step, n); } \
    ATTRIBUTE static void NAME##_subtract_heavy(uint32_t *from, const uint32_t *what, size_t n) { subtract_heavy_body(from, what, n); }       \
    ATTRIBUTE static struct boost_best NAME##_scan(const struct boost_scan *s) { return NAME##_scan_body(s); }                                \
    ATTRIBUTE static size_t NAME##_partition(const struct boost_part_work *w) { return partition_body(w); }                                   \
    ATTRIBUTE static double NAME##_difference(const float *a, const float *b, float *ret, size_t n) { return difference_body(a, b, ret, n); } \
    ATTRIBUTE static double NAME##_quantise(const float *x, float top, float scale, int32_t *ret, size_t n)                                   \
    {                                                                                                                                         \
        return quantise_body(x, top, scale, ret, n);                                                                                          \
    }                                                                                                                                         \
    static const struct boost_kernels NAME##_kernels = { NAME##_add, NAME##_clear, NAME##_prefix, NAME##_subtract, NAME##_subtract_heavy, NAME##_take_steps, NAME##_scan,      \
                                                         NAME##_partition, NAME##_difference, NAME##_quantise };

FLAVOUR(plain, )
#if defined __x86_64__
FLAVOUR(avx2, __attribute__((target("avx2"))))

const struct boost_kernels *boost_kernels(int plain)
{
    return !plain && __builtin_cpu_supports("avx2") ? &avx2_kernels : &plain_kernels;
}
#else
const struct boost_kernels *boost_kernels(int plain)
{
    (void)plain;
    return &plain_kernels;
}
#endif
