/* What is refused before a tree is built: 2 MiB of "0," would cost 82 MiB as one. Pure. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <stddef.h>

#include "gnomon/why.h"

enum { JSON_DEPTH_MAX = 32, JSON_NODES_MAX = 200000 };

/* What a tree of the text will hold at most, when the text is valid. `extreme`: a number has an exponent or hundreds of digits, so that it may be read as infinite. */
struct json_counts { size_t values; int extreme; };

/* Depth, number of ',' and ':' outside strings, NUL bytes, \u0000 and malformed \u (which would cut a string silently). */
int json_scan(const char *data, size_t len, size_t max_nodes, struct json_counts *ret, struct gnm_why *why);
/* "line 3, column 14" of an offset, for messages. */
void json_place(const char *data, size_t offset, char *ret, size_t size);

#endif
