/* The way back from constant prices to money of its own day, wider by what the index may do. */
#include <math.h>

#include "features/price.h"
#include "forecast/model.h"

/* Two independent errors of logarithms add up as squares. */
static double widened(double q, double point, double score, double error)
{
    if (!(q > 0) || !(point > 0) || score == 0)
        return q;
    double own = log(q / point), wide = sqrt(own * own + score * score * error * error);
    return point * exp(score < 0 ? -wide : wide);
}

void model_inflate(const struct panel *panel, size_t series, int origin, int horizon, int n_levels, const double *level, struct cell *cell)
{
    struct price price;
    if (price_read(panel, series, origin, &price) < 0)
        return;
    for (int h = 1; h <= horizon; h++) {
        struct cell *c = &cell[h - 1];
        double ratio = price_ratio(&price, panel, origin + h), error = price_error(&price, panel, origin + h), point = c->point;
        for (int k = 0; k < n_levels; k++)
            c->q[k] = ratio * (level[k] == 0.5 ? c->q[k] : widened(c->q[k], point, normal_quantile(level[k]), error));
        c->point *= ratio;
        c->mean *= ratio;
        c->baseline *= ratio;
    }
}
