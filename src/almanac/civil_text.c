/* Dates and times as text, read strictly. */
#include <errno.h>
#include <string.h>

#include "almanac/civil.h"

enum { YEAR_LOW = 1900, YEAR_HIGH = 2199 };

struct stamp { int year, month, mday, hour, minute, second; };

/* Exactly n digits as a number, or -1; reads no further than to what is none. */
static int fixed(const char *p, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        unsigned digit = (unsigned)(p[i] - '0');
        if (digit > 9)
            return -1;
        value = value * 10 + (int)digit;
    }
    return value;
}

static int is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_length(int year, int month)
{
    return month == 2 ? 28 + is_leap(year) : 30 + ((month + (month > 7)) & 1);
}

static int valid_day(int year, int month, int mday)
{
    return year >= YEAR_LOW && year <= YEAR_HIGH && month >= 1 && month <= 12 && mday >= 1 && (mday <= 28 || mday <= month_length(year, month));
}

/* :60 is a leap second; it counts as the first second of the next minute. */
static int valid(const struct stamp *s)
{
    return valid_day(s->year, s->month, s->mday) && s->hour >= 0 && s->hour <= 23 && s->minute >= 0 && s->minute <= 59 && s->second >= 0 && s->second <= 60;
}

static int64_t seconds(const struct stamp *s)
{
    return civil_day(s->year, s->month, s->mday) * 86400 + s->hour * 3600 + s->minute * 60 + s->second;
}

/* Ten characters. What is not a date is -1 in some place, which valid() finds. */
static int read_date(const char *p, struct stamp *s)
{
    s->year = fixed(p, 4);
    if (s->year < 0 || p[4] != '-')
        return -EINVAL;
    s->month = fixed(p + 5, 2);
    if (s->month < 0 || p[7] != '-')
        return -EINVAL;
    s->mday = fixed(p + 8, 2);
    return s->mday < 0 ? -EINVAL : 0;
}

int civil_parse_date(const char *text, int64_t *day)
{
    struct stamp s = { 0 };
    if (read_date(text, &s) < 0 || text[10] != '\0' || !valid(&s))
        return -EINVAL;
    *day = civil_day(s.year, s.month, s.mday);
    return 0;
}

/* "Z", "+02:00" and Eurostat's "+0200", and then the end. */
static int read_offset(const char *p, int64_t *ret)
{
    *ret = 0;
    if (*p == 'Z' || *p == 'z')
        return p[1] == '\0' ? 0 : -EINVAL;
    if (*p != '+' && *p != '-')
        return -EINVAL;
    int sign = *p == '-' ? -1 : 1, hours = fixed(p + 1, 2);
    if (hours < 0 || hours > 23)
        return -EINVAL;
    p += p[3] == ':' ? 4 : 3;
    int minutes = fixed(p, 2);
    if (minutes < 0 || minutes > 59 || p[2] != '\0')
        return -EINVAL;
    *ret = sign * (hours * 3600 + minutes * 60);
    return 0;
}

/* "12:00", "12:00:00" or "12:00:00.000": some providers write no seconds. Returns what follows, NULL when it is no time. */
static const char *read_clock(const char *p, struct stamp *s)
{
    s->hour = fixed(p, 2);
    if (s->hour < 0 || p[2] != ':')
        return NULL;
    s->minute = fixed(p + 3, 2);
    if (s->minute < 0)
        return NULL;
    if (p[5] != ':')
        return p + 5;
    s->second = fixed(p + 6, 2);
    if (s->second < 0)
        return NULL;
    if (p[8] != '.' && p[8] != ',')
        return p + 8;
    size_t fraction = strspn(p + 9, "0123456789");
    return fraction == 0 ? NULL : p + 9 + fraction;
}

int civil_parse_time(const char *text, int64_t *utc_s)
{
    struct stamp s = { 0 };
    int64_t offset;
    if (read_date(text, &s) < 0 || (text[10] != 'T' && text[10] != 't' && text[10] != ' '))
        return -EINVAL;
    const char *rest = read_clock(text + 11, &s);
    if (rest == NULL || read_offset(rest, &offset) < 0 || !valid(&s))
        return -EINVAL;
    *utc_s = seconds(&s) - offset;
    return 0;
}

static void put_digits(char *ret, int n, int value)
{
    for (; n > 0; n--, value /= 10)
        ret[n - 1] = (char)('0' + value % 10);
}

void civil_format_date(int64_t day, char ret[11])
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    memcpy(ret, "0000-00-00", 11);
    put_digits(ret, 4, year < 0 ? 0 : year);
    put_digits(ret + 5, 2, month);
    put_digits(ret + 8, 2, mday);
}

void civil_format_time(int64_t utc_s, char ret[21])
{
    int64_t day = utc_s / 86400 - (utc_s % 86400 < 0);
    int rest = (int)(utc_s - day * 86400);
    civil_format_date(day, ret);
    memcpy(ret + 10, "T00:00:00Z", 11);
    put_digits(ret + 11, 2, rest / 3600);
    put_digits(ret + 14, 2, rest / 60 % 60);
    put_digits(ret + 17, 2, rest % 60);
}

/* A number of one or two digits where the format leaves room for that, else of exactly as many as the code has; moves behind it. -1 when there is none. */
static int read_number(const char **p, int width, int may_be_short)
{
    int value = fixed(*p, width);
    if (value < 0 && may_be_short && width == 2 && (value = fixed(*p, 1)) >= 0)
        width = 1;
    *p += value < 0 ? 0 : width;
    return value;
}

static int *target(struct stamp *s, char code)
{
    switch (code) {
    case 'Y': return &s->year;
    case 'm': return &s->month;
    case 'd': return &s->mday;
    case 'H': return &s->hour;
    case 'M': return &s->minute;
    case 'S': return &s->second;
    default: return NULL;
    }
}

/* A short number (EPU's CSV has months without a leading zero) is only allowed between other characters: "%Y%m" of "20261" would be a guess. */
static int read_code(const char **p, const char *format, int after_code, struct stamp *s)
{
    int *ret = target(s, *format);
    if (ret == NULL)
        return **p == '%' && *format == '%' ? (*p)++, 0 : -EINVAL;
    *ret = read_number(p, *format == 'Y' ? 4 : 2, !after_code && format[1] != '%');
    return *ret < 0 ? -EINVAL : 0;
}

int civil_parse_format(const char *text, const char *format, int64_t *ret, int *has_time)
{
    struct stamp s = { .year = -1, .month = 1, .mday = 1 };
    int hour = 0, after_code = 0;
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            if (*text == '\0' || *text++ != *format)
                return -EINVAL;
            after_code = 0;
            continue;
        }
        format++;
        hour |= *format == 'H';
        if (*format == '\0' || read_code(&text, format, after_code, &s) < 0)
            return -EINVAL;
        after_code = 1;
    }
    if (*text != '\0' || !valid(&s))
        return -EINVAL;
    *ret = seconds(&s);
    *has_time = hour;
    return 0;
}

static int add_number(struct civil_layout *layout, char code)
{
    static const char codes[] = "YmdHMS";
    const char *which = code == '\0' ? NULL : strchr(codes, code);
    int width = code == 'Y' ? 4 : 2;
    if (which == NULL || layout->len + width >= CIVIL_LAYOUT || layout->at[which - codes] != 0)
        return -EINVAL;
    layout->at[which - codes] = (unsigned char)(layout->len + 1);
    memset(layout->shape + layout->len, '\0', (size_t)width);
    layout->len += width;
    return 0;
}

/* Where the date is read before the clock, the same date need not be read again in the next row. */
static int day_length(const struct civil_layout *layout)
{
    int end = 0;
    for (int i = 0; i < 3; i++)
        end = layout->at[i] > 0 && layout->at[i] - 1 + (i == 0 ? 4 : 2) > end ? layout->at[i] - 1 + (i == 0 ? 4 : 2) : end;
    for (int i = 3; i < 6; i++)
        if (layout->at[i] > 0 && layout->at[i] - 1 < end)
            return 0;
    return end;
}

int civil_layout(const char *format, struct civil_layout *ret)
{
    struct civil_layout layout = { .len = 0 };
    for (; *format != '\0'; format++) {
        if (*format == '%' && format[1] != '%') {
            if (add_number(&layout, *++format) < 0)
                return -EINVAL;
            continue;
        }
        format += *format == '%';
        if (layout.len + 1 >= CIVIL_LAYOUT)
            return -EINVAL;
        layout.shape[layout.len++] = *format;
    }
    layout.day_len = day_length(&layout);
    if (layout.at[0] == 0)
        return -EINVAL;
    *ret = layout;
    return 0;
}

static int has_shape(const struct civil_layout *layout, int from, const char *text)
{
    for (int i = from; i < layout->len; i++)
        if (layout->shape[i] == '\0' ? (unsigned)(text[i] - '0') > 9 : text[i] != layout->shape[i])
            return 0;
    return text[layout->len] == '\0';
}

/* The number that stands at a place known to hold digits, or `other` where the layout has none. */
static int number_at(const struct civil_layout *layout, int which, const char *text, int other)
{
    if (layout->at[which] == 0)
        return other;
    const char *p = text + layout->at[which] - 1;
    int value = (p[0] - '0') * 10 + p[1] - '0';
    return which > 0 ? value : value * 100 + (p[2] - '0') * 10 + p[3] - '0';
}

int civil_parse_layout(const struct civil_layout *layout, const char *text, struct civil_recent *recent, int64_t *ret)
{
    int known = recent->text[0] != '\0' && strncmp(text, recent->text, (size_t)layout->day_len) == 0 ? layout->day_len : 0;
    if (layout->len == 0 || !has_shape(layout, known, text))
        return -EINVAL;
    struct stamp s = { 2000, 1, 1, number_at(layout, 3, text, 0), number_at(layout, 4, text, 0), number_at(layout, 5, text, 0) };
    if (known == 0) {
        s.year = number_at(layout, 0, text, 0);
        s.month = number_at(layout, 1, text, 1);
        s.mday = number_at(layout, 2, text, 1);
    }
    if (!valid(&s))
        return -EINVAL;
    if (known == 0) {
        recent->day_s = civil_day(s.year, s.month, s.mday) * 86400;
        memcpy(recent->text, text, (size_t)layout->day_len);
        recent->text[layout->day_len] = '\0';
    }
    *ret = recent->day_s + s.hour * 3600 + s.minute * 60 + s.second;
    return 0;
}
