#include "publish/status.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "almanac/civil.h"

/* Appends through one writer that remembers the first failure, so that the picture below reads as what it is. */
struct writer { struct text *out; int rc, first; };

static void raw(struct writer *w, const char *text)
{
    if (w->rc == 0)
        w->rc = text_append(w->out, text, strlen(text));
}

static void name(struct writer *w, const char *key)
{
    if (!w->first)
        raw(w, ",");
    w->first = 0;
    if (w->rc == 0)
        w->rc = text_json_string(w->out, key);
    raw(w, ":");
}

static void open_with(struct writer *w, const char *bracket)
{
    raw(w, bracket);
    w->first = 1;
}

static void close_with(struct writer *w, const char *bracket)
{
    raw(w, bracket);
    w->first = 0;
}

static void words(struct writer *w, const char *key, const char *value)
{
    name(w, key);
    if (w->rc == 0)
        w->rc = text_json_string(w->out, value);
}

static void number(struct writer *w, const char *key, double x, int digits)
{
    name(w, key);
    if (w->rc == 0)
        w->rc = text_json_number(w->out, x, digits);
}

static void whole(struct writer *w, const char *key, int64_t x)
{
    name(w, key);
    if (w->rc == 0)
        w->rc = text_printf(w->out, "%lld", (long long)x);
}

/* "KEY_at" as text and "KEY_at_unix"; null for a time of 0. */
static void moment(struct writer *w, const char *key, int64_t utc_s)
{
    char text[21], as_unix[40];
    strcpy(as_unix, key);
    strcat(as_unix, "_unix");
    if (utc_s == 0) {
        number(w, key, NAN, 1);
        number(w, as_unix, NAN, 1);
        return;
    }
    civil_format_time(utc_s, text);
    words(w, key, text);
    whole(w, as_unix, utc_s);
}

static int is_enum(int field)
{
    return field == GNM_STAGE;
}

static void battery(struct writer *w, const struct status *s)
{
    name(w, "battery");
    open_with(w, "{");
    number(w, "soc_ratio", s->soc_ratio, 4);
    number(w, "soc_uncertainty_ratio", s->soc_uncertainty_ratio, 4);
    words(w, "soc_source", s->soc_source);
    close_with(w, "}");
    name(w, "reading");
    if (s->reading.at_ms == 0) {
        raw(w, "null");
        return;
    }
    open_with(w, "{");
    moment(w, "at", s->reading.at_ms / 1000);
    for (int i = 0; i < GNM_FIELDS; i++)
        if (!isnan(s->reading.value[i]) && !is_enum(i))
            number(w, gnm_field_names[i], s->reading.value[i], 9);
    double stage = s->reading.value[GNM_STAGE];
    words(w, "stage", gnm_stage_names[stage >= 0 && stage <= GNM_STAGE_UNKNOWN ? (int)stage : GNM_STAGE_UNKNOWN]);
    whole(w, "rejected", s->reading.rejected);
    close_with(w, "}");
}

static void sources(struct writer *w, const struct status *s)
{
    name(w, "sources");
    open_with(w, "[");
    for (size_t i = 0; i < s->n_sources && i < STATUS_SOURCES; i++) {
        const struct status_source *x = &s->source[i];
        raw(w, i ? ",\n {" : "\n {");
        w->first = 1;
        words(w, "name", x->name);
        words(w, "kind", x->kind);
        words(w, "state", x->state);
        words(w, "text", x->text);
        moment(w, "last_ok_at", x->last_ok_s);
        moment(w, "next_at", x->next_s);
        close_with(w, "}");
    }
    close_with(w, "]");
}

static void jobs(struct writer *w, const struct status *s)
{
    name(w, "jobs");
    open_with(w, "[");
    for (size_t i = 0; i < s->n_jobs && i < STATUS_JOBS; i++) {
        const struct status_job *x = &s->job[i];
        raw(w, i ? ",\n {" : "\n {");
        w->first = 1;
        words(w, "name", x->name);
        words(w, "state", x->state);
        words(w, "reason", x->reason);
        moment(w, "last_at", x->last_s);
        moment(w, "next_at", x->next_s);
        close_with(w, "}");
    }
    close_with(w, "]");
}

static void head(struct writer *w, const struct status *s)
{
    words(w, "contract", "1.0");
    moment(w, "generated_at", s->now_s);
    words(w, "software_version", s->version);
    words(w, "site", s->site);
    words(w, "time_zone", s->zone);
    words(w, "message", s->message);
    moment(w, "started_at", s->started_s);
    name(w, "time_trusted");
    raw(w, s->time_trusted ? "true" : "false");
    words(w, "mode", gnm_mode_names[s->mode]);
}

int status_json(const struct status *status, struct text *ret)
{
    struct writer w = { .out = ret };
    size_t before = ret->len;
    open_with(&w, "{");
    head(&w, status);
    raw(&w, "\n");
    battery(&w, status);
    raw(&w, "\n");
    whole(&w, "series", (int64_t)status->series);
    whole(&w, "forecasts", (int64_t)status->forecasts);
    moment(&w, "last_publish_at", status->last_publish_s);
    moment(&w, "last_train_at", status->last_train_s);
    number(&w, "cpu_s", status->cpu_s, 9);
    number(&w, "joules_today", status->joules_today, 9);
    words(&w, "joules_method", status->joules_method);
    raw(&w, "\n");
    sources(&w, status);
    raw(&w, "\n");
    jobs(&w, status);
    close_with(&w, "}\n");
    if (w.rc != 0)
        ret->len = before;
    return w.rc;
}
