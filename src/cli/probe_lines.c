/* gnomon probe: where a controller may hang, and what it may be. */
#include "cli/probe.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

enum { MAP_MAX = 65536 };

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Entries of a folder in the order of their names; 0 when there is none. */
static int list(const char *folder, int (*keep)(const struct dirent *), struct dirent ***ret)
{
    int n = scandir(folder, ret, keep, by_name);
    return n < 0 ? 0 : n;
}

static void free_list(struct dirent **entry, int n)
{
    for (int i = 0; i < n; i++)
        free(entry[i]);
    if (n > 0)
        free(entry);
}

static int is_link(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static int is_adapter(const struct dirent *e)
{
    return strncmp(e->d_name, "ttyUSB", 6) == 0 || strncmp(e->d_name, "ttyACM", 6) == 0;
}

static int same_port(const char *a, const char *b)
{
    char *left = realpath(a, NULL), *right = realpath(b, NULL);
    int same = left != NULL && right != NULL && strcmp(left, right) == 0;
    free(left);
    free(right);
    return same;
}

static size_t add_line(struct probe_line *ret, size_t n, size_t size, const char *path)
{
    for (size_t i = 0; i < n; i++)
        if (same_port(ret[i].path, path))
            return n;
    if (n == size)
        return n;
    ret[n] = (struct probe_line){ 0 };
    return text_copy(ret[n].path, sizeof ret[n].path, path) < 0 ? n : n + 1;
}

size_t probe_adapters(const char *dev, struct probe_line *ret, size_t size)
{
    static const struct { const char *folder; int (*keep)(const struct dirent *); } place[] = { { "/serial/by-id", is_link }, { "", is_adapter } };
    size_t n = 0;
    for (size_t k = 0; k < sizeof place / sizeof *place; k++) {
        char folder[PROBE_PATH], path[2 * PROBE_PATH + 16];
        struct dirent **entry = NULL;
        snprintf(folder, sizeof folder, "%s%s", dev, place[k].folder);
        int found = list(folder, place[k].keep, &entry);
        for (int i = 0; i < found; i++) {
            snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
            n = add_line(ret, n, size, path);
        }
        free_list(entry, found);
    }
    return n;
}

/* A name that stays the same when the adapter is plugged in elsewhere. */
static void prefer_id(const char *dev, struct probe_line *line)
{
    struct probe_line known[PROBE_LINES];
    size_t n = probe_adapters(dev, known, PROBE_LINES);
    for (size_t i = 0; i < n; i++)
        if (same_port(known[i].path, line->path))
            memcpy(line->path, known[i].path, sizeof line->path);
}

/* ":BAUD:MODE" at the end, if there is one, goes into `setting`. */
static void split_setting(struct probe_line *line)
{
    char *mode = strrchr(line->path, ':'), *baud = NULL;
    if (mode != NULL && strlen(mode) == 4) {
        *mode = '\0';
        baud = strrchr(line->path, ':');
        *mode = ':';
    }
    if (baud == NULL || strspn(baud + 1, "0123456789") != (size_t)(mode - baud - 1) || strlen(baud + 1) >= sizeof line->setting)
        return;
    snprintf(line->setting, sizeof line->setting, "%s", baud + 1);
    *baud = '\0';
}

static int add_port(struct probe_line *line)
{
    const char *colon = strrchr(line->path, ':');
    int has_port = colon != NULL && (line->path[0] == '[' ? colon[-1] == ']' : strchr(line->path, ':') == colon);
    size_t n = strlen(line->path);
    if (!has_port && n + 4 < sizeof line->path)
        memcpy(line->path + n, ":502", 5);
    return 0;
}

int probe_parse_line(const char *text, const char *dev, struct probe_line *ret, struct gnm_why *why)
{
    *ret = (struct probe_line){ .tcp = strncmp(text, "tcp:", 4) == 0 };
    const char *path = ret->tcp || strncmp(text, "rtu:", 4) == 0 ? text + 4 : text;
    if (text_copy(ret->path, sizeof ret->path, path) < 0 || path[0] == '\0')
        return gnm_fail(why, -EINVAL, "%.100s is not a line: expected a path like /dev/ttyUSB0 or tcp:ADDRESS[:PORT]", text);
    if (ret->tcp)
        return add_port(ret);
    split_setting(ret);
    if (ret->path[0] != '/')
        return gnm_fail(why, -EINVAL, "%.100s is not a line: expected a path like /dev/ttyUSB0 or tcp:ADDRESS[:PORT]", text);
    prefer_id(dev, ret);
    return 0;
}

static int is_map(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 5 && e->d_name[0] != '.' && strcmp(e->d_name + n - 5, ".conf") == 0;
}

static int load_map(const char *folder, const char *file, struct probe_map *ret, struct gnm_why *why)
{
    char path[PROBE_PATH + 300], *data = NULL;
    size_t len;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    snprintf(ret->name, sizeof ret->name, "%.*s", (int)(strlen(file) - 5), file);
    int r = file_read(path, MAP_MAX, &data, &len, why);
    if (r == 0)
        r = map_load(path, data, len, &ret->map, why);
    free(data);
    return r;
}

int probe_load_maps(const char *folder, struct probe *p, struct gnm_why *why)
{
    struct dirent **entry = NULL;
    int n = list(folder, is_map, &entry), r = 0;
    for (int i = 0; i < n && r == 0 && p->n_maps < PROBE_MAPS; i++) {
        r = load_map(folder, entry[i]->d_name, &p->map[p->n_maps], why);
        p->n_maps += r == 0;
    }
    free_list(entry, n);
    return r < 0 ? r : p->n_maps > 0 ? 0 : gnm_fail(why, -ENOENT, "no register maps in %s; --maps DIR names the folder", folder);
}

void probe_free(struct probe *p)
{
    for (size_t i = 0; i < p->n_maps; i++)
        map_free(p->map[i].map);
    free(p->attempt);
}
