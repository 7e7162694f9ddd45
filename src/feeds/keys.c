/* The table of keys: one row says where a key may stand, how its value is read and where it goes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "feeds/definition.h"

enum { IN_FEED = 1, IN_SERIES = 2, AGAIN = 4 };   /* AGAIN: the key may be repeated */

struct place { struct feed *feed; struct series_def *series; };
struct key;
typedef int setter(const struct place *place, const struct key *key, const char *value, struct gnm_why *why);
struct key {
    const char *name;
    int where;
    setter *set;
    size_t in_feed, in_series;   /* offset of the member */
    size_t size;                 /* of a text */
    const char *words;           /* of an enumeration, in order */
};

static void *member(const struct place *place, const struct key *key)
{
    return place->series != NULL ? (char *)place->series + key->in_series : (char *)place->feed + key->in_feed;
}

static int set_text(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    if (text_copy(member(place, key), key->size, value) < 0)
        return gnm_fail(why, -ENAMETOOLONG, "at most %zu bytes", key->size - 1);
    return 0;
}

static int set_bool(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    if (text_bool(value, member(place, key)) < 0)
        return gnm_fail(why, -EINVAL, "yes or no is wanted");
    return 0;
}

static int set_duration(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    if (text_duration_s(value, member(place, key)) < 0)
        return gnm_fail(why, -EINVAL, "a duration like 30s, 10m, 3h, 27d or 2w is wanted");
    return 0;
}

static int set_span(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    int64_t span;
    if (text_duration_s(value, &span) < 0 || span < 0)
        return gnm_fail(why, -EINVAL, "a duration like 30s, 10m, 3h, 27d or 2w is wanted, not negative");
    *(int64_t *)member(place, key) = span;
    return 0;
}

static int set_number(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    if (text_double(value, member(place, key)) < 0)
        return gnm_fail(why, -EINVAL, "a number is wanted");
    return 0;
}

static int set_count(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    int64_t high = (int64_t)key->size;
    if (text_int(value, 0, high, member(place, key)) < 0)
        return gnm_fail(why, -EINVAL, "a whole number from 0 to %lld is wanted", (long long)high);
    return 0;
}

static int set_word(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    int index = 0;
    size_t len = strlen(value);
    for (const char *word = key->words; *word != '\0'; index++) {
        size_t n = strcspn(word, " ");
        if (n == len && memcmp(word, value, n) == 0) {
            *(int *)member(place, key) = index;
            return 0;
        }
        word += n + (word[n] == ' ');
    }
    return gnm_fail(why, -EINVAL, "one of these is wanted: %s", key->words);
}

static int set_slot(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    return path_slot(place->feed, value, member(place, key), why);
}

static int set_stencil(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    return path_stencil(place->feed, value, member(place, key), why);
}

static int set_words(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    return path_words(place->feed, value, member(place, key), why);
}

static int set_team(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    struct feed *feed = place->feed;
    (void)key;
    if (feed->n_teams == 2)
        return gnm_fail(why, -E2BIG, "at most two teams, the first at home");
    return path_words(feed, value, &feed->team[feed->n_teams++], why);
}

static int set_rows(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    (void)key;
    place->feed->has_rows = 1;
    return path_walk(value, &place->feed->rows, why);
}

static int set_where(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    (void)key;
    int series = place->series == NULL ? -1 : (int)(place->series - place->feed->series);
    return path_condition(place->feed, series, value, why);
}

static int set_url(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    (void)key;
    place->feed->url_line = place->feed->at_line;
    place->feed->url = strdup(value);
    return place->feed->url == NULL ? gnm_fail(why, -ENOMEM, "no memory") : 0;
}

static int set_header(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    (void)key;
    struct feed *feed = place->feed;
    size_t name = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    if (name == 0 || value[name] != ':')
        return gnm_fail(why, -EINVAL, "a header is written Name: value");
    if (feed->n_headers == FEED_HEADERS)
        return gnm_fail(why, -E2BIG, "at most %d headers", FEED_HEADERS);
    feed->header[feed->n_headers] = strdup(value);
    if (feed->header[feed->n_headers] == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    feed->header_line[feed->n_headers++] = feed->at_line;
    return 0;
}

/* The name a series has where forecasts are made; an identifier like the series' own. */
static int set_driver(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    if (value[strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")] != '\0' || value[0] == '\0' ||
        text_copy(member(place, key), GNM_ID, value) < 0)
        return gnm_fail(why, -EINVAL, "1 to %d letters, digits, '-', '_' or '.' are wanted, or none", GNM_ID - 1);
    return 0;
}

static int set_date_format(const struct place *place, const struct key *key, const char *value, struct gnm_why *why)
{
    int err = set_text(place, key, value, why);
    return err < 0 ? err : definition_check_date_format(place->feed, why);
}

#define F(m) .in_feed = offsetof(struct feed, m)
#define S(m) .in_series = offsetof(struct series_def, m)
#define FS(m) F(m), S(m)
#define SIZE(m) .size = sizeof ((struct feed *)NULL)->m

static const struct key keys[] = {
    { "url", IN_FEED, set_url, .size = 0 },
    { "header", IN_FEED | AGAIN, set_header, .size = 0 },
    { "format", IN_FEED, set_word, F(format), .words = "json csv jsonstat ics" },
    { "layout", IN_FEED, set_word, F(layout), .words = "rows columns" },
    { "rows", IN_FEED, set_rows, .size = 0 },
    { "require", IN_FEED, set_text, F(require), SIZE(require) },
    { "date", IN_FEED, set_stencil, F(date) },
    { "date_end", IN_FEED, set_stencil, F(date_end) },
    { "date_format", IN_FEED, set_date_format, F(date_format), SIZE(date_format) },
    { "date_tz", IN_FEED, set_word, F(date_local), .words = "utc local" },
    { "where", IN_FEED | IN_SERIES | AGAIN, set_where, .size = 0 },
    { "value", IN_SERIES, set_slot, S(value) },
    { "divide", IN_SERIES, set_slot, S(divide) },
    { "name", IN_SERIES, set_slot, S(naming) },
    { "scale", IN_SERIES, set_number, S(scale) },
    { "offset", IN_SERIES, set_number, S(offset) },
    { "min", IN_SERIES, set_number, S(min) },
    { "max", IN_SERIES, set_number, S(max) },
    { "shift", IN_SERIES, set_duration, S(shift_s) },
    { "step", IN_SERIES, set_word, S(hourly), .words = "day hour" },
    { "agg", IN_SERIES, set_word, S(agg), .words = "last sum mean min max count any" },
    { "min_rows", IN_SERIES, set_count, S(min_rows), .size = 100000 },
    { "driver", IN_SERIES, set_driver, S(driver) },
    { "form", IN_SERIES, set_word, S(form), .words = "level yearly" },
    { "fill", IN_FEED | IN_SERIES, set_word, FS(fill), .words = "none step zero" },
    { "lag", IN_FEED | IN_SERIES, set_span, FS(lag_s) },
    { "kind", IN_FEED, set_word, F(kind), .words = "observation forecast schedule calendar activity" },
    { "lead", IN_FEED, set_span, F(lead_s) },
    { "issued", IN_FEED, set_slot, F(issued) },
    { "back", IN_FEED, set_duration, F(back_s) },
    { "ahead", IN_FEED, set_duration, F(ahead_s) },
    { "id", IN_FEED, set_words, F(id) },
    { "title", IN_FEED, set_words, F(title) },
    { "venue", IN_FEED, set_words, F(venue) },
    { "category", IN_FEED, set_words, F(category) },
    { "team", IN_FEED | AGAIN, set_team, .size = 0 },
    { "importance", IN_FEED, set_slot, F(importance) },
    { "attendance", IN_FEED, set_slot, F(attendance) },
    { "licence", IN_FEED, set_text, F(licence), SIZE(licence) },
    { "contact", IN_FEED, set_text, F(contact), SIZE(contact) },
    { "enabled", IN_FEED, set_bool, F(enabled) },
    { "local", IN_FEED, set_bool, F(local) },
    { "http", IN_FEED, set_bool, F(http) },
    { "redirects", IN_FEED, set_count, F(redirects), .size = 5 },
    { "poll", IN_FEED, set_span, F(poll_s) },
    { "calls", IN_FEED, set_count, F(calls), .size = 10000 },
    { "spacing", IN_FEED, set_span, F(spacing_s) },
    { "max_bytes", IN_FEED, set_count, F(max_bytes), .size = 16777216 },
    { "max_age", IN_FEED, set_span, F(max_age_s) },
};
enum { KEYS = sizeof keys / sizeof keys[0] };
_Static_assert(KEYS <= 64, "one bit per key");

static int unknown_key(const char *key, const char *value, int where, struct gnm_why *why)
{
    const char *section = where == IN_FEED ? "[feed]" : "[series]", *candidate[KEYS];
    size_t n = 0;
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].name, key) == 0)
            return gnm_fail(why, -EINVAL, "key \"%.40s\" = \"%.60s\" does not belong in %s", key, value, section);
        if ((keys[i].where & where) != 0)
            candidate[n++] = keys[i].name;
    }
    const char *near = text_nearest(key, candidate, n);
    if (near == NULL)
        return gnm_fail(why, -EINVAL, "unknown key \"%.40s\" = \"%.60s\" in %s", key, value, section);
    return gnm_fail(why, -EINVAL, "unknown key \"%.40s\" = \"%.60s\" in %s: did you mean \"%s\"?", key, value, section, near);
}

int key_set(struct feed *feed, struct series_def *series, uint64_t *seen, const char *key, const char *value, struct gnm_why *why)
{
    int where = series == NULL ? IN_FEED : IN_SERIES;
    size_t i = 0;
    while (i < KEYS && (strcmp(keys[i].name, key) != 0 || (keys[i].where & where) == 0))
        i++;
    if (i == KEYS)
        return unknown_key(key, value, where, why);
    if ((*seen & UINT64_C(1) << i) != 0 && (keys[i].where & AGAIN) == 0)
        return gnm_fail(why, -EINVAL, "key \"%s\" = \"%.60s\" stands here a second time", key, value);
    *seen |= UINT64_C(1) << i;
    struct place place = { feed, series };
    int err = keys[i].set(&place, &keys[i], value, why);
    return err < 0 ? gnm_fail_in(why, "%s = \"%.60s\": ", key, value) : 0;
}
