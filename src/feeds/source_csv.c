/* Rows from CSV: every record, its fields found by the names in the first. */
#include <errno.h>
#include <string.h>

#include "base/csv.h"
#include "feeds/extract.h"

struct table {
    struct reader *reader;
    int column[FEED_PATHS];      /* of each path, -1 for a constant */
    int headed;
};

/* The name a pointer of one segment stands for. */
static void column_name(const char *pointer, char *ret, size_t size)
{
    size_t used = 0;
    for (const char *p = *pointer == '/' ? pointer + 1 : pointer; *p != '\0' && used + 1 < size; p++) {
        if (*p == '~') {
            p++;
            ret[used++] = *p == '1' ? '/' : '~';
        } else {
            ret[used++] = *p;
        }
    }
    ret[used] = '\0';
}

static int find_column(const char *pointer, char **field, size_t n)
{
    char name[sizeof ((struct path *)NULL)->text];
    column_name(pointer, name, sizeof name);
    for (size_t i = 0; i < n; i++)
        if (strcmp(field[i], name) == 0)
            return (int)i;
    return -1;
}

static int take_header(struct table *t, char **field, size_t n, struct gnm_why *why)
{
    const struct feed *feed = t->reader->feed;
    for (size_t i = 0; i < feed->n_paths; i++) {
        t->column[i] = feed->path[i].kind == PATH_ROW ? find_column(feed->path[i].text, field, n) : -1;
        if (feed->path[i].kind == PATH_ROW && t->column[i] < 0)
            return gnm_fail(why, -EBADMSG, "the answer has no column \"%.60s\"", feed->path[i].text + 1);
    }
    const char *require = feed->require;
    if (require[0] != '\0' && find_column(require + (require[0] == '$'), field, n) < 0)
        return gnm_fail(why, -EBADMSG, "the answer lacks \"%s\"", require);
    t->headed = 1;
    return 0;
}

static int take_record(void *ctx, char **field, size_t n, int line, struct gnm_why *why)
{
    (void)line;
    struct table *t = ctx;
    if (!t->headed)
        return take_header(t, field, n, why);
    for (size_t i = 0; i < t->reader->feed->n_paths; i++) {
        if (t->column[i] < 0)
            continue;
        int present = (size_t)t->column[i] < n;
        t->reader->cell[i] = (struct cell){ .kind = present ? CELL_TEXT : CELL_ABSENT, .text = present ? field[t->column[i]] : NULL };
    }
    return reader_row(t->reader, why);
}

int source_csv(struct reader *r, const char *body, size_t len, struct gnm_why *why)
{
    struct table table = { .reader = r };
    reader_constants(r, NULL);
    int err = csv_read(body, len, csv_separator(body, len), take_record, &table, why);
    if (err == 0 && !table.headed)
        return gnm_fail(why, -EBADMSG, "the answer is empty");
    return err;
}
