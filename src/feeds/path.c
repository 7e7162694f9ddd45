/* Paths, row walks, date stencils and conditions: from their text to slots. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "feeds/definition.h"
#include "feeds/template.h"

/* RFC 6901: '~' only as ~0 or ~1. A segment that is exactly '*' belongs in `rows` only. */
static int check_pointer(const char *text, int star_allowed, struct gnm_why *why)
{
    if (*text != '\0' && *text != '/')
        return gnm_fail(why, -EINVAL, "a path begins with '/': \"%.80s\"", text);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '~' && p[1] != '0' && p[1] != '1')
            return gnm_fail(why, -EINVAL, "'~' in a path is written ~0 and '/' in a name ~1: \"%.80s\"", text);
        if (!star_allowed && p[0] == '/' && p[1] == '*' && (p[2] == '/' || p[2] == '\0'))
            return gnm_fail(why, -EINVAL, "'*' stands in rows only: \"%.80s\"", text);
    }
    return 0;
}

static int is_name(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return len > 0 && text[len] == '\0';
}

static int read_path(const char *text, struct path *ret, struct gnm_why *why)
{
    *ret = (struct path){ .kind = PATH_ROW };
    const char *pointer = text;
    if (strcmp(text, "@key") == 0)
        ret->kind = PATH_KEY;
    else if (strcmp(text, "@self") == 0)
        ret->kind = PATH_SELF;
    else if (text_double(text, &ret->number) == 0)
        ret->kind = PATH_NUMBER;
    else if (is_name(text))
        ret->kind = PATH_NAME;
    else if (text[0] == '$')
        ret->kind = PATH_DOCUMENT, pointer = text + 1;
    if (ret->kind == PATH_ROW || ret->kind == PATH_DOCUMENT) {
        int err = *text == '\0' ? gnm_fail(why, -EINVAL, "the path is empty") : check_pointer(pointer, 0, why);
        if (err < 0)
            return err;
    }
    if (ret->kind != PATH_KEY && ret->kind != PATH_SELF && text_copy(ret->text, sizeof ret->text, pointer) < 0)
        return gnm_fail(why, -ENAMETOOLONG, "the path is longer than %zu bytes", sizeof ret->text - 1);
    if (ret->kind == PATH_ROW || ret->kind == PATH_DOCUMENT)
        ret->n_names = json_names(ret->text, ret->names, sizeof ret->names);
    return ret->n_names < 0 ? gnm_fail(why, -EINVAL, "not a path: \"%.80s\"", text) : 0;
}

int path_slot(struct feed *feed, const char *text, int *slot, struct gnm_why *why)
{
    struct path path;
    int err = read_path(text, &path, why);
    if (err < 0)
        return err;
    for (size_t i = 0; i < feed->n_paths; i++)
        if (feed->path[i].kind == path.kind && strcmp(feed->path[i].text, path.text) == 0) {
            *slot = (int)i;
            return 0;
        }
    if (feed->n_paths == FEED_PATHS)
        return gnm_fail(why, -E2BIG, "a definition names at most %d different paths", FEED_PATHS);
    struct path *grown = realloc(feed->path, (feed->n_paths + 1) * sizeof *grown);
    if (grown == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    feed->path = grown;
    grown[feed->n_paths] = path;
    *slot = (int)feed->n_paths++;
    return 0;
}

int path_walk(const char *text, struct walk *ret, struct gnm_why *why)
{
    struct walk walk = { .stars = 0 };
    int err = check_pointer(text, 1, why);
    if (err < 0)
        return err;
    size_t used = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (p[0] == '/' && p[1] == '*' && (p[2] == '/' || p[2] == '\0')) {
            if (walk.stars == FEED_STARS)
                return gnm_fail(why, -EINVAL, "at most %d stars in rows", FEED_STARS);
            walk.stars++;
            used = 0;
            p++;
            continue;
        }
        if (used + 1 >= sizeof walk.piece[0])
            return gnm_fail(why, -ENAMETOOLONG, "a part of rows is longer than %zu bytes", sizeof walk.piece[0] - 1);
        walk.piece[walk.stars][used++] = *p;
    }
    for (int i = 0; i <= walk.stars; i++) {
        walk.n_names[i] = json_names(walk.piece[i], walk.names[i], sizeof walk.names[i]);
        if (walk.n_names[i] < 0)
            return gnm_fail(why, -EINVAL, "not a path: \"%.80s\"", walk.piece[i]);
    }
    *ret = walk;
    return 0;
}

static int add_part(struct feed *feed, struct stencil *s, const struct template_piece *piece, struct gnm_why *why)
{
    int fresh = s->n == 0 || piece->kind == TEMPLATE_LITERAL || s->part[s->n - 1].slot != NO_SLOT;
    if (fresh && s->n == FEED_PARTS)
        return gnm_fail(why, -EINVAL, "at most %d pieces in a date", FEED_PARTS);
    if (fresh)
        s->part[s->n++].slot = NO_SLOT;
    if (piece->kind == TEMPLATE_NAME)
        return path_slot(feed, piece->name, &s->part[s->n - 1].slot, why);
    if (piece->len >= sizeof s->part[0].literal)
        return gnm_fail(why, -ENAMETOOLONG, "a literal in a date is longer than %zu bytes", sizeof s->part[0].literal - 1);
    memcpy(s->part[s->n - 1].literal, piece->literal, piece->len);
    s->part[s->n - 1].literal[piece->len] = '\0';
    return 0;
}

int path_stencil(struct feed *feed, const char *text, struct stencil *ret, struct gnm_why *why)
{
    struct stencil stencil = { .n = 0 };
    if (strchr(text, '{') == NULL) {
        stencil.n = 1;
        int err = path_slot(feed, text, &stencil.part[0].slot, why);
        if (err == 0)
            *ret = stencil;
        return err;
    }
    struct template_piece piece;
    for (;;) {
        int err = template_next(&text, &piece, why);
        if (err == 0 && piece.kind == TEMPLATE_END)
            break;
        err = err < 0 ? err : add_part(feed, &stencil, &piece, why);
        if (err < 0)
            return err;
    }
    *ret = stencil;
    return 0;
}

int path_words(struct feed *feed, const char *text, struct stencil *ret, struct gnm_why *why)
{
    struct stencil stencil = { .n = 1 };
    if (text[0] == '/' || text[0] == '$' || text[0] == '@' || strchr(text, '{') != NULL)
        return path_stencil(feed, text, ret, why);
    stencil.part[0].slot = NO_SLOT;
    if (text_copy(stencil.part[0].literal, sizeof stencil.part[0].literal, text) < 0)
        return gnm_fail(why, -ENAMETOOLONG, "at most %zu bytes", sizeof stencil.part[0].literal - 1);
    *ret = stencil;
    return 0;
}

/* The operator is looked for with spaces around it first, because names of CSV columns may hold '='. */
static const char *find_operator(const char *text, enum condition_op *op, size_t *len)
{
    static const struct { const char *sign; enum condition_op op; } signs[] = {
        { " != ", IS_NOT }, { " = ", IS }, { " in ", IS_IN }, { "!=", IS_NOT }, { "=", IS },
    };
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        const char *at = strstr(text, signs[i].sign);
        if (at != NULL) {
            *op = signs[i].op;
            *len = strlen(signs[i].sign);
            return at;
        }
    }
    return NULL;
}

int path_condition(struct feed *feed, int series, const char *text, struct gnm_why *why)
{
    struct condition c = { .series = series, .other = NO_SLOT };
    char path[sizeof ((struct path *)NULL)->text];
    size_t sign = 0;
    const char *at = find_operator(text, &c.op, &sign);
    if (at == NULL)
        return gnm_fail(why, -EINVAL, "a condition is PATH = VALUE, PATH != VALUE or PATH in A,B,C: \"%.80s\"", text);
    if ((size_t)(at - text) >= sizeof path || strlen(at + sign) >= sizeof c.value)
        return gnm_fail(why, -ENAMETOOLONG, "the condition is too long");
    memcpy(path, text, (size_t)(at - text));
    path[at - text] = '\0';
    strcpy(c.value, at + sign);
    char *value = text_trim(c.value);
    memmove(c.value, value, strlen(value) + 1);
    int err = path_slot(feed, text_trim(path), &c.slot, why);
    if (err == 0 && strncmp(c.value, "$/", 2) == 0 && c.op != IS_IN)
        err = path_slot(feed, c.value, &c.other, why);
    if (err < 0)
        return err;
    if (feed->n_conditions == FEED_CONDITIONS)
        return gnm_fail(why, -E2BIG, "at most %d conditions", FEED_CONDITIONS);
    struct condition *grown = realloc(feed->condition, (feed->n_conditions + 1) * sizeof *grown);
    if (grown == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    feed->condition = grown;
    grown[feed->n_conditions++] = c;
    return 0;
}
