#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

static int64_t kernel_ms(clockid_t which)
{
    struct timespec t;
    if (clock_gettime(which, &t) < 0)
        return 0;      /* cannot happen for the two clocks we ask */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t real_mono(void *ctx)
{
    (void)ctx;
    return kernel_ms(CLOCK_MONOTONIC);
}

static int64_t real_wall(void *ctx)
{
    (void)ctx;
    return kernel_ms(CLOCK_REALTIME);
}

static int real_trusted(void *ctx)
{
    const struct clock_state *state = ctx;
    const char *path = state->sync_path == NULL ? "/run/systemd/timesync/synchronized" : state->sync_path;
    return access(path, F_OK) == 0 || kernel_ms(CLOCK_REALTIME) >= state->floor_ms;
}

static int real_wait(void *ctx, int64_t until_ms, struct pollfd *fds, size_t n)
{
    int timeout = -1;
    if (until_ms != GNM_NEVER) {
        int64_t now = real_mono(ctx);
        timeout = until_ms <= now ? 0 : until_ms - now > INT_MAX ? INT_MAX : (int)(until_ms - now);
    }
    int ready = poll(fds, (nfds_t)n, timeout);
    if (ready < 0)
        return errno == EINTR ? 0 : -errno;
    return ready;
}

void clock_real(struct gnm_clock *clock, struct clock_state *state, int64_t floor_ms)
{
    *state = (struct clock_state){ .floor_ms = floor_ms, .speed = 1 };
    *clock = (struct gnm_clock){ real_mono, real_wall, real_trusted, real_wait, 1, state };
}

static int64_t speed_wall(void *ctx)
{
    const struct clock_state *state = ctx;
    return state->wall0_ms + (int64_t)((double)(real_mono(ctx) - state->mono0_ms) * state->speed);
}

static int stated_trust(void *ctx)
{
    const struct clock_state *state = ctx;
    return state->trusted;
}

void clock_speed(struct gnm_clock *clock, struct clock_state *state, int64_t start_ms, double speed)
{
    *state = (struct clock_state){ .mono0_ms = kernel_ms(CLOCK_MONOTONIC), .wall0_ms = start_ms, .speed = speed, .trusted = 1 };
    *clock = (struct gnm_clock){ real_mono, speed_wall, stated_trust, real_wait, speed, state };
}

static int64_t virtual_mono(void *ctx)
{
    const struct clock_state *state = ctx;
    return state->mono0_ms;
}

static int64_t virtual_wall(void *ctx)
{
    const struct clock_state *state = ctx;
    return state->wall0_ms;
}

/* Without a deadline nothing would ever happen: an error, not an endless loop. */
static int virtual_wait(void *ctx, int64_t until_ms, struct pollfd *fds, size_t n)
{
    struct clock_state *state = ctx;
    for (size_t i = 0; i < n; i++)
        fds[i].revents = 0;
    if (until_ms == GNM_NEVER)
        return -EDEADLK;
    if (until_ms > state->mono0_ms) {
        state->wall0_ms += until_ms - state->mono0_ms;
        state->mono0_ms = until_ms;
    }
    return 0;
}

void clock_virtual(struct gnm_clock *clock, struct clock_state *state, int64_t start_ms)
{
    *state = (struct clock_state){ .wall0_ms = start_ms, .speed = 1, .trusted = 1 };
    *clock = (struct gnm_clock){ virtual_mono, virtual_wall, stated_trust, virtual_wait, 1, state };
}
