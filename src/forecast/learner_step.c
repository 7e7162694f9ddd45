/* The phases of learning: how many tasks each has, what one costs in work units, what stands between two. */
#include "forecast/learner_state.h"

static size_t tasks(const struct learner *l, enum learner_phase phase)
{
    if (l->refit && phase != PHASE_STATS && phase != PHASE_GRAM && phase != PHASE_DELTA)
        return 0;
    switch (phase) {
    case PHASE_DRIVERS:
        return learner_drivers_count(l);
    case PHASE_SCALE:
        return (size_t)l->model.plan.n_columns + 1;
    case PHASE_MU:
        return learner_mu_count(l);
    case PHASE_ROWS:
        return learner_rows_count(l);
    case PHASE_BOOST:
        return learner_boost_count(l);
    case PHASE_FINISH:
        return learner_finish_count(l);
    case PHASE_DONE:
        return 0;
    default:
        return l->n_series;
    }
}

/* Work units of one task of a phase, about a nanosecond each: making a cell of a row takes twenty, a multiplication in a Gram a sixteenth. */
static size_t task_units(const struct learner *l, enum learner_phase phase, size_t i)
{
    size_t p = (size_t)l->model.plan.n_columns, cells = matrix_rows_max(&l->range) * p, made = cells * 20, gram = cells * p / 16, solve = p * p * p / 8 + p * p * 8;
    size_t asked = (size_t)l->n_past * (size_t)l->options.horizon;
    switch (phase) {
    case PHASE_DRIVERS:
        return learner_drivers_units(l);
    case PHASE_SCALE:
        return LEARNER_SAMPLE * 100;
    case PHASE_STATS:
        return l->refit ? 50000 : made + cells * 4;
    case PHASE_GRAM:
        return made + gram + cells * 2;
    case PHASE_CHOOSE:
        return made / 2 + cells * 4;
    case PHASE_MU:
    case PHASE_DELTA:
        return made + gram + solve * (phase == PHASE_MU ? LEARNER_MUS : (size_t)l->n_past + 1);
    case PHASE_ROWS:
        return (size_t)(l->trees.keep_origin * (double)l->n_series * (3000 + l->trees.keep_row * l->options.horizon * l->model.plan.n_wide * 20)) + 1;
    case PHASE_BOOST:
        return learner_boost_units(l, i);
    case PHASE_MEMBERS:
        return (size_t)l->n_past * 60000 + asked * 100;
    default:
        return learner_finish_units(l, i);
    }
}

/* The drivers are tested for the ridge, and trees gain by it. A member that only looks back costs a thirtieth of those that smooth. */
static void add_units(const struct learner *l, enum learner_phase phase, double *ret)
{
    double sum = 0;
    for (size_t i = 0, n = tasks(l, phase); i < n; i++)
        sum += (double)task_units(l, phase, i);
    if (phase == PHASE_MEMBERS) {
        ret[FRUGAL_NAIVE] += sum / 30;
        ret[FRUGAL_SMOOTH] += sum - sum / 30;
    } else if (phase < PHASE_FINISH) {
        ret[phase == PHASE_ROWS || phase == PHASE_BOOST ? FRUGAL_TREES : FRUGAL_RIDGE] += sum;
    }
}

static void find_units(struct learner *l)
{
    frugal_begin(&l->model.frugal);
    for (int phase = l->model.has_ridge ? PHASE_DRIVERS : PHASE_ROWS; phase < PHASE_FINISH; phase++)
        add_units(l, (enum learner_phase)phase, l->model.frugal.units);
}

static int run_task(struct learner *l, size_t units, struct gnm_why *why)
{
    switch (l->phase) {
    case PHASE_DRIVERS:
        return learner_drivers_task(l, l->cursor, why);
    case PHASE_STATS:
        return l->refit ? learner_drift_task(l, l->cursor, why) : learner_stats_task(l, l->cursor, why);
    case PHASE_SCALE:
        return learner_scale_task(l, l->cursor, why);
    case PHASE_GRAM:
        return learner_gram_task(l, l->cursor, why);
    case PHASE_CHOOSE:
        return learner_choose_task(l, l->cursor, why);
    case PHASE_MU:
        return learner_mu_task(l, l->cursor, why);
    case PHASE_DELTA:
        return learner_delta_task(l, l->cursor, why);
    case PHASE_ROWS:
        return learner_rows_task(l, l->cursor, why);
    case PHASE_BOOST:
        return learner_boost_task(l, l->cursor, units, why);
    case PHASE_MEMBERS:
        return learner_members_task(l, l->cursor, why);
    case PHASE_FINISH:
        if (l->cursor == 0)
            find_units(l);
        return learner_finish_task(l, l->cursor, why);
    default:
        return 0;
    }
}

/* What stands between two phases. A phase without tasks is passed through, so both ends run. */
static void next_phase(struct learner *l)
{
    if (l->phase == PHASE_DRIVERS)
        learner_drivers_end(l);
    if (l->phase == PHASE_STATS && l->refit)
        learner_drift_end(l);
    if (l->phase == PHASE_CHOOSE && !l->refit)
        learner_choose_end(l);
    if (l->phase == PHASE_MU && !l->refit)
        learner_mu_end(l);
    if (l->phase == PHASE_BOOST)
        learner_boost_end(l);
    if (l->phase == PHASE_DELTA)
        learner_drop_rows(l);
    l->phase++;
    l->cursor = l->phase == PHASE_BOOST ? l->trees.resume_cursor : 0;
    if (l->phase == PHASE_SCALE && !l->refit)
        learner_scale_begin(l);
    if (l->phase == PHASE_CHOOSE && !l->refit)
        learner_choose_begin(l);
    if (l->phase == PHASE_DELTA)
        learner_delta_begin(l);
}

/* Growing trees stops anywhere by itself; asking them does not. */
static int can_split(const struct learner *l)
{
    return l->phase == PHASE_BOOST && learner_boost_grows(l, l->cursor);
}

int learner_step(struct learner *l, size_t units, struct gnm_why *why)
{
    size_t spent = 0;
    while (l->phase != PHASE_DONE) {
        if (l->cursor >= tasks(l, l->phase)) {
            next_phase(l);
            continue;
        }
        size_t cost = task_units(l, l->phase, l->cursor);
        if (spent > 0 && spent + cost > units && !can_split(l))
            return LEARNER_CONTINUE;
        int rc = run_task(l, spent < units ? units - spent : 1, why);
        if (rc != 0)
            return rc;
        l->cursor++;
        spent += cost;
    }
    return LEARNER_FINISHED;
}

/* Rows that are made again count as there: what they lead to is not lost. */
double learner_progress(const struct learner *l)
{
    double all = 0, done = 0;
    int again = l->phase == PHASE_ROWS && l->trees.resuming;
    enum learner_phase at = again ? PHASE_BOOST : l->phase;
    size_t cursor = again ? l->trees.resume_cursor : l->cursor;
    for (int phase = l->model.has_ridge ? PHASE_DRIVERS : PHASE_ROWS; phase < PHASE_DONE; phase++)
        for (size_t i = 0, n = tasks(l, (enum learner_phase)phase); i < n; i++) {
            double cost = (double)task_units(l, (enum learner_phase)phase, i);
            all += cost;
            done += phase < (int)at || (phase == (int)at && i < cursor) ? cost : 0;
            if (phase == PHASE_BOOST && at == PHASE_BOOST && i == cursor)
                done += cost * l->trees.done;
        }
    return all > 0 ? done / all : 1;
}
