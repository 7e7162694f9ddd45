#include "features/panel_data.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { DAY_MIN = -25567, DAY_MAX = 84006, DRIVERS_MAX = 4000 };

static int starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int ends(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && strcmp(text + n - m, suffix) == 0;
}

static enum panel_role role_by_name(const char *name)
{
    if (ends(name, "_onset"))
        return PANEL_ONSET;
    if (starts(name, "cpi") || starts(name, "hicp"))
        return PANEL_PRICE;
    if (strcmp(name, "closed") == 0 || starts(name, "closed_"))
        return PANEL_CLOSED;
    return starts(name, "strike_") || starts(name, "event_") ? PANEL_EVENT : PANEL_NUMBER;
}

/* Room for one more element; doubles the array. */
static int grow(void **array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return 0;
    size_t want = *cap == 0 ? 64 : *cap * 2;
    void *bigger = reallocarray(*array, want, size);
    if (bigger == NULL)
        return -ENOMEM;
    *array = bigger;
    *cap = want;
    return 0;
}

int panel_new(const struct zone *zone, struct panel **ret, struct gnm_why *why)
{
    struct panel *panel = calloc(1, sizeof *panel);
    if (panel == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for a panel");
    panel->zone = zone;
    panel->step = GNM_DAY;
    *ret = panel;
    return 0;
}

static void source_free(struct panel_source *source)
{
    for (int i = 0; i < source->n_tracks; i++)
        panel_track_free(&source->track[i]);
    free(source->track);
    free(source->slot);
    free(source->raw);
    free(source->share);
}

void panel_free(struct panel *panel)
{
    if (panel == NULL)
        return;
    for (size_t i = 0; i < panel->n_company; i++) {
        panel_track_free(&panel->company[i].track);
        free(panel->company[i].note);
    }
    for (size_t i = 0; i < panel->n_source; i++)
        source_free(&panel->source[i]);
    free(panel->company);
    free(panel->place);
    free(panel->source);
    free(panel->raw);
    free(panel->feast);
    free(panel->active);
    free(panel);
}

/* The slot that holds `name`, or the empty one it belongs into. */
static size_t place_of(const struct panel *panel, const char *name)
{
    size_t at = hash_bytes(HASH_START, name, strlen(name)) & (panel->cap_place - 1);
    while (panel->place[at] != 0 && strcmp(panel->company[panel->place[at] - 1].name, name) != 0)
        at = (at + 1) & (panel->cap_place - 1);
    return at;
}

/* At most half full. */
static int grow_places(struct panel *panel)
{
    if ((panel->n_company + 1) * 2 <= panel->cap_place)
        return 0;
    size_t want = panel->cap_place == 0 ? 64 : panel->cap_place * 2;
    int *place = calloc(want, sizeof *place);
    if (place == NULL)
        return -ENOMEM;
    free(panel->place);
    panel->place = place;
    panel->cap_place = want;
    for (size_t i = 0; i < panel->n_company; i++)
        place[place_of(panel, panel->company[i].name)] = (int)i + 1;
    return 0;
}

int panel_find_series(const struct panel *panel, const char *name)
{
    /* Files come sorted by series: the newest is the likeliest. */
    if (panel->n_company > 0 && strcmp(panel->company[panel->n_company - 1].name, name) == 0)
        return (int)panel->n_company - 1;
    return panel->cap_place == 0 ? -1 : panel->place[place_of(panel, name)] - 1;
}

int panel_series(struct panel *panel, const char *name)
{
    int known = panel_find_series(panel, name);
    if (known >= 0)
        return known;
    if (panel->sealed || strlen(name) >= GNM_ID || panel->n_company >= PANEL_SERIES_MAX)
        return -EINVAL;
    if (grow((void **)&panel->company, panel->n_company, &panel->cap_company, sizeof *panel->company) < 0 || grow_places(panel) < 0)
        return -ENOMEM;
    struct panel_company *company = &panel->company[panel->n_company];
    memset(company, 0, sizeof *company);
    memcpy(company->name, name, strlen(name) + 1);
    company->non_negative = 1;
    panel->place[place_of(panel, name)] = (int)panel->n_company + 1;
    return (int)panel->n_company++;
}

void panel_series_options(struct panel *panel, int series, int non_negative, int is_money)
{
    if (series < 0 || (size_t)series >= panel->n_company)
        return;
    panel->company[series].non_negative = non_negative;
    panel->company[series].is_money = is_money;
}

void panel_series_closed(struct panel *panel, int series, unsigned weekdays)
{
    if (series >= 0 && (size_t)series < panel->n_company)
        panel->company[series].closed = weekdays;
}

int panel_activity(struct panel *panel, int series, int64_t day, double value, int64_t available_s)
{
    if (panel->sealed || series < 0 || (size_t)series >= panel->n_company || day < DAY_MIN || day > DAY_MAX || isinf(value))
        return -EINVAL;
    if (grow((void **)&panel->raw, panel->n_raw, &panel->cap_raw, sizeof *panel->raw) < 0)
        return -ENOMEM;
    panel->raw[panel->n_raw++] = (struct panel_raw){ series, (int32_t)day, available_s, value };
    return 0;
}

static struct panel_source *source_of(struct panel *panel, const char *name)
{
    for (size_t i = panel->n_source; i-- > 0;)
        if (strcmp(panel->source[i].name, name) == 0)
            return &panel->source[i];
    if (panel->sealed || strlen(name) >= GNM_ID || panel->n_source >= DRIVERS_MAX)
        return NULL;
    if (grow((void **)&panel->source, panel->n_source, &panel->cap_source, sizeof *panel->source) < 0)
        return NULL;
    struct panel_source *source = &panel->source[panel->n_source++];
    memset(source, 0, sizeof *source);
    memcpy(source->name, name, strlen(name) + 1);
    source->role = role_by_name(name);
    return source;
}

int panel_driver(struct panel *panel, const char *driver, int series, int64_t day, double value, int64_t available_s)
{
    if (panel->sealed || series < -1 || series >= (int)panel->n_company || day < DAY_MIN || day > DAY_MAX || isinf(value))
        return -EINVAL;
    struct panel_source *source = source_of(panel, driver);
    if (source == NULL || grow((void **)&source->raw, source->n_raw, &source->cap_raw, sizeof *source->raw) < 0)
        return -ENOMEM;
    source->raw[source->n_raw++] = (struct panel_raw){ series, (int32_t)day, available_s, value };
    return 0;
}

int panel_driver_share(struct panel *panel, const char *driver, int series, int like)
{
    if (panel->sealed || series < 0 || series >= (int)panel->n_company || like < 0 || like >= (int)panel->n_company)
        return -EINVAL;
    struct panel_source *source = source_of(panel, driver);
    if (source == NULL || grow((void **)&source->share, source->n_share, &source->cap_share, sizeof *source->share) < 0)
        return -ENOMEM;
    source->share[source->n_share++] = (struct panel_share){ series, like };
    return 0;
}

int panel_static(struct panel *panel, int series, const char *key, const char *text)
{
    if (series < 0 || (size_t)series >= panel->n_company || strlen(key) >= GNM_ID || strlen(text) >= 64)
        return -EINVAL;
    struct panel_company *company = &panel->company[series];
    struct panel_note *bigger = reallocarray(company->note, company->n_notes + 1, sizeof *bigger);
    if (bigger == NULL)
        return -ENOMEM;
    company->note = bigger;
    memset(&bigger[company->n_notes], 0, sizeof *bigger);
    memcpy(bigger[company->n_notes].key, key, strlen(key) + 1);
    memcpy(bigger[company->n_notes].text, text, strlen(text) + 1);
    company->n_notes++;
    if (strcmp(key, "unit") == 0)
        company->is_money = strcmp(text, "money") == 0;
    return 0;
}

int panel_role(struct panel *panel, const char *driver, enum panel_role role)
{
    struct panel_source *source = source_of(panel, driver);
    if (source == NULL)
        return -ENOMEM;
    source->role = role;
    source->role_set = 1;
    return 0;
}

int panel_known(struct panel *panel, const char *driver)
{
    struct panel_source *source = source_of(panel, driver);
    if (source == NULL)
        return -ENOMEM;
    source->known = 1;
    return 0;
}
