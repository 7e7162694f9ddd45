/* Consumer prices as four more offices tell them, each when it has published them: the ECB and the OECD as SDMX-CSV, the BLS and the World Bank as JSON. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "almanac/civil.h"
#include "world/noise.h"
#include "world/prices.h"
#include "world/providers.h"

enum { FIRST_YEAR = 1960, FIRST_MONTH = 26 * 12, NATIONAL_DAYS = 34, COLLECTED_DAYS = 20, BLS_DAYS = 11, BLS_YEARS = 10 };    /* 1996-01; days after the month's end */

static int64_t today_of(const struct providers *providers, const struct ask *ask)
{
    return zone_day(providers->zone, ask->now_s - 11 * 3600);    /* figures come out at eleven */
}

static int64_t last_month(int64_t today, int64_t days)
{
    return civil_month_index(today - days) - 1;
}

/* The two letters of a country's three; 0 when this world has no such office. */
static int code2(const char *code3, size_t len, char ret[3])
{
    static const char codes[] = "BELBE FRAFR NLDNL LUXLU DEUDE GBRGB USAUS ESPES ITAIT PRTPT AUTAT IRLIE CHECH DNKDK SWESE NORNO FINFI POLPL ";
    for (const char *p = codes; len == 3 && *p != '\0'; p += 6) {
        if (strncasecmp(p, code3, 3) != 0)
            continue;
        snprintf(ret, 3, "%.2s", p + 3);
        return 1;
    }
    return 0;
}

/* ---- SDMX as CSV ---- */

static int span(const struct ask *ask, int64_t *from, int64_t *to)
{
    return ask_month(ask, "startPeriod", from) < 0 || ask_month(ask, "endPeriod", to) < 0 ? -EINVAL : 0;
}

static int no_results(struct reply *ret)
{
    return reply_say(ret, 404, "text/plain", "No results found.") == 0 ? 1 : -ENOMEM;
}

/* "M.BE.N.000000.4D0.ANR" */
static int take_key(const char *key, char geo[3], int *index)
{
    if (strlen(key) != 21 || strncmp(key, "M.", 2) != 0 || strncmp(key + 4, ".N.000000.4D0.", 14) != 0 || !isupper((unsigned char)key[2]) || !isupper((unsigned char)key[3]))
        return -EINVAL;
    snprintf(geo, 3, "%.2s", key + 2);
    *index = strcmp(key + 18, "INX") == 0;
    return *index || strcmp(key + 18, "ANR") == 0 ? 0 : -EINVAL;
}

int provider_ecb(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    const char *key = ask->path + strlen("/service/data/HICP/");
    char geo[3], date[11];
    int index;
    int64_t from = FIRST_MONTH, today = today_of(providers, ask), to = civil_month_index(today);
    if (take_key(key, geo, &index) < 0)
        return no_results(ret);
    if (!ask_is(ask, "format", "csvdata") || span(ask, &from, &to) < 0)
        return reply_say(ret, 400, "text/plain", "this world writes format=csvdata, periods as 2026-05\n") == 0 ? 1 : -ENOMEM;
    while (to >= from && prices_final_day(to) > today)
        to--;
    if (to < from)
        return no_results(ret);
    reply_begin(ret, "text/csv");
    int bad = text_printf(&ret->body, "KEY,FREQ,REF_AREA,ADJUSTMENT,ICP_ITEM,DATA_PROVIDER,ICP_SUFFIX,TIME_PERIOD,OBS_VALUE,EMBARGO_TIME,COMMENT_OBS,TITLE\n");
    for (int64_t month = from; month <= to && bad == 0; month++) {
        civil_format_date(civil_month_first(month), date);
        bad = text_printf(&ret->body, "HICP.%s,M,%s,N,000000,4D0,%s,%.7s,%.*f,,,\"%s - HICP - Total, %s\"\n", key, geo, key + 18, date, index ? 2 : 1,
                          index ? prices_index(providers->seed, geo, month) : prices_revised_pct(providers->seed, geo, month, today), geo,
                          index ? "Index" : "Annual rate of change");
    }
    return bad == 0 ? 1 : -ENOMEM;
}

/* The national index of a month comes a month later; in between the row is there without a number. */
int provider_oecd(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    static const char flow[] = "/public/rest/data/OECD.SDD.TPS,DSD_PRICES@DF_PRICES_ALL,1.0/";
    char geo[3], date[11];
    int64_t from = FIRST_MONTH, today = today_of(providers, ask), to = last_month(today, COLLECTED_DAYS), known = last_month(today, NATIONAL_DAYS);
    if (strncmp(ask->path, flow, sizeof flow - 1) != 0)
        return no_results(ret);
    const char *key = ask->path + sizeof flow - 1;
    if (strcmp(key + strcspn(key, "."), ".M.N.CPI.PA._T.N.GY") != 0 || !code2(key, strcspn(key, "."), geo))
        return no_results(ret);
    if (!ask_is(ask, "format", "csvfilewithlabels") || span(ask, &from, &to) < 0)
        return reply_say(ret, 400, "text/plain", "this world writes format=csvfilewithlabels, periods as 2026-05\n") == 0 ? 1 : -ENOMEM;
    to = to > last_month(today, COLLECTED_DAYS) ? last_month(today, COLLECTED_DAYS) : to;
    reply_begin(ret, "text/csv");
    int bad = text_printf(&ret->body, "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,Reference area,FREQ,MEASURE,TIME_PERIOD,Time period,OBS_VALUE,Observation value,UNIT_MEASURE,Unit of measure\n");
    for (int64_t month = from; month <= to && bad == 0; month++) {
        char value[24] = "NaN";
        civil_format_date(civil_month_first(month), date);
        if (month <= known)
            snprintf(value, sizeof value, "%.2f", prices_national_pct(providers->seed, geo, month));
        bad = text_printf(&ret->body, "DATAFLOW,OECD.SDD.TPS:DSD_PRICES@DF_PRICES_ALL(1.0),I,%.3s,\"%s, all\",M,CPI,%.7s,,%s,,PA,Percent per annum\n", key, geo, date, value);
    }
    return bad == 0 ? 1 : -ENOMEM;
}

/* ---- BLS: newest first, the year's mean as a thirteenth month, and a dash for a month in which nobody could ask shops ---- */

static int bls_row(const char *year, const char *period, const char *name, double index, int gap, int first, struct text *ret)
{
    char value[24] = "-";
    if (!gap)
        snprintf(value, sizeof value, "%.3f", index);
    return text_printf(ret, "%s{\"year\":\"%.4s\",\"period\":\"%s\",\"periodName\":\"%s\",%s\"value\":\"%s\",\"footnotes\":[{}]}", first ? "" : ",", year, period, name,
                       first ? "\"latest\":\"true\"," : "", value);
}

static double bls_index(uint64_t seed, int64_t month)
{
    return 2.37 * prices_index(seed, "US", month);    /* 1982-84 = 100 */
}

static int bls_month(uint64_t seed, int64_t month, int first, struct text *ret)
{
    static const char name[12][10] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
    char date[11], period[8];
    int bad = 0, of_year = (int)(month % 12);
    double sum = 0;
    civil_format_date(civil_month_first(month), date);
    if (of_year == 11) {
        for (int i = 0; i < 12; i++)
            sum += bls_index(seed, month - i) / 12;
        bad = bls_row(date, "M13", "Annual", sum, 0, first, ret);
        first = 0;
    }
    snprintf(period, sizeof period, "M%.2s", date + 5);
    return bad | bls_row(date, period, name[of_year], bls_index(seed, month), noise_unit(noise_stream(seed, "no shops asked"), month) < 0.01, first, ret);
}

int provider_bls(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    static const char data[] = "/publicAPI/v2/timeseries/data/";
    double from = 0, to = 0;
    int64_t newest = last_month(today_of(providers, ask), BLS_DAYS);
    if (strncmp(ask->path, data, sizeof data - 1) != 0)
        return 0;
    reply_begin(ret, "application/json");
    if (strcmp(ask->path + sizeof data - 1, "CUUR0000SA0") != 0 || ask_number(ask, "startyear", 1970, 2200, (double)(newest / 12 + 1967), &from) < 0 ||
        ask_number(ask, "endyear", from, 2200, (double)(newest / 12 + 1970), &to) < 0)
        return text_printf(&ret->body, "{\"status\":\"REQUEST_NOT_PROCESSED\",\"responseTime\":0,\"message\":[\"Unable to read the request\"],\"Results\":{}}") == 0 ? 1 : -ENOMEM;
    int64_t first = ((int64_t)from - 1970) * 12, last = ((int64_t)to - 1970) * 12 + 11;
    if (to - from >= BLS_YEARS)    /* who has not registered gets ten years */
        last = first + BLS_YEARS * 12 - 1;
    last = last > newest ? newest : last;
    int bad = text_printf(&ret->body, "{\"status\":\"REQUEST_SUCCEEDED\",\"responseTime\":60,\"message\":[],\"Results\":{\"series\":[{\"seriesID\":\"CUUR0000SA0\",\"data\":[");
    for (int64_t month = last; month >= first && bad == 0; month--)
        bad = bls_month(providers->seed, month, month == last, &ret->body);
    return (bad | text_printf(&ret->body, "]}]}}")) == 0 ? 1 : -ENOMEM;
}

/* ---- World Bank: years, newest first; last year's number comes in July ---- */

static int bank_year(uint64_t seed, const char *code3, const char *geo, int year, int64_t today, int first, struct text *ret)
{
    char value[32] = "null";
    double mean = 0;
    for (int i = 0; i < 12; i++)
        mean += prices_revised_pct(seed, geo, (year - 1970) * 12 + i, today) / 12;
    if (today >= civil_day(year + 1, 7, 1))
        snprintf(value, sizeof value, "%.14g", mean);
    return text_printf(ret, "%s{\"indicator\":{\"id\":\"FP.CPI.TOTL.ZG\",\"value\":\"Inflation, consumer prices (annual %%)\"},\"country\":{\"id\":\"%s\",\"value\":\"%s\"},"
                            "\"countryiso3code\":\"%.3s\",\"date\":\"%d\",\"value\":%s,\"unit\":\"\",\"obs_status\":\"\",\"decimal\":1}",
                       first ? "" : ",", geo, geo, code3, year, value);
}

int provider_world_bank(struct providers *providers, const struct ask *ask, struct reply *ret)
{
    const char *code3 = ask->path + strlen("/v2/country/");
    char geo[3], code[4];
    double per_page, page;
    int year, month, mday, bad = 0;
    int64_t today = today_of(providers, ask);
    civil_date(today, &year, &month, &mday);
    reply_begin(ret, "application/json;charset=utf-8");
    if (!code2(code3, strcspn(code3, "/"), geo) || strcmp(code3 + 3, "/indicator/FP.CPI.TOTL.ZG") != 0 || !ask_is(ask, "format", "json") ||
        ask_number(ask, "per_page", 1, 32500, 50, &per_page) < 0 || ask_number(ask, "page", 1, 1000, 1, &page) < 0)
        return text_printf(&ret->body, "[{\"message\":[{\"id\":\"120\",\"key\":\"Invalid value\",\"value\":\"The provided parameter value is not valid\"}]}]") == 0 ? 1 : -ENOMEM;
    for (int i = 0; i < 3; i++)
        code[i] = (char)toupper((unsigned char)code3[i]);
    code[3] = '\0';
    int total = year - FIRST_YEAR + 1, newest = year - (int)((page - 1) * per_page), oldest = newest - (int)per_page + 1;
    oldest = oldest < FIRST_YEAR ? FIRST_YEAR : oldest;
    bad |= text_printf(&ret->body, "[{\"page\":%d,\"pages\":%d,\"per_page\":%d,\"total\":%d,\"sourceid\":\"2\",\"lastupdated\":\"%d-07-01\"},[", (int)page,
                       (total + (int)per_page - 1) / (int)per_page, (int)per_page, total, month >= 7 ? year : year - 1);
    for (int y = newest; y >= oldest && bad == 0; y--)
        bad = bank_year(providers->seed, code, geo, y, today, y == newest, &ret->body);
    return (bad | text_append(&ret->body, "]]", 2)) == 0 ? 1 : -ENOMEM;
}
