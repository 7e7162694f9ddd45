/* The servers with real sockets: Modbus TCP and RTU, HTTP, and a whole run from start to signal. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "world/http_server.h"
#include "world/modbus_server.h"
#include "world/pty_server.h"
#include "world/rtu.h"
#include "world/serve.h"
#include "world_help.h"

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Registers with known content: 0x3104 = 12.30, 0x331B = -1.50 low word first; anything else is missing. */
static int few_registers(void *ctx, int function, int address, int count, uint16_t *ret)
{
    (void)ctx;
    if (function == REGISTERS_INPUT && address == 0x3104 && count == 1) {
        ret[0] = 1230;
        return 0;
    }
    if (function == REGISTERS_INPUT && address == 0x331B && count == 2) {
        ret[0] = 0xFF6A;
        ret[1] = 0xFFFF;
        return 0;
    }
    if (function == REGISTERS_DISCRETE && address == 0x200C && count == 1) {
        ret[0] = 1;
        return 0;
    }
    return -ENXIO;
}

static size_t bytes_of(const char *hex, uint8_t *ret)
{
    size_t n = 0;
    unsigned byte;
    int used;
    while (sscanf(hex, "%2x%n", &byte, &used) == 1) {
        ret[n++] = (uint8_t)byte;
        hex += used + (hex[used] == ' ');
    }
    return n;
}

static void check_frame(struct registers *registers, const char *request, const char *expected)
{
    struct rtu rtu = {0};
    uint8_t in[RTU_FRAME], want[RTU_FRAME], out[RTU_FRAME];
    size_t n = bytes_of(request, in), want_len = bytes_of(expected, want);
    rtu_take(&rtu, in, n - 1);
    ck_assert_uint_eq(rtu_answer(&rtu, registers, 0, out), 0);    /* not before the last byte */
    rtu_take(&rtu, in + n - 1, 1);
    size_t len = rtu_answer(&rtu, registers, 0, out);
    if (len == 0)
        len = rtu_answer(&rtu, registers, 1, out);
    ck_assert_msg(len == want_len, "%s: %zu bytes", request, len);
    ck_assert_mem_eq(out, want, len);
    ck_assert_uint_eq(rtu.len, 0);
}

START_TEST(rtu_answers_the_vectors)
{
    struct registers registers = {.read = few_registers, .unit = 1};
    check_frame(&registers, "01 04 31 04 00 01 7E F7", "01 04 02 04 CE 3A 64");
    check_frame(&registers, "01 04 33 1B 00 02 0E 88", "01 04 04 FF 6A FF FF EA 3C");
    check_frame(&registers, "01 04 31 00 00 12 7E FB", "01 84 02 C2 C1");
    ck_assert_uint_eq(registers.reads, 2);
    ck_assert_uint_eq(registers.refused, 1);
    ck_assert_uint_eq(registers.writes, 0);
    check_frame(&registers, "01 2B 0E 01 00 70 77", "01 AB 01 9E F0");
    ck_assert_uint_eq(registers.writes, 0);
}
END_TEST

static size_t sealed(const char *hex, uint8_t *ret)
{
    size_t n = bytes_of(hex, ret);
    uint16_t crc = rtu_crc(ret, n);
    ret[n] = (uint8_t)(crc & 0xFF);
    ret[n + 1] = (uint8_t)(crc >> 8);
    return n + 2;
}

START_TEST(rtu_refuses_and_counts_writes)
{
    static const char *const write[] = {"01 06 90 00 00 01", "01 05 00 02 FF 00", "01 10 90 00 00 01 02 00 01", "01 0F 00 00 00 08 01 FF", "01 16 90 00 00 F2 00 25"};
    struct registers registers = {.read = few_registers, .unit = 1};
    for (size_t i = 0; i < sizeof write / sizeof write[0]; i++) {
        struct rtu rtu = {0};
        uint8_t in[RTU_FRAME], out[RTU_FRAME];
        size_t n = sealed(write[i], in);
        rtu_take(&rtu, in, n);
        ck_assert_uint_eq(rtu_answer(&rtu, &registers, 1, out), 5);
        ck_assert_uint_eq(out[1], in[1] | 0x80);
        ck_assert_uint_eq(out[2], 1);
        ck_assert_uint_eq(registers.writes, i + 1);
    }
    ck_assert_uint_eq(registers.reads, 0);
}
END_TEST

START_TEST(rtu_survives_noise)
{
    struct registers registers = {.read = few_registers, .unit = 1};
    struct rtu rtu = {0};
    uint8_t in[600], out[RTU_FRAME];
    size_t n = bytes_of("01 04 31 04 00 01 7E F7", in);
    in[2] ^= 1;
    rtu_take(&rtu, in, n);
    ck_assert_uint_eq(rtu_answer(&rtu, &registers, 0, out), 0);
    ck_assert_uint_eq(rtu_answer(&rtu, &registers, 1, out), 0);
    ck_assert_uint_eq(rtu.len, 0);
    memset(in, 0x55, sizeof in);
    rtu_take(&rtu, in, sizeof in);
    ck_assert_uint_eq(rtu_answer(&rtu, &registers, 1, out), 0);
    n = bytes_of("02 04 31 04 00 01 7E C4", in);
    rtu_take(&rtu, in, n);
    ck_assert_uint_eq(rtu_answer(&rtu, &registers, 0, out), 0);    /* somebody else's */
    n = bytes_of("01 04 31 04 00 01 7E F7", in);
    rtu.len = 0;
    rtu_take(&rtu, in, n);
    ck_assert_uint_eq(rtu_answer(&rtu, &registers, 0, out), 7);
}
END_TEST

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 3};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void run_modbus(struct modbus_server *server, int times)
{
    for (int i = 0; i < times; i++) {
        struct pollfd fds[MODBUS_CLIENTS + 1];
        poll(fds, (nfds_t)modbus_server_fds(server, fds), 50);
        modbus_server_run(server);
    }
}

static void ask_modbus(struct modbus_server *server, int fd, const char *request, const char *expected)
{
    uint8_t in[300], want[300], out[300];
    size_t n = bytes_of(request, in), want_len = bytes_of(expected, want);
    ck_assert_int_eq(send(fd, in, n, 0), (ssize_t)n);
    size_t got = 0;
    for (int i = 0; i < 300 && got < want_len; i++) {
        struct pollfd fds[MODBUS_CLIENTS + 1];
        poll(fds, (nfds_t)modbus_server_fds(server, fds), 10);
        modbus_server_run(server);
        ssize_t more = recv(fd, out + got, sizeof out - got, MSG_DONTWAIT);
        got += more > 0 ? (size_t)more : 0;
    }
    ck_assert_uint_eq(got, want_len);
    ck_assert_mem_eq(out, want, want_len);
}

START_TEST(modbus_tcp_answers_many_clients)
{
    struct registers registers = {.read = few_registers, .unit = 1};
    struct modbus_server *server = NULL;
    struct gnm_why why;
    ck_assert_msg(modbus_server_open(0, &registers, &server, &why) == 0, "%s", why.text);
    int fd[5], half = connect_to(modbus_server_port(server));
    ck_assert_int_eq(send(half, "\0\1\0\0\0\6\1", 7, 0), 7);    /* never completes its request */
    for (int i = 0; i < 5; i++)
        fd[i] = connect_to(modbus_server_port(server));
    run_modbus(server, 8);
    struct pollfd idle[MODBUS_CLIENTS + 1];
    ck_assert_int_eq(poll(idle, (nfds_t)modbus_server_fds(server, idle), 0), 0);    /* the half request must not keep the loop awake */
    for (int i = 0; i < 5; i++) {
        ask_modbus(server, fd[i], "00 07 00 00 00 06 01 04 31 04 00 01", "00 07 00 00 00 05 01 04 02 04 CE");
        ask_modbus(server, fd[i], "00 08 00 00 00 06 01 04 33 1B 00 02", "00 08 00 00 00 07 01 04 04 FF 6A FF FF");
        ask_modbus(server, fd[i], "00 09 00 00 00 06 01 02 20 0C 00 01", "00 09 00 00 00 04 01 02 01 01");
    }
    ask_modbus(server, fd[0], "00 0A 00 00 00 06 01 04 31 00 00 12", "00 0A 00 00 00 03 01 84 02");
    ask_modbus(server, fd[0], "00 0B 00 00 00 06 01 04 31 04 00 7E", "00 0B 00 00 00 03 01 84 03");
    ask_modbus(server, fd[0], "00 0C 00 00 00 06 09 04 31 04 00 01", "00 0C 00 00 00 03 09 84 0B");
    ck_assert_uint_eq(registers.reads, 15);
    /* A request in two pieces waits for the second. */
    ck_assert_int_eq(send(fd[2], "\0\1\0\0\0\6\1\4\x31", 9, 0), 9);
    run_modbus(server, 2);
    ask_modbus(server, fd[2], "04 00 01", "00 01 00 00 00 05 01 04 02 04 CE");
    ck_assert_uint_eq(registers.writes, 0);
    /* Two requests in one segment get two answers. */
    ask_modbus(server, fd[1], "00 01 00 00 00 06 01 04 31 04 00 01 00 02 00 00 00 06 01 04 31 04 00 01",
               "00 01 00 00 00 05 01 04 02 04 CE 00 02 00 00 00 05 01 04 02 04 CE");
    for (int i = 0; i < 5; i++)
        close(fd[i]);
    close(half);
    modbus_server_close(server);
}
END_TEST

START_TEST(modbus_tcp_refuses_writes_and_drops_nonsense)
{
    struct registers registers = {.read = few_registers, .unit = 1};
    struct modbus_server *server = NULL;
    struct gnm_why why;
    uint8_t byte;
    ck_assert_int_eq(modbus_server_open(0, &registers, &server, &why), 0);
    int fd = connect_to(modbus_server_port(server));
    ask_modbus(server, fd, "00 01 00 00 00 06 01 06 90 00 00 01", "00 01 00 00 00 03 01 86 01");
    ask_modbus(server, fd, "00 02 00 00 00 09 01 10 90 00 00 01 02 00 01", "00 02 00 00 00 03 01 90 01");
    ck_assert_uint_eq(registers.writes, 2);
    ask_modbus(server, fd, "00 03 00 00 00 05 01 2B 0E 01 00", "00 03 00 00 00 03 01 AB 01");
    ask_modbus(server, fd, "00 04 00 00 00 03 01 04 31", "00 04 00 00 00 03 01 84 03");
    ck_assert_uint_eq(registers.writes, 2);
    ck_assert_int_eq(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    run_modbus(server, 3);
    errno = 0;
    ck_assert(recv(fd, &byte, 1, 0) <= 0 && errno != EAGAIN);    /* closed; unread bytes make it a reset */
    close(fd);
    modbus_server_close(server);
}
END_TEST

START_TEST(pty_is_a_serial_line)
{
    struct registers registers = {.read = few_registers, .unit = 1};
    struct pty_server *server = NULL;
    struct gnm_why why;
    char dir[] = "/tmp/gnomon-world-XXXXXX", link[64];
    uint8_t in[64], out[64], want[64];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(link, sizeof link, "%s/tty", dir);
    ck_assert_msg(pty_server_open(link, &registers, &server, &why) == 0, "%s", why.text);
    int fd = open(link, O_RDWR | O_NOCTTY | O_NONBLOCK);
    ck_assert_int_ge(fd, 0);
    size_t n = bytes_of("01 04 31 04 00 01 7E F7", in), want_len = bytes_of("01 04 02 04 CE 3A 64", want), got = 0;
    ck_assert_int_eq(write(fd, in, 3), 3);
    pty_server_run(server, 1000);
    ck_assert_int_eq(write(fd, in + 3, n - 3), (ssize_t)(n - 3));
    for (int i = 0; i < 100 && got < want_len; i++) {
        struct pollfd wait[] = {{.fd = pty_server_fd(server), .events = POLLIN}, {.fd = fd, .events = POLLIN}};
        poll(wait, 2, 20);
        pty_server_run(server, 1005);
        ssize_t more = read(fd, out + got, sizeof out - got);
        got += more > 0 ? (size_t)more : 0;
    }
    ck_assert_uint_eq(got, want_len);
    ck_assert_mem_eq(out, want, want_len);
    close(fd);
    pty_server_close(server);
    ck_assert_int_ne(access(link, F_OK), 0);
    FILE *plain = fopen(link, "w");
    ck_assert_ptr_nonnull(plain);
    fclose(plain);
    ck_assert_int_lt(pty_server_open(link, &registers, &server, &why), 0);    /* a file is not ours to replace */
    unlink(link);
    rmdir(dir);
}
END_TEST

struct seen { char url[256], agent[64], since[64]; int calls; };

static int remember(void *ctx, const char *url, const char *user_agent, const char *if_modified_since, struct reply *ret)
{
    struct seen *seen = ctx;
    seen->calls++;
    snprintf(seen->url, sizeof seen->url, "%s", url);
    snprintf(seen->agent, sizeof seen->agent, "%s", user_agent != NULL ? user_agent : "-");
    snprintf(seen->since, sizeof seen->since, "%s", if_modified_since != NULL ? if_modified_since : "-");
    ret->date_s = 1778738400;
    ret->expires_s = 1778740200;
    ret->last_modified_s = 1778738400;
    if (if_modified_since != NULL) {
        ret->status = 304;
        return 0;
    }
    return reply_say(ret, 200, "application/json", "{\"a\":1}");
}

/* Sends and reads until the server closes or `until` has come. */
static void exchange(struct http_server *server, const char *request, char *ret, size_t size, const char *until)
{
    int fd = connect_to(http_server_port(server));
    size_t got = 0;
    ck_assert_int_eq(send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
    ret[0] = '\0';
    for (int i = 0; i < 200 && strstr(ret, until) == NULL; i++) {
        struct pollfd wait = {.fd = http_server_fd(server), .events = POLLIN};
        poll(&wait, 1, http_server_wait_ms(server) >= 0 && http_server_wait_ms(server) < 10 ? http_server_wait_ms(server) : 10);
        http_server_run(server);
        ssize_t n = recv(fd, ret + got, size - got - 1, MSG_DONTWAIT);
        if (n == 0)
            break;
        got += n > 0 ? (size_t)n : 0;
        ret[got] = '\0';
    }
    close(fd);
}

START_TEST(http_passes_on_what_matters)
{
    struct seen seen = {0};
    struct http_server *server = NULL;
    struct gnm_why why;
    char answer[4096];
    ck_assert_msg(http_server_open(0, remember, &seen, &server, &why) == 0, "%s", why.text);
    exchange(server, "GET /x/y?q=%22a%20b%22&to=1 HTTP/1.1\r\nHost: a\r\nUser-Agent: gnomon/1 a@b\r\n\r\n", answer, sizeof answer, "{\"a\":1}");
    ck_assert_str_eq(seen.url, "/x/y?q=%22a%20b%22&to=1");
    ck_assert_str_eq(seen.agent, "gnomon/1 a@b");
    ck_assert_str_eq(seen.since, "-");
    ck_assert(strncmp(answer, "HTTP/1.1 200", 12) == 0);
    ck_assert_ptr_nonnull(strstr(answer, "Content-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(answer, "Date: Thu, 14 May 2026 06:00:00 GMT\r\n"));
    ck_assert_ptr_nonnull(strstr(answer, "Expires: Thu, 14 May 2026 06:30:00 GMT\r\n"));
    exchange(server, "GET / HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: Thu, 14 May 2026 06:00:00 GMT\r\n\r\n", answer, sizeof answer, "\r\n\r\n");
    ck_assert_str_eq(seen.since, "Thu, 14 May 2026 06:00:00 GMT");
    ck_assert(strncmp(answer, "HTTP/1.1 304", 12) == 0);
    exchange(server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", answer, sizeof answer, "served");
    ck_assert(strncmp(answer, "HTTP/1.1 405", 12) == 0);
    ck_assert_int_eq(seen.calls, 2);
    http_server_close(server);
}
END_TEST

static int sluggish(void *ctx, const char *url, const char *user_agent, const char *if_modified_since, struct reply *ret)
{
    (void)ctx;
    (void)user_agent;
    (void)if_modified_since;
    ret->gone = strcmp(url, "/gone") == 0;
    ret->delay_ms = strcmp(url, "/slow") == 0 ? 300 : strcmp(url, "/never") == 0 ? 3600000 : 0;
    ret->retry_after_s = strcmp(url, "/busy") == 0 ? 600 : 0;
    return reply_say(ret, ret->retry_after_s > 0 ? 429 : 200, "text/plain", "well\n");
}

/* A slow answer holds nobody else up; one that never comes does not keep the server from closing. */
START_TEST(http_is_slow_gone_or_busy_on_demand)
{
    struct http_server *server = NULL;
    struct gnm_why why;
    char answer[4096];
    ck_assert_msg(http_server_open(0, sluggish, NULL, &server, &why) == 0, "%s", why.text);
    int never = connect_to(http_server_port(server));
    static const char request[] = "GET /never HTTP/1.1\r\nHost: a\r\n\r\n";
    ck_assert_int_eq(send(never, request, sizeof request - 1, 0), (ssize_t)sizeof request - 1);
    int64_t begin_ms = now_ms();
    exchange(server, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", answer, sizeof answer, "well");
    ck_assert_ptr_nonnull(strstr(answer, "well"));
    ck_assert_int_ge(now_ms() - begin_ms, 290);
    begin_ms = now_ms();
    exchange(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", answer, sizeof answer, "well");
    ck_assert_int_lt(now_ms() - begin_ms, 250);
    exchange(server, "GET /gone HTTP/1.1\r\nHost: a\r\n\r\n", answer, sizeof answer, "well");
    ck_assert_str_eq(answer, "");
    exchange(server, "GET /busy HTTP/1.1\r\nHost: a\r\n\r\n", answer, sizeof answer, "well");
    ck_assert(strncmp(answer, "HTTP/1.1 429", 12) == 0);
    ck_assert_ptr_nonnull(strstr(answer, "Retry-After: 600\r\n"));
    ck_assert_int_gt(http_server_wait_ms(server), 1000);
    http_server_close(server);
    close(never);
}
END_TEST

static int read_ready(const char *path, int *modbus_port, int *http_port)
{
    FILE *file = fopen(path, "r");
    char line[128];
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "MODBUS_PORT=%d", modbus_port);
        sscanf(line, "HTTP_PORT=%d", http_port);
    }
    fclose(file);
    return 1;
}

static void live(const char *dir, double speed)
{
    struct serve_options options = {.speed = speed};
    struct gnm_why why;
    char ready[64], inbox[64];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    world_config_default(&options.world);
    options.world.start_s = local_s(2026, 5, 14, 3, 30);
    snprintf(ready, sizeof ready, "%s/ready", dir);
    snprintf(inbox, sizeof inbox, "%s/inbox", dir);
    options.ready_file = ready;
    options.inbox = inbox;
    options.signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    int code = serve_world(&options, brussels, &why);
    if (code < 0)
        fprintf(stderr, "%s\n", why.text);
    give_zone();
    _exit(code != 0);
}

static int wait_for(const char *path, int timeout_ms)
{
    for (int i = 0; i < timeout_ms / 10; i++) {
        if (access(path, F_OK) == 0)
            return 1;
        usleep(10000);
    }
    return 0;
}

static int battery_voltage(int port)
{
    uint8_t in[32], out[32];
    int fd = connect_to(port);
    size_t n = bytes_of("00 07 00 00 00 06 01 04 31 04 00 01", in);
    ck_assert_int_eq(send(fd, in, n, 0), (ssize_t)n);
    ck_assert_int_eq(recv(fd, out, sizeof out, 0), 11);
    close(fd);
    return out[9] << 8 | out[10];
}

static void clear_dir(const char *path)
{
    char name[512];
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        unlink(name);
    }
    if (dir != NULL)
        closedir(dir);
    rmdir(path);
}

START_TEST(a_run_serves_and_ends_at_once)
{
    char dir[] = "/tmp/gnomon-world-XXXXXX", path[64], inbox[64];
    int modbus_port = 0, http_port = 0, status;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(inbox, sizeof inbox, "%s/inbox", dir);
    ck_assert_int_eq(mkdir(inbox, 0700), 0);
    pid_t child = fork();
    if (child == 0)
        live(dir, 60000);
    snprintf(path, sizeof path, "%s/ready", dir);
    ck_assert_msg(wait_for(path, 15000), "not ready");
    ck_assert_int_eq(read_ready(path, &modbus_port, &http_port), 1);
    ck_assert(modbus_port > 0 && http_port > 0 && modbus_port != http_port);
    snprintf(path, sizeof path, "%s/inbox/activity.csv", dir);
    ck_assert_int_eq(access(path, F_OK), 0);
    int voltage = battery_voltage(modbus_port);
    ck_assert(voltage > 1200 && voltage < 1460);
    snprintf(path, sizeof path, "%s/inbox/activity-2026-05-15.csv", dir);    /* two evenings in three seconds */
    ck_assert_msg(wait_for(path, 15000), "no activity of the second evening");
    int64_t before_ms = now_ms();
    kill(child, SIGTERM);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_lt(now_ms() - before_ms, 500);    /* the goal is 100 ms; a loaded machine and sanitizers get some more */
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    clear_dir(inbox);
    clear_dir(dir);
}
END_TEST

START_TEST(an_export_is_complete_and_repeats)
{
    static const char *const file[] = {"activity.csv", "activity_weekly.csv", "drivers.csv", "static.csv", "splits.csv", "floor.csv"};
    char dir[2][32] = {"/tmp/gnomon-world-XXXXXX", "/tmp/gnomon-world-XXXXXX"};
    struct gnm_why why;
    for (int i = 0; i < 2; i++) {
        struct serve_options options = {.speed = 1, .export_dir = mkdtemp(dir[i])};
        world_config_default(&options.world);
        options.world.start_s = local_s(2026, 5, 14, 3, 30);
        options.world.years = 1;
        ck_assert_msg(serve_export(&options, brussels, &why) == 0, "%s", why.text);
    }
    for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
        char *data[2], path[64];
        size_t len[2];
        for (int j = 0; j < 2; j++) {
            snprintf(path, sizeof path, "%s/%s", dir[j], file[i]);
            ck_assert_msg(file_read(path, 1 << 24, &data[j], &len[j], &why) == 0, "%s", why.text);
        }
        ck_assert_uint_gt(len[0], 20);
        ck_assert_str_eq(data[0], data[1]);
        free(data[0]);
        free(data[1]);
    }
    clear_dir(dir[0]);
    clear_dir(dir[1]);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("servers");
    tcase_add_test(cases, rtu_answers_the_vectors);
    tcase_add_test(cases, rtu_refuses_and_counts_writes);
    tcase_add_test(cases, rtu_survives_noise);
    tcase_add_test(cases, modbus_tcp_answers_many_clients);
    tcase_add_test(cases, modbus_tcp_refuses_writes_and_drops_nonsense);
    tcase_add_test(cases, pty_is_a_serial_line);
    tcase_add_test(cases, http_passes_on_what_matters);
    tcase_add_test(cases, http_is_slow_gone_or_busy_on_demand);
    tcase_add_test(cases, a_run_serves_and_ends_at_once);
    tcase_add_test(cases, an_export_is_complete_and_repeats);
    return run_suite(cases);
}
