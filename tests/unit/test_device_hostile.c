/* Every shipped map on a line that does everything wrong, at random but repeatably: a value that is delivered is the device's own of that moment,
 * whatever happens; and when the line behaves again, so does the reading. */
#include <malloc.h>
#include <math.h>

#include "device_log.h"

enum { POLLS = 60, SEEDS = 2, NIGHTLY_SEEDS = 100 };

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void use_sample(struct bench *b, const struct device_log *log, size_t k)
{
    b->d->log = log->sample[k % log->n].exchange;
    b->d->n_log = log->sample[k % log->n].n;
    b->d->log_else = log->otherwise;
}

static void start(struct bench *b, const char *name, const struct device_log *log, int tcp)
{
    bench_start(b, tcp, load_shipped(name), log->unit);
    use_sample(b, log, 0);
}

static struct gnm_reading clean_reading(const char *name, const struct device_log *log, size_t k)
{
    struct bench b;
    struct gnm_reading r;
    start(&b, name, log, log->tcp);
    use_sample(&b, log, k);
    ck_assert_msg(bench_sample(&b, &r) == 0, "%s: %s", name, b.why.text);
    bench_stop(&b);
    return r;
}

static size_t check_values(const struct gnm_reading *got, const struct gnm_reading *truth, const char *where)
{
    size_t n = 0;
    for (int i = 0; i < GNM_FIELDS; i++) {
        double x = got->value[i];
        /* a fallback (a coarser source of the same value, a product of volts and amps) may differ a little, never more */
        double margin = i == GNM_STAGE || i == GNM_FAULTS ? 0 : 0.02 * fabs(truth->value[i]) + 0.6;
        ck_assert_msg(isnan(x) || (!isnan(truth->value[i]) && fabs(x - truth->value[i]) <= margin), "%s: %s = %.9g, the device says %.9g", where, gnm_field_names[i], x,
                      truth->value[i]);
        n += !isnan(x);
    }
    return n;
}

static size_t count(const struct gnm_reading *r)
{
    size_t n = 0;
    for (int i = 0; i < GNM_FIELDS; i++)
        n += !isnan(r->value[i]);
    return n;
}

static void misbehave(struct bench *b, uint64_t *random, int vanish)
{
    struct responder *d = b->d;
    do
        d->fault = (enum fault)(next_random(random) % (unsigned)(vanish ? FAULTS : VANISH));
    while ((d->tcp && (d->fault == ECHO_FIRST || d->fault == ECHO_ONLY)) || (!d->tcp && (d->fault == WRONG_TRANSACTION || d->fault == WRONG_PROTOCOL)));
    d->from = d->seen + 1 + (unsigned)(next_random(random) % 8);
    d->count = 1 + (unsigned)(next_random(random) % 3);
    d->arg = d->fault == EXCEPTION ? 1 + (int)(next_random(random) % 11) : d->fault == SPLIT ? (int)(next_random(random) % 900) : (int)(next_random(random) % 2600);
}

static void behave(struct bench *b)
{
    if (b->d->listen_fd < 0) {
        responder_up(b->d);
        b->d->seen = b->c->status.requests;
    }
    b->d->fault = OK;
}

static void torture(const char *name, const struct device_log *log, int tcp, uint64_t seed)
{
    struct bench b;
    struct gnm_reading r, truth[SAMPLES];
    char where[200];
    unsigned good = 0;
    for (size_t k = 0; k < log->n; k++)
        truth[k] = clean_reading(name, log, k);
    start(&b, name, log, tcp);
    for (size_t poll = 0; poll < POLLS; poll++) {
        size_t k = poll / 7 % log->n;                          /* now and then the device itself changes */
        snprintf(where, sizeof where, "%s, %s, seed %llu, poll %zu", name, tcp ? "TCP" : "serial", (unsigned long long)seed, poll);
        use_sample(&b, log, k);
        misbehave(&b, &seed, poll % 10 == 9);
        if (bench_sample(&b, &r) == 0 && ++good)
            check_values(&r, &truth[k], where);
        behave(&b);
        b.now_ms += 30000;
    }
    ck_assert_msg(good >= POLLS / 4, "%s: only %u of %d polls gave a sample", where, good, POLLS);
    ck_assert_uint_eq(b.d->functions[5] + b.d->functions[6] + b.d->functions[15] + b.d->functions[16], 0);
    use_sample(&b, log, 0);
    b.now_ms += 4 * 3600000;                                   /* what was refused for a while is asked again */
    for (int i = 0; i < 4 && (bench_sample(&b, &r) != 0 || count(&r) < count(&truth[0])); i++)
        b.now_ms += 301000;
    check_values(&r, &truth[0], where);
    ck_assert_msg(count(&r) == count(&truth[0]), "%s: %zu of %zu values came back", where, count(&r), count(&truth[0]));
    bench_stop(&b);
}

static void torture_map(const char *name)
{
    static struct device_log log;
    char file[100];
    snprintf(file, sizeof file, "%s.log", name);
    read_log(file, &log);
    struct map *map = load_shipped(name);
    int serial = map->serial[0] != '\0';
    map_free(map);
    uint64_t seeds = getenv("GNOMON_NIGHTLY") != NULL ? NIGHTLY_SEEDS : SEEDS;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        torture(name, &log, 1, seed);
        if (serial)
            torture(name, &log, 0, seed);
    }
}

START_TEST(no_wrong_value_from_any_map)
{
    ck_assert_uint_ge(each_shipped_map(torture_map), 8);
}
END_TEST

/* Two models of equal length on a serial line: only the number at the head of an answer tells which of them it is. A doubled or late answer comes at
 * every moment around the next question, in the walk along the chain as well as in the reading. */
START_TEST(models_of_equal_length_are_told_apart)
{
    static const char text[] = "[map]\nname=T\nkind=sunspec\n[model 64001]\ncount=4\n[model 64002]\ncount=4\n"
                               "[field battery_v]\nmodel=64001\nat=2\ntype=u16\nscale=.01\n[field soc_pct]\nmodel=64002\nat=2\ntype=u16\n[field pv_v]\nmodel=64002\nat=3\ntype=u16\n";
    static const uint16_t chain[] = { 0x5375, 0x6E53, 64001, 2, 1320, 0, 64002, 2, 83, 35, 0xFFFF, 0 };
    unsigned errors = 0;
    for (int delay_ms = 40; delay_ms <= 70; delay_ms++)
        for (unsigned k = 1; k <= 8; k++) {
            struct bench b;
            struct gnm_reading r;
            bench_start(&b, 0, load_map(text), 1);
            memcpy(b.d->holding + 40000, chain, sizeof chain);
            b.d->fault = delay_ms % 2 ? DOUBLE : LATE;
            b.d->arg = delay_ms % 2 ? delay_ms : 970 + delay_ms;
            b.d->from = k;
            b.d->count = 1;
            for (int i = 0; i < 3; i++) {
                ck_assert_msg(bench_sample(&b, &r) == 0, "delay %d, request %u: %s", delay_ms, k, b.why.text);
                ck_assert_double_eq_tol(r.value[GNM_BATTERY_V], 13.2, 1e-9);
                ck_assert_double_eq_tol(r.value[GNM_SOC_PCT], 83, 1e-9);
                ck_assert_double_eq_tol(r.value[GNM_PV_V], 35, 1e-9);
                b.now_ms += 30000;
            }
            errors += b.c->status.errors;
            bench_stop(&b);
        }
    ck_assert_uint_gt(errors, 0);
}
END_TEST

/* Three weeks without the device, at the saver's poll of 300 s: attempts stay bounded, so does memory, and the first minute of its return brings values. */
START_TEST(weeks_of_absence)
{
    static struct device_log log;
    read_log("sunspec.log", &log);
    for (int tcp = 0; tcp < 2; tcp++) {
        struct bench b;
        struct gnm_reading r;
        start(&b, "sunspec", &log, tcp);
        ck_assert_int_eq(bench_sample(&b, &r), 0);
        responder_down(b.d);
        size_t memory = 0;
        int64_t start_ms = b.now_ms;
        for (int i = 0; i < 3 * 7 * 288; i++) {
            b.now_ms += 300000;
            ck_assert_int_lt(bench_sample(&b, &r), 0);
            ck_assert_int_le(b.c->backoff_ms, 60000);
            if (i == 100)
                memory = mallinfo2().uordblks;
        }
        ck_assert_uint_le(mallinfo2().uordblks, memory);
        ck_assert_int_ge(b.now_ms - start_ms, INT64_C(21) * 86400000);
        responder_up(b.d);
        b.d->seen = b.c->status.requests;
        b.now_ms += 61000;
        ck_assert_msg(bench_sample(&b, &r) == 0, "%s", b.why.text);
        ck_assert_double_eq_tol(r.value[GNM_BATTERY_V], 13.19, 1e-9);
        bench_stop(&b);
    }
}
END_TEST

enum { OTHERS = 64 };

/* Somebody else gets the name: this test, or a program beside it. Lower names may have become free meanwhile, so more than one is opened. Returns how many of `held` to close. */
static int take_name(const char *name, int held[2 * OTHERS])
{
    int n = 0;
    for (int mine = 0; !mine && n < 2 * OTHERS; n += 2) {
        ck_assert_int_eq(openpty(&held[n], &held[n + 1], NULL, NULL, NULL), 0);
        mine = strcmp(ttyname(held[n + 1]), name) == 0;
    }
    return n;
}

/* The adapter comes back as another device node; the link that names it (as /dev/serial/by-id does) is looked up at each opening. Another device
 * on the old node must not be read. */
START_TEST(adapter_returns_under_another_name)
{
    static struct device_log log;
    read_log("renogy.log", &log);
    struct bench b;
    struct gnm_reading r;
    char first[128], second[128];
    start(&b, "renogy", &log, 0);
    ck_assert_int_eq(bench_sample(&b, &r), 0);
    first[readlink(b.d->link, first, sizeof first - 1)] = '\0';
    responder_down(b.d);
    b.now_ms += 30000;
    ck_assert_int_lt(bench_sample(&b, &r), 0);
    int held[2 * OTHERS], n = take_name(first, held);
    responder_up(b.d);
    b.d->seen = b.c->status.requests;
    second[readlink(b.d->link, second, sizeof second - 1)] = '\0';
    ck_assert_str_ne(first, second);
    b.now_ms += 61000;
    ck_assert_msg(bench_sample(&b, &r) == 0, "%s", b.why.text);
    ck_assert_double_eq_tol(r.value[GNM_BATTERY_V], 12.3, 1e-9);
    while (n > 0)
        close(held[--n]);
    bench_stop(&b);
}
END_TEST

/* Stopping in the middle of a search or a sample returns at once and leaves nothing open. */
START_TEST(stops_in_a_search)
{
    static struct device_log log;
    static const char *const names[] = { "sunspec", "victron-gx" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int turns = 0; turns < 12; turns++) {
            struct bench b;
            struct gnm_reading r;
            struct gnm_wait wait;
            char file[100];
            snprintf(file, sizeof file, "%s.log", names[i]);
            read_log(file, &log);
            start(&b, names[i], &log, 1);
            ck_assert_int_eq(b.port.begin(b.port.ctx, b.now_ms, &b.why), 0);
            for (int k = 0; k < turns && b.port.poll(b.port.ctx, b.now_ms, 0, &r, &wait, &b.why) == -EAGAIN; k++)
                bench_turn(&b, &wait);
            double from_s = real_s();
            b.port.stop(b.port.ctx);
            ck_assert(real_s() - from_s < 0.02);
            ck_assert_int_lt(b.c->link.fd, 0);
            b.now_ms += 2000;
            ck_assert_int_eq(bench_sample(&b, &r), 0);
            bench_stop(&b);
        }
}
END_TEST

/* What polling costs in wake-ups: each sleep of the loop is one. Four reads a sample at 30 s. */
START_TEST(wake_ups_are_few)
{
    static struct device_log log;
    read_log("epever.log", &log);
    for (int tcp = 0; tcp < 2; tcp++) {
        struct bench b;
        struct gnm_reading r;
        start(&b, "epever", &log, tcp);
        ck_assert_int_eq(bench_sample(&b, &r), 0);
        unsigned before = b.waits, asked = b.c->status.requests;
        for (int i = 0; i < 100; i++) {
            b.now_ms = 31000000 + i * 30000;
            ck_assert_int_eq(bench_sample(&b, &r), 0);
        }
        double per_s = ((double)(b.waits - before) + 100) / 3000, reads = (double)(b.c->status.requests - asked) / 100;
        printf("device/hostile: %s: %.2f reads a sample, %.3f wake-ups a second at 30 s\n", tcp ? "TCP" : "serial", reads, per_s);
        ck_assert(reads >= 4 && reads < 4.5);
        ck_assert_msg(per_s <= (tcp ? 0.2 : 0.45), "%.3f wake-ups a second", per_s);
        bench_stop(&b);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/hostile");
    TCase *t = tcase_create("hostile");
    tcase_set_timeout(t, getenv("GNOMON_NIGHTLY") != NULL ? 1200 : 60);
    tcase_add_test(t, no_wrong_value_from_any_map);
    tcase_add_test(t, models_of_equal_length_are_told_apart);
    tcase_add_test(t, weeks_of_absence);
    tcase_add_test(t, adapter_returns_under_another_name);
    tcase_add_test(t, stops_in_a_search);
    tcase_add_test(t, wake_ups_are_few);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
