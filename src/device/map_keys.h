/* The keys of a register map as tables of small functions, so that the notation can be read off the tables. Pure. */
#ifndef DEVICE_MAP_KEYS_H
#define DEVICE_MAP_KEYS_H

#include "device/map_data.h"

typedef int map_key_set(struct map_reader *r, const char *key, const char *value, struct gnm_why *why);
struct map_key { const char *name; map_key_set *set; };

extern const struct map_key map_field_keys[];     /* of [field NAME] and [word NAME]; ends with a NULL name */

/* Values. All fill `why` with key, value and what was expected. */
int map_bad(struct gnm_why *why, const char *key, const char *value, const char *expected);
int map_u32(const char *text, uint32_t *ret);     /* decimal or 0x hexadecimal; does not fill a reason */
int map_whole(const char *key, const char *value, int low, int high, int *ret, struct gnm_why *why);
/* "1,255,20-29" */
int map_units(const char *key, const char *value, struct map_units *ret, struct gnm_why *why);
int map_flag(const char *key, const char *value, int *ret, struct gnm_why *why);
int map_number(const char *key, const char *value, double *ret, struct gnm_why *why);
/* Takes the text up to a character of `stop` out of `*rest`, trimmed: 1, 0 when nothing is left, -EINVAL when it is too long. */
int map_token(const char **rest, const char *stop, char *ret, size_t size);

#endif
