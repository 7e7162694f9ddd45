#include "daemon/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

void notify_ready(void)
{
    sd_notify(0, "READY=1");
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void notify_reloading(int64_t mono_us)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)mono_us);
}

void notify_status(const char *text)
{
    sd_notifyf(0, "STATUS=%s", text);
}

void notify_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}

int64_t notify_interval_ms(void)
{
    uint64_t us = 0;
    return sd_watchdog_enabled(0, &us) > 0 ? (int64_t)(us / 2000) : 0;
}

static void to_journal(void *ctx, enum log_level level, const char *id, const char *text)
{
    (void)ctx;
    char message_id[64];
    snprintf(message_id, sizeof message_id, "MESSAGE_ID=%s", id != NULL ? id : "");
    struct iovec field[4];
    char message[1024], priority[16], identifier[] = "SYSLOG_IDENTIFIER=gnomon";
    int length = snprintf(message, sizeof message, "MESSAGE=%s", text);
    if (length < 0 || (size_t)length >= sizeof message)
        length = (int)sizeof message - 1;
    field[0] = (struct iovec){ message, (size_t)length };
    field[1] = (struct iovec){ priority, (size_t)snprintf(priority, sizeof priority, "PRIORITY=%d", (int)level) };
    field[2] = (struct iovec){ identifier, sizeof identifier - 1 };
    field[3] = (struct iovec){ message_id, 11 + 32 };
    sd_journal_sendv(field, id != NULL ? 4 : 3);
}

void notify_install_log(struct log *log)
{
    if (getenv("JOURNAL_STREAM") != NULL)
        log->sink = to_journal;
}
