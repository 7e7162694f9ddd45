/* What the tests of src/feeds share: files of the repository and of the data folder, zones, a small HTTP server in a child process. */
#ifndef TESTS_FEEDS_SUPPORT_H
#define TESTS_FEEDS_SUPPORT_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "almanac/zone.h"
#include "base/file.h"
#include "feeds/feed.h"
#include "feeds/web.h"

/* ---- files ---- */

static inline const char *repo_root(void)
{
    const char *root = getenv("GNOMON_ROOT");
    return root != NULL ? root : ".";
}

static inline const char *data_root(char *space, size_t size)
{
    const char *data = getenv("GNOMON_DATA");
    if (data != NULL)
        return data;
    snprintf(space, size, "%s/../shared/data", repo_root());
    return space;
}

static inline char *must_read(const char *path, size_t *len)
{
    struct gnm_why why;
    char *data = NULL;
    int err = file_read(path, 8 << 20, &data, len, &why);
    ck_assert_msg(err == 0, "%s: %s", path, err < 0 ? why.text : "");
    return data;
}

static inline struct zone *brussels(void)
{
    struct gnm_why why;
    size_t len;
    char *data = must_read("/usr/share/zoneinfo/Europe/Brussels", &len);
    struct zone *zone = zone_new(data, len, &why);
    free(data);
    ck_assert_msg(zone != NULL, "%s", why.text);
    return zone;
}

static inline struct feed *must_load(const char *name, const char *text, size_t len)
{
    struct gnm_why why;
    struct feed *feed = NULL;
    int err = feed_load(name, text, len, &feed, &why);
    ck_assert_msg(err == 0, "%s", err < 0 ? why.text : "");
    return feed;
}

static inline struct feed *load_file(const char *path)
{
    size_t len;
    char *text = must_read(path, &len);
    struct feed *feed = must_load(path, text, len);
    free(text);
    return feed;
}

static inline struct feed *load_shipped(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/config/feeds/%s.conf", repo_root(), name);
    return load_file(path);
}

static inline int64_t at_time(const char *text)
{
    int64_t s = 0;
    ck_assert_int_eq(civil_parse_time(text, &s), 0);
    return s;
}

/* ---- a server: `handle` answers one connection whose request is in `request`; it runs in the child ---- */

typedef void server_handler(int fd, const char *request, void *ctx);
struct server { pid_t pid; int port; };

static inline void send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

static inline void send_text(int fd, const char *text)
{
    send_all(fd, text, strlen(text));
}

static inline void send_body(int fd, const char *status, const char *headers, const char *body, size_t len)
{
    char head[1024];
    snprintf(head, sizeof head, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n", status, len, headers);
    send_text(fd, head);
    send_all(fd, body, len);
}

static inline void serve(int listener, server_handler *handle, void *ctx)
{
    for (;;) {
        char request[8192] = "";
        size_t len = 0;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            _exit(0);
        while (len + 1 < sizeof request && strstr(request, "\r\n\r\n") == NULL) {
            ssize_t n = recv(fd, request + len, sizeof request - len - 1, 0);
            if (n <= 0 || request[0] == 0x16)    /* gone, or it speaks TLS */
                break;
            len += (size_t)n;
            request[len] = '\0';
        }
        handle(fd, request, ctx);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
}

static inline struct server server_start(server_handler *handle, void *ctx)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    struct server server = { .pid = fork(), .port = ntohs(address.sin_port) };
    ck_assert_int_ge(server.pid, 0);
    if (server.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener, handle, ctx);
    }
    close(listener);
    return server;
}

static inline void server_stop(struct server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
}

/* ---- driving the port as the daemon's loop does ---- */

static inline int64_t mono_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void wait_for(struct gnm_wait *wait)
{
    int64_t ms = wait->deadline_ms - mono_ms();
    poll(wait->fd, wait->n, ms < 0 ? 0 : ms > 1000 ? 1000 : (int)ms);
}

static inline int fetch(struct web *web, const struct gnm_request *request, struct gnm_answer *answer, struct gnm_why *why)
{
    struct gnm_web port;
    struct gnm_wait wait;
    web_port(web, &port);
    int id = port.submit(port.ctx, request, why);
    if (id < 0)
        return id;
    int err;
    while ((err = port.take(port.ctx, id, mono_ms(), answer, &wait, why)) == -EAGAIN)
        wait_for(&wait);
    return err;
}

static inline int run_suite(const char *name, TCase **cases, size_t n)
{
    Suite *suite = suite_create(name);
    for (size_t i = 0; i < n; i++)
        suite_add_tcase(suite, cases[i]);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
