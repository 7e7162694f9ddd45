/* The request of a feed: names filled in, secrets in headers only, the base replaced for mirrors and tests. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "almanac/civil.h"
#include "base/text.h"
#include "feeds/definition.h"
#include "feeds/template.h"

struct filling {
    const struct feed *feed;
    const struct feed_site *site;
    int64_t from, to;
    int encode;                  /* in a URL, not in a header */
};

static const char *find_var(const struct feed_var *var, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(var[i].name, name) == 0 && var[i].value[0] != '\0')
            return var[i].value;
    return NULL;
}

static const char *site_text(const struct feed_site *site, const char *name)
{
    const char *country = site->country != NULL ? site->country : "";
    if (strcmp(name, "timezone") == 0)
        return site->timezone;
    if (strcmp(name, "country") == 0)
        return site->country;
    if (strcmp(name, "country3") == 0)
        return country_code3(country);
    if (strcmp(name, "country_name") == 0)
        return country_name(country);
    if (strcmp(name, "region") == 0)
        return site->region;
    return strcmp(name, "contact") == 0 ? site->contact : NULL;
}

/* {latitude} has four decimals unless a format like .2f asks for another number: some providers refuse more. */
static int put_degrees(double x, const char *format, char *ret, size_t size, struct gnm_why *why)
{
    int decimals = 4;
    if (format[0] != '\0') {
        if (format[0] != '.' || format[1] < '0' || format[1] > '8' || format[2] != 'f' || format[3] != '\0')
            return gnm_fail(why, -EINVAL, "format \"%s\": .0f to .8f is wanted", format);
        decimals = format[1] - '0';
    }
    snprintf(ret, size, "%.*f", decimals, x);
    return 0;
}

/* {year} and {year:to} end the range, {year:from} begins it; {season} is the year in which the July-to-June season of its end began. */
static int put_year(const struct filling *f, const char *name, const char *format, char *ret, size_t size, struct gnm_why *why)
{
    if (format[0] != '\0' && strcmp(format, "from") != 0 && strcmp(format, "to") != 0)
        return gnm_fail(why, -EINVAL, "{%s:%s}: from or to is wanted", name, format);
    int year, month, mday;
    civil_date(strcmp(format, "from") == 0 ? f->from : f->to, &year, &month, &mday);
    if (strcmp(name, "season") == 0 && month < 7)
        year--;
    snprintf(ret, size, "%d", year);
    return 0;
}

/* 0 when `name` is one we compute, -ENOENT when it is not. */
static int computed(const struct filling *f, const char *name, const char *format, char *ret, size_t size, struct gnm_why *why)
{
    if (strcmp(name, "latitude") == 0)
        return put_degrees(f->site->latitude, format, ret, size, why);
    if (strcmp(name, "longitude") == 0)
        return put_degrees(f->site->longitude, format, ret, size, why);
    if (strcmp(name, "year") == 0 || strcmp(name, "season") == 0)
        return put_year(f, name, format, ret, size, why);
    if (strcmp(name, "from") != 0 && strcmp(name, "to") != 0)
        return -ENOENT;
    int64_t day = name[0] == 'f' ? f->from : f->to;
    if (template_day(format[0] != '\0' ? format : "%Y-%m-%d", day, ret, size) < 0)
        return gnm_fail(why, -EINVAL, "{%s:%s}: only %%Y %%m %%d %%H %%M %%S", name, format);
    return 0;
}

static int unknown_name(const struct filling *f, const char *name, struct gnm_why *why)
{
    static const char *const known[] = { "latitude", "longitude", "timezone", "country", "country3", "country_name", "region", "contact",
                                         "from", "to", "year", "season" };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], name) == 0)
            return gnm_fail(why, -EINVAL, "needs %s, which the site does not state", name);
    const char *near = text_nearest(name, known, sizeof known / sizeof known[0]);
    for (size_t i = 0; i < f->feed->n_vars; i++)
        if (strcmp(f->feed->var[i].name, name) == 0)
            near = NULL;
    return gnm_fail(why, -EINVAL, "needs a value for {%s} (%s = ... in its [feed] section)%s%s%s", name, name, near != NULL ? ", or did you mean {" : "", near != NULL ? near : "",
                    near != NULL ? "}?" : "");
}

static int put_secret(const struct filling *f, const char *name, char *ret, size_t size, struct gnm_why *why)
{
    const char *secret = f->site->secret != NULL ? f->site->secret(f->site->secret_ctx, name) : NULL;
    if (secret == NULL)
        return gnm_fail(why, -ENOENT, "needs the secret \"%s\", which is not there", name);
    if (strpbrk(secret, "\r\n") != NULL || text_copy(ret, size, secret) < 0)
        return gnm_fail(why, -EINVAL, "the secret \"%s\" does not fit in a header", name);
    return 0;
}

static int fill_in(void *ctx, const struct template_piece *piece, char *ret, size_t size, struct gnm_why *why)
{
    const struct filling *f = ctx;
    char space[320];
    if (strcmp(piece->name, "secret") == 0)
        return put_secret(f, piece->format, ret, size, why);
    const char *text = find_var(f->site->var, f->site->n_vars, piece->name);
    if (text == NULL)
        text = find_var(f->feed->var, f->feed->n_vars, piece->name);
    if (text == NULL) {
        int err = computed(f, piece->name, piece->format, space, sizeof space, why);
        if (err < 0 && err != -ENOENT)
            return err;
        text = err == 0 ? space : site_text(f->site, piece->name);
    }
    if (text == NULL || text[0] == '\0')
        return unknown_name(f, piece->name, why);
    if ((f->encode ? text_percent(ret, size, text) : text_copy(ret, size, text)) < 0)
        return gnm_fail(why, -ENAMETOOLONG, "{%s} does not fit", piece->name);
    return 0;
}

/* Puts `base` in place of scheme and host. */
static int rebase(const char *url, const char *base, char *ret, size_t size, struct gnm_why *why)
{
    const char *path = strstr(url, "://");
    path += 3 + strcspn(path + 3, "/?#");
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        len--;
    if (strncmp(base, "http://", 7) != 0 && strncmp(base, "https://", 8) != 0)
        return gnm_fail(why, -EINVAL, "base = \"%.60s\": begins with http:// or https://", base);
    int n = snprintf(ret, size, "%.*s%s%s", (int)len, base, *path == '/' ? "" : "/", path);
    return n < 0 || (size_t)n >= size ? gnm_fail(why, -ENAMETOOLONG, "the URL is longer than %zu bytes", size - 1) : 0;
}

static int plain_text(const char *url)
{
    for (const char *p = url; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 127)
            return 0;
    return 1;
}

static int expand_url(const struct filling *f, struct gnm_request *request, struct gnm_why *why)
{
    char url[sizeof request->url];
    int err = template_expand(f->feed->url, fill_in, (void *)f, url, sizeof url, why);
    if (err < 0)
        return gnm_fail_in(why, "%s:%d: ", f->feed->file, f->feed->url_line);
    if (f->site->base != NULL && f->site->base[0] != '\0')
        err = rebase(url, f->site->base, request->url, sizeof request->url, why);
    else
        strcpy(request->url, url);
    if (err < 0)
        return err;
    if (!plain_text(request->url))
        return gnm_fail(why, -EINVAL, "the URL holds a space or a character beyond ASCII");
    if (strncmp(request->url, "http://", 7) == 0 && !request->http)
        return gnm_fail(why, -EINVAL, "plain http needs http = yes in the definition, or local for this feed");
    return 0;
}

/* `contact = required`: the provider turns away who does not say who he is; a mirror or a test does not. Another text replaces the site's. */
static int expand_contact(const struct filling *f, char *space, size_t *n, struct gnm_request *request, struct gnm_why *why)
{
    const char *own = f->feed->contact;
    int mirror = f->site->base != NULL && f->site->base[0] != '\0';
    if (strcmp(own, "required") == 0)
        return !mirror && (f->site->contact == NULL || f->site->contact[0] == '\0')
                   ? gnm_fail(why, -EINVAL, "the provider wants a contact: set contact under [site]") : 0;
    if (own[0] == '\0')
        return 0;
    char *text = space + *n * HEADER_SPACE;
    snprintf(text, HEADER_SPACE, "User-Agent: gnomon/%s (+%s)", GNM_VERSION, own);
    request->header[(*n)++] = text;
    return 0;
}

static int expand_headers(const struct filling *f, struct gnm_request *request, struct gnm_why *why)
{
    char *space = f->feed->header_space;
    size_t n = 0;
    int err = expand_contact(f, space, &n, request, why);
    for (size_t i = 0; i < f->feed->n_headers && err == 0; i++) {
        char *text = space + n * HEADER_SPACE;
        err = template_expand(f->feed->header[i], fill_in, (void *)f, text, HEADER_SPACE, why);
        if (err == 0 && strpbrk(text, "\r\n") != NULL)
            err = gnm_fail(why, -EINVAL, "a header holds a line end");
        if (err < 0)
            gnm_fail_in(why, "%s:%d: ", f->feed->file, f->feed->header_line[i]);
        request->header[n++] = text;
    }
    return err;
}

int feed_request(const struct feed *feed, const struct feed_site *site, int64_t from_day, int64_t to_day, struct gnm_request *ret,
                 struct gnm_why *why)
{
    struct filling f = { .feed = feed, .site = site, .from = from_day, .to = to_day, .encode = 1 };
    struct gnm_request request = { .max_bytes = (size_t)feed->max_bytes, .redirects = (int)feed->redirects };
    request.local = feed->local || site->local;
    request.http = feed->http || site->local;
    strcpy(request.name, feed->name);
    int err = expand_url(&f, &request, why);
    f.encode = 0;
    if (err == 0)
        err = expand_headers(&f, &request, why);
    if (err < 0)
        return gnm_fail_in(why, "feed %s: ", feed->name);
    *ret = request;
    return 0;
}
