#include "forecast/boost_loss.h"

#include <math.h>
#include <string.h>

static void swap(struct renew_pair *a, struct renew_pair *b)
{
    struct renew_pair c = *a;
    *a = *b;
    *b = c;
}

static float middle(float a, float b, float c)
{
    if (a < b)
        return b < c ? b : a < c ? c : a;
    return a < c ? a : b < c ? c : b;
}

/* Three parts: below the pivot, equal, above; the parts' weights decide where to look on. */
struct parts { size_t low, high; double below, equal; };

static struct parts part(struct renew_pair *pair, size_t n, float pivot)
{
    struct parts p = { .low = 0, .high = n };
    for (size_t i = 0; i < p.high; ) {
        if (pair[i].r < pivot) {
            p.below += (double)pair[i].w;
            swap(&pair[p.low++], &pair[i++]);
        } else if (pair[i].r > pivot) {
            swap(&pair[i], &pair[--p.high]);
        } else {
            p.equal += (double)pair[i++].w;
        }
    }
    return p;
}

/* Between a value and the least one above it, of those from `pair` to `end`. */
static float between(float low, double part, const struct renew_pair *pair, const struct renew_pair *end)
{
    if (pair == end || !(part > 0))
        return low;
    float high = pair->r;
    for (; pair < end; pair++)
        high = pair->r < high ? pair->r : high;
    return (float)((double)low + part * ((double)high - (double)low));
}

float boost_quantile(struct renew_pair *pair, size_t n, double quantile)
{
    const struct renew_pair *end = pair + n;
    double all = 0;
    for (size_t i = 0; i < n; i++)
        all += (double)pair[i].w;
    double one = all / (double)n, want = quantile * (all - 2 * one) + one / 2;        /* see boost_loss.h */
    want = want > 0 ? want : 0;
    uint64_t random = n;
    for (;;) {
        random = random * UINT64_C(6364136223846793005) + 1;      /* no input can make every pivot a bad one */
        float pivot = middle(pair[0].r, pair[(random >> 33) % n].r, pair[n - 1].r);
        struct parts p = part(pair, n, pivot);
        if (want < p.below && p.low > 0) {
            n = p.low;
        } else if (want < p.below + p.equal || p.high == n) {
            double part_above = (want - p.below - (p.equal - one)) / one;
            return between(pivot, part_above < 1 ? part_above : 1, pair + p.high, end);
        } else {
            want -= p.below + p.equal;
            pair += p.high;
            n -= p.high;
        }
    }
}

static double loss_of(const struct boost *b, double y, double f)
{
    double r = y - f, size = fabs(r);
    switch (b->options.loss) {
    case BOOST_HUBER:
        return size <= b->huber ? r * r : b->huber * (2 * size - b->huber);
    case BOOST_POISSON:
        return exact_exp(f) - y + (y > 0 ? y * (exact_log(y) - f) : 0);
    case BOOST_PINBALL:
        return r > 0 ? b->options.quantile * r : (b->options.quantile - 1) * r;
    default:
        return r * r;
    }
}

double boost_loss_sum(const struct boost *b, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++)
        sum += loss_of(b, (double)b->target[i], (double)b->score[i]) * (b->weight == NULL ? 1 : (double)b->weight[i]);
    return sum;
}
