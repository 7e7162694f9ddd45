#include "world/modbus_server.h"

#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { HEADER = 7, FRAME = 260 };

/* Bytes are taken off the line as they come: a half request left there would wake the loop again and again. */
struct client { int fd, len; uint8_t data[FRAME]; };

struct modbus_server {
    modbus_t *ctx;
    struct registers *registers;
    int listener, port;
    struct client client[MODBUS_CLIENTS];
    size_t n;
};

static int listen_on(int port, int *ret, int *ret_port, struct gnm_why *why)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return gnm_fail(why, -errno, "no socket for Modbus: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 8) < 0 || getsockname(fd, (struct sockaddr *)&address, &len) < 0) {
        int code = -errno;
        close(fd);
        return gnm_fail(why, code, "cannot listen for Modbus on 127.0.0.1:%d: %s", port, strerror(-code));
    }
    *ret = fd;
    *ret_port = ntohs(address.sin_port);
    return 0;
}

int modbus_server_open(int port, struct registers *registers, struct modbus_server **ret, struct gnm_why *why)
{
    struct modbus_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    server->registers = registers;
    server->listener = -1;
    server->ctx = modbus_new_tcp("127.0.0.1", port);
    int code = server->ctx == NULL ? gnm_fail(why, -ENOMEM, "libmodbus gave no context") : listen_on(port, &server->listener, &server->port, why);
    if (code < 0) {
        modbus_server_close(server);
        return code;
    }
    *ret = server;
    return 0;
}

void modbus_server_close(struct modbus_server *server)
{
    if (server == NULL)
        return;
    for (size_t i = 0; i < server->n; i++)
        close(server->client[i].fd);
    if (server->listener >= 0)
        close(server->listener);
    modbus_free(server->ctx);
    free(server);
}

int modbus_server_port(const struct modbus_server *server)
{
    return server->port;
}

size_t modbus_server_fds(const struct modbus_server *server, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = server->listener, .events = POLLIN};
    for (size_t i = 0; i < server->n; i++)
        fds[i + 1] = (struct pollfd){.fd = server->client[i].fd, .events = POLLIN};
    return server->n + 1;
}

static void accept_all(struct modbus_server *server)
{
    for (;;) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (server->n == MODBUS_CLIENTS) {
            close(fd);
            continue;
        }
        int one = 1;
        struct timeval patience = {.tv_usec = 100000};    /* who does not read the answers is dropped */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        server->client[server->n++] = (struct client){.fd = fd};
    }
}

/* The mapping libmodbus answers from holds exactly the words asked for, so it cannot give away others. */
static int reply_mapped(struct modbus_server *server, const uint8_t *frame, int len, const uint16_t *word)
{
    int function = frame[HEADER], bits = function == REGISTERS_DISCRETE;
    unsigned address = (unsigned)frame[8] << 8 | frame[9], count = (unsigned)frame[10] << 8 | frame[11];
    modbus_mapping_t *map = modbus_mapping_new_start_address(0, 0, address, bits ? count : 0, address, function == REGISTERS_HOLDING ? count : 0, address,
                                                             function == REGISTERS_INPUT ? count : 0);
    if (map == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < count; i++) {
        if (bits)
            map->tab_input_bits[i] = (uint8_t)(word[i] & 1);
        else
            (function == REGISTERS_HOLDING ? map->tab_registers : map->tab_input_registers)[i] = word[i];
    }
    int sent = modbus_reply(server->ctx, frame, len, map);
    modbus_mapping_free(map);
    return sent < 0 ? -EIO : 0;
}

static int refuse(struct modbus_server *server, const uint8_t *frame, unsigned code)
{
    server->registers->refused++;
    return modbus_reply_exception(server->ctx, frame, code) < 0 ? -EIO : 0;
}

static int answer(struct modbus_server *server, const uint8_t *frame, int len)
{
    struct registers *registers = server->registers;
    int unit = frame[HEADER - 1], function = frame[HEADER];
    uint16_t word[REGISTERS_MAX];
    if (unit != registers->unit && unit != 0 && unit != 255)    /* 0 and 255 address the gateway, which knows one device only */
        return refuse(server, frame, MODBUS_EXCEPTION_GATEWAY_TARGET);
    registers->writes += (uint64_t)registers_is_write(function);
    if (function < REGISTERS_DISCRETE || function > REGISTERS_INPUT)
        return refuse(server, frame, MODBUS_EXCEPTION_ILLEGAL_FUNCTION);
    int address = frame[8] << 8 | frame[9], count = frame[10] << 8 | frame[11];
    if (len != HEADER + 5 || count < 1 || count > REGISTERS_MAX)
        return refuse(server, frame, MODBUS_EXCEPTION_ILLEGAL_DATA_VALUE);
    if (registers->read(registers->ctx, function, address, count, word) < 0)
        return refuse(server, frame, MODBUS_EXCEPTION_ILLEGAL_DATA_ADDRESS);
    registers->reads++;
    return reply_mapped(server, frame, len, word);
}

/* Length of the frame at the front: 0 while it is not whole, -EPROTO when this is no Modbus. */
static int whole_frame(const struct client *client)
{
    const uint8_t *data = client->data;
    if (client->len <= HEADER)
        return 0;
    int len = 6 + (data[4] << 8 | data[5]);
    if (data[2] != 0 || data[3] != 0 || len <= HEADER || len > FRAME)
        return -EPROTO;
    return client->len < len ? 0 : len;
}

static int take_bytes(struct client *client)
{
    ssize_t got = recv(client->fd, client->data + client->len, (size_t)(FRAME - client->len), MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    client->len += (int)got;
    return got == 0 ? -EPIPE : (int)got;
}

/* A client may send several requests before it reads. 0, or -errno when the line is to be closed. */
static int serve(struct modbus_server *server, struct client *client, int *answered)
{
    int len = take_bytes(client);
    while (len > 0) {
        len = whole_frame(client);
        if (len <= 0)
            return len;
        uint8_t frame[FRAME] = {0};    /* what follows belongs to the next request */
        memcpy(frame, client->data, (size_t)len);
        client->len -= len;
        memmove(client->data, client->data + len, (size_t)client->len);
        modbus_set_socket(server->ctx, client->fd);
        modbus_set_slave(server->ctx, frame[HEADER - 1]);
        int code = answer(server, frame, len);
        if (code < 0)
            return code;
        ++*answered;
    }
    return len;
}

int modbus_server_run(struct modbus_server *server)
{
    int answered = 0;
    accept_all(server);
    for (size_t i = 0; i < server->n;) {
        if (serve(server, &server->client[i], &answered) == 0) {
            i++;
            continue;
        }
        close(server->client[i].fd);
        server->client[i] = server->client[--server->n];
    }
    return answered;
}
