/* The scores of each series and of each step ahead, pooled over the splits an average is taken over: where a model is weak. */
#include "cli/backtest.h"

static const char *quality_of(const struct backtest_result *r, size_t series)
{
    return gnm_quality_names[r->cell[series * (size_t)r->horizon].quality];
}

/* What the steps first..last of a series showed over all splits that count; the quality is that of the newest of them. */
static const char *add_series(const struct backtest_data *data, const struct backtest_outcome *o, const struct backtest_part *part, struct score *score)
{
    const char *quality = NULL;
    for (size_t i = 0; i < data->n_cases; i++) {
        const struct backtest_result *r = &o->result[i];
        struct backtest_part some = *part;
        some.last = some.last < r->horizon ? some.last : r->horizon;
        if (!backtest_counts(data, i) || !r->known[part->series] || some.first > some.last)
            continue;
        quality = quality_of(r, part->series);
        backtest_add(data->panel, &data->cases[i].split, r, &some, score);
    }
    return quality;
}

static void json_series(struct text *t, const struct backtest_data *data, const struct backtest_outcome *o)
{
    text_printf(t, ",\"by_series\":[");
    for (size_t s = 0, any = 0; s < panel_series_count(data->panel); s++) {
        struct score score = { 0 };
        const char *quality = data->chosen[s] ? add_series(data, o, &(struct backtest_part){ s, 1, MODEL_HORIZON_MAX }, &score) : NULL;
        if (quality == NULL)
            continue;
        struct score_figures f = score_figures(&score);
        text_printf(t, "%s{\"series\":", any++ > 0 ? "," : "");
        text_json_string(t, panel_series_name(data->panel, s));
        text_printf(t, ",\"quality\":\"%s\",", quality);
        backtest_json_figures(t, &f);
        text_printf(t, "}");
    }
    text_printf(t, "]");
}

static void json_horizon(struct text *t, const struct backtest_data *data, const struct backtest_outcome *o)
{
    int last = 0;
    for (size_t i = 0; i < data->n_cases; i++)
        if (backtest_counts(data, i) && o->result[i].horizon > last)
            last = o->result[i].horizon;
    text_printf(t, ",\"by_horizon\":[");
    for (int h = 1; h <= last; h++) {
        struct score score = { 0 };
        for (size_t s = 0; s < panel_series_count(data->panel); s++)
            if (data->chosen[s])
                add_series(data, o, &(struct backtest_part){ s, h, h }, &score);
        struct score_figures f = score_figures(&score);
        text_printf(t, "%s{\"horizon\":%d,", h > 1 ? "," : "", h);
        backtest_json_figures(t, &f);
        text_printf(t, "}");
    }
    text_printf(t, "]");
}

void backtest_json_parts(struct text *t, const struct backtest_data *data, const struct backtest_outcome *o)
{
    json_series(t, data, o);
    json_horizon(t, data, o);
}
