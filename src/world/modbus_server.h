/* A simulated device on Modbus TCP, on the loopback address: any number of lines served by one thread that never waits for a client. */
#ifndef WORLD_MODBUS_SERVER_H
#define WORLD_MODBUS_SERVER_H

#include <poll.h>
#include <stddef.h>

#include "gnomon/why.h"
#include "world/registers.h"

enum { MODBUS_CLIENTS = 16 };

struct modbus_server;

/* `port` 0 takes a free one. `registers` must outlive the server. */
int modbus_server_open(int port, struct registers *registers, struct modbus_server **ret, struct gnm_why *why);
void modbus_server_close(struct modbus_server *server);
int modbus_server_port(const struct modbus_server *server);
/* Fills `fds` (room for MODBUS_CLIENTS + 1) with what to wait for; returns the count. */
size_t modbus_server_fds(const struct modbus_server *server, struct pollfd *fds);
/* Accepts and answers what is ready. Returns the number of requests answered. */
int modbus_server_run(struct modbus_server *server);

#endif
