/* Logarithm and exponential from additions and products alone: the C library's differ in the last bit between processors, and whatever must be the same bytes
 * everywhere (models, simulated worlds) cannot use them. Good to about 1e-16 relative. */
#ifndef BASE_EXACT_H
#define BASE_EXACT_H

/* ln x for x > 0. */
double exact_log(double x);
/* e^x; 0 from -700 down (and for NaN), e^700 from 700 up. */
double exact_exp(double x);

#endif
