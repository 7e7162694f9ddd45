/* What turning an answer into rows for the store costs, beside what cJSON alone needs to parse and free the same body, in the same run; and how much private
 * memory a hostile body of 2 MiB can make the extraction use. Bodies are made here, in the shapes and sizes of the providers' answers.
 *
 * bench-extract [NAME]: one line per body (or the one of that feed only), then the sum; the same for the providers' sample payloads where GNOMON_DATA
 * (default ../shared/data) holds them; those in CSV beside libcsv's reading of the same bytes with callbacks that do nothing, which makes no tree and has no
 * target; exit status 1 when a sum is over 1.3 or a body over 30 MiB. */
#include <cJSON.h>
#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "base/text.h"
#include "feeds/feed.h"
#include "measure.h"

enum { ROUNDS = 60, ROUND_BYTES = 300000, NOW_S = 1789041600, SAMPLES_S = 1792476000, DAY0 = 20600, MIB = 1 << 20 };
static const double ratio_max = 1.3, memory_max_mib = 30;

/* ---- bodies ---- */

static void stamp(char ret[21], int64_t hour)
{
    civil_format_time(hour * 3600, ret);
}

static void met_norway(struct text *t)
{
    char at[21];
    text_printf(t, "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[4.35,50.85,76]},\"properties\":{\"meta\":{\"updated_at\":\"2026-09-10T10:00:00Z\","
                   "\"units\":{\"air_temperature\":\"celsius\",\"precipitation_amount\":\"mm\",\"wind_speed\":\"m/s\"}},\"timeseries\":[");
    for (int i = 0; i < 90; i++) {
        stamp(at, (int64_t)DAY0 * 24 + (i < 60 ? i : 60 + (i - 60) * 6));
        text_printf(t, "%s{\"time\":\"%s\",\"data\":{\"instant\":{\"details\":{\"air_pressure_at_sea_level\":10%d.%d,\"air_temperature\":%d.%d,\"cloud_area_fraction\":%d.%d,"
                       "\"relative_humidity\":%d.5,\"wind_from_direction\":%d.4,\"wind_speed\":%d.7}}", i > 0 ? "," : "", at, i % 30, i % 10, i % 25, i % 10, i, i % 10, i, i * 3, i % 9);
        text_printf(t, ",\"next_12_hours\":{\"summary\":{\"symbol_code\":\"cloudy\"},\"details\":{}}");
        if (i < 60)
            text_printf(t, ",\"next_1_hours\":{\"summary\":{\"symbol_code\":\"rain\"},\"details\":{\"precipitation_amount\":0.%d}}", i % 10);
        text_printf(t, ",\"next_6_hours\":{\"summary\":{\"symbol_code\":\"rain\"},\"details\":{\"precipitation_amount\":1.%d}}}}", i % 10);
    }
    text_printf(t, "]}}");
}

static void numbers(struct text *t, const char *name, int n, double first, double step)
{
    text_printf(t, ",\"%s\":[", name);
    for (int i = 0; i < n; i++)
        text_printf(t, "%s%.1f", i > 0 ? "," : "", first + step * (i % 24));
    text_printf(t, "]");
}

static void open_meteo_hourly(struct text *t)
{
    char at[21];
    text_printf(t, "{\"latitude\":50.84,\"longitude\":4.36,\"utc_offset_seconds\":7200,\"timezone\":\"Europe/Brussels\",\"hourly\":{\"time\":[");
    for (int i = 0; i < 168; i++) {
        stamp(at, (int64_t)DAY0 * 24 + i);
        at[16] = '\0';
        text_printf(t, "%s\"%s\"", i > 0 ? "," : "", at);
    }
    text_printf(t, "]");
    numbers(t, "shortwave_radiation", 168, 0, 30);
    numbers(t, "temperature_2m", 168, 8.5, 0.5);
    text_printf(t, "}}");
}

static void open_meteo_forecast(struct text *t)
{
    static const char *const names[] = { "temperature_2m_max", "temperature_2m_min", "precipitation_sum", "shortwave_radiation_sum", "wind_speed_10m_max" };
    char date[11];
    text_printf(t, "{\"latitude\":50.84,\"longitude\":4.36,\"generationtime_ms\":0.2,\"daily_units\":{\"time\":\"iso8601\",\"temperature_2m_max\":\"C\"},\"daily\":{\"time\":[");
    for (int i = 0; i < 10; i++) {
        civil_format_date(DAY0 + i, date);
        text_printf(t, "%s\"%s\"", i > 0 ? "," : "", date);
    }
    text_printf(t, "]");
    for (size_t i = 0; i < 5; i++)
        numbers(t, names[i], 10, (double)i, 0.7);
    text_printf(t, "}}");
}

static void gdelt_raw(struct text *t)
{
    int y, m, d;
    text_printf(t, "{\"query_details\":{\"title\":\"x\",\"date_resolution\":\"day\"},\"timeline\":[{\"series\":\"Article Count\",\"data\":[");
    for (int i = 0; i < 92; i++) {
        civil_date(DAY0 - 92 + i, &y, &m, &d);
        text_printf(t, "%s{\"date\":\"%04d%02d%02dT000000Z\",\"value\":%d,\"norm\":%d}", i > 0 ? "," : "", y, m, d, 900 + i * 7, 150000 + i * 31);
    }
    text_printf(t, "]}]}");
}

static void eurostat(struct text *t, const char *releases)
{
    int n = 120, two = releases != NULL;
    text_printf(t, "{\"version\":\"2.0\",\"class\":\"dataset\",\"value\":{");
    for (int i = 0; i < n * (1 + two); i++)
        text_printf(t, "%s\"%d\":%d.%d", i > 0 ? "," : "", i, i % 9, i % 10);
    text_printf(t, "},\"status\":{\"3\":\"p\"},\"id\":[\"freq\",%s\"time\"],\"size\":[1,%s%d],\"dimension\":{\"freq\":{\"category\":{\"index\":{\"M\":0}}},%s\"time\":{\"category\":"
                   "{\"index\":{", two ? "\"release\"," : "", two ? "2," : "", n, two ? releases : "");
    for (int i = 0; i < n; i++)
        text_printf(t, "%s\"%d-%02d\":%d", i > 0 ? "," : "", 2016 + i / 12, i % 12 + 1, i);
    text_printf(t, "},\"label\":{");
    for (int i = 0; i < n; i++)
        text_printf(t, "%s\"%d-%02d\":\"%d-%02d\"", i > 0 ? "," : "", 2016 + i / 12, i % 12 + 1, 2016 + i / 12, i % 12 + 1);
    text_printf(t, "}}}}}");
}

static void eurostat_hicp(struct text *t)
{
    eurostat(t, NULL);
}

static void eurostat_first(struct text *t)
{
    eurostat(t, "\"release\":{\"category\":{\"index\":{\"FLS\":0,\"FIN\":1}}},");
}

static void openligadb(struct text *t)
{
    char at[21];
    text_printf(t, "[");
    for (int i = 0; i < 306; i++) {
        stamp(at, (int64_t)(DAY0 - 150 + i / 9 * 7) * 24 + 14 + i % 9);
        text_printf(t, "%s{\"matchID\":%d,\"matchDateTime\":\"%.19s\",\"timeZoneID\":\"W. Europe Standard Time\",\"leagueId\":4945,\"leagueName\":\"1. League\",\"leagueSeason\":2025,"
                       "\"leagueShortcut\":\"bl1\",\"matchDateTimeUTC\":\"%s\",\"group\":{\"groupName\":\"%d. Round\",\"groupOrderID\":%d,\"groupID\":50849},", i > 0 ? "," : "", 77000 + i,
                    at, at, i / 9 + 1, i / 9 + 1);
        for (int k = 1; k <= 2; k++)
            text_printf(t, "\"team%d\":{\"teamId\":%d,\"teamName\":\"Club number %d\",\"shortName\":\"C%d\",\"teamIconUrl\":null,\"teamGroupName\":null},", k, i % 18 + k, i % 18 + k,
                        i % 18 + k);
        text_printf(t, "\"lastUpdateDateTime\":\"2025-08-23T08:00:00.000\",\"matchIsFinished\":true,\"matchResults\":[{\"resultID\":%d,\"resultTypeID\":2,\"pointsTeam1\":%d,\"pointsTeam2\":"
                       "%d,\"resultOrderID\":1}],\"goals\":[],\"location\":{\"locationID\":4,\"locationCity\":\"Town\",\"locationStadium\":\"Arena %d\"},\"numberOfViewers\":%d}", i, i % 5,
                    i % 3, i % 18, 20000 + i);
    }
    text_printf(t, "]");
}

static void bright_sky(struct text *t)
{
    text_printf(t, "{\"weather\":[");
    for (int i = 0; i < 361; i++) {
        char at[21];
        stamp(at, (int64_t)(DAY0 - 15) * 24 + i);
        at[19] = '\0';
        text_printf(t, "%s{\"timestamp\":\"%s+00:00\",\"source_id\":238685,\"precipitation\":0.%d,\"pressure_msl\":101%d.2,\"sunshine\":%d.0,\"temperature\":%d.3,\"wind_direction\":%d,"
                       "\"wind_speed\":%d.4,\"cloud_cover\":%d,\"dew_point\":8.%d,\"relative_humidity\":null,\"visibility\":%d,\"wind_gust_speed\":20.9,\"condition\":\"dry\",\"solar\":0.%03d,"
                       "\"icon\":\"cloudy\"}", i > 0 ? "," : "", at, i % 10, i % 9, i % 60, i % 25, i, i % 12, i % 100, i % 10, 1000 * i, i % 24 * 30);
    }
    text_printf(t, "],\"sources\":[{\"id\":238685,\"distance\":3154.0,\"station_name\":\"Town\"}]}");
}

static const struct { const char *feed; void (*make)(struct text *t); } bodies[] = {
    { "met-norway", met_norway }, { "open-meteo-hourly", open_meteo_hourly }, { "open-meteo-forecast", open_meteo_forecast }, { "gdelt-raw", gdelt_raw },
    { "eurostat-hicp", eurostat_hicp }, { "eurostat-hicp-first", eurostat_first }, { "openligadb", openligadb }, { "bright-sky", bright_sky },
};

/* ---- time ---- */

static void fail(const char *what)
{
    fprintf(stderr, "bench-extract: %s\n", what);
    exit(2);
}

static double time_cjson(const struct text *body, int n)
{
    double begin = measure_cpu_s();
    for (int i = 0; i < n; i++) {
        cJSON *doc = cJSON_ParseWithLength(body->data, body->len);
        if (doc == NULL)
            fail("a body is no JSON");
        cJSON_Delete(doc);
    }
    return (measure_cpu_s() - begin) / n;
}

static void on_field(void *data, size_t len, void *ctx)
{
    *(size_t *)ctx += len + (data != NULL);
}

static void on_record(int end, void *ctx)
{
    *(size_t *)ctx += (size_t)(end != 0);
}

static double time_libcsv(const struct text *body, int n)
{
    struct csv_parser parser;
    size_t seen = 0;
    double begin = measure_cpu_s();
    for (int i = 0; i < n; i++) {
        if (csv_init(&parser, CSV_STRICT) != 0 || csv_parse(&parser, body->data, body->len, on_field, on_record, &seen) != body->len ||
            csv_fini(&parser, on_field, on_record, &seen) != 0)
            fail("a body is no CSV");
        csv_free(&parser);
    }
    return seen > 0 ? (measure_cpu_s() - begin) / n : 0;
}

static double time_extract(const struct feed *feed, const struct text *body, const struct zone *zone, int64_t now_s, int n, size_t *values)
{
    double begin = measure_cpu_s();
    for (int i = 0; i < n; i++) {
        struct feed_yield yield;
        struct gnm_why why;
        if (feed_extract(feed, body->data, body->len, zone, "", now_s, &yield, &why) < 0)
            fail(why.text);
        *values = yield.n;
        feed_yield_free(&yield);
    }
    return (measure_cpu_s() - begin) / n;
}

static struct feed *load(const char *dir, const char *name)
{
    char path[512], *data;
    size_t len;
    struct feed *feed = NULL;
    struct gnm_why why;
    snprintf(path, sizeof path, "%s/%s.conf", dir, name);
    if (file_read(path, MIB, &data, &len, &why) < 0 || feed_load(path, data, len, &feed, &why) < 0)
        fail(why.text);
    free(data);
    return feed;
}

static struct zone *brussels(void)
{
    char *data;
    size_t len;
    struct gnm_why why;
    if (file_read("/usr/share/zoneinfo/Europe/Brussels", MIB, &data, &len, &why) < 0)
        fail(why.text);
    struct zone *zone = zone_new(data, len, &why);
    free(data);
    return zone != NULL ? zone : (fail(why.text), NULL);
}

/* What a body's cost is set beside. */
struct bare { const char *name; double (*time)(const struct text *body, int n); };
static const struct bare cjson = { "cJSON", time_cjson }, libcsv = { "libcsv", time_libcsv };

struct sums { double bare, ours, dearest; };

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The two take turns every few milliseconds. Whatever disturbs only adds, so that the least of each counts for the sums; the ratio of the body is the median of the
 * rounds' ratios, because a disturbance that lasts meets both. */
static void compare(const char *dir, const char *name, const struct text *body, const struct zone *zone, int64_t now_s, const struct bare *with, struct sums *sums)
{
    struct feed *feed = load(dir, name);
    double bare = 1e9, ours = 1e9, ratio[ROUNDS];
    size_t values = 0;
    int n = (int)(ROUND_BYTES / body->len) + 1;
    for (int round = 0; round < ROUNDS; round++) {
        double alone = with->time(body, n), whole = time_extract(feed, body, zone, now_s, n, &values);
        bare = fmin(bare, alone);
        ours = fmin(ours, whole);
        ratio[round] = whole / alone;
    }
    qsort(ratio, ROUNDS, sizeof ratio[0], rising);
    printf("%-24s %8zu bytes %6zu values   %s %8.1f us   extraction %8.1f us   ratio %.2f\n", name, body->len, values, with->name, bare * 1e6, ours * 1e6, ratio[ROUNDS / 2]);
    sums->dearest = fmax(sums->dearest, ratio[ROUNDS / 2]);
    sums->bare += bare;
    sums->ours += ours;
    feed_free(feed);
}

static double ratio_of(const struct sums *sums, const char *what)
{
    double ratio = sums->ours / sums->bare;
    printf("sum of the %s: extraction to rows for the store / cJSON parse and delete = %.2f (target %.1f), the dearest of them %.2f\n\n", what, ratio, ratio_max,
           sums->dearest);
    fflush(stdout);
    return ratio;
}

/* ---- the providers' samples ---- */

struct samples { const char *config, *data, *only; const struct zone *zone; struct sums json, csv; char last[64]; };

static void compare_sample(struct samples *s, const char *name, const char *file)
{
    char path[700];
    struct text body = { .len = 0 };
    struct gnm_why why;
    snprintf(path, sizeof path, "%s/feeds/%s", s->data, file);
    if (file_read(path, 4 * MIB, &body.data, &body.len, &why) < 0)
        fail(why.text);
    int tabular = strstr(file, ".csv") != NULL;
    compare(s->config, name, &body, s->zone, SAMPLES_S, tabular ? &libcsv : &cjson, tabular ? &s->csv : &s->json);
    text_free(&body);
}

/* Lines of expected.csv begin with feed and payload; one feed's lines stand together. */
static void each_sample(struct samples *s, FILE *list)
{
    char line[400], name[64], file[200];
    while (fgets(line, sizeof line, list) != NULL) {
        if (sscanf(line, "%63[^,],%199[^,]", name, file) != 2 || strcmp(name, s->last) == 0)
            continue;
        strcpy(s->last, name);
        if ((strstr(file, ".json") != NULL || strstr(file, ".csv") != NULL) && (s->only == NULL || strcmp(s->only, name) == 0))
            compare_sample(s, name, file);
    }
}

static double compare_samples(const char *config, const char *only, const struct zone *zone)
{
    const char *data = getenv("GNOMON_DATA");
    struct samples s = { .config = config, .data = data != NULL ? data : "../shared/data", .only = only, .zone = zone };
    char path[700];
    snprintf(path, sizeof path, "%s/feeds/expected.csv", s.data);
    FILE *list = fopen(path, "re");
    if (list == NULL) {
        printf("bench-extract: SKIP the providers' samples, no %s; set GNOMON_DATA\n", path);
        return 0;
    }
    each_sample(&s, list);
    fclose(list);
    if (s.csv.bare > 0)
        printf("the samples in CSV: extraction / libcsv alone = %.2f\n", s.csv.ours / s.csv.bare);
    return s.json.bare > 0 ? ratio_of(&s.json, "providers' samples in JSON") : 0;
}

static double compare_bodies(const char *config, const char *only, const struct zone *zone)
{
    struct sums sums = { 0 };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        if (only != NULL && strcmp(only, bodies[i].feed) != 0)
            continue;
        struct text body = { .len = 0 };
        bodies[i].make(&body);
        compare(config, bodies[i].feed, &body, zone, NOW_S, &cjson, &sums);
        text_free(&body);
    }
    return sums.bare > 0 ? ratio_of(&sums, "bodies made here") : 0;
}

/* ---- memory ---- */

static const char rows_conf[] = "[feed r]\nurl = https://x.example/\nrows = /*\ndate = /0\ndate_format = unix\n[series v]\nvalue = /1\n[series w]\nvalue = /1\n";
static const char names_conf[] = "[feed n]\nurl = https://x.example/\nrows = /*\ndate = @self\nkind = activity\ndate_format = unix\n[series v]\nname = @key\nvalue = 1\n";
static const char cols_conf[] = "[feed c]\nurl = https://x.example/\nlayout = columns\nrows = \ndate = /t\ndate_format = unix\n[series v]\nvalue = /v\nstep = hour\n[series w]\nvalue = /v\n";
static const char events_conf[] = "[feed e]\nurl = https://x.example/\nrows = /*\ndate = @self\ndate_format = unix\nkind = schedule\ntitle = x\n[series v]\nvalue = 1\nagg = count\n";
static const char csv_conf[] = "[feed s]\nurl = https://x.example/\nformat = csv\ndate = /d\ndate_format = unix\n[series v]\nvalue = /v\nstep = hour\n";
static const char ics_conf[] = "[feed i]\nurl = https://x.example/\nformat = ics\nkind = schedule\ntitle = /summary\n[series v]\nvalue = 1\nagg = count\n";

/* `piece` holds one %d, which counts in hours; as many as fit below the node limit or in 2 MiB, filled up with blanks. */
struct hostile { const char *name, *conf, *head, *piece, *between, *tail; int most; };
static const struct hostile hostile[] = {
    { "nothing but zeros", rows_conf, "[", "0", ",", "]", 1 << 30 },
    { "rows up to the limit", rows_conf, "[", "[%d,1]", ",", "]", 99990 },
    { "numbers up to the limit", events_conf, "[", "%d", ",", "]", 199990 },
    { "names up to the limit", names_conf, "{", "\"n%d\":1", ",", "}", 99990 },
    { "columns up to the limit", cols_conf, "{\"v\":[", "%d", ",", "],\"t\":[]}", 99990 },
    { "unclosed brackets", rows_conf, "", "[", "", "", 1 << 30 },
    { "one long string", rows_conf, "[\"", "x", "", "\"]", 1 << 30 },
    { "a CSV of short lines", csv_conf, "d,v\n", "%d,1", "\n", "\n", 1 << 30 },
    { "a CSV up to the limit", csv_conf, "d,v\n", "%d,1", "\n", "\n", 59990 },
    { "a CSV of separators", csv_conf, "d,v\n", ",", "", "\n", 1 << 30 },
    { "a calendar of events", ics_conf, "BEGIN:VCALENDAR\n", "BEGIN:VEVENT\nDTSTART:20260901T080000Z\nRRULE:FREQ=DAILY;COUNT=%d\nEND:VEVENT", "\n", "\nEND:VCALENDAR\n", 1 << 30 },
    { "a calendar of lines", ics_conf, "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "A:", "\n", "\nEND:VEVENT\nEND:VCALENDAR\n", 1 << 30 },
};

static void make_hostile(const struct hostile *h, struct text *t)
{
    char piece[160];
    text_printf(t, "%s", h->head);
    for (int i = 0; i < h->most && t->len + 120 < 2 * MIB; i++) {
        snprintf(piece, sizeof piece, h->piece, h->conf == ics_conf ? 6 : (i + 100) * 3600);
        text_printf(t, "%s%s", i > 0 ? h->between : "", piece);
    }
    size_t room = 2 * MIB - t->len - strlen(h->tail);
    if (h->conf == rows_conf || h->conf == events_conf || h->conf == names_conf || h->conf == cols_conf)
        for (size_t i = 0; i < room && h->head[1] != '"'; i++)
            text_append(t, " ", 1);
    text_printf(t, "%s", h->tail);
}

/* In a process of its own: the peak since `clear_refs`, less what was resident before, the body included in what counts. */
static double peak_mib(const struct hostile *h)
{
    int fd[2];
    double mib = -1;
    if (pipe(fd) < 0)
        fail("no pipe");
    pid_t child = fork();
    if (child == 0) {
        struct feed *feed;
        struct feed_yield yield = { .n = 0 };
        struct gnm_why why = { .text = "" };
        if (feed_load("hostile.conf", h->conf, strlen(h->conf), &feed, &why) < 0)
            fail(why.text);
        measure_restart();
        double before = measure_kib("VmRSS:"), used;
        struct text body = { .len = 0 };
        make_hostile(h, &body);
        int err = feed_extract(feed, body.data, body.len, NULL, "", NOW_S, &yield, &why);
        used = (measure_kib("VmHWM:") - before) / 1024;
        printf("%-26s %8zu bytes   %5.1f MiB   %s%s\n", h->name, body.len, used, err < 0 ? why.text : "taken: ", err < 0 ? "" : yield.n > 0 ? "values" : "nothing");
        fflush(stdout);
        _exit(write(fd[1], &used, sizeof used) == sizeof used ? 0 : 1);
    }
    close(fd[1]);
    if (child < 0 || read(fd[0], &mib, sizeof mib) != sizeof mib || waitpid(child, NULL, 0) < 0)
        fail("a child died");
    close(fd[0]);
    return mib;
}

int main(int argc, char **argv)
{
    const char *root = getenv("GNOMON_ROOT"), *only = argc > 1 ? argv[1] : NULL;
    char config[400];
    snprintf(config, sizeof config, "%s/config/feeds", root != NULL ? root : ".");
    struct zone *zone = brussels();
    double made = compare_bodies(config, only, zone), samples = compare_samples(config, only, zone), worst = 0;
    zone_free(zone);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0] && only == NULL; i++)
        worst = fmax(worst, peak_mib(&hostile[i]));
    printf("worst: %.1f MiB private, the body of 2 MiB included (target %.0f)\n", worst, memory_max_mib);
    return made > ratio_max || samples > ratio_max || worst > memory_max_mib;
}
