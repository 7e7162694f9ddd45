#include "features/plan.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "features/feast.h"
#include "features/plan_columns.h"

enum { FEATURES_VERSION = 4, YEARLY_DAYS = 728 };
#define RARE_RATE (1.0 / 30)

/* A driver that is only measured on its own day (weather) cannot be read for a target day, so it gets no column; price indices and onsets
 * have their own rules and get none either. */
static int usable(const struct panel_driver_facts *f, enum panel_role role)
{
    if (role == PANEL_ONSET || role == PANEL_PRICE || role == PANEL_CLOSED || f->n == 0 || 2 * f->n_planned < f->n)
        return 0;
    return f->n_active > 0;
}

static void take_driver(struct plan *plan, const struct panel *panel, size_t at, const struct panel_driver_facts *f)
{
    struct plan_driver *driver = &plan->driver[plan->n_drivers];
    memset(driver, 0, sizeof *driver);
    snprintf(driver->name, sizeof driver->name, "%s", panel_driver_name(panel, at));
    driver->at = (int)at;
    driver->feast = -1;
    driver->event = panel_driver_role(panel, at) == PANEL_EVENT || f->small_counts;
    driver->fill = f->mean;
    double rate = (double)f->n_active / (f->tracks * (double)(f->last - f->first + 1));
    driver->rare = driver->event && (f->n_active <= 2 || rate < (plan->step == GNM_DAY ? RARE_RATE : 0.1));
    driver->holiday = driver->rare && strstr(driver->name, "holiday") != NULL && strstr(driver->name, "school") == NULL;
    plan->n_drivers++;
}

/* One year cannot tell season from growth: daily series need two before yearly columns enter. */
static int long_enough(const struct panel *panel, int origin, int64_t decision_s, int periods)
{
    for (size_t s = 0; s < panel_series_count(panel); s++) {
        int first, last;
        if (!panel_series_range(panel, s, &first, &last) || origin - first + 1 < periods)
            continue;
        double value[8];
        for (int p = first; p <= origin - periods + 1; p += 8) {
            panel_window(panel, s, p, 8, decision_s, value);
            for (int i = 0; i < 8; i++)
                if (!isnan(value[i]))
                    return p + i <= origin - periods + 1;
        }
    }
    return 0;
}

/* Whether the calendar of public holidays names this feast's neighbourhood: some countries have Christmas but no Easter, and most have eves that are no
 * holidays and yet like no other day. */
static int has_holiday(const struct plan *plan, const char *word)
{
    for (int i = 0; i < plan->n_drivers; i++)
        if (strncmp(plan->driver[i].name, "holiday_", 8) == 0 && strstr(plan->driver[i].name, word) != NULL)
            return 1;
    return 0;
}

static void take_feasts(struct plan *plan)
{
    int easter = has_holiday(plan, "easter"), christmas = has_holiday(plan, "christmas"), eves = has_holiday(plan, "eve");
    for (int i = 0; i < FEASTS && plan->n_drivers < PLAN_DRIVERS; i++) {
        if (feast_is_eve(i) ? eves : feast_moves(i) ? easter : christmas)
            continue;
        if (plan->step == GNM_MONTH ? i != 7 : plan->step == GNM_WEEK && !feast_is_wide(i))
            continue;
        struct plan_driver *driver = &plan->driver[plan->n_drivers];
        memset(driver, 0, sizeof *driver);
        snprintf(driver->name, sizeof driver->name, "%s", feast_names[i]);
        driver->at = -1;
        driver->feast = i;
        driver->event = driver->rare = 1;
        plan->n_drivers++;
    }
}

/* Weather and the like: unknown for the target, yet its recent past tells what the levels stand on. */
static void take_seen(struct plan *plan, const struct panel *panel, int64_t decision_s)
{
    for (size_t i = 0; i < panel_driver_count(panel) && plan->n_drivers < PLAN_DRIVERS; i++) {
        struct panel_driver_facts facts;
        panel_driver_facts(panel, i, decision_s, &facts);
        if (facts.n == 0 || facts.n_active == 0 || 2 * facts.n_planned >= facts.n || panel_driver_role(panel, i) != PANEL_NUMBER)
            continue;
        struct plan_driver *driver = &plan->driver[plan->n_drivers++];
        memset(driver, 0, sizeof *driver);
        snprintf(driver->name, sizeof driver->name, "%s", panel_driver_name(panel, i));
        driver->at = (int)i;
        driver->feast = -1;
        driver->seen = 1;
        driver->fill = facts.mean;
    }
}

static void take_note(struct plan *plan, const char *key, const char *text)
{
    double number;
    int i = 0;
    while (i < plan->n_notes && strcmp(plan->note[i], key) != 0)
        i++;
    if (i == PLAN_NOTES || strcmp(key, "unit") == 0)
        return;
    if (i == plan->n_notes)
        snprintf(plan->note[plan->n_notes++], GNM_ID, "%s", key);
    plan->note_is_text[i] |= text_double(text, &number) < 0;
}

static void take_notes(struct plan *plan, const struct panel *panel)
{
    const char *key, *text;
    for (size_t s = 0; s < panel_series_count(panel); s++)
        for (size_t i = 0; panel_series_note_at(panel, s, i, &key, &text); i++)
            take_note(plan, key, text);
}

static void put(struct plan_set *set, const struct plan_driver *driver, int i)
{
    set->driver[set->n++] = i;
    if (driver->feast >= 0)
        set->feasts |= 1u << driver->feast;
    else if (driver->at >= 0 && driver->at < 64)
        set->first |= UINT64_C(1) << driver->at;
    set->others |= driver->at >= 64;
}

void plan_list(struct plan *plan)
{
    memset(&plan->rare, 0, sizeof plan->rare);
    memset(&plan->holiday, 0, sizeof plan->holiday);
    for (int i = 0; i < plan->n_drivers; i++) {
        if (plan->driver[i].rare)
            put(&plan->rare, &plan->driver[i], i);
        if (plan->driver[i].holiday)
            put(&plan->holiday, &plan->driver[i], i);
    }
}

void plan_make(const struct panel *panel, int origin, struct plan *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->step = panel_step(panel);
    int64_t decision_s = panel_period_end_s(panel, origin);
    ret->yearly = ret->step != GNM_DAY || long_enough(panel, origin, decision_s, YEARLY_DAYS);
    for (size_t i = 0; i < panel_driver_count(panel) && ret->n_drivers < PLAN_DRIVERS; i++) {
        struct panel_driver_facts facts;
        panel_driver_facts(panel, i, decision_s, &facts);
        if (usable(&facts, panel_driver_role(panel, i)))
            take_driver(ret, panel, i, &facts);
    }
    take_feasts(ret);
    plan_list(ret);
    plan_add_columns(ret, cadence_of(ret->step), long_enough(panel, origin, decision_s, 2 * cadence_of(ret->step)->year));
    take_seen(ret, panel, decision_s);
    take_notes(ret, panel);
    plan_add_wide(ret, cadence_of(ret->step));
}

int plan_bind(struct plan *plan, const struct panel *panel, struct gnm_why *why)
{
    if (plan->step != panel_step(panel))
        return gnm_fail(why, -EINVAL, "the model is by %s, the data are by %s", gnm_step_names[plan->step], gnm_step_names[panel_step(panel)]);
    for (int i = 0; i < plan->n_drivers; i++)
        plan->driver[i].at = panel_driver_find(panel, plan->driver[i].name);
    plan_list(plan);
    return 0;
}

uint64_t plan_hash(const struct plan *plan)
{
    int head[] = { FEATURES_VERSION, (int)plan->step, plan->n_columns, plan->n_wide };
    uint64_t hash = hash_bytes(HASH_START, head, sizeof head);
    for (int i = 0; i < plan->n_wide; i++) {
        int body[] = { (int)plan->column[i].kind, plan->column[i].arg };
        hash = hash_bytes(hash, body, sizeof body);
        hash = hash_bytes(hash, plan->column[i].name, strlen(plan->column[i].name));
    }
    return hash;
}

double plan_event(const struct plan *plan, const struct panel *panel, int driver, size_t series, int period, int64_t decision_s)
{
    int at = plan->driver[driver].at, feast = plan->driver[driver].feast;
    if (feast >= 0)
        return panel_feasts(panel, period) >> feast & 1;
    if (at < 0 || !panel_may_count(panel, at, period))
        return 0;
    double value = panel_driver_value(panel, (size_t)at, series, period, decision_s);
    return isnan(value) ? 0 : value;
}

int plan_any(const struct plan *plan, const struct plan_set *set, const struct panel *panel, size_t series, int period, int64_t decision_s)
{
    if (set->feasts != 0 && (panel_feasts(panel, period) & set->feasts) != 0)
        return 1;
    for (uint64_t may = set->first & panel_counting(panel, period); may != 0; may &= may - 1) {
        double value = panel_driver_value(panel, (size_t)__builtin_ctzll(may), series, period, decision_s);
        if (!isnan(value) && value != 0)
            return 1;
    }
    for (int i = 0; set->others && i < set->n; i++)
        if (plan->driver[set->driver[i]].at >= 64 && plan_event(plan, panel, set->driver[i], series, period, decision_s) != 0)
            return 1;
    return 0;
}
