#include "cli/feed_say.h"

#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/text.h"
#include "cli/cli.h"

enum { ROWS = 40, EVENTS = 20 };

static void period(const struct gnm_signal *s, char ret[24])
{
    civil_format_date(s->step == GNM_HOUR ? s->valid / 24 - (s->valid % 24 < 0) : s->valid, ret);
    if (s->step == GNM_HOUR)
        snprintf(ret + 10, 8, " %02d:00Z", (int)((s->valid % 24 + 24) % 24));
}

static void when(int64_t s, char ret[24])
{
    strcpy(ret, "always");
    if (s != GNM_ALWAYS)
        civil_format_time(s, ret);
}

/* Headers that hold a secret are named, not shown. */
static const char *shown(const char *header, char *space, size_t size)
{
    snprintf(space, size, "%.*s: (not shown)", (int)strcspn(header, ":"), header);
    return strncmp(header, "User-Agent:", 11) == 0 ? header : space;
}

static void request_text(const struct feed_said *said, struct cli_out *out)
{
    char space[128], clean[200];
    out_printf(out, "GET %s\n", said->request->url);
    for (size_t i = 0; i < 8 && said->request->header[i] != NULL; i++)
        out_printf(out, "    %s\n", shown(said->request->header[i], space, sizeof space));
    out_printf(out, "    at most %zu bytes, %d redirects%s\n", said->request->max_bytes, said->request->redirects,
               said->request->local ? ", private addresses allowed" : "");
    text_clean(clean, sizeof clean, feed_licence(said->feed), strlen(feed_licence(said->feed)));
    out_printf(out, "licence: %s\nanswer: status %d, %zu bytes\n", clean[0] != '\0' ? clean : "not stated", said->answer->status, said->answer->len);
}

static void rows_text(const struct feed_said *said, struct cli_out *out)
{
    const struct feed_yield *y = said->yield;
    char valid[24], available[24];
    size_t n = said->all || y->n < ROWS ? y->n : ROWS;
    if (y->n > 0)
        out_printf(out, "\n%-20s%-18s%14s%6s  %-10s%s\n", "series", "period", "value", "rows", "quality", "usable from");
    for (size_t i = 0; i < n; i++) {
        const struct gnm_signal *s = &y->signal[i];
        period(s, valid);
        when(s->available_s, available);
        out_cell(out, s->series, 20);
        out_printf(out, "%-18s%14.6g%6d  %-10s%s\n", valid, s->value, s->rows, gnm_quality_names[s->quality], available);
    }
    if (n < y->n)
        out_printf(out, "... and %zu more (--all)\n", y->n - n);
}

static void events_text(const struct feed_said *said, struct cli_out *out)
{
    const struct feed_yield *y = said->yield;
    char start[24];
    size_t n = said->all || y->n_events < EVENTS ? y->n_events : EVENTS;
    if (y->n_events > 0)
        out_printf(out, "\n%-22s%5s  %-15s%-45s%s\n", "event begins", "rank", "category", "what", "where");
    for (size_t i = 0; i < n; i++) {
        const struct feed_event *e = &y->event[i];
        when(e->start_s, start);
        out_printf(out, "%-22s%5d  ", start, e->importance);
        out_cell(out, e->category, 15);
        out_cell(out, e->title, 45);
        out_printf(out, "%s%s\n", e->venue, e->cancelled ? " (cancelled)" : "");
    }
    if (n < y->n_events)
        out_printf(out, "... and %zu more (--all)\n", y->n_events - n);
}

static void drops_text(const struct feed_yield *y, struct cli_out *out)
{
    out_printf(out, "\n%zu rows seen; left out: %zu by a condition, %zu without a date, %zu values that are no number. %zu values, %zu events would be stored.\n", y->rows_seen,
               y->filtered, y->dropped_date, y->dropped_value, y->n, y->n_events);
    for (size_t i = 0; i < y->n_drops; i++)
        out_printf(out, "  row %zu%s%s: %s\n", y->drop[i].row, y->drop[i].series[0] != '\0' ? ", series " : "", y->drop[i].series, y->drop[i].reason);
}

/* ---- the same in JSON ---- */

static void signal_json(const struct gnm_signal *s, struct cli_out *out)
{
    char valid[24];
    period(s, valid);
    out_json_open(out, NULL, '{');
    out_json_text(out, "series", s->series);
    out_json_text(out, "step", gnm_step_names[s->step]);
    out_json_text(out, "period", valid);
    out_json_number(out, "value", s->value);
    out_json_number(out, "rows", s->rows);
    out_json_text(out, "quality", gnm_quality_names[s->quality]);
    out_json_bool(out, "always_known", s->available_s == GNM_ALWAYS);
    out_json_time(out, "available_at", s->available_s == GNM_ALWAYS ? 0 : s->available_s);
    out_json_time(out, "issued_at", s->issued_s);
    out_json_close(out, '}');
}

static void event_json(const struct feed_event *e, struct cli_out *out)
{
    out_json_open(out, NULL, '{');
    out_json_text(out, "event_id", e->id);
    out_json_text(out, "title", e->title);
    out_json_text(out, "category", e->category);
    out_json_text(out, "place", e->venue);
    out_json_time(out, "start_at", e->start_s);
    out_json_time(out, "end_at", e->end_s);
    out_json_number(out, "rank", e->importance);
    out_json_number(out, "attendance", e->attendance);
    out_json_bool(out, "cancelled", e->cancelled);
    out_json_close(out, '}');
}

static void say_json(const struct feed_said *said, struct cli_out *out)
{
    const struct feed_yield *y = said->yield;
    out_json_begin(out, said->now_s);
    out_json_text(out, "feed", feed_name(said->feed));
    out_json_text(out, "url", said->request->url);
    out_json_text(out, "licence", feed_licence(said->feed));
    out_json_number(out, "status", said->answer->status);
    out_json_number(out, "bytes", (double)said->answer->len);
    out_json_text(out, "error", said->error);
    out_json_number(out, "rows_seen", (double)y->rows_seen);
    out_json_number(out, "filtered", (double)y->filtered);
    out_json_number(out, "without_date", (double)y->dropped_date);
    out_json_number(out, "without_number", (double)y->dropped_value);
    out_json_open(out, "values", '[');
    for (size_t i = 0; i < y->n; i++)
        signal_json(&y->signal[i], out);
    out_json_close(out, ']');
    out_json_open(out, "events", '[');
    for (size_t i = 0; i < y->n_events; i++)
        event_json(&y->event[i], out);
    out_json_close(out, ']');
    out_json_open(out, "left_out", '[');
    for (size_t i = 0; i < y->n_drops; i++) {
        out_json_open(out, NULL, '{');
        out_json_number(out, "row", (double)y->drop[i].row);
        out_json_text(out, "series", y->drop[i].series[0] != '\0' ? y->drop[i].series : NULL);
        out_json_text(out, "reason", y->drop[i].reason);
        out_json_close(out, '}');
    }
    out_json_close(out, ']');
    out_json_close(out, '}');
    out_printf(out, "\n");
}

int feed_say(const struct feed_said *said, int json, int status)
{
    struct cli_out out = { 0 };
    if (json) {
        say_json(said, &out);
        return out_flush(&out, status);
    }
    request_text(said, &out);
    rows_text(said, &out);
    events_text(said, &out);
    if (said->error != NULL)
        out_printf(&out, "\nNothing would be stored: %s.\n", said->error);
    else
        drops_text(said->yield, &out);
    return out_flush(&out, status);
}
