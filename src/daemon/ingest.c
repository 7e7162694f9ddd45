#include "daemon/ingest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "features/intake.h"

/* ---- series that are new to the database ---- */

struct names { char (*name)[GNM_ID]; size_t n, cap; };

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int names_add(struct names *names, const char *name)
{
    if (names->n == names->cap) {
        size_t cap = names->cap == 0 ? 64 : names->cap * 2;
        void *grown = reallocarray(names->name, cap, GNM_ID);
        if (grown == NULL)
            return -ENOMEM;
        names->name = grown;
        names->cap = cap;
    }
    memset(names->name[names->n], 0, GNM_ID);
    memcpy(names->name[names->n++], name, strnlen(name, GNM_ID - 1));
    return 0;
}

static int collect_known(void *ctx, const struct store_series *series)
{
    return names_add(ctx, series->series);
}

/* `known` is sorted; a name is put once because rows of a series stand together in nearly every file. */
static int put_new_series(struct store *store, const struct intake *in, const char *company, struct names *known, struct gnm_why *why)
{
    const char *previous = "";
    for (size_t i = 0; i < in->n; i++) {
        const char *name = in->row[i].series;
        if (strcmp(name, previous) == 0)
            continue;
        previous = name;
        if (known->n > 0 && bsearch(name, known->name, known->n, GNM_ID, by_name) != NULL)
            continue;
        struct store_series series = { .step = GNM_DAY, .non_negative = 1 };
        memcpy(series.series, name, sizeof series.series);
        memcpy(series.company, company, strnlen(company, sizeof series.company - 1));
        int r = store_series_put(store, &series, why);
        if (r == 0 && names_add(known, name) < 0)
            r = gnm_fail(why, -ENOMEM, "no memory for %zu series", known->n);
        if (r < 0)
            return r;
        qsort(known->name, known->n, GNM_ID, by_name);
    }
    return 0;
}

/* ---- rows ---- */

/* Every vintage carries when it came; that the first value of a period counts as known at its end is decided where panels are made. */
static int put_activity(struct store *store, const struct intake *in, int64_t now_s, size_t *added, struct gnm_why *why)
{
    struct gnm_activity *row = calloc(in->n, sizeof *row);
    if (row == NULL && in->n > 0)
        return gnm_fail(why, -ENOMEM, "no memory for %zu rows", in->n);
    for (size_t i = 0; i < in->n; i++) {
        memcpy(row[i].series, in->row[i].series, sizeof row[i].series);
        row[i].day = in->row[i].day;
        row[i].value = in->row[i].value;
        row[i].available_s = in->row[i].available_s == GNM_NEVER ? now_s : in->row[i].available_s;
        row[i].fetched_s = now_s;
    }
    int r = store_activity(store, row, in->n, added, why);
    free(row);
    return r;
}

/* What comes from a company may move its own series only. */
static int check_owner(struct store *store, const struct intake *in, const char *company, struct gnm_why *why)
{
    const char *previous = NULL;
    int r = 0;
    for (size_t i = 0; i < in->n && r == 0 && company[0] != '\0'; i++) {
        const char *name = in->row[i].series;
        if (previous != NULL && strcmp(name, previous) == 0)
            continue;
        previous = name;
        r = name[0] != '\0' ? store_series_owned(store, name, company, why)
                            : gnm_fail(why, -EPERM, "driver \"%.60s\" names no series: common to all it may come to the box's own inbox only", in->row[i].key);
    }
    return r;
}

static int put_drivers(struct store *store, const struct intake *in, size_t *added, struct gnm_why *why)
{
    struct store_driver *row = calloc(in->n, sizeof *row);
    if (row == NULL && in->n > 0)
        return gnm_fail(why, -ENOMEM, "no memory for %zu rows", in->n);
    for (size_t i = 0; i < in->n; i++) {
        memcpy(row[i].series, in->row[i].series, sizeof row[i].series);
        memcpy(row[i].driver, in->row[i].key, sizeof row[i].driver);
        row[i].day = in->row[i].day;
        row[i].available_s = in->row[i].available_s;
        row[i].value = in->row[i].value;
    }
    int r = store_drivers(store, row, in->n, added, why);
    free(row);
    return r;
}

static int put_all(struct store *store, const struct intake *in, const char *company, int64_t now_s, size_t *added, struct gnm_why *why)
{
    struct names known = { 0 };
    int r = store_begin(store, why);
    if (r < 0)
        return r;
    r = check_owner(store, in, company, why);
    if (r == 0 && in->kind == INTAKE_ACTIVITY)
        r = store_each_series(store, collect_known, &known, why);
    if (known.n > 1)
        qsort(known.name, known.n, GNM_ID, by_name);
    if (r == 0 && in->kind == INTAKE_ACTIVITY)
        r = put_new_series(store, in, company, &known, why);
    free(known.name);
    if (r == 0)
        r = in->kind == INTAKE_ACTIVITY ? put_activity(store, in, now_s, added, why) : put_drivers(store, in, added, why);
    if (r == 0)
        r = store_commit(store, why);
    if (r < 0)
        store_rollback(store);
    return r;
}

/* ---- the answer ---- */

static void report_head(struct text *t, const char *name, const char *kind)
{
    text_printf(t, "{\"contract\":\"1.0\",\"file\":");
    text_json_string(t, name);
    text_printf(t, ",\"kind\":\"%s\"", kind);
}

static void report_good(struct text *t, const char *name, const struct intake *in, size_t added)
{
    static const char *const kinds[] = { [INTAKE_ACTIVITY] = "activity", [INTAKE_DRIVERS] = "drivers", [INTAKE_STATIC] = "static" };
    size_t shown = in->n_rejected < sizeof in->reject / sizeof in->reject[0] ? in->n_rejected : sizeof in->reject / sizeof in->reject[0];
    report_head(t, name, kinds[in->kind]);
    text_printf(t, ",\"rows\":%zu,\"added\":%zu,\"rejected\":%zu,\"detected\":", in->n, added, in->n_rejected);
    text_json_string(t, in->detected);
    text_printf(t, ",\"lines\":[");
    for (size_t i = 0; i < shown; i++) {
        text_printf(t, "%s{\"line\":%d,\"reason\":", i > 0 ? "," : "", in->reject[i].line);
        text_json_string(t, in->reject[i].reason);
        text_printf(t, "}");
    }
    text_printf(t, "]}\n");
}

static void report_bad(struct text *t, const char *name, const struct gnm_why *why)
{
    report_head(t, name, "refused");
    text_printf(t, ",\"rows\":0,\"added\":0,\"reason\":");
    text_json_string(t, why->text);
    text_printf(t, "}\n");
}

static void stem_of(const char *name, char ret[GNM_ID])
{
    size_t n = strcspn(name, ".");
    memset(ret, 0, GNM_ID);
    memcpy(ret, name, n < GNM_ID ? n : GNM_ID - 1);
}

static int read_and_put(struct store *store, const char *data, size_t len, const char *as_name, const char *company, int64_t now_s, struct ingest_result *ret,
                        struct text *report, struct gnm_why *why)
{
    struct intake in = { 0 };
    char stem[GNM_ID];
    stem_of(as_name, stem);
    int r = intake_read(data, len, stem, &in, why);
    if (r < 0)
        return r;
    size_t added = 0;
    if (in.kind == INTAKE_STATIC)
        r = gnm_fail(why, -EINVAL, "%s: static attributes are for `gnomon backtest --static`, a daemon takes them from [series NAME]", as_name);
    else
        r = put_all(store, &in, company, now_s, &added, why);
    if (r == 0) {
        report_good(report, as_name, &in, added);
        *ret = (struct ingest_result){ in.n, added, in.n_rejected };
    }
    intake_free(&in);
    return r;
}

int ingest_file(struct store *store, const char *path, const char *as_name, const char *company, int64_t now_s, struct ingest_result *ret, struct text *report,
                struct gnm_why *why)
{
    char *data;
    size_t len;
    int r = file_read(path, INGEST_MAX_BYTES, &data, &len, why);
    if (r == 0) {
        r = read_and_put(store, data, len, as_name, company, now_s, ret, report, why);
        free(data);
    }
    if (r < 0)
        report_bad(report, as_name, why);
    return r;
}
