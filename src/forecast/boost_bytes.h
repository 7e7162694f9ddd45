/* Little-endian bytes, written and read the same on every machine, inside the boosting. */
#ifndef FORECAST_BOOST_BYTES_H
#define FORECAST_BOOST_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes_out {
    unsigned char *data;
    size_t len, cap;
    int failed;                   /* no memory */
};

void bytes_put(struct bytes_out *out, const void *data, size_t len);
void bytes_u(struct bytes_out *out, uint64_t x, int bytes);
void bytes_f32(struct bytes_out *out, float x);
void bytes_f64(struct bytes_out *out, double x);
/* Ends with the CRC of all before. 0 or -ENOMEM; the caller gets data and length, or nothing. */
int bytes_end(struct bytes_out *out, void **ret, size_t *len);

struct bytes_in {
    const unsigned char *at, *end;
    int failed;                   /* read beyond the end: everything since was 0 */
};

/* -EBADMSG when too short or the CRC is wrong. */
int bytes_begin(struct bytes_in *in, const void *data, size_t len);
uint64_t bytes_get(struct bytes_in *in, int bytes);
float bytes_get_f32(struct bytes_in *in);
double bytes_get_f64(struct bytes_in *in);
static inline size_t bytes_left(const struct bytes_in *in)
{
    return (size_t)(in->end - in->at);
}

/* The next `len` bytes, NULL beyond the end. */
static inline const unsigned char *bytes_take(struct bytes_in *in, size_t len)
{
    if (in->failed || bytes_left(in) < len) {
        in->failed = 1;
        return NULL;
    }
    const unsigned char *p = in->at;
    in->at += len;
    return p;
}

#endif
