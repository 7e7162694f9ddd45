#include "world/ask.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes [from, to) and ends it with NUL; the result is never longer. Returns the bytes written with the NUL, or -EINVAL. */
static int decode(const char *from, const char *to, char *ret)
{
    char *out = ret;
    for (const char *p = from; p < to; p++) {
        if (*p != '%') {
            *out++ = *p == '+' ? ' ' : *p;
            continue;
        }
        if (to - p < 3 || hex(p[1]) < 0 || hex(p[2]) < 0 || (hex(p[1]) == 0 && hex(p[2]) == 0))
            return -EINVAL;
        *out++ = (char)(hex(p[1]) << 4 | hex(p[2]));
        p += 2;
    }
    *out++ = '\0';
    return (int)(out - ret);
}

static int take_param(struct ask *ask, const char *from, const char *to, char **out, struct gnm_why *why)
{
    const char *equals = memchr(from, '=', (size_t)(to - from));
    const char *name_end = equals != NULL ? equals : to;
    if (ask->n == ASK_PARAMS)
        return gnm_fail(why, -E2BIG, "more than %d parameters", ASK_PARAMS);
    ask->param[ask->n].name = *out;
    int len = decode(from, name_end, *out);
    if (len < 0)
        return gnm_fail(why, -EINVAL, "broken escape in a parameter");
    *out += len;
    ask->param[ask->n].value = *out;
    len = decode(equals != NULL ? equals + 1 : to, to, *out);
    if (len < 0)
        return gnm_fail(why, -EINVAL, "broken escape in a parameter");
    *out += len;
    ask->n++;
    return 0;
}

int ask_parse(struct ask *ask, const char *url, struct gnm_why *why)
{
    size_t len = strlen(url), path_len = strcspn(url, "?#");
    *ask = (struct ask){0};
    if (path_len >= sizeof ask->path || 2 * len + 2 * ASK_PARAMS > sizeof ask->text)
        return gnm_fail(why, -E2BIG, "the address is too long");
    if (decode(url, url + path_len, ask->path) < 0)
        return gnm_fail(why, -EINVAL, "broken escape in the path");
    char *out = ask->text;
    const char *p = url + path_len + (url[path_len] == '?');
    while (*p != '\0' && *p != '#') {
        size_t n = strcspn(p, "&#");
        int code = n > 0 ? take_param(ask, p, p + n, &out, why) : 0;
        if (code < 0)
            return code;
        p += n + (p[n] == '&');
    }
    return 0;
}

const char *ask_get(const struct ask *ask, const char *name)
{
    for (size_t i = 0; i < ask->n; i++) {
        if (strcmp(ask->param[i].name, name) == 0)
            return ask->param[i].value;
    }
    return NULL;
}

size_t ask_count(const struct ask *ask, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < ask->n; i++)
        count += strcmp(ask->param[i].name, name) == 0;
    return count;
}

int ask_number(const struct ask *ask, const char *name, double low, double high, double fallback, double *ret)
{
    const char *text = ask_get(ask, name);
    double x = fallback;
    if (text != NULL && text_double(text, &x) < 0)
        return -EINVAL;
    if (text != NULL && (x < low || x > high))
        return -EINVAL;
    *ret = x;
    return 0;
}

int ask_month(const struct ask *ask, const char *name, int64_t *ret)
{
    const char *text = ask_get(ask, name);
    int64_t seconds;
    int has_time;
    if (text == NULL)
        return 0;
    if (civil_parse_format(text, "%Y-%m", &seconds, &has_time) < 0)
        return -EINVAL;
    *ret = civil_month_index(seconds / 86400);
    return 0;
}

int ask_day(const struct ask *ask, const char *name, int64_t *ret)
{
    const char *text = ask_get(ask, name);
    return text != NULL && civil_parse_date(text, ret) < 0 ? -EINVAL : 0;
}

int ask_is(const struct ask *ask, const char *name, const char *value)
{
    const char *text = ask_get(ask, name);
    return text != NULL && strcmp(text, value) == 0;
}

void reply_time(int64_t utc_s, char ret[32])
{
    static const char *const day_name[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const month_name[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t second = utc_s % 86400, day = utc_s / 86400;
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    snprintf(ret, 32, "%s, %02d %s %04d %02d:%02d:%02d GMT", day_name[civil_weekday(day)], mday, month_name[month - 1], year, (int)(second / 3600),
             (int)(second / 60 % 60), (int)(second % 60));
}

void reply_begin(struct reply *reply, const char *type)
{
    reply->status = 200;
    reply->type = type;
}

int reply_say(struct reply *reply, int status, const char *type, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reply->status = status;
    reply->type = type;
    reply->body.len = 0;
    return text_append(&reply->body, text, strlen(text));
}
