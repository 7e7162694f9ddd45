#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "features/intake_sheet.h"

enum { OBJECT_NODES = 2000 };     /* one object is one row: small */

struct json_state {
    struct intake_sheet *sheet;
    int line, seen, wide;
};

static int add_bad(struct json_state *s, const char *reason)
{
    struct intake_raw *raw = sheet_add(s->sheet, s->line);
    return raw == NULL ? -ENOMEM : sheet_keep(s->sheet, CELL_DATE, reason, &raw->bad);
}

/* The first object says what the file is, as the header does in a CSV file. */
static void find_kind(struct json_state *s, const struct json *object)
{
    int has_key = 0, has_date = 0, has_value = 0, is_driver = 0;
    for (const struct json *m = json_first(object); m != NULL; m = json_next(m)) {
        int cell = sheet_cell_of(json_name(m));
        has_key |= cell == CELL_KEY;
        has_date |= cell == CELL_DATE;
        has_value |= cell == CELL_VALUE;
        is_driver |= strcasecmp(json_name(m), "driver") == 0;
        s->sheet->has_series |= cell == CELL_SERIES;
    }
    s->seen = 1;
    s->wide = !has_key && !has_date && !has_value && s->sheet->has_series;
    s->sheet->kind = is_driver ? INTAKE_DRIVERS : has_key || s->wide ? INTAKE_STATIC : INTAKE_ACTIVITY;
}

/* Text of a scalar into `ret`; NULL, or why not. Numbers stay numbers in `*number`. */
static const char *scalar(const struct json *m, char *ret, size_t size, double *number)
{
    ret[0] = '\0';
    switch (json_type(m)) {
    case JSON_NULL:
        return NULL;
    case JSON_NUMBER:
        if (json_number(m, number) != 0)
            return "a number cannot be read";
        return json_text(m, ret, size) == 0 ? NULL : "a number cannot be read";
    case JSON_STRING:
        return text_copy(ret, size, json_string(m)) == 0 ? NULL : "a text is too long";
    default:
        return "a member is neither text nor number";
    }
}

static int fill_row(struct json_state *s, const struct json *object)
{
    char text[256];
    struct intake_raw *raw = sheet_add(s->sheet, s->line);
    if (raw == NULL)
        return -ENOMEM;
    for (const struct json *m = json_first(object); m != NULL; m = json_next(m)) {
        int cell = sheet_cell_of(json_name(m));
        double number = NAN;
        if (cell < 0)
            continue;
        const char *bad = scalar(m, text, sizeof text, &number);
        if (bad == NULL && raw->at[cell] != 0)
            bad = "two members mean the same";
        if (bad != NULL)
            return sheet_keep(s->sheet, CELL_DATE, bad, &raw->bad);
        if (cell == CELL_VALUE)
            raw->number = number;
        if (sheet_keep(s->sheet, (enum intake_cell)cell, text_trim(text), &raw->at[cell]) != 0)
            return -ENOMEM;
    }
    return 0;
}

static const struct json *series_member(const struct json *object)
{
    for (const struct json *m = json_first(object); m != NULL; m = json_next(m))
        if (sheet_cell_of(json_name(m)) == CELL_SERIES)
            return m;
    return NULL;
}

static int fill_wide(struct json_state *s, const struct json *object)
{
    char series[256], text[256];
    const struct json *id = series_member(object);
    double number = NAN;
    if (id == NULL || scalar(id, series, sizeof series, &number) != NULL)
        return add_bad(s, "no series");
    for (const struct json *m = json_first(object); m != NULL; m = json_next(m)) {
        if (m == id || json_type(m) == JSON_NULL)
            continue;
        const char *bad = scalar(m, text, sizeof text, &number);
        if (bad != NULL)
            return add_bad(s, bad);
        struct intake_raw *raw = sheet_add(s->sheet, s->line);
        if (raw == NULL)
            return -ENOMEM;
        raw->number = json_type(m) == JSON_NUMBER ? number : NAN;
        if (sheet_keep(s->sheet, CELL_SERIES, text_trim(series), &raw->at[CELL_SERIES]) != 0 ||
            sheet_keep(s->sheet, CELL_DATE, json_name(m), &raw->at[CELL_KEY]) != 0 ||
            sheet_keep(s->sheet, CELL_VALUE, text_trim(text), &raw->at[CELL_VALUE]) != 0)
            return -ENOMEM;
    }
    return 0;
}

static int one_object(struct json_state *s, const char *data, size_t len)
{
    s->sheet->n_lines++;
    struct gnm_why inner = { 0 };
    struct json *doc = json_parse(data, len, OBJECT_NODES, &inner);
    if (doc == NULL)
        return inner.code == -ENOMEM ? -ENOMEM : add_bad(s, inner.text[0] ? inner.text : "not JSON");
    if (json_type(doc) != JSON_OBJECT) {
        json_free(doc);
        return add_bad(s, "not a JSON object");
    }
    if (!s->seen)
        find_kind(s, doc);
    int rc = s->wide ? fill_wide(s, doc) : fill_row(s, doc);
    json_free(doc);
    return rc;
}

/* The end of the object that starts at `at`, NULL when it never closes. Counts the lines inside. */
static const char *object_end(const char *at, const char *end, int *lines)
{
    int depth = 0, in_string = 0;
    for (; at < end; at++) {
        if (*at == '\n')
            ++*lines;
        if (in_string) {
            if (*at == '\\' && at + 1 < end)
                at++;
            else if (*at == '"')
                in_string = 0;
        } else if (*at == '"') {
            in_string = 1;
        } else if (*at == '{' || *at == '[') {
            depth++;
        } else if ((*at == '}' || *at == ']') && --depth <= 0) {
            return at + 1;
        }
    }
    return NULL;
}

static const char *skip(struct json_state *s, const char *at, const char *end)
{
    for (; at < end && strchr(" \t\r\n", *at) != NULL; at++)
        s->line += *at == '\n';
    return at;
}

/* An array is taken apart here, element by element, so that a big file never stands in memory as a tree. */
static int read_array(struct json_state *s, const char *at, const char *end, struct gnm_why *why)
{
    for (at = skip(s, at, end); at < end && *at != ']'; at = skip(s, at, end)) {
        int lines = 0;
        const char *stop = *at == '{' ? object_end(at, end, &lines) : NULL;
        if (stop == NULL)
            return gnm_fail(why, -EINVAL, "line %d: %s", s->line, *at == '{' ? "an object is not closed" : "an object was expected in the array");
        if (one_object(s, at, (size_t)(stop - at)) != 0)
            return gnm_fail(why, -ENOMEM, "out of memory");
        s->line += lines;
        at = skip(s, stop, end);
        if (at < end && *at == ',')
            at++;
        else if (at < end && *at != ']')
            return gnm_fail(why, -EINVAL, "line %d: ',' or ']' was expected in the array", s->line);
    }
    if (at == end)
        return gnm_fail(why, -EINVAL, "the array is not closed; the file is cut");
    if (skip(s, at + 1, end) != end)
        return gnm_fail(why, -EINVAL, "line %d: something follows the array", s->line);
    return 0;
}

static int read_lines(struct json_state *s, const char *at, const char *end, struct gnm_why *why)
{
    for (at = skip(s, at, end); at < end; at = skip(s, at, end)) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        size_t len = (size_t)(stop - at);
        while (len > 0 && strchr(" \t\r", at[len - 1]) != NULL)
            len--;
        if (one_object(s, at, len) != 0)
            return gnm_fail(why, -ENOMEM, "out of memory");
        at = stop;
    }
    return 0;
}

int sheet_read_json(const char *data, size_t len, struct intake_sheet *sheet, struct gnm_why *why)
{
    struct json_state s = { .sheet = sheet, .line = 1 };
    const char *end = data + len;
    if (len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
        data += 3;
    data = skip(&s, data, end);
    sheet->is_array = *data == '[';
    return sheet->is_array ? read_array(&s, data + 1, end, why) : read_lines(&s, data, end, why);
}
