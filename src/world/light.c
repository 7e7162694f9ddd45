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

/* Thin cloud hardly dims, a closed deck takes half to nine tenths according to how thick it is. */
static double transmission(double cloud_ratio, double opacity)
{
    double deepest = 0.70 + 0.20 * tanh(0.8 * opacity);
    return 1 - deepest * pow(cloud_ratio, 2.4);
}

void light_through(const struct sun *sun, double summer, double distance, double cloud_ratio, double opacity, struct light *ret)
{
    *ret = (struct light){0};
    double sine = sun->cos_zenith;
    if (sine <= 0 || sun->elevation_deg <= 0)
        return;
    double turbidity = 3.1 + 0.5 * summer;
    double top_w = solar_constant_w * distance * sine;
    ret->clear_w = 0.868 * top_w * exp(-0.0387 * air_mass(sun->elevation_deg, sine) * turbidity);
    ret->ghi_w = ret->clear_w * transmission(cloud_ratio, opacity);
    ret->dhi_w = ret->ghi_w * diffuse_ratio(ret->ghi_w / top_w);
    /* Near the horizon the quotient explodes; no beam is stronger than four fifths of what arrives outside the air. */
    ret->dni_w = fmin((ret->ghi_w - ret->dhi_w) / fmax(sine, 0.03), 0.8 * solar_constant_w * distance);
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
