#include "features/intake_sheet.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct { const char *name; enum intake_cell cell; } known[] = {
    { "series", CELL_SERIES }, { "id", CELL_SERIES },    { "series_id", CELL_SERIES }, { "unique_id", CELL_SERIES },
    { "driver", CELL_KEY },    { "key", CELL_KEY },      { "date", CELL_DATE },        { "day", CELL_DATE },
    { "ds", CELL_DATE },       { "value", CELL_VALUE },  { "demand", CELL_VALUE },     { "y", CELL_VALUE },
    { "available", CELL_AVAILABLE },
};

int sheet_cell_of(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(name, known[i].name) == 0)
            return (int)known[i].cell;
    return -1;
}

struct intake_raw *sheet_add(struct intake_sheet *sheet, int line)
{
    if (sheet->n == sheet->cap) {
        size_t cap = sheet->cap ? sheet->cap * 2 : 1024;
        struct intake_raw *raw = realloc(sheet->raw, cap * sizeof *raw);
        if (raw == NULL)
            return NULL;
        sheet->raw = raw;
        sheet->cap = cap;
    }
    struct intake_raw *raw = &sheet->raw[sheet->n++];
    *raw = (struct intake_raw){ .line = line, .number = NAN };
    return raw;
}

const char *sheet_text(const struct intake_sheet *sheet, const struct intake_raw *raw, enum intake_cell cell)
{
    return sheet->arena.data + raw->at[cell];
}

int sheet_keep(struct intake_sheet *sheet, enum intake_cell cell, const char *text, uint32_t *ret)
{
    uint32_t *last = cell == CELL_SERIES ? &sheet->last_series : cell == CELL_KEY ? &sheet->last_key : NULL;
    if (text[0] == '\0') {
        *ret = 0;
        return 0;
    }
    if (last != NULL && strcmp(sheet->arena.data + *last, text) == 0) {
        *ret = *last;
        return 0;
    }
    uint32_t at = (uint32_t)sheet->arena.len;
    if (sheet->arena.len > UINT32_MAX / 2 || text_append(&sheet->arena, text, strlen(text) + 1) != 0)
        return -ENOMEM;
    *ret = at;
    if (last != NULL)
        *last = at;
    return 0;
}

void sheet_free(struct intake_sheet *sheet)
{
    free(sheet->raw);
    text_free(&sheet->arena);
}
