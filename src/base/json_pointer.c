/* JSON Pointer, RFC 6901. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "base/json.h"

/* Does the pointer segment [p, end), with ~0 and ~1 undone, spell `name`? */
static int spells(const char *p, const char *end, const char *name)
{
    for (; p < end; p++, name++) {
        char c = *p;
        if (c == '~') {
            p++;
            if (p == end || (*p != '0' && *p != '1'))
                return 0;
            c = *p == '0' ? '~' : '/';
        }
        if (*name != c)
            return 0;
    }
    return *name == '\0';
}

static const struct json *named(const struct json *object, const char *p, const char *end)
{
    const cJSON *member = ((const cJSON *)object)->child;
    while (member != NULL && !spells(p, end, member->string))
        member = member->next;
    return (const struct json *)member;
}

/* Digits without leading zeros; nine of them are beyond any array we accept. */
static const struct json *indexed(const struct json *array, const char *p, const char *end)
{
    size_t i = 0;
    if (p == end || end - p > 9 || (*p == '0' && end - p > 1))
        return NULL;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9')
            return NULL;
        i = i * 10 + (size_t)(*p - '0');
    }
    return json_at(array, i);
}

const struct json *json_pointer(const struct json *node, const char *pointer)
{
    while (node != NULL && *pointer != '\0') {
        if (*pointer++ != '/')
            return NULL;
        const char *end = strchrnul(pointer, '/');
        enum json_type type = json_type(node);
        node = type == JSON_OBJECT ? named(node, pointer, end) : type == JSON_ARRAY ? indexed(node, pointer, end) : NULL;
        pointer = end;
    }
    return node;
}

int json_names(const char *pointer, char *ret, size_t size)
{
    int n = 0;
    size_t used = 0;
    while (*pointer == '/') {
        for (pointer++; *pointer != '/' && *pointer != '\0'; pointer++) {
            char c = *pointer;
            if (c == '~' && *++pointer != '0' && *pointer != '1')
                return -EINVAL;
            if (used + 2 > size)
                return -ENAMETOOLONG;
            ret[used++] = c != '~' ? c : *pointer == '0' ? '~' : '/';
        }
        if (used + 1 > size)
            return -ENAMETOOLONG;
        ret[used++] = '\0';
        n++;
    }
    return *pointer == '\0' ? n : -EINVAL;
}

/* Most names differ within their first letters: a call would cost more than it compares. */
static int is_name(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

const struct json *json_follow(const struct json *node, const char *names, int n)
{
    for (; n > 0 && node != NULL; n--) {
        enum json_type type = json_type(node);
        if (type != JSON_OBJECT && type != JSON_ARRAY)
            return NULL;
        const cJSON *member = ((const cJSON *)node)->child;
        if (type == JSON_ARRAY)
            member = (const cJSON *)indexed(node, names, strchr(names, '\0'));
        else
            while (member != NULL && !is_name(member->string, names))
                member = member->next;
        node = (const struct json *)member;
        if (n > 1)
            names = strchr(names, '\0') + 1;
    }
    return node;
}
