#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/backtest.h"
#include "features/intake.h"
#include "features/panel_period.h"

enum { FILE_MAX_MIB = 512, DAY_S = 86400 };

struct span { int64_t first, last; };

static int refuse_repeat(const char *path, const struct intake *in, struct gnm_why *why)
{
    const struct intake_repeat *r = &in->repeat;
    char date[11], key[GNM_ID + 16] = "";
    civil_format_date(r->row.day, date);
    if (in->kind != INTAKE_ACTIVITY)
        snprintf(key, sizeof key, ", %s '%s'", in->kind == INTAKE_DRIVERS ? "driver" : "key", r->row.key);
    gnm_fail(why, -EINVAL, "%s: line %d says again what line %d says: %s%s%s%s%s%s%s", path, r->line, r->first,
             r->row.series[0] != '\0' ? "series '" : "all series", r->row.series, r->row.series[0] != '\0' ? "'" : "", key,
             in->kind == INTAKE_STATIC ? "" : ", date ", in->kind == INTAKE_STATIC ? "" : date,
             in->kind == INTAKE_DRIVERS ? ", available at the same time" : "");
    return EX_DATAERR;
}

/* A yardstick that leaves out lines measures something else than was asked: what the inbox takes with a remark is an error here. */
static int refuse_bad_lines(const char *path, const struct intake *in, struct gnm_why *why)
{
    if (in->n_repeats > 0)
        return refuse_repeat(path, in, why);
    if (in->n_rejected == 0)
        return 0;
    gnm_fail(why, -EINVAL, "%s: line %d: %s", path, in->reject[0].line, in->reject[0].reason);
    if (in->n_rejected > 1)
        gnm_fail(why, -EINVAL, "%s: line %d: %s (and %zu more bad lines)", path, in->reject[0].line, in->reject[0].reason, in->n_rejected - 1);
    return EX_DATAERR;
}

static int check_kind(const char *path, const struct intake *in, enum intake_kind kind, struct gnm_why *why)
{
    if (in->kind == kind)
        return 0;
    gnm_fail(why, -EINVAL, "%s: these columns are not those of %s", path,
             kind == INTAKE_ACTIVITY ? "activity" : kind == INTAKE_DRIVERS ? "drivers" : "static facts");
    return EX_DATAERR;
}

static int read_rows(const char *path, enum intake_kind kind, struct intake *ret, struct gnm_why *why)
{
    char *data, name[GNM_ID];
    size_t len;
    if (file_read(path, (size_t)FILE_MAX_MIB << 20, &data, &len, why) < 0)
        return EX_NOINPUT;
    const char *slash = strrchr(path, '/');
    snprintf(name, sizeof name, "%s", slash != NULL ? slash + 1 : path);
    char *dot = strrchr(name, '.');
    if (dot != NULL && dot != name)
        *dot = '\0';
    int rc = intake_read(data, len, name, ret, why);
    free(data);
    if (rc < 0) {
        gnm_fail_in(why, "%s: ", path);
        return EX_DATAERR;
    }
    rc = check_kind(path, ret, kind, why);
    if (rc == 0)
        rc = refuse_bad_lines(path, ret, why);
    if (rc != 0)
        intake_free(ret);
    return rc;
}

static int no_memory(struct gnm_why *why)
{
    gnm_fail(why, -ENOMEM, "no memory for the data");
    return EX_OSERR;
}

static int too_many(const char *path, int line, struct gnm_why *why)
{
    gnm_fail(why, -EINVAL, "%s: line %d: more than %d series", path, line, PANEL_SERIES_MAX);
    return EX_DATAERR;
}

static int load_activity(const char *path, struct panel *panel, struct span *span, struct gnm_why *why)
{
    struct intake in;
    int rc = read_rows(path, INTAKE_ACTIVITY, &in, why);
    if (rc != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < in.n; i++) {
        int series = panel_series(panel, in.row[i].series);
        if (series == -EINVAL)
            rc = too_many(path, in.row[i].line, why);
        else if (series < 0 || panel_activity(panel, series, in.row[i].day, in.row[i].value, in.row[i].available_s) < 0)
            rc = no_memory(why);
        span->first = in.row[i].day < span->first ? in.row[i].day : span->first;
        span->last = in.row[i].day > span->last ? in.row[i].day : span->last;
        /* Refunds are values: a series that shows one is forecast below zero too. */
        if (rc == 0 && in.row[i].value < 0)
            panel_series_options(panel, series, 0, 0);
    }
    intake_free(&in);
    return rc;
}

/* A file's dates are local: midnight UTC stands for the start of that local day. */
static int64_t local_moment(const struct zone *zone, int64_t available_s)
{
    if (zone == NULL || available_s == GNM_ALWAYS || available_s == GNM_NEVER || available_s % DAY_S != 0)
        return available_s;
    return zone_day_start_s(zone, available_s / DAY_S);
}

static int load_drivers(const struct backtest_args *args, struct backtest_data *data, struct gnm_why *why)
{
    struct intake in;
    int rc = read_rows(args->drivers, INTAKE_DRIVERS, &in, why);
    if (rc != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < in.n; i++) {
        const struct intake_row *row = &in.row[i];
        int series = row->series[0] == '\0' ? -1 : panel_find_series(data->panel, row->series);
        if (series < 0 && row->series[0] != '\0') {
            data->n_skipped++;
            continue;
        }
        if (panel_driver(data->panel, row->key, series, row->day, row->value, local_moment(data->zone, row->available_s)) < 0)
            rc = no_memory(why);
    }
    intake_free(&in);
    return rc;
}

static int load_static(const struct backtest_args *args, struct backtest_data *data, struct gnm_why *why)
{
    struct intake in;
    int rc = read_rows(args->statics, INTAKE_STATIC, &in, why);
    if (rc != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < in.n; i++) {
        int series = panel_find_series(data->panel, in.row[i].series);
        if (series >= 0 && panel_static(data->panel, series, in.row[i].key, in.row[i].text) < 0)
            rc = no_memory(why);
    }
    intake_free(&in);
    return rc;
}

static int add_holiday(struct panel *panel, const struct holiday *holiday, struct gnm_why *why)
{
    char name[GNM_ID];
    snprintf(name, sizeof name, "holiday_%s", holiday->name);
    int rc = panel_driver(panel, name, -1, holiday->day, 1, GNM_ALWAYS);
    if (rc == 0)
        rc = panel_role(panel, name, PANEL_EVENT);
    return rc < 0 ? no_memory(why) : 0;
}

static int load_calendar(const char *calendar, struct panel *panel, const struct span *span, struct gnm_why *why)
{
    char country[8] = "", first[11], last[11];
    const char *dash = strchr(calendar, '-');
    size_t len = dash != NULL ? (size_t)(dash - calendar) : strlen(calendar);
    if (len >= sizeof country) {
        gnm_fail(why, -EINVAL, "'%s' is not a country code", calendar);
        return EX_USAGE;
    }
    memcpy(country, calendar, len);
    civil_format_date(span->first, first);
    civil_format_date(span->last, last);
    for (int year = atoi(first) - 1; year <= atoi(last) + 2; year++) {
        struct holiday list[HOLIDAYS_MAX];
        int n = holiday_list(country, dash != NULL ? dash + 1 : NULL, year, list);
        if (n < 0) {
            gnm_fail(why, n, "no public holidays are known for '%s'", calendar);
            return EX_USAGE;
        }
        for (int i = 0; i < n; i++)
            if (add_holiday(panel, &list[i], why) != 0)
                return EX_OSERR;
    }
    return 0;
}

static int load_zone(const char *name, struct zone **ret, struct gnm_why *why)
{
    char path[256], *data;
    size_t len;
    if (strstr(name, "..") != NULL || name[0] == '/') {
        gnm_fail(why, -EINVAL, "'%s' is not a time zone", name);
        return EX_USAGE;
    }
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    if (file_read(path, 1 << 20, &data, &len, why) < 0)
        return EX_USAGE;
    *ret = zone_new(data, len, why);
    free(data);
    return *ret == NULL ? EX_USAGE : 0;
}

static int apply_role(struct panel *panel, const char *pair, struct gnm_why *why)
{
    static const char *const names[] = { "number", "event", "onset", "price", "closed" };
    const char *equals = strchr(pair, '=');
    char driver[GNM_ID];
    if (equals == NULL || (size_t)(equals - pair) >= sizeof driver) {
        gnm_fail(why, -EINVAL, "--role %s: expected NAME=onset|price|closed|event|number", pair);
        return EX_USAGE;
    }
    memcpy(driver, pair, (size_t)(equals - pair));
    driver[equals - pair] = '\0';
    for (int role = PANEL_NUMBER; role < PANEL_ROLES; role++)
        if (strcmp(equals + 1, names[role]) == 0)
            return panel_role(panel, driver, (enum panel_role)role) < 0 ? no_memory(why) : 0;
    gnm_fail(why, -EINVAL, "--role %s: '%s' is not a role", pair, equals + 1);
    return EX_USAGE;
}

static int add_case(struct backtest_data *data, const char *name, int64_t origin, int horizon, struct gnm_why *why)
{
    if (data->n_cases >= BACKTEST_SPLITS || horizon < 1 || horizon > MODEL_HORIZON_MAX) {
        gnm_fail(why, -EINVAL, "split %s: %d periods or more than %d splits", name, horizon, BACKTEST_SPLITS);
        return EX_DATAERR;
    }
    struct backtest_case *one = &data->cases[data->n_cases++];
    snprintf(one->name, sizeof one->name, "%s", name);
    one->split = (struct backtest_split){ panel_label(data->panel, panel_period(data->panel, origin)), horizon };
    return 0;
}

struct split_reader { struct backtest_data *data; int at[3], rows, rc; };      /* columns of split, train_end, horizon */

static int split_header(struct split_reader *r, char **field, size_t n, struct gnm_why *why)
{
    static const char *const names[] = { "split", "train_end", "horizon" };
    for (int k = 0; k < 3; k++) {
        r->at[k] = -1;
        for (size_t i = 0; i < n; i++)
            if (strcmp(field[i], names[k]) == 0)
                r->at[k] = (int)i;
        if (r->at[k] < 0)
            return gnm_fail(why, -EINVAL, "no column '%s'", names[k]);
    }
    return 0;
}

static int split_row(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct split_reader *r = ctx;
    if (r->rows++ == 0)
        return split_header(r, field, n, why);
    int64_t day, horizon;
    for (int k = 0; k < 3; k++)
        if ((size_t)r->at[k] >= n)
            return gnm_fail(why, -EINVAL, "line %d has %zu columns", line, n);
    if (civil_parse_date(field[r->at[1]], &day) < 0 || text_int(field[r->at[2]], 1, MODEL_HORIZON_MAX, &horizon) < 0)
        return gnm_fail(why, -EINVAL, "line %d: train_end is no date or horizon no number of 1..%d", line, MODEL_HORIZON_MAX);
    return add_case(r->data, field[r->at[0]], day, (int)horizon, why) == 0 ? 0 : -EINVAL;
}

static int load_splits(const char *path, struct backtest_data *data, struct gnm_why *why)
{
    char *text;
    size_t len;
    if (file_read(path, 1 << 20, &text, &len, why) < 0)
        return EX_NOINPUT;
    struct split_reader reader = { .data = data };
    int rc = csv_read(text, len, csv_separator(text, len), split_row, &reader, why);
    free(text);
    if (rc < 0) {
        gnm_fail_in(why, "%s: ", path);
        return EX_DATAERR;
    }
    return 0;
}

/* Rolling origins, oldest first; the i-th newest is the last date minus the horizon minus i steps. */
static int make_origins(const struct backtest_args *args, struct backtest_data *data, struct gnm_why *why)
{
    int64_t last = args->last_day == GNM_NEVER ? panel_last_label(data->panel) : args->last_day;
    int end = panel_period(data->panel, last), step = args->step > 0 ? args->step : args->horizon, rc = 0;
    for (int i = args->origins - 1; rc == 0 && i >= 0; i--) {
        char name[32];
        snprintf(name, sizeof name, "R%d", args->origins - i);
        rc = add_case(data, name, panel_label(data->panel, end - args->horizon - i * step), args->horizon, why);
    }
    return rc;
}

static int choose_series(const struct backtest_args *args, struct backtest_data *data, struct gnm_why *why)
{
    size_t n = panel_series_count(data->panel);
    data->chosen = calloc(n + 1, 1);
    if (data->chosen == NULL)
        return no_memory(why);
    memset(data->chosen, args->series.n == 0, n);
    for (size_t i = 0; i < args->series.n; i++) {
        int series = panel_find_series(data->panel, args->series.name[i]);
        if (series < 0) {
            gnm_fail(why, -ENOENT, "%s has no series '%s'", args->activity, args->series.name[i]);
            return EX_DATAERR;
        }
        data->chosen[series] = 1;
    }
    return 0;
}

static int load_panel(const struct backtest_args *args, struct backtest_data *data, struct gnm_why *why)
{
    struct span span = { INT64_MAX, INT64_MIN };
    int rc = args->zone != NULL ? load_zone(args->zone, &data->zone, why) : 0;
    if (rc == 0 && panel_new(data->zone, &data->panel, why) < 0)
        rc = EX_OSERR;
    if (rc == 0)
        rc = load_activity(args->activity, data->panel, &span, why);
    if (rc == 0 && panel_series_count(data->panel) == 0) {
        gnm_fail(why, -ENODATA, "%s holds no activity", args->activity);
        rc = EX_DATAERR;
    }
    if (rc == 0 && args->drivers != NULL)
        rc = load_drivers(args, data, why);
    if (rc == 0 && args->statics != NULL)
        rc = load_static(args, data, why);
    if (rc == 0 && args->calendar != NULL)
        rc = load_calendar(args->calendar, data->panel, &span, why);
    for (size_t i = 0; rc == 0 && i < args->roles.n; i++)
        rc = apply_role(data->panel, args->roles.name[i], why);
    for (size_t i = 0; rc == 0 && i < args->known.n; i++)
        rc = panel_known(data->panel, args->known.name[i]) < 0 ? no_memory(why) : 0;
    return rc == 0 && panel_seal(data->panel, why) < 0 ? EX_DATAERR : rc;
}

int backtest_load(const struct backtest_args *args, struct backtest_data *ret, struct gnm_why *why)
{
    memset(ret, 0, sizeof *ret);
    int rc = load_panel(args, ret, why);
    if (rc == 0)
        rc = choose_series(args, ret, why);
    ret->cases = calloc(BACKTEST_SPLITS, sizeof *ret->cases);
    if (rc == 0 && ret->cases == NULL)
        rc = no_memory(why);
    if (rc == 0)
        rc = args->splits != NULL ? load_splits(args->splits, ret, why) : make_origins(args, ret, why);
    if (rc == 0 && ret->n_cases == 0) {
        gnm_fail(why, -ENODATA, "there is no split to judge");
        rc = EX_DATAERR;
    }
    return rc;
}

void backtest_unload(struct backtest_data *data)
{
    panel_free(data->panel);
    zone_free(data->zone);
    free(data->chosen);
    free(data->cases);
    memset(data, 0, sizeof *data);
}
