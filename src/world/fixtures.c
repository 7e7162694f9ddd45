#include "world/fixtures.h"

#include "almanac/civil.h"
#include "world/noise.h"

static const char *const team_name[FIXTURES_TEAMS] = {
    "Racing Zonneveld", "SK Molenhoek", "Union Brugeveer", "VV Kanaalstad", "Royal Heidepark", "FC Torenberg",
    "Sporting Leiedam", "KV Duinkant",  "Olympic Maasoord", "AS Roche-Noire", "Etoile Valmont", "RC Pontclair",
    "Stade Beauvoir",   "CS Hautbois",  "Daring Grasmeer", "KSV Polderzicht", "Excelsior Steenwijkaal", "Standard Ardoise",
};

void fixtures_start(struct fixtures *fixtures, uint64_t seed, const struct zone *zone)
{
    *fixtures = (struct fixtures){.seed = noise_stream(seed, "fixtures"), .zone = zone};
}

const char *fixtures_team(int team)
{
    return team_name[team];
}

int fixtures_season_of(int64_t day)
{
    int year, month, mday;
    civil_date(day, &year, &month, &mday);
    return month >= 7 ? year : year - 1;
}

static void shuffle(uint64_t stream, int64_t index, int *item, int n)
{
    struct random r;
    noise_random(stream, index, &r);
    for (int i = 0; i < n; i++)
        item[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int j = (int)random_below(&r, (uint64_t)i + 1), kept = item[i];
        item[i] = item[j];
        item[j] = kept;
    }
}

/* The circle method: one place stays, the others turn; the second half of the season is the first with sides changed. */
static void pairing(int round, int match, int *home, int *away)
{
    int turn = round % (FIXTURES_TEAMS - 1), ring = FIXTURES_TEAMS - 1;
    int a = match == 0 ? turn : (turn + match) % ring;
    int b = match == 0 ? ring : (turn - match + ring) % ring;
    int swap = (match == 0 ? turn : match) % 2 != (round >= ring);
    *home = swap ? b : a;
    *away = swap ? a : b;
}

/* The Saturday of a round: weekly from August, three weeks without football around the new year. */
static int64_t round_saturday(int season, int round)
{
    int64_t first = civil_day(season, 8, 5);
    first += (5 - civil_weekday(first) + 7) % 7;
    return first + 7 * (round + (round >= 20 ? 3 : 0));
}

static int64_t kickoff_s(const struct fixtures *fixtures, int season, int round, int slot)
{
    static const struct { int day, hour, minute; } slots[FIXTURES_TEAMS / 2] = {
        {-1, 20, 45}, {0, 16, 0}, {0, 16, 0}, {0, 18, 15}, {0, 20, 45}, {1, 13, 30}, {1, 16, 0}, {1, 16, 0}, {1, 19, 15},
    };
    int64_t day = round_saturday(season, round) + slots[slot].day;
    return zone_to_utc_s(fixtures->zone, day * 86400 + slots[slot].hour * 3600 + slots[slot].minute * 60);
}

static void play(const struct fixtures *fixtures, struct fixture *match)
{
    struct random r;
    noise_random(noise_stream(fixtures->seed, "goals"), match->id, &r);
    match->half_home = (int)random_poisson(&r, 0.7);
    match->half_away = (int)random_poisson(&r, 0.55);
    match->goals_home = match->half_home + (int)random_poisson(&r, 0.9);
    match->goals_away = match->half_away + (int)random_poisson(&r, 0.65);
}

void fixtures_season(const struct fixtures *fixtures, int season, struct fixture ret[FIXTURES_SEASON])
{
    int place[FIXTURES_TEAMS], slot[FIXTURES_TEAMS / 2], n = 0;
    shuffle(noise_stream(fixtures->seed, "places"), season, place, FIXTURES_TEAMS);
    for (int round = 0; round < FIXTURES_ROUNDS; round++) {
        shuffle(noise_stream(fixtures->seed, "slots"), (int64_t)season * 100 + round, slot, FIXTURES_TEAMS / 2);
        for (int match = 0; match < FIXTURES_TEAMS / 2; match++, n++) {
            int home, away;
            pairing(round, match, &home, &away);
            ret[n] = (struct fixture){.id = season * 1000 + n, .round = round + 1, .home = place[home], .away = place[away]};
            ret[n].kickoff_s = kickoff_s(fixtures, season, round, slot[match]);
            play(fixtures, &ret[n]);
        }
    }
}

int64_t fixtures_announced_s(const struct fixtures *fixtures, const struct fixture *match, int64_t now_s)
{
    if (match->kickoff_s - now_s < FIXTURES_FIXED_S)
        return match->kickoff_s;
    int64_t day = zone_day(fixtures->zone, match->kickoff_s);
    day += civil_weekday(day) == 4 ? 1 : civil_weekday(day) == 6 ? -1 : 0;
    return zone_to_utc_s(fixtures->zone, day * 86400 + 15 * 3600 + 30 * 60);
}

int fixtures_home_on(const struct fixtures *fixtures, int64_t day)
{
    struct fixture match[FIXTURES_SEASON];
    int weekday = civil_weekday(day);
    if (weekday < 4)    /* matches are on Friday, Saturday and Sunday */
        return 0;
    fixtures_season(fixtures, fixtures_season_of(day), match);
    for (int i = 0; i < FIXTURES_SEASON; i++) {
        if (match[i].home == 0 && zone_day(fixtures->zone, match[i].kickoff_s) == day)
            return 1;
    }
    return 0;
}
