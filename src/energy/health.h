/* What the owner of the plant should know: a panel that is too small, one that gives less than it did, a lead battery that is never full. Pure. */
#ifndef ENERGY_HEALTH_H
#define ENERGY_HEALTH_H

#include "energy/outlook.h"

enum energy_warning { ENERGY_UNDERSIZED, ENERGY_PANEL_DROP, ENERGY_NEVER_FULL, ENERGY_WARNINGS };
enum { HEALTH_DAYS = 30 };

struct energy_health {
    float ratio[HEALTH_DAYS]; /* of the last days: what the panel could give / what was used */
    int n, at;
    int64_t day;                  /* under way, INT64_MIN = none */
    double pv_wh, load_wh, hours; /* of it */
    int64_t full_s;               /* when the battery was full last; when watching began before that */
    int warned[ENERGY_WARNINGS];
};

void energy_health_start(struct energy_health *health);
/* A finished hour, before outlook_learn closes its day. */
void energy_health_hour(struct energy_health *health, const struct outlook_profile *profile, const struct outlook_site *site,
                        const struct outlook_hour *hour);
/* Now and then. Returns 1 with a sentence for a warning that begins (`*begins` 1) or ends (0); call again until it returns 0. */
int energy_health_news(struct energy_health *health, const struct energy_policy *policy, const struct outlook_profile *profile,
                       const struct energy_battery *battery, int64_t now_s, int *begins, char *ret, size_t size);
/* The sentence of a warning that holds; 0 when it does not. */
int energy_health_says(const struct energy_health *health, enum energy_warning warning, const struct outlook_profile *profile, int64_t now_s,
                       char *ret, size_t size);

void energy_health_row(const struct energy_health *health, char *ret, size_t size);
void energy_health_restore(struct energy_health *health, const char *text);

#endif
