#include "world/providers.h"

#include <errno.h>
#include <string.h>

static const struct { const char *path; int (*answer)(struct providers *, const struct ask *, struct reply *); } provider[PROVIDERS] = {
    [PROVIDER_MET] = {"/weatherapi/", provider_met},          [PROVIDER_OPEN_METEO] = {"/v1/forecast", provider_open_meteo},
    [PROVIDER_OPEN_LIGA] = {"/getmatchdata/", provider_open_liga}, [PROVIDER_GDELT] = {"/api/v2/", provider_gdelt},
    [PROVIDER_EUROSTAT] = {"/eurostat/", provider_eurostat},
};

/* One provider, with whatever is wrong with it today. 1 when the path was its. */
static int ask_one(struct providers *providers, int i, const struct ask *ask, struct reply *ret)
{
    struct ask then = *ask;
    const struct provider_fault *stale = provider_fault_at(providers->faults, i, PROVIDER_STALE, ask->now_s);
    if (strncmp(ask->path, provider[i].path, strlen(provider[i].path)) != 0)
        return 0;
    if (provider_fault_before(providers->faults, i, ask, ret))
        return 1;
    if (stale != NULL)
        then.now_s = stale->from_s;
    for (size_t k = 0; k < then.n; k++) {    /* the copy's parameters must point into the copy */
        then.param[k].name = then.text + (ask->param[k].name - ask->text);
        then.param[k].value = then.text + (ask->param[k].value - ask->text);
    }
    int code = provider[i].answer(providers, &then, ret);
    if (code <= 0)
        return code;
    return provider_fault_after(providers->faults, i, ask, ret) < 0 ? -1 : 1;
}

int providers_answer(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    ret->date_s = ask->now_s;
    ret->expires_s = ret->last_modified_s = GNM_NEVER;
    for (int i = 0; i < PROVIDERS; i++) {
        int code = ask_one(providers, i, ask, ret);
        if (code != 0)
            return code < 0 ? -ENOMEM : 0;
    }
    return reply_say(ret, 404, "text/plain", "Not found\n");
}

void providers_end(struct providers *providers)
{
    text_free(&providers->kept.body);
    providers->kept = (struct provider_kept){0};
}
