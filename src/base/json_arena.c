#include "base/json_arena.h"

#include <cJSON.h>
#include <stdlib.h>

struct arena { char *next, *end, *last; };

enum { ALIGN = _Alignof(cJSON) };

static _Thread_local struct arena filling __attribute__((tls_model("initial-exec")));

static void *take(size_t size)
{
    size_t need = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (need > (size_t)(filling.end - filling.next))
        return NULL;             /* what is valid fits */
    filling.last = filling.next;
    filling.next += need;
    return filling.last;
}

/* Only the latest piece can be had back: newer versions of cJSON copy each number before they read it. Everything else goes with the arena. */
static void leave(void *memory)
{
    if (memory != NULL && memory == filling.last)
        filling.next = filling.last;
}

/* A value may have a text and a name. Each takes what stands between its quotes, and less than ALIGN for its end once two quotes are counted to it. */
static size_t bound(size_t len, const struct json_counts *counts)
{
    return counts->values * (sizeof(cJSON) + 2 * ALIGN) + len + 2 * ALIGN;
}

struct cJSON *json_arena_parse(const char *data, size_t len, const struct json_counts *counts, const char **end)
{
    cJSON_Hooks ours = { take, leave };
    size_t size = bound(len, counts);
    char *block = malloc(size);
    if (block == NULL)
        return NULL;
    filling = (struct arena){ .next = block, .end = block + size };
    cJSON_InitHooks(&ours);
    cJSON *doc = cJSON_ParseWithLengthOpts(data, len, end, 0);
    cJSON_InitHooks(NULL);
    filling = (struct arena){ .next = NULL };
    if ((char *)doc != block)    /* the root is what cJSON asks for first, so that freeing it frees all */
        free(block), doc = NULL;
    return doc;
}

void json_arena_free(struct cJSON *doc)
{
    free(doc);
}
