#include "base/exact.h"

#include <math.h>

/* 2 atanh((m-1)/(m+1)) on [sqrt(1/2), sqrt(2)). */
double exact_log(double x)
{
    int power;
    double m = frexp(x, &power);
    if (m < 0.70710678118654752440) {
        m *= 2;
        power--;
    }
    double f = (m - 1) / (m + 1), square = f * f, sum = 0;
    for (int k = 23; k >= 1; k -= 2)
        sum = sum * square + 1.0 / k;
    return 2 * f * sum + power * 0.69314718055994530942;
}

/* By halving the argument into the reach of a short series. */
double exact_exp(double x)
{
    static const double inverse[] = { 1, 1, 1. / 2, 1. / 3, 1. / 4, 1. / 5, 1. / 6, 1. / 7, 1. / 8, 1. / 9, 1. / 10, 1. / 11, 1. / 12, 1. / 13, 1. / 14 };
    if (!(x > -700))
        return 0;
    if (x > 700)
        x = 700;
    double power = floor(x / 0.69314718055994530942 + 0.5);
    double rest = x - power * 6.93147180369123816490e-01 - power * 1.90821492927058770002e-10, sum = 1;
    for (int k = 14; k >= 1; k--)
        sum = 1 + sum * rest * inverse[k];
    return ldexp(sum, (int)power);
}
