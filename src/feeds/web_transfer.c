/* One transfer: every limit is set here, before the first byte. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "feeds/web_private.h"

/* Counts decoded bytes: libcurl's own limit does not see chunked or compressed bodies. */
static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    size_t bytes = size * n;
    if (bytes > t->max - t->len) {
        t->too_long = 1;
        return 0;
    }
    if (t->len + bytes + 1 > t->cap) {
        size_t cap = t->cap == 0 ? 16384 : t->cap * 2;
        while (cap < t->len + bytes + 1)
            cap *= 2;
        cap = cap > t->max + 1 ? t->max + 1 : cap;
        char *grown = realloc(t->body, cap);
        if (grown == NULL) {
            t->no_memory = 1;
            return 0;
        }
        t->body = grown;
        t->cap = cap;
    }
    memcpy(t->body + t->len, data, bytes);
    t->len += bytes;
    t->body[t->len] = '\0';
    return bytes;
}

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = ctx;
    enum address_kind kind = address_kind(&address->addr);
    if (purpose != CURLSOCKTYPE_IPCXN || kind == ADDRESS_NEVER || (kind == ADDRESS_PRIVATE && !t->local)) {
        t->refused = 1;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Sets one option; the first failure sticks. */
#define SET(option, value) (code = code != CURLE_OK ? code : curl_easy_setopt(t->easy, option, value))

static CURLcode set_bounds(const struct web *web, struct transfer *t)
{
    CURLcode code = CURLE_OK;
    const char *protocols = t->http ? "http,https" : "https";
    SET(CURLOPT_PROTOCOLS_STR, protocols);
    SET(CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    SET(CURLOPT_FOLLOWLOCATION, 0L);             /* we look at each hop ourselves */
    SET(CURLOPT_CONNECTTIMEOUT_MS, web->options.connect_ms);
    SET(CURLOPT_TIMEOUT_MS, web->options.whole_ms);
    SET(CURLOPT_LOW_SPEED_LIMIT, web->options.slow_bytes);
    SET(CURLOPT_LOW_SPEED_TIME, web->options.slow_s);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->max);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);                 /* a stalled name look-up must not hold the end of the program */
    SET(CURLOPT_FAILONERROR, 0L);                /* an error's body carries the reason */
    SET(CURLOPT_ACCEPT_ENCODING, "");
    SET(CURLOPT_FORBID_REUSE, t->local ? 1L : 0L);   /* no feed may inherit another's way into the local network */
    return code;
}

static CURLcode set_trust(const struct web *web, struct transfer *t)
{
    CURLcode code = CURLE_OK;
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CAPATH, NULL);                   /* with a directory the parsed bundle is not kept */
    if (web->options.ca_file != NULL)
        SET(CURLOPT_CAINFO, web->options.ca_file);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_SHARE, web->share);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_UNRESTRICTED_AUTH, 0L);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
    SET(CURLOPT_OPENSOCKETDATA, t);
    return code;
}

static CURLcode set_request(const struct web *web, struct transfer *t, const char *url)
{
    CURLcode code = CURLE_OK;
    SET(CURLOPT_URL, url);
    SET(CURLOPT_USERAGENT, web->agent);
    SET(CURLOPT_HTTPHEADER, t->header);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_PRIVATE, t);
    return code;
}

static int copy_headers(struct transfer *t, const struct gnm_request *request, struct gnm_why *why)
{
    for (size_t i = 0; i < sizeof request->header / sizeof request->header[0] && request->header[i] != NULL; i++) {
        if (strpbrk(request->header[i], "\r\n") != NULL)
            return gnm_fail(why, -EINVAL, "a header holds a line end");
        struct curl_slist *grown = curl_slist_append(t->header, request->header[i]);
        if (grown == NULL)
            return gnm_fail(why, -ENOMEM, "no memory");
        t->header = grown;
    }
    return 0;
}

int transfer_start(struct web *web, struct transfer *t, const struct gnm_request *request, struct gnm_why *why)
{
    *t = (struct transfer){
        .state = TRANSFER_RUNNING, .max = request->max_bytes == 0 ? WEB_BODY_BYTES : request->max_bytes, .local = request->local,
        .http = request->http, .hops = request->redirects,
    };
    text_copy(t->name, sizeof t->name, request->name);
    t->easy = curl_easy_init();
    int err = t->easy == NULL ? gnm_fail(why, -ENOMEM, "no memory") : copy_headers(t, request, why);
    CURLcode code = CURLE_OK;
    if (err == 0)
        code = set_bounds(web, t);
    if (err == 0 && code == CURLE_OK)
        code = set_trust(web, t);
    if (err == 0 && code == CURLE_OK)
        code = set_request(web, t, request->url);
    if (code != CURLE_OK)
        err = gnm_fail(why, -EIO, "libcurl refuses an option: %s", curl_easy_strerror(code));
    if (err == 0 && curl_multi_add_handle(web->multi, t->easy) != CURLM_OK)
        err = gnm_fail(why, -EIO, "libcurl takes no further transfer");
    if (err < 0)
        transfer_close(web, t);
    return err;
}

int transfer_again(struct web *web, struct transfer *t)
{
    double spent_s = 0;
    curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME, &spent_s);
    t->spent_ms += (int64_t)(spent_s * 1000);
    long left_ms = web->options.whole_ms - (long)t->spent_ms;
    t->len = 0;
    t->error[0] = '\0';
    if (left_ms <= 0 || curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, left_ms) != CURLE_OK)
        return -ETIMEDOUT;
    curl_multi_remove_handle(web->multi, t->easy);
    return curl_multi_add_handle(web->multi, t->easy) == CURLM_OK ? 0 : -EIO;
}

void transfer_close(struct web *web, struct transfer *t)
{
    if (t->easy != NULL) {
        curl_multi_remove_handle(web->multi, t->easy);
        curl_easy_cleanup(t->easy);
    }
    curl_slist_free_all(t->header);
    free(t->body);
    memset(t, 0, sizeof *t);
}
