#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "device/map_keys.h"

int map_bad(struct gnm_why *why, const char *key, const char *value, const char *expected)
{
    return gnm_fail(why, -EINVAL, "%s = %.60s: expected %s", key, value, expected);
}

/* Decimal or 0x hexadecimal without sign, up to 32 bits. */
int map_u32(const char *text, uint32_t *ret)
{
    unsigned base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    const char *s = base == 16 ? text + 2 : text;
    uint64_t sum = 0;
    size_t n = 0;
    for (; s[n] != '\0'; n++) {
        unsigned digit = s[n] >= '0' && s[n] <= '9' ? (unsigned)(s[n] - '0') : s[n] >= 'a' && s[n] <= 'f' ? (unsigned)(s[n] - 'a') + 10
                       : s[n] >= 'A' && s[n] <= 'F' ? (unsigned)(s[n] - 'A') + 10 : 99;
        if (digit >= base || n >= 10)
            return -EINVAL;
        sum = sum * base + digit;
    }
    if (n == 0 || sum > UINT32_MAX)
        return -EINVAL;
    *ret = (uint32_t)sum;
    return 0;
}

int map_whole(const char *key, const char *value, int low, int high, int *ret, struct gnm_why *why)
{
    uint32_t raw;
    if (map_u32(value, &raw) < 0 || raw > (uint32_t)high || (int)raw < low) {
        char range[48];
        snprintf(range, sizeof range, "a whole number %d..%d", low, high);
        return map_bad(why, key, value, range);
    }
    *ret = (int)raw;
    return 0;
}

static int add_units(struct map_units *units, const char *token)
{
    char low[16];
    const char *rest = token;
    uint32_t from, to;
    if (map_token(&rest, "-", low, sizeof low) <= 0 || map_u32(low, &from) < 0 || (*rest != '\0' && map_u32(rest, &to) < 0))
        return -EINVAL;
    if (*rest == '\0')
        to = from;
    if (to > 255 || from > to || units->n + (to - from) >= MAP_UNITS)
        return -EINVAL;
    for (uint32_t unit = from; unit <= to; unit++)
        units->unit[units->n++] = (uint8_t)unit;
    return 0;
}

int map_units(const char *key, const char *value, struct map_units *ret, struct gnm_why *why)
{
    const char *rest = value;
    char token[16];
    int rc;
    *ret = (struct map_units){ 0 };
    while ((rc = map_token(&rest, ",", token, sizeof token)) > 0)
        if (add_units(ret, token) < 0)
            return map_bad(why, key, value, "unit numbers 0..255 like 1,255 or 223-226");
    return rc < 0 || ret->n == 0 ? map_bad(why, key, value, "unit numbers 0..255 like 1,255 or 223-226") : 0;
}

int map_flag(const char *key, const char *value, int *ret, struct gnm_why *why)
{
    return text_bool(value, ret) < 0 ? map_bad(why, key, value, "yes or no") : 0;
}

int map_number(const char *key, const char *value, double *ret, struct gnm_why *why)
{
    return text_double(value, ret) < 0 ? map_bad(why, key, value, "a number") : 0;
}

/* Takes the text up to `stop` from `*rest` into `ret`, trimmed; 0 when nothing is left. */
int map_token(const char **rest, const char *stop, char *ret, size_t size)
{
    if (*rest == NULL || **rest == '\0')
        return 0;
    size_t n = strcspn(*rest, stop);
    if (n >= size)
        return -EINVAL;
    char copy[128];
    if (n >= sizeof copy)
        return -EINVAL;
    memcpy(copy, *rest, n);
    copy[n] = '\0';
    snprintf(ret, size, "%s", text_trim(copy));
    *rest += n;
    if (**rest != '\0')
        (*rest)++;
    return 1;
}
