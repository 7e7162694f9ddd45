/* Where every extraction begins. Beside the ICS source because that one is not pure; all else it calls is. */
#include <errno.h>
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
    struct offset_span span = { .from_s = 0 };
    struct civil_recent recent = { .day_s = 0 };
    struct reader_room room;
    struct reader reader = { .feed = feed, .span = &span, .recent = &recent, .zone = zone, .now_s = now_s };
    strcpy(reader.place, place);
    reader_start(&reader, &room);
    int err = run(&reader, body, len, why);
    if (err == 0)
        err = reader_finish(&reader, ret, why);
    reader_free(&reader);
    return err;
}
