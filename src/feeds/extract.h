/* One extraction under way: a source fills the cells of a row, the reader judges the row, the buckets turn what it kept into signals.
 * Private to src/feeds; pure. */
#ifndef FEEDS_EXTRACT_H
#define FEEDS_EXTRACT_H

#include "almanac/civil.h"
#include "base/json.h"
#include "feeds/definition.h"

enum { FEED_ENTRIES = 60000, FEED_SPAN_DAYS = 1100, FEED_AHEAD_DAYS = 400, FEED_NAMES = 1024, FEED_EVENTS = 4000, FEED_DROPS_EACH = FEED_DROPS / 3 };

enum cell_kind { CELL_ABSENT, CELL_NODE, CELL_TEXT, CELL_NUMBER };
struct cell {
    enum cell_kind kind;
    const struct json *node;
    const char *text;
    double number;
};

/* When a row happened: UTC seconds, or (timed 0) a date as the provider wrote it, in seconds as if UTC. */
struct stamp { int64_t s; int timed; };

/* What a row covers: its stamp, how many days from that one on, and when it ends (GNM_NEVER: not told). */
struct when { struct stamp stamp; int64_t days, end_s; };

struct entry {                   /* one value in one period */
    int32_t name, key;           /* as reader.name and gnm_signal.valid */
    int32_t order, timed;        /* place in the answer; stamp as struct stamp */
    int64_t stamp, issued_s;
    double value;
};

/* The entries of one series. `groups`: how often one has another name or period than the one before; `mixed`: they are not in order of names and time. */
struct entries {
    struct entry *at;
    size_t n, cap, groups;
    int mixed, lent;             /* lent: they stand in the room */
};

/* What the site's clock is ahead of UTC, and between which moments. Empty (both 0) to start. */
struct offset_span { int64_t from_s, until_s; int offset_s; };

/* What an ordinary answer needs, lent by the caller's stack: most answers are small, and their cost is what each one costs. Starts unset. */
enum { FEW_ENTRIES = 64 };
struct reader_room {
    struct cell cell[FEED_PATHS];
    struct entry entry[FEW_ENTRIES];
    struct entries list[FEED_SERIES];
    struct feed_drop drop[FEED_DROPS];
};

struct reader {
    const struct feed *feed;
    const struct zone *zone;
    struct offset_span *span;
    struct civil_recent *recent;
    char place[GNM_ID];
    int64_t now_s;
    struct cell *cell;           /* one per path */
    struct entries *list;        /* one per series */
    size_t n;                    /* of all together */
    struct reader_room *room;
    char (*name)[GNM_ID];        /* series named by the answer (kind = activity) */
    size_t n_names, last_name;
    int64_t previous_s;          /* stamp of the row before, INT64_MIN at the start */
    int ordered, keyed;          /* rows come in the order of time: columns; somebody asks for @key */
    size_t rows_seen, dropped_date, dropped_value, filtered;
    struct json *doc;            /* owned; cells point into it */
    struct feed_event *event;
    size_t n_events, event_cap;
    size_t n_drops;
};

/* cell.c */
int cell_text(const struct cell *cell, char *ret, size_t size);      /* -ENOENT when absent, -EINVAL when not a scalar */
const char *cell_string(const struct cell *cell);                    /* what is text already; else NULL */
int cell_number(const struct cell *cell, double *ret);               /* -ENODATA for what means "missing" */
int condition_holds(const struct condition *condition, const struct cell *cells);

/* stamp.c: one strict parser for every date of a feed. 0 or -EINVAL. */
int stamp_read(const struct reader *r, const struct stencil *stencil, struct stamp *ret);
int stamp_parse(const struct reader *r, const char *text, int64_t previous_s, struct stamp *ret);
/* The text of a stencil for the current row: 0 or -EINVAL when a path in it has none, or it does not fit. */
int stencil_text(const struct reader *r, const struct stencil *stencil, char *ret, size_t size);
/* The same without a copy where the text stands somewhere whole, whatever its length; NULL when there is none. */
const char *stencil_view(const struct reader *r, const struct stencil *stencil, char *space, size_t size);
int64_t reader_day(const struct reader *r, const struct stamp *stamp);     /* the site's */
int64_t reader_day_start_s(const struct reader *r, int64_t day);
void reader_days_s(const struct reader *r, int64_t first, int64_t end, int64_t *start_s, int64_t *end_s);     /* where both begin */
int stamp_issued(const struct cell *cell, int64_t *utc_s);

/* row.c: judges the row whose cells are filled. Negative only when the whole answer must be refused. */
int reader_row(struct reader *r, struct gnm_why *why);
/* The same in parts, for a source that knows its dates (ICS): does the row pass the feed's conditions, and take it. */
int reader_admits(struct reader *r);
int reader_take(struct reader *r, const struct when *when, struct gnm_why *why);
/* Remembers for people why a row was left out; `series` NULL: the whole row; the first few of each kind only. */
void reader_drop(struct reader *r, const char *series, size_t count, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* event.c: the row as an event, when the definition has a title. `instance_s`: which of a repeating event's, GNM_NEVER of others. */
int reader_event(struct reader *r, const struct when *when, int64_t instance_s, int cancelled, struct gnm_why *why);
void reader_sort_events(struct reader *r);

/* extract.c: from a reader over its room to what the caller gets. */
void reader_start(struct reader *r, struct reader_room *room);
int reader_run(struct reader *r, const char *body, size_t len, struct gnm_why *why);
int reader_finish(struct reader *r, struct feed_yield *ret, struct gnm_why *why);
void reader_free(struct reader *r);
/* Rows that all fall through are a changed format, not a quiet world. */
int reader_check_counts(const struct reader *r, struct gnm_why *why);
/* Every source begins with this: the cells of constants and of paths from the document are filled, the others absent. */
void reader_constants(struct reader *r, const struct json *doc);

/* The sources. */
int source_json_rows(struct reader *r, const struct json *doc, struct gnm_why *why);
int source_json_columns(struct reader *r, const struct json *doc, struct gnm_why *why);
int source_jsonstat(struct reader *r, const struct json *doc, struct gnm_why *why);
int source_csv(struct reader *r, const char *body, size_t len, struct gnm_why *why);

/* bucket.c: an entry more in the list of a series, to be filled; NULL without memory. Then all folded, sorted where needed. `*ret` is free()d by the caller, NULL when there are none. */
struct entry *entries_add(struct entries *list, int32_t name, int32_t key, int64_t stamp_s);
int reader_fold(struct reader *r, struct gnm_signal **ret, size_t *n, struct gnm_why *why);

#endif
