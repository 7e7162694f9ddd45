/* What a benchmark reads off its own process: CPU time, and the peak of memory above the data that were alive at that moment. */
#ifndef BENCH_BOOST_MEASURE_H
#define BENCH_BOOST_MEASURE_H

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double measure_cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct measure_memory { double peak_bytes, peak_net_bytes; };    /* start with zeros */

/* VmHWM, NAN when the kernel does not say. */
static double measure_high_water(void)
{
    double kib = NAN;
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %lf", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return 1024 * kib;
}

/* Starts the peak anew at today's level. Where the kernel refuses, later phases count an old peak as theirs: too high, never too low. */
static void measure_restart(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    ssize_t done = fd < 0 ? -1 : write(fd, "5", 1);
    (void)done;
    if (fd >= 0)
        close(fd);
}

/* Ends a phase in which `data_bytes` of input were held all the time. Give back what the next phase does not need, then restart. */
static void measure_phase(struct measure_memory *m, size_t data_bytes)
{
    double high = measure_high_water();
    m->peak_bytes = fmax(m->peak_bytes, high);
    m->peak_net_bytes = fmax(m->peak_net_bytes, high - (double)data_bytes);
}

#endif
