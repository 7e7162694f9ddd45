/* The folder of a simulated run: configuration, surroundings, what the town already knows. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/simulate.h"

enum { FAULTS_MAX = 1 << 20, IRRADIANCE_MAX = 16 << 20, ZONE_MAX = 65536 };

/* A folder in memory where there is one: a simulated year asks for ten thousand fsyncs. */
static int make_folder(struct simulate *s, struct gnm_why *why)
{
    const char *wanted = getenv("TMPDIR"), *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    if (s->args.keep != NULL) {
        if (strlen(s->args.keep) >= sizeof s->folder)
            return gnm_fail(why, -ENAMETOOLONG, "%.60s...: the path is too long", s->args.keep);
        strcpy(s->folder, s->args.keep);
        return mkdir(s->folder, 0755) == 0 ? 0 : gnm_fail(why, -errno, "%s: %s", s->folder, strerror(errno));
    }
    if (snprintf(s->folder, sizeof s->folder, "%s/gnomon-simulate-XXXXXX", wanted != NULL ? wanted : base) >= (int)sizeof s->folder || mkdtemp(s->folder) == NULL) {
        s->folder[0] = '\0';
        return gnm_fail(why, -errno, "no temporary folder: %s", strerror(errno));
    }
    return 0;
}

static int has_definition(const char *share, const char *feed)
{
    char path[400];
    snprintf(path, sizeof path, "%s/feeds/%s.conf", share, feed);
    return access(path, R_OK) == 0;
}

/* Whoever has nothing to forecast needs no news but the weather's. */
static int wants_feed(const struct simulate *s, int weather)
{
    return weather ? s->args.forecast_skill >= 0 : s->args.series > 0;
}

static void write_feeds(const struct simulate *s, const char *share, FILE *file)
{
    static const struct { const char *name, *vars; int weather; } feed[] = {
        { "met-norway", "", 1 }, { "eurostat-hicp", "", 0 }, { "gdelt-raw", "", 0 }, { "openligadb", "league = bl1\nseason = 2025\n", 0 },
    };
    for (size_t i = 0; i < sizeof feed / sizeof feed[0]; i++)
        if (has_definition(share, feed[i].name))
            fprintf(file, "[feed %s]\nuse = %s\n%s", feed[i].name, wants_feed(s, feed[i].weather) ? "yes" : "no", feed[i].vars);
}

static void write_keys(const char *keys, FILE *file)
{
    for (const char *p = keys; p != NULL && *p != '\0'; p += strcspn(p, ",") + (strchr(p, ',') != NULL)) {
        size_t n = strcspn(p, ","), key = strcspn(p, "="), section = strcspn(p, ".");
        if (section < key && section < n)
            fprintf(file, "[%.*s]\n%.*s\n[energy]\n", (int)section, p, (int)(n - section - 1), p + section + 1);
        else
            fprintf(file, "%.*s\n", (int)n, p);
    }
}

static int write_config(const struct simulate *s, const char *path, struct gnm_why *why)
{
    const struct simulate_args *a = &s->args;
    char share[300];
    cli_share(share, sizeof share);
    if (a->share != NULL)
        snprintf(share, sizeof share, "%s", a->share);
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return gnm_fail(why, -errno, "%s: %s", path, strerror(errno));
    fprintf(file, "[site]\nname = simulated\nlatitude = %.17g\nlongitude = %.17g\nzone = %s\ncountry = %s\ncontact = simulate@localhost\n", a->latitude_deg, a->longitude_deg, a->zone,
            a->country);
    fprintf(file, "[paths]\nstate = %s\nruntime = %s/run\nshare = %s\n", s->state, s->folder, share);
    fprintf(file, "[controller plant]\nmap = epever\nline = tcp:127.0.0.1:1\npoll = %llds\n[battery]\nchemistry = %s\ncapacity_ah = %.17g\nbase_w = %.17g\n[energy]\n", (long long)a->poll_s,
            a->chemistry, a->plant.battery_ah, a->plant.base_w);
    if (a->policy != NULL)
        fprintf(file, "policy = %s\n", a->policy);
    if (a->n_jobs > 0)
        fprintf(file, "watts_per_core = %.17g\n", a->job[0].w);
    if (a->poll_s > 100)                 /* a reading may miss two turns */
        fprintf(file, "stale = %llds\n", 3LL * (long long)a->poll_s);
    if (a->set == NULL || strstr(a->set, "forecast.search_effort=") == NULL)     /* hours of simulated sun would go into searches, and minutes of real time */
        fprintf(file, "[forecast]\nsearch_effort = 0\n[energy]\n");
    write_keys(a->set, file);
    write_feeds(s, share, file);
    int bad = ferror(file);
    return fclose(file) != 0 || bad ? gnm_fail(why, -EIO, "%s could not be written", path) : 0;
}

static int load_zone(struct simulate *s, struct gnm_why *why)
{
    char path[160], *data;
    size_t len;
    if (snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", s->args.zone) >= (int)sizeof path || strstr(s->args.zone, "..") != NULL)
        return gnm_fail(why, -EINVAL, "'%.60s' is not a time zone", s->args.zone);
    int r = file_read(path, ZONE_MAX, &data, &len, why);
    if (r < 0)
        return r;
    s->zone = zone_new(data, len, why);
    free(data);
    return s->zone == NULL ? why->code : 0;
}

static int names_provider(const char *line, size_t n)
{
    size_t at = strspn(line, " \t");
    at += strcspn(line + at, " \t\n");
    at += strspn(line + at, " \t");
    size_t len = strcspn(line + at, " \t\r\n");
    if (at >= n)
        return 0;
    for (int i = 0; i < PROVIDERS; i++)
        if (strlen(provider_names[i]) == len && memcmp(line + at, provider_names[i], len) == 0)
            return 1;
    return len == 3 && memcmp(line + at, "all", 3) == 0;
}

/* Lines that name a provider are the world's to read. Both readers see every line, the other's as an empty one, so that line numbers are right. */
static int split_faults(struct simulate *s, char *data, size_t len, struct gnm_why *why)
{
    char *other = malloc(len + 1);
    if (other == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for %zu bytes", len);
    memcpy(other, data, len + 1);
    for (char *line = data; line < data + len; ) {
        size_t n = strcspn(line, "\n");
        memset(names_provider(line, n) ? line : other + (line - data), ' ', n);
        line += n + (line[n] == '\n');
        if (n == 0 && line[0] == '\0')
            break;
    }
    int r = memchr(data, '\0', len) != NULL ? gnm_fail(why, -EINVAL, "%s: not a text file", s->args.faults) : sim_faults_read(s->args.faults, data, len, &s->faults, why);
    if (r == 0 && provider_faults_read(other, len, s->args.start_s, &s->provider_faults, why) < 0)
        r = gnm_fail_in(why, "%s: ", s->args.faults);
    free(other);
    return r;
}

static int load_faults(struct simulate *s, struct gnm_why *why)
{
    char *data;
    size_t len;
    if (s->args.faults == NULL)
        return 0;
    int r = file_read(s->args.faults, FAULTS_MAX, &data, &len, why);
    if (r < 0)
        return r;
    r = split_faults(s, data, len, why);
    free(data);
    return r;
}

static int load_irradiance(struct simulate *s, struct gnm_why *why)
{
    char *data;
    size_t len;
    if (s->args.irradiance == NULL)
        return 0;
    int r = file_read(s->args.irradiance, IRRADIANCE_MAX, &data, &len, why);
    if (r < 0)
        return r;
    r = sky_measured_parse(data, len, s->args.latitude_deg, s->args.longitude_deg, &s->measured, why);
    free(data);
    return r < 0 ? gnm_fail_in(why, "%s: ", s->args.irradiance) : 0;
}

static int start_surroundings(struct simulate *s, struct gnm_why *why)
{
    const struct simulate_args *a = &s->args;
    struct sim_config c = { .end_s = a->start_s + a->days * 86400, .busy_w = a->n_jobs > 0 ? a->job[0].w : 7, .poll_cpu_s = 0.0003, .byte_cpu_s = 3e-8, .faults = s->faults.n > 0 ? &s->faults : NULL };
    world_config_default(&c.world);
    c.world.seed = (uint64_t)a->seed;
    c.world.start_s = a->start_s;
    c.world.latitude_deg = a->latitude_deg;
    c.world.longitude_deg = a->longitude_deg;
    c.world.zone_name = a->zone;
    c.world.country = a->country;
    c.world.plant = a->plant;
    c.world.businesses = (int)a->series;
    c.world.news_gap_ms = 5000;
    c.world.forecast_skill = a->forecast_skill < 0 ? 1 : a->forecast_skill;
    c.world.measured = s->measured;
    c.world.provider_faults = s->provider_faults.n > 0 ? &s->provider_faults : NULL;
    return sim_start(&s->sim, &c, s->zone, why);
}

/* The farther from Greenwich, the more the clock of Brussels would be wrong. */
static void settle_zone(struct simulate *s)
{
    static const char *const west[] = { "UTC", "Etc/GMT+1", "Etc/GMT+2", "Etc/GMT+3", "Etc/GMT+4", "Etc/GMT+5", "Etc/GMT+6", "Etc/GMT+7", "Etc/GMT+8", "Etc/GMT+9", "Etc/GMT+10", "Etc/GMT+11", "Etc/GMT+12" };
    static const char *const east[] = { "UTC", "Etc/GMT-1", "Etc/GMT-2", "Etc/GMT-3", "Etc/GMT-4", "Etc/GMT-5", "Etc/GMT-6", "Etc/GMT-7", "Etc/GMT-8", "Etc/GMT-9", "Etc/GMT-10", "Etc/GMT-11", "Etc/GMT-12" };
    const struct simulate_args *a = &s->args;
    int hours = fabs(a->longitude_deg) <= 180 ? (int)lround(fabs(a->longitude_deg) / 15) : 0;
    if (a->zone == NULL)
        s->args.zone = a->latitude_deg == 50.85 && a->longitude_deg == 4.35 ? "Europe/Brussels" : a->longitude_deg < 0 ? west[hours] : east[hours];
    if (a->country == NULL)
        s->args.country = "BE";
}

static int check_config(const char *path, struct gnm_why *why)
{
    struct config *config = NULL;
    int r = config_load(path, &config, why);
    config_free(config);
    return r;
}

int simulate_open(struct simulate *s, const struct simulate_args *args, struct gnm_why *why)
{
    char path[SIMULATE_FOLDER + 32];
    s->args = *args;
    memcpy(s->job, args->job, sizeof s->job);
    settle_zone(s);
    int r = args->saver_w == 0 || (args->saver_w > 0 && args->saver_w <= args->plant.base_w) ? 0 : gnm_fail(why, -EINVAL, "--saver-w must be from 0 to the base load of %g, not %g",
                                                                                     args->plant.base_w, args->saver_w);
    if (r == 0)
        r = load_faults(s, why);
    if (r == 0)
        r = load_irradiance(s, why);
    if (r == 0)
        r = load_zone(s, why);
    if (r == 0)
        r = start_surroundings(s, why);
    if (r == 0)
        r = make_folder(s, why);
    if (r < 0)
        return r;
    snprintf(s->state, sizeof s->state, "%s/state", s->folder);
    snprintf(s->inbox_dir, sizeof s->inbox_dir, "%s/inbox", s->state);
    snprintf(path, sizeof path, "%s/gnomon.conf", s->folder);
    s->day = calloc((size_t)args->days + 1, sizeof *s->day);
    if (s->day == NULL)
        return gnm_fail(why, -ENOMEM, "no memory for %lld days", (long long)args->days);
    memset(s->day, 1, ((size_t)args->days + 1) * sizeof *s->day);      /* touched, so that memory can be seen not to grow */
    memset(s->day, 0, ((size_t)args->days + 1) * sizeof *s->day);
    if (args->log != NULL && (s->log = fopen(args->log, "we")) == NULL)
        return gnm_fail(why, -errno, "%s: %s", args->log, strerror(errno));
    r = write_config(s, path, why);
    if (r == 0)
        r = check_config(path, why);
    if (r == 0)
        r = file_mkdir(s->state, 0751, why);
    if (r == 0)
        r = file_mkdir(s->inbox_dir, 0755, why);
    if (r == 0)
        r = crm_open(&s->inbox, s->inbox_dir, &s->sim.world, why);
    if (r < 0)
        return r;
    snprintf(s->meter_vfs, sizeof s->meter_vfs, "simulate-meter-%ld", (long)getpid());
    snprintf(s->vfs, sizeof s->vfs, "simulate-disk-%ld", (long)getpid());
    simulate_disk_start(&s->disk, (uint64_t)args->seed);
    r = store_meter_new(s->meter_vfs, 0, &s->meter, why);
    return r < 0 ? r : store_disk_new(s->vfs, s->meter_vfs, &s->disk.gate, &s->layer, why);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void simulate_close(struct simulate *s)
{
    daemon_free(s->daemon);
    store_disk_free(s->layer);
    store_meter_free(s->meter);
    simulate_disk_end(&s->disk);
    sim_end(&s->sim);
    zone_free(s->zone);
    free(s->measured);
    free(s->day);
    if (s->log != NULL)
        fclose(s->log);
    if (s->folder[0] != '\0' && s->args.keep == NULL)
        nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
