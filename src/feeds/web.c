/* The port: a few slots on one kept multi handle, driven whenever somebody asks. */
#include "feeds/web.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "feeds/web_private.h"

enum { IDLE_MS = 100, LONGEST_MS = 1000, ROUNDS = 8 };

static struct transfer *find(struct web *web, int id)
{
    for (size_t i = 0; i < WEB_SLOTS; i++)
        if (web->slot[i].state != TRANSFER_FREE && web->slot[i].id == id)
            return &web->slot[i];
    return NULL;
}

static int submit(void *ctx, const struct gnm_request *request, struct gnm_why *why)
{
    struct web *web = ctx;
    struct transfer *t = NULL;
    for (size_t i = 0; i < WEB_SLOTS && t == NULL; i++)
        t = web->slot[i].state == TRANSFER_FREE ? &web->slot[i] : NULL;
    if (t == NULL)
        return gnm_fail(why, -EBUSY, "%d transfers are under way already", WEB_SLOTS);
    int err = transfer_start(web, t, request, why);
    if (err < 0)
        return err;
    t->id = web->next_id;
    web->next_id = web->next_id == INT_MAX ? 0 : web->next_id + 1;
    return t->id;
}

/* Lets libcurl work and notes what ended. 1 when a redirect set something going again. */
static int drive(struct web *web)
{
    int running, left, again = 0;
    CURLMsg *message;
    curl_multi_perform(web->multi, &running);
    while ((message = curl_multi_info_read(web->multi, &left)) != NULL) {
        struct transfer *t = NULL;
        if (message->msg != CURLMSG_DONE || curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t) != CURLE_OK || t == NULL)
            continue;
        t->result = message->data.result;
        if (transfer_redirect(web, t))
            again = 1;
        else
            t->state = TRANSFER_DONE;
    }
    return again;
}

static void add_fd(struct gnm_wait *wait, int fd, short events)
{
    if (events == 0 || wait->n == GNM_WAIT_FDS)
        return;
    wait->fd[wait->n++] = (struct pollfd){ .fd = fd, .events = events };
}

/* Which descriptors and which time libcurl waits for. A look-up under way has no descriptor of its own in every version. */
static void fill_wait(struct web *web, int64_t now_ms, struct gnm_wait *wait)
{
    fd_set in, out, bad;
    int max = -1;
    long ms = -1;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&bad);
    wait->n = 0;
    curl_multi_fdset(web->multi, &in, &out, &bad, &max);
    for (int fd = 0; fd <= max; fd++)
        add_fd(wait, fd, (short)((FD_ISSET(fd, &in) ? POLLIN : 0) | (FD_ISSET(fd, &out) ? POLLOUT : 0) | (FD_ISSET(fd, &bad) ? POLLPRI : 0)));
    curl_multi_timeout(web->multi, &ms);
    long longest = max < 0 ? IDLE_MS : LONGEST_MS;
    wait->deadline_ms = now_ms + (ms < 0 || ms > longest ? longest : ms);
}

static int take(void *ctx, int id, int64_t now_ms, struct gnm_answer *ret, struct gnm_wait *wait, struct gnm_why *why)
{
    struct web *web = ctx;
    struct transfer *t = find(web, id);
    if (t == NULL)
        return gnm_fail(why, -EINVAL, "no transfer has the number %d", id);
    for (int i = 0; i < ROUNDS && t->state == TRANSFER_RUNNING && drive(web); i++)
        ;
    if (t->state == TRANSFER_RUNNING) {
        if (wait != NULL)
            fill_wait(web, now_ms, wait);
        return -EAGAIN;
    }
    int err = transfer_answer(t, ret, why);
    transfer_close(web, t);
    return err;
}

static void cancel(void *ctx, int id)
{
    struct web *web = ctx;
    struct transfer *t = find(web, id);
    if (t != NULL)
        transfer_close(web, t);
}

int web_new_with(const char *agent, const struct web_options *options, struct web **ret, struct gnm_why *why)
{
    struct web *web = calloc(1, sizeof *web);
    if (web == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(web);
        return gnm_fail(why, -EIO, "libcurl does not start");
    }
    web->options = *options;
    text_clean(web->agent, sizeof web->agent, agent, strlen(agent));
    web->multi = curl_multi_init();
    web->share = curl_share_init();
    if (web->multi == NULL || web->share == NULL || curl_share_setopt(web->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK) {
        web_free(web);
        return gnm_fail(why, -ENOMEM, "no memory");
    }
    curl_multi_setopt(web->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);   /* no sharing of a connection under way */
    curl_multi_setopt(web->multi, CURLMOPT_MAXCONNECTS, 4L);
    *ret = web;
    return 0;
}

int web_new(const char *agent, struct web **ret, struct gnm_why *why)
{
    static const struct web_options usual = { .connect_ms = 10000, .whole_ms = 60000, .slow_bytes = 100, .slow_s = 20 };
    return web_new_with(agent, &usual, ret, why);
}

void web_free(struct web *web)
{
    if (web == NULL)
        return;
    for (size_t i = 0; i < WEB_SLOTS; i++)
        if (web->slot[i].state != TRANSFER_FREE)
            transfer_close(web, &web->slot[i]);
    if (web->multi != NULL)
        curl_multi_cleanup(web->multi);
    if (web->share != NULL)
        curl_share_cleanup(web->share);
    curl_global_cleanup();
    free(web);
}

void web_port(struct web *web, struct gnm_web *ret)
{
    *ret = (struct gnm_web){ .submit = submit, .take = take, .cancel = cancel, .ctx = web };
}
