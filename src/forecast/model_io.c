/* The model file: head (magic, version, length, CRC-32 of all that follows), then fields in a fixed order, little-endian as the boxes we run on. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "features/feast.h"
#include "features/level.h"
#include "forecast/learner.h"
#include "forecast/model.h"

enum { LABEL_MAX = 100000000 };   /* days */
enum { MAGIC = 0x4d4e4731, VERSION = 6, SERIES_MAX = 100000, TREES_MAX = 64 << 20 };

#define LARGEST 1e12              /* no honest coefficient is larger, and products of those that pass stay finite */

struct head { uint32_t magic, version, length, crc; uint64_t features; };

struct reader { const char *at; size_t left; int bad; };

static void take(struct reader *r, void *ret, size_t n)
{
    if (r->bad || n > r->left) {
        r->bad = 1;
        memset(ret, 0, n);
        return;
    }
    memcpy(ret, r->at, n);
    r->at += n;
    r->left -= n;
}

/* One description of the body serves both directions: `text` is written to, else `reader` is read from. */
struct stream { struct text *text; struct reader *reader; int rc; };

static void field(struct stream *s, void *data, size_t n)
{
    if (s->text == NULL)
        take(s->reader, data, n);
    else if (s->rc == 0)
        s->rc = text_append(s->text, data, n);
}

static void number(struct stream *s, int *value, int low, int high)
{
    int32_t v = *value;
    field(s, &v, sizeof v);
    if (s->text == NULL && (v < low || v > high)) {
        s->reader->bad = 1;
        v = low;
    }
    *value = v;
}

static void real(struct stream *s, double *value)
{
    field(s, value, sizeof *value);
    if (s->text == NULL && !(fabs(*value) <= LARGEST))
        s->reader->bad = 1;
}

static void name(struct stream *s, char *text, size_t size)
{
    field(s, text, size);
    if (s->text == NULL && memchr(text, 0, size) == NULL) {
        s->reader->bad = 1;
        text[0] = '\0';
    }
}

static void plan_stream(struct stream *s, struct plan *plan)
{
    int step = (int)plan->step;
    number(s, &step, GNM_DAY, GNM_MONTH);
    plan->step = (enum gnm_step)step;
    number(s, &plan->yearly, 0, 1);
    number(s, &plan->n_wide, 1, PLAN_COLUMNS);
    number(s, &plan->n_columns, 1, plan->n_wide);
    number(s, &plan->tree_first, 0, plan->n_columns);
    number(s, &plan->n_drivers, 0, PLAN_DRIVERS);
    number(s, &plan->n_notes, 0, PLAN_NOTES);
    for (int i = 0; i < plan->n_notes; i++) {
        name(s, plan->note[i], sizeof plan->note[i]);
        number(s, &plan->note_is_text[i], 0, 1);
    }
    for (int i = 0; i < plan->n_wide; i++) {
        struct column *column = &plan->column[i];
        int kind = (int)column->kind;
        name(s, column->name, sizeof column->name);
        number(s, &kind, 0, COLUMN_KINDS - 1);
        column->kind = (enum column_kind)kind;
        number(s, &column->arg, -LEVEL_LOOKBACK, LEVEL_LOOKBACK);
        number(s, &column->driver, -1, plan->n_drivers - 1);
    }
    for (int i = 0; i < plan->n_drivers; i++) {
        struct plan_driver *driver = &plan->driver[i];
        name(s, driver->name, sizeof driver->name);
        number(s, &driver->event, 0, 1);
        number(s, &driver->rare, 0, 1);
        number(s, &driver->holiday, 0, 1);
        number(s, &driver->seen, 0, 1);
        number(s, &driver->feast, -1, FEASTS - 1);
        real(s, &driver->fill);
    }
}

static int column_fits(const struct plan *plan, const struct column *column)
{
    int wants = (column->kind >= COLUMN_EVENT && column->kind <= COLUMN_NUMBER_LEVEL) || column->kind == COLUMN_SEEN;
    int low = column->kind == COLUMN_EVENT ? -1 : column->kind == COLUMN_YEAR_AT ? -LEVEL_LOOKBACK : 0, high = LEVEL_LOOKBACK;
    if (column->kind == COLUMN_SEASON_SIN || column->kind == COLUMN_SEASON_COS) {
        low = 1;
        high = 3;
    }
    if (column->kind == COLUMN_MOMENTUM)
        high = CADENCE_WINDOWS - 1;
    if (column->kind == COLUMN_NOTE)
        high = plan->n_notes - 1;
    return wants == (column->driver >= 0) && column->arg >= low && column->arg <= high;
}

/* Lists that follow from the drivers; columns must name a driver exactly where their kind needs one. */
static int plan_complete(struct plan *plan)
{
    for (int i = 0; i < plan->n_drivers; i++)
        plan->driver[i].at = -1;
    plan_list(plan);
    for (int i = 0; i < plan->n_wide; i++)
        if (!column_fits(plan, &plan->column[i]) || (plan->column[i].kind >= COLUMN_LAG) != (i >= plan->n_columns))
            return -EINVAL;
    return plan->column[plan->n_wide - 1].kind == COLUMN_SERIES ? 0 : -EINVAL;
}

static void ridge_stream(struct stream *s, struct model *m)
{
    plan_stream(s, &m->plan);
    for (int i = 0; i < m->plan.n_columns; i++)
        field(s, &m->column[i], sizeof m->column[i]);
    field(s, &m->target, sizeof m->target);
    for (int i = 0; i <= m->plan.n_columns; i++)
        real(s, &m->beta[i]);
    real(s, &m->lambda);
    real(s, &m->mu);
    real(s, &m->kappa);
}

static void bands_stream(struct stream *s, struct bands *b)
{
    number(s, &b->n_levels, 0, MODEL_LEVELS_MAX);
    number(s, &b->bucket_width, 1, MODEL_HORIZON_MAX);
    number(s, &b->n_buckets, 1, BANDS_BUCKETS);
    for (int i = 0; i < b->n_levels; i++)
        real(s, &b->level[i]);
    for (int i = 0; i < b->n_buckets; i++)
        for (int k = 0; k < b->n_levels; k++)
            real(s, &b->quantile[i][k]);
    real(s, &b->spread);
    for (int i = 0; i < BANDS_TILTS; i++)
        real(s, &b->tilt[i]);
    real(s, &b->tilt_mean);
}

static void tree_write(struct stream *s, const struct boost_model *trees)
{
    void *bytes = NULL;
    size_t len = 0;
    int rc = boost_model_save(trees, &bytes, &len, NULL), count = (int)len;
    s->rc = s->rc < 0 ? s->rc : rc;
    number(s, &count, 0, TREES_MAX);
    field(s, bytes, s->rc == 0 ? len : 0);
    free(bytes);
}

static struct boost_model *tree_read(struct reader *r)
{
    struct boost_model *trees = NULL;
    struct stream s = { .reader = r };
    int count = 0;
    number(&s, &count, 1, TREES_MAX);
    if (r->bad || (size_t)count > r->left || boost_model_load(r->at, (size_t)count, &trees, NULL) < 0) {
        r->bad = 1;
        return NULL;
    }
    r->at += count;
    r->left -= (size_t)count;
    return trees;
}

static void boost_stream(struct stream *s, struct model *m)
{
    int count = m->n_boost;
    number(s, &count, 0, MODEL_BAG);
    real(s, &m->boost_kappa);
    real(s, &m->boost_feast);
    number(s, &m->boost_takes_events, 0, 1);
    for (int i = 0; i < count && s->text != NULL; i++)
        tree_write(s, m->boost[i]);
    for (int i = 0; s->text == NULL && i < count; i++) {
        struct boost_model *trees = tree_read(s->reader);
        if (trees == NULL)
            return;
        m->boost[m->n_boost++] = trees;
        s->reader->bad |= boost_model_columns(trees) != (size_t)(m->plan.n_wide - m->plan.tree_first);
    }
}

/* NaN stands for a class that was not compared. */
static void frugal_stream(struct stream *s, struct frugal *f)
{
    number(s, &f->chosen, -1, FRUGAL_CLASSES - 1);
    field(s, f->error, sizeof f->error);
    field(s, f->total, sizeof f->total);
    field(s, f->unsure, sizeof f->unsure);
    for (int c = 0; c < FRUGAL_CLASSES; c++)
        real(s, &f->units[c]);
    field(s, &f->tried_label, sizeof f->tried_label);
    if (s->text == NULL && (f->tried_label < -LABEL_MAX || f->tried_label > LABEL_MAX))
        s->reader->bad = 1;
    number(s, &f->wait_days, FRUGAL_WAIT_MIN, FRUGAL_WAIT_MAX);
}

static void head_stream(struct stream *s, struct model *m)
{
    int kind = (int)m->kind, step = (int)m->step;
    number(s, &step, GNM_DAY, GNM_MONTH);
    number(s, &kind, 0, MODEL_KINDS - 1);
    m->step = (enum gnm_step)step;
    m->kind = (enum model_kind)kind;
    number(s, &m->horizon, 1, MODEL_HORIZON_MAX);
    field(s, &m->trained_label, sizeof m->trained_label);
    field(s, &m->full_label, sizeof m->full_label);
    real(s, &m->drift.mean);
    real(s, &m->drift.n);
    real(s, &m->drift.sum);
    real(s, &m->drift.least);
    number(s, &m->drift.alarm, 0, 1);
    number(s, &m->has_ridge, 0, 1);
    ridge_stream(s, m);
    field(s, &m->blend, sizeof m->blend);
    frugal_stream(s, &m->frugal);
    bands_stream(s, &m->bands);
    real(s, &m->bias);
    boost_stream(s, m);
}

static void series_stream(struct stream *s, struct model *m)
{
    for (size_t i = 0; i < m->n_series; i++) {
        name(s, m->series[i].name, sizeof m->series[i].name);
        field(s, &m->series[i].mu, sizeof m->series[i].mu);
        field(s, &m->series[i].spread, sizeof m->series[i].spread);
        field(s, &m->series[i].bias, sizeof m->series[i].bias);
        field(s, &m->series[i].blend, sizeof m->series[i].blend);
        number(s, &m->series[i].deflated, 0, 1);
    }
    field(s, m->verdict, m->n_series * (size_t)m->plan.n_drivers * sizeof *m->verdict);
    if (m->has_ridge)
        field(s, m->delta, m->n_series * ((size_t)m->plan.n_columns + 1) * sizeof *m->delta);
}

int model_write(const struct model *model, void **ret, size_t *len, struct gnm_why *why)
{
    struct text text = { 0 };
    struct stream stream = { .text = &text };
    struct head head = { .magic = MAGIC, .version = VERSION, .features = plan_hash(&model->plan) };
    struct model *m = (struct model *)model;      /* only read: the stream runs both ways */
    int count = (int)model->n_series;
    field(&stream, &head, sizeof head);
    head_stream(&stream, m);
    number(&stream, &count, 0, SERIES_MAX);
    series_stream(&stream, m);
    if (stream.rc < 0) {
        text_free(&text);
        return gnm_fail(why, -ENOMEM, "no memory to write a model of %d series", count);
    }
    head.length = (uint32_t)text.len;
    memcpy(text.data, &head, sizeof head);
    head.crc = crc32_bytes(crc32_bytes(0, &head, sizeof head), text.data + sizeof head, text.len - sizeof head);
    memcpy(text.data, &head, sizeof head);
    *ret = text.data;
    *len = text.len;
    return 0;
}

static int check_head(const void *data, size_t len, struct head *ret, struct gnm_why *why)
{
    if (len < sizeof *ret)
        return gnm_fail(why, -EINVAL, "a model of %zu bytes is too short", len);
    memcpy(ret, data, sizeof *ret);
    struct head blank = *ret;
    blank.crc = 0;
    if (ret->magic != MAGIC)
        return gnm_fail(why, -EINVAL, "this is not a model");
    if (ret->version != VERSION)
        return gnm_fail(why, -EINVAL, "model version %u is not %d", ret->version, VERSION);
    uint32_t crc = crc32_bytes(crc32_bytes(0, &blank, sizeof blank), (const char *)data + sizeof blank, len - sizeof blank);
    if (ret->length != len || ret->crc != crc)
        return gnm_fail(why, -EINVAL, "the model is damaged: %zu bytes, check sum %08x", len, crc);
    return 0;
}

static int allocate_series(struct model *m, const struct reader *reader)
{
    size_t deltas = m->has_ridge ? m->n_series * ((size_t)m->plan.n_columns + 1) : 0, verdicts = m->n_series * (size_t)m->plan.n_drivers;
    if (m->n_series * (GNM_ID + 3 * sizeof(float) + sizeof(struct blend) + sizeof(int32_t)) + verdicts * sizeof *m->verdict + deltas * sizeof(float) != reader->left)
        return -EINVAL;
    m->verdict = calloc(verdicts + 1, sizeof *m->verdict);
    m->series = calloc(m->n_series + 1, sizeof *m->series);
    m->delta = calloc(deltas + 1, sizeof *m->delta);
    return m->series == NULL || m->delta == NULL || m->verdict == NULL ? -ENOMEM : 0;
}

static int blend_sane(const struct blend *b)
{
    double sum = 0;
    int ok = 1;
    for (int m = 0; m < MEMBERS; m++) {
        ok &= b->weight[m] >= 0 && b->weight[m] <= 1;
        sum += b->weight[m];
    }
    return ok && fabs(sum - 1) < 1e-3;
}

static int bounded(float x)
{
    return fabs((double)x) <= LARGEST;
}

/* No field may make a forecast undefined, however the bytes came about. */
static int sane(const struct model *m)
{
    int ok = blend_sane(&m->blend) && bounded(m->target.kappa) && bounded(m->target.middle) && bounded(m->target.cut);
    for (int i = 0; i < m->plan.n_columns; i++)
        ok &= bounded(m->column[i].low) && bounded(m->column[i].high) && bounded(m->column[i].mean) && bounded(m->column[i].scale);
    for (size_t i = 0; i < m->n_series; i++)
        ok &= blend_sane(&m->series[i].blend) && bounded(m->series[i].mu) && m->series[i].mu >= 0 && bounded(m->series[i].spread) && m->series[i].spread >= 0 && bounded(m->series[i].bias);
    for (size_t i = 0; m->has_ridge && i < m->n_series * ((size_t)m->plan.n_columns + 1); i++)
        ok &= bounded(m->delta[i]);
    return ok;
}

static int read_body(struct reader *reader, const struct head *head, struct model *m, struct gnm_why *why)
{
    struct stream stream = { .reader = reader };
    int count = 0;
    head_stream(&stream, m);
    number(&stream, &count, 0, SERIES_MAX);
    m->n_series = (size_t)count;
    if (reader->bad || plan_complete(&m->plan) < 0 || plan_hash(&m->plan) != head->features || m->plan.step != m->step)
        return gnm_fail(why, -EINVAL, "the model's fields contradict each other");
    int rc = allocate_series(m, reader);
    if (rc < 0)
        return gnm_fail(why, rc, rc == -ENOMEM ? "no memory for %d series" : "the model does not hold %d series", count);
    series_stream(&stream, m);
    return reader->bad || !sane(m) ? gnm_fail(why, -EINVAL, "the model holds impossible numbers") : 0;
}

int model_load(const void *data, size_t len, struct model **ret, struct gnm_why *why)
{
    struct head head;
    int rc = check_head(data, len, &head, why);
    if (rc < 0)
        return rc;
    struct model *m = calloc(1, sizeof *m);
    if (m == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for a model");
    struct reader reader = { (const char *)data + sizeof head, len - sizeof head, 0 };
    rc = read_body(&reader, &head, m, why);
    if (rc < 0) {
        model_free(m);
        return rc;
    }
    *ret = m;
    return 0;
}

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    model_clear(model);
    free(model);
}
