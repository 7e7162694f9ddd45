/* Private to energy: state as short texts, numbers with blanks between and '-' for what is not known. */
#ifndef ENERGY_ROW_H
#define ENERGY_ROW_H

#include <stddef.h>

struct row_writer {
    char *at;
    size_t left;
};
void row_put(struct row_writer *w, double x, int digits);
/* The next word as a number, NaN for '-' and for what is none; 0 at the end. */
int row_take(const char **text, double *ret);
/* Exactly `n` numbers; 0 when there are fewer. */
int row_take_all(const char *text, double *ret, size_t n);

#endif
