/* Rules to hold the daemon's own against: what people do today. They look at what the daemon knows, not at the truth. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/simulate.h"

enum { PENDING_MS = 600000, RUNNING_MS = 60000 };
enum rule { RULE_REFILL, RULE_SOC, RULE_NOON, RULE_THROTTLED, RULE_NONE, RULES };

static const char *const names[RULES] = { "refill", "soc", "noon", "throttled", "none" };

static int parse_soc(const char *text, struct simulate_policy *ret)
{
    char copy[40], *comma;
    if (strlen(text) >= sizeof copy)
        return -EINVAL;
    strcpy(copy, text);
    comma = strchr(copy, ',');
    if (comma == NULL)
        return -EINVAL;
    *comma = '\0';
    if (text_double(copy, &ret->start_pct) < 0 || text_double(comma + 1, &ret->stop_pct) < 0)
        return -EINVAL;
    return ret->stop_pct >= 0 && ret->start_pct <= 100 && ret->stop_pct <= ret->start_pct ? 0 : -EINVAL;
}

int simulate_policy_parse(const char *text, struct simulate_policy *ret)
{
    *ret = (struct simulate_policy){ .rule = RULE_REFILL };
    for (int i = 0; i < RULES; i++) {
        if (i != RULE_SOC && strcmp(text, names[i]) == 0) {
            ret->rule = i;
            return 0;
        }
    }
    ret->rule = RULE_SOC;
    return strncmp(text, "soc:", 4) == 0 ? parse_soc(text + 4, ret) : -EINVAL;
}

const char *simulate_policy_name(const struct simulate_policy *policy)
{
    return names[policy->rule];
}

static int by_soc(const struct simulate *s, int running, struct gnm_grant *ret)
{
    double soc_pct = 100 * s->daemon->battery.soc_ratio, need_pct = running ? s->args.policy.stop_pct : s->args.policy.start_pct;
    snprintf(ret->reason, sizeof ret->reason, "%.0f %%; this rule needs %.0f %%", soc_pct, need_pct);
    return soc_pct >= need_pct;
}

static int by_noon(const struct simulate *s, int running, struct gnm_grant *ret)
{
    double hour = fmod((double)(sim_true_s(&s->sim) % 86400) / 3600 + s->args.longitude_deg / 15 + 24, 24);
    snprintf(ret->reason, sizeof ret->reason, "it is %.0f h by the sun; this rule starts at 12", floor(hour));
    return running || (hour >= 12 && hour < 13);
}

static int by_throttle(const struct simulate *s, struct gnm_grant *ret)
{
    double stage = s->daemon->battery.last.value[GNM_STAGE];
    int throttled = stage == GNM_STAGE_ABSORPTION || stage == GNM_STAGE_FLOAT;
    snprintf(ret->reason, sizeof ret->reason, throttled ? "the panel is throttled" : "the panel is not throttled");
    return throttled;
}

static int decide(void *ctx, enum gnm_purpose purpose, int running, int64_t now_ms, struct gnm_grant *ret)
{
    const struct simulate *s = ctx;
    if (purpose != GNM_TRAIN && purpose != GNM_SEARCH)
        return 0;
    switch (s->args.policy.rule) {
    case RULE_SOC: ret->allowed = by_soc(s, running, ret); break;
    case RULE_NOON: ret->allowed = by_noon(s, running, ret); break;
    case RULE_THROTTLED: ret->allowed = by_throttle(s, ret); break;
    case RULE_NONE:
        ret->allowed = 0;
        strcpy(ret->reason, "this rule never works");
        break;
    default: return 0;
    }
    ret->until_ms = now_ms + (ret->allowed || running ? RUNNING_MS : PENDING_MS);
    return 1;
}

void simulate_policy_join(struct simulate *s)
{
    s->rule = (struct grant_rule){ decide, s };
}
