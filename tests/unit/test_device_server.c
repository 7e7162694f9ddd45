/* The controller port in real time against a foreign Modbus server (pymodbus), on TCP and on a serial line, with a restart in the middle. */
#include <math.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "device_responder.h"

enum { MISSING = 77 };

static const char *root(void)
{
    return getenv("GNOMON_ROOT") ? getenv("GNOMON_ROOT") : ".";
}

/* EPEver's map with shorter times: the server is near and quick. */
static struct map *quick_map(void)
{
    char path[512], *data;
    size_t len;
    snprintf(path, sizeof path, "%s/config/controllers/epever.conf", root());
    ck_assert_int_eq(file_read(path, 65536, &data, &len, NULL), 0);
    /* The same keys again, later in the file, win. */
    static const char quick[] = "\n[map]\nname = quick\ngap = 5\nresponse_ms = 400\nbyte_ms = 200\n";
    char *text = realloc(data, len + sizeof quick);
    ck_assert_ptr_nonnull(text);
    memcpy(text + len, quick, sizeof quick);
    struct map *map = NULL;
    struct gnm_why why = { 0 };
    ck_assert_msg(map_load(path, text, len + sizeof quick - 1, &map, &why) == 0, "%s", why.text);
    free(text);
    return map;
}

static pid_t start_server(const char *kind, const char *where, const char *volts)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/system/epever_server.py", root());
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        execl("/usr/bin/python3", "python3", "-W", "ignore", path, kind, where, volts, (char *)NULL);
        _exit(MISSING);
    }
    return pid;
}

static void stop_server(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static int64_t now_ms(void)
{
    return (int64_t)(real_s() * 1000);
}

/* One sample in real time, waiting as the daemon does. */
static int take(struct gnm_controller *port, struct gnm_reading *ret, struct gnm_why *why)
{
    struct gnm_wait wait;
    int rc = port->begin(port->ctx, now_ms(), why);
    while (rc == 0) {
        rc = port->poll(port->ctx, now_ms(), 1700000000000 + now_ms(), ret, &wait, why);
        if (rc != -EAGAIN)
            return rc;
        int64_t left = wait.deadline_ms - now_ms();
        poll(wait.fd, (nfds_t)wait.n, left > 0 ? (int)left : 0);
        rc = 0;
    }
    return rc;
}

/* Samples until one succeeds; 0 when the server cannot run here. */
static int take_soon(struct gnm_controller *port, pid_t server, struct gnm_reading *ret, const char *where)
{
    struct gnm_why why = { 0 };
    double start = real_s();
    int rc = -1, status;
    while (real_s() - start < 15 && (rc = take(port, ret, &why)) < 0) {
        if (waitpid(server, &status, WNOHANG) == server && WIFEXITED(status) && WEXITSTATUS(status) == MISSING) {
            printf("SKIP %s: /usr/bin/python3 has no pymodbus\n", where);
            return 0;
        }
        usleep(100000);
    }
    ck_assert_msg(rc == 0, "%s: %s", where, why.text);
    return 1;
}

static void check(const struct gnm_reading *r, double volts, int with_slow)
{
    const struct { enum gnm_field field; double value; } row[] = { { GNM_PV_V, 18.5 }, { GNM_PV_A, 4.2 }, { GNM_PV_W, 77.7 }, { GNM_BATTERY_V, volts }, { GNM_CHARGE_A, 5.7 },
        { GNM_CHARGE_W, volts * 5.7 }, { GNM_LOAD_V, volts - .01 }, { GNM_LOAD_A, .92 }, { GNM_BATTERY_C, 18.75 }, { GNM_CASE_C, 24.6 }, { GNM_SOC_PCT, 77 },
        { GNM_BATTERY_A, 4.78 }, { GNM_STAGE, GNM_STAGE_FLOAT }, { GNM_FAULTS, 0 }, { GNM_PV_TOTAL_KWH, 202.02 }, { GNM_LOAD_TOTAL_KWH, 45.67 }, { GNM_PV_TODAY_KWH, 1.12 } };
    for (size_t i = 0; i < sizeof row / sizeof *row - (with_slow ? 0 : 3); i++)
        ck_assert_msg(fabs(r->value[row[i].field] - row[i].value) < 0.00501, "%s is %.9g, served %.9g", gnm_field_names[row[i].field], r->value[row[i].field], row[i].value);
    ck_assert_uint_eq(r->rejected, 0);
}

static void several(struct gnm_controller *port, double volts)
{
    struct gnm_reading r;
    struct gnm_why why = { 0 };
    for (int i = 0; i < 5; i++) {
        ck_assert_msg(take(port, &r, &why) == 0, "%s", why.text);
        check(&r, volts, 0);
    }
}

static void run(const char *kind, const char *where, const char *line)
{
    struct map *map = quick_map();
    struct controller *c;
    struct gnm_controller port;
    struct gnm_reading r;
    struct gnm_why why = { 0 };
    ck_assert_msg(controller_new(map, line, 1, &c, &why) == 0, "%s", why.text);
    controller_port(c, &port);
    pid_t server = start_server(kind, where, "13.20");
    if (take_soon(&port, server, &r, kind)) {
        check(&r, 13.2, 1);
        several(&port, 13.2);
        stop_server(server);
        ck_assert_int_lt(take(&port, &r, &why), 0);
        ck_assert_uint_gt(strlen(why.text), 0);
        server = start_server(kind, where, "12.70");
        take_soon(&port, server, &r, kind);
        check(&r, 12.7, 1);
        several(&port, 12.7);
        stop_server(server);
    }
    controller_free(c);
    map_free(map);
}

START_TEST(tcp_server)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof a;
    char port[16], line[64];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    getsockname(fd, (struct sockaddr *)&a, &size);
    close(fd);
    snprintf(port, sizeof port, "%d", ntohs(a.sin_port));
    snprintf(line, sizeof line, "tcp:127.0.0.1:%s", port);
    run("tcp", port, line);
}
END_TEST

/* Two pseudo-terminals back to back make a serial cable. */
static void carry(int a, int b)
{
    for (;;) {
        struct pollfd p[2] = { { .fd = a, .events = POLLIN }, { .fd = b, .events = POLLIN } };
        uint8_t data[512];
        if (poll(p, 2, -1) <= 0)
            continue;
        for (int i = 0; i < 2; i++) {
            ssize_t n = p[i].revents & POLLIN ? read(p[i].fd, data, sizeof data) : 0;
            if (n > 0 && write(p[!i].fd, data, (size_t)n) < 0)
                _exit(1);
        }
    }
}

START_TEST(serial_server)
{
    int master[2], slave[2];
    char name[2][128], line[160];
    for (int i = 0; i < 2; i++) {
        struct termios raw;
        ck_assert_int_eq(openpty(&master[i], &slave[i], name[i], NULL, NULL), 0);
        tcgetattr(slave[i], &raw);
        cfmakeraw(&raw);
        tcsetattr(slave[i], TCSANOW, &raw);
    }
    pid_t cable = fork();
    if (cable == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        carry(master[0], master[1]);
    }
    snprintf(line, sizeof line, "rtu:%s:115200:8N1", name[1]);
    run("serial", name[0], line);
    stop_server(cable);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/server");
    TCase *t = tcase_create("server");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, tcp_server);
    tcase_add_test(t, serial_server);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
