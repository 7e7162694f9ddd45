/* One file's way into state.db, either through a running daemon's inbox or by our own hand; both end in the same JSON answer (daemon/ingest.h). */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "cli/cli.h"

struct import_file {
    const char *path;             /* as given */
    char name[128];               /* its name in the inbox and in the answer: the last component, always with a suffix the inbox takes */
};

/* The inbox name for `path`: "sales.csv" stays, "Sales.TXT" becomes "Sales.csv". -EINVAL when nothing is left, -ENAMETOOLONG. */
int import_name(const char *path, char *ret, size_t size);

/* Moves a copy into the inbox of `cli->company` and waits for the daemon's answer: 0 = taken, -EINVAL = refused (both with `answer` filled),
 * -EAGAIN = no answer in time (the file stays in the inbox), other errors with a sentence in `why`. */
int import_inbox(const struct cli *cli, const struct import_file *file, int timeout_s, struct text *answer, struct gnm_why *why);

/* The same for a text of `len` bytes that becomes the file `name` there. */
int import_send(const struct cli *cli, const char *name, const char *data, size_t len, int timeout_s, struct text *answer, struct gnm_why *why);

/* Does the work itself; -EWOULDBLOCK when a daemon has come up meanwhile, else as above. As root it works as the owner of the state directory. */
int import_self(const struct cli *cli, const struct import_file *file, struct text *answer, struct gnm_why *why);

#endif
