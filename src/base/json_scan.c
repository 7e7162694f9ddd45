#include "base/json_scan.h"

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

/* The text is judged 64 bytes at a time, one bit for each: what the walk would have to decide about every byte, a few instructions decide about all of them. */
enum { BLOCK = 64, LONG_NUMBER = 3 };  /* a number of more than 308 digits fills three blocks from end to end */
struct block { uint64_t quote, slash, open, close, mark, exponent; };

typedef char lanes __attribute__((vector_size(16)));

/* One bit for each lane that is all ones, the others being zero. */
static uint64_t bits(lanes truth)
{
#ifdef __SSE2__
    return (uint64_t)__builtin_ia32_pmovmskb128(truth);
#else
    uint64_t ret = 0;
    for (int i = 0; i < 16; i++)
        ret |= (uint64_t)(truth[i] & 1) << i;
    return ret;
#endif
}

/* '[' and '{', ']' and '}', 'E' and 'e' differ by one bit, 0x20. */
static struct block classify(const char *p)
{
    struct block b = { 0 };
    for (int at = 0; at < BLOCK; at += 16) {
        lanes c;
        memcpy(&c, p + at, sizeof c);
        lanes low = c | 0x20;
        b.quote |= bits((lanes)(c == '"')) << at;
        b.slash |= bits((lanes)(c == '\\')) << at;
        b.mark |= bits((lanes)(c == ',') | (lanes)(c == ':')) << at;
        b.open |= bits((lanes)(low == '{')) << at;
        b.close |= bits((lanes)(low == '}')) << at;
        b.exponent |= bits((lanes)(low == 'e')) << at;
    }
    return b;
}

/* Where the walk stands when a block begins. */
struct scan {
    const char *data, *end;
    uint64_t inside, escaped;    /* all ones: in a string; 1: its first byte comes behind a backslash */
    size_t marks, opened, depth, plain;    /* `plain`: blocks in a row that hold nothing but digits, blanks and letters */
    int extreme;
};

/* Each bit tells whether an odd number of bits is set up to it: from quotes to what stands inside of them. */
static uint64_t parity(uint64_t x)
{
    x ^= x << 1;
    x ^= x << 2;
    x ^= x << 4;
    x ^= x << 8;
    x ^= x << 16;
    return x ^ x << 32;
}

/* The processors we are built for need not count bits themselves, and the library's call costs as much as it counts. */
static size_t count(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    return (size_t)(((x + (x >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F)) * UINT64_C(0x0101010101010101) >> 56);
}

/* A backslash takes the meaning from the byte behind it. Outside of strings none is valid, and what is counted behind it does not matter. */
static int scan_escapes(struct scan *s, size_t at, struct block *b, struct gnm_why *why)
{
    uint64_t escaped = s->escaped;
    s->escaped = 0;
    for (uint64_t left = b->slash & ~escaped; left != 0; left &= left - 1) {
        size_t i = at + (size_t)__builtin_ctzll(left);
        const char *wrong = check_escape(s->data + i + 1, s->end);
        if (wrong != NULL)
            return refuse(s->data, i, why, wrong);
        uint64_t next = (left & -left) << 1;
        s->escaped = next == 0;
        escaped |= next;
        left &= ~next;
    }
    b->quote &= ~escaped;
    return 0;
}

static int scan_brackets(struct scan *s, size_t at, uint64_t open, uint64_t close, struct gnm_why *why)
{
    for (uint64_t left = open | close; left != 0; left &= left - 1) {
        int closes = (left & -left & close) != 0;
        s->opened += !closes;
        s->depth += closes ? -(size_t)(s->depth > 0) : 1;
        if (s->depth > JSON_DEPTH_MAX)
            return refuse(s->data, at + (size_t)__builtin_ctzll(left), why, "nested deeper than 32 levels");
    }
    return 0;
}

/* "true" and "false" have an e as well. */
static int has_exponent(const char *data, size_t at, uint64_t exponent)
{
    for (; exponent != 0; exponent &= exponent - 1) {
        size_t i = at + (size_t)__builtin_ctzll(exponent);
        if (i > 0 && ((data[i - 1] >= '0' && data[i - 1] <= '9') || data[i - 1] == '.'))
            return 1;
    }
    return 0;
}

static int scan_block(struct scan *s, size_t at, const char *bytes, struct gnm_why *why)
{
    struct block b = classify(bytes);
    if ((b.slash | s->escaped) != 0 && scan_escapes(s, at, &b, why) < 0)
        return -EINVAL;
    uint64_t inside = parity(b.quote) ^ s->inside, outside = ~inside;
    s->inside = -(inside >> (BLOCK - 1));
    s->plain = (b.quote | b.mark | b.open | b.close | inside) == 0 ? s->plain + 1 : 0;
    s->extreme |= s->plain >= LONG_NUMBER || has_exponent(s->data, at, b.exponent & outside);
    s->marks += count(b.mark & outside);
    return scan_brackets(s, at, b.open & outside, b.close & outside, why);
}

int json_scan(const char *data, size_t len, size_t max_nodes, struct json_counts *ret, struct gnm_why *why)
{
    struct scan s = { .data = data, .end = data + len };
    const char *nul = len == 0 ? NULL : memchr(data, '\0', len);
    if (nul != NULL)
        return refuse(data, (size_t)(nul - data), why, "a NUL byte");
    for (size_t at = 0; at < len; at += BLOCK) {
        char last[BLOCK];
        const char *bytes = data + at;
        if (len - at < BLOCK) {
            memset(last, ' ', sizeof last);
            memcpy(last, bytes, len - at);
            bytes = last;
        }
        int err = scan_block(&s, at, bytes, why);
        if (err == 0 && s.marks > max_nodes)
            err = gnm_fail(why, -E2BIG, "JSON: more than %zu values", max_nodes);
        if (err < 0)
            return err;
    }
    /* A tree has a value for every ':', for every ',' of an array, for the first of each array and for the document. */
    *ret = (struct json_counts){ .values = 1 + s.marks + s.opened, .extreme = s.extreme };
    return 0;
}
