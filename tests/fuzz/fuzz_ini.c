/* INI files: sections before keys, lines that exist and never go back, and a message with the place for every refusal. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told { int last, lines; size_t bytes, sections; };

static int check(void *ctx, const char *section, const char *key, const char *value, int line, struct gnm_why *why)
{
    (void)why;
    struct told *t = ctx;
    if (section[0] == '\0' || line < 1 || line > t->lines || line < t->last)
        abort();
    t->last = line;
    if (key == NULL) {
        t->sections++;
        return 0;
    }
    if (t->sections == 0 || key[0] == '\0' || value == NULL)
        abort();
    t->bytes += strlen(key) + strlen(value);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct told t = { .lines = 1 };
    struct gnm_why why = { 0 };
    for (size_t i = 0; i < size; i++)
        t.lines += data[i] == '\n';
    int r = ini_read("fuzz", (const char *)data, size, check, &t, &why);
    if (r > 0 || t.bytes > size || (r < 0 && (why.code != r || strncmp(why.text, "fuzz:", 5) != 0)))
        abort();
    return 0;
}
