/* What no single key can tell: references between sections, and keys a section cannot do without. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "daemon/config_keys.h"

static int check_controllers(const struct config *config, struct gnm_why *why)
{
    for (size_t i = 0; i < config->n_controllers; i++) {
        const struct config_controller *c = &config->controller[i];
        if (c->map[0] == '\0' || c->line[0] == '\0')
            return gnm_fail(why, -EINVAL, "[controller %s] has no key %s", c->name, c->map[0] ? "line" : "map");
        for (size_t j = 0; j < i; j++)
            if (strcmp(config->controller[j].line, c->line) == 0 && config->controller[j].unit == c->unit)
                return gnm_fail(why, -EINVAL, "[controller %s] is [controller %s] again: both are unit %lld of %s", c->name, config->controller[j].name,
                                (long long)c->unit, c->line);
    }
    return 0;
}

static int check_coordinates(const struct config *config, struct gnm_why *why)
{
    if (isnan(config->site.latitude) != isnan(config->site.longitude))
        return gnm_fail(why, -EINVAL, "[site] has %s without %s", isnan(config->site.latitude) ? "longitude" : "latitude",
                        isnan(config->site.latitude) ? "latitude" : "longitude");
    for (size_t i = 0; i < config->n_places; i++) {
        const struct config_place *p = &config->place[i];
        if (isnan(p->latitude) || isnan(p->longitude))
            return gnm_fail(why, -EINVAL, "[place %s] has no key %s", p->name, isnan(p->latitude) ? "latitude" : "longitude");
    }
    return 0;
}

static int check_energy(struct config *config, struct gnm_why *why)
{
    struct energy_policy *e = &config->energy;
    energy_policy_fill(e);
    if (energy_rule_parse(config->energy_rule, e) < 0)
        return gnm_fail(why, -EINVAL, "[energy] policy = '%s': expected refill, soc:START,STOP, noon, throttled or none", config->energy_rule);
    if (e->search_from_h >= e->search_to_h)
        return gnm_fail(why, -EINVAL, "[energy] search_from %g is not before search_to %g", e->search_from_h, e->search_to_h);
    if (!energy_cuts_are_possible(e))
        return gnm_fail(why, -EINVAL, "[battery] reconnect_ratio %g is not above cut_ratio %g", e->reconnect_ratio, e->cut_ratio);
    if (e->reserve_ratio + e->start_margin_ratio > 1)
        return gnm_fail(why, -EINVAL, "[battery] reserve_ratio %g and [energy] start_margin_ratio %g are more than the battery holds", e->reserve_ratio, e->start_margin_ratio);
    if (e->eager_s > e->overdue_s)
        return gnm_fail(why, -EINVAL, "[energy] eager (%g s) is longer than overdue (%g s)", e->eager_s, e->overdue_s);
    if (e->fresh_s > e->forecast_max_s)
        return gnm_fail(why, -EINVAL, "[energy] forecast_fresh (%g s) is longer than forecast_max_age (%g s)", e->fresh_s, e->forecast_max_s);
    if (e->lost_s < e->stale_s)
        return gnm_fail(why, -EINVAL, "[energy] lost (%g s) is shorter than stale (%g s)", e->lost_s, e->stale_s);
    if (config->n_controllers > 0 && e->stale_s < 2 * (double)config->controller[0].poll_s)
        return gnm_fail(why, -EINVAL, "[energy] stale (%g s) is shorter than two polls of the controller (%g s each)", e->stale_s,
                        (double)config->controller[0].poll_s);
    return 0;
}

/* Each kWh is of panel and grid in the share of the site. The limits of a purpose nobody may limit stay none. */
static int settle_budget(struct config *config, struct gnm_why *why)
{
    static const enum gnm_purpose free_purpose[] = { GNM_IDLE, GNM_POLL, GNM_IMPORT, GNM_PREDICT };
    double grid = config->carbon.grid_ratio;
    config->carbon.intensity_g_per_kwh = (1 - grid) * config->carbon.solar_g_per_kwh + grid * config->carbon.grid_g_per_kwh;
    for (size_t i = 0; i < sizeof free_purpose / sizeof free_purpose[0]; i++)
        config->limit[free_purpose[i]] = (struct energy_limit){ NAN, NAN };
    for (size_t i = 0; i < CONFIG_PARTS; i++)
        config->carbon.embodied_g_per_day += 1e3 * config->part[i].kg / (365.25 * config->part[i].years);
    if (config->carbon.embodied_g_per_day > 0)
        return 0;
    return gnm_fail(why, -EINVAL, "[budget] computer_kg, panel_kg, battery_kg and controller_kg are all 0: no box is made of nothing, count at least what brought a used one here");
}

#define REFERENCES(config, list, n, wanted) references(&(config)->list[0].name[0], sizeof (config)->list[0], (config)->n, wanted)

/* Whether `wanted` is empty or one of the `n` names, which stand `stride` bytes apart. */
static int references(const char *name, size_t stride, size_t n, const char *wanted)
{
    if (wanted[0] == '\0')
        return 1;
    for (size_t i = 0; i < n; i++, name += stride)
        if (strcmp(name, wanted) == 0)
            return 1;
    return 0;
}

static const struct config_series *find_series(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_series; i++)
        if (strcmp(config->series[i].name, name) == 0)
            return &config->series[i];
    return NULL;
}

/* A parent may be a series without a section; a circle of parents never ends. */
static int is_own_ancestor(const struct config *config, const struct config_series *series)
{
    const struct config_series *at = series;
    for (size_t steps = 0; at != NULL && at->parent[0] != '\0'; steps++) {
        if (strcmp(at->parent, series->name) == 0 || steps > config->n_series)
            return 1;
        at = find_series(config, at->parent);
    }
    return 0;
}

static int check_series(const struct config *config, struct gnm_why *why)
{
    for (size_t i = 0; i < config->n_series; i++) {
        const struct config_series *s = &config->series[i];
        if (!REFERENCES(config, company, n_companies, s->company))
            return gnm_fail(why, -EINVAL, "[series %s] company = '%s', but there is no [company %s]", s->name, s->company, s->company);
        if (!REFERENCES(config, place, n_places, s->place))
            return gnm_fail(why, -EINVAL, "[series %s] place = '%s', but there is no [place %s]", s->name, s->place, s->place);
        if (is_own_ancestor(config, s))
            return gnm_fail(why, -EINVAL, "[series %s] parent = '%s' leads back to itself", s->name, s->parent);
    }
    return 0;
}

static int check_feeds(const struct config *config, struct gnm_why *why)
{
    for (size_t i = 0; i < config->n_feeds; i++) {
        if (!REFERENCES(config, company, n_companies, config->feed[i].company))
            return gnm_fail(why, -EINVAL, "[feed %s] company = '%s', but there is no [company %s]", config->feed[i].name, config->feed[i].company, config->feed[i].company);
        char list[sizeof config->feed[i].places];
        char *rest = memcpy(list, config->feed[i].places, sizeof list), *word;
        while ((word = strsep(&rest, " ,\t")) != NULL)
            if (strcmp(word, "site") != 0 && !REFERENCES(config, place, n_places, word))
                return gnm_fail(why, -EINVAL, "[feed %s] places: there is no [place %s]", config->feed[i].name, word);
    }
    return 0;
}

int config_check(struct config *config, struct gnm_why *why)
{
    int rc = check_controllers(config, why);
    if (rc == 0)
        rc = settle_budget(config, why);
    if (rc == 0)
        rc = check_coordinates(config, why);
    if (rc == 0)
        rc = check_energy(config, why);
    if (rc == 0)
        rc = check_series(config, why);
    return rc == 0 ? check_feeds(config, why) : rc;
}
