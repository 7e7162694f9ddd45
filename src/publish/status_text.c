#include <math.h>
#include <stdio.h>
#include <string.h>

#include "publish/status.h"

enum { WIDTH = 99, SILENT_S = 180 };    /* status.json is written once a minute: three missing ones mean a daemon that does not run */

void status_age(int64_t now_s, int64_t then_s, char *ret, size_t size)
{
    long long age = (long long)(then_s > now_s ? then_s - now_s : now_s - then_s);
    const char *before = then_s > now_s ? "in " : "";
    if (then_s == 0)
        snprintf(ret, size, "never");
    else if (age < 120)
        snprintf(ret, size, "%s%lld s", before, age);
    else if (age < 7200)
        snprintf(ret, size, "%s%lld min", before, age / 60);
    else if (age < 172800)
        snprintf(ret, size, "%s%lld h", before, age / 3600);
    else
        snprintf(ret, size, "%s%lld d", before, age / 86400);
}

static void due(int64_t now_s, int64_t then_s, char *ret, size_t size)
{
    if (then_s > now_s)
        status_age(now_s, then_s, ret, size);
    else
        snprintf(ret, size, "now");
}

/* `text` cut at a code point to `size` - 1 bytes. */
static const char *shown(const char *text, size_t size, char *ret)
{
    text_clean(ret, size, text, strlen(text));
    return ret;
}

static int head(const struct status *s, int64_t now_s, struct text *out)
{
    char up[32], age[32], line[WIDTH];
    status_age(now_s, s->started_s, up, sizeof up);
    status_age(now_s, s->now_s, age, sizeof age);
    int rc = text_printf(out, "gnomon %s at %s, up %s, mode %s%s\n", s->version, s->site[0] ? s->site : "(no name)", up, gnm_mode_names[s->mode],
                         s->time_trusted ? "" : ", clock not trusted");
    if (rc == 0 && now_s - s->now_s > SILENT_S)
        rc = text_printf(out, "! this picture is %s old: gnomond does not run, or cannot write\n", age);
    if (rc == 0 && s->message[0] != '\0')
        rc = text_printf(out, "! %s\n", shown(s->message, WIDTH - 1, line));
    return rc;
}

/* "  PV 84 W", or nothing where the controller does not have it. */
static int field(const struct status *s, enum gnm_field which, const char *label, const char *unit, int decimals, struct text *out)
{
    double x = s->reading.value[which];
    return isnan(x) ? 0 : text_printf(out, "  %s%.*f %s", label, decimals, x, unit);
}

static int charge(const struct status *s, struct text *out)
{
    if (isnan(s->soc_ratio))
        return text_printf(out, "battery   charge unknown");
    return text_printf(out, "battery   %.0f %% +-%.0f (%s)", 100 * s->soc_ratio, 100 * s->soc_uncertainty_ratio, s->soc_source);
}

static int battery(const struct status *s, int64_t now_s, struct text *out)
{
    char age[32];
    double stage = s->reading.value[GNM_STAGE];
    int rc = charge(s, out);
    if (rc == 0 && s->reading.at_ms == 0)
        return text_printf(out, ", no reading yet\n");
    rc |= field(s, GNM_BATTERY_V, "", "V", 2, out) | field(s, GNM_BATTERY_A, "", "A", 1, out) | field(s, GNM_BATTERY_C, "", "C", 0, out);
    status_age(now_s, s->reading.at_ms / 1000, age, sizeof age);
    rc |= text_printf(out, ", %s ago\nsun      ", age);
    rc |= field(s, GNM_PV_W, "PV ", "W", 0, out) | field(s, GNM_PV_TODAY_KWH, "today ", "kWh", 2, out) | field(s, GNM_LOAD_W, "load ", "W", 0, out);
    return rc | text_printf(out, "  stage %s\n", gnm_stage_names[stage >= 0 && stage <= GNM_STAGE_UNKNOWN ? (int)stage : GNM_STAGE_UNKNOWN]);
}

static int work(const struct status *s, int64_t now_s, struct text *out)
{
    char published[32], trained[32];
    status_age(now_s, s->last_publish_s, published, sizeof published);
    status_age(now_s, s->last_train_s, trained, sizeof trained);
    int rc = text_printf(out, "forecasts %zu of %zu series, published %s%s, trained %s%s\n", s->forecasts, s->series, published,
                         s->last_publish_s ? " ago" : "", trained, s->last_train_s ? " ago" : "");
    if (rc == 0 && !isnan(s->joules_today))
        rc = text_printf(out, "energy    %.2f Wh today by %s, %.0f s of CPU since the start\n", s->joules_today / 3600, s->joules_method,
                         isnan(s->cpu_s) ? 0 : s->cpu_s);
    return rc;
}

static int sources(const struct status *s, int64_t now_s, struct text *out)
{
    int rc = s->n_sources ? text_printf(out, "\n%-26s %-11s %-8s %-8s %-11s\n", "source", "kind", "state", "last", "next") : 0;
    for (size_t i = 0; i < s->n_sources && i < STATUS_SOURCES && rc == 0; i++) {
        const struct status_source *x = &s->source[i];
        char last[32], next[32] = "", name[28], line[WIDTH];
        status_age(now_s, x->last_ok_s, last, sizeof last);
        if (x->next_s != 0)
            due(now_s, x->next_s, next, sizeof next);
        rc = text_printf(out, "%-26s %-11.11s %-8.8s %-8s %-11s\n", shown(x->name, 27, name), x->kind, x->state, last, next);
        if (rc == 0 && x->text[0] != '\0')
            rc = text_printf(out, "  %s\n", shown(x->text, WIDTH - 1, line));
    }
    return rc;
}

static int jobs(const struct status *s, int64_t now_s, struct text *out)
{
    int rc = s->n_jobs ? text_printf(out, "\n%-12s %-8s %-8s %-11s %s\n", "job", "state", "last", "next", "why") : 0;
    for (size_t i = 0; i < s->n_jobs && i < STATUS_JOBS && rc == 0; i++) {
        const struct status_job *x = &s->job[i];
        char last[32], next[32] = "", line[WIDTH];
        status_age(now_s, x->last_s, last, sizeof last);
        if (x->next_s != 0)
            due(now_s, x->next_s, next, sizeof next);
        rc = text_printf(out, "%-12.12s %-8.8s %-8s %-11s %s\n", x->name, x->state, last, next, shown(x->reason, 58, line));
    }
    return rc;
}

/* Lines end where their last word ends: padding of a column that stays empty is no use to anybody. */
static void trim_lines(char *text, size_t *len, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < *len; i++) {
        if (text[i] == '\n')
            while (kept > from && text[kept - 1] == ' ')
                kept--;
        text[kept++] = text[i];
    }
    *len = kept;
}

int status_text(const struct status *status, int64_t now_s, struct text *ret)
{
    size_t before = ret->len;
    int rc = head(status, now_s, ret);
    if (rc == 0)
        rc = battery(status, now_s, ret);
    if (rc == 0)
        rc = work(status, now_s, ret);
    if (rc == 0)
        rc = sources(status, now_s, ret);
    if (rc == 0)
        rc = jobs(status, now_s, ret);
    if (rc == 0)
        trim_lines(ret->data, &ret->len, before);
    else
        ret->len = before;
    return rc;
}
