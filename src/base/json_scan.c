#include "base/json_scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void json_place(const char *data, size_t offset, char *ret, size_t size)
{
    size_t line = 1, start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (data[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    snprintf(ret, size, "line %zu, column %zu", line, offset - start + 1);
}

static int refuse(const char *data, size_t offset, struct gnm_why *why, const char *what)
{
    char place[64];
    json_place(data, offset, place, sizeof place);
    return gnm_fail(why, -EINVAL, "JSON: %s: %s", place, what);
}

/* Offset behind the closing quote of the string that opens at `i`, `len` when there is none, 0 at an escaped NUL. */
static size_t skip_string(const char *data, size_t len, size_t i)
{
    for (i++; i < len && data[i] != '"'; i++) {
        if (data[i] != '\\')
            continue;
        i++;
        if (len - i >= 5 && memcmp(data + i, "u0000", 5) == 0)
            return 0;
    }
    return i < len ? i + 1 : len;
}

int json_scan(const char *data, size_t len, size_t max_nodes, struct gnm_why *why)
{
    size_t depth = 0, nodes = 0;
    const char *nul = len == 0 ? NULL : memchr(data, '\0', len);
    if (nul != NULL)
        return refuse(data, (size_t)(nul - data), why, "a NUL byte");
    for (size_t i = 0; i < len; ) {
        char c = data[i];
        if (c == '"') {
            size_t next = skip_string(data, len, i);
            if (next == 0)
                return refuse(data, i, why, "a string with \\u0000");
            i = next;
            continue;
        }
        if ((c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX)
            return refuse(data, i, why, "nested deeper than 32 levels");
        if ((c == ']' || c == '}') && depth > 0)
            depth--;
        if ((c == ',' || c == ':') && ++nodes > max_nodes)
            return gnm_fail(why, -E2BIG, "JSON: more than %zu values", max_nodes);
        i++;
    }
    return 0;
}
