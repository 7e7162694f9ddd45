#include "daemon/calibrate.h"

#include <math.h>

#include "base/hash.h"
#include "daemon/common.h"
#include "daemon/power.h"

enum { LOAD_S = 600, TURN_S = 300, EVERY_S = 30 * 86400, ASK_S = 600, SLICE_MS = 40, BURN_BYTES = 1 << 16 };

/* Nothing to learn where nothing is measured. Work teaches too, but it runs when the sun shines, and so may other loads: only a load that comes and goes by
 * the clock tells the box from them. */
static int is_wanted(const struct daemon *d)
{
    return d->config->calibrate && !d->never_learns && common_wall_s(d) - d->watts.calibrated_s >= EVERY_S &&
           !isnan(energy_dc_w(&d->battery.last)) && energy_is_float(&d->battery.last);
}

/* Work that only takes time: a block hashed over and over. */
static void burn(struct daemon *d, int64_t now_ms)
{
    const unsigned char block[1024] = { 0 };
    uint64_t hash = HASH_START;
    if (d->fixed_rate) {
        d->clock->wait(d->clock->ctx, now_ms + 1000, NULL, 0);
        return;
    }
    do {
        for (size_t n = 0; n < BURN_BYTES; n += sizeof block)
            hash = hash_bytes(hash, block, sizeof block);
    } while (d->clock->mono_ms(d->clock->ctx) - now_ms < SLICE_MS && hash != 0);
}

static void book(struct daemon *d)
{
    struct gnm_why why = {0};
    struct store_cost row = {.at_s = common_wall_s(d), .purpose = GNM_SEARCH, .job = "calibration", .cost = d->calibrated, .wall_s = 2 * d->calibrated_s,
                             .soc_ratio = d->battery.soc_ratio};
    if (d->calibrated_s > 0)
        common_store_result(d, store_cost(d->store, &row, 1, &why), &why);
    d->calibrated = (struct gnm_cost){0};
}

static int64_t stop(struct daemon *d, int64_t now_ms)
{
    book(d);
    if (d->calibrated_s >= LOAD_S) {
        d->watts.calibrated_s = common_wall_s(d);
        log_line(&d->log, LOG_NOTICE, NULL, "calibration: a busy core draws %.2f W at the battery", power_core_w(d));
    }
    d->calibrated_s = 0;
    d->calibrating = 0;
    return now_ms + common_span_ms(d, ASK_S);
}

static int may_go_on(struct daemon *d, int64_t now_ms)
{
    struct gnm_grant grant;
    const struct errand errand = {.purpose = GNM_SEARCH, .running = d->calibrating, .job_s = LOAD_S - d->calibrated_s, .since_s = 0};
    if (now_ms < d->calibrate_until_ms)
        return 1;
    int allowed = is_wanted(d) && common_trusted(d) && common_ask(d, &errand, now_ms, &grant);
    if (allowed)
        d->calibrate_until_ms = grant.until_ms;
    return allowed;
}

/* Five minutes of load and five of quiet by turns, so that a fridge that starts in between is told apart. */
int64_t calibrate_run(struct daemon *d, int64_t now_ms, struct gnm_wait *wait)
{
    (void)wait;
    struct stretch work;
    if (!d->calibrating && !is_wanted(d))
        return now_ms + common_span_ms(d, ASK_S);
    if (d->learn.learner != NULL || d->calibrated_s >= LOAD_S || !may_go_on(d, now_ms))
        return stop(d, now_ms);
    if (!d->calibrating)
        d->calibrate_turn_ms = now_ms;
    d->calibrating = 1;
    double turn_s = (double)(now_ms - d->calibrate_turn_ms) / 1e3 * d->clock->speed;
    if (turn_s >= 2 * TURN_S) {
        d->calibrate_turn_ms = now_ms;
        turn_s = 0;
    }
    if (turn_s >= TURN_S)
        return d->calibrate_turn_ms + common_span_ms(d, 2 * TURN_S);
    common_open(d, &work);
    burn(d, now_ms);
    struct gnm_cost cost = common_close(d, &work, GNM_SEARCH, NULL);
    d->calibrated_s += cost.cpu_s;
    d->calibrated = (struct gnm_cost){d->calibrated.cpu_s + cost.cpu_s, d->calibrated.joules + cost.joules, cost.method, d->calibrated.half_j + cost.half_j};
    return d->clock->mono_ms(d->clock->ctx);
}
