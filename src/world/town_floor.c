/* How good a forecast of this town can be at best. */
#include <math.h>

#include "world/town_text.h"

/* The value of the same weekday in the last week before the split that has one. */
static double naive(struct town *town, size_t i, int64_t day, int64_t train_end)
{
    double value;
    for (int64_t back = day - 7; back > day - 70; back -= 7) {
        if (back <= train_end && town_value(town, i, back, &value))
            return value;
    }
    return 0;
}

void town_floor(struct town *town, int split, double *median_wape, double *naive_wape)
{
    int64_t end = town_train_end(town, split);
    double sum = 0, median_error = 0, naive_error = 0, value, median;
    for (size_t i = 0; i < town_size(town); i++) {
        if (town_business(town, i)->kind->weekly || town_business(town, i)->first_day > end)
            continue;    /* nobody can forecast a shop that has not opened */
        for (int64_t day = end + 1; day <= end + TOWN_HORIZON; day++) {
            if (!town_value(town, i, day, &value) || !town_median_from(town, i, day, end, &median))
                continue;
            sum += value;
            median_error += fabs(value - median);
            naive_error += fabs(value - naive(town, i, day, end));
        }
    }
    *median_wape = sum > 0 ? median_error / sum : NAN;
    *naive_wape = sum > 0 ? naive_error / sum : NAN;
}

int town_floor_text(struct town *town, struct text *ret)
{
    int bad = text_printf(ret, "split,wape,naive_wape\n");
    for (int i = 0; i < TOWN_SPLITS && bad == 0; i++) {
        double median, weekago;
        town_floor(town, i, &median, &weekago);
        bad = text_printf(ret, "R%d,%.6f,%.6f\n", i + 1, median, weekago);
    }
    return bad;
}
