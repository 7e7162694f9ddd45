/* Private to intake: the file as rows of five named cells, before any of them is understood. Both notations (CSV, JSON) end here, so that dates and
 * numbers are judged over the whole file, once, by one set of rules. */
#ifndef FEATURES_INTAKE_SHEET_H
#define FEATURES_INTAKE_SHEET_H

#include "base/text.h"
#include "features/intake.h"

enum intake_cell { CELL_SERIES, CELL_KEY, CELL_DATE, CELL_VALUE, CELL_AVAILABLE, CELLS };

struct intake_raw {
    int line;
    uint32_t at[CELLS];           /* offsets into the arena; 0 is the empty text */
    uint32_t bad;                 /* offset of the reason why this line cannot be read, 0 when it can */
    double number;                /* a JSON number; NaN when the value is text */
};

struct intake_sheet {
    enum intake_kind kind;
    int has_series, is_json, is_array;
    char separator;
    struct intake_raw *raw;
    size_t n, cap, n_lines;
    struct text arena;
    uint32_t last_series, last_key;
};

/* How this file writes dates and numbers. */
enum intake_order { ORDER_YMD, ORDER_DMY, ORDER_MDY };
struct intake_style {
    enum intake_order order;      /* of dates with the year last; year-first dates are always year, month, day */
    char mark;                    /* between the parts of a date, 0 for YYYYMMDD */
    int year_last, decimal_comma, grouped;
};

int sheet_read(const char *data, size_t len, struct intake_sheet *sheet, struct gnm_why *why);   /* free with sheet_free also on failure */
int sheet_read_csv(const char *data, size_t len, struct intake_sheet *sheet, struct gnm_why *why);
int sheet_read_json(const char *data, size_t len, struct intake_sheet *sheet, struct gnm_why *why);
void sheet_free(struct intake_sheet *sheet);
/* The next row, zeroed but for `line` and `number`; NULL when memory is short. */
struct intake_raw *sheet_add(struct intake_sheet *sheet, int line);
/* Keeps a text, remembering the last series and key because they repeat; -ENOMEM. */
int sheet_keep(struct intake_sheet *sheet, enum intake_cell cell, const char *text, uint32_t *ret);
const char *sheet_text(const struct intake_sheet *sheet, const struct intake_raw *raw, enum intake_cell cell);
/* Which cell a column or member of this name is: CELL_..., or -1. */
int sheet_cell_of(const char *name);

int style_find(const struct intake_sheet *sheet, struct intake_style *ret, struct gnm_why *why);
void style_describe(const struct intake_sheet *sheet, const struct intake_style *style, size_t n_empty, char *ret, size_t size);
/* NULL, or the reason in words. */
const char *style_day(const struct intake_style *style, const char *text, int64_t *ret);
const char *style_number(const struct intake_style *style, const char *text, double *ret);

#endif
