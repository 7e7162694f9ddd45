/* What gnomon feed test prints. */
#ifndef CLI_FEED_SAY_H
#define CLI_FEED_SAY_H

#include "feeds/feed.h"

struct feed_said {
    const struct feed *feed;
    const struct gnm_request *request;
    const struct gnm_answer *answer;
    const struct feed_yield *yield;
    const char *error;           /* NULL when the answer was understood */
    int64_t now_s;
    int all;
};

/* Prints and returns `status`, or the exit status of a failed write. */
int feed_say(const struct feed_said *said, int json, int status);

#endif
