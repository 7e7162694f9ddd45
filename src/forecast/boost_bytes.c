#include "forecast/boost_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


static uint32_t word(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* table[t][i]: byte i, then t bytes of zeros. From the powers of two, which need no branch: tables are made in a microsecond, faster than a kilobyte. */
static void make_tables(uint32_t table[8][256])
{
    table[0][0] = 0;
    for (uint32_t i = 128, x = 1; i > 0; i >>= 1) {
        x = x >> 1 ^ (UINT32_C(0xEDB88320) & -(x & 1));
        for (uint32_t k = 0; k < 256; k += 2 * i)
            table[0][i + k] = x ^ table[0][k];
    }
    for (int t = 1; t < 8; t++)
        for (int i = 0; i < 256; i++)
            table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
}

/* The CRC-32 of base/hash.h, eight bytes a step: loading a model was mostly this. */
static uint32_t checksum(const unsigned char *p, size_t len)
{
    uint32_t t[8][256], crc = UINT32_MAX;
    make_tables(t);
    for (; len >= 8; p += 8, len -= 8) {
        uint32_t a = crc ^ word(p), b = word(p + 4);
        crc = t[7][a & 255] ^ t[6][a >> 8 & 255] ^ t[5][a >> 16 & 255] ^ t[4][a >> 24] ^ t[3][b & 255] ^ t[2][b >> 8 & 255] ^ t[1][b >> 16 & 255] ^ t[0][b >> 24];
    }
    for (; len > 0; p++, len--)
        crc = crc >> 8 ^ t[0][(crc ^ *p) & 255];
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
    const unsigned char *p = bytes_take(in, 4);
    uint32_t bits = p == NULL ? 0 : word(p);
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
