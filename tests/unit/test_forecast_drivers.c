/* Drivers earn their place, levels restart at an onset, money is modelled in constant prices: on made-up towns with a known truth. */
#include <errno.h>

#include "forecast_town.h"

#include "features/panel_view.h"
#include "forecast/driver_test.h"
#include "forecast/effects.h"
#include "forecast/learner.h"
#include "forecast/model.h"
#include "forecast/money.h"
#include "forecast/restart.h"

enum { DAYS = 1000 };

static int is_match(int i)
{
    return (i * 7919 + 3) % 31 < 8;
}

/* A shop beside the ball park and one without; sales in money rise with an index by `inflation` a year when `money`. */
static struct panel *make(double crash, double inflation)
{
    struct panel *panel;
    struct random r;
    random_seed(&r, 5);
    ck_assert_int_eq(panel_new(NULL, &panel, NULL), 0);
    int park = panel_series(panel, "park"), far = panel_series(panel, "far");
    for (int i = 0; i < DAYS; i++) {
        int64_t day = TOWN_FIRST + i;
        double week = 100 + 20 * civil_weekday(day), price = pow(1 + inflation, i / 365.25), down = i >= DAYS - 3 ? crash : 1;
        panel_activity(panel, park, day, week * (is_match(i) ? 1.5 : 1) * exp(.05 * random_normal(&r)) * price * down, GNM_NEVER);
        panel_activity(panel, far, day, week * exp(.05 * random_normal(&r)), GNM_NEVER);
    }
    for (int i = 0; i < DAYS + 60; i++)
        panel_driver(panel, "match", -1, TOWN_FIRST + i, is_match(i), GNM_ALWAYS);
    panel_static(panel, park, "unit", "money");
    panel_driver(panel, "war_onset", park, TOWN_FIRST + DAYS - 3, 1, GNM_NEVER);
    for (int i = 0; i < DAYS; i += 15)
        if (inflation > 0)
            panel_driver(panel, "cpi_index", -1, TOWN_FIRST + i, 100 * pow(1 + inflation, i / 365.25), GNM_NEVER);
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    return panel;
}

/* A shop shut on Sundays by rule and on odd days by a driver; with `rows` those days stand there as zeros, else they are absent. */
static struct panel *make_shut(int rows)
{
    struct panel *panel;
    struct random r;
    random_seed(&r, 6);
    ck_assert_int_eq(panel_new(NULL, &panel, NULL), 0);
    int shop = panel_series(panel, "shop");
    panel_series_closed(panel, shop, 1u << 6);
    for (int i = 0; i < DAYS + 60; i++) {
        int64_t day = TOWN_FIRST + i;
        int odd = i % 37 == 5, shut = odd || civil_weekday(day) == 6;
        double value = (100 + 10 * civil_weekday(day)) * exp(.05 * random_normal(&r));
        if (i < DAYS && (!shut || rows))
            panel_activity(panel, shop, day, shut ? 0 : value, GNM_NEVER);
        panel_driver(panel, "closed", shop, day, odd, GNM_ALWAYS);
    }
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    return panel;
}

static struct model *train(const struct panel *panel)
{
    struct learner_options options = { .horizon = 28, .seed = 1, .kind = MODEL_MEAN };
    struct learner *learner;
    struct model *model;
    void *data;
    size_t len;
    int rc = learner_begin(panel, &options, TOWN_FIRST + DAYS - 1, &learner, NULL);
    ck_assert_int_eq(rc, 0);
    while ((rc = learner_step(learner, 1000000, NULL)) == LEARNER_CONTINUE)
        ;
    ck_assert_int_eq(rc, LEARNER_FINISHED);
    ck_assert_int_eq(learner_model(learner, &data, &len, NULL), 0);
    ck_assert_int_eq(model_load(data, len, &model, NULL), 0);
    free(data);
    learner_free(learner);
    return model;
}

START_TEST(closed_by_rule_is_missing_and_certain)
{
    struct gnm_forecast *with, *without;
    size_t n, m;
    struct panel *zeros = make_shut(1), *absent = make_shut(0);
    struct model *a = train(zeros), *b = train(absent);
    ck_assert_int_eq(model_predict(a, zeros, TOWN_FIRST + DAYS - 1, 56, &with, &n, NULL), 0);
    ck_assert_int_eq(model_predict(b, absent, TOWN_FIRST + DAYS - 1, 56, &without, &m, NULL), 0);
    ck_assert_uint_eq(n, m);
    for (size_t i = 0; i < n; i++) {
        int shut = civil_weekday(with[i].target) == 6 || (with[i].target - TOWN_FIRST) % 37 == 5;
        ck_assert(with[i].mean == without[i].mean && memcmp(with[i].q, without[i].q, sizeof with[i].q) == 0);
        ck_assert_int_eq(shut, with[i].mean == 0);
        ck_assert(!shut || (with[i].q[0] == 0 && with[i].q[GNM_LEVELS - 1] == 0 && with[i].baseline == 0));
        ck_assert(shut || with[i].q[0] > 50);
    }
    free(with);
    free(without);
    model_free(a);
    model_free(b);
    panel_free(zeros);
    panel_free(absent);
}
END_TEST

START_TEST(only_the_park_has_matches)
{
    struct panel *panel = make(1, 0), *view;
    struct plan *plan = calloc(1, sizeof *plan);
    struct driver_verdict verdict[PLAN_DRIVERS];
    int origin = panel_period(panel, TOWN_FIRST + DAYS - 1), match = 0;
    ck_assert_ptr_nonnull(plan);
    plan_make(panel, origin, plan);
    while (strcmp(plan->driver[match].name, "match") != 0)
        match++;
    ck_assert_int_eq(panel_view_new(panel, &view), 0);
    ck_assert_int_eq(driver_test(plan, view, 0, origin, 104, verdict), 0);
    ck_assert_int_eq(verdict[match].state, DRIVER_USED);
    ck_assert(verdict[match].gain > .3f && verdict[match].shifted < verdict[match].gain);
    ck_assert_int_eq(driver_test(plan, view, 1, origin, 104, verdict), 0);
    ck_assert_int_eq(verdict[match].state, DRIVER_REJECTED);
    panel_view_shift(view, (size_t)plan->driver[match].at, 364);      /* the park with last year's fixtures */
    ck_assert(panel_driver_value(view, (size_t)plan->driver[match].at, 0, origin, GNM_NEVER - 1) == is_match(DAYS - 1 - 364));
    panel_view_hide(view, (size_t)plan->driver[match].at, 1);
    ck_assert(isnan(panel_driver_value(view, (size_t)plan->driver[match].at, 1, origin, GNM_NEVER - 1)));
    panel_view_free(view);
    panel_free(panel);
    free(plan);
}
END_TEST

/* The truth is known: a match adds half of the usual day beside the park and nothing elsewhere. Effects and what is said without any driver make the median. */
START_TEST(effects_of_matches)
{
    struct panel *panel = make(1, 0), *blind;
    struct model *model = train(panel);
    struct effects effects;
    struct gnm_forecast *row;
    struct plan *plan = malloc(sizeof *plan);
    struct cell cell[28];
    size_t n;
    int origin = panel_period(panel, TOWN_FIRST + DAYS - 1);
    ck_assert_ptr_nonnull(plan);
    ck_assert_int_eq(model_predict_why(model, panel, TOWN_FIRST + DAYS - 1, 28, &row, &n, &effects, NULL), 0);
    size_t park = (size_t)panel_find_series(panel, "park"), far = (size_t)panel_find_series(panel, "far");
    const double *match = effects_of(&effects, park, "match");
    ck_assert_ptr_nonnull(match);
    ck_assert_ptr_null(effects_of(&effects, far, "match"));
    *plan = model->plan;
    ck_assert_int_eq(plan_bind(plan, panel, NULL), 0);
    ck_assert_int_eq(model_view(model, plan, panel, origin, &blind), 0);
    for (size_t i = 0; i < effects.n; i++)
        for (int d = 0; d < plan->n_drivers; d++)
            if (effects.row[i].series == park && strcmp(plan->driver[d].name, effects.row[i].driver) == 0)
                panel_view_hide(blind, (size_t)plan->driver[d].at, park);
    ck_assert_int_eq(model_view_predict(model, plan, panel, blind, park, origin, 28, NULL, cell), 0);
    for (int h = 1; h <= 28; h++) {
        const struct gnm_forecast *f = &row[28 + h - 1];      /* sorted: far, park */
        double all = 0, usual = 100 + 20 * civil_weekday(TOWN_FIRST + DAYS - 1 + h);
        ck_assert_str_eq(f->series, "park");
        for (size_t i = 0; i < effects.n; i++)
            all += effects.row[i].series == park ? effects.value[i * 28 + (size_t)h - 1] : 0;
        ck_assert_double_eq_tol(all + cell[h - 1].q[3], f->q[3], 1e-6 * f->q[3]);
        if (is_match(DAYS - 1 + h))
            ck_assert_msg(match[h - 1] > .15 * usual && match[h - 1] < .65 * usual, "day %d: %g of %g", h, match[h - 1], usual);
        else
            ck_assert_msg(match[h - 1] < .1 * usual, "day %d: %g of %g", h, match[h - 1], usual);
    }
    effects_free(&effects);
    free(row);
    ck_assert_int_eq(model_predict_why(NULL, panel, TOWN_FIRST + DAYS - 1, 28, &row, &n, &effects, NULL), 0);
    ck_assert_uint_eq(effects.n, 0);
    panel_view_free(blind);
    free(plan);
    free(row);
    model_free(model);
    panel_free(panel);
}
END_TEST

START_TEST(level_restarts)
{
    struct restart r;
    double point[7];
    struct panel *panel = make(.2, 0);
    int origin = panel_period(panel, TOWN_FIRST + DAYS - 1);
    ck_assert_int_eq(restart_read(panel, 0, origin, 7, &r, point), 0);
    ck_assert(r.serves && r.age == 2 && r.wider > 2.5);
    ck_assert(point[0] > 15 && point[0] < 60);
    ck_assert_int_eq(restart_read(panel, 1, origin, 7, &r, point), -ENODATA);            /* not its crisis */
    ck_assert_int_eq(restart_read(panel, 0, origin - 3, 7, &r, point), -ENODATA);        /* nobody knew the day before */
    panel_free(panel);
    panel = make(1, 0);                       /* an onset that moves nothing */
    ck_assert_int_eq(restart_read(panel, 0, origin, 7, &r, point), 0);
    ck_assert(!r.serves);
    panel_free(panel);
}
END_TEST

START_TEST(money_is_told_from_counts)
{
    struct panel *panel = make(1, .6);
    int origin = panel_period(panel, TOWN_FIRST + DAYS - 1);
    ck_assert_int_eq(money_is_deflated(panel, 0, origin, 28), 1);
    ck_assert_int_eq(money_is_deflated(panel, 1, origin, 28), 0);
    panel_free(panel);
    panel = make(1, .05);                     /* too little to matter */
    ck_assert_int_eq(money_is_deflated(panel, 0, origin, 28), 0);
    panel_free(panel);
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, closed_by_rule_is_missing_and_certain);
    tcase_add_test(tc, only_the_park_has_matches);
    tcase_add_test(tc, effects_of_matches);
    tcase_add_test(tc, level_restarts);
    tcase_add_test(tc, money_is_told_from_counts);
}

int main(void)
{
    return town_main("drivers", fill);
}
