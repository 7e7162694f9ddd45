#include <string.h>

#include "forecast/learner.h"
#include "forecast/model.h"

int model_reads(const struct model *model, const char *driver)
{
    for (int i = 0; model != NULL && i < model->plan.n_drivers; i++)
        if (strcmp(model->plan.driver[i].name, driver) == 0)
            return 1;
    return 0;
}
