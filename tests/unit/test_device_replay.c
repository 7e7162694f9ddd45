/* Exchanges with devices, kept as bytes: a log in tests/replay, read by the map of the same name, must give what its .expected file says. */
#include <math.h>

#include "device_log.h"

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
    ck_assert_uint_ge(each_shipped_map(replay), 8);
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
