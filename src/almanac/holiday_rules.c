#include "almanac/holiday_rules.h"

enum { MONDAY, TUESDAY, WEDNESDAY, THURSDAY };

#define FIXED(country, name, month, day) { country, NULL, name, HOLIDAY_FIXED, month, day, 0, 0, 0 }
#define FIXED_SINCE(country, name, month, day, year) { country, NULL, name, HOLIDAY_FIXED, month, day, 0, year, 0 }
#define FIXED_IN(country, regions, name, month, day, year) { country, regions, name, HOLIDAY_FIXED, month, day, 0, year, 0 }
#define EASTER(country, name, days) { country, NULL, name, HOLIDAY_EASTER, days, 0, 0, 0, 0 }
#define EASTER_IN(country, regions, name, days) { country, regions, name, HOLIDAY_EASTER, days, 0, 0, 0, 0 }
#define FROM(country, name, month, day, weekday, year) { country, NULL, name, HOLIDAY_FROM, month, day, weekday, year, 0 }

const struct holiday_rule holiday_rules[] = {
    FIXED("BE", "new_year", 1, 1),
    EASTER("BE", "easter_monday", 1),
    FIXED("BE", "labour_day", 5, 1),
    EASTER("BE", "ascension", 39),
    EASTER("BE", "whit_monday", 50),
    FIXED("BE", "national_day", 7, 21),
    FIXED("BE", "assumption", 8, 15),
    FIXED("BE", "all_saints", 11, 1),
    FIXED("BE", "armistice", 11, 11),
    FIXED("BE", "christmas", 12, 25),

    FIXED("NL", "new_year", 1, 1),
    EASTER("NL", "easter_monday", 1),
    { "NL", NULL, "kings_day", HOLIDAY_NOT_SUNDAY, 4, 27, 0, 2014, 0 },
    EASTER("NL", "ascension", 39),
    EASTER("NL", "whit_monday", 50),
    FIXED("NL", "christmas", 12, 25),
    FIXED("NL", "second_christmas_day", 12, 26),

    FIXED("LU", "new_year", 1, 1),
    EASTER("LU", "easter_monday", 1),
    FIXED("LU", "labour_day", 5, 1),
    FIXED_SINCE("LU", "europe_day", 5, 9, 2019),
    EASTER("LU", "ascension", 39),
    EASTER("LU", "whit_monday", 50),
    FIXED("LU", "national_day", 6, 23),
    FIXED("LU", "assumption", 8, 15),
    FIXED("LU", "all_saints", 11, 1),
    FIXED("LU", "christmas", 12, 25),
    FIXED("LU", "second_christmas_day", 12, 26),

    FIXED("FR", "new_year", 1, 1),
    EASTER("FR", "easter_monday", 1),
    FIXED("FR", "labour_day", 5, 1),
    FIXED_SINCE("FR", "victory_day", 5, 8, 1982),
    EASTER("FR", "ascension", 39),
    EASTER("FR", "whit_monday", 50),
    FIXED("FR", "national_day", 7, 14),
    FIXED("FR", "assumption", 8, 15),
    FIXED("FR", "all_saints", 11, 1),
    FIXED("FR", "armistice", 11, 11),
    FIXED("FR", "christmas", 12, 25),

    FIXED("DE", "new_year", 1, 1),
    FIXED_IN("DE", "BW BY ST", "epiphany", 1, 6, 0),
    FIXED_IN("DE", "BE", "womens_day", 3, 8, 2019),
    FIXED_IN("DE", "MV", "womens_day", 3, 8, 2023),
    EASTER("DE", "good_friday", -2),
    EASTER("DE", "easter_monday", 1),
    FIXED("DE", "labour_day", 5, 1),
    EASTER("DE", "ascension", 39),
    EASTER("DE", "whit_monday", 50),
    EASTER_IN("DE", "BW BY HE NW RP SL", "corpus_christi", 60),
    FIXED_IN("DE", "SL", "assumption", 8, 15, 0),
    FIXED_SINCE("DE", "unity_day", 10, 3, 1990),
    FIXED_IN("DE", "BB MV SN ST TH", "reformation_day", 10, 31, 1990),
    FIXED_IN("DE", "HB HH NI SH", "reformation_day", 10, 31, 2018),
    FIXED_IN("DE", "BW BY NW RP SL", "all_saints", 11, 1, 0),
    { "DE", "SN", "repentance_day", HOLIDAY_FROM, 11, 16, WEDNESDAY, 1990, 0 },
    FIXED("DE", "christmas", 12, 25),
    FIXED("DE", "second_christmas_day", 12, 26),

    FIXED("US", "new_year", 1, 1),
    FROM("US", "martin_luther_king_day", 1, 15, MONDAY, 1986),
    FROM("US", "presidents_day", 2, 15, MONDAY, 1971),
    FROM("US", "memorial_day", 5, 25, MONDAY, 1971),
    FIXED_SINCE("US", "juneteenth", 6, 19, 2021),
    FIXED("US", "independence_day", 7, 4),
    FROM("US", "labor_day", 9, 1, MONDAY, 1894),
    FROM("US", "columbus_day", 10, 8, MONDAY, 1971),
    FIXED_SINCE("US", "veterans_day", 11, 11, 1978),
    FROM("US", "thanksgiving", 11, 22, THURSDAY, 1942),
    FIXED("US", "christmas", 12, 25),
};

const size_t holiday_rules_n = sizeof holiday_rules / sizeof holiday_rules[0];
