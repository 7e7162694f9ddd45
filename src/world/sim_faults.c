#include "world/sim_faults.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/text.h"
#include "gnomon/types.h"

const char *const sim_fault_names[SIM_FAULTS] = {
    [SIM_SILENT] = "silent", [SIM_GARBLED] = "garbled", [SIM_REPLUGGED] = "replugged", [SIM_OFFLINE] = "offline", [SIM_DISKFULL] = "diskfull",
    [SIM_HOT] = "hot", [SIM_BADCLOCK] = "badclock", [SIM_CLOCKSTEP] = "clockstep", [SIM_POWERCUT] = "powercut",
};

enum { LINE_MAX_LEN = 200, WORDS = 5, DAYS_MAX = 3660 };

/* What a fault lasts and how strong it is when its line does not say so; `low` and `high` bound ARG. */
static const struct { int64_t duration_s; double arg, low, high; } usual[SIM_FAULTS] = {
    [SIM_SILENT] = { 3600, 0, 0, 0 },      [SIM_GARBLED] = { 3600, 1, 0.001, 1 },      [SIM_REPLUGGED] = { 20, 0, 0, 0 },
    [SIM_OFFLINE] = { 86400, 0, 0, 0 },    [SIM_DISKFULL] = { 3600, 0, 0, 0 },         [SIM_HOT] = { 9 * 3600, 50, 1, 60 },
    [SIM_BADCLOCK] = { 600, 0, 0, 4e9 },   [SIM_CLOCKSTEP] = { 3600, 3600, -4e9, 4e9 }, [SIM_POWERCUT] = { 600, 1, 1, 1e6 },
};

static int kind_of(const char *word, enum sim_fault_kind *ret, struct gnm_why *why)
{
    for (int i = 0; i < SIM_FAULTS; i++) {
        if (strcmp(word, sim_fault_names[i]) == 0) {
            *ret = (enum sim_fault_kind)i;
            return 0;
        }
    }
    const char *near = text_nearest(word, sim_fault_names, SIM_FAULTS);
    return near != NULL ? gnm_fail(why, -EINVAL, "there is no fault '%.30s'; did you mean %s?", word, near)
                        : gnm_fail(why, -EINVAL, "there is no fault '%.30s'; there are silent, garbled, replugged, offline, diskfull, hot, badclock, clockstep and powercut", word);
}

/* The last word may be a duration or an argument: a duration carries its unit. */
static int has_unit(const char *word)
{
    size_t n = strlen(word);
    return n > 1 && strchr("smhdw", word[n - 1]) != NULL;
}

static int take_duration(const char *word, struct sim_fault *fault, struct gnm_why *why)
{
    int64_t s;
    if (text_duration_s(word, &s) < 0 || s <= 0 || s > (int64_t)DAYS_MAX * 86400)
        return gnm_fail(why, -EINVAL, "'%.30s' is not a duration like 90s, 10m, 3h or 27d", word);
    fault->until_ms = fault->from_ms + s * 1000;
    return 0;
}

static int take_arg(const char *word, struct sim_fault *fault, struct gnm_why *why)
{
    int64_t day;
    double low = usual[fault->kind].low, high = usual[fault->kind].high;
    if (fault->kind == SIM_BADCLOCK && civil_parse_date(word, &day) == 0) {
        fault->arg = (double)day * 86400;
        return 0;
    }
    if (high <= low)
        return gnm_fail(why, -EINVAL, "%s takes a duration, not '%.30s'", sim_fault_names[fault->kind], word);
    if (text_double(word, &fault->arg) < 0 || fault->arg < low || fault->arg > high)
        return gnm_fail(why, -EINVAL, "'%.30s' is not a number from %g to %g", word, low, high);
    return 0;
}

static int take_line(char *line, struct sim_faults *faults, struct gnm_why *why)
{
    char *word[WORDS], *save = NULL;
    int n = 0, r = 0;
    for (char *w = strtok_r(line, " \t\r", &save); w != NULL && w[0] != '#'; w = strtok_r(NULL, " \t\r", &save)) {
        if (n == WORDS - 1)
            return gnm_fail(why, -EINVAL, "more than DAY KIND DURATION ARG, from '%.30s' on", w);
        word[n++] = w;
    }
    if (n == 0)
        return 0;
    struct sim_fault fault;
    double day;
    if (text_double(word[0], &day) < 0 || day < 0 || day > DAYS_MAX)
        return gnm_fail(why, -EINVAL, "'%.30s' is not a day from 0 to %d", word[0], DAYS_MAX);
    if (n == 1)
        return gnm_fail(why, -EINVAL, "a day without a fault");
    if (faults->n == SIM_FAULTS_MAX)
        return gnm_fail(why, -E2BIG, "more than %d faults", SIM_FAULTS_MAX);
    if (kind_of(word[1], &fault.kind, why) < 0)
        return -EINVAL;
    fault.from_ms = (int64_t)llround(day * 86400e3);
    fault.until_ms = fault.from_ms + usual[fault.kind].duration_s * 1000;
    fault.arg = usual[fault.kind].arg;
    for (int i = 2; i < n && r == 0; i++)
        r = has_unit(word[i]) ? take_duration(word[i], &fault, why) : take_arg(word[i], &fault, why);
    if (r == 0)
        faults->fault[faults->n++] = fault;
    return r;
}

static int take_lines(const char *data, size_t len, struct sim_faults *ret, int *number, struct gnm_why *why)
{
    char line[LINE_MAX_LEN];
    for (const char *end = data + len; data < end; ) {
        const char *stop = memchr(data, '\n', (size_t)(end - data));
        size_t n = (size_t)((stop != NULL ? stop : end) - data);
        ++*number;
        if (n >= sizeof line || memchr(data, '\0', n) != NULL)
            return gnm_fail(why, -EINVAL, "longer than %d bytes, or not text", LINE_MAX_LEN - 1);
        memcpy(line, data, n);
        line[n] = '\0';
        if (take_line(line, ret, why) < 0)
            return why->code;
        data += n + 1;
    }
    return 0;
}

int sim_faults_read(const char *name, const char *data, size_t len, struct sim_faults *ret, struct gnm_why *why)
{
    int line = 0;
    struct gnm_why own;
    size_t before = ret->n;
    if (why == NULL)
        why = &own;
    if (take_lines(data, len, ret, &line, why) == 0)
        return 0;
    ret->n = before;
    return gnm_fail_in(why, "%s:%d: ", name, line);
}

const struct sim_fault *sim_fault_at(const struct sim_faults *faults, enum sim_fault_kind kind, int64_t at_ms)
{
    for (size_t i = 0; faults != NULL && i < faults->n; i++) {
        const struct sim_fault *f = &faults->fault[i];
        if (f->kind == kind && at_ms >= f->from_ms && at_ms < f->until_ms)
            return f;
    }
    return NULL;
}

int64_t sim_fault_next_ms(const struct sim_faults *faults, enum sim_fault_kind kind, int64_t after_ms)
{
    int64_t next_ms = GNM_NEVER;
    for (size_t i = 0; faults != NULL && i < faults->n; i++) {
        const struct sim_fault *f = &faults->fault[i];
        if (f->kind == kind && f->from_ms > after_ms && f->from_ms < next_ms)
            next_ms = f->from_ms;
    }
    return next_ms;
}
