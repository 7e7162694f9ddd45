/* Every fault of a Modbus line, on both kinds of line and at every request of a sample: never a wrong value, bounded time, recovery. */
#include <math.h>

#include "device_responder.h"

static const struct { enum gnm_field field; double value; } truth[] = {
    { GNM_PV_V, 35.2 }, { GNM_PV_A, 3.1 }, { GNM_PV_W, 109.12 }, { GNM_BATTERY_V, 14.12 }, { GNM_CHARGE_A, 7.5 }, { GNM_CHARGE_W, 105.9 }, { GNM_LOAD_V, 14.12 },
    { GNM_LOAD_A, .85 }, { GNM_LOAD_W, 12 }, { GNM_BATTERY_C, -2 }, { GNM_CASE_C, 31.5 }, { GNM_SOC_PCT, 83 }, { GNM_BATTERY_A, 6.65 },
    { GNM_STAGE, GNM_STAGE_ABSORPTION }, { GNM_FAULTS, 0 }, { GNM_PV_TODAY_KWH, 1.23 }, { GNM_PV_TOTAL_KWH, 1234.56 }, { GNM_LOAD_TODAY_KWH, .45 },
    { GNM_LOAD_TOTAL_KWH, 987.65 },
};

static void fill(struct responder *d)
{
    static const uint16_t live[18] = { 3520, 310, 10912, 0, 1412, 750, 10590, 0, 11, 12, 13, 14, 1412, 85, 1200, 0, 0xFF38, 3150 };
    static const uint16_t state[3] = { 0, 0x0009, 1 }, net[2] = { 665, 0 };
    static const uint16_t energy[20] = { 4000, 10, 1450, 1220, 45, 0, 500, 0, 9000, 0, 98765 & 0xFFFF, 98765 >> 16, 123, 0, 800, 0, 20000, 0, 123456 & 0xFFFF, 123456 >> 16 };
    memcpy(d->input + 0x3100, live, sizeof live);
    memcpy(d->input + 0x3200, state, sizeof state);
    memcpy(d->input + 0x331B, net, sizeof net);
    memcpy(d->input + 0x3300, energy, sizeof energy);
    d->input[0x311A] = 83;
}

/* Every value is the true one or missing; returns how many are there. */
static size_t check_truth(const struct gnm_reading *r, const char *where)
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof truth / sizeof *truth; i++) {
        double x = r->value[truth[i].field];
        ck_assert_msg(isnan(x) || fabs(x - truth[i].value) < 1e-9, "%s: %s = %.9g", where, gnm_field_names[truth[i].field], x);
        n += !isnan(x);
    }
    return n;
}

static void start(struct bench *b, int tcp)
{
    bench_start(b, tcp, load_epever(), 1);
    fill(b->d);
}

static void good(struct bench *b, const char *where, size_t at_least)
{
    struct gnm_reading r;
    int64_t from_ms = b->now_ms;
    int rc = bench_sample(b, &r);
    ck_assert_msg(rc == 0, "%s: %s", where, b->why.text);
    size_t n = check_truth(&r, where);
    ck_assert_msg(n >= at_least, "%s: only %zu values", where, n);
    ck_assert_int_eq(r.mono_ms, b->now_ms);
    ck_assert_int_eq(r.at_ms, b->now_ms + 1700000000000);
    ck_assert_int_le(b->now_ms - from_ms, 15000);
    b->now_ms += 30000;
}

enum { FAST = 15, ALL = 19 };

START_TEST(clean_line)
{
    for (int tcp = 0; tcp < 2; tcp++) {
        struct bench b;
        start(&b, tcp);
        good(&b, "first", ALL);
        unsigned first = b.c->status.requests;
        ck_assert_uint_eq(first, 9);                         /* 5 blocks, then the 4 fast ones again to confirm */
        b.waits = 0;
        good(&b, "second", FAST);
        ck_assert_uint_eq(b.c->status.requests - first, 4);
        ck_assert_uint_le(b.waits, tcp ? 4 : 7);             /* waking up costs energy: one a question, on a serial line one a gap */
        for (int i = 0; i < 8; i++)
            good(&b, "later", FAST);
        good(&b, "slow again", ALL);                         /* 5 minutes later */
        ck_assert_uint_eq(b.c->status.errors, 0);
        ck_assert_uint_eq(b.d->functions[4], b.c->status.requests);
        bench_stop(&b);
    }
}
END_TEST

/* One fault at the k-th request of a sample, then a sound line. */
static void one_fault(int tcp, enum fault fault, int arg, unsigned k, unsigned count)
{
    struct bench b;
    char where[100];
    snprintf(where, sizeof where, "%s, %s %d at request %u x %u", tcp ? "tcp" : "rtu", fault_names[fault], arg, k, count);
    start(&b, tcp);
    good(&b, where, ALL);
    b.d->fault = fault;
    b.d->arg = arg;
    b.d->from = b.d->seen + k;
    b.d->count = count;
    for (int i = 0; i < 3; i++) {
        struct gnm_reading r;
        int64_t from_ms = b.now_ms;
        int rc = bench_sample(&b, &r);
        if (rc == 0)
            check_truth(&r, where);
        else
            ck_assert_msg(rc != -EAGAIN && b.why.text[0] != '\0', "%s: %d without a reason", where, rc);
        ck_assert_msg(b.now_ms - from_ms <= 25000, "%s: %lld ms", where, (long long)(b.now_ms - from_ms));
        b.now_ms = b.now_ms + 30000;
    }
    b.d->count = 0;
    int refused = fault == EXCEPTION && arg == 2;
    good(&b, where, refused ? 1 : count > 1 ? FAST - 2 : FAST - 1);
    b.now_ms += refused ? 3600000 : 300000;                  /* what was refused rests an hour, an optional block that made trouble 5 minutes */
    good(&b, where, ALL);
    ck_assert_msg(b.slowest_s < 0.5, "%s: a call took %.3f s", where, b.slowest_s);
    bench_stop(&b);
}

static const struct { enum fault fault; int arg; } kinds[] = {
    { SILENT, 0 }, { LATE, 700 }, { LATE, 1100 }, { LATE, 1700 }, { LATE, 2500 }, { LATE, 3300 }, { CORRUPT, 0 }, { SPLIT, 120 }, { SPLIT, 450 }, { SPLIT, 700 },
    { ECHO_FIRST, 0 }, { ECHO_ONLY, 0 }, { STRAY, 0 }, { STRAY_LONG, 0 }, { NOISE, 0 }, { WRONG_UNIT, 0 }, { WRONG_FUNCTION, 0 }, { SHORT, 0 }, { CUT, 0 },
    { EXCEPTION, 2 }, { EXCEPTION, 6 }, { EXCEPTION, 4 }, { EXCEPTION, 11 }, { DOUBLE, 5 }, { DOUBLE, 60 }, { DOUBLE, 500 }, { WRONG_TRANSACTION, 0 }, { WRONG_PROTOCOL, 0 },
};

START_TEST(one_fault_each)
{
    int tcp = _i % 2, kind = _i / 2;
    int tcp_only = kinds[kind].fault == WRONG_TRANSACTION || kinds[kind].fault == WRONG_PROTOCOL;
    int rtu_only = kinds[kind].fault == ECHO_FIRST || kinds[kind].fault == ECHO_ONLY;
    if ((tcp_only && !tcp) || (rtu_only && tcp))
        return;
    for (unsigned k = 1; k <= 4; k++)
        one_fault(tcp, kinds[kind].fault, kinds[kind].arg, k, 1);
    one_fault(tcp, kinds[kind].fault, kinds[kind].arg, 3, 2);
    one_fault(tcp, kinds[kind].fault, kinds[kind].arg, 2, 5);
    one_fault(tcp, kinds[kind].fault, kinds[kind].arg, 1, 12);
}
END_TEST

/* An answer in two bursts within the byte time-out, an answer just in time, and an echo cost nothing. */
START_TEST(slow_but_right_is_no_error)
{
    static const struct { enum fault fault; int arg; } fine[] = { { LATE, 900 }, { SPLIT, 450 }, { ECHO_FIRST, 0 }, { DOUBLE, 5 } };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        struct bench b;
        start(&b, 0);
        b.d->fault = fine[i].fault;
        b.d->arg = fine[i].arg;
        b.d->from = 1;
        b.d->count = 1000;
        good(&b, fault_names[fine[i].fault], ALL);
        good(&b, fault_names[fine[i].fault], FAST);
        ck_assert_msg(b.c->status.errors == 0, "%s: %u errors", fault_names[fine[i].fault], b.c->status.errors);
        ck_assert_int_eq(b.c->status.echo, fine[i].fault == ECHO_FIRST);
        bench_stop(&b);
    }
}
END_TEST

/* The dangerous row: two blocks of equal length in turn and one late answer. libmodbus handed each block to the other's reader from then on. */
START_TEST(late_answer_with_equal_lengths)
{
    const char *text = "[map]\nname=T\nequal_counts=yes\norder=le\n[block 0x3104]\nfunction=4\ncount=4\n[block 0x3300]\nfunction=4\ncount=4\n"
        "[field battery_v]\nat=0x3104\ntype=u16\nscale=0.01\n[field charge_a]\nat=0x3105\ntype=u16\nscale=0.01\n"
        "[field pv_v]\nat=0x3300\ntype=u16\nscale=0.01\n[field load_v]\nat=0x3302\ntype=u16\nscale=0.01\n";
    for (int late_ms = 900; late_ms <= 1950; late_ms += late_ms >= 1050 && late_ms < 1130 ? 1 : 50)   /* every moment around the next questions */
        for (unsigned k = 1; k <= 2; k++) {
            struct bench b;
            bench_start(&b, 0, load_map(text), 1);
            fill(b.d);
            b.d->fault = LATE;
            b.d->arg = late_ms;
            b.d->count = 1;
            for (int i = 0; i < 8; i++) {
                struct gnm_reading r;
                if (i == 2)
                    b.d->from = b.d->seen + k;
                ck_assert_msg(bench_sample(&b, &r) == 0, "%s", b.why.text);
                ck_assert_double_eq_tol(r.value[GNM_BATTERY_V], 14.12, 1e-9);
                ck_assert_double_eq_tol(r.value[GNM_CHARGE_A], 7.5, 1e-9);
                ck_assert_double_eq_tol(r.value[GNM_PV_V], 40, 1e-9);
                ck_assert_double_eq_tol(r.value[GNM_LOAD_V], 14.5, 1e-9);
                b.now_ms += 30000;
            }
            ck_assert_uint_eq(b.c->status.errors, late_ms > 1000);
            bench_stop(&b);
        }
}
END_TEST

/* A cheap gateway hands the late answer to whoever is connected now. */
START_TEST(late_answer_over_a_new_connection)
{
    struct bench b;
    start(&b, 1);
    good(&b, "before", ALL);
    b.d->fault = SILENT;
    b.d->from = b.d->seen + 1;
    b.d->count = 1;
    struct gnm_reading r;
    struct gnm_wait wait;
    ck_assert_int_eq(b.port.begin(b.port.ctx, b.now_ms, &b.why), 0);
    int rc, planted = 0;
    while ((rc = b.port.poll(b.port.ctx, b.now_ms, 0, &r, &wait, &b.why)) == -EAGAIN) {
        if (!planted && b.c->status.errors == 1 && b.d->fd >= 0 && b.c->phase == SAMPLE_ANSWER) {
            b.d->input[0x3104] = 1555;                       /* if this were taken, it would show */
            struct frame_request old = b.c->request;
            old.transaction--;
            uint8_t frame[300];
            queue(b.d, b.now_ms, frame, compose(b.d, &old, frame));
            b.d->input[0x3104] = 1412;
            planted = 1;
        }
        bench_turn(&b, &wait);
    }
    ck_assert(planted);
    ck_assert_msg(rc == 0, "%s", b.why.text);
    check_truth(&r, "after");
    ck_assert_uint_eq(b.c->status.errors, 1);
    bench_stop(&b);
}
END_TEST

/* ---- going away and coming back ---- */

static int open_files(void)
{
    int n = 0;
    for (int fd = 0; fd < 64; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

START_TEST(vanishes_and_returns)
{
    for (int tcp = 0; tcp < 2; tcp++)
        for (int during = 0; during < 2; during++) {
            struct bench b;
            struct gnm_reading r;
            start(&b, tcp);
            good(&b, "before", ALL);
            if (during) {
                b.d->fault = VANISH;
                b.d->from = b.d->seen + 2;
                b.d->count = 1;
            } else {
                responder_down(b.d);
            }
            int64_t from_ms = b.now_ms;
            ck_assert_int_lt(bench_sample(&b, &r), 0);
            ck_assert_msg(b.why.text[0] != '\0', "no reason");
            ck_assert_int_le(b.now_ms - from_ms, 3500);
            ck_assert_int_lt(b.c->link.fd, 0);                /* the adapter could come back only under another name */
            ck_assert_int_eq(b.port.begin(b.port.ctx, b.now_ms, &b.why), -EHOSTDOWN);
            int failures = 0, files = open_files();
            for (int i = 0; i < 10; i++) {
                b.now_ms += 30000;
                failures += bench_sample(&b, &r) < 0;
            }
            ck_assert_int_eq(failures, 10);
            ck_assert_int_eq(open_files(), files);
            ck_assert_int_eq(b.c->backoff_ms, 60000);
            responder_up(b.d);
            b.d->seen = b.c->status.requests;
            b.now_ms += 61000;
            good(&b, "back again", ALL);
            ck_assert_int_eq(b.c->backoff_ms, 0);
            bench_stop(&b);
        }
}
END_TEST

/* Gateways close idle connections: that is no error and costs no sample. */
START_TEST(idle_connection_closed)
{
    struct bench b;
    start(&b, 1);
    good(&b, "first", ALL);
    for (int i = 0; i < 5; i++) {
        unsigned before = b.c->status.requests;
        close(b.d->fd);
        b.d->fd = -1;
        good(&b, "after an idle close", FAST);
        ck_assert_uint_eq(b.c->status.requests - before, 4); /* the sample before confirms it */
    }
    ck_assert_uint_eq(b.c->status.errors, 0);
    bench_stop(&b);
}
END_TEST

START_TEST(first_sample_after_reconnect_must_agree)
{
    for (int tcp = 0; tcp < 2; tcp++) {
        struct bench b;
        struct gnm_reading r;
        start(&b, tcp);
        ck_assert_int_eq(b.port.begin(b.port.ctx, b.now_ms, &b.why), 0);
        struct gnm_wait wait;
        int rc;
        while ((rc = b.port.poll(b.port.ctx, b.now_ms, 0, &r, &wait, &b.why)) == -EAGAIN) {
            b.d->input[0x3104] = b.c->round == 1 ? 1712 : 1412;   /* garbage when the port is opened */
            bench_turn(&b, &wait);
        }
        ck_assert_int_eq(rc, 0);
        ck_assert_int_eq(b.c->round, 3);
        check_truth(&r, "confirmed");
        bench_stop(&b);
    }
}
END_TEST

START_TEST(nobody_there)
{
    struct bench b;
    struct gnm_reading r;
    start(&b, 0);
    responder_down(b.d);
    ck_assert_int_eq(bench_sample(&b, &r), -ENOENT);
    bench_stop(&b);
    start(&b, 1);
    responder_down(b.d);
    ck_assert_int_eq(bench_sample(&b, &r), -ECONNREFUSED);
    ck_assert_msg(strstr(b.why.text, "cannot connect to 127.0.0.1") != NULL, "%s", b.why.text);
    bench_stop(&b);
    start(&b, 0);
    b.d->unit = 9;                                            /* a line, but nobody of that number on it */
    int64_t from_ms = b.now_ms;
    ck_assert_int_eq(bench_sample(&b, &r), -ETIMEDOUT);
    ck_assert_msg(strstr(b.why.text, "unit 1: no answer") != NULL, "%s", b.why.text);
    ck_assert_int_le(b.now_ms - from_ms, 6500);
    bench_stop(&b);
}
END_TEST

/* A host that swallows the connection request: here a queue of connections that is full. */
START_TEST(silent_host)
{
    struct bench b;
    struct gnm_reading r;
    struct gnm_wait wait;
    int rc = 0, filler[8];
    start(&b, 1);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)b.d->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    listen(b.d->listen_fd, 0);
    for (int i = 0; i < 8; i++) {
        filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(filler[i], (struct sockaddr *)&a, sizeof a);
    }
    int64_t from_ms = b.now_ms;
    double from_s = real_s();
    ck_assert_int_eq(b.port.begin(b.port.ctx, b.now_ms, &b.why), 0);
    while ((rc = b.port.poll(b.port.ctx, b.now_ms, 0, &r, &wait, &b.why)) == -EAGAIN) {
        ck_assert_int_eq(wait.fd[0].events, POLLOUT);
        b.now_ms = wait.deadline_ms;
    }
    ck_assert_int_eq(rc, -ETIMEDOUT);
    ck_assert_int_eq(b.now_ms - from_ms, SAMPLE_CONNECT_MS);
    ck_assert_double_lt(real_s() - from_s, 0.5);
    for (int i = 0; i < 8; i++)
        close(filler[i]);
    bench_stop(&b);
}
END_TEST

/* ---- devices that refuse ---- */

/* A Tracer 3210A: one register at a time at 0x311A, nothing at 0x331B. */
static int refuses_like_3210(const struct frame_request *q)
{
    return q->at <= 0x331C && q->at + q->count > 0x331A ? 2 : 0;
}

/* A gateway that gives no more than 8 registers at once, and not the undocumented ones. */
static int refuses_long(const struct frame_request *q)
{
    if (q->at < 0x310C && q->at + q->count > 0x3108)
        return 2;
    return q->count > 8 ? 3 : 0;
}

START_TEST(refused_blocks_shrink_or_stay_out)
{
    for (int tcp = 0; tcp < 2; tcp++) {
        struct bench b;
        struct gnm_reading r;
        start(&b, tcp);
        b.d->refuses = refuses_like_3210;
        good(&b, "3210", ALL - 1);
        unsigned exceptions = b.c->status.exceptions;
        ck_assert_uint_eq(exceptions, 1);
        good(&b, "3210", FAST - 1);
        ck_assert_uint_eq(b.c->status.exceptions, exceptions);   /* not asked again until the line is opened anew */
        b.d->refuses = NULL;
        b.port.stop(b.port.ctx);
        good(&b, "reopened", ALL);
        bench_stop(&b);
        start(&b, tcp);
        b.d->refuses = refuses_long;
        good(&b, "8 at once", ALL);
        good(&b, "8 at once", FAST);
        ck_assert_uint_eq(b.c->status.errors, 0);
        bench_stop(&b);
        start(&b, tcp);
        b.d->fault = EXCEPTION;
        b.d->from = 1;
        b.d->count = 10000;
        b.d->arg = 2;
        ck_assert_int_eq(bench_sample(&b, &r), -EREMOTEIO);
        ck_assert_msg(strstr(b.why.text, "illegal address (exception 2)") != NULL, "%s", b.why.text);
        bench_stop(&b);
    }
}
END_TEST

/* An optional block that is never answered must not take the sample with it. */
START_TEST(silent_optional_block)
{
    struct bench b;
    for (int tcp = 0; tcp < 2; tcp++) {
        start(&b, tcp);
        good(&b, "before", ALL);
        b.d->fault = SILENT;
        b.d->from = b.d->seen + 4;
        b.d->count = 2;
        good(&b, "without net current", FAST - 1);
        unsigned errors = b.c->status.errors;
        ck_assert_uint_eq(errors, 2);
        good(&b, "left alone", FAST - 1);
        ck_assert_uint_eq(b.c->status.errors, errors);
        bench_stop(&b);
    }
}
END_TEST

/* ---- manners ---- */

START_TEST(port_is_ours_alone)
{
    struct bench b;
    struct gnm_reading r;
    struct controller *second;
    struct gnm_controller port;
    struct gnm_wait wait;
    char line[128];
    start(&b, 0);
    good(&b, "first", ALL);
    bench_line(b.d, line, sizeof line);
    ck_assert_int_eq(controller_new(b.map, line, 1, &second, NULL), 0);
    controller_port(second, &port);
    ck_assert_int_eq(port.begin(port.ctx, b.now_ms, NULL), 0);
    ck_assert_int_eq(port.poll(port.ctx, b.now_ms, 0, &r, &wait, &b.why), -EBUSY);
    ck_assert_msg(strstr(b.why.text, "another program") != NULL, "%s", b.why.text);
    b.port.stop(b.port.ctx);
    b.now_ms += 2000;
    ck_assert_int_eq(port.begin(port.ctx, b.now_ms, NULL), 0);
    ck_assert_int_eq(port.poll(port.ctx, b.now_ms, 0, &r, &wait, &b.why), -EAGAIN);
    controller_free(second);
    bench_stop(&b);
}
END_TEST

START_TEST(unit_255_on_a_serial_line)
{
    for (int tcp = 0; tcp < 2; tcp++) {
        struct bench b;
        bench_start(&b, tcp, load_epever(), 255);
        fill(b.d);
        good(&b, "unit 255", ALL);
        bench_stop(&b);
    }
    struct controller *c;
    struct map *map = load_epever();
    ck_assert_int_eq(controller_new(map, "rtu:/dev/null", 0, &c, NULL), -EINVAL);
    ck_assert_int_eq(controller_new(map, "rtu:/dev/null", 248, &c, NULL), -EINVAL);
    map_free(map);
}
END_TEST

START_TEST(stops_at_once_in_every_phase)
{
    for (int tcp = 0; tcp < 2; tcp++)
        for (int steps = 1; steps < 30; steps += 2) {
            struct bench b;
            struct gnm_reading r;
            struct gnm_wait wait;
            start(&b, tcp);
            b.d->fault = NOISE;
            b.d->from = 3;
            b.d->count = 2;
            ck_assert_int_eq(b.port.begin(b.port.ctx, b.now_ms, &b.why), 0);
            for (int i = 0; i < steps && b.port.poll(b.port.ctx, b.now_ms, 0, &r, &wait, &b.why) == -EAGAIN; i++)
                bench_turn(&b, &wait);
            double from = real_s();
            b.port.stop(b.port.ctx);
            ck_assert_double_lt(real_s() - from, 0.3);
            ck_assert_int_lt(b.c->link.fd, 0);
            b.now_ms += 1000;
            b.d->count = 0;
            b.d->n_out = 0;
            b.d->seen = b.c->status.requests;
            good(&b, "after stop", ALL);
            bench_stop(&b);
        }
}
END_TEST

/* A line that babbles without end is closed like any other that does not work. */
START_TEST(endless_noise_ends)
{
    struct bench b;
    struct gnm_reading r;
    struct gnm_wait wait;
    start(&b, 0);
    int64_t from_ms = b.now_ms;
    ck_assert_int_eq(b.port.begin(b.port.ctx, b.now_ms, &b.why), 0);
    int rc;
    while ((rc = b.port.poll(b.port.ctx, b.now_ms, 0, &r, &wait, &b.why)) == -EAGAIN) {
        queue(b.d, b.now_ms, (const uint8_t[]){ 0x5A, 0xA5 }, 2);
        deliver_due(b.d, b.now_ms, b.c->link.fd);
        b.now_ms = wait.deadline_ms;
        ck_assert_int_lt(b.now_ms - from_ms, 60000);
    }
    ck_assert_int_lt(rc, 0);
    ck_assert_int_lt(b.c->link.fd, 0);
    b.d->seen = b.c->status.requests;
    b.d->n_out = 0;
    b.now_ms += 2000;
    uint8_t waste[512];
    while (read(b.d->fd, waste, sizeof waste) > 0)
        ;
    good(&b, "after the noise", ALL);
    bench_stop(&b);
}
END_TEST

START_TEST(only_reads_were_sent)
{
    struct bench b;
    start(&b, 0);
    for (enum fault f = SILENT; f < WRONG_TRANSACTION; f++) {
        struct gnm_reading r;
        b.d->fault = f;
        b.d->arg = f == EXCEPTION ? 2 : 700;
        b.d->from = b.d->seen + 2;
        b.d->count = 2;
        bench_sample(&b, &r);
        b.now_ms += 61000;
    }
    unsigned all = 0;
    for (int i = 0; i < 256; i++)
        all += i >= 1 && i <= 4 ? 0 : b.d->functions[i];
    ck_assert_uint_eq(all, 0);
    ck_assert_uint_gt(b.d->functions[4], 50);
    bench_stop(&b);
}
END_TEST

START_TEST(frozen_registers_are_noticed)
{
    struct bench b;
    start(&b, 1);
    for (int i = 0; i < 4; i++)
        good(&b, "frozen", FAST);
    ck_assert_uint_eq(b.c->status.frozen, 3);
    b.d->input[0x3108]++;
    good(&b, "alive", FAST);
    ck_assert_uint_eq(b.c->status.frozen, 0);
    bench_stop(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/faults");
    TCase *t = tcase_create("faults");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, clean_line);
    tcase_add_loop_test(t, one_fault_each, 0, 2 * (int)(sizeof kinds / sizeof *kinds));
    tcase_add_test(t, slow_but_right_is_no_error);
    tcase_add_test(t, late_answer_with_equal_lengths);
    tcase_add_test(t, late_answer_over_a_new_connection);
    tcase_add_test(t, vanishes_and_returns);
    tcase_add_test(t, idle_connection_closed);
    tcase_add_test(t, first_sample_after_reconnect_must_agree);
    tcase_add_test(t, nobody_there);
    tcase_add_test(t, silent_host);
    tcase_add_test(t, refused_blocks_shrink_or_stay_out);
    tcase_add_test(t, silent_optional_block);
    tcase_add_test(t, port_is_ours_alone);
    tcase_add_test(t, unit_255_on_a_serial_line);
    tcase_add_test(t, stops_at_once_in_every_phase);
    tcase_add_test(t, endless_noise_ends);
    tcase_add_test(t, only_reads_were_sent);
    tcase_add_test(t, frozen_registers_are_noticed);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
