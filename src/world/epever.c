#include "world/epever.h"

#include <errno.h>
#include <math.h>

#include "world/registers.h"

static const int nothing = -1;

/* Hundredths, as a 16-bit word; below zero in two's complement. */
static int hundredths(double x)
{
    return (int)(uint16_t)lround(fmin(fmax(x * 100, -32768), 65535));
}

/* Word `word` (0 = low, first on the line) of a 32-bit number of hundredths. */
static int half(double x, int word)
{
    uint32_t whole = (uint32_t)llround(x * 100);
    return (int)(whole >> (16 * word) & 0xFFFF);
}

static int power_word(const struct plant *plant, int address)
{
    const struct plant_shown *shown = &plant->shown;
    switch (address) {
    case 0x3100:
        return hundredths(shown->pv_v);
    case 0x3101:
        return hundredths(shown->pv_w / shown->pv_v);
    case 0x3102:
    case 0x3103:
        return half(shown->pv_w, address - 0x3102);
    case 0x3104:
        return hundredths(shown->battery_v);
    case 0x3105:
        return hundredths(shown->charge_w / shown->battery_v);
    case 0x3106:
    case 0x3107:
        return half(shown->charge_w, address - 0x3106);
    case 0x3108:
    case 0x3109:
    case 0x310A:
    case 0x310B:
        return 0;
    case 0x310C:
        return hundredths(plant->load_on ? shown->battery_v : 0);
    case 0x310D:
        return hundredths(shown->load_w / shown->battery_v);
    case 0x310E:
    case 0x310F:
        return half(shown->load_w, address - 0x310E);
    default:
        return nothing;
    }
}

static int state_word(const struct plant *plant, int address)
{
    switch (address) {
    case 0x3110:
        return hundredths(plant->shown.battery_c);
    case 0x3111:
    case 0x3112:
        return hundredths(plant->shown.case_c);
    case 0x311A:
        return (int)plant->shown.soc_pct;
    case 0x311B:
        return hundredths(plant->shown.battery_c);
    case 0x311D:
        return hundredths(12);
    case 0x331A:
        return hundredths(plant->shown.battery_v);
    case 0x331B:
    case 0x331C:
        return half(plant->shown.battery_a, address - 0x331B);
    case 0x331D:
        return hundredths(plant->shown.battery_c);
    case 0x331E:
        return hundredths(plant->outside_c);
    default:
        return nothing;
    }
}

static int status_word(const struct plant *plant, int address)
{
    static const int stage_code[] = {[GNM_STAGE_OFF] = 0, [GNM_STAGE_BULK] = 2, [GNM_STAGE_ABSORPTION] = 2, [GNM_STAGE_FLOAT] = 1, [GNM_STAGE_EQUALIZE] = 3};
    int frozen = plant->shown.battery_c <= 0, under = plant->shown.battery_v < (plant->kind->lead ? 11.8 : 12.2), cut = !plant->load_on;
    switch (address) {
    case 0x3200:
        return frozen << 5 | (cut ? 3 : under ? 2 : 0);
    case 0x3201:
        return (plant->dark ? 1 << 14 : 0) | stage_code[plant->stage] << 2 | 1;
    case 0x3202:
        return plant->load_on;
    default:
        return nothing;
    }
}

static int counter_word(const struct plant *plant, int address)
{
    const double extreme[] = {plant->pv_max_v, plant->pv_min_v, plant->battery_max_v, plant->battery_min_v};
    const double energy_wh[] = {plant->load_today_wh, plant->load_month_wh, plant->load_year_wh, plant->load_wh,
                                plant->pv_today_wh,   plant->pv_month_wh,   plant->pv_year_wh,   plant->pv_wh};
    if (address >= 0x3300 && address <= 0x3303)
        return hundredths(extreme[address - 0x3300]);
    if (address >= 0x3304 && address <= 0x3313)
        return half(energy_wh[(address - 0x3304) / 2] / 1000, (address - 0x3304) % 2);
    return nothing;
}

static int rating_word(const struct plant *plant, int address)
{
    switch (address) {
    case 0x3000:
        return hundredths(100);
    case 0x3001:
    case 0x3005:
    case 0x300E:
        return hundredths(30);
    case 0x3002:
    case 0x3003:
        return half(plant->config.panel_w, address - 0x3002);
    case 0x3004:
        return hundredths(12);
    case 0x3006:
    case 0x3007:
        return half(30 * 13.0, address - 0x3006);
    case 0x3008:
        return 2;
    default:
        return nothing;
    }
}

static int input_word(const struct plant *plant, int address)
{
    static int (*const part[])(const struct plant *, int) = {power_word, state_word, status_word, counter_word, rating_word};
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        int word = part[i](plant, address);
        if (word >= 0)
            return word;
    }
    return nothing;
}

static int battery_type(const struct plant *plant)
{
    static const int code[PLANT_CHEMISTRIES] = {[PLANT_LIFEPO4] = 4, [PLANT_AGM] = 1, [PLANT_GEL] = 2, [PLANT_FLOODED] = 3};
    return code[plant->config.chemistry];
}

/* Settings: battery type, capacity, and the voltages in the order of the device. */
static int holding_word(const struct plant *plant, const struct epever_clock *clock, int address)
{
    const struct plant_battery *kind = plant->kind;
    const double equalize_v = kind->equalize_v > 0 ? kind->equalize_v : kind->boost_v;
    const double setting_v[] = {16, 15, 15, equalize_v, kind->boost_v, kind->float_v, kind->boost_again_v, 12.6, 12.4, 12.2, kind->cut_v, 10.8};
    switch (address) {
    case 0x9000:
        return battery_type(plant);
    case 0x9001:
        return (int)lround(plant->config.battery_ah);
    case 0x9002:
        return kind->lead ? 300 : 0;
    case 0x9067:
    case 0x9070:
        return 0;
    case 0x9013:
        return clock->minute << 8 | clock->second;
    case 0x9014:
        return clock->mday << 8 | clock->hour;
    case 0x9015:
        return (clock->year - 2000) << 8 | clock->month;
    default:
        return address >= 0x9003 && address <= 0x900E ? hundredths(setting_v[address - 0x9003]) : nothing;
    }
}

static int discrete_bit(const struct plant *plant, int address)
{
    if (address == 0x2000)
        return plant->case_c > 70;
    return address == 0x200C ? plant->dark : nothing;
}

int epever_read(const struct plant *plant, const struct epever_clock *clock, int function, int address, int count, uint16_t *ret)
{
    uint16_t word[REGISTERS_MAX];
    if (count < 1 || count > REGISTERS_MAX)
        return -ENXIO;
    for (int i = 0; i < count; i++) {
        int x = nothing;
        if (function == REGISTERS_INPUT)
            x = input_word(plant, address + i);
        else if (function == REGISTERS_HOLDING)
            x = holding_word(plant, clock, address + i);
        else if (function == REGISTERS_DISCRETE)
            x = discrete_bit(plant, address + i);
        if (x < 0)
            return -ENXIO;
        word[i] = (uint16_t)x;
    }
    for (int i = 0; i < count; i++)
        ret[i] = word[i];
    return 0;
}
