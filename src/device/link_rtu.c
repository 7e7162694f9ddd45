/* A serial port through libmodbus. Nothing here waits: the port is opened with O_NDELAY and requests are a few bytes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "device/link.h"

static int fail(const struct link *link, int error, struct gnm_why *why)
{
    int busy = error == EBUSY || error == EWOULDBLOCK;
    return gnm_fail(why, busy ? -EBUSY : -error, "%s: %s", link->line.path, busy ? "another program uses this port" : strerror(error));
}

/* libmodbus' O_EXCL does nothing on a terminal: two masters could share the port and read each other's answers. */
static int lock_port(struct link *link, struct gnm_why *why)
{
    struct stat st;
    link->lock_fd = open(link->line.path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (link->lock_fd < 0)
        return fail(link, errno, why);
    if (fstat(link->lock_fd, &st) < 0 || !S_ISCHR(st.st_mode))
        return gnm_fail(why, -ENOTTY, "%s: not a serial port", link->line.path);
    if (flock(link->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return fail(link, errno, why);
    return 0;
}

/* libmodbus leaves a port on which an empty line reads as 0 bytes, just as an unplugged adapter does. */
static int tell_empty_from_gone(int fd)
{
    struct termios setting;
    if (tcgetattr(fd, &setting) < 0)
        return -errno;
    setting.c_cc[VMIN] = 1;
    setting.c_cc[VTIME] = 0;
    return tcsetattr(fd, TCSANOW, &setting) < 0 ? -errno : 0;
}

static int open_port(struct link *link, struct gnm_why *why)
{
    const struct line *l = &link->line;
    link->modbus = modbus_new_rtu(l->path, l->baud, l->parity, l->data_bits, l->stop_bits);
    if (link->modbus == NULL)
        return fail(link, errno, why);
    modbus_set_error_recovery(link->modbus, MODBUS_ERROR_RECOVERY_NONE);
    modbus_set_slave(link->modbus, 1);          /* the unit of a raw request is its first byte; connecting only wants one to be set */
    if (modbus_connect(link->modbus) < 0)
        return fail(link, errno, why);
    link->fd = modbus_get_socket(link->modbus);
    int rc = tell_empty_from_gone(link->fd);
    if (rc < 0)
        return fail(link, -rc, why);
    fcntl(link->fd, F_SETFD, FD_CLOEXEC);
    ioctl(link->fd, TIOCEXCL);
    modbus_flush(link->modbus);
    return 0;
}

int link_rtu_send(struct link *link, const struct frame_request *q)
{
    uint8_t frame[FRAME_TCP_REQUEST];
    int n = (int)frame_build(FRAME_RTU, q, frame) - 2;          /* libmodbus adds the CRC */
    modbus_flush(link->modbus);
    errno = 0;
    return modbus_send_raw_request(link->modbus, frame, n) == n + 2 ? 0 : errno != 0 ? -errno : -EIO;
}

void link_rtu_close(struct link *link)
{
    if (link->fd >= 0) {
        tcflush(link->fd, TCIOFLUSH);           /* closing would wait for unsent bytes, up to 30 s on a stuck adapter */
        ioctl(link->fd, TIOCNXCL);
        modbus_close(link->modbus);
    }
    modbus_free(link->modbus);
    link->modbus = NULL;
    if (link->lock_fd >= 0)
        close(link->lock_fd);
    link->fd = link->lock_fd = -1;
}

int link_rtu_open(struct link *link, struct gnm_why *why)
{
    int rc = lock_port(link, why);
    if (rc == 0)
        rc = open_port(link, why);
    if (rc < 0)
        link_rtu_close(link);
    return rc;
}
