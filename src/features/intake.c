#include "features/intake.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "almanac/civil.h"
#include "features/intake_sheet.h"

enum { DAY_S = 86400, REFUSE_PER_BAD = 5 };    /* a file with more than one bad line in five is refused */

static void add_reject(struct intake *made, int line, const char *reason, const char *text)
{
    size_t max = sizeof made->reject / sizeof made->reject[0];
    if (made->n_rejected < max) {
        struct intake_reject *r = &made->reject[made->n_rejected];
        char shown[64];
        text_clean(shown, sizeof shown, text, strlen(text));
        r->line = line;
        snprintf(r->reason, sizeof r->reason, text[0] ? "%.90s: '%s'" : "%.90s", reason, shown);
    }
    made->n_rejected++;
}

/* An identifier goes into logs, file names and a database: it must be short, printable UTF-8. */
static const char *take_id(char ret[GNM_ID], const char *text)
{
    char clean[GNM_ID];
    if (strlen(text) >= GNM_ID)
        return "a name has more than 63 bytes";
    text_clean(clean, sizeof clean, text, strlen(text));
    if (strcmp(clean, text) != 0)
        return "a name is not printable UTF-8";
    memcpy(ret, clean, strlen(clean) + 1);
    return NULL;
}

static const char *take_available(const struct intake_style *style, const char *text, int64_t otherwise, int64_t *ret)
{
    int64_t day = 0;
    *ret = otherwise;
    if (text[0] == '\0')
        return NULL;
    if (strcasecmp(text, "always") == 0)
        *ret = GNM_ALWAYS;
    else if (style_day(style, text, &day) == NULL)
        *ret = day * DAY_S;
    else if (civil_parse_time(text, ret) != 0)
        return "available is neither always, a date nor an RFC 3339 time";
    return NULL;
}

struct filling { const struct intake_sheet *sheet; struct intake_style style; const char *name; size_t n_empty; };

/* Dates, number and availability of a row with a date. `*text` is what to quote with the reason. */
static const char *take_dated(const struct filling *f, const struct intake_raw *raw, struct intake_row *row, const char **text)
{
    const char *bad = style_day(&f->style, *text = sheet_text(f->sheet, raw, CELL_DATE), &row->day);
    if (bad != NULL)
        return bad;
    if (isnan(raw->number)) {
        bad = style_number(&f->style, *text = sheet_text(f->sheet, raw, CELL_VALUE), &row->value);
        if (bad != NULL)
            return bad;
    } else {
        row->value = raw->number;
    }
    if (fabs(row->value) > INTAKE_VALUE_MAX)
        return "outside -1e15..1e15";
    int64_t otherwise = f->sheet->kind == INTAKE_ACTIVITY ? GNM_NEVER : (row->day + 1) * DAY_S;
    return take_available(&f->style, *text = sheet_text(f->sheet, raw, CELL_AVAILABLE), otherwise, &row->available_s);
}

static const char *take_static(const struct filling *f, const struct intake_raw *raw, struct intake_row *row, const char **text)
{
    *text = sheet_text(f->sheet, raw, CELL_VALUE);
    char clean[sizeof row->text];
    text_clean(clean, sizeof clean, *text, strlen(*text));
    if (strcmp(clean, *text) != 0)
        return "a value is longer than 63 bytes or not printable UTF-8";
    memcpy(row->text, clean, strlen(clean) + 1);
    row->value = raw->number;
    if (isnan(raw->number) && style_number(&f->style, *text, &row->value) != NULL)
        row->value = NAN;
    return NULL;
}

static const char *take_row(const struct filling *f, const struct intake_raw *raw, struct intake_row *row, const char **text)
{
    enum intake_kind kind = f->sheet->kind;
    *text = sheet_text(f->sheet, raw, CELL_SERIES);
    const char *bad = take_id(row->series, f->sheet->has_series || kind != INTAKE_ACTIVITY ? *text : (*text = f->name));
    if (bad == NULL && row->series[0] == '\0' && kind != INTAKE_DRIVERS)
        return f->sheet->has_series ? "the series is empty" : "the file has no column series and no name to take it from";
    if (bad == NULL)
        bad = take_id(row->key, *text = sheet_text(f->sheet, raw, CELL_KEY));
    if (bad == NULL && row->key[0] == '\0' && kind != INTAKE_ACTIVITY)
        return kind == INTAKE_DRIVERS ? "the driver is empty" : "the key is empty";
    if (bad != NULL)
        return bad;
    return kind == INTAKE_STATIC ? take_static(f, raw, row, text) : take_dated(f, raw, row, text);
}

/* An empty value says "not observed": no row, and nobody's mistake. */
static int is_empty(const struct intake_raw *raw)
{
    return raw->bad == 0 && isnan(raw->number) && raw->at[CELL_VALUE] == 0 && raw->at[CELL_DATE] != 0;
}

static int take_rows(struct filling *f, struct intake *made, struct gnm_why *why)
{
    made->row = malloc((f->sheet->n + 1) * sizeof *made->row);
    if (made->row == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    for (size_t i = 0; i < f->sheet->n; i++) {
        const struct intake_raw *raw = &f->sheet->raw[i];
        struct intake_row *row = &made->row[made->n];
        const char *text = "";
        if (is_empty(raw)) {
            f->n_empty++;
            continue;
        }
        *row = (struct intake_row){ .available_s = GNM_NEVER, .line = raw->line };
        const char *bad = raw->bad ? f->sheet->arena.data + raw->bad : take_row(f, raw, row, &text);
        if (bad == NULL)
            made->n++;
        else
            add_reject(made, raw->line, bad, text);
    }
    return 0;
}

/* ---- the same fact twice ---- */

static int compare_fact(const struct intake_row *a, const struct intake_row *b, enum intake_kind kind)
{
    int d = strcmp(a->series, b->series);
    if (d == 0)
        d = strcmp(a->key, b->key);
    if (d == 0)
        d = (a->day > b->day) - (a->day < b->day);
    if (d == 0 && kind == INTAKE_DRIVERS)
        d = (a->available_s > b->available_s) - (a->available_s < b->available_s);
    return d;
}

static int compare_lines(const struct intake_row *a, const struct intake_row *b)
{
    return (a->line > b->line) - (a->line < b->line);
}

static int by_fact(const void *left, const void *right)
{
    const struct intake_row *a = *(const struct intake_row *const *)left, *b = *(const struct intake_row *const *)right;
    int d = compare_fact(a, b, INTAKE_ACTIVITY);
    return d ? d : compare_lines(a, b);
}

static int by_vintage(const void *left, const void *right)
{
    const struct intake_row *a = *(const struct intake_row *const *)left, *b = *(const struct intake_row *const *)right;
    int d = compare_fact(a, b, INTAKE_DRIVERS);
    return d ? d : compare_lines(a, b);
}

static int is_ascending(const struct intake *made)
{
    for (size_t i = 1; i < made->n; i++)
        if (compare_fact(&made->row[i - 1], &made->row[i], made->kind) >= 0)
            return 0;
    return 1;
}

static int same_value(const struct intake_row *a, const struct intake_row *b, enum intake_kind kind)
{
    return kind == INTAKE_STATIC ? strcmp(a->text, b->text) == 0 : memcmp(&a->value, &b->value, sizeof a->value) == 0 || a->value == b->value;
}

static void drop_later(struct intake *made, const struct intake_row *first, struct intake_row *later)
{
    char reason[96];
    if (made->n_repeats++ == 0 || later->line < made->repeat.line)
        made->repeat = (struct intake_repeat){ later->line, first->line, *later };
    if (!same_value(first, later, made->kind)) {
        snprintf(reason, sizeof reason, "differs from line %d, which says the same %s", first->line,
                 made->kind == INTAKE_STATIC ? "series and key" : "series and date");
        char which[2 * GNM_ID + 16] = "", date[11];
        civil_format_date(later->day, date);
        snprintf(which, sizeof which, "%s%s%s %s", later->series, later->key[0] ? " " : "", later->key, made->kind == INTAKE_STATIC ? later->text : date);
        add_reject(made, later->line, reason, which);
    }
    later->line = 0;              /* the mark of a row to be left out */
}

static void close_up(struct intake *made)
{
    size_t kept = 0;
    for (size_t i = 0; i < made->n; i++)
        if (made->row[i].line != 0)
            made->row[kept++] = made->row[i];
    made->n = kept;
}

static int drop_duplicates(struct intake *made, struct gnm_why *why)
{
    if (is_ascending(made))
        return 0;
    struct intake_row **order = malloc(made->n * sizeof *order);
    if (order == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    for (size_t i = 0; i < made->n; i++)
        order[i] = &made->row[i];
    qsort(order, made->n, sizeof *order, made->kind == INTAKE_DRIVERS ? by_vintage : by_fact);
    for (size_t i = 1, first = 0; i < made->n; i++) {
        if (compare_fact(order[first], order[i], made->kind) == 0)
            drop_later(made, order[first], order[i]);
        else
            first = i;
    }
    free(order);
    close_up(made);
    return 0;
}

static int by_line(const void *left, const void *right)
{
    const struct intake_reject *a = left, *b = right;
    return (a->line > b->line) - (a->line < b->line);
}

static int judge(const struct intake_sheet *sheet, struct intake *made, struct gnm_why *why)
{
    size_t shown = sizeof made->reject / sizeof made->reject[0];
    if (shown > made->n_rejected)
        shown = made->n_rejected;
    qsort(made->reject, shown, sizeof made->reject[0], by_line);
    if (made->n_rejected * REFUSE_PER_BAD > sheet->n)
        return gnm_fail(why, -EINVAL, "%zu of %zu lines are bad; line %d: %s", made->n_rejected, sheet->n, made->reject[0].line,
                        made->reject[0].reason);
    if (made->n == 0 && made->kind == INTAKE_ACTIVITY)
        return gnm_fail(why, -EINVAL, "the file has no line with a value");
    return 0;
}

static int fill(const struct intake_sheet *sheet, const char *name, struct intake *made, struct gnm_why *why)
{
    struct filling f = { .sheet = sheet, .name = name ? name : "" };
    made->kind = sheet->kind;
    made->n_lines = sheet->n_lines;
    int rc = style_find(sheet, &f.style, why);
    if (rc == 0)
        rc = take_rows(&f, made, why);
    if (rc == 0)
        rc = drop_duplicates(made, why);
    if (rc == 0)
        rc = judge(sheet, made, why);
    if (rc == 0)
        style_describe(sheet, &f.style, f.n_empty, made->detected, sizeof made->detected);
    return rc;
}

int intake_read(const char *data, size_t len, const char *name, struct intake *ret, struct gnm_why *why)
{
    struct intake_sheet sheet = { 0 };
    struct intake made = { 0 };
    int rc = sheet_read(data, len, &sheet, why);
    if (rc == 0)
        rc = fill(&sheet, name, &made, why);
    sheet_free(&sheet);
    if (rc == 0)
        *ret = made;
    else
        intake_free(&made);
    return rc;
}

void intake_free(struct intake *intake)
{
    if (intake == NULL)
        return;
    free(intake->row);
    intake->row = NULL;
    intake->n = 0;
}
