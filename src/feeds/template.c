#include "feeds/template.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"

static int read_name(const char *open, const char *close, struct template_piece *ret, struct gnm_why *why)
{
    size_t len = (size_t)(close - open - 1);
    const char *colon = memchr(open + 1, ':', len);
    size_t name = colon == NULL ? len : (size_t)(colon - open - 1);
    size_t format = colon == NULL ? 0 : len - name - 1;
    if (name == 0 || name >= sizeof ret->name || format >= sizeof ret->format)
        return gnm_fail(why, -EINVAL, "bad name in braces: %.*s", (int)(len > 60 ? 60 : len + 2), open);
    memcpy(ret->name, open + 1, name);
    ret->name[name] = '\0';
    if (format > 0)
        memcpy(ret->format, colon + 1, format);
    ret->format[format] = '\0';
    ret->kind = TEMPLATE_NAME;
    return 0;
}

int template_next(const char **at, struct template_piece *ret, struct gnm_why *why)
{
    const char *text = *at;
    if (*text == '\0') {
        ret->kind = TEMPLATE_END;
        return 0;
    }
    size_t plain = strcspn(text, "{}");
    if (plain > 0) {
        *ret = (struct template_piece){ .kind = TEMPLATE_LITERAL, .literal = text, .len = plain };
        *at = text + plain;
        return 0;
    }
    const char *close = *text == '{' ? strpbrk(text + 1, "{}") : NULL;
    if (close == NULL || *close != '}')
        return gnm_fail(why, -EINVAL, "a brace has no partner at \"%.40s\"", text);
    int err = read_name(text, close, ret, why);
    if (err == 0)
        *at = close + 1;
    return err;
}

int template_expand(const char *text, template_value *value, void *ctx, char *ret, size_t size, struct gnm_why *why)
{
    size_t used = 0;
    struct template_piece piece;
    for (;;) {
        int err = template_next(&text, &piece, why);
        if (err < 0)
            return err;
        if (piece.kind == TEMPLATE_END)
            break;
        if (piece.kind == TEMPLATE_NAME) {
            err = value(ctx, &piece, ret + used, size - used, why);
            if (err < 0)
                return err;
            used += strlen(ret + used);
        } else {
            if (piece.len >= size - used)
                return gnm_fail(why, -ENAMETOOLONG, "the text is longer than %zu bytes when filled in", size - 1);
            memcpy(ret + used, piece.literal, piece.len);
            used += piece.len;
        }
    }
    ret[used] = '\0';
    return 0;
}

static int day_code(char code, int year, int month, int mday, char *ret, size_t size)
{
    switch (code) {
    case 'Y': return snprintf(ret, size, "%04d", year);
    case 'm': return snprintf(ret, size, "%02d", month);
    case 'd': return snprintf(ret, size, "%02d", mday);
    case 'H':
    case 'M':
    case 'S': return snprintf(ret, size, "00");
    case '%': return snprintf(ret, size, "%%");
    default: return -1;
    }
}

int template_day(const char *format, long long day, char *ret, size_t size)
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    size_t used = 0;
    for (const char *p = format; *p != '\0'; p++) {
        char piece[16] = { *p, '\0' };
        if (*p == '%' && day_code(*++p, year, month, mday, piece, sizeof piece) < 0)
            return -EINVAL;
        size_t len = strlen(piece);
        if (len >= size - used)
            return -ENAMETOOLONG;
        memcpy(ret + used, piece, len + 1);
        used += len;
    }
    ret[used] = '\0';
    return 0;
}
