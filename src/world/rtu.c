#include "world/rtu.h"

#include <string.h>

uint16_t rtu_crc(const uint8_t *data, size_t len)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    return (uint16_t)crc;
}

int registers_is_write(int function)
{
    return function == 5 || function == 6 || function == 15 || function == 16 || function == 21 || function == 22 || function == 23;
}

void rtu_take(struct rtu *rtu, const uint8_t *data, size_t len)
{
    size_t room = sizeof rtu->data - rtu->len;
    if (len > room)
        len = room;
    memcpy(rtu->data + rtu->len, data, len);
    rtu->len += len;
}

/* Length of the request at the front, 0 while that cannot be told. */
static size_t frame_length(const struct rtu *rtu)
{
    if (rtu->len < 2)
        return 0;
    int function = rtu->data[1];
    if (function >= 1 && function <= 6)
        return 8;
    if (function == 15 || function == 16)
        return rtu->len < 7 ? 0 : (size_t)9 + rtu->data[6];
    return 0;
}

static int crc_right(const uint8_t *data, size_t len)
{
    if (len < 4)
        return 0;
    uint16_t crc = rtu_crc(data, len - 2);
    return data[len - 2] == (crc & 0xFF) && data[len - 1] == crc >> 8;
}

static void drop(struct rtu *rtu, size_t len)
{
    memmove(rtu->data, rtu->data + len, rtu->len - len);
    rtu->len -= len;
}

static size_t seal(uint8_t *reply, size_t len)
{
    uint16_t crc = rtu_crc(reply, len);
    reply[len] = (uint8_t)(crc & 0xFF);
    reply[len + 1] = (uint8_t)(crc >> 8);
    return len + 2;
}

static size_t refuse(const uint8_t *request, struct registers *registers, int code, uint8_t *reply)
{
    registers->refused++;
    reply[0] = request[0];
    reply[1] = request[1] | 0x80;
    reply[2] = (uint8_t)code;
    return seal(reply, 3);
}

static size_t pack_words(const uint16_t *word, int count, uint8_t *reply)
{
    reply[2] = (uint8_t)(2 * count);
    for (int i = 0; i < count; i++) {
        reply[3 + 2 * i] = (uint8_t)(word[i] >> 8);
        reply[4 + 2 * i] = (uint8_t)(word[i] & 0xFF);
    }
    return (size_t)3 + reply[2];
}

static size_t pack_bits(const uint16_t *bit, int count, uint8_t *reply)
{
    reply[2] = (uint8_t)((count + 7) / 8);
    memset(reply + 3, 0, reply[2]);
    for (int i = 0; i < count; i++)
        reply[3 + i / 8] |= (uint8_t)((bit[i] & 1) << i % 8);
    return (size_t)3 + reply[2];
}

static size_t answer(const uint8_t *request, struct registers *registers, uint8_t *reply)
{
    int function = request[1];
    registers->writes += (uint64_t)registers_is_write(function);
    if (function < REGISTERS_DISCRETE || function > REGISTERS_INPUT)
        return refuse(request, registers, 1, reply);
    int address = request[2] << 8 | request[3], count = request[4] << 8 | request[5];
    if (count < 1 || count > REGISTERS_MAX)
        return refuse(request, registers, 3, reply);
    uint16_t word[REGISTERS_MAX];
    if (registers->read(registers->ctx, function, address, count, word) < 0)
        return refuse(request, registers, 2, reply);
    registers->reads++;
    reply[0] = request[0];
    reply[1] = request[1];
    return seal(reply, function == REGISTERS_DISCRETE ? pack_bits(word, count, reply) : pack_words(word, count, reply));
}

size_t rtu_answer(struct rtu *rtu, struct registers *registers, int silence, uint8_t reply[RTU_FRAME])
{
    size_t len = frame_length(rtu);
    if (len == 0 && silence)
        len = rtu->len;    /* a function we do not know ends where the line falls silent */
    if (len == 0 || rtu->len < len) {
        if (silence)
            rtu->len = 0;
        return 0;
    }
    size_t sent = 0;
    if (crc_right(rtu->data, len)) {
        if (rtu->data[0] == registers->unit)
            sent = answer(rtu->data, registers, reply);
        drop(rtu, len);
    } else if (silence) {
        rtu->len = 0;
    }
    return sent;
}
