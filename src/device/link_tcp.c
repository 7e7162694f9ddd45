#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/link.h"

/* A name would have to be looked up, which blocks. */
static int resolve(const struct link *link, struct addrinfo **ret, struct gnm_why *why)
{
    const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
    char port[16];
    snprintf(port, sizeof port, "%d", link->line.port);
    if (getaddrinfo(link->line.path, port, &hints, ret) != 0)
        return gnm_fail(why, -EINVAL, "tcp:%.100s: must be a numeric address", link->line.path);
    return 0;
}

int link_tcp_open(struct link *link, struct gnm_why *why)
{
    struct addrinfo *address;
    int rc = resolve(link, &address, why);
    if (rc < 0)
        return rc;
    int one = 1;
    link->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    rc = link->fd < 0 || connect(link->fd, address->ai_addr, address->ai_addrlen) < 0 ? -errno : 0;
    freeaddrinfo(address);
    if (link->fd >= 0)
        setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (rc == 0 || rc == -EINPROGRESS)
        return rc;
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
    return gnm_fail(why, rc, "cannot connect to %s port %d: %s", link->line.path, link->line.port, strerror(-rc));
}
