/* Reading a definition file: sections, defaults, what others may ask about it. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/text.h"
#include "feeds/definition.h"

enum place { NOWHERE, IN_FEED, IN_SERIES, IN_VARS };

struct loader {
    struct feed *feed;
    enum place place;
    char section[128];
    uint64_t seen;               /* keys of this section */
};

static void set_defaults(struct feed *feed)
{
    *feed = (struct feed){
        .enabled = 1, .poll_s = 6 * 3600, .calls = 200, .max_bytes = 2 << 20, .max_age_s = 2 * 86400, .spacing_s = 1,
        .lag_s = FEED_UNSET, .lead_s = FEED_UNSET, .issued = NO_SLOT, .importance = NO_SLOT, .attendance = NO_SLOT, .dating = DATING_ISO, .timed = 1,
        .back_s = FEED_UNSET, .ahead_s = FEED_UNSET,
        .date_format = "iso",
    };
}

/* An identifier ends in file names, SQL and logs: letters, digits, '-', '_' and '.'. */
static int good_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    return len > 0 && len < GNM_ID && name[len] == '\0';
}

static int open_feed(struct loader *l, const char *name, int line, struct gnm_why *why)
{
    if (l->feed->name[0] != '\0')
        return gnm_fail(why, -EINVAL, "a second [feed] in one file: [%.80s]", l->section);
    strcpy(l->feed->name, name);
    l->feed->line = line;
    l->place = IN_FEED;
    return 0;
}

static int open_series(struct loader *l, const char *name, int line, struct gnm_why *why)
{
    struct feed *feed = l->feed;
    if (feed->name[0] == '\0')
        return gnm_fail(why, -EINVAL, "[series %s] stands before [feed NAME]", name);
    for (size_t i = 0; i < feed->n_series; i++)
        if (strcmp(feed->series[i].name, name) == 0)
            return gnm_fail(why, -EINVAL, "a second [series %s]", name);
    if (feed->n_series == FEED_SERIES)
        return gnm_fail(why, -E2BIG, "at most %d series in a feed", FEED_SERIES);
    struct series_def *grown = realloc(feed->series, (feed->n_series + 1) * sizeof *grown);
    if (grown == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    feed->series = grown;
    struct series_def *s = &grown[feed->n_series++];
    *s = (struct series_def){
        .line = line, .value = NO_SLOT, .divide = NO_SLOT, .naming = NO_SLOT,
        .scale = 1, .min = -INFINITY, .max = INFINITY, .lag_s = FEED_UNSET, .fill = -1,
    };
    strcpy(s->name, name);
    l->place = IN_SERIES;
    return 0;
}

static int open_section(struct loader *l, const char *section, int line, struct gnm_why *why)
{
    static const char *const kinds[] = { "feed", "series", "vars" };
    char kind[16] = "";
    size_t len = strcspn(section, " \t");
    if (text_copy(l->section, sizeof l->section, section) < 0)
        return gnm_fail(why, -EINVAL, "the section's name is too long");
    if (len < sizeof kind)
        memcpy(kind, section, len);
    const char *name = section + len + strspn(section + len, " \t");
    l->seen = 0;
    if (strcmp(section, "vars") == 0) {
        l->place = IN_VARS;
        return 0;
    }
    if (strcmp(kind, "feed") != 0 && strcmp(kind, "series") != 0) {
        const char *near = text_nearest(kind, kinds, 3);
        return gnm_fail(why, -EINVAL, "unknown section [%.60s]%s%s%s", section, near != NULL ? ": did you mean \"" : "", near != NULL ? near : "",
                        near != NULL ? "\"?" : "");
    }
    if (!good_name(name))
        return gnm_fail(why, -EINVAL, "[%.60s]: a name has 1 to %d letters, digits, '-', '_' or '.'", section, GNM_ID - 1);
    return kind[0] == 'f' ? open_feed(l, name, line, why) : open_series(l, name, line, why);
}

static int set_var(struct loader *l, const char *key, const char *value, struct gnm_why *why)
{
    struct feed *feed = l->feed;
    for (size_t i = 0; i < feed->n_vars; i++)
        if (strcmp(feed->var[i].name, key) == 0)
            return gnm_fail(why, -EINVAL, "variable \"%.40s\" = \"%.60s\" stands here a second time", key, value);
    if (feed->n_vars == FEED_VARS)
        return gnm_fail(why, -E2BIG, "at most %d variables", FEED_VARS);
    struct feed_var *var = &feed->var[feed->n_vars];
    if (!good_name(key) || text_copy(var->name, sizeof var->name, key) < 0 || text_copy(var->value, sizeof var->value, value) < 0)
        return gnm_fail(why, -EINVAL, "variable \"%.40s\" = \"%.60s\": the name is not an identifier or the value too long", key, value);
    feed->n_vars++;
    return 0;
}

static int take(void *ctx, const char *section, const char *key, const char *value, int line, struct gnm_why *why)
{
    struct loader *l = ctx;
    if (value == NULL)
        value = "";
    if (key == NULL || strcmp(section, l->section) != 0) {
        int err = open_section(l, section, line, why);
        if (err < 0 || key == NULL)
            return err;
    }
    l->feed->at_line = line;
    if (l->place == IN_VARS)
        return set_var(l, key, value, why);
    struct series_def *series = l->place == IN_SERIES ? &l->feed->series[l->feed->n_series - 1] : NULL;
    return key_set(l->feed, series, &l->seen, key, value, why);
}

int feed_load(const char *name, const char *data, size_t len, struct feed **ret, struct gnm_why *why)
{
    struct feed *feed = malloc(sizeof *feed);
    if (feed == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    set_defaults(feed);
    text_clean(feed->file, sizeof feed->file, name, strlen(name));
    struct loader loader = { .feed = feed };
    int err = ini_read(name, data, len, take, &loader, why);
    if (err == 0)
        err = definition_check(feed, why);
    if (err == 0 && (feed->n_headers > 0 || feed->contact[0] != '\0')) {
        feed->header_space = calloc(feed->n_headers + 1, HEADER_SPACE);
        err = feed->header_space == NULL ? gnm_fail(why, -ENOMEM, "no memory") : 0;
    }
    if (err < 0) {
        feed_free(feed);
        return err;
    }
    *ret = feed;
    return 0;
}

void feed_free(struct feed *feed)
{
    if (feed == NULL)
        return;
    free(feed->url);
    for (size_t i = 0; i < feed->n_headers; i++)
        free(feed->header[i]);
    free(feed->header_space);
    free(feed->path);
    free(feed->condition);
    free(feed->series);
    free(feed);
}

const char *feed_name(const struct feed *feed) { return feed->name; }
const char *feed_licence(const struct feed *feed) { return feed->licence; }
enum feed_kind feed_kind(const struct feed *feed) { return (enum feed_kind)feed->kind; }
int feed_enabled(const struct feed *feed) { return feed->enabled; }
int64_t feed_poll_s(const struct feed *feed) { return feed->poll_s; }
int64_t feed_calls(const struct feed *feed) { return feed->calls; }
int64_t feed_max_age_s(const struct feed *feed) { return feed->max_age_s; }
int64_t feed_spacing_s(const struct feed *feed) { return feed->spacing_s; }

void feed_range(const struct feed *feed, int64_t today, int64_t *from_day, int64_t *to_day)
{
    static const int back_d[] = { 85, 85, 30, 370, 85 }, ahead_d[] = { 0, 0, 90, 400, 0 };    /* by kind */
    *from_day = today - (feed->back_s != FEED_UNSET ? feed->back_s / 86400 : back_d[feed->kind]);
    *to_day = today + (feed->ahead_s != FEED_UNSET ? feed->ahead_s / 86400 : ahead_d[feed->kind]);
}

size_t feed_series_count(const struct feed *feed) { return feed->n_series; }
const char *feed_series_name(const struct feed *feed, size_t i) { return feed->series[i].name; }

const char *feed_series_driver(const struct feed *feed, size_t i) { return feed->series[i].driver; }
int feed_series_is_rate(const struct feed *feed, size_t i) { return feed->series[i].form; }
int feed_is_index(const struct feed *feed) { return feed->title.n == 0 && feed->category.n == 1 && strcmp(feed->category.part[0].literal, "index") == 0; }
int feed_has_events(const struct feed *feed) { return feed->title.n > 0; }
void feed_rename(struct feed *feed, const char *name) { text_copy(feed->name, sizeof feed->name, name); }

enum gnm_step feed_series_step(const struct feed *feed, size_t i)
{
    if (feed->period != PERIOD_DAY)
        return GNM_MONTH;
    return feed->series[i].hourly ? GNM_HOUR : GNM_DAY;
}

enum feed_fill feed_series_fill(const struct feed *feed, size_t i)
{
    return (enum feed_fill)(feed->series[i].fill >= 0 ? feed->series[i].fill : feed->fill);
}
