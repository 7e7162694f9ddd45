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

/* Points each cell at the first element of its array; all arrays must be there and equally long. */
static int start_columns(struct reader *r, const struct json *object, size_t *rows, struct gnm_why *why)
{
    const char *first = NULL;
    for (size_t i = 0; i < r->feed->n_paths; i++) {
        const struct path *path = &r->feed->path[i];
        if (path->kind != PATH_ROW)
            continue;
        const struct json *array = json_follow(object, path->names, path->n_names);
        if (array == NULL || json_type(array) != JSON_ARRAY)
            return gnm_fail(why, -EBADMSG, "the answer has no array at \"%s%s\"", r->feed->rows.piece[0], path->text);
        size_t size = json_size(array);
        if (first != NULL && size != *rows)
            return gnm_fail(why, -EBADMSG, "\"%s\" has %zu elements, \"%s\" has %zu", first, *rows, path->text, size);
        first = path->text;
        *rows = size;
        r->cell[i].node = json_first(array);
        r->cell[i].kind = CELL_NODE;
    }
    return first != NULL ? 0 : gnm_fail(why, -EBADMSG, "no path of the definition is a column");
}

static void next_columns(struct reader *r)
{
    for (size_t i = 0; i < r->feed->n_paths; i++)
        if (r->feed->path[i].kind == PATH_ROW)
            r->cell[i].node = json_next(r->cell[i].node);
}

int source_json_columns(struct reader *r, const struct json *doc, struct gnm_why *why)
{
    size_t rows = 0;
    const struct json *object = json_follow(doc, r->feed->rows.names[0], r->feed->rows.n_names[0]);
    if (!is_container(object))
        return gnm_fail(why, -EBADMSG, "the answer has nothing at \"%s\"", r->feed->rows.piece[0]);
    reader_constants(r, doc);
    int err = start_columns(r, object, &rows, why);
    r->ordered = 1;
    for (size_t i = 0; i < rows && err == 0; i++) {
        err = reader_row(r, why);
        next_columns(r);
    }
    return err;
}
