#include "base/hash.h"

#include <string.h>

uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * UINT64_C(1099511628211);
    return hash;
}

/* A product carries upwards only: its high half is folded down, so that every bit of a word reaches all of the sum. */
uint64_t hash_block(const void *data, size_t len)
{
    const unsigned char *p = data;
    uint64_t hash = HASH_START ^ len, word;
    for (; len >= sizeof word; len -= sizeof word, p += sizeof word) {
        memcpy(&word, p, sizeof word);
        hash = (hash ^ word) * UINT64_C(1099511628211);
        hash ^= hash >> 32;
    }
    return hash_bytes(hash, p, len);
}

/* Remainders of the sixteen half bytes: small enough to stay in the cache of a small processor. */
static const uint32_t half[16] = {
    0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
    0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
};

enum { TOGETHER = 4, LONG = 16384 };

static uint32_t next(uint32_t crc)
{
    crc = crc >> 4 ^ half[crc & 15];
    return crc >> 4 ^ half[crc & 15];
}

/* Four bytes a step by tables that are made for the call: models are of megabytes, and are looked at with each forecast. */
static uint32_t long_crc(uint32_t crc, const unsigned char *p, size_t len)
{
    uint32_t table[TOGETHER][256];
    for (uint32_t b = 0; b < 256; b++) {
        table[0][b] = next(b);
        for (int k = 1; k < TOGETHER; k++)
            table[k][b] = next(table[k - 1][b]);
    }
    for (size_t i = 0; i + TOGETHER <= len; i += TOGETHER) {
        crc ^= (uint32_t)p[i] | (uint32_t)p[i + 1] << 8 | (uint32_t)p[i + 2] << 16 | (uint32_t)p[i + 3] << 24;
        crc = table[3][crc & 255] ^ table[2][crc >> 8 & 255] ^ table[1][crc >> 16 & 255] ^ table[0][crc >> 24];
    }
    return crc;
}

uint32_t crc32_bytes(uint32_t crc, const void *data, size_t len)
{
    const unsigned char *p = data;
    size_t i = len >= LONG ? len - len % TOGETHER : 0;
    crc = i > 0 ? long_crc(~crc, p, i) : ~crc;
    for (; i < len; i++)
        crc = next(crc ^ p[i]);
    return ~crc;
}
