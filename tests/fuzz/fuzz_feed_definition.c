/* Any text as a definition file: loaded or refused with a sentence; what was loaded makes a request or says why not. */
#include <stdlib.h>
#include <string.h>

#include "feeds/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *secret(void *ctx, const char *name)
{
    (void)ctx;
    return name[0] == 't' ? "token" : NULL;
}

static void ask(const struct feed *feed)
{
    struct feed_var var[] = { { "query", "a b" }, { "league", "bl1" } };
    struct feed_site site = { .latitude = 50.85, .longitude = 4.35, .timezone = "Europe/Brussels", .country = "BE", .region = "BE-NL",
                              .contact = "me@example.org", .var = var, .n_vars = 2, .secret = secret };
    struct gnm_request request;
    struct gnm_why why = { .text = "" };
    if (feed_request(feed, &site, 20000, 20030, &request, &why) < 0 && why.text[0] == '\0')
        abort();
    site.base = "http://127.0.0.1:1/";
    site.local = 1;
    (void)feed_request(feed, &site, -20000, 80000, &request, &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct feed *feed = NULL;
    struct gnm_why why = { .text = "" };
    if (feed_load("fuzz.conf", (const char *)data, size, &feed, &why) < 0) {
        if (feed != NULL || why.text[0] == '\0')
            abort();
        return 0;
    }
    for (size_t i = 0; i < feed_series_count(feed); i++)
        if (strlen(feed_series_name(feed, i)) == 0 || feed_series_step(feed, i) > GNM_MONTH)
            abort();
    ask(feed);
    feed_free(feed);
    return 0;
}
