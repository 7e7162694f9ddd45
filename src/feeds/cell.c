/* A cell: the value a path has in the current row, whatever the format. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "feeds/extract.h"

const char *cell_string(const struct cell *cell)
{
    return cell->kind == CELL_TEXT ? cell->text : cell->kind == CELL_NODE ? json_string(cell->node) : NULL;
}

int cell_text(const struct cell *cell, char *ret, size_t size)
{
    switch (cell->kind) {
    case CELL_TEXT:
        return text_copy(ret, size, cell->text) < 0 ? -EINVAL : 0;
    case CELL_NODE:
        return json_text(cell->node, ret, size) < 0 ? -EINVAL : 0;
    case CELL_NUMBER:
        return snprintf(ret, size, "%.15g", cell->number) < (int)size ? 0 : -EINVAL;
    default:
        return -ENOENT;
    }
}

static int number_in(const char *text, double *ret)
{
    char copy[64];
    if (text_copy(copy, sizeof copy, text) < 0)
        return -EINVAL;
    const char *t = text_trim(copy);
    if (t[0] == '\0' || strcmp(t, "-") == 0 || strcmp(t, ":") == 0 || strcmp(t, "NaN") == 0 || strcmp(t, "null") == 0)
        return -ENODATA;
    return text_double(t, ret) < 0 ? -EINVAL : 0;
}

int cell_number(const struct cell *cell, double *ret)
{
    double x;
    int err = -ENODATA;
    if (cell->kind == CELL_NUMBER)
        err = 0, x = cell->number;
    else if (cell->kind == CELL_TEXT)
        err = number_in(cell->text, &x);
    else if (cell->kind == CELL_NODE)
        err = json_number(cell->node, &x);
    if (err < 0)
        return err;
    if (!isfinite(x))
        return -EINVAL;
    *ret = x;
    return 0;
}

static int in_list(const char *list, const char *text)
{
    size_t len = strlen(text);
    for (const char *word = list; ; word++) {
        word += strspn(word, " ");
        size_t n = strcspn(word, ",");
        size_t used = n;
        while (used > 0 && word[used - 1] == ' ')
            used--;
        if (used == len && memcmp(word, text, len) == 0)
            return 1;
        word += n;
        if (*word == '\0')
            return 0;
    }
}

/* The text of a cell, in `space` when it must be made; NULL when there is none. */
static const char *view(const struct cell *cell, char *space, size_t size)
{
    const char *text = cell_string(cell);
    return text != NULL ? text : cell_text(cell, space, size) == 0 ? space : NULL;
}

/* Compared as text. What is absent differs from everything. */
int condition_holds(const struct condition *condition, const struct cell *cells)
{
    char space[256], other[256];
    const char *value = condition->other == NO_SLOT ? condition->value : view(&cells[condition->other], other, sizeof other);
    const char *text = view(&cells[condition->slot], space, sizeof space);
    if (value == NULL || text == NULL)
        return condition->op == IS_NOT;
    if (condition->op == IS_IN)
        return in_list(value, text);
    return (strcmp(value, text) == 0) == (condition->op == IS);
}
