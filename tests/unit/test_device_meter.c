/* The box's meters, on planted files of the kernel's. */
#include <check.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "device/meter.h"

static char root[64];

static void plant(const char *text, const char *format, ...)
{
    char path[256], name[200];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = path + 1; *slash != '\0'; slash++)
        if (*slash == '/') {
            *slash = '\0';
            mkdir(path, 0755);
            *slash = '/';
        }
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void setup(void)
{
    snprintf(root, sizeof root, "/tmp/gnomon-meter-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    ck_assert_int_eq(system(command), 0);
}

static struct gnm_meter_sample take(struct meter *m)
{
    struct gnm_meter port;
    struct gnm_meter_sample s;
    meter_port(m, &port);
    ck_assert_int_eq(port.read(port.ctx, &s, NULL), 0);
    return s;
}

START_TEST(absent_is_nan)
{
    struct meter *m;
    ck_assert_int_eq(meter_new_at(root, &m, NULL), 0);
    struct gnm_meter_sample s = take(m);
    ck_assert(isnan(s.box_busy_s) && isnan(s.package_j) && isnan(s.cpu_c));
    ck_assert(s.own_cpu_s >= 0);
    meter_free(m);
    meter_free(NULL);
}
END_TEST

START_TEST(own_time_grows_with_work)
{
    struct meter *m;
    ck_assert_int_eq(meter_new(&m, NULL), 0);
    double before = take(m).own_cpu_s;
    volatile double x = 0;
    for (int i = 0; i < 20000000; i++)
        x += i;
    ck_assert_double_gt(x, 0);
    double used = take(m).own_cpu_s - before;
    ck_assert_msg(used > 0.001 && used < 20, "%g s", used);
    meter_free(m);
}
END_TEST

START_TEST(busy_time_leaves_waiting_out)
{
    char text[200];
    long hz = 100;
    snprintf(text, sizeof text, "cpu  %ld %ld %ld %ld %ld %ld %ld 50 0 0\ncpu0 1 1 1\n", 10 * hz, hz, 2 * hz, 1000 * hz, 500 * hz, hz, hz);
    plant(text, "proc/stat");
    struct meter *m;
    ck_assert_int_eq(meter_new_at(root, &m, NULL), 0);
    ck_assert_double_eq_tol(take(m).box_busy_s, 15, 1e-9);
    plant("nonsense\n", "proc/stat");
    ck_assert(isnan(take(m).box_busy_s));
    meter_free(m);
}
END_TEST

START_TEST(rapl_sums_packages_and_unwraps)
{
    for (int i = 0; i < 2; i++) {
        plant(i ? "package-1\n" : "package-0\n", "sys/class/powercap/intel-rapl:%d/name", i);
        plant("1000000000\n", "sys/class/powercap/intel-rapl:%d/max_energy_range_uj", i);
        plant("999000000\n", "sys/class/powercap/intel-rapl:%d/energy_uj", i);
    }
    plant("psys\n", "sys/class/powercap/intel-rapl:2/name");
    plant("5\n", "sys/class/powercap/intel-rapl:2/max_energy_range_uj");
    plant("5\n", "sys/class/powercap/intel-rapl:2/energy_uj");
    struct meter *m;
    ck_assert_int_eq(meter_new_at(root, &m, NULL), 0);
    ck_assert_double_eq_tol(take(m).package_j, 0, 1e-9);
    plant("999500000\n", "sys/class/powercap/intel-rapl:0/energy_uj");
    ck_assert_double_eq_tol(take(m).package_j, 0.5, 1e-9);
    plant("2000000\n", "sys/class/powercap/intel-rapl:1/energy_uj");
    ck_assert_double_eq_tol(take(m).package_j, 3.5, 1e-9);
    plant("", "sys/class/powercap/intel-rapl:1/energy_uj");
    ck_assert(isnan(take(m).package_j));
    meter_free(m);
}
END_TEST

START_TEST(temperature_is_the_processors)
{
    plant("acpitz\n", "sys/class/thermal/thermal_zone0/type");
    plant("27800\n", "sys/class/thermal/thermal_zone0/temp");
    plant("battery\n", "sys/class/thermal/thermal_zone1/type");
    plant("20000\n", "sys/class/thermal/thermal_zone1/temp");
    plant("cpu-thermal\n", "sys/class/thermal/thermal_zone2/type");
    plant("48312\n", "sys/class/thermal/thermal_zone2/temp");
    struct meter *m;
    ck_assert_int_eq(meter_new_at(root, &m, NULL), 0);
    ck_assert_double_eq_tol(take(m).cpu_c, 48.312, 1e-9);
    plant("-274000\n", "sys/class/thermal/thermal_zone2/temp");
    ck_assert(isnan(take(m).cpu_c));
    meter_free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device/meter");
    TCase *t = tcase_create("meter");
    tcase_set_timeout(t, 20);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, absent_is_nan);
    tcase_add_test(t, own_time_grows_with_work);
    tcase_add_test(t, busy_time_leaves_waiting_out);
    tcase_add_test(t, rapl_sums_packages_and_unwraps);
    tcase_add_test(t, temperature_is_the_processors);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
