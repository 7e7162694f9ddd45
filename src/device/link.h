/* One Modbus line as a descriptor that never makes us wait. Serial lines are opened, framed and flushed by libmodbus; sockets are our own,
 * because libmodbus connects blockingly and numbers no transaction of a raw request. link_send is the only place that writes. */
#ifndef DEVICE_LINK_H
#define DEVICE_LINK_H

#include <modbus.h>

#include "device/line.h"

struct link {
    struct line line;
    int fd;                       /* -1 = closed */
    modbus_t *modbus;             /* RTU only */
    int lock_fd;                  /* RTU: a second descriptor that holds the lock, taken before the port is touched */
    uint16_t transaction;
    uint8_t data[FRAME_MAX];      /* what came since the last request */
    size_t n;
};

void link_init(struct link *link, const struct line *line);
/* 0: open. -EINPROGRESS: a TCP connection is being made, wait until the descriptor is writable and ask link_connected. */
int link_open(struct link *link, struct gnm_why *why);
int link_connected(struct link *link, struct gnm_why *why);
void link_close(struct link *link);

/* Numbers and sends a request; what came before is dropped. -EPERM for any function but 1..4: gnomon reads, ever. */
int link_send(struct link *link, struct frame_request *q, struct gnm_why *why);
/* Takes what is here: bytes now waiting in `data`, or -ENODEV when the line is gone (adapter unplugged, connection closed). */
int link_receive(struct link *link, struct gnm_why *why);
/* Takes and forgets what is here: number of bytes, or -ENODEV. */
int link_drain(struct link *link, struct gnm_why *why);

/* link_rtu.c, link_tcp.c */
int link_rtu_open(struct link *link, struct gnm_why *why);
int link_rtu_send(struct link *link, const struct frame_request *q);
void link_rtu_close(struct link *link);
int link_tcp_open(struct link *link, struct gnm_why *why);

#endif
