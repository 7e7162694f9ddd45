/* Which class of models serves, and what is said of it. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/frugal.h"
#include "forecast/learner.h"
#include "forecast/model.h"
#include "forecast/settings.h"
#include "forecast_town.h"

START_TEST(the_cheapest_good_enough_serves)
{
    struct frugal f;
    char say[FRUGAL_TEXT];
    frugal_begin(&f);
    frugal_choose(&f, .01);
    ck_assert_int_eq(f.chosen, -1);
    frugal_say(&f, say);
    ck_assert_str_eq(say, "");
    f.error[FRUGAL_NAIVE] = .2;
    f.error[FRUGAL_RIDGE] = .1;
    f.error[FRUGAL_TREES] = .0996;
    memcpy(f.total, f.error, sizeof f.total);
    f.units[FRUGAL_NAIVE] = 1e6;
    f.units[FRUGAL_RIDGE] = 11e6;
    f.units[FRUGAL_TREES] = 96e6;
    frugal_choose(&f, .01);
    ck_assert_int_eq(f.chosen, FRUGAL_RIDGE);
    frugal_say(&f, say);
    ck_assert_str_eq(say, "ridge kept: 50.0 % better than naive for 12 times the joules; trees rejected: 0.4 % better than ridge for 9.0 times the joules,"
                          " tried again after 28 days");
    frugal_choose(&f, .001);
    ck_assert_int_eq(f.chosen, FRUGAL_TREES);
    f.unsure[FRUGAL_RIDGE] = .03;              /* better in some windows, worse in others */
    frugal_choose(&f, .01);
    ck_assert_int_eq(f.chosen, FRUGAL_TREES);
    f.unsure[FRUGAL_RIDGE] = 0;
    f.total[FRUGAL_TREES] = .09;               /* the largest series gain by them */
    frugal_choose(&f, .01);
    ck_assert_int_eq(f.chosen, FRUGAL_TREES);
    f.error[FRUGAL_TREES] = .11;
    f.total[FRUGAL_NAIVE] = .08;               /* no class is good enough by both */
    frugal_choose(&f, .01);
    ck_assert_int_eq(f.chosen, FRUGAL_TREES);
}
END_TEST

static struct model *learn(const struct panel *panel, int64_t origin, double tolerance, const struct model *before)
{
    struct settings settings;
    void *data = NULL;
    size_t len = 0;
    struct learner *learner;
    struct model *model;
    settings_defaults(&settings);
    settings.automatic.tolerance = tolerance;
    settings.boost.trees = 10;
    if (before != NULL)
        ck_assert_int_eq(model_write(before, &data, &len, NULL), 0);
    struct learner_options options = { .horizon = 14, .settings = &settings, .previous = data, .previous_len = len };       /* no refit: trained in full */
    ck_assert_int_eq(learner_begin(panel, &options, origin, &learner, NULL), 0);
    ck_assert_int_eq(learner_step(learner, SIZE_MAX, NULL), LEARNER_FINISHED);
    ck_assert_int_eq(learner_is_refit(learner), 0);
    free(data);
    ck_assert_int_eq(learner_model(learner, &data, &len, NULL), 0);
    ck_assert_int_eq(model_load(data, len, &model, NULL), 0);
    free(data);
    learner_free(learner);
    return model;
}

/* Rejected trees are not in the model, not grown again before their time, then grown again and waited for twice as long. */
START_TEST(rejected_trees_wait)
{
    struct town town = { .seed = 3, .series = 3, .days = 700, .origin = 640, .after = TOWN_KEEP, .noise = .1, .fair = 1 };
    struct panel *panel = town_panel(&town);
    int64_t origin = TOWN_FIRST + 560;
    struct model *model = learn(panel, origin, 1, NULL), *next;
    ck_assert_int_lt(model->frugal.chosen, FRUGAL_TREES);
    ck_assert(!isnan(model->frugal.error[FRUGAL_TREES]));
    ck_assert_int_eq(model->n_boost, 0);
    ck_assert_double_gt(model->frugal.units[FRUGAL_TREES], model->frugal.units[FRUGAL_NAIVE]);
    next = learn(panel, origin + 14, 1, model);
    ck_assert_int_eq(next->frugal.tried_label, origin);
    ck_assert_double_eq_tol(next->frugal.error[FRUGAL_TREES] / next->frugal.error[next->frugal.chosen],
                            model->frugal.error[FRUGAL_TREES] / model->frugal.error[model->frugal.chosen], 1e-9);
    model_free(model);
    model = learn(panel, origin + 42, 1, next);
    ck_assert_int_eq(model->frugal.tried_label, origin + 42);
    ck_assert_int_eq(model->frugal.wait_days, 56);
    model_free(next);
    next = learn(panel, origin + 42, 0, NULL);
    ck_assert_int_eq(next->frugal.wait_days, 28);
    model_free(next);
    model_free(model);
    panel_free(panel);
}
END_TEST

/* Too short for ridge and trees: their work is nothing, and what is left is compared. */
START_TEST(short_history_is_compared_too)
{
    struct town town = { .seed = 3, .series = 3, .days = 60, .origin = 50, .after = TOWN_KEEP, .noise = .1, .fair = 1 };
    struct panel *panel = town_panel(&town);
    struct model *model = learn(panel, TOWN_FIRST + 50, .01, NULL);
    ck_assert_int_ge(model->frugal.chosen, FRUGAL_NAIVE);
    ck_assert_int_le(model->frugal.chosen, FRUGAL_SMOOTH);
    ck_assert_double_eq(model->frugal.units[FRUGAL_RIDGE], 0);
    model_free(model);
    panel_free(panel);
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, short_history_is_compared_too);
    tcase_add_test(tc, the_cheapest_good_enough_serves);
    tcase_add_test(tc, rejected_trees_wait);
}

int main(void)
{
    return town_main("frugal", fill);
}
