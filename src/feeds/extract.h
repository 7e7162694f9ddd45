/* One extraction under way: a source fills the cells of a row, the reader judges the row, the buckets turn what it kept into signals.
 * Private to src/feeds; pure. */
#ifndef FEEDS_EXTRACT_H
#define FEEDS_EXTRACT_H

#include "base/json.h"
#include "feeds/definition.h"

enum { FEED_ENTRIES = 120000, FEED_SPAN_DAYS = 1100, FEED_NAMES = 1024 };

enum cell_kind { CELL_ABSENT, CELL_NODE, CELL_TEXT, CELL_NUMBER };
struct cell {
    enum cell_kind kind;
    const struct json *node;
    const char *text;
    double number;
};

/* When a row happened: UTC seconds, or (timed 0) a date as the provider wrote it, in seconds as if UTC. */
struct stamp { int64_t s; int timed; };

struct entry {                   /* one value of one series in one period */
    int32_t series, name;
    int64_t key;                 /* as gnm_signal.valid */
    int64_t stamp, issued_s;
    double value;
    int32_t order;               /* place in the answer */
    int timed;
};

struct reader {
    const struct feed *feed;
    const struct zone *zone;
    const char *place;
    int64_t now_s;
    struct cell *cell;           /* one per path */
    struct entry *entry;
    size_t n, cap;
    char (*name)[GNM_ID];        /* series named by the answer (kind = activity) */
    size_t n_names, last_name;
    int64_t previous_s;          /* stamp of the row before, INT64_MIN at the start */
    int ordered;                 /* rows come in the order of time: columns */
    size_t rows_seen, dropped_date, dropped_value, filtered;
};

/* cell.c */
int cell_text(const struct cell *cell, char *ret, size_t size);      /* -ENOENT when absent, -EINVAL when not a scalar */
int cell_number(const struct cell *cell, double *ret);               /* -ENODATA for what means "missing" */
int condition_holds(const struct condition *condition, const struct cell *cell);

/* stamp.c: one strict parser for every date of a feed. 0 or -EINVAL. */
int stamp_read(const struct reader *r, const struct stencil *stencil, struct stamp *ret);
int stamp_parse(const struct feed *feed, const struct zone *zone, const char *text, int64_t previous_s, struct stamp *ret);
int stamp_issued(const struct cell *cell, int64_t *utc_s);

/* row.c: judges the row whose cells are filled. Negative only when the whole answer must be refused. */
int reader_row(struct reader *r, struct gnm_why *why);
/* Fills the cells of constants and of paths from the document. */
void reader_constants(struct reader *r, const struct json *doc);

/* The sources. */
int source_json_rows(struct reader *r, const struct json *doc, struct gnm_why *why);
int source_json_columns(struct reader *r, const struct json *doc, struct gnm_why *why);
int source_jsonstat(struct reader *r, const struct json *doc, struct gnm_why *why);
int source_csv(struct reader *r, const char *body, size_t len, struct gnm_why *why);

/* bucket.c: sorts and folds the entries. `*ret` is free()d by the caller, NULL when there are none. */
int reader_fold(struct reader *r, struct gnm_signal **ret, size_t *n, struct gnm_why *why);

#endif
