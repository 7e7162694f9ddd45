/* The list that the parts of `gnomon check` fill. */
#include "cli/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void check_say(struct check *check, enum check_verdict verdict, const char *area, const char *name, const char *format, ...)
{
    if (check->n == check->cap) {
        size_t cap = check->cap == 0 ? 32 : check->cap * 2;
        struct check_item *grown = reallocarray(check->item, cap, sizeof *grown);
        if (grown == NULL) {
            check->failed = 1;
            return;
        }
        check->item = grown;
        check->cap = cap;
    }
    struct check_item *item = &check->item[check->n++];
    va_list args;
    *item = (struct check_item){ .verdict = verdict };
    snprintf(item->area, sizeof item->area, "%s", area);
    snprintf(item->name, sizeof item->name, "%s", name);
    va_start(args, format);
    vsnprintf(item->text, sizeof item->text, format, args);
    va_end(args);
}
