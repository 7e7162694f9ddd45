#include "base/csv.h"

#include <csv.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* libcsv tells no line numbers, so it is fed one physical line at a time: a record callback then belongs to the line just fed. */
struct reader {
    struct csv_parser parser;
    csv_handler *handler;
    void *ctx;
    struct gnm_why *why;
    char *bytes;                  /* the fields of the record under way, each with its NUL */
    size_t used, cap;
    size_t start[CSV_FIELDS_MAX]; /* offsets, because `bytes` moves when it grows */
    size_t n;
    int line, first_line;         /* of the line fed; of the record under way */
    int inside;                   /* the record has begun and is not ended */
    int result;                   /* first error */
};

static int reserve(struct reader *r, size_t more)
{
    if (r->cap - r->used >= more)
        return 0;
    size_t cap = r->cap < 256 ? 256 : r->cap;
    while (cap - r->used < more)
        if (__builtin_mul_overflow(cap, 2, &cap))
            return -ENOMEM;
    char *bytes = realloc(r->bytes, cap);
    if (bytes == NULL)
        return -ENOMEM;
    r->bytes = bytes;
    r->cap = cap;
    return 0;
}

static void on_field(void *data, size_t len, void *ctx)
{
    struct reader *r = ctx;
    if (r->result < 0)
        return;
    if (r->n == CSV_FIELDS_MAX) {
        r->result = gnm_fail(r->why, -E2BIG, "line %d: more than %d fields", r->first_line, CSV_FIELDS_MAX);
        return;
    }
    if (reserve(r, len + 1) < 0) {
        r->result = gnm_fail(r->why, -ENOMEM, "line %d: out of memory", r->first_line);
        return;
    }
    r->start[r->n++] = r->used;
    if (len > 0)
        memcpy(r->bytes + r->used, data, len);
    r->bytes[r->used + len] = '\0';
    r->used += len + 1;
}

static void on_record(int end, void *ctx)
{
    (void)end;
    struct reader *r = ctx;
    char *field[CSV_FIELDS_MAX];
    for (size_t i = 0; i < r->n; i++)
        field[i] = r->bytes + r->start[i];
    if (r->result == 0 && r->n > 0) {
        int result = r->handler(r->ctx, field, r->n, r->first_line, r->why);
        r->result = result < 0 ? result : 0;
    }
    r->n = r->used = 0;
    r->inside = 0;
}

static int is_blank(const char *p, size_t len, char separator)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] == separator || memchr(" \t\r\n", p[i], 4) == NULL)
            return 0;
    return 1;
}

/* Length of the physical line at `p` with its end, which is LF, CR LF or a lone CR. */
static size_t line_length(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\n')
            return i + 1;
        if (p[i] == '\r')
            return i + 1 < len && p[i + 1] == '\n' ? i + 2 : i + 1;
    }
    return len;
}

static int parser_error(struct reader *r)
{
    int code = csv_error(&r->parser);
    if (code == CSV_ENOMEM || code == CSV_ETOOBIG)
        return gnm_fail(r->why, -ENOMEM, "line %d: out of memory", r->first_line);
    return gnm_fail(r->why, -EINVAL, "line %d: a quote stands where none may be", r->line);
}

static int feed_line(struct reader *r, const char *p, size_t len, char separator)
{
    if (!r->inside) {
        if (is_blank(p, len, separator))
            return 0;
        r->inside = 1;
        r->first_line = r->line;
    }
    if (memchr(p, '\0', len) != NULL)
        return gnm_fail(r->why, -EINVAL, "line %d: a NUL byte", r->line);
    if (csv_parse(&r->parser, p, len, on_field, on_record, r) != len)
        return r->result < 0 ? r->result : parser_error(r);
    return r->result;
}

static int finish(struct reader *r)
{
    if (!r->inside)
        return 0;
    if (csv_fini(&r->parser, on_field, on_record, r) != 0)
        return gnm_fail(r->why, -EINVAL, "line %d: a quoted field has no end", r->first_line);
    return r->result;
}

static int read_lines(struct reader *r, const char *data, size_t len, char separator)
{
    int result = 0;
    while (result == 0 && len > 0) {
        size_t n = line_length(data, len);
        r->line++;
        result = feed_line(r, data, n, separator);
        data += n;
        len -= n;
    }
    return result < 0 ? result : finish(r);
}

static size_t bom_length(const char *data, size_t len)
{
    return len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

int csv_read(const char *data, size_t len, char separator, csv_handler *handler, void *ctx, struct gnm_why *why)
{
    size_t bom = bom_length(data, len);
    struct reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    r->handler = handler;
    r->ctx = ctx;
    r->why = why;
    if (csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        free(r);
        return gnm_fail(why, -ENOMEM, "out of memory");
    }
    csv_set_delim(&r->parser, (unsigned char)separator);
    int result = read_lines(r, data + bom, len - bom, separator);
    csv_free(&r->parser);
    free(r->bytes);
    free(r);
    return result;
}

char csv_separator(const char *data, size_t len)
{
    static const char candidates[] = ",;\t";
    size_t count[3] = { 0 }, best = 0;
    int quoted = 0;
    for (size_t i = bom_length(data, len); i < len && (quoted || (data[i] != '\n' && data[i] != '\r')); i++) {
        const char *at = data[i] == '\0' ? NULL : strchr(candidates, data[i]);
        quoted ^= data[i] == '"';
        if (!quoted && at != NULL)
            count[at - candidates]++;
    }
    for (size_t i = 1; i < 3; i++)
        if (count[i] > count[best])
            best = i;
    return candidates[best];
}
