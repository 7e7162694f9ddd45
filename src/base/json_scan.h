/* What is refused before a tree is built: 2 MiB of "0," would cost 82 MiB as one. Pure. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <stddef.h>

#include "gnomon/why.h"

enum { JSON_DEPTH_MAX = 32, JSON_NODES_MAX = 200000 };

/* Depth, number of ',' and ':' outside strings, NUL bytes, \u0000 and malformed \u (which would cut a string silently). */
/* `*extreme` (may be NULL): a number has an exponent or hundreds of digits, so that it may be read as infinite. */
int json_scan(const char *data, size_t len, size_t max_nodes, int *extreme, struct gnm_why *why);
/* "line 3, column 14" of an offset, for messages. */
void json_place(const char *data, size_t offset, char *ret, size_t size);

#endif
