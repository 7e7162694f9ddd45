/* Register maps as data: what a controller's registers mean, from a file of config/controllers. Pure.
 *
 * [map]            name = TEXT; kind = registers or sunspec; order = be|le (of 32-bit values, default be);
 *                  serial = 115200 8N1; gap = MS between requests on a serial line; response_ms, byte_ms = time-outs of the first and of each
 *                  further burst of an answer; slow_s = seconds between reads of slow blocks; equal_counts = yes (see below);
 *                  whole_battery = yes: battery_a comes from a shunt or a BMS and is the whole battery's, not only this device's;
 *                  units = 1,255: numbers `gnomon probe` tries
 * [block 0xADDR]   one read: function = 1..4, count = 1..125, unit = N (default the line's) or N,N,LOW-HIGH (the first that answers; the same
 *                  list elsewhere means the same unit), slow = yes, optional = yes, single = yes (after two failures its fields are asked for one
 *                  by one, for an hour),
 *                  zero_missing = yes|no (all of it 0 = nothing there; default yes from 4 registers on)
 * [model ID]       of kind = sunspec, instead of blocks: a model found on the device. count = registers of it to read, id and length included;
 *                  index = N for the Nth of that ID; slow = yes
 * [field NAME]     a value of gnm_field_names: at = 0xADDR, function = N (where two blocks hold the address), type, words, byte = hi|lo,
 *                  bits = HIGH-LOW, mask = 0x.., scale = 0.01 or @word*@word/32768 or 10^@word, offset, range = LOW..HIGH (else refused),
 *                  missing = RAW,RAW (after byte and bits were taken), zero_missing = yes; stage: enum = CODE:STAGE,.. and bulk_below = VOLTS;
 *                  model = ID where at counts from the start of a model; repeat = REGISTERS, parts = N: the same again every so many registers as
 *                  far as the device has them (volts and degrees are averaged, amounts added, faults joined, of stages the first counts);
 *                  needs = NAME: missing where that one is; sign = NAME 3:-,4:+ : the size with a sign told by NAME, missing at other codes
 *                  Several sources of one value: [field battery_v.shunt], [field battery_v.charger]: in the file's order the first that has it
 *                  counts. Parts of faults ([field faults.load], with shift = BITS) are added instead
 * [word NAME]      the same for what only scales others (@NAME), or for type = text (words = N, swap = yes): "model" and "serial" are shown
 * types            u16 s16 u32 s32 f32 (32-bit also with be or le at the end), half (binary16), sign7 (bit 7 sign, bits 6-0 size), bits, enum, text
 *
 * Two blocks of one unit and function must differ in the length of their answers: a serial answer does not say what it answers. Pad a block by a
 * register, or say equal_counts = yes for devices on TCP only. A SunSpec model begins with its own number and length and is judged by these;
 * its values have the standard's marks for "not available" unless missing = says otherwise. */
#ifndef DEVICE_MAP_H
#define DEVICE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "gnomon/why.h"

struct map;

/* `name` is used in errors ("config/controllers/epever.conf"). */
int map_load(const char *name, const char *data, size_t len, struct map **ret, struct gnm_why *why);
void map_free(struct map *map);
const char *map_name(const struct map *map);
/* The usual setting of a serial line, "" for devices on TCP only; the units to try (at least one) into `ret`, which takes 256: how many. */
const char *map_serial(const struct map *map);
size_t map_probe_units(const struct map *map, uint8_t *ret);

#endif
