#include <math.h>

#include "energy/watts.h"

#define RAPL_HALF 0.25   /* the package is not the box: memory, losses of conversion */
#define CONFIG_HALF 0.60 /* published defaults are wrong by more than that */

static void set(struct gnm_cost *ret, double joules, double half_j, enum gnm_method method)
{
    ret->joules = joules;
    ret->half_j = half_j;
    ret->method = method;
}

void energy_cost(const struct energy_policy *policy, const struct energy_watts *watts, const struct energy_direct *direct, double cpu_s,
                 double package_j, double share_ratio, struct gnm_cost *ret)
{
    double w, half_w, j, half_j;
    ret->cpu_s = cpu_s > 0 ? cpu_s : 0;
    if (direct != NULL && energy_direct_j(direct, &j, &half_j))
        set(ret, j, half_j, GNM_DC);
    else if (watts != NULL && energy_watts_core(watts, &w, &half_w))
        set(ret, ret->cpu_s * w, ret->cpu_s * half_w, GNM_CPU_DC);
    else if (isfinite(package_j) && package_j >= 0) {
        j = package_j * (share_ratio >= 0 && share_ratio <= 1 ? share_ratio : 1);
        set(ret, j, RAPL_HALF * j, GNM_RAPL);
    } else
        set(ret, ret->cpu_s * policy->watts_per_core, CONFIG_HALF * ret->cpu_s * policy->watts_per_core, GNM_CPU_CONFIG);
}
