/* A football league of invented clubs; the first of them plays its home matches in the town. Pure. */
#ifndef WORLD_FIXTURES_H
#define WORLD_FIXTURES_H

#include <stddef.h>
#include <stdint.h>

#include "almanac/zone.h"

enum { FIXTURES_TEAMS = 18, FIXTURES_ROUNDS = 34, FIXTURES_SEASON = FIXTURES_ROUNDS * FIXTURES_TEAMS / 2 };

struct fixtures { uint64_t seed; const struct zone *zone; };

struct fixture { int id, round, home, away, goals_home, goals_away, half_home, half_away; int64_t kickoff_s; };

void fixtures_start(struct fixtures *fixtures, uint64_t seed, const struct zone *zone);
/* All matches of the season that begins in `season`, by round. */
void fixtures_season(const struct fixtures *fixtures, int season, struct fixture ret[FIXTURES_SEASON]);
/* The season a day belongs to: it changes on 1 July. */
int fixtures_season_of(int64_t day);
const char *fixtures_team(int team);
/* The kick-off as it stands in the lists at a time: until television has chosen, some six weeks before, Saturday half past three. */
enum { FIXTURES_FIXED_S = 40 * 86400, FIXTURES_MATCH_S = 115 * 60 };
int64_t fixtures_announced_s(const struct fixtures *fixtures, const struct fixture *match, int64_t now_s);
/* 1 when the town's club plays at home on this local day. */
int fixtures_home_on(const struct fixtures *fixtures, int64_t day);

#endif
