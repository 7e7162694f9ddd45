/* The live picture: status.json and the text `gnomon status` prints. Pure.
 *
 * What status_json writes, status_parse reads back whole (stage, mode and times included); unknown members are skipped, so that an older command reads a newer
 * daemon's file. Times are RFC 3339 UTC and Unix seconds; a missing number is null. */
#ifndef PUBLISH_STATUS_H
#define PUBLISH_STATUS_H

#include "base/text.h"
#include "gnomon/types.h"
#include "gnomon/why.h"

enum { STATUS_SOURCES = 48, STATUS_JOBS = 12 };

struct status_source { char name[GNM_ID], kind[16], state[16], text[200]; int64_t last_ok_s, next_s; };   /* kind: controller feed inbox store clock; state: ok stale failed off waiting; times 0 = none */
struct status_job { char name[GNM_ID], state[16], reason[200]; int64_t last_s, next_s; };                  /* state: idle waiting running refused; times 0 = none */

struct status {
    char version[32], site[GNM_ID], zone[64], message[200];
    int64_t now_s, started_s;
    int time_trusted;
    enum gnm_mode mode;
    struct gnm_reading reading;           /* the newest one; at_ms 0 = none yet */
    double soc_ratio, soc_uncertainty_ratio;
    char soc_source[16];
    struct status_source source[STATUS_SOURCES];
    struct status_job job[STATUS_JOBS];
    size_t n_sources, n_jobs;
    double cpu_s, joules_today;
    char joules_method[16];
    int64_t last_publish_s, last_train_s; /* 0 = never */
    size_t series, forecasts;
};

int status_json(const struct status *status, struct text *ret);
/* -EINVAL when it is not a status of contract 1; `*ret` is untouched on failure. */
int status_parse(const char *data, size_t len, struct status *ret, struct gnm_why *why);
/* A screen of text, at most 100 columns wide; ages as seen at `now_s`, which tells when the daemon itself has fallen silent. */
int status_text(const struct status *status, int64_t now_s, struct text *ret);

/* "45 s", "12 min", "3 h", "5 d"; "never" for a time of 0 and "in ..." for one to come. */
void status_age(int64_t now_s, int64_t then_s, char *ret, size_t size);

#endif
