/* Dates and times as text, read strictly. */
#include <errno.h>
#include <string.h>

#include "almanac/civil.h"

enum { YEAR_LOW = 1900, YEAR_HIGH = 2199 };

struct stamp { int year, month, mday, hour, minute, second; };

/* Between `low` and `high` digits at `*p`; moves behind them. */
static int digits(const char **p, int low, int high, int *ret)
{
    int n = 0, value = 0;
    for (; n < high && **p >= '0' && **p <= '9'; n++, (*p)++)
        value = value * 10 + (**p - '0');
    if (n < low)
        return -EINVAL;
    *ret = value;
    return 0;
}

static int literal(const char **p, char c)
{
    return *(*p)++ == c ? 0 : -EINVAL;
}

static int valid(const struct stamp *s)
{
    if (s->year < YEAR_LOW || s->year > YEAR_HIGH || s->month < 1 || s->month > 12)
        return 0;
    if (s->mday < 1 || (s->mday > 28 && s->mday > civil_month_length(s->year, s->month)))
        return 0;
    /* :60 is a leap second; it counts as the first second of the next minute. */
    return s->hour <= 23 && s->minute <= 59 && s->second <= 60;
}

static int64_t seconds(const struct stamp *s)
{
    return civil_day(s->year, s->month, s->mday) * 86400 + s->hour * 3600 + s->minute * 60 + s->second;
}

static int read_date(const char **p, struct stamp *s)
{
    if (digits(p, 4, 4, &s->year) < 0 || literal(p, '-') < 0 || digits(p, 2, 2, &s->month) < 0)
        return -EINVAL;
    return literal(p, '-') < 0 ? -EINVAL : digits(p, 2, 2, &s->mday);
}

int civil_parse_date(const char *text, int64_t *day)
{
    struct stamp s = { 0 };
    if (read_date(&text, &s) < 0 || *text != '\0' || !valid(&s))
        return -EINVAL;
    *day = civil_day(s.year, s.month, s.mday);
    return 0;
}

/* "Z", "+02:00" and Eurostat's "+0200". */
static int read_offset(const char **p, int64_t *ret)
{
    char sign = *(*p)++;
    if (sign == 'Z' || sign == 'z') {
        *ret = 0;
        return 0;
    }
    int hours, minutes;
    if ((sign != '+' && sign != '-') || digits(p, 2, 2, &hours) < 0)
        return -EINVAL;
    *p += **p == ':';
    if (digits(p, 2, 2, &minutes) < 0 || hours > 23 || minutes > 59)
        return -EINVAL;
    *ret = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return 0;
}

static int skip_fraction(const char **p)
{
    if (**p != '.' && **p != ',')
        return 0;
    const char *start = ++*p;
    *p += strspn(*p, "0123456789");
    return *p == start ? -EINVAL : 0;
}

static int read_clock(const char **p, struct stamp *s)
{
    if (digits(p, 2, 2, &s->hour) < 0 || literal(p, ':') < 0 || digits(p, 2, 2, &s->minute) < 0)
        return -EINVAL;
    if (**p != ':')
        return 0;      /* some providers write no seconds */
    (*p)++;
    return digits(p, 2, 2, &s->second) < 0 ? -EINVAL : skip_fraction(p);
}

int civil_parse_time(const char *text, int64_t *utc_s)
{
    struct stamp s = { 0 };
    int64_t offset;
    if (read_date(&text, &s) < 0 || (*text != 'T' && *text != 't' && *text != ' '))
        return -EINVAL;
    text++;
    if (read_clock(&text, &s) < 0 || read_offset(&text, &offset) < 0 || *text != '\0' || !valid(&s))
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

/* Where the number of a code goes, and how many digits it may have. Month and day may come without a leading zero (EPU's CSV). */
static int *target(struct stamp *s, char code, int *low, int *high)
{
    *low = code == 'Y' ? 4 : 1;
    *high = code == 'Y' ? 4 : 2;
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

/* A short number is only allowed between other characters: "%Y%m" of "20261" would be a guess. */
static int read_code(const char **p, const char *format, int after_code, struct stamp *s)
{
    int low, high;
    int *ret = target(s, *format, &low, &high);
    if (ret == NULL)
        return **p == '%' && *format == '%' ? (*p)++, 0 : -EINVAL;
    if (after_code || format[1] == '%')
        low = high;
    return digits(p, low, high, ret);
}

int civil_parse_format(const char *text, const char *format, int64_t *ret, int *has_time)
{
    struct stamp s = { .year = -1, .month = 1, .mday = 1 };
    int hour = 0, after_code = 0;
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            if (*text == '\0' || literal(&text, *format) < 0)
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
