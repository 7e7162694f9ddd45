/* The text that names a line: "tcp:HOST:PORT", "rtu:PATH:BAUD:8N1", "rtu:PATH" or "PATH". Pure. */
#ifndef DEVICE_LINE_H
#define DEVICE_LINE_H

#include "device/frame.h"

struct line {
    enum frame_kind kind;
    char path[256];               /* RTU: the device; TCP: the numeric address without brackets */
    int port;                     /* TCP */
    int baud, data_bits, stop_bits;
    char parity;                  /* 'N', 'E', 'O' */
};

/* `serial` is the map's "115200 8N1", used where the text gives only a path; empty = 115200 8N1. */
int line_parse(const char *text, const char *serial, struct line *ret, struct gnm_why *why);
/* Time of `n` characters on this line, rounded up; 0 on TCP. */
int line_ms(const struct line *line, size_t n);

#endif
