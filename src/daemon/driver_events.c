#include "daemon/driver_events.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/holiday.h"
#include "daemon/places.h"

enum { DAYS_MAX = 400 };

/* From `at` on, one event more or less on `day`. */
struct change { struct driver_kind kind; int16_t rank, more; int32_t day; int64_t at_s; };

struct counting {
    struct daemon *d;
    struct driver_rows *rows;
    struct change *change;
    size_t n, cap;
    struct store_event held;      /* the word before the one under way */
    int holding;
    const struct feed_slot *slot; /* of the feed and place under way */
};

void driver_events_slug(const char *text, char *ret, size_t size)
{
    size_t n = 0;
    while (*text != '\0') {
        size_t word = 0, letters = 0;
        while (isalnum((unsigned char)text[word]) || (text[word] & 0x80) != 0 || text[word] == '\'')
            letters += !isdigit((unsigned char)text[word++]);
        if (letters > 0 && n > 0 && n + 1 < size)
            ret[n++] = '_';
        for (size_t i = 0; letters > 0 && i < word; i++)
            if (isalnum((unsigned char)text[i]) && n + 1 < size)
                ret[n++] = (char)tolower((unsigned char)text[i]);
        text += word > 0 ? word : 1;
    }
    while (n > 0 && ret[n - 1] == '_')
        n--;
    ret[n] = '\0';
}

/* ---- which driver, for whom ---- */

static int is_onset(const struct store_event *e)
{
    return strcmp(e->category, "onset") == 0 || strcmp(e->category, "crisis") == 0;
}

static int is_holiday(const struct store_event *e)
{
    return strcmp(e->category, "holiday") == 0;
}

static const char *home_of(const struct store_event *e, char ret[GNM_ID])
{
    snprintf(ret, GNM_ID, "%.*s", (int)strcspn(e->team, "|") < GNM_ID ? (int)strcspn(e->team, "|") : GNM_ID - 1, e->team);
    return ret;
}

/* The entry of the section's `venue` list that this event takes place at; 0 when it is none of them. */
static int listed_venue(const char *list, const struct store_event *e, char *ret, size_t size)
{
    char home[GNM_ID], here[2][96], entry[192];
    driver_events_slug(e->venue, here[0], sizeof here[0]);
    driver_events_slug(home_of(e, home), here[1], sizeof here[1]);
    while (*list != '\0') {
        size_t n = strcspn(list, ",");
        snprintf(entry, sizeof entry, "%.*s", (int)n, list);
        driver_events_slug(entry, ret, size);
        if (ret[0] != '\0' && (strstr(here[0], ret) != NULL || strstr(here[1], ret) != NULL))
            return 1;
        list += n + (list[n] == ',');
    }
    return 0;
}

static void name_driver(const struct store_event *e, const char *slug, char ret[GNM_ID])
{
    char kind[32];
    driver_events_slug(e->category, kind, sizeof kind);
    if (e->team[0] != '\0')
        snprintf(kind, sizeof kind, "match");
    if (is_onset(e))
        snprintf(ret, GNM_ID, "%.40s_onset", slug);
    else
        snprintf(ret, GNM_ID, "%.24s_%.38s", kind[0] != '\0' && !is_holiday(e) ? kind : "event", slug);
}

/* Home team and venue as tags: a series with either is concerned. */
static int tags_of(struct driver_rows *rows, const struct store_event *e, struct driver_audience *audience)
{
    char home[GNM_ID], words[200], slug[96];
    driver_events_slug(home_of(e, home), words, 96);
    driver_events_slug(e->venue, slug, sizeof slug);
    snprintf(words + strlen(words), sizeof words - strlen(words), " %s", slug);
    audience->tags = driver_rows_word(rows, words);
    return audience->tags == NULL ? -ENOMEM : 0;
}

int driver_events_kind(struct driver_rows *rows, const struct feed_slot *slot, const struct store_event *e, struct driver_kind *ret)
{
    const struct config_feed *config = slot->config;
    struct driver_audience audience = driver_audience_of(config, slot->places);
    char slug[96] = "", home[GNM_ID], driver[GNM_ID];
    int listed = config != NULL && config->venue[0] != '\0', rc = 0;
    if (listed && !listed_venue(config->venue, e, slug, sizeof slug))
        return 0;
    if (!listed)
        driver_events_slug(is_holiday(e) ? e->title : e->team[0] != '\0' ? home_of(e, home) : e->venue, slug, sizeof slug);
    if (!listed && e->team[0] != '\0')
        rc = tags_of(rows, e, &audience);
    if (slug[0] == '\0')
        driver_events_slug(e->feed, slug, sizeof slug);
    name_driver(e, slug, driver);
    if (rc == 0)
        rc = driver_rows_kind(rows, driver, &audience, ret);
    return rc < 0 ? rc : 1;
}

/* ---- counting ---- */

static int add_change(struct counting *c, const struct change *change)
{
    if (c->n == c->cap) {
        size_t cap = c->cap == 0 ? 256 : c->cap * 2;
        struct change *grown = reallocarray(c->change, cap, sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        c->change = grown;
        c->cap = cap;
    }
    c->change[c->n++] = *change;
    return 0;
}

/* The held word was true from its own time until `until_s`. */
static int settle(struct counting *c, int64_t until_s)
{
    const struct store_event *e = &c->held;
    struct change change = { .rank = c->slot == NULL ? 0 : (int16_t)driver_rows_rank(c->d->config, c->slot->config, c->slot - c->d->fetch.slot, 0) };
    if (!c->holding || e->cancelled || c->slot == NULL)
        return 0;
    int rc = driver_events_kind(c->rows, c->slot, e, &change.kind);
    int64_t last = is_onset(e) ? e->first_day : e->last_day < e->first_day + DAYS_MAX ? e->last_day : e->first_day + DAYS_MAX;
    for (int64_t day = e->first_day; rc > 0 && day <= last; day++) {
        change.day = (int32_t)day;
        change.more = 1;
        change.at_s = e->available_s;
        if (add_change(c, &change) < 0)
            return -ENOMEM;
        change.more = -1;
        change.at_s = until_s;
        if (until_s != GNM_NEVER && add_change(c, &change) < 0)
            return -ENOMEM;
    }
    return rc < 0 ? rc : 0;
}

int driver_events_drive(const struct daemon *d, const struct feed_slot *slot, const struct store_event *e)
{
    struct holiday list[HOLIDAYS_MAX];
    if (feed_is_index(slot->feed))
        return 0;
    for (size_t i = 0; i < feed_series_count(slot->feed); i++)
        if (feed_series_driver(slot->feed, i)[0] != '\0' && strcmp(feed_series_driver(slot->feed, i), "none") != 0)
            return 0;
    return !is_holiday(e) || holiday_list(places_country(d->config, slot->first), places_region(d->config, slot->first), 2026, list) < 0;
}

const struct feed_slot *driver_events_slot(const struct daemon *d, const struct store_event *e)
{
    for (size_t i = 0; i < d->fetch.n; i++)
        if (strcmp(feed_name(d->fetch.slot[i].feed), e->feed) == 0 && strcmp(d->fetch.slot[i].place, e->place) == 0)
            return &d->fetch.slot[i];
    return NULL;
}

/* Words on one event come one after the other. */
static int take_event(void *ctx, const struct store_event *e)
{
    struct counting *c = ctx;
    int same_feed = c->holding && strcmp(c->held.feed, e->feed) == 0 && strcmp(c->held.place, e->place) == 0;
    int rc = settle(c, same_feed && strcmp(c->held.id, e->id) == 0 ? e->available_s : GNM_NEVER);
    if (!same_feed) {
        c->slot = driver_events_slot(c->d, e);
        if (c->slot != NULL && !driver_events_drive(c->d, c->slot, e))
            c->slot = NULL;
    }
    c->held = *e;
    c->holding = 1;
    return rc;
}

static int by_day_and_time(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    if (x->kind.driver != y->kind.driver)
        return x->kind.driver < y->kind.driver ? -1 : 1;
    if (x->kind.audience != y->kind.audience)
        return x->kind.audience < y->kind.audience ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (x->at_s > y->at_s) - (x->at_s < y->at_s);
}

static int same_day(const struct change *a, const struct change *b)
{
    return a->kind.driver == b->kind.driver && a->kind.audience == b->kind.audience && a->rank == b->rank && a->day == b->day;
}

/* Changes of a day, in the order of time, become what was known of it. */
static int add_up(struct counting *c)
{
    int rc = 0, count = 0;
    if (c->n > 1)
        qsort(c->change, c->n, sizeof *c->change, by_day_and_time);
    for (size_t i = 0; i < c->n && rc == 0; i++) {
        const struct change *x = &c->change[i];
        count = (i > 0 && same_day(x - 1, x) ? count : 0) + x->more;
        if (i + 1 < c->n && same_day(x, x + 1) && x[1].at_s == x->at_s)
            continue;
        struct driver_row row = { .kind = x->kind, .rank = x->rank, .day = x->day, .available_s = x->at_s, .value = count };
        rc = driver_rows_add(c->rows, &row);
    }
    return rc;
}

int driver_events_add(struct daemon *d, struct driver_rows *rows, struct gnm_why *why)
{
    struct counting c = { .d = d, .rows = rows };
    int rc = store_each_event(d->store, &(struct store_event_pick){ 0 }, take_event, &c, why);
    if (rc == 0)
        rc = settle(&c, GNM_NEVER);
    if (rc == 0)
        rc = add_up(&c);
    free(c.change);
    return rc;
}
