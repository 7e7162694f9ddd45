/* The web port against a server that misbehaves in every way we know of, on loopback. */
#include "feeds_support.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>

#include "feeds/web_private.h"

static const struct web_options quick = { .connect_ms = 2000, .whole_ms = 2000, .slow_bytes = 100, .slow_s = 1 };

/* ---- a name server that never answers: our getaddrinfo stands before the C library's ---- */

static atomic_int stalled;

int getaddrinfo(const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (node != NULL && strcmp(node, "stalled.example") == 0) {
        atomic_store(&stalled, 1);
        sleep(60);
        return EAI_AGAIN;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, ret);
}

/* ---- the server ---- */

static void send_chunks(int fd, size_t bytes)
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
static size_t pack_zeros(unsigned char *ret, size_t size, size_t matches)
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

static void send_bomb(int fd)
{
    enum { SIZE = 200000 };
    unsigned char *packed = malloc(SIZE);
    size_t len = pack_zeros(packed, SIZE, 100000);       /* 25 MB from 160 KB */
    send_body(fd, "200 OK", "Content-Encoding: gzip\r\n", (char *)packed, len);
    free(packed);
}

/* A body that never ends, so many bytes every tenth of a second. */
static void send_slowly(int fd, size_t bytes)
{
    char piece[1024];
    memset(piece, 'x', sizeof piece);
    send_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n");
    for (int i = 0; i < 100; i++) {
        send_all(fd, piece, bytes);
        usleep(100000);
    }
}

static void send_redirect(int fd, const char *to)
{
    char header[256];
    snprintf(header, sizeof header, "Location: %s\r\n", to);
    send_body(fd, "302 Found", header, "moved", 5);
}

static void send_fixed(int fd, const char *path)
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

static void answer(int fd, const char *request, void *ctx)
{
    (void)ctx;
    const char *path = strchr(request, ' ') + 1;
    if (strncmp(path, "/chunked ", 9) == 0)
        send_chunks(fd, 4 << 20);
    else if (strncmp(path, "/bomb ", 6) == 0)
        send_bomb(fd);
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

static struct fixture start(void)
{
    struct fixture f = { .server = server_start(answer, NULL) };
    ck_assert_int_eq(web_new_with("gnomon/test (+me@example.org)", &quick, &f.web, &f.why), 0);
    web_port(f.web, &f.port);
    return f;
}

static void stop(struct fixture *f)
{
    web_free(f->web);
    server_stop(&f->server);
}

static struct gnm_request at(const struct fixture *f, const char *path)
{
    struct gnm_request request = { .name = "test", .local = 1, .http = 1 };
    snprintf(request.url, sizeof request.url, "http://127.0.0.1:%d%s", f->server.port, path);
    return request;
}

/* ---- answers ---- */

START_TEST(plain_answer)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/plain");
    ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s", f.why.text);
    ck_assert_int_eq(a.status, 200);
    ck_assert_uint_eq(a.len, 5);
    ck_assert_str_eq(a.body, "hello");
    ck_assert_str_eq(a.etag, "\"v1\"");
    ck_assert_str_eq(a.last_modified, "Wed, 09 Sep 2026 9:00:00 GMT");
    ck_assert_int_eq(a.expires_s, GNM_NEVER);
    ck_assert_int_eq(a.retry_after_s, 0);
    free(a.body);
    stop(&f);
}
END_TEST

START_TEST(who_we_are)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/echo");
    setenv("http_proxy", "http://127.0.0.1:1", 1);       /* proxies of the environment are none of ours */
    request.header[0] = "X-Auth: secret";
    ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s", f.why.text);
    ck_assert_msg(strstr(a.body, "User-Agent: gnomon/test (+me@example.org)\r\n") != NULL, "%s", a.body);
    ck_assert_msg(strstr(a.body, "X-Auth: secret\r\n") != NULL, "%s", a.body);
    ck_assert_msg(strstr(a.body, "Accept-Encoding: ") != NULL && strstr(a.body, "gzip") != NULL, "%s", a.body);
    free(a.body);
    request.header[0] = "User-Agent: gnomon/test (+other)";
    ck_assert_int_eq(fetch(f.web, &request, &a, &f.why), 0);
    ck_assert_msg(strstr(a.body, "(+other)") != NULL && strstr(a.body, "me@example.org") == NULL, "%s", a.body);
    free(a.body);
    request.header[0] = "X-Auth: secret\r\nX-Evil: 1";
    ck_assert_int_eq(fetch(f.web, &request, &a, &f.why), -EINVAL);
    stop(&f);
}
END_TEST

START_TEST(not_modified)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct feed_state state = { .etag = "\"v1\"" };
    char space[2][320];
    struct gnm_request request = at(&f, "/conditional");
    feed_conditional(&state, &request, space);
    ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s", f.why.text);
    ck_assert_int_eq(a.status, 304);
    ck_assert_uint_eq(a.len, 0);
    ck_assert_ptr_nonnull(a.body);
    free(a.body);
    stop(&f);
}
END_TEST

START_TEST(times_in_headers)
{
    static const struct { const char *path; int status; const char *expires; int64_t retry_low, retry_high; } cases[] = {
        { "/max-age", 200, "2026-09-09T10:10:00Z", 0, 0 },
        { "/no-store", 200, "2026-09-10T10:00:00Z", 0, 0 },
        { "/expires", 200, "2026-09-10T10:00:00Z", 0, 0 },
        { "/expires-nonsense", 200, NULL, 0, 0 },
        { "/retry", 429, NULL, 120, 120 },
        { "/retry-negative", 503, NULL, 0, 0 },
        { "/retry-9999", 503, NULL, 0, INT64_MAX },
        { "/retry-huge", 503, NULL, 0, INT64_MAX },
        { "/missing", 404, NULL, 0, 0 },
        { "/long-etag", 200, NULL, 0, 0 },
    };
    struct fixture f = start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gnm_answer a;
        struct gnm_request request = at(&f, cases[i].path);
        ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s: %s", cases[i].path, f.why.text);
        ck_assert_msg(a.status == cases[i].status, "%s: status %d", cases[i].path, a.status);
        int64_t expires = cases[i].expires == NULL ? GNM_NEVER : at_time(cases[i].expires);
        ck_assert_msg(a.expires_s == expires, "%s: expires %lld", cases[i].path, (long long)a.expires_s);
        ck_assert_msg(a.retry_after_s >= cases[i].retry_low && a.retry_after_s <= cases[i].retry_high, "%s: retry %lld", cases[i].path,
                      (long long)a.retry_after_s);
        ck_assert_str_eq(a.etag, "");
        free(a.body);
    }
    stop(&f);
}
END_TEST

/* ---- bounds ---- */

static const struct { const char *path; size_t max; int err; const char *says; } bounds[] = {
    { "/chunked", 1 << 20, -EFBIG, "longer than 1048576 bytes" },
    { "/bomb", 1 << 20, -EFBIG, "longer than 1048576 bytes" },
    { "/bomb", 0, -EFBIG, "longer than 2097152 bytes" },
    { "/plain", 4, -EFBIG, "longer than 4 bytes" },
    { "/cut", 0, -ECONNRESET, "" },
    { "/slow", 0, -ETIMEDOUT, "too slow" },
    { "/steady", 0, -ETIMEDOUT, "timed out after 2" },
    { "/silent", 0, -ETIMEDOUT, "" },
    { "/file", 0, -EPERM, "another host" },
    { "/away", 0, -EPERM, "another host" },
};

START_TEST(bounded)
{
    struct fixture f = start();
    struct gnm_answer a = { .status = 77 };
    struct gnm_request request = at(&f, bounds[_i].path);
    int64_t begin = mono_ms();
    request.max_bytes = bounds[_i].max;
    request.redirects = 1;
    int err = fetch(f.web, &request, &a, &f.why);
    ck_assert_msg(err == bounds[_i].err, "%s: %d, %s", bounds[_i].path, err, f.why.text);
    ck_assert_msg(f.why.text[0] != '\0' && strstr(f.why.text, bounds[_i].says) != NULL, "%s", f.why.text);
    ck_assert_int_eq(a.status, 77);
    ck_assert_int_lt(mono_ms() - begin, 4000);
    stop(&f);
}
END_TEST

START_TEST(whole_body_within_bounds)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/chunked");
    request.max_bytes = 4 << 20;
    ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s", f.why.text);
    ck_assert_uint_eq(a.len, 4 << 20);
    ck_assert_int_eq(a.body[a.len], '\0');
    free(a.body);
    stop(&f);
}
END_TEST

START_TEST(redirects)
{
    static const struct { const char *path; int hops, status; } cases[] = { { "/hop?1", 0, 302 }, { "/hop?1", 1, 200 }, { "/loop", 3, 302 } };
    struct fixture f = start();
    for (int i = 0; i < 3; i++) {
        struct gnm_answer a;
        struct gnm_request request = at(&f, cases[i].path);
        request.redirects = cases[i].hops;
        ck_assert_msg(fetch(f.web, &request, &a, &f.why) == 0, "%s: %s", cases[i].path, f.why.text);
        ck_assert_int_eq(a.status, cases[i].status);
        ck_assert_str_eq(a.body, a.status == 200 ? "hello" : "moved");
        free(a.body);
    }
    stop(&f);
}
END_TEST

/* ---- addresses ---- */

START_TEST(loopback_refused_unless_local)
{
    static const char *const hosts[] = { "127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0" };
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = { .name = "test", .http = 1 };
    snprintf(request.url, sizeof request.url, "http://%s:%d/plain", hosts[_i], f.server.port);
    int err = fetch(f.web, &request, &a, &f.why);
    ck_assert_msg(err == -EACCES, "%s: %d, %s", hosts[_i], err, f.why.text);
    stop(&f);
}
END_TEST

START_TEST(plain_http_refused_unless_asked)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/plain");
    request.http = 0;
    int err = fetch(f.web, &request, &a, &f.why);
    ck_assert_msg(err == -EPROTONOSUPPORT, "%d, %s", err, f.why.text);
    snprintf(request.url, sizeof request.url, "file:///etc/hostname");
    request.http = 1;
    ck_assert_int_eq(fetch(f.web, &request, &a, &f.why), -EPROTONOSUPPORT);
    snprintf(request.url, sizeof request.url, "https://127.0.0.1:%d/plain", f.server.port);
    ck_assert_int_lt(fetch(f.web, &request, &a, &f.why), 0);      /* no TLS there */
    snprintf(request.url, sizeof request.url, "http://user:password@127.0.0.1:%d/plain", f.server.port);
    ck_assert_int_lt(fetch(f.web, &request, &a, &f.why), 0);
    ck_assert_msg(strstr(f.why.text, "password") == NULL, "%s", f.why.text);
    stop(&f);
}
END_TEST

static const struct { const char *address; enum address_kind kind; } addresses[] = {
    { "127.0.0.1", ADDRESS_PRIVATE }, { "127.255.255.254", ADDRESS_PRIVATE }, { "10.0.0.1", ADDRESS_PRIVATE }, { "172.16.0.1", ADDRESS_PRIVATE },
    { "172.31.255.255", ADDRESS_PRIVATE }, { "172.32.0.1", ADDRESS_PUBLIC }, { "172.15.255.255", ADDRESS_PUBLIC }, { "192.168.1.1", ADDRESS_PRIVATE },
    { "192.169.1.1", ADDRESS_PUBLIC }, { "169.254.169.254", ADDRESS_PRIVATE }, { "100.64.0.1", ADDRESS_PRIVATE }, { "100.128.0.1", ADDRESS_PUBLIC },
    { "0.0.0.0", ADDRESS_NEVER }, { "0.1.2.3", ADDRESS_NEVER }, { "224.0.0.1", ADDRESS_NEVER }, { "255.255.255.255", ADDRESS_NEVER },
    { "8.8.8.8", ADDRESS_PUBLIC }, { "::1", ADDRESS_PRIVATE }, { "::", ADDRESS_NEVER }, { "fe80::1", ADDRESS_PRIVATE }, { "febf::1", ADDRESS_PRIVATE },
    { "fec0::1", ADDRESS_PRIVATE }, { "fc00::1", ADDRESS_PRIVATE }, { "fd12::1", ADDRESS_PRIVATE }, { "ff02::1", ADDRESS_NEVER },
    { "2001:4860:4860::8888", ADDRESS_PUBLIC }, { "::ffff:10.1.2.3", ADDRESS_PRIVATE }, { "::ffff:8.8.8.8", ADDRESS_PUBLIC },
    { "::ffff:0.0.0.0", ADDRESS_NEVER }, { "::10.1.2.3", ADDRESS_PRIVATE }, { "64:ff9b::7f00:1", ADDRESS_PRIVATE }, { "2002:7f00:1::", ADDRESS_PRIVATE },
    { "2002:808:808::", ADDRESS_PUBLIC },
};

START_TEST(address_kinds)
{
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
        struct sockaddr_in in = { .sin_family = AF_INET };
        int six = strchr(addresses[i].address, ':') != NULL;
        ck_assert_int_eq(inet_pton(six ? AF_INET6 : AF_INET, addresses[i].address, six ? (void *)&in6.sin6_addr : (void *)&in.sin_addr), 1);
        enum address_kind kind = address_kind(six ? (struct sockaddr *)&in6 : (struct sockaddr *)&in);
        ck_assert_msg(kind == addresses[i].kind, "%s is %d", addresses[i].address, (int)kind);
    }
    struct sockaddr local = { .sa_family = AF_UNIX };
    ck_assert_int_eq(address_kind(&local), ADDRESS_NEVER);
}
END_TEST

/* ---- several at once, and leaving early ---- */

START_TEST(several_at_once)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_wait wait;
    struct gnm_request request = at(&f, "/plain");
    int id[WEB_SLOTS], left = WEB_SLOTS;
    for (int i = 0; i < WEB_SLOTS; i++)
        ck_assert_int_ge(id[i] = f.port.submit(f.port.ctx, &request, &f.why), 0);
    ck_assert_int_eq(f.port.submit(f.port.ctx, &request, &f.why), -EBUSY);
    while (left > 0) {
        for (int i = 0; i < WEB_SLOTS; i++) {
            int err = id[i] < 0 ? -EAGAIN : f.port.take(f.port.ctx, id[i], mono_ms(), &a, &wait, &f.why);
            if (err == -EAGAIN)
                continue;
            ck_assert_msg(err == 0, "%s", f.why.text);
            ck_assert_str_eq(a.body, "hello");
            free(a.body);
            ck_assert_int_eq(f.port.take(f.port.ctx, id[i], mono_ms(), &a, &wait, &f.why), -EINVAL);
            id[i] = -1;
            left--;
        }
        wait_for(&wait);
    }
    f.port.cancel(f.port.ctx, 12345);
    stop(&f);
}
END_TEST

/* A listener whose queue is full: the next connection hangs. */
static int full_listener(int *port, int filler[4])
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&address, sizeof address);
    listen(listener, 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    for (int i = 0; i < 4; i++) {
        filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(filler[i], (struct sockaddr *)&address, sizeof address);
    }
    return listener;
}

static void run_for(struct fixture *f, int id, int64_t ms)
{
    struct gnm_answer a;
    struct gnm_wait wait;
    for (int64_t until = mono_ms() + ms; mono_ms() < until;) {
        int err = f->port.take(f->port.ctx, id, mono_ms(), &a, &wait, &f->why);
        ck_assert_msg(err == -EAGAIN, "%d, %s", err, err < 0 ? f->why.text : "");
        if (wait.deadline_ms > until)
            wait.deadline_ms = until;
        wait_for(&wait);
    }
}

static void check_quick_exit(struct fixture *f)
{
    int64_t begin = mono_ms();
    web_free(f->web);
    int64_t took = mono_ms() - begin;
    ck_assert_msg(took < 100, "web_free took %lld ms", (long long)took);
    server_stop(&f->server);
}

static const char *const states[] = { "/slow", "/silent", "stalled look-up", "hanging connect", "not begun" };

START_TEST(free_in_every_state)
{
    struct fixture f = start();
    struct gnm_request request = at(&f, states[_i]);
    int filler[4], listener = -1, port = 0;
    if (strcmp(states[_i], "stalled look-up") == 0)
        snprintf(request.url, sizeof request.url, "http://stalled.example/");
    if (strcmp(states[_i], "hanging connect") == 0) {
        listener = full_listener(&port, filler);
        snprintf(request.url, sizeof request.url, "http://127.0.0.1:%d/", port);
    }
    int id = f.port.submit(f.port.ctx, &request, &f.why);
    ck_assert_int_ge(id, 0);
    if (strcmp(states[_i], "not begun") != 0)
        run_for(&f, id, 300);
    ck_assert_int_eq(atomic_load(&stalled), strcmp(states[_i], "stalled look-up") == 0);
    check_quick_exit(&f);
    if (listener >= 0)
        close(listener);
}
END_TEST

START_TEST(cancel_under_way)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_wait wait;
    struct gnm_request request = { .name = "test", .local = 1, .http = 1, .url = "http://stalled.example/" };
    int id = f.port.submit(f.port.ctx, &request, &f.why);
    run_for(&f, id, 200);
    int64_t begin = mono_ms();
    f.port.cancel(f.port.ctx, id);
    ck_assert_int_lt(mono_ms() - begin, 100);
    ck_assert_int_eq(f.port.take(f.port.ctx, id, mono_ms(), &a, &wait, &f.why), -EINVAL);
    request = at(&f, "/plain");
    ck_assert_int_eq(fetch(f.web, &request, &a, &f.why), 0);
    free(a.body);
    check_quick_exit(&f);
}
END_TEST

START_TEST(connect_timeout)
{
    int filler[4], port = 0, listener = full_listener(&port, filler);
    struct web *web;
    struct gnm_why why;
    struct gnm_answer a;
    struct web_options options = quick;
    struct gnm_request request = { .name = "test", .local = 1, .http = 1 };
    options.connect_ms = 300;
    snprintf(request.url, sizeof request.url, "http://127.0.0.1:%d/?key=geheim", port);
    ck_assert_int_eq(web_new_with("gnomon/test", &options, &web, &why), 0);
    int64_t begin = mono_ms();
    int err = fetch(web, &request, &a, &why);
    ck_assert_msg(err == -ETIMEDOUT, "%d, %s", err, why.text);
    ck_assert_msg(strstr(why.text, "geheim") == NULL, "%s", why.text);
    ck_assert_int_lt(mono_ms() - begin, 1500);
    web_free(web);
    close(listener);
}
END_TEST

START_TEST(refused_connection)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/plain");
    server_stop(&f.server);
    ck_assert_int_eq(fetch(f.web, &request, &a, &f.why), -ECONNREFUSED);
    web_free(f.web);
    web_free(NULL);
}
END_TEST

int main(void)
{
    TCase *answers = tcase_create("answers"), *limits = tcase_create("limits"), *leaving = tcase_create("leaving");
    tcase_set_timeout(answers, 8);
    tcase_add_test(answers, plain_answer);
    tcase_add_test(answers, who_we_are);
    tcase_add_test(answers, not_modified);
    tcase_add_test(answers, times_in_headers);
    tcase_set_timeout(limits, 8);
    tcase_add_loop_test(limits, bounded, 0, (int)(sizeof bounds / sizeof bounds[0]));
    tcase_add_test(limits, whole_body_within_bounds);
    tcase_add_test(limits, redirects);
    tcase_add_loop_test(limits, loopback_refused_unless_local, 0, 7);
    tcase_add_test(limits, plain_http_refused_unless_asked);
    tcase_add_test(limits, address_kinds);
    tcase_set_timeout(leaving, 8);
    tcase_add_test(leaving, several_at_once);
    tcase_add_loop_test(leaving, free_in_every_state, 0, 5);
    tcase_add_test(leaving, cancel_under_way);
    tcase_add_test(leaving, connect_timeout);
    tcase_add_test(leaving, refused_connection);
    return run_suite("feeds: web port", (TCase *[]){ answers, limits, leaving }, 3);
}
