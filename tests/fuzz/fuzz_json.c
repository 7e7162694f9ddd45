/* JSON: what is accepted is within our limits, can be walked, and can be written and read again; what cJSON finds valid always
 * fits the block that was measured for it. */
#include <cJSON.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
    if (!good)
        abort();
}

static void write_node(const struct json *node, struct text *out, int depth, size_t *nodes);

static void write_inside(const struct json *node, struct text *out, int depth, size_t *nodes)
{
    size_t n = 0;
    for (const struct json *p = json_first(node); p != NULL; p = json_next(p), n++) {
        must(n == 0 || text_append(out, ",", 1) == 0);
        if (json_type(node) == JSON_OBJECT) {
            must(json_name(p) != NULL && json_member(node, json_name(p)) != NULL);
            must(text_json_string(out, json_name(p)) == 0 && text_append(out, ":", 1) == 0);
        }
        write_node(p, out, depth + 1, nodes);
    }
    must(n == json_size(node));
}

static void write_node(const struct json *node, struct text *out, int depth, size_t *nodes)
{
    char text[64];
    double x = NAN;
    must(depth <= 32);
    ++*nodes;
    switch (json_type(node)) {
    case JSON_ARRAY: case JSON_OBJECT:
        must(text_append(out, json_type(node) == JSON_ARRAY ? "[" : "{", 1) == 0);
        write_inside(node, out, depth, nodes);
        must(text_append(out, json_type(node) == JSON_ARRAY ? "]" : "}", 1) == 0);
        break;
    case JSON_NUMBER:
        must(json_number(node, &x) == 0 && isfinite(x) && json_text(node, text, sizeof text) == 0);
        must(text_json_number(out, x, 17) == 0);
        break;
    case JSON_STRING:
        must(json_number(node, &x) < 0 || isfinite(x));
        must(text_json_string(out, json_string(node)) == 0);
        break;
    default:
        must(text_append(out, json_type(node) == JSON_BOOL ? "true" : "null", 4) == 0);
    }
}

static size_t written(const struct json *doc, struct text *out)
{
    size_t nodes = 0;
    write_node(doc, out, 0, &nodes);
    return nodes;
}

/* What we call invalid cJSON finds invalid with all the memory it wants. */
static void must_fail_alone(const uint8_t *data, size_t size, const struct gnm_why *why)
{
    if (strncmp(why->text, "JSON: not valid", 15) != 0)
        return;
    cJSON *doc = cJSON_ParseWithLengthOpts((const char *)data, size, NULL, 0);
    must(doc == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gnm_why why = { 0 };
    struct json *doc = json_parse((const char *)data, size, 1000, &why);
    if (doc == NULL) {
        must_fail_alone(data, size, &why);
        must(why.code < 0 && strncmp(why.text, "JSON: ", 6) == 0);
        return 0;
    }
    struct text first = { 0 }, second = { 0 };
    size_t nodes = written(doc, &first);
    struct json *again = json_parse(first.data, first.len, 0, &why);
    must(again != NULL && written(again, &second) == nodes && strcmp(first.data, second.data) == 0);
    char pointer[32] = "/";
    memcpy(pointer + 1, data, size < 30 ? size : 30);
    json_pointer(doc, pointer);
    json_free(again);
    json_free(doc);
    text_free(&first);
    text_free(&second);
    return 0;
}
