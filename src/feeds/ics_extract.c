/* Where every extraction begins. Beside the ICS source because that one is not pure; all else it calls is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/ics.h"

static int run(struct reader *r, const char *body, size_t len, struct gnm_why *why)
{
    if (r->feed->format != FORMAT_ICS)
        return reader_run(r, body, len, why);
    source_ics_fn *source = ics_open(why);
    return source == NULL ? -ENOENT : source(r, body, len, why);
}

int feed_extract(const struct feed *feed, const char *body, size_t len, const struct zone *zone, const char *place, int64_t now_s,
                 struct feed_yield *ret, struct gnm_why *why)
{
    if (place == NULL)
        place = "";
    if (body == NULL || len == 0)
        return gnm_fail(why, -EBADMSG, "the answer is empty");
    if (strlen(place) >= GNM_ID)
        return gnm_fail(why, -EINVAL, "the place's name is too long");
    struct day_cache days;
    reader_start_days(&days);
    struct reader reader = { .feed = feed, .days = &days, .zone = zone, .place = place, .now_s = now_s, .previous_s = INT64_MIN };
    reader.cell = calloc(feed->n_paths + 1, sizeof *reader.cell);
    if (reader.cell == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    int err = run(&reader, body, len, why);
    if (err == 0)
        err = reader_finish(&reader, ret, why);
    reader_free(&reader);
    return err;
}
