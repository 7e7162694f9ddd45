#include "forecast_town.h"

#include <errno.h>

#include "forecast/backtest.h"
#include "forecast/learner_state.h"
#include "forecast/settings.h"

static const struct town usual = { .seed = 3, .series = 4, .days = 900, .origin = 860, .noise = .08, .fair = 1.6 };
enum { HORIZON = 14 };

static int64_t origin_of(const struct town *town)
{
    return TOWN_FIRST + (int64_t)town->origin * (town->weekly ? 7 : 1);
}

static struct learner *begun(const struct panel *panel, const struct town *town, enum model_kind kind)
{
    struct settings few;
    settings_defaults(&few);
    few.boost.trees = 6;          /* the machine is under test, not the trees */
    struct learner_options options = { .horizon = HORIZON, .seed = 1, .kind = kind, .settings = &few };
    struct learner *learner = NULL;
    struct gnm_why why = { .text = "" };
    ck_assert_msg(learner_begin(panel, &options, origin_of(town), &learner, &why) == 0, "%s", why.text);
    return learner;
}

struct bytes { void *data; size_t len; };

static struct bytes finished(struct learner *learner, size_t units)
{
    struct bytes b;
    int rc;
    while ((rc = learner_step(learner, units, NULL)) == LEARNER_CONTINUE)
        ;
    ck_assert_int_eq(rc, LEARNER_FINISHED);
    ck_assert_int_eq(learner_model(learner, &b.data, &b.len, NULL), 0);
    return b;
}

static void assert_same(struct bytes a, struct bytes b)
{
    ck_assert_uint_eq(a.len, b.len);
    ck_assert_mem_eq(a.data, b.data, a.len);
}

static struct bytes model_of(const struct town *town)
{
    struct panel *panel = town_panel(town);
    struct learner *learner = begun(panel, town, MODEL_MEAN);
    struct bytes b = finished(learner, SIZE_MAX);
    learner_free(learner);
    panel_free(panel);
    return b;
}

/* Model bytes and forecasts of a town whose future is kept, left out or noise. */
static struct bytes forecast_of(const struct town *town)
{
    struct panel *panel = town_panel(town);
    struct bytes m = model_of(town), f;
    struct model *model;
    struct gnm_forecast *row;
    size_t n;
    ck_assert_int_eq(model_load(m.data, m.len, &model, NULL), 0);
    ck_assert_int_eq(model_predict(model, panel, origin_of(town), HORIZON, &row, &n, NULL), 0);
    ck_assert_uint_eq(n, (size_t)town->series * HORIZON);
    f = (struct bytes){ row, n * sizeof *row };
    model_free(model);
    free(m.data);
    panel_free(panel);
    return f;
}

START_TEST(future_does_not_leak)
{
    struct town town = usual;
    struct bytes whole = model_of(&town), whole_f = forecast_of(&town);
    for (enum town_after after = TOWN_CUT; after <= TOWN_NOISE; after++) {
        town.after = after;
        struct bytes b = model_of(&town), f = forecast_of(&town);
        assert_same(whole, b);
        assert_same(whole_f, f);
        free(b.data);
        free(f.data);
    }
    town = usual;
    town.origin++;                /* the test can fail: one more day changes the model */
    struct bytes later = model_of(&town);
    ck_assert(later.len != whole.len || memcmp(later.data, whole.data, whole.len) != 0);
    free(later.data);
    free(whole.data);
    free(whole_f.data);
}
END_TEST

START_TEST(slices_do_not_matter)
{
    struct panel *panel = town_panel(&usual);
    struct learner *one = begun(panel, &usual, MODEL_MEAN), *many = begun(panel, &usual, MODEL_MEAN);
    struct bytes a = finished(one, SIZE_MAX), b = finished(many, 1);
    assert_same(a, b);
    ck_assert_double_eq(learner_progress(one), 1);
    free(a.data);
    free(b.data);
    learner_free(one);
    learner_free(many);
    panel_free(panel);
}
END_TEST

START_TEST(resumes_from_any_checkpoint)
{
    struct panel *panel = town_panel(&usual);
    struct learner *learner = begun(panel, &usual, MODEL_MEAN), *whole = begun(panel, &usual, MODEL_MEAN);
    struct bytes want = finished(whole, SIZE_MAX);
    learner_free(whole);
    int restored = 0;
    for (int rc = LEARNER_CONTINUE, i = 0; rc == LEARNER_CONTINUE; i++) {
        if (i % 9 == 0) {
            struct bytes c;
            ck_assert_int_eq(learner_checkpoint(learner, &c.data, &c.len, NULL), 0);
            struct learner *again = begun(panel, &usual, MODEL_MEAN);
            ck_assert_int_eq(learner_restore(again, c.data, c.len, NULL), 0);
            ck_assert_double_le(learner_progress(again), learner_progress(learner));
            ck_assert_double_ge(learner_progress(again), learner_progress(learner) - .2);
            struct bytes got = finished(again, 100000);
            assert_same(want, got);
            free(got.data);
            learner_free(again);
            free(c.data);
            restored++;
        }
        rc = learner_step(learner, 2000000, NULL);
    }
    ck_assert_int_ge(restored, 8);
    free(want.data);
    learner_free(learner);
    panel_free(panel);
}
END_TEST

START_TEST(refuses_foreign_and_damaged_checkpoints)
{
    struct town other = usual;
    other.seed = 4;
    struct panel *panel = town_panel(&usual), *strange = town_panel(&other);
    struct learner *learner = begun(panel, &usual, MODEL_MEAN), *stranger = begun(strange, &other, MODEL_MEAN);
    struct bytes c;
    learner_step(learner, 100000, NULL);
    ck_assert_int_eq(learner_checkpoint(learner, &c.data, &c.len, NULL), 0);
    ck_assert_int_eq(learner_restore(stranger, c.data, c.len, NULL), -ESTALE);
    ck_assert_int_eq(learner_restore(learner, c.data, c.len - 1, NULL), -EINVAL);
    ((char *)c.data)[c.len / 2] ^= 1;
    ck_assert_int_eq(learner_restore(learner, c.data, c.len, NULL), -EINVAL);
    free(c.data);
    learner_free(learner);
    learner_free(stranger);
    panel_free(panel);
    panel_free(strange);
}
END_TEST

START_TEST(model_survives_only_unaltered)
{
    struct town small = { .seed = 5, .series = 2, .days = 400, .origin = 390, .noise = .1, .fair = 1.3 };
    struct bytes b = model_of(&small);
    struct model *model = NULL;
    unsigned char *data = b.data;
    for (size_t i = 0; i < b.len; i++) {
        data[i] ^= 0x41;
        ck_assert_int_eq(model_load(data, b.len, &model, NULL), -EINVAL);
        data[i] ^= 0x41;
    }
    for (size_t len = 0; len < b.len; len++) {
        char *cut = malloc(len + 1);          /* an exact copy shows reads behind the end */
        memcpy(cut, data, len);
        ck_assert_int_eq(model_load(cut, len, &model, NULL), -EINVAL);
        free(cut);
    }
    ck_assert_ptr_null(model);
    ck_assert_int_eq(model_load(data, b.len, &model, NULL), 0);
    void *again;
    size_t len;
    ck_assert_int_eq(model_write(model, &again, &len, NULL), 0);
    assert_same(b, (struct bytes){ again, len });
    free(again);
    model_free(model);
    free(b.data);
}
END_TEST

START_TEST(served_beats_naive_and_covers)
{
    struct town town = usual;
    double wape[MODEL_KINDS] = { 0 }, inside = 0;
    struct panel *panel = town_panel(&town);
    for (int k = 0; k < 3; k++) {
        enum model_kind kind = (enum model_kind[]){ MODEL_MEAN, MODEL_NAIVE, MODEL_RIDGE }[k];
        for (int i = 0; i < 6; i++) {
            struct learner_options options = { .kind = kind, .seed = 1 };
            struct backtest_split split = { TOWN_FIRST + 700 + 30 * i, HORIZON };
            struct backtest_result r;
            ck_assert_int_eq(backtest_run(panel, &options, &split, NULL, &r, NULL), 0);
            wape[kind] += r.figures.wape / 6;
            inside += kind == MODEL_MEAN ? r.figures.coverage[1] / 6 : 0;
            backtest_free(&r);
        }
    }
    ck_assert_double_lt(wape[MODEL_MEAN], 0.8 * wape[MODEL_NAIVE]);
    ck_assert_double_lt(wape[MODEL_RIDGE], 1.25 * .0638);   /* the noise alone costs .0638 */
    ck_assert_double_ge(inside, .70);
    ck_assert_double_le(inside, .90);
    panel_free(panel);
}
END_TEST

START_TEST(weekly_series_are_learned)
{
    struct town town = { .seed = 8, .series = 6, .days = 150, .origin = 140, .noise = .05, .fair = 1.4, .weekly = 1 };
    struct panel *panel = town_panel(&town);
    ck_assert_int_eq(panel_step(panel), GNM_WEEK);
    struct learner_options options = { .kind = MODEL_MEAN }, naive = { .kind = MODEL_NAIVE };
    double wape[2] = { 0 };
    for (int i = 0; i < 3; i++) {                /* one window of eight weeks is luck */
        struct backtest_split split = { origin_of(&town) - 56 * i, 8 };
        struct backtest_result a, b;
        ck_assert_int_eq(backtest_run(panel, &options, &split, NULL, &a, NULL), 0);
        ck_assert_int_eq(backtest_run(panel, &naive, &split, NULL, &b, NULL), 0);
        wape[0] += a.figures.wape;
        wape[1] += b.figures.wape;
        backtest_free(&a);
        backtest_free(&b);
    }
    ck_assert_double_lt(wape[0], wape[1]);
    panel_free(panel);
}
END_TEST

/* A panel of awkward series: none observed, one value, a week, all zeros, a few sales a month, refunds, one that went silent. */
static struct panel *awkward(void)
{
    struct panel *panel;
    ck_assert_int_eq(panel_new(NULL, &panel, NULL), 0);
    int none = panel_series(panel, "none"), one = panel_series(panel, "one"), week = panel_series(panel, "week"), zero = panel_series(panel, "zero");
    int rare = panel_series(panel, "rare"), refunds = panel_series(panel, "refunds"), shop = panel_series(panel, "shop");
    int gone = panel_series(panel, "gone");
    panel_series_options(panel, refunds, 0, 1);
    ck_assert_int_ge(none, 0);
    for (int i = 0; i < 500; i++) {
        int64_t day = TOWN_FIRST + i;
        panel_activity(panel, zero, day, 0, GNM_NEVER);
        panel_activity(panel, rare, day, i % 13 == 0 ? 2 : 0, GNM_NEVER);
        panel_activity(panel, refunds, day, i % 9 == 0 ? -5 : 20 + i % 7, GNM_NEVER);
        panel_activity(panel, shop, day, civil_weekday(day) == 6 ? 0 : 100 + 10 * civil_weekday(day), GNM_NEVER);
        if (i < 480)
            panel_activity(panel, gone, day, 40 + i % 7, GNM_NEVER);
        if (i == 499)
            panel_activity(panel, one, day, 7, GNM_NEVER);
        if (i >= 493)
            panel_activity(panel, week, day, 50, GNM_NEVER);
    }
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    return panel;
}

static void check_rows(const struct gnm_forecast *row, size_t n, int known)
{
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(isfinite(row[i].mean), "%s", row[i].series);
        for (int k = 0; k < GNM_LEVELS; k++) {
            ck_assert(isfinite(row[i].q[k]));
            ck_assert(k == 0 || row[i].q[k] >= row[i].q[k - 1]);
        }
        if (strcmp(row[i].series, "refunds") != 0)
            ck_assert_double_ge(row[i].q[0], 0);
        if (strcmp(row[i].series, "shop") == 0 && civil_weekday(row[i].target) == 6)
            ck_assert_double_lt(row[i].mean, 5);
        if (strcmp(row[i].series, "none") == 0)
            ck_assert_int_eq(row[i].quality, GNM_FALLBACK);
        if (strcmp(row[i].series, "gone") == 0)
            ck_assert_int_ge(row[i].quality, GNM_DEGRADED);
        if (strcmp(row[i].series, "shop") == 0)
            ck_assert_int_eq(row[i].quality, known ? GNM_OK : GNM_FALLBACK);
    }
}

START_TEST(awkward_series_get_an_answer)
{
    struct panel *panel = awkward();
    int64_t origin = TOWN_FIRST + 499;
    struct learner_options options = { .horizon = HORIZON };
    struct learner *learner;
    struct gnm_forecast *row;
    size_t n;
    ck_assert_int_eq(learner_begin(panel, &options, origin, &learner, NULL), 0);
    struct bytes b = finished(learner, SIZE_MAX);
    struct model *model;
    ck_assert_int_eq(model_load(b.data, b.len, &model, NULL), 0);
    for (int known = 0; known < 2; known++) {
        ck_assert_int_eq(model_predict(known ? model : NULL, panel, origin, HORIZON, &row, &n, NULL), 0);
        ck_assert_uint_eq(n, 8 * HORIZON);
        check_rows(row, n, known);
        free(row);
    }
    model_free(model);
    free(b.data);
    learner_free(learner);
    panel_free(panel);
}
END_TEST

START_TEST(nothing_to_learn_is_said)
{
    struct panel *panel;
    struct learner *learner = NULL;
    struct learner_options options = { .horizon = HORIZON };
    struct gnm_why why = { .text = "" };
    ck_assert_int_eq(panel_new(NULL, &panel, NULL), 0);
    ck_assert_int_eq(panel_seal(panel, NULL), 0);
    ck_assert_int_eq(learner_begin(panel, &options, TOWN_FIRST, &learner, &why), -ENODATA);
    ck_assert_str_ne(why.text, "");
    panel_free(panel);
    panel = awkward();
    ck_assert_int_eq(learner_begin(panel, &options, TOWN_FIRST - 1, &learner, &why), -ENODATA);
    options.horizon = 1000;
    ck_assert_int_eq(learner_begin(panel, &options, TOWN_FIRST + 100, &learner, &why), -EINVAL);
    ck_assert_ptr_null(learner);
    panel_free(panel);
}
END_TEST

START_TEST(refits_only_what_is_new)
{
    struct panel *panel = town_panel(&usual);
    struct learner *first = begun(panel, &usual, MODEL_MEAN), *again = NULL;
    struct bytes b = finished(first, SIZE_MAX);
    struct settings few;
    settings_defaults(&few);
    few.boost.trees = 6;
    struct learner_options options = { .horizon = HORIZON, .seed = 1, .kind = MODEL_MEAN, .settings = &few, .previous = b.data, .previous_len = b.len,
                                       .refit_days = 28, .previous_hash = learner_data_hash(first) };
    struct gnm_why why = { .text = "" };
    ck_assert_int_eq(learner_begin(panel, &options, origin_of(&usual), &again, &why), -EALREADY);
    ck_assert_str_ne(why.text, "");
    ck_assert_int_eq(learner_begin(panel, &options, origin_of(&usual) + 1, &again, &why), 0);
    ck_assert(learner_is_refit(again));
    struct bytes one = finished(again, SIZE_MAX), cut;
    ck_assert_uint_ne(learner_data_hash(again), learner_data_hash(first));
    learner_free(again);
    options.previous_hash = 0;    /* whoever does not ask gets a refit of the same */
    ck_assert_int_eq(learner_begin(panel, &options, origin_of(&usual), &again, &why), 0);
    learner_free(again);
    /* Cut in the middle: what was summed before the pause is summed again, to the same bytes. */
    ck_assert_int_eq(learner_begin(panel, &options, origin_of(&usual) + 1, &again, &why), 0);
    void *checkpoint = NULL;
    size_t len = 0;
    while (again->phase < PHASE_DELTA)
        ck_assert_int_eq(learner_step(again, 1, &why), LEARNER_CONTINUE);
    ck_assert_int_eq(learner_checkpoint(again, &checkpoint, &len, &why), 0);
    learner_free(again);
    ck_assert_int_eq(learner_begin(panel, &options, origin_of(&usual) + 1, &again, &why), 0);
    ck_assert_int_eq(learner_restore(again, checkpoint, len, &why), 0);
    cut = finished(again, 1);
    assert_same(one, cut);
    free(checkpoint);
    free(cut.data);
    free(one.data);
    free(b.data);
    learner_free(again);
    learner_free(first);
    panel_free(panel);
}
END_TEST

START_TEST(scores_speak_of_past_origins)
{
    struct panel *panel = town_panel(&usual);
    struct learner *learner = begun(panel, &usual, MODEL_MEAN);
    const struct learner_score *score;
    size_t n, mean = 0;
    ck_assert_int_eq(learner_scores(learner, &score, &n), -EAGAIN);
    free(finished(learner, SIZE_MAX).data);
    ck_assert_int_eq(learner_scores(learner, &score, &n), 0);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_le(score[i].window_end, origin_of(&usual));
        if (strcmp(score[i].model, "mean") != 0)
            continue;
        mean++;
        ck_assert_double_gt(score[i].skill, 0);
        ck_assert_double_ge(score[i].coverage_80, .5);
        ck_assert_double_lt(score[i].wape, .2);
    }
    ck_assert_uint_eq(mean, (size_t)usual.series);
    learner_free(learner);
    panel_free(panel);
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, future_does_not_leak);
    tcase_add_test(tc, slices_do_not_matter);
    tcase_add_test(tc, resumes_from_any_checkpoint);
    tcase_add_test(tc, refuses_foreign_and_damaged_checkpoints);
    tcase_add_test(tc, model_survives_only_unaltered);
    tcase_add_test(tc, served_beats_naive_and_covers);
    tcase_add_test(tc, weekly_series_are_learned);
    tcase_add_test(tc, awkward_series_get_an_answer);
    tcase_add_test(tc, nothing_to_learn_is_said);
    tcase_add_test(tc, scores_speak_of_past_origins);
    tcase_add_test(tc, refits_only_what_is_new);
}

int main(void)
{
    return town_main("learner", fill);
}
