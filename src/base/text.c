#include "base/text.h"

#include <errno.h>
#include <string.h>

int text_copy(char *ret, size_t size, const char *text)
{
    size_t len = strlen(text);
    if (len >= size)
        return -ENAMETOOLONG;
    memcpy(ret, text, len + 1);
    return 0;
}

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char *text_trim(char *text)
{
    while (is_space(*text))
        text++;
    size_t len = strlen(text);
    while (len > 0 && is_space(text[len - 1]))
        len--;
    text[len] = '\0';
    return text;
}

/* Length a lead byte announces, with the smallest code point that needs it; overlong forms are invalid. */
static size_t sequence_length(unsigned char lead, uint32_t *low, uint32_t *bits)
{
    if (lead < 0x80)
        return *low = 0, *bits = lead, 1;
    if (lead >= 0xC2 && lead < 0xE0)
        return *low = 0x80, *bits = lead & 0x1F, 2;
    if (lead >= 0xE0 && lead < 0xF0)
        return *low = 0x800, *bits = lead & 0x0F, 3;
    if (lead >= 0xF0 && lead < 0xF5)
        return *low = 0x10000, *bits = lead & 0x07, 4;
    return 0;
}

size_t text_code_point(const char *s, size_t len, uint32_t *ret)
{
    uint32_t low, code;
    size_t need = len == 0 ? 0 : sequence_length((unsigned char)s[0], &low, &code);
    if (need == 0 || need > len)
        return 0;
    for (size_t i = 1; i < need; i++) {
        if (((unsigned char)s[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | ((unsigned char)s[i] & 0x3F);
    }
    if (code < low || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0;
    if (ret != NULL)
        *ret = code;
    return need;
}

/* Control characters, line separators and marks that turn the writing direction: a reader would not see what stands there. */
static int is_unsafe(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/* Are the next eight bytes printable ASCII, as nearly all text is? Each is at least ' ' when nothing is borrowed, and below DEL when nothing is carried. */
static int is_plain(const char *text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return ((bytes | (bytes - ' ' * ones) | (bytes + ones)) & (ones << 7)) == 0;
}

void text_clean(char *ret, size_t size, const char *text, size_t len)
{
    if (size == 0)
        return;
    size_t used = 0;
    for (size_t i = 0; i < len; ) {
        if (len - i >= 8 && size - used > 8 && is_plain(text + i)) {
            memcpy(ret + used, text + i, 8);
            used += 8;
            i += 8;
            continue;
        }
        if (text[i] >= ' ' && text[i] < 127 && used + 1 < size) {
            ret[used++] = text[i++];
            continue;
        }
        uint32_t code = 0;
        size_t n = text_code_point(text + i, len - i, &code);
        int bad = n == 0 || is_unsafe(code);
        size_t need = bad ? 1 : n;
        if (used + need >= size)
            break;
        if (bad)
            ret[used] = '?';
        else
            memcpy(ret + used, text + i, n);
        used += need;
        i += n == 0 ? 1 : n;
    }
    ret[used] = '\0';
}

static int is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

int text_percent(char *ret, size_t size, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t need = 1;
    for (const char *p = text; *p != '\0'; p++)
        need += is_unreserved(*p) ? 1 : 3;
    if (need > size)
        return -ENAMETOOLONG;
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_unreserved(*text)) {
            *ret++ = *text;
            continue;
        }
        *ret++ = '%';
        *ret++ = hex[c >> 4];
        *ret++ = hex[c & 15];
    }
    *ret = '\0';
    return 0;
}

enum { WORD_MAX = 64, NEAR_MAX = 3 };

/* Levenshtein distance by one row of the table. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[b_len];
}

const char *text_nearest(const char *text, const char *const *candidates, size_t n)
{
    const char *nearest = NULL;
    size_t best = NEAR_MAX + 1, len = strlen(text);
    for (size_t i = 0; i < n && len <= WORD_MAX; i++) {
        size_t other = strlen(candidates[i]);
        if (other > WORD_MAX)
            continue;
        size_t d = distance(text, len, candidates[i], other);
        /* More than half of the letters changed is another word, not a typing error. */
        if (d < best && 2 * d <= (len > other ? len : other)) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}
