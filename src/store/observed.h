/* What has been observed of a series: how many periods, the first and the last. Private to this folder.
 *
 * Counted once from all rows, then kept in step by observed_add, which store_activity calls for each row it adds. A transaction that is undone and a connection
 * that closes forget everything. */
#ifndef STORE_OBSERVED_H
#define STORE_OBSERVED_H

#include "store/db.h"

struct observed { int64_t n, first, last; int is_integer; };    /* is_integer: all values are whole; 0 when there are none */

int observed_of(struct store *store, int64_t series, struct observed *ret, struct gnm_why *why);
void observed_add(struct store *store, int64_t series, int64_t day, double value);
void observed_forget(struct store *store);

#endif
