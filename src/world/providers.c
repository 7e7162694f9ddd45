#include "world/providers.h"

#include <errno.h>
#include <string.h>

static const struct provider_route usual[] = {
    {"/weatherapi/", PROVIDER_MET, provider_met},
    {"/v1/forecast", PROVIDER_OPEN_METEO, provider_open_meteo},
    {"/getmatchdata/", PROVIDER_OPEN_LIGA, provider_open_liga},
    {"/api/v2/", PROVIDER_GDELT, provider_gdelt},
    {"/eurostat/", PROVIDER_EUROSTAT, provider_eurostat},
    {NULL, PROVIDERS, NULL},
};

static int leads_to(const char *path, const char *asked)
{
    size_t len = strlen(path);
    return strncmp(asked, path, len) == 0 && (path[len - 1] == '/' || asked[len] == '\0');
}

/* One provider, with whatever is wrong with it today. 1 when the path was its. */
static int ask_one(struct providers *providers, const struct provider_route *route, const struct ask *ask, struct reply *ret)
{
    int i = (int)route->provider;
    struct ask then = *ask;
    const struct provider_fault *stale = provider_fault_at(providers->faults, i, PROVIDER_STALE, ask->now_s);
    if (provider_fault_before(providers->faults, i, ask, ret))
        return 1;
    if (stale != NULL)
        then.now_s = stale->from_s;
    for (size_t k = 0; k < then.n; k++) {    /* the copy's parameters must point into the copy */
        then.param[k].name = then.text + (ask->param[k].name - ask->text);
        then.param[k].value = then.text + (ask->param[k].value - ask->text);
    }
    int code = route->answer(providers, &then, ret);
    if (code <= 0)
        return code;
    return provider_fault_after(providers->faults, i, ask, ret) < 0 ? -1 : 1;
}

/* 1 when one of these routes led to an answer. */
static int ask_along(struct providers *providers, const struct provider_route *route, const struct ask *ask, struct reply *ret)
{
    int code = 0;
    for (; route != NULL && route->path != NULL && code == 0; route++)
        code = leads_to(route->path, ask->path) ? ask_one(providers, route, ask, ret) : 0;
    return code;
}

int providers_answer(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    ret->date_s = ask->now_s;
    ret->expires_s = ret->last_modified_s = GNM_NEVER;
    int code = ask_along(providers, usual, ask, ret);
    if (code == 0)
        code = ask_along(providers, providers->others, ask, ret);
    return code < 0 ? -ENOMEM : code > 0 ? 0 : reply_say(ret, 404, "text/plain", "Not found\n");
}

void providers_end(struct providers *providers)
{
    text_free(&providers->kept.body);
    text_free(&providers->matches.body);
    providers->kept = (struct provider_kept){0};
    providers->matches = (struct provider_season){0};
}
