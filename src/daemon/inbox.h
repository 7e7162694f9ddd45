/* The inbox: files moved in by rename, answered in done/ or rejected/ under the same name.
 *
 * STATE/inbox (and STATE/inbox/COMPANY) hold the questions: *.csv, *.json, *.jsonl with activity or drivers, *.request with {"request":"refresh"|"train"}.
 * done/NAME and rejected/NAME hold the answer (JSON); a rejected file itself is kept as rejected/NAME.original. */
#ifndef DAEMON_INBOX_H
#define DAEMON_INBOX_H

#include "daemon/state.h"

/* Makes the folders that are missing and starts watching them (where `watch`). */
int inbox_open(struct daemon *d, int watch, struct gnm_why *why);
void inbox_close(struct daemon *d);
/* Takes one file a call. */
int64_t inbox_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait);

#endif
