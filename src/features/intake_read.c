#include "features/intake_sheet.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Files saved by spreadsheets as "Unicode" are UTF-16: say so instead of complaining about every line. */
static int check_bytes(const char *data, size_t len, struct gnm_why *why)
{
    const unsigned char *b = (const unsigned char *)data;
    if (len >= 2 && ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF)))
        return gnm_fail(why, -EINVAL, "the file is UTF-16; save it as UTF-8");
    if (memchr(data, 0, len) != NULL)
        return gnm_fail(why, -EINVAL, "the file holds zero bytes; it is not text");
    return 0;
}

static const char *skip_blank(const char *at, const char *end)
{
    if (end - at >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        at += 3;
    while (at < end && strchr(" \t\r\n", *at) != NULL)
        at++;
    return at;
}

int sheet_read(const char *data, size_t len, struct intake_sheet *sheet, struct gnm_why *why)
{
    if (len > (size_t)1 << 30)
        return gnm_fail(why, -EFBIG, "the file has more than 1 GiB");
    if (len == 0)
        return gnm_fail(why, -EINVAL, "the file is empty");
    int rc = check_bytes(data, len, why);
    if (rc != 0)
        return rc;
    if (text_append(&sheet->arena, "", 1) != 0)
        return gnm_fail(why, -ENOMEM, "out of memory");
    const char *start = skip_blank(data, data + len);
    if (start == data + len)
        return gnm_fail(why, -EINVAL, "the file holds nothing but blanks");
    sheet->is_json = *start == '{' || *start == '[';
    return sheet->is_json ? sheet_read_json(data, len, sheet, why) : sheet_read_csv(data, len, sheet, why);
}
