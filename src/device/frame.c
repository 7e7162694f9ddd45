#include "device/frame.h"

#include <errno.h>
#include <string.h>

uint16_t frame_crc(const uint8_t *data, size_t n)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < n; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1;
    }
    return (uint16_t)crc;
}

static void put16(uint8_t *ret, unsigned x)
{
    ret[0] = (uint8_t)(x >> 8);
    ret[1] = (uint8_t)x;
}

static unsigned get16(const uint8_t *data)
{
    return (unsigned)data[0] << 8 | data[1];
}

static void put_pdu(const struct frame_request *q, uint8_t ret[6])
{
    ret[0] = q->unit;
    ret[1] = q->function;
    put16(ret + 2, q->at);
    put16(ret + 4, q->count);
}

size_t frame_build(enum frame_kind kind, const struct frame_request *q, uint8_t ret[FRAME_TCP_REQUEST])
{
    if (kind == FRAME_RTU) {
        put_pdu(q, ret);
        uint16_t crc = frame_crc(ret, 6);
        ret[6] = (uint8_t)crc;
        ret[7] = (uint8_t)(crc >> 8);
        return FRAME_RTU_REQUEST;
    }
    put16(ret, q->transaction);
    put16(ret + 2, 0);
    put16(ret + 4, 6);
    put_pdu(q, ret + 6);
    return FRAME_TCP_REQUEST;
}

static size_t payload_size(const struct frame_request *q)
{
    return q->function <= 2 ? (q->count + 7u) / 8 : 2u * q->count;
}

size_t frame_answer_size(enum frame_kind kind, const struct frame_request *q)
{
    return payload_size(q) + (kind == FRAME_RTU ? 5 : 9);
}

static enum frame_verdict bad(struct gnm_why *why, const char *what, unsigned got, unsigned want)
{
    gnm_fail(why, -EBADMSG, "answer has %s %u instead of %u", what, got, want);
    return FRAME_BAD;
}

/* Unit, function and byte count, as far as they are here: FRAME_ANSWER or FRAME_EXCEPTION says what the frame claims to be. */
static enum frame_verdict check_head(const struct frame_request *q, const uint8_t *d, size_t n, struct gnm_why *why)
{
    if (n >= 1 && d[0] != q->unit)
        return bad(why, "unit", d[0], q->unit);
    if (n >= 2 && d[1] == (q->function | 0x80))
        return FRAME_EXCEPTION;
    if (n >= 2 && d[1] != q->function)
        return bad(why, "function", d[1], q->function);
    if (n >= 3 && d[2] != payload_size(q))
        return bad(why, "byte count", d[2], (unsigned)payload_size(q));
    return FRAME_ANSWER;
}

static enum frame_verdict more(size_t need, size_t n, struct frame_answer *ret)
{
    ret->missing = need - n;
    return FRAME_MORE;
}

static enum frame_verdict check_rtu(const struct frame_request *q, const uint8_t *d, size_t n, struct frame_answer *ret, struct gnm_why *why)
{
    enum frame_verdict claim = check_head(q, d, n, why);
    if (claim == FRAME_BAD)
        return FRAME_BAD;
    size_t size = claim == FRAME_EXCEPTION ? 5 : frame_answer_size(FRAME_RTU, q);
    if (n < size)
        return more(size, n, ret);
    unsigned crc = frame_crc(d, size - 2), got = (unsigned)d[size - 1] << 8 | d[size - 2];
    if (crc != got)
        return bad(why, "CRC", got, crc);
    ret->exception = claim == FRAME_EXCEPTION ? d[2] : 0;
    ret->payload = d + 3;
    return claim;
}

/* Some adapters hear themselves. The request's first two bytes are a good answer's, so the whole frame has to be compared. */
static enum frame_verdict check_echo(const struct frame_request *q, const uint8_t *d, size_t n, struct frame_answer *ret)
{
    uint8_t sent[FRAME_TCP_REQUEST];
    size_t size = frame_build(FRAME_RTU, q, sent);
    if (memcmp(d, sent, n < size ? n : size) != 0)
        return FRAME_BAD;
    if (n < size)
        return more(size, n, ret);
    ret->skip = size;
    return FRAME_SKIP;
}

/* The number tells that this is the answer to a question we gave up, or one given twice: harmless, the right one may still follow. */
static enum frame_verdict check_other(const uint8_t *d, size_t n, struct frame_answer *ret, struct gnm_why *why)
{
    size_t size = 6 + (size_t)get16(d + 4);
    if (size < 9 || size > FRAME_MAX)
        return bad(why, "length", (unsigned)size - 6, 3);
    if (n < size)
        return more(size, n, ret);
    ret->skip = size;
    return FRAME_SKIP;
}

static enum frame_verdict check_tcp(const struct frame_request *q, const uint8_t *d, size_t n, struct frame_answer *ret, struct gnm_why *why)
{
    if (n >= 4 && get16(d + 2) != 0)
        return bad(why, "protocol", get16(d + 2), 0);
    if (n < 8)
        return more(frame_answer_size(FRAME_TCP, q), n, ret);
    if (get16(d) != q->transaction)
        return check_other(d, n, ret, why);
    enum frame_verdict claim = check_head(q, d + 6, n - 6, why);
    if (claim == FRAME_BAD)
        return FRAME_BAD;
    size_t size = claim == FRAME_EXCEPTION ? 9 : frame_answer_size(FRAME_TCP, q);
    if (get16(d + 4) != size - 6)
        return bad(why, "length", get16(d + 4), (unsigned)size - 6);
    if (n < size)
        return more(size, n, ret);
    ret->exception = claim == FRAME_EXCEPTION ? d[8] : 0;
    ret->payload = d + 9;
    return claim;
}

enum frame_verdict frame_check(enum frame_kind kind, const struct frame_request *q, const uint8_t *data, size_t n, struct frame_answer *ret,
                               struct gnm_why *why)
{
    *ret = (struct frame_answer){ 0 };
    if (kind == FRAME_TCP)
        return check_tcp(q, data, n, ret, why);
    enum frame_verdict verdict = check_rtu(q, data, n, ret, why);
    return verdict == FRAME_BAD ? check_echo(q, data, n, ret) : verdict;
}

void frame_words(const struct frame_request *q, const uint8_t *payload, uint16_t *ret)
{
    for (size_t i = 0; i < q->count; i++)
        ret[i] = q->function <= 2 ? payload[i / 8] >> (i % 8) & 1 : (uint16_t)get16(payload + 2 * i);
}

const char *frame_exception_name(uint8_t code)
{
    static const char *const names[] = { [1] = "illegal function", [2] = "illegal address", [3] = "illegal count", [4] = "device failure",
                                         [5] = "acknowledged, busy", [6] = "busy", [7] = "refused", [8] = "memory parity",
                                         [10] = "no such service at the gateway", [11] = "no answer behind the gateway" };
    return code < sizeof names / sizeof *names && names[code] != NULL ? names[code] : "unknown";
}
