/* Templates in braces, paths and dates of feeds: the first line is the template, the second a date, the third the date's format. What is taken is exact. */
#include <stdlib.h>
#include <string.h>

#include "feeds/definition.h"
#include "feeds/extract.h"
#include "feeds/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
    if (!good)
        abort();
}

/* Every name becomes itself again, so that expanding is copying. */
static int echo(void *ctx, const struct template_piece *name, char *ret, size_t size, struct gnm_why *why)
{
    (void)ctx;
    size_t n = strlen(name->name), f = strlen(name->format);
    if (n + f + 4 > size)
        return gnm_fail(why, -1, "no room");
    ret[0] = '{';
    memcpy(ret + 1, name->name, n);
    size_t at = n + 1;
    if (f > 0) {
        ret[at++] = ':';
        memcpy(ret + at, name->format, f);
        at += f;
    }
    ret[at] = '}';
    ret[at + 1] = '\0';
    return 0;
}

static void check_template(const char *text)
{
    char out[512], day[64];
    struct gnm_why why = { .text = "" };
    memset(out, 7, sizeof out);
    if (template_expand(text, echo, NULL, out, sizeof out, &why) == 0)
        must(strcmp(out, text) == 0 || strstr(text, ":}") != NULL);
    else
        must(why.text[0] != '\0');
    if (template_day(text, 20000, day, sizeof day) == 0)
        must(strlen(day) < sizeof day);
}

static void check_paths(const char *text)
{
    struct feed feed = { .n_paths = 0 };
    struct gnm_why why = { .text = "" };
    struct stencil stencil;
    struct walk walk;
    int slot = -7;
    if (path_slot(&feed, text, &slot, &why) == 0)
        must(slot >= 0 && (size_t)slot < feed.n_paths);
    if (path_words(&feed, text, &stencil, &why) == 0)
        must(stencil.n >= 0 && stencil.n <= FEED_PARTS);
    if (path_walk(text, &walk, &why) == 0)
        must(walk.stars >= 0 && walk.stars <= FEED_STARS);
    (void)path_condition(&feed, -1, text, &why);
    free(feed.path);
    free(feed.condition);
}

static void check_dates(const char *date, const char *format)
{
    struct feed feed = { .n_paths = 0 };
    struct offset_span span = { .from_s = 0 };
    struct civil_recent recent = { .day_s = 0 };
    struct reader reader = { .feed = &feed, .span = &span, .recent = &recent };
    struct stamp stamp = { .s = 77 }, later;
    struct gnm_why why = { .text = "" };
    if (strlen(format) >= sizeof feed.date_format)
        return;
    strcpy(feed.date_format, format);
    if (definition_check_date_format(&feed, &why) < 0)
        return;
    for (feed.date_local = 0; feed.date_local < 2; feed.date_local++) {
        if (stamp_parse(&reader, date, INT64_MIN, &stamp) < 0)
            continue;
        must(stamp.s >= INT64_C(-2208988800) && stamp.s < INT64_C(7258118400));
        must(stamp_parse(&reader, date, stamp.s, &later) == 0 && later.s >= stamp.s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *date, *format;
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if ((date = strchr(text, '\n')) != NULL)
        *date++ = '\0';
    if (date != NULL && (format = strchr(date, '\n')) != NULL) {
        *format++ = '\0';
        check_dates(date, format);
    }
    check_template(text);
    check_paths(text);
    free(text);
    return 0;
}
