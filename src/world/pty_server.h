/* A simulated device on a pseudo-terminal: a serial line for programs that only know serial lines. */
#ifndef WORLD_PTY_SERVER_H
#define WORLD_PTY_SERVER_H

#include <stdint.h>

#include "gnomon/why.h"
#include "world/registers.h"

struct pty_server;

/* `link` becomes a symbolic link to the terminal and is removed when the server closes. */
int pty_server_open(const char *link, struct registers *registers, struct pty_server **ret, struct gnm_why *why);
void pty_server_close(struct pty_server *server);
int pty_server_fd(const struct pty_server *server);
/* Milliseconds until the silence that ends a frame, -1 when no frame is open. */
int pty_server_wait_ms(const struct pty_server *server, int64_t now_ms);
/* Reads what has come and answers. `now_ms` is monotonic. Returns the number of answers. */
int pty_server_run(struct pty_server *server, int64_t now_ms);

#endif
