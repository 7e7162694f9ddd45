#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/query_file.h"
#include "store/snapshot.h"


/* ---- opening ---- */

/* file:PATH?mode=ro&immutable=1 with the three characters escaped that mean something in such a name. */
static int uri_of(const char *path, char *ret, size_t size)
{
    size_t n = (size_t)snprintf(ret, size, "file:");
    for (; *path != '\0' && n + 4 < size; path++) {
        const char *format = strchr("?#%", *path) != NULL ? "%%%02X" : "%c";
        n += (size_t)snprintf(ret + n, size - n, format, (unsigned char)*path);
    }
    static const char tail[] = "?mode=ro&immutable=1";
    if (*path != '\0' || n + sizeof tail > size)
        return -ENAMETOOLONG;
    memcpy(ret + n, tail, sizeof tail);
    return 0;
}

static int identify(struct store *db, const char *path, struct gnm_why *why)
{
    int64_t application = 0, version = 0;
    int r = db_number(db, "PRAGMA application_id", &application, why);
    if (r == 0)
        r = db_number(db, "PRAGMA user_version", &version, why);
    if (r < 0)
        return gnm_fail_in(why, "%s: ", path);
    if (application != SNAPSHOT_APPLICATION)
        return gnm_fail(why, -EINVAL, "%s is not a forecast.db of gnomon (application id %lld)", path, (long long)application);
    if (version / 10000 != SNAPSHOT_CONTRACT / 10000)
        return gnm_fail(why, -ENOTSUP, "%s has contract %lld, this gnomon reads %d", path, (long long)version / 10000, SNAPSHOT_CONTRACT / 10000);
    return 0;
}

static int open_file(struct store *db, const char *path, struct gnm_why *why)
{
    char uri[4096 + 64];
    if (access(path, R_OK) != 0)
        return gnm_fail(why, -errno, "%s: %s", path, strerror(errno));
    if (uri_of(path, uri, sizeof uri) < 0)
        return gnm_fail(why, -ENAMETOOLONG, "%s: the path is too long", path);
    int rc = sqlite3_open_v2(uri, &db->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc != SQLITE_OK)
        return db_fail(db, rc, path, why);
    sqlite3_db_config(db->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    return identify(db, path, why);
}

int query_open(const char *path, struct query **ret, struct gnm_why *why)
{
    struct query *query = calloc(1, sizeof *query);
    if (query == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    query->db.label = "forecast.db";
    query->db.lock_fd = -1;
    query->db.readonly = 1;
    int r = open_file(&query->db, path, why);
    if (r < 0) {
        query_close(query);
        return r;
    }
    *ret = query;
    return 0;
}

void query_close(struct query *query)
{
    if (query == NULL)
        return;
    db_disconnect(&query->db);
    free(query);
}
