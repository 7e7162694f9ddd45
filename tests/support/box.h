/* A solar box in virtual time: the real daemon over a simulated sky, plant and town, without a socket.
 *
 * The controller port reads the plant directly; the web port answers with one small weather document; the meter counts a fixed cost a call. */
#ifndef SUPPORT_BOX_H
#define SUPPORT_BOX_H

#include "base/clock.h"
#include "daemon/daemon.h"
#include "world/plant.h"
#include "world/town.h"

struct box {
    char folder[128];
    struct gnm_clock clock;
    struct clock_state time;
    struct plant plant;
    struct sky sky;
    struct daemon *daemon;
    struct port_maker maker;
    int64_t plant_s;              /* the plant stands at this wall time */
    unsigned begins, submits;
    double cpu_s;
    int controller_silent, web_down;
    int64_t stop_ms;
    struct text log;
    const char *config_extra;     /* appended to the configuration */
    const struct gnm_clock *inner;
};

/* A fresh folder and sky; `start_s` is the wall time. Change `plant.config`, `plant.soc_ratio` and the switches before box_begin. */
void box_new(struct box *box, uint64_t seed, int64_t start_s);
void box_begin(struct box *box);            /* makes the daemon on the folder's state */
void box_run(struct box *box, double hours);
void box_end(struct box *box);              /* stops the daemon as SIGTERM would */
void box_free(struct box *box);

/* Drops two years of history of `businesses` into the inbox. */
void box_history(struct box *box, uint64_t seed, size_t businesses);
int box_logged(const struct box *box, const char *needle);   /* how often */
/* First column of the first row of a query on state.db or forecast.db; free() it. */
char *box_sql(const struct box *box, const char *database, const char *query);
double box_number(const struct box *box, const char *database, const char *query);

#endif
