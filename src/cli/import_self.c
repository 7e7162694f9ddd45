#include "cli/import.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/config.h"
#include "daemon/ingest.h"

/* Files root makes beside state.db would lock the daemon out later. So root reads the file, then works on a copy as the directory's owner,
 * for the time of that work only: the next file may again be readable by root alone. */
static int become(const struct stat *owner, struct gnm_why *why)
{
    if (setgroups(0, NULL) == 0 && setegid(owner->st_gid) == 0 && seteuid(owner->st_uid) == 0)
        return 0;
    return gnm_fail(why, -errno, "cannot work as user %u, who owns the state directory: %s", (unsigned)owner->st_uid, strerror(errno));
}

static void come_back(void)
{
    /* Cannot fail: the real user is root still. If it did, the next file would be refused for lack of permission. */
    if (seteuid(0) == 0 && setegid(getgid()) == 0)
        return;
}

static int ingest(const struct cli *cli, const char *path, const struct import_file *file, struct text *answer, struct gnm_why *why)
{
    char db[512];
    struct store *store = NULL;
    struct ingest_result result;
    if (cli_path(cli, CLI_STATE_DB, NULL, db, sizeof db) < 0)
        return gnm_fail(why, -ENAMETOOLONG, "the state directory's path is too long");
    int r = store_open(db, 0, &store, NULL, why);
    if (r < 0)
        return r;
    r = ingest_file(store, path, file->name, cli->company != NULL ? cli->company : "", cli->now_s, &result, answer, why);
    store_close(store);
    return r;
}

static int ingest_as_owner(const struct cli *cli, const struct import_file *file, const struct stat *owner, struct text *answer, struct gnm_why *why)
{
    char name[64], copy[512], *data;
    size_t len;
    snprintf(name, sizeof name, "import-%ld.tmp", (long)getpid());
    if (snprintf(copy, sizeof copy, "%s/%s", cli->config->paths.state, name) >= (int)sizeof copy)
        return gnm_fail(why, -ENAMETOOLONG, "the state directory's path is too long");
    int r = file_read(file->path, INGEST_MAX_BYTES, &data, &len, why);
    if (r < 0)
        return r;
    r = file_replace(cli->config->paths.state, name, data, len, 0600, why);
    free(data);
    if (r == 0 && chown(copy, owner->st_uid, owner->st_gid) < 0)
        r = gnm_fail(why, -errno, "%s: %s", copy, strerror(errno));
    if (r == 0)
        r = become(owner, why);
    if (r == 0)
        r = ingest(cli, copy, file, answer, why);
    come_back();
    unlink(copy);
    return r;
}

int import_self(const struct cli *cli, const struct import_file *file, struct text *answer, struct gnm_why *why)
{
    struct stat owner;
    const char *state = cli->config->paths.state;
    if (stat(state, &owner) < 0 && errno == ENOENT)
        return gnm_fail(why, -ENOENT, "there is no state directory %s; starting gnomond makes it", state);
    if (access(state, W_OK | X_OK) < 0)
        return gnm_fail(why, -errno, "no permission to work in %s and no daemon runs that would", state);
    if (geteuid() == 0 && owner.st_uid != 0)
        return ingest_as_owner(cli, file, &owner, answer, why);
    return ingest(cli, file->path, file, answer, why);
}
