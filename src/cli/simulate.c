/* gnomon simulate: the real daemon through days or years of a simulated solar box, in seconds. */
#include "cli/simulate.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "almanac/civil.h"
#include "base/file.h"
#include "energy/energy.h"

enum option_key {
    OPT_DAYS = 256, OPT_SEED, OPT_START, OPT_SITE, OPT_ZONE, OPT_COUNTRY, OPT_PANEL, OPT_BATTERY, OPT_LOAD, OPT_IRRADIANCE, OPT_FORECAST, OPT_SERIES, OPT_POLICY, OPT_SET,
    OPT_JOB, OPT_SAVER, OPT_POLL, OPT_FAULTS, OPT_JSON, OPT_PICTURE, OPT_KEEP, OPT_SHARE, OPT_LOG
};
enum { DAYS_MAX = 3660 };

static const struct argp_option options[] = {
    { "days", OPT_DAYS, "N", 0, "How long (30)", 1 },
    { "seed", OPT_SEED, "S", 0, "The same seed gives the same run, byte for byte (1)", 1 },
    { "start", OPT_START, "DATE", 0, "First day (2025-01-01)", 1 },
    { "series", OPT_SERIES, "N", 0, "Businesses of the town that report their numbers (30); 0: nothing to forecast", 1 },
    { "site", OPT_SITE, "LAT,LON", 0, "Where the box stands (50.85,4.35)", 2 },
    { "zone", OPT_ZONE, "TZ", 0, "Its time zone (Europe/Brussels; with --site the hours of its longitude)", 2 },
    { "country", OPT_COUNTRY, "CC", 0, "Whose holidays (BE)", 2 },
    { "panel", OPT_PANEL, "W,TILT,AZ", 0, "Panel; azimuth clockwise from north (300,35,180)", 2 },
    { "battery", OPT_BATTERY, "AH,CHEMISTRY", 0, "Battery of 12 V: lifepo4, agm, gel or flooded (80,lifepo4)", 2 },
    { "load", OPT_LOAD, "W", 0, "What the box and its neighbours always draw (8)", 2 },
    { "irradiance", OPT_IRRADIANCE, "FILE", 0, "A measured year, hour by hour (CSV: time_utc,ghi_wm2,...), instead of the simulated sky", 2 },
    { "forecast", OPT_FORECAST, "KIND", 0, "What weather services know: good, poor or none (good)", 2 },
    { "policy", OPT_POLICY, "RULE", 0, "Who decides about training: refill (the daemon), soc:START,STOP (in percent), noon, throttled, none (refill)", 3 },
    { "job", OPT_JOB, "MIN/PERIOD@W", 0, "Instead of learning: work such as 20min/day@7W or 120min/week@7W; may be given four times", 3 },
    { "saver-w", OPT_SAVER, "W", 0, "What the box draws less in the saver modes (0)", 3 },
    { "poll", OPT_POLL, "S", 0, "Seconds between readings of the controller (30)", 3 },
    { "set", OPT_SET, "KEY=V,...", 0, "Keys of gnomon.conf: stale=10m of [energy], publish.every=24h of [publish]", 3 },
    { "faults", OPT_FAULTS, "FILE", 0, "What goes wrong when: lines DAY[.FRACTION] KIND [DURATION] [ARG]", 3 },
    { "json", OPT_JSON, NULL, 0, "Print JSON", 4 },
    { "picture", OPT_PICTURE, "OUT.svg", 0, "Draw the run", 4 },
    { "keep", OPT_KEEP, "DIR", 0, "Leave state.db and everything else in this new folder", 4 },
    { "log", OPT_LOG, "FILE", 0, "The daemon's log", 4 },
    { "share", OPT_SHARE, "DIR", 0, "Definitions of feeds", 4 },
    { 0 },
};

/* "1,2,3" into `n` numbers; the last may stand for a word, which is then given back. */
static int numbers(const char *text, double *ret, int n, const char **word)
{
    char copy[80], *save = NULL;
    int i = 0;
    if (strlen(text) >= sizeof copy)
        return -EINVAL;
    strcpy(copy, text);
    for (char *piece = strtok_r(copy, ",", &save); piece != NULL; piece = strtok_r(NULL, ",", &save), i++) {
        if (i == n && word != NULL)
            *word = text + (piece - copy);
        else if (i >= n || text_double(piece, &ret[i]) < 0)
            return -EINVAL;
    }
    return i == n + (word != NULL) ? 0 : -EINVAL;
}

static int parse_site(const char *arg, struct simulate_args *a)
{
    double v[2];
    if (numbers(arg, v, 2, NULL) < 0)
        return -EINVAL;
    a->latitude_deg = v[0];
    a->longitude_deg = v[1];
    return 0;
}

static int parse_panel(const char *arg, struct simulate_args *a)
{
    double v[3];
    if (numbers(arg, v, 3, NULL) < 0)
        return -EINVAL;
    a->plant.panel_w = v[0];
    a->plant.tilt_deg = v[1];
    a->plant.azimuth_deg = v[2];
    return 0;
}

static int parse_battery(const char *arg, struct simulate_args *a)
{
    int chemistry = numbers(arg, &a->plant.battery_ah, 1, &a->chemistry) == 0 ? plant_chemistry_of(a->chemistry) : -1;
    if (chemistry >= 0)
        a->plant.chemistry = (enum plant_chemistry)chemistry;
    return chemistry < 0 ? -EINVAL : 0;
}

static int parse_job(const char *arg, struct simulate_args *a)
{
    if (a->n_jobs == SIMULATE_JOBS || simulate_job_parse(arg, &a->job[a->n_jobs]) < 0 || a->job[a->n_jobs].w != a->job[0].w)
        return -EINVAL;
    a->n_jobs++;
    return 0;
}

static int parse_outlook(const char *arg, struct simulate_args *a)
{
    static const struct { const char *name; double skill; } kind[] = { { "good", 1 }, { "poor", 0.5 }, { "none", -1 } };
    for (int i = 0; i < 3; i++) {
        if (strcmp(arg, kind[i].name) == 0) {
            a->forecast_skill = kind[i].skill;
            return 0;
        }
    }
    return -EINVAL;
}

static void whole(struct argp_state *state, const char *name, const char *arg, int64_t low, int64_t high, int64_t *ret)
{
    if (text_int(arg, low, high, ret) < 0)
        argp_error(state, "--%s '%s' is not a whole number from %lld to %lld", name, arg, (long long)low, (long long)high);
}

static void expect(struct argp_state *state, int r, const char *name, const char *arg, const char *shape)
{
    if (r < 0)
        argp_error(state, "--%s '%s' is not like %s", name, arg, shape);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct simulate_args *a = state->input;
    int64_t day;
    switch (key) {
    case OPT_DAYS: whole(state, "days", arg, 1, DAYS_MAX, &a->days); break;
    case OPT_SEED: whole(state, "seed", arg, 0, INT64_MAX, &a->seed); break;
    case OPT_SERIES: whole(state, "series", arg, 0, 500, &a->series); break;
    case OPT_START:
        expect(state, civil_parse_date(arg, &day), "start", arg, "2025-01-01");
        if (day < 0 || day > 60000)
            argp_error(state, "--start '%s' is not between 1970 and 2134", arg);
        a->start_s = day * 86400;
        break;
    case OPT_SITE: expect(state, parse_site(arg, a), "site", arg, "50.85,4.35"); break;
    case OPT_ZONE: a->zone = arg; break;
    case OPT_COUNTRY: a->country = arg; break;
    case OPT_PANEL: expect(state, parse_panel(arg, a), "panel", arg, "300,35,180"); break;
    case OPT_BATTERY: expect(state, parse_battery(arg, a), "battery", arg, "80,lifepo4 (or agm, gel, flooded)"); break;
    case OPT_LOAD: expect(state, text_double(arg, &a->plant.base_w), "load", arg, "8"); break;
    case OPT_IRRADIANCE: a->irradiance = arg; break;
    case OPT_FORECAST: expect(state, parse_outlook(arg, a), "forecast", arg, "good, poor or none"); break;
    case OPT_POLICY:
        expect(state, energy_rule_parse(arg, &(struct energy_policy){ 0 }), "policy", arg, "refill, soc:50,40, noon, throttled or none");
        a->policy = arg;
        break;
    case OPT_SET: a->set = arg; break;
    case OPT_JOB: expect(state, parse_job(arg, a), "job", arg, "20min/day@7W or 120min/week@7W (at most four, of one draw)"); break;
    case OPT_SAVER: expect(state, text_double(arg, &a->saver_w), "saver-w", arg, "1.5"); break;
    case OPT_POLL: whole(state, "poll", arg, 5, 3600, &a->poll_s); break;
    case OPT_FAULTS: a->faults = arg; break;
    case OPT_JSON: a->json = 1; break;
    case OPT_PICTURE: a->picture = arg; break;
    case OPT_KEEP: a->keep = arg; break;
    case OPT_SHARE: a->share = arg; break;
    case OPT_LOG: a->log = arg; break;
    case ARGP_KEY_ARG: argp_error(state, "'%s' is not expected here", arg); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int write_picture(const struct simulate *s, const char *path, struct gnm_why *why)
{
    struct text svg = { 0 };
    int r = simulate_picture(s, &svg);
    FILE *file = r == 0 ? fopen(path, "we") : NULL;
    if (r == 0 && file == NULL)
        r = gnm_fail(why, -errno, "%s: %s", path, strerror(errno));
    else if (r < 0)
        gnm_fail(why, r, "no memory for a picture");
    if (file != NULL) {
        int bad = fwrite(svg.data, 1, svg.len, file) != svg.len;
        if (fclose(file) != 0 || bad)
            r = gnm_fail(why, -EIO, "%s could not be written", path);
    }
    text_free(&svg);
    return r;
}

int cli_simulate(int argc, char **argv)
{
    static const struct argp argp = { options, parse, "", "Runs the real daemon in virtual time in simulated surroundings: sun, panel, battery, weather services and a town of "
                                      "businesses; says what it did with the energy and how good its forecasts were.", NULL, NULL, NULL };
    struct simulate_args args = { .days = 30, .seed = 1, .start_s = 20089 * 86400LL, .series = 30, .latitude_deg = 50.85, .longitude_deg = 4.35, .chemistry = "lifepo4", .policy = "refill", .forecast_skill = 1, .poll_s = 30 };
    struct cli cli = { .command = argv[0] };
    struct gnm_why why = { 0 };
    struct cli_out out = { 0 };
    plant_config_default(&args.plant);
    argp_err_exit_status = EX_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &args) != 0)
        return EX_USAGE;
    struct simulate *s = calloc(1, sizeof *s);
    if (s == NULL)
        return cli_fail(&cli, EX_OSERR, "out of memory");
    int r = simulate_open(s, &args, &why);
    if (r == 0)
        r = simulate_run(s, &why);
    if (r == 0)
        r = simulate_judge(s, &why);
    if (r == 0 && args.picture != NULL)
        r = write_picture(s, args.picture, &why);
    if (r == 0)
        args.json ? simulate_json(s, &out) : simulate_report(s, &out);
    simulate_close(s);
    free(s);
    return r < 0 ? cli_fail(&cli, cli_exit_of(r), "%s", why.text) : out_flush(&out, EX_OK);
}
