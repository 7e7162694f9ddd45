/* Whose turn it is at one host. */
#include <string.h>
#include <strings.h>

#include "feeds/feed.h"

/* Scheme and user aside, what stands before the path. */
static size_t host_of(const struct gnm_request *request, const char **host)
{
    const char *at = strstr(request->url, "://");
    *host = at == NULL ? request->url : at + 3;
    size_t len = strcspn(*host, "/?#");
    return len < sizeof ((struct feed_turns *)NULL)->host[0].host ? len : sizeof ((struct feed_turns *)NULL)->host[0].host - 1;
}

static size_t find(const struct feed_turns *turns, const struct gnm_request *request)
{
    const char *host;
    size_t len = host_of(request, &host), i = 0;
    while (i < turns->n && (strncasecmp(turns->host[i].host, host, len) != 0 || turns->host[i].host[len] != '\0'))
        i++;
    return i;
}

int64_t feed_turn(const struct feed_turns *turns, const struct gnm_request *request, int64_t now_s)
{
    size_t i = find(turns, request);
    if (i == turns->n)
        return now_s;
    if (turns->host[i].busy)
        return GNM_NEVER;
    return turns->host[i].free_s > now_s ? turns->host[i].free_s : now_s;
}

/* When the table is full the host that was free first makes room. */
static size_t make_room(struct feed_turns *turns)
{
    if (turns->n < FEED_HOSTS)
        return turns->n++;
    size_t oldest = 0;
    for (size_t i = 1; i < turns->n; i++)
        if (!turns->host[i].busy && (turns->host[oldest].busy || turns->host[i].free_s < turns->host[oldest].free_s))
            oldest = i;
    return oldest;
}

void feed_turn_begin(struct feed_turns *turns, const struct gnm_request *request)
{
    size_t i = find(turns, request);
    if (i == turns->n) {
        const char *host;
        size_t len = host_of(request, &host);
        i = make_room(turns);
        memset(&turns->host[i], 0, sizeof turns->host[i]);
        memcpy(turns->host[i].host, host, len);
    }
    turns->host[i].busy = 1;
}

void feed_turn_end(struct feed_turns *turns, const struct gnm_request *request, const struct feed *feed, int64_t now_s)
{
    size_t i = find(turns, request);
    if (i == turns->n)
        return;
    turns->host[i].busy = 0;
    turns->host[i].free_s = now_s + feed_spacing_s(feed);
}
