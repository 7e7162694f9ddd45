#include "gnomon/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Cuts a half-written UTF-8 sequence at the end of a text that was too long. */
static void cut_at_code_point(char *text, size_t size)
{
    size_t end = strlen(text);
    if (end + 1 < size)
        return;
    size_t start = end;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && ((unsigned char)text[start - 1] & 0x80) != 0)
        text[start - 1] = '\0';
}

int gnm_fail(struct gnm_why *why, int code, const char *format, ...)
{
    if (why == NULL)
        return code;
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    cut_at_code_point(why->text, sizeof why->text);
    why->code = code;
    return code;
}

int gnm_fail_in(struct gnm_why *why, const char *format, ...)
{
    if (why == NULL)
        return -EINVAL;
    char old[sizeof why->text];
    memcpy(old, why->text, sizeof old);
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    size_t used = strlen(why->text);
    snprintf(why->text + used, sizeof why->text - used, "%s", old);
    cut_at_code_point(why->text, sizeof why->text);
    return why->code;
}
