#include "base/json_scan.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
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

static int is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* cJSON reads an escape whose four digits are none as U+0000, and that ends a C string. */
static const char *check_escape(const char *p, const char *end)
{
    if (end - p < 5 || *p != 'u')
        return NULL;
    for (int i = 1; i < 5; i++)
        if (!is_hex(p[i]))
            return "a \\u without four hexadecimal digits";
    return memcmp(p, "u0000", 5) == 0 ? "a string with \\u0000" : NULL;
}

/* What stops the walk: in a string its end and escapes, outside what counts or nests. Everything else is cJSON's to judge. */
enum { PLAIN, QUOTE, OPEN, CLOSE, COUNT, EXPONENT };
enum { DIGITS = 300 };
static const unsigned char class_of[256] = { ['"'] = QUOTE, ['['] = OPEN, ['{'] = OPEN, [']'] = CLOSE, ['}'] = CLOSE, [','] = COUNT, [':'] = COUNT,
                                             ['e'] = EXPONENT, ['E'] = EXPONENT };

/* The high bit of each of the eight bytes that is `c`; above the lowest one, carries may set more. */
static uint64_t holds(uint64_t word, unsigned char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x = word ^ (ones * c);
    return (x - ones) & ~x & (ones << 7);
}

/* The next quote or backslash, eight bytes at a time. */
static const char *skip_plain(const char *p, const char *end)
{
    uint64_t word;
    for (; end - p >= 8; p += 8) {
        memcpy(&word, p, 8);
        word = le64toh(word);
        uint64_t found = holds(word, '"') | holds(word, '\\');
        if (found != 0)
            return p + __builtin_ctzll(found) / 8;
    }
    while (p < end && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* Moves `*at` from an opening quote behind the closing one, or to the end where there is none. */
static const char *skip_string(const char *data, size_t len, size_t *at)
{
    const char *p = data + *at + 1, *end = data + len;
    for (;;) {
        p = p < end ? skip_plain(p, end) : end;
        if (p >= end || *p == '"')
            break;
        const char *wrong = check_escape(p + 1, end);
        if (wrong != NULL)
            return wrong;
        p += 2;
    }
    *at = p < end ? (size_t)(p - data) + 1 : len;
    return NULL;
}

static int after_digit(const char *data, size_t i)
{
    return i > 0 && ((data[i - 1] >= '0' && data[i - 1] <= '9') || data[i - 1] == '.');
}

/* Where the walk stands: one bit per level tells objects from arrays. A tree has one value per ':', per ',' of an array, and per array its first. */
struct level { uint64_t objects; size_t depth; };

static void open_level(struct level *level, char c)
{
    level->depth++;
    level->objects = level->objects << 1 | (c == '{');
}

static void close_level(struct level *level)
{
    level->depth -= level->depth > 0;
    level->objects >>= 1;
}

int json_scan(const char *data, size_t len, size_t max_nodes, struct json_counts *ret, struct gnm_why *why)
{
    struct json_counts n = { .values = 1 };
    struct level level = { .depth = 0 };
    size_t nodes = 0, last = 0;
    const char *nul = len == 0 ? NULL : memchr(data, '\0', len);
    if (nul != NULL)
        return refuse(data, (size_t)(nul - data), why, "a NUL byte");
    for (size_t i = 0; i < len; ) {
        unsigned char class = class_of[(unsigned char)data[i]];
        if (class == PLAIN) {
            i++;
            continue;
        }
        n.extreme |= i - last > DIGITS || (class == EXPONENT && after_digit(data, i));
        last = i;
        if (class == QUOTE) {
            const char *wrong = skip_string(data, len, &i);
            if (wrong != NULL)
                return refuse(data, i, why, wrong);
            last = i;
            n.strings++;
            continue;
        }
        if (class == OPEN) {
            open_level(&level, data[i]);
            n.values += data[i] == '[';
        }
        if (level.depth > JSON_DEPTH_MAX)
            return refuse(data, i, why, "nested deeper than 32 levels");
        if (class == CLOSE)
            close_level(&level);
        if (class == COUNT && ++nodes > max_nodes)
            return gnm_fail(why, -E2BIG, "JSON: more than %zu values", max_nodes);
        if (class == COUNT)
            n.values += data[i] == ':' || (level.objects & 1) == 0;
        i++;
    }
    n.extreme |= len - last > DIGITS;
    *ret = n;
    return 0;
}
