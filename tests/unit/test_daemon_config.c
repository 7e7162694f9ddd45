#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/config_keys.h"

static char folder[64], path[96];
static struct config *config;
static struct gnm_why why;

static void setup(void)
{
    strcpy(folder, "/tmp/gnomon-config-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/gnomon.conf", folder);
}

static void teardown(void)
{
    char command[160];
    config_free(config);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static void put(const char *name, const char *text)
{
    char file[160];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    FILE *out = fopen(file, "w");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

static int load(const char *text)
{
    put("gnomon.conf", text);
    config_free(config);
    config = NULL;
    memset(&why, 0, sizeof why);
    return config_load(path, &config, &why);
}

static void expect_ok(const char *text)
{
    ck_assert_msg(load(text) == 0, "%s", why.text);
}

static char *from_root(const char *name, size_t *len)
{
    char file[512], *data = NULL;
    const char *root = getenv("GNOMON_ROOT");
    snprintf(file, sizeof file, "%s/%s", root ? root : ".", name);
    ck_assert_msg(file_read(file, 1 << 20, &data, len, &why) == 0, "%s", why.text);
    return data;
}

START_TEST(an_empty_file_gives_the_defaults)
{
    struct energy_policy policy;
    expect_ok("");
    energy_policy_default(&policy);
    ck_assert_str_eq(config->paths.state, "/var/lib/gnomon");
    ck_assert_str_eq(config->paths.runtime, "/run/gnomon");
    ck_assert_str_eq(config->paths.share, "/usr/share/gnomon");
    ck_assert_str_eq(config->paths.zoneinfo, "/usr/share/zoneinfo");
    ck_assert_str_eq(config->site.zone, "UTC");
    ck_assert(isnan(config->site.latitude) && isnan(config->site.longitude));
    ck_assert_int_eq(config->forecast.horizon_days, 14);
    ck_assert_int_eq(config->forecast.horizon_weeks, 8);
    ck_assert_double_eq(config->carbon.intensity_g_per_kwh, 48);
    ck_assert_uint_eq(config->n_controllers + config->n_feeds + config->n_places + config->n_companies + config->n_series, 0);
    const struct energy_policy *e = &config->energy;
    ck_assert_int_eq(e->chemistry, policy.chemistry);
    ck_assert_double_eq(e->capacity_ah, policy.capacity_ah);
    ck_assert_double_eq(e->nominal_v, policy.nominal_v);
    ck_assert_double_eq(e->reserve_ratio, policy.reserve_ratio);
    ck_assert_int_eq(e->rule, policy.rule);
    const double *written = &e->lookahead_h, *known = &policy.lookahead_h;      /* the rest of the policy is numbers only */
    for (size_t i = 0; i < (sizeof policy - offsetof(struct energy_policy, lookahead_h)) / sizeof *known; i++)
        ck_assert_msg(written[i] == known[i], "number %zu after lookahead: %g, and %g in energy_policy_default", i, written[i], known[i]);
    ck_assert_double_eq(e->base_w, policy.base_w);
    ck_assert_double_eq(e->watts_per_core, policy.watts_per_core);
    ck_assert_double_eq(e->stale_s, policy.stale_s);
    ck_assert_double_eq(e->lost_s, policy.lost_s);
}
END_TEST

START_TEST(every_section)
{
    expect_ok("[site]\nname = Box 1\nlatitude = 50.85\nlongitude=4.35\nzone = Europe/Brussels\ncountry = BE\nregion = VLG\ncontact = a@b.example\n"
              "[paths]\nstate = state\nruntime = run\nshare = config\n"
              "[controller main]\nmap = epever\nline = tcp:127.0.0.1:1502\nunit = 3\npoll = 1m\n"
              "[battery]\nchemistry = agm\ncapacity_ah = 120\nbase_w = 6.5\n"
              "[energy]\npolicy = soc:50,40\nstale = 10m\nlost = 2h\n"
              "[budget]\ncarbon_intensity_g_per_kwh = 60\n"
              "[forecast]\nhorizon_days = 28\nrefresh = 6h\ntrain = 2w\n[keep]\nminutes = 30\n[publish]\nevery = 1h\n"
              "[feed met-norway]\nuse = no\nlocal = yes\nbase = http://127.0.0.1:8080\nstation = 06447\nvar.use = x\n"
              "[place antwerp]\nlatitude = 51.22\nlongitude = 4.4\n[company bakery]\ngroup = gnomon-bakery\n"
              "[series Counter sales]\ntitle = Caf\xC3\xA9\nunit = money\ncurrency = EUR\ncompany = bakery\nparent = all\nplace = antwerp\nstep = week\nclosed = sun holidays\nnon_negative = no\n");
    ck_assert_double_eq(config->site.latitude, 50.85);
    ck_assert_str_eq(config->site.name, "Box 1");
    ck_assert_str_eq(config->paths.state, "state");
    ck_assert_str_eq(config->controller[0].name, "main");
    ck_assert_str_eq(config->controller[0].line, "tcp:127.0.0.1:1502");
    ck_assert_int_eq(config->controller[0].unit, 3);
    ck_assert_int_eq(config->controller[0].poll_s, 60);
    ck_assert_int_eq(config->energy.chemistry, ENERGY_AGM);
    ck_assert_double_eq(config->energy.reserve_ratio, 0.45);
    ck_assert_double_eq(config->energy.stale_s, 600);
    ck_assert_double_eq(config->energy.lost_s, 7200);
    ck_assert_int_eq(config->energy.rule, ENERGY_SOC);
    ck_assert_double_eq(config->energy.soc_start_ratio, 0.5);
    ck_assert_double_eq(config->energy.soc_stop_ratio, 0.4);
    ck_assert_int_eq(config->forecast.refresh_s, 21600);
    ck_assert_int_eq(config->forecast.train_s, 14 * 86400);
    ck_assert_int_eq(config->publish.every_s, 3600);
    const struct config_feed *feed = &config->feed[0];
    ck_assert_int_eq(feed->use, 0);
    ck_assert_int_eq(feed->local, 1);
    ck_assert_uint_eq(feed->n_vars, 2);
    ck_assert_str_eq(feed->var[0].name, "station");
    ck_assert_str_eq(feed->var[0].value, "06447");
    ck_assert_str_eq(feed->var[1].name, "use");
    const struct config_series *series = &config->series[0];
    ck_assert_str_eq(series->name, "Counter sales");
    ck_assert_int_eq(series->step, GNM_WEEK);
    ck_assert_int_eq(series->non_negative, 0);
    ck_assert_str_eq(series->place, config->place[0].name);
}
END_TEST

START_TEST(unset_is_told_from_no)
{
    expect_ok("[feed x]\n[series a]\n");
    ck_assert_int_eq(config->feed[0].use, -1);
    ck_assert_int_eq(config->feed[0].local, 0);
    ck_assert_int_eq(config->series[0].step, -1);
    ck_assert_int_eq(config->series[0].non_negative, 1);
    expect_ok("[feed x]\nuse =\n[site]\nlatitude =\n");
    ck_assert_int_eq(config->feed[0].use, -1);
}
END_TEST

static const struct { const char *text, *says; } bad[] = {
    { "[sites]\n", "gnomon.conf:1: unknown section [sites]; did you mean [site]?" },
    { "[zzzzzz]\n", "unknown section [zzzzzz]" },
    { "[site]\n\nlatitud = 3\n", "gnomon.conf:3: [site] has no key 'latitud'; did you mean 'latitude'?" },
    { "[site]\nqqqqqqqq = 3\n", "[site] has no key 'qqqqqqqq'" },
    { "[site]\nlatitude = 91\n", "gnomon.conf:2: [site] latitude = '91': expected -90..90 degrees north" },
    { "[site]\nlatitude = north\n", "expected -90..90" },
    { "[site]\nlatitude = nan\n", "expected -90..90" },
    { "[site]\nlatitude = 50,85\n", "expected -90..90" },
    { "[site]\nlatitude = 50\n", "[site] has latitude without longitude" },
    { "[site]\nzone = ../../etc/passwd\n", "an IANA zone name" },
    { "[site]\nzone = /etc/localtime\n", "an IANA zone name" },
    { "[site]\ncountry = Belgium\n", "2 capital letters" },
    { "[site]\nname = ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ\n", "text of at most 63 bytes" },
    { "[site]\nname = M\xFCnchen\n", "text of at most" },
    { "[site one]\n", "[site] takes no name" },
    { "[site]\nname = a\nname = b\n", "gnomon.conf:3: [site] name is given twice in this file" },
    { "name = a\n", "gnomon.conf:1: " },
    { "[site\n", "gnomon.conf:1: " },
    { "[controller]\n", "[controller] needs a name: [controller main]" },
    { "[controller a/b]\n", "a name is of letters" },
    { "[controller ..]\n", "a name is of letters" },
    { "[controller m]\nmap = epever\n", "[controller m] has no key line" },
    { "[controller a]\nmap = epever\nline = rtu:/dev/ttyUSB0\n[controller b]\nmap = renogy\nline = rtu:/dev/ttyUSB0\n",
      "[controller b] is [controller a] again: both are unit 1 of rtu:/dev/ttyUSB0" },
    { "[controller m]\nline = tcp:1.2.3.4:502\n", "[controller m] has no key map" },
    { "[controller m]\nmap = ../x\n", "letters, digits" },
    { "[controller m]\nline = COM3\n", "rtu:DEVICE:BAUD:8N1" },
    { "[controller m]\nunit = 256\n", "[controller] unit = '256': expected 0..255" },
    { "[controller m]\nunit = 1.5\n", "expected 0..255" },
    { "[controller m]\npoll = 1s\n", "[controller] poll = '1s': expected a duration 5s..1h" },
    { "[controller m]\npoll = fast\n", "a duration 5s..1h" },
    { "[controller a]\nmap=x\nline=/dev/a\n[controller b]\nmap=x\nline=/dev/b\n[controller c]\n", "[controller c]: more than 2 sections of this kind" },
    { "[battery]\nchemistry = lipo\n", "one of: lifepo4 agm gel flooded" },
    { "[battery]\ncapacity_ah = 0\n", "expected 1..5000 Ah" },
    { "[energy]\npolicy = sunny\n", "expected refill, soc:START,STOP (percent), noon, throttled or none" },
    { "[energy]\npolicy = soc:40,50\n", "expected refill, soc:START,STOP" },
    { "[battery]\ncapacity_ah = -5\n", "expected 1..5000 Ah" },
    { "[battery]\nreserve_ratio = 1.2\n", "expected 0.05..0.9 of the capacity" },
    { "[battery]\nreserve_ratio = 0.9\n[energy]\nstart_margin_ratio = 0.3\n", "are more than the battery holds" },
    { "[energy]\neager = 100d\n", "eager (8.64e+06 s) is longer than overdue" },
    { "[energy]\nforecast_fresh = 3d\n", "longer than forecast_max_age" },
    { "[energy]\nstale = 2h\nlost = 1h\n", "lost (3600 s) is shorter than stale" },
    { "[controller a]\nmap=x\nline=/dev/a\npoll=10m\n", "shorter than two polls" },
    { "[budget]\ncarbon_intensity_g_per_kwh = 0\n", "expected 1..2000" },
    { "[budget]\ncomputer_kg = 0\nbattery_kg = 0\ncontroller_kg = 0\n", "no box is made of nothing" },
    { "[forecast]\nhorizon_days = 0\n", "expected 1..120 days" },
    { "[feed x]\nlocal = maybe\n", "yes or no" },
    { "[feed x]\nbase = ftp://a\n", "http:// or https://" },
    { "[feed x]\nbaze = http://a\n", "did you mean 'base'? (a value for the template: var.baze)" },
    { "[feed x]\na1=1\na2=1\na3=1\na4=1\na5=1\na6=1\na7=1\na8=1\na9=1\n", "more than 8 values" },
    { "[place x]\nlatitude = 1\n", "[place x] has no key longitude" },
    { "[feed met-norway]\ncompany = ghost\n", "[feed met-norway] company = 'ghost', but there is no [company ghost]" },
    { "[series s]\ncompany = ghost\n", "[series s] company = 'ghost', but there is no [company ghost]" },
    { "[series s]\nplace = ghost\n", "there is no [place ghost]" },
    { "[series a]\nparent = b\n[series b]\nparent = a\n", "leads back to itself" },
    { "[series a]\nparent = a\n", "leads back to itself" },
    { "[series a]\nstep = year\n", "one of: hour day week month" },
    { "[series a]\nclosed = sunday\n", "words of: mon" },
    { "[series a]\ncurrency = euro\n", "3 capital letters" },
};

START_TEST(bad_files)
{
    ck_assert_int_eq(load(bad[_i].text), -EINVAL);
    ck_assert_msg(strstr(why.text, bad[_i].says) != NULL, "'%s' does not say '%s'", why.text, bad[_i].says);
    ck_assert_msg(strncmp(why.text, path, strlen(path)) == 0, "'%s' does not name the file", why.text);
    ck_assert_ptr_null(config);
}
END_TEST

START_TEST(an_absent_file_is_told)
{
    ck_assert_int_eq(config_load(path, &config, &why), -ENOENT);
    ck_assert(strstr(why.text, path) != NULL);
}
END_TEST

START_TEST(drop_ins_in_name_order)
{
    char dir[128];
    snprintf(dir, sizeof dir, "%s/gnomon.conf.d", folder);
    ck_assert_int_eq(mkdir(dir, 0755), 0);
    put("gnomon.conf.d/20-b.conf", "[site]\nname = twenty\n[controller main]\npoll = 45s\n");
    put("gnomon.conf.d/10-a.conf", "[site]\nname = ten\ncontact = ten\n");
    put("gnomon.conf.d/notes.txt", "no ini at all");
    put("gnomon.conf.d/.hidden.conf", "no ini at all");
    expect_ok("[site]\nname = main\n[controller main]\nmap = epever\nline = /dev/ttyUSB0\n");
    ck_assert_str_eq(config->site.name, "twenty");
    ck_assert_str_eq(config->site.contact, "ten");
    ck_assert_uint_eq(config->n_controllers, 1);
    ck_assert_int_eq(config->controller[0].poll_s, 45);
    ck_assert_str_eq(config->controller[0].map, "epever");
    put("gnomon.conf.d/30-c.conf", "[site]\nnmae = x\n");
    ck_assert_int_eq(load(""), -EINVAL);
    ck_assert(strstr(why.text, "gnomon.conf.d/30-c.conf:2: [site] has no key 'nmae'; did you mean 'name'?") != NULL);
}
END_TEST

START_TEST(the_shipped_file)
{
    struct text described = { 0 };
    size_t len = 0;
    char *shipped = from_root("config/gnomon.conf", &len);
    ck_assert_int_eq(config_describe(&described), 0);
    ck_assert_msg(len == described.len && memcmp(shipped, described.data, len) == 0, "config/gnomon.conf is not what config_describe writes");
    expect_ok(shipped);
    ck_assert_uint_eq(config->n_controllers, 0);
    free(shipped);
    text_free(&described);
}
END_TEST

/* With every '#' before a key or a section taken away, the examples are valid and the defaults are the defaults. */
START_TEST(every_example_is_valid)
{
    struct text described = { 0 }, bare = { 0 };
    ck_assert_int_eq(config_describe(&described), 0);
    ck_assert_int_eq(text_append(&described, "", 1), 0);
    for (char *save = NULL, *line = strtok_r(described.data, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        int is_key = line[0] == '#' && line[1] != ' ' && strncmp(line, "#parent", 7) != 0;
        ck_assert_uint_lt(strlen(line), 199);
        ck_assert_int_eq(text_printf(&bare, "%s\n", is_key ? line + 1 : line), 0);
    }
    expect_ok(bare.data);
    ck_assert_uint_eq(config->n_series, 1);
    ck_assert_str_eq(config->controller[0].map, "epever");
    struct config *explicit = config;
    config = NULL;
    expect_ok("");
    ck_assert_int_eq(memcmp(&explicit->energy, &config->energy, sizeof config->energy), 0);
    ck_assert_int_eq(memcmp(&explicit->keep, &config->keep, sizeof config->keep), 0);
    ck_assert_int_eq(memcmp(&explicit->paths, &config->paths, sizeof config->paths), 0);
    config_free(explicit);
    text_free(&described);
    text_free(&bare);
}
END_TEST

START_TEST(chemistries_are_named_as_in_energy)
{
    char text[64];
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "[battery]\nchemistry = %s\n", energy_chemistry_names[i]);
        expect_ok(text);
        ck_assert_int_eq(config->energy.chemistry, i);
        snprintf(text, sizeof text, "[series s]\nstep = %s\n", gnm_step_names[i]);
        expect_ok(text);
        ck_assert_int_eq(config->series[0].step, i);
    }
}
END_TEST

/* In the manual's item of a key: its default, unless it has none or it is empty. */
static void expect_default(const char *item, const struct config_key *key)
{
    char wanted[160];
    if (key->fallback == NULL || key->fallback[0] == '\0')
        return;
    snprintf(wanted, sizeof wanted, "\n.Ql %s .\n", key->fallback);
    const char *found = strstr(item, wanted), *next = strstr(item + 1, "\n.It ");
    ck_assert_msg(found != NULL && (next == NULL || found < next), "gnomon.conf(5), [%s] %s: the default is %s", key->section, key->key, key->fallback);
}

START_TEST(the_manual_knows_every_key)
{
    size_t len = 0;
    char *page = from_root("man/gnomon.conf.5", &len), wanted[80];
    for (size_t i = 0; i < config_keys_n; i++) {
        snprintf(wanted, sizeof wanted, ".It Ic %s\n", config_keys[i].key);
        const char *section = strstr(page, ".Ss ");
        while (section != NULL && strncmp(section + 4 + (section[4] == '['), config_keys[i].section, strlen(config_keys[i].section)) != 0)
            section = strstr(section + 1, ".Ss ");
        ck_assert_msg(section != NULL, "gnomon.conf(5) has no part on [%s]", config_keys[i].section);
        const char *found = strstr(section, wanted), *next = strstr(section + 1, ".Ss ");
        ck_assert_msg(found != NULL && (next == NULL || found < next), "gnomon.conf(5) lacks %s in [%s]", config_keys[i].key, config_keys[i].section);
        expect_default(found, &config_keys[i]);
    }
    free(page);
}
END_TEST

START_TEST(five_hundred_series)
{
    struct text text = { 0 };
    for (int i = 0; i < CONFIG_SERIES; i++)
        ck_assert_int_eq(text_printf(&text, "[series s%d]\ntitle = Shop %d\nunit = money\n", i, i), 0);
    expect_ok(text.data);
    ck_assert_uint_eq(config->n_series, CONFIG_SERIES);
    ck_assert_int_eq(text_printf(&text, "[series more]\n"), 0);
    ck_assert_int_eq(load(text.data), -EINVAL);
    ck_assert(strstr(why.text, "more than 512 sections") != NULL);
    text_free(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tests = tcase_create("gnomon.conf");
    tcase_set_timeout(tests, 10);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_empty_file_gives_the_defaults);
    tcase_add_test(tests, every_section);
    tcase_add_test(tests, unset_is_told_from_no);
    tcase_add_loop_test(tests, bad_files, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, an_absent_file_is_told);
    tcase_add_test(tests, drop_ins_in_name_order);
    tcase_add_test(tests, the_shipped_file);
    tcase_add_test(tests, every_example_is_valid);
    tcase_add_test(tests, chemistries_are_named_as_in_energy);
    tcase_add_test(tests, the_manual_knows_every_key);
    tcase_add_test(tests, five_hundred_series);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
