#include "device/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void link_init(struct link *link, const struct line *line)
{
    *link = (struct link){ .line = *line, .fd = -1, .lock_fd = -1 };
}

int link_open(struct link *link, struct gnm_why *why)
{
    link->n = 0;
    return link->line.kind == FRAME_RTU ? link_rtu_open(link, why) : link_tcp_open(link, why);
}

int link_connected(struct link *link, struct gnm_why *why)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    return error == 0 ? 0 : gnm_fail(why, -error, "cannot connect to %s port %d: %s", link->line.path, link->line.port, strerror(error));
}

void link_close(struct link *link)
{
    if (link->line.kind == FRAME_RTU)
        link_rtu_close(link);
    else if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
    link->n = 0;
}

static int gone(const struct link *link, const char *what, struct gnm_why *why)
{
    return gnm_fail(why, -ENODEV, "%s: %s", link->line.path, what);
}

static int send_tcp(struct link *link, const struct frame_request *q)
{
    uint8_t frame[FRAME_TCP_REQUEST];
    size_t n = frame_build(FRAME_TCP, q, frame);
    ssize_t sent = send(link->fd, frame, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == (ssize_t)n ? 0 : sent < 0 ? -errno : -EAGAIN;
}

int link_send(struct link *link, struct frame_request *q, struct gnm_why *why)
{
    if (q->function < 1 || q->function > 4 || q->count < 1)
        return gnm_fail(why, -EPERM, "function %u is never sent: gnomon only reads", q->function);
    link->n = 0;
    q->transaction = ++link->transaction;
    int rc = link->line.kind == FRAME_RTU ? link_rtu_send(link, q) : send_tcp(link, q);
    return rc == 0 ? 0 : gone(link, strerror(-rc), why);
}

/* A terminal without data gives EAGAIN, one whose adapter is gone 0, EIO or ENXIO; a socket at its end 0. */
static ssize_t take(struct link *link, uint8_t *to, size_t size, struct gnm_why *why)
{
    ssize_t n;
    do
        n = read(link->fd, to, size);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    const char *closed = link->line.kind == FRAME_TCP ? "connection closed by the other side" : "the adapter is gone";
    return gone(link, n == 0 ? closed : strerror(errno), why);
}

int link_receive(struct link *link, struct gnm_why *why)
{
    while (link->n < sizeof link->data) {
        ssize_t n = take(link, link->data + link->n, sizeof link->data - link->n, why);
        if (n < 0 && link->n == 0)
            return (int)n;
        if (n <= 0)
            break;
        link->n += (size_t)n;
    }
    return (int)link->n;
}

/* At most what a fast line brings in one look, so that a babbling device cannot hold the loop. */
int link_drain(struct link *link, struct gnm_why *why)
{
    enum { AT_ONCE = 8192 };
    uint8_t waste[FRAME_MAX];
    int sum = 0;
    link->n = 0;
    while (sum < AT_ONCE) {
        ssize_t n = take(link, waste, sizeof waste, why);
        if (n < 0)
            return (int)n;
        if (n == 0)
            break;
        sum += (int)n;
    }
    return sum;
}
