#include "../support/box.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/process.h"
#include "almanac/civil.h"
#include "base/file.h"
#include "world/serve_inbox.h"

enum { BUSINESSES = 4, MONTH_S = 31 * 86400, UNITS_PER_MS = 20000, ZONE_MAX = 65536, BAD_CLOCK_S = 600 };

/* ---- the daemon in its surroundings ---- */

static int open_ports(void *ctx, const struct config *config, struct ports *ret, struct gnm_why *why)
{
    (void)why;
    struct box *box = ctx;
    *ret = (struct ports){ .owner = box, .n_controllers = config->n_controllers };
    for (size_t i = 0; i < ret->n_controllers; i++)
        sim_controller(&box->sim, &ret->controller[i]);
    sim_web(&box->sim, &ret->web);
    sim_meter(&box->sim, &ret->meter);
    return 0;
}

static void close_ports(void *ctx, struct ports *ports)
{
    (void)ctx;
    (void)ports;
}

static void keep_line(void *ctx, enum log_level level, const char *id, const char *text)
{
    (void)id;
    struct box *box = ctx;
    char stamp[21];
    civil_format_time(sim_true_s(&box->sim), stamp);
    text_printf(&box->log, "%s <%d> %s\n", stamp, (int)level, text);
}

/* ---- life ---- */

static struct zone *brussels(void)
{
    struct gnm_why why = { 0 };
    char *data;
    size_t len;
    ck_assert_msg(file_read("/usr/share/zoneinfo/Europe/Brussels", ZONE_MAX, &data, &len, &why) == 0, "%s", why.text);
    struct zone *zone = zone_new(data, len, &why);
    ck_assert_msg(zone != NULL, "%s", why.text);
    free(data);
    return zone;
}

void box_new(struct box *box, uint64_t seed, int64_t start_s, double soc_ratio)
{
    struct gnm_why why = { 0 };
    memset(box, 0, sizeof *box);
    support_folder(box->folder);
    box->zone = brussels();
    struct sim_config c = { .end_s = start_s + MONTH_S, .busy_w = 7, .poll_cpu_s = 0.0003, .byte_cpu_s = 3e-8, .faults = &box->faults };
    world_config_default(&c.world);
    c.world.seed = seed;
    c.world.start_s = start_s;
    c.world.plant.soc_ratio = soc_ratio;
    c.world.businesses = BUSINESSES;
    ck_assert_msg(sim_start(&box->sim, &c, box->zone, &why) == 0, "%s", why.text);
    box->maker = (struct port_maker){ open_ports, close_ports, box };
    support_write(box->folder, "gnomon.conf",
                  "[site]\nname = box\nlatitude = %.17g\nlongitude = %.17g\nzone = Europe/Brussels\ncountry = BE\ncontact = test@example.org\n"
                  "[paths]\nstate = %s/state\nruntime = %s/run\nshare = %s/config\n"
                  "[controller main]\nmap = epever\nline = tcp:127.0.0.1:1\n"
                  "[battery]\nchemistry = lifepo4\ncapacity_ah = %g\nbase_w = 8\n[feed met-norway]\nuse = yes\n[forecast]\nsearch_effort = 0\n",
                  c.world.latitude_deg, c.world.longitude_deg, box->folder, box->folder, support_root(), c.world.plant.battery_ah);
}

void box_history(struct box *box)
{
    struct crm crm;
    struct gnm_why why = { 0 };
    char path[200];
    snprintf(path, sizeof path, "%s/state", box->folder);
    ck_assert_int_eq(file_mkdir(path, 0755, &why), 0);
    snprintf(path, sizeof path, "%s/state/inbox", box->folder);
    ck_assert_int_eq(file_mkdir(path, 0755, &why), 0);
    ck_assert_msg(crm_open(&crm, path, &box->sim.world, &why) == 0, "%s", why.text);
}

void box_fault(struct box *box, enum sim_fault_kind kind, int on)
{
    int64_t now_ms = sim_now_ms(&box->sim);
    for (size_t i = 0; i < box->faults.n; i++)
        if (box->faults.fault[i].kind == kind && box->faults.fault[i].until_ms > now_ms)
            box->faults.fault[i].until_ms = now_ms;
    if (!on)
        return;
    ck_assert_uint_lt(box->faults.n, SIM_FAULTS_MAX);
    struct sim_fault *fault = &box->faults.fault[box->faults.n++];
    *fault = (struct sim_fault){ .kind = kind, .from_ms = now_ms, .until_ms = GNM_NEVER, .arg = kind == SIM_BADCLOCK ? BAD_CLOCK_S : 1 };
    if (kind == SIM_BADCLOCK) {                  /* it is like this from the start: no power is lost on the way */
        box->sim.clock_fault = fault;
        box->sim.time.wall_ms = BAD_CLOCK_S * 1000;
        box->sim.time.trusted = 0;
    }
}

void box_begin(struct box *box)
{
    char path[200];
    struct gnm_why why = { 0 };
    struct config *config = NULL;
    snprintf(path, sizeof path, "%s/gnomon.conf", box->folder);
    ck_assert_msg(config_load(path, &config, &why) == 0, "%s", why.text);
    struct daemon_options options = { .config_path = path, .clock = &box->sim.clock, .ports = &box->maker, .log = { keep_line, box, LOG_ROUTINE }, .seed = 1,
                                      .units_per_ms = UNITS_PER_MS, .signal_fd = -1 };
    ck_assert_msg(daemon_new(&options, config, &box->daemon, &why) == 0, "%s", why.text);
}

void box_run(struct box *box, double hours)
{
    int64_t end_ms = sim_now_ms(&box->sim) + (int64_t)(hours * 3.6e6);
    while (sim_now_ms(&box->sim) < end_ms && !box->daemon->loop.stop)
        ck_assert_int_eq(loop_once(&box->daemon->loop), 0);
}

void box_end(struct box *box)
{
    daemon_free(box->daemon);
    box->daemon = NULL;
}

void box_free(struct box *box)
{
    box_end(box);
    sim_end(&box->sim);
    zone_free(box->zone);
    support_remove(box->folder);
    text_free(&box->log);
}

/* ---- looking ---- */

int box_logged(const struct box *box, const char *needle)
{
    int n = 0;
    for (const char *p = box->log.data; p != NULL && (p = strstr(p, needle)) != NULL; p += strlen(needle))
        n++;
    return n;
}

double box_number(const struct box *box, const char *database, const char *query)
{
    char path[300];
    snprintf(path, sizeof path, "%s/state/%s", box->folder, database);
    char *text = support_sql(path, query);
    double x = strtod(text, NULL);
    free(text);
    return x;
}
