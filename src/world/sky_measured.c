#include "world/sky_measured.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/csv.h"
#include "base/text.h"
#include "world/light.h"

enum { TIME, GHI, DHI, TEMPERATURE, COLUMNS, PARTS = 4 };

struct reading { struct sky_measured *year; int column[COLUMNS]; int64_t next, leap; int rows; };

static const int month_start[SKY_MEASURED_MONTHS + 1] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

int sky_measured_index(int64_t hour)
{
    int year, month, mday;
    int64_t day = hour / 24 - (hour % 24 < 0);
    civil_date(day, &year, &month, &mday);
    if (month == 2 && mday == 29)
        mday = 28;
    return (month_start[month - 1] + mday - 1) * 24 + (int)(hour - day * 24);
}

static int month_of(int index)
{
    int month = 0;
    while (index / 24 >= month_start[month + 1])
        month++;
    return month;
}

double sky_measured_score(const struct sky_measured *measured, int64_t hour)
{
    return (double)measured->score[sky_measured_index(hour)];
}

double sky_measured_clearness(const struct sky_measured *measured, int64_t hour, double hidden_cloud)
{
    int month = month_of(sky_measured_index(hour));
    return fmin(fmax(measured->mean[month] - measured->spread[month] * hidden_cloud, 0.02), 1.1);
}

static int heading(struct reading *reading, char **field, size_t n, struct gnm_why *why)
{
    static const struct { const char *name; int column; } known[] = {
        {"time_utc", TIME}, {"time", TIME}, {"ghi_wm2", GHI}, {"ghi_w", GHI}, {"dhi_wm2", DHI}, {"dhi_w", DHI}, {"temperature_c", TEMPERATURE},
    };
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            if (strcmp(field[i], known[k].name) == 0)
                reading->column[known[k].column] = (int)i;
        }
    }
    if (reading->column[TIME] < 0 || reading->column[GHI] < 0)
        return gnm_fail(why, -EINVAL, "line 1: the heading needs the columns time_utc and ghi_wm2");
    return 0;
}

/* Seconds since 1970 of a stamp; one without a year is put into 2001, which has no leap day. */
static int stamp(const char *text, int64_t *ret)
{
    static const char *const format[] = {"%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"};
    char full[40];
    int has_time;
    if (strlen(text) == 11 && text[2] == '-') {
        memcpy(full, "2001-", 5);
        memcpy(full + 5, text, 12);
        text = full;
    }
    for (size_t i = 0; i < sizeof format / sizeof format[0]; i++) {
        if (civil_parse_format(text, format[i], ret, &has_time) == 0)
            return 0;
    }
    return -EINVAL;
}

static int take(const struct reading *reading, int what, char **field, size_t n, int line, double low, double high, double *ret, struct gnm_why *why)
{
    static const char *const name[] = {"time", "ghi", "dhi", "temperature"};
    int column = reading->column[what];
    *ret = NAN;
    if (column < 0)
        return 0;
    if ((size_t)column >= n || text_double(field[column], ret) < 0 || *ret < low || *ret > high)
        return gnm_fail(why, -EINVAL, "line %d: %s must be a number from %g to %g, not \"%s\"", line, name[what], low, high, (size_t)column < n ? field[column] : "");
    return 0;
}

/* A leap day is read and left out: the year has 365 days for everybody. */
static int is_leap_day(int64_t utc_s)
{
    int year, month, mday;
    civil_date(utc_s / 86400 - (utc_s % 86400 < 0), &year, &month, &mday);
    return month == 2 && mday == 29;
}

static int row(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    struct reading *reading = ctx;
    double ghi_w, dhi_w, temperature_c;
    int64_t at_s;
    if (line == 1)
        return heading(reading, field, n, why);
    if ((size_t)reading->column[TIME] >= n || stamp(field[reading->column[TIME]], &at_s) < 0)
        return gnm_fail(why, -EINVAL, "line %d: no time like 2025-01-01T00:00", line);
    if (take(reading, GHI, field, n, line, -20, 1500, &ghi_w, why) < 0 || take(reading, DHI, field, n, line, -20, 1000, &dhi_w, why) < 0 ||
        take(reading, TEMPERATURE, field, n, line, -80, 60, &temperature_c, why) < 0)
        return -EINVAL;
    if (reading->rows == SKY_MEASURED_HOURS)
        return gnm_fail(why, -EINVAL, "line %d: more than one year", line);
    if (reading->next == 0 && sky_measured_index(at_s / 3600) != 0)
        return gnm_fail(why, -EINVAL, "line %d: the first hour must be 1 January 00:00", line);
    if (at_s % 3600 != 0 || (reading->next != 0 && at_s != reading->next))
        return gnm_fail(why, -EINVAL, "line %d: hours must follow each other without a gap", line);
    reading->next = at_s + 3600;
    if (is_leap_day(at_s))
        return 0;
    reading->year->ghi_w[reading->rows] = (float)fmax(ghi_w, 0);
    reading->year->dhi_w[reading->rows] = (float)fmin(fmax(dhi_w, 0), fmax(ghi_w, 0));
    if (isnan(dhi_w))
        reading->year->dhi_w[reading->rows] = NAN;
    reading->year->temperature_c[reading->rows++] = (float)temperature_c;
    return 0;
}

/* Mean clear sky of an hour, at the same four moments at which sky_hour looks: so the hours of the sky are those of the file. */
static double clear_w(const struct sky_measured *year, int index)
{
    double sum = 0;
    for (int part = 0; part < PARTS; part++) {
        int64_t at_s = civil_day(2001, 1, 1) * 86400 + index * INT64_C(3600) + (2 * part + 1) * (3600 / (2 * PARTS));
        struct sun sun;
        double summer, distance;
        light_season(at_s, year->latitude_deg, &summer, &distance);
        sun_position(at_s, year->latitude_deg, year->longitude_deg, &sun);
        sum += light_clear_w(&sun, summer, distance) / PARTS;
    }
    return sum;
}

/* At night the last light stands for what nobody can see. Hours with the sun at the horizon say nothing about cloud. */
static void fill(struct sky_measured *year)
{
    double last = 0.6;
    for (int i = 0; i < SKY_MEASURED_HOURS; i++) {
        double top_w = clear_w(year, i), ghi_w = (double)year->ghi_w[i];
        year->clear[i] = (float)(top_w > 0 ? fmin(ghi_w / top_w, top_w > 60 ? 1.5 : 8) : last);
        if (top_w > 60)
            last = fmin((double)year->clear[i], 1.1);
        year->score[i] = (float)last;
    }
}

static void standardise(struct sky_measured *year)
{
    for (int month = 0; month < SKY_MEASURED_MONTHS; month++) {
        double sum = 0, squares = 0, n = 24 * (month_start[month + 1] - month_start[month]);
        for (int i = 24 * month_start[month]; i < 24 * month_start[month + 1]; i++) {
            sum += (double)year->score[i];
            squares += (double)year->score[i] * (double)year->score[i];
        }
        year->mean[month] = sum / n;
        year->spread[month] = sqrt(fmax(squares / n - sum / n * (sum / n), 1e-4));
    }
    for (int i = 0; i < SKY_MEASURED_HOURS; i++)
        year->score[i] = (float)((year->mean[month_of(i)] - (double)year->score[i]) / year->spread[month_of(i)]);
}

int sky_measured_parse(const char *data, size_t len, double latitude_deg, double longitude_deg, struct sky_measured **ret, struct gnm_why *why)
{
    struct reading reading = {.column = {-1, -1, -1, -1}, .year = calloc(1, sizeof *reading.year)};
    if (reading.year == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    int code = csv_read(data, len, ',', row, &reading, why);
    if (code == 0 && reading.rows < SKY_MEASURED_HOURS)
        code = gnm_fail(why, -EINVAL, "line %d: the year ends here, after %d of %d hours", reading.rows + 1, reading.rows, SKY_MEASURED_HOURS);
    if (code < 0) {
        free(reading.year);
        return code;
    }
    reading.year->latitude_deg = latitude_deg;
    reading.year->longitude_deg = longitude_deg;
    fill(reading.year);
    standardise(reading.year);
    *ret = reading.year;
    return 0;
}
