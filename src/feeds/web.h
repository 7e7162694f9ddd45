/* The web port over libcurl's multi interface: bounded, polite, interruptible; one kept multi handle. */
#ifndef FEEDS_WEB_H
#define FEEDS_WEB_H

#include "gnomon/ports.h"

struct web;

/* `agent` as providers want it: "gnomon/1.0 (+contact)". */
int web_new(const char *agent, struct web **ret, struct gnm_why *why);
void web_free(struct web *web);    /* returns within milliseconds, whatever is under way */
void web_port(struct web *web, struct gnm_web *ret);

#endif
