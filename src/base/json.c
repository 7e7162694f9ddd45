#include "base/json.h"

#include <cJSON.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/json_arena.h"
#include "base/text.h"

static const cJSON *node_of(const struct json *node)
{
    return (const cJSON *)node;
}

/* What cJSON_IsNumber and its sisters do, without a call for each of thousands of nodes. */
static int is(const cJSON *node, int type)
{
    return node != NULL && (node->type & 0xFF) == type;
}

/* cJSON reads 1e999 as infinity. The depth was limited before, so recursion is too. */
static const cJSON *first_infinite(const cJSON *node)
{
    for (; node != NULL; node = node->next) {
        if (is(node, cJSON_Number) && !isfinite(node->valuedouble))
            return node;
        const cJSON *inside = first_infinite(node->child);
        if (inside != NULL)
            return inside;
    }
    return NULL;
}

static int only_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p == end;
}

static int refuse(const cJSON *doc, const char *data, const char *end, struct gnm_why *why)
{
    char place[64];
    json_place(data, (size_t)(end - data), place, sizeof place);
    if (doc != NULL)
        return gnm_fail(why, -EINVAL, "JSON: something follows the document at %s", place);
    return errno == ENOMEM ? gnm_fail(why, -ENOMEM, "JSON: out of memory") : gnm_fail(why, -EINVAL, "JSON: not valid at %s", place);
}

static int check(const cJSON *doc, const char *data, size_t len, const char *end, int extreme, struct gnm_why *why)
{
    if (doc == NULL || !only_space(end, data + len))
        return refuse(doc, data, end, why);
    const cJSON *bad = extreme ? first_infinite(doc) : NULL;
    if (bad != NULL)
        return gnm_fail(why, -ERANGE, "JSON: the number of \"%.40s\" is too large", bad->string == NULL ? "" : bad->string);
    return 0;
}

struct json *json_parse(const char *data, size_t len, size_t max_nodes, struct gnm_why *why)
{
    if (len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        data += 3;
        len -= 3;
    }
    struct json_counts counts;
    if (json_scan(data, len, max_nodes == 0 ? JSON_NODES_MAX : max_nodes, &counts, why) < 0)
        return NULL;
    const char *end = data;
    errno = 0;       /* the only sign by which cJSON tells a failed allocation from bad text */
    cJSON *doc = json_arena_parse(data, len, &counts, &end);
    if (check(doc, data, len, end, counts.extreme, why) < 0) {
        json_arena_free(doc);
        return NULL;
    }
    return (struct json *)doc;
}

void json_free(struct json *doc)
{
    json_arena_free((cJSON *)doc);
}

enum json_type json_type(const struct json *node)
{
    const cJSON *n = node_of(node);
    switch (n == NULL ? cJSON_NULL : n->type & 0xFF) {
    case cJSON_Number: return JSON_NUMBER;
    case cJSON_String: return JSON_STRING;
    case cJSON_Array: return JSON_ARRAY;
    case cJSON_Object: return JSON_OBJECT;
    case cJSON_True: case cJSON_False: return JSON_BOOL;
    default: return JSON_NULL;
    }
}

const struct json *json_member(const struct json *object, const char *name)
{
    if (!is(node_of(object), cJSON_Object))
        return NULL;
    return (const struct json *)cJSON_GetObjectItemCaseSensitive(node_of(object), name);
}

const struct json *json_at(const struct json *array, size_t i)
{
    if (!is(node_of(array), cJSON_Array))
        return NULL;
    const struct json *node = json_first(array);
    for (; node != NULL && i > 0; i--)
        node = json_next(node);
    return node;
}

const struct json *json_first(const struct json *node)
{
    return node == NULL ? NULL : (const struct json *)node_of(node)->child;
}

const struct json *json_next(const struct json *node)
{
    return node == NULL ? NULL : (const struct json *)node_of(node)->next;
}

const char *json_name(const struct json *member)
{
    return member == NULL ? NULL : node_of(member)->string;
}

size_t json_size(const struct json *node)
{
    size_t n = 0;
    for (const struct json *p = json_first(node); p != NULL; p = json_next(p))
        n++;
    return n;
}

const char *json_string(const struct json *node)
{
    return is(node_of(node), cJSON_String) ? node_of(node)->valuestring : NULL;
}

int json_number(const struct json *node, double *ret)
{
    const cJSON *n = node_of(node);
    if (is(n, cJSON_Number)) {
        *ret = n->valuedouble;
        return 0;
    }
    if (is(n, cJSON_NULL))
        return -ENODATA;
    if (!is(n, cJSON_String))
        return -EINVAL;
    const char *text = n->valuestring;
    if (*text == '\0' || strcmp(text, "-") == 0 || strcmp(text, "NaN") == 0)
        return -ENODATA;
    return text_double(text, ret) < 0 ? -EINVAL : 0;
}

/* Digits of a whole number, written backwards from `end`. */
static const char *whole(int64_t x, char *end)
{
    uint64_t rest = x < 0 ? (uint64_t)-x : (uint64_t)x;
    *--end = '\0';
    do
        *--end = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (x < 0)
        *--end = '-';
    return end;
}

/* The fewest digits that read back as the same number. */
static int shortest(double x, char *ret, size_t size)
{
    char number[64];
    if (fabs(x) < 1e15 && x == trunc(x))
        return text_copy(ret, size, whole((int64_t)x, number + sizeof number));
    for (int digits = 15; digits <= 17; digits++) {
        double back;
        if (text_number(number, sizeof number, x, digits) == 0 && text_double(number, &back) == 0 && back == x)
            break;
    }
    return text_copy(ret, size, number);
}

int json_text(const struct json *node, char *ret, size_t size)
{
    const cJSON *n = node_of(node);
    if (is(n, cJSON_String))
        return text_copy(ret, size, n->valuestring);
    if (json_type(node) == JSON_BOOL)
        return text_copy(ret, size, is(n, cJSON_True) ? "true" : "false");
    return is(n, cJSON_Number) ? shortest(n->valuedouble, ret, size) : -EINVAL;
}
