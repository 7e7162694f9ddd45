/* The panel: every series' activity and every driver with the times at which each value became available. Pure.
 *
 * The one place where "as known at" is decided: training, forecasting and backtest all read through a decision time. One panel has one step. Periods are numbered as
 * panel_period.h says; label days are what files and forecasts show. */
#ifndef FEATURES_PANEL_H
#define FEATURES_PANEL_H

#include "almanac/zone.h"
#include "gnomon/types.h"
#include "gnomon/why.h"

enum panel_role { PANEL_NUMBER, PANEL_EVENT, PANEL_ONSET, PANEL_PRICE, PANEL_CLOSED, PANEL_ROLES };   /* by name unless set: *_onset, cpi* hicp*, strike_* event_*, closed closed_* */

enum { PANEL_SERIES_MAX = 100000 };

struct panel;

/* `zone` decides when a period ends (NULL = UTC); it must outlive the panel. */
int panel_new(const struct zone *zone, struct panel **ret, struct gnm_why *why);
void panel_free(struct panel *panel);

/* Index of the series, added when new; -ENOMEM, -EINVAL beyond PANEL_SERIES_MAX. `non_negative` as declared (default 1). */
int panel_series(struct panel *panel, const char *name);
int panel_find_series(const struct panel *panel, const char *name);      /* -1: there is none; not of a view */
void panel_series_options(struct panel *panel, int series, int non_negative, int is_money);
/* Weekdays (bit 0 = Monday) on which nothing happens by rule, in daily series; single days are a driver of the role closed. On a day declared closed by the
 * decision a zero is no value, but missing; anything else came all the same and stays. */
void panel_series_closed(struct panel *panel, int series, unsigned weekdays);
int panel_activity(struct panel *panel, int series, int64_t day, double value, int64_t available_s);   /* GNM_NEVER: end of the period */
/* `series` -1: common to all. `available_s` GNM_ALWAYS: known in advance; GNM_NEVER: end of `day`. */
int panel_driver(struct panel *panel, const char *driver, int series, int64_t day, double value, int64_t available_s);
/* `series` reads the track of `like`, which has rows of its own: what is known at one place serves all series there. */
int panel_driver_share(struct panel *panel, const char *driver, int series, int like);
int panel_static(struct panel *panel, int series, const char *key, const char *text);
int panel_role(struct panel *panel, const char *driver, enum panel_role role);
int panel_known(struct panel *panel, const char *driver);        /* treat as known in advance */

/* Sorts, finds the step and the label rule, refuses mixed steps and equal dates with equal `available`. Nothing may be added afterwards. */
int panel_seal(struct panel *panel, struct gnm_why *why);

enum gnm_step panel_step(const struct panel *panel);
size_t panel_series_count(const struct panel *panel);
const char *panel_series_name(const struct panel *panel, size_t series);
int64_t panel_last_label(const struct panel *panel);             /* of any series' newest period */
int64_t panel_series_last_label(const struct panel *panel, size_t series);
int64_t panel_label_after(const struct panel *panel, int64_t label, int periods);
int64_t panel_decision_s(const struct panel *panel, int64_t origin_label);   /* end of the period that holds the origin */
/* The value of a period as known at `decision_s`; NaN when not observed by then. */
double panel_value(const struct panel *panel, size_t series, int64_t label, int64_t decision_s);

#endif
