/* What goes wrong with information providers, on a schedule: outages, refusals, slow answers, formats that change overnight. Pure.
 *
 * A line of the file is DAY[.FRACTION] PROVIDER KIND [DURATION] [ARG]: day 0 is the first of the run, PROVIDER is met, open-meteo, openligadb, gdelt, eurostat,
 * bright-sky, forecast-solar, pvgis, nager, openholidays, thesportsdb, football-data, acled, ai-gpr, epu, bls, ecb, oecd, worldbank or all, a duration is 90s, 10m, 3h, 27d or 2w (1d). '#' begins a comment.
 *   down     answers with status ARG (503)                       gone     no connection
 *   limit    one answer in ARG seconds of the calendar (3600), otherwise "too many requests"
 *   slow     answers after ARG real seconds (30)                 stale    answers as it did when this began: nothing new comes
 *   broken   status 200, but ARG: html (a page of apologies), cut (half the answer), moved (everything one level deeper), renamed (other keys), empty */
#ifndef WORLD_PROVIDER_FAULTS_H
#define WORLD_PROVIDER_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/why.h"
#include "world/ask.h"

enum provider { PROVIDER_MET, PROVIDER_OPEN_METEO, PROVIDER_OPEN_LIGA, PROVIDER_GDELT, PROVIDER_EUROSTAT, PROVIDER_BRIGHT_SKY, PROVIDER_FORECAST_SOLAR, PROVIDER_PVGIS,
                PROVIDER_NAGER, PROVIDER_OPEN_HOLIDAYS, PROVIDER_SPORTS_DB, PROVIDER_FOOTBALL_DATA, PROVIDER_ACLED, PROVIDER_AI_GPR, PROVIDER_EPU, PROVIDER_BLS,
                PROVIDER_ECB, PROVIDER_OECD, PROVIDER_WORLD_BANK, PROVIDERS };
enum provider_fault_kind { PROVIDER_DOWN, PROVIDER_GONE, PROVIDER_LIMIT, PROVIDER_SLOW, PROVIDER_STALE, PROVIDER_BROKEN, PROVIDER_FAULT_KINDS };
enum provider_break { BREAK_HTML, BREAK_CUT, BREAK_MOVED, BREAK_RENAMED, BREAK_EMPTY, BREAKS };

enum { PROVIDER_FAULTS_MAX = 200 };

struct provider_fault {
    int provider;                     /* PROVIDERS: all of them */
    enum provider_fault_kind kind;
    int64_t from_s, until_s;          /* on the calendar, UTC */
    double arg;                       /* status, seconds, or enum provider_break */
    int64_t last_s[PROVIDERS];        /* of a limit: the last answer given; begin with 0 */
};

struct provider_faults { struct provider_fault fault[PROVIDER_FAULTS_MAX]; size_t n; };

extern const char *const provider_names[PROVIDERS];
extern const char *const provider_fault_names[PROVIDER_FAULT_KINDS];
extern const char *const provider_break_names[BREAKS];

/* `start_s` is day 0. -EINVAL with the line that is wrong; all or nothing. */
int provider_faults_read(const char *data, size_t len, int64_t start_s, struct provider_faults *ret, struct gnm_why *why);

/* The fault of this kind that holds now, NULL when none does. `faults` may be NULL. */
struct provider_fault *provider_fault_at(struct provider_faults *faults, int provider, enum provider_fault_kind kind, int64_t now_s);
/* Before a provider answers: 1 when the faults answered in its place. */
int provider_fault_before(struct provider_faults *faults, int provider, const struct ask *ask, struct reply *ret);
/* After it has answered: slows and breaks. 0 or -ENOMEM. */
int provider_fault_after(struct provider_faults *faults, int provider, const struct ask *ask, struct reply *ret);

#endif
