/* The operator's commands.
 *
 * Each `cli_NAME(argc, argv)` parses its own arguments with argp (argv[0] is "gnomon NAME"), prints its answer to stdout or one sentence to stderr,
 * and returns a status of <sysexits.h>; 1 means "answered, and the answer is no". Commands read status.json and forecast.db and never write beside a
 * running daemon: what they want from it is a file moved into its inbox. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <argp.h>
#include <stdint.h>

#include "base/text.h"
#include "gnomon/why.h"

#define CLI_CONFIG "/etc/gnomon/gnomon.conf"
#define CLI_CONTRACT "1.0"
enum { CLI_NO = 1 };              /* answered, and the answer is no */

int cli_status(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_import(int argc, char **argv);
int cli_forecast(int argc, char **argv);
int cli_accuracy(int argc, char **argv);
int cli_energy(int argc, char **argv);
int cli_events(int argc, char **argv);
int cli_backtest(int argc, char **argv);
int cli_probe(int argc, char **argv);
int cli_feed(int argc, char **argv);
int cli_simulate(int argc, char **argv);
int cli_train(int argc, char **argv);

/* ---- what the commands share ---- */

struct config;
struct query;
struct query_status;

struct cli {
    const char *command;          /* "gnomon forecast", begins every sentence on stderr */
    const char *config_path;
    const char *company;          /* --company: its own published file and inbox */
    const char *file;             /* --file: this published file, and no configuration is read */
    int json;
    int64_t now_s;
    struct config *config;        /* owned; cli_close */
};

/* The options -c and --json, as a child parser whose input is a `struct cli`. */
extern const struct argp cli_common;
/* The same and --company and --file, for commands that read the published file. */
extern const struct argp cli_reader;
/* Defaults, before argp. */
void cli_start(struct cli *cli, char **argv);
/* Reads the configuration. 0, or the exit status after one sentence on stderr. */
int cli_open(struct cli *cli);
void cli_close(struct cli *cli);

/* One sentence on stderr; returns `status`. */
int cli_fail(const struct cli *cli, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The folder of the shipped definitions (controllers, feeds) for commands that run without a configuration: beside this program or in the usual places. */
void cli_share(char *ret, size_t size);
/* The exit status that fits a negative errno. */
int cli_exit_of(int error);

/* Where things lie, from the configuration. `company` NULL or "" is the site's own. -ENAMETOOLONG. */
enum cli_place { CLI_STATE_DB, CLI_LOCK, CLI_FORECAST_DB, CLI_STATUS, CLI_INBOX, CLI_DONE, CLI_REJECTED };
int cli_path(const struct cli *cli, enum cli_place place, const char *company, char *ret, size_t size);

/* 1 when a daemon holds the lock of state.db, 0 when none does, -EACCES when the lock cannot be looked at. */
int cli_daemon_runs(const struct cli *cli);

enum { CLI_AGE = 32 };
/* "40 s", "12 min", "5 h", "3 d"; `ret` holds CLI_AGE bytes. */
const char *cli_age(int64_t seconds, char *ret);

/* Opens the published file (reading the configuration first when --file is not given) and its one row of status. 0, or the exit status after one
 * sentence. */
int cli_published(struct cli *cli, struct query **query, struct query_status *status);
/* A whole reading command: arguments by `parser`, whose input `cli` is the first member of, then the answer from the published file, which prints it and
 * returns the exit status. */
typedef int cli_answer(struct cli *cli, struct query *query, const struct query_status *status);
int cli_read(struct cli *cli, const struct argp *parser, int argc, char **argv, cli_answer *answer);
/* The first line of every table: whose forecasts, how old, and whether they are stale. */
struct cli_out;
void cli_heading(const struct cli *cli, const struct query_status *status, struct cli_out *out);
/* The same as members of a JSON object that is open. */
void cli_heading_json(const struct query_status *status, struct cli_out *out);
/* "2026-05-14 17:30" in the zone of that name; UTC with a Z where the zone cannot be read. */
void cli_local_time(const struct cli *cli, const char *zone, int64_t utc_s, char ret[24]);

/* ---- output: collected, then written at once, so that a failure never leaves half a JSON document ---- */

struct cli_out {
    struct text text;
    int failed;
};
void out_printf(struct cli_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text padded with spaces to `width` characters (not bytes), cut when longer. */
void out_cell(struct cli_out *out, const char *s, int width);
void out_json_begin(struct cli_out *out, int64_t now_s);        /* {"contract":"1.0","generated_at":"..." */
/* ,"name":value; a negative errno never comes back, `failed` is looked at once by out_flush. */
void out_json_text(struct cli_out *out, const char *name, const char *value);   /* NULL is null */
void out_json_number(struct cli_out *out, const char *name, double value);      /* NaN is null */
void out_json_time(struct cli_out *out, const char *name, int64_t utc_s);       /* 0 and GNM_NEVER are null */
void out_json_bool(struct cli_out *out, const char *name, int value);
void out_json_open(struct cli_out *out, const char *name, char bracket);        /* ,"name":[  or  ,{ when name is NULL */
void out_json_close(struct cli_out *out, char bracket);
/* Writes to stdout and frees; `status`, or EX_OSERR / EX_IOERR when that failed. */
int out_flush(struct cli_out *out, int status);

#endif
