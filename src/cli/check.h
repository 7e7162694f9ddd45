/* The parts of `gnomon check`. Each looks at one area and says what it found, item by item. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/cli.h"
#include "store/query.h"

enum check_verdict { CHECK_OK, CHECK_NO, CHECK_UNKNOWN };

struct check_item { enum check_verdict verdict; char area[16], name[GNM_ID], text[300]; };

struct check {
    const struct cli *cli;
    int daemon;                   /* cli_daemon_runs */
    struct query *query;          /* the published file, NULL when there is none */
    struct query_status status;   /* zero without it */
    struct check_item *item;      /* owned */
    size_t n, cap;
    int failed;                   /* out of memory */
};

void check_say(struct check *check, enum check_verdict verdict, const char *area, const char *name, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

void check_directories(struct check *check);
void check_controllers(struct check *check);
void check_clock(struct check *check);
void check_feeds(struct check *check);
void check_data(struct check *check);

#endif
