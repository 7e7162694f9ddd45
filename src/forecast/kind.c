#include "forecast/kind.h"

const char *const model_kind_names[MODEL_KINDS] = { "mean", "naive", "yearago", "theta", "ridge" };
