/* JSON documents through cJSON, with our limits. Pure.
 *
 * Refused before parsing: more than `max_nodes` of ',' and ':' (0 = 200000), nesting deeper than 32, bytes after the document. Numbers must be
 * finite. Look-ups are case-sensitive. A `struct json` node is cJSON's own; it lives in
 * one block of memory with all of its document (json_arena.h). */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/why.h"

struct json;    /* an opaque cJSON node */

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json *json_parse(const char *data, size_t len, size_t max_nodes, struct gnm_why *why);   /* NULL on failure */
void json_free(struct json *doc);

enum json_type json_type(const struct json *node);
const struct json *json_member(const struct json *object, const char *name);   /* NULL when absent or not an object */
const struct json *json_at(const struct json *array, size_t i);                /* linear: walk with json_first/json_next instead */
const struct json *json_first(const struct json *node);                        /* first element or member, NULL when none */
const struct json *json_next(const struct json *node);
const char *json_name(const struct json *member);                              /* NULL in arrays */
size_t json_size(const struct json *node);

/* JSON Pointer (RFC 6901) from `node`; "" is the node itself. NULL when the path does not exist. */
const struct json *json_pointer(const struct json *node, const char *pointer);
/* The same for thousands of look-ups: the pointer's names, each with its NUL, in `ret`; how many, -ENAMETOOLONG or -EINVAL. Then what they lead to. */
int json_names(const char *pointer, char *ret, size_t size);
const struct json *json_follow(const struct json *node, const char *names, int n);

const char *json_string(const struct json *node);                              /* NULL when not a string */
/* 0 and the number of a JSON number or a numeric string; -ENODATA for null, "", "-" and "NaN"; -EINVAL otherwise. */
int json_number(const struct json *node, double *ret);
/* Text of a scalar as a template wants it: strings as they are, integers without exponent, true/false. -EINVAL otherwise. */
int json_text(const struct json *node, char *ret, size_t size);

#endif
