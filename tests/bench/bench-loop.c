/* The least that a simulated year costs on this machine: the daemon's loop over the virtual clock, sky and plant, a controller polled every 30 s, nothing else.
 * bench-loop DAYS prints its CPU seconds. year.sh sets `gnomon simulate` beside it, because machines and their loads differ more than versions. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "daemon/loop.h"
#include "world/sim.h"

enum { POLL_MS = 30000, DAYS_MAX = 3660 };

struct bench { struct sim sim; struct gnm_controller controller; double sum; };

static int64_t ask(void *ctx, int64_t now_ms, struct gnm_wait *wait)
{
    struct bench *b = ctx;
    struct gnm_reading reading;
    struct gnm_why why;
    if (b->controller.begin(b->controller.ctx, now_ms, &why) == 0 && b->controller.poll(b->controller.ctx, now_ms, now_ms, &reading, wait, &why) == 0)
        b->sum += reading.value[GNM_BATTERY_V];
    return now_ms + POLL_MS;
}

static int start(struct bench *b, int days, struct zone **zone, struct gnm_why *why)
{
    char *data;
    size_t len;
    struct sim_config config = { .busy_w = 7, .poll_cpu_s = 0.0003, .byte_cpu_s = 3e-8 };
    int r = file_read("/usr/share/zoneinfo/Europe/Brussels", 65536, &data, &len, why);
    if (r < 0)
        return r;
    *zone = zone_new(data, len, why);
    free(data);
    world_config_default(&config.world);
    config.end_s = config.world.start_s + (int64_t)days * 86400;
    return *zone == NULL ? why->code : sim_start(&b->sim, &config, *zone, why);
}

int main(int argc, char **argv)
{
    struct gnm_why why = { 0 };
    struct zone *zone = NULL;
    struct loop loop;
    struct bench *b = calloc(1, sizeof *b);
    int days = argc == 2 ? atoi(argv[1]) : 0;
    if (b == NULL || days < 1 || days > DAYS_MAX)
        return 64;
    if (start(b, days, &zone, &why) < 0) {
        fprintf(stderr, "bench-loop: %s\n", why.text);
        return 70;
    }
    sim_controller(&b->sim, &b->controller);
    loop_init(&loop, &b->sim.clock);
    loop_add(&loop, "poll", ask, b, 0);
    clock_t before = clock();
    while (loop_once(&loop) == 0)
        ;
    printf("%.3f\n", (double)(clock() - before) / CLOCKS_PER_SEC);
    int polled = b->sum > 0;
    sim_end(&b->sim);
    zone_free(zone);
    free(b);
    return polled ? 0 : 70;
}
