/* One line at a time, to a sink. The default sink writes "<N>text" to stderr; the daemon installs the journal's.
 * Include before <syslog.h> and <systemd/sd-journal.h>: they define LOG_WARNING and LOG_NOTICE as macros, with the same values. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_CRITICAL = 2, LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_ROUTINE, LOG_DETAIL };

/* `id` is a message id of the journal (32 hex digits) or NULL. */
typedef void log_sink(void *ctx, enum log_level level, const char *id, const char *text);

struct log {
    log_sink *sink;
    void *ctx;
    enum log_level max;           /* lines above are dropped */
};

void log_init(struct log *log);   /* stderr, LOG_ROUTINE */
void log_line(const struct log *log, enum log_level level, const char *id, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Says a state once, then again only when `text` changed or `every_ms` passed (with the count of repeats). Zero it to start. */
struct log_once { char text[240]; int64_t last_ms; unsigned held; };
void log_change(const struct log *log, struct log_once *once, int64_t now_ms, int64_t every_ms, enum log_level level, const char *id, const char *text);

#endif
