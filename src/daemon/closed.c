#include "daemon/closed.h"

#include <string.h>

#include "almanac/civil.h"
#include "almanac/holiday.h"
#include "daemon/places.h"

enum { YEARS_AHEAD = 2 };

/* The configuration holds words of three letters, and holidays. */
unsigned closed_weekdays(const struct config *config, const char *series)
{
    static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
    const struct config_series *section = places_series(config, series);
    unsigned days = 0;
    for (unsigned i = 0; i < 7 && section != NULL; i++)
        if (strstr(section->closed, names[i]) != NULL)
            days |= 1u << i;
    return days;
}

static int declare_holidays(const struct config *config, int place, struct panel *panel, int index, int64_t first_day, int64_t last_day)
{
    int first, last, month, mday, rc = 0;
    civil_date(first_day, &first, &month, &mday);
    civil_date(last_day, &last, &month, &mday);
    for (int year = first; year <= last + YEARS_AHEAD; year++) {
        struct holiday list[HOLIDAYS_MAX];
        int n = holiday_list(places_country(config, place), places_region(config, place), year, list);
        for (int i = 0; i < n && rc == 0; i++)
            rc = panel_driver(panel, "closed", index, list[i].day, 1, GNM_ALWAYS);
    }
    return rc < 0 ? rc : 0;
}

int closed_declare(const struct config *config, const char *series, struct panel *panel, int index, int64_t first_day, int64_t last_day)
{
    const struct config_series *section = places_series(config, series);
    if (section == NULL || section->closed[0] == '\0')
        return 0;
    panel_series_closed(panel, index, closed_weekdays(config, series));
    if (strstr(section->closed, "holidays") == NULL)
        return 0;
    return declare_holidays(config, places_of_series(config, series), panel, index, first_day, last_day);
}
