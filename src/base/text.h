/* Strict text and numbers: what a file, a feed or a person wrote becomes a value or an error, never a guess.
 * Pure. Independent of the locale. Outputs are untouched on failure; 0 or -EINVAL / -ERANGE. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Whole string must be one finite decimal number ("1.5", "-2e3"); no hex, no nan, no leading or trailing space. */
int text_double(const char *text, double *ret);
int text_int(const char *text, int64_t low, int64_t high, int64_t *ret);
/* "yes no true false on off 1 0". */
int text_bool(const char *text, int *ret);
/* "30" or "30s", "10m", "3h", "27d", "2w", with an optional sign: seconds. */
int text_duration_s(const char *text, int64_t *ret);

/* "%.*g" with a point whatever the locale says; digits 1..17, x finite. */
int text_number(char *ret, size_t size, double x, int digits);

/* Length of the valid UTF-8 sequence at `s`, 0 when there is none; `ret` (may be NULL) is its code point. */
size_t text_code_point(const char *s, size_t len, uint32_t *ret);
/* Copies, always ends with NUL; -ENAMETOOLONG when it does not fit (ret untouched). */
int text_copy(char *ret, size_t size, const char *text);
/* Cuts white space at both ends in place and returns the new start. */
char *text_trim(char *text);
/* Makes text safe for logs and the database: invalid UTF-8 and control characters become '?', cut at `size` on a code point. */
void text_clean(char *ret, size_t size, const char *text, size_t len);
/* Percent-encodes everything but unreserved characters; -ENAMETOOLONG when it does not fit. */
int text_percent(char *ret, size_t size, const char *text);
/* The candidate nearest to `text` by edit distance (at most 3), NULL when none is near: for "did you mean". */
const char *text_nearest(const char *text, const char *const *candidates, size_t n);

/* A growing byte buffer; zero it to start. Appending fails with -ENOMEM and leaves it as it was. */
struct text { char *data; size_t len, cap; };
int text_append(struct text *t, const char *data, size_t len);
int text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_free(struct text *t);
/* Appends a JSON string literal with quotes and escapes; a JSON number (`%.*g`), `null` when not finite. */
int text_json_string(struct text *t, const char *s);
int text_json_number(struct text *t, double x, int digits);

#endif
