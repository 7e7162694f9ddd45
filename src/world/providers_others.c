/* The providers beyond the usual ones. A table of its own: a program that does not name it (gnomon's simulation, whose feeds are the usual ones) carries none of them. */
#include <stddef.h>

#include "world/providers.h"

const struct provider_route providers_others[] = {
    {"/weather", PROVIDER_BRIGHT_SKY, provider_bright_sky},
    {"/estimate/", PROVIDER_FORECAST_SOLAR, provider_forecast_solar},
    {"/api/v5_3/seriescalc", PROVIDER_PVGIS, provider_pvgis},
    {"/api/v3/publicholidays/", PROVIDER_NAGER, provider_nager},
    {"/api/v4/Holidays/", PROVIDER_NAGER, provider_nager},
    {"/SchoolHolidays", PROVIDER_OPEN_HOLIDAYS, provider_open_holidays},
    {"/api/v1/json/", PROVIDER_SPORTS_DB, provider_sports_db},
    {"/v4/competitions/", PROVIDER_FOOTBALL_DATA, provider_football_data},
    {"/api/acled/read", PROVIDER_ACLED, provider_acled},
    {"/ai_gpr_files/ai_gpr_data_daily.csv", PROVIDER_AI_GPR, provider_ai_gpr},
    {"/media/All_Daily_Policy_Data.csv", PROVIDER_EPU, provider_epu},
    {"/publicAPI/", PROVIDER_BLS, provider_bls},
    {"/service/data/HICP/", PROVIDER_ECB, provider_ecb},
    {"/public/rest/data/", PROVIDER_OECD, provider_oecd},
    {"/v2/country/", PROVIDER_WORLD_BANK, provider_world_bank},
    {NULL, PROVIDERS, NULL},
};
