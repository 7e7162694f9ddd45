/* Private to the outlook: how its rows are numbered, and the arithmetic its files share. */
#ifndef ENERGY_OUTLOOK_PROFILE_H
#define ENERGY_OUTLOOK_PROFILE_H

#include "energy/outlook.h"

#define OUTLOOK_ROW(i) (1ULL << (i))

enum { OUTLOOK_BINS = 24, ROW_RATIO = OUTLOOK_BINS, ROW_PLAN = ROW_RATIO + OUTLOOK_LEADS, ROW_REST = ROW_PLAN + OUTLOOK_PLANS };

int outlook_bin(int64_t hour);
int outlook_month(int64_t hour); /* 0..11 */
/* W of this hour by the profile; NaN while there is none. */
double outlook_pv_w(const struct outlook_profile *profile, const struct outlook_site *site, int64_t hour, double ghi_w);

#endif
