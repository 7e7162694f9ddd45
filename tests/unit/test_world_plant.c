/* The plant: energy is conserved, a full battery throttles the panel, and the registers say the same as the plant. */
#include <errno.h>
#include <math.h>

#include "world/epever.h"
#include "world_help.h"

static struct plant new_plant(double soc)
{
    struct plant plant;
    struct plant_config config;
    plant_config_default(&config);
    config.soc_ratio = soc;
    plant_start(&plant, &config, 15);
    return plant;
}

static void stand(struct plant *plant, double plane_w, double hours)
{
    for (int i = 0; i < (int)(hours * 180); i++)
        plant_step(plant, plane_w, 15, 20);
}

static double gap_wh(const struct plant *plant, double stored_before_wh)
{
    return plant->pv_wh - plant->load_wh - plant->loss_wh - (plant_stored_wh(plant) - stored_before_wh);
}

/* Losses are summed on their own in the plant, so this closes only if every watt is accounted for once. */
START_TEST(energy_balance_closes)
{
    static const double start_soc[] = {0.0, 0.11, 0.5, 0.97, 1.0};
    for (size_t i = 0; i < sizeof start_soc / sizeof start_soc[0]; i++) {
        struct world *world = new_world(3 + i, local_s(2026, 2, 20, 3, 30));
        world->config.plant.soc_ratio = start_soc[i];
        plant_start(&world->plant, &world->config.plant, 5);
        double stored = plant_stored_wh(&world->plant);
        for (int step = 0; step < 10 * 24 * 6; step++) {
            world_advance(world, world->now_ms + 600000);
            ck_assert(world->plant.soc_ratio >= 0 && world->plant.soc_ratio <= 1);
            ck_assert(world->plant.loss_wh >= 0 && world->plant.pv_w <= world->plant.possible_w + 1e-6);
        }
        ck_assert_double_gt(world->plant.pv_wh, 100);
        ck_assert_double_eq_tol(gap_wh(&world->plant, stored), 0, 1e-6 * world->plant.pv_wh + 1e-6);
        free_world(world);
    }
}
END_TEST

START_TEST(charges_then_holds_then_floats)
{
    struct plant plant = new_plant(0.9);
    stand(&plant, 700, 0.1);
    ck_assert_int_eq(plant.stage, GNM_STAGE_BULK);
    double bulk_w = plant.pv_w;
    ck_assert_double_eq_tol(bulk_w, plant.possible_w, 1e-6);
    ck_assert_double_gt(plant.battery_a, 5);
    int absorbed = 0;
    for (int i = 0; i < 3 * 180 && plant.stage != GNM_STAGE_FLOAT; i++) {
        plant_step(&plant, 700, 15, 20);
        if (plant.stage == GNM_STAGE_ABSORPTION) {
            absorbed++;
            ck_assert_double_eq_tol(plant.battery_v, PLANT_BOOST_V, 0.01);
        }
    }
    ck_assert_int_eq(plant.stage, GNM_STAGE_FLOAT);
    ck_assert_int_ge(absorbed, 90);    /* at least half an hour */
    stand(&plant, 700, 0.5);
    ck_assert_double_eq_tol(plant.battery_v, PLANT_FLOAT_V, 0.01);
    ck_assert_double_lt(plant.pv_w, 0.1 * plant.possible_w);
}
END_TEST

START_TEST(in_float_the_panel_follows_the_load)
{
    struct plant plant = new_plant(1.0);
    stand(&plant, 700, 2);
    ck_assert_int_eq(plant.stage, GNM_STAGE_FLOAT);
    double low_w = plant.pv_w;
    plant.config.box_w = 40;
    stand(&plant, 700, 0.1);
    ck_assert_double_eq_tol(plant.pv_w - low_w, 40 / 0.96, 1);
    ck_assert_double_gt(plant.battery_a, -0.01);
    ck_assert_double_gt(plant.curtailed_wh, 100);
}
END_TEST

START_TEST(float_only_trickles)
{
    struct plant plant = new_plant(0.975);
    stand(&plant, 700, 0.01);
    double bulk_w = plant.pv_w;
    plant.stage = GNM_STAGE_FLOAT;
    stand(&plant, 700, 0.01);
    ck_assert_int_eq(plant.stage, GNM_STAGE_FLOAT);
    ck_assert_double_lt(plant.pv_w, 0.25 * bulk_w);
    ck_assert_double_gt(plant.battery_a, 0);
}
END_TEST

START_TEST(cuts_the_load_and_takes_it_back)
{
    struct plant plant = new_plant(0.12);
    stand(&plant, 0, 10);
    ck_assert_int_eq(plant.load_on, 0);
    ck_assert_double_eq(plant.load_w, 0);
    stand(&plant, 0, 24);
    ck_assert_double_gt(plant.soc_ratio, 0.05);
    stand(&plant, 800, 1);
    ck_assert_int_eq(plant.load_on, plant.soc_ratio >= 0.25);
    stand(&plant, 800, 1);
    ck_assert_int_eq(plant.load_on, 1);
}
END_TEST

START_TEST(does_not_charge_below_freezing)
{
    struct plant plant = new_plant(0.5);
    plant.battery_c = -3;
    double stored = plant_stored_wh(&plant);
    plant_step(&plant, 600, -40, 20);
    ck_assert_double_le(plant_stored_wh(&plant), stored);
    ck_assert_double_gt(plant.possible_w, 100);
}
END_TEST

/* The story of the demo: half full before dawn, full around noon on most May days, and not on all of them. */
START_TEST(fills_around_noon_in_may)
{
    int early = 0, noon = 0, late = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct world *world = new_world(seed, local_s(2026, 5, 14, 4, 30));
        int64_t full_ms = GNM_NEVER;
        while (world->now_ms < local_s(2026, 5, 14, 18, 30) * 1000) {
            world_advance(world, world->now_ms + 60000);
            if (full_ms == GNM_NEVER && world->plant.stage == GNM_STAGE_ABSORPTION)
                full_ms = world->now_ms;
        }
        if (full_ms < local_s(2026, 5, 14, 11, 0) * 1000)
            early++;
        else if (full_ms < local_s(2026, 5, 14, 15, 0) * 1000)
            noon++;
        else
            late++;
        free_world(world);
    }
    ck_assert_int_eq(early, 0);
    ck_assert_int_ge(noon, 16);
    ck_assert_int_ge(late, 1);
}
END_TEST

static double hundredth(const struct plant *plant, int address)
{
    uint16_t word;
    struct epever_clock clock = {2026, 5, 14, 10, 0, 0};
    ck_assert_int_eq(epever_read(plant, &clock, REGISTERS_INPUT, address, 1, &word), 0);
    return word / 100.0;
}

static double wide(const struct plant *plant, int address)
{
    uint16_t word[2];
    struct epever_clock clock = {2026, 5, 14, 10, 0, 0};
    ck_assert_int_eq(epever_read(plant, &clock, REGISTERS_INPUT, address, 2, word), 0);
    return (int32_t)((uint32_t)word[1] << 16 | word[0]) / 100.0;
}

START_TEST(registers_say_what_the_plant_does)
{
    struct plant plant = new_plant(0.6);
    stand(&plant, 500, 3);
    ck_assert_double_eq_tol(wide(&plant, 0x3102), plant.pv_w, 0.006);
    ck_assert_double_eq_tol(hundredth(&plant, 0x3100) * hundredth(&plant, 0x3101), plant.pv_w, 0.6);
    ck_assert_double_eq_tol(hundredth(&plant, 0x3104), plant.battery_v, 0.006);
    ck_assert_double_eq_tol(wide(&plant, 0x331B), plant.battery_a, 0.006);
    ck_assert_double_eq_tol(wide(&plant, 0x310E), 8, 0.006);
    ck_assert_double_eq_tol(wide(&plant, 0x330C), plant.pv_today_wh / 1000, 0.006);
    double charge_a = hundredth(&plant, 0x3105), load_a = hundredth(&plant, 0x310D);
    ck_assert_double_eq_tol(charge_a - load_a, wide(&plant, 0x331B), 0.05);
    ck_assert_double_eq_tol(hundredth(&plant, 0x3201) * 100, 2 << 2 | 1, 0.01);
    ck_assert_double_eq_tol(hundredth(&plant, 0x331A), hundredth(&plant, 0x3104), 1e-9);
    stand(&plant, 0, 1);
    ck_assert_double_lt(wide(&plant, 0x331B), -0.4);
    ck_assert_double_eq_tol(hundredth(&plant, 0x3201) * 100, 1 << 14 | 1, 0.01);
    ck_assert_double_le(hundredth(&plant, 0x311A), 1.0);
}
END_TEST

START_TEST(registers_exist_in_blocks)
{
    static const struct { int function, address, count, code; } block[] = {
        {4, 0x3100, 18, 0}, {4, 0x3200, 3, 0},  {4, 0x311A, 1, 0},  {4, 0x331B, 2, 0},  {4, 0x3300, 20, 0},       {3, 0x9000, 15, 0},       {2, 0x200C, 1, 0},
        {3, 0x9013, 3, 0},  {4, 0x3100, 32, -ENXIO}, {4, 0x3204, 1, -ENXIO}, {3, 0x3100, 1, -ENXIO}, {4, 0x9000, 1, -ENXIO}, {2, 0x2001, 1, -ENXIO}, {4, 0xFFFF, 2, -ENXIO},
    };
    struct plant plant = new_plant(0.5);
    struct epever_clock clock = {2026, 5, 14, 10, 0, 0};
    uint16_t word[REGISTERS_MAX];
    for (size_t i = 0; i < sizeof block / sizeof block[0]; i++)
        ck_assert_msg(epever_read(&plant, &clock, block[i].function, block[i].address, block[i].count, word) == block[i].code, "0x%04X x %d", (unsigned)block[i].address,
                      block[i].count);
}
END_TEST

START_TEST(guesses_the_charge_from_the_voltage)
{
    for (double soc = 0.15; soc < 1; soc += 0.1) {
        struct plant plant = new_plant(soc);
        ck_assert_int_ge(plant_guess_soc_pct(&plant), (int)(100 * soc) - 3);
        ck_assert_int_le(plant_guess_soc_pct(&plant), (int)(100 * soc) + 3);
    }
    struct plant plant = new_plant(0.5);
    stand(&plant, 900, 0.3);
    ck_assert_int_gt(plant_guess_soc_pct(&plant), (int)(100 * plant.soc_ratio) + 10);    /* too high while charging, as on the device */
}
END_TEST

/* ---- every chemistry ---- */

static struct plant plant_of(enum plant_chemistry chemistry, double soc)
{
    struct plant plant;
    struct plant_config config;
    plant_config_default(&config);
    config.chemistry = chemistry;
    config.soc_ratio = soc;
    plant_start(&plant, &config, 15);
    return plant;
}

/* A winter month outside, with a computer that works by turns and a battery that runs empty and full. */
START_TEST(energy_balance_closes_for_every_chemistry)
{
    static struct sky sky;
    for (int chemistry = 0; chemistry < PLANT_CHEMISTRIES; chemistry++) {
        for (int cold = 0; cold < 2; cold++) {
            struct plant plant = plant_of((enum plant_chemistry)chemistry, 0.6);
            plant.config.cold_box = cold;
            double stored = plant_stored_wh(&plant), outside_c;
            sky_start(&sky, 20 + (uint64_t)chemistry, 52, 4.5);
            int64_t start_ms = local_s(2026, 2, 10, 0, 0) * 1000;
            for (int64_t t = start_ms; t < start_ms + 50 * INT64_C(86400000); t += 30000) {
                double plane_w = sky_on_plane_w(&sky, t, 35, 180, &outside_c);
                plant_set_load_w(&plant, t / 1200000 % 6 == 0 ? 7 : 0);
                plant_step(&plant, plane_w, outside_c - 4 * cold, 30);
                ck_assert(plant.soc_ratio >= 0 && plant.soc_ratio <= 1 && plant.pv_w <= plant.possible_w + 1e-6 && plant.battery_v > 9 && plant.battery_v < 15.6);
            }
            ck_assert_double_gt(plant.pv_wh, 3000);
            ck_assert_double_gt(plant.box_wh, 300);
            ck_assert_double_le(plant.box_wh, plant.load_wh);
            ck_assert_double_eq_tol(gap_wh(&plant, stored), 0, 1e-6 * plant.pv_wh);
            ck_assert_double_eq_tol(plant.load_wh + plant.unserved_wh, 50 * 24 * (8 + 7.0 / 6), 1);
        }
    }
}
END_TEST

/* Watt-hours out for watt-hours in, from a charge and back to it. */
static double round_trip(enum plant_chemistry chemistry)
{
    struct plant plant = plant_of(chemistry, 0.6);
    double in_wh = 0, out_wh = 0;
    while (plant.soc_ratio < 0.75) {
        plant_step(&plant, 500, 20, 30);
        in_wh += plant.battery_v * plant.battery_a / 120;
    }
    while (plant.soc_ratio > 0.6) {
        plant_step(&plant, 0, 20, 30);
        out_wh -= plant.battery_v * plant.battery_a / 120;
    }
    return out_wh / in_wh;
}

START_TEST(gives_back_what_its_chemistry_does)
{
    ck_assert_double_eq_tol(round_trip(PLANT_LIFEPO4), 0.94, 0.01);
    ck_assert_double_eq_tol(round_trip(PLANT_AGM), 0.836, 0.01);
    ck_assert_double_eq_tol(round_trip(PLANT_GEL), 0.836, 0.01);
    ck_assert_double_eq_tol(round_trip(PLANT_FLOODED), 0.836, 0.01);
}
END_TEST

/* Lead takes a fifth of its capacity an hour and then ever less: the last tenth takes the afternoon. */
START_TEST(lead_fills_slowly_at_the_end)
{
    for (int chemistry = PLANT_AGM; chemistry <= PLANT_FLOODED; chemistry++) {
        struct plant plant = plant_of((enum plant_chemistry)chemistry, 0.7);
        double capacity = plant_capacity_wh(&plant), hours[2] = {0};
        plant_step(&plant, 1000, 20, 30);
        ck_assert_double_eq_tol(battery_accepts(plant.kind, 0.7) * capacity, 0.2 * capacity, 1e-9);
        ck_assert_double_eq_tol(battery_accepts(plant.kind, 0.94), 0.2 * exp(-2), 1e-9);
        for (int i = 0; plant.soc_ratio < 0.97 && i < 24 * 120; i++) {
            plant_step(&plant, 1000, 20, 30);
            if (plant.stage == GNM_STAGE_FLOAT)
                plant.stage = GNM_STAGE_ABSORPTION;    /* as long as it takes */
            hours[plant.soc_ratio > 0.87] += 30 / 3600.0;
        }
        ck_assert_double_ge(plant.soc_ratio, 0.97);
        ck_assert_double_gt(hours[1], 1.5 * hours[0]);
    }
}
END_TEST

START_TEST(stages_and_voltages_follow_the_chemistry)
{
    for (int chemistry = 0; chemistry < PLANT_CHEMISTRIES; chemistry++) {
        struct plant plant = plant_of((enum plant_chemistry)chemistry, 0.93);
        const struct plant_battery *kind = plant.kind;
        double warm_v = kind->lead ? 0.018 * (25 - plant.battery_c) : 0, held_h = 0;
        for (int i = 0; i < 8 * 120 && plant.stage != GNM_STAGE_FLOAT; i++) {
            plant_step(&plant, 900, 15, 30);
            held_h += plant.stage == GNM_STAGE_ABSORPTION ? 30 / 3600.0 : 0;
            if (plant.stage == GNM_STAGE_ABSORPTION)
                ck_assert_double_eq_tol(plant.battery_v, kind->boost_v + warm_v, 0.05);
        }
        ck_assert_int_eq(plant.stage, GNM_STAGE_FLOAT);
        ck_assert_double_eq_tol(held_h, kind->boost_h, 0.02);
        stand(&plant, 900, 0.5);
        ck_assert_double_eq_tol(plant.battery_v, kind->float_v + warm_v, 0.05);
        ck_assert_double_gt(plant.possible_w - plant.pv_w, 100);    /* throttled: the rest is thrown away */
    }
}
END_TEST

START_TEST(flooded_cells_are_equalized_each_month)
{
    int days[PLANT_CHEMISTRIES] = {0};
    for (int chemistry = 0; chemistry < PLANT_CHEMISTRIES; chemistry++) {
        struct plant plant = plant_of((enum plant_chemistry)chemistry, 0.9);
        for (int day = 0; day < 60; day++) {
            int seen = 0;
            for (int i = 0; i < 24 * 60; i++) {
                plant_step(&plant, i > 360 && i < 1080 ? 800 : 0, 15, 60);
                seen |= plant.stage == GNM_STAGE_EQUALIZE;
            }
            days[chemistry] += seen;
        }
    }
    ck_assert_int_eq(days[PLANT_FLOODED], 2);
    ck_assert_int_eq(days[PLANT_LIFEPO4] + days[PLANT_AGM] + days[PLANT_GEL], 0);
}
END_TEST

static double hours_to_cut(enum plant_chemistry chemistry, double soc, double outside_c, double health)
{
    struct plant plant = plant_of(chemistry, soc);
    plant.config.cold_box = 1;
    plant.health_ratio = health;
    plant.battery_c = outside_c;
    double hours = 0;
    while (plant.load_on && hours < 500) {
        plant_step(&plant, 0, outside_c, 60);
        hours += 1 / 60.0;
    }
    return hours;
}

START_TEST(cold_and_age_shorten_the_night)
{
    for (int chemistry = PLANT_AGM; chemistry <= PLANT_FLOODED; chemistry++) {
        double warm = hours_to_cut((enum plant_chemistry)chemistry, 0.9, 20, 1), cold = hours_to_cut((enum plant_chemistry)chemistry, 0.9, -5, 1);
        ck_assert_double_eq_tol(warm, 0.6 * 960 * 0.95 / 8.15, 3);
        ck_assert_double_lt(cold, 0.8 * warm);
    }
    double fresh = hours_to_cut(PLANT_LIFEPO4, 0.9, 20, 1), old = hours_to_cut(PLANT_LIFEPO4, 0.9, 20, 0.7);
    ck_assert_double_eq_tol(old / fresh, 0.7, 0.02);
    ck_assert_double_eq_tol(hours_to_cut(PLANT_LIFEPO4, 0.9, -5, 1) / fresh, 1, 0.02);    /* lithium gives in the cold; it does not take */
}
END_TEST

/* One year of days: lead loses capacity several times faster than lithium, and heat makes it worse. */
static double health_after_a_year(enum plant_chemistry chemistry, double outside_c)
{
    struct plant plant = plant_of(chemistry, 0.8);
    for (int i = 0; i < 365 * 48; i++)
        plant_step(&plant, i % 48 > 12 && i % 48 < 36 ? 250 : 0, outside_c, 1800);
    return plant.health_ratio;
}

START_TEST(grows_old)
{
    double lithium = health_after_a_year(PLANT_LIFEPO4, 15), agm = health_after_a_year(PLANT_AGM, 15), flooded = health_after_a_year(PLANT_FLOODED, 15);
    ck_assert_double_gt(lithium, 0.97);
    ck_assert_double_lt(lithium, 0.995);
    ck_assert_double_lt(agm, 0.96);
    ck_assert_double_gt(agm, 0.85);
    ck_assert_double_lt(flooded, agm);
    ck_assert_double_lt(health_after_a_year(PLANT_AGM, 45), agm - 0.02);
}
END_TEST

/* The controller shows what was, through a sensor that is a little wrong, and takes the voltage for the charge. */
START_TEST(shows_with_lag_error_and_a_guess)
{
    struct plant plant = plant_of(PLANT_AGM, 0.5);
    struct gnm_reading reading;
    plant.config.lag_s = 60;
    plant.config.gain_error = 0.02;
    plant.config.offset_a = 0.05;
    plant.config.no_probe = 1;
    stand(&plant, 600, 0.5);
    plant_reading(&plant, 5000, 7000, &reading);
    ck_assert_int_eq(reading.at_ms, 5000);
    ck_assert_double_eq_tol(reading.value[GNM_PV_W], 1.02 * plant.pv_w, 0.3);
    ck_assert_double_eq_tol(reading.value[GNM_BATTERY_A], 1.02 * plant.battery_a + 0.05, 0.05);
    ck_assert_double_eq(reading.value[GNM_BATTERY_C], 25);
    ck_assert_double_eq(reading.value[GNM_STAGE], GNM_STAGE_BULK);
    ck_assert_double_gt(reading.value[GNM_SOC_PCT], 100 * plant.soc_ratio + 10);
    double before_w = reading.value[GNM_PV_W];
    plant_step(&plant, 100, 15, 20);
    plant_reading(&plant, 6000, 8000, &reading);
    ck_assert_double_eq(reading.value[GNM_PV_W], before_w);    /* not yet */
    stand(&plant, 100, 0.05);
    plant_reading(&plant, 7000, 9000, &reading);
    ck_assert_double_lt(reading.value[GNM_PV_W], 0.4 * before_w);
    ck_assert_double_eq(round(reading.value[GNM_BATTERY_V] * 100), reading.value[GNM_BATTERY_V] * 100);
}
END_TEST

START_TEST(refuses_an_impossible_plant)
{
    struct plant_config good, bad[6];
    struct gnm_why why;
    plant_config_default(&good);
    ck_assert_int_eq(plant_config_check(&good, &why), 0);
    for (int i = 0; i < 6; i++)
        bad[i] = good;
    bad[0].panel_w = -5;
    bad[1].tilt_deg = 120;
    bad[2].battery_ah = 0;
    bad[3].soc_ratio = 1.5;
    bad[4].base_w = NAN;
    bad[5].chemistry = (enum plant_chemistry)9;
    for (int i = 0; i < 6; i++) {
        why.text[0] = '\0';
        ck_assert_int_lt(plant_config_check(&bad[i], &why), 0);
        ck_assert_int_gt((int)strlen(why.text), 10);
    }
    ck_assert_int_eq(plant_chemistry_of("gel"), PLANT_GEL);
    ck_assert_int_eq(plant_chemistry_of("lead"), -1);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("plant");
    tcase_add_test(cases, energy_balance_closes);
    tcase_add_test(cases, charges_then_holds_then_floats);
    tcase_add_test(cases, in_float_the_panel_follows_the_load);
    tcase_add_test(cases, float_only_trickles);
    tcase_add_test(cases, cuts_the_load_and_takes_it_back);
    tcase_add_test(cases, does_not_charge_below_freezing);
    tcase_add_test(cases, fills_around_noon_in_may);
    tcase_add_test(cases, registers_say_what_the_plant_does);
    tcase_add_test(cases, registers_exist_in_blocks);
    tcase_add_test(cases, guesses_the_charge_from_the_voltage);
    tcase_add_test(cases, energy_balance_closes_for_every_chemistry);
    tcase_add_test(cases, gives_back_what_its_chemistry_does);
    tcase_add_test(cases, lead_fills_slowly_at_the_end);
    tcase_add_test(cases, stages_and_voltages_follow_the_chemistry);
    tcase_add_test(cases, flooded_cells_are_equalized_each_month);
    tcase_add_test(cases, cold_and_age_shorten_the_night);
    tcase_add_test(cases, grows_old);
    tcase_add_test(cases, shows_with_lag_error_and_a_guess);
    tcase_add_test(cases, refuses_an_impossible_plant);
    return run_suite(cases);
}
