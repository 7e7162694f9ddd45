#include "base/ini_line.h"

#include <string.h>

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

static size_t skip_space(const char *line, size_t len, size_t i)
{
    while (i < len && is_space(line[i]))
        i++;
    return i;
}

/* Debian's libinih cuts the value at a ';' after white space; a value must never be shorter than it looks. */
static int has_inline_comment(const char *line, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if (line[i] == ';' && is_space(line[i - 1]))
            return 1;
    return 0;
}

static const char *check_section(const char *line, size_t len)
{
    const char *close = memchr(line, ']', len);
    if (close == NULL)
        return "a section has no ']'";
    size_t end = (size_t)(close - line);
    if (end == 1)
        return "a section has no name";
    if (end > INI_SECTION_MAX)
        return "a section's name is longer than 127 bytes";
    return skip_space(line, len, end + 1) < len ? "something follows the ']' of a section" : NULL;
}

static const char *check_key(const char *line, size_t len)
{
    const char *equals = memchr(line, '=', len);
    if (equals == NULL)
        return "neither a [section] nor a key = value";
    if (equals == line)
        return "nothing stands before the '='";
    /* libinih would split there. */
    return memchr(line, ':', (size_t)(equals - line)) != NULL ? "a key may not hold ':'" : NULL;
}

static const char *check_indented(char first, int open)
{
    if (first == '#' || first == ';')
        return "an indented comment; comments stand at the start of a line";
    return open ? NULL : "an indented line continues a value, but there is none to continue";
}

const char *ini_line_check(const char *line, size_t len, int open, enum ini_kind *ret)
{
    if (memchr(line, '\0', len) != NULL)
        return "a NUL byte";
    if (len >= INI_LINE_MAX)
        return "line of 199 bytes or more; continue the value on an indented line";
    size_t start = skip_space(line, len, 0);
    *ret = INI_NOTHING;
    if (start == len || (start == 0 && (line[0] == '#' || line[0] == ';')))
        return NULL;
    const char *wrong;
    if (start > 0) {
        *ret = INI_MORE;
        wrong = check_indented(line[start], open);
    } else {
        *ret = line[0] == '[' ? INI_SECTION : INI_KEY;
        wrong = line[0] == '[' ? check_section(line, len) : check_key(line, len);
    }
    if (wrong == NULL && has_inline_comment(line, len))
        wrong = "';' after a blank would begin a comment here: remove the blank, or put the comment on its own line";
    return wrong;
}

void ini_section_name(const char *line, char ret[INI_SECTION_MAX])
{
    size_t len = (size_t)(strchr(line, ']') - line) - 1;
    memcpy(ret, line + 1, len);
    ret[len] = '\0';
}
