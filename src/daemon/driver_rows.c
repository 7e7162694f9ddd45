#include "daemon/driver_rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "daemon/places.h"
#include "features/panel_period.h"

enum { KINDS_MAX = 4000, INDEX_YEARS = 40 };

static int grow(void **array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return 0;
    size_t want = *cap == 0 ? 32 : *cap * 2;
    void *bigger = reallocarray(*array, want, size);
    if (bigger == NULL)
        return -ENOMEM;
    *array = bigger;
    *cap = want;
    return 0;
}

void driver_rows_free(struct driver_rows *rows)
{
    for (size_t i = 0; i < rows->n_words; i++)
        free(rows->word[i]);
    free(rows->word);
    free(rows->name);
    free(rows->audience);
    free(rows->row);
}

int driver_rows_rank(const struct config *config, const struct config_feed *section, ptrdiff_t slot, int later)
{
    return (later ? 0x4000 : 0) + (int)(section != NULL ? section - config->feed : CONFIG_FEEDS + slot);
}

const char *driver_rows_word(struct driver_rows *rows, const char *text)
{
    for (size_t i = 0; i < rows->n_words; i++)
        if (strcmp(rows->word[i], text) == 0)
            return rows->word[i];
    if (grow((void **)&rows->word, rows->n_words, &rows->cap_words, sizeof *rows->word) < 0)
        return NULL;
    char *copy = strdup(text);
    if (copy != NULL)
        rows->word[rows->n_words++] = copy;
    return copy;
}

struct driver_audience driver_audience_of(const struct config_feed *section, unsigned places)
{
    struct driver_audience all = { places, "", "", "" };
    return section == NULL ? all : (struct driver_audience){ places, section->places, section->tags, section->company };
}

/* Rows come driver by driver: the newest is the likeliest. */
static int name_at(struct driver_rows *rows, const char *driver)
{
    for (size_t i = rows->n_names; i-- > 0;)
        if (strcmp(rows->name[i], driver) == 0)
            return (int)i;
    if (rows->n_names == KINDS_MAX || grow((void **)&rows->name, rows->n_names, &rows->cap_names, GNM_ID) < 0)
        return -ENOMEM;
    strncpy(rows->name[rows->n_names], driver, GNM_ID - 1);
    rows->name[rows->n_names][GNM_ID - 1] = '\0';
    return (int)rows->n_names++;
}

static int audience_at(struct driver_rows *rows, const struct driver_audience *a)
{
    for (size_t i = rows->n_audiences; i-- > 0;) {
        const struct driver_audience *b = &rows->audience[i];
        if (b->places == a->places && strcmp(b->only, a->only) == 0 && strcmp(b->tags, a->tags) == 0 && strcmp(b->company, a->company) == 0)
            return (int)i;
    }
    if (rows->n_audiences == KINDS_MAX || grow((void **)&rows->audience, rows->n_audiences, &rows->cap_audiences, sizeof *rows->audience) < 0)
        return -ENOMEM;
    rows->audience[rows->n_audiences] = *a;
    return (int)rows->n_audiences++;
}

int driver_rows_kind(struct driver_rows *rows, const char *driver, const struct driver_audience *audience, struct driver_kind *ret)
{
    int name = name_at(rows, driver), whom = name < 0 ? name : audience_at(rows, audience);
    if (whom < 0)
        return whom;
    *ret = (struct driver_kind){ (int16_t)name, (int16_t)whom };
    return 0;
}

int driver_rows_add(struct driver_rows *rows, const struct driver_row *row)
{
    if (grow((void **)&rows->row, rows->n, &rows->cap, sizeof *rows->row) < 0)
        return -ENOMEM;
    rows->row[rows->n++] = *row;
    return 0;
}

static int by_kind_and_time(const void *a, const void *b)
{
    const struct driver_row *x = a, *y = b;
    if (x->kind.driver != y->kind.driver)
        return x->kind.driver < y->kind.driver ? -1 : 1;
    if (x->kind.audience != y->kind.audience)
        return x->kind.audience < y->kind.audience ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->available_s > y->available_s) - (x->available_s < y->available_s);
}

static int same_kind(const struct driver_row *a, const struct driver_row *b)
{
    return a->kind.driver == b->kind.driver && a->kind.audience == b->kind.audience;
}

/* One source a day, and of two vintages of the same moment the later. */
static void thin(struct driver_rows *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct driver_row *row = &rows->row[i], *last = kept > 0 ? &rows->row[kept - 1] : NULL;
        int same_day = last != NULL && same_kind(last, row) && last->day == row->day;
        if (same_day && last->rank != row->rank)
            continue;
        if (same_day && last->available_s == row->available_s)
            kept--;
        rows->row[kept++] = *row;
    }
    rows->n = kept;
}

void driver_rows_index(struct driver_row *row, size_t n)
{
    double level[12 * INDEX_YEARS];
    int64_t first = n > 0 ? civil_month_index(row[0].day) : 0;
    for (size_t i = 0; i < 12 * INDEX_YEARS; i++)
        level[i] = NAN;
    for (size_t i = 0; i < n; i++) {
        int64_t month = civil_month_index(row[i].day) - first;
        if (month >= 12 * INDEX_YEARS || isnan(row[i].value))
            continue;
        double before = month >= 12 ? level[month - 12] : 100, years = month >= 12 ? 1 : (double)month / 12;
        row[i].value = before * pow(1 + row[i].value / 100, years);
        level[month] = row[i].value;
    }
}

static void turn_rates(struct driver_rows *rows)
{
    for (size_t i = 0, n; i < rows->n; i += n) {
        for (n = 1; i + n < rows->n && same_kind(&rows->row[i], &rows->row[i + n]);)
            n++;
        if (rows->row[i].rate)
            driver_rows_index(&rows->row[i], n);
    }
}

/* ---- into the panels ---- */

static int concerns(const struct driver_rows *rows, const struct driver_audience *a, const char *series)
{
    int place = places_of_series(rows->config, series);
    if ((a->places & 1u << place) == 0)
        return 0;
    if (a->only[0] != '\0' && !places_share_word(a->only, place == 0 ? "site" : places_name(rows->config, place)))
        return 0;
    const struct config_series *section = places_series(rows->config, series);
    if (a->company[0] != '\0' && (section == NULL || strcmp(section->company, a->company) != 0))
        return 0;
    return a->tags[0] == '\0' || (section != NULL && places_share_word(section->tags, a->tags));
}

int driver_rows_concern(const struct driver_rows *rows, const struct driver_kind *kind, const char *series)
{
    return concerns(rows, &rows->audience[kind->audience], series);
}

static int add_run(struct panel *panel, const char *driver, int series, const struct driver_row *row, size_t n)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = panel_driver(panel, driver, series, row[i].day, row[i].value, row[i].available_s);
    return rc;
}

/* One run of rows: common when it concerns all, else the first series it concerns has it and the others share. `taken`: series that have this driver already. */
static int add_kind(const struct driver_rows *rows, struct panel *panel, const struct driver_row *row, size_t n, char *taken)
{
    const struct driver_audience *audience = &rows->audience[row->kind.audience];
    const char *driver = rows->name[row->kind.driver];
    size_t all = panel_series_count(panel), hit = 0;
    int like = -1, rc = 0;
    for (size_t i = 0; i < all; i++)
        hit += !taken[i] && concerns(rows, audience, panel_series_name(panel, i));
    if (hit == all) {
        memset(taken, 1, all);
        return add_run(panel, driver, -1, row, n);
    }
    for (size_t i = 0; i < all && rc == 0; i++) {
        if (taken[i] || !concerns(rows, audience, panel_series_name(panel, i)))
            continue;
        taken[i] = 1;
        rc = like < 0 ? add_run(panel, driver, (int)i, row, n) : panel_driver_share(panel, driver, (int)i, like);
        like = like < 0 ? (int)i : like;
    }
    return rc;
}

/* Events and prices by their names, see panel.h. */
int driver_rows_for_every_step(const char *driver)
{
    static const char *const prefix[] = { "event_", "strike_", "match_", "fair_", "closure_", "school_holiday", "cpi", "hicp" };
    for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
        if (strncmp(driver, prefix[i], strlen(prefix[i])) == 0)
            return 1;
    return strstr(driver, "_onset") != NULL;
}

static int hand_to(const struct driver_rows *rows, struct panel *panel, int daily)
{
    size_t given = panel_driver_count(panel);
    char *taken = malloc(panel_series_count(panel) + 1);
    int rc = taken == NULL ? -ENOMEM : 0;
    for (size_t i = 0, n; i < rows->n && rc == 0; i += n) {
        const char *driver = rows->name[rows->row[i].kind.driver];
        for (n = 1; i + n < rows->n && same_kind(&rows->row[i], &rows->row[i + n]);)
            n++;
        if (i == 0 || rows->row[i - 1].kind.driver != rows->row[i].kind.driver)
            memset(taken, 0, panel_series_count(panel) + 1);
        int at = panel_driver_find(panel, driver);
        if ((at < 0 || (size_t)at >= given) && (daily || driver_rows_for_every_step(driver)))
            rc = add_kind(rows, panel, &rows->row[i], n, taken);
    }
    free(taken);
    return rc;
}

int driver_rows_hand_over(struct driver_rows *rows, struct panel *const panel[], int steps)
{
    int rc = 0;
    if (rows->n > 1)
        qsort(rows->row, rows->n, sizeof *rows->row, by_kind_and_time);
    thin(rows);
    turn_rates(rows);
    for (int step = 0; step < steps && rc == 0; step++)
        if (panel[step] != NULL)
            rc = hand_to(rows, panel[step], step == GNM_DAY);
    return rc;
}
