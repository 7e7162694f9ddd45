#include "world/town_draw.h"

#include <math.h>

int64_t draw_count(struct random *r, double mean, double shape)
{
    return random_poisson(r, mean * random_gamma(r, shape) / shape);
}

/* The probabilities are summed until half of it is reached. */
int64_t count_median(double mean, double shape)
{
    double p = exp(shape * log(shape / (shape + mean))), sum = p, ratio = mean / (shape + mean);
    int64_t n = 0;
    while (sum < 0.5 && n < 10000000) {
        p *= ratio * ((double)n + shape) / ((double)n + 1);
        sum += p;
        n++;
    }
    return n;
}

double draw_money(struct random *r, double mean, double shape)
{
    return round(100 * mean * random_gamma(r, shape) / shape) / 100;
}

/* Wilson and Hilferty's cube root: within a thousandth from shape 3 on. */
double money_median(double mean, double shape)
{
    double root = 1 - 1 / (9 * shape);
    return mean * root * root * root;
}
