/* Schedules of faults, the box's own and the providers': refused with the line, nothing taken; or faults with a beginning, an end and a strength in range. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gnomon/types.h"
#include "world/provider_faults.h"
#include "world/sim_faults.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST_MS_DAYS = 3660 };

static void check_refusal(const struct gnm_why *why, const char *format, int lines)
{
    int line = 0;
    if (why->code >= 0 || sscanf(why->text, format, &line) != 1 || line < 1 || line > lines)
        abort();
}

static void check_own(const struct sim_faults *faults)
{
    for (size_t i = 0; i < faults->n; i++) {
        const struct sim_fault *f = &faults->fault[i];
        if ((int)f->kind < 0 || f->kind >= SIM_FAULTS || f->from_ms < 0 || f->until_ms <= f->from_ms || !isfinite(f->arg))
            abort();
        if (f->until_ms - f->from_ms > LONGEST_MS_DAYS * INT64_C(86400000) || sim_fault_at(faults, f->kind, f->from_ms) == NULL)
            abort();
    }
    for (int kind = 0; kind < SIM_FAULTS; kind++) {
        int64_t last_ms = -1;
        for (int64_t at_ms = sim_fault_next_ms(faults, (enum sim_fault_kind)kind, -1); at_ms != GNM_NEVER; at_ms = sim_fault_next_ms(faults, (enum sim_fault_kind)kind, at_ms)) {
            if (at_ms <= last_ms)
                abort();
            last_ms = at_ms;
        }
    }
}

static void check_providers(const struct provider_faults *faults)
{
    for (size_t i = 0; i < faults->n; i++) {
        const struct provider_fault *f = &faults->fault[i];
        if (f->provider < 0 || f->provider > PROVIDERS || (int)f->kind < 0 || f->kind >= PROVIDER_FAULT_KINDS || f->until_s <= f->from_s || !isfinite(f->arg))
            abort();
        if (f->kind == PROVIDER_BROKEN && (f->arg < 0 || f->arg >= BREAKS))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_faults own;
    struct provider_faults others;
    struct gnm_why why = { 0 };
    int lines = 1;
    own.n = others.n = 0;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    if (sim_faults_read("fuzz", (const char *)data, size, &own, &why) == 0)
        check_own(&own);
    else if (check_refusal(&why, "fuzz:%d: ", lines), own.n != 0)
        abort();
    why = (struct gnm_why){ 0 };
    if (provider_faults_read((const char *)data, size, 1735689600, &others, &why) == 0)
        check_providers(&others);
    else if (check_refusal(&why, "line %d: ", lines), others.n != 0)
        abort();
    return 0;
}
