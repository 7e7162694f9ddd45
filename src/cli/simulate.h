/* The parts of `gnomon simulate`: what was asked, the run of the real daemon in simulated surroundings, its score, how it is shown.
 *
 * These files are the only ones of this folder that know src/world. */
#ifndef CLI_SIMULATE_H
#define CLI_SIMULATE_H

#include "cli/cli.h"
#include "cli/simulate_disk.h"
#include "cli/simulate_jobs.h"
#include "daemon/daemon.h"
#include "store/disk.h"
#include "store/meter.h"
#include "world/serve_inbox.h"
#include "world/sim.h"

enum { SIMULATE_REASONS = 24, SIMULATE_FOLDER = 160 };

struct simulate_args {
    int64_t days, seed, start_s, series;
    double latitude_deg, longitude_deg;
    struct plant_config plant;
    const char *chemistry, *irradiance, *policy, *set, *faults, *picture, *keep, *share, *zone, *country, *log;
    double forecast_skill;            /* of the weather services: 1 good, 0.5 poor, -1 there are none */
    struct simulate_job job[SIMULATE_JOBS];       /* with any, the daemon itself learns nothing */
    size_t n_jobs;
    double saver_w;                   /* what a saving box draws less */
    int64_t poll_s;
    int json;
};

struct simulate_reason { char kind[160], example[160]; unsigned n; };

/* One day of the run, for the picture. */
struct simulate_day { unsigned short granted, refused, learned; };

struct simulate_score { double wape, floor_wape, naive_wape, coverage_80; long n, missed, wanted, repeated; };

struct simulate {
    struct simulate_args args;
    char folder[SIMULATE_FOLDER], state[SIMULATE_FOLDER + 16], inbox_dir[SIMULATE_FOLDER + 32], vfs[48], meter_vfs[48];
    struct zone *zone;
    struct sim_faults faults;
    struct provider_faults provider_faults;
    struct sky_measured *measured;
    struct sim sim;
    struct crm inbox;
    struct simulate_disk disk;
    struct store_meter *meter;
    struct store_disk *layer;
    struct daemon *daemon;
    struct port_maker maker;
    struct simulate_job job[SIMULATE_JOBS];
    struct simulate_day *day;
    struct simulate_reason reason[SIMULATE_REASONS];
    size_t n_reasons;
    unsigned asked, granted, refused, learned, starts;
    unsigned seen_refusals, seen_runs;         /* of the present daemon */
    int64_t seen_grant_ms;
    double mode_s[4];                 /* time in each mode */
    int64_t mode_ms;
    double purpose_j[GNM_PURPOSES], ledger_gap_s, ledger_last_s;
    double private_kib[64];           /* at the end of each month of 30 days */
    int64_t started_ms;           /* the last start: a new process */
    size_t months;
    int64_t memory_hour;
    double cpu_s, wall_s;             /* real, of the whole run */
    struct store_meter_count written;
    struct simulate_score score;
    FILE *log;
};

/* Builds surroundings and folder. 0, or a negative errno with the reason; simulate_close in any case. */
int simulate_open(struct simulate *s, const struct simulate_args *args, struct gnm_why *why);
int simulate_run(struct simulate *s, struct gnm_why *why);
void simulate_close(struct simulate *s);

/* A question to energy and its answer; a job done. */
void simulate_note_answer(struct simulate *s, int allowed, const char *reason);
void simulate_note_done(struct simulate *s);

/* Reads the ledger and the forecasts of the run and holds them against the town. */
int simulate_judge(struct simulate *s, struct gnm_why *why);

void simulate_report(const struct simulate *s, struct cli_out *out);
void simulate_json(const struct simulate *s, struct cli_out *out);
int simulate_picture(const struct simulate *s, struct text *ret);      /* SVG */

#endif
