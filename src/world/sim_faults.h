/* Faults on a schedule: what goes wrong in a simulated run, and when. Pure.
 *
 * A line is DAY[.FRACTION] KIND [DURATION] [ARG]: day 0 is the first of the run, a duration is 90s, 10m, 3h, 27d or 2w. '#' begins a comment.
 *   silent     the controller does not answer                  garbled   its answers are damaged; ARG is the ratio of damaged ones (1)
 *   replugged  its cable is pulled and put back (20 s)         offline   no network
 *   diskfull   nothing more fits on the disk                   hot       the room is ARG degrees warmer (25)
 *   badclock   the box restarts believing it is ARG (1970-01-01), corrected after DURATION (10m)
 *   clockstep  the clock is set ARG seconds ahead (3600) of the truth, for DURATION
 *   powercut   the power fails in the middle of the ARG-th write from then on (1) and comes back after DURATION (10m) */
#ifndef WORLD_SIM_FAULTS_H
#define WORLD_SIM_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/why.h"

enum sim_fault_kind { SIM_SILENT, SIM_GARBLED, SIM_REPLUGGED, SIM_OFFLINE, SIM_DISKFULL, SIM_HOT, SIM_BADCLOCK, SIM_CLOCKSTEP, SIM_POWERCUT, SIM_FAULTS };
extern const char *const sim_fault_names[SIM_FAULTS];

enum { SIM_FAULTS_MAX = 500 };

struct sim_fault { enum sim_fault_kind kind; int64_t from_ms, until_ms; double arg; };    /* milliseconds since the start of the run */
struct sim_faults { struct sim_fault fault[SIM_FAULTS_MAX]; size_t n; };

/* `name` is the file's, for the reason. All or nothing. */
int sim_faults_read(const char *name, const char *data, size_t len, struct sim_faults *ret, struct gnm_why *why);
/* The fault of this kind that holds at `at_ms`, NULL when none does. */
const struct sim_fault *sim_fault_at(const struct sim_faults *faults, enum sim_fault_kind kind, int64_t at_ms);
/* When the next of these begins after `at_ms`; GNM_NEVER. */
int64_t sim_fault_next_ms(const struct sim_faults *faults, enum sim_fault_kind kind, int64_t after_ms);

#endif
