#include "world/providers.h"

int providers_answer(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    static int (*const provider[])(struct providers *, const struct ask *, struct reply *) = {
        provider_met, provider_open_meteo, provider_open_liga, provider_gdelt, provider_eurostat,
    };
    ret->date_s = ask->now_s;
    ret->expires_s = ret->last_modified_s = GNM_NEVER;
    for (size_t i = 0; i < sizeof provider / sizeof provider[0]; i++) {
        int code = provider[i](providers, ask, ret);
        if (code != 0)
            return code < 0 ? code : 0;
    }
    return reply_say(ret, 404, "text/plain", "Not found\n");
}
