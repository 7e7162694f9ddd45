#include "world/town_kinds.h"

/* clang-format off */
const struct town_kind town_kinds[] = {
    /* name, title, base,           Mo    Tu    We    Th    Fr    Sa    Su    season day  dec  best width warm   rain   match  hol   spread weekly */
    {"bakery", "Bakery", 210,      {0,    0.84, 0.92, 0.90, 1.04, 1.38, 1.30}, 0.04,  20, 0.12, 15,  14, 0.10, -0.16,  0.05, 1.25,  90, 0},
    {"restaurant", "Restaurant", 85, {0,  0.70, 0.82, 0.92, 1.24, 1.48, 1.12}, 0.06, 190, 0.20, 21,   9, 0.28, -0.12,  0.30, 1.35,  45, 0},
    {"hardware_store", "Hardware store", 150, {1.05, 0.94, 0.96, 0.92, 1.04, 1.42, 0}, 0.14, 125, 0, 18, 11, 0.26, -0.10, -0.06, 0,  70, 0},
    {"call_centre", "Call centre", 340, {1.28, 1.10, 1.02, 0.98, 0.92, 0.46, 0}, 0.05,  25, 0.10,  2,  15, 0.08,  0.05, -0.02, 0.35, 120, 0},
    {"garden_centre", "Garden centre", 120, {0.78, 0.72, 0.84, 0.80, 1.00, 1.58, 1.42}, 0.42, 122, 0.25, 20, 7, 0.62, -0.48, -0.04, 1.40, 30, 0},
    {"gym", "Gym", 165,            {1.22, 1.16, 1.14, 1.06, 0.88, 0.80, 0.72}, 0.16,  22, -0.12, 8, 16, 0.14,  0.09, -0.08, 0.55,  80, 0},
    {"hotel", "Hotel", 64,         {0.82, 0.94, 1.00, 1.00, 1.08, 1.24, 0.90}, 0.20, 205, 0.05, 23, 12, 0.10, -0.03,  0.32, 1.20,  60, 0},
    {"pharmacy", "Pharmacy", 190,  {1.22, 1.04, 1.00, 0.96, 1.06, 0.76, 0},    0.10,  30, 0.06,  1, 12, 0.16, -0.06,  0.00, 0,    100, 0},
    {"wholesaler", "Wholesaler (orders a week)", 46, {1.30, 1.10, 1.00, 0.96, 0.70, 0, 0}, 0.10, 140, 0.18, 16, 14, 0.08, -0.04, 0.05, 0, 60, 1},
    {"driving_school", "Driving school (leads a week)", 12, {1.10, 0.96, 1.10, 0.94, 0.84, 1.06, 0}, 0.22, 185, -0.15, 18, 16, 0.05, -0.04, 0, 0.2, 25, 1},
    {"ice_cream", "Ice-cream parlour", 130, {0.70, 0.72, 1.02, 0.80, 0.98, 1.44, 1.62}, 0.40, 195, -0.10, 29, 7, 1.10, -0.50, 0.18, 1.60, 25, 0},
    {"cinema", "Cinema", 240,      {0.60, 0.66, 0.92, 0.72, 1.26, 1.60, 1.28}, 0.12,  10, 0.22, 4, 13, 0.24,  0.26, -0.12, 1.30,  40, 0},
    {"bicycle_shop", "Bicycle shop", 55, {0, 1.04, 1.10, 0.96, 1.02, 1.40, 0}, 0.30, 130, 0.10, 21,  9, 0.40, -0.34, -0.03, 0,     50, 0},
    {"florist", "Florist", 74,     {0,    0.82, 0.86, 0.92, 1.28, 1.50, 0.92}, 0.10, 115, 0.14, 17, 12, 0.12, -0.12,  0.02, 1.55,  45, 0},
    {"car_wash", "Car wash", 110,  {0.92, 0.86, 0.90, 0.94, 1.14, 1.52, 0.92}, 0.06,  95, 0.04, 16, 10, 0.22, -0.72, -0.02, 0.70,  40, 0},
};
/* clang-format on */

enum { KINDS = sizeof town_kinds / sizeof town_kinds[0], TEN = 10, WEEKLY = 2 };

const size_t town_kinds_n = KINDS, town_kinds_daily_n = KINDS - WEEKLY;

const struct town_kind *town_kind_of(size_t i)
{
    if (i < KINDS)
        return &town_kinds[i];
    size_t daily = (i - KINDS) % (KINDS - WEEKLY);
    return &town_kinds[daily < TEN - WEEKLY ? daily : daily + WEEKLY];
}
