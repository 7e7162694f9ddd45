/* Any bytes as a calendar: rows that hold what a signal promises, or a sentence, soon. Behind our own checks libical is fuzzed as well. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] = "[feed cal]\nurl = https://x.example/\nformat = ics\nkind = schedule\nid = /uid\ntitle = /summary\nvenue = /location\nwhere = /class != PRIVATE\n"
                           "[series n]\nvalue = 1\nagg = count\n[series v]\nvalue = /x-visitors\nagg = sum\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct feed *feed;
    const int64_t now_s = 1789041600;
    struct feed_yield yield = { .n = 0 };
    struct gnm_why why = { .text = "" };
    if (feed == NULL && feed_load("fuzz.conf", text, sizeof text - 1, &feed, &why) < 0)
        abort();
    int err = feed_extract(feed, (const char *)data, size, NULL, "", now_s, &yield, &why);
    if (err < 0 && (why.text[0] == '\0' || yield.n != 0))
        abort();
    for (size_t i = 0; i < yield.n; i++)
        if (!isfinite(yield.signal[i].value) || yield.signal[i].rows < 1 || yield.signal[i].available_s > now_s)
            abort();
    for (size_t i = 0; i < yield.n_events; i++)
        if (yield.event[i].end_s <= yield.event[i].start_s || yield.event[i].last_day < yield.event[i].first_day || yield.event[i].id[0] == '\0')
            abort();
    feed_yield_free(&yield);
    return 0;
}
