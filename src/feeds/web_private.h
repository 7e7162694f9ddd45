/* Inside the web port: one transfer, its limits, its addresses. Private to src/feeds; the only place besides its .c files that includes libcurl. */
#ifndef FEEDS_WEB_PRIVATE_H
#define FEEDS_WEB_PRIVATE_H

#include <curl/curl.h>
#include <sys/socket.h>

#include "feeds/web.h"

enum { WEB_SLOTS = 8, WEB_BODY_BYTES = 2 << 20 };

struct web_options {
    long connect_ms, whole_ms;   /* of the whole request, redirects included */
    long slow_bytes, slow_s;     /* give up below so many bytes a second for so long */
    const char *ca_file;         /* NULL: libcurl's own bundle */
};

enum transfer_state { TRANSFER_FREE, TRANSFER_RUNNING, TRANSFER_DONE };
struct transfer {
    enum transfer_state state;
    int id;
    CURL *easy;
    struct curl_slist *header;
    char *body;
    size_t len, cap, max;
    int too_long, no_memory, refused;
    int local, http, hops;
    int64_t spent_ms;            /* by the hops before this one */
    char name[GNM_ID], error[CURL_ERROR_SIZE];
    CURLcode result;
    struct gnm_why why;          /* text not empty: decided by us, not by libcurl */
};

struct web {
    CURLM *multi;
    CURLSH *share;               /* TLS sessions: the next request to a host skips most of the handshake */
    char agent[200];
    struct web_options options;
    struct transfer slot[WEB_SLOTS];
    int next_id;
};

/* web_new with other limits than the daemon's: for tests. */
int web_new_with(const char *agent, const struct web_options *options, struct web **ret, struct gnm_why *why);

/* web_transfer.c */
int transfer_start(struct web *web, struct transfer *t, const struct gnm_request *request, struct gnm_why *why);
int transfer_again(struct web *web, struct transfer *t);                  /* after its URL was changed */
void transfer_close(struct web *web, struct transfer *t);

/* web_answer.c */
int transfer_redirect(struct web *web, struct transfer *t);               /* 1: under way again, 0: it is done */
int transfer_answer(struct transfer *t, struct gnm_answer *ret, struct gnm_why *why);

/* web_address.c: who may be talked to. */
enum address_kind { ADDRESS_PUBLIC, ADDRESS_PRIVATE, ADDRESS_NEVER };
enum address_kind address_kind(const struct sockaddr *address);

#endif
