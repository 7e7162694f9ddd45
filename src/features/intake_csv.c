#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/csv.h"
#include "features/intake_sheet.h"

struct csv_state {
    struct intake_sheet *sheet;
    int column[CELLS];            /* -1 when the file has no such column */
    size_t width;                 /* columns of the header; 0 before it */
    int wide;                     /* static, one column per key */
    uint32_t *name;               /* wide: the arena offset of each column's name */
};

static int header_cells(struct csv_state *s, char **field, size_t n, int *ret_key_is_driver, struct gnm_why *why)
{
    for (size_t i = 0; i < CELLS; i++)
        s->column[i] = -1;
    for (size_t i = 0; i < n; i++) {
        int cell = sheet_cell_of(text_trim(field[i]));
        if (cell < 0)
            continue;
        if (s->column[cell] >= 0)
            return gnm_fail(why, -EINVAL, "two columns mean the same: '%.40s' and '%.40s'", field[s->column[cell]], field[i]);
        s->column[cell] = (int)i;
        if (cell == CELL_KEY)
            *ret_key_is_driver = strcasecmp(text_trim(field[i]), "driver") == 0;
    }
    return 0;
}

static int header_kind(struct csv_state *s, char **field, size_t n, struct gnm_why *why)
{
    int is_driver = 0;
    int rc = header_cells(s, field, n, &is_driver, why);
    if (rc != 0)
        return rc;
    const int *c = s->column;
    s->sheet->has_series = c[CELL_SERIES] >= 0;
    if (c[CELL_KEY] >= 0)
        s->sheet->kind = is_driver ? INTAKE_DRIVERS : INTAKE_STATIC;
    else if (c[CELL_DATE] < 0 && c[CELL_VALUE] < 0 && c[CELL_SERIES] == 0 && n > 1)
        s->sheet->kind = INTAKE_STATIC, s->wide = 1;
    else
        s->sheet->kind = INTAKE_ACTIVITY;
    if (s->wide)
        return 0;
    if (c[CELL_VALUE] < 0)
        return gnm_fail(why, -EINVAL, "line 1 names no column value or demand; it reads '%.40s%s%.40s'", field[0], n > 1 ? "', '" : "",
                        n > 1 ? field[1] : "");
    if (c[CELL_DATE] < 0 && s->sheet->kind != INTAKE_STATIC)
        return gnm_fail(why, -EINVAL, "line 1 names no column date");
    if (!s->sheet->has_series && s->sheet->kind == INTAKE_STATIC)
        return gnm_fail(why, -EINVAL, "line 1 names no column series");
    return 0;
}

static int keep_names(struct csv_state *s, char **field, size_t n, struct gnm_why *why)
{
    s->name = calloc(n, sizeof *s->name);
    if (s->name == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    for (size_t i = 1; i < n; i++) {
        const char *name = text_trim(field[i]);
        if (name[0] == '\0')
            return gnm_fail(why, -EINVAL, "column %zu has no name in line 1", i + 1);
        if (sheet_keep(s->sheet, CELL_DATE, name, &s->name[i]) != 0)
            return gnm_fail(why, -ENOMEM, "out of memory");
    }
    return 0;
}

static int on_header(struct csv_state *s, char **field, size_t n, struct gnm_why *why)
{
    s->width = n;
    int rc = header_kind(s, field, n, why);
    return rc == 0 && s->wide ? keep_names(s, field, n, why) : rc;
}

/* Trailing empty fields are an exporter's habit; anything else in them is a value that lost its place (a decimal comma between commas). */
static int fields_fit(const struct csv_state *s, char **field, size_t n)
{
    for (size_t i = s->width; i < n; i++)
        if (field[i][0] != '\0')
            return 0;
    for (size_t cell = 0; cell < CELLS; cell++)
        if (s->column[cell] >= (int)n && cell != CELL_AVAILABLE)
            return 0;
    return 1;
}

static int bad_row(struct csv_state *s, size_t n, int line)
{
    char reason[80];
    struct intake_raw *raw = sheet_add(s->sheet, line);
    snprintf(reason, sizeof reason, "%zu fields where the first line names %zu", n, s->width);
    return raw == NULL ? -ENOMEM : sheet_keep(s->sheet, CELL_DATE, reason, &raw->bad);
}

static int long_row(struct csv_state *s, char **field, size_t n, int line)
{
    struct intake_raw *raw = sheet_add(s->sheet, line);
    int rc = raw == NULL ? -ENOMEM : 0;
    for (size_t cell = 0; cell < CELLS && rc == 0; cell++)
        if (s->column[cell] >= 0 && s->column[cell] < (int)n)
            rc = sheet_keep(s->sheet, (enum intake_cell)cell, text_trim(field[s->column[cell]]), &raw->at[cell]);
    return rc;
}

static int wide_row(struct csv_state *s, char **field, size_t n, int line)
{
    int rc = 0;
    for (size_t i = 1; i < n && i < s->width && rc == 0; i++) {
        const char *text = text_trim(field[i]);
        if (text[0] == '\0')
            continue;
        struct intake_raw *raw = sheet_add(s->sheet, line);
        if (raw == NULL)
            return -ENOMEM;
        raw->at[CELL_KEY] = s->name[i];
        rc = sheet_keep(s->sheet, CELL_SERIES, text_trim(field[0]), &raw->at[CELL_SERIES]);
        if (rc == 0)
            rc = sheet_keep(s->sheet, CELL_VALUE, text, &raw->at[CELL_VALUE]);
    }
    return rc;
}

static int on_record(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct csv_state *s = ctx;
    if (s->width == 0)
        return on_header(s, field, n, why);
    s->sheet->n_lines++;
    int rc = !fields_fit(s, field, n) ? bad_row(s, n, line) : s->wide ? wide_row(s, field, n, line) : long_row(s, field, n, line);
    return rc == 0 ? 0 : gnm_fail(why, rc, "out of memory");
}

int sheet_read_csv(const char *data, size_t len, struct intake_sheet *sheet, struct gnm_why *why)
{
    struct csv_state s = { .sheet = sheet };
    sheet->separator = csv_separator(data, len);
    int rc = csv_read(data, len, sheet->separator, on_record, &s, why);
    free(s.name);
    return rc;
}
