#include "device/meter.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PACKAGES = 4, ZONES = 32, TEXT = 256 };

struct package {                  /* one RAPL package counter */
    char path[TEXT];
    double range_uj;              /* where it wraps */
    double last_uj, sum_uj;
    int started;
};

struct meter {
    char root[TEXT];
    char thermal[TEXT];           /* of the processor; empty when there is none */
    struct package package[PACKAGES];
    size_t n_packages;
    double ticks_per_s;
};

/* The start of a small file of the kernel's as text; -errno when it cannot be read. */
static int read_start(const char *path, char *ret, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = read(fd, ret, size - 1);
    int error = errno;
    close(fd);
    if (n < 0)
        return -error;
    ret[n] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
    return 0;
}

static double read_number(const char *path)
{
    char text[TEXT], *end;
    if (read_start(path, text, sizeof text) < 0)
        return NAN;
    double x = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(x) ? x : NAN;
}

/* ---- RAPL ---- */

/* Packages only: their domains ("core", "uncore", "dram") are parts of them, and "psys" holds them all. */
static void find_packages(struct meter *m, const char *root)
{
    for (int i = 0; i < 16 && m->n_packages < PACKAGES; i++) {
        char path[2 * TEXT], name[TEXT];
        struct package *p = &m->package[m->n_packages];
        snprintf(path, sizeof path, "%s/sys/class/powercap/intel-rapl:%d/name", root, i);
        if (read_start(path, name, sizeof name) < 0 || strncmp(name, "package", 7) != 0)
            continue;
        snprintf(path, sizeof path, "%s/sys/class/powercap/intel-rapl:%d/max_energy_range_uj", root, i);
        double range = read_number(path);
        int n = snprintf(p->path, sizeof p->path, "%s/sys/class/powercap/intel-rapl:%d/energy_uj", root, i);
        if (n < 0 || (size_t)n >= sizeof p->path || isnan(range) || isnan(read_number(p->path)))
            continue;
        p->range_uj = range;
        m->n_packages++;
    }
}

static double package_j(struct package *p)
{
    double now = read_number(p->path);
    if (isnan(now))
        return NAN;
    double step = now - p->last_uj;
    if (p->started)
        p->sum_uj += step >= 0 ? step : step + p->range_uj;
    p->started = 1;
    p->last_uj = now;
    return p->sum_uj * 1e-6;
}

static double packages_j(struct meter *m)
{
    double sum = m->n_packages > 0 ? 0 : NAN;
    for (size_t i = 0; i < m->n_packages; i++)
        sum += package_j(&m->package[i]);
    return sum;
}

/* ---- temperature ---- */

/* How surely a zone of this name is the processor; boards also have zones for batteries, radios and the case. */
static int is_processor(const char *type)
{
    static const char *const known[] = { "acpitz", "soc", "cpu", "x86_pkg_temp" };
    for (int i = (int)(sizeof known / sizeof *known); i > 0; i--)
        if (strncmp(type, known[i - 1], strlen(known[i - 1])) == 0)
            return i;
    return 0;
}

static void find_thermal(struct meter *m, const char *root)
{
    int best = 0;
    for (int i = 0; i < ZONES; i++) {
        char path[2 * TEXT], type[TEXT];
        snprintf(path, sizeof path, "%s/sys/class/thermal/thermal_zone%d/type", root, i);
        int rank = read_start(path, type, sizeof type) == 0 ? is_processor(type) : 0;
        if (rank <= best)
            continue;
        int n = snprintf(m->thermal, sizeof m->thermal, "%s/sys/class/thermal/thermal_zone%d/temp", root, i);
        if (n < 0 || (size_t)n >= sizeof m->thermal)
            m->thermal[0] = '\0';
        else
            best = rank;
    }
}

static double cpu_c(const struct meter *m)
{
    double c = m->thermal[0] != '\0' ? read_number(m->thermal) / 1000 : NAN;
    return c >= -40 && c <= 150 ? c : NAN;
}

/* ---- processor time ---- */

static double own_cpu_s(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec * 1e-9 : NAN;
}

/* "cpu user nice system idle iowait irq softirq steal ...": all but waiting, and but what a host took away. */
static double box_busy_s(const struct meter *m)
{
    char path[2 * TEXT], text[TEXT];
    unsigned long long user, nice, system, idle, iowait, irq, softirq;
    snprintf(path, sizeof path, "%s/proc/stat", m->root);
    if (read_start(path, text, sizeof text) < 0
        || sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &iowait, &irq, &softirq) != 7)
        return NAN;
    return (double)(user + nice + system + irq + softirq) / m->ticks_per_s;
}

/* ---- the port ---- */

static int port_read(void *ctx, struct gnm_meter_sample *ret, struct gnm_why *why)
{
    (void)why;
    struct meter *m = ctx;
    *ret = (struct gnm_meter_sample){ .own_cpu_s = own_cpu_s(), .box_busy_s = box_busy_s(m), .package_j = packages_j(m), .cpu_c = cpu_c(m) };
    return 0;
}

int meter_new_at(const char *root, struct meter **ret, struct gnm_why *why)
{
    struct meter *m = calloc(1, sizeof *m);
    if (m == NULL)
        return gnm_fail(why, -ENOMEM, "meter: out of memory");
    long ticks = sysconf(_SC_CLK_TCK);
    m->ticks_per_s = ticks > 0 ? (double)ticks : 100;
    if (strlen(root) >= sizeof m->root) {
        free(m);
        return gnm_fail(why, -ENAMETOOLONG, "meter: %.100s... is too long", root);
    }
    snprintf(m->root, sizeof m->root, "%s", root);
    find_packages(m, root);
    find_thermal(m, root);
    *ret = m;
    return 0;
}

int meter_new(struct meter **ret, struct gnm_why *why)
{
    return meter_new_at("", ret, why);
}

void meter_free(struct meter *meter)
{
    free(meter);
}

void meter_port(struct meter *meter, struct gnm_meter *ret)
{
    *ret = (struct gnm_meter){ .read = port_read, .ctx = meter };
}
