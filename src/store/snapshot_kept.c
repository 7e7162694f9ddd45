#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "store/snapshot_kept.h"

/* What this process published in one place. */
struct snapshot_mark {
    uint64_t place, epoch, generation, events_key;      /* place: hash of path, time zone and company */
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec changed;
    int64_t published_s, last_cost;
    double intensity_g_per_kwh, embodied_g_per_day;
};

static uint64_t place_of(const struct snapshot *s, const char *path)
{
    uint64_t hash = hash_bytes(HASH_START, path, strlen(path) + 1);
    hash = hash_bytes(hash, s->status->time_zone, strlen(s->status->time_zone) + 1);
    return s->company == NULL ? hash : hash_bytes(hash, s->company, strlen(s->company));
}

static struct snapshot_mark *find(const struct snapshot *s, const char *path)
{
    uint64_t place = place_of(s, path);
    for (size_t i = 0; i < s->in->n_marks; i++)
        if (s->in->mark[i].place == place)
            return &s->in->mark[i];
    return NULL;
}

static int same_file(const struct snapshot_mark *m, const struct stat *st)
{
    return st->st_dev == m->dev && st->st_ino == m->ino && st->st_size == m->size && memcmp(&st->st_ctim, &m->changed, sizeof m->changed) == 0;
}

int snapshot_may_keep(struct snapshot *s, const char *path)
{
    struct stat st;
    const struct snapshot_mark *m = find(s, path);
    s->epoch = s->in->epoch;
    s->generation = s->in->generation;
    s->kept = m != NULL && m->epoch == s->epoch && m->intensity_g_per_kwh == s->status->intensity_g_per_kwh &&
              m->embodied_g_per_day == s->status->embodied_g_per_day && s->status->published_s >= m->published_s && stat(path, &st) == 0 && same_file(m, &st);
    s->published_s = s->kept ? m->published_s : 0;
    s->last_cost = s->kept ? m->last_cost : -1;
    s->same_rows = s->kept && m->generation == s->generation;
    s->same_events = s->kept && m->events_key == s->events_key;
    return s->kept;
}

int snapshot_copy(struct snapshot *s, const char *path, struct gnm_why *why)
{
    sqlite3 *old = NULL;
    int rc = sqlite3_open_v2(path, &old, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, s->in->vfs);
    sqlite3_backup *backup = rc == SQLITE_OK ? sqlite3_backup_init(s->out.db, "main", old, "main") : NULL;
    if (backup != NULL) {
        rc = sqlite3_backup_step(backup, -1);
        rc = sqlite3_backup_finish(backup) == SQLITE_OK && rc == SQLITE_DONE ? SQLITE_OK : SQLITE_IOERR;
    } else if (rc == SQLITE_OK) {
        rc = SQLITE_IOERR;
    }
    sqlite3_close(old);
    return rc == SQLITE_OK ? 0 : db_fail(&s->out, rc, s->out.path, why);
}

void snapshot_mark(struct snapshot *s, const char *path)
{
    struct stat st;
    struct snapshot_mark *m = find(s, path);
    if (stat(path, &st) < 0 || s->epoch != s->in->epoch || s->generation != s->in->generation)
        return;
    if (m == NULL) {
        struct snapshot_mark *grown = reallocarray(s->in->mark, s->in->n_marks + 1, sizeof *grown);
        if (grown == NULL)
            return;
        s->in->mark = grown;
        m = &grown[s->in->n_marks++];
    }
    *m = (struct snapshot_mark){ place_of(s, path), s->epoch, s->generation, s->events_key, st.st_dev, st.st_ino, st.st_size, st.st_ctim, s->status->published_s, s->last_cost,
                                 s->status->intensity_g_per_kwh, s->status->embodied_g_per_day };
}

void snapshot_forget(struct store *store)
{
    free(store->mark);
    store->mark = NULL;
    store->n_marks = 0;
}
