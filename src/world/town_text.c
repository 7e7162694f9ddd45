#include "world/town_text.h"

#include <stdio.h>

#include "almanac/civil.h"
#include "world/prices.h"

static int activity_row(struct town *town, size_t i, int64_t day, const char *date, struct text *ret)
{
    const struct town_business *business = town_business(town, i);
    char row[96];
    double value;
    if (business->kind->weekly && (civil_weekday(day) != 6 || day - 6 < business->first_day || day > business->last_day))
        return 0;
    if (business->kind->weekly)
        value = (double)town_week(town, i, day);
    else if (!town_value(town, i, day, &value))
        return 0;
    int len = snprintf(row, sizeof row, business->kind->ticket > 0 ? "%s,%s,%.2f\n" : "%s,%s,%.0f\n", business->series, date, value);
    return text_append(ret, row, (size_t)len);
}

int town_activity_text(struct town *town, int weekly, int64_t first, int64_t last, struct text *ret)
{
    int bad = text_printf(ret, "series,date,value\n");
    if (weekly)
        first += 6;    /* the first week must be a whole one */
    for (size_t i = 0; i < town_size(town); i++) {
        if (town_business(town, i)->kind->weekly != weekly)
            continue;
        for (int64_t day = first; day <= last && bad == 0; day++) {
            char date[11];
            civil_format_date(day, date);
            bad = activity_row(town, i, day, date, ret);
        }
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

/* What is known long before: holidays, matches and fairs; what is known the day after it began: a crisis. */
static int event_rows(struct town *town, int64_t day, const char *date, struct text *ret)
{
    const struct town_day *today = town_day(town, day);
    char next[11];
    int bad = 0;
    if (today->holiday != NULL)
        bad |= text_printf(ret, ",event_%s,%s,1,always\n", today->holiday, date);
    bad |= text_printf(ret, ",match_home,%s,%d,always\n", date, today->match);
    if (today->fair != TOWN_NO_FAIR)
        bad |= text_printf(ret, ",%s,%s,1,always\n", town_fair_names[today->fair], date);
    if (day < town_about(town)->start_day && town_crisis_begins(town, day)) {
        civil_format_date(day + 1, next);
        bad |= text_printf(ret, ",crisis_onset,%s,1,%s\n", date, next);
    }
    return bad;
}

/* The index of a month stands at its last day and may be used from the day of its release; what is not released yet is not written. */
static int price_row(struct town *town, int64_t day, const char *date, struct text *ret)
{
    int64_t month = civil_month_index(day), release = prices_final_day(month);
    char from[11];
    if (civil_month_first(month + 1) != day + 1 || release >= town_about(town)->start_day)
        return 0;
    civil_format_date(release, from);
    return text_printf(ret, ",cpi,%s,%.2f,%s\n", date, town_prices(town, month), from);
}

/* Of one business: its promotions and its summer leave, announced. */
static int business_rows(struct town *town, size_t i, int64_t last, struct text *ret)
{
    const struct town_business *business = town_business(town, i);
    int bad = 0;
    if (business->kind->promo <= 0 && business->kind->leave_weeks == 0)
        return 0;
    for (int64_t day = town_about(town)->first_day; day <= last && bad == 0; day++) {
        char date[11];
        int promo = town_promo(business, day) > 0, leave = town_on_leave(business, town_day(town, day));
        if (day < business->first_day || day > business->last_day || (!promo && !leave))
            continue;
        civil_format_date(day, date);
        if (promo)
            bad |= text_printf(ret, "%s,promo,%s,1,always\n", business->series, date);
        if (leave)
            bad |= text_printf(ret, "%s,event_leave,%s,1,always\n", business->series, date);
    }
    return bad;
}

int town_drivers_text(struct town *town, int ahead, struct text *ret)
{
    const struct town_config *about = town_about(town);
    int bad = text_printf(ret, "series,driver,date,value,available\n");
    for (int64_t day = about->first_day; day < about->start_day + ahead && bad == 0; day++) {
        char date[11];
        civil_format_date(day, date);
        bad = event_rows(town, day, date, ret) | price_row(town, day, date, ret);
        if (day < about->start_day)
            bad |= weather_rows(town_weather(town, day), date, ret);
    }
    for (size_t i = 0; i < town_size(town) && bad == 0; i++)
        bad = business_rows(town, i, about->start_day + ahead - 1, ret);
    return bad;
}

int town_static_text(struct town *town, struct text *ret)
{
    int bad = text_printf(ret, "series,key,value\n");
    for (size_t i = 0; i < town_size(town) && bad == 0; i++) {
        const struct town_business *business = town_business(town, i);
        bad = text_printf(ret, "%s,unit,%s\n%s,kind,%s\n", business->series, business->kind->ticket > 0 ? "money" : "count", business->series, business->kind->name);
    }
    return bad;
}

int64_t town_train_end(const struct town *town, int split)
{
    return town_about(town)->start_day - 1 - (int64_t)TOWN_HORIZON * (TOWN_SPLITS - split);
}

int64_t town_train_sunday(const struct town *town, int split)
{
    int64_t last = town_about(town)->start_day - 1;
    return last - (civil_weekday(last) + 1) % 7 - (int64_t)7 * TOWN_WEEKS * (TOWN_SPLITS - split);
}

/* `step` is the days of a period, `horizon` counts periods; a test begins with the period after train_end and is named by its first and last. */
static int splits_text(struct town *town, int64_t (*train_end)(const struct town *, int), int step, int horizon, struct text *ret)
{
    int bad = text_printf(ret, "split,train_end,test_start,test_end,horizon\n");
    for (int i = 0; i < TOWN_SPLITS && bad == 0; i++) {
        char end[11], from[11], to[11];
        civil_format_date(train_end(town, i), end);
        civil_format_date(train_end(town, i) + step, from);
        civil_format_date(train_end(town, i) + (int64_t)step * horizon, to);
        bad = text_printf(ret, "R%d,%s,%s,%s,%d\n", i + 1, end, from, to, horizon);
    }
    return bad;
}

int town_splits_text(struct town *town, struct text *ret)
{
    return splits_text(town, town_train_end, 1, TOWN_HORIZON, ret);
}

int town_splits_weekly_text(struct town *town, struct text *ret)
{
    return splits_text(town, town_train_sunday, 7, TOWN_WEEKS, ret);
}
