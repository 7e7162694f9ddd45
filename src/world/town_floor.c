/* How good a forecast of this town can be at best. */
#include <math.h>

#include "world/town_text.h"

enum { YEAR_DAYS = 364 };

struct errors { double sum, median, naive; };

/* The value of the same weekday in the last week before the split that has one. */
static double week_ago(struct town *town, size_t i, int64_t day, int64_t train_end)
{
    double value;
    for (int64_t back = day - 7; back > day - 70; back -= 7) {
        if (back <= train_end && town_value(town, i, back, &value))
            return value;
    }
    return 0;
}

static void add_days(struct town *town, size_t i, int64_t end, struct errors *e)
{
    for (int64_t day = end + 1; day <= end + TOWN_HORIZON; day++) {
        double value, median;
        if (!town_value(town, i, day, &value) || !town_median_from(town, i, day, end, &median))
            continue;
        e->sum += value;
        e->median += fabs(value - median);
        e->naive += fabs(value - week_ago(town, i, day, end));
    }
}

/* The same week of last year; of a younger business the last week before the split. */
static double year_ago(struct town *town, size_t i, int64_t sunday, int64_t train_end)
{
    int64_t first = town_business(town, i)->first_day, begin = town_about(town)->first_day, back = sunday - YEAR_DAYS;
    return (double)town_week(town, i, back - 6 >= (first > begin ? first : begin) ? back : train_end);
}

static void add_weeks(struct town *town, size_t i, int64_t end, struct errors *e)
{
    for (int64_t sunday = end + 7; sunday <= end + 7 * TOWN_WEEKS && sunday <= town_business(town, i)->last_day; sunday += 7) {
        double value = (double)town_week(town, i, sunday), median = 0;
        town_week_median_from(town, i, sunday, end, &median);    /* nobody works: the total of that week is known */
        e->sum += value;
        e->median += fabs(value - median);
        e->naive += fabs(value - year_ago(town, i, sunday, end));
    }
}

void town_floor(struct town *town, int weekly, int split, double *median_wape, double *naive_wape)
{
    int64_t end = weekly ? town_train_sunday(town, split) : town_train_end(town, split);
    struct errors e = {0};
    for (size_t i = 0; i < town_size(town); i++) {
        if (town_business(town, i)->kind->weekly != weekly || town_business(town, i)->first_day > (weekly ? end - 6 : end))
            continue;    /* nobody can forecast a shop that has not opened */
        weekly ? add_weeks(town, i, end, &e) : add_days(town, i, end, &e);
    }
    *median_wape = e.sum > 0 ? e.median / e.sum : NAN;
    *naive_wape = e.sum > 0 ? e.naive / e.sum : NAN;
}

static int floor_text(struct town *town, int weekly, struct text *ret)
{
    int bad = text_printf(ret, "split,wape,naive_wape\n");
    for (int i = 0; i < TOWN_SPLITS && bad == 0; i++) {
        double median, naive;
        town_floor(town, weekly, i, &median, &naive);
        if (!isnan(median))
            bad = text_printf(ret, "R%d,%.6f,%.6f\n", i + 1, median, naive);
    }
    return bad;
}

int town_floor_text(struct town *town, struct text *ret)
{
    return floor_text(town, 0, ret);
}

int town_floor_weekly_text(struct town *town, struct text *ret)
{
    return floor_text(town, 1, ret);
}
