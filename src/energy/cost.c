#include <math.h>

#include "energy/energy.h"

void energy_cost(const struct energy_policy *policy, double cpu_s, double package_j, struct gnm_cost *ret)
{
    ret->cpu_s = cpu_s > 0 ? cpu_s : 0;
    if (isfinite(package_j) && package_j >= 0) {
        ret->joules = package_j;
        ret->method = GNM_RAPL;
        return;
    }
    ret->joules = ret->cpu_s * policy->watts_per_core;
    ret->method = GNM_CPU_CONFIG;
}
