#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "publish/status.h"

static void words(const struct json *object, const char *name, char *ret, size_t size)
{
    const char *text = json_string(json_member(object, name));
    if (text != NULL)
        text_clean(ret, size, text, strlen(text));
}

static double number(const struct json *object, const char *name)
{
    const struct json *m = json_member(object, name);
    double x = NAN;
    return m != NULL && json_type(m) == JSON_NUMBER && json_number(m, &x) == 0 ? x : NAN;
}

/* Whole numbers a double holds exactly; `otherwise` for null, absent and nonsense. */
static int64_t whole(const struct json *object, const char *name, int64_t otherwise)
{
    double x = number(object, name);
    return x >= -9e15 && x <= 9e15 ? (int64_t)x : otherwise;
}

static int name_at(const char *const *names, int n, const char *text, int otherwise)
{
    for (int i = 0; i < n && text != NULL; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return otherwise;
}

static void take_reading(const struct json *object, struct gnm_reading *ret)
{
    for (int i = 0; i < GNM_FIELDS; i++)
        ret->value[i] = number(object, gnm_field_names[i]);
    if (object == NULL || json_type(object) != JSON_OBJECT)
        return;
    ret->at_ms = whole(object, "at_unix", 0) * 1000;
    ret->value[GNM_STAGE] = name_at(gnm_stage_names, GNM_STAGE_UNKNOWN + 1, json_string(json_member(object, "stage")), GNM_STAGE_UNKNOWN);
    ret->rejected = (unsigned)whole(object, "rejected", 0);
}

static void take_sources(const struct json *list, struct status *s)
{
    for (const struct json *x = json_first(list); x != NULL && s->n_sources < STATUS_SOURCES; x = json_next(x)) {
        struct status_source *row = &s->source[s->n_sources++];
        words(x, "name", row->name, sizeof row->name);
        words(x, "kind", row->kind, sizeof row->kind);
        words(x, "state", row->state, sizeof row->state);
        words(x, "text", row->text, sizeof row->text);
        row->last_ok_s = whole(x, "last_ok_at_unix", 0);
        row->next_s = whole(x, "next_at_unix", 0);
    }
}

static void take_jobs(const struct json *list, struct status *s)
{
    for (const struct json *x = json_first(list); x != NULL && s->n_jobs < STATUS_JOBS; x = json_next(x)) {
        struct status_job *row = &s->job[s->n_jobs++];
        words(x, "name", row->name, sizeof row->name);
        words(x, "state", row->state, sizeof row->state);
        words(x, "reason", row->reason, sizeof row->reason);
        row->last_s = whole(x, "last_at_unix", 0);
        row->next_s = whole(x, "next_at_unix", 0);
    }
}

static void take_head(const struct json *doc, struct status *s)
{
    const struct json *trusted = json_member(doc, "time_trusted");
    char text[8] = "";
    words(doc, "software_version", s->version, sizeof s->version);
    words(doc, "site", s->site, sizeof s->site);
    words(doc, "time_zone", s->zone, sizeof s->zone);
    words(doc, "message", s->message, sizeof s->message);
    s->now_s = whole(doc, "generated_at_unix", 0);
    s->started_s = whole(doc, "started_at_unix", 0);
    s->time_trusted = trusted != NULL && json_text(trusted, text, sizeof text) == 0 && strcmp(text, "true") == 0;
    s->mode = (enum gnm_mode)name_at(gnm_mode_names, 4, json_string(json_member(doc, "mode")), GNM_NORMAL);
}

static void take(const struct json *doc, struct status *s)
{
    const struct json *battery = json_member(doc, "battery");
    take_head(doc, s);
    s->soc_ratio = number(battery, "soc_ratio");
    s->soc_uncertainty_ratio = number(battery, "soc_uncertainty_ratio");
    words(battery, "soc_source", s->soc_source, sizeof s->soc_source);
    take_reading(json_member(doc, "reading"), &s->reading);
    s->series = (size_t)whole(doc, "series", 0);
    s->forecasts = (size_t)whole(doc, "forecasts", 0);
    s->last_publish_s = whole(doc, "last_publish_at_unix", 0);
    s->last_train_s = whole(doc, "last_train_at_unix", 0);
    s->cpu_s = number(doc, "cpu_s");
    s->joules_today = number(doc, "joules_today");
    words(doc, "joules_method", s->joules_method, sizeof s->joules_method);
    take_sources(json_member(doc, "sources"), s);
    take_jobs(json_member(doc, "jobs"), s);
}

int status_parse(const char *data, size_t len, struct status *ret, struct gnm_why *why)
{
    struct json *doc = json_parse(data, len, 0, why);
    if (doc == NULL)
        return why != NULL && why->code < 0 ? why->code : -EINVAL;
    const char *contract = json_string(json_member(doc, "contract"));
    struct status *made = calloc(1, sizeof *made);
    int rc = 0;
    if (made == NULL)
        rc = gnm_fail(why, -ENOMEM, "out of memory");
    else if (contract == NULL || strncmp(contract, "1.", 2) != 0)
        rc = gnm_fail(why, -EINVAL, "not a status of contract 1 (%.20s)", contract ? contract : "no contract named");
    if (rc == 0) {
        take(doc, made);
        *ret = *made;
    }
    free(made);
    json_free(doc);
    return rc;
}
