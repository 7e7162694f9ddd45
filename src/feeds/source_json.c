/* Rows from JSON: every element a path with stars matches, or parallel arrays walked side by side. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "feeds/extract.h"

/* ---- rows ---- */

static void fill_row(struct reader *r, const struct json *row, const char *key)
{
    for (size_t i = 0; i < r->feed->n_paths; i++) {
        const struct path *path = &r->feed->path[i];
        struct cell *cell = &r->cell[i];
        if (path->kind == PATH_KEY) {
            *cell = (struct cell){ .kind = key == NULL ? CELL_ABSENT : CELL_TEXT, .text = key };
        } else if (path->kind == PATH_ROW || path->kind == PATH_SELF) {
            cell->node = path->kind == PATH_SELF ? row : json_follow(row, path->names, path->n_names);
            cell->kind = cell->node == NULL ? CELL_ABSENT : CELL_NODE;
        }
    }
}

static int is_container(const struct json *node)
{
    return node != NULL && (json_type(node) == JSON_ARRAY || json_type(node) == JSON_OBJECT);
}

/* Depth is bounded by FEED_STARS. Below the first star a missing list is an empty one: not every match has goals. */
static int walk(struct reader *r, const struct json *node, const char *key, int level, struct gnm_why *why)
{
    const struct walk *rows = &r->feed->rows;
    const struct json *at = json_follow(node, rows->names[level], rows->n_names[level]);
    if (level == rows->stars) {
        if (at == NULL)
            return 0;
        fill_row(r, at, key);
        return reader_row(r, why);
    }
    if (!is_container(at))
        return level > 0 ? 0 : gnm_fail(why, -EBADMSG, "the answer has no list at \"%s\"", rows->piece[0]);
    size_t index = 0;
    int err = 0;
    for (const struct json *child = json_first(at); child != NULL && err == 0; child = json_next(child), index++) {
        char number[24] = "";
        if (r->keyed && json_type(at) == JSON_ARRAY)
            snprintf(number, sizeof number, "%zu", index);
        err = walk(r, child, json_type(at) == JSON_OBJECT ? json_name(child) : number, level + 1, why);
    }
    return err;
}

int source_json_rows(struct reader *r, const struct json *doc, struct gnm_why *why)
{
    reader_constants(r, doc);
    for (size_t i = 0; i < r->feed->n_paths; i++)
        r->keyed |= r->feed->path[i].kind == PATH_KEY;
    if (r->feed->rows.stars == 0 && json_follow(doc, r->feed->rows.names[0], r->feed->rows.n_names[0]) == NULL)
        return gnm_fail(why, -EBADMSG, "the answer has nothing at \"%s\"", r->feed->rows.piece[0]);
    return walk(r, doc, NULL, 0, why);
}

/* ---- columns ---- */

/* Points each cell at the first element of its array; all arrays must be there. */
static int start_columns(struct reader *r, const struct json *object, struct gnm_why *why)
{
    int columns = 0;
    for (size_t i = 0; i < r->feed->n_paths; i++) {
        const struct path *path = &r->feed->path[i];
        if (path->kind != PATH_ROW)
            continue;
        const struct json *array = json_follow(object, path->names, path->n_names);
        if (array == NULL || json_type(array) != JSON_ARRAY)
            return gnm_fail(why, -EBADMSG, "the answer has no array at \"%s%s\"", r->feed->rows.piece[0], path->text);
        r->cell[i] = (struct cell){ .kind = CELL_NODE, .node = json_first(array) };
        columns++;
    }
    return columns > 0 ? 0 : gnm_fail(why, -EBADMSG, "no path of the definition is a column");
}

/* They must end together; nothing of what was read counts when they do not. */
static int say_unequal(const struct reader *r, const struct json *object, struct gnm_why *why)
{
    const struct path *first = NULL;
    for (size_t i = 0; i < r->feed->n_paths; i++) {
        const struct path *path = &r->feed->path[i];
        if (path->kind != PATH_ROW)
            continue;
        first = first == NULL ? path : first;
        size_t n = json_size(json_follow(object, first->names, first->n_names)), m = json_size(json_follow(object, path->names, path->n_names));
        if (n != m)
            return gnm_fail(why, -EBADMSG, "\"%s\" has %zu elements, \"%s\" has %zu", first->text, n, path->text, m);
    }
    return -EBADMSG;
}

/* Moves all cells on, or not yet; 1 when there is a row, 0 at the end, -1 when only some are at theirs. */
static int at_row(struct reader *r, int on)
{
    int rows = 0, ends = 0;
    for (size_t i = 0; i < r->feed->n_paths; i++) {
        if (r->feed->path[i].kind != PATH_ROW)
            continue;
        r->cell[i].node = on ? json_next(r->cell[i].node) : r->cell[i].node;
        rows += r->cell[i].node != NULL;
        ends += r->cell[i].node == NULL;
    }
    return ends == 0 ? 1 : rows == 0 ? 0 : -1;
}

int source_json_columns(struct reader *r, const struct json *doc, struct gnm_why *why)
{
    const struct json *object = json_follow(doc, r->feed->rows.names[0], r->feed->rows.n_names[0]);
    if (!is_container(object))
        return gnm_fail(why, -EBADMSG, "the answer has nothing at \"%s\"", r->feed->rows.piece[0]);
    reader_constants(r, doc);
    int err = start_columns(r, object, why), row = err < 0 ? 0 : at_row(r, 0);
    r->ordered = 1;
    for (; row > 0 && err == 0; row = at_row(r, 1))
        err = reader_row(r, why);
    return err == 0 && row < 0 ? say_unequal(r, object, why) : err;
}
