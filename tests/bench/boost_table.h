/* A numeric table as one float matrix with the target moved to the front: CSV (comma, semicolon or tab; with or without header; empty or nan is missing)
 * or .npy (float32, two dimensions, C order). Text is parsed as it streams past, so the matrix is the only thing that grows; src/base's CSV reader wants the
 * whole file in memory, which here would be more than all the rest. Errors name file, line and column. */
#ifndef BENCH_BOOST_TABLE_H
#define BENCH_BOOST_TABLE_H

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "gnomon/why.h"

enum { TABLE_COLUMNS_MAX = 4097, TABLE_LINE_MAX = 1 << 18, TABLE_CHUNK = 1 << 15, TABLE_NPY_HEADER_MAX = 1 << 16 };
#define TABLE_ROWS_MAX ((size_t)1 << 30)

struct table {
    float *x;                     /* rows x columns, the target first, the others in the file's order */
    size_t rows, columns;         /* the target counts */
    size_t target;                /* its column in the file, from 0 */
    char *names;                  /* of the file's columns, each ending with NUL; NULL without a header */
};

static void table_free(struct table *t)
{
    free(t->x);
    free(t->names);
    *t = (struct table) { 0 };
}

/* A number of a column from 0, or a name from the header. */
static int table_column(const struct table *t, const char *wanted, size_t *ret, struct gnm_why *why)
{
    int64_t index;
    if (text_int(wanted, 0, INT64_MAX, &index) == 0) {
        if ((uint64_t)index >= t->columns)
            return gnm_fail(why, -EINVAL, "no column %s, there are %zu and the first is 0", wanted, t->columns);
        *ret = (size_t)index;
        return 0;
    }
    if (t->names == NULL)
        return gnm_fail(why, -EINVAL, "column '%s' is looked for by name, but there is no header", wanted);
    const char *name = t->names;
    for (size_t i = 0; i < t->columns; i++, name += strlen(name) + 1)
        if (strcmp(name, wanted) == 0) {
            *ret = i;
            return 0;
        }
    return gnm_fail(why, -EINVAL, "no column is called '%s'", wanted);
}

/* ---- a field ---- */

/* Where a plain decimal ends, NULL when it is not one or not exact this way: up to 2^53 and 10^22 one operation on doubles rounds correctly. */
static const char *table_plain_number(const char *p, double *ret)
{
    static const double power[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
        1e21, 1e22 };
    int negative = *p == '-', exponent = 0;
    uint64_t digits = 0;
    const char *start = p += negative;
    for (; *p >= '0' && *p <= '9'; p++)
        digits = 10 * digits + (uint64_t)(*p - '0');
    ptrdiff_t count = p - start, fraction = 0;
    if (*p == '.') {
        start = ++p;
        for (; *p >= '0' && *p <= '9'; p++)
            digits = 10 * digits + (uint64_t)(*p - '0');
        fraction = p - start;
    }
    if (*p == 'e' || *p == 'E') {
        int down = *++p == '-';
        p += down || *p == '+';
        for (start = p; *p >= '0' && *p <= '9' && p - start < 4; p++)
            exponent = 10 * exponent + (*p - '0');
        if (p == start)
            return NULL;
        exponent = down ? -exponent : exponent;
    }
    ptrdiff_t scale = exponent - fraction;
    if (count + fraction == 0 || count + fraction > 18 || digits > (uint64_t)1 << 53 || scale < -22 || scale > 22)
        return NULL;
    double x = scale < 0 ? (double)digits / power[-scale] : (double)digits * power[scale];
    *ret = negative ? -x : x;
    return p;
}

/* Takes the next field off `*at`, NULL after the last one; spaces around it and quotes that enclose it are removed in place. */
static char *table_field(char **at, char separator)
{
    char *field = *at, *end;
    if (field == NULL)
        return NULL;
    while (*field == ' ')
        field++;
    char *closing = *field == '"' ? strchr(field + 1, '"') : NULL;
    end = strchr(closing != NULL ? closing : field, separator);
    *at = end != NULL ? end + 1 : NULL;
    if (end != NULL)
        *end = '\0';
    if (closing == NULL || closing[1 + strspn(closing + 1, " ")] != '\0')
        return text_trim(field);
    *closing = '\0';
    return field + 1;
}

/* 0, -ENODATA for a missing value, -EINVAL for something else than a number, -ERANGE. */
static int table_value(const char *field, float *ret)
{
    double x;
    if (*field == '\0' || strcasecmp(field, "nan") == 0) {
        *ret = NAN;
        return -ENODATA;
    }
    const char *sign = field + (*field == '-' || *field == '+');
    if (strcasecmp(sign, "inf") == 0 || strcasecmp(sign, "infinity") == 0) {
        *ret = *field == '-' ? -INFINITY : INFINITY;
        return 0;
    }
    int rc = text_double(field, &x);
    if (rc == 0 && fabs(x) > (double)FLT_MAX)
        rc = -ERANGE;
    if (rc == 0)
        *ret = (float)x;
    return rc;
}

/* ---- text ---- */

struct table_text {
    struct table *table;
    const char *path, *target;
    int fd;
    char *buffer;
    size_t begin, end;            /* what is in the buffer and not yet used */
    int over;                     /* the file has no more */
    size_t line, first_line;
    char separator;
    size_t room;                  /* floats that the matrix can hold */
};

/* The next line without its end, or NULL with `*rc` 0 at the end of the file. */
static char *table_line(struct table_text *in, int *rc, struct gnm_why *why)
{
    size_t seen = 0;
    *rc = 0;
    for (;;) {
        char *start = in->buffer + in->begin, *end = memchr(start + seen, '\n', in->end - in->begin - seen);
        seen = in->end - in->begin;
        if (end != NULL || (in->over && seen > 0)) {
            size_t len = end != NULL ? (size_t)(end - start) : seen;
            in->begin += len + (end != NULL);
            start[len] = '\0';
            in->line++;
            if (strlen(start) != len) {
                *rc = gnm_fail(why, -EINVAL, "%s:%zu: a zero byte", in->path, in->line);
                return NULL;
            }
            start[len - (len > 0 && start[len - 1] == '\r')] = '\0';
            return start;
        }
        if (in->over)
            return NULL;
        memmove(in->buffer, start, seen);
        in->begin = 0;
        in->end = seen;
        if (seen > TABLE_LINE_MAX) {
            *rc = gnm_fail(why, -EINVAL, "%s:%zu: the line is longer than %d bytes", in->path, in->line + 1, TABLE_LINE_MAX);
            return NULL;
        }
        ssize_t got = read(in->fd, in->buffer + seen, TABLE_CHUNK);
        if (got < 0) {
            *rc = gnm_fail(why, -errno, "%s: %s", in->path, strerror(errno));
            return NULL;
        }
        in->over = got == 0;
        in->end += (size_t)got;
    }
}

static int table_grow(struct table_text *in, struct gnm_why *why)
{
    struct table *t = in->table;
    if (t->rows >= TABLE_ROWS_MAX)
        return gnm_fail(why, -E2BIG, "%s:%zu: more than %zu rows", in->path, in->line, TABLE_ROWS_MAX);
    if ((t->rows + 1) * t->columns <= in->room)
        return 0;
    /* Pages that are never written cost nothing, and a large block grows by moving its pages, not by copying. */
    size_t room = in->room < 1 << 18 ? 1 << 18 : 2 * in->room;
    float *x = realloc(t->x, room * sizeof *x);
    if (x == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for the %zu rows of %s", t->rows, in->path);
    t->x = x;
    in->room = room;
    return 0;
}

static int table_wrong_count(const struct table_text *in, size_t n, struct gnm_why *why)
{
    return gnm_fail(why, -EINVAL, "%s:%zu: %zu fields where line %zu has %zu", in->path, in->line, n, in->first_line, in->table->columns);
}

static int table_wrong_value(const struct table_text *in, size_t column, const char *field, int rc, struct gnm_why *why)
{
    char shown[48];
    text_clean(shown, sizeof shown, field, strlen(field));
    return gnm_fail(why, rc, "%s:%zu: column %zu: '%s' %s", in->path, in->line, column, shown, rc == -ERANGE ? "does not fit a float" : "is not a number");
}

static int table_row(struct table_text *in, char *line, struct gnm_why *why)
{
    struct table *t = in->table;
    int rc = table_grow(in, why);
    if (rc < 0)
        return rc;
    float *row = t->x + t->rows * t->columns;
    size_t n = 0;
    for (char *at = line; at != NULL; n++) {
        if (n == t->columns)
            return table_wrong_count(in, n + 1, why);
        float *slot = row + (n == t->target ? 0 : n < t->target ? n + 1 : n);
        double x;
        const char *end = table_plain_number(at, &x);
        if (end != NULL && (*end == in->separator || *end == '\0') && fabs(x) <= (double)FLT_MAX) {
            *slot = (float)x;
            at = *end == '\0' ? NULL : at + (end - at) + 1;
            continue;
        }
        const char *field = table_field(&at, in->separator);
        rc = table_value(field, slot);
        if (rc < 0 && rc != -ENODATA)
            return table_wrong_value(in, n, field, rc, why);
    }
    if (n != t->columns)
        return table_wrong_count(in, n, why);
    t->rows++;
    return 0;
}

/* The separator that the first line holds most of. */
static char table_separator(const char *line)
{
    static const char candidates[] = ",;\t";
    size_t best = 0, most = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t n = 0;
        for (const char *p = line; (p = strchr(p, candidates[i])) != NULL; p++)
            n++;
        if (n > most) {
            most = n;
            best = i;
        }
    }
    return candidates[best];
}

/* Splits the first line into `names` and counts its fields and, among them, words and numbers. */
static int table_split(struct table_text *in, const char *line, struct text *names, size_t *words, size_t *numbers)
{
    char *copy = strdup(line), *at = copy, *field;
    int rc = copy == NULL ? -ENOMEM : 0;
    while (rc == 0 && (field = table_field(&at, in->separator)) != NULL) {
        float x;
        int value = table_value(field, &x);
        *words += value == -EINVAL;
        *numbers += value == 0 || value == -ERANGE;
        in->table->columns++;
        rc = text_append(names, field, strlen(field) + 1);
    }
    free(copy);
    return rc;
}

/* The first line gives the columns. It is a header when it has words and no number; one that has both is a row with a fault. */
static int table_first(struct table_text *in, const char *line, int *header, struct gnm_why *why)
{
    struct table *t = in->table;
    struct text names = { 0 };
    size_t words = 0, numbers = 0;
    in->separator = table_separator(line);
    in->first_line = in->line;
    int rc = table_split(in, line, &names, &words, &numbers);
    *header = words > 0 && numbers == 0;
    if (*header && rc == 0)
        t->names = names.data;
    else
        text_free(&names);
    if (rc < 0)
        return gnm_fail(why, rc, "no memory for the first line of %s", in->path);
    if (t->columns < 2 || t->columns > TABLE_COLUMNS_MAX)
        return gnm_fail(why, -EINVAL, "%s:%zu: %zu columns, not 2 to %d", in->path, in->line, t->columns, TABLE_COLUMNS_MAX);
    rc = table_column(t, in->target, &t->target, why);
    return rc < 0 ? gnm_fail_in(why, "%s: ", in->path) : 0;
}

static int table_lines(struct table_text *in, struct gnm_why *why)
{
    int rc, header;
    for (char *line; (line = table_line(in, &rc, why)) != NULL;) {
        if (in->line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0)
            line += 3;
        if (line[strspn(line, " ")] == '\0')
            continue;
        if (in->first_line == 0) {
            rc = table_first(in, line, &header, why);
            if (rc < 0)
                return rc;
            if (header)
                continue;
        }
        rc = table_row(in, line, why);
        if (rc < 0)
            return rc;
    }
    if (rc < 0)
        return rc;
    return in->table->rows == 0 ? gnm_fail(why, -ENODATA, "%s: no row", in->path) : 0;
}

static int table_read_text(int fd, const char *path, const char *target, struct table *ret, struct gnm_why *why)
{
    struct table_text in = { .table = ret, .path = path, .target = target, .fd = fd, .buffer = malloc(TABLE_LINE_MAX + TABLE_CHUNK + 1) };
    if (in.buffer == NULL)
        return gnm_fail(why, -ENOMEM, "no memory to read %s", path);
    int rc = table_lines(&in, why);
    free(in.buffer);
    return rc;
}

/* ---- .npy ---- */

static int table_read_bytes(int fd, void *ret, size_t len)
{
    for (char *p = ret; len > 0;) {
        ssize_t got = read(fd, p, len);
        if (got <= 0)
            return got == 0 ? -ENODATA : -errno;
        p += got;
        len -= (size_t)got;
    }
    return 0;
}

/* Moves `*p` behind `word` and the spaces after it. */
static int table_eat(const char **p, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*p, word, len) != 0)
        return 0;
    *p += len;
    *p += strspn(*p, " ");
    return 1;
}

static int table_eat_count(const char **p, size_t *ret)
{
    char *end;
    if (!isdigit((unsigned char)**p))
        return 0;
    errno = 0;
    *ret = strtoull(*p, &end, 10);
    *p = end + strspn(end, " ");
    return errno == 0;
}

/* The dictionary of a header: descr, fortran_order and shape, each once, in any order. */
static int table_npy_header(const char *p, const char *path, struct table *t, struct gnm_why *why)
{
    unsigned seen = 0;
    if (!table_eat(&p, "{"))
        return gnm_fail(why, -EBADMSG, "%s: the .npy header is not a dictionary", path);
    for (unsigned key = 0; *p != '}'; seen |= key) {
        key = table_eat(&p, "'descr'") ? 1 : table_eat(&p, "'fortran_order'") ? 2 : table_eat(&p, "'shape'") ? 4 : 0;
        if (key == 0 || (seen & key) != 0 || !table_eat(&p, ":"))
            return gnm_fail(why, -EBADMSG, "%s: the .npy header has an unknown or repeated key", path);
        if (key == 1 && !table_eat(&p, "'<f4'"))
            return gnm_fail(why, -EBADMSG, "%s: the .npy array is not little-endian float32 ('<f4')", path);
        if (key == 2 && !table_eat(&p, "False"))
            return gnm_fail(why, -EBADMSG, "%s: the .npy array is not in C order", path);
        if (key == 4 && !(table_eat(&p, "(") && table_eat_count(&p, &t->rows) && table_eat(&p, ",") && table_eat_count(&p, &t->columns)
                          && (table_eat(&p, ",") || 1) && table_eat(&p, ")")))
            return gnm_fail(why, -EBADMSG, "%s: the .npy array has not two dimensions", path);
        if (!table_eat(&p, ",") && *p != '}')
            return gnm_fail(why, -EBADMSG, "%s: the .npy header is broken", path);
    }
    p++;
    if (seen != 7 || p[strspn(p, " \n")] != '\0')
        return gnm_fail(why, -EBADMSG, "%s: the .npy header lacks a key or has something after it", path);
    if (t->columns < 2 || t->columns > TABLE_COLUMNS_MAX || t->rows == 0 || t->rows > TABLE_ROWS_MAX)
        return gnm_fail(why, -EINVAL, "%s: %zu rows of %zu columns, not 1 to %zu of 2 to %d", path, t->rows, t->columns, TABLE_ROWS_MAX, TABLE_COLUMNS_MAX);
    return 0;
}

static int table_npy_start(int fd, const char *path, size_t *offset, struct table *t, struct gnm_why *why)
{
    unsigned char head[12] = { 0 };
    if (table_read_bytes(fd, head, 10) < 0 || memcmp(head, "\x93NUMPY", 6) != 0)
        return gnm_fail(why, -EBADMSG, "%s: not a .npy file", path);
    if (head[6] < 1 || head[6] > 3 || head[7] != 0)
        return gnm_fail(why, -EBADMSG, "%s: .npy version %d.%d is unknown", path, head[6], head[7]);
    size_t fixed = head[6] == 1 ? 10 : 12, len = head[8] | (size_t)head[9] << 8;
    if (fixed == 12 && table_read_bytes(fd, head + 10, 2) < 0)
        return gnm_fail(why, -EBADMSG, "%s: the .npy header is cut", path);
    len |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
    if (len > TABLE_NPY_HEADER_MAX)
        return gnm_fail(why, -EBADMSG, "%s: a .npy header of %zu bytes", path, len);
    char *text = calloc(len + 1, 1);
    if (text == NULL)
        return gnm_fail(why, -ENOMEM, "no memory to read %s", path);
    int rc = table_read_bytes(fd, text, len) < 0 || strlen(text) != len ? gnm_fail(why, -EBADMSG, "%s: the .npy header is cut", path)
                                                                        : table_npy_header(text, path, t, why);
    free(text);
    *offset = fixed + len;
    return rc;
}

static int table_read_npy(int fd, const char *path, const char *target, struct table *t, struct gnm_why *why)
{
    size_t offset = 0;
    struct stat info;
    int rc = table_npy_start(fd, path, &offset, t, why);
    if (rc < 0)
        return rc;
    size_t bytes = t->rows * t->columns * sizeof (float);
    if (fstat(fd, &info) < 0 || (uint64_t)info.st_size != (uint64_t)offset + bytes)
        return gnm_fail(why, -EBADMSG, "%s: %zu rows of %zu columns need %zu bytes, the file has %lld", path, t->rows, t->columns, offset + bytes,
                        (long long)info.st_size);
    rc = table_column(t, target, &t->target, why);
    if (rc < 0)
        return gnm_fail_in(why, "%s: ", path);
    t->x = malloc(bytes);
    if (t->x == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for the %zu rows of %s", t->rows, path);
    rc = table_read_bytes(fd, t->x, bytes);
    if (rc < 0)
        return gnm_fail(why, rc, "%s: %s", path, strerror(-rc));
    for (size_t i = 0; i < t->rows && t->target > 0; i++) {
        float *row = t->x + i * t->columns, y = row[t->target];
        memmove(row + 1, row, t->target * sizeof *row);
        row[0] = y;
    }
    return 0;
}

/* `target` is a column's number from 0 or its name. `*ret` is empty on failure. */
static int table_read(const char *path, const char *target, struct table *ret, struct gnm_why *why)
{
    size_t len = strlen(path);
    *ret = (struct table) { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gnm_fail(why, -errno, "%s: %s", path, strerror(errno));
    int npy = len >= 4 && strcmp(path + len - 4, ".npy") == 0;
    int rc = npy ? table_read_npy(fd, path, target, ret, why) : table_read_text(fd, path, target, ret, why);
    close(fd);
    if (rc < 0)
        table_free(ret);
    return rc;
}

#endif
