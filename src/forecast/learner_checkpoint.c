/* A checkpoint holds sums, choices and coefficients, not rows: those are made again from the panel for less than they cost to write. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "forecast/learner_state.h"

enum { MAGIC = 0x434e4731, VERSION = 3 };

struct head { uint32_t magic, version, length, crc; uint64_t data; int32_t phase, reserved; uint64_t cursor; };

struct piece { void *data; size_t size; };
enum { PIECES = 56 };

static size_t add(struct piece *list, size_t n, void *data, size_t size)
{
    if (data != NULL && size > 0)
        list[n++] = (struct piece){ data, size };
    return n;
}

/* What the ridge has gathered. The order is the file's. The sample is no longer needed once columns are scaled. */
static size_t ridge_pieces(struct learner *l, enum learner_phase phase, struct piece *list, size_t n)
{
    size_t p = (size_t)l->model.plan.n_columns, order = ridge_order((int)p);
    n = add(list, n, l->sum, p * sizeof *l->sum);
    n = add(list, n, l->sample, phase > PHASE_SCALE ? 0 : LEARNER_SAMPLE * (p + 1) * sizeof *l->sample);
    n = add(list, n, &l->n_sample, sizeof l->n_sample);
    n = add(list, n, &l->random, sizeof l->random);
    n = add(list, n, &l->rows, sizeof l->rows);
    n = add(list, n, &l->target, sizeof l->target);
    n = add(list, n, l->gram, ((size_t)l->n_bounds + 1) * order * order * sizeof *l->gram);
    n = add(list, n, l->block_rows, sizeof l->block_rows);
    n = add(list, n, l->candidate, (size_t)LEARNER_LAMBDAS * LEARNER_KAPPAS * (p + 1) * sizeof *l->candidate);
    n = add(list, n, l->error, sizeof l->error);
    n = add(list, n, l->error_mu, sizeof l->error_mu);
    n = add(list, n, &l->scored, sizeof l->scored);
    n = add(list, n, l->beta_past, (size_t)l->n_past * (p + 1) * sizeof *l->beta_past);
    n = add(list, n, l->usable_past, sizeof l->usable_past);
    n = add(list, n, l->model.column, sizeof l->model.column);
    n = add(list, n, l->model.beta, sizeof l->model.beta);
    n = add(list, n, &l->model.lambda, sizeof l->model.lambda);
    n = add(list, n, &l->model.mu, sizeof l->model.mu);
    n = add(list, n, l->model.series, l->n_series * sizeof *l->model.series);
    n = add(list, n, &l->model.kappa, sizeof l->model.kappa);
    n = add(list, n, l->trees.cut_beta, phase > PHASE_BOOST ? 0 : l->n_series * (size_t)l->trees.n_cuts * (p + 1) * sizeof *l->trees.cut_beta);
    return add(list, n, l->model.delta, l->n_series * (p + 1) * sizeof *l->model.delta);
}

static size_t pieces(struct learner *l, enum learner_phase phase, struct piece *list)
{
    size_t cells = l->n_series * (size_t)l->n_past * (size_t)l->options.horizon * sizeof(float);
    size_t n = add(list, 0, &l->model.has_ridge, sizeof l->model.has_ridge);
    n = add(list, n, l->model.verdict, l->n_series * (size_t)l->model.plan.n_drivers * sizeof *l->model.verdict);
    if (l->sum != NULL)
        n = ridge_pieces(l, phase, list, n);
    n = add(list, n, &l->model.target, sizeof l->model.target);
    n = add(list, n, &l->model.drift, sizeof l->model.drift);
    n = add(list, n, &l->drift_sum, sizeof l->drift_sum);
    n = add(list, n, &l->drift_n, sizeof l->drift_n);
    n = add(list, n, &l->trees.with, sizeof l->trees.with);
    n = add(list, n, &l->trees.best, sizeof l->trees.best);
    n = add(list, n, l->trees.rank, sizeof l->trees.rank);
    n = add(list, n, l->trees.rank_error, sizeof l->trees.rank_error);
    n = add(list, n, &l->trees.best_error, sizeof l->trees.best_error);
    n = add(list, n, l->trees.said, phase > PHASE_BOOST ? 0 : cells);
    n = add(list, n, &l->trees.done, sizeof l->trees.done);
    for (int k = 0; k < MEMBERS; k++)
        n = add(list, n, l->past_point[k], cells);
    n = add(list, n, l->past_blind, cells / sizeof(float));
    n = add(list, n, l->past_actual, cells);
    return add(list, n, l->past_scale, l->n_series * (size_t)l->n_past * sizeof *l->past_scale);
}

/* The trees under way, the model of the cut being asked, the models kept: each as its length and its bytes. */
static int put_blob(struct text *text, int rc, void *data, size_t len)
{
    uint64_t count = len;
    rc = rc < 0 ? rc : text_append(text, (const char *)&count, sizeof count);
    rc = rc < 0 ? rc : text_append(text, data, len);
    free(data);
    return rc;
}

static int put_model(struct text *text, int rc, const struct boost_model *model)
{
    void *data = NULL;
    size_t len = 0;
    rc = rc < 0 || model == NULL ? rc : boost_model_save(model, &data, &len, NULL);
    return put_blob(text, rc, data, len);
}

static int put_trees(struct text *text, const struct learner *l)
{
    void *data = NULL;
    size_t len = 0;
    int rc = l->trees.boost != NULL ? boost_checkpoint(l->trees.boost, &data, &len, NULL) : 0;
    if (l->trees.saved != NULL) {
        data = malloc(l->trees.saved_len);
        len = l->trees.saved_len;
        rc = data == NULL ? -ENOMEM : 0;
        if (rc == 0)
            memcpy(data, l->trees.saved, len);
    }
    rc = put_model(text, put_blob(text, rc, data, len), l->trees.model);
    for (int i = 0; i < MODEL_BAG; i++)
        rc = put_model(text, rc, i < l->model.n_boost ? l->model.boost[i] : NULL);
    return rc;
}

struct tail { const char *at; size_t left; };

static int take_blob(struct tail *tail, const void **data, size_t *len)
{
    uint64_t count;
    if (tail->left < sizeof count)
        return -EINVAL;
    memcpy(&count, tail->at, sizeof count);
    if (count > tail->left - sizeof count)
        return -EINVAL;
    *data = tail->at + sizeof count;
    *len = (size_t)count;
    tail->at += sizeof count + count;
    tail->left -= sizeof count + (size_t)count;
    return 0;
}

static int take_model(struct tail *tail, struct boost_model **ret)
{
    const void *data;
    size_t len;
    int rc = take_blob(tail, &data, &len);
    return rc < 0 || len == 0 ? rc : boost_model_load(data, len, ret, NULL);
}

struct restored { struct boost_model *cut, *kept[MODEL_BAG]; void *saved; size_t saved_len; };

static void restored_free(struct restored *r)
{
    boost_model_free(r->cut);
    for (int i = 0; i < MODEL_BAG; i++)
        boost_model_free(r->kept[i]);
    free(r->saved);
}

static int take_trees(struct tail *tail, struct restored *ret)
{
    const void *data;
    int rc = take_blob(tail, &data, &ret->saved_len);
    if (rc == 0 && ret->saved_len > 0) {
        ret->saved = malloc(ret->saved_len);
        rc = ret->saved == NULL ? -ENOMEM : 0;
        if (rc == 0)
            memcpy(ret->saved, data, ret->saved_len);
    }
    rc = rc < 0 ? rc : take_model(tail, &ret->cut);
    for (int i = 0; rc == 0 && i < MODEL_BAG; i++)
        rc = take_model(tail, &ret->kept[i]);
    return rc == 0 && tail->left > 0 ? -EINVAL : rc;
}

/* Rows are made again before the trees go on. */
static void keep_trees(struct learner *l, const struct head *head, struct restored *r)
{
    if (l->refit) {               /* its trees are those of the model it came from */
        restored_free(r);
        return;
    }
    struct settings_boost with = l->trees.with, best = l->trees.best;
    double best_error = l->trees.best_error;
    learner_boost_forget(l);
    l->trees.with = with;
    l->trees.best = best;
    l->trees.best_error = best_error;
    l->trees.saved = r->saved;
    l->trees.saved_len = r->saved_len;
    l->trees.model = r->cut;
    for (int i = 0; i < MODEL_BAG && r->kept[i] != NULL; i++)
        l->model.boost[l->model.n_boost++] = r->kept[i];
    if (l->phase != PHASE_BOOST && l->phase != PHASE_ROWS)
        return;
    l->trees.resuming = l->phase == PHASE_BOOST;
    l->trees.resume_cursor = l->trees.resuming ? (size_t)head->cursor : 0;
    l->phase = PHASE_ROWS;
    l->cursor = 0;
}

int learner_checkpoint(const struct learner *learner, void **ret, size_t *len, struct gnm_why *why)
{
    struct piece list[PIECES];
    size_t n = pieces((struct learner *)learner, learner->phase, list);      /* only read */
    struct text text = { 0 };
    struct head head = { MAGIC, VERSION, 0, 0, learner->bound_hash, (int32_t)learner->phase, 0, learner->cursor };
    if (learner->phase == PHASE_FINISH)
        head.cursor = 0;          /* scoring takes less than a second and begins again */
    if (learner->phase == PHASE_ROWS && learner->trees.resuming) {      /* restored, the rows not yet made again */
        head.phase = PHASE_BOOST;
        head.cursor = learner->trees.resume_cursor;
    }
    if (learner->phase == PHASE_DONE)
        return gnm_fail(why, -EALREADY, "the learner has finished: keep the model instead");
    int rc = text_append(&text, (const char *)&head, sizeof head);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = text_append(&text, list[i].data, list[i].size);
    rc = rc < 0 ? rc : put_trees(&text, learner);
    if (rc < 0) {
        text_free(&text);
        return gnm_fail(why, -ENOMEM, "no memory for a checkpoint");
    }
    head.length = (uint32_t)text.len;
    head.crc = crc32_bytes(crc32_bytes(0, &head, sizeof head), text.data + sizeof head, text.len - sizeof head);
    memcpy(text.data, &head, sizeof head);
    *ret = text.data;
    *len = text.len;
    return 0;
}

static int check(const struct learner *l, const void *data, size_t len, struct head *head, struct gnm_why *why)
{
    if (len < sizeof *head)
        return gnm_fail(why, -EINVAL, "a checkpoint of %zu bytes is too short", len);
    memcpy(head, data, sizeof *head);
    struct head blank = *head;
    blank.crc = 0;
    uint32_t crc = crc32_bytes(crc32_bytes(0, &blank, sizeof blank), (const char *)data + sizeof blank, len - sizeof blank);
    if (head->magic != MAGIC || head->length != len || head->crc != crc)
        return gnm_fail(why, -EINVAL, "the checkpoint is damaged");
    if (head->version != VERSION || head->data != l->bound_hash)
        return gnm_fail(why, -ESTALE, "the checkpoint belongs to other data, options or another version");
    if (head->phase < PHASE_DRIVERS || head->phase >= PHASE_DONE || head->cursor > (l->n_series + 1) * LEARNER_FITS * 16 + PLAN_COLUMNS + MODEL_BAG)
        return gnm_fail(why, -EINVAL, "the checkpoint stands at no known place");
    return 0;
}

int learner_restore(struct learner *l, const void *data, size_t len, struct gnm_why *why)
{
    struct head head;
    struct piece list[PIECES];
    int rc = check(l, data, len, &head, why);
    if (rc < 0)
        return rc;
    size_t n = pieces(l, (enum learner_phase)head.phase, list), need = sizeof head;
    for (size_t i = 0; i < n; i++)
        need += list[i].size;
    if (need > len)
        return gnm_fail(why, -EINVAL, "the checkpoint has %zu bytes instead of %zu", len, need);
    struct restored restored = { 0 };
    struct tail tail = { (const char *)data + need, len - need };
    rc = take_trees(&tail, &restored);
    if (rc < 0) {
        restored_free(&restored);
        return gnm_fail(why, rc == -ENOMEM ? rc : -EINVAL, "the checkpoint's trees cannot be read");
    }
    const char *at = (const char *)data + sizeof head;
    for (size_t i = 0; i < n; i++) {
        memcpy(list[i].data, at, list[i].size);
        at += list[i].size;
    }
    l->model.has_ridge = l->sum != NULL && l->model.has_ridge != 0;
    l->n_sample = l->n_sample > LEARNER_SAMPLE ? LEARNER_SAMPLE : l->n_sample;
    l->phase = (enum learner_phase)head.phase;
    l->cursor = head.cursor;
    if (l->phase > PHASE_DRIVERS)
        learner_drivers_end(l);
    keep_trees(l, &head, &restored);
    return 0;
}
