#include "daemon/learn_book.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/common.h"

/* How long the last runs took tells energy how long the next one may take. */
static void remember_length(struct daemon *d)
{
    struct learn *l = &d->learn;
    char text[80];
    struct gnm_why why = {0};
    memmove(l->took_s + 1, l->took_s, (LEARN_REMEMBERED - 1) * sizeof l->took_s[0]);
    l->took_s[0] = fmax(l->cpu_s, 0.01);
    int n = 0;
    for (int i = 0; i < LEARN_REMEMBERED; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%.2f ", fmin(l->took_s[i], 1e6));
    common_store_result(d, store_meta_set(d->store, "train.took", text, &why), &why);
}

void learn_book_recall(struct daemon *d)
{
    char text[80], *save = NULL;
    struct gnm_why why;
    double next_s;
    d->learn.purpose = GNM_TRAIN;
    if (store_meta_get(d->store, "search.next", text, sizeof text, &why) == 0 && text_double(text, &next_s) == 0 && next_s > 0)
        d->learn.next_search_s = (int64_t)next_s;
    if (store_meta_get(d->store, "train.took", text, sizeof text, &why) < 0)
        return;
    int i = 0;
    for (char *word = strtok_r(text, " ", &save); word != NULL && i < LEARN_REMEMBERED; word = strtok_r(NULL, " ", &save))
        if (text_double(word, &d->learn.took_s[i]) == 0)
            i++;
}

/* The part of the run that is not in the ledger yet; `whole` gets what all of it cost. */
static void book(struct daemon *d, const char *part, struct gnm_cost *whole)
{
    struct learn *l = &d->learn;
    struct gnm_why why = {0};
    *whole = l->spent;
    if (energy_direct_j(&l->direct, &whole->joules, &whole->half_j))
        whole->method = GNM_DC;
    struct gnm_cost rest = *whole;
    rest.cpu_s = fmax(rest.cpu_s - l->booked_cpu_s, 0);
    rest.joules = fmax(rest.joules - l->booked_j, 0);
    if (whole->joules > 0)
        rest.half_j *= rest.joules / whole->joules;
    struct store_cost row = {.at_s = common_wall_s(d),
                             .purpose = l->purpose,
                             .cost = rest,
                             .wall_s = (double)common_wall_s(d) - l->wall_s,
                             .soc_ratio = d->battery.soc_ratio};
    snprintf(row.job, sizeof row.job, "%s %s%s", gnm_purpose_names[l->purpose], gnm_step_names[l->step], part);
    common_store_result(d, store_cost(d->store, &row, 1, &why), &why);
    l->booked_cpu_s = whole->cpu_s;
    l->booked_j = fmax(whole->joules, l->booked_j);
}

void learn_book_run(struct daemon *d)
{
    struct gnm_cost cost;
    if (d->learn.purpose == GNM_TRAIN)
        remember_length(d);
    book(d, "", &cost);
    log_line(&d->log, LOG_NOTICE, "87269e1aa8074d5297f5461431833a65", "%s: %s series learned (%.2f CPU s, %.2f J +-%.2f by %s)",
             gnm_purpose_names[d->learn.purpose], gnm_step_names[d->learn.step], cost.cpu_s, cost.joules, cost.half_j, gnm_method_names[cost.method]);
}

void learn_book_part(struct daemon *d)
{
    struct gnm_cost cost;
    if (d->learn.cpu_s > d->learn.booked_cpu_s)
        book(d, " (part)", &cost);
}
