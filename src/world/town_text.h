/* The town's numbers as the CSV files gnomon takes: built as text, appended to `ret`. Pure. 0 or -ENOMEM. */
#ifndef WORLD_TOWN_TEXT_H
#define WORLD_TOWN_TEXT_H

#include "base/text.h"
#include "world/town.h"

enum { TOWN_SPLITS = 4, TOWN_HORIZON = 14, TOWN_WEEKS = 4 };

/* series,date,value of the days first..last: businesses that report by the day, or (weekly) whole weeks that end in this span. */
int town_activity_text(struct town *town, int weekly, int64_t first, int64_t last, struct text *ret);
/* What a forecaster may know: holidays, home matches, fairs, promotions and summer leave up to `ahead` days after the history, known in advance; weather as
 * observed; the price index from its release on; the onset of a crisis from the next day on. */
int town_drivers_text(struct town *town, int ahead, struct text *ret);
int town_static_text(struct town *town, struct text *ret);
/* R1..R4: the last four spans of a fortnight; for the weekly series the last four of four weeks, from Sunday to Sunday. */
int town_splits_text(struct town *town, struct text *ret);
int town_splits_weekly_text(struct town *town, struct text *ret);
/* WAPE over the daily (or weekly) series of each split, of the true median given all that was known at its train_end and for comparison of the value a week ago
 * (a year ago). NaN in a town without such series. */
int town_floor_text(struct town *town, struct text *ret);
int town_floor_weekly_text(struct town *town, struct text *ret);
void town_floor(struct town *town, int weekly, int split, double *median_wape, double *naive_wape);
int64_t town_train_end(const struct town *town, int split);    /* split 0..3 */
int64_t town_train_sunday(const struct town *town, int split);

#endif
