/* The simulated surroundings as the daemon's four ports, in virtual time. Pure.
 *
 * The clock jumps from deadline to deadline; sky, plant and providers follow it. A wait without a list of descriptors is work: the time passes, the processor is
 * busy, the plant carries what that draws, and the meter counts it. So learning takes time and energy here too. Every fault of the schedule is a matter of
 * these ports, but the disk's, which the caller asks for with sim_disk_full.
 *
 * Once the plant cuts the load (or a scheduled cut strikes) `powered` is 0 and every wait answers -ECANCELED, as it does at the end of the run (`over`):
 * the caller takes its daemon down, sim_sleep lets the time pass until there is power again, and a new daemon starts. */
#ifndef WORLD_SIM_H
#define WORLD_SIM_H

#include "gnomon/ports.h"
#include "world/sim_faults.h"
#include "world/world.h"

struct sim_config {
    struct world_config world;
    int64_t end_s;
    double busy_w;                    /* what a busy core draws on top of the base load */
    double poll_cpu_s, byte_cpu_s;    /* CPU seconds of a poll, and of a byte taken from the web */
    const struct sim_faults *faults;  /* NULL: nothing goes wrong */
};

/* What happened in one hour; off_s: without power, or stopped by itself. */
struct sim_hour { float soc_ratio, pv_wh, wasted_wh, load_wh, work_s, off_s; };

struct sim_total { double pv_wh, wasted_wh, load_wh, off_s, off_anyway_s, alone_off_s, halt_s, cut_s, work_s, work_wh; unsigned outages, polls, failed_polls, asked, answered; };

struct sim_time { int64_t mono_ms, wall_ms; int trusted; };    /* the wall time may be wrong */

struct sim {
    struct sim_config config;
    struct world world;               /* with the plant as it is */
    struct plant alone;               /* the same plant with nothing but the base load: what would have happened without us */
    struct gnm_clock clock;
    struct sim_time time;             /* the box's own */
    int64_t mono0_ms;                 /* of the start of the run */
    int64_t plant_ms;                 /* both plants stand at this time since the start: the last whole minute, so that runs that differ in their work stay on one grid */
    double busy_ms, cpu_s;            /* busy since then; CPU seconds of the process so far */
    int powered, over, cut_armed;
    int halted;                       /* set by the caller while the daemon has stopped all work by itself: counted in halt_s */
    int64_t dark_until_ms;            /* a scheduled cut lasts until then */
    double clock_error_s;
    const struct sim_fault *clock_fault, *cut;
    int64_t next_cut_ms;
    uint64_t dice;
    struct sim_hour *hour;            /* hours of the run */
    size_t hours;
    struct sim_total total;
    struct gnm_request request;       /* the one under way */
    char user_agent[160], modified_since[64];     /* of it; empty: not sent */
    int asking;                       /* 1: under way; 2: answered in `reply`, which is on its way */
    struct reply reply;
    int64_t answer_ms;
};

/* `zone`, faults, light and the texts of `config` must outlive it, and it must not be moved. -EINVAL for an impossible plant or site. */
int sim_start(struct sim *sim, const struct sim_config *config, const struct zone *zone, struct gnm_why *why);
void sim_end(struct sim *sim);

void sim_controller(struct sim *sim, struct gnm_controller *ret);
void sim_web(struct sim *sim, struct gnm_web *ret);
void sim_meter(struct sim *sim, struct gnm_meter *ret);

/* From now on the base load of the plant (not of the one that is alone) is this. */
void sim_base_w(struct sim *sim, double base_w);
/* Milliseconds since the start of the run, and the true calendar time. */
int64_t sim_now_ms(const struct sim *sim);
int64_t sim_true_s(const struct sim *sim);
/* Brings the world up to now and the plants up to the last whole minute; the controller does so by itself. */
void sim_catch_up(struct sim *sim);
/* 1 while the schedule says that the disk is full. */
int sim_disk_full(const struct sim *sim);
/* For a disk that is written to: 1 once, when a scheduled cut is waiting for its write; `*writes` is how many it lets pass. */
int sim_cut_waiting(struct sim *sim, int *writes);
/* The disk tells that it was cut. */
void sim_cut(struct sim *sim);
/* After a loss of power: passes time until the box can start again. 0, or -ECANCELED when the run is over first. */
int sim_sleep(struct sim *sim);

#endif
