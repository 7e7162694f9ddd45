/* The shipped gnomon.conf, written from the table so that it cannot lag behind the parser. */
#include <string.h>

#include "daemon/config_keys.h"

static const char head[] = "# gnomon.conf: every key there is, each with what it does, what is allowed and its default.\n"
                           "# Remove the '#' before a key (and before its [section NAME]) to set it. A comment begins at the start of its line.\n"
                           "# Files gnomon.conf.d/*.conf are read after this one in the order of their names; what they set wins.\n"
                           "# Durations: 30s 10m 3h 27d 2w. An indented line continues the value above it. `gnomon check` tells what is wrong.\n";

static int describe_key(const struct config_key *key, struct text *out)
{
    char range[160];
    config_key_range(key, range, sizeof range);
    int rc = text_printf(out, "# %s (%s%s)\n", key->effect, key->fallback == NULL ? "not set; " : "", range);
    return rc == 0 ? text_printf(out, "#%s = %s\n", key->key, key->fallback != NULL ? key->fallback : key->example) : rc;
}

static int describe_section(const struct config_section *section, struct text *out)
{
    int rc = text_printf(out, "\n# ---- %s\n", section->effect);
    if (rc == 0)
        rc = section->example == NULL ? text_printf(out, "[%s]\n", section->name) : text_printf(out, "#[%s %s]\n", section->name, section->example);
    for (size_t i = 0; i < config_keys_n && rc == 0; i++)
        if (strcmp(config_keys[i].section, section->name) == 0)
            rc = describe_key(&config_keys[i], out);
    return rc;
}

int config_describe(struct text *out)
{
    int rc = text_append(out, head, sizeof head - 1);
    for (size_t i = 0; i < config_sections_n && rc == 0; i++)
        rc = describe_section(&config_sections[i], out);
    return rc;
}
