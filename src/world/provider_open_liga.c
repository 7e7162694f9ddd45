/* OpenLigaDB: a league's season, past and to come; results only of matches that are over. */
#include <errno.h>
#include <string.h>

#include "almanac/civil.h"
#include "world/providers.h"

enum { FIRST_SEASON = 2000, LAST_SEASON = 2150 };

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
    int finished = now_s >= match->kickoff_s + FIXTURES_MATCH_S;
    int64_t kickoff_s = fixtures_announced_s(providers->fixtures, match, now_s), fixed_s = match->kickoff_s - FIXTURES_FIXED_S;
    civil_format_time(kickoff_s, utc);
    civil_format_time(kickoff_s + zone_offset_s(providers->zone, kickoff_s), local);
    civil_format_time(finished ? match->kickoff_s + FIXTURES_MATCH_S : now_s >= fixed_s ? fixed_s : civil_day(season, 6, 15) * 86400, changed);
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
        if (match[i].kickoff_s + FIXTURES_MATCH_S > now_s)
            return match[i].round;
    }
    return FIXTURES_ROUNDS;
}

/* "/LEAGUE[/SEASON[/ROUND]]" cut in place: the number of parts, 0 when one of them makes no sense. */
static int parts(char *path, int64_t *season, int64_t *round)
{
    char *second = strchr(path, '/'), *third = second != NULL ? strchr(second + 1, '/') : NULL;
    if (second != NULL)
        *second++ = '\0';
    if (third != NULL)
        *third++ = '\0';
    if (path[0] == '\0' || (second != NULL && text_int(second, FIRST_SEASON, LAST_SEASON, season) < 0))
        return 0;
    if (third != NULL && text_int(third, 1, FIXTURES_ROUNDS, round) < 0)
        return 0;
    return 1 + (second != NULL) + (third != NULL);
}

/* The next moment after `now_s` at which a match is fixed or over, or the moment before. */
static int64_t next_change_s(const struct fixture *match, int64_t now_s)
{
    int64_t next_s = GNM_NEVER;
    for (int i = 0; i < FIXTURES_SEASON; i++) {
        const int64_t change_s[] = { match[i].kickoff_s - FIXTURES_FIXED_S, match[i].kickoff_s - FIXTURES_FIXED_S + 1, match[i].kickoff_s + FIXTURES_MATCH_S };
        for (size_t k = 0; k < sizeof change_s / sizeof *change_s; k++)
            if (change_s[k] > now_s && change_s[k] < next_s)
                next_s = change_s[k];
    }
    return next_s;
}

static int write_matches(const struct providers *providers, const struct fixture *match, int season, int round, int64_t now_s, struct text *ret)
{
    int bad = text_append(ret, "[", 1), first = 1;
    for (int i = 0; i < FIXTURES_SEASON && bad == 0; i++) {
        if (round != 0 && match[i].round != round)
            continue;
        bad |= first ? 0 : text_append(ret, ",", 1);
        bad |= one_match(providers, &match[i], season, now_s, ret);
        first = 0;
    }
    return bad | text_append(ret, "]", 1);
}

/* Clients ask several times a day for what changes a few times a week. `round` -1: the one that is next. */
static int matches(struct providers *providers, int season, int round, int64_t now_s, struct text *ret)
{
    struct provider_season *kept = &providers->matches;
    struct fixture match[FIXTURES_SEASON];
    if (kept->fixtures != providers->fixtures || kept->season != season || kept->round != round || now_s < kept->from_s || now_s >= kept->until_s) {
        text_free(&kept->body);
        fixtures_season(providers->fixtures, season, match);
        *kept = (struct provider_season){ .fixtures = providers->fixtures, .season = season, .round = round, .from_s = now_s, .until_s = next_change_s(match, now_s) };
        if (write_matches(providers, match, season, round < 0 ? current_round(match, now_s) : round, now_s, &kept->body) != 0) {
            text_free(&kept->body);
            *kept = (struct provider_season){ 0 };
            return -ENOMEM;
        }
    }
    return text_append(ret, kept->body.data, kept->body.len);
}

int provider_open_liga(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    static const char prefix[] = "/getmatchdata/";
    char path[sizeof ask->path];
    int64_t season = fixtures_season_of(zone_day(providers->zone, ask->now_s)), round = 0;
    if (strncmp(ask->path, prefix, sizeof prefix - 1) != 0)
        return 0;
    memcpy(path, ask->path + sizeof prefix - 1, sizeof path - sizeof prefix + 1);
    int n = parts(path, &season, &round);
    if (n == 0)
        return reply_say(ret, 404, "application/json", "{\"status\":404,\"title\":\"Not Found\"}") == 0 ? 1 : -ENOMEM;
    if (strcmp(path, providers->league) != 0)
        return reply_say(ret, 200, "application/json; charset=utf-8", "[]") == 0 ? 1 : -ENOMEM;
    ret->status = 200;
    ret->type = "application/json; charset=utf-8";
    return matches(providers, (int)season, n == 1 ? -1 : (int)round, ask->now_s, &ret->body) == 0 ? 1 : -ENOMEM;
}
