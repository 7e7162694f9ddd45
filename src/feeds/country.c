/* Countries as providers name them: ISO 3166 three-letter code and English name. */
#include <string.h>

#include "feeds/definition.h"

struct country { char code2[3], code3[4]; const char *name; };

static const struct country countries[] = {
    { "AL", "ALB", "Albania" }, { "AT", "AUT", "Austria" }, { "AU", "AUS", "Australia" }, { "BA", "BIH", "Bosnia and Herzegovina" },
    { "BE", "BEL", "Belgium" }, { "BG", "BGR", "Bulgaria" }, { "BR", "BRA", "Brazil" }, { "CA", "CAN", "Canada" }, { "CH", "CHE", "Switzerland" },
    { "CL", "CHL", "Chile" },
    { "CY", "CYP", "Cyprus" }, { "CZ", "CZE", "Czechia" }, { "DE", "DEU", "Germany" }, { "DK", "DNK", "Denmark" },
    { "EE", "EST", "Estonia" }, { "ES", "ESP", "Spain" }, { "FI", "FIN", "Finland" }, { "FR", "FRA", "France" }, { "GB", "GBR", "United Kingdom" },
    { "GR", "GRC", "Greece" }, { "HR", "HRV", "Croatia" }, { "HU", "HUN", "Hungary" }, { "IE", "IRL", "Ireland" }, { "IN", "IND", "India" },
    { "IS", "ISL", "Iceland" }, { "IT", "ITA", "Italy" }, { "JP", "JPN", "Japan" }, { "KE", "KEN", "Kenya" }, { "LT", "LTU", "Lithuania" },
    { "LU", "LUX", "Luxembourg" }, { "LV", "LVA", "Latvia" }, { "MA", "MAR", "Morocco" }, { "MD", "MDA", "Moldova" }, { "ME", "MNE", "Montenegro" },
    { "MK", "MKD", "North Macedonia" }, { "MT", "MLT", "Malta" }, { "MX", "MEX", "Mexico" }, { "NL", "NLD", "Netherlands" },
    { "NO", "NOR", "Norway" },
    { "NZ", "NZL", "New Zealand" }, { "PL", "POL", "Poland" }, { "PT", "PRT", "Portugal" }, { "RO", "ROU", "Romania" }, { "RS", "SRB", "Serbia" },
    { "SE", "SWE", "Sweden" }, { "SI", "SVN", "Slovenia" }, { "SK", "SVK", "Slovakia" }, { "TR", "TUR", "Turkey" }, { "UA", "UKR", "Ukraine" },
    { "US", "USA", "United States" }, { "ZA", "ZAF", "South Africa" },
};

static const struct country *find(const char *code2)
{
    for (size_t i = 0; i < sizeof countries / sizeof countries[0]; i++)
        if (strcmp(countries[i].code2, code2) == 0)
            return &countries[i];
    return NULL;
}

const char *country_code3(const char *code2)
{
    const struct country *c = find(code2);
    return c == NULL ? NULL : c->code3;
}

const char *country_name(const char *code2)
{
    const struct country *c = find(code2);
    return c == NULL ? NULL : c->name;
}
