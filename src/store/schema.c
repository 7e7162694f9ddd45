#include "store/db.h"

#include <errno.h>
#include <stdio.h>

static int identity(struct store *store, int64_t *application, int64_t *version, int64_t *objects, struct gnm_why *why)
{
    int r = db_number(store, "PRAGMA application_id", application, why);
    if (r == 0)
        r = db_number(store, "PRAGMA user_version", version, why);
    return r < 0 ? r : db_number(store, "SELECT count(*) FROM sqlite_schema", objects, why);
}

int schema_identify(struct store *store, struct gnm_why *why)
{
    int64_t application = 0, version = 0, objects = 0, known = schema_steps[schema_steps_n - 1].version;
    int r = identity(store, &application, &version, &objects, why);
    if (r < 0)
        return r;
    int empty = application == 0 && version == 0 && objects == 0;
    if (application != SCHEMA_APPLICATION && !empty)
        return gnm_fail(why, -EINVAL, "%s is not a gnomon state database: it belongs to another program (application id %lld)", store->path, (long long)application);
    if (version > known)
        return gnm_fail(why, -ENOTSUP, "%s was written by a newer gnomon (schema %lld, this one knows %lld): install that version again", store->path,
                        (long long)version, (long long)known);
    return 0;
}

/* All statements of the version that starts at `step`, and its number, in one transaction. */
static int apply_version(struct store *store, const struct schema_step *step, size_t n, struct gnm_why *why)
{
    char stamp[96];
    snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d", SCHEMA_APPLICATION, step->version);
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < n && step[i].version == step->version; i++)
        r = db_exec(store, step[i].sql, why);
    if (r == 0)
        r = db_exec(store, stamp, why);
    r = db_leave(store, r, why);
    return r < 0 ? gnm_fail_in(why, "schema %d: ", step->version) : 0;
}

int schema_apply(struct store *store, const struct schema_step *step, size_t n, struct gnm_why *why)
{
    int64_t version = 0;
    int r = db_number(store, "PRAGMA user_version", &version, why);
    if (r == 0 && store->readonly && version < step[n - 1].version)
        return gnm_fail(why, -ENOTSUP, "%s has schema %lld of an older gnomon: start gnomond once", store->path, (long long)version);
    store->migrating = 1;
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (step[i].version <= version)
            continue;
        version = step[i].version;
        r = apply_version(store, &step[i], n - i, why);
    }
    store->migrating = 0;
    return r;
}
