#include "world/http_server.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { CONNECTIONS = 64, PATIENCE_S = 20 };

struct exchange {
    char *url;
    int seen, waiting;
    struct reply reply;               /* of a slow provider, while it waits */
    int64_t due_ms;
    struct MHD_Connection *connection;
    struct exchange *next;
};

struct http_server {
    struct MHD_Daemon *daemon;
    http_handler *handler;
    void *ctx;
    int fd, port;
    struct exchange *slow;            /* answers that are held back */
};

static int64_t mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The library gives parsed parameters; the providers have one parser for all callers, so the text as sent is kept. */
static void *begin(void *ctx, const char *uri, struct MHD_Connection *connection)
{
    (void)ctx;
    (void)connection;
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL)
        return NULL;
    exchange->url = strdup(uri);
    return exchange;
}

static void forget(struct http_server *server, struct exchange *exchange)
{
    struct exchange **place = &server->slow;
    while (*place != NULL && *place != exchange)
        place = &(*place)->next;
    if (*place != NULL)
        *place = exchange->next;
}

static void end(void *ctx, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode how)
{
    (void)connection;
    (void)how;
    struct exchange *exchange = *state;
    *state = NULL;
    if (exchange == NULL)
        return;
    forget(ctx, exchange);
    text_free(&exchange->reply.body);
    free(exchange->url);
    free(exchange);
}

static void hold_back(struct http_server *server, struct exchange *exchange, struct MHD_Connection *connection)
{
    exchange->connection = connection;
    exchange->due_ms = mono_ms() + exchange->reply.delay_ms;
    exchange->waiting = 1;
    exchange->next = server->slow;
    server->slow = exchange;
    MHD_suspend_connection(connection);
}

static void wake(struct http_server *server, int64_t until_ms)
{
    struct exchange *next;
    for (struct exchange *exchange = server->slow; exchange != NULL; exchange = next) {
        next = exchange->next;
        if (exchange->due_ms > until_ms)
            continue;
        forget(server, exchange);
        MHD_resume_connection(exchange->connection);
    }
}

static void add_time(struct MHD_Response *response, const char *name, int64_t time_s)
{
    char text[32];
    if (time_s == GNM_NEVER)
        return;
    reply_time(time_s, text);
    MHD_add_response_header(response, name, text);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct reply *reply)
{
    int empty = reply->status == 304 || reply->body.data == NULL;
    struct MHD_Response *response = MHD_create_response_from_buffer(empty ? 0 : reply->body.len, empty ? "" : reply->body.data, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    if (reply->type != NULL && !empty)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    add_time(response, MHD_HTTP_HEADER_DATE, reply->date_s);
    add_time(response, MHD_HTTP_HEADER_EXPIRES, reply->expires_s);
    add_time(response, MHD_HTTP_HEADER_LAST_MODIFIED, reply->last_modified_s);
    char wait[24];
    snprintf(wait, sizeof wait, "%lld", (long long)reply->retry_after_s);
    if (reply->retry_after_s > 0)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, wait);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/* Lets the handler answer into `exchange->reply`. */
static void ask_handler(struct http_server *server, struct exchange *exchange, struct MHD_Connection *connection, const char *method)
{
    struct reply *reply = &exchange->reply;
    int code = 0;
    *reply = (struct reply){.date_s = GNM_NEVER, .expires_s = GNM_NEVER, .last_modified_s = GNM_NEVER};
    if (strcmp(method, "GET") != 0)
        code = reply_say(reply, 405, "text/plain", "Only GET is served\n");
    else
        code = server->handler(server->ctx, exchange->url, MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_USER_AGENT),
                               MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_MODIFIED_SINCE), reply);
    if (code < 0)
        reply_say(reply, 500, "text/plain", "Internal error\n");
}

static enum MHD_Result serve(void *ctx, struct MHD_Connection *connection, const char *path, const char *method, const char *version, const char *upload,
                             size_t *upload_size, void **state)
{
    (void)path;
    (void)version;
    (void)upload;
    struct http_server *server = ctx;
    struct exchange *exchange = *state;
    if (exchange == NULL || exchange->url == NULL)
        return MHD_NO;
    if (!exchange->seen) {    /* the first call comes before the request is complete */
        exchange->seen = 1;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    if (!exchange->waiting)
        ask_handler(server, exchange, connection, method);
    if (exchange->reply.gone)
        return MHD_NO;
    if (exchange->reply.delay_ms > 0 && !exchange->waiting) {
        hold_back(server, exchange, connection);
        return MHD_YES;
    }
    return send_reply(connection, &exchange->reply);
}

int http_server_open(int port, http_handler *handler, void *ctx, struct http_server **ret, struct gnm_why *why)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    server->handler = handler;
    server->ctx = ctx;
    /* The real date would contradict the world's calendar, so the library's own Date header is off. */
    server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_ALLOW_SUSPEND_RESUME, (uint16_t)port, NULL, NULL, serve, server, MHD_OPTION_SOCK_ADDR, &address,
                                      MHD_OPTION_URI_LOG_CALLBACK, begin, server, MHD_OPTION_NOTIFY_COMPLETED, end, server, MHD_OPTION_CONNECTION_LIMIT,
                                      (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PATIENCE_S, MHD_OPTION_END);
    if (server->daemon == NULL) {
        free(server);
        return gnm_fail(why, -EADDRINUSE, "cannot serve HTTP on 127.0.0.1:%d", port);
    }
    server->fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    *ret = server;
    return 0;
}

void http_server_close(struct http_server *server)
{
    if (server == NULL)
        return;
    wake(server, INT64_MAX);    /* the library refuses to stop over a suspended connection */
    MHD_run(server->daemon);
    MHD_stop_daemon(server->daemon);
    free(server);
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

int http_server_fd(const struct http_server *server)
{
    return server->fd;
}

int http_server_wait_ms(const struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG ms;
    int64_t wait_ms = MHD_get_timeout(server->daemon, &ms) == MHD_YES ? (int64_t)(ms > INT_MAX ? INT_MAX : ms) : -1, now_ms = mono_ms();
    for (const struct exchange *exchange = server->slow; exchange != NULL; exchange = exchange->next) {
        int64_t left_ms = exchange->due_ms > now_ms ? exchange->due_ms - now_ms : 0;
        if (wait_ms < 0 || left_ms < wait_ms)
            wait_ms = left_ms;
    }
    return (int)wait_ms;
}

void http_server_run(struct http_server *server)
{
    wake(server, mono_ms());
    MHD_run(server->daemon);
}
