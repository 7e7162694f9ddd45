/* What a benchmark reads off its own process: CPU time, and the kernel's figures of memory. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double measure_cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A line of /proc/self/status such as "RssAnon:" or "VmHWM:", NAN when the kernel does not say. */
static inline double measure_kib(const char *name)
{
    double kib = NAN;
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && isnan(kib) && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtod(line + strlen(name), NULL);
    if (file != NULL)
        fclose(file);
    return kib;
}

/* Starts the peak anew at today's level. Where the kernel refuses, later phases count an old peak as theirs: too high, never too low. */
static inline void measure_restart(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "we");
    if (file == NULL)
        return;
    fputs("5", file);
    fclose(file);
}

#endif
