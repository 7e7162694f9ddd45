/* What the weather of a latitude is like on the average: the numbers around which a sky varies. Pure.
 * At 52 degrees north they are fitted to the western Europe of the last decades (tests/unit/test_world_climate.c holds them to it); other latitudes
 * follow the great belts: wet tropics with their rains in summer, dry subtropics, cloudy westerlies with dull winters. */
#ifndef WORLD_SKY_CLIMATE_H
#define WORLD_SKY_CLIMATE_H

struct sky_climate {
    double cloud, cloud_summer;              /* mean of the hidden cloud, and what summer adds */
    double cloud_half, cloud_quarter;        /* the same wave twice a year, and a shift of the year towards spring */
    double mean_c, summer_c, swing_c;
    double rain;
};

void sky_climate(double latitude_deg, struct sky_climate *ret);

#endif
