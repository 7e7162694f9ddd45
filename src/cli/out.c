/* What a command prints: collected in memory, written once. */
#include "cli/cli.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "almanac/civil.h"
#include "gnomon/types.h"

void out_printf(struct cli_out *out, const char *format, ...)
{
    char *line = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&line, format, args);
    va_end(args);
    if (n < 0 || text_append(&out->text, line, (size_t)n) < 0)
        out->failed = 1;
    if (n >= 0)
        free(line);
}

/* Bytes of the first `width` code points of `s`; `*count` says how many there were. */
static size_t bytes_of(const char *s, int width, int *count)
{
    size_t i = 0;
    int n = 0;
    while (s[i] != '\0') {
        if (((unsigned char)s[i] & 0xC0) != 0x80 && n++ == width) {
            n--;
            break;
        }
        i++;
    }
    *count = n;
    return i;
}

void out_cell(struct cli_out *out, const char *s, int width)
{
    int count = 0;
    size_t bytes = bytes_of(s, width, &count);
    out_printf(out, "%.*s%*s", (int)bytes, s, width - count, "");
}

/* A comma where a value stands before, none after an opening bracket. */
static void separate(struct cli_out *out, const char *name)
{
    char last = out->text.len > 0 ? out->text.data[out->text.len - 1] : '{';
    if (last != '{' && last != '[')
        out_printf(out, ",");
    if (name != NULL && (text_json_string(&out->text, name) < 0 || text_append(&out->text, ":", 1) < 0))
        out->failed = 1;
}

void out_json_begin(struct cli_out *out, int64_t now_s)
{
    char now[21];
    civil_format_time(now_s, now);
    out_printf(out, "{\"contract\":\"%s\",\"generated_at\":\"%s\"", CLI_CONTRACT, now);
}

void out_json_text(struct cli_out *out, const char *name, const char *value)
{
    separate(out, name);
    if (value == NULL)
        out_printf(out, "null");
    else if (text_json_string(&out->text, value) < 0)
        out->failed = 1;
}

void out_json_number(struct cli_out *out, const char *name, double value)
{
    separate(out, name);
    if (text_json_number(&out->text, value, 9) < 0)
        out->failed = 1;
}

void out_json_time(struct cli_out *out, const char *name, int64_t utc_s)
{
    char text[21];
    int known = utc_s != 0 && utc_s != GNM_NEVER && utc_s != GNM_ALWAYS;
    if (known)
        civil_format_time(utc_s, text);
    out_json_text(out, name, known ? text : NULL);
}

void out_json_bool(struct cli_out *out, const char *name, int value)
{
    separate(out, name);
    out_printf(out, value ? "true" : "false");
}

void out_json_open(struct cli_out *out, const char *name, char bracket)
{
    separate(out, name);
    out_printf(out, "%c", bracket);
}

void out_json_close(struct cli_out *out, char bracket)
{
    out_printf(out, "%c", bracket);
}

int out_flush(struct cli_out *out, int status)
{
    int failed = out->failed;
    size_t len = out->text.len, written = failed || len == 0 ? 0 : fwrite(out->text.data, 1, len, stdout);
    text_free(&out->text);
    out->failed = 0;
    if (failed)
        return EX_OSERR;
    return written == len && fflush(stdout) == 0 ? status : EX_IOERR;
}
