/* The league in the lists of two more services: football-data.org by days, with the state of each match, and TheSportsDB, where people type in the last five matches of
 * a team, the score some hours after the end and the spectators (if anybody does) two days later. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "almanac/civil.h"
#include "world/noise.h"
#include "world/providers.h"

enum { SPAN_DAYS = 750, HALF_S = 47 * 60, PAUSE_S = 62 * 60, LAST = 5, TEAM_ID = 133601, TYPING_S = 20 * 3600, COUNTING_S = 2 * 86400 };

static const char *status_of(const struct fixture *match, int64_t now_s)
{
    int64_t played_s = now_s - match->kickoff_s;
    if (played_s < 0)
        return played_s > -FIXTURES_FIXED_S ? "TIMED" : "SCHEDULED";
    return played_s >= FIXTURES_MATCH_S ? "FINISHED" : played_s >= HALF_S && played_s < PAUSE_S ? "PAUSED" : "IN_PLAY";
}

/* ---- football-data.org ---- */

static int team(const char *key, int index, struct text *ret)
{
    return text_printf(ret, "\"%s\":{\"id\":%d,\"name\":\"%s\",\"crest\":null},", key, 501 + index, fixtures_team(index));
}

static int score(const struct fixture *match, int finished, struct text *ret)
{
    const char *winner = match->goals_home > match->goals_away ? "HOME_TEAM" : match->goals_home < match->goals_away ? "AWAY_TEAM" : "DRAW";
    if (!finished)
        return text_printf(ret, "\"score\":{\"winner\":null,\"duration\":\"REGULAR\",\"fullTime\":{\"home\":null,\"away\":null}},\"referees\":[]}");
    return text_printf(ret, "\"score\":{\"winner\":\"%s\",\"duration\":\"REGULAR\",\"fullTime\":{\"home\":%d,\"away\":%d},\"halfTime\":{\"home\":%d,\"away\":%d}},\"referees\":[]}", winner,
                       match->goals_home, match->goals_away, match->half_home, match->half_away);
}

static int listed(const struct fixture *match, int64_t kickoff_s, int64_t now_s, struct text *ret)
{
    char time[21];
    const char *status = status_of(match, now_s);
    civil_format_time(kickoff_s, time);
    int bad = text_printf(ret, "%s{\"id\":%d,\"utcDate\":\"%s\",\"status\":\"%s\",\"matchday\":%d,\"stage\":\"REGULAR_SEASON\",\"group\":null,\"venue\":null,", ret->len > 0 ? "," : "", match->id,
                          time, status, match->round);
    bad |= team("homeTeam", match->home, ret);
    bad |= team("awayTeam", match->away, ret);
    return bad | score(match, strcmp(status, "FINISHED") == 0, ret);
}

static int list(const struct providers *providers, int64_t from, int64_t to, int64_t now_s, struct text *ret)
{
    struct fixture match[FIXTURES_SEASON];
    char first[11], last[11];
    struct text rows = {0};
    int n = 0, bad = 0;
    for (int season = fixtures_season_of(from); season <= fixtures_season_of(to) && bad == 0; season++) {
        fixtures_season(providers->fixtures, season, match);
        for (int i = 0; i < FIXTURES_SEASON && bad == 0; i++) {
            int64_t kickoff_s = fixtures_announced_s(providers->fixtures, &match[i], now_s);
            if (kickoff_s < from * 86400 || kickoff_s >= (to + 1) * 86400)
                continue;
            bad = listed(&match[i], kickoff_s, now_s, &rows);
            n++;
        }
    }
    civil_format_date(from, first);
    civil_format_date(to, last);
    bad |= text_printf(ret, "{\"filters\":{\"dateFrom\":\"%s\",\"dateTo\":\"%s\"},\"resultSet\":{\"count\":%d},\"competition\":{\"code\":\"%s\",\"type\":\"LEAGUE\"},\"matches\":[", first,
                       last, n, providers->league);
    bad |= rows.len > 0 ? text_append(ret, rows.data, rows.len) : 0;
    text_free(&rows);
    return bad | text_append(ret, "]}", 2);
}

int provider_football_data(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    const char *code = ask->path + strlen("/v4/competitions/");
    int64_t from = ask->now_s / 86400, to = from;
    size_t len = strcspn(code, "/");
    if (strcmp(code + len, "/matches") != 0 || len != strlen(providers->league) || strncasecmp(code, providers->league, len) != 0)
        return reply_say(ret, 404, "application/json", "{\"message\":\"The resource you are looking for does not exist.\",\"error\":404}") == 0 ? 1 : -ENOMEM;
    if ((ask_get(ask, "dateFrom") == NULL) != (ask_get(ask, "dateTo") == NULL) || ask_day(ask, "dateFrom", &from) < 0 || ask_day(ask, "dateTo", &to) < 0 || to < from ||
        to - from > SPAN_DAYS)
        return reply_say(ret, 400, "application/json", "{\"message\":\"Value of filter 'dateFrom' or 'dateTo' is not allowed.\",\"errorCode\":400}") == 0 ? 1 : -ENOMEM;
    reply_begin(ret, "application/json;charset=UTF-8");
    return list(providers, from, to, ask->now_s, &ret->body) == 0 ? 1 : -ENOMEM;
}

/* ---- TheSportsDB ---- */

/* Everything is a string here, and what nobody typed in is null. */
static int typed(const char *key, int known, int number, struct text *ret)
{
    return known ? text_printf(ret, ",\"%s\":\"%d\"", key, number) : text_printf(ret, ",\"%s\":null", key);
}

static int event(const struct providers *providers, const struct fixture *match, int64_t now_s, struct text *ret)
{
    uint64_t people = noise_stream(providers->seed, "people at the keyboard");
    int64_t over_s = match->kickoff_s + FIXTURES_MATCH_S;
    int known = now_s >= over_s + (int64_t)(TYPING_S * noise_unit(people, match->id)), counted = now_s >= over_s + COUNTING_S && noise_unit(people, -match->id) < 0.6;
    const char *home = fixtures_team(match->home), *away = fixtures_team(match->away);
    char time[21];
    civil_format_time(match->kickoff_s, time);
    int bad = text_printf(ret, "%s{\"idEvent\":\"%d\",\"strTimestamp\":\"%.19s\",\"strEvent\":\"%s vs %s\",\"strSport\":\"Soccer\",\"strLeague\":\"%s\",\"strHomeTeam\":\"%s\","
                               "\"strAwayTeam\":\"%s\",\"intRound\":\"%d\",\"dateEvent\":\"%.10s\",\"strTime\":\"%.8s\",\"strVenue\":\"%s Arena\"",
                          ret->data[ret->len - 1] == '[' ? "" : ",", match->id, time, home, away, providers->league, home, away, match->round, time, time + 11, home);
    bad |= typed("intHomeScore", known, match->goals_home, ret);
    bad |= typed("intAwayScore", known, match->goals_away, ret);
    bad |= typed("intSpectators", counted, 3000 + (int)(24000 * noise_unit(people, match->id + INT64_C(1000000000))), ret);
    return bad | text_printf(ret, ",\"strStatus\":\"%s\",\"strPostponed\":\"no\"}", known ? "Match Finished" : "NS");
}

/* The last matches of a team that have been played, newest first: they may lie in the season before. */
static int last_events(const struct providers *providers, int team, int64_t now_s, struct text *ret)
{
    struct fixture match[FIXTURES_SEASON];
    int season = fixtures_season_of(zone_day(providers->zone, now_s)), n = 0, bad = text_printf(ret, "{\"results\":[");
    for (int s = season; s >= season - 1 && n < LAST; s--) {
        fixtures_season(providers->fixtures, s, match);
        for (int i = FIXTURES_SEASON - 1; i >= 0 && n < LAST && bad == 0; i--) {
            if ((match[i].home != team && match[i].away != team) || match[i].kickoff_s + FIXTURES_MATCH_S > now_s)
                continue;
            bad = event(providers, &match[i], now_s, ret);
            n++;
        }
    }
    return bad | text_append(ret, "]}", 2);
}

int provider_sports_db(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    const char *key = ask->path + strlen("/api/v1/json/"), *id = ask_get(ask, "id");
    int64_t number;
    if (strcmp(key + strcspn(key, "/"), "/eventslast.php") != 0)
        return 0;
    reply_begin(ret, "application/json");
    if (id == NULL || text_int(id, TEAM_ID, TEAM_ID + FIXTURES_TEAMS - 1, &number) < 0)
        return text_printf(&ret->body, "{\"results\":null}") == 0 ? 1 : -ENOMEM;
    return last_events(providers, (int)(number - TEAM_ID), ask->now_s, &ret->body) == 0 ? 1 : -ENOMEM;
}
