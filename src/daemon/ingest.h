/* One file of activity or drivers into state.db, the same for the inbox and for `gnomon import`. */
#ifndef DAEMON_INGEST_H
#define DAEMON_INGEST_H

#include "base/text.h"
#include "store/store.h"

enum { INGEST_MAX_BYTES = 64 * 1024 * 1024 };

struct ingest_result { size_t rows, added, rejected; };

/* Reads `path`, stores what is good in one transaction and appends the answer to `report` as a JSON object (file, kind, rows, added, rejected, detected, lines).
 * `as_name` is the file's name as its sender knows it; `company` owns new series (may be ""). -EINVAL when the file is refused as a whole: `report` then says why. */
int ingest_file(struct store *store, const char *path, const char *as_name, const char *company, int64_t now_s, struct ingest_result *ret, struct text *report,
                struct gnm_why *why);

#endif
