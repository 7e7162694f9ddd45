#include "base/ini.h"

#define ini_handler inih_handler     /* libinih has a type of the same name */
#include <ini.h>
#undef ini_handler

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini_line.h"
#include "base/text.h"

/* libinih is fed through its reader callback one checked line at a time, so that the line number is ours and nothing it would cut,
 * split at ':' or take for an inline comment ever reaches it. It calls back before it asks for the next line. */
struct reader {
    const char *name, *at, *end;
    ini_handler *handler;
    void *ctx;
    struct gnm_why *why;
    int line;                     /* of the line that libinih works on */
    enum ini_kind kind;
    char section[INI_SECTION_MAX];
    char key[INI_LINE_MAX];
    struct text value;            /* pieces of the value under way */
    int value_line, open;         /* `open`: a key waits for its continuation lines */
    int result;
};

static int fail(struct reader *r, int code, const char *what)
{
    return r->result = gnm_fail(r->why, code, "%s:%d: %s", r->name, r->line, what);
}

static int call(struct reader *r, const char *key, const char *value, int line)
{
    int result = r->handler(r->ctx, r->section, key, value, line, r->why);
    if (result >= 0)
        return 0;
    r->result = result;
    gnm_fail_in(r->why, "%s:%d: ", r->name, line);
    return result;
}

static int flush(struct reader *r)
{
    if (!r->open || r->result < 0)
        return r->result;
    r->open = 0;
    return call(r, r->key, r->value.data, r->value_line);
}

static int begin_section(struct reader *r, const char *line)
{
    if (flush(r) < 0)
        return r->result;
    ini_section_name(line, r->section);
    return call(r, NULL, NULL, r->line);
}

/* libinih's fgets: the next line without its end, NULL at the end or after an error. */
static char *next_line(char *ret, int size, void *ctx)
{
    struct reader *r = ctx;
    if (r->result < 0 || r->at >= r->end)
        return NULL;
    const char *end = memchr(r->at, '\n', (size_t)(r->end - r->at));
    size_t len = (size_t)((end == NULL ? r->end : end) - r->at);
    const char *start = r->at;
    r->at = end == NULL ? r->end : end + 1;
    r->line++;
    len -= len > 0 && start[len - 1] == '\r';
    char line[INI_LINE_MAX];
    const char *wrong = ini_line_check(start, len, r->open, &r->kind);
    if (wrong == NULL && len + 1 > (size_t)size)
        wrong = "line is longer than libinih takes";
    if (wrong != NULL) {
        fail(r, -EINVAL, wrong);
        return NULL;
    }
    memcpy(line, start, len);
    line[len] = '\0';
    if (r->kind == INI_SECTION && begin_section(r, line) < 0)
        return NULL;
    if (r->kind == INI_KEY && r->section[0] == '\0') {
        fail(r, -EINVAL, "a key stands before the first [section]");
        return NULL;
    }
    memcpy(ret, line, len + 1);
    return ret;
}

/* Called once for a key and again for each continuation line: the pieces are joined before ours is called. */
static int on_value(void *ctx, const char *section, const char *key, const char *value)
{
    (void)section;
    struct reader *r = ctx;
    if (r->kind == INI_KEY) {
        if (flush(r) < 0)
            return 0;
        r->open = 1;
        r->value_line = r->line;
        r->value.len = 0;
        snprintf(r->key, sizeof r->key, "%s", key);
    }
    if (text_append(&r->value, value, strlen(value)) < 0)
        return fail(r, -ENOMEM, "out of memory"), 0;
    return 1;
}

int ini_read(const char *name, const char *data, size_t len, ini_handler *handler, void *ctx, struct gnm_why *why)
{
    if (len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        data += 3;
        len -= 3;
    }
    struct reader r = { .name = name, .at = data, .end = data + len, .handler = handler, .ctx = ctx, .why = why };
    int error = ini_parse_stream(next_line, &r, on_value, &r);
    if (r.result == 0)
        flush(&r);
    if (r.result == 0 && error != 0)
        gnm_fail(why, r.result = -EINVAL, "%s:%d: not understood by libinih", name, error);
    text_free(&r.value);
    return r.result;
}
