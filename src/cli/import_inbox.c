#include "cli/import.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/ingest.h"

enum { LOOK_EVERY_MS = 100, PATH_SIZE = 640 };

int import_name(const char *path, char *ret, size_t size)
{
    static const char *const suffixes[] = { ".csv", ".json", ".jsonl" };
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    while (*base == '.')
        base++;
    const char *dot = strrchr(base, '.');
    size_t stem = dot != NULL ? (size_t)(dot - base) : strlen(base);
    const char *suffix = suffixes[0];
    for (size_t i = 0; dot != NULL && i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcasecmp(dot, suffixes[i]) == 0)
            suffix = suffixes[i];
    if (stem == 0)
        return -EINVAL;
    if (stem + strlen(suffix) >= size)
        return -ENAMETOOLONG;
    snprintf(ret, size, "%.*s%s", (int)stem, base, suffix);
    return 0;
}

/* ---- moving in ---- */

static int no_permission(const char *inbox, struct gnm_why *why)
{
    struct stat st;
    struct group *group = stat(inbox, &st) == 0 ? getgrgid(st.st_gid) : NULL;
    if (group != NULL)
        return gnm_fail(why, -EACCES, "no permission to put files into %s: its group is %s", inbox, group->gr_name);
    return gnm_fail(why, -EACCES, "no permission to put files into %s", inbox);
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* Written beside under a hidden name, which the daemon passes over, then linked to its name: a file that waits there already is never replaced.
 * Readable by everybody, because the daemon need not be in the group; nobody outside the group can enter the folder. */
static int put(const char *inbox, const char *name, const char *data, size_t len, struct gnm_why *why)
{
    char hidden[PATH_SIZE], target[PATH_SIZE];
    if (snprintf(hidden, sizeof hidden, "%s/.%s.%ld.tmp", inbox, name, (long)getpid()) >= (int)sizeof hidden ||
        snprintf(target, sizeof target, "%s/%s", inbox, name) >= (int)sizeof target)
        return gnm_fail(why, -ENAMETOOLONG, "the path of the inbox is too long");
    int fd = open(hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0 && (errno == EACCES || errno == EPERM))
        return no_permission(inbox, why);
    if (fd < 0 && errno == ENOENT)
        return gnm_fail(why, -ENOENT, "there is no inbox %s; starting gnomond makes it", inbox);
    if (fd < 0)
        return gnm_fail(why, -errno, "%s: %s", inbox, strerror(errno));
    int r = fchmod(fd, 0644) < 0 ? -errno : write_all(fd, data, len);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && renameat2(AT_FDCWD, hidden, AT_FDCWD, target, RENAME_NOREPLACE) < 0)
        r = -errno;
    if (r < 0)
        unlink(hidden);
    if (r == -EEXIST)
        return gnm_fail(why, r, "a file named %s still waits in %s", name, inbox);
    return r < 0 ? gnm_fail(why, r, "%s: %s", target, strerror(-r)) : 0;
}

/* ---- the answer ---- */

struct place { char path[PATH_SIZE]; struct stat before; int existed; };

static void look_before(struct place *place, const char *dir, const char *name)
{
    snprintf(place->path, sizeof place->path, "%.500s/%.127s", dir, name);
    place->existed = stat(place->path, &place->before) == 0;
}

static int is_new(const struct place *place)
{
    struct stat st;
    if (stat(place->path, &st) < 0)
        return 0;
    const struct stat *old = &place->before;
    return !place->existed || st.st_ino != old->st_ino || st.st_mtim.tv_sec != old->st_mtim.tv_sec || st.st_mtim.tv_nsec != old->st_mtim.tv_nsec;
}

static int take(const struct place *place, int result, struct text *answer, struct gnm_why *why)
{
    char *data;
    size_t len;
    int r = file_read(place->path, 1 << 20, &data, &len, why);
    if (r < 0)
        return r;
    r = text_append(answer, data, len);
    free(data);
    return r < 0 ? gnm_fail(why, r, "out of memory") : result;
}

static int await(const struct place *done, const struct place *rejected, int timeout_s, struct text *answer, struct gnm_why *why)
{
    for (int left = timeout_s * 1000; left > 0; left -= LOOK_EVERY_MS) {
        if (is_new(done))
            return take(done, 0, answer, why);
        if (is_new(rejected))
            return take(rejected, -EINVAL, answer, why);
        nanosleep(&(struct timespec){ .tv_nsec = LOOK_EVERY_MS * 1000000L }, NULL);
    }
    return gnm_fail(why, -EAGAIN, "no answer within %d s; the file waits in the inbox and will be answered in done/ or rejected/", timeout_s);
}

int import_send(const struct cli *cli, const char *name, const char *data, size_t len, int timeout_s, struct text *answer, struct gnm_why *why)
{
    char inbox[512], dir[512];
    struct place done, rejected;
    int r = cli_path(cli, CLI_INBOX, cli->company, inbox, sizeof inbox);
    if (r == 0 && (r = cli_path(cli, CLI_DONE, cli->company, dir, sizeof dir)) == 0)
        look_before(&done, dir, name);
    if (r == 0 && (r = cli_path(cli, CLI_REJECTED, cli->company, dir, sizeof dir)) == 0)
        look_before(&rejected, dir, name);
    r = r < 0 ? gnm_fail(why, r, "the state directory's path is too long") : put(inbox, name, data, len, why);
    return r < 0 ? r : await(&done, &rejected, timeout_s, answer, why);
}

int import_inbox(const struct cli *cli, const struct import_file *file, int timeout_s, struct text *answer, struct gnm_why *why)
{
    char *data;
    size_t len;
    int r = file_read(file->path, INGEST_MAX_BYTES, &data, &len, why);
    if (r < 0)
        return r;
    r = import_send(cli, file->name, data, len, timeout_s, answer, why);
    free(data);
    return r;
}
