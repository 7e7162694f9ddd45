/* What trainings cost: in the ledger part by part, so that a budget survives a kill, and remembered by length. */
#ifndef DAEMON_LEARN_BOOK_H
#define DAEMON_LEARN_BOOK_H

#include "daemon/state.h"

/* How long earlier trainings took, from state.db. */
void learn_book_recall(struct daemon *d);
/* With each checkpoint: what is not booked yet. */
void learn_book_part(struct daemon *d);
/* At the end of a run: the rest of it, a line in the log, its length. */
void learn_book_run(struct daemon *d);

#endif
