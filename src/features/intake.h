/* Activity and driver files as people send them, one parser for inbox, `gnomon import` and feeds: CSV or JSON lines. Pure.
 *
 * CSV activity: header `series,date,value` (or `date,demand`/`date,value`, the series then being `name`); drivers: `series,driver,date,value[,available]`; static:
 * `series,key,value` or one column per key. Separator, decimal comma, BOM and date order (Y-M-D, D/M/Y, M/D/Y, D.M.Y) are detected per file and stated; an ambiguous
 * date order is refused. Bad lines are rejected singly; more than 20 % of them rejects the file. Numbers beyond
 * INTAKE_VALUE_MAX are bad. A line that says again what an earlier one said is left out and counted; one that contradicts an earlier one is bad. */
#ifndef FEATURES_INTAKE_H
#define FEATURES_INTAKE_H

#include "gnomon/types.h"
#include "gnomon/why.h"

#define INTAKE_VALUE_MAX 1e15     /* no sales, no count and no weather is larger; sums and squares of such values stay finite */

enum intake_kind { INTAKE_ACTIVITY, INTAKE_DRIVERS, INTAKE_STATIC };

struct intake_row {
    char series[GNM_ID], key[GNM_ID];     /* key: driver or static key, empty for activity */
    int64_t day, available_s;             /* activity: GNM_NEVER when the file has none; drivers: end of `day` (UTC) when empty, GNM_ALWAYS for "always" */
    double value;                         /* static: NaN when not a number */
    char text[64];                        /* static: the value as written */
    int line;
};
struct intake_reject { int line; char reason[160]; };
struct intake_repeat { int line, first; struct intake_row row; };        /* the row of `line`: line `first` gave that series, key and date already */

struct intake {
    enum intake_kind kind;
    struct intake_row *row;               /* owned */
    size_t n;
    struct intake_reject reject[20];      /* the first ones */
    struct intake_repeat repeat;          /* the earliest, with the same value or another */
    size_t n_rejected, n_lines, n_repeats;
    char detected[160];                   /* "separator ';', decimal comma, dates day/month/year" */
};

/* `name`: default series (file name without suffix). -EINVAL with the reason when the file is refused. Free with intake_free. */
int intake_read(const char *data, size_t len, const char *name, struct intake *ret, struct gnm_why *why);
void intake_free(struct intake *intake);

#endif
