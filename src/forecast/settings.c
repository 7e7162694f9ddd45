#include "forecast/settings.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/ini.h"
#include "base/text.h"

struct entry { const char *key; size_t at; int whole; double low, high, value; };

#define WHOLE(section, name, low, high, value) { #section "." #name, offsetof(struct settings, section.name), 1, low, high, value }
#define REAL(section, name, low, high, value) { #section "." #name, offsetof(struct settings, section.name), 0, low, high, value }

static const struct entry entries[] = {
    WHOLE(boost, trees, 1, 2000, 100),
    WHOLE(boost, leaves, 2, 255, 31),
    WHOLE(boost, leaves_week, 2, 255, 8),
    WHOLE(boost, min_leaf, 1, 10000, 20),
    WHOLE(boost, bins, 15, 255, 63),
    WHOLE(boost, seeds, 1, 8, 2),
    WHOLE(boost, seeds_few, 1, 8, 4),
    WHOLE(boost, rows, 1000, 1000000, 15000),
    WHOLE(boost, origins, 1, 2000, 260),
    WHOLE(boost, cuts, 0, 3, 2),
    WHOLE(boost, events, 0, 1, 1),
    REAL(boost, rate, .001, 1, .1),
    REAL(boost, l2, 0, 1e6, 5),
    REAL(boost, column_ratio, .01, 1, .3),
    REAL(boost, row_ratio, .01, 1, 1),
    REAL(boost, half_life_days, 1, 1e6, 3650),
    REAL(boost, kappa, -1, 2, 0),
    REAL(boost, kappa_week, -1, 2, .8),
    REAL(boost, feast, 0, 1, .8),
    REAL(boost, noise_power, 0, 2, 1),
    { "auto.sharpness", offsetof(struct settings, automatic.sharpness), 0, 0, 1000, 40 },
    { "auto.sharpness_week", offsetof(struct settings, automatic.sharpness_week), 0, 0, 1000, 3 },
    { "auto.own_share", offsetof(struct settings, automatic.own_share), 0, 0, 1, .7 },
    { "auto.boost_credit", offsetof(struct settings, automatic.boost_credit), 0, 0, 1, .3 },
    { "auto.tolerance", offsetof(struct settings, automatic.tolerance), 0, 0, 1, .01 },
    WHOLE(bands, origins, 1, 26, 12),
    REAL(bands, half_life, .5, 1000, 8),
    REAL(bands, prior_count, 0, 10000, 10),
    REAL(bands, trust, 0, 1000, 8),
};
enum { ENTRIES = sizeof entries / sizeof *entries };

static void put(struct settings *s, const struct entry *e, double value)
{
    char *at = (char *)s + e->at;
    if (e->whole)
        *(int *)(void *)at = (int)value;
    else
        *(double *)(void *)at = value;
}

static double get(const struct settings *s, const struct entry *e)
{
    const char *at = (const char *)s + e->at;
    return e->whole ? *(const int *)(const void *)at : *(const double *)(const void *)at;
}

void settings_defaults(struct settings *ret)
{
    memset(ret, 0, sizeof *ret);
    for (int i = 0; i < ENTRIES; i++)
        put(ret, &entries[i], entries[i].value);
}

int settings_set(struct settings *ret, const char *key, const char *value, struct gnm_why *why)
{
    double number;
    for (int i = 0; i < ENTRIES; i++) {
        const struct entry *e = &entries[i];
        if (strcmp(e->key, key) != 0)
            continue;
        if (text_double(value, &number) < 0 || !(number >= e->low && number <= e->high) || (e->whole && number != floor(number)))
            return gnm_fail(why, -EINVAL, "%s: '%s' is not a %s of %g..%g", key, value, e->whole ? "whole number" : "number", e->low, e->high);
        put(ret, e, number);
        return 0;
    }
    return gnm_fail(why, -EINVAL, "'%s' is not a setting", key);
}

static int read_key(void *ctx, const char *section, const char *key, const char *value, int line, struct gnm_why *why)
{
    char name[96];
    (void)line;
    if (key == NULL)
        return 0;
    snprintf(name, sizeof name, "%s.%s", section, key);
    return settings_set(ctx, name, value, why);
}

int settings_read(const char *name, const char *data, size_t len, struct settings *ret, struct gnm_why *why)
{
    struct settings read = *ret;
    int rc = ini_read(name, data, len, read_key, &read, why);
    if (rc == 0)
        *ret = read;
    return rc;
}

uint64_t settings_hash(uint64_t hash, const struct settings *settings)
{
    for (int i = 0; i < ENTRIES; i++) {
        double value = get(settings, &entries[i]);
        hash = hash_bytes(hash, &value, sizeof value);
    }
    return hash;
}
