/* What a model cost: CPU seconds of this process, joules by the best method at hand, peak resident memory. */
#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/backtest.h"

#define WATTS_PER_CPU 7.0         /* of a mini-PC core at work, when nothing measures it */

static double cpu_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int read_number(const char *path, double *ret)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    int ok = fscanf(file, "%lf", ret) == 1;
    fclose(file);
    return ok;
}

static int rapl_j(double *ret)
{
    double uj;
    if (!read_number("/sys/class/powercap/intel-rapl:0/energy_uj", &uj))
        return 0;
    *ret = uj * 1e-6;
    return 1;
}

static void reset_peak(void)
{
    malloc_trim(0);
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = write(fd, "5", 1);
    (void)n;                      /* where the kernel refuses, the peak is that of the whole call */
    close(fd);
}

static double peak_kib(void)
{
    double kib = NAN;
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %lf", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kib;
}

void backtest_meter_start(struct backtest_meter *meter)
{
    reset_peak();
    meter->rapl = rapl_j(&meter->joules);
    meter->cpu_s = cpu_now_s();
}

struct backtest_cost backtest_meter_stop(const struct backtest_meter *meter)
{
    struct backtest_cost cost = { .cpu_s = cpu_now_s() - meter->cpu_s, .peak_kib = peak_kib() };
    double now_j;
    if (meter->rapl && rapl_j(&now_j) && now_j >= meter->joules) {
        cost.joules = now_j - meter->joules;
        cost.method = gnm_method_names[GNM_RAPL];
        return cost;
    }
    cost.joules = cost.cpu_s * WATTS_PER_CPU;
    cost.method = gnm_method_names[GNM_CPU_CONFIG];
    return cost;
}
