/* Bytes of requests and answers, the names of lines, and how a refused block is cut: all pure. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/link.h"
#include "device/plan.h"

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

static const struct frame_request ask_4e = { 7, 1, 4, 0x3104, 1 };

START_TEST(documented_frames_have_our_crc)
{
    static const struct { uint8_t n, byte[9]; } row[] = {
        { 8, { 0x01, 0x04, 0x31, 0x04, 0x00, 0x01, 0x7E, 0xF7 } }, { 7, { 0x01, 0x04, 0x02, 0x04, 0xCE, 0x3A, 0x64 } },
        { 8, { 0x01, 0x04, 0x33, 0x1B, 0x00, 0x02, 0x0E, 0x88 } }, { 9, { 0x01, 0x04, 0x04, 0xFF, 0x6A, 0xFF, 0xFF, 0xEA, 0x3C } },
        { 8, { 0x01, 0x04, 0x31, 0x00, 0x00, 0x12, 0x7E, 0xFB } }, { 5, { 0x01, 0x84, 0x02, 0xC2, 0xC1 } },
        { 8, { 0x01, 0x03, 0x01, 0x01, 0x00, 0x01, 0xD4, 0x36 } }, { 7, { 0x01, 0x03, 0x02, 0x00, 0x7B, 0xF8, 0x67 } },
        { 8, { 0x01, 0x03, 0x01, 0x03, 0x00, 0x01, 0x75, 0xF6 } }, { 7, { 0x01, 0x03, 0x02, 0x1B, 0x19, 0x73, 0x7E } },
        { 8, { 0x01, 0x03, 0x01, 0x20, 0x00, 0x01, 0x84, 0x3C } }, { 7, { 0x01, 0x03, 0x02, 0xE4, 0x02, 0x72, 0x85 } },
        { 8, { 0x01, 0x03, 0x01, 0x21, 0x00, 0x02, 0x95, 0xFD } }, { 9, { 0x01, 0x03, 0x04, 0x00, 0x00, 0x00, 0x21, 0x3A, 0x2B } },
        { 7, { 0x01, 0x2B, 0x0E, 0x01, 0x00, 0x70, 0x77 } },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        ck_assert_uint_eq(frame_crc(row[i].byte, row[i].n - 2u), row[i].byte[row[i].n - 2] | row[i].byte[row[i].n - 1] << 8);
}
END_TEST

START_TEST(requests_are_built)
{
    uint8_t got[FRAME_TCP_REQUEST];
    ck_assert_uint_eq(frame_build(FRAME_RTU, &ask_4e, got), 8);
    ck_assert_mem_eq(got, ((uint8_t[]){ 0x01, 0x04, 0x31, 0x04, 0x00, 0x01, 0x7E, 0xF7 }), 8);
    ck_assert_uint_eq(frame_build(FRAME_TCP, &ask_4e, got), 12);
    ck_assert_mem_eq(got, ((uint8_t[]){ 0, 7, 0, 0, 0, 6, 1, 4, 0x31, 4, 0, 1 }), 12);
}
END_TEST

static enum frame_verdict check(enum frame_kind kind, const uint8_t *data, size_t n, struct frame_answer *ret, const char *says)
{
    struct gnm_why why = { 0 };
    enum frame_verdict verdict = frame_check(kind, &ask_4e, data, n, ret, &why);
    ck_assert_msg(says == NULL || strstr(why.text, says) != NULL, "\"%s\" does not say %s", why.text, says);
    return verdict;
}

START_TEST(rtu_answers_are_judged)
{
    struct frame_answer a;
    const uint8_t good[] = { 0x01, 0x04, 0x02, 0x04, 0xCE, 0x3A, 0x64 };
    for (size_t n = 0; n < 7; n++) {
        ck_assert_int_eq(check(FRAME_RTU, good, n, &a, NULL), FRAME_MORE);
        ck_assert_uint_eq(a.missing, 7 - n);
    }
    ck_assert_int_eq(check(FRAME_RTU, good, 7, &a, NULL), FRAME_ANSWER);
    uint16_t word;
    frame_words(&ask_4e, a.payload, &word);
    ck_assert_uint_eq(word, 1230);
    ck_assert_int_eq(check(FRAME_RTU, BYTES(0x01, 0x84, 0x02, 0xC2, 0xC1), &a, NULL), FRAME_EXCEPTION);
    ck_assert_uint_eq(a.exception, 2);
    ck_assert_int_eq(check(FRAME_RTU, BYTES(0x01, 0x84), &a, NULL), FRAME_MORE);
    ck_assert_int_eq(check(FRAME_RTU, BYTES(0x01, 0x04, 0x02, 0x04, 0xCF, 0x3A, 0x64), &a, "CRC"), FRAME_BAD);
    ck_assert_int_eq(check(FRAME_RTU, BYTES(0x01, 0x84, 0x02, 0xC2, 0xC0), &a, "CRC"), FRAME_BAD);
    ck_assert_int_eq(check(FRAME_RTU, BYTES(0x02, 0x04, 0x02), &a, "unit 2"), FRAME_BAD);
    ck_assert_int_eq(check(FRAME_RTU, BYTES(0x01, 0x03, 0x02), &a, "function 3"), FRAME_BAD);
    ck_assert_int_eq(check(FRAME_RTU, BYTES(0x01, 0x04, 0x04), &a, "byte count 4"), FRAME_BAD);
    ck_assert_int_eq(check(FRAME_RTU, BYTES(0x01, 0x04, 0x31, 0x04), &a, NULL), FRAME_MORE);
    ck_assert_int_eq(check(FRAME_RTU, BYTES(0x01, 0x04, 0x31, 0x04, 0x00, 0x01, 0x7E, 0xF7, 0x01), &a, NULL), FRAME_SKIP);
}
END_TEST

/* The request's high address byte may equal the byte count wanted, so that only the CRC tells echo from answer. */
START_TEST(echo_that_looks_like_an_answer)
{
    const struct frame_request q = { 0, 1, 3, 0x0206, 1 };
    uint8_t data[32];
    struct frame_answer a;
    size_t n = frame_build(FRAME_RTU, &q, data);
    ck_assert_int_eq(frame_check(FRAME_RTU, &q, data, n, &a, NULL), FRAME_SKIP);
    memcpy(data + n, (uint8_t[]){ 0x01, 0x03, 0x02, 0x00, 0x7B, 0xF8, 0x67 }, 7);
    ck_assert_int_eq(frame_check(FRAME_RTU, &q, data, n + 7, &a, NULL), FRAME_SKIP);
    ck_assert_int_eq(frame_check(FRAME_RTU, &q, data + 8, 7, &a, NULL), FRAME_ANSWER);
}
END_TEST

START_TEST(tcp_answers_are_judged)
{
    struct frame_answer a;
    const uint8_t good[] = { 0, 7, 0, 0, 0, 5, 1, 4, 2, 0x04, 0xCE };
    for (size_t n = 0; n < sizeof good; n++)
        ck_assert_int_eq(check(FRAME_TCP, good, n, &a, NULL), FRAME_MORE);
    ck_assert_int_eq(check(FRAME_TCP, good, sizeof good, &a, NULL), FRAME_ANSWER);
    ck_assert_uint_eq(a.payload[1], 0xCE);
    ck_assert_int_eq(check(FRAME_TCP, BYTES(0, 7, 0, 0, 0, 3, 1, 0x84, 11), &a, NULL), FRAME_EXCEPTION);
    ck_assert_uint_eq(a.exception, 11);
    const uint8_t other[] = { 0, 6, 0, 0, 0, 7, 1, 4, 4, 0x04, 0xCE, 0, 0, 0, 7 };
    ck_assert_int_eq(check(FRAME_TCP, other, 10, &a, NULL), FRAME_MORE);
    ck_assert_int_eq(check(FRAME_TCP, other, sizeof other, &a, NULL), FRAME_SKIP);
    ck_assert_uint_eq(a.skip, 13);
    static const struct { const char *says; uint8_t at, byte; } row[] = { { "protocol", 3, 1 }, { "length 6", 5, 6 },
        { "unit 2", 6, 2 }, { "function 3", 7, 3 }, { "byte count 4", 8, 4 } };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint8_t bent[sizeof good];
        memcpy(bent, good, sizeof good);
        bent[row[i].at] = row[i].byte;
        ck_assert_int_eq(check(FRAME_TCP, bent, sizeof bent, &a, row[i].says), FRAME_BAD);
    }
}
END_TEST

START_TEST(bits_become_words)
{
    const struct frame_request q = { 0, 1, 2, 0x2000, 13 };
    uint16_t words[13];
    frame_words(&q, (const uint8_t[]){ 0x01, 0x10 }, words);
    for (int i = 0; i < 13; i++)
        ck_assert_uint_eq(words[i], i == 0 || i == 12);
    ck_assert_uint_eq(frame_answer_size(FRAME_RTU, &q), 7);
}
END_TEST

/* There is one place that sends, and it refuses every function that could change something. */
START_TEST(only_reading_functions_leave)
{
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    struct line line;
    struct link link;
    ck_assert_int_eq(line_parse("tcp:127.0.0.1:502", "", &line, NULL), 0);
    link_init(&link, &line);
    link.fd = pair[0];
    char byte[64];
    for (int function = 0; function < 256; function++) {
        struct frame_request q = { 0, 1, (uint8_t)function, 0x10, 1 };
        int reads = function >= 1 && function <= 4;
        ck_assert_int_eq(link_send(&link, &q, NULL), reads ? 0 : -EPERM);
        ck_assert_int_eq(read(pair[1], byte, sizeof byte), reads ? 12 : -1);
    }
    close(pair[1]);
    link_close(&link);
}
END_TEST

START_TEST(lines_are_named)
{
    struct line l;
    ck_assert_int_eq(line_parse("tcp:192.168.1.4:1502", "", &l, NULL), 0);
    ck_assert(l.kind == FRAME_TCP && strcmp(l.path, "192.168.1.4") == 0 && l.port == 1502);
    ck_assert_int_eq(line_parse("tcp:[fe80::1]:502", "", &l, NULL), 0);
    ck_assert(strcmp(l.path, "fe80::1") == 0 && l.port == 502);
    ck_assert_int_eq(line_parse("/dev/ttyUSB0", "", &l, NULL), 0);
    ck_assert(l.kind == FRAME_RTU && l.baud == 115200 && l.parity == 'N' && l.data_bits == 8 && l.stop_bits == 1);
    ck_assert_int_eq(line_parse("rtu:/dev/ttyUSB0", "9600 8N2", &l, NULL), 0);
    ck_assert(l.baud == 9600 && l.stop_bits == 2);
    ck_assert_int_eq(line_parse("rtu:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0:19200:8E1", "", &l, NULL), 0);
    ck_assert(strcmp(l.path, "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0") == 0 && l.baud == 19200 && l.parity == 'E');
    ck_assert_int_eq(line_parse("rtu:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0", "", &l, NULL), 0);
    ck_assert(strcmp(l.path, "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0") == 0);
    static const char *const wrong[] = { "", "tcp:", "tcp:1.2.3.4", "tcp:1.2.3.4:0", "tcp::502", "rtu:", "rtu:ttyUSB0", "rtu:/dev/x:1234:8N1", "serial:/dev/x", "tcp:[]:5" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(line_parse(wrong[i], "", &l, NULL) < 0, "accepted %s", wrong[i]);
    ck_assert_int_lt(line_parse("/dev/x", "fast", &l, NULL), 0);
}
END_TEST

START_TEST(refused_block_is_cut_around_its_fields)
{
    const char *text = "[map]\nname=T\n[block 0x10]\nfunction=4\ncount=12\n[field pv_v]\nat=0x11\ntype=u16\n[field pv_w]\nat=0x13\ntype=u32le\n[field battery_v]\nat=0x18\ntype=u16\n";
    struct map *map;
    struct plan plan;
    ck_assert_int_eq(map_load("t.conf", text, strlen(text), &map, NULL), 0);
    plan_init(&plan, map, NULL);
    ck_assert_int_eq(plan_shrink(&plan, 0), 1);
    ck_assert_uint_eq(plan.n, 2);
    ck_assert(plan.piece[0].at == 0x11 && plan.piece[0].count == 1);
    ck_assert(plan.piece[1].at == 0x13 && plan.piece[1].count == 6);
    ck_assert_int_eq(plan_shrink(&plan, 0), 0);
    ck_assert_int_eq(plan_shrink(&plan, 1), 1);
    ck_assert(plan.piece[1].at == 0x13 && plan.piece[1].count == 2 && plan.piece[2].at == 0x18 && plan.piece[2].count == 1);
    ck_assert_uint_eq(plan_left_out(&plan, 0), 1);
    map_free(map);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/frame");
    TCase *t = tcase_create("frame");
    tcase_set_timeout(t, 10);
    tcase_add_test(t, documented_frames_have_our_crc);
    tcase_add_test(t, requests_are_built);
    tcase_add_test(t, rtu_answers_are_judged);
    tcase_add_test(t, echo_that_looks_like_an_answer);
    tcase_add_test(t, tcp_answers_are_judged);
    tcase_add_test(t, bits_become_words);
    tcase_add_test(t, only_reading_functions_leave);
    tcase_add_test(t, lines_are_named);
    tcase_add_test(t, refused_block_is_cut_around_its_fields);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
