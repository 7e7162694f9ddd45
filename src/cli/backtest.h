/* The parts of `gnomon backtest`: what was asked, what the files hold, what a model cost, how it is shown. */
#ifndef CLI_BACKTEST_H
#define CLI_BACKTEST_H

#include <stdio.h>

#include "base/text.h"
#include "forecast/backtest.h"
#include "forecast/settings.h"

enum { BACKTEST_SPLITS = 1000, BACKTEST_NAMES = 256 };

struct backtest_names { char *name[BACKTEST_NAMES]; size_t n; };      /* pieces of one comma list; text owned by the arguments */

struct backtest_args {
    const char *activity, *drivers, *statics, *calendar, *splits, *zone, *predictions, *matrix;
    struct backtest_names series, known, roles;
    struct settings settings;
    double effort_s;
    enum model_kind model[MODEL_KINDS];
    size_t n_models;
    int horizon, origins, step, json, gaussian;
    int64_t last_day;             /* GNM_NEVER: the newest of all series */
    int n_levels;
    double level[MODEL_LEVELS_MAX];
};

struct backtest_case { char name[32]; struct backtest_split split; };

struct backtest_data {
    struct panel *panel;
    struct zone *zone;
    unsigned char *chosen;        /* per series: scored and written */
    struct backtest_case *cases;
    size_t n_cases, n_skipped;    /* skipped: driver rows of unknown series */
};

/* 0 or a status of <sysexits.h> with `why` filled. */
int backtest_load(const struct backtest_args *args, struct backtest_data *ret, struct gnm_why *why);
void backtest_unload(struct backtest_data *data);

struct backtest_cost { double cpu_s, joules; const char *method; double peak_kib; };
struct backtest_meter { double cpu_s, joules; int rapl; };
void backtest_meter_start(struct backtest_meter *meter);
struct backtest_cost backtest_meter_stop(const struct backtest_meter *meter);

struct backtest_outcome {         /* one model over all cases */
    enum model_kind kind;
    struct backtest_result *result;      /* n_cases */
    struct backtest_cost cost, *case_cost;
};
int backtest_report(const struct backtest_args *args, const struct backtest_data *data, const struct backtest_outcome *outcome, FILE *to);
int backtest_report_json(const struct backtest_args *args, const struct backtest_data *data, const struct backtest_outcome *outcome, FILE *to);
/* Splits named R* are the ones an average is taken over; without any, all are. */
int backtest_counts(const struct backtest_data *data, size_t i);
typedef double backtest_pick(const struct score_figures *f);
struct backtest_figure { const char *name; backtest_pick *pick; };
enum { BACKTEST_FIGURES = 9 };
extern const struct backtest_figure backtest_figures[BACKTEST_FIGURES];
void backtest_json_figures(struct text *t, const struct score_figures *f);
/* The members "by_series" and "by_horizon" of a model. */
void backtest_json_parts(struct text *t, const struct backtest_data *data, const struct backtest_outcome *o);
/* OUT.csv. 0 or -errno. */
int backtest_write(const struct backtest_args *args, const struct backtest_data *data, const struct backtest_outcome *outcome, FILE *to);
int backtest_matrix(const struct backtest_args *args, const struct backtest_data *data, struct gnm_why *why);

#endif
