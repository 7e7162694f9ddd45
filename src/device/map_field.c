#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "device/map_keys.h"

static int field_key_at(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 0, 0xFFFF, &r->field->at, why);
}

static int field_key_function(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 1, 4, &r->field->function, why);
}

struct type_name { const char *name; enum map_type type; enum map_order order; int words; };
static const struct type_name type_names[] = {
    { "u16", MAP_U16, 0, 1 }, { "s16", MAP_S16, 0, 1 }, { "half", MAP_HALF, 0, 1 }, { "sign7", MAP_SIGN7, 0, 1 },
    { "u32", MAP_U32, 0, 2 }, { "u32be", MAP_U32, MAP_HIGH_FIRST, 2 }, { "u32le", MAP_U32, MAP_LOW_FIRST, 2 },
    { "s32", MAP_S32, 0, 2 }, { "s32be", MAP_S32, MAP_HIGH_FIRST, 2 }, { "s32le", MAP_S32, MAP_LOW_FIRST, 2 },
    { "f32", MAP_F32, 0, 2 }, { "f32be", MAP_F32, MAP_HIGH_FIRST, 2 }, { "f32le", MAP_F32, MAP_LOW_FIRST, 2 },
    { "bits", MAP_BITS, 0, 1 }, { "enum", MAP_ENUM, 0, 1 }, { "text", MAP_TEXT, 0, 1 },
};

static int field_key_type(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (strcmp(type_names[i].name, value) == 0) {
            r->field->type = type_names[i].type;
            r->field->order = type_names[i].order;
            r->field->words = r->field->words > 0 ? r->field->words : type_names[i].words;
            return 0;
        }
    return map_bad(why, key, value, "u16 s16 u32 u32be u32le s32 s32be s32le f32 f32be f32le half sign7 bits enum or text");
}

static int field_key_words(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 1, 32, &r->field->words, why);
}

static int add_factor(struct map_scale *s, const char *token, int divide)
{
    int power = strncmp(token, "10^@", 4) == 0;
    if (!power && token[0] != '@') {
        double x;
        if (text_double(token, &x) < 0 || x == 0)
            return -EINVAL;
        s->number = divide ? s->number / x : s->number * x;
        return 0;
    }
    if (divide || s->n == MAP_FACTORS)
        return -EINVAL;
    s->by[s->n].power = power;
    if (text_copy(s->by[s->n].name, MAP_NAME, token + (power ? 4 : 1)) < 0)
        return -EINVAL;
    s->n++;
    return 0;
}

static int field_key_scale(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    struct map_scale s = { .number = 1 };
    const char *rest = value;
    char token[64];
    int rc, divide = 0;
    while ((rc = map_token(&rest, "*/", token, sizeof token)) > 0) {
        if (add_factor(&s, token, divide) < 0)
            return map_bad(why, key, value, "numbers other than 0, @name and 10^@name joined by * or /");
        divide = rest[0] != '\0' && rest[-1] == '/';
    }
    if (rc < 0 || !isfinite(s.number) || value[0] == '\0' || strchr("*/", value[strlen(value) - 1]) != NULL)
        return map_bad(why, key, value, "a scale like 0.01 or @v_pu/32768");
    r->field->scale = s;
    return 0;
}

static int field_key_offset(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_number(key, value, &r->field->offset, why);
}

static int field_key_bulk(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_number(key, value, &r->field->bulk_below, why);
}

static int field_key_range(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    const char *dots = strstr(value, "..");
    char low[32];
    double a, b;
    if (dots == NULL || (size_t)(dots - value) >= sizeof low)
        return map_bad(why, key, value, "LOW..HIGH");
    memcpy(low, value, (size_t)(dots - value));
    low[dots - value] = '\0';
    if (text_double(low, &a) < 0 || text_double(dots + 2, &b) < 0 || a > b)
        return map_bad(why, key, value, "LOW..HIGH");
    r->field->low = a;
    r->field->high = b;
    return 0;
}

static int field_key_missing(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    const char *rest = value;
    char token[16];
    int rc;
    r->field->n_missing = 0;
    while ((rc = map_token(&rest, ",", token, sizeof token)) > 0)
        if (r->field->n_missing == MAP_MISSING || map_u32(token, &r->field->missing[r->field->n_missing++]) < 0)
            return map_bad(why, key, value, "at most 4 raw values, like 0xFFFF,0x8000");
    return rc < 0 ? map_bad(why, key, value, "at most 4 raw values, like 0xFFFF,0x8000") : 0;
}

static int field_key_zero(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_flag(key, value, &r->field->zero_missing, why);
}

static int field_key_bits(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    const char *rest = value;
    char token[8];
    int64_t high, low;
    if (map_token(&rest, "-", token, sizeof token) <= 0 || text_int(token, 0, 31, &high) < 0)
        return map_bad(why, key, value, "HIGH-LOW bit numbers 31..0");
    low = high;
    if (*rest != '\0' && (text_int(rest, 0, 31, &low) < 0 || low > high))
        return map_bad(why, key, value, "HIGH-LOW bit numbers 31..0");
    r->field->bit_high = (int)high;
    r->field->bit_low = (int)low;
    return 0;
}

static int field_key_byte(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    r->field->byte = strcmp(value, "hi") == 0 ? MAP_HIGH : strcmp(value, "lo") == 0 ? MAP_LOW : MAP_BOTH;
    return r->field->byte == MAP_BOTH ? map_bad(why, key, value, "hi or lo") : 0;
}

static int field_key_mask(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_u32(value, &r->field->mask) < 0 ? map_bad(why, key, value, "0..0xFFFFFFFF") : 0;
}

static int field_key_shift(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 0, 48, &r->field->shift, why);
}

static int field_key_swap(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_flag(key, value, &r->field->swap, why);
}

static int field_key_model(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 1, 65534, &r->field->model, why);
}

static int field_key_repeat(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 1, MAP_REGISTERS, &r->field->repeat, why);
}

static int field_key_parts(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return map_whole(key, value, 1, MAP_REGISTERS, &r->field->parts, why);
}

static int field_key_needs(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    return text_copy(r->field->needs, MAP_NAME, value) < 0 ? map_bad(why, key, value, "the name of a field or word") : 0;
}

/* "cha_st 3:-,4:+" */
static int field_key_sign(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    struct map_field *f = r->field;
    const char *rest = value;
    char token[48];
    int rc = map_token(&rest, " ", f->sign_by, MAP_NAME);
    f->n_signs = 0;
    while (rc > 0 && (rc = map_token(&rest, ",", token, sizeof token)) > 0) {
        size_t n = strlen(token);
        if (f->n_signs == MAP_SIGNS || n < 3 || token[n - 2] != ':' || strchr("+-", token[n - 1]) == NULL)
            return map_bad(why, key, value, "a word and signs like cha_st 3:-,4:+");
        f->sign[f->n_signs].sign = token[n - 1] == '-' ? -1 : 1;
        token[n - 2] = '\0';
        if (map_u32(token, &f->sign[f->n_signs++].raw) < 0)
            return map_bad(why, key, value, "a word and signs like cha_st 3:-,4:+");
    }
    return rc < 0 || f->n_signs == 0 ? map_bad(why, key, value, "a word and signs like cha_st 3:-,4:+") : 0;
}

static int stage_of(const char *name, enum gnm_stage *ret, struct gnm_why *why)
{
    for (int i = 0; i <= GNM_STAGE_UNKNOWN; i++)
        if (strcmp(gnm_stage_names[i], name) == 0) {
            *ret = (enum gnm_stage)i;
            return 0;
        }
    const char *near = text_nearest(name, gnm_stage_names, GNM_STAGE_UNKNOWN + 1);
    return gnm_fail(why, -EINVAL, "enum: no stage is called %.40s%s%s", name, near ? ", did you mean " : "", near ? near : "");
}

/* "5:bulk" into the next code of the field. */
static int add_code(struct map_field *f, const char *token, struct gnm_why *why)
{
    const char *rest = token;
    char raw[16];
    if (f->n_codes == MAP_ENUMS || map_token(&rest, ":", raw, sizeof raw) <= 0 || map_u32(raw, &f->code[f->n_codes].raw) < 0)
        return map_bad(why, "enum", token, "at most 24 pairs like 0:off,5:bulk");
    for (size_t i = 0; i < f->n_codes; i++)
        if (f->code[i].raw == f->code[f->n_codes].raw)
            return map_bad(why, "enum", token, "each code once");
    int rc = stage_of(rest, &f->code[f->n_codes].stage, why);
    f->n_codes += rc == 0;
    return rc;
}

static int field_key_enum(struct map_reader *r, const char *key, const char *value, struct gnm_why *why)
{
    const char *rest = value;
    char token[48];
    int rc;
    r->field->n_codes = 0;
    while ((rc = map_token(&rest, ",", token, sizeof token)) > 0)
        if ((rc = add_code(r->field, token, why)) < 0)
            return rc;
    return rc < 0 ? map_bad(why, key, value, "pairs like 0:off,5:bulk") : 0;
}

const struct map_key map_field_keys[] = {
    { "at", field_key_at }, { "function", field_key_function }, { "type", field_key_type }, { "words", field_key_words },
    { "scale", field_key_scale }, { "offset", field_key_offset }, { "range", field_key_range }, { "missing", field_key_missing },
    { "zero_missing", field_key_zero }, { "bits", field_key_bits }, { "byte", field_key_byte }, { "mask", field_key_mask },
    { "shift", field_key_shift }, { "swap", field_key_swap }, { "enum", field_key_enum }, { "bulk_below", field_key_bulk },
    { "model", field_key_model }, { "repeat", field_key_repeat }, { "parts", field_key_parts }, { "needs", field_key_needs }, { "sign", field_key_sign },
    { NULL, NULL },
};
