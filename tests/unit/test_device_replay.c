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

/* ---- a SunSaver behind an adapter that answers questions for a single register only ---- */

static const struct { uint16_t at; uint16_t raw; enum gnm_field field; double value; } single[] = {
    { 0x08, 4325, GNM_BATTERY_V, 13.1989 }, { 0x09, 5898, GNM_PV_V, 17.9993 }, { 0x0A, 4260, GNM_LOAD_V, 13.0005 }, { 0x0B, 1656, GNM_CHARGE_A, 4.0006 },
    { 0x0C, 828, GNM_LOAD_A, 2.0003 },      { 0x0D, 31, GNM_CASE_C, 31 },       { 0x10, 18, GNM_BATTERY_C, 18 },     { 0x11, 5, GNM_STAGE, GNM_STAGE_BULK },
    { 0x27, 3497, GNM_PV_W, 52.8 },
};
enum { SINGLE = sizeof single / sizeof single[0], QUESTIONS = SINGLE + 2 };      /* and two words of faults */

static void check_single(const struct gnm_reading *r, const char *where)
{
    for (int i = 0; i < SINGLE; i++)
        ck_assert_msg(fabs(r->value[single[i].field] - single[i].value) < 1e-3, "%s: %s is %.9g", where, gnm_field_names[single[i].field], r->value[single[i].field]);
}

static void start_single(struct bench *b)
{
    bench_start(b, 0, load_shipped("sunsaver-mppt"), 1);
    for (int i = 0; i < SINGLE; i++)
        b->d->input[single[i].at] = single[i].raw;
    b->d->longest = 1;
}

START_TEST(a_silent_block_is_read_register_by_register)
{
    struct bench b;
    struct gnm_reading r;
    start_single(&b);
    ck_assert_msg(bench_sample(&b, &r) == 0, "%s", b.why.text);
    check_single(&r, "first");
    ck_assert_uint_eq(b.c->status.errors, 2);
    ck_assert_uint_eq(b.c->status.requests, 2 + 2 * QUESTIONS);      /* twice: the line was opened anew */
    for (int i = 0; i < 10; i++) {
        b.now_ms += 30000;
        ck_assert_int_eq(bench_sample(&b, &r), 0);
        check_single(&r, "later");
    }
    ck_assert_uint_eq(b.c->status.errors, 2);
    ck_assert_uint_eq(b.c->status.requests, 2 + 12 * QUESTIONS);
    b.d->longest = 0;                                                /* another adapter */
    b.now_ms += 3600000;
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(bench_sample(&b, &r), 0);
    check_single(&r, "an hour later");
    ck_assert_uint_le(b.c->status.requests, 2 + 12 * QUESTIONS + 3);
    bench_stop(&b);
}
END_TEST

/* All its answers have one length: none may be taken for that to another question. */
START_TEST(single_answers_are_never_mixed_up)
{
    static const struct { enum fault fault; int arg; } faults[] = { { LATE, 1100 }, { LATE, 2500 }, { DOUBLE, 5 }, { DOUBLE, 60 }, { DOUBLE, 500 }, { SILENT, 0 }, { CORRUPT, 0 }, { STRAY, 0 } };
    for (size_t f = 0; f < sizeof faults / sizeof faults[0]; f++)
        for (unsigned k = 1; k <= QUESTIONS; k++) {
            struct bench b;
            struct gnm_reading r;
            start_single(&b);
            ck_assert_int_eq(bench_sample(&b, &r), 0);
            b.d->fault = faults[f].fault;
            b.d->arg = faults[f].arg;
            b.d->from = b.d->seen + k;
            b.d->count = 1 + k % 3;
            for (int i = 0; i < 4; i++) {
                b.now_ms += 30000;
                if (bench_sample(&b, &r) == 0)
                    check_single(&r, fault_names[faults[f].fault]);
            }
            b.now_ms += 120000;
            ck_assert_int_eq(bench_sample(&b, &r), 0);
            bench_stop(&b);
        }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/replay");
    TCase *t = tcase_create("replay");
    tcase_set_timeout(t, 20);
    tcase_add_test(t, shipped_maps_read_as_expected);
    tcase_add_test(t, a_silent_block_is_read_register_by_register);
    tcase_add_test(t, single_answers_are_never_mixed_up);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
