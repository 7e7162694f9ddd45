/* The forecasters by name, and limits all of them share. */
#ifndef FORECAST_KIND_H
#define FORECAST_KIND_H

enum model_kind { MODEL_SERVED, MODEL_NAIVE, MODEL_YEARAGO, MODEL_THETA, MODEL_RIDGE, MODEL_KINDS };   /* served: theta and ridge, weighed by their past */
extern const char *const model_kind_names[MODEL_KINDS];          /* "mean", "naive", "yearago", "theta", "ridge" */

enum { MODEL_LEVELS_MAX = 15, MODEL_HORIZON_MAX = 364 };

#endif
