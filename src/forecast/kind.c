#include "forecast/kind.h"

const char *const model_kind_names[MODEL_KINDS] = { "auto", "mean", "naive", "yearago", "theta", "hw", "ridge", "boost" };
