/* Exchanges with devices, kept as bytes: a log in tests/replay, read by the map of the same name, must give what its .expected file says. */
#include <math.h>

#include "device_responder.h"

enum { SAMPLES = 16, EXCHANGES = 12 };

struct sample_log { char name[100]; struct exchange exchange[EXCHANGES]; size_t n; };

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

static size_t read_log(const char *name, struct sample_log *ret)
{
    char line[2000];
    size_t n = 0;
    FILE *f = open_replay(name);
    while (fgets(line, sizeof line, f) != NULL) {
        struct sample_log *s = n > 0 ? &ret[n - 1] : NULL;
        if (strncmp(line, "sample ", 7) == 0) {
            ck_assert_uint_lt(n, SAMPLES);
            snprintf(ret[n++].name, sizeof ret->name, "%.*s", (int)strcspn(line + 7, "\n"), line + 7);
        } else if (line[0] == '>' && s != NULL) {
            ck_assert_uint_lt(s->n, EXCHANGES);
            ck_assert_uint_eq(read_hex(line + 1, s->exchange[s->n++].request, 8), 8);
        } else if (line[0] == '<' && s != NULL) {
            struct exchange *e = &s->exchange[s->n - 1];
            e->n = read_hex(line + 1, e->answer, sizeof e->answer);
            ck_assert_uint_eq(frame_crc(e->answer, e->n - 2), e->answer[e->n - 2] | e->answer[e->n - 1] << 8);
        }
    }
    fclose(f);
    return n;
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

START_TEST(epever_is_read_as_expected)
{
    static struct sample_log log[SAMPLES];
    size_t n = read_log("epever.log", log);
    ck_assert_uint_eq(n, 4);
    FILE *expected = open_replay("epever.expected");
    for (size_t s = 0; s < n; s++) {
        struct bench b;
        struct gnm_reading r;
        double value[GNM_FIELDS];
        unsigned rejected = 99;
        read_expected(expected, value, &rejected);
        bench_start(&b, 0, load_epever(), 1);
        b.d->log = log[s].exchange;
        b.d->n_log = log[s].n;
        ck_assert_msg(bench_sample(&b, &r) == 0, "%s: %s", log[s].name, b.why.text);
        for (int i = 0; i < GNM_FIELDS; i++)
            ck_assert_msg(isnan(value[i]) ? isnan(r.value[i]) : fabs(r.value[i] - value[i]) < 1e-9, "%s: %s is %.9g, expected %.9g", log[s].name,
                          gnm_field_names[i], r.value[i], value[i]);
        ck_assert_msg(r.rejected == rejected, "%s: %u rejected", log[s].name, r.rejected);
        ck_assert_uint_eq(b.c->status.errors, 0);
        bench_stop(&b);
    }
    fclose(expected);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/replay");
    TCase *t = tcase_create("replay");
    tcase_set_timeout(t, 20);
    tcase_add_test(t, epever_is_read_as_expected);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
