#include "daemon/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "daemon/fetch_load.h"
#include "daemon/inbox.h"
#include "daemon/members.h"

enum { ZONE_MAX = 65536 };

int inside_zone(const struct config *config, struct zone **ret, struct gnm_why *why)
{
    char path[300], *data;
    size_t len;
    snprintf(path, sizeof path, "%s/%s", config->paths.zoneinfo, config->site.zone);
    int r = file_read(path, ZONE_MAX, &data, &len, why);
    if (r < 0)
        return r;
    *ret = zone_new(data, len, why);
    free(data);
    return *ret == NULL ? why->code : 0;
}

int inside_folders(const struct config *config, const struct disk *disk, struct gnm_why *why)
{
    char path[300];
    snprintf(path, sizeof path, "%s/public", config->paths.state);
    int r = file_mkdir_on(disk, config->paths.state, 0751, why);
    if (r == 0)
        r = file_mkdir_on(disk, config->paths.runtime, 0755, why);
    if (r == 0)
        r = file_mkdir_on(disk, path, 0755, why);
    for (size_t i = 0; i < config->n_companies && r == 0; i++) {
        snprintf(path, sizeof path, "%s/public/%s", config->paths.state, config->company[i].name);
        r = file_mkdir_on(disk, path, 0750, why);
    }
    return r;
}

static int put_series(struct daemon *d, struct gnm_why *why)
{
    for (size_t i = 0; i < d->config->n_series; i++) {
        const struct config_series *c = &d->config->series[i];
        struct store_series row = { .step = c->step >= 0 ? (enum gnm_step)c->step : GNM_DAY, .non_negative = c->non_negative, .configured = 1 };
        memcpy(row.series, c->name, sizeof row.series);
        memcpy(row.title, c->title, sizeof row.title);
        memcpy(row.unit, c->unit, sizeof row.unit);
        memcpy(row.currency, c->currency, sizeof row.currency);
        memcpy(row.company, c->company, sizeof row.company);
        memcpy(row.parent, c->parent, sizeof row.parent);
        memcpy(row.place, c->place, sizeof row.place);
        int r = store_series_put(d->store, &row, why);
        if (r < 0)
            return r;
    }
    return 0;
}

void inside_close(struct daemon *d)
{
    inbox_close(d);
    fetch_close(d);
    if (d->ports.owner != NULL)
        d->maker->close(d->maker->ctx, &d->ports);
    memset(&d->ports, 0, sizeof d->ports);
    zone_free(d->zone);
    d->zone = NULL;
}

int inside_open(struct daemon *d, int watch, struct gnm_why *why)
{
    int r = inside_zone(d->config, &d->zone, why);
    if (r == 0)
        r = d->maker->open(d->maker->ctx, d->config, &d->ports, why);
    if (r == 0)
        r = members_read(d->config->paths.share, &d->learn.settings, why);
    if (r == 0)
        r = fetch_open(d, why);
    if (r == 0)
        r = inbox_open(d, watch, why);
    if (r == 0)
        r = put_series(d, why);
    if (r < 0)
        inside_close(d);
    return r;
}
