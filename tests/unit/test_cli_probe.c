/* gnomon probe: which ports are looked at, and what a line may be called. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/probe.h"

static char dev[64];

static void touch(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dev, name);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void make_dev(int with_ids)
{
    char path[200];
    snprintf(dev, sizeof dev, "/tmp/gnomon-probe-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dev));
    touch("ttyUSB0");
    touch("ttyUSB1");
    touch("ttyACM0");
    touch("ttyS0");
    touch("null");
    if (!with_ids)
        return;
    snprintf(path, sizeof path, "%s/serial", dev);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/serial/by-id", dev);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/serial/by-id/usb-FTDI-if00", dev);
    ck_assert_int_eq(symlink("../../ttyUSB1", path), 0);
    snprintf(path, sizeof path, "%s/serial/by-id/usb-gone-if00", dev);
    ck_assert_int_eq(symlink("../../ttyUSB9", path), 0);
}

static void remove_dev(void)
{
    char command[200];
    snprintf(command, sizeof command, "rm -r %s", dev);
    ck_assert_int_eq(system(command), 0);
}

static const char *below(const struct probe_line *line)
{
    return line->path + strlen(dev) + 1;
}

START_TEST(by_id_comes_first_and_once)
{
    struct probe_line line[PROBE_LINES];
    make_dev(1);
    ck_assert_uint_eq(probe_adapters(dev, line, PROBE_LINES), 4);
    ck_assert_str_eq(below(&line[0]), "serial/by-id/usb-FTDI-if00");
    ck_assert_str_eq(below(&line[2]), "ttyACM0");
    ck_assert_str_eq(below(&line[3]), "ttyUSB0");
    ck_assert_uint_eq(probe_adapters(dev, line, 2), 2);
    remove_dev();
    make_dev(0);
    ck_assert_uint_eq(probe_adapters(dev, line, PROBE_LINES), 3);
    remove_dev();
    ck_assert_uint_eq(probe_adapters("/nowhere", line, PROBE_LINES), 0);
}
END_TEST

START_TEST(lines_are_understood)
{
    static const struct { const char *text, *path, *setting; int tcp; } row[] = {
        { "/dev/x", "/dev/x", "", 0 }, { "rtu:/dev/x", "/dev/x", "", 0 }, { "rtu:/dev/x:9600:8N1", "/dev/x", "9600:8N1", 0 }, { "/dev/x:115200:8E1", "/dev/x", "115200:8E1", 0 },
        { "/dev/serial/by-path/pci-0:1:2", "/dev/serial/by-path/pci-0:1:2", "", 0 }, { "tcp:10.0.0.1", "10.0.0.1:502", "", 1 }, { "tcp:10.0.0.1:1502", "10.0.0.1:1502", "", 1 },
        { "tcp:[fd00::1]", "[fd00::1]:502", "", 1 }, { "tcp:[fd00::1]:99", "[fd00::1]:99", "", 1 },
    };
    struct probe_line line;
    struct gnm_why why = { 0 };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ck_assert_msg(probe_parse_line(row[i].text, "/nowhere", &line, &why) == 0, "%s", why.text);
        ck_assert_str_eq(line.path, row[i].path);
        ck_assert_str_eq(line.setting, row[i].setting);
        ck_assert_int_eq(line.tcp, row[i].tcp);
    }
    ck_assert_int_eq(probe_parse_line("ttyUSB0", "/nowhere", &line, &why), -EINVAL);
    ck_assert_int_eq(probe_parse_line("tcp:", "/nowhere", &line, &why), -EINVAL);
    ck_assert_int_eq(probe_parse_line("", "/nowhere", &line, &why), -EINVAL);
}
END_TEST

/* ttyUSB1 may be another adapter after the next start; its by-id name is always the same one. */
START_TEST(the_lasting_name_is_preferred)
{
    struct probe_line line;
    char text[200];
    make_dev(1);
    snprintf(text, sizeof text, "rtu:%s/ttyUSB1:9600:8N2", dev);
    ck_assert_int_eq(probe_parse_line(text, dev, &line, NULL), 0);
    ck_assert_str_eq(below(&line), "serial/by-id/usb-FTDI-if00");
    ck_assert_str_eq(line.setting, "9600:8N2");
    snprintf(text, sizeof text, "%s/ttyUSB0", dev);
    ck_assert_int_eq(probe_parse_line(text, dev, &line, NULL), 0);
    ck_assert_str_eq(below(&line), "ttyUSB0");
    remove_dev();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cli/probe");
    TCase *t = tcase_create("lines");
    tcase_set_timeout(t, 10);
    tcase_add_test(t, by_id_comes_first_and_once);
    tcase_add_test(t, lines_are_understood);
    tcase_add_test(t, the_lasting_name_is_preferred);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
