/* gnomon feed test: what a definition asks, what it makes of the answer, and why rows were left out. Nothing is stored. */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "cli/feed_say.h"
#include "daemon/fetch_load.h"
#include "daemon/inside.h"
#include "daemon/places.h"
#include "feeds/web.h"

enum { OPT_PAYLOAD = 256, OPT_PLACE, OPT_ALL, PAYLOAD_MAX = 16 << 20, PATIENCE_MS = 90000 };

struct args { struct cli cli; const char *verb, *name, *payload, *place; int all; };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct args *args = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->cli;
        return 0;
    case OPT_PAYLOAD: args->payload = arg; return 0;
    case OPT_PLACE: args->place = arg; return 0;
    case OPT_ALL: args->all = 1; return 0;
    case ARGP_KEY_ARG:
        if (args->verb == NULL)
            args->verb = arg;
        else if (args->name == NULL)
            args->name = arg;
        else
            argp_error(state, "'%s' is too much: one feed at a time", arg);
        return 0;
    case ARGP_KEY_END:
        if (args->verb == NULL || strcmp(args->verb, "test") != 0 || args->name == NULL)
            argp_error(state, "say: gnomon feed test NAME");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "payload", OPT_PAYLOAD, "FILE", 0, "take the answer from this file (- is standard input) instead of asking the provider", 1 },
    { "place", OPT_PLACE, "NAME", 0, "ask for this [place] instead of the site", 1 },
    { "all", OPT_ALL, NULL, 0, "print all rows, not the first 40", 1 },
    { 0 },
};
static const struct argp_child children[] = { { &cli_common, 0, NULL, 0 }, { 0 } };
static const struct argp parser = { options, parse, "test NAME",
                                    "Asks the provider of a feed once, prints the request, the rows that would be stored and why others were left out. Nothing is stored. NAME is a feed of "
                                    "the configuration or a shipped definition, or a definition file of your own (with a / in it).\v"
                                    "Exit status 1: the definition makes nothing of the answer, and the sentence says why.\n"
                                    "\n"
                                    "  gnomon feed test met-norway\n"
                                    "  gnomon feed test ./my-feed.conf --payload answer.json",
                                    children, NULL, NULL };

/* ---- which definition ---- */

static const struct config_feed *section_of(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_feeds; i++)
        if (strcmp(config->feed[i].name, name) == 0)
            return &config->feed[i];
    return NULL;
}

static int load(const struct args *args, struct feed **ret, const struct config_feed **section, struct gnm_why *why)
{
    const struct config *config = args->cli.config;
    char path[520];
    if (strchr(args->name, '/') != NULL) {
        int r = fetch_load(args->name, ret, why);
        *section = r == 0 ? section_of(config, feed_name(*ret)) : NULL;
        return r;
    }
    *section = section_of(config, args->name);
    const char *definition = *section != NULL && (*section)->definition[0] != '\0' ? (*section)->definition : args->name;
    if (snprintf(path, sizeof path, "%s/feeds/%s.conf", config->paths.share, definition) >= (int)sizeof path)
        return gnm_fail(why, -ENAMETOOLONG, "the name is too long");
    return fetch_load(path, ret, why);
}

/* ---- the request ---- */

struct secrets { char space[256]; int missing; };

/* Outside the service credentials are not there: the request is shown with a stand-in and not sent. */
static const char *secret(void *ctx, const char *name)
{
    struct secrets *s = ctx;
    const char *real = fetch_secret(s->space, name);
    s->missing |= real == NULL;
    return real != NULL ? real : "SECRET";
}

static int make_request(const struct args *args, const struct feed *feed, const struct config_feed *section, const struct zone *zone, struct secrets *secrets,
                        struct gnm_request *ret, struct gnm_why *why)
{
    struct feed_site site;
    int64_t from, to;
    int place = args->place == NULL ? 0 : places_find(args->cli.config, args->place);
    if (place < 0)
        return gnm_fail(why, -ENOENT, "there is no [place %.60s]", args->place);
    fetch_site_at(args->cli.config, section, place, &site);
    site.secret = secret;
    site.secret_ctx = secrets;
    feed_range(feed, zone_day(zone, args->cli.now_s), &from, &to);
    return feed_request(feed, &site, from, to, ret, why);
}

/* ---- the answer ---- */

static int64_t mono_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int fetch(const struct args *args, const struct gnm_request *request, struct gnm_answer *ret, struct gnm_why *why)
{
    char agent[200];
    struct web *web;
    struct gnm_web port;
    const char *contact = args->cli.config->site.contact;
    snprintf(agent, sizeof agent, "gnomon/%s (+%s)", GNM_VERSION, contact[0] != '\0' ? contact : "no contact configured");
    int r = web_new(agent, &web, why);
    if (r < 0)
        return r;
    web_port(web, &port);
    int64_t end_ms = mono_ms() + PATIENCE_MS;
    int id = r = port.submit(port.ctx, request, why);
    while (id >= 0) {
        struct gnm_wait wait = { .deadline_ms = GNM_NEVER };
        int64_t now_ms = mono_ms();
        r = port.take(port.ctx, id, now_ms, ret, &wait, why);
        if (r != -EAGAIN)
            break;
        if (now_ms > end_ms) {
            r = gnm_fail(why, -ETIMEDOUT, "no answer within 90 s");
            break;
        }
        int64_t span_ms = wait.deadline_ms - now_ms;
        poll(wait.fd, wait.n, span_ms < 0 ? 0 : span_ms > 1000 ? 1000 : (int)span_ms);
    }
    web_free(web);
    return r;
}

static int read_payload(const struct args *args, struct gnm_answer *ret, struct gnm_why *why)
{
    *ret = (struct gnm_answer){ .status = 200 };
    return file_read(strcmp(args->payload, "-") == 0 ? "/dev/stdin" : args->payload, PAYLOAD_MAX, &ret->body, &ret->len, why);
}

static int take_answer(const struct args *args, const struct gnm_request *request, int keyless, struct gnm_answer *ret, struct gnm_why *why)
{
    int r;
    if (args->payload != NULL)
        r = read_payload(args, ret, why);
    else if (keyless)
        r = gnm_fail(why, -EACCES, "the secret it needs is a credential of the service (CREDENTIALS_DIRECTORY is not set here); with --payload the answer can be tried");
    else
        r = fetch(args, request, ret, why);
    if (r == 0 && request->max_bytes > 0 && ret->len > request->max_bytes) {
        free(ret->body);
        ret->body = NULL;
        r = gnm_fail(why, -E2BIG, "the answer has %zu bytes, max_bytes allows %zu", ret->len, request->max_bytes);
    }
    return r;
}

/* ---- all of it ---- */

static int judge(const struct args *args, const struct feed *feed, const struct zone *zone, const struct gnm_request *request, const struct gnm_answer *answer)
{
    struct feed_said said = { .feed = feed, .request = request, .answer = answer, .now_s = args->cli.now_s, .all = args->all };
    struct feed_yield yield = { .n = 0 };
    struct gnm_why why = { .text = "" };
    int good = answer->status == 200 || answer->status == 203;
    if (!good)
        gnm_fail(&why, -EBADMSG, "the provider answered with status %d", answer->status);
    else if (feed_extract(feed, answer->body, answer->len, zone, args->place, args->cli.now_s, &yield, &why) < 0)
        good = 0;
    said.yield = &yield;
    said.error = good ? NULL : why.text;
    int status = feed_say(&said, args->cli.json, good && yield.n + yield.n_events > 0 ? EX_OK : CLI_NO);
    feed_yield_free(&yield);
    return status;
}

static int test(const struct args *args, struct gnm_request *request)
{
    struct feed *feed = NULL;
    struct zone *zone = NULL;
    const struct config_feed *section;
    struct secrets secrets = { .missing = 0 };
    struct gnm_answer answer = { 0 };
    struct gnm_why why = { .text = "" };
    int r = load(args, &feed, &section, &why), status = EX_OK;
    if (r < 0)
        return cli_fail(&args->cli, r == -ENOENT ? EX_NOINPUT : EX_CONFIG, "%s", why.text);
    if ((r = inside_zone(args->cli.config, &zone, &why)) < 0 || (r = make_request(args, feed, section, zone, &secrets, request, &why)) < 0)
        status = cli_fail(&args->cli, EX_CONFIG, "%s", why.text);
    else if ((r = take_answer(args, request, secrets.missing, &answer, &why)) < 0)
        status = cli_fail(&args->cli, r == -EACCES ? EX_NOPERM : args->payload != NULL ? EX_NOINPUT : EX_UNAVAILABLE, "%s: %s", feed_name(feed), why.text);
    else
        status = judge(args, feed, zone, request, &answer);
    free(answer.body);
    zone_free(zone);
    feed_free(feed);
    return status;
}

int cli_feed(int argc, char **argv)
{
    struct args args = { 0 };
    cli_start(&args.cli, argv);
    if (argp_parse(&parser, argc, argv, 0, NULL, &args) != 0)
        return EX_USAGE;
    int status = cli_open(&args.cli);
    struct gnm_request *request = status == 0 ? calloc(1, sizeof *request) : NULL;
    if (status == 0)
        status = request == NULL ? cli_fail(&args.cli, EX_OSERR, "out of memory") : test(&args, request);
    free(request);
    cli_close(&args.cli);
    return status;
}
