#include "world/pty_server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "world/rtu.h"

enum { SILENCE_MS = 20 };    /* far above the 3.5 characters of the standard: a loaded machine may pause between two writes */

struct pty_server {
    int master, slave;    /* our own slave descriptor keeps the line alive while no client has it open */
    char link[PATH_MAX];
    struct registers *registers;
    struct rtu rtu;
    int64_t last_ms;
};

static int open_line(struct pty_server *server, char *name, size_t size, struct gnm_why *why)
{
    struct termios raw;
    if (openpty(&server->master, &server->slave, NULL, NULL, NULL) < 0)
        return gnm_fail(why, -errno, "no pseudo-terminal: %s", strerror(errno));
    if (tcgetattr(server->slave, &raw) < 0)
        return gnm_fail(why, -errno, "pseudo-terminal has no settings: %s", strerror(errno));
    cfmakeraw(&raw);
    if (tcsetattr(server->slave, TCSANOW, &raw) < 0 || ttyname_r(server->slave, name, size) != 0)
        return gnm_fail(why, -errno, "pseudo-terminal cannot be set up: %s", strerror(errno));
    if (fcntl(server->master, F_SETFL, O_NONBLOCK) < 0 || fcntl(server->master, F_SETFD, FD_CLOEXEC) < 0 || fcntl(server->slave, F_SETFD, FD_CLOEXEC) < 0)
        return gnm_fail(why, -errno, "pseudo-terminal cannot be set up: %s", strerror(errno));
    return 0;
}

/* By rename, so that a link left by a killed run is replaced and no client sees a moment without one. Anything but a link stays. */
static int put_link(struct pty_server *server, const char *link, const char *name, struct gnm_why *why)
{
    char temporary[PATH_MAX + 8], old[8];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.tmp", link) >= sizeof server->link)
        return gnm_fail(why, -ENAMETOOLONG, "the name of the serial line is too long");
    if (access(link, F_OK) == 0 && readlink(link, old, sizeof old) < 0)
        return gnm_fail(why, -EEXIST, "%s exists and is not a link", link);
    unlink(temporary);
    if (symlink(name, temporary) < 0 || rename(temporary, link) < 0)
        return gnm_fail(why, -errno, "cannot link %s to %s: %s", link, name, strerror(errno));
    snprintf(server->link, sizeof server->link, "%s", link);
    return 0;
}

int pty_server_open(const char *link, struct registers *registers, struct pty_server **ret, struct gnm_why *why)
{
    char name[64];
    struct pty_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return gnm_fail(why, -ENOMEM, "out of memory");
    server->master = server->slave = -1;
    server->registers = registers;
    int code = open_line(server, name, sizeof name, why);
    if (code == 0)
        code = put_link(server, link, name, why);
    if (code < 0) {
        pty_server_close(server);
        return code;
    }
    *ret = server;
    return 0;
}

void pty_server_close(struct pty_server *server)
{
    if (server == NULL)
        return;
    if (server->link[0] != '\0')
        unlink(server->link);
    if (server->slave >= 0)
        close(server->slave);
    if (server->master >= 0)
        close(server->master);
    free(server);
}

int pty_server_fd(const struct pty_server *server)
{
    return server->master;
}

int pty_server_wait_ms(const struct pty_server *server, int64_t now_ms)
{
    if (server->rtu.len == 0)
        return -1;
    int64_t left = server->last_ms + SILENCE_MS - now_ms;
    return left > 0 ? (int)left : 0;
}

int pty_server_run(struct pty_server *server, int64_t now_ms)
{
    uint8_t bytes[RTU_FRAME], reply[RTU_FRAME];
    ssize_t got = read(server->master, bytes, sizeof bytes);
    int silence = got <= 0 && server->rtu.len > 0 && now_ms - server->last_ms >= SILENCE_MS, answers = 0;
    if (got > 0) {
        rtu_take(&server->rtu, bytes, (size_t)got);
        server->last_ms = now_ms;
    }
    size_t len;
    while ((len = rtu_answer(&server->rtu, server->registers, silence, reply)) > 0) {
        if (write(server->master, reply, len) != (ssize_t)len)
            break;    /* nobody reads the line: the answer is lost, as on a wire */
        answers++;
    }
    return answers;
}
