#include "world/serve_inbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "world/town_text.h"

enum { CLOSING_HOUR = 20, AHEAD_DAYS = 90, MODE = 0644 };

static int drop(const struct crm *inbox, const char *name, struct text *text, int bad, struct gnm_why *why)
{
    int code = bad != 0 ? gnm_fail(why, -ENOMEM, "out of memory for %s", name) : file_replace(inbox->dir, name, text->data, text->len, MODE, why);
    text_free(text);
    return code;
}

static int drop_activity(const struct crm *inbox, struct world *world, int weekly, int64_t first, int64_t last, const char *name, struct gnm_why *why)
{
    struct text text = {0};
    int bad = town_activity_text(world->town, weekly, first, last, &text);
    if (bad == 0 && strchr(text.data, '\n') == text.data + text.len - 1) {    /* nobody was open: a heading alone is no message */
        text_free(&text);
        return 0;
    }
    return drop(inbox, name, &text, bad, why);
}

static int has_weekly(const struct world *world)
{
    for (size_t i = 0; i < town_size(world->town); i++) {
        if (town_business(world->town, i)->kind->weekly)
            return 1;
    }
    return 0;
}

int crm_open(struct crm *inbox, const char *dir, struct world *world, struct gnm_why *why)
{
    const struct town_config *about = town_about(world->town);
    struct text drivers = {0};
    *inbox = (struct crm){.dir = dir, .next_day = about->start_day};
    if (about->businesses == 0)
        return 0;
    int code = drop_activity(inbox, world, 0, about->first_day, about->start_day - 1, "activity.csv", why);
    if (code == 0 && has_weekly(world))
        code = drop_activity(inbox, world, 1, about->first_day, about->start_day - 1, "activity-weekly.csv", why);
    if (code < 0)
        return code;
    int bad = town_drivers_text(world->town, AHEAD_DAYS, &drivers);
    return drop(inbox, "drivers.csv", &drivers, bad, why);
}

int64_t crm_due_s(const struct crm *inbox, const struct world *world)
{
    return town_size(world->town) == 0 ? GNM_NEVER : zone_to_utc_s(world->zone, inbox->next_day * 86400 + CLOSING_HOUR * 3600);
}

static int drop_day(struct crm *inbox, struct world *world, struct gnm_why *why)
{
    char date[11], name[48];
    int64_t day = inbox->next_day++;
    civil_format_date(day, date);
    snprintf(name, sizeof name, "activity-%s.csv", date);
    int code = drop_activity(inbox, world, 0, day, day, name, why);
    if (code < 0 || civil_weekday(day) != 6 || !has_weekly(world))
        return code;
    snprintf(name, sizeof name, "activity-weekly-%s.csv", date);
    return drop_activity(inbox, world, 1, day - 6, day, name, why);
}

int crm_run(struct crm *inbox, struct world *world, struct gnm_why *why)
{
    int code = 0;
    while (code == 0 && crm_due_s(inbox, world) <= world->now_ms / 1000)
        code = drop_day(inbox, world, why);
    return code;
}
