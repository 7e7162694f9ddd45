#include "world/sim.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"

enum { STEP_MS = 60000, CATCH_UP_MS = 60000, BOOT_MS = 25000, BORN_MS = 60000 };

int64_t sim_now_ms(const struct sim *sim)
{
    return sim->time.mono_ms - sim->mono0_ms;
}

int64_t sim_true_s(const struct sim *sim)
{
    return sim->config.world.start_s + sim_now_ms(sim) / 1000;
}

static int64_t end_ms(const struct sim *sim)
{
    return (sim->config.end_s - sim->config.world.start_s) * 1000;
}

/* ---- the plants ---- */

static void pass_midnight(struct sim *sim, int64_t from_s, int64_t to_s)
{
    int64_t before = zone_day(sim->world.zone, from_s), after = zone_day(sim->world.zone, to_s);
    if (before == after)
        return;
    int year[2], month[2], mday[2];
    civil_date(before, &year[0], &month[0], &mday[0]);
    civil_date(after, &year[1], &month[1], &mday[1]);
    plant_new_day(&sim->world.plant, month[0] != month[1], year[0] != year[1]);
}

static void note(struct sim *sim, const struct plant *before, double step_s, double work_s)
{
    const struct plant *now = &sim->world.plant;
    struct sim_total *t = &sim->total;
    double off_s = now->load_on && sim->dark_until_ms == 0 ? 0 : step_s;
    size_t i = (size_t)(sim->plant_ms / 3600000);
    t->pv_wh += now->pv_wh - before->pv_wh;
    t->load_wh += now->load_wh - before->load_wh;
    t->wasted_wh += now->curtailed_wh - before->curtailed_wh;
    t->work_s += work_s;
    t->work_wh += now->box_wh - before->box_wh;
    if (sim->dark_until_ms > 0)
        t->cut_s += off_s;
    else
        t->off_s += off_s;
    if (!sim->alone.load_on)
        t->alone_off_s += step_s;
    double halt_s = off_s == 0 && sim->halted ? step_s : 0;
    t->halt_s += halt_s;
    if (off_s > 0 && sim->dark_until_ms == 0 && !sim->alone.load_on)
        t->off_anyway_s += off_s;
    if (i >= sim->hours)
        return;
    struct sim_hour *h = &sim->hour[i];
    h->soc_ratio = (float)now->soc_ratio;
    h->pv_wh += (float)(now->pv_wh - before->pv_wh);
    h->wasted_wh += (float)(now->curtailed_wh - before->curtailed_wh);
    h->load_wh += (float)(now->load_wh - before->load_wh);
    h->work_s += (float)work_s;
    h->off_s += (float)(off_s + halt_s);
}

static void step(struct sim *sim, int64_t to_ms, double work_w, double work_s)
{
    struct plant before = sim->world.plant;
    const struct plant_config *panel = &sim->config.world.plant;
    double step_s = (double)(to_ms - sim->plant_ms) / 1000, plane_w, outside_c;
    int64_t from_s = sim->config.world.start_s + sim->plant_ms / 1000;
    const struct sim_fault *hot = sim_fault_at(sim->config.faults, SIM_HOT, sim->plant_ms);
    plane_w = sky_on_plane_w(&sim->world.sky, from_s * 1000 + (to_ms - sim->plant_ms) / 2, panel->tilt_deg, panel->azimuth_deg, &outside_c);
    sim->world.plant.heat_c = sim->alone.heat_c = hot != NULL ? hot->arg : 0;
    pass_midnight(sim, from_s, from_s + (to_ms - sim->plant_ms) / 1000);
    plant_set_load_w(&sim->world.plant, work_w);
    plant_step(&sim->world.plant, plane_w, outside_c, step_s);
    plant_step(&sim->alone, plane_w, outside_c, step_s);
    note(sim, &before, step_s, work_s);
    sim->plant_ms = to_ms;
}

void sim_catch_up(struct sim *sim)
{
    int64_t now_ms = sim_now_ms(sim), until_ms = sim->over ? now_ms : now_ms - now_ms % STEP_MS, span_ms = until_ms - sim->plant_ms;
    sim->world.now_ms = sim->config.world.start_s * 1000 + now_ms;
    if (span_ms <= 0)
        return;
    double busy_ms = fmin(sim->busy_ms, (double)span_ms), ratio = busy_ms / (double)span_ms, work_w = ratio * sim->config.busy_w;
    while (sim->plant_ms < until_ms) {
        int64_t to_ms = sim->plant_ms + STEP_MS < until_ms ? sim->plant_ms + STEP_MS : until_ms;
        step(sim, to_ms, work_w, ratio * (double)(to_ms - sim->plant_ms) / 1000);
    }
    sim->busy_ms -= busy_ms;
    if (sim->powered && !sim->world.plant.load_on) {
        sim->powered = 0;
        sim->total.outages++;
    }
}

void sim_base_w(struct sim *sim, double base_w)
{
    if (sim->world.plant.config.base_w == base_w)
        return;
    sim_catch_up(sim);
    sim->world.plant.config.base_w = base_w > 0 ? base_w : 0;
}

/* ---- the clock ---- */

/* The box's idea of the time goes its own way as long as a fault says so. */
static void set_wall(struct sim *sim)
{
    int64_t now_ms = sim_now_ms(sim);
    const struct sim_fault *wrong = sim_fault_at(sim->config.faults, SIM_BADCLOCK, now_ms), *ahead = sim_fault_at(sim->config.faults, SIM_CLOCKSTEP, now_ms);
    int64_t true_ms = sim->config.world.start_s * 1000 + now_ms;
    sim->time.trusted = wrong == NULL;
    sim->time.wall_ms = wrong != NULL ? (int64_t)wrong->arg * 1000 + now_ms - wrong->from_ms : true_ms + (ahead != NULL ? (int64_t)(ahead->arg * 1000) : 0);
}

/* A box that comes up with a wrong clock was off just before. */
static void strike(struct sim *sim)
{
    int64_t now_ms = sim_now_ms(sim);
    const struct sim_fault *wrong = sim_fault_at(sim->config.faults, SIM_BADCLOCK, now_ms);
    if (wrong != NULL && wrong != sim->clock_fault && sim->powered) {
        sim->powered = 0;
        sim->dark_until_ms = now_ms + 1;
    }
    sim->clock_fault = wrong;
    if (now_ms >= sim->next_cut_ms && sim->cut == NULL) {            /* it stays armed until something is written */
        sim->cut = sim_fault_at(sim->config.faults, SIM_POWERCUT, sim->next_cut_ms);
        sim->cut_armed = sim->cut != NULL;
        sim->next_cut_ms = sim_fault_next_ms(sim->config.faults, SIM_POWERCUT, sim->next_cut_ms);
    }
}

static int64_t mono(void *ctx)
{
    const struct sim *sim = ctx;
    return sim->time.mono_ms;
}

static int64_t wall(void *ctx)
{
    const struct sim *sim = ctx;
    return sim->time.wall_ms;
}

static int trusted(void *ctx)
{
    const struct sim *sim = ctx;
    return sim->time.trusted;
}

static int wait_virtual(void *ctx, int64_t until_ms, struct pollfd *fds, size_t n)
{
    struct sim *sim = ctx;
    int64_t before_ms = sim->time.mono_ms, last_ms = sim->mono0_ms + end_ms(sim);
    for (size_t i = 0; i < n; i++)
        fds[i].revents = 0;
    if (!sim->powered || sim->over)
        return -ECANCELED;
    if (until_ms == GNM_NEVER)
        return -EDEADLK;
    sim->time.mono_ms = until_ms > before_ms ? until_ms < last_ms ? until_ms : last_ms : before_ms;
    if (fds == NULL) {                /* nobody waits for anything: this is work */
        sim->busy_ms += (double)(sim->time.mono_ms - before_ms);
        sim->cpu_s += (double)(sim->time.mono_ms - before_ms) / 1000;
    }
    sim->over = sim->time.mono_ms >= last_ms;
    if (sim->config.faults != NULL)
        strike(sim);
    if (sim->powered)                 /* a dying box does not learn of its new clock */
        set_wall(sim);
    if (sim_now_ms(sim) - sim->plant_ms >= CATCH_UP_MS || sim->over)
        sim_catch_up(sim);
    return sim->powered ? 0 : -ECANCELED;
}

/* ---- losing power ---- */

int sim_disk_full(const struct sim *sim)
{
    return sim_fault_at(sim->config.faults, SIM_DISKFULL, sim_now_ms(sim)) != NULL;
}

int sim_cut_waiting(struct sim *sim, int *writes)
{
    if (!sim->cut_armed)
        return 0;
    sim->cut_armed = 0;
    *writes = (int)sim->cut->arg;
    return 1;
}

void sim_cut(struct sim *sim)
{
    if (sim->cut == NULL || !sim->powered)
        return;
    sim->dark_until_ms = sim_now_ms(sim) + (sim->cut->until_ms - sim->cut->from_ms);
    sim->powered = 0;
    sim->cut = NULL;
    sim->cut_armed = 0;
}

static void pass(struct sim *sim, int64_t span_ms)
{
    int64_t to_ms = sim->time.mono_ms + span_ms, last_ms = sim->mono0_ms + end_ms(sim);
    sim->time.mono_ms = to_ms < last_ms ? to_ms : last_ms;
    sim->busy_ms = 0;
    sim_catch_up(sim);
}

int sim_sleep(struct sim *sim)
{
    int64_t last_ms = end_ms(sim);
    do {
        pass(sim, STEP_MS - sim_now_ms(sim) % STEP_MS);
        if (sim_now_ms(sim) >= sim->dark_until_ms)
            sim->dark_until_ms = 0;
    } while (sim_now_ms(sim) < last_ms && (!sim->world.plant.load_on || sim->dark_until_ms > 0));
    pass(sim, BOOT_MS);
    sim->over = sim_now_ms(sim) >= last_ms;
    sim->powered = 1;
    sim->asking = 0;
    sim->cpu_s = 0;                   /* a new process */
    set_wall(sim);
    sim->clock_fault = sim_fault_at(sim->config.faults, SIM_BADCLOCK, sim_now_ms(sim));
    return sim->over ? -ECANCELED : 0;
}

/* ---- life ---- */

static int check(const struct sim_config *c, struct gnm_why *why)
{
    if (!(c->world.latitude_deg >= -66 && c->world.latitude_deg <= 66) || !(fabs(c->world.longitude_deg) <= 180))
        return gnm_fail(why, -EINVAL, "site %g,%g: latitude -66..66 (beyond, there are days without a sunrise) and longitude -180..180", c->world.latitude_deg,
                        c->world.longitude_deg);
    if (c->end_s <= c->world.start_s)
        return gnm_fail(why, -EINVAL, "the run ends before it starts");
    return plant_config_check(&c->world.plant, why);
}

int sim_start(struct sim *sim, const struct sim_config *config, const struct zone *zone, struct gnm_why *why)
{
    memset(sim, 0, sizeof *sim);
    int r = check(config, why);
    if (r < 0)
        return r;
    sim->config = *config;
    sim->hours = (size_t)((config->end_s - config->world.start_s + 3599) / 3600);
    sim->hour = malloc(sim->hours * sizeof *sim->hour);
    if (sim->hour == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for %zu hours", sim->hours);
    for (size_t i = 0; i < sim->hours; i++)      /* by hand, so that every page is there before the run and memory can be seen not to grow */
        sim->hour[i] = (struct sim_hour){ .soc_ratio = -1 };
    r = world_start(&sim->world, &sim->config.world, zone, why);
    if (r < 0) {
        free(sim->hour);
        sim->hour = NULL;
        return r;
    }
    sim->time = (struct sim_time){ .mono_ms = BORN_MS, .wall_ms = config->world.start_s * 1000, .trusted = 1 };    /* no machine is born at 0 */
    sim->mono0_ms = BORN_MS;
    sim->clock = (struct gnm_clock){ mono, wall, trusted, wait_virtual, 1, sim };
    sim->alone = sim->world.plant;
    sim->powered = 1;
    sim->dice = config->world.seed;
    sim->next_cut_ms = sim_fault_next_ms(config->faults, SIM_POWERCUT, -1);
    return 0;
}

void sim_end(struct sim *sim)
{
    text_free(&sim->reply.body);
    world_end(&sim->world);
    free(sim->hour);
    sim->hour = NULL;
}
