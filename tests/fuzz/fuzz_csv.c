/* CSV: bounded records in line order, never more text than was given. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told { int last; size_t bytes; };

static int check(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    (void)why;
    struct told *t = ctx;
    if (n == 0 || n > CSV_FIELDS_MAX || line <= t->last)
        abort();
    t->last = line;
    for (size_t i = 0; i < n; i++)
        t->bytes += strlen(field[i]);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = ",;\t";
    char found = csv_separator((const char *)data, size);
    if (memchr(separators, found, 3) == NULL)
        abort();
    for (int i = 0; i < 3; i++) {
        struct told t = { 0 };
        struct gnm_why why = { 0 };
        int r = csv_read((const char *)data, size, separators[i], check, &t, &why);
        if (r > 0 || t.bytes > size || (r < 0 && (why.code != r || why.text[0] == '\0')))
            abort();
    }
    return 0;
}
