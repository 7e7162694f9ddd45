/* One HTTP request as the providers see it, and their answer. Pure: who listens is somebody else's matter. */
#ifndef WORLD_ASK_H
#define WORLD_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "gnomon/types.h"
#include "gnomon/why.h"

enum { ASK_PARAMS = 40, ASK_TEXT = 4096 };

struct ask {
    char path[512];
    char text[ASK_TEXT];              /* decoded query, into which the parameters point */
    struct { const char *name, *value; } param[ASK_PARAMS];
    size_t n;
    const char *user_agent, *if_modified_since;    /* NULL when the client sent none */
    int64_t now_s, real_ms;           /* the world's calendar, and the clock on the wall of the machine */
};

/* "/path?name=value&...": percent decoding, + is a space. -EINVAL for broken escapes, -E2BIG for too much. */
int ask_parse(struct ask *ask, const char *url, struct gnm_why *why);
const char *ask_get(const struct ask *ask, const char *name);    /* NULL when absent */
size_t ask_count(const struct ask *ask, const char *name);
/* A number in [low, high], `fallback` when the parameter is absent; -EINVAL otherwise. */
int ask_number(const struct ask *ask, const char *name, double low, double high, double fallback, double *ret);

/* "2026-05" as months since 1970-01; the same rules, `ret` untouched when the parameter is absent. */
int ask_month(const struct ask *ask, const char *name, int64_t *ret);
/* "2026-05-14" likewise as a day. */
int ask_day(const struct ask *ask, const char *name, int64_t *ret);
/* 1 when the parameter is there with this value. */
int ask_is(const struct ask *ask, const char *name, const char *value);

struct reply {
    int status;
    const char *type;                 /* of the body */
    int64_t date_s, expires_s, last_modified_s;    /* GNM_NEVER: header absent */
    struct text body;                 /* text_free */
    int64_t delay_ms, retry_after_s;  /* real time until it is sent; header, 0 = absent */
    int gone;                         /* no answer at all: the connection breaks. Status and body are for callers that have no connections */
};

/* "Wed, 10 Jun 2020 13:04:26 GMT" */
void reply_time(int64_t utc_s, char ret[32]);
/* The answer of a provider whose body follows: 200 of this type. */
void reply_begin(struct reply *reply, const char *type);
/* Fills status and body, which replaces what was there. 0 or -ENOMEM. */
int reply_say(struct reply *reply, int status, const char *type, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
