/* Plain HTTP on the loopback address for one handler, in the caller's thread. */
#ifndef WORLD_HTTP_SERVER_H
#define WORLD_HTTP_SERVER_H

#include "gnomon/why.h"
#include "world/ask.h"

struct http_server;

/* Answers one GET. `url` is path and query as sent; the headers are NULL where absent. `ret` comes zeroed; its body is freed by the server. A
 * negative return becomes status 500. */
typedef int http_handler(void *ctx, const char *url, const char *user_agent, const char *if_modified_since, struct reply *ret);

/* `port` 0 takes a free one. */
int http_server_open(int port, http_handler *handler, void *ctx, struct http_server **ret, struct gnm_why *why);
void http_server_close(struct http_server *server);
int http_server_port(const struct http_server *server);
/* The descriptor that becomes readable when there is work, and the milliseconds until there is work without it (-1 = none). */
int http_server_fd(const struct http_server *server);
int http_server_wait_ms(const struct http_server *server);
void http_server_run(struct http_server *server);

#endif
