/* What one HTTPS request costs the processor on a kept web port: bench-fetch CA_FILE URL COUNT prints JSON. The first three requests (the bundle of
 * authorities is parsed, names are looked up) are told apart. Every request makes a new connection, as requests hours apart do. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feeds/web_private.h"

static double seconds(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fetch(const struct gnm_web *port, const struct gnm_request *request, size_t *bytes)
{
    struct gnm_answer answer = { 0 };
    struct gnm_why why = { 0 };
    int id = port->submit(port->ctx, request, &why), r = id;
    while (id >= 0) {
        struct gnm_wait wait = { .deadline_ms = GNM_NEVER };
        int64_t now_ms = (int64_t)(seconds(CLOCK_MONOTONIC) * 1000);
        r = port->take(port->ctx, id, now_ms, &answer, &wait, &why);
        if (r != -EAGAIN)
            break;
        poll(wait.fd, wait.n, wait.deadline_ms == GNM_NEVER ? 1000 : (int)(wait.deadline_ms > now_ms ? wait.deadline_ms - now_ms : 0));
    }
    if (r < 0 || answer.status != 200) {
        fprintf(stderr, "bench-fetch: %s (status %d)\n", why.text, answer.status);
        return -1;
    }
    *bytes = answer.len;
    free(answer.body);
    return 0;
}

int main(int argc, char **argv)
{
    enum { WARM = 3 };
    if (argc != 4)
        return 64;
    struct web_options options = { .connect_ms = 5000, .whole_ms = 20000, .slow_bytes = 1, .slow_s = 20, .ca_file = argv[1] };
    struct gnm_request request = { .name = "bench", .local = 1 };
    struct gnm_why why = { 0 };
    struct gnm_web port;
    struct web *web;
    int count = atoi(argv[3]);
    size_t bytes = 0;
    snprintf(request.url, sizeof request.url, "%s", argv[2]);
    if (count < 1 || web_new_with("gnomon/bench", &options, &web, &why) < 0)
        return 70;
    web_port(web, &port);
    double begun = seconds(CLOCK_PROCESS_CPUTIME_ID), first = 0;
    for (int i = 0; i < WARM + count; i++) {
        if (fetch(&port, &request, &bytes) < 0)
            return 69;
        if (i == 0)
            first = seconds(CLOCK_PROCESS_CPUTIME_ID) - begun;
        if (i == WARM - 1)
            begun = seconds(CLOCK_PROCESS_CPUTIME_ID);
    }
    double each_ms = (seconds(CLOCK_PROCESS_CPUTIME_ID) - begun) * 1000 / count;
    printf("{\"requests\":%d,\"bytes\":%zu,\"first_cpu_ms\":%.3f,\"cpu_ms\":%.3f}\n", count, bytes, first * 1000, each_ms);
    web_free(web);
    return 0;
}
