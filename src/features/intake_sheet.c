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

/* Files saved by spreadsheets as "Unicode" are UTF-16: say so instead of complaining about every line. */
static int check_bytes(const char *data, size_t len, struct gnm_why *why)
{
    const unsigned char *b = (const unsigned char *)data;
    if (len >= 2 && ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF)))
        return gnm_fail(why, -EINVAL, "the file is UTF-16; save it as UTF-8");
    if (memchr(data, 0, len) != NULL)
        return gnm_fail(why, -EINVAL, "the file holds zero bytes; it is not text");
    return 0;
}

static const char *skip_blank(const char *at, const char *end)
{
    if (end - at >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        at += 3;
    while (at < end && strchr(" \t\r\n", *at) != NULL)
        at++;
    return at;
}

int sheet_read(const char *data, size_t len, struct intake_sheet *sheet, struct gnm_why *why)
{
    if (len > (size_t)1 << 30)
        return gnm_fail(why, -EFBIG, "the file has more than 1 GiB");
    if (len == 0)
        return gnm_fail(why, -EINVAL, "the file is empty");
    int rc = check_bytes(data, len, why);
    if (rc != 0)
        return rc;
    if (text_append(&sheet->arena, "", 1) != 0)
        return gnm_fail(why, -ENOMEM, "out of memory");
    const char *start = skip_blank(data, data + len);
    if (start == data + len)
        return gnm_fail(why, -EINVAL, "the file holds nothing but blanks");
    sheet->is_json = *start == '{' || *start == '[';
    return sheet->is_json ? sheet_read_json(data, len, sheet, why) : sheet_read_csv(data, len, sheet, why);
}
