/* Exchanges with devices, kept as bytes: a log in tests/replay, read by the map of the same name, must give what its .expected file says. */
#include <dirent.h>
#include <math.h>

#include "device_responder.h"

enum { SAMPLES = 16, EXCHANGES = 24 };

struct sample_log { char name[200]; struct exchange exchange[EXCHANGES]; size_t n; };
struct device_log { int tcp, unit, otherwise, has_source, has_firmware; size_t n; struct sample_log sample[SAMPLES]; };

static FILE *open_replay(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/replay/%s", getenv("GNOMON_ROOT") ? getenv("GNOMON_ROOT") : ".", name);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
    return f;
}

static size_t read_hex(const char *text, uint8_t *ret, size_t size)
{
    size_t n = 0;
    char *end;
    for (long x = strtol(text, &end, 16); end != text && n < size; x = strtol(text = end, &end, 16))
        ret[n++] = (uint8_t)x;
    return n;
}

static void read_head(const char *line, struct device_log *ret)
{
    ret->has_source |= strncmp(line, "# source: ", 10) == 0;
    ret->has_firmware |= strncmp(line, "# firmware: ", 12) == 0;
    ret->tcp |= strncmp(line, "transport tcp", 13) == 0;
    sscanf(line, "unit %d", &ret->unit);
    sscanf(line, "else %d", &ret->otherwise);
}

static void read_exchange(const char *line, int tcp, struct sample_log *s)
{
    if (line[0] == '>') {
        ck_assert_uint_lt(s->n, EXCHANGES);
        ck_assert_uint_eq(read_hex(line + 1, s->exchange[s->n++].request, 8), tcp ? 6 : 8);
    } else if (line[0] == '<') {
        struct exchange *e = &s->exchange[s->n - 1];
        e->n = read_hex(line + 1, e->answer, sizeof e->answer);
        if (!tcp)
            ck_assert_uint_eq(frame_crc(e->answer, e->n - 2), e->answer[e->n - 2] | e->answer[e->n - 1] << 8);
    }
}

static void read_log(const char *name, struct device_log *ret)
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

static double value_of(const char *text)
{
    for (int i = 0; i <= GNM_STAGE_UNKNOWN; i++)
        if (strcmp(gnm_stage_names[i], text) == 0)
            return i;
    return atof(text);
}

/* The next sample of the file: values by field, NaN where none is named, and how many were rejected. */
static void read_expected(FILE *f, double value[GNM_FIELDS], unsigned *rejected)
{
    char line[200], key[64], text[64];
    int named = 0;
    for (int i = 0; i < GNM_FIELDS; i++)
        value[i] = NAN;
    while (fgets(line, sizeof line, f) != NULL && (line[0] != '\n' || !named)) {
        if (line[0] == '#' || strncmp(line, "sample", 6) == 0 || sscanf(line, "%63s %63s", key, text) != 2)
            continue;
        named = 1;
        for (int i = 0; i < GNM_FIELDS; i++)
            if (strcmp(gnm_field_names[i], key) == 0)
                value[i] = value_of(text);
        if (strcmp(key, "rejected") == 0)
            *rejected = (unsigned)atoi(text);
    }
    ck_assert_msg(named, "expected file ends early");
}

static void replay_sample(const char *name, struct device_log *log, size_t k, FILE *expected)
{
    struct bench b;
    struct gnm_reading r;
    double value[GNM_FIELDS];
    unsigned rejected = 99;
    const struct sample_log *s = &log->sample[k];
    read_expected(expected, value, &rejected);
    bench_start(&b, log->tcp, load_shipped(name), log->unit);
    b.d->log = s->exchange;
    b.d->n_log = s->n;
    b.d->log_else = log->otherwise;
    ck_assert_msg(bench_sample(&b, &r) == 0, "%s: %s: %s", name, s->name, b.why.text);
    for (int i = 0; i < GNM_FIELDS; i++)
        ck_assert_msg(isnan(value[i]) ? isnan(r.value[i]) : fabs(r.value[i] - value[i]) < 1e-9, "%s: %s: %s is %.9g, expected %.9g", name, s->name,
                      gnm_field_names[i], r.value[i], value[i]);
    ck_assert_msg(r.rejected == rejected, "%s: %s: %u rejected", name, s->name, r.rejected);
    ck_assert_uint_eq(b.c->status.errors, 0);
    ck_assert_uint_eq(b.d->functions[5] + b.d->functions[6] + b.d->functions[15] + b.d->functions[16], 0);
    bench_stop(&b);
}

static void replay(const char *name)
{
    static struct device_log log;
    char file[100];
    snprintf(file, sizeof file, "%s.log", name);
    read_log(file, &log);
    ck_assert_msg(log.n > 0 && log.has_source && log.has_firmware, "%s names no sample, source or firmware", file);
    snprintf(file, sizeof file, "%s.expected", name);
    FILE *expected = open_replay(file);
    for (size_t k = 0; k < log.n; k++)
        replay_sample(name, &log, k, expected);
    fclose(expected);
}

/* Every map of config/controllers has its recording here. */
START_TEST(shipped_maps_read_as_expected)
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
        replay(entry->d_name);
        maps++;
    }
    closedir(d);
    ck_assert_uint_ge(maps, 8);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/replay");
    TCase *t = tcase_create("replay");
    tcase_set_timeout(t, 20);
    tcase_add_test(t, shipped_maps_read_as_expected);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
