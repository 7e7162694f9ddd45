/* A daemon without its loop: configuration, store and feeds in a folder of its own, in virtual time. */
#ifndef DAEMON_FIXTURE_H
#define DAEMON_FIXTURE_H

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "daemon/fetch_load.h"

#define DAY INT64_C(86400)

static char folder[64];
static struct daemon *d;
static struct clock_state wall;
static struct gnm_clock port;
static struct gnm_why why;

static void put(const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

static unsigned warnings;

static void count_line(void *ctx, enum log_level level, const char *id, const char *text)
{
    (void)ctx;
    (void)id;
    (void)text;
    warnings += level <= LOG_WARNING;
}

static void fixture_setup(void)
{
    strcpy(folder, "/tmp/gnomon-drivers-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char share[80], feeds[96];
    snprintf(share, sizeof share, "%s/share", folder);
    snprintf(feeds, sizeof feeds, "%s/feeds", share);
    ck_assert_int_eq(file_mkdir(share, 0755, &why), 0);
    ck_assert_int_eq(file_mkdir(feeds, 0755, &why), 0);
    d = calloc(1, sizeof *d);
    ck_assert_ptr_nonnull(d);
    d->log = (struct log){ count_line, NULL, LOG_ROUTINE };
}

static void start(const char *config)
{
    char text[4096], path[300];
    snprintf(text, sizeof text, "[site]\nlatitude = 50.85\nlongitude = 4.35\ncountry = BE\nregion = BRU\n[paths]\nstate = %s/state\nshare = %s/share\n%s", folder, folder, config);
    put("gnomon.conf", text);
    snprintf(path, sizeof path, "%s/gnomon.conf", folder);
    ck_assert_msg(config_load(path, &d->config, &why) == 0, "%s", why.text);
    snprintf(path, sizeof path, "%s/state.db", folder);
    ck_assert_msg(store_open(path, 0, &d->store, NULL, &why) == 0, "%s", why.text);
    clock_virtual(&port, &wall, INT64_C(20600) * 86400000);
    d->clock = &port;
    d->trusted = 1;
    energy_battery_start(&d->battery);
    random_seed(&d->random, 1);
    ck_assert_msg(fetch_open(d, &why) == 0, "%s", why.text);
}

static void fixture_teardown(void)
{
    char command[128];
    fetch_close(d);
    store_close(d->store);
    config_free(d->config);
    free(d);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

__attribute__((unused)) static const struct feed_slot *slot(const char *feed, const char *place)
{
    for (size_t i = 0; i < d->fetch.n; i++)
        if (strcmp(feed_name(d->fetch.slot[i].feed), feed) == 0 && strcmp(d->fetch.slot[i].place, place) == 0)
            return &d->fetch.slot[i];
    return NULL;
}

#endif
