#include <math.h>
#include <string.h>

#include "almanac/civil.h"
#include "almanac/sun.h"
#include "gnomon/types.h"
#include "base_suite.h"

static int64_t at(const char *text)
{
    int64_t t;
    ck_assert_msg(civil_parse_time(text, &t) == 0, "%s", text);
    return t;
}

/* Positions that follow from astronomy alone: equinoxes, solstices, transits (noon moved by the equation of time), the pole, and the worked example of NREL's
 * solar position report (Golden, 2003-10-17: zenith 50.11, azimuth 194.34). */
static const struct { const char *time; double latitude, longitude, elevation, azimuth; } positions[] = {
    { "2026-03-20T14:46:00Z", 90, 0, 0, NAN },
    { "2026-06-21T08:25:00Z", 90, 0, 23.436, NAN },
    { "2026-12-21T20:50:00Z", -90, 0, 23.436, NAN },
    { "2026-06-21T12:01:50Z", 52, 0, 90 - 52 + 23.436, 180 },
    { "2026-12-21T11:58:00Z", 52, 0, 90 - 52 - 23.436, 180 },
    { "2026-12-21T11:58:00Z", -52, 0, 90 - 52 + 23.436, 0 },
    { "2003-10-17T19:30:30Z", 39.742476, -105.1786, 90 - 50.11162, 194.34024 },
};

START_TEST(known_positions)
{
    struct sun sun;
    sun_position(at(positions[_i].time), positions[_i].latitude, positions[_i].longitude, &sun);
    ck_assert_msg(fabs(sun.elevation_deg - positions[_i].elevation) < .3, "%s: elevation %g", positions[_i].time, sun.elevation_deg);
    ck_assert(fabs(sun.cos_zenith - sin(sun.elevation_deg * 3.14159265358979 / 180)) < 1e-9);
    if (!isnan(positions[_i].azimuth))
        ck_assert_msg(cos((sun.azimuth_deg - positions[_i].azimuth) * 3.14159265358979 / 180) > cos(.0055), "%s: azimuth %g", positions[_i].time, sun.azimuth_deg);
}
END_TEST

START_TEST(mornings_are_east_of_evenings)
{
    struct sun morning, evening;
    sun_position(at("2026-09-01T06:00:00Z"), 50.85, 4.35, &morning);
    sun_position(at("2026-09-01T17:00:00Z"), 50.85, 4.35, &evening);
    ck_assert(morning.azimuth_deg > 60 && morning.azimuth_deg < 120);
    ck_assert(evening.azimuth_deg > 240 && evening.azimuth_deg < 300);
}
END_TEST

/* Sunrise from published almanacs (refraction included), to two minutes. */
static const struct { const char *from, *rise; double latitude, longitude; } rises[] = {
    { "2026-06-21T00:00:00Z", "2026-06-21T03:43:00Z", 51.5074, -0.1278 },      /* London, 04:43 BST */
    { "2026-12-21T00:00:00Z", "2026-12-21T08:04:00Z", 51.5074, -0.1278 },
    { "2026-03-20T00:00:00Z", "2026-03-20T06:05:00Z", 51.5074, -0.1278 },
    { "2026-06-20T22:00:00Z", "2026-06-21T03:29:00Z", 50.8503, 4.3517 },       /* Brussels, 05:29 */
    { "2026-12-21T00:00:00Z", "2026-12-21T07:42:00Z", 50.8503, 4.3517 },       /* 08:42 */
};

START_TEST(sunrises)
{
    int64_t got = sun_next_rise_s(at(rises[_i].from), rises[_i].latitude, rises[_i].longitude);
    ck_assert_msg(llabs(got - at(rises[_i].rise)) <= 120, "%s: off by %lld s", rises[_i].rise, (long long)(got - at(rises[_i].rise)));
}
END_TEST

START_TEST(next_rise_is_after_and_at_the_horizon)
{
    int64_t t = at("2026-01-01T00:00:00Z"), last = 0;
    for (int i = 0; i < 365; i++) {
        int64_t rise = sun_next_rise_s(t, 52, 5);
        struct sun before, after;
        sun_position(rise - 60, 52, 5, &before);
        sun_position(rise, 52, 5, &after);
        ck_assert(rise > t && after.elevation_deg >= -0.833 && before.elevation_deg < -0.833);
        ck_assert(last == 0 || llabs(rise - last - 86400) < 200);
        last = rise;
        t = rise;
    }
    ck_assert_msg(t < at("2027-01-01T12:00:00Z") && t > at("2026-12-31T00:00:00Z"), "365 sunrises in a year");
}
END_TEST

START_TEST(polar_night_and_day)
{
    int64_t rise = sun_next_rise_s(at("2026-12-01T12:00:00Z"), 69.65, 18.96);        /* Tromso: the sun is back in the middle of January */
    ck_assert(rise > at("2027-01-10T00:00:00Z") && rise < at("2027-01-20T00:00:00Z"));
    rise = sun_next_rise_s(at("2026-06-01T12:00:00Z"), 69.65, 18.96);                /* sets again at the end of July */
    ck_assert(rise > at("2026-07-20T00:00:00Z") && rise < at("2026-08-01T00:00:00Z"));
    rise = sun_next_rise_s(at("2026-04-01T00:00:00Z"), 90, 0);
    ck_assert(rise > at("2027-03-15T00:00:00Z") && rise < at("2027-03-21T00:00:00Z"));
}
END_TEST

START_TEST(clear_sky_is_plausible)
{
    struct sun sun;
    sun_position(at("2026-06-21T12:00:00Z"), 52, 0, &sun);
    double summer = sun_clear_ghi_w(&sun, 172);
    sun_position(at("2026-12-21T12:00:00Z"), 52, 0, &sun);
    double winter = sun_clear_ghi_w(&sun, 355);
    ck_assert_msg(summer > 830 && summer < 920, "%g W/m2", summer);
    ck_assert_msg(winter > 180 && winter < 270, "%g W/m2", winter);
    sun_position(at("2026-06-21T00:00:00Z"), 52, 0, &sun);
    ck_assert(sun_clear_ghi_w(&sun, 172) == 0);
    double day_wh = 0;
    for (int minute = 0; minute < 1440; minute++) {
        sun_position(at("2026-06-21T00:00:00Z") + minute * 60, 52, 0, &sun);
        day_wh += sun_clear_ghi_w(&sun, 172) / 60;
    }
    ck_assert_msg(day_wh > 7400 && day_wh < 8600, "%g Wh/m2 on a clear June day", day_wh);
}
END_TEST

START_TEST(clouds_take_up_to_three_quarters)
{
    ck_assert(sun_cloudy_ghi_w(800, 0) == 800);
    ck_assert(fabs(sun_cloudy_ghi_w(800, 1) - 200) < 1e-9);
    ck_assert(fabs(sun_cloudy_ghi_w(800, .5) - 800 * (1 - .75 * pow(.5, 3.4))) < 1e-9);
    ck_assert(fabs(sun_cloudy_ghi_w(800, 7) - 200) < 1e-9);
    ck_assert(sun_cloudy_ghi_w(800, -1) == 800);
}
END_TEST

int main(void)
{
    const struct base_test tests[] = {
        { known_positions, COUNT(positions) }, { mornings_are_east_of_evenings, 0 }, { sunrises, COUNT(rises) }, { next_rise_is_after_and_at_the_horizon, 0 },
        { polar_night_and_day, 0 }, { clear_sky_is_plausible, 0 }, { clouds_take_up_to_three_quarters, 0 },
    };
    return base_suite_run("almanac sun", tests, COUNT(tests));
}
