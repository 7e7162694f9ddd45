#include "../support/process.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char *support_build(void)
{
    const char *dir = getenv("GNOMON_BUILD");
    return dir != NULL ? dir : "build";
}

const char *support_root(void)
{
    const char *dir = getenv("GNOMON_ROOT");
    return dir != NULL ? dir : ".";
}

void support_folder(char ret[128])
{
    const char *base = getenv("TMPDIR");
    snprintf(ret, 128, "%s/gnomon-test-XXXXXX", base != NULL ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(ret));
    ck_assert_int_eq(chmod(ret, 0755), 0);
}

void support_remove(const char *folder)
{
    char *argv[] = { "rm", "-rf", (char *)folder, NULL };
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
}

int support_free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

void support_write(const char *folder, const char *name, const char *format, ...)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    va_list args;
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    ck_assert_int_eq(fclose(file), 0);
}

char *support_read(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *text = calloc(1, 4 << 20);
    ck_assert_ptr_nonnull(text);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return text;
    size_t n = fread(text, 1, (4 << 20) - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

int support_count(const char *folder, const char *name, const char *needle)
{
    char *text = support_read(folder, name);
    int n = 0;
    for (const char *p = text; (p = strstr(p, needle)) != NULL; p += strlen(needle))
        n++;
    free(text);
    return n;
}

int support_wait_for(const char *folder, const char *name, const char *needle, int times, double seconds)
{
    int64_t end_ms = support_now_ms() + (int64_t)(seconds * 1000);
    while (support_count(folder, name, needle) < times) {
        if (support_now_ms() > end_ms)
            return -1;
        support_sleep(0.02);
    }
    return 0;
}

pid_t support_start(const char *folder, const char *log, char *const argv[])
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, log);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(fd, 1);
    dup2(fd, 2);
    execvp(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

int64_t support_stop(pid_t pid, int signal, double seconds, int *status)
{
    int unused;
    int64_t start_ms = support_now_ms();
    kill(pid, signal);
    while (waitpid(pid, status != NULL ? status : &unused, WNOHANG) == 0) {
        if ((double)(support_now_ms() - start_ms) > seconds * 1000) {
            kill(pid, SIGKILL);
            waitpid(pid, &unused, 0);
            return -1;
        }
        support_sleep(0.002);
    }
    return support_now_ms() - start_ms;
}

int support_running(pid_t pid)
{
    int status;
    return waitpid(pid, &status, WNOHANG) == 0;
}

int64_t support_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void support_sleep(double seconds)
{
    struct timespec t = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
    nanosleep(&t, NULL);
}

char *support_sql(const char *database, const char *query)
{
    char uri[600];
    int ends[2], status;
    snprintf(uri, sizeof uri, "file:%s?mode=ro", database);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        execlp("sqlite3", "sqlite3", "-bail", uri, query, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    char *text = calloc(1, 65536);
    ck_assert_ptr_nonnull(text);
    size_t used = 0;
    for (ssize_t n; used < 65535 && (n = read(ends[0], text + used, 65535 - used)) > 0;)
        used += (size_t)n;
    close(ends[0]);
    waitpid(pid, &status, 0);
    text[used] = '\0';
    if (used > 0 && text[used - 1] == '\n')
        text[used - 1] = '\0';
    return text;
}
