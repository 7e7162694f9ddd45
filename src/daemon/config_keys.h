/* Private to config: the one table of sections and keys. The parser, the suggestions, the shipped file and the test of the manual page all read it. */
#ifndef DAEMON_CONFIG_KEYS_H
#define DAEMON_CONFIG_KEYS_H

#include "daemon/config.h"

enum config_type {
    CONFIG_TEXT,                  /* printable UTF-8 */
    CONFIG_WORD,                  /* letters, digits, '.', '_', '-' : fit for a file name */
    CONFIG_CODE,                  /* `low` capital letters */
    CONFIG_PATH, CONFIG_ZONE, CONFIG_URL, CONFIG_LINE, CONFIG_CLOSED, CONFIG_RULE,
    CONFIG_INT, CONFIG_REAL,
    CONFIG_SECONDS, CONFIG_AGE,   /* a duration, as int64_t and as double */
    CONFIG_BOOL,
    CONFIG_CHOICE                 /* int: the place in `choices` */
};

struct config_key {
    const char *section, *key;
    unsigned type : 8;            /* enum config_type */
    unsigned offset : 24, size;   /* into struct config, or into the item of a named section; size of a text */
    double low, high;
    const char *choices;          /* blank between */
    const char *fallback;         /* as it would be written; NULL: none (NaN, -1, empty) */
    const char *example;          /* for the shipped file where there is no default */
    const char *unit, *effect;
};

struct config_section {
    const char *name, *effect, *example;   /* `example` is set for named sections: the name shown in the shipped file */
    size_t items, count, item_size, max;   /* offsets of the array and its count; 0 in sections without a name */
    enum config_type name_type;
};

extern const struct config_key config_keys[];
extern const size_t config_keys_n;
extern const struct config_section config_sections[];
extern const size_t config_sections_n;

const struct config_section *config_section_find(const char *name);
/* Stores `value` at `base` + the key's offset; -EINVAL when it is not of the key's type or range. A NULL value stores the default. */
int config_key_set(const struct config_key *key, void *base, const char *value);
/* Every key of `section` to its default. */
void config_section_default(const char *section, void *base);
/* "-90..90 degrees", "yes or no", "one of: lifepo4 agm". */
void config_key_range(const struct config_key *key, char *ret, size_t size);
int config_is_word(const char *text);
/* References between sections, and what a section cannot do without. */
int config_check(struct config *config, struct gnm_why *why);

#endif
