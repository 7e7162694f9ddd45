/* Any bytes as an answer, read by one of several definitions (the first byte chooses): values that hold what a signal promises, or a sentence. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const definitions[] = {
    "[feed rows]\nurl = https://x.example/\nrows = /a/*/b/*\ndate = {/y}-{/m}-{/d}\ndate_format = %Y-%m-%d\nwhere = /k != no\n[series key]\nvalue = @key\n"
    "[series v]\nvalue = /v\ndivide = $/n\nscale = 2\nmin = 0\nagg = mean\n[series c]\nvalue = 1\nagg = count\n",
    "[feed iso]\nurl = https://x.example/\nrows = /*\ndate = /t\ndate_end = /e\ndate_tz = local\nkind = calendar\n[series any]\nvalue = 1\nagg = any\n",
    "[feed columns]\nurl = https://x.example/\nlayout = columns\nrows = /h\ndate = /t\ndate_format = unix\nkind = forecast\nlead = 1d\n[series v]\n"
    "value = /v\nagg = sum\nshift = -1h\nmin_rows = 24\n[series hour]\nvalue = /v\nstep = hour\n",
    "[feed stat]\nurl = https://x.example/\nformat = jsonstat\ndate = time\ndate_format = %Y-%m\nlag = 27d\n[series a]\nvalue = @self\nwhere = r = A\n"
    "[series b]\nvalue = @self\nwhere = r = B\n",
    "[feed csv]\nurl = https://x.example/\nformat = csv\ndate = /d\ndate_format = %Y-%m-%d\nwhere = /k in a,b\n[series v]\nvalue = /v\nagg = max\n",
    "[feed till]\nurl = https://x.example/\nrows = /*\ndate = /t\nkind = activity\nissued = /i\n[series v]\nname = /n\nvalue = /v\nagg = sum\n",
    "[feed match]\nurl = https://x.example/\nrows = /*\ndate = /t\ndate_end = /e\nkind = schedule\nlead = 14d\nwhere = /c = $/0/c\nid = /i\ntitle = {/h} - {/a}\n"
    "venue = /s\ncategory = match\nteam = /h\nteam = /a\nattendance = /n\nimportance = /w\n[series m]\nvalue = 1\nagg = count\n",
};
enum { DEFINITIONS = sizeof definitions / sizeof definitions[0] };

static void check(const struct feed_yield *yield, int64_t now_s)
{
    for (size_t i = 0; i < yield->n; i++) {
        const struct gnm_signal *s = &yield->signal[i];
        int fine = isfinite(s->value) && s->rows > 0 && s->available_s <= now_s && s->issued_s <= now_s && s->series[0] != '\0' &&
                   memchr(s->series, '\0', sizeof s->series) != NULL;
        if (!fine)
            abort();
    }
    for (size_t i = 0; i < yield->n_events; i++) {
        const struct feed_event *e = &yield->event[i];
        if (e->end_s <= e->start_s || e->last_day < e->first_day || e->importance < 0 || e->importance > 100 || e->id[0] == '\0')
            abort();
    }
}

/* Loaded once: this target is about answers. */
static const struct feed *definition(size_t i)
{
    static struct feed *feeds[DEFINITIONS];
    struct gnm_why why = { .text = "" };
    if (feeds[i] == NULL && feed_load("fuzz.conf", definitions[i], strlen(definitions[i]), &feeds[i], &why) < 0)
        abort();
    return feeds[i];
}

/* What came is judged against itself, halved and twice as large: any verdict will do, with a reason when there is one. */
static void suspect(const struct feed *feed, struct feed_yield *yield)
{
    struct gnm_why why = { .text = "" };
    struct feed_yield first = *yield;
    if (yield->n == 0)
        return;
    first.n = yield->n / 2;
    if (feed_suspect(feed, &first, yield->signal + first.n, yield->n - first.n, &why) != 0 && why.text[0] == '\0')
        abort();
    if (feed_suspect(feed, yield, yield->signal, yield->n, &why) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t now_s = 1789041600;
    struct feed_yield yield = { .n = 0 };
    struct gnm_why why = { .text = "" };
    if (size == 0)
        return 0;
    const struct feed *feed = definition(data[0] % DEFINITIONS);
    int err = feed_extract(feed, (const char *)data + 1, size - 1, NULL, "place", now_s, &yield, &why);
    if (err < 0 && (why.text[0] == '\0' || yield.n != 0))
        abort();
    check(&yield, now_s);
    suspect(feed, &yield);
    feed_yield_free(&yield);
    return 0;
}
