/* An answer's body becomes dated values, or one sentence about what is wrong with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "feeds/extract.h"

/* What the provider says in an error body; NULL when it says nothing we know to look for. */
static const char *provider_says(const struct json *doc)
{
    static const char *const places[] = { "/reason", "/error/label", "/error/message", "/message/text", "/message", "/detail", "/message/0", "/error",
                                          "/0/message/0/value" };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *text = json_string(json_pointer(doc, places[i]));
        if (text != NULL && text[0] != '\0')
            return text;
    }
    return NULL;
}

static int add_saying(const struct json *doc, struct gnm_why *why)
{
    const char *text = provider_says(doc);
    if (text == NULL || why == NULL)
        return why != NULL ? why->code : -EBADMSG;
    char clean[120];
    struct gnm_why first = *why;
    text_clean(clean, sizeof clean, text, strlen(text));
    return gnm_fail(why, first.code, "%.110s; the provider says: %s", first.text, clean);
}

static int check_required(const struct feed *feed, const struct json *doc, struct gnm_why *why)
{
    if (feed->require[0] == '\0')
        return 0;
    const struct json *node = json_follow(doc, feed->require_names, feed->n_require);
    if (node == NULL || json_type(node) == JSON_NULL)
        return gnm_fail(why, -EBADMSG, "the answer lacks \"%s\"", feed->require);
    return 0;
}

int reader_check_counts(const struct reader *r, struct gnm_why *why)
{
    if (r->n > 0 || r->dropped_date + r->dropped_value == 0)
        return 0;
    if (r->dropped_value == 0)
        return gnm_fail(why, -EBADMSG, "none of %zu rows has a date the definition can read", r->dropped_date);
    return gnm_fail(why, -EBADMSG, "none of %zu rows has a number where the definition looks for one", r->rows_seen);
}

static int read_json(struct reader *r, const char *body, size_t len, struct gnm_why *why)
{
    struct gnm_why inner;
    struct json *doc = json_parse(body, len, 0, &inner);
    if (doc == NULL) {
        char begin[64];
        const char *line = memchr(body, '\n', len);
        size_t first = line != NULL ? (size_t)(line - body) : len;
        text_clean(begin, sizeof begin, body, first < 60 ? first : 60);
        return gnm_fail(why, -EBADMSG, "not the JSON that was asked for (%.90s); it begins: %s", inner.text, begin);
    }
    int err = json_type(doc) == JSON_OBJECT && json_first(doc) == NULL ? gnm_fail(why, -EBADMSG, "the answer is an empty object") : 0;
    if (err == 0)
        err = check_required(r->feed, doc, why);
    if (err == 0 && r->feed->format == FORMAT_JSONSTAT)
        err = source_jsonstat(r, doc, why);
    else if (err == 0 && r->feed->layout == LAYOUT_COLUMNS)
        err = source_json_columns(r, doc, why);
    else if (err == 0)
        err = source_json_rows(r, doc, why);
    if (err == 0)
        err = reader_check_counts(r, why);
    if (err < 0)
        add_saying(doc, why);
    r->doc = doc;
    return err;
}

static int read_csv(struct reader *r, const char *body, size_t len, struct gnm_why *why)
{
    int err = source_csv(r, body, len, why);
    return err < 0 ? err : reader_check_counts(r, why);
}

void reader_start(struct reader *r, struct reader_room *room)
{
    r->room = room;
    r->cell = room->cell;
    r->list = room->list;
    r->previous_s = INT64_MIN;
    size_t few = FEW_ENTRIES / (r->feed->n_series + 1);
    for (size_t i = 0; i < r->feed->n_series; i++)
        r->list[i] = (struct entries){ .at = room->entry + i * few, .cap = few, .lent = 1 };
}

void reader_free(struct reader *r)
{
    for (size_t i = 0; i < r->feed->n_series; i++)
        if (!r->list[i].lent)
            free(r->list[i].at);
    free(r->name);
    free(r->event);
    json_free(r->doc);
}

int reader_run(struct reader *r, const char *body, size_t len, struct gnm_why *why)
{
    return r->feed->format == FORMAT_CSV ? read_csv(r, body, len, why) : read_json(r, body, len, why);
}

/* The tree goes before the values take their room, so that the two never stand side by side. */
int reader_finish(struct reader *r, struct feed_yield *ret, struct gnm_why *why)
{
    json_free(r->doc);
    r->doc = NULL;
    struct gnm_signal *signal;
    size_t n;
    int err = reader_fold(r, &signal, &n, why);
    if (err < 0)
        return err;
    reader_sort_events(r);
    ret->signal = signal;
    ret->n = n;
    ret->event = r->event;
    ret->n_events = r->n_events;
    r->event = NULL;
    ret->rows_seen = r->rows_seen;
    ret->dropped_date = r->dropped_date;
    ret->dropped_value = r->dropped_value;
    ret->filtered = r->filtered;
    memcpy(ret->drop, r->room->drop, r->n_drops * sizeof *ret->drop);
    ret->n_drops = r->n_drops;
    return 0;
}

void feed_yield_free(struct feed_yield *yield)
{
    if (yield == NULL)
        return;
    free(yield->signal);
    free(yield->event);
    yield->signal = NULL;
    yield->event = NULL;
    yield->n = yield->n_events = yield->n_drops = 0;
}
