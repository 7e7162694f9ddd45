#include "almanac/sun.h"

#include <math.h>

#include "gnomon/types.h"

#define RADIANS (3.14159265358979323846 / 180)

enum { SEARCH_STEP_S = 600, SEARCH_DAYS = 366 };

static double wrap_degrees(double x)
{
    return x - 360 * floor(x / 360);
}

/* The Astronomical Almanac's low-precision formulas: 0.01 degrees from 1950 to 2050, 0.02 until 2100. */
void sun_position(int64_t utc_s, double latitude_deg, double longitude_deg, struct sun *ret)
{
    double days = ((double)utc_s - 946728000) / 86400;      /* from 2000-01-01 12:00 UTC */
    double mean_longitude = 280.460 + 0.9856474 * days, anomaly = (357.528 + 0.9856003 * days) * RADIANS;
    double ecliptic = (mean_longitude + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly)) * RADIANS;
    double obliquity = (23.439 - 0.0000004 * days) * RADIANS;
    double ascension = atan2(cos(obliquity) * sin(ecliptic), cos(ecliptic));
    double declination = asin(sin(obliquity) * sin(ecliptic));
    double sidereal_deg = wrap_degrees(280.46061837 + 360.98564736629 * days);
    double hour_angle = wrap_degrees(sidereal_deg + longitude_deg) * RADIANS - ascension, latitude = latitude_deg * RADIANS;
    double east = -cos(declination) * sin(hour_angle);
    double north = sin(declination) * cos(latitude) - cos(declination) * sin(latitude) * cos(hour_angle);
    double up = sin(declination) * sin(latitude) + cos(declination) * cos(latitude) * cos(hour_angle);
    ret->cos_zenith = fmin(1, fmax(-1, up));
    ret->elevation_deg = asin(ret->cos_zenith) / RADIANS;
    ret->azimuth_deg = wrap_degrees(atan2(east, north) / RADIANS);
}

/* Haurwitz (1945) has no season; the distance to the sun (+-3.3 %) gives it one. */
double sun_clear_ghi_w(const struct sun *sun, int day_of_year)
{
    if (sun->cos_zenith <= 0)
        return 0;
    double distance = 1 + 0.033 * cos(2 * 180 * RADIANS * day_of_year / 365.25);
    return 1098 * sun->cos_zenith * exp(-0.057 / sun->cos_zenith) * distance;
}

static int is_up(int64_t utc_s, double latitude_deg, double longitude_deg)
{
    struct sun sun;
    sun_position(utc_s, latitude_deg, longitude_deg, &sun);
    return sun.elevation_deg >= -0.833;
}

/* `down` and `up` bracket the crossing; the second at which the sun is first up. */
static int64_t bisect(int64_t down, int64_t up, double latitude_deg, double longitude_deg)
{
    while (up - down > 1) {
        int64_t middle = down + (up - down) / 2;
        if (is_up(middle, latitude_deg, longitude_deg))
            up = middle;
        else
            down = middle;
    }
    return up;
}

int64_t sun_next_rise_s(int64_t utc_s, double latitude_deg, double longitude_deg)
{
    int was_up = is_up(utc_s, latitude_deg, longitude_deg);
    for (int64_t t = utc_s; t < utc_s + SEARCH_DAYS * INT64_C(86400); t += SEARCH_STEP_S) {
        int up = is_up(t + SEARCH_STEP_S, latitude_deg, longitude_deg);
        if (up && !was_up)
            return bisect(t, t + SEARCH_STEP_S, latitude_deg, longitude_deg);
        was_up = up;
    }
    return GNM_NEVER;
}

/* Kasten and Czeplak (1980). */
double sun_cloudy_ghi_w(double clear_w, double cloud_ratio)
{
    double cloud = fmin(1, fmax(0, cloud_ratio));
    return clear_w * (1 - 0.75 * pow(cloud, 3.4));
}
