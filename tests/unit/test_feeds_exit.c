/* The web port with several requests under way, and left early in every state: it is freed within milliseconds. */
#include "feeds_misbehave.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>

/* ---- a name server that never answers: our getaddrinfo stands before the C library's ---- */

static atomic_int stalled;

int getaddrinfo(const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (node != NULL && strcmp(node, "stalled.example") == 0) {
        atomic_store(&stalled, 1);
        sleep(60);
        return EAI_AGAIN;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, ret);
}

/* ---- several at once ---- */

START_TEST(several_at_once)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_wait wait;
    struct gnm_request request = at(&f, "/plain");
    int id[WEB_SLOTS], left = WEB_SLOTS;
    for (int i = 0; i < WEB_SLOTS; i++)
        ck_assert_int_ge(id[i] = f.port.submit(f.port.ctx, &request, &f.why), 0);
    ck_assert_int_eq(f.port.submit(f.port.ctx, &request, &f.why), -EBUSY);
    while (left > 0) {
        for (int i = 0; i < WEB_SLOTS; i++) {
            int err = id[i] < 0 ? -EAGAIN : f.port.take(f.port.ctx, id[i], mono_ms(), &a, &wait, &f.why);
            if (err == -EAGAIN)
                continue;
            ck_assert_msg(err == 0, "%s", f.why.text);
            ck_assert_str_eq(a.body, "hello");
            free(a.body);
            ck_assert_int_eq(f.port.take(f.port.ctx, id[i], mono_ms(), &a, &wait, &f.why), -EINVAL);
            id[i] = -1;
            left--;
        }
        wait_for(&wait);
    }
    f.port.cancel(f.port.ctx, 12345);
    stop(&f);
}
END_TEST

/* A listener whose queue is full: the next connection hangs. */
static int full_listener(int *port, int filler[4])
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&address, sizeof address);
    listen(listener, 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    for (int i = 0; i < 4; i++) {
        filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(filler[i], (struct sockaddr *)&address, sizeof address);
    }
    return listener;
}

static void run_for(struct fixture *f, int id, int64_t ms)
{
    struct gnm_answer a;
    struct gnm_wait wait;
    for (int64_t until = mono_ms() + ms; mono_ms() < until;) {
        int err = f->port.take(f->port.ctx, id, mono_ms(), &a, &wait, &f->why);
        ck_assert_msg(err == -EAGAIN, "%d, %s", err, err < 0 ? f->why.text : "");
        if (wait.deadline_ms > until)
            wait.deadline_ms = until;
        wait_for(&wait);
    }
}

static void check_quick_exit(struct fixture *f)
{
    int64_t begin = mono_ms();
    web_free(f->web);
    int64_t took = mono_ms() - begin;
    ck_assert_msg(took < 100, "web_free took %lld ms", (long long)took);
    server_stop(&f->server);
}

static const char *const states[] = { "/slow", "/silent", "stalled look-up", "hanging connect", "not begun" };

START_TEST(free_in_every_state)
{
    struct fixture f = start();
    struct gnm_request request = at(&f, states[_i]);
    int filler[4], listener = -1, port = 0;
    if (strcmp(states[_i], "stalled look-up") == 0)
        snprintf(request.url, sizeof request.url, "http://stalled.example/");
    if (strcmp(states[_i], "hanging connect") == 0) {
        listener = full_listener(&port, filler);
        snprintf(request.url, sizeof request.url, "http://127.0.0.1:%d/", port);
    }
    int id = f.port.submit(f.port.ctx, &request, &f.why);
    ck_assert_int_ge(id, 0);
    if (strcmp(states[_i], "not begun") != 0)
        run_for(&f, id, 300);
    ck_assert_int_eq(atomic_load(&stalled), strcmp(states[_i], "stalled look-up") == 0);
    check_quick_exit(&f);
    if (listener >= 0)
        close(listener);
}
END_TEST

START_TEST(cancel_under_way)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_wait wait;
    struct gnm_request request = { .name = "test", .local = 1, .http = 1, .url = "http://stalled.example/" };
    int id = f.port.submit(f.port.ctx, &request, &f.why);
    run_for(&f, id, 200);
    int64_t begin = mono_ms();
    f.port.cancel(f.port.ctx, id);
    ck_assert_int_lt(mono_ms() - begin, 100);
    ck_assert_int_eq(f.port.take(f.port.ctx, id, mono_ms(), &a, &wait, &f.why), -EINVAL);
    request = at(&f, "/plain");
    ck_assert_int_eq(fetch(f.web, &request, &a, &f.why), 0);
    free(a.body);
    check_quick_exit(&f);
}
END_TEST

START_TEST(connect_timeout)
{
    int filler[4], port = 0, listener = full_listener(&port, filler);
    struct web *web;
    struct gnm_why why;
    struct gnm_answer a;
    struct web_options options = quick;
    struct gnm_request request = { .name = "test", .local = 1, .http = 1 };
    options.connect_ms = 300;
    snprintf(request.url, sizeof request.url, "http://127.0.0.1:%d/?key=geheim", port);
    ck_assert_int_eq(web_new_with("gnomon/test", &options, &web, &why), 0);
    int64_t begin = mono_ms();
    int err = fetch(web, &request, &a, &why);
    ck_assert_msg(err == -ETIMEDOUT, "%d, %s", err, why.text);
    ck_assert_msg(strstr(why.text, "geheim") == NULL, "%s", why.text);
    ck_assert_int_lt(mono_ms() - begin, 1500);
    web_free(web);
    close(listener);
}
END_TEST

START_TEST(refused_connection)
{
    struct fixture f = start();
    struct gnm_answer a;
    struct gnm_request request = at(&f, "/plain");
    server_stop(&f.server);
    ck_assert_int_eq(fetch(f.web, &request, &a, &f.why), -ECONNREFUSED);
    web_free(f.web);
    web_free(NULL);
}
END_TEST

int main(void)
{
    TCase *leaving = tcase_create("leaving");
    tcase_set_timeout(leaving, 8);
    tcase_add_test(leaving, several_at_once);
    tcase_add_loop_test(leaving, free_in_every_state, 0, (int)(sizeof states / sizeof states[0]));
    tcase_add_test(leaving, cancel_under_way);
    tcase_add_test(leaving, connect_timeout);
    tcase_add_test(leaving, refused_connection);
    return run_suite("feeds: leaving the web port", &leaving, 1);
}
