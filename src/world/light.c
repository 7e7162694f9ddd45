#include "world/light.h"

#include <math.h>

static const double solar_constant_w = 1361;

static double air_mass(double elevation_deg, double sine)
{
    return 1 / (sine + 0.50572 * pow(elevation_deg + 6.07995, -1.6364));
}

static double diffuse_ratio(double clearness)
{
    double k = clearness;
    if (k <= 0.22)
        return 1 - 0.09 * k;
    if (k <= 0.80)
        return 0.9511 + k * (-0.1604 + k * (4.388 + k * (-16.638 + k * 12.336)));
    return 0.165;
}

/* Thin cloud hardly dims, a closed deck takes three fifths to nine tenths according to how thick it is. */
static double transmission(double cloud_ratio, double opacity)
{
    double deepest = 0.775 + 0.165 * tanh(0.8 * opacity);
    return 1 - deepest * cloud_ratio * cloud_ratio * (0.4 + 0.6 * cloud_ratio);
}

/* Warmest and haziest about 20 July; the other way round south of the equator. */
void light_season(int64_t utc_s, double latitude_deg, double *summer, double *distance)
{
    static const double two_pi = 6.283185307179586;
    double days = (double)utc_s / 86400;
    *summer = (latitude_deg < 0 ? -1 : 1) * cos(two_pi * (days - 200) / 365.2425);
    *distance = 1 + 0.0334 * cos(two_pi * (days - 3) / 365.2425);
}

double light_clear_w(const struct sun *sun, double summer, double distance)
{
    double sine = sun->cos_zenith;
    if (sine <= 0 || sun->elevation_deg <= 0)
        return 0;
    double turbidity = 3.1 + 0.5 * summer;
    return 0.868 * solar_constant_w * distance * sine * exp(-0.0387 * air_mass(sun->elevation_deg, sine) * turbidity);
}

void light_split(const struct sun *sun, double distance, double clear_w, double ghi_w, double diffuse, struct light *ret)
{
    *ret = (struct light){.clear_w = clear_w};
    if (clear_w <= 0)
        return;
    double top_w = solar_constant_w * distance, sine = sun->cos_zenith;
    ret->ghi_w = ghi_w;
    ret->dhi_w = ghi_w * (isnan(diffuse) ? diffuse_ratio(ghi_w / (top_w * sine)) : diffuse);
    /* Near the horizon the quotient explodes; no beam is stronger than four fifths of what arrives outside the air. */
    ret->dni_w = fmin((ret->ghi_w - ret->dhi_w) / fmax(sine, 0.03), 0.8 * top_w);
}

void light_through(const struct sun *sun, double summer, double distance, double cloud_ratio, double opacity, struct light *ret)
{
    double clear_w = light_clear_w(sun, summer, distance);
    light_split(sun, distance, clear_w, clear_w > 0 ? clear_w * transmission(cloud_ratio, opacity) : 0, NAN, ret);
}

double light_on_plane_w(const struct light *light, const struct sun *sun, double tilt_deg, double azimuth_deg)
{
    static const double radian = 0.017453292519943295;
    double tilt = tilt_deg * radian, cos_elevation = cos(sun->elevation_deg * radian);
    double incidence = sun->cos_zenith * cos(tilt) + cos_elevation * sin(tilt) * cos((sun->azimuth_deg - azimuth_deg) * radian);
    double beam_w = light->dni_w * fmax(incidence, 0);
    double sky_w = light->dhi_w * (1 + cos(tilt)) / 2;
    double ground_w = 0.2 * light->ghi_w * (1 - cos(tilt)) / 2;
    return beam_w + sky_w + ground_w;
}
