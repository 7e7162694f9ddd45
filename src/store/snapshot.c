#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/snapshot_kept.h"

enum { MARGIN_MIN_S = 900, UNKNOWN_INTERVAL_S = 172800, PATH_SIZE = 4096 };
static const char temporary[] = "forecast.db.tmp", published[] = "forecast.db";

static int64_t or_never(int64_t time)
{
    return time == 0 ? GNM_NEVER : time;
}

/* After this moment the daemon is late: a quarter of its interval, 15 minutes at least. */
static int64_t stale_after(const struct snapshot_status *st)
{
    if (st->next_publish_s == 0 || st->next_publish_s == GNM_NEVER)
        return st->published_s + UNKNOWN_INTERVAL_S;
    int64_t margin = (st->next_publish_s - st->published_s) / 4;
    return st->next_publish_s + (margin > MARGIN_MIN_S ? margin : MARGIN_MIN_S);
}

static int put_status(struct snapshot *s, struct gnm_why *why)
{
    const struct snapshot_status *st = s->status;
    char contract[16];
    snprintf(contract, sizeof contract, "%d.%d.%d", SNAPSHOT_CONTRACT / 10000, SNAPSHOT_CONTRACT / 100 % 100, SNAPSHOT_CONTRACT % 100);
    return db_do(&s->out, DB_OUT_STATUS, "INSERT INTO status VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)", why,
                 "ssssltlsttddddds", contract, st->software_version, st->site, st->time_zone, st->published_s, or_never(st->next_publish_s), stale_after(st),
                 gnm_mode_names[st->mode], or_never(st->last_train_s), or_never(st->battery_at_s), st->battery_v, st->soc_ratio, st->soc_uncertainty_ratio,
                 st->pv_w, st->load_w, st->message);
}

static int make_schema(struct snapshot *s, struct gnm_why *why)
{
    char identity[96];
    snprintf(identity, sizeof identity, "PRAGMA application_id = %d; PRAGMA user_version = %d", SNAPSHOT_APPLICATION, SNAPSHOT_CONTRACT);
    int r = db_exec(&s->out, identity, why);
    for (size_t i = 0; r == 0 && i < snapshot_schema_n; i++)
        r = db_exec(&s->out, snapshot_schema[i], why);
    return r;
}

/* Where the file before is gone on with, a part is cleared and written anew, and one that follows from the store's generation alone only when that has changed. */
struct part { int (*write)(struct snapshot *, struct gnm_why *); int by_generation; const char *clear; };
static const struct part parts[] = {
    { put_status, 0, "DELETE FROM status" }, { snapshot_series, 1, "DELETE FROM series" }, { snapshot_forecasts, 1, "DELETE FROM forecast" },
    { snapshot_drivers, 1, "DELETE FROM reads; DELETE FROM driver" }, { snapshot_changes, 1, "DELETE FROM change" },
    { snapshot_accuracies, 1, "DELETE FROM accuracy" }, { snapshot_models, 1, "DELETE FROM model" }, { snapshot_feeds, 0, "DELETE FROM feed" },
    { snapshot_events, 0, "" }, { snapshot_energy, 0, "" },      /* these two clear what they write anew by themselves */
};

static int write_part(struct snapshot *s, const struct part *part, struct gnm_why *why)
{
    if (s->kept && s->same_rows && part->by_generation)
        return 0;
    int r = s->kept && part->clear[0] != '\0' ? db_exec(&s->out, part->clear, why) : 0;
    return r < 0 ? r : part->write(s, why);
}

static int fill(struct snapshot *s, struct gnm_why *why)
{
    int r = db_exec(&s->out, "BEGIN", why);
    if (r == 0 && !s->kept)
        r = make_schema(s, why);
    for (size_t i = 0; r == 0 && i < sizeof parts / sizeof *parts; i++)
        r = write_part(s, &parts[i], why);
    return r < 0 ? r : db_exec(&s->out, "COMMIT", why);
}

/* Nobody else sees the file before it is renamed, and it is thrown away when anything fails: no journal, and one fsync by file_commit. */
static int open_out(struct snapshot *s, struct gnm_why *why)
{
    int rc = sqlite3_open_v2(s->out.path, &s->out.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, s->in->vfs);
    if (rc != SQLITE_OK)
        return db_fail(&s->out, rc, s->out.path, why);
    return db_exec(&s->out, "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA secure_delete = OFF", why);
}

static int build(struct snapshot *s, const char *path, struct gnm_why *why)
{
    (void)file_remove(s->in->disk, s->out.path);   /* left by a cut */
    int r = open_out(s, why);
    if (r == 0 && s->kept)
        r = snapshot_copy(s, path, why);
    if (r == 0)
        r = fill(s, why);
    db_disconnect(&s->out);
    return r;
}

static int put_in_place(struct snapshot *s, const char *dir, const char *path, struct gnm_why *why)
{
    snapshot_may_keep(s, path);
    int r = build(s, path, why);
    if (r < 0 && s->kept) {                        /* whatever was wrong with the old one */
        s->kept = 0;
        s->last_cost = -1;
        r = build(s, path, why);
    }
    if (r == 0)
        r = file_commit_on(s->in->disk, dir, temporary, published, 0644, why);
    if (r == 0)
        snapshot_mark(s, path);
    else
        (void)file_remove(s->in->disk, s->out.path);
    return r;
}

int snapshot_publish(struct store *store, const char *dir, const char *company, const struct snapshot_status *status, struct gnm_why *why)
{
    if (store->open_tx)
        return gnm_fail(why, -EINVAL, "forecast.db: commit before publishing");
    if (store->db == NULL)
        return gnm_fail(why, -EIO, "state.db must be reopened");
    char path[2][PATH_SIZE];
    if ((size_t)snprintf(path[0], PATH_SIZE, "%s/%s", dir, temporary) >= PATH_SIZE)
        return gnm_fail(why, -ENAMETOOLONG, "%s: the path is too long", dir);
    snprintf(path[1], PATH_SIZE, "%s/%s", dir, published);
    struct snapshot *s = calloc(1, sizeof *s);
    if (s == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    *s = (struct snapshot){ .in = store, .out = { .path = path[0], .label = published, .lock_fd = -1 }, .company = company, .status = status };
    int r = energy_days(store, status->zone, status->published_s, &s->days, why);
    if (r == 0)
        r = snapshot_events_key(s, why);
    if (r == 0)
        r = put_in_place(s, dir, path[1], why);
    free(s);
    return r;
}
