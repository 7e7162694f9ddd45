#include "daemon/places.h"

#include <string.h>

#define BETWEEN " ,\t"

int places_find(const struct config *config, const char *name)
{
    if (name[0] == '\0' || strcmp(name, "site") == 0)
        return 0;
    for (size_t i = 0; i < config->n_places; i++)
        if (strcmp(config->place[i].name, name) == 0)
            return 1 + (int)i;
    return -1;
}

const char *places_name(const struct config *config, int place)
{
    return place == 0 ? "" : config->place[place - 1].name;
}

const char *places_country(const struct config *config, int place)
{
    return place > 0 && config->place[place - 1].country[0] != '\0' ? config->place[place - 1].country : config->site.country;
}

const char *places_region(const struct config *config, int place)
{
    if (place > 0 && config->place[place - 1].region[0] != '\0')
        return config->place[place - 1].region;
    return strcmp(places_country(config, place), config->site.country) == 0 ? config->site.region : "";
}

double places_latitude(const struct config *config, int place)
{
    return place == 0 ? config->site.latitude : config->place[place - 1].latitude;
}

double places_longitude(const struct config *config, int place)
{
    return place == 0 ? config->site.longitude : config->place[place - 1].longitude;
}

unsigned places_used(const struct config *config)
{
    unsigned mask = 1;
    for (size_t i = 0; i < config->n_series; i++) {
        int place = places_find(config, config->series[i].place);
        mask |= place > 0 ? 1u << place : 0;
    }
    return mask;
}

const struct config_series *places_series(const struct config *config, const char *series)
{
    for (size_t i = 0; i < config->n_series; i++)
        if (strcmp(config->series[i].name, series) == 0)
            return &config->series[i];
    return NULL;
}

int places_of_series(const struct config *config, const char *series)
{
    const struct config_series *s = places_series(config, series);
    int place = s != NULL ? places_find(config, s->place) : 0;
    return place < 0 ? 0 : place;
}

static int has_word(const char *list, const char *word, size_t len)
{
    for (const char *p = list + strspn(list, BETWEEN); *p != '\0'; p += strspn(p, BETWEEN)) {
        size_t n = strcspn(p, BETWEEN);
        if (n == len && strncmp(p, word, n) == 0)
            return 1;
        p += n;
    }
    return 0;
}

int places_share_word(const char *list, const char *words)
{
    for (const char *p = words + strspn(words, BETWEEN); *p != '\0'; p += strspn(p, BETWEEN)) {
        size_t n = strcspn(p, BETWEEN);
        if (has_word(list, p, n))
            return 1;
        p += n;
    }
    return 0;
}
