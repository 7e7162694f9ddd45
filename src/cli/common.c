/* What the commands share: the two common options, the configuration, the places, one sentence on stderr. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "daemon/config.h"
#include "publish/status.h"

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
    struct cli *cli = state->input;
    switch (key) {
    case 'c':
        cli->config_path = arg;
        return 0;
    case 'j':
        cli->json = 1;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option common_options[] = {
    { "config", 'c', "FILE", 0, "read this configuration (" CLI_CONFIG ")", 10 },
    { "json", 'j', NULL, 0, "answer in JSON", 10 },
    { 0 },
};
const struct argp cli_common = { .options = common_options, .parser = parse_common };

void cli_start(struct cli *cli, char **argv)
{
    *cli = (struct cli){ .command = argv[0], .config_path = CLI_CONFIG, .now_s = (int64_t)time(NULL) };
}

int cli_fail(const struct cli *cli, int status, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "%s: ", cli->command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return status;
}

int cli_exit_of(int error)
{
    switch (-error) {
    case ENOENT:
    case ENOTDIR:
        return EX_NOINPUT;
    case EACCES:
    case EPERM:
        return EX_NOPERM;
    case EINVAL:
    case ERANGE:
    case EFBIG:
    case EUCLEAN:
    case ENOTSUP:
        return EX_DATAERR;
    case EIO:
    case ENOSPC:
    case EROFS:
        return EX_IOERR;
    case ENOMEM:
        return EX_OSERR;
    case EAGAIN:
    case EEXIST:
        return EX_TEMPFAIL;
    default:
        return EX_SOFTWARE;
    }
}

int cli_open(struct cli *cli)
{
    struct gnm_why why = { 0 };
    int r = config_load(cli->config_path, &cli->config, &why);
    if (r >= 0)
        return 0;
    if (r == -ENOENT && access(cli->config_path, F_OK) < 0)
        return cli_fail(cli, EX_CONFIG, "there is no configuration at %s; -c FILE names another", cli->config_path);
    if (r == -EACCES)
        return cli_fail(cli, EX_NOPERM, "no permission to read %s", cli->config_path);
    return cli_fail(cli, EX_CONFIG, "%s", why.text);
}

void cli_close(struct cli *cli)
{
    config_free(cli->config);
    cli->config = NULL;
}

int cli_path(const struct cli *cli, enum cli_place place, const char *company, char *ret, size_t size)
{
    static const char *const names[] = { "state.db", "state.db.lock", "public", "status.json", "inbox", "done", "rejected" };
    const char *dir = place == CLI_STATUS ? cli->config->paths.runtime : cli->config->paths.state;
    const char *slash = company != NULL && company[0] != '\0' ? "/" : "";
    const char *file = place == CLI_FORECAST_DB ? "/forecast.db" : "";
    int n = snprintf(ret, size, "%s/%s%s%s%s", dir, names[place], slash, slash[0] != '\0' ? company : "", file);
    return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

int cli_daemon_runs(const struct cli *cli)
{
    char path[512];
    if (cli_path(cli, CLI_LOCK, NULL, path, sizeof path) < 0)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno == EACCES ? -EACCES : 0;
    int held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(fd);
    return held;
}

const char *cli_age(int64_t seconds, char *ret)
{
    /* status_age counts from one time to another; any late enough one serves. */
    const int64_t now_s = INT64_C(1) << 40;
    status_age(now_s, now_s - (seconds > 0 ? seconds : 0), ret, CLI_AGE);
    return ret;
}
