/* The forecasters by name, and limits all of them share. */
#ifndef FORECAST_KIND_H
#define FORECAST_KIND_H

/* auto: what the daemon serves; mean: theta, ridge and boost weighed by their past; the others are members on their own. */
enum model_kind { MODEL_AUTO, MODEL_MEAN, MODEL_NAIVE, MODEL_YEARAGO, MODEL_THETA, MODEL_HW, MODEL_RIDGE, MODEL_BOOST, MODEL_KINDS };
extern const char *const model_kind_names[MODEL_KINDS];          /* "auto", "mean", "naive", ... */

enum member { MEMBER_NAIVE, MEMBER_YEARAGO, MEMBER_THETA, MEMBER_HW, MEMBER_RIDGE, MEMBER_BOOST, MEMBERS };

static inline enum model_kind kind_of_member(enum member member)
{
    return (enum model_kind)((int)member + MODEL_NAIVE);
}

enum { MODEL_LEVELS_MAX = 15, MODEL_HORIZON_MAX = 364 };

#endif
