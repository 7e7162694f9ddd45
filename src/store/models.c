#include "store/db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* A chunk's key is model * CHUNKS_MAX + its number. */
enum { CHUNK = 256 * 1024, CHUNKS_MAX = 4096, KEEP_MODELS = 3 };

/* ---- putting ---- */

static int put_chunk(struct store *store, int64_t key, const void *data, size_t len, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_CHUNK_PUT, "INSERT INTO model_chunk(key, data) VALUES(?1, ?2)", &stmt, why);
    if (r < 0)
        return r;
    int rc = sqlite3_bind_int64(stmt, 1, key);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(stmt, 2, data, len, SQLITE_STATIC);
    r = rc == SQLITE_OK ? db_run(store, stmt, why) : db_fail(store, rc, "state.db: model", why);
    sqlite3_clear_bindings(stmt);   /* the caller's bytes are not ours to keep */
    return r;
}

static int put_chunks(struct store *store, int64_t id, const char *data, size_t len, struct gnm_why *why)
{
    int r = 0;
    for (size_t i = 0, at = 0; r == 0 && at < len; i++, at += CHUNK)
        r = put_chunk(store, id * CHUNKS_MAX + (int64_t)i, data + at, len - at < CHUNK ? len - at : CHUNK, why);
    return r;
}

/* Old models of the family and chunks that lost their model go; a model of the same name goes before its successor comes. */
static int prune(struct store *store, int64_t family, struct gnm_why *why)
{
    int r = db_do(store, DB_MODEL_PRUNE,
                  "DELETE FROM model WHERE family = ?1 AND serving = 0 AND id NOT IN (SELECT id FROM model WHERE family = ?1 ORDER BY trained_s DESC, id DESC LIMIT ?2)",
                  why, "li", family, KEEP_MODELS);
    return r < 0 ? r : db_do(store, DB_CHUNK_PRUNE, "DELETE FROM model_chunk WHERE key / 4096 NOT IN (SELECT id FROM model)", why, "");
}

static int add_model(struct store *store, const struct store_model *m, int64_t family, int64_t name, const void *blob, size_t len, struct gnm_why *why)
{
    int r = db_do(store, DB_MODEL_REPLACE, "DELETE FROM model WHERE family = ?1 AND model = ?2", why, "ll", family, name);
    if (r == 0 && m->serving)
        r = db_do(store, DB_MODEL_RETIRE, "UPDATE model SET serving = 0 WHERE family = ?1 AND serving <> 0", why, "l", family);
    /* Orphaned chunks must be gone before their model's number is given out again. */
    if (r == 0)
        r = prune(store, family, why);
    if (r == 0)
        r = db_do(store, DB_MODEL_ADD,
                  "INSERT INTO model(family, model, trained_s, data_hash, serving, bytes, crc, choice) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", why, "llllills", family, name,
                  m->trained_s, (int64_t)m->data_hash, m->serving != 0, (int64_t)len, (int64_t)crc32_bytes(0, blob, len), m->choice);
    if (r == 0)
        r = put_chunks(store, sqlite3_last_insert_rowid(store->db), blob, len, why);
    return r < 0 ? r : prune(store, family, why);
}

int store_model_put(struct store *store, const struct store_model *model, const void *blob, size_t len, struct gnm_why *why)
{
    if (len > (size_t)CHUNK * CHUNKS_MAX)
        return gnm_fail(why, -EFBIG, "model %s of %zu bytes is too big", model->model, len);
    int r = db_enter(store, why);
    if (r < 0)
        return r;
    int64_t family = db_name(store, model->family, why);
    int64_t name = family < 0 ? family : db_name(store, model->model, why);
    r = name < 0 ? (int)name : add_model(store, model, family, name, blob, len, why);
    return db_leave(store, r, why);
}

/* ---- getting ---- */

struct found { struct store_model model; int64_t id; size_t bytes; uint32_t crc; };

static int find_model(struct store *store, const char *family, struct found *ret, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_MODEL_GET,
                    "SELECT x.id, m.text, x.trained_s, x.data_hash, x.bytes, x.crc FROM model x JOIN name f ON f.id = x.family JOIN name m ON m.id = x.model"
                    " WHERE f.text = ?1 AND x.serving <> 0 ORDER BY x.trained_s DESC, x.id DESC LIMIT 1", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "s", family);
    if (r == 0)
        r = db_step(store, stmt, why);
    if (r < 0)
        return r;
    if (r == 0)
        return gnm_fail(why, -ENOENT, "there is no serving model of family %s", family);
    ret->id = sqlite3_column_int64(stmt, 0);
    db_text(stmt, 1, ret->model.model, sizeof ret->model.model);
    ret->model.trained_s = sqlite3_column_int64(stmt, 2);
    ret->model.data_hash = (uint64_t)sqlite3_column_int64(stmt, 3);
    int64_t bytes = sqlite3_column_int64(stmt, 4);
    ret->crc = (uint32_t)sqlite3_column_int64(stmt, 5);
    ret->model.serving = 1;
    sqlite3_reset(stmt);
    strncpy(ret->model.family, family, sizeof ret->model.family - 1);
    ret->bytes = (size_t)bytes;
    return bytes >= 0 && bytes <= (int64_t)CHUNK * CHUNKS_MAX ? 0 : gnm_fail(why, -EBADMSG, "model %s has an impossible size", ret->model.model);
}

/* Fills `data`; how many bytes there were is in `*got`, never more than `len`. */
static int get_chunks(struct store *store, int64_t id, char *data, size_t len, size_t *got, struct gnm_why *why)
{
    sqlite3_stmt *stmt;
    int r = db_stmt(store, DB_CHUNK_GET, "SELECT data FROM model_chunk WHERE key >= ?1 AND key < ?2 ORDER BY key", &stmt, why);
    if (r == 0)
        r = db_bind(store, stmt, why, "ll", id * CHUNKS_MAX, (id + 1) * CHUNKS_MAX);
    *got = 0;
    while (r == 0 && (r = db_step(store, stmt, why)) > 0) {
        size_t n = (size_t)sqlite3_column_bytes(stmt, 0);
        r = 0;
        if (n > len - *got)
            break;
        if (n > 0)
            memcpy(data + *got, sqlite3_column_blob(stmt, 0), n);
        *got += n;
    }
    sqlite3_reset(stmt);
    return r;
}

int store_model_get(struct store *store, const char *family, struct store_model *ret, void **blob, size_t *len, struct gnm_why *why)
{
    struct found found = { .id = 0 };
    int r = find_model(store, family, &found, why);
    if (r < 0)
        return r;
    char *data = malloc(found.bytes + 1);
    if (data == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory for a model of %zu bytes", found.bytes);
    size_t got = 0;
    r = get_chunks(store, found.id, data, found.bytes, &got, why);
    if (r == 0 && (got != found.bytes || crc32_bytes(0, data, got) != found.crc))
        r = gnm_fail(why, -EBADMSG, "model %s is not what was stored (%zu of %zu bytes, or another checksum)", found.model.model, got, found.bytes);
    if (r < 0) {
        free(data);
        return r;
    }
    *ret = found.model;
    *blob = data;
    *len = found.bytes;
    return 0;
}
