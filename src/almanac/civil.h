/* Civil dates as day numbers (0 = 1970-01-01, proleptic Gregorian) and strict ISO text. Pure. */
#ifndef ALMANAC_CIVIL_H
#define ALMANAC_CIVIL_H

#include <stddef.h>
#include <stdint.h>

int64_t civil_day(int year, int month, int mday);
void civil_date(int64_t day, int *year, int *month, int *mday);
int civil_weekday(int64_t day);                       /* 0 = Monday .. 6 = Sunday */
int civil_day_of_year(int64_t day);                   /* 1.. */
int civil_month_length(int year, int month);
/* Months since 1970-01 and back to the first day of the month. */
int64_t civil_month_index(int64_t day);
int64_t civil_month_first(int64_t index);
int64_t civil_month_start(int64_t day);          /* first day of the month that holds the day */

/* "YYYY-MM-DD" exactly; years 1900..2199. -EINVAL otherwise. */
int civil_parse_date(const char *text, int64_t *day);
/* RFC 3339 ("2026-09-01T10:00:00Z", offsets, fractions dropped, ":60" accepted). Seconds UTC. */
int civil_parse_time(const char *text, int64_t *utc_s);
void civil_format_date(int64_t day, char ret[11]);
void civil_format_time(int64_t utc_s, char ret[21]);  /* "2026-09-01T10:00:00Z" */

/* strptime-like parse with %Y %m %d %H %M %S and literals; whole text must match. `has_time` tells whether %H was in the format. Seconds as if UTC. */
int civil_parse_format(const char *text, const char *format, int64_t *seconds, int *has_time);

/* The same for thousands of texts whose numbers all have their full width: the format as places in the text (`shape` has NUL for a digit, `at` is place + 1, 0 where
 * the format has no such number), and the date read last, which the next text nearly always begins with. Start `recent` zeroed; one layout each. -EINVAL of
 * civil_layout(): no such format, `*ret` untouched; of civil_parse_layout(): ask civil_parse_format(), which takes more. */
enum { CIVIL_LAYOUT = 32 };
struct civil_layout { int len, day_len; unsigned char at[6]; char shape[CIVIL_LAYOUT]; };
struct civil_recent { int64_t day_s; char text[CIVIL_LAYOUT]; };
int civil_layout(const char *format, struct civil_layout *ret);
int civil_parse_layout(const struct civil_layout *layout, const char *text, struct civil_recent *recent, int64_t *seconds);

#endif
