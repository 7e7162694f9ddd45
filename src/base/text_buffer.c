/* The growing byte buffer and the JSON literals written into it. */
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRINTF_ROOM = 48 };

/* Room for `more` bytes and a NUL. Doubling keeps the cost of many small appends linear. */
static int reserve(struct text *t, size_t more)
{
    size_t need;
    if (__builtin_add_overflow(t->len, more, &need) || __builtin_add_overflow(need, 1, &need))
        return -ENOMEM;
    if (need <= t->cap)
        return 0;
    size_t cap = t->cap < 64 ? 64 : t->cap;
    while (cap < need)
        if (__builtin_mul_overflow(cap, 2, &cap))
            return -ENOMEM;
    char *data = realloc(t->data, cap);
    if (data == NULL)
        return -ENOMEM;
    t->data = data;
    t->cap = cap;
    return 0;
}

int text_append(struct text *t, const char *data, size_t len)
{
    int r = reserve(t, len);
    if (r < 0)
        return r;
    if (len > 0)
        memcpy(t->data + t->len, data, len);
    t->len += len;
    t->data[t->len] = '\0';
    return 0;
}

/* Most texts fit into the room that is there or into the first allocation: they are formatted once. */
int text_printf(struct text *t, const char *format, ...)
{
    va_list args;
    int r = reserve(t, PRINTF_ROOM);
    if (r < 0)
        return r;
    size_t room = t->cap - t->len;
    va_start(args, format);
    int need = vsnprintf(t->data + t->len, room, format, args);
    va_end(args);
    if (need >= 0 && (size_t)need >= room) {
        t->data[t->len] = '\0';
        r = reserve(t, (size_t)need);
        if (r < 0)
            return r;
        va_start(args, format);
        vsnprintf(t->data + t->len, (size_t)need + 1, format, args);
        va_end(args);
    }
    if (need < 0) {
        t->data[t->len] = '\0';
        return -EINVAL;
    }
    t->len += (size_t)need;
    return 0;
}

void text_free(struct text *t)
{
    if (t == NULL)
        return;
    free(t->data);
    *t = (struct text){ 0 };
}

/* One character of a JSON string; what is not valid UTF-8 becomes U+FFFD so that the document stays one. */
static int append_escaped(struct text *t, const char *s, size_t n)
{
    static const char short_form[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    if (n == 0)
        return text_append(t, "\xEF\xBF\xBD", 3);
    if (n == 1) {
        for (size_t i = 0; i + 1 < sizeof short_form; i += 2)
            if (short_form[i] == *s)
                return text_append(t, (char[]){ '\\', short_form[i + 1] }, 2);
        if ((unsigned char)*s < 0x20 || *s == 0x7F)
            return text_printf(t, "\\u%04x", (unsigned)(unsigned char)*s);
    }
    return text_append(t, s, n);
}

int text_json_string(struct text *t, const char *s)
{
    size_t start = t->len, len = strlen(s);
    int r = text_append(t, "\"", 1);
    for (size_t i = 0; r == 0 && i < len; ) {
        size_t n = text_code_point(s + i, len - i, NULL);
        r = append_escaped(t, s + i, n);
        i += n == 0 ? 1 : n;
    }
    if (r == 0)
        r = text_append(t, "\"", 1);
    if (r < 0 && t->data != NULL)
        t->data[t->len = start] = '\0';
    return r;
}

int text_json_number(struct text *t, double x, int digits)
{
    char number[64];
    if (!isfinite(x))
        return text_append(t, "null", 4);
    int r = text_number(number, sizeof number, x, digits);
    return r < 0 ? r : text_append(t, number, strlen(number));
}
