/* Modbus read requests and their answers as bytes, for a serial line (RTU) and for TCP. Pure: no socket, no clock.
 *
 * Answers are judged here and not by libmodbus: its 3.1.6 accepts a wrong unit, protocol and length on TCP, sends every raw request with
 * transaction id 0, refuses unit 255 on RTU, and has to block to tell an exception (5 bytes) from the first burst of a long answer. */
#ifndef DEVICE_FRAME_H
#define DEVICE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/why.h"

enum { FRAME_MAX = 260, FRAME_RTU_REQUEST = 8, FRAME_TCP_REQUEST = 12 };

enum frame_kind { FRAME_RTU, FRAME_TCP };

struct frame_request {
    uint16_t transaction;         /* TCP only */
    uint8_t unit, function;
    uint16_t at, count;
};

enum frame_verdict {
    FRAME_MORE,                   /* fine so far, not all here yet: `missing` bytes to come */
    FRAME_ANSWER,                 /* registers (or bits) at `payload` */
    FRAME_EXCEPTION,              /* the device refuses with code `exception` */
    FRAME_SKIP,                   /* the first `skip` bytes are not for us (own echo; answer to another transaction): drop them, look again */
    FRAME_BAD                     /* anything else: the bytes cannot be trusted; `why` says what is wrong */
};

struct frame_answer { const uint8_t *payload; uint8_t exception; size_t missing, skip; };

uint16_t frame_crc(const uint8_t *data, size_t n);
/* Bytes written to `ret`. The RTU form ends with its CRC. */
size_t frame_build(enum frame_kind kind, const struct frame_request *q, uint8_t ret[FRAME_TCP_REQUEST]);
enum frame_verdict frame_check(enum frame_kind kind, const struct frame_request *q, const uint8_t *data, size_t n, struct frame_answer *ret,
                               struct gnm_why *why);
/* Registers as they are; of bits (functions 1 and 2) each becomes a word 0 or 1. `ret` takes q->count words. */
void frame_words(const struct frame_request *q, const uint8_t *payload, uint16_t *ret);
/* Bytes of an answer to `q` without exception. */
size_t frame_answer_size(enum frame_kind kind, const struct frame_request *q);
/* "illegal address (exception 2)" */
const char *frame_exception_name(uint8_t code);

#endif
