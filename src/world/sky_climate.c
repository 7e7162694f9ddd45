#include "world/sky_climate.h"

#include <math.h>
#include <stddef.h>

/* clang-format off */
static const struct { double latitude; struct sky_climate climate; } belt[] = {
    /*      cloud summer  half quarter    mean summer swing   rain */
    { 0, {  0.70,  0.00,  0.10,  0.00,    26.5,  0.5,  6.7,   1.6 }},
    {12, {  0.50, -1.00,  0.00,  0.00,    27.0,  2.0,  8.2,   1.4 }},
    {25, { -0.60, -0.20,  0.00,  0.00,    23.0,  6.0,  9.7,   0.5 }},
    {35, { -0.20,  0.50,  0.00,  0.00,    17.0,  9.0,  8.2,   0.7 }},
    {45, {  0.25,  0.60,  0.04,  0.04,    13.2,  9.6,  7.2,   1.0 }},
    {52, {  1.21,  0.50,  0.08,  0.12,    10.6,  8.1,  6.8,   1.0 }},
    {60, {  1.25,  0.40,  0.08,  0.10,     6.0, 10.5,  6.0,   0.9 }},
    {70, {  1.40,  0.20,  0.00,  0.10,    -2.0, 12.0,  4.5,   0.6 }},
    {90, {  1.50,  0.00,  0.00,  0.00,   -17.0, 15.0,  3.0,   0.3 }},
};
/* clang-format on */

enum { BELTS = sizeof belt / sizeof belt[0] };

static double mix(double a, double b, double f)
{
    return a + f * (b - a);
}

void sky_climate(double latitude_deg, struct sky_climate *ret)
{
    double latitude = fmin(fabs(latitude_deg), 90);
    size_t i = 1;
    while (i < BELTS - 1 && latitude > belt[i].latitude)
        i++;
    const struct sky_climate *a = &belt[i - 1].climate, *b = &belt[i].climate;
    double f = (latitude - belt[i - 1].latitude) / (belt[i].latitude - belt[i - 1].latitude);
    *ret = (struct sky_climate){
        .cloud = mix(a->cloud, b->cloud, f),
        .cloud_summer = mix(a->cloud_summer, b->cloud_summer, f),
        .cloud_half = mix(a->cloud_half, b->cloud_half, f),
        .cloud_quarter = mix(a->cloud_quarter, b->cloud_quarter, f),
        .mean_c = mix(a->mean_c, b->mean_c, f),
        .summer_c = mix(a->summer_c, b->summer_c, f),
        .swing_c = mix(a->swing_c, b->swing_c, f),
        .rain = mix(a->rain, b->rain, f),
    };
}
