/* The schedule of the providers' faults as a file. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "world/provider_faults.h"

const char *const provider_fault_names[PROVIDER_FAULT_KINDS] = {
    [PROVIDER_DOWN] = "down", [PROVIDER_GONE] = "gone", [PROVIDER_LIMIT] = "limit", [PROVIDER_SLOW] = "slow", [PROVIDER_STALE] = "stale", [PROVIDER_BROKEN] = "broken",
};
const char *const provider_break_names[BREAKS] = {
    [BREAK_HTML] = "html", [BREAK_CUT] = "cut", [BREAK_MOVED] = "moved", [BREAK_RENAMED] = "renamed", [BREAK_EMPTY] = "empty",
};

enum { LINE = 200, WORDS = 5, DAY_S = 86400, DAYS_MAX = 3660 };

static const struct { double usual, low, high; } arg_of[PROVIDER_FAULT_KINDS] = {
    [PROVIDER_DOWN] = {503, 400, 599}, [PROVIDER_LIMIT] = {3600, 1, 1e7}, [PROVIDER_SLOW] = {30, 0.01, 600},
};

static int find(const char *const *names, int n, const char *word)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], word) == 0)
            return i;
    }
    return -1;
}

static int take_who(char *const *word, struct provider_fault *fault, struct gnm_why *why)
{
    int provider = find(provider_names, PROVIDERS, word[1]), kind = find(provider_fault_names, PROVIDER_FAULT_KINDS, word[2]);
    if (provider < 0 && strcmp(word[1], "all") != 0)
        return gnm_fail(why, -EINVAL, "there is no provider '%.30s'; they are named as their feeds (met, openligadb, bright-sky), all is every one", word[1]);
    if (kind < 0)
        return gnm_fail(why, -EINVAL, "there is no fault '%.30s'; there are down, gone, limit, slow, stale and broken", word[2]);
    *fault = (struct provider_fault){.provider = provider < 0 ? PROVIDERS : provider, .kind = (enum provider_fault_kind)kind, .arg = arg_of[kind].usual};
    return 0;
}

static int take_arg(const char *word, struct provider_fault *fault, struct gnm_why *why)
{
    if (fault->kind == PROVIDER_BROKEN) {
        int how = find(provider_break_names, BREAKS, word);
        fault->arg = how;
        return how < 0 ? gnm_fail(why, -EINVAL, "nothing is broken as '%.30s'; there are html, cut, moved, renamed and empty", word) : 0;
    }
    double low = arg_of[fault->kind].low, high = arg_of[fault->kind].high;
    if (high <= low || text_double(word, &fault->arg) < 0 || fault->arg < low || fault->arg > high)
        return gnm_fail(why, -EINVAL, "'%.30s' is not what %s takes", word, provider_fault_names[fault->kind]);
    return 0;
}

/* A duration carries its unit; a number without one is an argument. */
static int take_rest(char *const *word, int n, int64_t start_s, struct provider_fault *fault, struct gnm_why *why)
{
    double day;
    int64_t duration_s = DAY_S;
    int next = 3;
    if (text_double(word[0], &day) < 0 || day < 0 || day > DAYS_MAX)
        return gnm_fail(why, -EINVAL, "'%.30s' is not a day from 0 to %d", word[0], DAYS_MAX);
    if (next < n && strchr("smhdw", word[next][strlen(word[next]) - 1]) != NULL && text_duration_s(word[next], &duration_s) == 0)
        next++;
    if (duration_s <= 0 || duration_s > (int64_t)DAYS_MAX * DAY_S)
        return gnm_fail(why, -EINVAL, "'%.30s' is not a duration like 90s, 10m, 3h or 27d", word[3]);
    fault->from_s = start_s + (int64_t)(day * DAY_S);
    fault->until_s = fault->from_s + duration_s;
    if (next < n - 1)
        return gnm_fail(why, -EINVAL, "nothing may follow after '%.30s'", word[next]);
    return next < n ? take_arg(word[next], fault, why) : 0;
}

static int take_line(char *line, int64_t start_s, struct provider_faults *faults, struct gnm_why *why)
{
    char *word[WORDS], *save = NULL;
    int n = 0;
    for (char *w = strtok_r(line, " \t\r", &save); w != NULL && w[0] != '#'; w = strtok_r(NULL, " \t\r", &save)) {
        if (n == WORDS)
            return gnm_fail(why, -EINVAL, "more than DAY PROVIDER KIND DURATION ARG, from '%.30s' on", w);
        word[n++] = w;
    }
    if (n == 0)
        return 0;
    if (n < 3)
        return gnm_fail(why, -EINVAL, "less than DAY PROVIDER KIND");
    if (faults->n == PROVIDER_FAULTS_MAX)
        return gnm_fail(why, -EINVAL, "more than %d faults", PROVIDER_FAULTS_MAX);
    struct provider_fault *fault = &faults->fault[faults->n];
    if (take_who(word, fault, why) < 0 || take_rest(word, n, start_s, fault, why) < 0)
        return -EINVAL;
    faults->n++;
    return 0;
}

int provider_faults_read(const char *data, size_t len, int64_t start_s, struct provider_faults *ret, struct gnm_why *why)
{
    size_t at = 0, before = ret->n;
    for (int number = 1; at < len; number++) {
        const char *end = memchr(data + at, '\n', len - at);
        size_t n = end != NULL ? (size_t)(end - data) - at : len - at;
        char line[LINE];
        int code = n < LINE && memchr(data + at, '\0', n) == NULL ? 0 : gnm_fail(why, -EINVAL, "too long or not text");
        if (code == 0) {
            memcpy(line, data + at, n);
            line[n] = '\0';
            code = take_line(line, start_s, ret, why);
        }
        if (code < 0) {
            ret->n = before;
            return gnm_fail_in(why, "line %d: ", number);
        }
        at += n + 1;
    }
    return 0;
}
