/* What came back: a redirect to judge, an answer, or the sentence that says why there is none. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"
#include "feeds/web_private.h"

/* ---- redirects ---- */

static int same_part(CURLU *a, CURLU *b, CURLUPart part)
{
    char *x = NULL, *y = NULL;
    int same = curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) == CURLUE_OK && curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) == CURLUE_OK &&
               strcasecmp(x, y) == 0;
    curl_free(x);
    curl_free(y);
    return same;
}

/* Same scheme, host and port: a hop may change the path only. */
static int same_host(const char *from, const char *to)
{
    CURLU *a = curl_url(), *b = curl_url();
    int same = a != NULL && b != NULL && curl_url_set(a, CURLUPART_URL, from, 0) == CURLUE_OK && curl_url_set(b, CURLUPART_URL, to, 0) == CURLUE_OK &&
               same_part(a, b, CURLUPART_SCHEME) && same_part(a, b, CURLUPART_HOST) && same_part(a, b, CURLUPART_PORT);
    curl_url_cleanup(a);
    curl_url_cleanup(b);
    return same;
}

int transfer_redirect(struct web *web, struct transfer *t)
{
    long status = 0;
    char *from = NULL, *to = NULL;
    if (t->result != CURLE_OK || t->hops <= 0)
        return 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &from);
    curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to);
    if (status < 301 || status > 308 || status == 304 || from == NULL || to == NULL)
        return 0;
    if (!same_host(from, to)) {
        gnm_fail(&t->why, -EPERM, "redirected to another host, which is not followed");
        return 0;
    }
    t->hops--;
    char *copy = strdup(to);     /* belongs to the handle that is about to change */
    CURLcode code = copy == NULL ? CURLE_OUT_OF_MEMORY : curl_easy_setopt(t->easy, CURLOPT_URL, copy);
    free(copy);
    int err = code == CURLE_OK ? transfer_again(web, t) : -ENOMEM;
    if (err < 0)
        gnm_fail(&t->why, err, "the redirect could not be followed in time");
    return err == 0;
}

/* ---- headers ---- */

static const char *header(CURL *easy, const char *name)
{
    struct curl_header *found;
    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : NULL;
}

static void copy_header(CURL *easy, const char *name, char *ret, size_t size)
{
    const char *value = header(easy, name);
    if (value == NULL || text_copy(ret, size, value) < 0)
        ret[0] = '\0';           /* a validator cut short is none */
}

/* The seconds of max-age; -1 when there is none or the answer may not be kept. */
static int64_t max_age_s(const char *control)
{
    if (control == NULL || strcasestr(control, "no-cache") != NULL || strcasestr(control, "no-store") != NULL)
        return -1;
    const char *at = strcasestr(control, "max-age=");    /* s-maxage is for shared caches and spelled differently */
    if (at == NULL || !isdigit((unsigned char)at[8]))
        return -1;
    int64_t s = 0;
    for (const char *p = at + 8; isdigit((unsigned char)*p) && s < INT32_MAX; p++)
        s = s * 10 + (*p - '0');
    return s < INT32_MAX ? s : INT32_MAX;
}

/* max-age counts from the server's own Date, so that a wrong clock on either side does not matter much. */
static int64_t expiry_s(CURL *easy)
{
    const char *date = header(easy, "Date"), *expires = header(easy, "Expires");
    int64_t age_s = max_age_s(header(easy, "Cache-Control"));
    time_t at = date != NULL ? curl_getdate(date, NULL) : -1;
    if (age_s >= 0)
        return (at > 0 ? (int64_t)at : (int64_t)time(NULL)) + age_s;
    at = expires != NULL ? curl_getdate(expires, NULL) : -1;
    return at > 0 ? (int64_t)at : GNM_NEVER;
}

/* Of the last hop only: redirects are few and short. */
static int64_t traffic_bytes(CURL *easy)
{
    curl_off_t body = 0;
    long head = 0, request = 0;
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
    curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &head);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request);
    return body + head + request;
}

static int fill_answer(struct transfer *t, struct gnm_answer *ret, struct gnm_why *why)
{
    long status = 0;
    curl_off_t retry_s = 0;
    struct gnm_answer answer = { .len = t->len };
    if (t->body == NULL && (t->body = calloc(1, 1)) == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    t->body[t->len] = '\0';
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_s);
    answer.status = (int)status;
    answer.retry_after_s = retry_s > 0 ? (int64_t)retry_s : 0;
    answer.expires_s = expiry_s(t->easy);
    answer.traffic_bytes = traffic_bytes(t->easy);
    copy_header(t->easy, "ETag", answer.etag, sizeof answer.etag);
    copy_header(t->easy, "Last-Modified", answer.last_modified, sizeof answer.last_modified);
    answer.body = t->body;
    t->body = NULL;
    *ret = answer;
    return 0;
}

/* ---- failures ---- */

static int errno_of(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return -ETIMEDOUT;
    case CURLE_COULDNT_RESOLVE_HOST: return -EHOSTUNREACH;
    case CURLE_COULDNT_CONNECT: return -ECONNREFUSED;
    case CURLE_FILESIZE_EXCEEDED: return -EFBIG;
    case CURLE_OUT_OF_MEMORY: return -ENOMEM;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT: return -EPROTONOSUPPORT;
    case CURLE_PEER_FAILED_VERIFICATION: return -EKEYREJECTED;
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE: return -ECONNRESET;
    default: return -EIO;
    }
}

/* OpenSSL's verdicts 9 and 10. A board that lost its clock sees every certificate from the future. */
static int certificate_dates(struct transfer *t, struct gnm_why *why)
{
    long verdict = 0;
    curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
    if (t->result != CURLE_PEER_FAILED_VERIFICATION || (verdict != 9 && verdict != 10))
        return 0;
    return gnm_fail(why, -EKEYEXPIRED, "the server's certificate is %s: is the clock of this box right?", verdict == 9 ? "not yet valid" : "expired");
}

static int fail(struct transfer *t, struct gnm_why *why)
{
    char clean[180];
    if (t->why.text[0] != '\0')
        return gnm_fail(why, t->why.code, "%s", t->why.text);
    if (t->too_long || t->result == CURLE_FILESIZE_EXCEEDED)
        return gnm_fail(why, -EFBIG, "the answer is longer than %zu bytes", t->max);
    if (t->no_memory)
        return gnm_fail(why, -ENOMEM, "no memory for the answer");
    if (t->refused)
        return gnm_fail(why, -EACCES, "the host's address is loopback, private or not to be reached, and the feed is not local");
    if (certificate_dates(t, why) < 0)
        return why != NULL ? why->code : -EKEYEXPIRED;
    const char *text = t->error[0] != '\0' ? t->error : curl_easy_strerror(t->result);
    text_clean(clean, sizeof clean, text, strlen(text));
    return gnm_fail(why, errno_of(t->result), "%s", clean);
}

int transfer_answer(struct transfer *t, struct gnm_answer *ret, struct gnm_why *why)
{
    if (t->result != CURLE_OK || t->why.text[0] != '\0')
        return fail(t, why);
    return fill_answer(t, ret, why);
}
