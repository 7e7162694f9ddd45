#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* The "<N>" is what journald reads from a service's stderr. */
static void to_stderr(void *ctx, enum log_level level, const char *id, const char *text)
{
    (void)ctx;
    (void)id;
    fprintf(stderr, "<%d>%s\n", (int)level, text);
}

void log_init(struct log *log)
{
    *log = (struct log){ .sink = to_stderr, .max = LOG_ROUTINE };
}

/* Text from outside may hold a line end and a forged "<3>" behind it. */
static void emit(const struct log *log, enum log_level level, const char *id, const char *text)
{
    char clean[1024];
    text_clean(clean, sizeof clean, text, strlen(text));
    log->sink(log->ctx, level, id, clean);
}

void log_line(const struct log *log, enum log_level level, const char *id, const char *format, ...)
{
    if (level > log->max)
        return;
    char text[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    emit(log, level, id, n < 0 ? format : text);
}

void log_change(const struct log *log, struct log_once *once, int64_t now_ms, int64_t every_ms, enum log_level level, const char *id, const char *text)
{
    char state[sizeof once->text];
    snprintf(state, sizeof state, "%s", text);
    int same = once->text[0] != '\0' && strcmp(state, once->text) == 0;
    if (same && now_ms - once->last_ms < every_ms) {
        once->held++;
        return;
    }
    if (same && once->held > 0)
        log_line(log, level, id, "%s (and %u times since)", text, once->held);
    else
        log_line(log, level, id, "%s", text);
    memcpy(once->text, state, sizeof state);
    once->last_ms = now_ms;
    once->held = 0;
}
