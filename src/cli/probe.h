/* gnomon probe: which charge controller answers on which line. Only reads (functions 1 to 4), one question at a time, a pause between attempts. */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include "device/controller.h"
#include "gnomon/types.h"

enum { PROBE_LINES = 16, PROBE_MAPS = 32, PROBE_TRIES = 256, PROBE_PATH = 256 };

enum probe_result {
    PROBE_ANSWERED,               /* a reading that can be believed */
    PROBE_OTHER,                  /* a Modbus device answers, but not as this map says */
    PROBE_SILENT,
    PROBE_BUSY,                   /* another program has the port */
    PROBE_CLOSED,                 /* the line cannot be opened: gone, no permission, no connection */
};

struct probe_map { char name[GNM_ID]; struct map *map; };

/* A place where a device may hang. `setting`: "9600:8N1" when the operator said so, else "". */
struct probe_line { char path[PROBE_PATH], setting[16]; int tcp; };

struct probe_try {
    const struct probe_line *line;
    const struct probe_map *map;
    char setting[16];             /* "115200:8N1"; "" on TCP */
    int unit, score, error;
    enum probe_result result;
    struct gnm_reading reading;
    struct controller_status status;
    char text[240];
};

struct probe {
    struct probe_line line[PROBE_LINES];
    struct probe_map map[PROBE_MAPS];
    struct probe_try *attempt;    /* PROBE_TRIES of them */
    size_t n_lines, n_maps, n;
};

/* ---- probe_lines.c ---- */
/* Adapters below `dev` ("/dev"): by-id links first, then ttyUSB and ttyACM to which no such link points. */
size_t probe_adapters(const char *dev, struct probe_line *ret, size_t size);
/* "tcp:ADDRESS[:PORT]", "rtu:PATH[:BAUD:MODE]" or a path; the by-id link of the same port replaces ttyUSBn. */
int probe_parse_line(const char *text, const char *dev, struct probe_line *ret, struct gnm_why *why);
/* Every map of the folder, in the order of names. */
int probe_load_maps(const char *folder, struct probe *ret, struct gnm_why *why);
void probe_free(struct probe *p);

/* ---- probe_try.c ---- */
/* Asks the device of `t` (line, map, setting, unit are given) for one sample and fills the rest. */
void probe_ask(struct probe_try *t);
/* "rtu:PATH:BAUD:MODE" as the configuration wants it. */
void probe_line_text(const struct probe_try *t, char *ret, size_t size);

#endif
