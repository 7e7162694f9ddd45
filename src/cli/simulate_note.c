/* What a run writes down of the questions its daemon asks. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/simulate.h"

/* The reason without its numbers. */
static void kind_of(const char *reason, char *ret, size_t size)
{
    size_t n = 0;
    for (const char *p = reason; *p != '\0' && n + 1 < size; p++) {
        int numeric = isdigit((unsigned char)*p) || (n > 0 && ret[n - 1] == '#' && (*p == '.' || isdigit((unsigned char)*p)));
        if (!numeric)
            ret[n++] = *p;
        else if (n == 0 || ret[n - 1] != '#')
            ret[n++] = '#';
    }
    ret[n] = '\0';
}

static void note_refusal(struct simulate *s, const char *reason)
{
    char kind[160];
    kind_of(reason, kind, sizeof kind);
    size_t i = 0;
    while (i < s->n_reasons && strcmp(s->reason[i].kind, kind) != 0)
        i++;
    if (i == s->n_reasons && i < SIMULATE_REASONS) {
        snprintf(s->reason[i].kind, sizeof kind, "%s", kind);
        snprintf(s->reason[i].example, sizeof s->reason[i].example, "%s", reason);
        s->n_reasons++;
    }
    s->reason[i < SIMULATE_REASONS ? i : SIMULATE_REASONS - 1].n++;
}

static struct simulate_day *today(struct simulate *s)
{
    int64_t day = sim_now_ms(&s->sim) / 86400000;
    return &s->day[day < s->args.days ? day : s->args.days];
}

void simulate_note_answer(struct simulate *s, int allowed, const char *reason)
{
    s->asked++;
    s->granted += allowed != 0;
    s->refused += !allowed;
    today(s)->granted += allowed != 0;
    today(s)->refused += !allowed;
    if (!allowed)
        note_refusal(s, reason);
}

void simulate_note_done(struct simulate *s)
{
    s->learned++;
    today(s)->learned++;
}
