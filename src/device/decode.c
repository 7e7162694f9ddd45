#include "device/decode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where the field's registers are in the image; NULL when one of them is older than `age`. */
static const uint16_t *words_of(const struct image *image, const struct map_field *f, int part, enum image_age age)
{
    const struct map_block *b = &image->map->block[f->block];
    size_t first = b->offset + (size_t)(f->at + part * f->repeat - b->at);
    for (size_t i = first; i < first + (size_t)f->words; i++)
        if (image->age[i] < age)
            return NULL;
    return image->word + first;
}

/* A device with nothing to say answers zeros. A block is one when all of it that was read is 0. */
static int is_blank(const struct image *image, const struct map_block *b)
{
    if (!b->zero_missing)
        return 0;
    for (size_t i = b->offset; i < b->offset + (size_t)b->count; i++)
        if (image->age[i] == IMAGE_FRESH && image->word[i] != 0)
            return 0;
    return 1;
}

static uint32_t raw_of(const struct map_field *f, const uint16_t *words)
{
    int low_first = f->order == MAP_LOW_FIRST;
    uint32_t raw = f->words == 2 ? (uint32_t)words[low_first] << 16 | words[!low_first] : words[0];
    if (f->byte != MAP_BOTH)
        raw = f->byte == MAP_HIGH ? raw >> 8 & 0xFF : raw & 0xFF;
    if (f->bit_high >= 0)
        raw = raw >> f->bit_low & (uint32_t)((UINT64_C(2) << (f->bit_high - f->bit_low)) - 1);
    return raw;
}

static int is_missing(const struct map_field *f, uint32_t raw)
{
    for (size_t i = 0; i < f->n_missing; i++)
        if (raw == f->missing[i])
            return 1;
    return f->zero_missing && raw == 0;
}

/* IEEE binary16. Exponent 31 is infinity or NaN: the device has no value. */
static double half_of(uint32_t raw)
{
    int exponent = (int)(raw >> 10 & 31), mantissa = (int)(raw & 1023);
    double size = exponent == 0 ? ldexp(mantissa, -24) : ldexp(1024 + mantissa, exponent - 25);
    return exponent == 31 ? NAN : raw & 0x8000 ? -size : size;
}

static double float_of(uint32_t raw)
{
    float x;
    memcpy(&x, &raw, sizeof x);
    return isfinite(x) ? (double)x : NAN;
}

static double stage_of(const struct map_field *f, uint32_t raw)
{
    for (size_t i = 0; i < f->n_codes; i++)
        if (f->code[i].raw == raw)
            return f->code[i].stage;
    return GNM_STAGE_UNKNOWN;
}

static double number_of(const struct map_field *f, uint32_t raw)
{
    raw &= f->mask;
    switch (f->type) {
    case MAP_S16:
        return f->byte != MAP_BOTH ? (int8_t)raw : (int16_t)raw;
    case MAP_S32:
        return (int32_t)raw;
    case MAP_F32:
        return float_of(raw);
    case MAP_HALF:
        return half_of(raw);
    case MAP_SIGN7:
        return raw & 0x80 ? -(double)(raw & 0x7F) : (double)(raw & 0x7F);
    case MAP_BITS:
        return ldexp(raw, f->shift);
    case MAP_ENUM:
        return stage_of(f, raw);
    default:
        return raw;
    }
}

/* The device's own number in a field or word that scales others; NaN when it was never read or marked missing. */
static double plain_of(const struct image *image, const struct map_field *f)
{
    const uint16_t *words = words_of(image, f, 0, IMAGE_OLD);
    uint32_t raw = words != NULL ? raw_of(f, words) : 0;
    if (words == NULL || is_missing(f, raw))
        return NAN;
    double value = number_of(f, raw) * f->scale.number + f->offset;
    return value >= f->low && value <= f->high ? value : NAN;
}

static double scale_of(const struct image *image, const struct map_scale *s)
{
    double product = s->number;
    for (size_t i = 0; i < s->n; i++) {
        double by = plain_of(image, &image->map->field[s->by[i].field]);
        product *= s->by[i].power ? pow(10, by) : by;
    }
    return product;
}

/* The size with the sign that another register tells; NaN when that one does not. */
static double signed_of(const struct image *image, const struct map_field *f, double value)
{
    const struct map_field *by = &image->map->field[f->sign_field];
    const uint16_t *words = words_of(image, by, 0, IMAGE_FRESH);
    for (size_t i = 0; words != NULL && i < f->n_signs; i++)
        if (f->sign[i].raw == raw_of(by, words))
            return f->sign[i].sign * fabs(value);
    return NAN;
}

/* Whether what this field cannot be without is there in this sample. */
static int is_alive(const struct image *image, const struct map_field *f)
{
    if (f->needs_field < 0)
        return 1;
    const struct map_field *other = &image->map->field[f->needs_field];
    const uint16_t *words = words_of(image, other, 0, IMAGE_FRESH);
    return words != NULL && !is_missing(other, raw_of(other, words)) && !isnan(number_of(other, raw_of(other, words)));
}

static double part_of(const struct image *image, const struct map_field *f, int part, unsigned *rejected)
{
    const uint16_t *words = words_of(image, f, part, IMAGE_FRESH);
    if (words == NULL || is_blank(image, &image->map->block[f->block]) || !is_alive(image, f))
        return NAN;
    uint32_t raw = raw_of(f, words);
    if (is_missing(f, raw))
        return NAN;
    double value = number_of(f, raw) * scale_of(image, &f->scale) + f->offset;
    if (f->sign_field >= 0)
        value = signed_of(image, f, value);
    if (isnan(value))
        return NAN;
    if (value >= f->low && value <= f->high && isfinite(value))
        return value;
    ++*rejected;
    return NAN;
}

static int is_level(int slot)
{
    return slot == GNM_PV_V || slot == GNM_BATTERY_V || slot == GNM_LOAD_V || slot == GNM_BATTERY_C || slot == GNM_CASE_C || slot == GNM_SOC_PCT;
}

static double join_bits(double a, double b)
{
    const double most = 9007199254740992.0;         /* 2^53: what a double holds exactly */
    return a >= 0 && a < most && b >= 0 && b < most ? (double)((uint64_t)a | (uint64_t)b) : NAN;
}

/* The parts of a field that comes several times: the trackers of one device, say. One that is refused refuses the whole. */
static double value_of(const struct image *image, const struct map_field *f, unsigned *rejected)
{
    double sum = NAN;
    int n = 0;
    unsigned before = *rejected;
    for (int part = 0; part < f->parts; part++) {
        double x = part_of(image, f, part, rejected);
        if (isnan(x) || (n > 0 && f->slot == GNM_STAGE))
            continue;
        if (n++ == 0)
            sum = x;
        else
            sum = f->slot == GNM_FAULTS ? join_bits(sum, x) : sum + x;
    }
    return *rejected > before ? NAN : n > 1 && is_level(f->slot) ? sum / n : sum;
}

/* Some devices have one code for bulk and absorption: below the absorption voltage it is bulk, which matters because absorption with a
 * small current means "full" and bulk with a small current only means "little sun". */
static void split_bulk(const struct map_field *f, struct gnm_reading *r)
{
    if (r->value[GNM_STAGE] != (double)GNM_STAGE_ABSORPTION || !isfinite(f->bulk_below))
        return;
    if (isnan(r->value[GNM_BATTERY_V]))       /* either of the two: not known */
        r->value[GNM_STAGE] = NAN;
    else if (r->value[GNM_BATTERY_V] < f->bulk_below)
        r->value[GNM_STAGE] = GNM_STAGE_BULK;
}

/* Power that the device does not measure itself is volts times amps. */
static void fill_power(const struct map *map, struct gnm_reading *r, enum gnm_field w, enum gnm_field v, enum gnm_field a)
{
    for (size_t i = 0; i < map->n_fields; i++)
        if (map->field[i].slot == (int)w)
            return;
    r->value[w] = r->value[v] * r->value[a];
}

/* A source that this device has but that did not answer this time: a lesser source must not stand in for it for one sample. */
static int is_awaited(const struct image *image, const struct map_field *f)
{
    return words_of(image, f, 0, IMAGE_EXPECTED) != NULL && words_of(image, f, 0, IMAGE_FRESH) == NULL;
}

void decode_reading(const struct image *image, struct gnm_reading *ret)
{
    int awaited[GNM_FIELDS] = { 0 };
    const struct map *map = image->map;
    ret->rejected = 0;
    for (int i = 0; i < GNM_FIELDS; i++)
        ret->value[i] = NAN;
    for (size_t i = 0; i < map->n_fields; i++) {
        const struct map_field *f = &map->field[i];
        if (f->slot < 0)
            continue;
        double *to = &ret->value[f->slot];
        if (f->slot != GNM_FAULTS && (!isnan(*to) || awaited[f->slot]))       /* a better source of the same value has spoken, or will */
            continue;
        awaited[f->slot] = is_awaited(image, f);
        double value = value_of(image, f, &ret->rejected);
        *to = isnan(*to) ? value : isnan(value) ? *to : *to + value;
    }
    for (size_t i = 0; i < map->n_fields; i++)
        if (map->field[i].slot == GNM_STAGE)
            split_bulk(&map->field[i], ret);
    fill_power(map, ret, GNM_PV_W, GNM_PV_V, GNM_PV_A);
    fill_power(map, ret, GNM_CHARGE_W, GNM_BATTERY_V, GNM_CHARGE_A);
    fill_power(map, ret, GNM_LOAD_W, GNM_LOAD_V, GNM_LOAD_A);
}

void decode_text(const struct image *image, const char *name, char *ret, size_t size)
{
    ret[0] = '\0';
    for (size_t i = 0; i < image->map->n_fields; i++) {
        const struct map_field *f = &image->map->field[i];
        const uint16_t *words = f->type == MAP_TEXT && strcmp(f->name, name) == 0 ? words_of(image, f, 0, IMAGE_OLD) : NULL;
        size_t n = 0;
        for (int k = 0; words != NULL && k < 2 * f->words && n + 1 < size; k++) {
            unsigned char c = (unsigned char)((k & 1) != f->swap ? words[k / 2] : words[k / 2] >> 8);
            if (c > ' ' ? c < 0x7F : c == ' ' && n > 0)
                ret[n++] = (char)c;
        }
        while (n > 0 && ret[n - 1] == ' ')
            n--;
        if (words != NULL)
            ret[n] = '\0';
    }
}
