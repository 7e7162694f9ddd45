/* What has to hold when learning is more than one training: a search that stops anywhere, and the cheap refits between full trainings. */
#include "forecast_town.h"

#include "forecast/learner_state.h"

enum { HORIZON = 7, FULL_DAYS = 10 };
enum { SEARCH_UNITS = 1000000000, SEARCH_SLICE = 25000000 };      /* a few trials; some dozen stops */
static const struct town small = { .seed = 6, .series = 2, .days = 330, .origin = 290, .noise = .08, .fair = 1.6 };
/* Two years: enough for trees to be judged at past origins. */
static const struct town longer = { .seed = 6, .series = 2, .days = 560, .origin = 520, .noise = .08, .fair = 1.6 };

struct bytes { void *data; size_t len; };

static int64_t origin_of(const struct town *town, int later)
{
    return TOWN_FIRST + town->origin + later;
}

static struct settings few_trees(void)
{
    struct settings few;
    settings_defaults(&few);
    few.boost.trees = 6;          /* the machine is under test, not the trees */
    return few;
}

struct way { enum model_kind kind; uint64_t search; const struct bytes *previous; int later; };

static struct learner *begun(const struct panel *panel, const struct town *town, const struct way *way)
{
    struct settings few = few_trees();
    struct learner_options options = { .horizon = HORIZON, .seed = 1, .kind = way->kind, .settings = &few, .search_units = way->search };
    struct learner *learner = NULL;
    struct gnm_why why = { .text = "" };
    if (way->previous != NULL) {
        options.previous = way->previous->data;
        options.previous_len = way->previous->len;
        options.refit_days = FULL_DAYS;
    }
    ck_assert_msg(learner_begin(panel, &options, origin_of(town, way->later), &learner, &why) == 0, "%s", why.text);
    return learner;
}

static struct bytes model_bytes(const struct learner *learner)
{
    struct bytes b;
    ck_assert_int_eq(learner_model(learner, &b.data, &b.len, NULL), 0);
    return b;
}

static struct bytes finished(struct learner *learner, size_t units)
{
    int rc;
    while ((rc = learner_step(learner, units, NULL)) == LEARNER_CONTINUE)
        ;
    ck_assert_int_eq(rc, LEARNER_FINISHED);
    return model_bytes(learner);
}

static struct bytes learned(const struct panel *panel, const struct town *town, const struct way *way)
{
    struct learner *learner = begun(panel, town, way);
    struct bytes b = finished(learner, SIZE_MAX);
    learner_free(learner);
    return b;
}

static int same(struct bytes a, struct bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static struct learner *restored(const struct panel *panel, const struct town *town, const struct way *way, const struct learner *from)
{
    struct bytes c;
    struct gnm_why why = { .text = "" };
    ck_assert_int_eq(learner_checkpoint(from, &c.data, &c.len, NULL), 0);
    struct learner *again = begun(panel, town, way);
    ck_assert_msg(learner_restore(again, c.data, c.len, &why) == 0, "%s", why.text);
    free(c.data);
    return again;
}

/* Stopped and taken up from its checkpoint after each `units`, as on a day of clouds: the learner at its end. */
static struct learner *interrupted(const struct panel *panel, const struct town *town, const struct way *way, size_t units, int *stops)
{
    struct learner *learner = begun(panel, town, way);
    int rc;
    for (*stops = 0; (rc = learner_step(learner, units, NULL)) == LEARNER_CONTINUE; ++*stops) {
        struct learner *again = restored(panel, town, way, learner);
        learner_free(learner);
        learner = again;
    }
    ck_assert_int_eq(rc, LEARNER_FINISHED);
    return learner;
}

/* ---- search ---- */

START_TEST(a_search_resumes_to_the_same_model)
{
    struct panel *panel = town_panel(&longer);
    struct way way = { .kind = MODEL_BOOST, .search = SEARCH_UNITS };
    struct learner *whole = begun(panel, &longer, &way);
    struct bytes want = finished(whole, SIZE_MAX);
    ck_assert_int_gt(whole->trees.trials, 2);
    int stops;
    struct learner *learner = interrupted(panel, &longer, &way, SEARCH_SLICE, &stops);
    struct bytes got = model_bytes(learner);
    ck_assert_int_ge(stops, 5);
    ck_assert(same(want, got));
    ck_assert_double_eq(learner->trees.best_error, whole->trees.best_error);
    free(want.data);
    free(got.data);
    learner_free(learner);
    learner_free(whole);
    panel_free(panel);
}
END_TEST

/* The first trial is the settings as they are, so a search can only keep or lower the error at past origins. */
START_TEST(a_search_never_ends_worse)
{
    int better = 0;
    for (int seed = 6; seed < 8; seed++) {
        struct town town = longer;
        town.seed = (uint64_t)seed;
        struct panel *panel = town_panel(&town);
        double error[2];
        for (int i = 0; i < 2; i++) {
            struct way way = { .kind = MODEL_BOOST, .search = i * SEARCH_UNITS };
            struct learner *learner = begun(panel, &town, &way);
            free(finished(learner, SIZE_MAX).data);
            error[i] = learner->trees.best_error;
            learner_free(learner);
        }
        ck_assert(isfinite(error[0]));           /* the trees were judged */
        ck_assert_double_le(error[1], error[0]);
        better += error[1] < error[0];
        panel_free(panel);
    }
    ck_assert_int_ge(better, 1);  /* and it is not for nothing */
}
END_TEST

/* ---- refits ---- */

START_TEST(a_refit_resumes_to_the_same_model)
{
    struct panel *panel = town_panel(&small);
    struct bytes full = learned(panel, &small, &(struct way){ .kind = MODEL_MEAN });
    struct way way = { .kind = MODEL_MEAN, .previous = &full, .later = 1 };
    struct learner *whole = begun(panel, &small, &way);
    ck_assert(learner_is_refit(whole));
    struct bytes want = finished(whole, SIZE_MAX);
    ck_assert(!same(want, full));
    int stops;
    struct learner *learner = interrupted(panel, &small, &way, 1, &stops);
    ck_assert(learner_is_refit(learner));
    struct bytes got = model_bytes(learner);
    ck_assert_int_ge(stops, 4);
    ck_assert(same(want, got));
    ck_assert_double_eq(learner_result(learner)->drift.n, 1);
    free(full.data);
    free(want.data);
    free(got.data);
    learner_free(learner);
    learner_free(whole);
    panel_free(panel);
}
END_TEST

/* Day after day until the full training falls due by age. */
START_TEST(refits_serve_on_until_they_are_old)
{
    struct panel *panel = town_panel(&small);
    struct bytes model = learned(panel, &small, &(struct way){ .kind = MODEL_MEAN });
    for (int day = 1; day <= FULL_DAYS; day++) {
        struct learner *learner = begun(panel, &small, &(struct way){ .kind = MODEL_MEAN, .previous = &model, .later = day });
        ck_assert_int_eq(learner_is_refit(learner), day < FULL_DAYS);
        struct bytes next = finished(learner, SIZE_MAX);
        const struct drift *drift = &learner_result(learner)->drift;
        ck_assert_double_eq(drift->n, day < FULL_DAYS ? day : 0);
        ck_assert(!drift->alarm);
        free(model.data);
        model = next;
        learner_free(learner);
    }
    free(model.data);
    panel_free(panel);
}
END_TEST

/* The town of every day, ten times as large from `broken` on. */
static struct panel *broken_town(const struct town *town, int broken)
{
    struct panel *panel;
    struct random r;
    random_seed(&r, town->seed);
    ck_assert_int_eq(panel_new(NULL, &panel, NULL), 0);
    for (int s = 0; s < town->series; s++) {
        char name[16];
        snprintf(name, sizeof name, "s%02d", s);
        int id = panel_series(panel, name);
        for (int i = 0; i < town->days; i++) {
            double week = i % 7 == 5 ? 1.4 : 1, y = 50 * (s + 1) * week * exp(town->noise * random_normal(&r));
            ck_assert_int_eq(panel_activity(panel, id, TOWN_FIRST + i, i >= broken && i % 2 == 0 ? 12 * y : y, GNM_NEVER), 0);
        }
    }
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    return panel;
}

/* An alarm ends the refits before their time, and is itself kept through a checkpoint. */
START_TEST(drift_forces_a_full_training)
{
    enum { QUIET = 2 };
    struct panel *panel = broken_town(&small, small.origin + QUIET + 1);
    struct bytes model = learned(panel, &small, &(struct way){ .kind = MODEL_MEAN });
    int day = 0, alarm = 0;
    while (!alarm && ++day < FULL_DAYS) {
        int stops;
        struct way way = { .kind = MODEL_MEAN, .previous = &model, .later = day };
        struct learner *learner = interrupted(panel, &small, &way, 1, &stops);
        ck_assert(learner_is_refit(learner));
        struct bytes next = model_bytes(learner);
        alarm = learner_result(learner)->drift.alarm;
        learner_free(learner);
        free(model.data);
        model = next;
    }
    ck_assert(alarm);
    ck_assert_int_gt(day, QUIET);
    ck_assert_int_lt(day + 1, FULL_DAYS);        /* age alone would have let it serve on */
    struct learner *learner = begun(panel, &small, &(struct way){ .kind = MODEL_MEAN, .previous = &model, .later = day + 1 });
    ck_assert(!learner_is_refit(learner));
    struct bytes next = finished(learner, SIZE_MAX);
    ck_assert(!learner_result(learner)->drift.alarm);
    free(next.data);
    learner_free(learner);
    free(model.data);
    panel_free(panel);
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, a_search_resumes_to_the_same_model);
    tcase_add_test(tc, a_search_never_ends_worse);
    tcase_add_test(tc, a_refit_resumes_to_the_same_model);
    tcase_add_test(tc, refits_serve_on_until_they_are_old);
    tcase_add_test(tc, drift_forces_a_full_training);
}

int main(void)
{
    return town_main("resume", fill);
}
