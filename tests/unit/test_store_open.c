/* Opening state.db: settings, rights, locks, schema versions, damage, unclean stops. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "store/db.h"
#include "store_fixture.h"

static void sql(const char *path, const char *text)
{
    sqlite3 *db = NULL;
    char *error = NULL;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, &error) == SQLITE_OK, "%s: %s", text, error);
    sqlite3_close(db);
}

static int64_t number(struct store *store, const char *text)
{
    int64_t x = -1;
    ok(db_number(store, text, &x, &why));
    return x;
}

static int count_files(const char *part)
{
    int n = 0;
    DIR *handle = opendir(dir);
    for (struct dirent *e = readdir(handle); e != NULL; e = readdir(handle))
        n += strstr(e->d_name, part) != NULL;
    closedir(handle);
    return n;
}

/* Overwrites `len` bytes at `offset` of the file with a pattern. */
static void scribble(const char *path, off_t offset, size_t len)
{
    int fd = open(path, O_WRONLY);
    ck_assert_int_ge(fd, 0);
    for (size_t i = 0; i < len; i++)
        ck_assert_int_eq(pwrite(fd, &(char){ (char)(0x5a + i % 7) }, 1, offset + (off_t)i), 1);
    close(fd);
}

START_TEST(settings_and_rights)
{
    mode_t old = umask(0);
    struct store *store = open_store();
    umask(old);
    struct { const char *pragma; int64_t value; } expect[] = {
        { "PRAGMA synchronous", 2 }, { "PRAGMA auto_vacuum", 2 }, { "PRAGMA application_id", SCHEMA_APPLICATION }, { "PRAGMA user_version", 8 },
        { "PRAGMA foreign_keys", 1 }, { "PRAGMA trusted_schema", 0 }, { "PRAGMA mmap_size", 0 }, { "PRAGMA cell_size_check", 1 }, { "PRAGMA page_size", 4096 },
        { "PRAGMA journal_size_limit", 4194304 }, { "PRAGMA busy_timeout", 5000 }, { "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%STRICT%'", 0 },
    };
    for (size_t i = 0; i < sizeof expect / sizeof *expect; i++)
        ck_assert_msg(number(store, expect[i].pragma) == expect[i].value, "%s is %lld", expect[i].pragma, (long long)number(store, expect[i].pragma));
    ck_assert_int_eq(sqlite3_limit(store->db, SQLITE_LIMIT_ATTACHED, -1), 0);
    int defensive = 0;
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, -1, &defensive);
    ck_assert_int_eq(defensive, 1);
    struct stat st;
    ck_assert_int_eq(stat(at("state.db"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(stat(at("state.db-wal"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    store_close(store);
    ck_assert_int_ne(stat(at("state.db-wal"), &st), 0);
    ck_assert_int_eq(chmod(at("state.db"), 0644), 0);
    store = open_store();
    ck_assert_int_eq(stat(at("state.db"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    store_close(store);
    store_close(NULL);
}
END_TEST

START_TEST(a_second_opener_is_refused_in_the_same_and_another_process)
{
    struct store *store = open_store(), *second = (struct store *)-1;
    ck_assert_int_eq(store_open(at("state.db"), 0, &second, NULL, &why), -EWOULDBLOCK);
    ck_assert_ptr_eq(second, (struct store *)-1);
    pid_t child = fork();
    if (child == 0)
        _exit(store_open(at("state.db"), 0, &second, NULL, NULL) == -EWOULDBLOCK ? 0 : 1);
    int status = 0;
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
    store_close(store);
    store = open_store();
    store_close(store);
}
END_TEST

START_TEST(reading_only)
{
    struct store *reader = NULL;
    ck_assert_int_eq(store_open(at("state.db"), 1, &reader, NULL, &why), -ENOENT);
    struct store *store = open_store();
    ok(store_meta_set(store, "a", "1", &why));
    ok(store_open(at("state.db"), 1, &reader, NULL, &why));
    char text[8];
    ok(store_meta_get(reader, "a", text, sizeof text, &why));
    ck_assert_str_eq(text, "1");
    ck_assert_int_eq(store_meta_set(reader, "a", "2", &why), -EROFS);
    store_close(reader);
    store_close(store);
    /* A file the daemon made but an older gnomon wrote last. */
    sql(at("state.db"), "PRAGMA user_version = 0");
    ck_assert_int_eq(store_open(at("state.db"), 1, &reader, NULL, &why), -ENOTSUP);
    ck_assert_ptr_nonnull(strstr(why.text, "start gnomond once"));
}
END_TEST

START_TEST(other_programs_files_and_newer_ones_are_refused_untouched)
{
    struct store *store = NULL;
    int renamed = 7;
    sql(at("state.db"), "CREATE TABLE contacts(name); PRAGMA application_id = 42");
    ck_assert_int_eq(store_open(at("state.db"), 0, &store, &renamed, &why), -EINVAL);
    ck_assert_ptr_nonnull(strstr(why.text, "belongs to another program (application id 42)"));
    sql(at("state.db"), "PRAGMA application_id = 0");
    ck_assert_int_eq(store_open(at("state.db"), 0, &store, &renamed, &why), -EINVAL);
    sql(at("state.db"), "INSERT INTO contacts VALUES('x')");
    ck_assert_int_eq(count_files("-wal"), 0);
    ck_assert_int_eq(unlink(at("state.db")), 0);
    store = open_store();
    store_close(store);
    sql(at("state.db"), "PRAGMA user_version = 999");
    ck_assert_int_eq(store_open(at("state.db"), 0, &store, &renamed, &why), -ENOTSUP);
    ck_assert_ptr_nonnull(strstr(why.text, "newer gnomon (schema 999"));
    ck_assert_int_eq(renamed, 7);
    ck_assert_int_eq(count_files("corrupt"), 0);
}
END_TEST

/* ---- migrations ---- */

static const struct schema_step steps[] = {
    { 1, "CREATE TABLE old(x INTEGER) STRICT" },
    { 1, "INSERT INTO old VALUES(41)" },
    { 2, "ALTER TABLE old ADD COLUMN y INTEGER" },
    { 2, "UPDATE old SET y = x + 1" },
    { 3, "CREATE VIEW both AS SELECT x, y FROM old" },
    { 4, "CREATE TABLE half(x INTEGER) STRICT" },
    { 4, "INSERT INTO absent VALUES(1)" },
};

START_TEST(an_older_schema_is_brought_up_step_by_step)
{
    struct store store = { .path = dir, .label = "state.db", .lock_fd = -1 };
    ck_assert_int_eq(sqlite3_open(at("old.db"), &store.db), SQLITE_OK);
    ok(schema_apply(&store, steps, 2, &why));
    ck_assert_int_eq(number(&store, "PRAGMA user_version"), 1);
    ok(schema_apply(&store, steps, 5, &why));
    ck_assert_int_eq(number(&store, "PRAGMA user_version"), 3);
    ck_assert_int_eq(number(&store, "SELECT y FROM both"), 42);
    ok(schema_apply(&store, steps, 5, &why));
    ck_assert_int_eq(number(&store, "SELECT count(*) FROM both"), 1);
    /* A step that fails leaves the version before it, whole. */
    ck_assert_int_lt(schema_apply(&store, steps, 7, &why), 0);
    ck_assert_ptr_nonnull(strstr(why.text, "schema 4: "));
    ck_assert_int_eq(number(&store, "PRAGMA user_version"), 3);
    ck_assert_int_eq(number(&store, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
    db_disconnect(&store);
}
END_TEST

/* ---- damage ---- */

START_TEST(a_file_that_is_no_database_is_set_aside_and_two_sets_are_kept)
{
    struct store *store = NULL;
    for (int i = 1; i <= 4; i++) {
        FILE *f = fopen(at("state.db"), "w");
        fprintf(f, "this is not a database, time %d; it is long enough to be mistaken for one: %0500d\n", i, i);
        fclose(f);
        int renamed = 0;
        ok(store_open(at("state.db"), 0, &store, &renamed, &why));
        ck_assert_int_eq(renamed, 1);
        ok(store_meta_set(store, "a", "1", &why));
        store_close(store);
    }
    ck_assert_int_eq(count_files("corrupt"), 2);
    ck_assert_int_eq(access(at("state.db.corrupt-3"), F_OK), 0);
    ck_assert_int_eq(access(at("state.db.corrupt-4"), F_OK), 0);
}
END_TEST

/* A disk that fails at one of its changes and in all after it, as at a loss of power. */
struct failing { int left, changes; };

static int allow(void *ctx, enum disk_change change, const char *path, const char *to, int64_t offset, size_t len)
{
    (void)change, (void)path, (void)to, (void)offset, (void)len;
    struct failing *f = ctx;
    f->changes++;
    return f->left-- > 0 ? 0 : -EIO;
}

static void nothing(void *ctx, const char *path)
{
    (void)ctx, (void)path;
}

static void put_damaged(void)
{
    static const char *const names[] = { "state.db", "state.db-wal", "state.db.corrupt-1", "state.db.corrupt-1-wal", "state.db.corrupt-2" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        FILE *f = fopen(at(names[i]), "w");
        ck_assert_ptr_nonnull(f);
        fprintf(f, "%s is not a database but long enough to be mistaken for one: %0500d\n", names[i], 0);
        fclose(f);
    }
}

START_TEST(setting_aside_is_cut_anywhere_and_done_by_the_next_start)
{
    struct failing f = { 0, 0 };
    struct disk disk = { allow, nothing, &f };
    int r = -1;
    for (int left = 0; r < 0; left++) {
        struct store *store = NULL;
        int renamed = 0;
        put_damaged();
        f = (struct failing){ left, 0 };
        r = store_open_on(at("state.db"), NULL, &disk, &store, &renamed, &why);
        ck_assert_msg(r == 0 || (r == -EIO && f.changes > left), "%d after %d changes", r, f.changes);
        store_close(store);
        ok(store_open(at("state.db"), 0, &store, &renamed, &why));
        ok(store_meta_set(store, "a", "1", &why));
        store_close(store);
        ck_assert_int_eq(access(at("state.db.corrupt-3"), F_OK), 0);
        ck_assert_int_eq(access(at("state.db.corrupt-1"), F_OK), -1);
        fixture_teardown();
        ck_assert_int_eq(mkdir(dir, 0755), 0);
    }
    ck_assert_msg(f.changes >= 5, "%d changes were asked for", f.changes);      /* two removals, two renames, one new file */
}
END_TEST

static void fill(struct store *store)
{
    static struct store_minute rows[500];
    for (int i = 0; i < 500; i++)
        rows[i] = minute_row("roof", 29000000 + i, 12 + i / 100.0);
    ok(store_minutes(store, rows, 500, &why));
}

START_TEST(damage_found_while_reading_asks_for_reopening_which_begins_anew)
{
    struct store *store = open_store();
    fill(store);
    store_close(store);
    struct stat st;
    ck_assert_int_eq(stat(at("state.db"), &st), 0);
    /* The schema stays, the telemetry pages go. */
    scribble(at("state.db"), st.st_size - 8 * 4096, 8 * 4096);
    store = open_store();
    static struct store_minute row;
    int r = 0;
    for (int i = 0; r == 0 && i < 500; i++) {
        row = minute_row("roof", 29000000 + i, 12);
        r = store_minutes(store, &row, 1, &why);
    }
    ck_assert_msg(r == -EUCLEAN, "%d %s", r, why.text);
    ck_assert_int_eq(store_meta_set(store, "a", "1", &why), -EUCLEAN);
    int renamed = 0;
    ok(store_reopen(store, &renamed, &why));
    ck_assert_int_eq(renamed, 1);
    fill(store);
    ok(store_check(store, 10000, &why));
    store_close(store);
    ck_assert_int_eq(access(at("state.db.corrupt-1"), F_OK), 0);
}
END_TEST

/* A writer that is killed while it holds the database. */
static void die_writing(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct store *store = NULL;
        if (store_open(at("state.db"), 0, &store, NULL, NULL) == 0) {
            fill(store);
            raise(SIGKILL);
        }
        _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ck_assert(WIFSIGNALED(status));
}

START_TEST(an_unclean_stop_is_noticed_and_checked)
{
    die_writing();
    struct store *store = open_store();
    ck_assert_int_eq(store_unclean(store), 1);
    /* A bound of nothing goes table by table. */
    int r, calls = 0;
    while ((r = store_check(store, 0, &why)) == -EAGAIN && calls < 1000)
        calls++;
    ck_assert_int_eq(r, 0);
    ck_assert_int_ge(calls, 10);
    ck_assert_int_eq(number(store, "SELECT count(*) FROM minute"), 500);
    store_close(store);
    store = open_store();
    ck_assert_int_eq(store_unclean(store), 0);
    store_close(store);
}
END_TEST

START_TEST(damage_after_an_unclean_stop_is_found_at_opening_with_its_side_files)
{
    die_writing();
    struct store *store = open_store();
    /* Checkpointed, but the flag says "open": as after a power cut. */
    ok(db_exec(store, "PRAGMA wal_checkpoint(TRUNCATE)", &why));
    db_disconnect(store);
    store->broken = 1;
    store_close(store);
    struct stat st;
    ck_assert_int_eq(stat(at("state.db"), &st), 0);
    scribble(at("state.db"), st.st_size - 8 * 4096, 8 * 4096);
    FILE *f = fopen(at("state.db-wal"), "w");
    fclose(f);
    int renamed = 0;
    ok(store_open(at("state.db"), 0, &store, &renamed, &why));
    ck_assert_int_eq(renamed, 1);
    ck_assert_int_eq(number(store, "SELECT count(*) FROM minute"), 0);
    store_close(store);
    ck_assert_int_eq(access(at("state.db.corrupt-1"), F_OK), 0);
}
END_TEST

/* ---- a full disk ---- */

START_TEST(a_full_disk_takes_nothing_half)
{
    struct store *store = open_store();
    fill(store);
    int64_t pages = number(store, "PRAGMA page_count");
    char text[64];
    snprintf(text, sizeof text, "PRAGMA max_page_count = %lld", (long long)pages);
    ok(db_exec(store, text, &why));
    static struct gnm_forecast rows[2000];
    for (int i = 0; i < 2000; i++)
        rows[i] = forecast_row("shop", 100, i + 1, i);
    ck_assert_int_eq(store_forecasts(store, 1000, rows, 2000, &why), -ENOSPC);
    ck_assert_int_eq(number(store, "SELECT count(*) FROM forecast"), 0);
    /* Inside a caller's transaction the disk takes everything with it, and says so. */
    ok(store_begin(store, &why));
    ok(store_meta_set(store, "a", "1", &why));
    ck_assert_int_eq(store_forecasts(store, 1000, rows, 2000, &why), -ENOSPC);
    int r = store_commit(store, &why);
    char got[8];
    int there = store_meta_get(store, "a", got, sizeof got, &why) == 0;
    ck_assert_msg(r == (there ? 0 : -ECANCELED), "%d, %d", r, there);
    ok(db_exec(store, "PRAGMA max_page_count = 1000000", &why));
    /* As SQLite does by itself on some errors. */
    ok(store_begin(store, &why));
    ok(db_exec(store, "ROLLBACK", &why));
    ck_assert_int_eq(store_meta_set(store, "b", "1", &why), -ECANCELED);
    ck_assert_int_eq(store_commit(store, &why), -ECANCELED);
    ok(store_forecasts(store, 1000, rows, 2000, &why));
    ok(store_check(store, 10000, &why));
    store_close(store);
}
END_TEST

START_TEST(reopening_keeps_the_lock_and_the_rows)
{
    struct store *store = open_store(), *second = NULL;
    fill(store);
    ok(store_begin(store, &why));
    ok(store_meta_set(store, "lost", "1", &why));
    ok(store_reopen(store, NULL, &why));
    ck_assert_int_eq(number(store, "SELECT count(*) FROM minute"), 500);
    char text[8];
    ck_assert_int_eq(store_meta_get(store, "lost", text, sizeof text, &why), -ENOENT);
    ck_assert_int_eq(store_open(at("state.db"), 0, &second, NULL, &why), -EWOULDBLOCK);
    store_close(store);
}
END_TEST

static void add(TCase *t)
{
    tcase_add_test(t, settings_and_rights);
    tcase_add_test(t, a_second_opener_is_refused_in_the_same_and_another_process);
    tcase_add_test(t, reading_only);
    tcase_add_test(t, other_programs_files_and_newer_ones_are_refused_untouched);
    tcase_add_test(t, an_older_schema_is_brought_up_step_by_step);
    tcase_add_test(t, a_file_that_is_no_database_is_set_aside_and_two_sets_are_kept);
    tcase_add_test(t, setting_aside_is_cut_anywhere_and_done_by_the_next_start);
    tcase_add_test(t, damage_found_while_reading_asks_for_reopening_which_begins_anew);
    tcase_add_test(t, an_unclean_stop_is_noticed_and_checked);
    tcase_add_test(t, damage_after_an_unclean_stop_is_found_at_opening_with_its_side_files);
    tcase_add_test(t, a_full_disk_takes_nothing_half);
    tcase_add_test(t, reopening_keeps_the_lock_and_the_rows);
}

int main(void)
{
    return fixture_main("store open", add, 10);
}
