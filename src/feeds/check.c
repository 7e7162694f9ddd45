/* What can only be judged once the whole file is read: each refusal names the file, the line of the section and the key. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "feeds/definition.h"
#include "feeds/template.h"

#define REFUSE(feed, line, why, ...) (gnm_fail(why, -EINVAL, __VA_ARGS__), gnm_fail_in(why, "%s:%d: ", (feed)->file, line), -EINVAL)

/* Which codes a format holds, as bits of "YmdHMS"; -1 when another code stands in it. */
static int format_codes(const char *format)
{
    static const char codes[] = "YmdHMS";
    int found = 0;
    for (const char *p = strchr(format, '%'); p != NULL; p = strchr(p + 1, '%')) {
        if (p[1] == '%') {
            p++;
            continue;
        }
        const char *code = p[1] != '\0' ? strchr(codes, p[1]) : NULL;
        if (code == NULL || (found & 1 << (code - codes)) != 0)
            return -1;
        found |= 1 << (code - codes);
    }
    return found;
}

int definition_check_date_format(struct feed *feed, struct gnm_why *why)
{
    enum { YEAR = 1, MONTH = 2, MDAY = 4, HOUR = 8, MINUTE = 16, SECOND = 32 };
    feed->period = PERIOD_DAY;
    feed->timed = 1;
    feed->dating = strcmp(feed->date_format, "unix") == 0 ? DATING_UNIX : DATING_ISO;
    if (feed->dating == DATING_UNIX || strcmp(feed->date_format, "iso") == 0)
        return 0;
    feed->dating = DATING_FORMAT;
    int codes = format_codes(feed->date_format);
    if (codes < 0 || (codes & YEAR) == 0)
        return gnm_fail(why, -EINVAL, "unix, iso, or %%Y with %%m %%d %%H %%M %%S once each is wanted");
    int gap = ((codes & MDAY) && !(codes & MONTH)) || ((codes & HOUR) && !(codes & MDAY)) || ((codes & MINUTE) && !(codes & HOUR)) ||
              ((codes & SECOND) && !(codes & MINUTE));
    if (gap)
        return gnm_fail(why, -EINVAL, "the format leaves out a unit between the largest and the smallest");
    feed->timed = (codes & HOUR) != 0;
    feed->period = (codes & MDAY) != 0 ? PERIOD_DAY : (codes & MONTH) != 0 ? PERIOD_MONTH : PERIOD_YEAR;
    feed->date_layout.len = 0;
    (void)civil_layout(feed->date_format, &feed->date_layout);
    return 0;
}

static int check_braces(const struct feed *feed, const char *text, const char *key, int secrets, struct gnm_why *why)
{
    struct template_piece piece;
    const char *at = text;
    do {
        if (template_next(&at, &piece, why) < 0)
            return gnm_fail_in(why, "%s:%d: %s: ", feed->file, feed->line, key);
        if (piece.kind == TEMPLATE_NAME && strcmp(piece.name, "secret") == 0 && !secrets)
            return REFUSE(feed, feed->line, why, "%s: {secret:NAME} stands in a header only", key);
    } while (piece.kind != TEMPLATE_END);
    return 0;
}

static int check_url(const struct feed *feed, struct gnm_why *why)
{
    if (feed->url == NULL)
        return REFUSE(feed, feed->line, why, "[feed %s] has no url", feed->name);
    int plain = strncmp(feed->url, "http://", 7) == 0;
    if (!plain && strncmp(feed->url, "https://", 8) != 0)
        return REFUSE(feed, feed->line, why, "url = \"%.60s\": begins with https:// (or http:// and http = yes)", feed->url);
    if (plain && !feed->http)
        return REFUSE(feed, feed->line, why, "url = \"%.60s\": plain http needs http = yes", feed->url);
    const char *host = feed->url + (plain ? 7 : 8);
    if (strcspn(host, "/?#{") == 0)
        return REFUSE(feed, feed->line, why, "url = \"%.60s\": the host is written out", feed->url);
    int err = check_braces(feed, feed->url, "url", 0, why);
    for (size_t i = 0; i < feed->n_headers && err == 0; i++)
        err = check_braces(feed, feed->header[i], "header", 1, why);
    for (size_t i = 0; i < feed->n_headers && err == 0; i++)
        if (strstr(feed->header[i], "{secret:") != NULL && feed->redirects > 0)
            err = REFUSE(feed, feed->line, why, "redirects = %d: a request with a secret follows none", (int)feed->redirects);
    return err;
}

static int kind_fits(const struct feed *feed, enum path_kind kind)
{
    if (kind == PATH_NUMBER)
        return 1;
    if (feed->format == FORMAT_CSV || feed->format == FORMAT_ICS)
        return kind == PATH_ROW;
    if (feed->format == FORMAT_JSONSTAT)
        return kind == PATH_NAME || kind == PATH_SELF || kind == PATH_DOCUMENT;
    if (feed->layout == LAYOUT_COLUMNS)
        return kind == PATH_ROW || kind == PATH_DOCUMENT;
    return kind != PATH_NAME;
}

static int check_paths(const struct feed *feed, struct gnm_why *why)
{
    static const char *const formats[] = { "json", "csv", "jsonstat", "ics" };
    static const char *const texts[] = { "", "$", "@key", "@self", "", "" };
    for (size_t i = 0; i < feed->n_paths; i++) {
        const struct path *path = &feed->path[i];
        if (!kind_fits(feed, path->kind))
            return REFUSE(feed, feed->line, why, "path \"%s%.80s\" has no meaning in format %s%s", texts[path->kind], path->text,
                          formats[feed->format], feed->layout == LAYOUT_COLUMNS ? " with layout columns" : "");
    }
    return 0;
}

static int check_layout(struct feed *feed, struct gnm_why *why)
{
    if (feed->format == FORMAT_ICS && feed->kind != FEED_SCHEDULE && feed->kind != FEED_CALENDAR)
        return REFUSE(feed, feed->line, why, "format = ics: kind = schedule (events to come) or kind = calendar (known for ever)");
    if (feed->format == FORMAT_ICS && (feed->date.n > 0 || feed->date_end.n > 0 || feed->require[0] != '\0'))
        return REFUSE(feed, feed->line, why, "format = ics: a calendar says itself when things are; date, date_end and require have no meaning");
    if (feed->layout == LAYOUT_COLUMNS && feed->format != FORMAT_JSON)
        return REFUSE(feed, feed->line, why, "layout = columns: only with format = json");
    if (feed->layout == LAYOUT_COLUMNS && feed->rows.stars > 0)
        return REFUSE(feed, feed->line, why, "rows: with layout = columns the path of one object, without '*'");
    if (feed->has_rows && feed->format != FORMAT_JSON)
        return REFUSE(feed, feed->line, why, "rows: csv has every record, jsonstat every cell, ics every occurrence; rows has no meaning there");
    if (feed->require[0] != '\0' && feed->require[0] != '/' && feed->require[0] != '$')
        return REFUSE(feed, feed->line, why, "require = \"%.60s\": a path begins with '/'", feed->require);
    feed->n_require = json_names(feed->require + (feed->require[0] == '$'), feed->require_names, sizeof feed->require_names);
    if (feed->n_require < 0)
        return REFUSE(feed, feed->line, why, "require = \"%.60s\": '~' is written ~0 and '/' in a name ~1", feed->require);
    if (feed->poll_s < 60)
        return REFUSE(feed, feed->line, why, "poll: at least 1m");
    if (feed->max_bytes < 1024)
        return REFUSE(feed, feed->line, why, "max_bytes: at least 1024");
    return check_paths(feed, why);
}

static int check_series(const struct feed *feed, const struct series_def *s, struct gnm_why *why)
{
    if (s->value == NO_SLOT)
        return REFUSE(feed, s->line, why, "[series %s] has no value", s->name);
    if (s->hourly && !feed->timed)
        return REFUSE(feed, s->line, why, "[series %s] step = hour: date_format \"%s\" has no hour", s->name, feed->date_format);
    if (s->shift_s % 86400 != 0 && !feed->timed)
        return REFUSE(feed, s->line, why, "[series %s] shift: rows dated by day move by whole days", s->name);
    if (s->hourly && feed->date_end.n > 0)
        return REFUSE(feed, s->line, why, "[series %s] step = hour does not go with date_end", s->name);
    if (s->min > s->max)
        return REFUSE(feed, s->line, why, "[series %s] min is above max", s->name);
    if (s->naming != NO_SLOT && feed->kind != FEED_ACTIVITY)
        return REFUSE(feed, s->line, why, "[series %s] name: only with kind = activity", s->name);
    return 0;
}

int definition_check(struct feed *feed, struct gnm_why *why)
{
    if (feed->name[0] == '\0')
        return REFUSE(feed, 1, why, "no [feed NAME] in this file");
    if (feed->dating == DATING_ISO)
        (void)civil_layout("%Y-%m-%dT%H:%M:%SZ", &feed->date_layout);
    int err = check_url(feed, why);
    err = err < 0 ? err : check_layout(feed, why);
    if (err < 0)
        return err;
    if (feed->n_series == 0)
        return REFUSE(feed, feed->line, why, "[feed %s] has no [series NAME]", feed->name);
    if (feed->date.n == 0 && feed->format != FORMAT_ICS)
        return REFUSE(feed, feed->line, why, "[feed %s] has no date: every value needs one", feed->name);
    if (feed->date_end.n > 0 && feed->period != PERIOD_DAY)
        return REFUSE(feed, feed->line, why, "date_end: only with dates by day");
    if (feed->lead_s != FEED_UNSET && feed->kind != FEED_FORECAST && feed->kind != FEED_SCHEDULE)
        return REFUSE(feed, feed->line, why, "lead: only with kind = forecast or schedule");
    for (size_t i = 0; i < feed->n_series && err == 0; i++)
        err = check_series(feed, &feed->series[i], why);
    return err;
}
