/* Rows from JSON-stat 2.0: every present cell, its codes by dimension. Values are flat, the last dimension runs fastest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "feeds/extract.h"

enum { DIMENSIONS = 24, CELLS = 100000 };

struct dimension {
    const char *name;
    size_t size, stride;
    int slot;                    /* of the path that names it, or NO_SLOT */
    const char **code;           /* by position, only with a slot */
};

struct cube {
    struct dimension dim[DIMENSIONS];
    size_t n, cells;
};

static void cube_free(struct cube *cube)
{
    for (size_t i = 0; i < cube->n; i++)
        free(cube->dim[i].code);
}

static int read_size(const struct json *node, size_t *ret)
{
    double x;
    if (json_number(node, &x) < 0 || x < 1 || x > CELLS || x != (double)(size_t)x)
        return -EINVAL;
    *ret = (size_t)x;
    return 0;
}

/* `id` and `size` side by side, then the strides from the last dimension up. */
static int read_shape(const struct feed *feed, const struct json *doc, struct cube *cube, struct gnm_why *why)
{
    const struct json *ids = json_member(doc, "id"), *sizes = json_member(doc, "size");
    if (ids == NULL || sizes == NULL || json_type(ids) != JSON_ARRAY || json_type(sizes) != JSON_ARRAY || json_size(ids) != json_size(sizes) ||
        json_size(ids) == 0 || json_size(ids) > DIMENSIONS)
        return gnm_fail(why, -EBADMSG, "the answer has no usable \"id\" and \"size\"");
    const struct json *id = json_first(ids), *size = json_first(sizes);
    for (; id != NULL; id = json_next(id), size = json_next(size)) {
        struct dimension *d = &cube->dim[cube->n];
        *d = (struct dimension){ .name = json_string(id), .slot = NO_SLOT };
        if (d->name == NULL || read_size(size, &d->size) < 0)
            return gnm_fail(why, -EBADMSG, "the answer's \"id\" or \"size\" is not what JSON-stat allows");
        for (size_t i = 0; i < feed->n_paths; i++)
            if (feed->path[i].kind == PATH_NAME && strcmp(feed->path[i].text, d->name) == 0)
                d->slot = (int)i;
        cube->n++;
    }
    cube->cells = 1;
    for (size_t i = cube->n; i-- > 0;) {
        cube->dim[i].stride = cube->cells;
        if (cube->dim[i].size > CELLS / cube->cells)
            return gnm_fail(why, -E2BIG, "the answer's cube has more than %d cells", CELLS);
        cube->cells *= cube->dim[i].size;
    }
    return 0;
}

/* category.index is an object code -> position or an array of codes; of a dimension with one code it may be absent. */
static int read_codes(struct dimension *d, const struct json *doc, struct gnm_why *why)
{
    const struct json *category = json_member(json_member(json_member(doc, "dimension"), d->name), "category");
    const struct json *index = json_member(category, "index");
    if (index == NULL)
        index = json_member(category, "label");
    d->code = calloc(d->size, sizeof *d->code);
    if (d->code == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    size_t order = 0;
    for (const struct json *item = index == NULL ? NULL : json_first(index); item != NULL; item = json_next(item), order++) {
        double at = (double)order;
        const char *code = json_type(index) == JSON_ARRAY ? json_string(item) : json_name(item);
        if (json_type(item) == JSON_NUMBER && json_type(index) == JSON_OBJECT)
            (void)json_number(item, &at);
        if (code != NULL && at >= 0 && at < (double)d->size)
            d->code[(size_t)at] = code;
    }
    for (size_t i = 0; i < d->size; i++)
        if (d->code[i] == NULL)
            return gnm_fail(why, -EBADMSG, "dimension \"%.40s\": no code for position %zu", d->name, i);
    return 0;
}

static int selected(const struct feed *feed, const struct dimension *d, int series)
{
    for (size_t i = 0; i < feed->n_conditions; i++) {
        const struct condition *c = &feed->condition[i];
        if (c->slot == d->slot && d->slot != NO_SLOT && c->op == IS && (c->series == -1 || c->series == series))
            return 1;
    }
    return 0;
}

static int dates_rows(const struct feed *feed, const struct dimension *d)
{
    for (int i = 0; i < feed->date.n; i++)
        if (d->slot != NO_SLOT && feed->date.part[i].slot == d->slot)
            return 1;
    return 0;
}

/* Without this a second unit or country would silently be mixed into a series. */
static int check_shape(const struct feed *feed, const struct cube *cube, struct gnm_why *why)
{
    for (size_t i = 0; i < cube->n; i++) {
        const struct dimension *d = &cube->dim[i];
        if (d->size == 1 || dates_rows(feed, d))
            continue;
        for (size_t s = 0; s < feed->n_series; s++)
            if (!selected(feed, d, (int)s))
                return gnm_fail(why, -EBADMSG, "dimension \"%.40s\" has %zu codes and series %s chooses none of them", d->name, d->size,
                                feed->series[s].name);
    }
    for (size_t i = 0; i < feed->n_paths; i++) {
        size_t d = 0;
        while (feed->path[i].kind == PATH_NAME && d < cube->n && cube->dim[d].slot != (int)i)
            d++;
        if (feed->path[i].kind == PATH_NAME && d == cube->n)
            return gnm_fail(why, -EBADMSG, "the answer has no dimension \"%.60s\"", feed->path[i].text);
    }
    return 0;
}

static int take_cell(struct reader *r, const struct cube *cube, size_t at, const struct json *node, struct gnm_why *why)
{
    if (json_type(node) == JSON_NULL)
        return 0;
    for (size_t i = 0; i < cube->n; i++) {
        const struct dimension *d = &cube->dim[i];
        if (d->slot != NO_SLOT)
            r->cell[d->slot] = (struct cell){ .kind = CELL_TEXT, .text = d->code[at / d->stride % d->size] };
    }
    for (size_t i = 0; i < r->feed->n_paths; i++)
        if (r->feed->path[i].kind == PATH_SELF)
            r->cell[i] = (struct cell){ .kind = CELL_NODE, .node = node };
    return reader_row(r, why);
}

static int take_values(struct reader *r, const struct cube *cube, const struct json *value, struct gnm_why *why)
{
    int err = 0, keyed = json_type(value) == JSON_OBJECT;
    if (!keyed && json_type(value) != JSON_ARRAY)
        return gnm_fail(why, -EBADMSG, "the answer's \"value\" is neither array nor object");
    if (!keyed && json_size(value) != cube->cells)
        return gnm_fail(why, -EBADMSG, "the answer's \"value\" has %zu elements, its sizes say %zu", json_size(value), cube->cells);
    size_t order = 0;
    for (const struct json *node = json_first(value); node != NULL && err == 0; node = json_next(node), order++) {
        int64_t at = (int64_t)order;
        if (keyed && text_int(json_name(node), 0, (int64_t)cube->cells - 1, &at) < 0)
            return gnm_fail(why, -EBADMSG, "the answer's \"value\" has a position outside its sizes");
        err = take_cell(r, cube, (size_t)at, node, why);
    }
    return err;
}

int source_jsonstat(struct reader *r, const struct json *doc, struct gnm_why *why)
{
    struct cube cube = { .n = 0 };
    const struct json *value = json_member(doc, "value");
    if (value == NULL)
        return gnm_fail(why, -EBADMSG, "the answer has no \"value\"");
    reader_constants(r, doc);
    int err = read_shape(r->feed, doc, &cube, why);
    if (err == 0)
        err = check_shape(r->feed, &cube, why);
    for (size_t i = 0; i < cube.n && err == 0; i++)
        if (cube.dim[i].slot != NO_SLOT)
            err = read_codes(&cube.dim[i], doc, why);
    if (err == 0)
        err = take_values(r, &cube, value, why);
    cube_free(&cube);
    return err;
}
