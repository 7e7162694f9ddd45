/* A Modbus device made of bytes, for tests: it answers on a pseudo-terminal or a TCP port of its own and can misbehave in every way a real
 * line does. Single-threaded: the bench below drives controller and responder in turn over virtual time, so that a test of ten minutes of
 * time-outs takes milliseconds; only the bytes themselves travel through the kernel. */
#ifndef TESTS_DEVICE_RESPONDER_H
#define TESTS_DEVICE_RESPONDER_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "device/controller_sample.h"

enum fault {
    OK, SILENT, LATE, CORRUPT, SPLIT, ECHO_FIRST, ECHO_ONLY, STRAY, STRAY_LONG, NOISE, WRONG_UNIT, WRONG_FUNCTION, SHORT, CUT, EXCEPTION, DOUBLE,
    WRONG_TRANSACTION, WRONG_PROTOCOL, VANISH, FAULTS
};
__attribute__((unused)) static const char *const fault_names[FAULTS] = { "ok", "silent", "late", "corrupt", "split", "echo first", "echo only", "stray", "stray long", "noise", "wrong unit",
    "wrong function", "short", "cut", "exception", "double", "wrong transaction", "wrong protocol", "vanish" };

struct chunk { int64_t due_ms; size_t n; int rest; uint8_t data[300]; };   /* rest: of a frame begun on this very connection */

/* Answers by a log: the answer to exactly these request bytes; of TCP without the header. */
struct exchange { uint8_t request[8]; uint8_t answer[300]; size_t n, crc; };

struct responder {
    const struct exchange *log;   /* when set, nothing else is answered */
    size_t n_log;
    int log_else;                 /* exception for what the log does not hold, 0 = silence */
    int tcp, listen_fd, fd, port;
    char folder[64], link[80];    /* the pseudo-terminal is reached by a link, as a real port is by /dev/serial/by-id */
    uint16_t input[65536], holding[65536];
    enum fault fault;
    unsigned from, count;         /* requests (counted from 1) that are answered with the fault */
    int arg;                      /* ms of LATE, SPLIT, DOUBLE; code of EXCEPTION */
    int (*refuses)(const struct frame_request *q);   /* exception code for a request, 0 = none */
    int longest;                  /* questions for more registers are not answered, 0 = all are */
    unsigned seen, functions[256];
    unsigned char unit;
    struct chunk out[32];
    size_t n_out;
    uint8_t last[300];
    size_t n_last;
};

/* ---- the line ---- */

static inline void responder_up(struct responder *d)
{
    if (d->tcp) {
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)d->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof a;
        int one = 1;
        d->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        setsockopt(d->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        ck_assert_msg(bind(d->listen_fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(d->listen_fd, 4) == 0, "%s", strerror(errno));
        getsockname(d->listen_fd, (struct sockaddr *)&a, &size);
        d->port = ntohs(a.sin_port);
        return;
    }
    int slave;
    char name[128];
    ck_assert_int_eq(openpty(&d->fd, &slave, name, NULL, NULL), 0);
    struct termios raw;
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    d->listen_fd = slave;         /* held, so that the line does not hang up while nobody has it open */
    fcntl(d->fd, F_SETFL, O_NONBLOCK);
    unlink(d->link);
    ck_assert_int_eq(symlink(name, d->link), 0);
}

static inline void responder_down(struct responder *d)
{
    if (d->fd >= 0)
        close(d->fd);
    if (d->listen_fd >= 0)
        close(d->listen_fd);
    d->fd = d->listen_fd = -1;
    d->n_out = 0;
    if (!d->tcp)
        unlink(d->link);
}

static inline struct responder *responder_new(int tcp)
{
    struct responder *d = calloc(1, sizeof *d);
    d->tcp = tcp;
    d->unit = 1;
    d->fd = d->listen_fd = -1;
    snprintf(d->folder, sizeof d->folder, "/tmp/gnomon-device-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(d->folder));
    snprintf(d->link, sizeof d->link, "%s/port", d->folder);
    responder_up(d);
    return d;
}

static inline void responder_free(struct responder *d)
{
    responder_down(d);
    rmdir(d->folder);
    free(d);
}

/* ---- answers ---- */

static inline struct chunk *queue(struct responder *d, int64_t due_ms, const uint8_t *data, size_t n)
{
    ck_assert_uint_lt(d->n_out, 32);
    struct chunk *c = &d->out[d->n_out++];
    *c = (struct chunk){ .due_ms = due_ms, .n = n };
    memcpy(c->data, data, n);
    return c;
}

/* Completes an answer of unit, function and data in `pdu`: CRC or MBAP header. */
static inline size_t seal(const struct responder *d, const struct frame_request *q, const uint8_t *pdu, size_t n, uint8_t *ret)
{
    if (d->tcp) {
        const uint8_t head[] = { (uint8_t)(q->transaction >> 8), (uint8_t)q->transaction, 0, 0, (uint8_t)(n >> 8), (uint8_t)n };
        memcpy(ret, head, 6);
        memcpy(ret + 6, pdu, n);
        return n + 6;
    }
    memcpy(ret, pdu, n);
    uint16_t crc = frame_crc(pdu, n);
    ret[n] = (uint8_t)crc;
    ret[n + 1] = (uint8_t)(crc >> 8);
    return n + 2;
}

/* The logged answer to a question, whichever kind of line it was logged on. */
static inline const struct exchange *find_exchange(const struct responder *d, const struct frame_request *q)
{
    const uint8_t pdu[] = { q->unit, q->function, (uint8_t)(q->at >> 8), (uint8_t)q->at, (uint8_t)(q->count >> 8), (uint8_t)q->count };
    for (size_t i = 0; i < d->n_log; i++)
        if (memcmp(d->log[i].request, pdu, sizeof pdu) == 0)
            return &d->log[i];
    return NULL;
}

/* Unit, function and data of the answer without fault. */
static inline size_t compose_right(struct responder *d, const struct frame_request *q, uint8_t pdu[300])
{
    const struct exchange *e = d->log != NULL ? find_exchange(d, q) : NULL;
    int code = e != NULL ? 0 : d->log != NULL ? d->log_else : d->refuses != NULL ? d->refuses(q) : 0;
    pdu[0] = q->unit;
    pdu[1] = code != 0 ? q->function | 0x80 : q->function;
    pdu[2] = (uint8_t)code;
    if (e != NULL)
        memcpy(pdu, e->answer, e->n - e->crc);
    if (code != 0 || e != NULL)
        return e != NULL ? e->n - e->crc : 3;
    const uint16_t *from = q->function == 3 ? d->holding : d->input;
    pdu[2] = (uint8_t)(2 * q->count);
    for (size_t i = 0; i < q->count; i++) {
        pdu[3 + 2 * i] = (uint8_t)(from[q->at + i] >> 8);
        pdu[4 + 2 * i] = (uint8_t)from[q->at + i];
    }
    return 3 + 2 * (size_t)q->count;
}

static inline size_t compose(struct responder *d, const struct frame_request *q, uint8_t *ret)
{
    uint8_t pdu[300];
    size_t n = compose_right(d, q, pdu);
    if (d->fault == WRONG_UNIT)
        pdu[0] ^= 3;
    if (d->fault == WRONG_FUNCTION)
        pdu[1] = q->function == 4 ? 3 : 4;
    if (d->fault == EXCEPTION) {
        pdu[1] = q->function | 0x80;
        pdu[2] = (uint8_t)d->arg;
        n = 3;
    }
    if (d->fault == SHORT && !(pdu[1] & 0x80)) {
        pdu[2] -= 2;
        n -= 2;
    }
    return seal(d, q, pdu, n, ret);
}

static inline void answer(struct responder *d, const struct frame_request *q, const uint8_t *sent, size_t n_sent, int64_t now_ms)
{
    uint8_t frame[300];
    enum fault planned = d->fault;
    if (d->seen < d->from || d->seen >= d->from + d->count)
        d->fault = OK;
    size_t n = compose(d, q, frame);
    int64_t due_ms = now_ms + 3;
    static const uint8_t junk[] = { 0x55, 0xAA, 0x00, 0xFF, 0x31, 0x07, 0x9C, 0xE2, 0x18, 0x04, 0x01, 0x04, 0x24, 0x6B };
    memcpy(d->last, frame, n);
    d->n_last = n;
    switch (d->fault) {
    case SILENT:
        break;
    case LATE:
        queue(d, now_ms + d->arg, frame, n);
        break;
    case CORRUPT:
        frame[d->tcp ? 8 : n - 4] ^= 0x10;        /* a value; on TCP nothing protects values, so the byte count is bent there */
        queue(d, due_ms, frame, n);
        break;
    case SPLIT:
        queue(d, due_ms, frame, n / 2);
        queue(d, due_ms + d->arg, frame + n / 2, n - n / 2)->rest = d->tcp;
        break;
    case ECHO_FIRST:
        queue(d, now_ms + 1, sent, n_sent);
        queue(d, due_ms, frame, n);
        break;
    case ECHO_ONLY:
        queue(d, now_ms + 1, sent, n_sent);
        break;
    case STRAY:
    case STRAY_LONG:
        queue(d, now_ms + 1, junk, d->fault == STRAY ? 1 : 7);
        queue(d, due_ms, frame, n);
        break;
    case NOISE:
        queue(d, due_ms, junk, sizeof junk);
        break;
    case CUT:
        queue(d, due_ms, frame, n - 2);
        break;
    case DOUBLE:
        queue(d, due_ms, frame, n);
        queue(d, due_ms + d->arg, frame, n);
        break;
    case WRONG_TRANSACTION:
    case WRONG_PROTOCOL:
        frame[d->fault == WRONG_TRANSACTION ? 1 : 3] ^= 0x40;
        queue(d, due_ms, frame, n);
        break;
    case VANISH:
        d->fault = planned;
        responder_down(d);
        return;
    default:
        queue(d, due_ms, frame, n);
    }
    d->fault = planned;
}

/* ---- taking requests and delivering bytes ---- */

static inline int read_full(int fd, uint8_t *ret, size_t n)
{
    size_t have = 0;
    while (have < n) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (poll(&p, 1, 2000) <= 0)
            return -1;
        ssize_t k = read(fd, ret + have, n - have);
        if (k <= 0)
            return -1;
        have += (size_t)k;
    }
    return 0;
}

/* A gateway may hand a late answer to whoever is connected now, but never half of one. */
static inline void drop_rests(struct responder *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n_out; i++)
        if (!d->out[i].rest)
            d->out[n++] = d->out[i];
    d->n_out = n;
}

static inline void take_connection(struct responder *d, int timeout)
{
    struct pollfd p = { .fd = d->listen_fd, .events = POLLIN };
    while (d->tcp && d->listen_fd >= 0 && poll(&p, 1, timeout) > 0) {
        int fd = accept4(d->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (d->fd >= 0)
            close(d->fd);
        drop_rests(d);
        d->fd = fd;
        timeout = 0;
    }
}

static inline void take_request(struct responder *d, int64_t now_ms)
{
    uint8_t data[12];
    size_t n = d->tcp ? 12 : 8, h = d->tcp ? 6 : 0;
    d->seen++;
    take_connection(d, d->fd < 0 ? 1000 : 0);
    if (d->fd < 0 || read_full(d->fd, data, n) < 0)
        return;
    struct frame_request q = { .transaction = (uint16_t)(data[0] << 8 | data[1]), .unit = data[h], .function = data[h + 1],
                               .at = (uint16_t)(data[h + 2] << 8 | data[h + 3]), .count = (uint16_t)(data[h + 4] << 8 | data[h + 5]) };
    ck_assert_msg(d->tcp || frame_crc(data, 6) == (data[6] | data[7] << 8), "request with a bad CRC");
    d->functions[q.function]++;
    if (d->longest > 0 && q.count > d->longest)
        return;
    if (d->log != NULL ? find_exchange(d, &q) != NULL || d->log_else != 0 : q.unit == d->unit)
        answer(d, &q, data, n, now_ms);
}

/* Writes what is due and waits until the other end can read it; returns whether there was any. */
static inline int deliver_due(struct responder *d, int64_t now_ms, int to_fd)
{
    int any = 0;
    for (size_t i = 0; i < d->n_out; i++) {
        struct chunk c = d->out[i];
        if (c.due_ms > now_ms)
            continue;
        memmove(d->out + i, d->out + i + 1, (--d->n_out - i) * sizeof c);
        i--;
        int before = 0, there = 0;
        if (to_fd >= 0)
            ioctl(to_fd, FIONREAD, &before);
        if (d->fd < 0 || send(d->fd, c.data, c.n, MSG_NOSIGNAL) < 0)
            if (d->fd < 0 || d->tcp || write(d->fd, c.data, c.n) < 0)
                continue;
        any = 1;
        struct pollfd p = { .fd = to_fd, .events = POLLIN };
        poll(&p, 1, before > 0 || to_fd < 0 ? 0 : 1000);
        for (int k = 0; to_fd >= 0 && k < 20000 && there < before + (int)c.n; k++) {
            if (ioctl(to_fd, FIONREAD, &there) < 0)
                break;
            if (there < before + (int)c.n)
                usleep(200);
        }
    }
    return any;
}

/* ---- the bench: a controller, its device and the time ---- */

struct bench {
    struct responder *d;
    struct map *map;
    struct controller *c;
    struct gnm_controller port;
    int64_t now_ms;
    double slowest_s;             /* longest single call, in real time */
    unsigned waits;               /* times a daemon would have gone to sleep and woken up */
    struct gnm_why why;
};

static inline struct map *load_map(const char *text)
{
    struct map *map = NULL;
    struct gnm_why why = { 0 };
    ck_assert_msg(map_load("t.conf", text, strlen(text), &map, &why) == 0, "%s", why.text);
    return map;
}

static inline struct map *load_shipped(const char *name)
{
    char path[512], *data;
    size_t len;
    struct map *map = NULL;
    struct gnm_why why = { 0 };
    snprintf(path, sizeof path, "%s/config/controllers/%s.conf", getenv("GNOMON_ROOT") ? getenv("GNOMON_ROOT") : ".", name);
    ck_assert_msg(file_read(path, 65536, &data, &len, &why) == 0, "%s", why.text);
    ck_assert_msg(map_load(path, data, len, &map, &why) == 0, "%s", why.text);
    free(data);
    return map;
}

static inline struct map *load_epever(void)
{
    return load_shipped("epever");
}

static inline void bench_line(const struct responder *d, char *ret, size_t size)
{
    if (d->tcp)
        snprintf(ret, size, "tcp:127.0.0.1:%d", d->port);
    else
        snprintf(ret, size, "rtu:%s:115200:8N1", d->link);
}

static inline void bench_start(struct bench *b, int tcp, struct map *map, int unit)
{
    char line[128];
    *b = (struct bench){ .d = responder_new(tcp), .map = map, .now_ms = 1000000 };
    b->d->unit = (unsigned char)unit;
    bench_line(b->d, line, sizeof line);
    ck_assert_msg(controller_new(map, line, unit, &b->c, &b->why) == 0, "%s", b->why.text);
    controller_port(b->c, &b->port);
}

static inline void bench_stop(struct bench *b)
{
    b->port.stop(b->port.ctx);
    controller_free(b->c);
    map_free(b->map);
    responder_free(b->d);
}

static inline double real_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Lets the device do what it does at this moment; then moves to the next moment at which anything happens. */
static inline void bench_turn(struct bench *b, const struct gnm_wait *wait)
{
    take_connection(b->d, 0);
    if (wait->n > 0 && wait->fd[0].events == POLLOUT) {
        struct pollfd p = wait->fd[0];
        if (poll(&p, 1, 1000) > 0)
            return;
    }
    while (b->d->seen < b->c->status.requests)
        take_request(b->d, b->now_ms);
    if (b->d->tcp && b->d->fd < 0)
        return;                   /* closed: the controller will see it at once */
    if (deliver_due(b->d, b->now_ms, b->c->link.fd))
        return;
    int64_t next_ms = wait->deadline_ms;
    for (size_t i = 0; i < b->d->n_out; i++)
        if (b->d->out[i].due_ms < next_ms)
            next_ms = b->d->out[i].due_ms;
    if (next_ms > b->now_ms)
        b->now_ms = next_ms;
    deliver_due(b->d, b->now_ms, b->c->link.fd);
}

static inline int bench_sample(struct bench *b, struct gnm_reading *ret)
{
    struct gnm_wait wait;
    memset(&b->why, 0, sizeof b->why);
    take_connection(b->d, 0);
    deliver_due(b->d, b->now_ms, b->c->link.fd);             /* what came while nobody listened */
    int rc = b->port.begin(b->port.ctx, b->now_ms, &b->why);
    if (rc < 0)
        return rc;
    for (int i = 0; i < 100000; i++) {
        double start = real_s();
        rc = b->port.poll(b->port.ctx, b->now_ms, b->now_ms + 1700000000000, ret, &wait, &b->why);
        double took = real_s() - start;
        b->slowest_s = took > b->slowest_s ? took : b->slowest_s;
        if (rc != -EAGAIN)
            return rc;
        b->waits++;
        ck_assert_msg(wait.n <= 1 && wait.deadline_ms < b->now_ms + 20000, "waits too long");
        bench_turn(b, &wait);
    }
    ck_abort_msg("the sample does not end");
    return -1;
}

#endif
