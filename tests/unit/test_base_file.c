#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base_suite.h"

static char dir[64];

static void enter(void)
{
    snprintf(dir, sizeof dir, "/tmp/gnomon-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void leave(void)
{
    char command[128];
    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", dir, dir);
    ck_assert_int_eq(system(command), 0);
}

static const char *in_dir(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void put(const char *name, const char *content)
{
    FILE *f = fopen(in_dir(name), "w");
    ck_assert_ptr_nonnull(f);
    fputs(content, f);
    fclose(f);
}

static void assert_content(const char *name, const char *content)
{
    char *got;
    size_t len;
    struct gnm_why why = { 0 };
    ck_assert_msg(file_read(in_dir(name), 1 << 20, &got, &len, &why) == 0, "%s", why.text);
    ck_assert_uint_eq(len, strlen(content));
    ck_assert_str_eq(got, content);
    free(got);
}

/* Root writes where the mode forbids it: such tests run as nobody, in a child. */
static int as_nobody(int (*work)(void))
{
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(99);
        _exit(work());
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(reads_whole_files)
{
    enter();
    put("empty", "");
    put("some", "twelve bytes");
    assert_content("empty", "");
    assert_content("some", "twelve bytes");
    char *got = NULL;
    size_t len = 7;
    struct gnm_why why = { 0 };
    ck_assert_int_eq(file_read(in_dir("some"), 12, &got, &len, &why), 0);
    free(got);
    got = NULL;
    len = 7;
    ck_assert_int_eq(file_read(in_dir("some"), 11, &got, &len, &why), -EFBIG);
    ck_assert_ptr_nonnull(strstr(why.text, "larger than 11 bytes"));
    ck_assert_int_eq(file_read(in_dir("none"), 11, &got, &len, &why), -ENOENT);
    ck_assert_ptr_nonnull(strstr(why.text, "/none: cannot open"));
    ck_assert_int_eq(file_read(dir, 11, &got, &len, &why), -EINVAL);
    ck_assert_int_eq(mkfifo(in_dir("pipe"), 0600), 0);
    ck_assert_int_eq(file_read(in_dir("pipe"), 11, &got, &len, &why), -EINVAL);
    ck_assert_ptr_nonnull(strstr(why.text, "not a regular file"));
    ck_assert_ptr_null(got);
    ck_assert_uint_eq(len, 7);
    leave();
}
END_TEST

/* The kernel says size 0 for these. */
START_TEST(reads_files_without_a_size)
{
    char *got;
    size_t len;
    ck_assert_int_eq(file_read("/proc/self/status", 1 << 20, &got, &len, NULL), 0);
    ck_assert(len > 100 && strncmp(got, "Name:", 5) == 0 && got[len] == '\0');
    free(got);
    ck_assert_int_eq(file_read("/proc/self/status", 100, &got, &len, NULL), -EFBIG);
}
END_TEST

START_TEST(publishes_and_replaces)
{
    enter();
    struct gnm_why why = { 0 };
    umask(0077);
    ck_assert_msg(file_publish(dir, "a", "one", 3, 0644, &why) == 0, "%s", why.text);
    assert_content("a", "one");
    ck_assert_int_eq(file_replace(dir, "a", "two", 3, 0640, &why), 0);
    assert_content("a", "two");
    ck_assert_int_eq(file_publish(dir, "a", "", 0, 0644, &why), 0);
    assert_content("a", "");
    struct stat st;
    ck_assert_int_eq(stat(in_dir("a"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0644);
    leave();
}
END_TEST

static int is_alone(const char *name)
{
    char command[256];
    snprintf(command, sizeof command, "test \"$(ls -A %s)\" = %s", dir, name);
    return system(command) == 0;
}

static const char *const bad_names[] = { "", ".", "..", "a/b", "/etc/x", "../x" };

START_TEST(names_stay_in_the_directory)
{
    enter();
    struct gnm_why why = { 0 };
    ck_assert_int_eq(file_publish(dir, bad_names[_i], "x", 1, 0644, &why), -EINVAL);
    ck_assert_int_eq(file_commit(dir, bad_names[_i], "a", 0644, &why), -EINVAL);
    ck_assert_int_eq(file_commit(dir, "a", bad_names[_i], 0644, &why), -EINVAL);
    leave();
}
END_TEST

static int publish_over_old(void)
{
    struct gnm_why why = { 0 };
    int r = file_publish(dir, "a", "new", 3, 0644, &why);
    return r == -EACCES && strstr(why.text, "/a: cannot write") != NULL ? 0 : 1;
}

START_TEST(read_only_directory_keeps_the_old_file)
{
    enter();
    put("a", "old");
    ck_assert_int_eq(chmod(dir, 0555), 0);
    ck_assert_int_eq(as_nobody(publish_over_old), 0);
    assert_content("a", "old");
    ck_assert(is_alone("a"));
    leave();
}
END_TEST

START_TEST(missing_directory_is_an_error)
{
    enter();
    struct gnm_why why = { 0 };
    ck_assert_int_eq(file_publish(in_dir("none"), "a", "x", 1, 0644, &why), -ENOENT);
    put("plain", "");
    ck_assert_int_eq(file_publish(in_dir("plain"), "a", "x", 1, 0644, &why), -ENOTDIR);
    leave();
}
END_TEST

/* A limit on file size makes write() fail in the middle as a full card does. */
static int publish_too_much(void)
{
    static char data[1 << 16];
    struct rlimit limit = { 4096, 4096 };
    struct gnm_why why = { 0 };
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 2;
    return file_publish(dir, "a", data, sizeof data, 0644, &why) == -EFBIG ? 0 : 1;
}

START_TEST(failed_write_keeps_the_old_file)
{
    enter();
    ck_assert_int_eq(chmod(dir, 0777), 0);
    put("a", "old");
    ck_assert_int_eq(as_nobody(publish_too_much), 0);
    assert_content("a", "old");
    ck_assert_msg(is_alone("a"), "a temporary file was left");
    leave();
}
END_TEST

START_TEST(planted_links_are_not_followed)
{
    struct gnm_why why = { 0 };
    enter();
    char temporary[300];
    snprintf(temporary, sizeof temporary, "%s/a.tmp.%ld", dir, (long)getpid());
    put("victim", "untouched");
    ck_assert_int_eq(symlink("victim", temporary), 0);
    ck_assert_int_eq(file_publish(dir, "a", "new", 3, 0644, &why), 0);
    assert_content("victim", "untouched");
    assert_content("a", "new");
    leave();
}
END_TEST

/* A directory in the place of the file: rename fails after everything was written. */
START_TEST(failed_rename_leaves_nothing)
{
    enter();
    struct gnm_why why = { 0 };
    ck_assert_int_eq(mkdir(in_dir("a"), 0755), 0);
    ck_assert_int_eq(file_publish(dir, "a", "new", 3, 0644, &why), -EISDIR);
    ck_assert(is_alone("a"));
    leave();
}
END_TEST

START_TEST(commits_what_another_wrote)
{
    enter();
    struct gnm_why why = { 0 };
    put("x.tmp", "built");
    put("x", "old");
    ck_assert_msg(file_commit(dir, "x.tmp", "x", 0640, &why) == 0, "%s", why.text);
    assert_content("x", "built");
    ck_assert(is_alone("x"));
    ck_assert_int_eq(file_commit(dir, "x.tmp", "x", 0640, &why), -ENOENT);
    ck_assert_int_eq(symlink("x", in_dir("link")), 0);
    ck_assert_int_eq(file_commit(dir, "link", "y", 0640, &why), -ELOOP);
    assert_content("x", "built");
    leave();
}
END_TEST

START_TEST(sweeps_left_overs_only)
{
    enter();
    static const char *const gone[] = { "a.tmp.123", "forecast.db.tmp", "forecast.db.tmp-journal", "b.json.tmp.1", "forecast.db.tmp-wal" };
    static const char *const stays[] = { "a", "tmp", ".tmp", "a.tmp.", "a.tmp.12x", "a.tmp.csv", "tmp.123", "a.tmpx", "state.db-wal" };
    for (size_t i = 0; i < COUNT(gone); i++)
        put(gone[i], "x");
    for (size_t i = 0; i < COUNT(stays); i++)
        put(stays[i], "x");
    ck_assert_int_eq(mkdir(in_dir("dir.tmp"), 0755), 0);
    file_sweep(NULL, dir);
    for (size_t i = 0; i < COUNT(gone); i++)
        ck_assert_msg(access(in_dir(gone[i]), F_OK) < 0, "%s is there", gone[i]);
    for (size_t i = 0; i < COUNT(stays); i++)
        ck_assert_msg(access(in_dir(stays[i]), F_OK) == 0, "%s is gone", stays[i]);
    ck_assert_int_eq(access(in_dir("dir.tmp"), F_OK), 0);
    file_sweep(NULL, in_dir("none"));
    leave();
}
END_TEST

START_TEST(directories)
{
    enter();
    struct gnm_why why = { 0 };
    ck_assert_int_eq(file_mkdir(in_dir("d"), 0750, &why), 0);
    ck_assert_int_eq(file_mkdir(in_dir("d"), 0750, &why), 0);
    put("f", "");
    ck_assert_int_eq(file_mkdir(in_dir("f"), 0750, &why), -ENOTDIR);
    ck_assert_int_eq(file_mkdir(in_dir("x/y"), 0750, &why), -ENOENT);
    leave();
}
END_TEST

/* ---- a disk that is asked ---- */

struct asked { char log[600]; int refuse_at, n; };

static int note_change(void *ctx, enum disk_change change, const char *path, const char *to, int64_t offset, size_t len)
{
    static const char *const names[] = { "create", "write", "truncate", "rename", "remove" };
    struct asked *a = ctx;
    (void)offset;
    size_t used = strlen(a->log);
    snprintf(a->log + used, sizeof a->log - used, "%s %s%s%s %zu\n", names[change], path + strlen(dir) + 1, to != NULL ? " " : "", to != NULL ? to + strlen(dir) + 1 : "", len);
    return ++a->n == a->refuse_at ? -ENOSPC : 0;
}

static void note_sync(void *ctx, const char *path)
{
    struct asked *a = ctx;
    size_t used = strlen(a->log);
    snprintf(a->log + used, sizeof a->log - used, "sync %s\n", strlen(path) > strlen(dir) ? path + strlen(dir) + 1 : ".");
}

static int all_changes(const struct disk *disk)
{
    struct gnm_why why = { 0 };
    int r = file_mkdir_on(disk, in_dir("sub"), 0755, &why);
    if (r == 0)
        r = file_mkdir_on(disk, in_dir("sub"), 0755, &why);
    if (r == 0)
        r = file_replace_on(disk, dir, "a", "one", 3, 0644, &why);
    if (r == 0)
        r = file_publish_on(disk, dir, "b", "three", 5, 0644, &why);
    file_sweep(disk, dir);
    return r;
}

/* Every change of every function is asked for first, and what is refused does not happen. */
START_TEST(a_disk_is_asked_first)
{
    enter();
    struct asked a = { .n = 0 };
    struct disk disk = { note_change, note_sync, &a };
    char wanted[600], pid[24];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    put("left.tmp", "");
    ck_assert_int_eq(all_changes(&disk), 0);
    snprintf(wanted, sizeof wanted, "create sub 0\ncreate a.tmp.%s 0\nwrite a.tmp.%s 3\nrename a.tmp.%s a 0\ncreate b.tmp.%s 0\nwrite b.tmp.%s 5\nsync b.tmp.%s\n"
             "rename b.tmp.%s b 0\nsync .\nremove left.tmp 0\n", pid, pid, pid, pid, pid, pid, pid);
    ck_assert_str_eq(a.log, wanted);
    leave();
    for (int at = 1; at <= 8; at++) {
        enter();
        put("left.tmp", "");
        a = (struct asked){ .refuse_at = at };
        int r = all_changes(&disk);
        ck_assert_int_eq(r, at < 8 ? -ENOSPC : 0);
        ck_assert_int_eq(access(in_dir("sub"), F_OK) == 0, at > 1);
        ck_assert_int_eq(access(in_dir("a"), F_OK) == 0, at > 4);
        ck_assert_int_eq(access(in_dir("b"), F_OK) == 0, at > 7);
        ck_assert_int_eq(access(in_dir("left.tmp"), F_OK) == 0, at == 8);
        leave();
    }
}
END_TEST

static int try_lock(void)
{
    struct gnm_why why = { 0 };
    int fd = file_lock(in_dir("lock"), &why);
    return fd >= 0 ? 0 : fd == -EWOULDBLOCK && strstr(why.text, "another process") != NULL ? 1 : 2;
}

START_TEST(one_process_holds_the_lock)
{
    enter();
    ck_assert_int_eq(chmod(dir, 0777), 0);
    struct gnm_why why = { 0 };
    int fd = file_lock(in_dir("lock"), &why);
    ck_assert_msg(fd >= 0, "%s", why.text);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(chmod(in_dir("lock"), 0666), 0);
    ck_assert_int_eq(as_nobody(try_lock), 1);
    close(fd);
    ck_assert_int_eq(as_nobody(try_lock), 0);
    leave();
}
END_TEST

START_TEST(space_is_told)
{
    enter();
    double bytes = -1, ratio = -1;
    ck_assert_int_eq(file_space(dir, &bytes, &ratio, NULL), 0);
    ck_assert(bytes > 0 && ratio > 0 && ratio <= 1);
    ck_assert_int_eq(file_space(in_dir("none"), &bytes, &ratio, NULL), -ENOENT);
    leave();
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { reads_whole_files, 0 }, { reads_files_without_a_size, 0 }, { publishes_and_replaces, 0 }, { names_stay_in_the_directory, COUNT(bad_names) },
        { read_only_directory_keeps_the_old_file, 0 }, { missing_directory_is_an_error, 0 }, { failed_write_keeps_the_old_file, 0 },
        { planted_links_are_not_followed, 0 }, { failed_rename_leaves_nothing, 0 }, { commits_what_another_wrote, 0 }, { sweeps_left_overs_only, 0 },
        { directories, 0 }, { a_disk_is_asked_first, 0 }, { one_process_holds_the_lock, 0 }, { space_is_told, 0 },
    };
    return base_suite_run("base file", tests, COUNT(tests));
}
