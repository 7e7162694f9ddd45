/* Our boosting on any numeric table, measured, so that it can be put beside LightGBM and XGBoost at equal settings.
 *
 * Phases with their CPU seconds: read (text to one float matrix), bin (cuts and bins; the matrix is given back), train, predict. Errors are those of the test
 * table; rows without a target are left out. Peak memory is the process's, and net of whichever table was held. */
#include <argp.h>
#include <malloc.h>

#include "base/file.h"
#include "boost_measure.h"
#include "boost_table.h"
#include "forecast/boost.h"

enum { BATCH = 4096, MODEL_MAX = 1 << 28, UNITS = 1 << 28, FIELDS_MAX = 40 };
#define PREDICT_S 0.1             /* long enough to measure one row and the batch */
#define LOAD_S 0.02

struct job {
    const char *train, *test, *target, *save, *load;
    char *categorical;
    int *category;
    struct boost_options options;
    size_t slice;                 /* work units of a step */
    int repeat, json;
};

struct result {
    double read_s, bin_s, train_s, predict_s, load_s, one_s, rows_per_s;
    size_t rows, columns, test_rows, scored, model_bytes;
    int trees, leaves;
    double squares, absolute, pinball, below;
    double slice_max_s;           /* CPU seconds of the longest step of training */
    struct measure_memory memory;
};

/* ---- options ---- */

enum { LOSS = 256, TRAIN, TEST, TARGET, TREES, LEAVES, RATE, BINS, MIN_LEAF, THREADS, CATEGORICAL, SEED, SAVE, LOAD, REPEAT, SLICE, JSON };

static const struct argp_option OPTIONS[] = {
    { "train", TRAIN, "FILE", 0, "CSV with or without header (empty or nan: missing) or .npy float32", 0 },
    { "test", TEST, "FILE", 0, "table to predict and score", 0 },
    { "target", TARGET, "NAME|INDEX", 0, "what to learn: a column's name, or its number from 0 (0)", 0 },
    { "trees", TREES, "N", 0, "trees (200)", 0 },
    { "leaves", LEAVES, "N", 0, "leaves of a tree (31)", 0 },
    { "rate", RATE, "X", 0, "learning rate (0.1)", 0 },
    { "bins", BINS, "N", 0, "bins of a column, 15 to 255 (255)", 0 },
    { "min-leaf", MIN_LEAF, "N", 0, "rows of a leaf at least (20)", 0 },
    { "threads", THREADS, "1", 0, "only 1: one model is trained by one thread", 0 },
    { "loss", LOSS, "NAME", 0, "squared, huber, poisson or quantile:Q (squared)", 0 },
    { "categorical", CATEGORICAL, "LIST", 0, "inputs that are categories: numbers from 0, the target not counted, or names", 0 },
    { "seed", SEED, "N", 0, "of the training (1)", 0 },
    { "save", SAVE, "FILE", 0, "write the model", 0 },
    { "load", LOAD, "FILE", 0, "predict with this model instead of training one", 0 },
    { "repeat", REPEAT, "N", 0, "train N times and give the least CPU seconds (1)", 0 },
    { "slice", SLICE, "UNITS", 0, "work units of one step, about a nanosecond each; the longest step's CPU seconds are in the answer (268435456)", 0 },
    { "json", JSON, NULL, 0, "print one line of JSON", 0 },
    { 0 },
};

static int whole(struct argp_state *state, const char *name, const char *text, int low, int high)
{
    int64_t n = 0;
    if (text_int(text, low, high, &n) < 0)
        argp_error(state, "--%s %s is not a whole number from %d to %d", name, text, low, high);
    return (int)n;
}

static double real(struct argp_state *state, const char *name, const char *text)
{
    double x = 0;
    if (text_double(text, &x) < 0)
        argp_error(state, "--%s %s is not a number", name, text);
    return x;
}

static void read_loss(struct argp_state *state, struct boost_options *options, const char *text)
{
    static const char *const names[] = { "squared", "huber", "poisson" };
    static const enum boost_loss losses[] = { BOOST_SQUARED, BOOST_HUBER, BOOST_POISSON };
    for (size_t i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            options->loss = losses[i];
            return;
        }
    if (strncmp(text, "quantile:", 9) != 0)
        argp_error(state, "--loss %s is none of squared, huber, poisson, quantile:Q", text);
    options->loss = BOOST_PINBALL;
    options->quantile = real(state, "loss", text + 9);
}

static error_t parse_settings(int key, char *text, struct argp_state *state)
{
    struct job *job = state->input;
    struct boost_options *o = &job->options;
    int64_t seed;
    switch (key) {
    case TREES: o->trees = whole(state, "trees", text, 1, BOOST_TREES_MAX); return 0;
    case LEAVES: o->leaves = whole(state, "leaves", text, 2, BOOST_LEAVES_MAX); return 0;
    case RATE: o->rate = real(state, "rate", text); return 0;
    case BINS: o->bins = whole(state, "bins", text, BOOST_BINS_MIN, BOOST_BINS_MAX); return 0;
    case MIN_LEAF: o->min_leaf = whole(state, "min-leaf", text, 1, 1 << 30); return 0;
    case LOSS: read_loss(state, o, text); return 0;
    case THREADS:
        if (whole(state, "threads", text, 1, 1 << 20) != 1)
            argp_error(state, "--threads %s: one model is trained by one thread, only 1 is possible", text);
        return 0;
    case SEED:
        if (text_int(text, 0, INT64_MAX, &seed) < 0)
            argp_error(state, "--seed %s is not a whole number from 0", text);
        o->seed = (uint64_t)seed;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct job *job = state->input;
    switch (key) {
    case TRAIN: job->train = text; return 0;
    case TEST: job->test = text; return 0;
    case TARGET: job->target = text; return 0;
    case CATEGORICAL: job->categorical = text; return 0;
    case SAVE: job->save = text; return 0;
    case LOAD: job->load = text; return 0;
    case REPEAT: job->repeat = whole(state, "repeat", text, 1, 1000); return 0;
    case SLICE: job->slice = (size_t)whole(state, "slice", text, 1, INT_MAX); return 0;
    case JSON: job->json = 1; return 0;
    case ARGP_KEY_ARG: argp_error(state, "what is '%s'?", text); return 0;
    case ARGP_KEY_END:
        if (job->train == NULL && job->load == NULL)
            argp_error(state, "--train FILE or --load FILE is needed");
        return 0;
    default: return parse_settings(key, text, state);
    }
}

/* Numbers of the inputs, counted without the target, from the words of --categorical. */
static int find_categories(struct job *job, const struct table *t, struct gnm_why *why)
{
    if (job->categorical == NULL)
        return 0;
    job->category = calloc(strlen(job->categorical) + 1, sizeof *job->category);
    if (job->category == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for the categories");
    char *rest = job->categorical;
    for (char *word; (word = strsep(&rest, ",")) != NULL;) {
        int64_t number;
        size_t column;
        if (text_int(word, 0, (int64_t)t->columns - 2, &number) < 0) {
            int rc = table_column(t, word, &column, why);
            if (rc < 0 || column == t->target || isdigit((unsigned char)*word))
                return gnm_fail(why, -EINVAL, "--categorical: '%s' is no input; a number counts from 0 to %zu without the target", word, t->columns - 2);
            number = (int64_t)(column - (column > t->target));
        }
        job->category[job->options.n_categorical++] = (int)number;
    }
    job->options.categorical = job->category;
    return 0;
}

/* ---- training ---- */

/* Not inlined, so that a profiler can count bin and train apart. */
static __attribute__((noinline)) int bin_phase(struct boost *boost, struct gnm_why *why)
{
    int rc = BOOST_CONTINUE;
    while (rc == BOOST_CONTINUE && !boost_binned(boost))
        rc = boost_step(boost, 1, why);
    return rc < 0 ? rc : 0;
}

static __attribute__((noinline)) int train_phase(struct boost *boost, size_t slice, double *longest_s, struct gnm_why *why)
{
    int rc = BOOST_CONTINUE;
    while (rc == BOOST_CONTINUE) {
        double start = measure_cpu_s();
        rc = boost_step(boost, slice, why);
        *longest_s = fmax(*longest_s, measure_cpu_s() - start);
    }
    return rc;
}

static int train_once(const struct job *job, struct table *t, int last, struct result *r, struct boost_model **ret, struct gnm_why *why)
{
    struct boost_data data = { .x = t->x + 1, .rows = t->rows, .columns = t->columns - 1, .stride = t->columns, .target = t->x, .target_stride = t->columns };
    struct boost *boost;
    size_t bytes = t->rows * t->columns * sizeof *t->x;
    double start = measure_cpu_s();
    int rc = boost_begin(&data, &job->options, NULL, NULL, &boost, why);
    if (rc < 0)
        return rc;
    rc = bin_phase(boost, why);
    double binned = measure_cpu_s();
    measure_phase(&r->memory, bytes);
    if (last) {                   /* the names stay */
        free(t->x);
        t->x = NULL;
    }
    measure_restart();
    double trained = measure_cpu_s();
    rc = rc < 0 ? rc : train_phase(boost, job->slice, &r->slice_max_s, why);
    rc = rc < 0 ? rc : boost_finish(boost, ret, why);
    trained = measure_cpu_s() - trained;
    measure_phase(&r->memory, last ? 0 : bytes);
    boost_free(boost);
    measure_restart();
    r->bin_s = fmin(r->bin_s, binned - start);
    r->train_s = fmin(r->train_s, trained);
    return rc;
}

static int save_model(const char *path, const void *data, size_t len, struct gnm_why *why)
{
    char *copy = strdup(path), *slash = copy == NULL ? NULL : strrchr(copy, '/');
    if (copy == NULL)
        return gnm_fail(why, -ENOMEM, "no memory");
    const char *dir = slash == NULL ? "." : slash == copy ? "/" : copy, *name = slash == NULL ? path : path + (slash - copy) + 1;
    if (slash != NULL)
        *slash = '\0';
    int rc = file_replace(dir, name, data, len, 0644, why);
    free(copy);
    return rc;
}

static int load_once(const char *path, const void *data, size_t len, struct boost_model **ret, size_t *bytes, struct gnm_why *why)
{
    char *file = NULL;
    int rc = path == NULL ? 0 : file_read(path, MODEL_MAX, &file, &len, why);
    if (rc == 0 && (rc = boost_model_load(file != NULL ? file : data, len, ret, why)) < 0)
        gnm_fail_in(why, "%s: ", path != NULL ? path : "the model just made");
    free(file);
    *bytes = len;
    return rc;
}

/* Replaces `*model` by what comes back from its bytes (from `path` when there is a file), which is timed. */
static int load_model(const char *path, const void *data, size_t len, struct result *r, struct boost_model **model, struct gnm_why *why)
{
    double start = measure_cpu_s(), spent = 0;
    int n = 0;
    while (spent < LOAD_S) {
        struct boost_model *fresh;
        int rc = load_once(path, data, len, &fresh, &r->model_bytes, why);
        if (rc < 0)
            return rc;
        boost_model_free(*model);
        *model = fresh;
        n++;
        spent = measure_cpu_s() - start;
    }
    r->load_s = spent / n;
    r->trees = boost_model_trees(*model);
    r->leaves = boost_model_leaves(*model);
    return 0;
}

static int train(struct job *job, struct table *t, struct result *r, struct boost_model **model, struct gnm_why *why)
{
    double start = measure_cpu_s();
    int rc = table_read(job->train, job->target, t, why);
    if (rc < 0)
        return rc;
    r->read_s = measure_cpu_s() - start;
    measure_phase(&r->memory, t->rows * t->columns * sizeof *t->x);
    r->rows = t->rows;
    rc = find_categories(job, t, why);
    rc = rc < 0 ? rc : boost_check(&job->options, t->columns - 1, why);
    for (int i = 1; rc == 0 && i <= job->repeat; i++) {
        boost_model_free(*model);
        *model = NULL;
        rc = train_once(job, t, i == job->repeat, r, model, why);
    }
    void *data = NULL;
    size_t len = 0;
    rc = rc < 0 ? rc : boost_model_save(*model, &data, &len, why);
    if (rc == 0 && job->save != NULL)
        rc = save_model(job->save, data, len, why);
    rc = rc < 0 ? rc : load_model(job->save, data, len, r, model, why);
    free(data);
    return rc;
}

/* ---- prediction ---- */

static void score(struct result *r, double target, double predicted, double quantile)
{
    double e = target - predicted;
    r->scored++;
    r->squares += e * e;
    r->absolute += fabs(e);
    r->pinball += e >= 0 ? quantile * e : (quantile - 1) * e;
    r->below += e < 0;
}

static void predict_all(const struct boost_model *model, const struct table *t, double *batch, struct result *r, double quantile)
{
    for (size_t i = 0; i < t->rows; i += BATCH) {
        size_t n = t->rows - i < BATCH ? t->rows - i : BATCH;
        const float *row = t->x + i * t->columns;
        boost_predict_rows(model, row + 1, t->columns, n, batch);
        for (size_t j = 0; r != NULL && j < n; j++)
            if (isfinite(row[j * t->columns]))
                score(r, row[j * t->columns], batch[j], quantile);
    }
}

static void time_predictions(const struct boost_model *model, const struct table *t, double *batch, struct result *r)
{
    double start = measure_cpu_s(), spent = 0;
    size_t n = 0;
    for (; spent < PREDICT_S; n += t->rows, spent = measure_cpu_s() - start)
        predict_all(model, t, batch, NULL, 0);
    r->rows_per_s = (double)n / spent;
    double sum = 0;
    size_t row = 0;
    start = measure_cpu_s();
    for (n = 0, spent = 0; spent < PREDICT_S; spent = measure_cpu_s() - start)
        for (size_t i = 0; i < 64; i++, n++, row = row + 1 < t->rows ? row + 1 : 0)
            sum += boost_predict(model, t->x + row * t->columns + 1);
    r->one_s = spent / (double)n;
    batch[0] = sum;               /* used, so that the loop is not optimised away */
}

static int same_names(const struct job *job, const char *names, const struct table *t, struct gnm_why *why)
{
    const char *name = t->names;
    for (size_t i = 0; i < t->columns && names != NULL && name != NULL; i++, names += strlen(names) + 1, name += strlen(name) + 1)
        if (strcmp(names, name) != 0)
            return gnm_fail(why, -EINVAL, "column %zu is '%s' in %s and '%s' in %s", i, names, job->train, name, job->test);
    return 0;
}

static int test(const struct job *job, const struct table *trained, const struct boost_model *model, struct result *r, struct gnm_why *why)
{
    struct table t;
    int rc = table_read(job->test, job->target, &t, why);
    if (rc < 0)
        return rc;
    rc = same_names(job, trained->names, &t, why);
    if (rc == 0 && t.columns - 1 != boost_model_columns(model))
        rc = gnm_fail(why, -EINVAL, "%s has %zu inputs, the model %zu", job->test, t.columns - 1, boost_model_columns(model));
    double *batch = malloc(BATCH * sizeof *batch);
    if (rc == 0 && batch == NULL)
        rc = gnm_fail(why, -ENOMEM, "no memory to predict");
    if (rc == 0) {
        double start = measure_cpu_s();
        predict_all(model, &t, batch, r, job->options.loss == BOOST_PINBALL ? job->options.quantile : .5);
        r->predict_s = measure_cpu_s() - start;
        r->test_rows = t.rows;
        time_predictions(model, &t, batch, r);
        measure_phase(&r->memory, t.rows * t.columns * sizeof *t.x);
    }
    free(batch);
    table_free(&t);
    return rc;
}

/* ---- the answer ---- */

struct answer { struct text text; int json, first; };

static int say(struct answer *a, const char *name, double x, int digits)
{
    int rc = text_printf(&a->text, a->json ? "%s\"%s\":" : "%s%s ", a->first ? "" : a->json ? "," : "\n", name);
    a->first = 0;
    return rc < 0 ? rc : text_json_number(&a->text, x, digits);
}

static int print(const struct job *job, const struct result *r)
{
    double n = (double)r->scored;
    const struct { const char *name; double value; int digits; } field[] = {
        { "rows", (double)r->rows, 17 }, { "columns", (double)r->columns, 17 }, { "test_rows", (double)r->test_rows, 17 },
        { "trees", r->trees, 17 }, { "leaves", r->leaves, 17 },
        { "read_cpu_s", r->read_s, 5 }, { "bin_cpu_s", r->bin_s, 5 }, { "train_cpu_s", r->train_s, 5 }, { "predict_cpu_s", r->predict_s, 5 },
        { "slice_max_cpu_s", r->slice_max_s, 4 }, { "model_bytes", (double)r->model_bytes, 17 }, { "load_s", r->load_s, 4 }, { "predict_one_s", r->one_s, 4 },
        { "predict_rows_per_s", r->rows_per_s, 5 },
        { "rmse", sqrt(r->squares / n), 9 }, { "mae", r->absolute / n, 9 }, { "pinball", r->pinball / n, 9 },
        { "pinball_quantile", job->options.loss == BOOST_PINBALL ? job->options.quantile : .5, 6 }, { "coverage", r->below / n, 6 },
        { "peak_bytes", r->memory.peak_bytes, 17 }, { "peak_net_bytes", r->memory.peak_net_bytes, 17 },
    };
    struct answer a = { .json = job->json, .first = 1 };
    int rc = text_printf(&a.text, "%s", job->json ? "{" : "");
    for (size_t i = 0; rc == 0 && i < sizeof field / sizeof field[0]; i++)
        rc = say(&a, field[i].name, field[i].value, field[i].digits);
    rc = rc < 0 ? rc : text_printf(&a.text, job->json ? "}\n" : "\n");
    if (rc == 0 && (fwrite(a.text.data, 1, a.text.len, stdout) != a.text.len || fflush(stdout) != 0))
        rc = -errno;
    text_free(&a.text);
    return rc;
}

static int run(struct job *job, struct table *trained, struct boost_model **model, struct gnm_why *why)
{
    struct result r = { .read_s = NAN, .bin_s = NAN, .train_s = NAN, .predict_s = NAN, .one_s = NAN, .rows_per_s = NAN };
    if (job->test != NULL && access(job->test, R_OK) < 0)             /* before the long part */
        return gnm_fail(why, -errno, "%s: %s", job->test, strerror(errno));
    int rc = job->load != NULL ? load_model(job->load, NULL, 0, &r, model, why) : train(job, trained, &r, model, why);
    if (rc == 0 && job->load != NULL && job->save != NULL)
        rc = gnm_fail(why, -EINVAL, "--save and --load do not go together");
    r.columns = rc == 0 ? boost_model_columns(*model) : 0;
    if (rc == 0 && job->test != NULL)
        rc = test(job, trained, *model, &r, why);
    if (rc == 0 && print(job, &r) < 0)
        rc = gnm_fail(why, -EIO, "the answer could not be written");
    return rc;
}

int main(int argc, char **argv)
{
    static const struct argp argp = { .options = OPTIONS, .parser = parse, .doc = "Trains boosted trees on a table and measures it." };
    struct job job = { .target = "0", .options = boost_defaults(), .repeat = 1 };
    struct table trained = { 0 };
    struct boost_model *model = NULL;
    struct gnm_why why = { 0 };
    job.slice = UNITS;
    job.options.bins = 255;
    job.options.seed = 1;
    /* Large blocks go back to the system at once; without this glibc keeps them after the first is freed, and the peak would be its, not ours. */
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    argp_parse(&argp, argc, argv, 0, NULL, &job);
    int rc = run(&job, &trained, &model, &why);
    if (rc < 0)
        fprintf(stderr, "bench-boost: %s\n", why.text);
    boost_model_free(model);
    table_free(&trained);
    free(job.category);
    return rc < 0 ? 1 : 0;
}
