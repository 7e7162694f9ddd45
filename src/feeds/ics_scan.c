#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feeds/ics.h"

struct scan {
    struct ics_parts parts;
    size_t cap, lines, line_len, depth;
    const char *open;            /* of the component at depth 2, NULL when it is of no interest */
    enum ics_kind kind;
    struct gnm_why *why;
};

static int add(struct scan *s, const char *end)
{
    struct ics_parts *p = &s->parts;
    if (p->n == ICS_PARTS)
        return gnm_fail(s->why, -E2BIG, "the calendar has more than %d events", ICS_PARTS);
    if ((size_t)(end - s->open) > ICS_PART)
        return gnm_fail(s->why, -E2BIG, "an event of the calendar is longer than %d bytes", ICS_PART);
    if (p->n == s->cap) {
        size_t cap = s->cap == 0 ? 64 : s->cap * 2;
        struct ics_part *grown = realloc(p->part, cap * sizeof *grown);
        if (grown == NULL)
            return gnm_fail(s->why, -ENOMEM, "no memory");
        p->part = grown;
        s->cap = cap;
    }
    p->part[p->n++] = (struct ics_part){ s->open, (size_t)(end - s->open), s->kind };
    s->open = NULL;
    return 0;
}

static int is_word(const char *line, size_t len, const char *word)
{
    size_t n = strlen(word);
    return len >= n && strncasecmp(line, word, n) == 0 && (len == n || line[n] == ' ' || line[n] == '\t');
}

static int begin(struct scan *s, const char *line, size_t len)
{
    if (s->depth == 0 && !is_word(line + 6, len - 6, "VCALENDAR"))
        return gnm_fail(s->why, -EBADMSG, "not a calendar: it does not begin with BEGIN:VCALENDAR");
    if (++s->depth > ICS_DEPTH)
        return gnm_fail(s->why, -E2BIG, "the calendar is nested deeper than %d levels", ICS_DEPTH);
    if (s->depth != 2)
        return 0;
    int event = is_word(line + 6, len - 6, "VEVENT");
    s->open = event || is_word(line + 6, len - 6, "VTIMEZONE") ? line : NULL;
    s->kind = event ? ICS_EVENT : ICS_ZONE;
    return 0;
}

static int take_line(struct scan *s, const char *line, size_t len, const char *next)
{
    s->line_len = len > 0 && (*line == ' ' || *line == '\t') ? s->line_len + len : len;
    if (++s->lines > ICS_LINES || s->line_len > ICS_LINE)
        return gnm_fail(s->why, -E2BIG, "the calendar has %s", s->lines > ICS_LINES ? "more than 200000 lines" : "a line of more than 16384 bytes");
    if (len >= 6 && strncasecmp(line, "BEGIN:", 6) == 0)
        return begin(s, line, len);
    if (len >= 4 && strncasecmp(line, "END:", 4) == 0) {
        if (s->depth == 0)
            return gnm_fail(s->why, -EBADMSG, "the calendar ends more components than it begins");
        return s->depth-- == 2 && s->open != NULL ? add(s, next) : 0;
    }
    if (s->depth == 0 && len > 0)
        return gnm_fail(s->why, -EBADMSG, "not a calendar: it does not begin with BEGIN:VCALENDAR");
    return 0;
}

int ics_scan(const char *body, size_t len, struct ics_parts *ret, struct gnm_why *why)
{
    struct scan s = { .why = why };
    int err = memchr(body, '\0', len) != NULL ? gnm_fail(why, -EBADMSG, "the calendar holds a NUL byte") : 0;
    size_t at = len >= 3 && memcmp(body, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < len && err == 0) {
        const char *end = memchr(body + at, '\n', len - at);
        size_t next = end == NULL ? len : (size_t)(end - body) + 1, stop = end == NULL ? len : next - 1;
        if (stop > at && body[stop - 1] == '\r')
            stop--;
        err = take_line(&s, body + at, stop - at, body + next);
        at = next;
    }
    if (err == 0 && s.lines == 0)
        err = gnm_fail(why, -EBADMSG, "the answer is empty");
    if (err == 0 && s.depth > 0)
        err = gnm_fail(why, -EBADMSG, "the calendar is cut off: a component has no end");
    if (err < 0)
        free(s.parts.part);
    else
        *ret = s.parts;
    return err;
}
