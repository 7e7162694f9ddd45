/* gnomon check: which feeds are in use, whether their definitions can be filled in, and how old their last answers are. */
#include "cli/check.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/fetch_load.h"
#include "daemon/places.h"
#include "feeds/feed.h"

struct answers { struct query_feed *row; size_t n; };

/* The first row of a feed from `from` on; a feed asked for several places has several. */
static const struct query_feed *answer_of(const struct answers *answers, const char *feed, size_t from)
{
    for (size_t i = from; i < answers->n; i++)
        if (strcmp(answers->row[i].feed, feed) == 0)
            return &answers->row[i];
    return NULL;
}

static const struct config_feed *section_of(const struct config *config, const char *feed)
{
    for (size_t i = 0; i < config->n_feeds; i++)
        if (strcmp(config->feed[i].name, feed) == 0 && config->feed[i].definition[0] == '\0')
            return &config->feed[i];
    return NULL;
}

/* Secrets are the service manager's to give, so any value stands for them here. */
static const char *any_secret(void *ctx, const char *name)
{
    (void)ctx;
    (void)name;
    return "secret";
}

/* At one place in use at least; the reason is the first place's. */
static int can_ask(const struct config *config, const struct config_feed *section, const struct feed *feed, struct gnm_why *why)
{
    struct feed_site site;
    struct gnm_request *request = malloc(sizeof *request);
    unsigned used = places_used(config);
    int r = -ENOENT;
    if (request == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    why->code = 0;
    for (int place = 0; place < PLACES && r < 0; place++) {
        struct gnm_why here = { 0 };
        if ((used & 1u << place) == 0)
            continue;
        fetch_site_at(config, section, place, &site);
        site.secret = any_secret;
        r = feed_request(feed, &site, 0, 1, request, &here);
        if (r < 0 && why->code == 0)
            *why = here;
    }
    free(request);
    return r;
}

static void look_at_age(struct check *check, const struct feed *feed, const struct query_feed *answer)
{
    char age[CLI_AGE], limit[CLI_AGE], name[2 * GNM_ID];
    int placed = answer != NULL && answer->place[0] != '\0';
    snprintf(name, sizeof name, "%s%s%s", feed_name(feed), placed ? "@" : "", placed ? answer->place : "");
    if (check->query == NULL) {
        check_say(check, CHECK_UNKNOWN, "feed", name, "in use; nothing published yet that tells its age");
        return;
    }
    if (answer == NULL || answer->last_ok_s == 0) {
        check_say(check, CHECK_NO, "feed", name, "has never answered%s%s", answer != NULL && answer->error[0] != '\0' ? ": " : "",
                  answer != NULL ? answer->error : "");
        return;
    }
    /* Counted at the publication, whose own age is told once: a stopped daemon is one fault, not one for every feed. */
    int64_t old_s = check->status.published_s - answer->last_ok_s;
    cli_age(old_s, age);
    cli_age(feed_max_age_s(feed), limit);
    if (old_s > feed_max_age_s(feed))
        check_say(check, CHECK_NO, "feed", name, "last answered %s before the publication, %s is the limit%s%s", age, limit,
                  answer->error[0] != '\0' ? ": " : "", answer->error);
    else if (strcmp(answer->quality, "degraded") == 0)
        check_say(check, CHECK_NO, "feed", name, "answered %s before the publication, but the values are held back%s%s", age,
                  answer->error[0] != '\0' ? ": " : "", answer->error);
    else
        check_say(check, CHECK_OK, "feed", name, "last answered %s before the publication", age);
}

static void look_at_places(struct check *check, const struct feed *feed, const struct answers *answers)
{
    const struct query_feed *answer = answer_of(answers, feed_name(feed), 0);
    do {
        look_at_age(check, feed, answer);
        answer = answer != NULL ? answer_of(answers, feed_name(feed), (size_t)(answer - answers->row) + 1) : NULL;
    } while (answer != NULL);
}

/* `section` NULL: the definition itself, else a section that uses it under its own name. */
static void look_at(struct check *check, const char *path, const struct config_feed *section, const struct answers *answers)
{
    struct feed *feed = NULL;
    struct gnm_why why = { 0 };
    if (fetch_load(path, &feed, &why) < 0) {
        check_say(check, CHECK_NO, "feed", section != NULL ? section->name : strrchr(path, '/') + 1, "%s", why.text);
        return;
    }
    if (section != NULL)
        feed_rename(feed, section->name);
    else
        section = section_of(check->cli->config, feed_name(feed));
    int named = section != NULL && section->definition[0] != '\0';
    int use = section != NULL && section->use >= 0 ? section->use : named || feed_enabled(feed);
    if (use && can_ask(check->cli->config, section, feed, &why) < 0)
        check_say(check, CHECK_NO, "feed", feed_name(feed), "%s", why.text);
    else if (use)
        look_at_places(check, feed, answers);
    feed_free(feed);
}

static int is_definition(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && entry->d_name[0] != '.' && strcmp(dot, ".conf") == 0;
}

void check_feeds(struct check *check)
{
    char dir[256], path[520];
    struct dirent **entries = NULL;
    struct answers answers = { 0 };
    struct gnm_why why = { 0 };
    snprintf(dir, sizeof dir, "%s/feeds", check->cli->config->paths.share);
    if (check->query != NULL && query_feeds(check->query, &answers.row, &answers.n, &why) < 0)
        check_say(check, CHECK_UNKNOWN, "feed", "", "%s", why.text);
    int n = scandir(dir, &entries, is_definition, alphasort);
    if (n < 0)
        check_say(check, CHECK_NO, "feed", "", "definitions: %s: %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name) < (int)sizeof path)
            look_at(check, path, NULL, &answers);
        free(entries[i]);
    }
    for (size_t i = 0; i < check->cli->config->n_feeds; i++) {
        const struct config_feed *section = &check->cli->config->feed[i];
        if (section->definition[0] != '\0' && snprintf(path, sizeof path, "%s/%s.conf", dir, section->definition) < (int)sizeof path)
            look_at(check, path, section, &answers);
    }
    free(entries);
    free(answers.row);
}
