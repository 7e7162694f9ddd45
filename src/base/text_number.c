/* Numbers, switches and durations as people and programs write them. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_digits(const char *p, int *seen)
{
    for (; *p >= '0' && *p <= '9'; p++)
        *seen = 1;
    return p;
}

static const char *skip_sign(const char *p)
{
    return *p == '+' || *p == '-' ? p + 1 : p;
}

/* strtod takes hex, "inf" and leading space, so the shape is checked first. */
static int is_decimal(const char *p)
{
    int seen = 0;
    p = skip_digits(skip_sign(p), &seen);
    if (*p == '.')
        p = skip_digits(p + 1, &seen);
    if (!seen)
        return 0;
    if (*p == 'e' || *p == 'E') {
        seen = 0;
        p = skip_digits(skip_sign(p + 1), &seen);
        if (!seen)
            return 0;
    }
    return *p == '\0';
}

/* Up to 15 digits without an exponent, as nearly all numbers are: whole number and power of ten are exact, so that their quotient is the nearest double, as
 * strtod's would be. 0 when it is not such a number. */
static int is_short(const char *p, double *ret)
{
    static const double power[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    int64_t value = 0;
    int digits = 0, behind = 0, point = 0, minus = *p == '-';
    for (p = skip_sign(p); digits <= 15; p++) {
        if (*p >= '0' && *p <= '9') {
            value = value * 10 + (*p - '0');
            digits++;
            behind += point;
        } else if (*p == '.' && !point) {
            point = 1;
        } else {
            break;
        }
    }
    if (*p != '\0' || digits == 0 || digits > 15)
        return 0;
    double x = (double)value / power[behind];
    *ret = minus ? -x : x;
    return 1;
}

int text_double(const char *text, double *ret)
{
    if (is_short(text, ret))
        return 0;
    if (!is_decimal(text))
        return -EINVAL;
    /* glibc hands out its static object for "C": nothing is allocated. */
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c == (locale_t)0)
        return -ENOMEM;
    double x = strtod_l(text, NULL, c);
    freelocale(c);
    if (!isfinite(x))
        return -ERANGE;
    *ret = x;
    return 0;
}

/* Digits at `*p` as a number of at most `limit`; moves `*p` behind them. */
static int read_digits(const char **p, uint64_t limit, uint64_t *ret)
{
    uint64_t value = 0;
    const char *start = *p;
    for (; **p >= '0' && **p <= '9'; (*p)++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, (uint64_t)(**p - '0'), &value) || value > limit)
            return -ERANGE;
    if (*p == start)
        return -EINVAL;
    *ret = value;
    return 0;
}

/* A range error is only a range error when the rest has the right shape. */
static int all_digits(const char *p)
{
    int seen = 0;
    p = skip_digits(skip_sign(p), &seen);
    return seen && *p == '\0';
}

int text_int(const char *text, int64_t low, int64_t high, int64_t *ret)
{
    if (!all_digits(text))
        return -EINVAL;
    int negative = *text == '-';
    const char *p = skip_sign(text);
    uint64_t size;
    if (read_digits(&p, (uint64_t)INT64_MAX + (uint64_t)negative, &size) < 0)
        return -ERANGE;
    int64_t value = negative ? (int64_t)(0 - size) : (int64_t)size;
    if (value < low || value > high)
        return -ERANGE;
    *ret = value;
    return 0;
}

int text_bool(const char *text, int *ret)
{
    static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = (int)(i & 1);
            return 0;
        }
    }
    return -EINVAL;
}

static int64_t unit_s(char unit)
{
    switch (unit) {
    case '\0': case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    case 'w': return 7 * 86400;
    default: return 0;
    }
}

int text_duration_s(const char *text, int64_t *ret)
{
    const char *p = skip_sign(text);
    uint64_t count;
    int r = read_digits(&p, INT64_MAX, &count);
    if (r < 0)
        return r;
    int64_t unit = unit_s(*p);
    if (unit == 0 || (*p != '\0' && p[1] != '\0'))
        return -EINVAL;
    int64_t seconds;
    if (__builtin_mul_overflow((int64_t)count, unit, &seconds))
        return -ERANGE;
    *ret = *text == '-' ? -seconds : seconds;
    return 0;
}

/* printf writes the locale's decimal point, which may be several bytes. */
static void point_from_locale(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (isdigit((unsigned char)*from) || strchr("+-e", *from) != NULL)
            *to++ = *from;
        else if (to == text || to[-1] != '.')
            *to++ = '.';
    }
    *to = '\0';
}

int text_number(char *ret, size_t size, double x, int digits)
{
    char text[64];
    if (!isfinite(x))
        return -EINVAL;
    snprintf(text, sizeof text, "%.*g", digits < 1 ? 1 : digits > 17 ? 17 : digits, x);
    point_from_locale(text);
    return text_copy(ret, size, text);
}
