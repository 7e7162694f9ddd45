#include "../support/box.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../support/process.h"
#include "almanac/civil.h"
#include "base/file.h"
#include "world/fixtures.h"
#include "world/town_text.h"

enum { STEP_S = 60, HISTORY_DAYS = 730, UNITS_PER_MS = 20000 };

/* ---- the plant follows virtual time ---- */

static void advance(struct box *box)
{
    int64_t now_s = box->clock.wall_ms(box->clock.ctx) / 1000;
    while (box->plant_s < now_s) {
        struct sky_now now;
        int64_t step_s = now_s - box->plant_s < STEP_S ? now_s - box->plant_s : STEP_S;
        sky_at(&box->sky, box->plant_s, SKY_TRUTH, &now);
        plant_step(&box->plant, now.light.ghi_w, now.temperature_c, (double)step_s);
        box->plant_s += step_s;
    }
}

static int begin_poll(void *ctx, int64_t now_ms, struct gnm_why *why)
{
    (void)now_ms;
    struct box *box = ctx;
    box->begins++;
    return box->controller_silent ? gnm_fail(why, -ETIMEDOUT, "no answer") : 0;
}

static int poll_plant(void *ctx, int64_t now_ms, int64_t wall_ms, struct gnm_reading *ret, struct gnm_wait *wait, struct gnm_why *why)
{
    (void)wait;
    (void)why;
    struct box *box = ctx;
    advance(box);
    for (int f = 0; f < GNM_FIELDS; f++)
        ret->value[f] = NAN;
    ret->at_ms = wall_ms;
    ret->mono_ms = now_ms;
    ret->rejected = 0;
    ret->value[GNM_BATTERY_V] = round(box->plant.battery_v * 100) / 100;
    ret->value[GNM_BATTERY_A] = round(box->plant.battery_a * 100) / 100;
    ret->value[GNM_PV_W] = round(box->plant.pv_w * 100) / 100;
    ret->value[GNM_LOAD_W] = round(box->plant.load_w * 100) / 100;
    ret->value[GNM_STAGE] = box->plant.stage;
    ret->value[GNM_SOC_PCT] = plant_guess_soc_pct(&box->plant);
    return 0;
}

static void stop_poll(void *ctx)
{
    (void)ctx;
}

static int submit(void *ctx, const struct gnm_request *request, struct gnm_why *why)
{
    struct box *box = ctx;
    (void)request;
    box->submits++;
    return box->web_down ? gnm_fail(why, -ECONNREFUSED, "connection refused") : 1;
}

static int take(void *ctx, int id, int64_t now_ms, struct gnm_answer *ret, struct gnm_wait *wait, struct gnm_why *why)
{
    (void)id;
    (void)now_ms;
    (void)wait;
    (void)why;
    struct box *box = ctx;
    char stamp[21], body[512];
    civil_format_time(box->clock.wall_ms(box->clock.ctx) / 3600000 * 3600, stamp);
    snprintf(body, sizeof body, "{\"properties\":{\"meta\":{\"updated_at\":\"%s\"},\"timeseries\":[{\"time\":\"%s\",\"data\":{\"instant\":{\"details\":"
             "{\"air_temperature\":%.1f,\"cloud_area_fraction\":50.0}}}}]}}", stamp, stamp, 10 + 0.1 * box->submits);
    memset(ret, 0, sizeof *ret);
    ret->status = 200;
    ret->body = strdup(body);
    ret->len = strlen(body);
    ret->expires_s = GNM_NEVER;
    return ret->body != NULL ? 0 : -ENOMEM;
}

static void cancel(void *ctx, int id)
{
    (void)ctx;
    (void)id;
}

static int read_meter(void *ctx, struct gnm_meter_sample *ret, struct gnm_why *why)
{
    (void)why;
    struct box *box = ctx;
    box->cpu_s += 0.0001;
    *ret = (struct gnm_meter_sample){ box->cpu_s, NAN, NAN, NAN };
    return 0;
}

static int open_ports(void *ctx, const struct config *config, struct ports *ret, struct gnm_why *why)
{
    (void)why;
    memset(ret, 0, sizeof *ret);
    ret->owner = ctx;
    ret->n_controllers = config->n_controllers;
    for (size_t i = 0; i < ret->n_controllers; i++)
        ret->controller[i] = (struct gnm_controller){ begin_poll, poll_plant, stop_poll, ctx };
    ret->web = (struct gnm_web){ submit, take, cancel, ctx };
    ret->meter = (struct gnm_meter){ read_meter, ctx };
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
    civil_format_time(box->clock.wall_ms(box->clock.ctx) / 1000, stamp);
    text_printf(&box->log, "%s <%d> %s\n", stamp, (int)level, text);
}

/* ---- life ---- */

static void write_config(const struct box *box)
{
    support_write(box->folder, "gnomon.conf",
                  "[site]\nname = box\nlatitude = 50.85\nlongitude = 4.35\nzone = Europe/Brussels\ncountry = BE\ncontact = test@example.org\n"
                  "[paths]\nstate = %s/state\nruntime = %s/run\nshare = %s/config\n"
                  "[controller main]\nmap = epever\nline = tcp:127.0.0.1:1\n"
                  "[battery]\nchemistry = lifepo4\ncapacity_ah = %g\nbase_w = 8\n"
                  "[feed met-norway]\nuse = yes\n%s",
                  box->folder, box->folder, support_root(), box->plant.config.battery_ah, box->config_extra != NULL ? box->config_extra : "");
}

void box_new(struct box *box, uint64_t seed, int64_t start_s)
{
    struct plant_config config;
    memset(box, 0, sizeof *box);
    support_folder(box->folder);
    clock_virtual(&box->clock, &box->time, start_s * 1000);
    box->time.mono0_ms = 60000;                 /* no machine is born at 0 */
    box->time.trusted = 1;
    sky_start(&box->sky, seed, 50.85, 4.35);
    plant_config_default(&config);
    plant_start(&box->plant, &config, 12.0);
    box->plant_s = start_s;
    box->maker = (struct port_maker){ open_ports, close_ports, box };
}

void box_begin(struct box *box)
{
    char path[200];
    struct gnm_why why = { 0 };
    struct config *config = NULL;
    write_config(box);
    snprintf(path, sizeof path, "%s/gnomon.conf", box->folder);
    ck_assert_msg(config_load(path, &config, &why) == 0, "%s", why.text);
    struct daemon_options options = { .config_path = path, .clock = &box->clock, .ports = &box->maker, .log = { keep_line, box, LOG_ROUTINE }, .seed = 1,
                                      .units_per_ms = UNITS_PER_MS, .signal_fd = -1 };
    ck_assert_msg(daemon_new(&options, config, &box->daemon, &why) == 0, "%s", why.text);
}

void box_run(struct box *box, double hours)
{
    int64_t end_ms = box->clock.mono_ms(box->clock.ctx) + (int64_t)(hours * 3.6e6);
    while (box->clock.mono_ms(box->clock.ctx) < end_ms && !box->daemon->loop.stop)
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
    support_remove(box->folder);
    text_free(&box->log);
}

void box_history(struct box *box, uint64_t seed, size_t businesses)
{
    struct fixtures fixtures;
    struct town *town = NULL;
    struct gnm_why why = { 0 };
    struct text text = { 0 };
    char path[200];
    int64_t today = box->clock.wall_ms(box->clock.ctx) / 86400000;
    struct town_config about = { .seed = seed, .businesses = businesses, .first_day = today - HISTORY_DAYS, .start_day = today, .country = "BE" };
    fixtures_start(&fixtures, seed, NULL);
    ck_assert_msg(town_new(&about, &box->sky, &fixtures, NULL, &town, &why) == 0, "%s", why.text);
    ck_assert_int_eq(town_activity_text(town, 0, about.first_day, today - 1, &text), 0);
    snprintf(path, sizeof path, "%s/state", box->folder);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/state/inbox", box->folder);
    mkdir(path, 0755);
    ck_assert_int_eq(file_publish(path, "activity.csv", text.data, text.len, 0644, &why), 0);
    text_free(&text);
    town_free(town);
}

int box_logged(const struct box *box, const char *needle)
{
    int n = 0;
    for (const char *p = box->log.data; p != NULL && (p = strstr(p, needle)) != NULL; p += strlen(needle))
        n++;
    return n;
}

char *box_sql(const struct box *box, const char *database, const char *query)
{
    char path[300];
    snprintf(path, sizeof path, "%s/state/%s", box->folder, database);
    return support_sql(path, query);
}

double box_number(const struct box *box, const char *database, const char *query)
{
    char *text = box_sql(box, database, query);
    double x = strtod(text, NULL);
    free(text);
    return x;
}
