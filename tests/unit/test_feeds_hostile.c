/* Every shipped definition meets every answer that is none: nothing comes out, a sentence says why, the caller's result is untouched. */
#include "feeds_support.h"

#include <dirent.h>

enum { DEFINITIONS = 64 };
struct names { char name[DEFINITIONS][64]; size_t n; };

static struct names shipped(void)
{
    struct names names = { .n = 0 };
    char dir[512];
    snprintf(dir, sizeof dir, "%s/config/feeds", repo_root());
    struct dirent **entries = NULL;
    int n = scandir(dir, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        size_t len = strlen(entries[i]->d_name);
        if (len > 5 && len < 64 && strcmp(entries[i]->d_name + len - 5, ".conf") == 0 && names.n < DEFINITIONS)
            snprintf(names.name[names.n++], 64, "%.*s", (int)len - 5, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return names;
}

static const char *const bodies[] = {
    "", " ", "\n\n", "null", "true", "7", "\"text\"", "{}", "[", "{\"a\":", "{\"events\":null}", "{\"results\":null}", "{\"data\":null}", "{\"weather\":null}",
    "{\"error\":true,\"reason\":\"Cannot initialize WeatherVariable from invalid String value\"}",
    "{\"error\":true,\"reason\":\"Minutely API request limit exceeded. Please try again in one minute.\"}",
    "{\"message\":{\"code\":429,\"type\":\"error\",\"text\":\"Rate limit for API calls reached.\",\"ratelimit\":{\"retry-at\":\"2026-04-27T02:48:53+02:00\"}}}",
    "{\"message\":\"You reached your request limit. Wait 28 seconds.\",\"errorCode\":429}", "{\"error\":{\"status\":\"400\",\"id\":\"100\",\"label\":\"No results\"}}",
    "{\"detail\":\"No sources match your criteria\"}", "{\"status\":\"REQUEST_NOT_PROCESSED\",\"message\":[\"daily threshold reached\"],\"Results\":{}}",
    "[{\"message\":[{\"id\":\"120\",\"key\":\"Invalid value\",\"value\":\"The provided parameter value is not valid\"}]}]",
    "Please limit requests to one every 5 seconds or contact us.\n", "Timespan is too short.\n", "<!DOCTYPE html><html><body>Down for maintenance</body></html>",
    "{\"daily\":{\"time\":[1,2],\"temperature_2m_max\":[1]}}", "{\"daily\":{}}", "{\"hourly\":{\"time\":\"x\"}}", "{\"timeline\":[]}", "{\"timeline\":[{\"data\":7}]}",
    "{\"value\":[1],\"id\":[\"time\"],\"size\":[2]}", "{\"value\":{\"0\":1},\"id\":[],\"size\":[]}", "{\"value\":[1,2,3,4],\"id\":[\"geo\",\"time\"],\"size\":[2,2]}",
    "\xFF\xFE{\x00}", "\xEF\xBB\xBF", "\x1B[31m<3>forged\n", "a;b;c\n1;2;3\n", "Date\n\"2026-01-01\n", "TIME_PERIOD\n", "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "{\"properties\":{\"timeseries\":[{\"time\":\"yesterday\",\"data\":1}]}}", "{\"Results\":{\"series\":[{\"data\":[{\"year\":\"2026\",\"period\":\"M01\",\"value\":\"-\"}]}]}}",
};

static void refuse(const struct feed *feed, const char *body, size_t len, const struct zone *zone)
{
    struct feed_yield yield = { .n = 77 };
    struct gnm_why why = { .text = "" };
    int err = feed_extract(feed, body, len, zone, "", at_time("2026-09-10T12:00:00Z"), &yield, &why);
    ck_assert_msg(err < 0, "%s took: %.80s", feed_name(feed), body);
    ck_assert_msg(why.text[0] != '\0' && why.code == err, "%s: no reason for: %.80s", feed_name(feed), body);
    ck_assert_uint_eq(yield.n, 77);
    for (const char *p = why.text; *p != '\0'; p++)
        ck_assert_msg((unsigned char)*p >= ' ' && *p != 127, "%s: a control character in the reason for: %.80s", feed_name(feed), body);
}

START_TEST(every_definition_refuses)
{
    struct names names = shipped();
    struct zone *zone = brussels();
    struct feed *feed = load_shipped(names.name[_i]);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        refuse(feed, bodies[i], strlen(bodies[i]), zone);
    feed_free(feed);
    zone_free(zone);
}
END_TEST

START_TEST(there_are_all)
{
    ck_assert_uint_ge(shipped().n, 25);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("hostile");
    tcase_set_timeout(all, 10);
    tcase_add_test(all, there_are_all);
    tcase_add_loop_test(all, every_definition_refuses, 0, (int)shipped().n);
    return run_suite("feeds: hostile answers", &all, 1);
}
