#include "forecast/boost_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


/* The CRC-32 of base/hash.h, four bytes a step: loading a model is mostly this. The tables are made on the spot, which costs less than a kilobyte does. */
static uint32_t checksum(const unsigned char *p, size_t len)
{
    uint32_t table[4][256], crc = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t x = i;
        for (int k = 0; k < 8; k++)
            x = x >> 1 ^ (UINT32_C(0xEDB88320) & -(x & 1));
        table[0][i] = x;
    }
    for (int t = 1; t < 4; t++)
        for (int i = 0; i < 256; i++)
            table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
    for (; len >= 4; p += 4, len -= 4) {
        crc ^= p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = table[3][crc & 255] ^ table[2][crc >> 8 & 255] ^ table[1][crc >> 16 & 255] ^ table[0][crc >> 24];
    }
    for (; len > 0; p++, len--)
        crc = crc >> 8 ^ table[0][(crc ^ *p) & 255];
    return ~crc;
}

void bytes_put(struct bytes_out *out, const void *data, size_t len)
{
    if (out->failed || len == 0)
        return;
    if (out->cap - out->len < len) {
        size_t cap = out->cap * 2 > out->len + len ? out->cap * 2 : out->len + len + 256;
        unsigned char *p = realloc(out->data, cap);
        if (p == NULL) {
            out->failed = 1;
            return;
        }
        out->data = p;
        out->cap = cap;
    }
    memcpy(out->data + out->len, data, len);
    out->len += len;
}

void bytes_u(struct bytes_out *out, uint64_t x, int bytes)
{
    unsigned char b[8];
    for (int i = 0; i < bytes; i++)
        b[i] = (unsigned char)(x >> 8 * i);
    bytes_put(out, b, (size_t)bytes);
}

void bytes_f32(struct bytes_out *out, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bytes_u(out, bits, 4);
}

void bytes_f64(struct bytes_out *out, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bytes_u(out, bits, 8);
}

int bytes_end(struct bytes_out *out, void **ret, size_t *len)
{
    bytes_u(out, out->failed ? 0 : checksum(out->data, out->len), 4);
    if (out->failed) {
        free(out->data);
        return -ENOMEM;
    }
    *ret = out->data;
    *len = out->len;
    return 0;
}

int bytes_begin(struct bytes_in *in, const void *data, size_t len)
{
    if (len < 4)
        return -EBADMSG;
    const unsigned char *p = data;
    struct bytes_in crc = { .at = p + len - 4, .end = p + len };
    if (bytes_get(&crc, 4) != checksum(data, len - 4))
        return -EBADMSG;
    *in = (struct bytes_in){ .at = p, .end = p + len - 4 };
    return 0;
}

const unsigned char *bytes_take(struct bytes_in *in, size_t len)
{
    if (in->failed || bytes_left(in) < len) {
        in->failed = 1;
        return NULL;
    }
    const unsigned char *p = in->at;
    in->at += len;
    return p;
}

uint64_t bytes_get(struct bytes_in *in, int bytes)
{
    const unsigned char *p = bytes_take(in, (size_t)bytes);
    uint64_t x = 0;
    for (int i = 0; p != NULL && i < bytes; i++)
        x |= (uint64_t)p[i] << 8 * i;
    return x;
}

float bytes_get_f32(struct bytes_in *in)
{
    uint32_t bits = (uint32_t)bytes_get(in, 4);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double bytes_get_f64(struct bytes_in *in)
{
    uint64_t bits = bytes_get(in, 8);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
