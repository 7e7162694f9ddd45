/* Exact quantiles, and what a score predicts, inside the boosting. */
#ifndef FORECAST_BOOST_LOSS_H
#define FORECAST_BOOST_LOSS_H

#include "base/exact.h"
#include "forecast/boost_state.h"

struct renew_pair { float r, w; };

/* The quantile of r by weight, between two values where it falls between them (with equal weights R's type 7); moves the pairs around. n > 0. */
float boost_quantile(struct renew_pair *pair, size_t n, double quantile);
/* Turns a score into what is predicted. */
static inline double boost_answer(enum boost_loss loss, double score)
{
    return loss == BOOST_POISSON ? exact_exp(score) : score;
}

#endif
