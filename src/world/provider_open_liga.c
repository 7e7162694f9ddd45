/* OpenLigaDB: a league's season, past and to come; results only of matches that are over. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "world/providers.h"

enum { MATCH_S = 115 * 60 };

static int season_exists(int season)
{
    return season >= 2000 && season <= 2150;
}

static int team(const char *key, int index, struct text *ret)
{
    const char *name = fixtures_team(index), *space = strrchr(name, ' ');
    return text_printf(ret, ",\"%s\":{\"teamId\":%d,\"teamName\":\"%s\",\"shortName\":\"%s\",\"teamIconUrl\":null,\"teamGroupName\":null}", key, 501 + index,
                       name, space != NULL ? space + 1 : name);
}

static int results(const struct fixture *match, int finished, struct text *ret)
{
    if (!finished)
        return text_printf(ret, "\"matchResults\":[]");
    return text_printf(ret,
                       "\"matchResults\":[{\"resultTypeID\":2,\"resultName\":\"Endergebnis\",\"pointsTeam1\":%d,\"pointsTeam2\":%d,\"resultOrderID\":1},"
                       "{\"resultTypeID\":1,\"resultName\":\"Halbzeitergebnis\",\"pointsTeam1\":%d,\"pointsTeam2\":%d,\"resultOrderID\":2}]",
                       match->goals_home, match->goals_away, match->half_home, match->half_away);
}

static int one_match(const struct providers *providers, const struct fixture *match, int season, int64_t now_s, struct text *ret)
{
    char utc[21], local[21], changed[21];
    int finished = now_s >= match->kickoff_s + MATCH_S;
    civil_format_time(match->kickoff_s, utc);
    civil_format_time(match->kickoff_s + zone_offset_s(providers->zone, match->kickoff_s), local);
    civil_format_time(finished ? match->kickoff_s + MATCH_S : civil_day(season, 6, 15) * 86400, changed);
    int bad = text_printf(ret,
                          "{\"matchID\":%d,\"matchDateTime\":\"%.19s\",\"timeZoneID\":\"W. Europe Standard Time\",\"leagueId\":%d,\"leagueName\":\"1. Liga "
                          "%d/%d\",\"leagueSeason\":%d,\"leagueShortcut\":\"%s\",\"matchDateTimeUTC\":\"%s\",\"group\":{\"groupName\":\"%d. Spieltag\","
                          "\"groupOrderID\":%d,\"groupID\":%d}",
                          match->id, local, season, season, season + 1, season, providers->league, utc, match->round, match->round, season * 100 + match->round);
    bad |= team("team1", match->home, ret);
    bad |= team("team2", match->away, ret);
    bad |= text_printf(ret, ",\"lastUpdateDateTime\":\"%.19s.000\",\"matchIsFinished\":%s,", changed, finished ? "true" : "false");
    bad |= results(match, finished, ret);
    return bad | text_printf(ret, ",\"goals\":[],\"location\":null,\"numberOfViewers\":null}");
}

/* The round whose matches are next: the first that is not over. */
static int current_round(const struct fixture *match, int64_t now_s)
{
    for (int i = 0; i < FIXTURES_SEASON; i++) {
        if (match[i].kickoff_s + MATCH_S > now_s)
            return match[i].round;
    }
    return FIXTURES_ROUNDS;
}

int provider_open_liga(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    static const char prefix[] = "/getmatchdata/";
    char league[64];
    int season = 0, round = 0, end = 0;
    if (strncmp(ask->path, prefix, sizeof prefix - 1) != 0)
        return 0;
    int n = sscanf(ask->path + sizeof prefix - 1, "%63[^/]%n/%d%n/%d%n", league, &end, &season, &end, &round, &end);
    if (n < 1 || ask->path[sizeof prefix - 1 + (size_t)end] != '\0' || (n > 1 && !season_exists(season)) || (n > 2 && (round < 1 || round > FIXTURES_ROUNDS)))
        return reply_say(ret, 404, "application/json", "{\"status\":404,\"title\":\"Not Found\"}") == 0 ? 1 : -ENOMEM;
    ret->status = 200;
    ret->type = "application/json; charset=utf-8";
    int bad = text_append(&ret->body, "[", 1), first = 1;
    struct fixture match[FIXTURES_SEASON];
    if (n < 2)
        season = fixtures_season_of(zone_day(providers->zone, ask->now_s));
    fixtures_season(providers->fixtures, season, match);
    if (n < 2)
        round = current_round(match, ask->now_s);
    for (int i = 0; i < FIXTURES_SEASON && bad == 0 && strcmp(league, providers->league) == 0; i++) {
        if (round != 0 && match[i].round != round)
            continue;
        bad |= first ? 0 : text_append(&ret->body, ",", 1);
        bad |= one_match(providers, &match[i], season, ask->now_s, &ret->body);
        first = 0;
    }
    return bad | text_append(&ret->body, "]", 1) ? -ENOMEM : 1;
}
