#include "daemon/members.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { DEFINITION_MAX = 64 << 10 };

static int is_definition(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && entry->d_name[0] != '.' && strcmp(dot, ".model") == 0;
}

static int read_one(const char *dir, const char *name, struct settings *settings, struct gnm_why *why)
{
    char path[520], *data = NULL;
    size_t len = 0;
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return gnm_fail(why, -ENAMETOOLONG, "%s/%s: the path is too long", dir, name);
    int r = file_read(path, DEFINITION_MAX, &data, &len, why);
    if (r == 0)
        r = settings_read(path, data, len, settings, why);
    free(data);
    return r;
}

int members_read(const char *share, struct settings *ret, struct gnm_why *why)
{
    char dir[256];
    struct dirent **entries = NULL;
    struct settings settings;
    settings_defaults(&settings);
    snprintf(dir, sizeof dir, "%s/models", share);
    int n = scandir(dir, &entries, is_definition, alphasort), r = 0;
    if (n < 0 && errno != ENOENT)
        return gnm_fail(why, -errno, "%s: %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (r == 0)
            r = read_one(dir, entries[i]->d_name, &settings, why);
        free(entries[i]);
    }
    free(entries);
    if (r == 0)
        *ret = settings;
    return r;
}
