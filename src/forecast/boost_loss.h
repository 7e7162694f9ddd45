/* Exact quantiles and the exponential, inside the boosting. */
#ifndef FORECAST_BOOST_LOSS_H
#define FORECAST_BOOST_LOSS_H

#include "forecast/boost_state.h"

struct renew_pair { float r, w; };

/* The quantile of r by weight, between two values where it falls between them (with equal weights R's type 7); moves the pairs around. n > 0. */
float boost_quantile(struct renew_pair *pair, size_t n, double quantile);
/* The same result on every machine. */
double boost_exp(double x);
double boost_log(double x);
/* Turns a score into what is predicted. */
static inline double boost_answer(enum boost_loss loss, double score)
{
    return loss == BOOST_POISSON ? boost_exp(score) : score;
}

#endif
