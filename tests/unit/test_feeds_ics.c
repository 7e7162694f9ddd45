/* Calendars: what they say comes out as rows, and what they could do to us does not happen. (Repeats, zones, exceptions and moved instances are replayed in
 * tests/replay/feeds/ics-calendar.) */
#include "feeds_support.h"

static const char calendar_conf[] = "[feed cal]\nurl = https://x.example/\nformat = ics\nkind = schedule\n[series events]\nvalue = 1\nagg = count\n";

#define CALENDAR(inside) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" inside "END:VCALENDAR\r\n"
#define EVENT(inside) "BEGIN:VEVENT\r\nUID:a\r\n" inside "END:VEVENT\r\n"
#define RULE(rule) CALENDAR(EVENT("DTSTART:20260901T080000Z\r\nRRULE:" rule "\r\n"))

static int extract(const char *body, size_t len, struct feed_yield *yield, struct gnm_why *why)
{
    struct feed *feed = must_load("cal.conf", calendar_conf, sizeof calendar_conf - 1);
    struct zone *zone = brussels();
    int err = feed_extract(feed, body, len, zone, "", at_time("2026-09-10T12:00:00Z"), yield, why);
    zone_free(zone);
    feed_free(feed);
    return err;
}

static const struct { const char *body, *says; } refused[] = {
    { "<html>no calendar</html>", "does not begin with BEGIN:VCALENDAR" },
    { "BEGIN:VEVENT\r\nEND:VEVENT\r\n", "does not begin with BEGIN:VCALENDAR" },
    { "\r\n\r\n\r\nPlease wait", "does not begin with BEGIN:VCALENDAR" },
    { "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260901T080000Z\r\n", "cut off" },
    { "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nEND:VCALENDAR\r\n", "ends more components" },
    { CALENDAR(EVENT("SUMMARY:no start\r\n")), "none of 1 rows has a date" },
    { CALENDAR(EVENT("DTSTART:20261332T250000Z\r\n")), "none of 1 rows has a date" },
    { CALENDAR(EVENT("DTSTART:00010101T000000Z\r\n")), "none of 1 rows has a date" },
    { CALENDAR(EVENT("DTSTART;VALUE=DATE:20260901\r\nDTEND;VALUE=DATE:20991231\r\n")), "none of 1 rows has a date" },
    { CALENDAR(EVENT("DTSTART:20260901T080000Z\r\nDURATION:P99999999W\r\n")), "none of 1 rows has a date" },
    { RULE("FREQ=SECONDLY"), "none of 1 rows has a date" },
    { RULE("FREQ=MINUTELY;COUNT=3"), "none of 1 rows has a date" },
    { RULE("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "none of 1 rows has a date" },
    { RULE("FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3,4;BYSECOND=0,1,2,3;BYMONTH=2;BYMONTHDAY=31"), "none of 1 rows has a date" },
    { RULE("FREQ=DAILY;INTERVAL=7;BYDAY=WE"), "none of 1 rows has a date" },
    { RULE("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "none of 1 rows has a date" },
    { RULE("FREQ=YEARLY;RSCALE=HEBREW;BYMONTH=5L"), "none of 1 rows has a date" },
    { RULE("FREQ=MONTHLY;BYDAY=6TU"), "none of 1 rows has a date" },
    { RULE("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=10"), "none of 1 rows has a date" },
    { RULE("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYSETPOS=2"), "none of 1 rows has a date" },
    { RULE("FREQ=YEARLY;BYDAY=54MO"), "none of 1 rows has a date" },
    { RULE("FREQ=WEEKLY;BYDAY=MO;BYDAY=TU"), "none of 1 rows has a date" },
    { RULE("FREQ=WEEKLY;X-OWN=1"), "none of 1 rows has a date" },
    { RULE("COUNT=3"), "none of 1 rows has a date" },
    { RULE("FREQ=DAILY;INTERVAL=-1"), "none of 1 rows has a date" },
};

START_TEST(refused_calendars)
{
    struct feed_yield yield = { .n = 77 };
    struct gnm_why why = { .text = "" };
    int err = extract(refused[_i].body, strlen(refused[_i].body), &yield, &why);
    ck_assert_msg(err < 0, "%s was taken: %zu values", refused[_i].body, yield.n);
    ck_assert_msg(strstr(why.text, refused[_i].says) != NULL, "%s", why.text);
    ck_assert_uint_eq(yield.n, 77);
}
END_TEST

static char *repeated(const char *head, const char *piece, size_t n, const char *tail, size_t *len)
{
    size_t h = strlen(head), p = strlen(piece), t = strlen(tail);
    char *body = malloc(h + n * p + t + 1);
    ck_assert_ptr_nonnull(body);
    memcpy(body, head, h);
    for (size_t i = 0; i < n; i++)
        memcpy(body + h + i * p, piece, p);
    memcpy(body + h + n * p, tail, t + 1);
    *len = h + n * p + t;
    return body;
}

#define BEGIN "BEGIN:VCALENDAR\r\n"
#define END "END:VCALENDAR\r\n"
static const struct { const char *head, *piece; size_t n; const char *tail, *says; } floods[] = {
    { "", "BEGIN:VCALENDAR\r\n", 9, "", "deeper than 8" },
    { BEGIN, "A:\r\n", 250000, END, "200000 lines" },
    { BEGIN "BEGIN:VEVENT\r\nSUMMARY:x", "\r\n yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 400, "\r\nEND:VEVENT\r\n" END, "16384 bytes" },
    { BEGIN, EVENT(""), 9000, END, "more than 8000 events" },
    { BEGIN "BEGIN:VEVENT\r\n", "SUMMARY:again and again\r\n", 20000, "END:VEVENT\r\n" END, "longer than 262144" },
    { BEGIN, EVENT("DTSTART:20260901T080000Z\r\nRRULE:FREQ=DAILY\r\n"), 500, END, "repeats more than 50000 times" },
    { BEGIN, EVENT("DTSTART:20260901T080000Z\r\nRRULE:FREQ=YEARLY;COUNT=1\r\n"), 1200, END, "more than 1000 repeating" },
    { BEGIN, EVENT("DTSTART:20260901T080000Z\r\nRRULE:FREQ=YEARLY;BYMONTHDAY=30;BYMONTH=1,2;INTERVAL=3\r\n"), 900, END, "100 elaborate" },
    { BEGIN "BEGIN:VEVENT\r\nDTSTART:20260901T080000Z\r\nRRULE:FREQ=DAILY\r\n", "EXDATE:20260901T080000Z\r\n", 3000, "END:VEVENT\r\n" END, "2000 exceptions" },
    { BEGIN "BEGIN:VEVENT\r\nDTSTART:20260901T080000Z\r\n", "RDATE:20260902T080000Z\r\n", 3000, "END:VEVENT\r\n" END, "2000 dates" },
};

/* Each within the case's time limit, and far below it on an ordinary machine. */
START_TEST(floods_are_bounded)
{
    size_t len;
    char *body = repeated(floods[_i].head, floods[_i].piece, floods[_i].n, floods[_i].tail, &len);
    struct feed_yield yield = { .n = 77 };
    struct gnm_why why = { .text = "" };
    ck_assert_int_lt(extract(body, len, &yield, &why), 0);
    ck_assert_msg(strstr(why.text, floods[_i].says) != NULL, "%s", why.text);
    free(body);
}
END_TEST

/* A zone that never stops changing is not used; its events are dropped, the others stand. */
START_TEST(a_zone_that_is_a_bomb)
{
    static const char body[] = CALENDAR("BEGIN:VTIMEZONE\r\nTZID:bomb\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nRRULE:FREQ=SECONDLY\r\nTZOFFSETFROM:+0000\r\n"
                                        "TZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" EVENT("DTSTART;TZID=bomb:20260912T200000\r\n")
                                        EVENT("DTSTART;TZID=../../etc/passwd:20260912T200000\r\n") EVENT("DTSTART:20260913T200000Z\r\n"));
    struct feed_yield yield;
    struct gnm_why why = { .text = "" };
    ck_assert_msg(extract(body, sizeof body - 1, &yield, &why) == 0, "%s", why.text);
    ck_assert_uint_eq(yield.n, 1);
    ck_assert_uint_eq(yield.dropped_date, 2);
    feed_yield_free(&yield);
}
END_TEST

/* The same in a zone with the name its maker gave it in front, in the usual Windows spelling with its definition, and without seconds. */
START_TEST(names_of_zones)
{
    static const char body[] = CALENDAR(EVENT("DTSTART;TZID=/example.com/20240101/Europe/Brussels:20260912T003000\r\n") EVENT("DTSTART;TZID=UTC:20260912T223000\r\n"));
    struct feed_yield yield;
    struct gnm_why why = { .text = "" };
    ck_assert_msg(extract(body, sizeof body - 1, &yield, &why) == 0, "%s", why.text);
    ck_assert_uint_eq(yield.n, 2);
    ck_assert_int_eq(yield.signal[1].valid - yield.signal[0].valid, 1);
    feed_yield_free(&yield);
}
END_TEST

/* The forms calendars use, and how often each happens from the start of 2025 to the end of the time looked at (January 2028). */
static const struct { const char *rule; size_t n; } usual[] = {
    { "FREQ=DAILY;COUNT=10", 10 },
    { "FREQ=DAILY;UNTIL=20250131T235959Z", 31 },
    { "FREQ=DAILY;BYMONTH=1;UNTIL=20270101T000000Z", 62 },
    { "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR;UNTIL=20250201T000000Z", 8 },
    { "FREQ=MONTHLY;BYDAY=1FR;COUNT=10", 10 },
    { "FREQ=MONTHLY;BYDAY=-2MO;COUNT=6", 6 },
    { "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=5", 5 },
    { "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;UNTIL=20270101T000000Z", 4 },
    { "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=12", 12 },
    { "FREQ=YEARLY;BYMONTH=6,7;COUNT=4", 4 },
    { "FREQ=YEARLY;BYDAY=20MO;COUNT=2", 2 },
    { "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=2", 2 },
    { "FREQ=YEARLY;BYYEARDAY=1,100,200;COUNT=6", 6 },
    { "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3", 3 },
};

START_TEST(usual_rules)
{
    char body[400];
    snprintf(body, sizeof body, CALENDAR(EVENT("DTSTART:20250101T080000Z\r\nRRULE:%s\r\n")), usual[_i].rule);
    struct feed_yield yield;
    struct gnm_why why = { .text = "" };
    ck_assert_msg(extract(body, strlen(body), &yield, &why) == 0, "%s: %s", usual[_i].rule, why.text);
    ck_assert_msg(yield.n == usual[_i].n, "%s: %zu days, not %zu", usual[_i].rule, yield.n, usual[_i].n);
    feed_yield_free(&yield);
}
END_TEST

/* A daily rule that began ages ago is followed where it matters; a count from the beginning is honoured. */
START_TEST(old_rules)
{
    static const char forever[] = CALENDAR(EVENT("DTSTART;VALUE=DATE:19500101\r\nRRULE:FREQ=DAILY\r\n"));
    static const char counted[] = CALENDAR(EVENT("DTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=DAILY;COUNT=2447\r\n"));
    struct feed_yield yield;
    struct gnm_why why = { .text = "" };
    ck_assert_msg(extract(forever, sizeof forever - 1, &yield, &why) == 0, "%s", why.text);
    ck_assert_uint_eq(yield.n, 1600);
    feed_yield_free(&yield);
    ck_assert_msg(extract(counted, sizeof counted - 1, &yield, &why) == 0, "%s", why.text);
    char last[11];
    civil_format_date(yield.signal[yield.n - 1].valid, last);
    ck_assert_str_eq(last, "2026-09-12");
    feed_yield_free(&yield);
}
END_TEST

#define MOVED(range) CALENDAR(EVENT("DTSTART:20260901T080000Z\r\nRRULE:FREQ=DAILY;COUNT=10\r\n") \
                              EVENT("DTSTART:20260904T200000Z\r\nRECURRENCE-ID;RANGE=" range ":20260904T080000Z\r\n") \
                              EVENT("DTSTART:20260906T200000Z\r\nRECURRENCE-ID:20260906T080000Z\r\n"))

/* An instance moved with all that follow: what it says itself stands, a single one said later stands too; where the others went is not guessed. */
START_TEST(moved_with_all_that_follow)
{
    static const struct { const char *body; const char *days[7]; size_t dropped; } cases[] = {
        { MOVED("THISANDFUTURE"), { "2026-09-01", "2026-09-02", "2026-09-03", "2026-09-04", "2026-09-06" }, 5 },
        { MOVED("THISANDPRIOR"), { "2026-09-04", "2026-09-05", "2026-09-06", "2026-09-07", "2026-09-08", "2026-09-09", "2026-09-10" }, 3 },
    };
    struct feed_yield yield;
    struct gnm_why why = { .text = "" };
    char day[11];
    ck_assert_msg(extract(cases[_i].body, strlen(cases[_i].body), &yield, &why) == 0, "%s", why.text);
    ck_assert_uint_eq(yield.n, _i == 0 ? 5 : 7);
    ck_assert_uint_eq(yield.dropped_date, cases[_i].dropped);
    ck_assert_ptr_nonnull(strstr(yield.drop[0].reason, "RANGE=THISANDFUTURE"));
    for (size_t i = 0; i < yield.n; i++) {
        civil_format_date(yield.signal[i].valid, day);
        ck_assert_str_eq(day, cases[_i].days[i]);
    }
    feed_yield_free(&yield);
}
END_TEST

/* stderr is the journal: nothing a calendar holds may write there. */
START_TEST(brackets_that_are_none)
{
    static const char body[] = CALENDAR(EVENT("DTSTART:20260912T200000Z\r\nEND;X=1:VEVENT\r\nend;:VEVENT\r\nENDING:x\rEND:VEVENT\r\nSUMMARY:x\r\n") EVENT("DTSTART:20260913T200000Z\r\n"));
    struct feed_yield yield;
    struct gnm_why why = { .text = "" };
    char path[] = "/tmp/gnomon-ics-XXXXXX";
    int fd = mkstemp(path), before = dup(2);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(dup2(fd, 2), 2);
    int err = extract(body, sizeof body - 1, &yield, &why);
    dup2(before, 2);
    close(before);
    off_t said = lseek(fd, 0, SEEK_END);
    close(fd);
    unlink(path);
    ck_assert_msg(err == 0, "%s", why.text);
    ck_assert_int_eq(said, 0);
    ck_assert_uint_eq(yield.n, 2);
    feed_yield_free(&yield);
}
END_TEST

START_TEST(the_sample)
{
    char space[512], path[600];
    snprintf(path, sizeof path, "%s/feeds/ics/fixtures.ics", data_root(space, sizeof space));
    if (access(path, R_OK) != 0) {
        printf("SKIP test_feeds_ics: no %s (set GNOMON_DATA)\n", path);
        return;
    }
    static const char *const days[] = { "2026-09-12", "2026-10-03", "2026-10-04" };
    struct feed_yield yield;
    struct gnm_why why = { .text = "" };
    size_t len;
    char *body = must_read(path, &len);
    ck_assert_msg(extract(body, len, &yield, &why) == 0, "%s", why.text);
    ck_assert_uint_eq(yield.n, 3);
    for (size_t i = 0; i < 3; i++) {
        char date[11];
        civil_format_date(yield.signal[i].valid, date);
        ck_assert_str_eq(date, days[i]);
        ck_assert(yield.signal[i].value == 1);
    }
    ck_assert_uint_eq(yield.filtered, 1);
    feed_yield_free(&yield);
    free(body);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("ics");
    tcase_set_timeout(cases, 10);
    tcase_add_loop_test(cases, refused_calendars, 0, sizeof refused / sizeof refused[0]);
    tcase_add_loop_test(cases, floods_are_bounded, 0, sizeof floods / sizeof floods[0]);
    tcase_add_test(cases, a_zone_that_is_a_bomb);
    tcase_add_test(cases, names_of_zones);
    tcase_add_loop_test(cases, usual_rules, 0, sizeof usual / sizeof usual[0]);
    tcase_add_test(cases, old_rules);
    tcase_add_loop_test(cases, moved_with_all_that_follow, 0, 2);
    tcase_add_test(cases, brackets_that_are_none);
    tcase_add_test(cases, the_sample);
    return run_suite("feeds: calendars", &cases, 1);
}
