/* Periods of a panel as consecutive numbers, and as-known reads by number. Pure.
 *
 * A period number is the day, the week or the month counted from 1970; neighbouring periods differ by one whatever the step. */
#ifndef FEATURES_PANEL_PERIOD_H
#define FEATURES_PANEL_PERIOD_H

#include "features/panel.h"

int panel_period(const struct panel *panel, int64_t day);             /* that holds `day` */
int64_t panel_period_start(const struct panel *panel, int period);    /* first day */
int64_t panel_label(const struct panel *panel, int period);
int64_t panel_period_end_s(const struct panel *panel, int period);    /* the decision time of an origin in it */

/* First and last period with any value of the series, whenever it became known. 0 when the series has none. */
int panel_series_range(const struct panel *panel, size_t series, int *first, int *last);
/* ret[i] = value of period first + i as known at `decision_s`, NaN when not observed by then. */
void panel_window(const struct panel *panel, size_t series, int first, int n, int64_t decision_s, double *ret);
/* Whether nothing happens in that period by rule, as declared by then. */
int panel_is_closed(const struct panel *panel, size_t series, int period, int64_t decision_s);

size_t panel_driver_count(const struct panel *panel);
const char *panel_driver_name(const struct panel *panel, size_t driver);
int panel_driver_find(const struct panel *panel, const char *name);   /* -1 when the panel has none */
enum panel_role panel_driver_role(const struct panel *panel, size_t driver);
/* The series' own value, else the common one; days of a week or month are averaged (events: the largest). NaN when unknown then. */
double panel_driver_value(const struct panel *panel, size_t driver, size_t series, int period, int64_t decision_s);

unsigned panel_feasts(const struct panel *panel, int period);          /* mask of the feasts within the period */

/* 0: the driver counts for nobody in the period, whatever is known when; 1: ask. The first 64 drivers at once, as bits. */
uint64_t panel_counting(const struct panel *panel, int period);
int panel_may_count(const struct panel *panel, int driver, int period);

/* Series with the same number read the same values; -1 none. */
int panel_driver_track(const struct panel *panel, size_t driver, size_t series);
/* When the value became known: of the newest vintage within the period that was there at the decision; GNM_NEVER when there is none. */
int64_t panel_driver_since(const struct panel *panel, size_t driver, size_t series, int period, int64_t decision_s);

/* What can be said of a driver at a decision time. */
struct panel_driver_facts {
    size_t n, n_planned;          /* values known; of these known before their own period began */
    size_t n_active;              /* values other than 0 */
    int small_counts;             /* every value is 0, 1, 2 or 3 */
    double mean;
    int first, last, tracks;      /* periods; tracks: series with values of their own, the common one included */
};
void panel_driver_facts(const struct panel *panel, size_t driver, int64_t decision_s, struct panel_driver_facts *ret);

const char *panel_series_note(const struct panel *panel, size_t series, const char *key);   /* NULL when absent */
int panel_series_note_at(const struct panel *panel, size_t series, size_t i, const char **key, const char **text);   /* 0 beyond the last */
int panel_series_non_negative(const struct panel *panel, size_t series);
int panel_series_is_money(const struct panel *panel, size_t series);

#endif
