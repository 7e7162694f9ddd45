/* The live picture: status.json and the text `gnomon status` prints. Pure. */
#ifndef PUBLISH_STATUS_H
#define PUBLISH_STATUS_H

#include "base/text.h"
#include "gnomon/types.h"

enum { STATUS_SOURCES = 48, STATUS_JOBS = 12 };

struct status_source { char name[GNM_ID], kind[16], state[16], text[200]; int64_t last_ok_s, next_s; };   /* kind: controller feed inbox store clock; state: ok stale failed off waiting */
struct status_job { char name[GNM_ID], state[16], reason[200]; int64_t last_s, next_s; };                  /* state: idle waiting running refused */

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
    int64_t last_publish_s, last_train_s;
    size_t series, forecasts;
};

int status_json(const struct status *status, struct text *ret);

#endif
