/* CSV records through libcsv, on a buffer: quotes, embedded separators and line ends as exporters write them. Pure. A BOM is skipped. */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stddef.h>

#include "gnomon/why.h"

enum { CSV_FIELDS_MAX = 512 };

/* One record; `field` strings live until the handler returns. `line` is the line the record starts on. A negative return stops. Blank lines are not
 * given. Records with more than CSV_FIELDS_MAX fields are an error. */
typedef int csv_handler(void *ctx, char **field, size_t n, int line, struct gnm_why *why);

int csv_read(const char *data, size_t len, char separator, csv_handler *handler, void *ctx, struct gnm_why *why);
/* The separator (',', ';' or tab) that splits the first line into most fields outside quotes; ',' when none does. */
char csv_separator(const char *data, size_t len);

#endif
