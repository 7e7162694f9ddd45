/* The simulated web as the daemon's port: what happens to a request on a schedule arrives there. */
#include <errno.h>
#include <stdio.h>

#include "world/sim.h"
#include "world_help.h"

#define MET "https://api.met.no/weatherapi/locationforecast/2.0/compact?lat=50.85&lon=4.35"

struct asked { int r; int64_t took_ms; struct gnm_answer answer; char why[240]; };

static struct sim sim;
static struct gnm_web web;
static struct provider_faults provider_faults;
static struct sim_faults sim_faults;

static void start(const char *provider_lines, const char *own_lines)
{
    struct gnm_why why = { 0 };
    struct sim_config c = { .byte_cpu_s = 3e-8 };
    world_config_default(&c.world);
    c.world.start_s = local_s(2025, 5, 1, 2, 0);
    c.world.businesses = 0;
    c.end_s = c.world.start_s + 3 * 86400;
    provider_faults.n = sim_faults.n = 0;
    ck_assert_msg(provider_faults_read(provider_lines, strlen(provider_lines), c.world.start_s, &provider_faults, &why) == 0, "%s", why.text);
    ck_assert_msg(sim_faults_read("own", own_lines, strlen(own_lines), &sim_faults, &why) == 0, "%s", why.text);
    c.world.provider_faults = &provider_faults;
    c.faults = &sim_faults;
    ck_assert_msg(sim_start(&sim, &c, brussels, &why) == 0, "%s", why.text);
    sim_web(&sim, &web);
}

/* As the daemon does: submits, then takes at each deadline it is told. */
static struct asked ask(const char *url, const char *header)
{
    struct asked ret = { .r = -EAGAIN };
    struct gnm_request request = { .header = { header } };
    struct gnm_why why = { 0 };
    int64_t begin_ms = sim.time.mono_ms;
    snprintf(request.url, sizeof request.url, "%s", url);
    int id = web.submit(web.ctx, &request, &why);
    if (id < 0)
        ret.r = id;
    for (int turn = 0; turn < 5 && ret.r == -EAGAIN; turn++) {
        struct gnm_wait wait = { .deadline_ms = GNM_NEVER };
        ret.r = web.take(web.ctx, id, sim.time.mono_ms, &ret.answer, &wait, &why);
        if (ret.r == -EAGAIN)
            ck_assert_int_eq(sim.clock.wait(sim.clock.ctx, wait.deadline_ms, wait.fd, 0), 0);
    }
    ret.took_ms = sim.time.mono_ms - begin_ms;
    snprintf(ret.why, sizeof ret.why, "%s", why.text);
    return ret;
}

START_TEST(an_answer_arrives_with_its_headers_and_is_not_sent_twice)
{
    char header[100];
    start("", "");
    struct asked first = ask(MET, NULL);
    ck_assert_msg(first.r == 0 && first.answer.status == 200, "%d %s", first.r, first.why);
    ck_assert_uint_gt(first.answer.len, 10000);
    ck_assert_uint_eq(strlen(first.answer.body), first.answer.len);
    ck_assert(first.answer.expires_s != GNM_NEVER && first.answer.expires_s > sim_true_s(&sim));
    snprintf(header, sizeof header, "If-Modified-Since: %s", first.answer.last_modified);
    struct asked again = ask(MET, header);
    ck_assert_int_eq(again.answer.status, 304);
    ck_assert_uint_eq(again.answer.len, 0);
    struct asked nobody = ask(MET, "User-Agent: curl");
    ck_assert_int_eq(nobody.answer.status, 403);
    free(first.answer.body);
    free(again.answer.body);
    free(nobody.answer.body);
    sim_end(&sim);
}
END_TEST

START_TEST(a_broken_connection_has_no_answer)
{
    start("0 met gone 1d\n", "");
    struct asked asked = ask(MET, NULL);
    ck_assert_int_eq(asked.r, -ECONNRESET);
    ck_assert_ptr_null(asked.answer.body);
    sim_end(&sim);
}
END_TEST

START_TEST(a_slow_answer_is_waited_for_until_patience_ends)
{
    start("0 met slow 1d 30\n", "");
    struct asked slow = ask(MET, NULL);
    ck_assert_int_eq(slow.answer.status, 200);
    ck_assert_msg(slow.took_ms >= 30000 && slow.took_ms < 31000, "%lld ms", (long long)slow.took_ms);
    free(slow.answer.body);
    sim_end(&sim);
    start("0 met slow 1d 300\n", "");
    struct asked never = ask(MET, NULL);
    ck_assert_int_eq(never.r, -ETIMEDOUT);
    ck_assert_msg(never.took_ms >= 60000 && never.took_ms < 62000, "%lld ms", (long long)never.took_ms);
    sim_end(&sim);
}
END_TEST

START_TEST(a_limit_says_how_long_to_wait)
{
    start("0 met limit 1d 3600\n", "");
    struct asked first = ask(MET, NULL), second = ask(MET, NULL);
    ck_assert_int_eq(first.answer.status, 200);
    ck_assert_int_eq(second.answer.status, 429);
    ck_assert_msg(second.answer.retry_after_s > 3590 && second.answer.retry_after_s <= 3600, "%lld s", (long long)second.answer.retry_after_s);
    free(first.answer.body);
    free(second.answer.body);
    sim_end(&sim);
}
END_TEST

START_TEST(without_a_network_nothing_is_sent)
{
    start("", "0 offline 1d\n");
    struct asked asked = ask(MET, NULL);
    ck_assert_int_eq(asked.r, -ENETUNREACH);
    ck_assert_uint_eq(sim.total.asked, 1);
    ck_assert_uint_eq(sim.total.answered, 0);
    sim_end(&sim);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("web");
    tcase_add_test(cases, an_answer_arrives_with_its_headers_and_is_not_sent_twice);
    tcase_add_test(cases, a_broken_connection_has_no_answer);
    tcase_add_test(cases, a_slow_answer_is_waited_for_until_patience_ends);
    tcase_add_test(cases, a_limit_says_how_long_to_wait);
    tcase_add_test(cases, without_a_network_nothing_is_sent);
    return run_suite(cases);
}
