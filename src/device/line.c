#include "device/line.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

static int parse_mode(const char *text, struct line *ret)
{
    if (strlen(text) != 3 || strchr("78", text[0]) == NULL || strchr("NEO", text[1]) == NULL || strchr("12", text[2]) == NULL)
        return -EINVAL;
    ret->data_bits = text[0] - '0';
    ret->parity = text[1];
    ret->stop_bits = text[2] - '0';
    return 0;
}

/* libmodbus silently takes 9600 for a rate it does not know. */
static int parse_baud(const char *text, struct line *ret)
{
    static const int known[] = { 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400 };
    int64_t baud;
    if (text_int(text, 1200, 230400, &baud) < 0)
        return -EINVAL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == baud) {
            ret->baud = (int)baud;
            return 0;
        }
    return -EINVAL;
}

/* "BAUD MODE" or "BAUD:MODE" */
static int parse_serial(const char *text, struct line *ret)
{
    char baud[16];
    size_t n = strcspn(text, " :");
    if (n >= sizeof baud || text[n] == '\0')
        return -EINVAL;
    memcpy(baud, text, n);
    baud[n] = '\0';
    return parse_baud(baud, ret) < 0 || parse_mode(text + n + 1, ret) < 0 ? -EINVAL : 0;
}

/* Start of the last two parts when they look like a serial setting: paths of /dev/serial/by-path hold colons of their own. */
static const char *serial_part(const char *path)
{
    const char *mode = strrchr(path, ':'), *baud = mode;
    while (baud != NULL && baud > path && *--baud != ':')
        ;
    if (baud == NULL || baud == path || strspn(baud + 1, "0123456789") != (size_t)(mode - baud - 1) || mode == baud + 1)
        return NULL;
    struct line try;
    return strlen(mode + 1) == 3 && parse_mode(mode + 1, &try) == 0 ? baud : NULL;
}

static int copy_part(char *ret, size_t size, const char *text, size_t n)
{
    if (n == 0 || n >= size)
        return -EINVAL;
    memcpy(ret, text, n);
    ret[n] = '\0';
    return 0;
}

static int parse_rtu(const char *text, const char *serial, struct line *ret, struct gnm_why *why)
{
    const char *part = serial_part(text);
    ret->kind = FRAME_RTU;
    if (copy_part(ret->path, sizeof ret->path, text, part != NULL ? (size_t)(part - text) : strlen(text)) < 0 || ret->path[0] != '/')
        return gnm_fail(why, -EINVAL, "line = %.100s: expected rtu:/dev/...[:BAUD:8N1] or tcp:ADDRESS:PORT", text);
    const char *setting = part != NULL ? part + 1 : serial[0] != '\0' ? serial : "115200 8N1";
    if (parse_serial(setting, ret) < 0)
        return gnm_fail(why, -EINVAL, "line = %.100s: %.30s is not a setting like 115200:8N1", text, setting);
    return 0;
}

static int parse_tcp(const char *text, struct line *ret, struct gnm_why *why)
{
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (colon == NULL || text_int(colon + 1, 1, 65535, &port) < 0)
        return gnm_fail(why, -EINVAL, "line = tcp:%.100s: expected tcp:ADDRESS:PORT", text);
    int brackets = text[0] == '[' && colon[-1] == ']';
    if (copy_part(ret->path, sizeof ret->path, text + brackets, (size_t)(colon - text) - 2u * (unsigned)brackets) < 0)
        return gnm_fail(why, -EINVAL, "line = tcp:%.100s: no address", text);
    ret->kind = FRAME_TCP;
    ret->port = (int)port;
    return 0;
}

int line_parse(const char *text, const char *serial, struct line *ret, struct gnm_why *why)
{
    struct line line = { 0 };
    int rc = strncmp(text, "tcp:", 4) == 0 ? parse_tcp(text + 4, &line, why)
                                           : parse_rtu(strncmp(text, "rtu:", 4) == 0 ? text + 4 : text, serial, &line, why);
    if (rc == 0)
        *ret = line;
    return rc;
}

int line_ms(const struct line *line, size_t n)
{
    if (line->kind == FRAME_TCP)
        return 0;
    int bits = 1 + line->data_bits + (line->parity != 'N') + line->stop_bits;
    return (int)((n * (size_t)bits * 1000 + (size_t)line->baud - 1) / (size_t)line->baud);
}
