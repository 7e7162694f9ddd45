#include "forecast/boost_state.h"

/* Loss removed by the split, in the target's units squared. */
double boost_gain(const struct boost *b, const struct boost_leaf *leaf, const struct boost_part *left)
{
    double l2 = b->options.l2 / b->weight_unit, gl = (double)left->gradient, hl = (double)left->weight;
    double g = leaf->gradient, h = leaf->weight, gr = g - gl, hr = h - hl;
    if (!(hl > 0 && hr > 0))
        return 0;
    double gain = gl * gl / (hl + l2) + gr * gr / (hr + l2) - g * g / (h + l2);
    gain *= b->gradient_unit * b->gradient_unit / b->weight_unit;
    return gain <= 1e300 ? gain : 0;
}
