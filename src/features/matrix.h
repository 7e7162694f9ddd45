/* The rows of one series: every pseudo-origin and horizon whose target is known at the decision. Pure.
 *
 * A matrix is made series by series and thrown away: making it again costs less than keeping it. */
#ifndef FEATURES_MATRIX_H
#define FEATURES_MATRIX_H

#include "features/row.h"

struct matrix_row {
    int origin, target;           /* periods */
    int h;
    float z, offset, weight;      /* target relative to the level; year-ago offset; age and noise */
    float scale, level;           /* value = scale * square(z + level) */
    float noise;                  /* the series' own spread: rows weigh 1 / noise^2, so that a noisy kiosk does not drown a steady shop */
};

struct matrix {
    int columns;
    size_t n, cap;
    float *x;                     /* n x columns */
    struct matrix_row *row;
};

struct matrix_range {
    int last;                     /* newest period that may be used */
    int horizon;
    int origin_first, origin_last, origin_step;   /* pseudo-origins, counted back from origin_last */
};

void matrix_free(struct matrix *matrix);
/* Replaces the content with the ridge's columns. A series with too little history gives 0 rows. -ENOMEM. */
int matrix_series(const struct plan *plan, const struct panel *panel, size_t series, const struct matrix_range *range, struct matrix *ret);
/* The rows this would make at most, for work accounting. */
size_t matrix_rows_max(const struct matrix_range *range);

#endif
