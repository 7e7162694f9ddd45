/* What the members are made with: plain numbers, read from models/NAME.model (INI, one section [NAME] each). Pure.
 *
 * settings_defaults() holds the same numbers as the shipped files; a test compares them. How they were found is said in the files. */
#ifndef FORECAST_SETTINGS_H
#define FORECAST_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/why.h"

struct settings_boost {
    int trees, leaves, leaves_week, min_leaf, bins, seeds, seeds_few, rows, origins, cuts, events;
    double rate, l2, column_ratio, row_ratio, half_life_days, kappa, kappa_week, feast, noise_power;
};

struct settings_bands {
    int origins;                  /* past origins whose errors are kept */
    double half_life, prior_count, trust;
};

struct settings_auto {
    double sharpness;             /* an average 1 % worse weighs exp(-sharpness / 100) */
    double own_share;             /* of a series' own experience in the choice, the rest is that of all */
    double sharpness_week;        /* the same for weeks and months */
    double tolerance;             /* a costlier class must be this much better to serve */
    double boost_credit;          /* of days, in the log of the error: trees are judged by older models of one seed, and serve fresh ones of several */
};

struct settings {
    struct settings_auto automatic;
    struct settings_boost boost;
    struct settings_bands bands;
};

void settings_defaults(struct settings *ret);
/* Reads one definition over what `ret` holds; unknown names and numbers out of range are refused with file and line. */
int settings_read(const char *name, const char *data, size_t len, struct settings *ret, struct gnm_why *why);
/* "boost.trees", "120". */
int settings_set(struct settings *ret, const char *key, const char *value, struct gnm_why *why);
uint64_t settings_hash(uint64_t hash, const struct settings *settings);

#endif
