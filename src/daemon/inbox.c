#include "daemon/inbox.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "daemon/common.h"
#include "daemon/ingest.h"

enum { SCAN_S = 600, WATCHED_S = 3600, REQUEST_MAX = 4096, PATH_SIZE = 600, ROW_UNITS = 5000 };

/* One folder of questions and its two folders of answers. */
struct box { char inbox[PATH_SIZE], done[PATH_SIZE], rejected[PATH_SIZE]; const char *company; };

static void box_of(const struct daemon *d, size_t i, struct box *ret)
{
    const char *state = d->config->paths.state;
    const char *company = i == 0 ? "" : d->config->company[i - 1].name;
    const char *slash = i == 0 ? "" : "/";
    snprintf(ret->inbox, sizeof ret->inbox, "%s/inbox%s%s", state, slash, company);
    snprintf(ret->done, sizeof ret->done, "%s/done%s%s", state, slash, company);
    snprintf(ret->rejected, sizeof ret->rejected, "%s/rejected%s%s", state, slash, company);
    ret->company = company;
}

static size_t boxes(const struct daemon *d)
{
    return 1 + d->config->n_companies;
}

int inbox_open(struct daemon *d, int watch, struct gnm_why *why)
{
    d->inotify_fd = watch ? inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1;
    if (watch && d->inotify_fd < 0)
        return gnm_fail(why, -errno, "inotify: %s", strerror(errno));
    for (size_t i = 0; i < boxes(d); i++) {
        struct box box;
        box_of(d, i, &box);
        int r = file_mkdir_on(d->disk, box.inbox, 03730, why);
        if (r == 0)
            r = file_mkdir_on(d->disk, box.done, 0755, why);
        if (r == 0)
            r = file_mkdir_on(d->disk, box.rejected, 0755, why);
        if (r == 0 && watch && inotify_add_watch(d->inotify_fd, box.inbox, IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
            r = gnm_fail(why, -errno, "%s: cannot watch: %s", box.inbox, strerror(errno));
        if (r < 0) {
            inbox_close(d);
            return r;
        }
        file_sweep(d->disk, box.done);
        file_sweep(d->disk, box.rejected);
    }
    return 0;
}

void inbox_close(struct daemon *d)
{
    if (d->inotify_fd >= 0)
        close(d->inotify_fd);
    d->inotify_fd = -1;
    d->inbox_empty_ms = 0;
}

/* ---- one file ---- */

static int has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);
    return n > m && strcmp(name + n - m, suffix) == 0;
}

static int is_question(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return name[0] != '.' && (has_suffix(name, ".csv") || has_suffix(name, ".json") || has_suffix(name, ".jsonl") || has_suffix(name, ".request"));
}

static void answer(struct daemon *d, const struct box *box, const char *path, const char *name, int r, const struct text *report, const struct gnm_why *why)
{
    struct gnm_why failed = { 0 };
    char kept[PATH_SIZE + 300];
    const char *dir = r == 0 ? box->done : box->rejected;
    if (file_publish_on(d->disk, dir, name, report->data != NULL ? report->data : "", report->len, 0644, &failed) < 0) {
        log_change(&d->log, &d->inbox_once, d->clock->mono_ms(d->clock->ctx), SCAN_S * 1000, LOG_ERROR, NULL, failed.text);
        return;                                  /* the question stays where it is */
    }
    snprintf(kept, sizeof kept, "%s/%s.original", box->rejected, name);
    int moved = r == 0 ? file_remove(d->disk, path) : file_rename(d->disk, path, kept);
    if (moved < 0)
        log_line(&d->log, LOG_ERROR, NULL, "inbox: %s: %s", path, strerror(-moved));
    if (r < 0)
        log_line(&d->log, LOG_WARNING, NULL, "inbox: %s refused: %s", name, why->text);
}

static int take_rows(struct daemon *d, const struct box *box, const char *path, const char *name, struct text *report, struct gnm_why *why)
{
    struct ingest_result result = { 0 };
    struct stretch work;
    common_open(d, &work);
    int r = ingest_file(d->store, path, name, box->company, common_wall_s(d), &result, report, why);
    common_pay(d, result.rows, ROW_UNITS);
    common_close(d, &work, GNM_IMPORT, r == 0 ? "import" : NULL);
    if (r < 0)
        return r;
    d->imports++;
    log_line(&d->log, LOG_ROUTINE, NULL, "inbox: %s: %zu rows, %zu new, %zu lines rejected", name, result.rows, result.added, result.rejected);
    if (result.added > 0)
        d->refresh_due = 1;
    loop_wake(&d->loop, TASK_REFRESH, d->clock->mono_ms(d->clock->ctx));
    return 0;
}

static int run_request(struct daemon *d, const char *word, struct gnm_why *why)
{
    int64_t now_ms = d->clock->mono_ms(d->clock->ctx);
    struct gnm_grant grant;
    if (strcmp(word, "refresh") == 0) {
        d->refresh_due = 1;
        return 0;
    }
    if (strcmp(word, "train") != 0)
        return gnm_fail(why, -EINVAL, "request '%.40s' is not known; refresh and train are", word);
    if (!common_grant(d, GNM_TRAIN, 0, now_ms, &grant))
        return gnm_fail(why, -EAGAIN, "train: refused, %s", grant.reason);
    d->learn.next_train_s = common_wall_s(d);
    loop_wake(&d->loop, TASK_TRAIN, now_ms);
    return 0;
}

static int take_request(struct daemon *d, const char *path, const char *name, struct text *report, struct gnm_why *why)
{
    char *data = NULL;
    size_t len;
    int r = file_read(path, REQUEST_MAX, &data, &len, why);
    struct json *doc = r == 0 ? json_parse(data, len, 0, why) : NULL;
    const char *word = doc != NULL ? json_string(json_member(doc, "request")) : NULL;
    if (r == 0 && doc == NULL)
        r = why->code;
    else if (r == 0 && word == NULL)
        r = gnm_fail(why, -EINVAL, "%s: no \"request\" in it", name);
    else if (r == 0)
        r = run_request(d, word, why);
    text_printf(report, "{\"contract\":\"1.0\",\"file\":");
    text_json_string(report, name);
    text_printf(report, ",\"accepted\":%s,\"reason\":", r == 0 ? "true" : "false");
    text_json_string(report, r == 0 ? "" : why->text);
    text_printf(report, ",\"try_later\":%s}\n", r == -EAGAIN ? "true" : "false");
    json_free(doc);
    free(data);
    return r;
}

static void take_file(struct daemon *d, const struct box *box, const char *name)
{
    char path[PATH_SIZE + 300];
    struct text report = { 0 };
    struct gnm_why why = { 0 };
    snprintf(path, sizeof path, "%s/%s", box->inbox, name);
    int r = has_suffix(name, ".request") ? take_request(d, path, name, &report, &why) : take_rows(d, box, path, name, &report, &why);
    if (r == -ENOSPC || r == -EIO || r == -ENOMEM || r == -EBUSY) {
        common_store_result(d, r, &why);         /* our trouble, not the file's: it waits */
    } else {
        answer(d, box, path, name, r, &report, &why);
    }
    text_free(&report);
}

/* Takes the first file of a box; how many there were, -1 when nobody knows. */
static int take_first(struct daemon *d, const struct box *box)
{
    struct dirent **entries = NULL;
    int n = scandir(box->inbox, &entries, is_question, alphasort);
    if (n > 0)
        take_file(d, box, entries[0]->d_name);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    return n;
}

static void take_all_first(struct daemon *d, int64_t now_ms)
{
    int more = 0, empty = 1;
    for (size_t i = 0; i < boxes(d) && d->store_failed == 0; i++) {
        struct box box;
        box_of(d, i, &box);
        int n = take_first(d, &box);
        more |= n > 1;
        empty &= n == 0;
    }
    d->inbox_more = more && d->store_failed == 0 ? d->inbox_more + 1 : 0;
    d->inbox_empty_ms = empty && d->store_failed == 0 ? now_ms : 0;
}

/* 1 when the kernel had something to say. */
static int drain(int fd)
{
    char events[4096];
    int said = 0;
    while (fd >= 0 && read(fd, events, sizeof events) > 0)
        said = 1;
    return said;
}

/* Found empty, watched, and nothing said since: the folders need no look. But some file systems say nothing, so an hour is enough of that. */
static int known_empty(const struct daemon *d, int64_t now_ms)
{
    return d->inotify_fd >= 0 && d->inbox_empty_ms > 0 && now_ms - d->inbox_empty_ms < common_span_ms(d, WATCHED_S);
}

int64_t inbox_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait)
{
    if (drain(d->inotify_fd))
        d->inbox_empty_ms = 0;
    if (d->inotify_fd >= 0) {
        wait->fd[0] = (struct pollfd){ .fd = d->inotify_fd, .events = POLLIN };
        wait->n = 1;
    }
    if (!common_trusted(d))
        return now_ms + common_span_ms(d, 60);
    if (!known_empty(d, now_ms))
        take_all_first(d, now_ms);
    return d->inbox_more > 0 ? now_ms : now_ms + common_span_ms(d, SCAN_S);
}
