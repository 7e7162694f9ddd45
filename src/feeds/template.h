/* Text with names in braces, {latitude:.4f}: cut into pieces, one after the other. Pure. */
#ifndef FEEDS_TEMPLATE_H
#define FEEDS_TEMPLATE_H

#include <stddef.h>

#include "gnomon/why.h"

enum template_kind { TEMPLATE_END, TEMPLATE_LITERAL, TEMPLATE_NAME };
struct template_piece {
    enum template_kind kind;
    const char *literal;         /* of a literal: its text, not ended by NUL */
    size_t len;
    char name[96], format[64];   /* of a name: what stands before and after the first ':' */
};

/* Reads the piece at `*at` and moves on. A brace without its partner, an empty or an overlong name is an error. */
int template_next(const char **at, struct template_piece *ret, struct gnm_why *why);

/* Appends the value of a name to `ret` (`size` bytes, ended by NUL). */
typedef int template_value(void *ctx, const struct template_piece *name, char *ret, size_t size, struct gnm_why *why);
int template_expand(const char *text, template_value *value, void *ctx, char *ret, size_t size, struct gnm_why *why);

/* A day number by strftime's %Y %m %d (and %H %M %S, always 00); -EINVAL for another code. */
int template_day(const char *format, long long day, char *ret, size_t size);

#endif
