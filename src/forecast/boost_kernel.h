/* The loops that training spends its time in, once for any processor and once for AVX2; both give the same numbers.
 *
 * A histogram entry packs the gradient sum (upper half, signed) and the row count (lower half), so that one addition counts both; the lower half never
 * borrows because counts are never negative. With weights a second array holds the sum of weights. After boost_kernels.prefix an entry is the sum up to
 * and including its bin. A group is up to eight columns, whose bins of one row lie side by side and
 * whose tables fit the first cache together. */
#ifndef FORECAST_BOOST_KERNEL_H
#define FORECAST_BOOST_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum { BOOST_BLOCK = 1024, BOOST_NARROW = 64, BOOST_WIDE = 256, BOOST_PICKS = 4 };
   /* rows a pass; entries of one column's table; columns that a pick adds together */

struct boost_add {
    const uint8_t *const *row;    /* bins of each row, all groups */
    size_t offset;                /* of this group's in a row */
    const size_t *pick;           /* where each column lies in a row, when they do not lie side by side at `offset`; NULL: they do */
    const uint64_t *gradient;     /* packed with a count of 1 */
    const uint32_t *weight;       /* NULL: none */
    size_t n;
    uint64_t *entry;
    uint32_t *heavy;              /* with weights: their sums */
    int width, stride;            /* 8 or 4; BOOST_NARROW or BOOST_WIDE */
};

/* Rows to be parted by one column; `to_left` may be `row`. */
struct boost_part_work {
    const uint8_t *bins;          /* of a row at bins[row * pitch] */
    size_t pitch;
    const unsigned char *left;    /* per bin: 1 goes left */
    const uint32_t *row;
    size_t n;
    uint32_t *to_left, *to_right;
    int far;                      /* bins are hardly in the cache */
};

/* One column of one leaf, prefix sums. */
struct boost_scan {
    const uint64_t *entry;
    const uint32_t *heavy;        /* NULL: the weight is the count */
    int bins;                     /* all, that of missing values included */
    int32_t count, min_leaf;
    int32_t missing_count, missing_gradient, missing_weight;
    float weight, centre, l2;     /* of the leaf: sum of weights + 2 l2; gradient over that */
};

struct boost_best { float missing_left, missing_right; };    /* scores, 0 where no split is allowed */

struct boost_quantum { double sum; float scale; };

struct boost_kernels {
    void (*add)(const struct boost_add *work);
    void (*clear)(uint64_t *entry, size_t n);                                        /* n a multiple of 8 */
    void (*prefix)(uint64_t *entry, uint32_t *heavy, int bins);
    void (*subtract)(uint64_t *from, const uint64_t *what, size_t n);                /* n a multiple of 8 */
    void (*subtract_heavy)(uint32_t *from, const uint32_t *what, size_t n);
    void (*take_steps)(uint64_t *from, const uint64_t *what, uint32_t step, size_t n);  /* what's counts times step from the gradients; n as above */
    struct boost_best (*scan)(const struct boost_scan *scan);
    size_t (*partition)(const struct boost_part_work *work);                         /* how many went left */
    double (*difference)(const float *a, const float *b, float *ret, size_t n);      /* a - b and the sum of its sizes; n a multiple of 8 */
    /* x to within +-top, times scale, to the nearest; returns the sum of what was cut off. n a multiple of 8. */
    double (*quantise)(const float *x, float top, float scale, int32_t *ret, size_t n);
};

const struct boost_kernels *boost_kernels(int plain);
/* The score of one place of a scan, as the kernel computes it. */
float boost_score(float gradient, float weight, const struct boost_scan *scan);

#endif
