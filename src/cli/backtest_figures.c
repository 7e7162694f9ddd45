/* The figures of a report, in its order. */
#include "cli/backtest.h"

int backtest_counts(const struct backtest_data *data, size_t i)
{
    for (size_t k = 0; k < data->n_cases; k++)
        if (data->cases[k].name[0] == 'R')
            return data->cases[i].name[0] == 'R';
    return 1;
}

static double pick_wape(const struct score_figures *f) { return f->wape; }
static double pick_mase(const struct score_figures *f) { return f->mase; }
static double pick_rmsse(const struct score_figures *f) { return f->rmsse; }
static double pick_bias(const struct score_figures *f) { return f->bias; }
static double pick_pinball(const struct score_figures *f) { return f->pinball; }
static double pick_pinball_ratio(const struct score_figures *f) { return f->pinball_ratio; }
static double pick_cover50(const struct score_figures *f) { return f->coverage[0]; }
static double pick_cover80(const struct score_figures *f) { return f->coverage[1]; }
static double pick_cover95(const struct score_figures *f) { return f->coverage[2]; }

const struct backtest_figure backtest_figures[BACKTEST_FIGURES] = {
    { "wape", pick_wape },        { "mase", pick_mase },
    { "rmsse", pick_rmsse },      { "pinball", pick_pinball },
    { "pinball_ratio", pick_pinball_ratio },
    { "coverage_50", pick_cover50 }, { "coverage_80", pick_cover80 },
    { "coverage_95", pick_cover95 }, { "bias", pick_bias },
};

void backtest_json_figures(struct text *t, const struct score_figures *f)
{
    for (size_t k = 0; k < BACKTEST_FIGURES; k++) {
        text_printf(t, "%s\"%s\":", k > 0 ? "," : "", backtest_figures[k].name);
        text_json_number(t, backtest_figures[k].pick(f), 9);
    }
    text_printf(t, ",\"observed\":%d", f->n);
}
