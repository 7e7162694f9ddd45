#include "daemon/ports_real.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "device/controller.h"
#include "device/meter.h"
#include "feeds/web.h"

enum { MAP_MAX = 65536 };

struct real {
    struct map *map[CONFIG_CONTROLLERS];
    struct controller *controller[CONFIG_CONTROLLERS];
    const struct controller *turn[CONFIG_CONTROLLERS];    /* of lines that several share: that of the first on it */
    struct web *web;
    struct meter *meter;
};

static void real_free(struct real *real)
{
    if (real == NULL)
        return;
    for (int i = 0; i < CONFIG_CONTROLLERS; i++) {
        controller_free(real->controller[i]);
        map_free(real->map[i]);
    }
    web_free(real->web);
    meter_free(real->meter);
    free(real);
}

static int open_controller(const struct config *config, size_t i, struct real *real, struct gnm_why *why)
{
    const struct config_controller *c = &config->controller[i];
    char path[400], *data;
    size_t len;
    snprintf(path, sizeof path, "%s/controllers/%s.conf", config->paths.share, c->map);
    int r = file_read(path, MAP_MAX, &data, &len, why);
    if (r < 0)
        return r;
    r = map_load(path, data, len, &real->map[i], why);
    free(data);
    if (r == 0)
        r = controller_new(real->map[i], c->line, (int)c->unit, &real->controller[i], why);
    return r < 0 ? gnm_fail_in(why, "[controller %s]: ", c->name) : 0;
}

static void share_lines(struct real *real, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (controller_same_line(real->controller[i], real->controller[j])) {
                controller_share(real->controller[j], &real->turn[j]);
                controller_share(real->controller[i], &real->turn[j]);
                break;
            }
}

static int open_all(const struct config *config, struct real *real, struct gnm_why *why)
{
    char agent[200];
    const char *contact = config->site.contact;
    snprintf(agent, sizeof agent, "gnomon/%s (+%s)", GNM_VERSION, contact[0] != '\0' ? contact : "no contact configured");
    int r = meter_new(&real->meter, why);
    if (r == 0)
        r = web_new(agent, &real->web, why);
    for (size_t i = 0; i < config->n_controllers && r == 0; i++)
        r = open_controller(config, i, real, why);
    if (r == 0)
        share_lines(real, config->n_controllers);
    return r;
}

static int real_open(void *ctx, const struct config *config, struct ports *ret, struct gnm_why *why)
{
    (void)ctx;
    struct real *real = calloc(1, sizeof *real);
    if (real == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for the ports");
    int r = open_all(config, real, why);
    if (r < 0) {
        real_free(real);
        return r;
    }
    ret->owner = real;
    ret->n_controllers = config->n_controllers;
    for (size_t i = 0; i < config->n_controllers; i++)
        controller_port(real->controller[i], &ret->controller[i]);
    web_port(real->web, &ret->web);
    meter_port(real->meter, &ret->meter);
    return 0;
}

static void real_close(void *ctx, struct ports *ports)
{
    (void)ctx;
    for (size_t i = 0; i < ports->n_controllers; i++)
        ports->controller[i].stop(ports->controller[i].ctx);
    real_free(ports->owner);
}

struct port_maker ports_real(void)
{
    return (struct port_maker){ real_open, real_close, NULL };
}
