/* gnomon check: the computer's side. Directories, the controllers' lines, the clock. */
#include "cli/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "daemon/config.h"
#include "device/map.h"

enum { CONNECT_MS = 2000, MAP_MAX = 262144, SPACE_MIN_MIB = 64 };

/* ---- directories ---- */

static const char *user_of(uid_t uid, char ret[32])
{
    struct passwd *user = getpwuid(uid);
    if (user != NULL)
        snprintf(ret, 32, "%s", user->pw_name);
    else
        snprintf(ret, 32, "user %u", (unsigned)uid);
    return ret;
}

static void look_at_private(struct check *check, const char *path)
{
    struct stat st;
    char user[32];
    if (stat(path, &st) < 0)
        check_say(check, errno == ENOENT ? CHECK_NO : CHECK_UNKNOWN, "directory", path, "%s",
                  errno == ENOENT ? "gnomond has not made it yet" : strerror(errno));
    else if (st.st_mode & 0077)
        check_say(check, CHECK_NO, "directory", path, "mode %03o lets others in; 600 is meant", st.st_mode & 0777);
    else
        check_say(check, CHECK_OK, "directory", path, "mode %03o, owned by %s", st.st_mode & 0777, user_of(st.st_uid, user));
}

static void look_at_space(struct check *check, const char *path)
{
    double bytes, ratio;
    struct gnm_why why = { 0 };
    if (file_space(path, &bytes, &ratio, &why) < 0)
        return;
    double mib = bytes / 1048576;
    check_say(check, mib >= SPACE_MIN_MIB ? CHECK_OK : CHECK_NO, "directory", path, "%.0f MiB free (%.0f %%)", mib, ratio * 100);
}

static void look_at_directory(struct check *check, const char *path, mode_t refused, const char *meant)
{
    struct stat st;
    char user[32];
    if (stat(path, &st) < 0)
        check_say(check, CHECK_NO, "directory", path, "%s", errno == ENOENT ? "is not there; starting gnomond makes it" : strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        check_say(check, CHECK_NO, "directory", path, "is not a directory");
    else if (st.st_mode & refused)
        check_say(check, CHECK_NO, "directory", path, "mode %04o; %s", st.st_mode & 07777, meant);
    else
        check_say(check, CHECK_OK, "directory", path, "mode %04o, owned by %s", st.st_mode & 07777, user_of(st.st_uid, user));
}

void check_directories(struct check *check)
{
    char path[512];
    const char *state = check->cli->config->paths.state;
    look_at_directory(check, state, 0022, "only its owner may write in it (0751)");
    if (cli_path(check->cli, CLI_STATE_DB, NULL, path, sizeof path) == 0)
        look_at_private(check, path);
    if (cli_path(check->cli, CLI_INBOX, NULL, path, sizeof path) == 0)
        look_at_directory(check, path, 0002, "the inbox is for its group alone (3730)");
    look_at_space(check, state);
}

/* ---- controllers ---- */

/* 0, or a negative errno. `host` is numeric, as the daemon wants it. */
static int try_connect(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *to = NULL;
    if (getaddrinfo(host, port, &hints, &to) != 0)
        return -EDESTADDRREQ;
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
    if (fd < 0 || (connect(fd, to->ai_addr, to->ai_addrlen) < 0 && errno != EINPROGRESS))
        error = errno;
    struct pollfd wait = { .fd = fd, .events = POLLOUT };
    socklen_t size = sizeof error;
    if (error == 0 && poll(&wait, 1, CONNECT_MS) == 0)
        error = ETIMEDOUT;
    else if (error == 0)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (fd >= 0)
        close(fd);
    freeaddrinfo(to);
    return -error;
}

static void look_at_tcp(struct check *check, const struct config_controller *c)
{
    char host[192];
    const char *rest = c->line + strlen("tcp:"), *colon = strrchr(rest, ':');
    if (check->daemon == 1) {
        check_say(check, CHECK_OK, "controller", c->name, "%s is in the daemon's hands; gnomon status says whether it answers", c->line);
        return;
    }
    snprintf(host, sizeof host, "%.*s", colon != NULL ? (int)(colon - rest) : (int)strlen(rest), rest);
    int r = try_connect(host, colon != NULL ? colon + 1 : "502");
    if (r == -EDESTADDRREQ)
        check_say(check, CHECK_NO, "controller", c->name, "%s: a numeric address and port are needed, as in tcp:192.168.1.5:502", c->line);
    else if (r < 0)
        check_say(check, CHECK_NO, "controller", c->name, "%s: %s", c->line, strerror(-r));
    else
        check_say(check, CHECK_OK, "controller", c->name, "%s takes connections", c->line);
}

/* The device file of "rtu:/dev/serial/by-id/usb-X:115200:8N1" or of a bare path. Baud and format are cut from the end: names below by-path have
 * colons too. */
static void device_of(const char *line, char *ret, size_t size)
{
    snprintf(ret, size, "%s", strncmp(line, "rtu:", 4) == 0 ? line + 4 : line);
    for (int i = 0; i < 2 && access(ret, F_OK) < 0; i++) {
        char *colon = strrchr(ret, ':');
        if (colon != NULL)
            *colon = '\0';
    }
}

static void look_at_serial(struct check *check, const struct config_controller *c)
{
    char device[192], user[32];
    struct stat st;
    device_of(c->line, device, sizeof device);
    if (stat(device, &st) < 0) {
        check_say(check, CHECK_NO, "controller", c->name, "%s: %s", device,
                  errno == ENOENT ? "is not there; is the adapter plugged in?" : strerror(errno));
    } else if (!S_ISCHR(st.st_mode)) {
        check_say(check, CHECK_NO, "controller", c->name, "%s is not a serial line", device);
    } else {
        struct group *group = getgrgid(st.st_gid);
        int ours = access(device, R_OK | W_OK) == 0;
        check_say(check, ours ? CHECK_OK : CHECK_UNKNOWN, "controller", c->name, "%s belongs to %s and group %s, mode %03o%s", device,
                  user_of(st.st_uid, user), group != NULL ? group->gr_name : "?", st.st_mode & 0777,
                  ours ? "" : "; you cannot open it, gnomond's user must be in that group");
    }
}

/* A map is a name below share/controllers or a path. */
static void look_at_map(struct check *check, const struct config_controller *c)
{
    char path[512], *data = NULL;
    size_t len = 0;
    struct map *map = NULL;
    struct gnm_why why = { 0 };
    if (strchr(c->map, '/') != NULL)
        snprintf(path, sizeof path, "%s", c->map);
    else
        snprintf(path, sizeof path, "%s/controllers/%s.conf", check->cli->config->paths.share, c->map);
    int r = file_read(path, MAP_MAX, &data, &len, &why);
    if (r == 0)
        r = map_load(path, data, len, &map, &why);
    if (r < 0)
        check_say(check, CHECK_NO, "controller", c->name, "register map: %s", why.text);
    map_free(map);
    free(data);
}

void check_controllers(struct check *check)
{
    const struct config *config = check->cli->config;
    for (size_t i = 0; i < config->n_controllers; i++) {
        const struct config_controller *c = &config->controller[i];
        look_at_map(check, c);
        if (strncmp(c->line, "tcp:", 4) == 0)
            look_at_tcp(check, c);
        else
            look_at_serial(check, c);
    }
    if (config->n_controllers == 0)
        check_say(check, CHECK_NO, "controller", "", "none is configured: the battery is unknown, so nothing is trained");
}

/* ---- clock ---- */

void check_clock(struct check *check)
{
    struct gnm_clock clock;
    struct clock_state state = { 0 };
    clock_real(&clock, &state, GNM_NEVER);
    if (clock.trusted(clock.ctx)) {
        check_say(check, CHECK_OK, "clock", "", "synchronised");
        return;
    }
    int64_t newest = check->status.published_s;
    if (newest > 0 && check->cli->now_s >= newest)
        check_say(check, CHECK_OK, "clock", "",
                  "not synchronised, but at or after the newest publication: trusted, forecasts are marked degraded after a while");
    else if (newest > 0)
        check_say(check, CHECK_NO, "clock", "", "not synchronised and before the newest publication: only polls run until it is right");
    else
        check_say(check, CHECK_UNKNOWN, "clock", "", "not synchronised, and nothing published yet to compare it with");
}
