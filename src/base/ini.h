/* INI files through libinih, on a buffer. Pure.
 *
 * Split at the first '='. Comments only at the start of a line ('#' or ';'); an indented line continues the value and is joined to it
 * without a separator (long URLs); a line of 199 bytes or more is refused with its number, as is a key outside a section. */
#ifndef BASE_INI_H
#define BASE_INI_H

#include <stddef.h>

#include "gnomon/why.h"

/* `section` is the text between brackets ("feed met-norway"); `line` is where the value starts. Return 0, or a negative errno after filling
 * `why`: reading stops and the error is given back with "name:line: " put before it. A NULL key announces the section itself. */
typedef int ini_handler(void *ctx, const char *section, const char *key, const char *value, int line, struct gnm_why *why);

int ini_read(const char *name, const char *data, size_t len, ini_handler *handler, void *ctx, struct gnm_why *why);

#endif
