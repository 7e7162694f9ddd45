/* Rows of drivers on their way into panels: collected with the series they concern, sorted, thinned, handed over. Private to drivers. */
#ifndef DAEMON_DRIVER_ROWS_H
#define DAEMON_DRIVER_ROWS_H

#include "daemon/config.h"
#include "features/panel.h"

/* Whom it concerns: series at `places` (one bit each) that are also in the words of `only`, carry one of `tags` and are `company`'s ("" = no such condition). Borrowed. */
struct driver_audience { unsigned places; const char *only, *tags, *company; };
/* Whom the section speaks of (NULL: as shipped). */
struct driver_audience driver_audience_of(const struct config_feed *section, unsigned places);
struct driver_kind { int16_t driver, audience; };

struct driver_row {
    struct driver_kind kind;
    int16_t rank, rate;           /* rate 1: a change on a year before in percent, turned into an index on the way */
    int32_t day;
    int64_t available_s;
    double value;
};

struct driver_rows {
    const struct config *config;
    char (*name)[GNM_ID];
    size_t n_names, cap_names;
    struct driver_audience *audience;
    size_t n_audiences, cap_audiences;
    struct driver_row *row;
    size_t n, cap;
    char **word;                  /* texts that audiences borrow */
    size_t n_words, cap_words;
};

/* Feeds speak in the order of their sections, then by name; `later` last. */
int driver_rows_rank(const struct config *config, const struct config_feed *section, ptrdiff_t slot, int later);
/* A copy that lives as long as the rows; NULL without memory. */
const char *driver_rows_word(struct driver_rows *rows, const char *text);
/* All return 0 or -ENOMEM. */
int driver_rows_kind(struct driver_rows *rows, const char *driver, const struct driver_audience *audience, struct driver_kind *ret);
int driver_rows_concern(const struct driver_rows *rows, const struct driver_kind *kind, const char *series);     /* 1: the series is among them */
int driver_rows_add(struct driver_rows *rows, const struct driver_row *row);
/* 1 for events and prices, by their names. */
int driver_rows_for_every_step(const char *driver);
/* Events and prices go into the panels of every step, other numbers into the daily one. */
int driver_rows_hand_over(struct driver_rows *rows, struct panel *const panel[], int steps);
/* The index that yearly rates of months imply, 100 in the first month: `row` is one kind, by day and `available`. The first year grows evenly at its own rates;
 * later months stand on the last word on the month a year before. */
void driver_rows_index(struct driver_row *row, size_t n);
void driver_rows_free(struct driver_rows *rows);

#endif
