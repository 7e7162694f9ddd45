/* Files from outside: whatever the bytes, intake_read answers 0 with sound rows or a negative errno. */
#include <stdint.h>
#include <stdlib.h>

#include "features/intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct intake got = { 0 };
    struct gnm_why why = { 0 };
    if (intake_read((const char *)data, size, "fuzz", &got, &why) != 0)
        return 0;
    for (size_t i = 0; i < got.n; i++)
        if (got.row[i].line <= 0 || got.row[i].day < -25567 || got.row[i].day > 84006)
            abort();
    if (got.n_rejected > 0 && got.reject[0].reason[0] == '\0')
        abort();
    intake_free(&got);
    return 0;
}
