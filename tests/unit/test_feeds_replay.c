/* Each folder of tests/replay/feeds holds a definition, an answer and what must come out of it, to the last time and quality: every feature of
 * the notation is in one of them. SHOW=FOLDER prints what comes out instead, to start the "want" of a new folder, which a person then checks. */
#include "feeds_support.h"

#include <dirent.h>

#include "base/text.h"

enum { CASES = 64 };
struct names { char name[CASES][64]; size_t n; };

static void folder(char *ret, size_t size)
{
    snprintf(ret, size, "%s/tests/replay/feeds", repo_root());
}

static struct names list_cases(void)
{
    struct names names = { .n = 0 };
    char path[512];
    folder(path, sizeof path);
    DIR *dir = opendir(path);
    for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir))
        if (e->d_name[0] != '.' && names.n < CASES && strlen(e->d_name) < 64)
            snprintf(names.name[names.n++], 64, "%.63s", e->d_name);
    if (dir != NULL)
        closedir(dir);
    return names;
}

static void print_time(struct text *t, int64_t s)
{
    char text[21] = "always";
    if (s != GNM_ALWAYS)
        civil_format_time(s, text);
    text_printf(t, ",%s", text);
}

/* series,period,value,rows,quality,available,issued */
static void print_signal(struct text *t, const struct gnm_signal *s)
{
    char date[11];
    civil_format_date(s->step == GNM_HOUR ? s->valid / 24 : s->valid, date);
    text_printf(t, "%s,%s", s->series, date);
    if (s->step == GNM_HOUR)
        text_printf(t, "T%02d", (int)(s->valid % 24));
    text_printf(t, " %s,%.10g,%d,%s", gnm_step_names[s->step], s->value, s->rows, gnm_quality_names[s->quality]);
    print_time(t, s->available_s);
    print_time(t, s->issued_s);
    text_printf(t, "\n");
}

/* event FIRST..LAST START END importance [cancelled] id | title | venue | category | team | team */
static void print_event(struct text *t, const struct feed_event *e)
{
    char first[11], last[11], start[21], end[21];
    civil_format_date(e->first_day, first);
    civil_format_date(e->last_day, last);
    civil_format_time(e->start_s, start);
    civil_format_time(e->end_s, end);
    text_printf(t, "event %s..%s %s %s%s %d %s%s | %s | %s | %s | %s | %s\n", first, last, start, end, e->all_day ? " all-day" : "", e->importance,
                e->cancelled ? "cancelled " : "", e->id, e->title, e->venue, e->category, e->team[0], e->team[1]);
}

static void compare(const char *name, const struct text *got, const char *want)
{
    const char *a = got->data, *b = want;
    for (int line = 1; *a != '\0' || *b != '\0'; line++) {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        ck_assert_msg(n == m && memcmp(a, b, n) == 0, "%s, line %d of want:\n  got  %.*s\n  want %.*s", name, line, (int)n, a, (int)m, b);
        a += n + (a[n] == '\n');
        b += m + (b[m] == '\n');
    }
}

static void judge(const char *name, const struct feed *feed, const char *body, size_t len, const char *want)
{
    struct zone *zone = brussels();
    struct text got = { .len = 0 };
    struct gnm_why why;
    struct feed_yield yield;
    int err = feed_extract(feed, body, len, zone, "", at_time("2026-09-10T12:00:00Z"), &yield, &why);
    if (err < 0) {
        text_printf(&got, "error: %s\n", why.text);
    } else {
        text_printf(&got, "rows %zu, without date %zu, without value %zu, filtered %zu\n", yield.rows_seen, yield.dropped_date, yield.dropped_value,
                    yield.filtered);
        for (size_t i = 0; i < yield.n; i++)
            print_signal(&got, &yield.signal[i]);
        for (size_t i = 0; i < yield.n_events; i++)
            print_event(&got, &yield.event[i]);
        for (size_t i = 0; i < yield.n_drops; i++)
            text_printf(&got, "row %zu%s%s: %s\n", yield.drop[i].row, yield.drop[i].series[0] != '\0' ? " " : "", yield.drop[i].series, yield.drop[i].reason);
        feed_yield_free(&yield);
    }
    if (getenv("SHOW") != NULL)
        printf("%s", got.data);
    else
        compare(name, &got, want);
    text_free(&got);
    zone_free(zone);
}

START_TEST(replay)
{
    struct names names = list_cases();
    char base[512], path[700];
    size_t len, want_len;
    folder(base, sizeof base);
    snprintf(path, sizeof path, "%s/%s/feed.conf", base, names.name[_i]);
    struct feed *feed = load_file(path);
    snprintf(path, sizeof path, "%s/%s/body", base, names.name[_i]);
    char *body = must_read(path, &len);
    snprintf(path, sizeof path, "%s/%s/want", base, names.name[_i]);
    char *want = must_read(path, &want_len);
    if (getenv("SHOW") == NULL || strcmp(getenv("SHOW"), names.name[_i]) == 0)
        judge(names.name[_i], feed, body, len, want);
    free(body);
    free(want);
    feed_free(feed);
}
END_TEST

START_TEST(there_are_cases)
{
    ck_assert_uint_ge(list_cases().n, 11);
}
END_TEST

static int is_in_a_case(const struct names *names, const char *key)
{
    char base[512], path[700], line[40];
    folder(base, sizeof base);
    snprintf(line, sizeof line, "\n%s =", key);
    int found = 0;
    for (size_t i = 0; i < names->n && !found; i++) {
        size_t len;
        snprintf(path, sizeof path, "%s/%s/feed.conf", base, names->name[i]);
        char *text = must_read(path, &len);
        found = strstr(text, line) != NULL;
        free(text);
    }
    return found;
}

/* The tables of the notation name the keys at the beginning of a line: "| `min`, `max` | ...". */
START_TEST(every_key_is_in_a_case)
{
    struct names names = list_cases();
    char path[512], key[32];
    size_t len, keys = 0;
    int in_table = 0;
    snprintf(path, sizeof path, "%s/config/feeds/README.md", repo_root());
    char *text = must_read(path, &len);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        in_table = strncmp(line, "| key |", 7) == 0 ? 1 : line[0] == '|' ? in_table : 0;
        char *end = in_table ? strstr(line, " | ") : NULL;
        if (end == NULL)
            continue;
        *end = '\0';
        for (char *at = strchr(line, '`'); at != NULL && sscanf(at, "`%31[a-z_]`", key) == 1; at = strchr(at + strlen(key) + 2, '`'), keys++)
            ck_assert_msg(is_in_a_case(&names, key), "no folder of tests/replay/feeds has a %s", key);
    }
    free(text);
    ck_assert_uint_ge(keys, 45);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("replay");
    tcase_set_timeout(cases, 5);
    tcase_add_test(cases, there_are_cases);
    tcase_add_test(cases, every_key_is_in_a_case);
    tcase_add_loop_test(cases, replay, 0, (int)list_cases().n);
    return run_suite("feeds: replay", &cases, 1);
}
