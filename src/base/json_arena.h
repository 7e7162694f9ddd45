/* The memory of one JSON tree: one block, filled from its start and given back whole. cJSON asks for every node and every text singly, and frees them singly, which
 * costs it as much as reading does. Its allocator can only be set for the whole process and knows no object, so it is ours for the length of one parse, which
 * nothing interrupts: a thread-local arena, empty outside of a parse, is the only state (tests/lint/state.allow). */
#ifndef BASE_JSON_ARENA_H
#define BASE_JSON_ARENA_H

#include <stddef.h>

#include "base/json_scan.h"

struct cJSON;

/* cJSON's parse of a scanned text. NULL when the text is not valid or (errno ENOMEM, from malloc) there is no memory; `*end` is where reading stopped. */
struct cJSON *json_arena_parse(const char *data, size_t len, const struct json_counts *counts, const char **end);
void json_arena_free(struct cJSON *doc);       /* NULL is fine */

#endif
