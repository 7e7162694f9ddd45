#include "daemon/config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/ini.h"
#include "daemon/config_keys.h"

enum { FILE_MAX = 1 << 20, SECTION_NAMES = 16, KEY_NAMES = 32 };

struct loader {
    struct config *config;
    uint64_t *seen;               /* [section] key of this file, as hashes: a key given twice is a mistake */
    size_t n_seen, cap;
};

const struct config_section *config_section_find(const char *name)
{
    for (size_t i = 0; i < config_sections_n; i++)
        if (strcmp(config_sections[i].name, name) == 0)
            return &config_sections[i];
    return NULL;
}

static int unknown_section(const char *kind, struct gnm_why *why)
{
    const char *names[SECTION_NAMES];
    size_t n = 0;
    for (size_t i = 0; i < config_sections_n && n < SECTION_NAMES; i++)
        names[n++] = config_sections[i].name;
    const char *near = text_nearest(kind, names, n);
    return gnm_fail(why, -EINVAL, "unknown section [%.40s]%s%s%s", kind, near ? "; did you mean [" : "", near ? near : "", near ? "]?" : "");
}

/* "feed met-norway" apart; `*name` is empty for a section without one. */
static int split(const char *text, char kind[24], const char **name, const struct config_section **ret, struct gnm_why *why)
{
    size_t n = strcspn(text, " \t");
    *name = text + n + strspn(text + n, " \t");
    snprintf(kind, 24, "%.*s", n < 23 ? (int)n : 23, text);
    *ret = config_section_find(kind);
    if (*ret == NULL)
        return unknown_section(kind, why);
    if ((*ret)->example != NULL && **name == '\0')
        return gnm_fail(why, -EINVAL, "[%s] needs a name: [%s %s]", kind, kind, (*ret)->example);
    if ((*ret)->example == NULL && **name != '\0')
        return gnm_fail(why, -EINVAL, "[%s] takes no name, found '%.60s'", kind, *name);
    return 0;
}

static int check_name(const struct config_section *section, const char *name, struct gnm_why *why)
{
    char clean[GNM_ID];
    text_clean(clean, sizeof clean, name, strlen(name));
    if (strlen(name) >= GNM_ID || strcmp(clean, name) != 0)
        return gnm_fail(why, -EINVAL, "[%s %.60s]: a name has at most %d printable bytes", section->name, name, GNM_ID - 1);
    if (section->name_type == CONFIG_WORD && !config_is_word(name))
        return gnm_fail(why, -EINVAL, "[%s %.60s]: a name is of letters, digits, . _ - and begins with a letter or digit", section->name, name);
    return 0;
}

/* The item of a named section, made with its defaults at first sight. Every item begins with its name. */
static int item(struct config *config, const struct config_section *section, const char *name, void **ret, struct gnm_why *why)
{
    size_t *n = (size_t *)(void *)((char *)config + section->count);
    char *list = (char *)config + section->items;
    if (section->example == NULL) {
        *ret = config;
        return 0;
    }
    for (size_t i = 0; i < *n; i++) {
        *ret = list + i * section->item_size;
        if (strcmp(*ret, name) == 0)
            return 0;
    }
    int rc = check_name(section, name, why);
    if (rc != 0)
        return rc;
    if (*n == section->max)
        return gnm_fail(why, -EINVAL, "[%s %s]: more than %zu sections of this kind", section->name, name, section->max);
    *ret = list + (*n)++ * section->item_size;
    config_section_default(section->name, *ret);
    memcpy(*ret, name, strlen(name) + 1);
    return 0;
}

static const struct config_key *find_key(const char *section, const char *key)
{
    for (size_t i = 0; i < config_keys_n; i++)
        if (strcmp(config_keys[i].section, section) == 0 && strcmp(config_keys[i].key, key) == 0)
            return &config_keys[i];
    return NULL;
}

static const char *near_key(const char *section, const char *key)
{
    const char *names[KEY_NAMES];
    size_t n = 0;
    for (size_t i = 0; i < config_keys_n && n < KEY_NAMES; i++)
        if (strcmp(config_keys[i].section, section) == 0)
            names[n++] = config_keys[i].key;
    return text_nearest(key, names, n);
}

static int unknown_key(const char *section, const char *key, struct gnm_why *why)
{
    const char *near = near_key(section, key);
    return gnm_fail(why, -EINVAL, "[%s] has no key '%.60s'%s%s%s", section, key, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Any other key of a feed is a value for its template. A near miss of one of ours is a typing error (whose first letter is nearly always right: `league` is no
 * `venue`), unless it is written var.NAME. */
static int set_var(struct config_feed *feed, const char *key, const char *value, struct gnm_why *why)
{
    int plain = strncmp(key, "var.", 4) != 0;
    const char *name = plain ? key : key + 4;
    const char *near = plain ? near_key("feed", key) : NULL;
    if (near != NULL && near[0] == key[0])
        return gnm_fail(why, -EINVAL, "[feed %s] has no key '%.60s'; did you mean '%s'? (a value for the template: var.%.60s)", feed->name, key, near,
                        key);
    size_t i = 0;
    while (i < feed->n_vars && strcmp(feed->var[i].name, name) != 0)
        i++;
    if (i == CONFIG_VARS)
        return gnm_fail(why, -EINVAL, "[feed %s] has more than %d values for its template", feed->name, CONFIG_VARS);
    if (!config_is_word(name) || text_copy(feed->var[i].name, sizeof feed->var[i].name, name) != 0)
        return gnm_fail(why, -EINVAL, "[feed %s] key '%.60s': at most %zu letters, digits, . _ -", feed->name, key, sizeof feed->var[i].name - 1);
    if (text_copy(feed->var[i].value, sizeof feed->var[i].value, value) != 0)
        return gnm_fail(why, -EINVAL, "[feed %s] %s: more than %zu bytes", feed->name, name, sizeof feed->var[i].value - 1);
    feed->n_vars += i == feed->n_vars;
    return 0;
}

static int set_key(void *base, const char *section, const char *key, const char *value, struct gnm_why *why)
{
    const struct config_key *found = find_key(section, key);
    if (found == NULL)
        return strcmp(section, "feed") == 0 ? set_var(base, key, value, why) : unknown_key(section, key, why);
    if (value[0] == '\0') {
        config_key_set(found, base, NULL);
        return 0;
    }
    if (config_key_set(found, base, value) == 0)
        return 0;
    char range[160], shown[64];
    config_key_range(found, range, sizeof range);
    text_clean(shown, sizeof shown, value, strlen(value));
    return gnm_fail(why, -EINVAL, "[%s] %s = '%s': expected %s", section, key, shown, range);
}

static int note_once(struct loader *l, const char *section, const char *key, struct gnm_why *why)
{
    uint64_t hash = hash_bytes(hash_bytes(HASH_START, section, strlen(section) + 1), key, strlen(key));
    for (size_t i = 0; i < l->n_seen; i++)
        if (l->seen[i] == hash)
            return gnm_fail(why, -EINVAL, "[%.80s] %.60s is given twice in this file", section, key);
    if (l->n_seen == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 128;
        uint64_t *seen = realloc(l->seen, cap * sizeof *seen);
        if (seen == NULL)
            return gnm_fail(why, -ENOMEM, "out of memory");
        l->seen = seen;
        l->cap = cap;
    }
    l->seen[l->n_seen++] = hash;
    return 0;
}

static int on_key(void *ctx, const char *section, const char *key, const char *value, int line, struct gnm_why *why)
{
    (void)line;
    struct loader *l = ctx;
    const struct config_section *found = NULL;
    const char *name = "";
    char kind[24];
    void *base = NULL;
    int rc = split(section, kind, &name, &found, why);
    if (rc == 0)
        rc = item(l->config, found, name, &base, why);
    if (rc != 0 || key == NULL)
        return rc;
    rc = note_once(l, section, key, why);
    return rc == 0 ? set_key(base, found->name, key, value, why) : rc;
}

static int read_file(struct loader *l, const char *path, struct gnm_why *why)
{
    char *data = NULL;
    size_t len = 0;
    l->n_seen = 0;
    int rc = file_read(path, FILE_MAX, &data, &len, why);
    if (rc == 0)
        rc = ini_read(path, data, len, on_key, l, why);
    free(data);
    return rc;
}

static int is_drop_in(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_drop_ins(struct loader *l, const char *path, struct gnm_why *why)
{
    char dir[PATH_MAX], file[PATH_MAX + 300];
    struct dirent **list = NULL;
    snprintf(dir, sizeof dir, "%s.d", path);
    int n = scandir(dir, &list, is_drop_in, by_name), rc = 0;
    if (n < 0)
        return errno == ENOENT ? 0 : gnm_fail(why, -errno, "%s: %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        snprintf(file, sizeof file, "%s/%s", dir, list[i]->d_name);
        if (rc == 0)
            rc = read_file(l, file, why);
        free(list[i]);
    }
    free(list);
    return rc;
}

int config_load(const char *path, struct config **ret, struct gnm_why *why)
{
    struct loader l = { .config = calloc(1, sizeof *l.config) };
    if (l.config == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    for (size_t i = 0; i < config_sections_n; i++)
        if (config_sections[i].example == NULL)
            config_section_default(config_sections[i].name, l.config);
    int rc = read_file(&l, path, why);
    if (rc == 0)
        rc = read_drop_ins(&l, path, why);
    if (rc == 0 && (rc = config_check(l.config, why)) != 0)
        gnm_fail_in(why, "%s: ", path);
    free(l.seen);
    if (rc == 0)
        *ret = l.config;
    else
        config_free(l.config);
    return rc;
}

void config_free(struct config *config)
{
    free(config);
}
