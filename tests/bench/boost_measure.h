/* The peak of memory above the data that were alive at that moment. */
#ifndef BENCH_BOOST_MEASURE_H
#define BENCH_BOOST_MEASURE_H

#include "measure.h"

struct measure_memory { double peak_bytes, peak_net_bytes; };    /* start with zeros */

/* Ends a phase in which `data_bytes` of input were held all the time. Give back what the next phase does not need, then restart. */
static void measure_phase(struct measure_memory *m, size_t data_bytes)
{
    double high = 1024 * measure_kib("VmHWM:");
    m->peak_bytes = fmax(m->peak_bytes, high);
    m->peak_net_bytes = fmax(m->peak_net_bytes, high - (double)data_bytes);
}

#endif
