/* What a definition file says, compiled for use row by row. Private to src/feeds.
 *
 * Every path a definition names has a slot: a source fills one cell per slot for each input row, so that dates, conditions and values
 * do not know whether the row came from JSON, JSON-stat or CSV. */
#ifndef FEEDS_DEFINITION_H
#define FEEDS_DEFINITION_H

#include "almanac/civil.h"
#include "feeds/feed.h"

enum {
    FEED_STARS = 4, FEED_PATHS = 96, FEED_SERIES = 32, FEED_CONDITIONS = 64, FEED_HEADERS = 4, FEED_PARTS = 8, FEED_VARS = 16,
    HEADER_SPACE = 1024, NO_SLOT = -1
};
#define FEED_UNSET INT64_MIN

enum feed_format { FORMAT_JSON, FORMAT_CSV, FORMAT_JSONSTAT, FORMAT_ICS };
enum feed_layout { LAYOUT_ROWS, LAYOUT_COLUMNS };
enum feed_agg { AGG_LAST, AGG_SUM, AGG_MEAN, AGG_MIN, AGG_MAX, AGG_COUNT, AGG_ANY };
enum feed_dating { DATING_ISO, DATING_UNIX, DATING_FORMAT };
enum feed_period { PERIOD_DAY, PERIOD_MONTH, PERIOD_YEAR };      /* what a date names when it has no time of day */

enum path_kind { PATH_ROW, PATH_DOCUMENT, PATH_KEY, PATH_SELF, PATH_NUMBER, PATH_NAME };
struct path {
    enum path_kind kind;
    double number;
    char text[160];              /* JSON Pointer; of PATH_NAME the dimension's name */
    char names[160];             /* of a pointer: as json_names() */
    int n_names;
};

/* The pieces of `rows` between its stars: the rows of "/a" have the pieces "/a" and "". */
struct walk {
    char piece[FEED_STARS + 1][128], names[FEED_STARS + 1][128];   /* as they are written, and as json_names() */
    int n_names[FEED_STARS + 1], stars;
};

/* Text made of literals and paths: {/year}-{/period}. A part is a literal followed by a slot or NO_SLOT. */
struct stencil {
    struct { char literal[32]; int slot; } part[FEED_PARTS];
    int n;
};

enum condition_op { IS, IS_NOT, IS_IN };
struct condition {
    int series;                  /* -1: the whole feed */
    int slot;
    enum condition_op op;
    int other;                   /* slot of what to compare with instead of `value`, NO_SLOT: none */
    char value[160];
};

struct series_def {
    char name[GNM_ID], driver[GNM_ID];
    int line;
    int value, divide, naming;   /* slots */
    int form;                    /* 1: a yearly rate */
    double scale, offset, min, max;
    int64_t shift_s, lag_s, min_rows;
    int hourly, agg, fill;
};

struct feed {
    char name[GNM_ID], file[160], licence[200], contact[128];
    char *url;
    char *header[FEED_HEADERS];
    size_t n_headers;
    char *header_space;          /* expanded headers of the latest request, HEADER_SPACE each */
    int line, format, layout, dating, period, timed, date_local, kind, fill;
    int enabled, local, http;
    int64_t redirects, poll_s, calls, max_bytes, max_age_s, spacing_s, lag_s, lead_s;
    char date_format[64], require[160], require_names[160];
    int n_require;
    struct civil_layout date_layout;       /* of date_format, of iso's commonest form; len 0: none */
    struct walk rows;
    int has_rows;
    struct stencil date, date_end;
    struct stencil id, title, venue, category, team[2];
    int n_teams, importance, attendance;   /* the last two are slots */
    int at_line;                 /* of the key being read */
    int url_line, header_line[FEED_HEADERS];
    int64_t back_s, ahead_s;
    int issued;                  /* slot */
    struct path *path;
    size_t n_paths;
    struct condition *condition;
    size_t n_conditions;
    struct series_def *series;
    size_t n_series;
    struct feed_var var[FEED_VARS];
    size_t n_vars;
};

/* keys.c: the table of keys. `series` NULL: the key stands in [feed NAME]. `seen` has one bit per key of this section. */
int key_set(struct feed *feed, struct series_def *series, uint64_t *seen, const char *key, const char *value, struct gnm_why *why);

/* path.c. Slots are shared: the same path has the same slot. */
int path_slot(struct feed *feed, const char *text, int *slot, struct gnm_why *why);
int path_walk(const char *text, struct walk *ret, struct gnm_why *why);
int path_stencil(struct feed *feed, const char *text, struct stencil *ret, struct gnm_why *why);
/* The same for texts shown to people: what begins with none of / $ @ and has no braces stands for itself. */
int path_words(struct feed *feed, const char *text, struct stencil *ret, struct gnm_why *why);
int path_condition(struct feed *feed, int series, const char *text, struct gnm_why *why);

/* check.c: what can only be judged once the whole file is read. */
int definition_check(struct feed *feed, struct gnm_why *why);
int definition_check_date_format(struct feed *feed, struct gnm_why *why);

/* country.c: NULL when unknown. */
const char *country_code3(const char *code2);
const char *country_name(const char *code2);

#endif
