#include "world/town_text.h"

#include <math.h>
#include <stdlib.h>

#include "almanac/civil.h"

static int activity_row(struct town *town, size_t i, int64_t day, struct text *ret)
{
    const struct town_business *business = town_business(town, i);
    char date[11];
    int64_t value;
    if (business->kind->weekly && civil_weekday(day) != 6)
        return 0;
    if (business->kind->weekly)
        value = town_week(town, i, day);
    else if (!town_count(town, i, day, &value))
        return 0;
    civil_format_date(day, date);
    return text_printf(ret, "%s,%s,%lld\n", business->series, date, (long long)value);
}

int town_activity_text(struct town *town, int weekly, int64_t first, int64_t last, struct text *ret)
{
    int bad = text_printf(ret, "series,date,value\n");
    if (weekly)
        first += 6;    /* the first week must be a whole one */
    for (size_t i = 0; i < town_size(town); i++) {
        if (town_business(town, i)->kind->weekly != weekly)
            continue;
        for (int64_t day = first; day <= last && bad == 0; day++)
            bad = activity_row(town, i, day, ret);
    }
    return bad;
}

static int weather_rows(const struct sky_day *weather, const char *date, struct text *ret)
{
    const struct { const char *name; double value; } row[] = {
        {"temp_max", weather->temp_max_c}, {"temp_min", weather->temp_min_c}, {"rain", weather->rain_mm},
        {"solar_mj", weather->ghi_mj},     {"wind_max", weather->wind_max_m_s},
    };
    int bad = 0;
    for (size_t i = 0; i < sizeof row / sizeof row[0] && bad == 0; i++)
        bad = text_printf(ret, ",%s,%s,%.2f,\n", row[i].name, date, row[i].value);
    return bad;
}

int town_drivers_text(struct town *town, int ahead, struct text *ret)
{
    const struct town_config *about = town_about(town);
    int bad = text_printf(ret, "series,driver,date,value,available\n");
    for (int64_t day = about->first_day; day < about->start_day + ahead && bad == 0; day++) {
        char date[11];
        civil_format_date(day, date);
        const char *holiday = town_holiday(town, day);
        if (holiday != NULL)
            bad = text_printf(ret, ",event_%s,%s,1,always\n", holiday, date);
        bad |= text_printf(ret, ",match_home,%s,%d,always\n", date, town_match(town, day));
        if (day < about->start_day)
            bad |= weather_rows(town_weather(town, day), date, ret);
    }
    return bad;
}

int town_static_text(struct town *town, struct text *ret)
{
    int bad = text_printf(ret, "series,key,value\n");
    for (size_t i = 0; i < town_size(town) && bad == 0; i++) {
        const struct town_business *business = town_business(town, i);
        bad = text_printf(ret, "%s,unit,count\n%s,kind,%s\n", business->series, business->series, business->kind->name);
    }
    return bad;
}

int64_t town_train_end(const struct town *town, int split)
{
    return town_about(town)->start_day - 1 - (int64_t)TOWN_HORIZON * (TOWN_SPLITS - split);
}

int town_splits_text(struct town *town, struct text *ret)
{
    int bad = text_printf(ret, "split,train_end,test_start,test_end,horizon\n");
    for (int i = 0; i < TOWN_SPLITS && bad == 0; i++) {
        char end[11], from[11], to[11];
        civil_format_date(town_train_end(town, i), end);
        civil_format_date(town_train_end(town, i) + 1, from);
        civil_format_date(town_train_end(town, i) + TOWN_HORIZON, to);
        bad = text_printf(ret, "R%d,%s,%s,%s,%d\n", i + 1, end, from, to, TOWN_HORIZON);
    }
    return bad;
}

/* The value of the same weekday in the last week before the split that has one. */
static double naive(struct town *town, size_t i, int64_t day, int64_t train_end)
{
    int64_t value;
    for (int64_t back = day - 7; back > day - 70; back -= 7) {
        if (back <= train_end && town_count(town, i, back, &value))
            return (double)value;
    }
    return 0;
}

void town_floor(struct town *town, int split, double *median_wape, double *naive_wape)
{
    int64_t end = town_train_end(town, split), value, median;
    double sum = 0, median_error = 0, naive_error = 0;
    for (size_t i = 0; i < town_size(town); i++) {
        if (town_business(town, i)->kind->weekly)
            continue;
        for (int64_t day = end + 1; day <= end + TOWN_HORIZON; day++) {
            if (!town_count(town, i, day, &value) || !town_median(town, i, day, &median))
                continue;
            sum += (double)value;
            median_error += fabs((double)(value - median));
            naive_error += fabs((double)value - naive(town, i, day, end));
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
