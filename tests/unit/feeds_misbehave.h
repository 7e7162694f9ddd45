/* A server that misbehaves in every way we know of, and a web port with short limits to meet it. */
#ifndef TESTS_FEEDS_MISBEHAVE_H
#define TESTS_FEEDS_MISBEHAVE_H

#include "feeds_support.h"

#include "feeds/web_private.h"

static const struct web_options quick = { .connect_ms = 2000, .whole_ms = 2000, .slow_bytes = 100, .slow_s = 1 };

/* ---- the server ---- */

static inline void send_chunks(int fd, size_t bytes)
{
    char chunk[16384 + 16];
    int head = snprintf(chunk, sizeof chunk, "4000\r\n");
    memset(chunk + head, 'x', 16384);
    memcpy(chunk + head + 16384, "\r\n", 2);
    send_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t sent = 0; sent < bytes; sent += 16384)
        send_all(fd, chunk, (size_t)head + 16384 + 2);
    send_text(fd, "0\r\n\r\n");
}

/* A deflate stream by hand: one literal, then the longest match at distance 1 over and over. 13 bits unpack to 258 bytes. */
static inline size_t pack_zeros(unsigned char *ret, size_t size, size_t matches)
{
    static const unsigned char head[10] = { 0x1F, 0x8B, 8, [9] = 255 };
    memcpy(ret, head, sizeof head);
    unsigned acc = 3, bits = 3;              /* last block, fixed codes */
    size_t used = sizeof head;
    acc |= 0x0Cu << bits, bits += 8;         /* literal 0: 00110000, bit by bit from the left */
    for (size_t i = 0; i < matches && used + 4 < size; i++) {
        acc |= 0xA3u << bits, bits += 13;    /* length 285: 11000101, then distance 0: 00000 */
        for (; bits >= 8; bits -= 8, acc >>= 8)
            ret[used++] = (unsigned char)acc;
    }
    return used;
}

static inline void send_bomb(int fd)
{
    enum { SIZE = 200000 };
    unsigned char *packed = malloc(SIZE);
    size_t len = pack_zeros(packed, SIZE, 100000);       /* 25 MB from 160 KB */
    send_body(fd, "200 OK", "Content-Encoding: gzip\r\n", (char *)packed, len);
    free(packed);
}

/* 2000 times x, as gzip makes it. */
static inline void send_packed(int fd)
{
    static const unsigned char packed[] = { 0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xAB, 0xA8, 0x18, 0x05, 0xA3, 0x60, 0x14, 0x8C, 0x82, 0x51, 0x30, 0x0A, 0x46, 0xC1, 0x50, 0x07, 0x00, 0x7A, 0x65, 0x08, 0x29, 0xD0, 0x07, 0x00, 0x00 };
    send_body(fd, "200 OK", "Content-Encoding: gzip\r\n", (const char *)packed, sizeof packed);
}

/* A body that never ends, so many bytes every tenth of a second. */
static inline void send_slowly(int fd, size_t bytes)
{
    char piece[1024];
    memset(piece, 'x', sizeof piece);
    send_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n");
    for (int i = 0; i < 100; i++) {
        send_all(fd, piece, bytes);
        usleep(100000);
    }
}

static inline void send_redirect(int fd, const char *to)
{
    char header[256];
    snprintf(header, sizeof header, "Location: %s\r\n", to);
    send_body(fd, "302 Found", header, "moved", 5);
}

static inline void send_fixed(int fd, const char *path)
{
    static const struct { const char *path, *status, *headers, *body; } fixed[] = {
        { "/missing ", "404 Not Found", "", "{\"reason\":\"no such thing\"}" },
        { "/max-age ", "200 OK", "Date: Wed, 09 Sep 2026 10:00:00 GMT\r\nCache-Control: public, max-age=600\r\nExpires: Thu, 10 Sep 2026 10:00:00 GMT\r\n", "" },
        { "/no-store ", "200 OK", "Cache-Control: no-store, max-age=600\r\nExpires: Thu, 10 Sep 2026 10:00:00 GMT\r\n", "" },
        { "/expires ", "200 OK", "Expires: Thu, 10 Sep 2026 10:00:00 GMT\r\n", "" },
        { "/expires-nonsense ", "200 OK", "Expires: 0\r\nCache-Control: max-age=tomorrow\r\n", "" },
        { "/retry ", "429 Too Many Requests", "Retry-After: 120\r\n", "later" },
        { "/retry-negative ", "503 Service Unavailable", "Retry-After: -120\r\n", "later" },
        { "/retry-9999 ", "503 Service Unavailable", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", "later" },
        { "/retry-huge ", "503 Service Unavailable", "Retry-After: 99999999999999999999999\r\n", "later" },
        { "/long-etag ", "200 OK", "ETag: \"%300d\"\r\n", "" },
        { "/plain ", "200 OK", "ETag: \"v1\"\r\nLast-Modified: Wed, 09 Sep 2026 9:00:00 GMT\r\n", "hello" },
    };
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        char headers[512];
        if (strncmp(path, fixed[i].path, strlen(fixed[i].path)) != 0)
            continue;
        if (strstr(fixed[i].headers, "%300d") != NULL)
            snprintf(headers, sizeof headers, "ETag: \"%0300d\"\r\n", 1);
        else
            snprintf(headers, sizeof headers, "%s", fixed[i].headers);
        send_body(fd, fixed[i].status, headers, fixed[i].body, strlen(fixed[i].body));
        return;
    }
    send_body(fd, "500 Internal Server Error", "", "no such path in the test", 24);
}

static inline void answer(int fd, const char *request, void *ctx)
{
    (void)ctx;
    const char *path = strncmp(request, "GET ", 4) == 0 ? request + 4 : "";
    if (strncmp(path, "/chunked ", 9) == 0)
        send_chunks(fd, 4 << 20);
    else if (strncmp(path, "/bomb ", 6) == 0)
        send_bomb(fd);
    else if (strncmp(path, "/packed ", 8) == 0)
        send_packed(fd);
    else if (strncmp(path, "/slow ", 6) == 0)
        send_slowly(fd, 1);
    else if (strncmp(path, "/steady ", 8) == 0)
        send_slowly(fd, 1024);
    else if (strncmp(path, "/silent ", 8) == 0)
        sleep(30);
    else if (strncmp(path, "/cut ", 5) == 0)
        send_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nhalf");
    else if (strncmp(path, "/hop?", 5) == 0)
        send_redirect(fd, "/plain");
    else if (strncmp(path, "/loop ", 6) == 0)
        send_redirect(fd, "/loop");
    else if (strncmp(path, "/away ", 6) == 0)
        send_redirect(fd, "http://localhost/plain");
    else if (strncmp(path, "/file ", 6) == 0)
        send_redirect(fd, "file:///etc/hostname");
    else if (strncmp(path, "/conditional ", 13) == 0 && strstr(request, "If-None-Match: \"v1\"\r\n") != NULL)
        send_body(fd, "304 Not Modified", "ETag: \"v1\"\r\n", "", 0);
    else if (strncmp(path, "/echo ", 6) == 0)
        send_body(fd, "200 OK", "", request, strlen(request));
    else
        send_fixed(fd, path);
}

struct fixture { struct server server; struct web *web; struct gnm_web port; struct gnm_why why; };

static inline struct fixture start(void)
{
    struct fixture f = { .server = server_start(answer, NULL) };
    ck_assert_int_eq(web_new_with("gnomon/test (+me@example.org)", &quick, &f.web, &f.why), 0);
    web_port(f.web, &f.port);
    return f;
}

static inline void stop(struct fixture *f)
{
    web_free(f->web);
    server_stop(&f->server);
}

static inline struct gnm_request at(const struct fixture *f, const char *path)
{
    struct gnm_request request = { .name = "test", .local = 1, .http = 1 };
    snprintf(request.url, sizeof request.url, "http://127.0.0.1:%d%s", f->server.port, path);
    return request;
}

#endif
