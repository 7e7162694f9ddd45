/* A boosted model as a file and as something to ask: strict loading, answers that agree, contributions that add up. */
#include <errno.h>

#include "base/hash.h"
#include "base_suite.h"
#include "boost_panel.h"

enum { ROWS = 3000 };

static struct boost_model *small_model(float **x, int trees, int leaves)
{
    *x = panel_make(ROWS, 11);
    struct boost_data d = panel_data(*x, ROWS);
    struct boost_options o = panel_options();
    o.trees = trees;
    o.leaves = leaves;
    return panel_model(&d, &o, 1 << 20);
}

START_TEST(file_round_trip)
{
    float *x;
    struct boost_model *m = small_model(&x, 30, 15), *n = NULL;
    struct gnm_why why = { 0 };
    *boost_facts(m) = (struct boost_facts){ .names_hash = 5, .first_label = -3, .last_label = 9, .rows = 77, .holdout_loss = 1.5, .energy_j = 20 };
    struct panel_bytes a = panel_save(m);
    ck_assert_int_eq(boost_model_load(a.data, a.len, &n, &why), 0);
    struct panel_bytes b = panel_save(n);
    ck_assert(panel_same(&a, &b));
    const struct boost_facts *f = boost_facts(n);
    ck_assert(f->names_hash == 5 && f->first_label == -3 && f->last_label == 9 && f->rows == 77 && f->holdout_loss == 1.5 && f->energy_j == 20);
    ck_assert_uint_eq(boost_model_columns(n), PANEL_COLUMNS);
    ck_assert_int_eq(boost_model_trees(n), 30);
    ck_assert_int_eq(boost_model_leaves(n), boost_model_leaves(m));
    for (size_t i = 0; i < ROWS; i++)
        ck_assert_double_eq(boost_predict(m, x + i * PANEL_STRIDE), boost_predict(n, x + i * PANEL_STRIDE));
    boost_model_free(m);
    boost_model_free(n);
    free(a.data);
    free(b.data);
    free(x);
}
END_TEST

static void fix_checksum(unsigned char *data, size_t len)
{
    uint32_t crc = crc32_bytes(0, data, len - 4);
    for (int i = 0; i < 4; i++)
        data[len - 4 + (size_t)i] = (unsigned char)(crc >> 8 * i);
}

/* A model that loads in spite of a changed byte must answer without harm. */
static void ask_all(const struct boost_model *m, const float *x)
{
    double part[PANEL_COLUMNS + 1], many[20];
    if (boost_model_columns(m) != PANEL_COLUMNS)
        return;
    boost_predict_rows(m, x, PANEL_STRIDE, 20, many);
    for (size_t i = 0; i < 20; i++) {
        boost_predict(m, x + i * PANEL_STRIDE);
        boost_explain(m, x + i * PANEL_STRIDE, part);
    }
}

START_TEST(every_damage_is_refused)
{
    float *x;
    struct boost_model *m = small_model(&x, 4, 6), *n = NULL;
    struct panel_bytes a = panel_save(m);
    struct gnm_why why = { 0 };
    for (size_t i = 0; i < a.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            a.data[i] ^= (unsigned char)(1 << bit);
            ck_assert_int_eq(boost_model_load(a.data, a.len, &n, &why), -EBADMSG);
            ck_assert(n == NULL && why.text[0] != '\0');
            a.data[i] ^= (unsigned char)(1 << bit);
        }
    }
    for (size_t len = 0; len < a.len; len++) {
        unsigned char *cut = malloc(len + 1);
        memcpy(cut, a.data, len);
        ck_assert_int_eq(boost_model_load(cut, len, &n, &why), -EBADMSG);
        if (len > 4) {                         /* the right checksum does not save it either */
            fix_checksum(cut, len);
            ck_assert_int_eq(boost_model_load(cut, len, &n, &why), -EBADMSG);
        }
        free(cut);
    }
    boost_model_free(m);
    free(a.data);
    free(x);
}
END_TEST

START_TEST(no_byte_can_do_harm)
{
    float *x;
    struct boost_model *m = small_model(&x, 3, 5), *n = NULL;
    struct panel_bytes a = panel_save(m);
    struct gnm_why why = { 0 };
    int loaded = 0, refused = 0;
    for (size_t i = 0; i + 4 < a.len; i++) {
        unsigned char old = a.data[i];
        static const unsigned char change[] = { 1, 2, 4, 8, 16, 32, 64, 128, 255 };
        for (size_t k = 0; k < sizeof change; k++) {
            a.data[i] = old ^ change[k];
            fix_checksum(a.data, a.len);
            int r = boost_model_load(a.data, a.len, &n, &why);
            ck_assert(r == 0 || r == -EBADMSG);
            loaded += r == 0;
            refused += r != 0;
            if (r == 0) {
                ask_all(n, x);
                boost_model_free(n);
            }
            n = NULL;
        }
        a.data[i] = old;
    }
    ck_assert(loaded > 0 && refused > 0);
    boost_model_free(m);
    free(a.data);
    free(x);
}
END_TEST

START_TEST(one_and_many_agree)
{
    float *x;
    struct boost_model *m = small_model(&x, 21, 31);
    double *many = malloc(ROWS * sizeof *many);
    for (size_t n = 0; n < 300; n += n < 36 ? 3 : 37) {          /* one, few and many rows take three ways */
        boost_predict_rows(m, x, PANEL_STRIDE, n, many);
        for (size_t i = 0; i < n; i++)
            ck_assert_double_eq(many[i], boost_predict(m, x + i * PANEL_STRIDE));
    }
    float strange[PANEL_COLUMNS] = { INFINITY, -INFINITY, 4000, 3e38F, -3e38F, NAN, 0, -1, 2.5F };
    ck_assert(isfinite(boost_predict(m, strange)));
    strange[PANEL_CATEGORY] = -7;              /* unknown levels and broken ones are missing */
    double missing = boost_predict(m, strange);
    strange[PANEL_CATEGORY] = 2.5F;
    ck_assert_double_eq(boost_predict(m, strange), missing);
    strange[PANEL_CATEGORY] = 255;
    ck_assert_double_eq(boost_predict(m, strange), missing);
    free(many);
    boost_model_free(m);
    free(x);
}
END_TEST

static const enum boost_loss losses[] = { BOOST_SQUARED, BOOST_HUBER, BOOST_POISSON, BOOST_PINBALL };

START_TEST(contributions_add_up)
{
    float *x = panel_make(ROWS, 12);
    struct boost_data d = panel_data(x, ROWS);
    struct boost_options o = panel_options();
    o.loss = losses[_i];
    struct boost_model *m = panel_model(&d, &o, 1 << 20);
    double part[PANEL_COLUMNS + 1], mean = 0;
    for (size_t i = 0; i < ROWS; i++) {
        double sum = 0, answer = boost_predict(m, x + i * PANEL_STRIDE);
        boost_explain(m, x + i * PANEL_STRIDE, part);
        for (int c = 0; c <= PANEL_COLUMNS; c++)
            sum += part[c];
        ck_assert_double_eq_tol(o.loss == BOOST_POISSON ? exp(sum) : sum, answer, 1e-9 * fabs(answer));
        ck_assert(part[5] == 0 && part[6] == 0);
        mean += (o.loss == BOOST_POISSON ? log(answer) : answer) / ROWS;
    }
    ck_assert_double_eq_tol(part[PANEL_COLUMNS], mean, .02);   /* shares are kept in 255ths */
    boost_model_free(m);
    free(x);
}
END_TEST

START_TEST(leaves_fit_16_bits)
{
    float *x;
    struct boost_model *m = small_model(&x, 200, 31);
    struct panel_bytes a = panel_save(m);
    ck_assert_uint_le(a.len, 64 << 10);
    ck_assert_int_eq(boost_model_leaves(m), 200 * 31);
    boost_model_free(m);
    free(a.data);
    free(x);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { file_round_trip, 1 }, { every_damage_is_refused, 1 }, { no_byte_can_do_harm, 1 }, { one_and_many_agree, 1 },
        { contributions_add_up, COUNT(losses) }, { leaves_fit_16_bits, 1 },
    };
    return base_suite_run("forecast_boost_model", tests, COUNT(tests));
}
