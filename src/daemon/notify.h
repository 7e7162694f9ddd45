/* Readiness, watchdog, status line and the journal: what systemd wants to know (owns libsystemd). */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdint.h>

#include "base/log.h"

void notify_ready(void);
void notify_stopping(void);
void notify_reloading(int64_t mono_us);
void notify_status(const char *text);
void notify_alive(void);
/* Half the watchdog interval in ms, 0 when no watchdog is set. */
int64_t notify_interval_ms(void);

/* The journal when systemd has connected stderr to it, else the default sink stays. */
void notify_install_log(struct log *log);

#endif
