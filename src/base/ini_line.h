/* What a line of an INI file may look like, checked before libinih sees it. Pure. */
#ifndef BASE_INI_LINE_H
#define BASE_INI_LINE_H

#include <stddef.h>

enum { INI_LINE_MAX = 199, INI_SECTION_MAX = 128 };    /* bytes, NUL included: libinih cuts lines of 199 bytes and more */
enum ini_kind { INI_NOTHING, INI_SECTION, INI_KEY, INI_MORE };

/* NULL and the kind of the line, or what is wrong with it. `open` tells whether a value can be continued. */
const char *ini_line_check(const char *line, size_t len, int open, enum ini_kind *ret);
/* The text between the brackets of a checked section line. */
void ini_section_name(const char *line, char ret[INI_SECTION_MAX]);

#endif
