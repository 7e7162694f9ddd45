/* How a file writes its dates and numbers, found from all of its rows. What stays open is refused: a guess would move sales to another month or
 * multiply them by a thousand, and nobody would see it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "features/intake_sheet.h"

/* ---- dates ---- */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct parts { int value[3], digits[3]; char mark; };

static int is_midnight(const char *text)
{
    static const char *const forms[] = { "", "T00:00", "T00:00:00", "T00:00:00Z", "T00:00:00.000", "T00:00:00.000Z", "T00:00:00+00:00" };
    char form[24];
    if (strlen(text) >= sizeof form)
        return 0;
    strcpy(form, text);
    if (form[0] == ' ')
        form[0] = 'T';
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(form, forms[i]) == 0)
            return 1;
    return 0;
}

static int compact(const char *text, struct parts *ret)
{
    int value = 0;
    for (size_t i = 0; i < 8; i++) {
        if (!is_digit(text[i]))
            return 0;
        value = value * 10 + (text[i] - '0');
    }
    if (!is_midnight(text + 8))
        return 0;
    *ret = (struct parts){ { value / 10000, value / 100 % 100, value % 100 }, { 4, 2, 2 }, 0 };
    return 1;
}

/* Three groups of digits with one mark between them, at most midnight behind. */
static int split_date(const char *text, struct parts *ret)
{
    struct parts p = { .mark = 0 };
    if (compact(text, ret))
        return 1;
    for (int i = 0; i < 3; i++) {
        for (; is_digit(*text) && p.digits[i] < 5; text++, p.digits[i]++)
            p.value[i] = p.value[i] * 10 + (*text - '0');
        if (p.digits[i] == 0)
            return 0;
        if (i == 2)
            break;
        if ((*text != '-' && *text != '/' && *text != '.') || (i == 1 && *text != p.mark))
            return 0;
        p.mark = *text++;
    }
    if (!is_midnight(text))
        return 0;
    *ret = p;
    return 1;
}

struct date_count { size_t year_first, year_last, day_first, month_first; int day_line, month_line; char first_mark, last_mark; };

static void count_date(const char *text, int line, struct date_count *c)
{
    struct parts p;
    if (!split_date(text, &p))
        return;
    if (p.digits[0] == 4) {
        if (c->year_first++ == 0)
            c->first_mark = p.mark;
        return;
    }
    if (p.digits[2] != 4)
        return;
    if (c->year_last++ == 0)
        c->last_mark = p.mark;
    if (p.mark == '.' || (p.value[0] > 12 && p.value[1] <= 12)) {       /* nobody writes 12.31.2025 */
        c->day_first++;
        c->day_line = line;
    } else if (p.value[1] > 12 && p.value[0] <= 12) {
        c->month_first++;
        c->month_line = line;
    }
}

static int settle_order(const struct date_count *c, struct intake_style *ret, struct gnm_why *why)
{
    ret->year_last = c->year_last > c->year_first;
    ret->mark = ret->year_last ? c->last_mark : c->year_first ? c->first_mark : '-';
    ret->order = c->month_first > c->day_first ? ORDER_MDY : ORDER_DMY;
    size_t more = c->month_first > c->day_first ? c->month_first : c->day_first, less = c->month_first + c->day_first - more;
    if (c->year_last > 0 && more == 0)
        return gnm_fail(why, -EINVAL, "dates like 03/04/2025 can be day/month or month/day and no line of the file settles it; write YYYY-MM-DD");
    if (less * 20 > more)
        return gnm_fail(why, -EINVAL, "dates are day first on line %d and month first on line %d; write YYYY-MM-DD", c->day_line, c->month_line);
    return 0;
}

const char *style_day(const struct intake_style *style, const char *text, int64_t *ret)
{
    struct parts p;
    if (!split_date(text, &p))
        return text[0] == '\0' ? "no date" : "not a date";
    int year = p.value[0], month = p.value[1], mday = p.value[2];
    if (p.digits[0] != 4) {
        year = p.value[2];
        month = p.value[style->order == ORDER_MDY ? 0 : 1];
        mday = p.value[style->order == ORDER_MDY ? 1 : 0];
        if (p.digits[2] != 4)
            return "a year needs four digits";
    }
    if (year < 1900 || year > 2199)
        return "the year is outside 1900..2199";
    if (month < 1 || month > 12 || mday < 1 || mday > civil_month_length(year, month))
        return "no such day";
    *ret = civil_day(year, month, mday);
    return NULL;
}

/* ---- numbers ---- */

enum number_form { FORM_PLAIN, FORM_POINT, FORM_COMMA, FORM_POINT3, FORM_COMMA3, FORM_OTHER };

static enum number_form number_form(const char *text)
{
    size_t dots = 0, commas = 0, digits_before = 0;
    const char *last = NULL, *first_digit = text + strcspn(text, "0123456789");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c != '.' && *c != ',') {
            digits_before += last == NULL && is_digit(*c);
            continue;
        }
        dots += *c == '.';
        commas += *c == ',';
        last = c;
    }
    if (last == NULL)
        return FORM_PLAIN;
    if (dots > 0 && commas > 0)
        return *last == ',' && commas == 1 ? FORM_COMMA : *last == '.' && dots == 1 ? FORM_POINT : FORM_OTHER;
    if (dots + commas > 1)
        return dots > 0 ? FORM_COMMA : FORM_POINT;        /* 1.234.567 has thousands points, 1,234,567 thousands commas */
    int maybe_thousands =
        digits_before >= 1 && digits_before <= 3 && *first_digit != '0' && strlen(last + 1) == 3 && strspn(last + 1, "0123456789") == 3;
    if (dots > 0)
        return maybe_thousands ? FORM_POINT3 : FORM_POINT;
    return maybe_thousands ? FORM_COMMA3 : FORM_COMMA;
}

static int settle_numbers(const struct intake_sheet *sheet, const size_t count[FORM_OTHER + 1], int open_line, struct intake_style *ret,
                          struct gnm_why *why)
{
    ret->decimal_comma = count[FORM_COMMA] > count[FORM_POINT];
    if (sheet->kind == INTAKE_STATIC || count[FORM_COMMA] + count[FORM_POINT] > 0)
        return 0;
    if (count[FORM_COMMA3] > 0)
        return gnm_fail(why, -EINVAL, "numbers like 1,234 (line %d) can be 1234 or 1.234 and no line of the file settles it; write 1234 or 1.234",
                        open_line);
    if (count[FORM_POINT3] > 0 && sheet->separator == ';')
        return gnm_fail(why, -EINVAL,
                        "numbers like 1.234 between semicolons (line %d) can be 1234 or 1,234 and no line settles it; write 1234 or 1,2340",
                        open_line);
    return 0;
}

/* Length of a thousands mark at `c`: 0 when there is none. Spaces come plain, as U+00A0 and as U+202F. */
static size_t group_mark(const char *c, char group)
{
    if (*c == group || *c == ' ' || *c == '\'')
        return 1;
    if (strncmp(c, "\xC2\xA0", 2) == 0)
        return 2;
    return strncmp(c, "\xE2\x80\xAF", 3) == 0 ? 3 : 0;
}

const char *style_number(const struct intake_style *style, const char *text, double *ret)
{
    char plain[64];
    size_t n = 0;
    int decimal = 0;
    const char point = style->decimal_comma ? ',' : '.', group = style->decimal_comma ? '.' : ',';
    for (const char *c = text; *c != '\0';) {
        size_t mark = group_mark(c, group);
        if (n + 1 >= sizeof plain)
            return "not a number";
        if (mark > 0) {
            c += mark;
            if (decimal || n == 0 || !is_digit(plain[n - 1]) || strspn(c, "0123456789") != 3)
                return style->decimal_comma ? "not a number with a decimal comma" : "not a number";
            continue;
        }
        decimal |= *c == point;
        plain[n++] = *c == point ? '.' : *c;
        c++;
    }
    plain[n] = '\0';
    int rc = text_double(plain, ret);
    if (rc == -ERANGE)
        return "outside -1e15..1e15";
    return rc == 0 ? NULL : style->decimal_comma ? "not a number with a decimal comma" : "not a number";
}

/* ---- the whole file ---- */

int style_find(const struct intake_sheet *sheet, struct intake_style *ret, struct gnm_why *why)
{
    struct date_count dates = { 0 };
    size_t count[FORM_OTHER + 1] = { 0 };
    int open_line = 0;
    struct intake_style style = { 0 };
    for (size_t i = 0; i < sheet->n; i++) {
        const struct intake_raw *raw = &sheet->raw[i];
        if (raw->bad != 0)
            continue;
        count_date(sheet_text(sheet, raw, CELL_DATE), raw->line, &dates);
        count_date(sheet_text(sheet, raw, CELL_AVAILABLE), raw->line, &dates);
        if (!isnan(raw->number))
            continue;
        enum number_form form = number_form(sheet_text(sheet, raw, CELL_VALUE));
        if (count[form]++ == 0 && (form == FORM_COMMA3 || form == FORM_POINT3))
            open_line = raw->line;
    }
    int rc = settle_order(&dates, &style, why);
    if (rc == 0)
        rc = settle_numbers(sheet, count, open_line, &style, why);
    style.grouped = style.decimal_comma ? count[FORM_POINT3] > 0 : count[FORM_COMMA3] > 0;
    if (rc == 0)
        *ret = style;
    return rc;
}

static const char *describe_dates(const struct intake_style *style, char *ret, size_t size)
{
    static const char *const part[3][3] = { { "year", "month", "day" }, { "day", "month", "year" }, { "month", "day", "year" } };
    const char *const *p = part[style->year_last ? style->order : ORDER_YMD];
    char mark[2] = { style->mark, '\0' };
    snprintf(ret, size, "dates %s%s%s%s%s", p[0], mark, p[1], mark, p[2]);
    return ret;
}

void style_describe(const struct intake_sheet *sheet, const struct intake_style *style, size_t n_empty, char *ret, size_t size)
{
    char dates[48], empty[48] = "", separator[24] = "separator tab";
    if (sheet->separator != '\t')
        snprintf(separator, sizeof separator, "separator '%c'", sheet->separator);
    if (n_empty > 0)
        snprintf(empty, sizeof empty, ", %zu empty values skipped", n_empty);
    snprintf(ret, size, "%s, decimal %s%s%s%s%s", sheet->is_array ? "JSON array" : sheet->is_json ? "JSON lines" : separator,
             style->decimal_comma ? "comma" : "point", style->grouped ? " with thousands marks" : "", sheet->kind == INTAKE_STATIC ? "" : ", ",
             sheet->kind == INTAKE_STATIC ? "" : describe_dates(style, dates, sizeof dates), empty);
}
