/* gnomon check: is there enough history of each series? Dates come from state.db where we may read it, else counts from the published file. */
#include "cli/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "cli/readiness.h"
#include "daemon/closed.h"
#include "daemon/config.h"
#include "store/store.h"

struct dates {
    struct check *check;
    char series[GNM_ID];
    int64_t *day;
    size_t n, cap, series_seen;
};

static void say(struct check *check, const char *series, const struct readiness *r, const char *last)
{
    char text[240];
    int ready = readiness_judge(r, text, sizeof text);
    check_say(check, ready ? CHECK_OK : CHECK_NO, "data", series, "%s, to %s%s", text, last, ready ? "" : "; forecasts come all the same, less sure");
}

static void finish_series(struct dates *dates)
{
    char last[11];
    struct readiness r;
    if (dates->n == 0)
        return;
    civil_format_date(dates->day[dates->n - 1], last);
    readiness_measure(dates->day, dates->n, closed_weekdays(dates->check->cli->config, dates->series), &r);
    say(dates->check, dates->series, &r, last);
    dates->series_seen++;
    dates->n = 0;
}

/* Rows come by series, day and availability: of a day's vintages the first one counts. */
static int take(void *ctx, const struct gnm_activity *row)
{
    struct dates *dates = ctx;
    if (strcmp(row->series, dates->series) != 0) {
        finish_series(dates);
        memcpy(dates->series, row->series, sizeof dates->series);
    }
    if (dates->n > 0 && dates->day[dates->n - 1] == row->day)
        return 0;
    if (dates->n == dates->cap) {
        size_t cap = dates->cap == 0 ? 1024 : dates->cap * 2;
        int64_t *grown = reallocarray(dates->day, cap, sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        dates->day = grown;
        dates->cap = cap;
    }
    dates->day[dates->n++] = row->day;
    return 0;
}

/* 0 when state.db could be read. */
static int from_state(struct check *check)
{
    char path[512];
    struct store *store = NULL;
    struct gnm_why why = { 0 };
    struct dates dates = { .check = check };
    if (cli_path(check->cli, CLI_STATE_DB, NULL, path, sizeof path) < 0 || access(path, R_OK) < 0 || store_open(path, 1, &store, NULL, &why) < 0)
        return -EACCES;
    int r = store_each_activity(store, take, &dates, &why);
    finish_series(&dates);
    store_close(store);
    free(dates.day);
    if (r < 0)
        check_say(check, CHECK_UNKNOWN, "data", "", "%s", why.text);
    else if (dates.series_seen == 0)
        check_say(check, CHECK_NO, "data", "", "no activity yet: gnomon import FILE brings it");
    return 0;
}

static enum gnm_step step_named(const char *name)
{
    for (int i = GNM_HOUR; i <= GNM_MONTH; i++)
        if (strcmp(gnm_step_names[i], name) == 0)
            return (enum gnm_step)i;
    return GNM_DAY;
}

static void from_published(struct check *check)
{
    struct query_series *row = NULL;
    size_t n = 0;
    struct gnm_why why = { 0 };
    if (query_series(check->query, &row, &n, &why) < 0) {
        check_say(check, CHECK_UNKNOWN, "data", "", "%s", why.text);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct readiness r = {
            .step = step_named(row[i].step), .n = (size_t)row[i].n_obs, .missing = (size_t)row[i].n_missing, .gap = READINESS_GAP_UNKNOWN};
        say(check, row[i].series, &r, row[i].last_date[0] != '\0' ? row[i].last_date : "never");
    }
    if (n == 0)
        check_say(check, CHECK_NO, "data", "", "no activity yet: gnomon import FILE brings it");
    free(row);
}

void check_data(struct check *check)
{
    if (from_state(check) == 0)
        return;
    if (check->query != NULL)
        from_published(check);
    else
        check_say(check, CHECK_UNKNOWN, "data", "", "neither state.db nor a published file can be read here");
}
