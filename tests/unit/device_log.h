/* Exchanges with devices, kept as bytes in tests/replay. */
#ifndef TESTS_DEVICE_LOG_H
#define TESTS_DEVICE_LOG_H

#include <dirent.h>

#include "device_responder.h"

enum { SAMPLES = 16, EXCHANGES = 24 };

struct sample_log { char name[200]; struct exchange exchange[EXCHANGES]; size_t n; };
struct device_log { int tcp, unit, otherwise, has_source, has_firmware; size_t n; struct sample_log sample[SAMPLES]; };

static inline FILE *open_replay(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/replay/%s", getenv("GNOMON_ROOT") ? getenv("GNOMON_ROOT") : ".", name);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
    return f;
}

static inline size_t read_hex(const char *text, uint8_t *ret, size_t size)
{
    size_t n = 0;
    char *end;
    for (long x = strtol(text, &end, 16); end != text && n < size; x = strtol(text = end, &end, 16))
        ret[n++] = (uint8_t)x;
    return n;
}

static inline void read_head(const char *line, struct device_log *ret)
{
    ret->has_source |= strncmp(line, "# source: ", 10) == 0;
    ret->has_firmware |= strncmp(line, "# firmware: ", 12) == 0;
    ret->tcp |= strncmp(line, "transport tcp", 13) == 0;
    sscanf(line, "unit %d", &ret->unit);
    sscanf(line, "else %d", &ret->otherwise);
}

static inline void read_exchange(const char *line, int tcp, struct sample_log *s)
{
    if (line[0] == '>') {
        ck_assert_uint_lt(s->n, EXCHANGES);
        ck_assert_uint_eq(read_hex(line + 1, s->exchange[s->n++].request, 8), tcp ? 6 : 8);
    } else if (line[0] == '<') {
        struct exchange *e = &s->exchange[s->n - 1];
        e->n = read_hex(line + 1, e->answer, sizeof e->answer);
        e->crc = tcp ? 0 : 2;
        if (!tcp)
            ck_assert_uint_eq(frame_crc(e->answer, e->n - 2), e->answer[e->n - 2] | e->answer[e->n - 1] << 8);
    }
}

static inline void read_log(const char *name, struct device_log *ret)
{
    char line[2000];
    FILE *f = open_replay(name);
    *ret = (struct device_log){ .unit = 1 };
    while (fgets(line, sizeof line, f) != NULL) {
        read_head(line, ret);
        if (strncmp(line, "sample ", 7) == 0) {
            ck_assert_uint_lt(ret->n, SAMPLES);
            snprintf(ret->sample[ret->n++].name, sizeof ret->sample[0].name, "%.*s", (int)strcspn(line + 7, "\n"), line + 7);
        } else if (ret->n > 0) {
            read_exchange(line, ret->tcp, &ret->sample[ret->n - 1]);
        }
    }
    fclose(f);
}

/* Calls `use` with the name of every map of config/controllers; how many there are. */
static inline unsigned each_shipped_map(void (*use)(const char *name))
{
    char folder[512];
    struct dirent *entry;
    unsigned maps = 0;
    snprintf(folder, sizeof folder, "%s/config/controllers", getenv("GNOMON_ROOT") ? getenv("GNOMON_ROOT") : ".");
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    while ((entry = readdir(d)) != NULL) {
        char *dot = strstr(entry->d_name, ".conf");
        if (dot == NULL || dot[5] != '\0')
            continue;
        *dot = '\0';
        use(entry->d_name);
        maps++;
    }
    closedir(d);
    return maps;
}

#endif
