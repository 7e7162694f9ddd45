/* Certificates: a provider is who it says, or nothing is read. Servers and their certificates come from the openssl command. */
#include <stdarg.h>

#include "../unit/feeds_support.h"

#include "feeds/web_private.h"
#include "../support/process.h"

static char folder[128];

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
    char line[1024], command[1200];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    snprintf(command, sizeof command, "cd '%s' && %s >>openssl.log 2>&1", folder, line);
    ck_assert_msg(system(command) == 0, "%s", command);
}

/* An authority of our own, and NAME.crt signed by it for `host` and the days between (YYYYMMDD). */
static void found_authority(void)
{
    support_folder(folder);
    support_write(folder, "index", "%s", "");
    support_write(folder, "ca.conf", "[ca]\ndefault_ca = own\n[own]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\npolicy = any\n"
                  "unique_subject = no\n[any]\ncommonName = supplied\n");
    shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=test authority' -keyout ca.key -out ca.crt");
}

static void certify(const char *name, const char *host, const char *from, const char *until)
{
    support_write(folder, "names", "subjectAltName = DNS:%s\n", host);
    shell("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=%s' -keyout %s.key -out %s.csr", host, name, name);
    shell("openssl ca -batch -config ca.conf -cert ca.crt -keyfile ca.key -startdate %s000000Z -enddate %s000000Z -extfile names -in %s.csr -out %s.crt", from, until, name, name);
    remove(name);
}

static void setup(void)
{
    found_authority();
    certify("good", "localhost", "20200101", "20991231");
    certify("other", "provider.example", "20200101", "20991231");
    certify("old", "localhost", "20200101", "20200201");
    certify("early", "localhost", "20980101", "20991231");
}

static void teardown(void)
{
    support_remove(folder);
}

static pid_t start_server(const char *name, int port)
{
    char crt[160], key[160], at[32];
    snprintf(crt, sizeof crt, "%s/%s.crt", folder, name);
    snprintf(key, sizeof key, "%s/%s.key", folder, name);
    snprintf(at, sizeof at, "127.0.0.1:%d", port);
    char *argv[] = { "openssl", "s_server", "-accept", at, "-cert", crt, "-key", key, "-www", NULL };
    pid_t pid = support_start(folder, name, argv);
    ck_assert_int_eq(support_wait_for(folder, name, "ACCEPT", 1, 10), 0);
    return pid;
}

static const struct { const char *certificate; int trusted, err; const char *says; } cases[] = {
    { "good", 1, 0, "" },
    { "good", 0, -EKEYREJECTED, "certificate" },
    { "other", 1, -EKEYREJECTED, "localhost" },
    { "old", 1, -EKEYEXPIRED, "expired" },
    { "early", 1, -EKEYEXPIRED, "not yet valid" },
};

START_TEST(a_provider_is_who_it_says)
{
    char authority[160];
    snprintf(authority, sizeof authority, "%s/ca.crt", folder);
    const struct web_options options = { .connect_ms = 5000, .whole_ms = 5000, .slow_bytes = 1, .slow_s = 5, .ca_file = cases[_i].trusted ? authority : NULL };
    struct gnm_request request = { .name = "test", .local = 1 };
    struct gnm_answer answer = { .status = 77 };
    struct gnm_why why = { 0 };
    struct web *web;
    int port = support_free_port();
    pid_t server = start_server(cases[_i].certificate, port);
    snprintf(request.url, sizeof request.url, "https://localhost:%d/", port);
    ck_assert_int_eq(web_new_with("gnomon/test (+me@example.org)", &options, &web, &why), 0);
    int err = fetch(web, &request, &answer, &why);
    ck_assert_msg(err == cases[_i].err, "%s: %d, %s", cases[_i].certificate, err, why.text);
    ck_assert_msg(strstr(why.text, cases[_i].says) != NULL, "%s: %s", cases[_i].certificate, why.text);
    ck_assert_int_eq(answer.status, err == 0 ? 200 : 77);
    if (err == 0)
        free(answer.body);
    web_free(web);
    support_stop(server, SIGTERM, 5, NULL);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("certificates");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_provider_is_who_it_says, 0, sizeof cases / sizeof cases[0]);
    return run_suite("TLS", &tests, 1);
}
